#!/usr/bin/env python3
"""Which published trends of dendrites the model shows: slopes and ratios of the runs that scripts/trends makes.

    trends.py STUDY_DIR -o trends.svg

Prints a table for each trend and writes all of them beside the picture, as trends.csv. Runs that are missing are left out.
"""

import argparse
import csv
import functools
import json
import pathlib

import matplotlib

matplotlib.use("Agg")
matplotlib.rcParams["svg.fonttype"] = "none"
import matplotlib.pyplot as plt
import numpy as np

FARADAY, MOLAR_VOLUME = 96485.33212, 1.30e-5  # as in src/model/constants.rs
THERMAL, KAPPA = 0.025693, 0.1  # RT/F at 25 °C [V]; kappa of configs/trends.toml [S/m]
BLUE, ORANGE, GREEN, GREY = "#2f6db3", "#d1702b", "#4a8f4a", "#777777"
ROWS = []


def read(path):
    """The columns of a table of a run; an empty cell is NaN."""
    with open(path, newline="") as file:
        lines = (line for line in file if not line.startswith("#"))
        rows = list(csv.DictReader(lines))
    return {name: np.array([float(row[name] or "nan") for row in rows]) for name in (rows[0] if rows else [])}


@functools.cache
class Run:
    """A run: its table, and the rows of it whose morphology was measured."""

    def __init__(self, path):
        self.path, self.name = path, path.name
        self.state = json.loads((path / "run.json").read_text())
        self.table = read(path / "metrics.csv")
        self.at = np.isfinite(self.table["max_height [m]"])
        self.time, self.charge = self.column("time [s]"), self.column("charge [mAh/cm2]")
        self.high, self.mean = 1e6 * self.column("max_height [m]"), 1e6 * self.column("mean_height [m]")

    def column(self, name):
        return self.table[name][self.at]

    def when(self, height):
        """When the highest tip is that high [s], in µm; NaN if never."""
        above = np.flatnonzero(self.high >= height)
        if not len(above):
            return np.nan
        last = above[0]
        return np.interp(height, self.high[last - 1 : last + 1], self.time[last - 1 : last + 1])

    def onset(self):
        """When the compliance first limits the current [s]; NaN if it never does."""
        limited = np.flatnonzero(self.table["limited"] > 0)
        return self.table["time [s]"][limited[0]] if len(limited) else np.nan


def slope(x, y):
    """Slope of a straight line and its standard error."""
    x, y = np.asarray(x, float), np.asarray(y, float)
    fine = np.isfinite(x) & np.isfinite(y)
    x, y = x[fine], y[fine]
    if len(x) < 3:
        return (y[1] - y[0]) / (x[1] - x[0]) if len(x) == 2 else np.nan, np.nan
    coefficients = np.polyfit(x, y, 1)
    rest = y - np.polyval(coefficients, x)
    return coefficients[0], np.sqrt((rest @ rest) / (len(x) - 2) / ((x - x.mean()) ** 2).sum())


def gain(time, height):
    """How much faster the end of a parabola through the heights is than its beginning, and the standard error of that ratio."""
    u = (time - time[0]) / (time[-1] - time[0])
    coefficients, covariance = np.polyfit(u, height, 2, cov=True)
    a, b = coefficients[:2]
    ratio = (b + 2 * a) / b
    gradient = np.array([2 / b, -2 * a / b**2])
    return ratio, np.sqrt(gradient @ covariance[:2, :2] @ gradient)


def say(trend, what, value, error=np.nan, note=""):
    ROWS.append({"trend": trend, "what": what, "value": f"{value:.5g}", "standard error": f"{error:.2g}", "note": note})
    print(f"{trend:>9}  {what:<52} {value:10.4g} ± {error:<8.2g} {note}")


def every(study, pattern):
    """The runs of a name with wildcards that are there and have come to their end."""
    runs = [Run(path) for path in sorted(study.glob(pattern)) if (path / "run.json").exists() and (path / "metrics.csv").exists()]
    return [run for run in runs if run.state["status"] == "done"]


def acceleration(study):
    for run in every(study, "current-*") + every(study, "gap-*"):
        start = run.onset() if np.isfinite(run.onset()) and run.name.startswith("current") else np.interp(0.2, run.charge, run.time)
        window = run.time >= start
        ratio, error = gain(run.time[window], run.high[window])
        exponent, spread = slope(np.log(run.time[window]), np.log(run.high[window]))
        base, other = gain(run.time[window], run.mean[window])
        say("faster", f"{run.name}: tip's speed, end over start", ratio, error, f"mean height {base:.2f} ± {other:.2f}, from {start:.3g} s")
        say("faster", f"{run.name}: exponent of height in time", exponent, spread)


def filled(run):
    """Charge at the end over that of 33.25 µm of lithium without a pore, which is where a short is declared."""
    return run.table["charge [mAh/cm2]"][-1] / (33.25e-6 * FARADAY / MOLAR_VOLUME / 36_000)


def limit(run):
    """When the compliance limits the current for the last time [s]; NaN if it never does."""
    limited = np.flatnonzero(run.table["limited"] > 0)
    return run.table["time [s]"][limited[-1]] if len(limited) else np.nan


def short(study):
    for run in every(study, "gap-*"):
        end = run.table["charge [mAh/cm2]"][-1]
        over = np.interp(2, run.charge, run.high) / np.interp(2, run.charge, run.mean)
        ahead = np.interp(2, run.charge, run.high - run.mean)
        say("short", f"{run.name}: charge at the short over a full gap", filled(run), note=f"{end:.3f} mAh/cm2, {run.time[-1]:.0f} s, {run.state['reason']}")
        say("short", f"{run.name}: tip over mean at 2 mAh/cm2", over, note=f"ahead by {ahead:.2f} µm; limited until {limit(run):.0f} s")
    for run in every(study, "current-*"):
        charge = 1.99
        over = np.interp(charge, run.charge, run.high) / np.interp(charge, run.charge, run.mean)
        say("short", f"{run.name}: tip over mean at 2 mAh/cm2", over, note=f"ahead by {lead(run, charge):.2f} µm, at {run.charge[-1]:.2f} mAh/cm2; limited from {run.onset():.0f} s")


def surface_energy(study, height=(8, 12)):
    for seed in (1, 2):
        runs = [(float(run.name.split("-")[1]) if run.name.startswith("gamma") else 0.3, run)
                for run in every(study, f"gamma-*-seed-{seed}") + every(study, f"current-2-seed-{seed}")]
        runs.sort(key=lambda pair: pair[0])
        for h in height:
            times = [run.when(h) for _, run in runs]
            for (gamma, run), time in zip(runs, times):
                radius = np.nanmedian(run.column("tip_radius [m]")[run.high > h]) if (run.high > h).any() else np.nan
                say("gamma", f"seed {seed}, {gamma} J/m2: time to {h} µm [s]", time, note=f"radius of the tip {1e6 * radius:.2f} µm afterwards")
            found = {gamma: time for (gamma, _), time in zip(runs, times)}
            for low, high in ((0.003, 3.0), (0.03, 30.0)):
                if low in found and high in found:
                    say("gamma", f"seed {seed}: time to {h} µm at {high:g} over that at {low:g} J/m2", found[high] / found[low])


def exchange_leads(study, share, seed):
    """Exchange current density [A/m²] and how far the highest tip is ahead of the mean height [µm] at 1.95 mAh/cm², by pairs."""
    runs = [(10 * float(run.name.split("-")[2]), run) for run in every(study, f"exchange-{share}-*-seed-{seed}")]
    if share == "2":
        runs += [(100.0, run) for run in every(study, f"current-2-seed-{seed}")]
    return sorted((i0, float(np.interp(1.95, run.charge, run.high - run.mean))) for i0, run in runs if run.charge[-1] > 1.94)


def exchange(study):
    for share in ("2", "0.9"):
        for seed in (1, 2):
            points = exchange_leads(study, share, seed)
            for i0, ahead in points:
                say("exchange", f"{share} I_lim, seed {seed}, {i0:g} A/m2: tip ahead of the mean [µm]", ahead)
            for run in every(study, f"exchange-{share}-*-seed-{seed}"):
                late = run.charge > 1.5
                length, radius = (1e6 * np.nanmedian(run.column(name)[late]) for name in ("tip_kinetic_length [m]", "tip_radius [m]"))
                say("exchange", f"{run.name}: 1/k_kin at the tip past 1.5 mAh/cm2 [µm]", length, note=f"radius of the tip {radius:.2f} µm")
            if len(points) > 2:
                i0, ahead = np.log(points).T
                say("exchange", f"{share} I_lim, seed {seed}: power of i0", *slope(i0, ahead))


def arm_lengths(run):
    """Times of the snapshots since the salt is used up [s], and the mean and the longest arm then [µm]."""
    table = read(run.path / "tips.csv")
    times = np.unique(table["time [s]"][table["time [s]"] >= run.onset()])
    lengths = [1e6 * table["arm [m]"][table["time [s]"] == time] for time in times]
    return times, np.array([np.nanmean(length) for length in lengths]), np.array([np.nanmax(length) for length in lengths])


def arms(study):
    for run in every(study, "current-2-*") + every(study, "current-3-*"):
        start = run.onset()
        times, mean, longest = arm_lengths(run)
        for what, length in (("mean", mean), ("longest", longest)):
            say("arms", f"{run.name}: exponent, {what} arm", *slope(np.log(times), np.log(length)), f"{length[0]:.1f} to {length[-1]:.1f} µm, {len(times)} snapshots")
        for what, time, height in (("longest arm", times, longest), ("mean height", run.time, run.mean)):
            later = time > 1.1 * start
            gained = height[later] - np.interp(start, run.time, run.high if what == "longest arm" else run.mean)
            say("arms", f"{run.name}: exponent, what the {what} gains after {start:.0f} s", *slope(np.log(time[later] - start), np.log(gained)))


def tip_speeds(study, kind, heights):
    """Overpotentials [V], and at each of the heights of the tip its speed [m/s] and radius in cells."""
    result = {}
    for run in every(study, f"{kind}-*"):
        eta = 1e-3 * float(run.name.rsplit("-", 1)[1])
        cell = run.state["setup"]["grid"]["dx"]
        row = []
        for height in heights:
            near = np.abs(run.high - height) < 0.12
            speed, error = slope(run.time[near], 1e-6 * run.high[near])
            row.append((speed, error, np.nanmedian(run.column("tip_radius [m]")[near]) / cell if near.any() else np.nan))
        result[eta] = row
    return dict(sorted(result.items()))


def tip_balance(run, height=0.9):
    """What the kinetics and the conduction within a radius take of the overpotential, when the tip is that high [µm]."""
    setup, eta = run.state["setup"], 1e-3 * float(run.name.rsplit("-", 1)[1])
    near = np.abs(run.high - height) < 0.12
    current = slope(run.time[near], 1e-6 * run.high[near])[0] * FARADAY / MOLAR_VOLUME
    radius, mean = 1e-6 * np.nanmedian(1e6 * run.column("tip_radius [m]")[near]), np.median(run.mean[near])
    kinetics = current * THERMAL / setup["kinetics"]["i0"] / eta
    say("tip", f"{run.name}: current of the tip over kappa eta/r, at {height} µm", current * radius / (KAPPA * eta),
        note=f"kinetics take {100 * kinetics:.1f} % of eta; radius {1e6 * radius:.3f} µm, mean height {mean:.2f} µm")


def overpotential(study, heights=(0.7, 0.9, 1.1, 1.3)):
    for kind in ("tip-100", "tip-1000", "tip-30000", "solid"):
        speeds = tip_speeds(study, kind, heights)
        eta = np.array(list(speeds))
        for index, height in enumerate(heights):
            speed = np.array([rows[index][0] for rows in speeds.values()])
            cells = " ".join(f"{rows[index][2]:.1f}" for rows in speeds.values())
            if len(eta) > 1:
                say("tip", f"{kind} A/m2, {height} µm: power of the overpotential", *slope(np.log(eta), np.log(speed)),
                    f"nm/s {' '.join(f'{1e9 * v:.4g}' for v in speed)}; radius in cells {cells}")
        for run in every(study, f"{kind}-[0-9]*"):
            tip_balance(run)
    fine, coarse = tip_speeds(study, "tip-30000", heights), tip_speeds(study, "tip-coarse", heights)
    for eta, rows in coarse.items():
        for height, (speed, _, cells), (reference, _, _) in zip(heights, rows, fine.get(eta, rows)):
            say("tip", f"{1e3 * eta:g} mV, {height} µm: speed on a coarser grid, over", speed / reference, note=f"radius {cells:.1f} cells")
    gammas = {float(run.name.split("-")[2]): run for run in every(study, "tip-gamma-*")}
    gammas.update({4.0: run for run in every(study, "tip-30000-10")})
    for height in (0.8, 1.4):
        times = {gamma: run.when(height) for gamma, run in sorted(gammas.items())}
        for gamma, time in times.items():
            run = gammas[gamma]
            cells = np.nanmedian(run.column("tip_radius [m]")[np.abs(run.high - height) < 0.1]) / run.state["setup"]["grid"]["dx"]
            say("gamma", f"one tip, {gamma:g} J/m2: time to {height} µm [s]", time, note=f"radius of the tip {cells:.2f} cells")


def lead(run, charge=0.149):
    """How far the highest tip is ahead of the mean height [µm], in mAh/cm²."""
    return float(np.interp(charge, run.charge, run.high - run.mean))


def pulses(study):
    for seed in (1, 2):
        steady = every(study, f"pulse-steady-seed-{seed}")
        for run in every(study, f"pulse-[0-9]*-seed-{seed}") if steady else []:
            for charge in (0.05, 0.1, 0.149):
                say("pulse", f"{run.name}: steady current's lead over its lead", lead(steady[0], charge) / lead(run, charge), note=f"at {charge} mAh/cm2")
    for run in every(study, "pulse-*"):
        salt = np.nanmin(run.column("lowest_c"))
        say("pulse", f"{run.name}: tip ahead of the mean [µm]", lead(run), note=f"S_q {1e6 * np.interp(0.149, run.charge, run.column('s_q [m]')):.3f} µm, "
            f"{run.charge[-1]:.3f} mAh/cm2 in {run.time[-1]:.2f} s and {len(run.table['step'])} steps, lowest c/c0 {salt:.2g}")


def draw(study, out):
    figure, axes = plt.subplots(2, 3, figsize=(10.5, 6.2), layout="constrained")
    one, two, three, four, five, six = axes.flat

    for share, colour in (("1", GREEN), ("2", BLUE), ("3", ORANGE)):
        for run in every(study, f"current-{share}-*"):
            first = run.name.endswith("1")
            one.plot(run.time, run.high, "-" if first else "--", color=colour, linewidth=1.2, label=f"{share} × limiting" if first else None)
    one.set(xlim=(0, 650), xlabel="time [s]", ylabel="height of the highest tip [µm]", title="1 mm of 1 M: two seeds each")
    one.legend(frameon=False, fontsize=8)

    for kind, colour, label in (("current", BLUE, "1 mm of 1 M"), ("gap", ORANGE, "34.5 µm of 0.1 M")):
        for seed, mark in ((1, "o"), (2, "s")):
            points = sorted((float(run.name.split("-")[1]), np.interp(1.99, run.charge, run.high / run.mean)) for run in every(study, f"{kind}-*-seed-{seed}"))
            if points:
                two.plot(*zip(*points), mark + "-", color=colour, markersize=4, linewidth=1, label=f"{label}, seed {seed}")
    two.axvline(0.75, color=GREY, linewidth=0.8, linestyle=":")
    two.set(ylim=(1, None), xlabel="current over the limiting one", ylabel="highest tip over the mean height", title="at 2 mAh/cm²")
    two.legend(frameon=False, fontsize=8)

    for seed, mark in ((1, "o"), (2, "s")):
        points = exchange_leads(study, "2", seed)
        if points:
            three.loglog(*zip(*points), mark + "-", color=BLUE, markersize=4, linewidth=1, label=f"2 × limiting, seed {seed}")
    points = exchange_leads(study, "0.9", 1)
    if points:
        three.loglog(*zip(*points), "o-", color=GREEN, markersize=4, linewidth=1, label="0.9 × limiting")
    three.yaxis.set_minor_formatter("{x:.0f}")
    three.set(ylim=(1.5, 10), xlabel="exchange current density [A/m²]", ylabel="tip ahead of the mean [µm]", title="1 mm of 1 M, 2 mAh/cm²")
    three.legend(frameon=False, fontsize=8)

    for share, colour in (("2", BLUE), ("3", ORANGE)):
        for run in every(study, f"current-{share}-*"):
            times, mean, longest = arm_lengths(run)
            first = run.name.endswith("1")
            four.loglog(times, longest, "o" if first else "s", color=colour, markersize=3, label=f"longest, {share} × limiting" if first else None)
    span = np.array([110.0, 520.0])
    four.loglog(span, 4 * (span / 110) ** 0.5, "--", color=GREY, label="∝ √t")
    four.set(xlabel="time [s]", ylabel="length of an arm [µm]", title="arms since the salt is used up")

    for kind, colour, label in (("tip-100", GREEN, "100 A/m², 2-D"), ("tip-1000", ORANGE, "1000 A/m², 2-D"), ("tip-30000", BLUE, "30 000 A/m², 2-D"), ("solid", "#7a4fa3", "30 000 A/m², 3-D")):
        speeds = tip_speeds(study, kind, (0.9,))
        if len(speeds) > 1:
            eta, speed = 1e3 * np.array(list(speeds)), np.array([1e9 * rows[0][0] for rows in speeds.values()])
            five.loglog(eta, speed, "o-", color=colour, markersize=4, linewidth=1, label=f"{label}: {slope(np.log(eta), np.log(speed))[0]:.2f}")
    five.set(ylim=(1.5, 3000), xlabel="overpotential [mV]", ylabel="speed of the tip [nm/s]", title="a tip 0.9 µm high: powers")
    five.legend(frameon=False, fontsize=8)

    for prefix, colour, label in (("pulse", BLUE, "5.5 µm"), ("pulse-far", ORANGE, "50 µm")):
        for seed, mark in ((1, "o"), (2, "s")):
            lengths = [(float(run.name.split("-")[-3]), lead(run)) for run in every(study, f"{prefix}-[0-9]*-seed-{seed}")]
            ends = every(study, f"{prefix}-steady-seed-{seed}")
            if ends and lengths:
                reference = lead(ends[0])
                lengths.sort()
                six.semilogx([x for x, _ in lengths], [y / reference for _, y in lengths], mark + "-", color=colour, markersize=4, linewidth=1, label=f"{label}, seed {seed}")
                mean = every(study, f"{prefix}-mean-seed-{seed}")
                if mean:
                    six.axhline(lead(mean[0]) / reference, color=colour, linewidth=0.8, linestyle=":")
    six.set(xlabel="time on, three times as long off [ms]", ylabel="lead of the tip over that at steady current", title="pulses; dotted: steady at their mean", ylim=(0, None))
    six.legend(frameon=False, fontsize=8)

    for axis in axes.flat:
        axis.title.set_fontsize(9.5)
        axis.tick_params(which="both", labelsize=7.5)
        axis.xaxis.label.set_fontsize(8.5)
        axis.yaxis.label.set_fontsize(8.5)
    for axis in (four, five):
        for side in (axis.xaxis, axis.yaxis):
            side.set_major_formatter("{x:.0f}")
            side.set_minor_formatter(lambda x, _: f"{x:.0f}" if f"{x:.0e}"[0] in "235" else "")
    four.legend(frameon=False, fontsize=8)
    figure.savefig(out)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("study", type=pathlib.Path)
    parser.add_argument("-o", "--out", type=pathlib.Path, required=True)
    arguments = parser.parse_args()
    for part in (acceleration, short, surface_energy, exchange, arms, overpotential, pulses):
        part(arguments.study)
    with open(arguments.out.with_suffix(".csv"), "w", newline="") as file:
        writer = csv.DictWriter(file, ROWS[0])
        writer.writeheader()
        writer.writerows(ROWS)
    draw(arguments.study, arguments.out)


if __name__ == "__main__":
    main()

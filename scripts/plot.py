#!/usr/bin/env python3
"""Plot the course of a run: potential, thickness and porosity, nuclei, evenness of the current.

    plot.py RUN_DIR -o plot.png

Reads RUN_DIR/metrics.csv, which may still be growing. Needs `pip install numpy matplotlib`.
"""

import argparse
import pathlib

import matplotlib

matplotlib.use("Agg")
import matplotlib.pyplot as plt
import numpy as np

BLUE, ORANGE, GREY = "#2c5f8a", "#c8642b", "#777777"


def read(path):
    """Columns of metrics.csv by their headings, `name [unit]` or `name`; lines with # are remarks."""
    if not path.is_file():
        raise SystemExit(f"there is no {path}")
    lines = [line.strip() for line in path.read_text().splitlines() if line.strip() and not line.startswith("#")]
    if not lines:
        raise SystemExit(f"{path} has no header yet")
    names = lines[0].split(",")
    rows = [line.split(",") for line in lines[1:]]
    # a run that is going on may have half a last line
    rows = [[float(value or "nan") for value in row] for row in rows if len(row) == len(names)]
    if not rows:
        raise SystemExit(f"{path} has no rows yet")
    return dict(zip(names, np.array(rows).T))


def above(low, values):
    """Limits of an axis from `low` to the largest of the values, or None if there is none."""
    high = np.nanmax(values) if np.isfinite(values).any() else low
    return (low, low + 1.1 * (high - low)) if high > low else None


def main():
    parser = argparse.ArgumentParser(
        description="Plot potential, thickness and porosity, nuclei and evenness of the current of a run."
    )
    parser.add_argument("run", metavar="RUN_DIR", type=pathlib.Path, help="directory of the run")
    parser.add_argument("-o", "--output", default="plot.png", help="PNG, PDF or SVG to write (default: %(default)s)")
    parser.add_argument(
        "--against", choices=("charge", "time"), default="charge", help="horizontal axis (default: %(default)s)"
    )
    parser.add_argument("--log", action="store_true", help="logarithmic horizontal axis: shows the nucleation dip")
    arguments = parser.parse_args()
    table = read(arguments.run / "metrics.csv")
    unknown = np.full(len(table["time [s]"]), np.nan)

    def column(name, scale=1.0):
        return table.get(name, unknown) * scale

    if arguments.against == "charge":
        across, label = column("charge [mAh/cm2]"), "capacity / mAh cm$^{-2}$"
    else:
        across, label = column("time [s]", 1 / 60), "time / min"

    plt.rcParams.update({"font.size": 9, "axes.spines.top": False, "lines.linewidth": 1.4, "legend.frameon": False})
    figure, panels = plt.subplots(2, 2, figsize=(9, 6), sharex=True, constrained_layout=True)

    def draw(panel, values, **style):
        # a line through what was measured: the morphology is not in every row
        known = np.isfinite(values)
        panel.plot(across[known], values[known], **style)

    def second(panel, values, name, limits=None):
        axis = panel.twinx()
        draw(axis, values, color=ORANGE)
        axis.set_ylabel(name, color=ORANGE)
        axis.tick_params(axis="y", colors=ORANGE)
        if limits:
            axis.set_ylim(*limits)

    def first(panel, values, name, **style):
        draw(panel, values, color=BLUE, **style)
        panel.set_ylabel(name)

    first(panels[0, 0], column("potential [V]", 1e3), "potential / mV against Li/Li$^+$")
    panels[0, 0].axhline(0, color=GREY, linewidth=0.6)

    first(panels[0, 1], column("thickness [m]", 1e6), "thickness / µm", label="as a dense layer")
    draw(panels[0, 1], column("mean_height [m]", 1e6), color=BLUE, linestyle="--", label="mean height")
    draw(panels[0, 1], column("max_height [m]", 1e6), color=BLUE, linestyle=":", label="largest height")
    panels[0, 1].legend(loc="upper left")
    second(panels[0, 1], column("porosity"), "porosity", (0, 1))

    first(panels[1, 0], column("nuclei [1/m2]", 1e-12), "separate nuclei / µm$^{-2}$")
    second(panels[1, 0], column("covered"), "covered fraction of the copper", (0, 1.02))

    # the first nuclei take the current very unevenly; what comes after them sets the scale
    later = slice(None) if arguments.log else across >= 0.01 * np.nanmax(across)
    variation, peak = column("current_variation"), column("current_peak")
    first(panels[1, 1], variation, "current: standard deviation / mean")
    second(panels[1, 1], peak, "current: largest / mean", above(1.0, peak[later]))
    panels[1, 1].set_ylim(above(0.0, variation[later]))

    for panel in panels[1]:
        panel.set_xlabel(label)
        if arguments.log:
            panel.set_xscale("log")
    for panel in panels.flat:
        panel.grid(color="#e6e6e6", linewidth=0.6)
    figure.suptitle(arguments.run.resolve().name)
    figure.savefig(arguments.output, dpi=160)


if __name__ == "__main__":
    main()

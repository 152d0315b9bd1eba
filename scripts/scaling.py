#!/usr/bin/env python3
"""How size and density of nuclei go with the overpotential: slopes in a double logarithmic plot.

    scaling.py STUDY_DIR -o scaling.svg

STUDY_DIR is that of configs/studies/nucleation_scaling.toml. Writes scaling.csv beside the picture.
"""

import argparse
import csv
import json
import pathlib

import matplotlib

matplotlib.use("Agg")
import matplotlib.pyplot as plt
import numpy as np

from tables import BLUE, GREY, ORANGE, read

FARADAY, MOLAR_VOLUME = 96485.33212, 1.30e-5  # as in src/model/constants.rs


def measure(run):
    """Current, dip, plateau, density and size of the nuclei of a run."""
    setup = json.loads((run / "run.json").read_text())["setup"]
    table = read(run / "metrics.csv")
    potential = table["potential [V]"]
    area = setup["grid"]["nx"] * setup["grid"]["ny"] * setup["grid"]["dx"] ** 2
    density = table["nuclei"][-1] / area
    volume = table["charge [mAh/cm2]"][-1] * 36_000 * MOLAR_VOLUME / FARADAY
    return {
        "current [mA/cm2]": table["current [A/m2]"][-1] / 10,
        "dip [V]": -potential.min(),
        "plateau [V]": -potential[-1],
        "density [1/m2]": density,
        # of a half sphere, if the charge is shared evenly
        "radius [m]": (1.5 * volume / density / np.pi) ** (1 / 3),
    }


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("study", type=pathlib.Path)
    parser.add_argument("-o", "--out", type=pathlib.Path, required=True)
    arguments = parser.parse_args()
    rows = [measure(run.parent) for run in sorted(arguments.study.glob("runs/*/run.json"))]
    if len(rows) < 3:
        raise SystemExit(f"{arguments.study} holds {len(rows)} runs; at least 3 are needed")
    rows.sort(key=lambda row: row["current [mA/cm2]"])
    with open(arguments.out.with_suffix(".csv"), "w", newline="") as file:
        writer = csv.DictWriter(file, rows[0])
        writer.writeheader()
        writer.writerows(rows)
    column = {name: np.array([row[name] for row in rows]) for name in rows[0]}

    figure, axes = plt.subplots(1, 2, figsize=(9, 3.8), layout="constrained")
    for axis, quantity, factor, unit, measured, free in [
        (axes[0], "density [1/m2]", 1e-12, "nuclei per µm²", 3, "upper left"),
        (axes[1], "radius [m]", 1e6, "radius at 0.01 mAh/cm² [µm]", -1, "lower left"),
    ]:
        values = factor * column[quantity]
        for name, label, colour, mark in [("plateau [V]", "plateau", BLUE, "o"), ("dip [V]", "dip", ORANGE, "s")]:
            overpotential = 1e3 * column[name]
            slope, offset = np.polyfit(np.log(overpotential), np.log(values), 1)
            axis.loglog(overpotential, values, mark, color=colour, label=f"at the {label}: slope {slope:.2f}")
            ends = np.array([overpotential.min(), overpotential.max()])
            axis.loglog(ends, np.exp(offset) * ends**slope, color=colour, linewidth=1)
            print(f"{quantity} against the overpotential at the {label}: slope {slope:.2f}, Pei et al. {measured}")
        middle = np.exp(np.log(1e3 * column["plateau [V]"]).mean()), np.exp(np.log(values).mean())
        ends = middle[0] * np.array([0.7, 1.4])
        axis.loglog(ends, middle[1] * (ends / middle[0]) ** measured, "--", color=GREY, label=f"slope {measured}: Pei et al. 2017")
        axis.set_xlabel("overpotential [mV]")
        axis.set_ylabel(unit)
        axis.legend(frameon=False, fontsize=8, loc=free)
        axis.xaxis.set_minor_formatter("{x:.0f}")
        axis.xaxis.set_major_formatter("{x:.0f}")
        axis.yaxis.set_minor_formatter("{x:.2g}")
        axis.yaxis.set_major_formatter("{x:.2g}")
        axis.tick_params(which="both", labelsize=7)
    figure.savefig(arguments.out)


if __name__ == "__main__":
    main()

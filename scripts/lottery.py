#!/usr/bin/env python3
"""How many seeds a statement needs: spread over seeds by the size of the box.

    lottery.py STUDY_DIR -o lottery.svg

STUDY_DIR is that of configs/studies/nucleation_lottery.toml. Prints means, spreads, and the number of seeds whose 95 % interval of the
mean (Student's) is as narrow as asked.
"""

import argparse
import pathlib

import matplotlib

matplotlib.use("Agg")
import matplotlib.pyplot as plt
import numpy as np
import pandas
from scipy import stats

from tables import BLUE, GREY

# column, factor to the unit shown, what stands at the axis, half the width of the interval that is asked for
ASKED = [
    ("ce", 100, "Coulombic efficiency, cycle 1 [%]", 0.2),
    ("cover", 100, "covered at 0.1 mAh/cm² [%]", 2),
    ("dip [V]", 1000, "least potential [mV]", 20),
]


def seeds_for(spread, within):
    """Least number of seeds whose interval of the mean is `within` to both sides, if they scatter by `spread`."""
    return next(n for n in range(2, 1_000_000) if stats.t.ppf(0.975, n - 1) * spread / np.sqrt(n) <= within)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("study", type=pathlib.Path)
    parser.add_argument("-o", "--out", type=pathlib.Path, required=True)
    arguments = parser.parse_args()
    table = pandas.read_csv(arguments.study / "results.csv", comment="#")
    boxes = list(dict.fromkeys(table["box"]))
    figure, axes = plt.subplots(1, len(ASKED), figsize=(11, 3.4), layout="constrained")
    for axis, (column, factor, label, within) in zip(axes, ASKED):
        for place, box in enumerate(boxes):
            values = factor * table.loc[table["box"] == box, column].dropna().to_numpy()
            mean, spread = values.mean(), values.std(ddof=1)
            half = stats.t.ppf(0.975, len(values) - 1) * spread / np.sqrt(len(values))
            axis.plot(np.full(len(values), place), values, "o", color=GREY, markersize=4, alpha=0.7)
            axis.errorbar(place + 0.18, mean, half, fmt="o", color=BLUE, capsize=4)
            print(f"{label}, {box}: {mean:.4g}, spread {spread:.3g}, {seeds_for(spread, within)} seeds for ± {within}")
        axis.set_xticks(range(len(boxes)), [box.replace("um", "µm") for box in boxes])
        axis.set_ylabel(label)
        axis.spines[["top", "right"]].set_visible(False)
    figure.savefig(arguments.out)


if __name__ == "__main__":
    main()

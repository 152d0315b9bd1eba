#!/usr/bin/env python3
"""Draw slices of runs side by side: lithium, copper, and the salt in the electrolyte.

    slices.py RUN_DIR... -o slices.png [--charge 1.0] [--titles "a" "b"]

Reads RUN_DIR/fields.vtkhdf, at a charge in mAh/cm² or at the end. Needs `pip install numpy h5py matplotlib`.
"""

import argparse
import pathlib

import h5py
import matplotlib

matplotlib.use("Agg")
import matplotlib.pyplot as plt
import numpy as np
import tables

LITHIUM, COPPER = (0.45, 0.46, 0.48), (0.78, 0.52, 0.36)


def charges(run, times):
    """Charge at each of the times [mAh/cm²], from metrics.csv."""
    table = tables.read(run / "metrics.csv")
    return np.interp(times, np.r_[0.0, table["time [s]"]], np.r_[0.0, table["charge [mAh/cm2]"]])


def slice_of(run, charge):
    """Lithium, copper and salt [mol/m³] in the plane y = 0, its cell [µm], time [s] and charge [mAh/cm²]."""
    with h5py.File(run / "fields.vtkhdf", locking=False) as file:
        root = file["VTKHDF"]
        times = root["Steps/Values"][:]
        passed = charges(run, times)
        at = len(times) - 1 if charge is None else int(np.abs(passed - charge).argmin())


        def field(name):
            return root["CellData"][name][int(root["Steps/CellDataOffsets"][name][at])][:, 0, :]

        spacing = 1e6 * root.attrs["Spacing"][0]
        return field("lithium"), 1.0 - field("accessible"), field("c"), spacing, times[at], passed[at]


def clock(seconds):
    """A time in the unit that reads best."""
    for unit, size in (("h", 3600.0), ("min", 60.0)):
        if seconds >= 1.5 * size:
            return f"{seconds / size:.3g} {unit}"
    return f"{seconds:.3g} s"


def main():
    parser = argparse.ArgumentParser(description="Draw slices of runs side by side: lithium, copper and salt.")
    parser.add_argument("runs", metavar="RUN_DIR", type=pathlib.Path, nargs="+", help="directory of a run")
    parser.add_argument("-o", "--output", default="slices.png", help="PNG, PDF or SVG to write (default: %(default)s)")
    parser.add_argument("--charge", type=float, help="charge in mAh/cm² at which to look (default: the end of each run)")
    parser.add_argument("--titles", nargs="*", default=[], help="a title for each run")
    arguments = parser.parse_args()
    slices = [slice_of(run, arguments.charge) for run in arguments.runs]
    most = max(salt[(lithium + copper) < 0.5].max() for lithium, copper, salt, *_ in slices)
    figure, axes = plt.subplots(1, len(slices), figsize=(4.0 * len(slices), 4.3), squeeze=False, layout="constrained")
    for axis, (lithium, copper, salt, cell, time, charge), number in zip(axes[0], slices, range(len(slices))):
        nz, nx = lithium.shape
        extent = (0.0, nx * cell, 0.0, nz * cell)
        image = axis.imshow(salt, origin="lower", extent=extent, cmap="Blues", vmin=0.0, vmax=most, interpolation="bilinear")
        for fraction, colour in ((lithium, LITHIUM), (copper, COPPER)):
            layer = np.zeros((nz, nx, 4))
            layer[..., :3], layer[..., 3] = colour, np.clip((fraction - 0.3) / 0.4, 0.0, 1.0)
            axis.imshow(layer, origin="lower", extent=extent, interpolation="bilinear")
        title = arguments.titles[number] if number < len(arguments.titles) else arguments.runs[number].name
        axis.set_title(f"{title}\n{clock(time)}, {charge:.2f} mAh/cm²", fontsize=11)
        axis.set_xlabel("µm")
    figure.colorbar(image, ax=axes[0], label="salt [mol/m³]", shrink=0.8)
    figure.savefig(arguments.output, dpi=110)


if __name__ == "__main__":
    main()

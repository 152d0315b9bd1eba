#!/usr/bin/env python3
"""Open what a run wrote with the readers that people use, and hold them against each other.

    readers.py RUN_DIR

fields.vtkhdf is read by VTK's vtkHDFReader and by h5py, and every value at every step must agree to the bit;
fields.xdmf is read by vtkXdmfReader, deposit.vtp by vtkXMLPolyDataReader, metrics.csv and run.json as text.
Prints one line for each file and exits with 0, or one line that says what is wrong and exits with 1.
Needs `pip install vtk h5py numpy`.
"""

import argparse
import csv
import json
import math
import pathlib
import re
import sys
import xml.etree.ElementTree

import h5py
import numpy as np
import vtk
from vtk.util.numpy_support import vtk_to_numpy

COLUMN = re.compile(r"[a-z][a-z0-9_]*( \[[^\]]+\])?")
REQUIRED = ["time [s]", "charge [mAh/cm2]", "potential [V]", "current [A/m2]", "thickness [m]"]


class Mismatch(Exception):
    """What is wrong, in one line."""


def require(condition, message):
    if not condition:
        raise Mismatch(message)


class Complaints:
    """Keeps what VTK complains about, which it would otherwise print and forget."""

    def __init__(self, *readers):
        self.lines = []
        for reader in readers:
            for event in ("ErrorEvent", "WarningEvent"):
                self.listen(reader, event)

    def listen(self, reader, event):
        def heard(_, __, text):
            self.lines.append(" ".join(text.split()))

        heard.CallDataType = vtk.VTK_STRING
        reader.AddObserver(event, heard)

    def none(self, name):
        require(not self.lines, f"{name}: VTK complains: {self.lines[0] if self.lines else ''}")


def cells_of(data, name, shape):
    """A cell array of a VTK image as numpy, x fastest."""
    array = data.GetCellData().GetArray(name)
    require(array is not None, f"VTK finds no cell array {name}")
    return vtk_to_numpy(array).reshape(shape)


def same(one, other):
    """Equal to the bit, NaN included."""
    return one.shape == other.shape and np.array_equal(one, other, equal_nan=one.dtype.kind == "f")


def check_layout(root):
    """What the format asks for, seen by h5py alone."""
    kind = root.attrs["Type"]
    require(kind in (b"ImageData", "ImageData"), f"fields.vtkhdf: Type is {kind!r}, expected ImageData")
    require(tuple(root.attrs["Version"])[0] == 2, f"fields.vtkhdf: Version is {root.attrs['Version']}, expected 2.x")
    for name, length in (("WholeExtent", 6), ("Origin", 3), ("Spacing", 3), ("Direction", 9)):
        require(name in root.attrs and len(root.attrs[name]) == length, f"fields.vtkhdf: {name} needs {length} values")
    for name in ("CellData", "PointData", "Steps"):
        require(name in root, f"fields.vtkhdf: the group {name} is missing")

    steps = root["Steps"]
    count = int(steps.attrs["NSteps"])
    times = steps["Values"][:]
    require(len(times) == count, f"fields.vtkhdf: NSteps is {count}, but there are {len(times)} times")
    require(np.all(np.diff(times) > 0), f"fields.vtkhdf: times do not rise: {times}")
    extent = root.attrs["WholeExtent"]
    shape = tuple(int(extent[i + 1] - extent[i]) for i in (4, 2, 0))
    require(min(shape) > 0, f"fields.vtkhdf: WholeExtent {extent} holds no cells")
    for group in ("CellData", "FieldData"):
        for name, dataset in root.get(group, {}).items():
            offsets = steps[f"{group}Offsets"].get(name)
            require(offsets is not None, f"fields.vtkhdf: {name} has no offsets")
            require(len(offsets) == count, f"fields.vtkhdf: {name} has {len(offsets)} offsets for {count} steps")
            bad = [int(k) for k in offsets[:] if not 0 <= k < len(dataset)]
            require(not bad, f"fields.vtkhdf: {name} has {len(dataset)} frames, but an offset is {bad and bad[0]}")
            if group == "CellData":
                found = dataset.shape[1:4]
                require(found == shape, f"fields.vtkhdf: {name} has frames of {found} cells, the box has {shape}")
                chunked = dataset.is_virtual or (dataset.chunks and dataset.chunks[0] == 1)
                require(chunked, f"fields.vtkhdf: {name} is not chunked by frames")
    return times, shape


def check_fields(run):
    """fields.vtkhdf by h5py and by VTK."""
    path = run / "fields.vtkhdf"
    require(path.is_file(), f"there is no {path}")
    with h5py.File(path, "r", locking=False) as file:
        root = file["VTKHDF"]
        times, shape = check_layout(root)
        reader = vtk.vtkHDFReader()
        complaints = Complaints(reader)
        require(reader.CanReadFile(str(path)), "fields.vtkhdf: vtkHDFReader cannot read it")
        reader.SetFileName(str(path))
        reader.UpdateInformation()
        complaints.none("fields.vtkhdf")
        information = reader.GetOutputInformation(0)
        keys = vtk.vtkStreamingDemandDrivenPipeline
        found = information.Get(keys.TIME_STEPS()) or ()
        require(same(np.array(found), times), f"fields.vtkhdf: VTK sees the times {found}, h5py {list(times)}")
        extent = information.Get(keys.WHOLE_EXTENT())
        require(list(extent) == list(root.attrs["WholeExtent"]), f"fields.vtkhdf: VTK sees the extent {extent}")

        steps = root["Steps"]
        for k, time in enumerate(times):
            reader.UpdateTimeStep(time)
            complaints.none(f"fields.vtkhdf, step {k}")
            data = reader.GetOutputDataObject(0)
            require(data.GetExtent() == tuple(extent), f"fields.vtkhdf: extent {data.GetExtent()} at step {k}")
            for name, value in (("Spacing", data.GetSpacing()), ("Origin", data.GetOrigin())):
                require(
                    same(np.array(value), root.attrs[name]),
                    f"fields.vtkhdf: VTK sees the {name} {value}, h5py {root.attrs[name]}",
                )
            for name, dataset in root["CellData"].items():
                stored = dataset[int(steps["CellDataOffsets"][name][k])]
                seen = cells_of(data, name, stored.shape)
                differ = int(np.count_nonzero(~((seen == stored) | ((seen != seen) & (stored != stored)))))
                require(same(seen, stored), f"fields.vtkhdf: {name} differs in {differ} cells at step {k}")
            require(
                data.GetCellData().GetNumberOfArrays() == len(root["CellData"]),
                f"fields.vtkhdf: VTK sees {data.GetCellData().GetNumberOfArrays()} cell arrays at step {k}",
            )
            for name, dataset in root.get("FieldData", {}).items():
                stored = np.atleast_1d(dataset[int(steps["FieldDataOffsets"][name][k])])
                array = data.GetFieldData().GetArray(name)
                require(array is not None, f"fields.vtkhdf: VTK finds no field data {name} at step {k}")
                seen = vtk_to_numpy(array).ravel()
                require(same(seen, stored), f"fields.vtkhdf: {name} is {stored} at step {k}, but VTK sees {seen}")
        names = ", ".join(root["CellData"])
        dx, box = float(root.attrs["Spacing"][0]), [n * float(d) for n, d in zip(shape[::-1], root.attrs["Spacing"])]
        print(f"fields.vtkhdf: {len(times)} steps of {shape[2]} x {shape[1]} x {shape[0]} cells, {names}")
        check_sidecar(run, root, times, shape)
    return dx, box


def check_sidecar(run, root, times, shape):
    """fields.xdmf points at the same frames."""
    path = run / "fields.xdmf"
    require(path.is_file(), f"there is no {path}")
    try:
        tree = xml.etree.ElementTree.parse(path)
    except xml.etree.ElementTree.ParseError as error:
        raise Mismatch(f"fields.xdmf: {error}") from error
    found = [float(time.get("Value")) for time in tree.iter("Time")]
    require(found == list(times), f"fields.xdmf: times {found}, fields.vtkhdf has {list(times)}")
    names = set()
    for item in tree.iter("DataItem"):
        if item.get("Format") == "HDF":
            file, _, dataset = item.text.strip().partition(":")
            require((run / file).is_file(), f"fields.xdmf: points at {file}, which does not exist")
            require(dataset in root.file, f"fields.xdmf: points at {dataset}, which is not in {file}")
            size = tuple(int(n) for n in item.get("Dimensions").split())
            require(size == root.file[dataset].shape, f"fields.xdmf: {dataset} has the shape {root.file[dataset].shape}")
            names.add(dataset.rsplit("/", 1)[1])
    if not hasattr(vtk, "vtkXdmfReader") or len(times) == 0:
        print(f"fields.xdmf: {len(times)} steps, paths only")
        return

    reader = vtk.vtkXdmfReader()
    complaints = Complaints(reader)
    reader.SetFileName(str(path))
    reader.UpdateInformation()
    seen_times = reader.GetOutputInformation(0).Get(vtk.vtkStreamingDemandDrivenPipeline.TIME_STEPS()) or ()
    if len(times) > 1:
        require(list(seen_times) == list(times), f"fields.xdmf: VTK sees the times {seen_times}")
    for k, time in enumerate(times):
        reader.UpdateTimeStep(time)
        data = reader.GetOutputDataObject(0)
        while data is not None and not data.IsA("vtkDataSet"):
            data = data.GetBlock(0)
        require(data is not None, f"fields.xdmf: VTK finds no box at step {k}")
        complaints.none(f"fields.xdmf, step {k}")
        for name in names:
            stored = root["CellData"][name][int(root["Steps/CellDataOffsets"][name][k])]
            require(same(cells_of(data, name, stored.shape), stored), f"fields.xdmf: {name} differs at step {k}")
    print(f"fields.xdmf: {len(times)} steps, {', '.join(sorted(names))}")


def check_surface(run, dx, box):
    """deposit.vtp lies in the box."""
    path = run / "deposit.vtp"
    require(path.is_file(), f"there is no {path}")
    reader = vtk.vtkXMLPolyDataReader()
    complaints = Complaints(reader)
    require(reader.CanReadFile(str(path)), "deposit.vtp: vtkXMLPolyDataReader cannot read it")
    reader.SetFileName(str(path))
    reader.Update()
    complaints.none("deposit.vtp")
    data = reader.GetOutput()
    points, triangles = data.GetNumberOfPoints(), data.GetNumberOfPolys()
    names = [data.GetPointData().GetArrayName(i) for i in range(data.GetPointData().GetNumberOfArrays())]
    require("height" in names, f"deposit.vtp: no point array height, only {names}")
    if points == 0:
        require(triangles == 0, f"deposit.vtp: {triangles} triangles without points")
        print("deposit.vtp: empty, no lithium")
        return
    place = vtk_to_numpy(data.GetPoints().GetData()).astype(np.float64)
    slack = 1e-5 * max(box) + 1e-3 * dx
    for axis, letter in enumerate("xyz"):
        low, high = place[:, axis].min(), place[:, axis].max()
        inside = -slack <= low and high <= box[axis] + slack
        require(inside, f"deposit.vtp: {letter} from {low} to {high} m leaves the box of {box[axis]} m")
    for name in names:
        values = vtk_to_numpy(data.GetPointData().GetArray(name))
        whole = len(values) == points and np.all(np.isfinite(values))
        require(whole, f"deposit.vtp: {name} is not one finite number a point")
    height = vtk_to_numpy(data.GetPointData().GetArray("height"))
    require(np.allclose(height, place[:, 2], atol=slack), "deposit.vtp: height is not the points' z")
    corners = vtk_to_numpy(data.GetPolys().GetConnectivityArray())
    require(len(corners) == 3 * triangles, "deposit.vtp: not all cells are triangles")
    require(corners.min() >= 0 and corners.max() < points, "deposit.vtp: a triangle names a point that is not there")
    if "current" in names:
        check_current(run, data, box)
    print(f"deposit.vtp: {points} points, {triangles} triangles, {', '.join(names)}")


def check_current(run, data, box):
    """The current over the surface is that of the run, and none of it flows towards the copper."""
    with h5py.File(run / "fields.vtkhdf", "r", locking=False) as file:
        root = file["VTKHDF"]
        wanted = float(root["FieldData/current_density"][-1])
    place = vtk_to_numpy(data.GetPoints().GetData()).astype(np.float64)
    corners = vtk_to_numpy(data.GetPolys().GetConnectivityArray()).reshape(-1, 3)
    current = vtk_to_numpy(data.GetPointData().GetArray("current")).astype(np.float64)[corners]
    a, b, c = (place[corners[:, k]] for k in range(3))
    area = 0.5 * np.linalg.norm(np.cross(b - a, c - a), axis=1)
    copper = vtk_to_numpy(data.GetCellData().GetArray("on_copper"))
    mean = float((area * current.mean(axis=1)).sum()) / (box[0] * box[1])
    require(abs(mean / wanted - 1) < 0.03, f"deposit.vtp: {mean} A/m2 over the surface, the run has {wanted}")
    down = copper[np.cross(b - a, c - a)[:, 2] < -0.9 * 2 * area]
    require(len(down) == 0 or down.mean() > 0.5, "deposit.vtp: faces that look down are not marked as lying on copper")
    inner = current[(copper == 1) & (np.abs(current).max(axis=1) == 0)]
    require(len(inner) > 0.5 * (copper == 1).sum(), "deposit.vtp: current on the copper")


def check_surfaces(run):
    """What `liplate surface` wrote, by the readers of each format."""
    readers = {".vtp": vtk.vtkXMLPolyDataReader, ".stl": vtk.vtkSTLReader, ".ply": vtk.vtkPLYReader}
    for path in sorted(run.glob("surface-*")):
        reader = readers[path.suffix]()
        complaints = Complaints(reader)
        reader.SetFileName(str(path))
        reader.Update()
        complaints.none(path.name)
        data = reader.GetOutput()
        if path.suffix == ".stl":
            edges = vtk.vtkFeatureEdges()
            edges.SetInputData(data)
            edges.BoundaryEdgesOn()
            edges.FeatureEdgesOff()
            edges.NonManifoldEdgesOff()
            edges.ManifoldEdgesOff()
            edges.Update()
            open_edges = edges.GetOutput().GetNumberOfCells()
            require(open_edges == 0, f"{path.name}: {open_edges} edges are open")
            mass = vtk.vtkMassProperties()
            mass.SetInputData(data)
            require(data.GetNumberOfPolys() == 0 or mass.GetVolume() > 0, f"{path.name}: no volume")
        print(f"{path.name}: {data.GetNumberOfPoints()} points, {data.GetNumberOfPolys()} triangles")


def check_metrics(run):
    """metrics.csv is a table with units."""
    path = run / "metrics.csv"
    require(path.is_file(), f"there is no {path}")
    with path.open(newline="") as file:
        rows = list(csv.reader(line for line in file if not line.startswith("#")))
    require(rows, "metrics.csv: no header")
    header = rows[0]
    odd = [name for name in header if not COLUMN.fullmatch(name)]
    require(not odd, f"metrics.csv: the column {odd and odd[0]!r} is neither `name [unit]` nor `name`")
    require(len(set(header)) == len(header), "metrics.csv: a column appears twice")
    for name in REQUIRED:
        require(name in header, f"metrics.csv: the column {name} is missing")
    last = -math.inf
    for number, row in enumerate(rows[1:], 1):
        require(len(row) == len(header), f"metrics.csv: row {number} has {len(row)} values for {len(header)} columns")
        try:
            # what is undefined is left empty
            values = [float(value or "nan") for value in row]
        except ValueError as error:
            raise Mismatch(f"metrics.csv: row {number}: {error}") from error
        time = values[header.index("time [s]")]
        require(time > last, f"metrics.csv: time does not rise in row {number}: {time} after {last}")
        last = time
    print(f"metrics.csv: {len(rows) - 1} rows of {len(header)} columns")


def check_provenance(run):
    """run.json is an object."""
    path = run / "run.json"
    require(path.is_file(), f"there is no {path}")
    try:
        content = json.loads(path.read_text())
    except ValueError as error:
        raise Mismatch(f"run.json: {error}") from error
    require(isinstance(content, dict) and content, "run.json: not an object with members")
    print(f"run.json: {', '.join(content)}")


def main():
    parser = argparse.ArgumentParser(description="Open what a run wrote with VTK and h5py and compare every value.")
    parser.add_argument("run", metavar="RUN_DIR", type=pathlib.Path, help="directory of a finished run")
    run = parser.parse_args().run
    vtk.vtkObject.GlobalWarningDisplayOff()
    print(f"VTK {vtk.vtkVersion.GetVTKVersion()}, h5py {h5py.__version__}")
    try:
        dx, box = check_fields(run)
        check_surface(run, dx, box)
        check_surfaces(run)
        check_metrics(run)
        check_provenance(run)
    except Mismatch as mismatch:
        sys.exit(f"{run}: {mismatch}")
    except (KeyError, OSError) as error:
        sys.exit(f"{run}: {' '.join(str(error).split())}")


if __name__ == "__main__":
    main()

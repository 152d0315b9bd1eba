"""Runs that the program has written."""

from __future__ import annotations

import json
import os
import pickle
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import h5py
import liplate
import numpy as np
import pytest
import xarray
from conftest import CONFIGS, SMALL, options, program


def test_metrics_have_names_and_units(small_run: Path) -> None:
    run = liplate.open(small_run)
    metrics = run.metrics
    heading = (small_run / "metrics.csv").read_text().splitlines()[1].split(",")
    assert len(metrics.columns) == len(heading) == len(set(metrics.columns))
    units = metrics.attrs["units"]
    assert (units["time"], units["charge"], units["covered"]) == ("s", "mAh/cm2", "1")
    assert {"nuclei", "nuclei [1/m2]"} <= set(metrics)
    # every number as it is written, to the last bit
    first = (small_run / "metrics.csv").read_text().splitlines()[2].split(",")
    assert [float(cell) if cell else None for cell in first] == [None if np.isnan(v) else v for v in metrics.iloc[0]]
    metrics["time"] = 0
    assert run.metrics["time"].iloc[-1] > 0


def test_tables_events_config_and_info(small_run: Path, cycling_run: Path) -> None:
    run = liplate.open(str(small_run))
    assert run.info["status"] == "done" and run.info["reason"].startswith("charge")
    assert run.config["grid"]["cells"] == [24, 24, 40] and run.config["top"]["current"] == "1 mA/cm^2"
    assert run.events.iloc[0]["event"] == "start" and run.events.iloc[-1]["event"] == "done"
    nuclei = run.events[run.events["event"] == "nucleus"]
    assert len(nuclei) == run.metrics["nuclei"].iloc[-1] > 0 and nuclei["radius"].gt(0).all()
    assert run.filling.attrs["units"]["z"] == "m" and len(run.tips.columns) > 5
    with pytest.raises(liplate.RunError, match="no cycles.csv; a config without a protocol"):
        run.cycles  # noqa: B018
    with pytest.raises(liplate.RunError, match="grains"):
        run.grains  # noqa: B018
    cycles = liplate.open(cycling_run).cycles
    assert list(cycles["cycle"]) == [1, 2] and cycles.attrs["units"]["charge_in"] == "mAh/cm2"
    assert repr(run) == f"<liplate.Run {str(small_run)!r}: done>"


def test_fields_are_a_dataset_with_axes_and_units(small_run: Path) -> None:
    fields = liplate.open(small_run).fields
    assert fields["xi"].dims == ("time", "z", "y", "x") and fields["accessible"].dims == ("z", "y", "x")
    assert dict(fields.sizes) == {"time": 4, "z": 40, "y": 24, "x": 24}
    assert fields["phi"].attrs == {"units": "V", "long_name": "potential of the electrolyte"}
    assert fields["x"].attrs["units"] == "m" and float(fields["x"][0]) == pytest.approx(0.125e-6)
    assert fields["time"].attrs["units"] == "s" and fields["charge"].attrs["units"] == "C m-2"
    assert np.allclose(fields["charge"], [0, 720, 1440, 2160], rtol=1e-6)
    assert fields["copper_height"].shape == (24, 24) and fields["copper_height"].attrs["units"] == "m"
    assert fields["copper_height"].dtype == np.float64 and fields["xi"].dtype == np.float32
    assert fields.attrs["liplate_device"]


def test_cells_are_read_when_they_are_used_and_are_those_of_the_file(small_run: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with h5py.File(small_run / "fields.vtkhdf", locking=False) as file:
        xi = file["VTKHDF/CellData/xi"][:]
    read: list[tuple[int, ...]] = []
    getitem = h5py.Dataset.__getitem__

    def watched(dataset: h5py.Dataset, key: object) -> object:
        found = getitem(dataset, key)
        if dataset.name.startswith("/VTKHDF/CellData/"):
            read.append(np.shape(found))
        return found

    monkeypatch.setattr(h5py.Dataset, "__getitem__", watched)
    fields = liplate.open(small_run).fields
    assert read == []
    slices = fields["xi"].isel(time=-1, y=3)
    assert read == []
    assert np.array_equal(slices, xi[-1, :, 3, :]) and read == [(40, 24)]
    some = fields["xi"]
    assert np.array_equal(some[::-1, 5:30:4, ::-2, [7, 3, 3]], xi[::-1, 5:30:4, ::-2][..., [7, 3, 3]])
    assert np.array_equal(some.isel(time=[0, 3]), xi[[0, 3]])
    assert np.array_equal(some.sel(z=3e-6, method="nearest").values, xi[:, 12])
    points = xarray.DataArray([1, 2], dims="p")
    assert np.array_equal(some.isel(time=-1, z=points, y=points, x=0), xi[-1, [1, 2], [1, 2], 0])
    assert fields["accessible"].isel(z=0).shape == (24, 24)
    frame = liplate.open(small_run).frame(-1)
    assert np.array_equal(frame["xi"], xi[-1]) and frame["xi"].dims == ("z", "y", "x")
    assert np.array_equal(pickle.loads(pickle.dumps(fields["xi"])), xi)
    with pytest.raises(liplate.ConfigError, match="no frame 4; there are 4"):
        liplate.open(small_run).frame(4)


def test_what_is_no_run_is_one_sentence(tmp_path: Path, small_run: Path) -> None:
    with pytest.raises(liplate.ConfigError, match="there is no directory"):
        liplate.open(tmp_path / "none")
    with pytest.raises(liplate.ConfigError, match="holds no run: neither run.json nor metrics.csv"):
        liplate.open(tmp_path)
    (tmp_path / "plan.json").write_text("{}")
    with pytest.raises(liplate.ConfigError, match="holds a study"):
        liplate.open(tmp_path)
    with pytest.raises(liplate.ConfigError, match="there is no directory"):
        liplate.open(small_run / "run.json")


@pytest.mark.parametrize(
    ("name", "content", "read"),
    [
        ("run.json", b'{"status": ', "info"),
        ("run.json", b"\xff\xfe\x00", "info"),
        ("metrics.csv", b"", "metrics"),
        ("metrics.csv", b"# liplate\nstep,time [s]\n1,2\n1,2,3\n", "metrics"),
        ("events.jsonl", b'{"event": \n{}\n', "events"),
        ("config.toml", b"grid = \n", "config"),
        ("fields.vtkhdf", b"", "fields"),
        ("fields.vtkhdf", b"no HDF5", "fields"),
    ],
)
def test_damaged_files_are_named(tmp_path: Path, small_run: Path, name: str, content: bytes, read: str) -> None:
    run = liplate.open(shutil.copytree(small_run, tmp_path / "run"))
    (run.directory / name).write_bytes(content)
    with pytest.raises(liplate.RunError, match=name):
        getattr(run, read)
    (run.directory / name).unlink()
    with pytest.raises(liplate.RunError, match=name):
        getattr(run, read)


def test_a_file_that_is_no_run_of_fields_is_named(tmp_path: Path, small_run: Path) -> None:
    run = liplate.open(shutil.copytree(small_run, tmp_path / "run"))
    (run.directory / "fields.vtkhdf").unlink()
    with h5py.File(run.directory / "fields.vtkhdf", "w") as file:
        file["other"] = 1
    with pytest.raises(liplate.RunError, match="does not hold the fields of a run"):
        run.fields  # noqa: B018


def test_half_a_line_is_left_out(tmp_path: Path, small_run: Path) -> None:
    run = liplate.open(shutil.copytree(small_run, tmp_path / "run"))
    rows, events = len(run.metrics), len(run.events)
    for name in ("metrics.csv", "events.jsonl"):
        path = run.directory / name
        path.write_bytes(path.read_bytes()[:-3])
    assert (len(run.metrics), len(run.events)) == (rows - 1, events - 1)


def test_a_run_is_read_while_it_goes_on_and_after_it_was_killed(tmp_path: Path) -> None:
    changes = {**SMALL, "end.charge": "1 mAh/cm^2", "output.snapshot_charge": "0.001 mAh/cm^2", "output.checkpoint_steps": 5}
    words = [program(), "run", CONFIGS / "quickstart.toml", "--device", "cpu", "--quiet", "--out", tmp_path / "run", *options(changes)]
    process = subprocess.Popen(words, stderr=subprocess.PIPE, text=True)
    try:
        until = time.monotonic() + 120
        seen: list[int] = []
        while len(seen) < 5 and time.monotonic() < until:
            assert process.poll() is None, process.stderr and process.stderr.read()
            try:
                run = liplate.open(tmp_path / "run")
                fields = run.fields
            except liplate.Error:
                # nothing is there yet
                time.sleep(0.05)
                continue
            count = fields.sizes["time"]
            if seen and count == seen[-1]:
                time.sleep(0.05)
                continue
            # frames that a dataset knows stay readable, though their files are joined meanwhile
            assert np.isfinite(fields["xi"].isel(x=0, y=0)).all()
            assert run.info["status"] == "running" and (len(run.metrics) > 0 or not seen)
            seen.append(count)
        assert len(seen) == 5 and seen == sorted(seen)
    finally:
        os.kill(process.pid, signal.SIGKILL)
        process.wait()
        if process.stderr:
            process.stderr.close()
    run = liplate.open(tmp_path / "run")
    assert (run.directory / "frames").is_dir() and run.info["status"] == "running"
    fields = run.fields
    assert np.isfinite(fields["xi"]).all() and len(run.metrics) > 0
    # a frame that is lost is no NaN
    for path in (run.directory / "frames").iterdir():
        if path.name != "fixed.h5":
            path.unlink()
    with pytest.raises(liplate.RunError, match="refers to frames/.*, which is not there"):
        fields["xi"].isel(time=0).values  # noqa: B018


def test_ten_gigabytes_open_at_once(tmp_path: Path, small_run: Path) -> None:
    """Opening costs no reading of cells: a file whose fields are large and empty opens in no time and no memory."""
    run = liplate.open(shutil.copytree(small_run, tmp_path / "run"))
    with h5py.File(run.directory / "fields.vtkhdf", "r+") as file:
        cells = file["VTKHDF/CellData"]
        kept = dict(cells["xi"].attrs.items())
        del cells["xi"]
        large = cells.create_dataset("xi", (4, 1000, 800, 800), "f4", chunks=(1, 50, 200, 200))
        large.attrs.update(kept)
        for axis, length in (("z", 1000), ("y", 800), ("x", 800)):
            values = file["VTKHDF"][axis]
            units = dict(values.attrs.items())
            del file["VTKHDF"][axis]
            file["VTKHDF"][axis] = np.arange(length, dtype=float)
            file["VTKHDF"][axis].attrs.update(units)
        for name in [name for name in cells if name not in ("xi", "accessible")]:
            del cells[name]
        del cells["accessible"], file["liplate/copper_heights"]
        file["liplate/copper_heights"] = np.zeros(800 * 800)
        fixed = cells.create_dataset("accessible", (1, 1000, 800, 800), "f4", chunks=(1, 50, 200, 200))
        fixed.attrs["DIMENSION_LIST"] = kept["DIMENSION_LIST"]
        once = np.empty(4, dtype=object)
        for place, name in enumerate(("once", "z", "y", "x")):
            once[place] = np.array([file["VTKHDF"][name].ref], dtype=h5py.ref_dtype)
        fixed.attrs.create("DIMENSION_LIST", once, dtype=h5py.vlen_dtype(h5py.ref_dtype))
        moving = once.copy()
        moving[0] = np.array([file["VTKHDF/time"].ref], dtype=h5py.ref_dtype)
        large.attrs.create("DIMENSION_LIST", moving, dtype=h5py.vlen_dtype(h5py.ref_dtype))
    began = time.monotonic()
    fields = run.fields
    assert fields["xi"].nbytes > 10 * 10**9
    assert time.monotonic() - began < 1
    assert float(fields["xi"][2, 3, 4, 5]) == 0


def test_reading_needs_no_device_and_the_package_is_light() -> None:
    code = "import sys, liplate; sys.exit(any(name in sys.modules for name in ('pandas', 'xarray', 'h5py')))"
    assert subprocess.run([sys.executable, "-c", code], check=False, timeout=120).returncode == 0


def test_the_info_is_a_copy(small_run: Path) -> None:
    run = liplate.open(small_run)
    run.info["status"] = "mine"
    assert run.info == json.loads((small_run / "run.json").read_text())

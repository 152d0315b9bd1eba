"""A simulation that Python drives."""

from __future__ import annotations

import os
import signal
import threading
import time
import warnings
from pathlib import Path

import h5py
import liplate
import numpy as np
import pandas
import pytest
from conftest import CONFIGS, CYCLES, SMALL
from conftest import liplate as call


def started(config: str = "quickstart.toml", changes: dict[str, object] | None = None) -> liplate.Simulation:
    return liplate.Simulation.from_toml(CONFIGS / config, device="cpu", **{**SMALL, **(changes or {})})


def same(one: pandas.Series, row: dict[str, float]) -> None:
    """Every value of a row of the file that was measured is that of the metrics, to the last bit."""
    for name, value in one.items():
        if not np.isnan(value):
            assert row[name] == value, name


@pytest.mark.parametrize(("config", "changes"), [("quickstart.toml", SMALL), ("cycling.toml", CYCLES)])
def test_steps_are_those_of_the_program(config: str, changes: dict[str, object], request: pytest.FixtureRequest) -> None:
    """Every row of metrics.csv, and the fields at the end, bit for bit."""
    directory = request.getfixturevalue("small_run" if config == "quickstart.toml" else "cycling_run")
    run = liplate.open(directory)
    rows = run.metrics
    assert len(rows) > 20
    sim = liplate.Simulation.from_toml(CONFIGS / config, device="cpu", **changes)
    compared = 0
    for _, row in rows.iterrows():
        assert sim.done is None
        step = sim.step()
        assert (step.number, step.time, step.dt) == (row["step"], row["time"], row["dt"])
        assert (step.potential, step.current) == (row["potential"], row["current"])
        same(row, sim.metrics())
        compared += not np.isnan(row["covered"])
    assert compared > 5
    assert sim.done == run.info["reason"]
    frame = run.frame(-1)
    for name in ("xi", "lithium", "c", "phi", "current"):
        field = sim.field(name)
        assert field.dtype == np.float32
        assert field.shape == sim.grid.shape == frame[name].shape
        assert np.array_equal(field.view(np.uint32), frame[name].values.view(np.uint32)), name


def test_columns_and_units_are_those_of_the_file(small_run: Path) -> None:
    metrics = started().metrics()
    table = liplate.open(small_run).metrics
    assert list(metrics) == list(table)
    assert metrics.units == table.attrs["units"]
    assert metrics.units["time"] == "s" and metrics.units["covered"] == "1"
    assert metrics.units["nuclei [1/m2]"] == "1/m2" and metrics.units["nuclei"] == "1"
    assert np.isnan(metrics["dt"]) and metrics["step"] == 0 and metrics["covered"] == 0


def test_a_run_ends_where_its_config_says(small_run: Path) -> None:
    sim = started()
    reason = sim.run()
    info = liplate.open(small_run).info
    assert reason == info["reason"] == sim.done
    assert sim.time == info["clock"]["time"] and sim.steps_taken == info["clock"]["step"]
    assert sim.run() == reason and sim.steps_taken == info["clock"]["step"]
    assert sim.charge == pytest.approx(0.06, rel=1e-6)
    assert info["setup"] == sim.config


@pytest.mark.parametrize(
    ("until", "key", "value"),
    [
        ("0.011 mAh/cm^2", "end.charge", "0.011 mAh/cm^2"),
        ("7 s", "end.time", "7 s"),
        ({"time": "7 s"}, "end.time", "7 s"),
        ({"potential_below": "-0.2 V"}, "end.potential_below", "-0.2 V"),
    ],
)
def test_until_is_the_end_of_a_config(until: object, key: str, value: str) -> None:
    """The bits of a run with that end in its config."""
    one, other = started(), started(changes={key: value})
    assert one.run(until=until) == other.run()  # type: ignore[arg-type]
    assert one.time == other.time > 0
    assert np.array_equal(one.field("xi"), other.field("xi"))
    # its own end holds again
    assert one.done is None
    assert one.run().startswith("charge: 0.0600")


def test_until_a_number_of_steps_a_height_or_a_function() -> None:
    sim = started()
    assert sim.run(until="5 steps") == "steps: 5 have been taken"
    assert sim.steps_taken == 5
    assert sim.run(until="5 steps") == "steps: 5 have been taken"
    seen = []
    sim.run(until=lambda s: seen.append(s.time) or len(seen) > 3)
    assert sim.steps_taken == 8 and seen == sorted(seen)
    assert "height" in sim.run(until="2.2 um")
    with pytest.raises(ZeroDivisionError):
        sim.run(until=lambda s: 1 / 0)
    sim.step()


@pytest.mark.parametrize(
    ("until", "says"),
    [
        ("0.4 mAh", "a charge per area"),
        ("12", "has no unit"),
        ("-0.3 V", "potential_below"),
        ({"chrage": "1 mAh/cm^2"}, 'did you mean "charge"'),
        ({"height": "1 m"}, "end.height"),
        (12, "a text as in"),
    ],
)
def test_a_wrong_end_is_a_sentence(until: object, says: str) -> None:
    sim = started()
    with pytest.raises(liplate.ConfigError, match=says):
        sim.run(until=until)  # type: ignore[arg-type]
    assert sim.steps_taken == 0


def test_with_a_protocol_a_charge_is_no_end_but_a_time_or_a_function_is() -> None:
    sim = liplate.Simulation.from_toml(CONFIGS / "cycling.toml", device="cpu", **CYCLES)
    with pytest.raises(liplate.ConfigError, match="the steps of the protocol say how much passes"):
        sim.run(until="0.02 mAh/cm^2")
    assert sim.run(until="2 s").startswith("time") and sim.time == 2
    sim.run(until=lambda s: s.charge > 0.01)
    assert 0.01 < sim.charge < 0.03


def test_steps_go_beyond_the_end_but_not_beyond_a_protocol() -> None:
    sim = started(changes={"end.charge": None, "end.time": "1 s"})
    sim.run()
    assert sim.step().time > 1
    protocol = liplate.Simulation.from_toml(CONFIGS / "cycling.toml", device="cpu", **CYCLES, protocol=[{"steps": ["Rest for 1 s"]}])
    reason = protocol.run()
    assert "protocol" in reason
    with pytest.raises(liplate.RunError, match="its steps are done"):
        protocol.step()


def test_changes_are_those_of_the_command_line(tmp_path: Path) -> None:
    sim = started(changes={"kinetics.i0": "3 mA/cm^2", "kinetics.alpha": np.float64(0.4), "end.short": False, "name": "its own"})
    config = sim.config
    assert config["kinetics"]["i0"] == pytest.approx(30) and config["kinetics"]["alpha"] == 0.4
    assert config["end"]["short"] is False and config["name"] == "its own"
    assert config["grid"]["nx"] == 24
    nuclei = {"kind": "listed", "nuclei": [{"x": "1 um", "y": "2 um", "radius": "1 um"}]}
    assert started(changes={"nucleation": nuclei, "grid.cells": (np.int64(24), 24, 40)}).config["nucleation"]["kind"] == "listed"
    wrong = {"kinetics.i0": "3 mA", "kinetcis.alpha": 0.4}
    with pytest.raises(liplate.ConfigError) as raised:
        started(changes=wrong)
    words = [word for key, value in {**SMALL, **wrong}.items() for word in ("--set", f"{key}={value}")]
    said = call("run", CONFIGS / "quickstart.toml", "--device", "cpu", "--out", tmp_path / "none", *words)
    assert said.returncode == 2
    assert f"error: {raised.value}\n" == said.stderr
    with pytest.raises(liplate.ConfigError, match="kinetics.i0: a text with a unit"):
        started(changes={"kinetics.i0": object()})


def test_errors_are_of_their_kind(tmp_path: Path) -> None:
    for path, says in [(tmp_path / "none.toml", "none.toml"), (tmp_path, str(tmp_path))]:
        with pytest.raises(liplate.ConfigError, match=says):
            liplate.Simulation.from_toml(path)
    with pytest.raises(liplate.ConfigError, match='"cup" is not auto, cpu, gpu or gpu:N'):
        liplate.Simulation.from_toml(CONFIGS / "quickstart.toml", device="cup")
    with pytest.raises(liplate.ConfigError, match="main memory"):
        started(changes={"grid.cells": [1500, 1500, 1500]})
    with pytest.raises(KeyError, match="no field"):
        started().field("sei")
    with pytest.raises(liplate.RunError, match="none"):
        liplate.Simulation.load(tmp_path / "none")
    assert issubclass(liplate.ConfigError, ValueError) and issubclass(liplate.RunError, RuntimeError)
    assert issubclass(liplate.ConfigError, liplate.Error) and issubclass(liplate.RunError, liplate.Error)
    with pytest.raises(TypeError):
        liplate.Simulation()  # type: ignore[call-arg]


def test_remarks_are_warnings() -> None:
    with warnings.catch_warnings(record=True) as heard:
        warnings.simplefilter("always")
        started(changes={"end.charge": None, "end.time": "1000 h"})
    assert [warning.category for warning in heard] == [liplate.ConfigWarning]
    assert "the run ends before" in str(heard[0].message)
    assert heard[0].filename == __file__


def test_fields_have_units_and_are_copies() -> None:
    sim = started()
    assert sim.fields["phi"] == "V" and sim.fields["c"] == "mol m-3" and "sei" not in sim.fields
    one, other = sim.field("accessible"), sim.field("accessible")
    assert one.flags.c_contiguous and one.flags.writeable
    one[:] = 7
    assert other.max() == 1
    assert set(sim.fields) == {name for name in sim.fields if sim.field(name).shape == (40, 24, 24)}
    grown = liplate.Simulation.from_toml(CONFIGS / "formation.toml", device="cpu", **{"grid.cells": [16, 16, 48]})
    assert grown.fields["sei"] == "C m-2" and grown.field("sei").shape == (48, 16, 16)


def test_a_saved_simulation_goes_on_bit_for_bit(tmp_path: Path, small_run: Path) -> None:
    sim = started()
    sim.run(until="17 steps")
    sim.save(tmp_path / "state")
    again = liplate.Simulation.load(tmp_path / "state", device="cpu")
    assert again.time == sim.time and again.config == sim.config
    assert np.isnan(again.metrics()["dt"])
    assert again.run() == sim.run()
    row, own = sim.metrics(), again.metrics()
    assert {name: value for name, value in row.items() if value == value} == {name: value for name, value in own.items() if value == value}
    same(liplate.open(small_run).metrics.iloc[-1], own)
    sim.save(tmp_path / "state")
    assert (tmp_path / "state" / "checkpoint.previous.h5").exists()
    assert liplate.Simulation.load(tmp_path / "state", device="cpu").done == sim.done


def test_a_simulation_begins_from_a_run_and_leaves_it(small_run: Path) -> None:
    before = {path: path.stat().st_mtime_ns for path in small_run.rglob("*")}
    sim = liplate.Simulation.load(small_run, device="cpu")
    assert sim.done == liplate.open(small_run).info["reason"]
    sim.run(until="0.07 mAh/cm^2")
    assert sim.charge == pytest.approx(0.07, rel=1e-6)
    with pytest.raises(liplate.ConfigError, match="holds a run"):
        sim.save(small_run)
    assert before == {path: path.stat().st_mtime_ns for path in small_run.rglob("*")}


def test_a_run_that_begins_from_a_saved_simulation(tmp_path: Path) -> None:
    sim = started()
    sim.run(until="0.02 mAh/cm^2")
    sim.save(tmp_path / "state")
    words = [word for key, value in {**SMALL, "end.charge": "0.01 mAh/cm^2"}.items() for word in ("--set", f"{key}={value}")]
    made = call("run", CONFIGS / "quickstart.toml", "--device", "cpu", "--from", tmp_path / "state", "--out", tmp_path / "run", *words)
    assert made.returncode == 0, made.stderr
    assert np.array_equal(liplate.open(tmp_path / "run").frame(0)["xi"], sim.field("xi"))


def test_control_c_ends_a_run_between_steps() -> None:
    sim = started(changes={"end.charge": None, "end.time": "1 h"})
    sim.step()
    threading.Timer(0.5, os.kill, (os.getpid(), signal.SIGINT)).start()
    began = time.monotonic()
    with pytest.raises(KeyboardInterrupt):
        sim.run()
    assert time.monotonic() - began < 30
    before = sim.steps_taken
    assert before > 1
    sim.step()
    assert sim.steps_taken == before + 1


def test_other_threads_run_while_it_computes() -> None:
    """A thread that looks on gets its turn between two steps, on one core too."""
    sim = started()
    seen: list[float] = []
    worker = threading.Thread(target=sim.run)
    worker.start()
    while worker.is_alive():
        seen.append(sim.time)
        time.sleep(0.001)
    worker.join()
    assert len(set(seen)) > sim.steps_taken // 2 and seen == sorted(seen)


def test_hdf5_of_both_get_on(small_run: Path, tmp_path: Path) -> None:
    """The program's library of HDF5 and that of h5py are in one process."""
    with h5py.File(small_run / "fields.vtkhdf", locking=False) as file:
        sim = started()
        sim.step()
        sim.save(tmp_path / "state")
        assert np.isfinite(file["VTKHDF/CellData/xi"][-1]).all()
        with h5py.File(tmp_path / "state" / "checkpoint.h5") as state:
            assert state["state/xi"].shape == (24 * 24 * 40,)


def test_a_gpu_takes_the_steps_of_the_program(tmp_path: Path) -> None:
    """On the first GPU there is, Mesa's in software where there is no other."""
    if "LIPLATE_TEST_NO_GPU" in os.environ:
        pytest.skip("NOT RUN: LIPLATE_TEST_NO_GPU is set")
    changes: dict[str, object] = {**SMALL, "grid.cells": [16, 16, 32], "end.charge": "0.002 mAh/cm^2"}
    words = [word for key, value in changes.items() for word in ("--set", f"{key}={value}")]
    made = call("run", CONFIGS / "quickstart.toml", "--device", "gpu:0", "--out", tmp_path / "run", *words)
    assert made.returncode == 0, made.stderr
    sim = liplate.Simulation.from_toml(CONFIGS / "quickstart.toml", device="gpu:0", **changes)
    run = liplate.open(tmp_path / "run")
    assert sim.device == run.info["sessions"][0]["device"]
    assert sim.run() == run.info["reason"]
    same(run.metrics.iloc[-1], sim.metrics())
    assert np.array_equal(sim.field("phi"), run.frame(-1)["phi"])

"""Runs and a study that the tests read, computed once by the program that a person would call."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
CONFIGS = ROOT / "configs"

# a corner of a shipped config that takes seconds
SMALL: dict[str, str | float | list[int]] = {
    "grid.cells": [24, 24, 40],
    "end.charge": "0.06 mAh/cm^2",
    "output.snapshot_charge": "0.02 mAh/cm^2",
    "output.metrics_steps": 3,
}
CYCLES: dict[str, str | float | list[int]] = {
    "grid.cells": [16, 16, 32],
    "output.snapshot_charge": "0.05 mAh/cm^2",
    "output.metrics_steps": 4,
    "protocol[0].repeat": 2,
    "protocol[0].steps[0]": "Charge at C/2 until 0.1 mAh/cm^2",
    "protocol[0].steps[1]": "Rest for 1 min",
    "protocol[0].steps[3]": "Rest for 1 min",
}


def program() -> Path:
    """The program: ``LIPLATE_PROGRAM``, which scripts/python sets."""
    path = os.environ.get("LIPLATE_PROGRAM")
    if not path:
        pytest.fail("LIPLATE_PROGRAM does not say where the program is; scripts/python sets it")
    return Path(path)


def options(changes: dict[str, str | float | list[int]]) -> list[str]:
    """Changes as the command line takes them."""
    return [word for key, value in changes.items() for word in ("--set", f"{key}={value}")]


def liplate(*words: str | Path) -> subprocess.CompletedProcess[str]:
    """Calls the program; what it says is text."""
    return subprocess.run([program(), *words], capture_output=True, text=True, timeout=600, check=False)


def computed(config: str, changes: dict[str, str | float | list[int]], directory: Path) -> Path:
    """A run of a shipped config that the program has computed on the CPU."""
    done = liplate("run", CONFIGS / config, "--device", "cpu", "--quiet", "--out", directory, *options(changes))
    assert done.returncode == 0, done.stderr
    return directory


@pytest.fixture(scope="session")
def small_run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run of ``SMALL``."""
    return computed("quickstart.toml", SMALL, tmp_path_factory.mktemp("small") / "run")


@pytest.fixture(scope="session")
def cycling_run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run of ``CYCLES``."""
    return computed("cycling.toml", CYCLES, tmp_path_factory.mktemp("cycling") / "run")


@pytest.fixture(scope="session")
def small_study(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A study of two points and two seeds."""
    folder = tmp_path_factory.mktemp("study")
    (folder / "study.toml").write_text(
        f'''base = "{CONFIGS / "quickstart.toml"}"
seeds = 2
[set]
"grid.cells" = [16, 16, 32]
"end.charge" = "0.02 mAh/cm^2"
[vary]
"kinetics.i0" = ["0.3 mA/cm^2", "3 mA/cm^2"]
[measure]
dip = "least potential"
cover = "covered"
''',
        encoding="utf-8",
    )
    done = liplate("study", "run", folder / "study.toml", "--devices", "cpu", "--out", folder / "study")
    assert done.returncode == 0, done.stderr + done.stdout
    return folder / "study"

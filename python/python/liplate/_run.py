"""A run that has been computed, or is being computed: its files as tables and arrays."""

from __future__ import annotations

import json
import tomllib
from collections.abc import Callable
from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from ._errors import ConfigError, RunError
from ._tables import read_table, whole_lines

if TYPE_CHECKING:
    import pandas
    import xarray

_T = TypeVar("_T")

# names of the config in the directory of a run: the second where there was a file of the first name already
_CONFIGS = ("config.run.toml", "config.toml")
# what a table beside the others needs to be there
_NEEDS = {
    "cycles.csv": "a config without a protocol has no cycles",
    "grains.csv": "a config without [crystal.grains] has no grains",
}


class Run:
    """The directory of a run. Its files are only read, and read again where they have changed: the run may still go on.

    A run that was killed is read as far as it came.
    """

    directory: Path
    """Where the files are."""

    def __init__(self, directory: str | PathLike[str]) -> None:
        self.directory = Path(directory)
        if not self.directory.is_dir():
            raise ConfigError(f"there is no directory {self.directory}")
        if not any((self.directory / name).exists() for name in ("run.json", "metrics.csv")):
            hint = "; it holds a study, liplate.study reads it" if (self.directory / "plan.json").exists() else ""
            raise ConfigError(f"{self.directory} holds no run: neither run.json nor metrics.csv is there{hint}")
        self._held: dict[str, tuple[tuple[int, int], Any]] = {}

    def _read(self, name: str, read: Callable[[Path], _T]) -> _T:
        """What ``read`` makes of a file, kept until the file changes."""
        path = self.directory / name
        try:
            found = path.stat()
            state = (found.st_mtime_ns, found.st_size)
            if name not in self._held or self._held[name][0] != state:
                self._held[name] = (state, read(path))
        except FileNotFoundError:
            raise RunError(f"{self.directory} has no {name}; {_NEEDS.get(name, 'it was removed, or not written yet')}") from None
        except OSError as problem:
            raise RunError(f"{path} cannot be read: {problem}") from None
        except UnicodeDecodeError:
            raise RunError(f"{path} is damaged: it is no text") from None
        held: _T = self._held[name][1]
        return held

    def _table(self, name: str) -> pandas.DataFrame:
        return self._read(name, read_table).copy()

    @property
    def metrics(self) -> pandas.DataFrame:
        """``metrics.csv``, a row a time step; ``attrs["units"]`` has the unit of each column. What was not measured is NaN."""
        return self._table("metrics.csv")

    @property
    def cycles(self) -> pandas.DataFrame:
        """``cycles.csv``, a row a cycle; units as in ``metrics``. Raises ``RunError`` if the run has no protocol."""
        return self._table("cycles.csv")

    @property
    def tips(self) -> pandas.DataFrame:
        """``tips.csv``, a row for each tip in each snapshot; units as in ``metrics``."""
        return self._table("tips.csv")

    @property
    def filling(self) -> pandas.DataFrame:
        """``filling.csv``, a row for each plane of cells in each snapshot; units as in ``metrics``."""
        return self._table("filling.csv")

    @property
    def grains(self) -> pandas.DataFrame:
        """``grains.csv``, a row for each grain in each snapshot; units as in ``metrics``. Raises ``RunError`` if the run has no grains."""
        return self._table("grains.csv")

    @property
    def events(self) -> pandas.DataFrame:
        """``events.jsonl``, a row an event: its kind in ``event``, ``time`` [s], and what else it tells, in SI; NaN where it does not."""
        return self._read("events.jsonl", _read_events).copy()

    @property
    def info(self) -> dict[str, Any]:
        """``run.json``: status and reason, version, commit, device and times of each session, ledgers, the resolved config in SI."""
        info: dict[str, Any] = json.loads(self._read("run.json", _read_json))
        return info

    @property
    def config(self) -> dict[str, Any]:
        """The config that is kept with the run, with every change in it; quantities are texts with their unit.

        ``info["setup"]`` has it resolved, in SI.
        """
        name = next((name for name in _CONFIGS if (self.directory / name).is_file()), _CONFIGS[-1])
        try:
            return tomllib.loads(self._read(name, _read_text))
        except tomllib.TOMLDecodeError as problem:
            raise RunError(f"{self.directory / name} is damaged: {problem}") from None

    @property
    def fields(self) -> xarray.Dataset:
        """The fields in SI, with dimensions time, z, y and x and the units of each: cells are read from the disk when they are used.

        Coordinates are the time of each frame [s] with its ``charge`` [C/m²], ``potential`` [V], ``current_density`` [A/m²] and ``dt`` [s], and
        the centres of the cells [m]. ``accessible`` and ``copper_height`` do not change in time.
        """
        from ._fields import dataset_of

        return dataset_of(self.directory / "fields.vtkhdf")

    def frame(self, number: int) -> xarray.Dataset:
        """The fields of one frame, in memory; frames count from 0, and from the last one back with -1.

        Raises ``ConfigError`` if there is no such frame.
        """
        fields = self.fields
        count = fields.sizes["time"]
        if not -count <= number < count:
            raise ConfigError(f"{self.directory} has no frame {number}; there are {count}, from 0 to {count - 1}")
        return fields.isel(time=number).load()

    def __repr__(self) -> str:
        try:
            status = self.info.get("status", "unknown")
        except RunError:
            status = "without run.json"
        return f"<liplate.Run {str(self.directory)!r}: {status}>"


def _read_text(path: Path) -> str:
    return path.read_text(encoding="utf-8")


def _read_json(path: Path) -> str:
    text = _read_text(path)
    try:
        json.loads(text)
    except ValueError as problem:
        raise RunError(f"{path} is damaged: {problem}") from None
    return text


def _read_events(path: Path) -> pandas.DataFrame:
    import pandas

    try:
        rows = [json.loads(line) for line in whole_lines(path)]
    except ValueError as problem:
        raise RunError(f"{path} is damaged: {problem}") from None
    return pandas.DataFrame(rows) if rows else pandas.DataFrame({"event": [], "time": []})


def open(directory: str | PathLike[str]) -> Run:  # noqa: A001 - as xarray and others call it
    """Opens the run in ``directory``, which may still be going on or have been killed.

    Raises ``ConfigError`` if the directory holds no run.
    """
    return Run(directory)

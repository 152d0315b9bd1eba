"""A study: the table of what its runs have measured, and where they are."""

from __future__ import annotations

from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING

from ._errors import ConfigError, RunError
from ._tables import read_table

if TYPE_CHECKING:
    import pandas


def study(directory: str | PathLike[str]) -> pandas.DataFrame:
    """Reads the table of the study in ``directory``: ``results.csv``, as new as the last ``liplate study gather``.

    A row is a run, under its name: what varies, the seed, how it stands, what was measured, steps and wall time [s], and in the column
    ``directory`` where it is, for ``liplate.open``. ``attrs["units"]`` has the unit of each column. What was not measured is NaN.

    Raises ``ConfigError`` if the directory holds no study, and ``RunError`` if its table is not there yet or damaged.
    """
    import pandas

    directory = Path(directory)
    if not directory.is_dir():
        raise ConfigError(f"there is no directory {directory}")
    if not (directory / "plan.json").exists():
        hint = "; it holds a run, liplate.open reads it" if (directory / "run.json").exists() else ""
        raise ConfigError(f"{directory} holds no study: plan.json is not there{hint}")
    path = directory / "results.csv"
    try:
        table = read_table(path, texts=("run", "status", "reason"))
    except FileNotFoundError:
        raise RunError(f"{directory} has no results.csv yet; `liplate study gather {directory}` writes it") from None
    units = {name: unit for name, unit in table.attrs["units"].items() if name != "run"}
    table = table.set_index("run")
    table["directory"] = pandas.Series([directory / "runs" / str(name) for name in table.index], table.index, dtype=object)
    table.attrs["units"] = {**units, "directory": "1"}
    return table

"""Tables whose headings carry units: names apart from units, and the files that have them."""

from __future__ import annotations

import csv
import math
import re
from collections import Counter
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy
import numpy.typing

from ._errors import RunError

if TYPE_CHECKING:
    import pandas

_HEADING = re.compile(r"(?P<name>.*?)(?: \[(?P<unit>[^\]]*)\])?")


def names_and_units(headings: Iterable[str]) -> dict[str, str]:
    """Takes headings such as ``time [s]`` apart into name and unit; a pure number has the unit ``1``.

    Where two columns have one name, those with a unit keep it in their name: ``nuclei`` and ``nuclei [1/m2]``.
    """
    parts = []
    for heading in headings:
        match = _HEADING.fullmatch(heading)
        name, unit = match.group("name", "unit") if match else (heading, None)
        parts.append((name, unit))
    often = Counter(name for name, _ in parts)
    return {f"{name} [{unit}]" if unit and often[name] > 1 else name: unit or "1" for name, unit in parts}


class Metrics(dict[str, float]):
    """A row of ``metrics.csv``: its values by name; what is undefined, or has no meaning in the run, is NaN."""

    units: dict[str, str]
    """The unit of each value by its name, ``1`` for a pure number."""

    @classmethod
    def of_row(cls, headings: Sequence[str], values: Sequence[float]) -> Metrics:
        """Puts the values under their headings."""
        units = names_and_units(headings)
        metrics = cls(zip(units, values, strict=True))
        metrics.units = units
        return metrics


def whole_lines(path: Path) -> list[str]:
    """The lines of a text; one at the end that is still being written, or was when the run was killed, is left out."""
    # not splitlines, which ends a line at characters that names may have
    whole, end, _ = path.read_text(encoding="utf-8").rpartition("\n")
    return whole.split("\n") if end else []


def read_table(path: Path, texts: Iterable[str] = ()) -> pandas.DataFrame:
    """Reads a table of a run or a study, with the units of its columns in ``attrs["units"]``.

    Numbers are read to the last bit, which pandas alone does not promise in all versions; empty cells of numbers are NaN. The columns
    ``texts`` are kept as they are, others are if they hold anything but numbers. A last line that is still being written is left out.
    """
    import pandas

    lines = whole_lines(path)
    # the first line tells the program and the run
    rows = _csv(path, lines[1:] if lines and lines[0].startswith("#") else lines)
    if not rows:
        raise RunError(f"{path} has no heading yet, or was cut")
    headings, *cells = rows
    units = names_and_units(headings)
    columns = zip(*cells, strict=True) if cells else [()] * len(headings)
    kept = set(texts)
    values = {name: column if name in kept else _numbers(column) for name, column in zip(units, columns, strict=True)}
    table = pandas.DataFrame(values)
    table.attrs["units"] = units
    return table


def _csv(path: Path, lines: Sequence[str]) -> list[list[str]]:
    try:
        rows = list(csv.reader(lines, strict=True))
    except csv.Error as problem:
        raise RunError(f"{path} is damaged: {problem}") from None
    for number, row in enumerate(rows):
        if len(row) != len(rows[0]):
            raise RunError(f"{path} is damaged: row {number} has {len(row)} cells, its heading {len(rows[0])}")
    return rows


def _numbers(column: Sequence[str]) -> Sequence[object] | numpy.typing.NDArray[numpy.float64]:
    """The numbers of a column, whole ones if all are, or its texts."""
    if not column:
        return numpy.empty(0)
    try:
        return [int(cell) for cell in column]
    except ValueError:
        pass
    try:
        return [float(cell) if cell else math.nan for cell in column]
    except ValueError:
        return column

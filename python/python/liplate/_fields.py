"""The fields of a run as a dataset of xarray that reads what is asked for, when it is asked for."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import h5py
import xarray
from xarray.backends import BackendArray
from xarray.core import indexing  # where the documentation of xarray has readers take it from

from ._errors import RunError

CELLS = "VTKHDF/CellData"
AXES = ("z", "y", "x")
# an index is replaced while it is read only if the run takes frames faster than they are read
ATTEMPTS = 5


@contextmanager
def _opened(path: Path) -> Iterator[h5py.File]:
    try:
        file = h5py.File(path, "r", locking=False)
    except FileNotFoundError:
        raise RunError(f"{path} is not there") from None
    except OSError as problem:
        raise RunError(f"{path} cannot be read: {problem}") from None
    with file:
        yield file


def _text(value: Any) -> str:
    return value.decode() if isinstance(value, bytes) else str(value)


def _described(dataset: h5py.Dataset) -> dict[str, str]:
    return {name: _text(dataset.attrs[name]) for name in ("units", "long_name") if name in dataset.attrs}


class _Cells(BackendArray):
    """A field in the file of a run, opened for each reading: a run that goes on replaces the file, and joins its frames to other files."""

    def __init__(self, path: Path, name: str, shape: tuple[int, ...], dtype: Any) -> None:
        self.path, self.name, self.shape, self.dtype = path, name, shape, dtype

    def __getitem__(self, key: Any) -> Any:
        return indexing.explicit_indexing_adapter(key, self.shape, indexing.IndexingSupport.BASIC, self._read)

    def _read(self, key: tuple[Any, ...]) -> Any:
        # one that does not change is stored once
        key = key if len(self.shape) == 4 else (0, *key)
        for _ in range(ATTEMPTS):
            with _opened(self.path) as file:
                dataset = file[CELLS][self.name]
                if len(self.shape) == 4 and dataset.shape[0] < self.shape[0]:
                    raise RunError(f"{self.path} had {self.shape[0]} frames and has {dataset.shape[0]}; open the run again")
                sources = {source.file_name for source in dataset.virtual_sources()} if dataset.is_virtual else set()
                try:
                    cells = dataset[key]
                except OSError as problem:
                    raise RunError(f"{self.name} in {self.path} is damaged: {problem}") from None
            # HDF5 reads NaN from a file that is not there any more, without a word
            missing = [name for name in sorted(sources) if not (self.path.parent / name).is_file()]
            if not missing:
                return cells
        raise RunError(f"{self.path} refers to {missing[0]}, which is not there")


def dataset_of(path: Path) -> xarray.Dataset:
    """The fields in a ``fields.vtkhdf``: time, z, y, x; cells are read when they are used."""
    with _opened(path) as file:
        try:
            root = file["VTKHDF"]
            times = root["time"]
            coordinates: dict[str, Any] = {"time": ("time", times[:].astype(float), _described(times))}
            for axis in AXES:
                coordinates[axis] = (axis, root[axis][:], {**_described(root[axis]), "long_name": f"{axis} of the centre of the cell"})
            for name, values in root["FieldData"].items():
                coordinates[name] = ("time", values[:], _described(values))
            variables: dict[str, Any] = {}
            for name, cells in root["CellData"].items():
                changes = _changes(root, name)
                dimensions = ("time", *AXES) if changes else AXES
                shape = cells.shape if changes else cells.shape[1:]
                lazy = indexing.LazilyIndexedArray(_Cells(path, name, shape, cells.dtype))
                variables[name] = xarray.Variable(dimensions, lazy, _described(cells))
            heights = file["liplate/copper_heights"][:].reshape(variables["accessible"].shape[1:])
            told = {"units": "m", "long_name": "height of the copper above the bottom of the box"}
            variables["copper_height"] = (("y", "x"), heights, told)
            provenance = {f"liplate_{name}": _text(file["liplate"][name][()]) for name in ("version", "commit", "device")}
        except (KeyError, ValueError, OSError) as problem:
            raise RunError(f"{path} does not hold the fields of a run: {problem}") from None
    return xarray.Dataset(variables, coordinates, provenance)


def _changes(root: h5py.Group, name: str) -> bool:
    """Whether a field has cells of its own in every frame: the first axis of one that has not is called ``once``."""
    return bool(root[root["CellData"][name].attrs["DIMENSION_LIST"][0][0]].name != "/VTKHDF/once")

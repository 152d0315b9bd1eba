"""What liplate writes for its peers: problems.json and raw little-endian f64 fields beside it, x fastest."""

import json
import pathlib

import numpy as np


class Problems:
    """The problems of one size."""

    def __init__(self, folder):
        self.folder = pathlib.Path(folder)
        self.path = self.folder / "problems.json"
        try:
            self.table = json.loads(self.path.read_text())
        except (OSError, ValueError) as error:
            raise SystemExit(f"cannot read {self.path}: {error}")
        for key in ("version", "commit", "threads", "copy_bytes_per_second", "potential", "stencils"):
            if key not in self.table:
                raise SystemExit(f"{self.path} has no {key}")

    def field(self, problem, name):
        """Field in the file `name`, shape (nz, ny, nx)."""
        shape = problem["cells"][::-1]
        path = self.folder / name
        values = np.fromfile(path, "<f8") if path.is_file() else np.empty(0)
        if values.size != np.prod(shape):
            raise SystemExit(f"{path} is not a field of {np.prod(shape)} f64")
        return values.reshape(shape)

    def copies(self, problem, seconds):
        """`seconds` in copies: the time in which 8 bytes a cell move at the copy rate of the machine."""
        return seconds * self.table["copy_bytes_per_second"] / (8 * int(np.prod(problem["cells"])))


def find(folder):
    """Folders of `folder` with problems, the smallest first."""
    paths = [path.parent for path in pathlib.Path(folder).glob("*/problems.json")]
    if not paths:
        raise SystemExit(f"there is no problems.json in any folder of {folder}")
    return [Problems(path) for path in sorted(paths, key=lambda path: (len(path.name), path.name))]

"""Tables of runs, and the colours of the pictures of studies."""

import numpy as np

BLUE, ORANGE, GREY = "#2c5f8a", "#c8642b", "#777777"


def read(path):
    """Columns of a table of a run by their headings, `name [unit]` or `name`; lines with # are remarks."""
    if not path.is_file():
        raise SystemExit(f"there is no {path}")
    lines = [line.strip() for line in path.read_text().splitlines() if line.strip() and not line.startswith("#")]
    if not lines:
        raise SystemExit(f"{path} has no header yet")
    names = lines[0].split(",")
    rows = [line.split(",") for line in lines[1:]]
    # a run that is going on may have half a last line
    rows = [[float(value or "nan") for value in row] for row in rows if len(row) == len(names)]
    if not rows:
        raise SystemExit(f"{path} has no rows yet")
    return dict(zip(names, np.array(rows).T))

"""liplate for Python: drive a simulation of lithium plating and stripping, and read what runs and studies have written.

    import liplate

    sim = liplate.Simulation.from_toml("configs/quickstart.toml", **{"kinetics.i0": "3 mA/cm^2"})
    sim.run(until="0.4 mAh/cm^2")
    sim.metrics()["covered"], sim.field("xi")

    run = liplate.open("runs/quickstart")
    run.metrics, run.events, run.fields

    liplate.study("runs/study")
"""

import os as _os

# a layer of Mesa that picks a default device for desktops complains on standard error where there is none; the program sets this, too
_os.environ.setdefault("NODEVICE_SELECT", "1")

from ._errors import ConfigError, ConfigWarning, Error, RunError  # noqa: E402
from ._liplate import Grid, Simulation, Step, __commit__, __version__  # noqa: E402
from ._run import Run, open  # noqa: E402
from ._study import study  # noqa: E402
from ._tables import Metrics  # noqa: E402

__all__ = [
    "ConfigError",
    "ConfigWarning",
    "Error",
    "Grid",
    "Metrics",
    "Run",
    "RunError",
    "Simulation",
    "Step",
    "__commit__",
    "__version__",
    "open",
    "study",
]

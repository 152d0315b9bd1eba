"""What a type checker makes of the package; test_package.py has it checked, nothing runs it."""

from typing import Any, assert_type

import liplate
import numpy as np
import pandas
import xarray
from numpy.typing import NDArray

simulation = liplate.Simulation.from_toml("quickstart.toml", device="cpu", **{"kinetics.i0": "3 mA/cm^2"})
assert_type(simulation.step(), liplate.Step)
assert_type(simulation.run(until="0.4 mAh/cm^2"), str)
simulation.run(until={"potential_below": "-0.3 V"})
simulation.run(until=lambda s: s.metrics()["covered"] > 0.5)
assert_type(simulation.field("xi"), NDArray[np.float32])
assert_type(simulation.metrics()["covered"], float)
assert_type(simulation.metrics().units["covered"], str)
assert_type(simulation.grid.shape, tuple[int, int, int])
assert_type(simulation.done, str | None)
run = liplate.open("runs/mine")
assert_type(run.metrics, pandas.DataFrame)
assert_type(run.fields, xarray.Dataset)
assert_type(run.info, dict[str, Any])
assert_type(liplate.study("runs/study"), pandas.DataFrame)

"""The stencils: numba and pystencils on the fields of liplate, each checked against what liplate made of them."""

import statistics
import time

import in_numba
import in_pystencils
import numpy as np

PEERS = {"numba": in_numba.prepare, "pystencils": in_pystencils.prepare}
# a kernel that differs from liplate by more than this part of the largest value is not timed
LIMITS = {np.float64: 1e-10, np.float32: 1e-3}
REPEATS = 21


def difference(inputs, wanted, results):
    """Largest difference from liplate, relative to the largest value, or change if the field is also an input."""
    worst = 0.0
    for name, right in wanted.items():
        scale = np.abs(right - inputs[name]).max() if name in inputs else np.abs(right).max()
        # a maximum would lose a NaN
        error = np.abs(results[name].reshape(right.shape) - right).max() / scale
        worst = error if not error <= worst else worst
    return float(worst)


def seconds(call):
    times = []
    for _ in range(REPEATS):
        start = time.perf_counter()
        call()
        times.append(time.perf_counter() - start)
    return statistics.median(times)


def measure(problems, say):
    """A row for every stencil, peer and precision, liplate first."""
    for problem in problems.table["stencils"]:
        inputs, wanted = (
            {name: problems.field(problem, path) for name, path in problem[kind].items()}
            for kind in ("inputs", "outputs")
        )
        head = {"stencil": problem["name"], "cells": problem["cells"]}
        own = problem["liplate"]["seconds"]
        precision = problem["liplate"].get("precision", "f64")
        yield head | {"peer": "liplate", "precision": precision, "seconds": own, "difference": 0.0, "ratio": 1.0}
        for peer, prepare in PEERS.items():
            for number, limit in LIMITS.items():
                say(f"{problem['name']}: {peer}, {np.dtype(number).name}")
                row = head | {"peer": peer, "precision": f"f{8 * np.dtype(number).itemsize}"}
                try:
                    call, results, row["note"] = prepare(problem, inputs, number, problems.table["threads"])
                    call()
                except Exception as error:
                    # a peer that does not support this processor is a finding, not the end
                    yield row | {"failed": f"does not run: {type(error).__name__}: {error}"}
                    continue
                row["difference"] = difference(inputs, wanted, results())
                if not row["difference"] <= limit:
                    yield row | {"failed": "wrong numbers, not timed"}
                    continue
                row["seconds"] = seconds(call)
                yield row | {"ratio": row["seconds"] / own}

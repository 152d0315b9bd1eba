"""The potential: hypre's PFMG-CG and PyAMG's smoothed aggregation with CG on the linear problems of liplate."""

import os
import subprocess
import time

import numpy as np
import pyamg
import scipy.sparse

# rap_type, relax_type, skip_relax. Not among them: red-black relaxation with the Galerkin operator, which has 27 points
# on the coarser levels and takes ten times the iterations.
HYPRE = {
    "Galerkin, Jacobi": (0, 1, 0),
    "Galerkin, Jacobi, skip_relax": (0, 1, 1),
    "non-Galerkin, Jacobi": (1, 1, 0),
    "non-Galerkin, Jacobi, skip_relax": (1, 1, 1),
    "non-Galerkin, red-black": (1, 2, 0),
    "non-Galerkin, red-black, skip_relax": (1, 2, 1),
}
PYAMG = {
    "symmetric Gauss-Seidel": ("symmetric", "symmetric"),
    "Gauss-Seidel forward and back": ("forward", "backward"),
}
REPEATS = 5
TIGHTENINGS = 5


def faces(sigma):
    """For each axis: mean coefficients of the faces to the next cell; the last along z have no next."""
    for axis in range(3):
        mean = 0.5 * (sigma + np.roll(sigma, -1, axis))
        if axis == 0:
            mean[-1] = 0.0
        yield axis, mean


def relative_residual(problems, problem, path):
    """‖rhs − A u‖/‖rhs‖ of the solution in the file `path`, in f64: the same for every solver."""
    u = problems.field(problem, path)
    rhs = problems.field(problem, problem["rhs"])
    outflow = problems.field(problem, problem["diagonal"]) * u
    for axis, mean in faces(problems.field(problem, problem["sigma"])):
        flow = mean * (u - np.roll(u, -1, axis))
        outflow += flow - np.roll(flow, 1, axis)
    return float(np.linalg.norm(rhs - outflow) / np.linalg.norm(rhs))


def matrix(problems, problem):
    diagonal = problems.field(problem, problem["diagonal"]).copy()
    number = np.arange(diagonal.size, dtype=np.int32).reshape(diagonal.shape)
    rows, columns, values = [], [], []
    for axis, mean in faces(problems.field(problem, problem["sigma"])):
        diagonal += mean + np.roll(mean, 1, axis)
        inside = mean != 0.0
        here, there, value = number[inside], np.roll(number, -1, axis)[inside], -mean[inside]
        rows += [here, there]
        columns += [there, here]
        values += [value, value]
    rows, columns = (np.concatenate([*indices, number.ravel()]) for indices in (rows, columns))
    values = np.concatenate([*values, diagonal.ravel()])
    return scipy.sparse.csr_matrix((values, (rows, columns)), shape=(diagonal.size, diagonal.size))


def hypre(problems, problem, program, ranks):
    """Returns solve(variant, tolerance, repeats, solution): set-up and solve in seconds, iterations."""
    fields = (str(problems.folder / problem[name]) for name in ("sigma", "diagonal", "rhs"))
    given = [*map(str, problem["cells"]), *fields]
    environment = os.environ | {
        "OMP_NUM_THREADS": "1",
        "OMPI_ALLOW_RUN_AS_ROOT": "1",
        "OMPI_ALLOW_RUN_AS_ROOT_CONFIRM": "1",
        "OMPI_MCA_rmaps_base_oversubscribe": "1",
    }

    def solve(variant, tolerance, repeats, solution):
        command = ["mpirun", "-n", str(ranks), program, *given, str(problems.folder / solution), repr(tolerance)]
        command += map(str, (*HYPRE[variant], repeats))
        done = subprocess.run(command, check=False, env=environment, capture_output=True, text=True)
        if done.returncode != 0:
            raise SystemExit(f"hypre_pfmg failed: {done.stderr.strip() or done.stdout.strip()}")
        runs = [tuple(map(float, line.split())) for line in done.stdout.splitlines()]
        setup, seconds, iterations = sorted(runs, key=lambda run: run[0] + run[1])[len(runs) // 2]
        return setup, seconds, int(iterations)

    return solve


def smoothed_aggregation(problems, problem):
    """Like `hypre`; the repeats are one."""
    a, rhs = matrix(problems, problem), problems.field(problem, problem["rhs"]).ravel()

    def solve(variant, tolerance, _, solution):
        before, after = (("gauss_seidel", {"sweep": sweep}) for sweep in PYAMG[variant])
        start = time.perf_counter()
        levels = pyamg.smoothed_aggregation_solver(a, presmoother=before, postsmoother=after)
        ready = time.perf_counter()
        residuals = []
        u = levels.solve(rhs, tol=tolerance, maxiter=500, accel="cg", residuals=residuals)
        end = time.perf_counter()
        u.astype("<f8").tofile(problems.folder / solution)
        return ready - start, end - ready, len(residuals) - 1

    return solve


def best(problems, problem, solve, variants, repeats, name):
    """The fastest of the variants that reach the tolerance in the residual that is the same for all; None if none does.

    A variant whose own residual says less than the true one gets a tighter tolerance. The fastest is repeated.
    """
    wanted, solution = problem["tolerance"], f"{name}.f64"

    def attempt(variant, tolerance, repeats):
        setup, seconds, iterations = solve(variant, tolerance, repeats, solution)
        return {
            "variant": variant,
            "setup_seconds": setup,
            "solve_seconds": seconds,
            "iterations": iterations,
            "stopped_at": tolerance,
            "relative_residual": relative_residual(problems, problem, solution),
        }

    tried = []
    for variant in variants:
        tolerance = wanted
        for _ in range(TIGHTENINGS):
            tried.append(attempt(variant, tolerance, 1))
            residual = tried[-1]["relative_residual"]
            if residual <= wanted or not np.isfinite(residual):
                break
            tolerance *= 0.9 * wanted / residual
    good = [row for row in tried if row["relative_residual"] <= wanted]
    if not good:
        return None, tried
    row = min(good, key=total)
    return (attempt(row["variant"], row["stopped_at"], repeats) if repeats > 1 else row), tried


def total(row):
    return row["setup_seconds"] + row["solve_seconds"]


def measure(problems, program, say):
    """A row for every problem and solver, liplate first."""
    threads = problems.table["threads"]
    for problem in problems.table["potential"]:
        size = {"problem": problem["name"], "cells": problem["cells"]}
        own = {key: value for key, value in problem["liplate"].items() if key != "solution"}
        own["own_relative_residual"] = own["relative_residual"]
        own["relative_residual"] = relative_residual(problems, problem, problem["liplate"]["solution"])
        own |= {"solver": "liplate", "threads": threads, "stopped_at": problem["tolerance"], "ratio": 1.0}
        if not own["relative_residual"] <= problem["tolerance"]:
            own["variant"] = "misses the tolerance"
        yield size | own
        for solver, solve, variants, repeats, cores in (
            ("hypre PFMG-CG", hypre(problems, problem, program, threads), HYPRE, REPEATS, threads),
            ("PyAMG SA-CG", smoothed_aggregation(problems, problem), PYAMG, 1, 1),
        ):
            say(f"{problem['name']}: {solver}")
            row, tried = best(problems, problem, solve, variants, repeats, solver.split()[0].lower())
            head = size | {"solver": solver, "threads": cores, "precision": "f64", "tried": tried}
            if row:
                yield head | row | {"ratio": total(row) / total(own)}
            else:
                yield head | {"failed": f"no variant gets to {problem['tolerance']:g}"}

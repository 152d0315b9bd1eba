"""The two stencils in numba, as compiled loops over rows on all threads; periodic in x and y without ghost layers.

The first and the last cell of a row are taken out of the loop and the inner indices are unsigned: a loop without wrap
checks is about three times as fast. The bodies are the same for f64 and f32.
"""

import numba
import numpy as np

LEVEL, STEEPEST = 0.01, 3.0


@numba.njit(inline="always")
def starts(row, nx, ny, nz):
    """First elements of a row and of the rows around it: here, south, north, below, above, and the four diagonal ones
    (south below, south above, north below, north above)."""
    z, y = row // ny, row % ny
    here = z * ny
    below, above = max(z - 1, 0) * ny, min(z + 1, nz - 1) * ny
    south, north = (y - 1 if y > 0 else ny - 1), (y + 1 if y + 1 < ny else 0)
    return (
        np.uint64((here + y) * nx),
        np.uint64((here + south) * nx),
        np.uint64((here + north) * nx),
        np.uint64((below + y) * nx),
        np.uint64((above + y) * nx),
        np.uint64((below + south) * nx),
        np.uint64((above + south) * nx),
        np.uint64((below + north) * nx),
        np.uint64((above + north) * nx),
    )


@numba.njit(inline="always")
def flows(phi, c, kappa, kappa_d, diffusivity, transference, i, nb):
    """Charge and salt that leave cell i through the face to nb, the salt with what grad t+ leaves behind."""
    half = phi.dtype.type(0.5)
    dc = c[i] - c[nb]
    charge = half * ((kappa[i] + kappa[nb]) * (phi[i] - phi[nb]) - (kappa_d[i] + kappa_d[nb]) * dc)
    salt = half * ((diffusivity[i] + diffusivity[nb]) * dc + (transference[nb] - transference[i]) * charge)
    return charge, salt


@numba.njit(inline="always")
def residual_cell(inputs, residual_phi, residual_c, rows, west, x, east):
    phi, c, kappa, kappa_d, diffusivity, transference, source_phi, source_c = inputs
    here, south, north, below, above = rows[:5]
    i = here + x
    q0, s0 = flows(phi, c, kappa, kappa_d, diffusivity, transference, i, here + west)
    q1, s1 = flows(phi, c, kappa, kappa_d, diffusivity, transference, i, here + east)
    q2, s2 = flows(phi, c, kappa, kappa_d, diffusivity, transference, i, south + x)
    q3, s3 = flows(phi, c, kappa, kappa_d, diffusivity, transference, i, north + x)
    q4, s4 = flows(phi, c, kappa, kappa_d, diffusivity, transference, i, below + x)
    q5, s5 = flows(phi, c, kappa, kappa_d, diffusivity, transference, i, above + x)
    residual_phi[i] = -(((q0 + q1) + (q2 + q3)) + (q4 + q5) + source_phi[i])
    residual_c[i] = -(((s0 + s1) + (s2 + s3)) + (s4 + s5) + source_c[i])


@numba.njit(parallel=True)
def residual(inputs, residual_phi, residual_c, nx, ny, nz):
    zero, one, last = np.uint64(0), np.uint64(1), np.uint64(nx - 1)
    for row in numba.prange(ny * nz):
        rows = starts(row, nx, ny, nz)
        residual_cell(inputs, residual_phi, residual_c, rows, last, zero, one)
        for k in range(1, nx - 1):
            x = np.uint64(k)
            residual_cell(inputs, residual_phi, residual_c, rows, x - one, x, x + one)
        residual_cell(inputs, residual_phi, residual_c, rows, last - one, last, zero)


@numba.njit(inline="always")
def pull(xi, q, w, ell, i, nb, tu, tv):
    """w (d xi - slope n) through the face from i to nb; tu and tv are twice the tangential differences of q."""
    number = xi.dtype.type
    way = q[nb] - q[i]
    if way == 0:
        return number(0)
    rise = xi[nb] - xi[i]
    own, other = xi[i] * (number(1) - xi[i]) / ell, xi[nb] * (number(1) - xi[nb]) / ell
    if abs(way) > number(LEVEL) * ell:
        slope = min(rise / way, number(STEEPEST) * min(own, other))
    else:
        slope = number(0.5) * (own + other)
    normal = way / max(np.sqrt(way * way + number(0.0625) * (tu * tu + tv * tv)), number(1e-12))
    return min(w[i], w[nb]) * (rise - slope * normal)


@numba.njit(inline="always")
def restore_cell(xi, q, w, ell, strength, out, rows, west, x, east):
    here, south, north, below, above, south_below, south_above, north_below, north_above = rows
    i = here + x
    out[i] = xi[i]
    level = q[i]
    if (
        q[here + west] == level
        and q[here + east] == level
        and q[south + x] == level
        and q[north + x] == level
        and q[below + x] == level
        and q[above + x] == level
    ):
        return
    # the tangential differences of a face are those of its two cells together
    along_x = q[here + east] - q[here + west]
    along_y = q[north + x] - q[south + x]
    along_z = q[above + x] - q[below + x]
    f0 = pull(
        xi, q, w, ell, i, here + west,
        along_y + (q[north + west] - q[south + west]), along_z + (q[above + west] - q[below + west]),
    )  # fmt: skip
    f1 = pull(
        xi, q, w, ell, i, here + east,
        along_y + (q[north + east] - q[south + east]), along_z + (q[above + east] - q[below + east]),
    )  # fmt: skip
    f2 = pull(
        xi, q, w, ell, i, south + x,
        along_z + (q[south_above + x] - q[south_below + x]), along_x + (q[south + east] - q[south + west]),
    )  # fmt: skip
    f3 = pull(
        xi, q, w, ell, i, north + x,
        along_z + (q[north_above + x] - q[north_below + x]), along_x + (q[north + east] - q[north + west]),
    )  # fmt: skip
    f4 = pull(
        xi, q, w, ell, i, below + x,
        along_x + (q[below + east] - q[below + west]), along_y + (q[north_below + x] - q[south_below + x]),
    )  # fmt: skip
    f5 = pull(
        xi, q, w, ell, i, above + x,
        along_x + (q[above + east] - q[above + west]), along_y + (q[north_above + x] - q[south_above + x]),
    )  # fmt: skip
    out[i] = xi[i] + strength * (((f0 + f1) + (f2 + f3)) + (f4 + f5)) / w[i]


@numba.njit(parallel=True)
def restore_profile(xi, q, w, ell, strength, out, nx, ny, nz):
    zero, one, last = np.uint64(0), np.uint64(1), np.uint64(nx - 1)
    for row in numba.prange(ny * nz):
        rows = starts(row, nx, ny, nz)
        restore_cell(xi, q, w, ell, strength, out, rows, last, zero, one)
        for k in range(1, nx - 1):
            x = np.uint64(k)
            restore_cell(xi, q, w, ell, strength, out, rows, x - one, x, x + one)
        restore_cell(xi, q, w, ell, strength, out, rows, last - one, last, zero)


def prepare(problem, inputs, number, threads):
    """Returns a call without arguments, its results by name, and what to say about it."""
    numba.set_num_threads(threads)
    fields = {name: field.astype(number).ravel() for name, field in inputs.items()}
    results = {name: np.zeros_like(next(iter(fields.values()))) for name in problem["outputs"]}
    nx, ny, nz = problem["cells"]
    if problem["name"] == "residual":
        names = "phi", "c", "kappa", "kappa_d", "diffusivity", "transference", "source_phi", "source_c"
        arguments = tuple(fields[name] for name in names), results["residual_phi"], results["residual_c"]
        kernel = residual
    elif problem["name"] == "restore_profile":
        parameters = (number(problem["parameters"][name]) for name in ("ell", "strength"))
        arguments = fields["xi"], fields["q"], fields["w"], *parameters, results["xi"]
        kernel = restore_profile
    else:
        raise ValueError(f"no stencil {problem['name']}")
    return lambda: kernel(*arguments, nx, ny, nz), lambda: results, "njit(parallel=True), periodic by index"

"""The two stencils in pystencils: C++ with OpenMP and vector instructions for this processor from symbolic assignments.

The boundaries are a ghost layer around every input, filled beforehand.
"""

import numpy as np
import pystencils as ps
import sympy as sp

LEVEL, STEEPEST = sp.Rational(1, 100), 3
HALF = sp.Rational(1, 2)
FACES = [tuple(sign * (axis == own) for axis in range(3)) for own in range(3) for sign in (-1, 1)]


class Names:
    """Numbers that are computed once."""

    def __init__(self):
        self.assignments = []

    def __call__(self, expression):
        symbol = sp.Symbol(f"n{len(self.assignments)}")
        self.assignments.append(ps.Assignment(symbol, expression))
        return symbol


def paired(v):
    return ((v[0] + v[1]) + (v[2] + v[3])) + (v[4] + v[5])


def positive(value):
    return sp.Min(1, sp.Max(0, value * 1e30))


def residual(field, results):
    name = Names()
    here = (0, 0, 0)
    charge, salt = [], []
    for nb in FACES:
        both = {k: field[k][here] + field[k][nb] for k in ("kappa", "kappa_d", "diffusivity")}
        dphi, dc = (name(field[k][here] - field[k][nb]) for k in ("phi", "c"))
        charge.append(name(HALF * (both["kappa"] * dphi - both["kappa_d"] * dc)))
        dt = field["transference"][nb] - field["transference"][here]
        salt.append(name(HALF * (both["diffusivity"] * dc + dt * charge[-1])))
    return name.assignments + [
        ps.Assignment(results["residual_phi"][here], -(paired(charge) + field["source_phi"][here])),
        ps.Assignment(results["residual_c"][here], -(paired(salt) + field["source_c"][here])),
    ]


def restore_profile(field, results, ell, strength):
    name = Names()
    xi, q, w = field["xi"], field["q"], field["w"]
    here = (0, 0, 0)

    def central(at, axis):
        low, high = (tuple(a + sign * (k == axis) for k, a in enumerate(at)) for sign in (-1, 1))
        return q[high] - q[low]

    def profile(at):
        return name(xi[at] * (1 - xi[at]) * (1 / ell))

    own, differences = profile(here), [name(central(here, axis)) for axis in range(3)]
    fluxes = []
    for face, nb in enumerate(FACES):
        tu, tv = (name(differences[a] + central(nb, a)) for a in range(3) if a != face // 2)
        way, rise, other = name(q[nb] - q[here]), name(xi[nb] - xi[here]), profile(nb)
        normal = name(way / sp.Max(sp.sqrt(way * way + (tu * tu + tv * tv) / 16), 1e-12))
        # 1 or 0 by arithmetic, as a choice would not be vectorised; without steepness no division by zero
        steep, any_way = name(positive(sp.Abs(way) - LEVEL * ell)), name(positive(sp.Abs(way)))
        quotient = name(rise / (way + (1 - steep) * ell))
        slope = name(steep * sp.Min(quotient, STEEPEST * sp.Min(own, other)) + (1 - steep) * HALF * (own + other))
        fluxes.append(name(any_way * sp.Min(w[here], w[nb]) * (rise - slope * normal)))
    return name.assignments + [ps.Assignment(results["xi"][here], xi[here] + strength * paired(fluxes) / w[here])]


def padded(values):
    values = np.pad(values, ((0, 0), (1, 1), (1, 1)), mode="wrap")
    return np.pad(values, ((1, 1), (0, 0), (0, 0)), mode="edge")


def prepare(problem, inputs, number, threads):
    """Returns a call without arguments, its results by name, and what to say about it."""
    arrays = {name: np.ascontiguousarray(padded(values).astype(number)) for name, values in inputs.items()}
    results = {f"new_{name}": np.zeros_like(next(iter(arrays.values()))) for name in problem["outputs"]}
    # numbered, because pystencils 2.0 cannot have a field that is called xi
    fields = {
        name: ps.Field.create_from_numpy_array(f"field{index}", array)
        for index, (name, array) in enumerate((arrays | results).items())
    }
    values = {field.name: array for field, array in zip(fields.values(), (arrays | results).values())}
    outputs = {name: fields[f"new_{name}"] for name in problem["outputs"]}
    build = {"residual": residual, "restore_profile": restore_profile}[problem["name"]]
    assignments = build(fields, outputs, **problem.get("parameters", {}))
    config = ps.CreateKernelConfig(target=ps.Target.CurrentCPU, default_dtype=np.dtype(number).name)
    config.cpu.openmp.enable = True
    config.cpu.openmp.num_threads = threads
    config.cpu.vectorize.enable = True
    config.cpu.vectorize.assume_inner_stride_one = True
    kernel = ps.create_kernel(assignments, config).compile()
    inner = (slice(1, -1),) * 3
    note = f"{ps.Target.auto_cpu().name}, OpenMP, g++ -Ofast; ghost layers filled beforehand, not counted"
    return (
        lambda: kernel(**values),
        lambda: {name.removeprefix("new_"): result[inner] for name, result in results.items()},
        note,
    )

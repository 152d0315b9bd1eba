"""Steady fingers of McLean and Saffman with surface tension, kinetics and the anisotropy of both: what `liplate verify` holds the cases
`finger` and `crystal` against.

    python3 scripts/finger.py                       # the runs of the two cases
    python3 scripts/finger.py B0 L e4 ek            # another: see below

Lengths are half a period, a. B0 = γ V_m κ π²/(F I a²), L = κ/(g a), surface energy γ (1 + e4 cos 4θ), kinetics 1/g (1 − ek cos 4θ). With p = t² the equations
of `src/verify/finger.rs` and `crystal.rs` are differenced on a uniform grid in t, q between the nodes so that the principal value needs no care, and solved
by Newton's method. What a grid leaves out falls with its spacing; two grids are extrapolated. Needs numpy.
"""

import sys

import numpy as np

# name, B0, L, e4, ek, and the largest distance from the axis and the number of even terms of the polynomial that gives the radius
RUNS = [
    ("A", 0.13971, 0.1, 0.0, 0.0, 0.25, 3),
    ("B", 0.23261, 0.02, 0.0, 0.0, 0.25, 3),
    ("C", 0.22330, 0.1, 0.03, 0.0, 0.1, 4),
    ("D", 0.22374, 0.1, 0.0, 0.2, 0.1, 4),
]
END = 2.6


class Finger:
    """The equations on `nodes` intervals."""

    def __init__(self, b0, kinetic, e4, ek, nodes):
        self.b0, self.kinetic, self.e4, self.ek = b0, kinetic, e4, ek
        self.h = END / nodes
        self.t = np.arange(nodes + 1) * self.h
        self.middle = (np.arange(nodes) + 0.5) * self.h
        way = self.t[None, :] ** 2 - self.middle[:, None] ** 2
        self.kernel = -2 * self.t * self.h / np.expm1(-np.pi * way)
        self.kernel[:, [0, -1]] *= 0.5
        self.weights = 2 * self.t * self.h
        self.weights[[0, -1]] *= 0.5

    def fields(self, unknown):
        theta = np.concatenate([[-np.pi / 2], unknown[:-1], [0.0]])
        return theta, np.exp(self.kernel @ theta), unknown[-1]

    def residual(self, unknown):
        theta, q, share = self.fields(unknown)
        kms = self.b0 * share / (1 - share) ** 2
        between = 0.5 * (theta[1:] + theta[:-1])
        turn = np.diff(theta) / self.h / (2 * self.middle)
        flux = (1 - 15 * self.e4 * np.cos(4 * between)) * q * turn
        slowed = -(1 - self.ek * np.cos(4 * theta)) * np.sin(theta)
        inner, speed = self.t[1:-1], 0.5 * (q[1:] + q[:-1])
        bent = np.diff(flux) / self.h / (2 * inner)
        delayed = (slowed[2:] - slowed[:-2]) / (2 * self.h) / (2 * inner)
        equations = kms / np.pi**2 * speed * bent + self.kinetic / (1 - share) * speed * delayed - speed + np.cos(theta[1:-1])
        return np.concatenate([equations, [np.log(1 - share) - self.weights @ theta]])

    def solve(self, unknown):
        for _ in range(60):
            residual = self.residual(unknown)
            columns = []
            for k in range(len(unknown)):
                changed = unknown.copy()
                changed[k] += 1e-7
                columns.append((self.residual(changed) - residual) / 1e-7)
            change = np.linalg.solve(np.array(columns).T, -residual)
            step = 1.0
            while step > 1e-3:
                new = self.residual(unknown + step * change)
                if np.all(np.isfinite(new)) and np.linalg.norm(new) <= np.linalg.norm(residual) * 1.0001:
                    break
                step *= 0.5
            unknown = unknown + step * change
            if np.linalg.norm(step * change) < 1e-10:
                return unknown
        raise SystemExit("Newton's method does not converge")

    def numbers(self, unknown, reach, terms):
        """U/V, the radius at the tip, and that of the polynomial."""
        theta, q, share = self.fields(unknown)
        curvature = q * np.diff(theta) / self.h / (2 * self.middle) / (1 - share)
        near = self.middle[:6] ** 2
        at_tip = np.polyfit(near, curvature[:6], 2)[-1]
        way = (1 - share) * 2 * self.middle * self.h / q
        between = 0.5 * (theta[1:] + theta[:-1])
        across = np.concatenate([[0], np.cumsum(-np.sin(between) * way)])
        along = np.concatenate([[0], np.cumsum(np.cos(between) * way)])
        places = np.linspace(0, reach, 30)
        heights = -np.interp(places, across, along)
        fit = np.polyfit((places / reach) ** 2, heights, terms - 1)
        return np.array([1 / share, 1 / at_tip, -0.5 * reach**2 / fit[-2]])


def finger(b0, kinetic, e4, ek, reach, terms, coarse=200):
    results, guess = [], None
    for nodes in (coarse // 2, coarse, 2 * coarse):
        problem = Finger(b0, kinetic, e4, ek, nodes)
        t = problem.t[1:-1]
        if guess is None:
            start = np.append(-np.pi / 2 * np.exp(-1.2 * t - 0.5 * t**2), 0.6)
        else:
            start = np.append(np.interp(t, guess[0], guess[1]), guess[2])
        unknown = problem.solve(start)
        guess = (t, unknown[:-1], unknown[-1])
        results.append(problem.numbers(unknown, reach, terms))
    return 2 * results[2] - results[1]


def main():
    if len(sys.argv) == 5:
        runs = [("given", *map(float, sys.argv[1:]), 0.1, 4)]
    else:
        runs = RUNS
    for name, *run in runs:
        speed, radius, fitted = finger(*run)
        print(f"{name}: U/V = {speed:.4f}, radius of the tip {radius:.4f} a, of the polynomial {fitted:.4f} a", flush=True)


if __name__ == "__main__":
    main()

"""Steady needle crystals in two dimensions, between diffusion ahead of them and surface tension: what runs of `scripts/needle.toml` are
held against.

    python3 scripts/needle.py                       # the crystal of the config, and checks of this program itself
    python3 scripts/needle.py DELTA e4 b r [w]      # another: see below
    python3 scripts/needle.py DIR                   # speed, radius and shape of the tip in the snapshots of a run of the config; needs h5py

A crystal grows with the speed V along z into salt of the concentration c∞ and takes C of it for each of its volumes. With u = (c − c_eq)/C

    D ∇²u + V ∂u/∂z = 0,     D ∂u/∂n = V n_z on the front,     u → DELTA = (c∞ − c_eq)/C far ahead,
    r ln(1 + u/r) = d0 (1 − 15 e4 cos 4θ) K + b d0 V/D n_z (1 + u/r)^(−1/2) on the front,

r = c_eq/C (0: infinite, the front is linear), d0 the capillary length, e4 the anisotropy of the surface energy γ0 (1 + e4 cos 4θ), b the kinetics over
capillarity. `docs/needle.md` derives that from the equations of the solver. Without d0 Ivantsov's parabolas grow at every speed; surface tension selects one.

In lengths of their radius 2PD/V and in parabolic coordinates, x = ξη and z = (η² − ξ²)/2, the front is η = h(ξ), and Ivantsov's is h = 1. u and h are collocated
in Chebyshev polynomials of y, ξ = sinh(a y)/9, even in y, and of another variable for η − h. Unknown are they and s = d0 V/(2PD). The tip is smooth since h is even,
and stands at h = 1; far behind it h − 1 falls as ξ⁻². Newton's method begins with s given and a push on the tip that this needs; where the push is 0 s is the
crystal's. Needs numpy.

w = ℓ/d0 adds what an interface of the length ℓ does in second order, ψ = 1/(1 + exp(−n/ℓ)) conducting and storing, the salt taken where ψ rises. With
q = −∂²u/∂n² = (K + V n_z/D) ∂u/∂n + ∂²u/∂s² + V t_z/D ∂u/∂s on the front, what is read at 1.5 ℓ and carried back along a straight line is u − 0.332 ℓ² q, and the flux that
reaches the front is the reaction's and π²ℓ²/6 [(K + V n_z/D) q − K² g + g_ss − 2 K u_ss − K_s u_s + V t_z/D (g_s − K u_s)] more, g = V n_z/D.
"""

import math
import os
import sys

import numpy as np

FARADAY, GAS, MOLAR_VOLUME = 96485.33212, 8.314462618, 1.30e-5
# u − what is read at 1.5 ℓ and carried back, over ℓ² q: 1.5²/2 − ∫ (ln(1 + exp n)(1 + exp −n) − n) dn from 1.5 on
READING = 0.33217
# of the solution's radius: as far from the axis a polynomial gives the radius of a run
REACH = 1.2
# what `scripts/needle.toml` says
TEMPERATURE, DIFFUSIVITY, TRANSFERENCE, C0, POTENTIAL, I0, GAMMA, E4 = 298.15, 1e-14, 0.95, 5000.0, -1.98652e-3, 5e5, 0.5, 0.03


def chebyshev(n):
    """Nodes cos(πj/n) and the matrix that differentiates there."""
    x = np.cos(np.pi * np.arange(n + 1) / n)
    c = np.where(np.arange(n + 1) % n == 0, 2.0, 1.0) * (-1.0) ** np.arange(n + 1)
    d = np.outer(c, 1 / c) / (x[:, None] - x[None, :] + np.eye(n + 1))
    return x, d - np.diag(d.sum(axis=1))


def even(n):
    """Nodes from 1 to 0, and the first and second derivative of an even function there."""
    x, d = chebyshev(2 * n)
    fold = np.vstack([np.eye(n + 1), np.eye(n + 1)[n - 1 :: -1]])
    return x[: n + 1], (d @ fold)[: n + 1], (d @ d @ fold)[: n + 1]


def ivantsov(p):
    return math.sqrt(math.pi * p) * math.exp(p) * math.erfc(math.sqrt(p))


def peclet(delta):
    """P of DELTA = √(πP) exp(P) erfc(√P)."""
    low, high = 1e-9, 100.0
    for _ in range(100):
        p = math.sqrt(low * high)
        low, high = (p, high) if ivantsov(p) < delta else (low, p)
    return p


class Needle:
    """The equations on `along` × `across` intervals, up to ξ = `reach`; `symmetric`: the crystal conducts as what is around it does."""

    def __init__(self, delta, e4, b, r, width=0.0, along=48, across=18, reach=10.0, symmetric=False):
        self.delta, self.e4, self.b, self.r, self.width = delta, e4, b, r, width
        self.p, self.given = peclet(delta), None
        y, first, second = even(along)
        stretch = math.asinh(9 * reach)
        self.x = np.sinh(stretch * y) / 9
        by = stretch * np.cosh(stretch * y) / 9
        self.dx = first / by[:, None]
        self.dxx = second / by[:, None] ** 2 - (stretch**2 * self.x / by**3)[:, None] * first
        y, first = chebyshev(across)
        length = 1.5
        edge = 1 + 2 * length * math.sqrt(self.p) / 6
        self.tau = length * (1 + y) / (edge - y)
        self.dt = first / (length * (1 + edge) / (edge - y) ** 2)[:, None]
        self.dtt = self.dt @ self.dt
        self.ti, self.di, self.dii = even(across // 2)
        self.sizes = [along + 1, across + 1, len(self.ti) if symmetric else 0]

    def split(self, unknown):
        """The field outside and inside, the front, and s or the push."""
        nx, nt, inner = self.sizes
        outside, inside = unknown[: nx * nt], unknown[nx * nt : nx * (nt + inner)]
        return outside.reshape(nx, nt), inside.reshape(nx, inner), unknown[nx * (nt + inner) : -1], unknown[-1]

    def shape(self, h):
        """Slope and second derivative of the front, its n_z, its curvature, and the stiffness of its surface over γ0."""
        h1, h2 = self.dx @ h, self.dxx @ h
        scale, turned = np.hypot(self.x, h), np.hypot(1, h1)
        nz = (h + self.x * h1) / (scale * turned)
        curvature = (-h2 / turned**3 + (h - self.x * h1) / (turned * scale**2)) / scale
        return h1, h2, nz, curvature, 1 - 15 * self.e4 * (8 * nz**4 - 8 * nz**2 + 1)

    def equation(self, u, across, second, way, way_bent, eta, slope):
        """The equation of a field whose second coordinate is τ with ∂τ/∂η = `slope`, ∂τ/∂ξ = `way`, ∂²τ/∂ξ² = `way_bent`; and ∂u/∂ξ, ∂u/∂η."""
        ut, utt, ux = u @ across.T, u @ second.T, self.dx @ u
        by_x, by_eta = ux + way * ut, slope * ut
        bent = self.dxx @ u + 2 * way * (self.dx @ ut) + way**2 * utt + way_bent * ut + slope**2 * utt
        field = bent + 2 * self.p * (eta * by_eta - self.x[:, None] * by_x)
        field[0] = ux[0]
        return field, by_x, by_eta

    def residual(self, unknown):
        u, v, h, free = self.split(unknown)
        s, push = (free, 0.0) if self.given is None else (self.given, free)
        h1, h2, nz, curvature, stiffness = self.shape(h)
        a, a1, a2 = h[:, None], h1[:, None], h2[:, None]
        field, by_x, by_eta = self.equation(u, self.dt, self.dtt, -a1, -a2, a + self.tau, 1.0)
        field[:, 0] = u[:, 0] - self.delta
        flux, front, inside = by_eta[:, -1] - h1 * by_x[:, -1], u[:, -1], np.empty(0)
        if v.size:
            t = self.ti[None, :]
            inside, by_x, by_eta = self.equation(v, self.di, self.dii, -t * a1 / a, -t * a2 / a + 2 * t * (a1 / a) ** 2, a * t, 1 / a)
            inside[:, 0] = v[:, 0] - front
            flux = flux - by_eta[:, 0] + h1 * by_x[:, 0]
        field[:, -1] = flux - 2 * self.p * (h + self.x * h1)
        if self.width:
            unread, more = self.interface(front, h, nz, curvature, s)
            field[1:, -1] -= more[1:]
            front = front - unread
        left = np.maximum(1 + front / self.r, 1e-3) if self.r else np.ones_like(front)
        drive = self.r * np.log(left) if self.r else front
        tension = drive - s * stiffness * curvature - 2 * self.p * self.b * s * nz / np.sqrt(left) - push * np.exp(-(self.x**2))
        tension[0] = self.x[0] * h1[0] + 2 * (h[0] - 1)
        return np.concatenate([field.ravel(), inside.ravel(), tension, [h[-1] - 1]])

    def interface(self, u, h, nz, curvature, s):
        """What a diffuse interface does in second order: u that is not read, and flux (times the scale) that does not react."""
        scale = np.hypot(self.x, h) * np.hypot(1, self.dx @ h)
        change = self.dx @ scale

        def along(f):
            first = self.dx @ f
            return first / scale, self.dxx @ f / scale**2 - first * change / scale**3

        g, swept = 2 * self.p * nz, -2 * self.p * np.sqrt(np.maximum(1 - nz**2, 0))
        (us, uss), (gs, gss), (ks, _) = along(u), along(g), along(curvature)
        q = (curvature + g) * g + uss + swept * us
        more = (curvature + g) * q - curvature**2 * g + gss - 2 * curvature * uss - ks * us + swept * (gs - curvature * us)
        square = (self.width * s) ** 2
        return READING * square * q, math.pi**2 / 6 * square * more * scale

    def newton(self, unknown):
        for _ in range(40):
            residual, columns = self.residual(unknown), []
            for k in range(len(unknown)):
                changed = unknown.copy()
                changed[k] += 1e-6
                columns.append((self.residual(changed) - residual) / 1e-6)
            change = np.linalg.solve(np.array(columns).T, -residual)
            step = 1.0
            while step > 1e-2:
                new = self.residual(unknown + step * change)
                if np.all(np.isfinite(new)) and np.linalg.norm(new) <= np.linalg.norm(residual) * 1.0001:
                    break
                step *= 0.5
            unknown = unknown + step * change
            if np.abs(step * change).max() < 1e-9:
                return unknown
        raise SystemExit("Newton's method does not converge")

    def parabola(self):
        """Ivantsov's."""
        gone = [math.erfc(math.sqrt(self.p) * eta) / math.erfc(math.sqrt(self.p)) for eta in 1 + self.tau]
        nx, _, inner = self.sizes
        return np.concatenate([np.tile(self.delta * (1 - np.array(gone)), nx), np.zeros(nx * inner), np.ones(nx), [0.0]])

    def solve(self, trials=(0.07, 0.05)):
        unknown, pushes, trials = self.parabola(), [], list(trials)
        for _ in range(12):
            self.given = trials[-1] if pushes else trials[0]
            unknown = self.newton(unknown)
            pushes.append(unknown[-1] / self.given)
            if len(pushes) > 1:
                new = trials[-1] - pushes[-1] * (trials[-1] - trials[-2]) / (pushes[-1] - pushes[-2])
                trials.append(min(max(new, 0.5 * trials[-1]), 2 * trials[-1]))
                if abs(trials[-1] / trials[-2] - 1) < 1e-2:
                    break
        self.given, unknown[-1] = None, trials[-1]
        return self.newton(unknown)

    def numbers(self, unknown):
        """V d0/D, radius of the tip over d0, u at the tip."""
        u, _, h, s = self.split(unknown)
        return np.array([2 * self.p * s, 1 / (self.shape(h)[3][-1] * s), u[-1, -1]])

    def front(self, unknown):
        """x and z of the front from the tip on, in d0."""
        _, _, h, s = self.split(unknown)
        return (self.x * h / s)[::-1], ((h**2 - self.x**2 - 1) / (2 * s))[::-1]


def lithium():
    """Δ, e4, b and r of the config, and d0 [m]."""
    anions = 1 - TRANSFERENCE
    taken = anions / MOLAR_VOLUME
    at_rest = C0 * math.exp(POTENTIAL * FARADAY / (2 * GAS * TEMPERATURE * anions))
    d0 = GAMMA * MOLAR_VOLUME**2 * at_rest / (2 * GAS * TEMPERATURE * anions**2)
    b = FARADAY * GAS * TEMPERATURE * DIFFUSIVITY / (GAMMA * MOLAR_VOLUME**2 * I0 * math.sqrt(at_rest / C0))
    return ((C0 - at_rest) / taken, E4, b, at_rest / taken), d0


def known(name, *of, symmetric=False):
    """V d0/D, radius of the tip over d0 and u there, on two grids."""
    results = []
    for grid in ((40, 16, 10.0), (56, 20, 12.0)):
        needle = Needle(*of, *grid, symmetric)
        results.append(needle.numbers(needle.solve()))
    fine, off = results[1], np.abs(results[1] / results[0] - 1)
    print(f"{name}: V d0/D = {fine[0]:.5f} (± {100 * off[0]:.3f} %), radius of the tip {fine[1]:.3f} d0 (± {100 * off[1]:.3f} %), u there {fine[2]:.4f}", flush=True)
    return fine


def measured(directory):
    """What the snapshots of a run show, in units of the solution."""
    import h5py

    of, d0 = lithium()
    needle = Needle(*of)
    solution = needle.solve()
    speed, radius, _ = needle.numbers(solution)
    exact = [d0 * way for way in needle.front(solution)]
    with h5py.File(os.path.join(directory, "fields.vtkhdf"), locking=False) as file:
        times = file["VTKHDF/Steps/Values"][:]
        xi = file["VTKHDF/CellData/xi"][:, :, 0, :].astype(float)
        dx = file["VTKHDF"].attrs["Spacing"][0]
    reach, before, first = REACH * radius * d0, None, None

    def tip(x, z):
        """Height of the tip and its radius, from an even polynomial."""
        fit = np.polyfit((x[np.abs(x) < reach] / reach) ** 2, z[np.abs(x) < reach], 3)
        return fit[-1], -0.5 * reach**2 / fit[-2]

    _, sharp = tip(*exact)
    x = (np.arange(xi.shape[2]) + 0.5) * dx
    x = np.where(x > 0.5 * len(x) * dx, x - len(x) * dx, x)
    near = np.abs(x) < 3 * radius * d0
    shape = np.interp(np.abs(x[near]), *exact)
    slope = np.interp(np.abs(x[near]), exact[0], np.gradient(exact[1], exact[0]))
    print("time [s], way of the tip [D/V], speed and radius over the solution's, rms distance from its shape within 3 radii [dx]")
    for time, snapshot in zip(times, xi):
        height = np.array([top(column) for column in snapshot.T]) * dx
        highest, bent = tip(x, height)
        if before:
            fast = (highest - before[1]) / (time - before[0]) / (speed * DIFFUSIVITY / d0)
            away = (height[near] - highest - shape) / np.hypot(1, slope)
            away = math.sqrt(np.mean(away**2)) / dx
            print(f"{time:8.1f} {(highest - first) * speed / d0:8.3f} {fast:8.4f} {bent / sharp:8.4f} {away:8.3f}")
        before, first = (time, highest), highest if first is None else first


def top(column):
    """Height of the front in a column of cells."""
    if column[0] <= 0.5:
        return 0.0
    below = np.max(np.nonzero(column > 0.5))
    q = [math.log(max(xi, 1e-9) / max(1 - xi, 1e-9)) for xi in column[below : below + 2]]
    return below + 0.5 + q[0] / (q[0] - q[1])


def main():
    if len(sys.argv) == 2:
        measured(sys.argv[1])
    elif len(sys.argv) > 2:
        known("given", *map(float, (*sys.argv[1:], 0.0)[:5]))
    else:
        of, d0 = lithium()
        print("config: DELTA = {:.4f}, e4 = {}, b = {:.4f}, r = {:.4f}, d0 = {:.4f} nm".format(*of, 1e9 * d0))
        speed, radius, _ = known("config", *of, 0.0)
        print(f"    V = {1e9 * speed * DIFFUSIVITY / d0:.3f} nm/s, radius {1e9 * radius * d0:.2f} nm, D/V {1e9 * d0 / speed:.1f} nm")
        for ell in (28.5714286e-9, 20e-9, 10e-9):
            fast, blunt, _ = known(f"  with an interface of {1e9 * ell:.1f} nm", *of, ell / d0)
            print(f"    over those without: speed {fast / speed:.4f}, radius {blunt / radius:.4f}")
        known("DELTA 0.55, e4 0.05, linear, no kinetics", 0.55, 0.05, 0.0, 0.0, 0.0)
        for delta, published in ((0.45, 0.00545), (0.55, 0.0170), (0.65, 0.0469)):
            known(f"symmetric, DELTA {delta}, e4 0.05; Karma and Rappel: {published}", delta, 0.05, 0.0, 0.0, 0.0, symmetric=True)
        needle = Needle(0.55, 0.05, 0.0, 0.0)
        needle.given = 1e-9
        h = needle.split(needle.newton(needle.parabola()))[2]
        print(f"without surface tension: Ivantsov's parabola within {np.abs(h - 1).max():.0e} of its radius")


if __name__ == "__main__":
    main()

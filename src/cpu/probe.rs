//! Where each interface cell reads the electrolyte: outside the diffuse interface, on the normal through the cell.

use super::Cpu;
use super::interface::{SHARPEST, central, length};
use super::shape::Shape;

/// How far outside the interface the electrolyte is read \[ℓ\].
pub const PROBE: f64 = 1.5;
/// Least thickness of the layer up to the interface: with it the reaction is never stiffer than conduction, also where a
/// cell has no way out of a narrow gap \[ℓ\].
pub const THINNEST: f64 = 0.75;
/// Least |∇q| that points anywhere: where fronts meet, q has a ridge.
pub const FLATTEST: f64 = 0.5;

/// Cells farther than this from the interface ask whether q leads to one; one ℓ farther off they must \[ℓ\].
const LOOSE: f64 = 3.0;

/// Where a cell reads, and what lies between there and the interface.
#[derive(Clone, Copy, Debug, Default)]
pub struct Probe {
    /// way from the cell to where it reads the electrolyte; none where it reads itself \[dx\]
    pub way: [f64; 3],
    /// thickness of the electrolyte between there and the interface \[dx\]
    pub thickness: f64,
    /// curvature at the closest point of the interface \[1/dx\]
    pub curvature: f64,
}

/// q, delta, curvature → probe.
pub fn probe(cpu: &mut Cpu) {
    let ell = f64::from(cpu.physics.ell);
    let (shape, q, curvature, delta) = (cpu.shape, &cpu.q, &cpu.curvature, &cpu.delta);
    shape.map(&mut cpu.probe, |x, y, z, cell, out| {
        let (here, around) = (cell.here, cell.around);
        *out = Probe { way: [0.0; 3], thickness: (-q[here]).max(THINNEST * ell), curvature: curvature[here] };
        let mut gradient = central(q, around);
        // at the bottom and the top, where a cell is its own neighbour, the difference to the other side alone
        if around[4] == here || around[5] == here {
            gradient[2] *= 2.0;
        }
        let steepness = length(gradient);
        if delta[here] == 0.0 {
            return;
        }
        if steepness <= FLATTEST {
            out.curvature = loose(curvature[here], q[here] / ell, q[here] / ell);
            return;
        }
        let (outwards, depth) = (gradient.map(|g| -g / steepness), q[here] / steepness);
        out.way = outwards.map(|n| (depth + PROBE * ell) * n);
        let [there] = gather(&shape, x, y, z, out.way, |i| [q[i]]);
        out.thickness = (-there).max(THINNEST * ell);
        let [there, closest] = gather(&shape, x, y, z, outwards.map(|n| depth * n), |i| [q[i], curvature[i]]);
        out.curvature = loose(closest, q[here] / ell, there / ell);
    });
}

/// The curvature of a cell at the distance `q` whose closest point, with `curvature`, is at the distance `there`.
///
/// Where more than half of the distance remains, q leads to no surface: between the tails of several surfaces and in what a
/// front left behind, the curvature of q is noise, and capillarity would condense lithium out of nothing. Lithium that
/// belongs to no surface is a speck as sharp as the grid can hold, and so is electrolyte that belongs to none: it goes,
/// unless the overpotential is more than that. All lengths in ℓ.
fn loose(curvature: f64, q: f64, there: f64) -> f64 {
    let far = q.abs();
    let remains = there.abs() / far.max(LOOSE);
    let share = (far - LOOSE).clamp(0.0, 1.0) * (4.0 * remains - 2.0).clamp(0.0, 1.0);
    let speck = if q < 0.0 { SHARPEST } else { -SHARPEST };
    curvature + share * (speck - curvature)
}

/// Trilinear interpolation of `value` at a cell's centre plus `offset` \[cells\]. The corners are counted from the cell
/// outwards, so that a mirrored offset reads the mirrored corners with the same weights, to the bit.
#[inline(always)]
pub fn gather<const N: usize>(
    shape: &Shape,
    x: usize,
    y: usize,
    z: usize,
    offset: [f64; 3],
    value: impl Fn(usize) -> [f64; N],
) -> [f64; N] {
    let along = |from: usize, n: usize, offset: f64, periodic: bool| {
        let size = offset.abs();
        let whole = (size as u32) as f64; // floor of what is not negative, without a call
        let at = |steps: f64| {
            let place = from as i64 + if offset < 0.0 { -(steps as i64) } else { steps as i64 };
            (if periodic { place.rem_euclid(n as i64) } else { place.clamp(0, n as i64 - 1) }) as usize
        };
        ([at(whole), at(whole + 1.0)], size - whole)
    };
    let (xs, tx) = along(x, shape.nx, offset[0], true);
    let (ys, ty) = along(y, shape.ny, offset[1], true);
    let (zs, tz) = along(z, shape.nz, offset[2], false);
    // along x and y the order of the sum is that of a square's corners: turning the grid by 90° changes nothing
    let plane = |z: usize| {
        let at = |x: usize, y: usize| value((z * shape.ny + ys[y]) * shape.nx + xs[x]);
        let (near, far) = (at(0, 0), at(1, 1));
        let (east, north) = (at(1, 0), at(0, 1));
        std::array::from_fn(|k| {
            ((1.0 - tx) * (1.0 - ty) * near[k] + tx * ty * far[k])
                + (tx * (1.0 - ty) * east[k] + (1.0 - tx) * ty * north[k])
        })
    };
    let (low, high): ([f64; N], [f64; N]) = (plane(zs[0]), plane(zs[1]));
    std::array::from_fn(|k| low[k] + tz * (high[k] - low[k]))
}

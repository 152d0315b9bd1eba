//! Levels of the multigrid hierarchy and what passes between them.

use super::Cpu;
use super::shape::Shape;
use super::smooth::defect;

/// One level: coefficients, right-hand side and correction, in f32.
#[derive(Clone, Debug, Default)]
pub struct Level {
    /// cells
    pub shape: Shape,
    /// area over distance of the faces across x, y and z, in units of the finest level
    pub faces: [f32; 3],
    /// ψκ, ψκ_D/c, ψD
    pub transport: Vec<[f32; 3]>,
    /// derivatives of the local charge terms with respect to φ and c
    pub phi: Vec<[f32; 2]>,
    /// derivatives of the local salt terms with respect to φ and c
    pub c: Vec<[f32; 2]>,
    /// right-hand side
    pub b: Vec<[f32; 2]>,
    /// correction
    pub x: Vec<[f32; 2]>,
    /// the correction being computed
    pub x_next: Vec<[f32; 2]>,
}

impl Default for Shape {
    fn default() -> Self {
        Self { nx: 1, ny: 1, nz: 1 }
    }
}

/// All levels down to a single cell.
pub fn hierarchy(finest: Shape) -> Vec<Level> {
    let mut levels = Vec::new();
    let mut shape = finest;
    let mut width = [1.0f32; 3];
    loop {
        let n = shape.cells();
        let [hx, hy, hz] = width;
        levels.push(Level {
            shape,
            faces: [hy * hz / hx, hx * hz / hy, hx * hy / hz],
            transport: vec![[0.0; 3]; n],
            phi: vec![[0.0; 2]; n],
            c: vec![[0.0; 2]; n],
            b: vec![[0.0; 2]; n],
            x: vec![[0.0; 2]; n],
            x_next: vec![[0.0; 2]; n],
        });
        if n == 1 {
            return levels;
        }
        let coarser = shape.coarser();
        for (width, halved) in
            width.iter_mut().zip([coarser.nx < shape.nx, coarser.ny < shape.ny, coarser.nz < shape.nz])
        {
            if halved {
                *width *= 2.0;
            }
        }
        shape = coarser;
    }
}

/// Sums `value(child)` over the children of coarse cell (x, y, z), in mirrored pairs, and counts them.
fn over_children<const N: usize>(
    fine: &Shape,
    coarse: &Shape,
    [x, y, z]: [usize; 3],
    value: impl Fn(usize, usize, usize) -> [f32; N],
) -> ([f32; N], f32) {
    let range =
        |i: usize, fine: usize, coarse: usize| if coarse < fine { 2 * i..(2 * i + 2).min(fine) } else { i..i + 1 };
    let add = |a: &mut [f32; N], b: [f32; N]| a.iter_mut().zip(b).for_each(|(a, b)| *a += b);
    let mut total = [0.0; N];
    let mut count = 0.0;
    for z in range(z, fine.nz, coarse.nz) {
        let mut plane = [0.0; N];
        for y in range(y, fine.ny, coarse.ny) {
            let mut row = [0.0; N];
            for x in range(x, fine.nx, coarse.nx) {
                add(&mut row, value(x, y, z));
                count += 1.0;
            }
            add(&mut plane, row);
        }
        add(&mut total, plane);
    }
    (total, count)
}

/// Coefficients of every level: transport is averaged, local derivatives are summed.
pub fn coarsen(cpu: &mut Cpu) {
    let (transport, local) = (&cpu.transport, &cpu.local);
    let finest = &mut cpu.hierarchy[0];
    let shape = finest.shape;
    shape.map(&mut finest.transport, |_, _, _, cell, out| {
        *out = std::array::from_fn(|k| transport[cell.here][k] as f32)
    });
    shape.map(&mut finest.phi, |_, _, _, cell, out| *out = local[cell.here].phi.map(|v| v as f32));
    shape.map(&mut finest.c, |_, _, _, cell, out| *out = local[cell.here].c.map(|v| v as f32));
    for level in 1..cpu.hierarchy.len() {
        let (fine, coarse) = cpu.hierarchy.split_at_mut(level);
        let (fine, coarse) = (&fine[level - 1], &mut coarse[0]);
        let (shape, above) = (coarse.shape, fine.shape);
        let at = |x, y, z| (z * above.ny + y) * above.nx + x;
        shape.map(&mut coarse.transport, |x, y, z, _, out| {
            let (sum, count) = over_children(&above, &shape, [x, y, z], |x, y, z| fine.transport[at(x, y, z)]);
            *out = sum.map(|v| v / count);
        });
        shape.map(&mut coarse.phi, |x, y, z, _, out| {
            *out = over_children(&above, &shape, [x, y, z], |x, y, z| fine.phi[at(x, y, z)]).0;
        });
        shape.map(&mut coarse.c, |x, y, z, _, out| {
            *out = over_children(&above, &shape, [x, y, z], |x, y, z| fine.c[at(x, y, z)]).0;
        });
    }
}

/// b of `level` + 1 = sum over the children of b − A x of `level`.
pub fn restrict(levels: &mut [Level], level: usize) {
    let (fine, coarse) = levels.split_at_mut(level + 1);
    let (fine, coarse) = (&fine[level], &mut coarse[0]);
    let (shape, above) = (coarse.shape, fine.shape);
    shape.map(&mut coarse.b, |x, y, z, _, out| {
        let defect = |x: usize, y: usize, z: usize| defect(fine, &fine.x, above.row(y, z).cell(x)).0;
        *out = over_children(&above, &shape, [x, y, z], defect).0;
    });
}

/// x of `level` += x of the parent cell.
pub fn prolong(levels: &mut [Level], level: usize) {
    let (fine, coarse) = levels.split_at_mut(level + 1);
    let (fine, coarse) = (&mut fine[level], &coarse[0]);
    let (shape, parent) = (fine.shape, coarse.shape);
    let halve = |i: usize, fine: usize, coarse: usize| if coarse < fine { i / 2 } else { i };
    shape.map(&mut fine.x, |x, y, z, _, out| {
        let (px, py, pz) =
            (halve(x, shape.nx, parent.nx), halve(y, shape.ny, parent.ny), halve(z, shape.nz, parent.nz));
        let correction = coarse.x[(pz * parent.ny + py) * parent.nx + px];
        out[0] += correction[0];
        out[1] += correction[1];
    });
}

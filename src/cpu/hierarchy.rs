//! Levels of the multigrid hierarchy and what passes between them, in f32.

use rayon::prelude::*;

use super::Cpu;
use super::shape::Shape;
use super::smooth::Scratch;

/// One level: coefficients, right-hand side and correction, each number in its own array.
#[derive(Clone, Debug, Default)]
pub struct Level {
    /// cells
    pub shape: Shape,
    /// area over distance of the faces across x, y and z, in units of the finest level
    pub faces: [f32; 3],
    /// ψκ, ψκ_D/c, ψD
    pub transport: [Vec<f32>; 3],
    /// derivatives of the local charge terms with respect to φ and c, then of the salt terms
    pub local: [Vec<f32>; 4],
    /// right-hand side of the charge and the salt equation
    pub b: [Vec<f32>; 2],
    /// correction of φ and c
    pub x: [Vec<f32>; 2],
    /// the correction being computed
    pub x_next: [Vec<f32>; 2],
    /// the zero guess
    pub zero: Vec<f32>,
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
            transport: std::array::from_fn(|_| vec![0.0; n]),
            local: std::array::from_fn(|_| vec![0.0; n]),
            b: std::array::from_fn(|_| vec![0.0; n]),
            x: std::array::from_fn(|_| vec![0.0; n]),
            x_next: std::array::from_fn(|_| vec![0.0; n]),
            zero: vec![0.0; n],
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

/// Children of a coarse row or plane `i`: one or two.
fn children(i: usize, fine: usize, coarse: usize) -> std::ops::Range<usize> {
    if coarse < fine { 2 * i..(2 * i + 2).min(fine) } else { i..i + 1 }
}

/// Sums over the children of a coarse row in one plane, given their one or two rows. Of four children the diagonals are
/// added first: a grid turned by a right angle, or mirrored, has the same sums to the bit.
fn sum_rows(coarse: &mut [f32], first: &[f32], second: Option<&[f32]>) {
    match (coarse.len() == first.len(), second) {
        (true, None) => coarse.copy_from_slice(first),
        (true, Some(second)) => {
            coarse.iter_mut().zip(first.iter().zip(second)).for_each(|(sum, (a, b))| *sum = a + b);
        }
        (false, None) => {
            coarse.iter_mut().zip(first.chunks(2)).for_each(|(sum, pair)| *sum = pair.iter().sum());
        }
        (false, Some(second)) => {
            for (sum, (a, b)) in coarse.iter_mut().zip(first.chunks(2).zip(second.chunks(2))) {
                *sum = match (a, b) {
                    (&[a0, a1], &[b0, b1]) => (a0 + b1) + (a1 + b0),
                    _ => a[0] + b[0],
                };
            }
        }
    }
}

/// Sums a field of `above` over the children of every cell of `shape`, plane by plane.
fn sum_children(above: Shape, fine: &[f32], shape: Shape, coarse: &mut [f32], mean: bool) {
    shape.rows(coarse, |y, z, _, out| {
        out.fill(0.0);
        let mut plane = vec![0.0; shape.nx];
        let rows = children(y, above.ny, shape.ny);
        let planes = children(z, above.nz, shape.nz);
        let count = rows.len() * planes.len();
        for z in planes {
            let row = |y: usize| {
                let start = above.row(y, z).here;
                &fine[start..start + above.nx]
            };
            sum_rows(&mut plane, row(rows.start), rows.clone().nth(1).map(row));
            out.iter_mut().zip(&plane).for_each(|(sum, v)| *sum += v);
        }
        if mean {
            let columns = |x| children(x, above.nx, shape.nx).len();
            out.iter_mut().enumerate().for_each(|(x, sum)| *sum /= (count * columns(x)) as f32);
        }
    });
}

/// Coefficients of every level: transport is averaged, local derivatives are summed.
pub fn coarsen(cpu: &mut Cpu) {
    let (transport, local) = (&cpu.transport, &cpu.local);
    let finest = &mut cpu.hierarchy[0];
    let shape = finest.shape;
    for (k, field) in finest.transport.iter_mut().enumerate() {
        shape.map(field, |_, _, _, cell, out| *out = transport[cell.here][k] as f32);
    }
    for (k, field) in finest.local.iter_mut().enumerate() {
        shape.map(field, |_, _, _, cell, out| {
            let local = &local[cell.here];
            *out = if k < 2 { local.phi[k] } else { local.c[k - 2] } as f32;
        });
    }
    for level in 1..cpu.hierarchy.len() {
        let (fine, coarse) = cpu.hierarchy.split_at_mut(level);
        let (fine, coarse) = (&fine[level - 1], &mut coarse[0]);
        for (fine_field, coarse_field) in fine.transport.iter().zip(&mut coarse.transport) {
            sum_children(fine.shape, fine_field, coarse.shape, coarse_field, true);
        }
        for (fine_field, coarse_field) in fine.local.iter().zip(&mut coarse.local) {
            sum_children(fine.shape, fine_field, coarse.shape, coarse_field, false);
        }
    }
}

/// b of `level` + 1 = sum over the children of b − A x of `level`.
pub fn restrict(levels: &mut [Level], level: usize) {
    let (fine, coarse) = levels.split_at_mut(level + 1);
    let (fine, coarse) = (&fine[level], &mut coarse[0]);
    let (shape, above) = (coarse.shape, fine.shape);
    let u = [&fine.x[0][..], &fine.x[1][..]];
    let [b_phi, b_c] = &mut coarse.b;
    // one scratch for each of the two rows
    let each = |[first, second]: &mut [Scratch; 2], (index, (phi, c)): (usize, (&mut [f32], &mut [f32]))| {
        let (y, z) = (index % shape.ny, index / shape.ny);
        let mut out = [phi, c];
        let mut plane = [vec![0.0; shape.nx], vec![0.0; shape.nx]];
        out.iter_mut().for_each(|out| out.fill(0.0));
        let rows = children(y, above.ny, shape.ny);
        for z in children(z, above.nz, shape.nz) {
            first.defect(fine, u, rows.start, z);
            let pair = rows.len() == 2;
            if pair {
                second.defect(fine, u, rows.start + 1, z);
            }
            for k in 0..2 {
                sum_rows(&mut plane[k], &first.defect[k], pair.then_some(&second.defect[k][..]));
                out[k].iter_mut().zip(&plane[k]).for_each(|(sum, v)| *sum += v);
            }
        }
    };
    let both = || [Scratch::new(above), Scratch::new(above)];
    let n = shape.nx;
    if shape.is_small() {
        let mut scratch = both();
        b_phi.chunks_mut(n).zip(b_c.chunks_mut(n)).enumerate().for_each(|row| each(&mut scratch, row));
    } else {
        b_phi
            .par_chunks_mut(n)
            .zip(b_c.par_chunks_mut(n))
            .enumerate()
            .with_min_len(shape.rows_at_once())
            .for_each_init(both, each);
    }
}

/// The parent of cell `i` along an axis, and the other coarse cell nearest to it: the parent's neighbour on the cell's side.
/// On an axis that is not coarsened both are the cell itself, and so they are at the bottom and the top.
fn parents(i: usize, fine: usize, coarse: usize, periodic: bool) -> [usize; 2] {
    if coarse == fine {
        return [i, i];
    }
    let (parent, last) = (i / 2, coarse - 1);
    let end = if periodic { [last, 0] } else { [0, last] };
    let other = match i % 2 {
        0 => parent.checked_sub(1).unwrap_or(end[0]),
        _ if parent == last => end[1],
        _ => parent + 1,
    };
    [parent, other]
}

/// x of `level` += x of the coarser level, linear between the centres of its cells.
///
/// The sum of the restriction and constant values would be of too low an order for a second-order operator: the smooth
/// part of the correction then converges at 0.37 a cycle (quickstart, 48 steps), linear at 0.16.
pub fn prolong(levels: &mut [Level], level: usize) {
    let (fine, coarse) = levels.split_at_mut(level + 1);
    let (fine, coarse) = (&mut fine[level], &coarse[0]);
    let (shape, above) = (fine.shape, coarse.shape);
    let n = above.nx;
    for (fine, coarse) in fine.x.iter_mut().zip(&coarse.x) {
        shape.rows(fine, |y, z, _, out| {
            let [near, far] = parents(z, shape.nz, above.nz, false);
            // a row of the coarser level at the height of this one, with its periodic neighbours at both ends
            let row = |y: usize| {
                let at = |z: usize| &coarse[above.row(y, z).here..][..n];
                let mut row = Vec::with_capacity(n + 2);
                row.push(0.0);
                row.extend(at(near).iter().zip(at(far)).map(|(near, far)| near + 0.25 * (far - near)));
                row[0] = row[n];
                row.push(row[1]);
                row
            };
            let ys = parents(y, shape.ny, above.ny, true);
            let (own, side) = (row(ys[0]), row(ys[1]));
            // a square's corners: turned by a right angle, or mirrored, it is the same to the bit
            let square = |x: usize, other: usize| (9.0 * own[x] + 3.0 * (own[other] + side[x]) + side[other]) * 0.0625;
            if n == shape.nx {
                out.iter_mut().enumerate().for_each(|(x, out)| *out += square(x + 1, x + 1));
            } else {
                for (x, pair) in out.chunks_mut(2).enumerate() {
                    pair[0] += square(x + 1, x);
                    if let [_, last] = pair {
                        *last += square(x + 1, x + 2);
                    }
                }
            }
        });
    }
}

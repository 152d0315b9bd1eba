//! Levels of the multigrid hierarchy and what passes between them, in f32.

use multiversion::multiversion;

use super::shape::{Beside, Shape, fields};
use super::smooth::{smooth, smooth_first};

/// A coefficient of the preconditioner: the upper half of the bits of a finite number in single precision, rounded to the nearest, to even
/// where two are as near. 8 bits of mantissa and the whole range; what is not finite is found before there is a preconditioner.
///
/// A preconditioner need not be exact. The run of `dendrites.toml`, far beyond the limiting current, takes 1382 Newton and 6183 linear iterations
/// with it, 1382 and 6182 with single precision, that of `quickstart.toml` 187 and 585 with both (2026-11-30).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Bfloat16(pub(super) u16);

impl Bfloat16 {
    /// The nearest to a number.
    #[inline(always)]
    pub fn of(value: f32) -> Self {
        let bits = value.to_bits();
        Self((bits.wrapping_add(0x7fff + ((bits >> 16) & 1)) >> 16) as u16)
    }
}

impl From<Bfloat16> for f32 {
    #[inline(always)]
    fn from(Bfloat16(bits): Bfloat16) -> Self {
        Self::from_bits(u32::from(bits) << 16)
    }
}

#[multiversion(targets = "simd")]
fn pack_strip(values: &[f32], packed: &mut [Bfloat16]) {
    for (packed, value) in packed.iter_mut().zip(values) {
        *packed = Bfloat16::of(*value);
    }
}

/// Coefficients of both equations on the grid.
#[derive(Clone, Debug, Default)]
pub struct Coefficients {
    /// ψκ, ψκ_D/c, ψD
    pub transport: [Vec<f32>; 3],
    /// derivatives of the local charge terms with respect to φ and c, then of the salt terms
    pub local: [Vec<f32>; 4],
}

/// Room for what is beside the cells of a strip: of the operator, and of φ and c.
#[derive(Default)]
pub struct Scratch {
    pub(super) transport: [Beside<Bfloat16>; 3],
    pub(super) u: [Beside<f32>; 2],
}

/// One level of the preconditioner: coefficients, right-hand side and correction, each number in its own array.
#[derive(Clone, Debug, Default)]
pub struct Level {
    /// cells
    pub shape: Shape,
    /// whether the potential is the only unknown: then the numbers of the salt are neither read nor made
    pub scalar: bool,
    /// area over distance of the faces across x, y and z, in units of the finest level
    pub faces: [f32; 3],
    /// ψκ, ψκ_D/c, ψD
    pub transport: [Vec<Bfloat16>; 3],
    /// derivatives of the local charge terms with respect to φ and c, then of the salt terms
    pub local: [Vec<Bfloat16>; 4],
    /// right-hand side of the charge and the salt equation
    pub b: [Vec<f32>; 2],
    /// correction of φ and c
    pub x: [Vec<f32>; 2],
    /// the correction being computed
    pub x_next: [Vec<f32>; 2],
}

impl Level {
    /// Unknowns of a cell.
    fn unknowns(&self) -> usize {
        if self.scalar { 1 } else { 2 }
    }
}

impl Default for Shape {
    fn default() -> Self {
        Self { nx: 1, ny: 1, nz: 1 }
    }
}

/// All levels down to a single cell, of the potential alone if `scalar`.
pub fn hierarchy(finest: Shape, scalar: bool) -> Vec<Level> {
    let mut levels = Vec::new();
    let mut shape = finest;
    let mut width = [1.0f32; 3];
    loop {
        let n = shape.cells();
        let [hx, hy, hz] = width;
        levels.push(Level {
            shape,
            scalar,
            faces: [hy * hz / hx, hx * hz / hy, hx * hy / hz],
            transport: std::array::from_fn(|_| vec![Bfloat16::default(); n]),
            local: std::array::from_fn(|_| vec![Bfloat16::default(); n]),
            b: std::array::from_fn(|_| vec![0.0; n]),
            x: std::array::from_fn(|_| vec![0.0; n]),
            x_next: std::array::from_fn(|_| vec![0.0; n]),
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
#[multiversion(targets = "simd")]
fn sum_rows<T: Copy + Into<f32>>(coarse: &mut [f32], first: &[T], second: Option<&[T]>) {
    match (coarse.len() == first.len(), second) {
        (true, None) => coarse.iter_mut().zip(first).for_each(|(sum, &a)| *sum = a.into()),
        (true, Some(second)) => {
            coarse.iter_mut().zip(first.iter().zip(second)).for_each(|(sum, (&a, &b))| *sum = a.into() + b.into());
        }
        (false, None) => {
            let single = |pair: &[T]| pair.iter().map(|&v| v.into()).sum::<f32>();
            coarse.iter_mut().zip(first.chunks(2)).for_each(|(sum, pair)| *sum = single(pair));
        }
        (false, Some(second)) => {
            let ((pairs, end), (second_pairs, second_end)) = (first.as_chunks::<2>(), second.as_chunks::<2>());
            for (sum, (a, b)) in coarse.iter_mut().zip(pairs.iter().zip(second_pairs)) {
                let ([a0, a1], [b0, b1]): ([f32; 2], [f32; 2]) =
                    ([a[0].into(), a[1].into()], [b[0].into(), b[1].into()]);
                *sum = (a0 + b1) + (a1 + b0);
            }
            if let (Some(sum), [a], [b]) = (coarse.last_mut(), end, second_end) {
                *sum = (*a).into() + (*b).into();
            }
        }
    }
}

/// Sums a field of `above` over the children of every cell of `shape`, plane by plane.
fn sum_children(above: Shape, fine: &[Bfloat16], shape: Shape, coarse: &mut [Bfloat16], mean: bool) {
    let room = || [vec![0.0; shape.nx], vec![0.0; shape.nx]];
    shape.rows(coarse, room, |[plane, out], row, packed| {
        out.fill(0.0);
        let rows = children(row.y, above.ny, shape.ny);
        let planes = children(row.z, above.nz, shape.nz);
        let count = rows.len() * planes.len();
        for z in planes {
            let child = |y: usize| above.row(y, z).of(fine);
            sum_rows(plane, child(rows.start), rows.clone().nth(1).map(child));
            out.iter_mut().zip(&*plane).for_each(|(sum, v)| *sum += v);
        }
        if mean {
            let columns = |x| children(x, above.nx, shape.nx).len();
            out.iter_mut().enumerate().for_each(|(x, sum)| *sum /= (count * columns(x)) as f32);
        }
        pack_strip(out, packed);
    });
}

/// Coefficients of every level: those of the grid, of which on every coarser level transport is averaged and local derivatives are summed.
pub fn coarsen(levels: &mut [Level], coefficients: &Coefficients) {
    pack(&mut levels[0], coefficients);
    coarsen_packed(levels);
}

/// Coefficients of the grid → those of the finest level.
fn pack(finest: &mut Level, coefficients: &Coefficients) {
    let (transport, local) = if finest.scalar { (1, 1) } else { (3, 4) };
    let of_transport = finest.transport.iter_mut().zip(&coefficients.transport).take(transport);
    let of_local = finest.local.iter_mut().zip(&coefficients.local).take(local);
    for (packed, values) in of_transport.chain(of_local) {
        finest.shape.strips(&mut packed[..], || (), |(), strip, packed| pack_strip(strip.of(values), packed));
    }
}

/// Coefficients of the finest level → those of every coarser one.
pub fn coarsen_packed(levels: &mut [Level]) {
    for level in 1..levels.len() {
        let (fine, coarse) = levels.split_at_mut(level);
        let (fine, coarse) = (&fine[level - 1], &mut coarse[0]);
        let (transport, local) = if fine.scalar { (1, 1) } else { (3, 4) };
        for (fine_field, coarse_field) in fine.transport.iter().zip(&mut coarse.transport).take(transport) {
            sum_children(fine.shape, fine_field, coarse.shape, coarse_field, true);
        }
        for (fine_field, coarse_field) in fine.local.iter().zip(&mut coarse.local).take(local) {
            sum_children(fine.shape, fine_field, coarse.shape, coarse_field, false);
        }
    }
}

/// What a strip of the coarser level needs: the finer level's scratch, its defects in a strip, and their sums in a plane.
struct Restriction {
    scratch: Scratch,
    defects: [Vec<f32>; 2],
    plane: Vec<f32>,
}

/// b of `level` + 1 = sum over the children of b − A x of `level`; with a weight, the first sweep there from a zero guess.
pub fn restrict(levels: &mut [Level], level: usize, first: Option<f32>) {
    sum_defects(levels, level);
    first.iter().for_each(|&weight| smooth_first(&mut levels[level + 1], weight));
}

fn sum_defects(levels: &mut [Level], level: usize) {
    let (fine, coarse) = levels.split_at_mut(level + 1);
    let (fine, coarse) = (&fine[level], &mut coarse[0]);
    let (shape, above) = (coarse.shape, fine.shape);
    let unknowns = fine.unknowns();
    let room =
        || Restriction { scratch: Scratch::default(), defects: [Vec::new(), Vec::new()], plane: vec![0.0; shape.nx] };
    // as many rows at a time as have a strip of children
    let at_once = (above.strip_rows() / 2).max(1);
    shape.strips(fields(&mut coarse.b), room, |room, strip, mut out| {
        let Restriction { scratch, defects, plane } = room;
        out.iter_mut().take(unknowns).for_each(|out| out.fill(0.0));
        let end = strip.y + strip.len() / shape.nx;
        for first in (strip.y..end).step_by(at_once) {
            let rows = first..(first + at_once).min(end);
            let below = |y: usize| children(y, above.ny, shape.ny);
            let (start, count) = (below(first).start, below(rows.end - 1).end - below(first).start);
            for z in children(strip.z, above.nz, shape.nz) {
                scratch.defect(fine, above.strip(start, z, count), defects);
                for (defects, out) in defects.iter().zip(&mut out).take(unknowns) {
                    for y in rows.clone() {
                        let mut of_children = below(y).map(|y| &defects[(y - start) * above.nx..][..above.nx]);
                        sum_rows(plane, of_children.next().unwrap_or(&[]), of_children.next());
                        let sums = &mut out[(y - strip.y) * shape.nx..][..shape.nx];
                        sums.iter_mut().zip(&*plane).for_each(|(sum, v)| *sum += v);
                    }
                }
            }
        }
    });
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

/// x of `level` += x of the coarser level, linear between the centres of its cells; then a sweep.
///
/// The sum of the restriction and constant values would be of too low an order for a second-order operator: the smooth
/// part of the correction then converges at 0.37 a cycle (quickstart, 48 steps), linear at 0.16.
pub fn prolong(levels: &mut [Level], level: usize, weight: f32) {
    add_coarser(levels, level);
    smooth(&mut levels[level], weight);
}

fn add_coarser(levels: &mut [Level], level: usize) {
    let (fine, coarse) = levels.split_at_mut(level + 1);
    let (fine, coarse) = (&mut fine[level], &coarse[0]);
    let (shape, above) = (fine.shape, coarse.shape);
    let n = above.nx;
    let (unknowns, coarse) = (coarse.unknowns(), &coarse.x);
    let room = || [Vec::with_capacity(n + 2), Vec::with_capacity(n + 2)];
    shape.rows(fields(&mut fine.x), room, |[own, side], row, out| {
        let planes = parents(row.z, shape.nz, above.nz, false);
        let ys = parents(row.y, shape.ny, above.ny, true);
        for (out, coarse) in out.into_iter().zip(coarse).take(unknowns) {
            for (room, y) in [&mut *own, &mut *side].into_iter().zip(ys) {
                at_height(room, planes.map(|z| above.row(y, z).of(coarse)));
            }
            add_square(out, own, side);
        }
    });
}

/// A row of the coarser level at the height of a finer one, between the rows of two planes, with its periodic neighbours at
/// both ends.
#[multiversion(targets = "simd")]
fn at_height(row: &mut Vec<f32>, [near, far]: [&[f32]; 2]) {
    row.clear();
    row.push(0.0);
    row.extend(near.iter().zip(far).map(|(near, far)| near + 0.25 * (far - near)));
    row[0] = row[near.len()];
    row.push(row[1]);
}

/// Adds to a finer row what lies between two coarser ones. Of a square's corners the opposite ones are added first: turned by a
/// right angle, or mirrored, it is the same to the bit.
#[multiversion(targets = "simd")]
fn add_square(out: &mut [f32], own: &[f32], side: &[f32]) {
    let between = |near: [f32; 2], far: [f32; 2]| (9.0 * near[0] + 3.0 * (far[0] + near[1]) + far[1]) * 0.0625;
    let n = own.len() - 2;
    let at = |x: usize| [own[x], side[x]];
    if n == out.len() {
        out.iter_mut().enumerate().for_each(|(x, out)| *out += between(at(x + 1), at(x + 1)));
        return;
    }
    let (pairs, end) = out.as_chunks_mut::<2>();
    let shifted = |by: usize| (own[by..].iter(), side[by..].iter());
    let [(low, low_side), (here, here_side), (high, high_side)] = [0, 1, 2].map(shifted);
    let (low, here, high) = (low.zip(low_side), here.zip(here_side), high.zip(high_side));
    for (pair, ((low, here), high)) in pairs.iter_mut().zip(low.zip(here).zip(high)) {
        let [low, here, high] = [low, here, high].map(|(own, side)| [*own, *side]);
        pair[0] += between(here, low);
        pair[1] += between(here, high);
    }
    if let [last] = end {
        *last += between(at(n), at(n - 1));
    }
}

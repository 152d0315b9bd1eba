//! Damped block-Jacobi sweeps of the preconditioner, in f32, eight cells at a time.

use rayon::prelude::*;
use wide::f32x8;

use super::hierarchy::Level;
use super::lanes::Lanes;
use super::shape::{Row, Shape};

/// What a row of the operator needs beside the level: the row itself with its periodic neighbours at both ends, and room
/// for the result.
pub struct Scratch {
    /// κ, κ_D, D, φ and c of the row, with the last cell before the first and the first after the last
    padded: [Vec<f32>; 5],
    /// b − A x of the charge and the salt equation
    pub defect: [Vec<f32>; 2],
    /// sums of κ, κ_D and D over the faces
    diagonal: [Vec<f32>; 3],
}

impl Scratch {
    /// Room for rows of `shape`.
    pub fn new(shape: Shape) -> Self {
        let n = shape.nx;
        Self {
            padded: std::array::from_fn(|_| vec![0.0; n + 2]),
            defect: std::array::from_fn(|_| vec![0.0; n]),
            diagonal: std::array::from_fn(|_| vec![0.0; n]),
        }
    }

    /// Charge: b − Σ faces κ(φ − φ_nb) − κ_D(c − c_nb) − local terms; salt: b − Σ faces D(c − c_nb) − local terms.
    /// `u` is (φ, c).
    pub fn defect(&mut self, level: &Level, u: [&[f32]; 2], y: usize, z: usize) {
        let (n, row) = (level.shape.nx, level.shape.row(y, z));
        let fields = [&level.transport[0][..], &level.transport[1], &level.transport[2], u[0], u[1]];
        for (padded, field) in self.padded.iter_mut().zip(fields) {
            let field = &field[row.here..row.here + n];
            padded[1..=n].copy_from_slice(field);
            (padded[0], padded[n + 1]) = (field[n - 1], field[0]);
        }
        let whole = n / 8 * 8;
        self.cells::<f32x8>(level, u, row, 0, whole);
        self.cells::<f32>(level, u, row, whole, n);
    }

    fn cells<T: Lanes>(&mut self, level: &Level, u: [&[f32]; 2], row: Row, from: usize, to: usize) {
        // a cell that is its own neighbour has no flux and no diagonal there
        let factor = |axis: usize, own: bool| T::splat(if own { 0.0 } else { 0.5 * level.faces[axis] });
        let flat = [level.shape.nx == 1, level.shape.ny == 1];
        let factors = [
            factor(0, flat[0]),
            factor(1, flat[1]),
            factor(2, row.below == row.here),
            factor(2, row.above == row.here),
        ];
        let [kappa, kappa_d, diffusivity] = &level.transport;
        let across = [kappa, kappa_d, diffusivity, u[0], u[1]];
        for x in (from..to).step_by(T::COUNT) {
            let i = row.here + x;
            let here: [T; 5] = std::array::from_fn(|k| T::load(&self.padded[k], x + 1));
            let face = |factor: T, there: [T; 5]| -> [T; 5] {
                let mean: [T; 3] = std::array::from_fn(|k| factor * (here[k] + there[k]));
                let (phi, c) = (here[3] - there[3], here[4] - there[4]);
                [mean[0] * phi - mean[1] * c, mean[2] * c, mean[0], mean[1], mean[2]]
            };
            let along = |at: usize| std::array::from_fn(|k| T::load(&self.padded[k], at));
            let beside = |start: usize| std::array::from_fn(|k| T::load(across[k], start + x));
            let add = |a: [T; 5], b: [T; 5]| -> [T; 5] { std::array::from_fn(|k| a[k] + b[k]) };
            let pair_x = add(face(factors[0], along(x)), face(factors[0], along(x + 2)));
            let pair_y = add(face(factors[1], beside(row.south)), face(factors[1], beside(row.north)));
            let pair_z = add(face(factors[2], beside(row.below)), face(factors[3], beside(row.above)));
            let [charge, salt, sum_kappa, sum_kappa_d, sum_diffusivity] = add(add(pair_x, pair_y), pair_z);

            let local: [T; 4] = std::array::from_fn(|k| T::load(&level.local[k], i));
            let local_charge = local[0] * here[3] + local[1] * here[4];
            let local_salt = local[2] * here[3] + local[3] * here[4];
            (T::load(&level.b[0], i) - (charge + local_charge)).store(&mut self.defect[0], x);
            (T::load(&level.b[1], i) - (salt + local_salt)).store(&mut self.defect[1], x);
            sum_kappa.store(&mut self.diagonal[0], x);
            sum_kappa_d.store(&mut self.diagonal[1], x);
            sum_diffusivity.store(&mut self.diagonal[2], x);
        }
    }

    /// x = x_before + weight · D⁻¹ defect, D the 2 × 2 diagonal block of each cell.
    fn relax<T: Lanes>(
        &self,
        level: &Level,
        start: usize,
        [from, to]: [usize; 2],
        weight: f32,
        before: Option<[&[f32]; 2]>,
        out: &mut [&mut [f32]; 2],
    ) {
        let weight = T::splat(weight);
        for x in (from..to).step_by(T::COUNT) {
            let i = start + x;
            let local: [T; 4] = std::array::from_fn(|k| T::load(&level.local[k], i));
            let [kappa, kappa_d, diffusivity]: [T; 3] = std::array::from_fn(|k| T::load(&self.diagonal[k], x));
            let (a, b) = (kappa + local[0], local[1] - kappa_d);
            let (d, e) = (local[2], diffusivity + local[3]);
            let inverse = T::splat(1.0) / (a * e - b * d).larger(T::splat(1e-30));
            let [r0, r1] = [T::load(&self.defect[0], x), T::load(&self.defect[1], x)];
            let change = [(e * r0 - b * r1) * inverse, (a * r1 - d * r0) * inverse];
            for k in 0..2 {
                let step = weight * change[k];
                let value = match before {
                    Some(before) => T::load(before[k], i) + step,
                    None => step,
                };
                value.store(out[k], x);
            }
        }
    }
}

/// One sweep into `next` from `before`, or from zero.
fn sweep(level: &Level, before: Option<[&[f32]; 2]>, weight: f32, next: &mut [Vec<f32>; 2]) {
    let shape = level.shape;
    let n = shape.nx;
    let zero = [&level.zero[..], &level.zero[..]];
    let u = before.unwrap_or(zero);
    let [next_phi, next_c] = next;
    let each = |scratch: &mut Scratch, (index, (phi, c)): (usize, (&mut [f32], &mut [f32]))| {
        let (y, z) = (index % shape.ny, index / shape.ny);
        scratch.defect(level, u, y, z);
        let (start, whole) = (shape.row(y, z).here, n / 8 * 8);
        let mut out = [phi, c];
        scratch.relax::<f32x8>(level, start, [0, whole], weight, before, &mut out);
        scratch.relax::<f32>(level, start, [whole, n], weight, before, &mut out);
    };
    if shape.is_small() {
        let mut scratch = Scratch::new(shape);
        next_phi.chunks_mut(n).zip(next_c.chunks_mut(n)).enumerate().for_each(|row| each(&mut scratch, row));
    } else {
        next_phi
            .par_chunks_mut(n)
            .zip(next_c.par_chunks_mut(n))
            .enumerate()
            .with_min_len(shape.rows_at_once())
            .for_each_init(|| Scratch::new(shape), each);
    }
}

/// x += weight · D⁻¹ (b − A x).
pub fn smooth(level: &mut Level, weight: f32) {
    let mut next = std::mem::take(&mut level.x_next);
    sweep(level, Some([&level.x[0], &level.x[1]]), weight, &mut next);
    level.x_next = std::mem::replace(&mut level.x, next);
}

/// x = weight · D⁻¹ b.
pub fn smooth_first(level: &mut Level, weight: f32) {
    let mut next = std::mem::take(&mut level.x);
    sweep(level, None, weight, &mut next);
    level.x = next;
}

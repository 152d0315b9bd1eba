//! Vector operations of the linear solver.

use multiversion::multiversion;

use super::Cpu;
use super::shape::{fill, rows_of};
use super::transport::fields;
use crate::solver::backend::Vector;

/// Smallest c/c0 whose loss is counted.
const C_FLOOR: f64 = 1e-6;
/// Least reaction area per volume of a cell whose potential is held back: farther out next to nothing reacts \[1/dx\].
pub const REACTING: f64 = 0.01;

impl Cpu {
    pub(super) fn vector_of(&self, v: Vector) -> &[Vec<f64>; 2] {
        match v {
            Vector::Correction => &self.correction,
            Vector::Residual => &self.residual,
            Vector::Direction(slot) => &self.directions[slot],
            Vector::Image(slot) => &self.images[slot],
        }
    }

    fn vector_mut(&mut self, v: Vector) -> &mut [Vec<f64>; 2] {
        match v {
            Vector::Correction => &mut self.correction,
            Vector::Residual => &mut self.residual,
            Vector::Direction(slot) => &mut self.directions[slot],
            Vector::Image(slot) => &mut self.images[slot],
        }
    }

    /// coefficient = ⟨a, test⟩/⟨b, test⟩, the salt equation weighted so that it counts as much as the charge equation: without
    /// that the linear solver would leave a dilute electrolyte's salt as it is.
    pub(super) fn project_vectors(&mut self, a: Vector, b: Vector, test: Vector) {
        let (a, b, test) = (self.vector_of(a), self.vector_of(b), self.vector_of(test));
        let weight = f64::from(self.physics.salt_weight);
        let [of_a, of_b] = self.shape.sum_rows(2, || (), |(), row, [of_a, of_b]| {
            let [a, b, test] = [a, b, test].map(|v| v.each_ref().map(|v| row.of(v)));
            product_row(a, test, weight, of_a);
            product_row(b, test, weight, of_b);
        });
        self.coefficient = if of_b > 0.0 { of_a / of_b } else { 0.0 };
    }

    /// target −= sign · coefficient · source.
    pub(super) fn combine_vectors(&mut self, target: Vector, source: Vector, sign: f32) {
        let factor = f64::from(sign) * self.coefficient;
        let mut out = std::mem::take(self.vector_mut(target));
        let source = self.vector_of(source);
        self.shape.rows(fields(&mut out), || (), |(), row, out| {
            out.into_iter().zip(source).for_each(|(out, source)| add_row(out, -factor, row.of(source)));
        });
        *self.vector_mut(target) = out;
    }

    /// Damping that keeps the potential's change below `potential` where the reaction reads it, and a share `keep` of every
    /// concentration in the electrolyte.
    pub(super) fn damping_factor(&self, potential: f32, keep: f32) -> f64 {
        let (shape, loss) = (self.shape, 1.0 - f64::from(keep));
        let [d_phi, d_c] = &self.correction;
        let [need] = shape.sum_rows(0, || (), |(), row, [need]| {
            loss_row([&self.u[1], d_c, &self.xi].map(|field| row.of(field)), loss, need);
            let delta = row.of(&self.delta);
            for probe in self.probes.of(&shape, row) {
                let x = probe.x as usize;
                if delta[x] > REACTING {
                    need[x] = need[x].max(probe.reading.read(d_phi).abs() / f64::from(potential));
                }
            }
        });
        1.0 / need.max(1.0)
    }

    /// u += damping · correction.
    pub(super) fn update_unknowns(&mut self) {
        let (correction, damping) = (&self.correction, self.damping);
        self.shape.rows(fields(&mut self.u), || (), |(), row, u| {
            u.into_iter().zip(correction).for_each(|(u, correction)| add_row(u, damping, row.of(correction)));
        });
    }
}

/// Terms of the scalar product of two vectors, of the salt equation times `weight`.
#[multiversion(targets = "simd")]
fn product_row(a: [&[f64]; 2], b: [&[f64]; 2], weight: f64, out: &mut [f64]) {
    let n = out.len();
    let (a, b) = (rows_of(a, n), rows_of(b, n));
    fill(out, |x| a[0][x] * b[0][x] + weight * a[1][x] * b[1][x]);
}

/// out += factor · source.
#[multiversion(targets = "simd")]
fn add_row(out: &mut [f64], factor: f64, source: &[f64]) {
    out.iter_mut().zip(source).for_each(|(out, source)| *out += factor * source);
}

/// Loss of concentration over the loss allowed, in the electrolyte.
#[multiversion(targets = "simd")]
fn loss_row([c, change, xi]: [&[f64]; 3], loss: f64, out: &mut [f64]) {
    let n = out.len();
    let (c, change, xi) = (&c[..n], &change[..n], &xi[..n]);
    fill(out, |x| {
        let need = -change[x] / (loss * (1.0 + c[x]).max(C_FLOOR));
        if xi[x] < 0.5 { need } else { 0.0 }
    });
}

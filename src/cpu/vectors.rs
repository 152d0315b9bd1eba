//! Vector operations of the linear solver.

use super::Cpu;
use super::probe::gather;
use crate::solver::backend::Vector;

/// Smallest c/c0 whose loss is counted.
const C_FLOOR: f64 = 1e-6;
/// Least reaction area per volume of a cell whose potential is held back: farther out next to nothing reacts \[1/dx\].
pub const REACTING: f64 = 0.01;

impl Cpu {
    pub(super) fn vector_of(&self, v: Vector) -> &Vec<[f64; 2]> {
        match v {
            Vector::Correction => &self.correction,
            Vector::Residual => &self.residual,
            Vector::Direction(slot) => &self.directions[slot],
            Vector::Image(slot) => &self.images[slot],
        }
    }

    fn vector_mut(&mut self, v: Vector) -> &mut Vec<[f64; 2]> {
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
        let [of_a, of_b] = self.shape.sum(2, |_, _, _, cell| {
            let (a, b, test) = (a[cell.here], b[cell.here], test[cell.here]);
            [a[0] * test[0] + weight * a[1] * test[1], b[0] * test[0] + weight * b[1] * test[1]]
        });
        self.coefficient = if of_b > 0.0 { of_a / of_b } else { 0.0 };
    }

    /// target −= sign · coefficient · source.
    pub(super) fn combine_vectors(&mut self, target: Vector, source: Vector, sign: f32) {
        let factor = f64::from(sign) * self.coefficient;
        let mut out = std::mem::take(self.vector_mut(target));
        let source = self.vector_of(source);
        self.shape.map(&mut out, |_, _, _, cell, out| {
            out[0] -= factor * source[cell.here][0];
            out[1] -= factor * source[cell.here][1];
        });
        *self.vector_mut(target) = out;
    }

    /// Damping that keeps the potential's change below `potential` where the reaction reads it, and a share `keep` of every
    /// concentration in the electrolyte.
    pub(super) fn damping_factor(&self, potential: f32, keep: f32) -> f64 {
        let (u, correction, delta, xi) = (&self.u, &self.correction, &self.delta, &self.xi);
        let loss = 1.0 - f64::from(keep);
        let [need] = self.shape.sum(0, |x, y, z, cell| {
            let i = cell.here;
            let ([_, c], [_, d_c]) = (u[i], correction[i]);
            let by_phi = if delta[i] > REACTING {
                let [d_phi] = gather(&self.shape, x, y, z, self.probe[i].way, |i| [correction[i][0]]);
                d_phi.abs() / f64::from(potential)
            } else {
                0.0
            };
            let by_c = if xi[i] < 0.5 { -d_c / (loss * (1.0 + c).max(C_FLOOR)) } else { 0.0 };
            [by_phi.max(by_c)]
        });
        1.0 / need.max(1.0)
    }

    /// u += damping · correction.
    pub(super) fn update_unknowns(&mut self) {
        let (x, damping) = (&self.correction, self.damping);
        self.shape.map(&mut self.u, |_, _, _, cell, u| {
            u[0] += damping * x[cell.here][0];
            u[1] += damping * x[cell.here][1];
        });
    }
}

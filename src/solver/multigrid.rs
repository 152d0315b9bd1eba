//! The V-cycle: preconditioner of the linear solver.
//!
//! Both unknowns of a cell are smoothed together by damped block-Jacobi sweeps whose weights are the Chebyshev roots of
//! the oscillating part of the spectrum. Jacobi, not Gauss-Seidel: no colours, so any grid size and any mirror image is
//! treated alike, to the bit. Residuals are summed to the coarse cell, corrections are linear between the centres of coarse
//! cells, coefficients are averaged; the coarsest level is a single cell, where one sweep of weight 1 is the exact solution.

/// The verbs of a V-cycle.
pub trait Levels {
    /// Levels of the hierarchy that are visited one by one, the finest being 0. Below the coarsest of them there may be more.
    fn levels(&self) -> usize;
    /// First sweep from a zero guess; on level 0 of the right-hand side as it is now.
    fn smooth_first(&mut self, level: usize, weight: f32);
    /// x += weight · D⁻¹ (b − A x), D the blocks of the diagonal.
    fn smooth(&mut self, level: usize, weight: f32);
    /// b of `level` + 1 = sum over the children of b − A x of `level`; with a weight, the first sweep there from a zero guess.
    fn restrict(&mut self, level: usize, first: Option<f32>);
    /// x of `level` += x of the coarser level, linear between the centres of its cells; then a sweep, as [`smooth`](Self::smooth).
    fn prolong(&mut self, level: usize, weight: f32);
    /// x of the coarsest level from its right-hand side, by the V-cycle with these weights if there are more levels below it. A level of
    /// a single cell is solved exactly, by a sweep of weight 1.
    fn solve_coarsest(&mut self, _weights: &[f32]) {
        self.smooth_first(self.levels() - 1, 1.0);
    }
}

/// Most sweeps before and after the coarse correction.
pub const MOST_SWEEPS: usize = 3;
/// Smoothing sweeps before and after the coarse correction.
pub const SWEEPS: usize = 3;

/// In three dimensions D⁻¹A has its oscillating eigenvalues between 1/3 (one direction at half the grid's frequency)
/// and 2 (Gershgorin).
const SPECTRUM: (f64, f64) = (1.0 / 3.0, 2.0);

/// Weights of `N` sweeps: reciprocal Chebyshev roots, the most cautious first.
pub fn weights<const N: usize>() -> [f32; N] {
    let (centre, half) = (0.5 * (SPECTRUM.1 + SPECTRUM.0), 0.5 * (SPECTRUM.1 - SPECTRUM.0));
    std::array::from_fn(|i| {
        let angle = std::f64::consts::PI * (2 * i + 1) as f64 / (2 * N) as f64;
        (1.0 / (centre + half * angle.cos())) as f32
    })
}

/// x of level 0 ← an approximation to A⁻¹ times the residual.
pub fn v_cycle<B: Levels + ?Sized>(b: &mut B) {
    v_cycle_with(b, &weights::<SWEEPS>());
}

/// Runs a V-cycle with a sweep of each of these weights, one to [`MOST_SWEEPS`], before the coarse correction, and after it in reverse.
pub fn v_cycle_with<B: Levels + ?Sized>(b: &mut B, weights: &[f32]) {
    let coarsest = b.levels() - 1;
    if coarsest > 0 {
        b.smooth_first(0, weights[0]);
    }
    for level in 0..coarsest {
        weights[1..].iter().for_each(|&weight| b.smooth(level, weight));
        b.restrict(level, (level + 1 < coarsest).then_some(weights[0]));
    }
    b.solve_coarsest(weights);
    for level in (0..coarsest).rev() {
        let (&first, others) = weights.split_last().unwrap_or((&1.0, &[]));
        b.prolong(level, first);
        others.iter().rev().for_each(|&weight| b.smooth(level, weight));
    }
}

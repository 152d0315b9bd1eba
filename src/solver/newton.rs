//! Newton's method on both equations at once, and the linear solver inside it.

use super::backend::{Backend, BackendError, Balance, DIRECTIONS, Vector};
use super::multigrid::v_cycle;

/// Largest change of the potential in one iteration \[RT/F\]: 0.1 V.
const POTENTIAL_LIMIT: f32 = 4.0;
/// Share of every concentration that one iteration leaves.
pub const CONCENTRATION_KEPT: f32 = 0.1;
/// Iterations after which the step is given up.
pub const ITERATIONS: usize = 25;
/// Linear iterations in a Newton iteration, unless the one before tells how many it takes. Their number is known before, so that a Newton
/// iteration is one queue of work.
pub const LINEAR_ITERATIONS: usize = 3;
/// Most of them. Close to the limiting current of a slab fewer stand still, and so does Newton's method: 0.99 of it took 34 rejected steps
/// with three at most, none and 7, 5 and 4 Newton iterations a step with four, five and six (CPU, 2026-11-28).
const MOST_LINEAR_ITERATIONS: usize = DIRECTIONS;
/// The residual that linear iterations aim at, over the tolerance: what is not linear needs the rest.
const AIM: f64 = 0.5;
/// Rounding may stop the residual above the backend's tolerance; what is left must then be below this many tolerances.
pub const STALLED: f64 = 30.0;

/// A solved step.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Solved {
    /// sums over the equations as solved
    pub balance: Balance,
    /// Newton iterations
    pub iterations: usize,
}

/// Why a step was not solved.
#[derive(Debug, thiserror::Error)]
pub enum NewtonError {
    /// The residual did not fall.
    #[error("the {equation} equation stayed at a residual of {residual:.1e} after {ITERATIONS} Newton iterations")]
    NotConverged {
        /// the worse of the two equations
        equation: &'static str,
        /// its residual over its terms
        residual: f64,
        /// the cell in which it is largest
        cell: usize,
    },
    /// A number was lost.
    #[error("the {equation} equation produced numbers that are not finite")]
    NotFinite {
        /// the equation
        equation: &'static str,
    },
    /// The device failed.
    #[error(transparent)]
    Backend(#[from] BackendError),
}

/// The total charge must balance this much better than the single cells: its error adds up in the ledger.
const TOTAL_WEIGHT: f64 = 10.0;

/// A square that single precision does not hold.
const LEAST: f64 = f32::MIN_POSITIVE as f64;

/// Residuals of the charge equation, the salt equation and the total charge, each over the terms it is made of, the last
/// times [`TOTAL_WEIGHT`].
///
/// What rounding leaves is none. At equilibrium the terms vanish, as on bare copper once its double layer is charged, and what is
/// left is the last digit of the potential and of the flows through the faces, which need not vanish: diffusion against migration.
fn relative(balance: &Balance) -> [f64; 3] {
    let over =
        |residual: f64, scale: f64, rounding: f64| if residual <= rounding.max(LEAST) { 0.0 } else { residual / scale };
    let current = balance.reaction.abs().max(balance.double_layer.abs()).max(balance.top_current.abs());
    // currents below the noise of the terms they are made of need not balance better than the terms
    let total = current.powi(2).max(balance.scale_phi);
    [
        over(balance.residual_phi, balance.scale_phi, balance.rounding_phi).sqrt(),
        over(balance.residual_c, balance.scale_c, balance.rounding_c).sqrt(),
        TOTAL_WEIGHT * over(balance.imbalance.powi(2), total, balance.rounding_phi).sqrt(),
    ]
}

/// Solves φ and c at the new time. The interface and the step's constants must be set.
///
/// # Errors
/// If the iteration does not converge, leaves the finite numbers, or the device fails.
pub fn solve(b: &mut dyn Backend) -> Result<Solved, NewtonError> {
    let tolerance = b.tolerance();
    let mut best = f64::INFINITY;
    let mut before = None;
    let mut worst = ("charge", f64::INFINITY);
    for iterations in 0..=ITERATIONS {
        b.linearise();
        let balance = b.balance()?;
        if !balance.is_finite() {
            let equation = if balance.residual_phi.is_finite() { "salt" } else { "charge" };
            return Err(NewtonError::NotFinite { equation });
        }
        let [phi, c, total] = relative(&balance);
        let residual = phi.max(c).max(total);
        let stalled = b.may_stall() && residual > 0.3 * best && residual < STALLED * tolerance;
        if residual <= tolerance || stalled {
            return Ok(Solved { balance, iterations });
        }
        best = best.min(residual);
        worst = if c > phi.max(total) { ("salt", c) } else { ("charge", phi.max(total)) };
        if iterations < ITERATIONS {
            b.coarsen();
            let linear = linear_iterations(residual / tolerance, before);
            before = Some((residual / tolerance, linear));
            correct(b, linear);
            b.damp(POTENTIAL_LIMIT);
            b.update(CONCENTRATION_KEPT);
        }
    }
    let (equation, residual) = worst;
    let component = usize::from(equation == "salt");
    Err(NewtonError::NotConverged { equation, residual, cell: largest(&b.vector(Vector::Residual)?, component) })
}

/// Linear iterations that bring a residual \[tolerances\] to where it should be, if each does as much as each of those in the Newton
/// iteration before: from what residual, and how many they were.
fn linear_iterations(residual: f64, before: Option<(f64, usize)>) -> usize {
    let Some((start, taken)) = before else { return LINEAR_ITERATIONS };
    let each = (start / residual).ln() / taken as f64;
    let needed = (residual / AIM).ln() / each;
    if each > 0.0 { needed.ceil().clamp(1.0, MOST_LINEAR_ITERATIONS as f64) as usize } else { MOST_LINEAR_ITERATIONS }
}

/// Mean factor by which a linear iteration reduces the residual of the step as it stands; the correction is not applied.
///
/// # Errors
/// If the device fails.
pub fn reduction(b: &mut dyn Backend) -> Result<f64, BackendError> {
    let norm = |b: &mut dyn Backend| -> Result<f64, BackendError> {
        Ok(b.vector(Vector::Residual)?.iter().map(|r| r[0] * r[0] + r[1] * r[1]).sum::<f64>().sqrt())
    };
    b.linearise();
    b.coarsen();
    let before = norm(b)?;
    correct(b, LINEAR_ITERATIONS);
    Ok((norm(b)? / before).powf(1.0 / LINEAR_ITERATIONS as f64))
}

/// Element in which a component of `vector` is largest.
fn largest(vector: &[[f64; 2]], component: usize) -> usize {
    let size = |i: &usize| vector[*i][component].abs();
    (0..vector.len()).max_by(|a, b| size(a).total_cmp(&size(b))).unwrap_or(0)
}

/// Correction ← an approximate solution of the linear problem: generalised conjugate residuals, preconditioned by a
/// V-cycle, each image made orthogonal to those before; at most [`DIRECTIONS`] of them. The directions stay as the V-cycle made them: what the
/// correction has of each is known when all are.
///
/// Where kinetics is slow against conduction, the normal case, the operator hardly sees a uniform change of the potential,
/// and the first of `iterations` would go on it. One scalar equation, that of the total current, takes it out before.
pub(crate) fn correct(b: &mut dyn Backend, iterations: usize) {
    b.start_uniform();
    for new in 0..iterations {
        v_cycle(b);
        b.apply(new);
        b.go_along(new);
    }
    b.sum_up(iterations);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_more_linear_iterations_than_the_residual_needs() {
        assert_eq!(linear_iterations(4e3, None), LINEAR_ITERATIONS);
        // each took away a factor of 10: one takes 3 tolerances below the half that is aimed at, two take 20
        assert_eq!(linear_iterations(3.0, Some((3e3, 3))), 1);
        assert_eq!(linear_iterations(20.0, Some((2e4, 3))), 2);
        // slow, without any gain, or a number lost: as many as there may be
        assert_eq!(linear_iterations(20.0, Some((40.0, 3))), MOST_LINEAR_ITERATIONS);
        assert_eq!(linear_iterations(20.0, Some((20.0, 3))), MOST_LINEAR_ITERATIONS);
        assert_eq!(linear_iterations(20.0, Some((10.0, 3))), MOST_LINEAR_ITERATIONS);
        assert_eq!(linear_iterations(20.0, Some((f64::NAN, 3))), MOST_LINEAR_ITERATIONS);
    }
}

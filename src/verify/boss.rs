//! A half sphere on a plane under a uniform field, with kinetics far faster than conduction.
//!
//! Its field is that of a sphere, E (z − R³ z/r³): three times E at the pole, nothing at the foot. The box is periodic, so
//! that every boss stands in the field of all others, dipoles of the moment R³ E on a square lattice of spacing W:
//!
//! ```text
//! i(pole)/i(mean) = 3 (1 − 9.0336 (R/W)³),      9.0336 = Σ (m² + n²)^(−3/2) over the lattice without its origin
//! ```

use super::{Case, Check, Lab, VerifyError};
use crate::model::parameters::{Control, InitialDeposit, Setup};
use crate::solver::backend::Field;

/// The case.
pub const CASE: Case = Case {
    name: "boss",
    about: "primary current on a half sphere on a plane",
    source: "field of a sphere, with the dipoles of its periodic images",
    quick: true,
    run,
};

/// Σ (m² + n²)^(−3/2) over a square lattice without its origin: 4 ζ(3/2) β(3/2).
pub const LATTICE: f64 = 9.0336;

fn run(lab: &Lab) -> Result<Vec<Check>, VerifyError> {
    let setup = lab.config("boss", &[])?;
    let InitialDeposit::Boss { radius, .. } = setup.deposit else {
        return Err(VerifyError::Case("boss.toml must have a boss".into()));
    };
    let ratio = pole(lab, &setup)?;
    let width = setup.grid.nx as f64 * setup.grid.dx;
    let exact = 3.0 * (1.0 - LATTICE * (radius / width).powi(3));
    Ok(vec![Check::relative(format!("i(pole)/i(mean), R = {:.0} cells", radius / setup.grid.dx), ratio, exact, 0.03)])
}

/// Current density at the pole over the mean of the box, in the first step: weighted by the reaction area over the four
/// columns around the axis.
fn pole(lab: &Lab, setup: &Setup) -> Result<f64, VerifyError> {
    let Control::Current(mean) = setup.top.control else {
        return Err(VerifyError::Case("boss.toml must set the current".into()));
    };
    lab.with(setup, |s| {
        s.step(f64::INFINITY)?;
        let (current, delta) = (s.sim.backend().field(Field::Current)?, s.sim.backend().field(Field::Delta)?);
        let grid = &s.setup.grid;
        let (mut sum, mut area) = (0.0, 0.0);
        for (x, y) in [(0, 0), (1, 0), (0, 1), (1, 1)].map(|(x, y)| (grid.nx / 2 - x, grid.ny / 2 - y)) {
            for i in (0..grid.nz).map(|z| grid.index(x, y, z)) {
                sum += f64::from(current[i]) * f64::from(delta[i]);
                area += f64::from(delta[i]);
            }
        }
        Ok(sum / area * s.sim.scales().current / mean)
    })
}

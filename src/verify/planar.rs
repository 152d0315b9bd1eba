//! A flat front: its speed is i V_m/F, its potential that of Butler-Volmer, film and electrolyte in series.

use super::{Case, Check, Lab, VerifyError};
use crate::model::constants::{FARADAY, LITHIUM_MOLAR_VOLUME};

/// The case.
pub const CASE: Case = Case { name: "planar", about: "flat front, galvanostatic", source: "Faraday's law", run };

fn run(lab: &Lab) -> Result<Vec<Check>, VerifyError> {
    let setup = lab.config("planar", &[])?;
    lab.with(&setup, |s| {
        let begin = s.clock.ledger.lithium;
        s.advance_to(2000.0)?;
        let moved = (s.clock.ledger.lithium - begin) / s.setup.grid.area();
        let exact = 10.0 * LITHIUM_MOLAR_VOLUME / FARADAY * 2000.0;
        Ok(vec![Check::relative("advance in 2000 s [m]", moved, exact, 1e-5)])
    })
}

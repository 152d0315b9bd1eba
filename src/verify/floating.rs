//! Lithium that is not joined to the copper, under a uniform current: a sphere, a cylinder.
//!
//! With linear kinetics, g = i0 F/RT, it moves as a whole towards where the current comes from, as fast as it plates on that side
//! and dissolves on the other; its net current is zero and its shape stays (model: κ the conductivity, E the field, β = gR/κ):
//!
//! ```text
//! V = (V_m/F) 3 κEβ/(2 + β)  (sphere),      V = (V_m/F) 2 κEβ/(1 + β)  (cylinder)
//! ```
//!
//! It disturbs the field by a E (R/r)ⁿ z with a = (1 − β)/(2 + β), n = 3, or a = (1 − β)/(1 + β), n = 2. The box is periodic:
//! each stands in the field of all others, E = I/κ/(1 − a S), S = 9.0336 (R/W)³ on a square lattice of spacing W, S = π²/3 (R/W)² in
//! a row. The images behind the layer and the top are weaker by exp(−2π) at their distance of W.

use super::boss::LATTICE;
use super::{Case, Check, Lab, Specimen, VerifyError};
use crate::model::constants::{FARADAY, GAS, LITHIUM_MOLAR_VOLUME};
use crate::model::parameters::{Control, InitialDeposit, Setup};
use crate::sim::start::initial_state;
use crate::solver::backend::State;

/// The case.
pub const CASE: Case = Case {
    name: "floating",
    about: "a sphere and a cylinder of isolated lithium under a uniform current: their speed, their volume, their shape",
    source: "(V_m/F) 3κEβ/(2+β) and (V_m/F) 2κEβ/(1+β), with the dipoles of the periodic images",
    quick: true,
    run,
};

/// Largest relative error of the speed.
const SPEED: f64 = 0.05;
/// Largest relative change of the volume. The tails of body and layer meet where ξ is about exp(−8), and which of them a cell there
/// belongs to changes as they move: a plane of such cells is up to 4e-4 of the body.
const VOLUME: f64 = 5e-4;
/// Largest error of the ledger of lithium, which knows no such border.
const LEDGER: f64 = 1e-5;
/// Largest difference between two radii after the way \[dx\].
const ROUND: f64 = 0.25;
/// Radius of both \[dx\].
const RADIUS: f64 = 8.0;
/// How far the faster of the body and the layer's surface goes \[dx\].
const WAY: f64 = 6.0;

fn run(lab: &Lab) -> Result<Vec<Check>, VerifyError> {
    let mut checks = Vec::new();
    for beta in [0.1, 1.0, 10.0] {
        checks.append(&mut drift(lab, false, beta)?);
    }
    if !lab.quick {
        checks.append(&mut drift(lab, true, 1.0)?);
    }
    Ok(checks)
}

fn drift(lab: &Lab, is_sphere: bool, beta: f64) -> Result<Vec<Check>, VerifyError> {
    let cells = if is_sphere { "[48, 48, 64]" } else { "[48, 1, 64]" };
    let mut setup = lab.config("floating", &[format!("grid.cells={cells}")])?;
    let Control::Current(current) = setup.top.control else {
        return Err(VerifyError::Case("floating.toml must set the current".into()));
    };
    let (dx, conductivity) = (setup.grid.dx, setup.electrolyte.at(setup.top.c0, setup.temperature).kappa);
    let thermal = GAS * setup.temperature / FARADAY;
    setup.kinetics.i0 = beta * conductivity * thermal / (RADIUS * dx);
    let share = RADIUS / setup.grid.nx as f64;
    let (speed, images) = if is_sphere {
        (3.0 * beta / (2.0 + beta), (1.0 - beta) / (2.0 + beta) * LATTICE * share.powi(3))
    } else {
        (2.0 * beta / (1.0 + beta), (1.0 - beta) / (1.0 + beta) * std::f64::consts::PI.powi(2) / 3.0 * share.powi(2))
    };
    let of_layer = LITHIUM_MOLAR_VOLUME / FARADAY * current;
    let exact = of_layer * speed / (1.0 - images);
    let centre = [setup.grid.nx, setup.grid.ny, setup.grid.nz].map(|n| 0.5 * n as f64);
    let begin = with_ball(&setup, centre);
    lab.with(&setup, |s| {
        s.begin_from(&begin)?;
        let [volume, height] = moments(s)?;
        s.advance_to(WAY * dx / exact.max(of_layer))?;
        let [volume_then, height_then] = moments(s)?;
        let way = height_then - height;
        let name = format!("{}, β = {beta}", if is_sphere { "sphere" } else { "cylinder" });
        let radii = s.distance()?.radii([centre[0], centre[1], centre[2] + way])?;
        let largest = radii.iter().copied().fold(f64::MIN, f64::max);
        let smallest = radii.iter().copied().fold(f64::MAX, f64::min);
        Ok(vec![
            Check::relative(format!("{name}: speed [m/s]"), way * dx / s.sim.clock().time, exact, SPEED),
            Check::absolute(format!("{name}: volume gained over volume"), volume_then / volume - 1.0, 0.0, VOLUME),
            Check::absolute(format!("{name}: lithium ledger"), s.sim.clock().ledger.lithium_error(), 0.0, LEDGER),
            Check::absolute(format!("{name}: radii differ by [dx]"), largest - smallest, 0.0, ROUND),
        ])
    })
}

/// The config's layer, and a ball whose centre is given \[dx\].
fn with_ball(setup: &Setup, centre: [f64; 3]) -> State {
    let dx = setup.grid.dx;
    let ball = Setup {
        deposit: InitialDeposit::Sphere { centre: centre.map(|x| x * dx), radius: RADIUS * dx },
        ..setup.clone()
    };
    let heights = vec![setup.collector.height; setup.grid.nx * setup.grid.ny];
    let (mut state, ball) = (initial_state(setup, &heights), initial_state(&ball, &heights));
    state.xi.iter_mut().zip(ball.xi).for_each(|(xi, ball)| *xi = xi.max(ball));
    state
}

/// Volume of the isolated lithium \[dx³\], and the height of its centre \[dx\].
fn moments(s: &mut Specimen) -> Result<[f64; 2], VerifyError> {
    let [piece] = &s.sim.clock().isolated[..] else {
        return Err(VerifyError::Case(format!("there are {} isolated pieces, not one", s.sim.clock().isolated.len())));
    };
    let volume = piece.volume;
    let (xi, isolated) = (s.sim.backend().state()?.xi, s.sim.backend().field(crate::solver::backend::Field::Isolated)?);
    let plane = s.setup.grid.nx * s.setup.grid.ny;
    let (mut sum, mut moment) = (0.0, 0.0);
    for (cell, (xi, isolated)) in xi.iter().zip(&isolated).enumerate() {
        let lithium = xi * f64::from(*isolated);
        sum += lithium;
        moment += lithium * ((cell / plane) as f64 + 0.5);
    }
    Ok([volume, moment / sum])
}

//! The SEI: what a plane takes at rest and under a front that moves, and what a sphere takes as its surface grows.
//!
//! A plane's layer holds σ = √(σ0² + 2Kt) per area once it has formed, σ0 the charge of a fresh one, whether the front stands or moves.
//! At rest all of it comes from the lithium below: the surface goes back by σ V_m/F. Under a current I the lithium gets I t − σ, and
//! the potential shows the resistance of the layer, σ R0/σ0. On a sphere that grows every new piece of surface takes σ0: with K = 0 it
//! has taken σ0 times its area in the end, however it came to it.
//!
//! A surface of curvature κ that moves along its normal at v stretches by κv: dσ/dt = −κ v σ + (σ0 − σ)/τ with K = 0. Where it grows as fast as
//! its layer forms, as tips do, the layer stays young: σ/σ0 = 1/(1 + κ v τ) at a steady tip. On the sphere κ = 2/R falls, and the
//! equation is integrated.

use super::sphere::{self, sphere};
use super::{Case, Check, Lab, VerifyError};
use crate::mechanisms::sei::Sei;
use crate::model::constants::{FARADAY, GAS, LITHIUM_MOLAR_VOLUME, ROOM};
use crate::model::parameters::{Control, Setup};

/// The case.
pub const CASE: Case = Case {
    name: "sei",
    about: "what the SEI takes: on a plane at rest and under current, and on a sphere that grows",
    source: "σ = √(σ0² + 2Kt), lithium I t − σ, resistance σ R0/σ0; σ0 times the area of the sphere",
    quick: true,
    run,
};

/// Largest relative error of a charge and a movement on a plane: the diffuse area of a plane is exact, its band holds 99.5 % of it.
const PLANE: f64 = 0.01;
/// Largest relative error of the charge on a sphere: its diffuse area is larger by π²/3 (ℓ/R)², 2.3 %.
const SPHERE: f64 = 0.03;
/// Largest relative error of a layer that is stretched.
const YOUNG: f64 = 0.03;
/// Times in which a layer forms, over the time in which the front grows by the radius it began with.
const YOUNG_TIMES: [f64; 3] = [0.1, 0.3, 1.0];
/// Largest error of the ledgers.
const LEDGER: f64 = 1e-5;
/// Largest relative error of a potential.
const POTENTIAL: f64 = 2e-3;

fn run(lab: &Lab) -> Result<Vec<Check>, VerifyError> {
    let mut checks = plane(lab, 0.0, 86_400.0)?;
    checks.append(&mut plane(lab, 5.0, 6000.0)?);
    checks.push(behind_a_thick_layer(lab)?);
    checks.append(&mut growing(lab)?);
    for share in YOUNG_TIMES {
        checks.push(young(lab, share)?);
    }
    Ok(checks)
}

/// A plane under a current \[A/m²\] for a time \[s\].
fn plane(lab: &Lab, current: f64, time: f64) -> Result<Vec<Check>, VerifyError> {
    let mut setup = lab.config("sei", &[])?;
    setup.top.control = Control::Current(current);
    let sei = of(&setup)?;
    let area = setup.grid.area();
    let charge = (sei.fresh_charge.powi(2) + 2.0 * sei.growth * time).sqrt();
    lab.with(&setup, |s| {
        let start = s.front()?.height;
        s.advance_to(time)?;
        let moved = s.front()?.height - start;
        let exact = (current * time - charge) * LITHIUM_MOLAR_VOLUME / FARADAY;
        let name = format!("plane, {current} A/m2 for {time:.0} s");
        let ledger = &s.sim.clock().ledger;
        let mut checks = vec![
            Check::relative(format!("{name}: charge taken [C/m2]"), ledger.charge_taken.sei / area, charge, PLANE),
            Check::relative(format!("{name}: movement of the front [m]"), moved, exact, PLANE),
            Check::absolute(format!("{name}: lithium ledger"), ledger.lithium_error(), 0.0, LEDGER),
            Check::absolute(
                format!("{name}: charge not accounted for [C/m2]"),
                uncounted(ledger) / area,
                0.0,
                LEDGER * (charge + current * time),
            ),
        ];
        if current > 0.0 {
            checks.push(potential(s.setup, &sei, charge, current, s.sim.clock().potential, start + moved));
        }
        Ok(checks)
    })
}

/// Charge that came in and is neither lithium, nor SEI, nor in the double layer \[C\].
fn uncounted(ledger: &crate::solver::ledger::Ledger) -> f64 {
    ledger.charge - ledger.charge_reaction - ledger.charge_double_layer
}

/// The electrode potential against kinetics, the layer's resistance and the electrolyte above the front.
fn potential(setup: &Setup, sei: &Sei, charge: f64, current: f64, found: f64, front: f64) -> Check {
    let thermal = GAS * setup.temperature / FARADAY;
    let kinetics = 2.0 * thermal * (current / (2.0 * setup.kinetics.i0)).asinh();
    let layer = current * sei.resistance * charge / sei.fresh_charge;
    let conductivity = setup.electrolyte.at(setup.top.c0, setup.temperature).kappa;
    let ohmic = current * (setup.grid.height() - front) / conductivity;
    Check::relative("plane: electrode potential [V]", found, -(kinetics + layer + ohmic), POTENTIAL)
}

/// A layer that takes nearly all of the drive: no part of the surface may do without it.
fn behind_a_thick_layer(lab: &Lab) -> Result<Check, VerifyError> {
    let mut setup = lab.config("sei", &[])?;
    let sei = Sei { growth: 0.0, resistance: 0.02, ..of(&setup)? };
    let current = 20.0;
    (setup.mechanisms.sei, setup.top.control) = (Some(sei), Control::Current(current));
    lab.with(&setup, |s| {
        s.advance_to(600.0)?;
        let front = s.front()?.height;
        let potential = potential(s.setup, &sei, sei.fresh_charge, current, s.sim.clock().potential, front);
        Ok(Check { quantity: "plane, 2 mA/cm2 behind 200 Ω cm2: electrode potential [V]".into(), ..potential })
    })
}

/// A sphere that grows evenly.
fn growing(lab: &Lab) -> Result<Vec<Check>, VerifyError> {
    let mut setup = lab.config("sphere", &[])?;
    // so little that the growth is that without it
    let fresh_charge = 1.0;
    setup.mechanisms.sei = Some(fresh(fresh_charge, 0.1));
    let (centre, radius) = sphere(&setup)?;
    let growth = 4.0;
    let speed = sphere::speed(&setup)?;
    lab.with(&setup, |s| {
        s.advance_to(growth / speed)?;
        let radii = s.distance()?.radii(centre)?;
        let now = radii.iter().sum::<f64>() / radii.len() as f64 * s.setup.grid.dx;
        let area = 4.0 * std::f64::consts::PI * now * now;
        Ok(vec![
            Check::relative(
                format!("sphere from {radius:.0} to {:.0} dx: charge taken [C]", radius + growth),
                s.sim.clock().ledger.charge_taken.sei,
                fresh_charge * area,
                SPHERE,
            ),
            Check::absolute("sphere: lithium ledger", s.sim.clock().ledger.lithium_error(), 0.0, LEDGER),
        ])
    })
}

/// The layer of a sphere that grows about as fast as the layer forms.
fn young(lab: &Lab, share: f64) -> Result<Check, VerifyError> {
    let mut setup = lab.config("sphere", &[])?;
    let (_, radius) = sphere(&setup)?;
    let speed = sphere::speed(&setup)?;
    let (fresh_charge, formation_time) = (1.0, share * radius / speed);
    setup.mechanisms.sei = Some(fresh(fresh_charge, formation_time));
    // no more than the layer itself changes in a step
    setup.time_step.largest = 0.05 * formation_time;
    let end = 4.0 / speed;
    // the surface is bare at the start
    let (steps, mut exact) = (100_000, 0.0);
    let dt = end / f64::from(steps);
    for step in 0..steps {
        let now = radius + speed * (f64::from(step) + 0.5) * dt;
        let rate = 2.0 * speed / now + 1.0 / formation_time;
        exact += (-rate * dt).exp_m1() * (exact - fresh_charge / formation_time / rate);
    }
    lab.with(&setup, |s| {
        s.advance_to(end)?;
        let mean = s.riding_at_front("sei")? * s.sim.scales().current;
        let stretch = 2.0 * share * radius / (radius + 4.0);
        Ok(Check::relative(
            format!("sphere, κvτ = {stretch:.2}: σ/σ0"),
            mean / fresh_charge,
            exact / fresh_charge,
            YOUNG,
        ))
    })
}

fn of(setup: &Setup) -> Result<Sei, VerifyError> {
    setup.mechanisms.sei.ok_or_else(|| VerifyError::Case("sei.toml must have an SEI".into()))
}

/// A layer that forms and does nothing else.
fn fresh(fresh_charge: f64, formation_time: f64) -> Sei {
    Sei {
        fresh_charge,
        formation_time,
        growth: 0.0,
        resistance: 0.0,
        cracks: 0.0,
        activation_energy: 0.0,
        reference_temperature: ROOM,
    }
}

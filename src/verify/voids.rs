//! Voids: the contact that a plane keeps while it is stripped, at rest and while it is plated, and what the rest of the contact resists.
//!
//! Under a stripping current i above the critical i_c the share θ of a plane in contact falls as 1 − (i − i_c) V_m t/(F h), h the height of the voids; at rest
//! it comes back with i_c, while it is plated with i_c + r i. The potential is that of Butler and Volmer at i0 θ, the film over θ, the constriction of stripes,
//! p/(πκ) ln(1/sin(πθ/2)), and the electrolyte above. At a given potential the current falls with the contact: h dθ/dt = (i_c − i(θ)) V_m/F is integrated.
//! On a sphere that grows without closing any, voids are spread over its area: 1 − θ falls as 1/R².
//!
//! The formula of the constriction, which voids are too small to show by themselves, is held against stripes that the grid resolves.

use super::sphere::{self, sphere};
use super::{Case, Check, Lab, Specimen, VerifyError};
use crate::mechanisms::voids::{Voids, constricted};
use crate::model::constants::{FARADAY, GAS, LITHIUM_MOLAR_VOLUME};
use crate::model::parameters::{Control, Setup};

/// The case.
pub const CASE: Case = Case {
    name: "voids",
    about: "the contact that a plane keeps below a solid electrolyte, stripped, at rest and plated, and what is left of its current",
    source: "h dθ/dt = (i_c − i) V_m/F; Butler-Volmer at i0 θ, film over θ, stripes by conformal mapping",
    quick: true,
    run,
};

/// Largest error of a contact at a given current: the law is linear, and the front moves as charge says.
const CONTACT: f64 = 1e-3;
/// Largest relative error of a potential.
const POTENTIAL: f64 = 2e-3;
/// Largest relative error of what changes with the contact within a step, of first order in its length.
const FALLING: f64 = 0.01;
/// Largest relative error of the voids on a sphere.
const SPREAD: f64 = 0.02;
/// Largest relative error of stripes of 64 cells, whose edges are a cell wide.
const EDGES: f64 = 0.06;
/// Largest relative error of stripes with sharp edges.
const STRIPES: f64 = 0.01;
/// From one stripe to the next \[m\].
const PERIOD: f64 = 12.8e-6;

fn run(lab: &Lab) -> Result<Vec<Check>, VerifyError> {
    let mut checks = plane(lab)?;
    checks.push(below_the_critical(lab)?);
    checks.append(&mut at_a_potential(lab)?);
    checks.push(spread(lab)?);
    checks.append(&mut stripes(lab)?);
    Ok(checks)
}

fn of(setup: &Setup) -> Result<Voids, VerifyError> {
    setup.mechanisms.voids.ok_or_else(|| VerifyError::Case("voids.toml must have voids".into()))
}

fn conductivity(setup: &Setup) -> f64 {
    setup.electrolyte.at(setup.top.c0, setup.temperature).kappa
}

/// Contact lost per second and A/m² \[m²/C\].
fn per_charge(voids: &Voids) -> f64 {
    LITHIUM_MOLAR_VOLUME / FARADAY / voids.height
}

/// Share of the surface in contact.
fn contact(s: &mut Specimen) -> Result<f64, VerifyError> {
    s.riding_at_front("contact")
}

/// Potential that a stripping current density takes through the share `contact` of a plane below `gap` of electrolyte \[V\].
fn series(setup: &Setup, voids: &Voids, current: f64, contact: f64, gap: f64) -> f64 {
    let (thermal, kappa) = (GAS * setup.temperature / FARADAY, conductivity(setup));
    let stress = setup.kinetics.pressure * LITHIUM_MOLAR_VOLUME / FARADAY;
    let kinetics = 2.0 * thermal * (current / (2.0 * setup.kinetics.i0 * contact)).asinh();
    let constriction = voids.spacing / (std::f64::consts::PI * kappa) * constricted(contact);
    kinetics + current * (setup.kinetics.film / contact + constriction + gap / kappa) - stress
}

/// Stripped, at rest, plated.
fn plane(lab: &Lab) -> Result<Vec<Check>, VerifyError> {
    let setup = lab.config("voids", &[])?;
    let voids = of(&setup)?;
    let critical = voids.critical_current(setup.kinetics.pressure, setup.temperature);
    let Control::Current(imposed) = setup.top.control else {
        return Err(VerifyError::Case("voids.toml must give a current".into()));
    };
    let stripping = -imposed;
    let rate = per_charge(&voids);
    lab.with(&setup, |s| {
        let mut checks = Vec::new();
        let mut exact = 1.0;
        for part in [0.5, 0.2] {
            let time = (1.0 - part) / (rate * (stripping - critical));
            s.advance_to(time)?;
            exact = part;
            let gap = setup.grid.height() - s.front()?.height;
            // the contact in the kinetics is that of the middle of a step
            let middle = part + 0.5 * rate * (stripping - critical) * s.sim.clock().last;
            let potential = series(&setup, &voids, stripping, middle, gap);
            checks.push(Check::absolute(format!("plane, stripped to {part}: contact"), contact(s)?, part, CONTACT));
            checks.push(Check::relative(
                format!("plane, stripped to {part}: electrode potential [V]"),
                s.sim.clock().potential,
                potential,
                POTENTIAL,
            ));
        }
        for (name, current, time) in [("at rest", 0.0, 200.0), ("plated at 1 mA/cm2", 10.0, 100.0)] {
            s.sim.clock_mut().control = Control::Current(current);
            s.advance_to(s.sim.time() + time)?;
            exact += rate * (critical + voids.refilled * current) * time;
            checks.push(Check::absolute(format!("plane, then {name}: contact"), contact(s)?, exact, CONTACT));
        }
        s.advance_to(s.sim.time() + 1000.0)?;
        checks.push(Check::absolute("plane, plated until all is: contact", contact(s)?, 1.0, 1e-6));
        checks.push(Check::absolute("plane: lithium ledger", s.sim.clock().ledger.lithium_error(), 0.0, 1e-5));
        Ok(checks)
    })
}

/// A current that lithium keeps up with.
fn below_the_critical(lab: &Lab) -> Result<Check, VerifyError> {
    let mut setup = lab.config("voids", &[])?;
    setup.top.control = Control::Current(-4.9);
    lab.with(&setup, |s| {
        s.advance_to(1000.0)?;
        Ok(Check::absolute("plane, below the critical current: contact", contact(s)?, 1.0, 1e-6))
    })
}

/// The contact, and with it the current, falls at a given potential.
fn at_a_potential(lab: &Lab) -> Result<Vec<Check>, VerifyError> {
    let given = 0.08;
    let mut setup = lab.config("voids", &[])?;
    setup.top.control = Control::Potential(given);
    let voids = of(&setup)?;
    let critical = voids.critical_current(setup.kinetics.pressure, setup.temperature);
    let end = 600.0;
    lab.with(&setup, |s| {
        let mut gap = setup.grid.height() - s.front()?.height;
        s.advance_to(end)?;
        let current = |share: f64, gap: f64| {
            let (mut low, mut high) = (0.0, 1e4);
            for _ in 0..100 {
                let middle = 0.5 * (low + high);
                if series(&setup, &voids, middle, share, gap) < given { low = middle } else { high = middle }
            }
            0.5 * (low + high)
        };
        let (steps, mut exact, mut middle) = (20_000, 1.0, 0.0);
        let dt = end / f64::from(steps);
        for step in 0..steps {
            let i = current(exact, gap);
            if f64::from(step) * dt < end - 0.5 * s.sim.clock().last {
                middle = i; // the current of a step is that of its middle
            }
            exact = (exact - per_charge(&voids) * (i - critical) * dt).min(1.0);
            gap += LITHIUM_MOLAR_VOLUME / FARADAY * i * dt;
        }
        let name = "plane at 80 mV";
        Ok(vec![
            Check::relative(format!("{name}: contact"), contact(s)?, exact, FALLING),
            Check::relative(format!("{name}: current density [A/m2]"), s.sim.clock().current, -middle, FALLING),
        ])
    })
}

/// Voids that are there, on a sphere that grows without closing any: at the radius that it has.
fn spread(lab: &Lab) -> Result<Check, VerifyError> {
    let mut setup = lab.config("sphere", &[])?;
    let (centre, radius) = sphere(&setup)?;
    let speed = sphere::speed(&setup)?;
    let voids = of(&lab.config("voids", &[])?)?;
    setup.mechanisms.voids =
        Some(Voids { critical_current: 0.0, refilled: 0.0, spacing: 0.0, pressure_exponent: 0.0, ..voids });
    let (growth, begun) = (6.0, 0.5);
    lab.with(&setup, |s| {
        let mut state = s.sim.backend().state()?;
        state.riding.entry("contact").or_default().fill(begun);
        s.begin_from(&state)?;
        s.advance_to(growth / speed)?;
        let radii = s.distance()?.radii(centre)?;
        let now = radii.iter().sum::<f64>() / radii.len() as f64;
        let exact = (1.0 - begun) * (radius / now).powi(2);
        let name = format!("sphere from {radius:.0} to {now:.1} dx: surface above voids");
        Ok(Check::relative(name, 1.0 - contact(s)?, exact, SPREAD))
    })
}

/// Half of a plane behind a film that lets nothing through, in stripes: what the constriction adds, on grids that tell it more and more exactly. An edge is
/// as sharp as the interface, which is an error of first order in ℓ.
fn stripes(lab: &Lab) -> Result<Vec<Check>, VerifyError> {
    let constriction = |cells: usize| {
        let dx = PERIOD / cells as f64;
        let overrides = [
            format!("grid.cells=[{cells}, 1, {}]", cells * 5 / 4),
            format!("grid.dx={dx:e} m"),
            "kinetics.i0=9e5 mA/cm^2".into(),
            "kinetics.film=0 ohm cm^2".into(),
            "kinetics.pressure=0 Pa".into(),
            "voids.pressure_exponent=0".into(),
            format!("collector.height={:e} m", 8.0 * dx),
            format!("deposit.thickness={:e} m", 8.0 * dx),
            format!(
                "collector.pattern={{shape = \"stripes\", period = \"{PERIOD:e} m\", width = \"{:e} m\", film = \"1e5 ohm cm^2\", outside = 1.0}}",
                0.5 * PERIOD
            ),
        ];
        let mut setup = lab.config("voids", &overrides)?;
        setup.mechanisms.voids = None;
        let current = 10.0;
        setup.top.control = Control::Current(current);
        lab.with(&setup, |s| {
            let gap = setup.grid.height() - s.front()?.height;
            s.step_by(1e-3)?;
            Ok(-s.sim.clock().potential / current - gap / conductivity(&setup))
        })
    };
    let exact = PERIOD / (std::f64::consts::PI * conductivity(&lab.config("voids", &[])?)) * constricted(0.5);
    let [coarse, fine] = [constriction(64)?, constriction(128)?];
    let order = ((coarse - exact) / (fine - exact)).log2();
    Ok(vec![
        Check {
            order: Some(order),
            ..Check::relative("stripes of contact, 128 cells apart: constriction [Ω m2]", fine, exact, EDGES)
        },
        Check::relative("stripes of contact, extrapolated: constriction [Ω m2]", 2.0 * fine - coarse, exact, STRIPES),
    ])
}

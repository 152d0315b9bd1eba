//! Sand's time: under a constant current the salt on the lithium falls as 1 − √(t/t_S) in a half space.
//!
//! That is for a surface at rest. The plated front advances at v into the electrolyte; to first order in v √(t/D) this
//! adds j v t/(2 D c0), j = (1−t₊) i/F being the salt flux: the Laplace transform of the drifting half space,
//! −j (√(v² + 4Ds) − v)/(2Ds²), expanded in v. It is 0.009 at t_S whatever the current, and makes depletion 1.8 % later.
//!
//! The run stops at 0.9 t_S, before the potential runs away. Its own time of depletion is where the straight line through
//! (1 − c/c0)², which is t/t_S for the surface at rest, reaches 1: least squares over 0.5…0.9 t_S. The term of the
//! moving front bends that line by less than 0.1 % of t_S.

use std::f64::consts::PI;

use super::{Case, Check, Lab, VerifyError};
use crate::model::constants::{FARADAY, LITHIUM_MOLAR_VOLUME};
use crate::model::electrolyte::Electrolyte;
use crate::model::parameters::Control;

/// The case.
pub const CASE: Case = Case {
    name: "sand",
    about: "salt at the front of a half space under three currents, up to 0.9 of Sand's time",
    source: "Sand: t_S = πD[c0 F/(2i(1−t₊))]², c/c0 = 1 − √(t/t_S) + (1−t₊) i v t/(2FD c0), v the speed of the front",
    quick: true,
    run,
};

/// Currents, and the cells that resolve the layer of each.
const CURRENTS: [(f64, [&str; 3]); 3] = [
    (10.0, ["top.current=10 mA/cm^2", "grid.dx=4 um", "collector.height=24 um"]),
    (20.0, ["top.current=20 mA/cm^2", "grid.dx=2 um", "collector.height=12 um"]),
    (40.0, ["top.current=40 mA/cm^2", "grid.dx=1 um", "collector.height=6 um"]),
];
/// Largest error of c/c0.
const CONCENTRATION: f64 = 0.01;
/// Largest relative error of the time of depletion.
const TIME: f64 = 0.02;

fn run(lab: &Lab) -> Result<Vec<Check>, VerifyError> {
    let mut checks = Vec::new();
    for (current, overrides) in CURRENTS {
        match depletion(lab, current, &overrides.map(String::from)) {
            Ok(mut these) => checks.append(&mut these),
            Err(error) => checks.push(Check::not_run(format!("{current} mA/cm2: {error}"))),
        }
    }
    Ok(checks)
}

/// What is exact for a moving front.
struct Sand {
    /// t_S of a surface at rest \[s\]
    time: f64,
    /// j v t_S/(2 D c0)
    drift: f64,
}

impl Sand {
    /// c/c0 on the surface.
    fn concentration(&self, time: f64) -> f64 {
        let share = time / self.time;
        1.0 - share.sqrt() + self.drift * share
    }

    /// Where it reaches zero: √τ = 1 + drift τ \[s\].
    fn depletion(&self) -> f64 {
        let root = 2.0 / (1.0 + (1.0 - 4.0 * self.drift).sqrt());
        self.time * root * root
    }
}

fn depletion(lab: &Lab, current: f64, overrides: &[String]) -> Result<Vec<Check>, VerifyError> {
    let setup = lab.config("sand", overrides)?;
    let (Control::Current(i), Electrolyte::Constant(p)) = (setup.top.control, &setup.electrolyte) else {
        return Err(VerifyError::Case("sand.toml must give a current and a constant electrolyte".into()));
    };
    let c0 = setup.top.c0;
    let flux = (1.0 - p.transference) * i / FARADAY;
    let time = PI * p.diffusivity * (c0 / (2.0 * flux)).powi(2);
    let speed = i * LITHIUM_MOLAR_VOLUME / FARADAY;
    let sand = Sand { time, drift: flux * speed * time / (2.0 * p.diffusivity * c0) };
    lab.with(&setup, |s| {
        // time, c/c0 on the surface
        let mut seen: Vec<(f64, f64)> = Vec::new();
        for share in 1..=18 {
            s.advance_to(0.05 * f64::from(share) * time)?;
            seen.push((s.sim.clock().time, s.front()?.concentration));
        }
        let error = |(time, c): (f64, f64)| (c - sand.concentration(time)).abs();
        let (mut at, mut c) = seen[0];
        for &(time, concentration) in &seen {
            if error((time, concentration)) > error((at, c)) {
                (at, c) = (time, concentration);
            }
        }
        let late: Vec<(f64, f64)> = seen[9..].iter().map(|&(time, c)| (time, (1.0 - c).powi(2))).collect();
        Ok(vec![
            Check::absolute(
                format!("{current} mA/cm2: c/c0 on the front where it is worst up to 0.9 t_S"),
                c,
                sand.concentration(at),
                CONCENTRATION,
            ),
            Check::relative(
                format!("{current} mA/cm2: time of depletion [s]"),
                reaches_one(&late),
                sand.depletion(),
                TIME,
            ),
        ])
    })
}

/// Where the straight line of least squares through the points reaches 1.
fn reaches_one(points: &[(f64, f64)]) -> f64 {
    let n = points.len() as f64;
    let mean = |f: &dyn Fn(&(f64, f64)) -> f64| points.iter().map(f).sum::<f64>() / n;
    let (x, y) = (mean(&|p| p.0), mean(&|p| p.1));
    let slope = mean(&|p| (p.0 - x) * (p.1 - y)) / mean(&|p| (p.0 - x).powi(2));
    x + (1.0 - y) / slope
}

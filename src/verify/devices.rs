//! The CPU backend and an adapter take the same fifty steps.
//!
//! Both solve the same equations, in f64 to 1e-6 and in f32 to 3e-6; what else differs is arithmetic. Rounding enters ξ with 6e-8 a step and
//! cell, and nothing here amplifies it: fifty steps make 3e-6 of a cell's lithium w ξ at worst. Where divisions, roots, exponentials and
//! logarithms err as far as WGSL allows, a current of smooth fields is wrong by 5e-6 (docs/arithmetic.md), and so is what it plates in a cell, of which there is
//! room for 1: 8e-6 together. A current that is wrong by 5e-6 makes a potential that is wrong by 5e-6 of some 100 mV, and salt that is wrong by
//! four times as much where the current has nearly used it up: what passes there is what its logarithm says. Nuclei appear by chance, but by the same one.
//!
//! The adapter is the one that `--device` names, otherwise the best hardware, otherwise a software one: what is compared
//! are numbers, not times. Without any, nothing can be compared, and the case says that it was not run.

use super::{Case, Check, Lab, VerifyError};
use crate::sim::device::DeviceChoice;
use crate::solver::backend::Field;
use crate::solver::step::Clock;

/// The case.
pub const CASE: Case = Case {
    name: "devices",
    about: "fifty steps with everything switched on, on the CPU and on an adapter",
    source: "the CPU backend, in f64",
    // it takes seconds, but its numbers are those of the adapter and no two adapters round alike
    quick: false,
    run,
};

/// Steps of either run.
const STEPS: usize = 50;
/// Largest difference of w ξ, and largest relative one of the time and the charge plated.
pub const LITHIUM: f64 = 1e-5;
/// Largest difference of c/c0.
pub const SALT: f64 = 2e-5;
/// Largest difference of the electrode potential \[V\].
pub const POTENTIAL: f64 = 5e-7;

/// Where a run ended.
struct Outcome {
    device: String,
    /// w ξ
    lithium: Vec<f32>,
    /// c/c0 − 1
    c: Vec<f32>,
    clock: Clock,
}

fn run(lab: &Lab) -> Result<Vec<Check>, VerifyError> {
    let device = match adapter(lab.device) {
        Ok(device) => device,
        Err(reason) => return Ok(vec![Check::skipped(reason)]),
    };
    let there = fifty_steps(&Lab { device, ..*lab })?;
    let here = fifty_steps(&Lab { device: DeviceChoice::Cpu, ..*lab })?;
    let counts = |clock: &Clock| [clock.step, clock.nuclei, clock.rejected];
    if here.clock.nuclei < 2 {
        return Err(VerifyError::Case("the run has no nuclei".into()));
    }
    let different = counts(&there.clock).iter().zip(counts(&here.clock)).filter(|(a, b)| **a != *b).count();
    let plated = |clock: &Clock| clock.ledger.charge_reaction;
    Ok(vec![
        Check::identical(format!("numbers of steps, nuclei, rejections that differ: {}", there.device), different),
        Check::relative("time [s]", there.clock.time, here.clock.time, LITHIUM),
        Check::absolute("lithium w ξ: largest difference", difference(&there.lithium, &here.lithium), 0.0, LITHIUM),
        Check::absolute("salt c/c0: largest difference", difference(&there.c, &here.c), 0.0, SALT),
        Check::absolute("electrode potential [V]", there.clock.potential, here.clock.potential, POTENTIAL),
        Check::relative("charge plated [C]", plated(&there.clock), plated(&here.clock), LITHIUM),
    ])
}

fn fifty_steps(lab: &Lab) -> Result<Outcome, VerifyError> {
    let setup = lab.config("devices", &[])?;
    lab.with(&setup, |s| {
        for _ in 0..STEPS {
            s.step(f64::INFINITY)?;
        }
        let (xi, w) = (s.sim.backend().field(Field::Xi)?, s.sim.backend().field(Field::Accessible)?);
        Ok(Outcome {
            device: s.sim.backend().device(),
            lithium: xi.iter().zip(&w).map(|(xi, w)| xi * w).collect(),
            c: s.sim.backend().field(Field::C)?,
            clock: s.sim.clock().clone(),
        })
    })
}

/// Largest difference of two fields.
pub fn difference(a: &[f32], b: &[f32]) -> f64 {
    a.iter().zip(b).map(|(a, b)| f64::from((a - b).abs())).fold(0.0, f64::max)
}

/// The adapter to compare with, or why there is none.
#[cfg(feature = "gpu")]
fn adapter(wanted: DeviceChoice) -> Result<DeviceChoice, &'static str> {
    if matches!(wanted, DeviceChoice::Gpu(_)) {
        return Ok(wanted);
    }
    let adapters = crate::gpu::adapters();
    match adapters.first() {
        None => Err("there is no adapter, not even a software one"),
        Some(_) if adapters.iter().any(|adapter| adapter.is_hardware) => Ok(DeviceChoice::Gpu(None)),
        Some(software) => Ok(DeviceChoice::Gpu(Some(software.index))),
    }
}

/// The adapter to compare with, or why there is none.
#[cfg(not(feature = "gpu"))]
fn adapter(_: DeviceChoice) -> Result<DeviceChoice, &'static str> {
    Err("this program was built without the `gpu` feature")
}

//! A ripple that grows into a finger without surface tension and with infinitely fast kinetics: Saffman's exact solution.
//!
//! What is neither zero nor infinite here is small: kinetics take as much potential as 1/k_kin of electrolyte, a hundredth of a
//! cell, and surface tension is what makes a wave of eight cells neither grow nor decay, without which the grid's own ripples would
//! grow fastest. It slows the finger's first wave by (8 cells/W)², 1.6 % of 64 cells, and its higher ones by more.

use super::saffman::{self, Shape};
use super::{Case, Check, Lab, Specimen, VerifyError};
use crate::model::constants::{FARADAY, LITHIUM_MOLAR_VOLUME};
use crate::model::parameters::{Control, Setup};

/// The case.
pub const CASE: Case = Case {
    name: "unsteady_finger",
    about: "a ripple that grows into a finger without surface tension: its height from trough to tip",
    source: "Saffman 1959: z + ix = d − ln ζ + A ln(1 − aζ), ln a − 2λ(1−λ) ln(1−a²) = Vt + const",
    quick: true,
    run,
};

/// A grid and a time step that the finger is tried with, and how far it grows.
struct Run {
    /// cells a period
    cells: usize,
    /// limit of the movement in a step \[cells\]
    cfl: f64,
    /// ways of a flat front after which the height is looked at \[W/2π\]
    ways: &'static [f64],
    /// whether it is one of the quick checks
    quick: bool,
}

/// What is run. On 128 cells a cfl of 0.02 changes the last height by 2e-4 (2026-11-28).
const RUNS: &[Run] = &[
    Run { cells: 64, cfl: 0.02, ways: &[0.25, 0.5], quick: true },
    Run { cells: 128, cfl: 0.05, ways: &[0.25, 0.5, 0.75, 1.0], quick: false },
];

/// The first shape: its height is 0.405 W/2π.
const START: Shape = Shape { lambda: 0.5, a: 0.2 };
/// Largest relative error of the height.
const HEIGHT: f64 = 0.01;
/// Mean height of the front at the start and electrolyte above it \[W\].
const PLACE: [f64; 2] = [0.25, 1.0];
/// A place in the lithium below all of the front \[cells\].
const INSIDE: f64 = 4.0;
/// The wave that neither grows nor decays \[cells\].
const NEUTRAL: f64 = 8.0;

fn run(lab: &Lab) -> Result<Vec<Check>, VerifyError> {
    let mut checks = Vec::new();
    for run in RUNS.iter().filter(|run| run.quick || !lab.quick) {
        let (setup, speed) = run.setup(lab)?;
        checks.append(&mut lab.with(&setup, |s| run.watch(s, speed))?);
    }
    Ok(checks)
}

impl Run {
    /// The setup, and the speed of a flat front \[W/2π s\].
    fn setup(&self, lab: &Lab) -> Result<(Setup, f64), VerifyError> {
        let mut setup = lab.config("unsteady_finger", &[])?;
        let Control::Current(current) = setup.top.control else {
            return Err(VerifyError::Case("unsteady_finger.toml must set the current".into()));
        };
        let width = setup.grid.nx as f64 * setup.grid.dx;
        let height = PLACE.iter().sum::<f64>() * self.cells as f64;
        setup.grid.dx = width / self.cells as f64;
        setup.ell = setup.grid.dx;
        (setup.grid.nx, setup.grid.nz) = (self.cells, height.ceil() as usize);
        setup.time_step.cfl = self.cfl;
        // k_c² = I F/(κ γ V_m)
        let conductivity = setup.electrolyte.at(setup.top.c0, setup.temperature).kappa;
        let wave = NEUTRAL * setup.grid.dx / std::f64::consts::TAU;
        setup.kinetics.gamma = current * FARADAY * wave * wave / (conductivity * LITHIUM_MOLAR_VOLUME);
        let speed = current * LITHIUM_MOLAR_VOLUME / FARADAY * std::f64::consts::TAU / width;
        Ok((setup, speed))
    }

    fn watch(&self, s: &mut Specimen, speed: f64) -> Result<Vec<Check>, VerifyError> {
        let width = self.cells as f64;
        s.begin_from(&saffman::state(s.setup, START, PLACE[0] * width))?;
        let mut checks = Vec::new();
        for way in self.ways {
            s.advance_to(way / speed)?;
            let [tip, trough] = saffman::tip_and_trough(s, INSIDE)?;
            let height = (tip - trough) * std::f64::consts::TAU / width;
            let name = format!("{} cells, Vt = {way} W/2π: height [W/2π]", self.cells);
            checks.push(Check::relative(name, height, START.after(*way).height(), HEIGHT));
        }
        Ok(checks)
    }
}

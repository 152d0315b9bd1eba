//! Counts of nuclei on bare copper at a fixed drive: a Poisson process of the rate J = J0 exp[−(η_b/drive)²] per area.
//!
//! In a step of dt a cell with e expected nuclei fires with the chance e(1 − e/2), which is 1 − exp(−e) up to e³/6, and the
//! cells of one column that fire together make one nucleus. Both lose to a Poisson count of mean λ in n steps on m columns
//! the share λ/(2 n m) and less: 1e-4 here, against a standard error of the mean of 2 %.
//!
//! Of N counts with mean λ the mean has the standard error √(λ/N), the variance √(λ/N + 2λ²/(N − 1)), from the fourth
//! central moment λ + 3λ² of the Poisson distribution. The seeds are fixed, other ones for each drive: the counts are the same in every run.

use super::{Case, Check, Lab, Specimen, VerifyError};
use crate::model::nucleation::columns;
use crate::model::parameters::{Control, Nucleation};
use crate::solver::backend::Firing;
use crate::solver::newton;

/// The case.
pub const CASE: Case = Case {
    name: "nucleation",
    about: "counts of nuclei at a fixed drive over 50 seeds",
    source: "mean and variance of the Poisson distribution, within three standard errors",
    quick: true,
    run,
};

/// Expected nuclei of a count.
const EXPECTED: f64 = 40.0;
/// Steps of a count.
const STEPS: u32 = 200;
/// Counts.
const SEEDS: u32 = 50;
/// Standard errors allowed.
const ALLOWED: f64 = 3.0;

fn run(lab: &Lab) -> Result<Vec<Check>, VerifyError> {
    let mut checks = Vec::new();
    for (drive, first) in [(0.15, 0), (0.2, SEEDS)] {
        // the potential starts where it is held: the double layer is at rest
        let potential = |key: &str| format!("top.{key}=\"{} mV\"", -1e3 * drive);
        let setup = lab.config("nucleation", &[potential("potential"), potential("initial_potential")])?;
        checks.extend(lab.with(&setup, |s| counts(s, drive, first))?);
    }
    Ok(checks)
}

fn counts(s: &mut Specimen, drive: f64, first: u32) -> Result<[Check; 2], VerifyError> {
    let (Nucleation::Poisson { rate, barrier, .. }, Control::Potential(_)) = (&s.setup.nucleation, s.setup.top.control)
    else {
        return Err(VerifyError::Case("nucleation.toml: not a Poisson process at a given potential".into()));
    };
    let time = EXPECTED / (rate * (-(barrier / drive).powi(2)).exp() * s.setup.grid.area());
    let dt = time / f64::from(STEPS);
    s.sim.backend().interface(0.0);
    s.sim.backend().begin_step(0.0);
    let clock = s.sim.clock();
    let step = s.sim.scales().step(s.setup, clock.control, dt, clock.phi_reference, 0.0);
    s.sim.backend().set_step(&step);
    newton::solve(s.sim.backend()).map_err(|e| VerifyError::Case(e.to_string()))?;
    let mut numbers = Vec::new();
    for seed in first..first + SEEDS {
        let mut count = 0;
        for step in 0..STEPS {
            count += columns(&s.setup.grid, &s.sim.backend().nucleate(Firing { seed, step, dt })?).len();
        }
        numbers.push(count as f64);
    }
    let n = f64::from(SEEDS);
    let mean = numbers.iter().sum::<f64>() / n;
    let variance = numbers.iter().map(|number| (number - mean).powi(2)).sum::<f64>() / (n - 1.0);
    let errors = [(EXPECTED / n).sqrt(), (EXPECTED / n + 2.0 * EXPECTED * EXPECTED / (n - 1.0)).sqrt()];
    let name = |what: &str| format!("{what} of the nuclei in {time:.3} s at {} mV", 1e3 * drive);
    Ok([
        Check::absolute(name("mean"), mean, EXPECTED, ALLOWED * errors[0]),
        Check::absolute(name("variance"), variance, EXPECTED, ALLOWED * errors[1]),
    ])
}

//! Runs at the ends of the documented ranges, with the default settings of the solver: each runs, or stops for the reason
//! that physics gives, and no more iterations are spent on it than when the bounds here were written down.

use super::{Case, Check, Lab, Specimen, VerifyError};
use crate::model::constants::FARADAY;
use crate::model::parameters::{Control, Salt, Setup};
use crate::solver::newton;

/// The case.
pub const CASE: Case = Case {
    name: "limits",
    about: "iterations and endings at the ends of the documented ranges",
    source: "counts of iterations as measured, with a margin; limiting current i L = n F ∫ D/(1−t₊) dc",
    run,
};

/// A run: its name, what it changes, its current in limiting currents if it is given so, its length \[s\].
struct Limit {
    name: &'static str,
    set: &'static [&'static str],
    limiting: Option<f64>,
    seconds: f64,
    quick: bool,
}

const fn limit(name: &'static str, set: &'static [&'static str]) -> Limit {
    Limit { name, set, limiting: None, seconds: 60.0, quick: false }
}

const BOX: &str = "grid.cells=[24, 24, 24]";

const LIMITS: &[Limit] = &[
    Limit { limiting: Some(0.95), ..limit("0.95 i_lim, reservoir", &[]) },
    Limit { limiting: Some(1.0), ..limit("1.00 i_lim, reservoir", &[]) },
    Limit { limiting: Some(1.05), ..limit("1.05 i_lim, reservoir", &[]) },
    Limit { limiting: Some(1.2), ..limit("1.20 i_lim, reservoir", &[]) },
    Limit { limiting: Some(0.95), ..limit("0.95 i_lim, cathode", &["top.salt=cathode"]) },
    Limit { limiting: Some(1.0), ..limit("1.00 i_lim, cathode", &["top.salt=cathode"]) },
    Limit { limiting: Some(1.05), ..limit("1.05 i_lim, cathode", &["top.salt=cathode"]) },
    Limit { limiting: Some(1.2), ..limit("1.20 i_lim, cathode", &["top.salt=cathode"]) },
    limit("film 100 Ω cm²", &["kinetics.film=100 ohm cm^2"]),
    limit("film 10⁴ Ω cm²", &["kinetics.film=1 ohm m^2"]),
    limit("film 10⁴ Ω cm², i0 1000", &["kinetics.film=1 ohm m^2", "kinetics.i0=1000 A/m^2"]),
    limit("i0 0.1 A/m²", &["kinetics.i0=0.1 A/m^2"]),
    limit("i0 1000 A/m²", &["kinetics.i0=1000 A/m^2"]),
];

fn run(lab: &Lab) -> Result<Vec<Check>, VerifyError> {
    let mut checks = Vec::new();
    for limit in LIMITS.iter().filter(|limit| limit.quick || !lab.quick) {
        let only = std::env::var("ONLY").unwrap_or_default();
        if !limit.name.contains(&only) {
            continue;
        }
        let set: Vec<String> = limit.set.iter().map(|s| s.to_string()).collect();
        let mut setup = lab.config("limits", &set)?;
        if let Some(share) = limit.limiting {
            setup.top.control = Control::Current(share * limiting_current(&setup));
        }
        let began = std::time::Instant::now();
        let trail = lab.with(&setup, |s| trail(s, limit.seconds))?;
        println!(
            "{:32} {:>5} steps {:>5.2} mean {:>3} worst {:>4} rejected {:.3} reduction | {} | {:.1} s wall",
            limit.name,
            trail.steps,
            trail.mean,
            trail.worst,
            trail.rejected,
            trail.reduction,
            trail.ending,
            began.elapsed().as_secs_f64()
        );
        checks.push(Check::absolute(limit.name, trail.mean, 0.0, 8.0));
    }
    Ok(checks)
}

/// What a run took.
struct Trail {
    steps: u64,
    mean: f64,
    worst: usize,
    rejected: u64,
    reduction: f64,
    ending: String,
}

fn trail(s: &mut Specimen, seconds: f64) -> Result<Trail, VerifyError> {
    let mut worst = 0;
    let mut reduction = 0.0f64;
    let trace = std::env::var_os("TRACE").is_some();
    let began = std::time::Instant::now();
    let ending = loop {
        if s.clock.time >= seconds {
            break format!("ran to {} s at {:.3} V", seconds, s.clock.potential);
        }
        if began.elapsed().as_secs_f64() > 10.0 {
            break format!("CRAWLS at {:.6} s, dt {:.2e}, {:.3} V", s.clock.time, s.clock.dt, s.clock.potential);
        }
        match s.step(seconds) {
            Ok(report) => {
                worst = worst.max(report.iterations);
                if trace {
                    let c = s.b.state()?.c;
                    let low = c.iter().copied().fold(f64::MAX, f64::min);
                    println!(
                        "  {:5} t {:.6} dt {:.3e} it {:2} V {:.4} c {:.3e} next {} rejected {:?}",
                        s.clock.step,
                        s.clock.time,
                        report.dt,
                        report.iterations,
                        s.clock.potential,
                        1.0 + low,
                        s.clock.limited_by,
                        report.rejected
                    );
                }
            }
            Err(error) => break error.to_string(),
        }
    };
    let step = s.problem.scales.step(s.setup, s.clock.dt, s.clock.phi_reference, 0.0);
    for share in [1.1] {
        let mut step = step;
        step.top_current *= share;
        s.b.begin_step();
        s.b.set_step(&step);
        s.b.interface(0.0);
        reduction = reduction.max(newton::reduction(s.b)?);
    }
    let tried = s.clock.step.max(1);
    Ok(Trail {
        steps: s.clock.step,
        mean: s.clock.newton as f64 / tried as f64,
        worst,
        rejected: s.clock.rejected,
        reduction,
        ending,
    })
}

/// Largest steady current density through the slab \[A/m²\]: between the lithium, where c = 0, and the top, where c = c0,
/// or its mirror image where the mean stays c0.
fn limiting_current(setup: &Setup) -> f64 {
    const INTERVALS: usize = 1000;
    let reach = match setup.top.salt {
        Salt::Reservoir => setup.top.c0,
        Salt::Cathode => 2.0 * setup.top.c0,
    };
    let width = reach / INTERVALS as f64;
    let conductance: f64 = (0..INTERVALS)
        .map(|i| setup.electrolyte.at((i as f64 + 0.5) * width, setup.temperature))
        .map(|p| p.diffusivity / (1.0 - p.transference) * width)
        .sum();
    FARADAY * conductance / (setup.grid.height() - 4e-6)
}

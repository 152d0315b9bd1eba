//! `liplate converge`: one config on several grids, interface lengths or time steps, and what its metrics would be in the
//! limit.
//!
//! Every level is a run in a directory of its own; a level that is done is not run again, one that was interrupted is
//! resumed. The copper and the nuclei are the same on all levels (fixed.rs), the limit and its error bar come from
//! extrapolate.rs.

mod extrapolate;
mod fixed;
mod plan;
mod plot;
mod report;
mod runner;

pub use extrapolate::{Behaviour, Limit, limit};
pub use plan::Study;
pub use report::{Findings, Quantity};
pub use runner::Ran;

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::Duration;

use crate::check;
use crate::io::IoError;
use crate::model::parameters::{CollectorShape, Nucleation, Setup};
use crate::run::RunError;
use crate::sim::device::DeviceChoice;
use crate::sim::start::load_heights;
use plan::Level;
use runner::{Finished, Runner};

/// Fewest levels that an order can be told from.
pub const FEWEST_LEVELS: usize = 3;

/// A study that is to be made.
#[derive(Clone, Debug)]
pub struct Request {
    /// the config: the coarsest level or, with `coarsen`, the finest
    pub setup: Setup,
    /// what to refine, in this order
    pub studies: Vec<Study>,
    /// number of levels, at least [`FEWEST_LEVELS`]
    pub levels: usize,
    /// dx of a level over that of the next finer one
    pub ratio: f64,
    /// whether the config is the finest level
    pub coarsen: bool,
    /// where the files go
    pub directory: PathBuf,
    /// which device computes
    pub device: DeviceChoice,
    /// stop after this wall time, over all levels
    pub max_wall: Option<Duration>,
    /// say only what was found
    pub quiet: bool,
    /// say what would be run and stop
    pub plan_only: bool,
    /// command line, for the files
    pub command: String,
}

/// Why a study could not be made.
#[derive(Debug, thiserror::Error)]
pub enum ConvergeError {
    /// The config does not suit a study.
    #[error("{0}")]
    Config(String),
    /// The box cannot be cut so.
    #[error(
        "grid.cells: level {level} needs the box of {} × {} × {} cells in other cubes, {wanted:.1} where the config has {parts}; no \
         whole number near it gives another level. Take --ratio 2, or cells with a larger common divisor than {parts}",
        cells[0], cells[1], cells[2]
    )]
    Cells {
        /// cells of the config
        cells: [usize; 3],
        /// greatest common divisor of the cells
        parts: usize,
        /// what the level would have in its place
        wanted: f64,
        /// number of the level, from 1
        level: usize,
    },
    /// A level is not possible.
    #[error("level {level}:\n  {}", problems.join("\n  "))]
    Level {
        /// its name
        level: String,
        /// everything that is wrong with it, the key first
        problems: Vec<String>,
    },
    /// A directory holds another run.
    #[error("{directory} holds a run of another configuration; give another --out")]
    Other {
        /// the directory
        directory: PathBuf,
    },
    /// A level ended for another reason than its charge or time.
    #[error("{directory}: ended by {reason}; the levels can only be compared at the same charge")]
    Ended {
        /// the directory
        directory: PathBuf,
        /// why it ended
        reason: String,
    },
    /// A run.
    #[error("{level}: {error}")]
    Run {
        /// its name
        level: String,
        /// what failed
        error: RunError,
    },
    /// A file.
    #[error(transparent)]
    Io(#[from] IoError),
    /// The plot.
    #[error("{path}: {reason}")]
    Plot {
        /// the file
        path: PathBuf,
        /// what failed
        reason: String,
    },
}

/// How a study ended.
pub enum Outcome {
    /// everything is known
    Found(Vec<Findings>),
    /// only the plan was wanted
    Planned,
    /// a run was stopped; calling again goes on from there
    Stopped {
        /// exit code of that run
        code: u8,
        /// which, and why
        reason: String,
    },
}

/// Makes the studies; `tell` gets the plan and the progress, `print` the tables.
///
/// # Errors
/// If a level is impossible, a directory holds something else, or a run or a file fails.
pub fn run(request: &Request, tell: impl Fn(&str), print: impl Fn(&str)) -> Result<Outcome, ConvergeError> {
    let base = &request.setup;
    plan::comparable(base, &request.studies)?;
    let grids = plan::grids(base, request.levels, request.ratio, request.coarsen)?;
    let coarsest = &grids[0];
    plan::nuclei_fit(base, coarsest)?;
    let base = &plan::at_coarsest(base, &grids);

    let heights = heights(&Setup { grid: coarsest.grid, ell: coarsest.ell, ..base.clone() }, coarsest)?;
    let mut held = vec!["the box, materials, rates and the charge at the end".to_string()];
    let copper = copper(base, coarsest, &heights, &mut held);
    let studies: Vec<(Study, Vec<Level>)> =
        request.studies.iter().map(|&study| (study, plan::levels(study, &grids, request.ratio))).collect();
    // all levels once, in order of appearance
    let mut order: Vec<(String, Level)> = Vec::new();
    for level in studies.iter().flat_map(|(_, levels)| levels) {
        let name = level.to_string();
        if order.iter().all(|(known, _)| *known != name) {
            order.push((name, level.clone()));
        }
    }
    for (_, level) in &order {
        let setup = level.setup(base, coarsest, copper.as_ref());
        level.check(&setup, request.device)?;
        self::heights(&setup, level)?;
    }
    let first = coarsest.setup(base, coarsest, copper.as_ref());
    let rate = check::seconds_per_cell(&first, &heights, request.device);
    let rate = rate.map_err(|error| ConvergeError::Run { level: coarsest.to_string(), error })?;
    let mut runner = Runner::new(request, rate);
    let records = fixed::by_chance(base);
    runner.announce(coarsest, &order, base, records, &tell);
    if request.plan_only {
        return Ok(Outcome::Planned);
    }

    let nuclei = if records {
        match runner.run("nuclei", &first, &tell)? {
            Finished::Stopped { code, reason } => return Ok(Outcome::Stopped { code, reason }),
            Finished::Done(_) => fixed::recorded(&request.directory.join("nuclei").join("events.jsonl"))?,
        }
    } else {
        fixed::placed(&first, &self::heights(&first, coarsest)?)
    };
    held.extend(sentence(&base.nucleation, nuclei.len()));
    let listed = match base.nucleation {
        Nucleation::None => Nucleation::None,
        _ => Nucleation::Listed { nuclei },
    };
    let base = &Setup { nucleation: listed, ..base.clone() };

    let mut done: BTreeMap<String, Ran> = BTreeMap::new();
    for (name, level) in &order {
        match runner.run(name, &level.setup(base, coarsest, copper.as_ref()), &tell)? {
            Finished::Stopped { code, reason } => return Ok(Outcome::Stopped { code, reason }),
            Finished::Done(ran) => {
                done.insert(name.clone(), Ran { time_scale: level.time_scale, ..*ran });
            }
        }
    }
    let mut all = Vec::new();
    for (study, levels) in &studies {
        let findings = Findings::gather(*study, levels, &done, request, &held)?;
        findings.write(&request.directory)?;
        plot::write(&findings, &request.directory)?;
        print(&findings.table());
        all.push(findings);
    }
    Ok(Outcome::Found(all))
}

/// Heights of the copper of a level \[m\].
fn heights(setup: &Setup, level: &Level) -> Result<Vec<f64>, ConvergeError> {
    load_heights(setup).map_err(|e| ConvergeError::Run { level: level.to_string(), error: RunError::Copper(e) })
}

/// The surface of uneven copper from its `heights` on the coarsest grid \[m\], and what is said about it.
fn copper(base: &Setup, coarsest: &Level, heights: &[f64], held: &mut Vec<String>) -> Option<fixed::Surface> {
    if base.collector.shape == CollectorShape::Flat {
        return None;
    }
    let around: Vec<f64> = heights.iter().map(|h| h - base.collector.height).collect();
    let copper = fixed::Surface::new(coarsest.grid, &around);
    held.push(format!(
        "the copper: one surface without waves shorter than {:.4} µm (4 dx of the coarsest grid), rms {:.4} of {:.4} µm",
        copper.shortest * 1e6,
        copper.rms * 1e6,
        copper.rms_before * 1e6
    ));
    Some(copper)
}

/// What is said about the nuclei.
fn sentence(nucleation: &Nucleation, count: usize) -> Option<String> {
    let how = match nucleation {
        Nucleation::None => return None,
        Nucleation::Poisson { .. } => "places and times as chance had them in the run in nuclei/, on the coarsest grid",
        Nucleation::AtOnce { .. } => "places as chance had them on the coarsest grid",
        Nucleation::Listed { .. } => "as listed",
    };
    Some(format!("{count} nuclei: {how}; their radius does not shrink with the grid"))
}

//! The levels of a study: which grids, interface lengths and time steps, and whether they are possible.

use std::fmt;
use std::str::FromStr;

use serde::Serialize;

use super::ConvergeError;
use super::fixed::{Surface, origin};
use crate::check;
use crate::config;
use crate::model::grid::Grid;
use crate::model::parameters::{Setup, TimeStep};
use crate::sim::device::{DeviceChoice, fits};

/// A grid may miss the wanted refinement by this share, for the sake of a count that multigrid likes.
const LEEWAY: f64 = 0.08;

/// What is refined.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Study {
    /// dx, ℓ and the time step together: towards the sharp interface, solved exactly
    Grid,
    /// ℓ alone, on the finest grid
    Interface,
    /// the time step alone, on the coarsest grid
    Time,
}

impl Study {
    /// Name on the command line and in file names.
    pub fn name(self) -> &'static str {
        match self {
            Self::Grid => "grid",
            Self::Interface => "interface",
            Self::Time => "time",
        }
    }

    /// What is varied and what is not.
    pub fn about(self) -> &'static str {
        match self {
            Self::Grid => "dx, ell and the limits of the time step together, all in one ratio",
            Self::Interface => "ell alone; dx and the time step are those of the finest grid",
            Self::Time => "the limits of the time step alone; dx and ell are those of the coarsest grid",
        }
    }

    /// Name and unit of what the levels are plotted against.
    pub fn axis(self) -> &'static str {
        match self {
            Self::Grid => "dx [µm]",
            Self::Interface => "ell [µm]",
            Self::Time => "time step over that of the config's limits",
        }
    }
}

impl FromStr for Study {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        [Self::Grid, Self::Interface, Self::Time]
            .into_iter()
            .find(|study| study.name() == text)
            .ok_or_else(|| format!("{text:?} is not grid, interface or time"))
    }
}

/// One level of a study; a run of its own.
#[derive(Clone, Debug)]
pub struct Level {
    /// cells of the box
    pub grid: Grid,
    /// interface length \[m\]
    pub ell: f64,
    /// limits of the time step over those of the coarsest level
    pub time_scale: f64,
}

impl fmt::Display for Level {
    /// Also the name of its directory: levels that two studies share are run once.
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        write!(f, "dx{:.4}um-ell{:.4}um-dt{:.4}", self.grid.dx * 1e6, self.ell * 1e6, self.time_scale)
    }
}

impl Level {
    /// What it is plotted against, in the unit of [`Study::axis`].
    pub fn size(&self, study: Study) -> f64 {
        match study {
            Study::Grid => self.grid.dx * 1e6,
            Study::Interface => self.ell * 1e6,
            Study::Time => self.time_scale,
        }
    }

    /// The run of this level. `base` has the limits of the time step and the shape of the copper of the coarsest level.
    pub fn setup(&self, base: &Setup, coarsest: &Level, copper: Option<&Surface>) -> Setup {
        let mut setup = base.clone();
        setup.name = format!("{}: {self}", base.name);
        (setup.grid, setup.ell) = (self.grid, self.ell);
        let limits = &mut setup.time_step;
        // the front's movement is limited in cells, which shrink by themselves
        limits.cfl *= self.time_scale * coarsest.grid.dx / self.grid.dx;
        stretch(limits, self.time_scale);
        limits.smallest = limits.smallest.min(limits.first);
        if let Some(copper) = copper {
            setup.collector.shape = copper.shape(&self.grid, origin(&base.collector.shape, copper.shortest));
        }
        setup
    }

    /// Everything that makes the level impossible, in one error.
    ///
    /// # Errors
    /// What the checks of a config say, or that it does not fit into memory.
    pub fn check(&self, setup: &Setup, device: DeviceChoice) -> Result<(), ConvergeError> {
        let mut problems = config::objections(setup);
        if setup.mechanisms.unrest(1.0) > 0.0 {
            problems
                .push("noise that is drawn for each cell and step is another on every level: nothing converges".into());
        }
        if let Err(problem) = fits(device, &self.grid) {
            problems.push(problem);
        }
        if problems.is_empty() { Ok(()) } else { Err(ConvergeError::Level { level: self.to_string(), problems }) }
    }
}

/// The grids of a study, the coarsest first: the config's is the coarsest or, with `coarsen`, the finest.
///
/// # Errors
/// If the box cannot be cut into cells of such sizes.
pub fn grids(base: &Setup, levels: usize, ratio: f64, coarsen: bool) -> Result<Vec<Level>, ConvergeError> {
    let grid = base.grid;
    let counts: Vec<usize> = [grid.nx, grid.ny, grid.nz].into_iter().filter(|&n| n > 1).collect();
    // the box is cut into cubes for every multiple of its sides' ratio in lowest terms
    let parts = counts.into_iter().fold(0, divisor);
    let mut found: Vec<usize> = Vec::new();
    for level in 0..levels {
        let power = if coarsen { level as f64 - (levels - 1) as f64 } else { level as f64 };
        let wanted = parts as f64 * ratio.powf(power);
        let is_base = power == 0.0;
        let cut = if is_base { Some(parts) } else { nearest(wanted) };
        match cut.filter(|cut| found.last().is_none_or(|last| cut > last)) {
            Some(cut) => found.push(cut),
            None => {
                return Err(ConvergeError::Cells {
                    cells: [grid.nx, grid.ny, grid.nz],
                    parts,
                    wanted,
                    level: level + 1,
                });
            }
        }
    }
    let coarsest = found.first().copied().unwrap_or(parts) as f64;
    let scaled = |n: usize, cut: usize| if n == 1 { 1 } else { n / parts * cut };
    let level = |&cut: &usize| {
        let finer = cut as f64 / parts as f64;
        Level {
            grid: Grid {
                nx: scaled(grid.nx, cut),
                ny: scaled(grid.ny, cut),
                nz: scaled(grid.nz, cut),
                dx: grid.dx / finer,
            },
            ell: base.ell / finer,
            time_scale: coarsest / cut as f64,
        }
    };
    Ok(found.iter().map(level).collect())
}

/// The levels of one study, the coarsest first, from the grids that all share.
pub fn levels(study: Study, grids: &[Level], ratio: f64) -> Vec<Level> {
    let finest = &grids[grids.len() - 1];
    let with = |(i, level): (usize, &Level)| match study {
        Study::Grid => level.clone(),
        Study::Interface => Level { ell: level.ell, ..finest.clone() },
        Study::Time => Level { time_scale: ratio.powi(-(i as i32)), ..grids[0].clone() },
    };
    grids.iter().enumerate().map(with).collect()
}

/// The config with the limits of the time step that belong to the coarsest grid: longer ones if it is the finest itself.
pub fn at_coarsest(config: &Setup, grids: &[Level]) -> Setup {
    let mut base = config.clone();
    let longer = grids[0].grid.dx / config.grid.dx;
    stretch(&mut base.time_step, longer);
    base
}

/// Multiplies the limits of the time step, but for that on the front's movement, which is counted in cells.
fn stretch(limits: &mut TimeStep, factor: f64) {
    for limit in [&mut limits.concentration, &mut limits.potential, &mut limits.first, &mut limits.largest] {
        *limit *= factor;
    }
}

/// What no study over grids can hold fixed.
///
/// # Errors
/// If the kinetics are drawn cell by cell.
pub fn comparable(base: &Setup, studies: &[Study]) -> Result<(), ConvergeError> {
    if base.kinetics.heterogeneity.is_some() && studies.contains(&Study::Grid) {
        return Err(ConvergeError::Config(
            "kinetics.heterogeneity: is drawn cell by cell, another sample on every grid; leave it out, or take \
             --study interface and --study time, which keep the grid"
                .into(),
        ));
    }
    if base.end.charge.is_none() && base.end.time.is_none() {
        return Err(ConvergeError::Config("end.charge: is missing; the levels are compared at the same charge".into()));
    }
    Ok(())
}

/// Whether the coarsest ℓ carries the nuclei, whose radius is the same on all levels.
///
/// # Errors
/// If it does not, with the radius that would do.
pub fn nuclei_fit(base: &Setup, coarsest: &Level) -> Result<(), ConvergeError> {
    let Some(radius) = check::smallest_nucleus(&base.nucleation) else { return Ok(()) };
    let least = config::SMALLEST_NUCLEUS * coarsest.ell;
    if radius < least * (1.0 - 1e-9) {
        return Err(ConvergeError::Config(format!(
            "nucleation.radius: {:.4} µm, the same on all levels, is smaller than {} ell = {:.4} µm of the \
             coarsest; take at least that, or finer levels",
            radius * 1e6,
            config::SMALLEST_NUCLEUS,
            least * 1e6
        )));
    }
    Ok(())
}

fn divisor(a: usize, b: usize) -> usize {
    if b == 0 { a } else { divisor(b, a % b) }
}

/// The whole number within the leeway that halves most often, the nearest of several.
fn nearest(wanted: f64) -> Option<usize> {
    let (low, high) = ((wanted * (1.0 - LEEWAY)).ceil() as usize, (wanted * (1.0 + LEEWAY)).floor() as usize);
    (low.max(1)..=high).min_by(|a, b| {
        let distance = |n: usize| (n as f64 - wanted).abs();
        b.trailing_zeros().cmp(&a.trailing_zeros()).then(distance(*a).total_cmp(&distance(*b)))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_that_multigrid_likes_are_preferred() {
        assert_eq!(nearest(32.0 * std::f64::consts::SQRT_2), Some(48));
        assert_eq!(nearest(48.0), Some(48));
        assert_eq!(nearest(64.0), Some(64));
        assert_eq!(nearest(1.5), None);
        assert_eq!(divisor(divisor(0, 20), 32), 4);
    }
}

//! A run that begins from the state of another: `liplate run CONFIG --from DIR`, from its checkpoint, or `DIR@3`, `DIR@90s`, from a snapshot.
//!
//! The box is that of the other run, with its copper; everything else may differ. Time, charge and ledgers begin anew.

use std::path::{Path, PathBuf};

use super::RunError;
use crate::config::{difference, quantity};
use crate::io::checkpoint::Checkpoint;
use crate::io::provenance::{Origin, RunFile};
use crate::io::snapshot;
use crate::model::parameters::{InitialDeposit, Setup};
use crate::model::scales::Scales;
use crate::report::table::Table;
use crate::sim::device::DeviceChoice;
use crate::sim::{Position, Simulation, setup_from_json, setup_of};
use crate::solver::backend::State;

/// A simulation of `setup` that begins where `given` says, and what to tell of that.
///
/// # Errors
/// If there is no such state, it is of another box or lacks a field, or the device fails.
pub fn from(given: &Path, setup: &Setup, device: DeviceChoice) -> Result<(Simulation, Option<Origin>), RunError> {
    let wrong = |reason: String| RunError::NoState { given: given.display().to_string(), reason };
    let (directory, at) = parts(given);
    if directory.as_os_str().is_empty() {
        return Err(wrong("a directory is missing before the @".into()));
    }
    if !directory.is_dir() {
        return Err(wrong(format!("there is no directory {}", directory.display())));
    }
    let found = match &at {
        None => of_checkpoint(&directory),
        Some(at) => of_snapshot(&directory, at, setup),
    };
    let Found { setup: old, heights, mut state, nuclei, origin } = found.map_err(wrong)?;
    if (old.grid, old.ell) != (setup.grid, setup.ell) {
        let [one, other] = [&old, setup].map(|of| {
            format!(
                "{} × {} × {} cells of {:.4} µm, ell {:.4} µm",
                of.grid.nx,
                of.grid.ny,
                of.grid.nz,
                of.grid.dx * 1e6,
                of.ell * 1e6
            )
        });
        return Err(wrong(format!("its box has {one}, that of this run {other}")));
    }
    let value = |setup: &Setup| serde_json::to_value(&setup.collector).unwrap_or_default();
    if let Some(key) = difference(&value(&old), &value(setup)) {
        return Err(wrong(format!("the copper is that of the other run, but collector.{key} is another here")));
    }
    if setup.deposit != InitialDeposit::None && setup.deposit != old.deposit {
        return Err(wrong("the lithium is that of the other run; leave out [deposit], or give the other run's".into()));
    }
    // the fields are counted in units that depend on the setup
    let concentration = old.top.c0 / setup.top.c0;
    for field in [&mut state.c, &mut state.c_before] {
        field.iter_mut().for_each(|c| *c = (1.0 + *c) * concentration - 1.0);
    }
    state.rescale(&Scales::new(&old), &Scales::new(setup));
    // what rides on the surface and this run does not have goes; what the other did not have begins fresh
    let fields = setup.mechanisms.fields();
    state.riding.retain(|name, _| fields.iter().any(|field| field.name == *name));
    let sim = Simulation::branched(setup.clone(), heights, &state, nuclei, device)?;
    Ok((sim, Some(origin)))
}

/// A state to begin from.
struct Found {
    setup: Setup,
    heights: Vec<f64>,
    state: State,
    /// nuclei that have appeared in it: the next one has the next number
    nuclei: u64,
    origin: Origin,
}

/// The directory, and what stands behind an @.
fn parts(given: &Path) -> (PathBuf, Option<String>) {
    let text = given.to_string_lossy();
    match text.rsplit_once('@') {
        // a directory may have an @ in its name
        Some((directory, at)) if !given.is_dir() => (directory.into(), Some(at.trim().to_string())),
        _ => (given.into(), None),
    }
}

fn origin_of(directory: &Path, step: Option<u64>, time: f64, frame: Option<usize>) -> Origin {
    let run = RunFile::read(directory).ok();
    let program = run.as_ref().map_or(String::new(), |run| format!("{} {}", run.version, run.commit));
    let from = run.and_then(|run| run.from).map(Box::new);
    let directory = std::path::absolute(directory).unwrap_or_else(|_| directory.into());
    Origin { directory: directory.display().to_string(), step, time, frame, program, from }
}

fn of_checkpoint(directory: &Path) -> Result<Found, String> {
    let fits = |stored: &Checkpoint<Position>| setup_of(stored).map(|_| ());
    let found = Checkpoint::<Position>::read(directory, fits).map_err(|error| error.to_string())?;
    let stored = found.checkpoint;
    let old = setup_of(&stored)?;
    let clock = &stored.clock.clock;
    // the fields are in units of the temperature that it had then
    let old = old.at(clock.temperature);
    let origin = origin_of(directory, Some(clock.step), clock.time, None);
    Ok(Found { setup: old, heights: stored.provenance.heights, nuclei: clock.nuclei, state: stored.state, origin })
}

fn of_snapshot(directory: &Path, at: &str, setup: &Setup) -> Result<Found, String> {
    let path = directory.join(snapshot::FILE);
    let times = snapshot::times(&path).map_err(|error| error.to_string())?;
    let number = match at.parse::<usize>() {
        Ok(number) => number,
        Err(_) => {
            let time = quantity::parse(at, "s")?;
            let far = |number: &usize| (times[*number] - time).abs();
            let nearest = (0..times.len()).min_by(|a, b| far(a).total_cmp(&far(b))).ok_or("it holds no snapshots")?;
            if far(&nearest) > 1e-6 * time.abs().max(1e-9) {
                let told = quantity::digits(times[nearest]);
                return Err(format!("there is no snapshot at {at}; the nearest is {nearest}, at {told} s"));
            }
            nearest
        }
    };
    let frame = snapshot::read(&path, number).map_err(|error| error.to_string())?;
    let old = setup_from_json(&frame.setup)?;
    let cells = old.grid.cells();
    let field = |name: &str| -> Result<Vec<f64>, String> {
        let field = frame.field(name).ok_or(format!("its snapshots hold no field {name} (output.fields)"))?;
        let fits = field.len() == cells && field.iter().all(|v| v.is_finite());
        fits.then(|| field.iter().map(|&v| f64::from(v)).collect())
            .ok_or(format!("the field {name} of snapshot {number} is damaged"))
    };
    let c = match old.electrolyte.has_salt() {
        true => field("c")?.into_iter().map(|c| c / old.top.c0 - 1.0).collect(),
        false => vec![0.0; cells],
    };
    let of_setup = |setup: &Setup| setup.mechanisms.fields().into_iter().map(|field| field.name).collect::<Vec<_>>();
    let (there, here) = (of_setup(&old), of_setup(setup));
    if let Some(shared) = there.iter().find(|name| here.contains(name)) {
        // where the surface is, a snapshot does not tell
        return Err(format!(
            "snapshots do not hold all of {shared}; begin from the checkpoint, --from {}",
            directory.display()
        ));
    }
    let nuclei = nuclei_until(directory, frame.time);
    // the first step solves for the potential
    let state = State::at_rest(field("xi")?, vec![0.0; cells], c, vec![0.0; cells]);
    let origin = origin_of(directory, None, frame.time, Some(number));
    Ok(Found { setup: old, heights: frame.heights, state, nuclei, origin })
}

/// Nuclei that had appeared in a run until a time \[s\], those of runs that it began from among them.
fn nuclei_until(directory: &Path, time: f64) -> u64 {
    let table = Table::read(&directory.join(super::outputs::METRICS)).ok().flatten().unwrap_or_default();
    let column = |name| table.column(name).unwrap_or_default();
    let row = column("time [s]").iter().rposition(|end| *end <= time * (1.0 + 1e-9));
    row.and_then(|row| column("nuclei").get(row).copied()).map_or(0, |count| count as u64)
}

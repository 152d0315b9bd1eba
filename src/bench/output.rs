//! What output costs: one snapshot, written as a run writes it.

use std::path::{Path, PathBuf};
use std::time::Instant;

use super::BenchError;
use super::solver::Trial;
use super::stopwatch::Spread;
use crate::io::IoError;
use crate::io::provenance::Provenance;
use crate::model::collector::Statics;
use crate::run::outputs::{self, Outputs};
use crate::sim::View;
use crate::sim::device::Device;
use crate::solver::backend::Backend;

/// Snapshots that are timed.
const SNAPSHOTS: usize = 3;

/// A directory that is there while it is needed.
struct Folder(PathBuf);

impl Folder {
    fn new() -> Result<Self, IoError> {
        let path = std::env::temp_dir().join(format!("liplate-bench-{}", std::process::id()));
        std::fs::create_dir(&path).map_err(IoError::system(&path))?;
        Ok(Self(path))
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        // files that stay in a temporary directory are no reason to fail
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

/// Seconds that a snapshot takes from the fields on the device to the file, in the system's directory for temporary files:
/// the interface of the lithium, the fields that the config names, compression and all.
///
/// # Errors
/// If the file cannot be written or the device fails.
pub fn snapshot(trial: &Trial, heights: &[f64], statics: &Statics, device: &mut Device) -> Result<Spread, BenchError> {
    let folder = Folder::new()?;
    write(trial, heights, statics, device.backend(), &folder.0)
}

fn write(
    trial: &Trial,
    heights: &[f64],
    statics: &Statics,
    b: &mut dyn Backend,
    directory: &Path,
) -> Result<Spread, BenchError> {
    let view = View { setup: trial.setup, scales: &trial.problem.scales, statics, heights, clock: &trial.clock };
    let provenance = Provenance {
        setup: serde_json::to_string(trial.setup).map_err(|e| IoError::content(directory, e.to_string()))?,
        heights: heights.to_vec(),
        device: b.device(),
        command: "liplate bench".into(),
    };
    let mut outputs = Outputs::create(view, directory, &provenance)?;
    let dt = trial.last.as_ref().map_or(trial.clock.dt, |step| step.dt);
    let mut seconds = Vec::new();
    for _ in 0..SNAPSHOTS {
        b.wait()?;
        let began = Instant::now();
        b.interface(0.0);
        let frame = outputs::frame(b, &view)?;
        outputs.snapshot(&view, frame, dt)?;
        seconds.push(began.elapsed().as_secs_f64());
    }
    Ok(Spread::of(&seconds))
}

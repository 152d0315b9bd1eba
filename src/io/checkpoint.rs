//! `checkpoint.h5`: everything a run needs to go on, for this program alone. The newest and the one before are kept.

use std::path::{Path, PathBuf};

use hdf5::File;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use super::provenance::{Provenance, load_text, store_text};
use super::{IoError, beside, open_hdf5, read_hdf5, sync_directory};
use crate::solver::backend::State;

/// Name of the newest checkpoint in a run's directory.
pub const FILE: &str = "checkpoint.h5";
/// Name of the one before.
pub const PREVIOUS: &str = "checkpoint.previous.h5";
/// Version of the format.
const FORMAT: i64 = 3;

/// How far the run's files have come.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct FilesSeen {
    /// bytes of `metrics.csv`
    pub metrics: u64,
    /// bytes of `events.jsonl`
    pub events: u64,
    /// bytes of `cycles.csv`, 0 if there is none
    pub cycles: u64,
    /// frames of `fields.vtkhdf`
    pub frames: usize,
}

/// What a checkpoint holds.
#[derive(Clone, Debug, PartialEq)]
pub struct Checkpoint<C> {
    /// configuration, copper, device and command
    pub provenance: Provenance,
    /// fields
    pub state: State,
    /// clock, ledgers, schedules and files, as the conductor of the run keeps them
    pub clock: C,
}

impl<C: Serialize + DeserializeOwned> Checkpoint<C> {
    /// Writes the checkpoint into `directory`; the one that was there becomes the previous one.
    ///
    /// # Errors
    /// If it cannot be written, because the disk is full for example: the old ones are then as they were.
    pub fn write(&self, directory: &Path) -> Result<(), IoError> {
        let path = directory.join(FILE);
        let part = beside(&path);
        let written = self.store(&part);
        if let Err(error) = written {
            // leave no half file behind; that it cannot be removed changes nothing
            let _ = std::fs::remove_file(&part);
            return Err(error);
        }
        let file = std::fs::File::open(&part).map_err(IoError::system(&part))?;
        file.sync_all().map_err(IoError::system(&part))?;
        // a damaged newest one must not take the place of the whole one before
        if is_whole(&path) {
            let previous = directory.join(PREVIOUS);
            std::fs::rename(&path, &previous).map_err(IoError::system(&previous))?;
        }
        std::fs::rename(&part, &path).map_err(IoError::system(&path))?;
        sync_directory(directory)
    }

    fn store(&self, path: &Path) -> Result<(), IoError> {
        // the JSON of a number that is not finite would not be read back
        let clock = serde_json::to_string(&self.clock).map_err(|e| IoError::content(path, e.to_string()))?;
        let file = open_hdf5(path, true)?;
        let store = || -> Result<(), hdf5::Error> {
            file.new_attr::<i64>().create("format")?.write_scalar(&FORMAT)?;
            store_text(&file, "clock", &clock)?;
            self.provenance.store(&file.create_group("provenance")?)?;
            let state = file.create_group("state")?;
            let State { xi, phi, c, current, before: [phi_before, c_before], sei } = &self.state;
            let before = [("phi_before", phi_before), ("c_before", c_before)];
            let of_sei = sei.iter().flat_map(|[charge, stripped]| [("sei", charge), ("stripped", stripped)]);
            let fields = [("xi", xi), ("phi", phi), ("c", c), ("current", current)].into_iter();
            for (name, field) in fields.chain(before).chain(of_sei) {
                // a GPU's numbers are singles
                if field.iter().all(|&v| f64::from(v as f32).to_bits() == v.to_bits()) {
                    let single: Vec<f32> = field.iter().map(|&v| v as f32).collect();
                    state.new_dataset_builder().with_data(&single).create(name)?;
                } else {
                    state.new_dataset_builder().with_data(field).create(name)?;
                }
            }
            file.flush()
        };
        store().map_err(IoError::hdf5(path))?;
        file.close().map_err(IoError::hdf5(path))
    }
}

impl<C: DeserializeOwned> Checkpoint<C> {
    /// Reads the newest checkpoint in `directory` that is whole, and says which.
    ///
    /// # Errors
    /// If there is none, or it is of another version: both problems are named.
    pub fn read(directory: &Path) -> Result<(Self, PathBuf), IoError> {
        let newest = directory.join(FILE);
        let previous = directory.join(PREVIOUS);
        match Self::load(&newest) {
            Ok(checkpoint) => Ok((checkpoint, newest)),
            Err(error) if previous.is_file() => match Self::load(&previous) {
                Ok(checkpoint) => Ok((checkpoint, previous)),
                Err(_) => Err(error),
            },
            Err(error) => Err(error),
        }
    }

    fn load(path: &Path) -> Result<Self, IoError> {
        let file = read_hdf5(path)?;
        let format: i64 = file
            .attr("format")
            .and_then(|attr| attr.read_scalar())
            .map_err(|_| IoError::content(path, "is not a checkpoint of this program"))?;
        if format != FORMAT {
            let problem = format!("is a checkpoint of format {format}; this program reads format {FORMAT}");
            return Err(IoError::content(path, problem));
        }
        let clock = load_text(&file, "clock").map_err(IoError::hdf5(path))?;
        let clock = serde_json::from_str(&clock)
            .map_err(|e| IoError::content(path, format!("holds a clock of another version: {e}")))?;
        let load = || -> Result<(Provenance, State), hdf5::Error> {
            let group = file.group("provenance")?;
            let (setup, heights) = Provenance::load(&group)?;
            let provenance = Provenance {
                setup,
                heights,
                device: load_text(&group, "device")?,
                command: load_text(&group, "command")?,
            };
            let field = |name: &str| field(&file, name);
            let state = State {
                xi: field("xi")?,
                phi: field("phi")?,
                c: field("c")?,
                current: field("current")?,
                before: [field("phi_before")?, field("c_before")?],
                sei: if file.link_exists("state/sei") { Some([field("sei")?, field("stripped")?]) } else { None },
            };
            Ok((provenance, state))
        };
        let (provenance, state) = load().map_err(IoError::hdf5(path))?;
        Ok(Self { provenance, state, clock })
    }
}

/// Whether there is a checkpoint that HDF5 can read at `path`.
fn is_whole(path: &Path) -> bool {
    read_hdf5(path).and_then(|file| file.attr("format").map_err(IoError::hdf5(path))).is_ok()
}

/// A field, whatever its precision: HDF5 widens singles exactly.
fn field(file: &File, name: &str) -> Result<Vec<f64>, hdf5::Error> {
    file.dataset(&format!("state/{name}"))?.as_reader().conversion(hdf5::datatype::Conversion::Soft).read_raw()
}

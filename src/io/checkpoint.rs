//! `checkpoint.h5`: everything a run needs to go on, for this program alone. The newest and the one before are kept.
//!
//! A checkpoint carries a checksum over all that a resumed run believes: clock, configuration, copper and fields. It is read back before
//! it takes its place, and looked at first when a run goes on; where anything is wrong with the newest, the one before is taken.

use std::path::{Path, PathBuf};

use crc32fast::Hasher;
use hdf5::File;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use super::provenance::{Provenance, load_text, store_text};
use super::table::Beginning;
use super::{IoError, beside, open_hdf5, read_back, read_hdf5, sync_directory, sync_file};
use crate::mechanisms;
use crate::solver::backend::State;

/// Name of the newest checkpoint in a run's directory.
pub const FILE: &str = "checkpoint.h5";
/// Name of the one before.
pub const PREVIOUS: &str = "checkpoint.previous.h5";
/// Name under which a damaged one is kept.
pub const DAMAGED: &str = "checkpoint.damaged.h5";
/// Version of the format.
const FORMAT: i64 = 6;

/// How far the run's files have come.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct FilesSeen {
    /// `metrics.csv`
    pub metrics: Beginning,
    /// `events.jsonl`
    pub events: Beginning,
    /// `cycles.csv`, nothing if there is none
    pub cycles: Beginning,
    /// `grains.csv`, nothing if there is none
    #[serde(default)]
    pub grains: Beginning,
    /// `tips.csv`
    #[serde(default)]
    pub tips: Beginning,
    /// `filling.csv`
    #[serde(default)]
    pub filling: Beginning,
    /// frames of the fields
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

/// A checkpoint that was read.
pub struct Stored<C> {
    /// what it holds
    pub checkpoint: Checkpoint<C>,
    /// the file
    pub path: PathBuf,
    /// why it is the one before and not the newest
    pub note: Option<String>,
}

/// Names of the fields of mechanisms that a file holds, in the order in which they are summed.
fn riding(file: &File) -> Vec<&'static str> {
    let fields = mechanisms::ALL.iter().flat_map(|(_, _, fields)| *fields);
    let mut names: Vec<_> = fields.map(|f| f.name).filter(|name| file.link_exists(&format!("state/{name}"))).collect();
    names.sort_unstable();
    names
}

/// Checksum (CRC-32) over parts of a checkpoint, each after its length.
struct Sum(Hasher);

impl Sum {
    fn of(clock: &str, provenance: &Provenance) -> Self {
        let mut sum = Self(Hasher::new());
        for text in [clock, &provenance.setup, &provenance.device, &provenance.command] {
            sum.bytes(text.as_bytes());
        }
        sum.numbers(&provenance.heights);
        sum
    }

    /// The checksum over all of a checkpoint.
    fn of_all(clock: &str, provenance: &Provenance, state: &State) -> u32 {
        let mut sum = Self::of(clock, provenance);
        for (_, field) in state.each() {
            sum.numbers(field);
        }
        sum.finish()
    }

    fn bytes(&mut self, bytes: &[u8]) {
        self.0.update(&(bytes.len() as u64).to_le_bytes());
        self.0.update(bytes);
    }

    fn numbers(&mut self, numbers: &[f64]) {
        self.0.update(&(numbers.len() as u64).to_le_bytes());
        for chunk in numbers.chunks(1 << 12) {
            let bytes: Vec<u8> = chunk.iter().flat_map(|v| v.to_bits().to_le_bytes()).collect();
            self.0.update(&bytes);
        }
    }

    fn finish(self) -> u32 {
        self.0.finalize()
    }
}

impl<C: Serialize + DeserializeOwned> Checkpoint<C> {
    /// Writes the checkpoint into `directory`; the one that was there becomes the previous one.
    ///
    /// # Errors
    /// If it cannot be written, because the disk is full for example: the old ones are then as they were.
    pub fn write(&self, directory: &Path) -> Result<(), IoError> {
        let path = directory.join(FILE);
        let part = beside(&path);
        // HDF5 can lose a failed write of what it had buffered: only what can be read again is there
        let written = self.store(&part).and_then(|sum| match summed(&part)? == sum {
            true => sync_file(&part),
            false => Err(IoError::not_held(&part)),
        });
        if let Err(error) = written {
            // leave no half file behind; that it cannot be removed changes nothing
            let _ = std::fs::remove_file(&part);
            return Err(error);
        }
        // a damaged newest one must not take the place of the whole one before
        if opened(&path).is_ok() {
            let previous = directory.join(PREVIOUS);
            std::fs::rename(&path, &previous).map_err(IoError::system(&previous))?;
        }
        std::fs::rename(&part, &path).map_err(IoError::system(&path))?;
        sync_directory(directory)
    }

    /// Stores everything in a new file at `path`; its checksum.
    fn store(&self, path: &Path) -> Result<u32, IoError> {
        let provenance = self.provenance.clean();
        // the JSON of a number that is not finite would not be read back
        let clock = serde_json::to_string(&self.clock).map_err(|e| IoError::content(path, e.to_string()))?;
        let sum = Sum::of_all(&clock, &provenance, &self.state);
        let file = open_hdf5(path, true)?;
        let store = || -> Result<(), hdf5::Error> {
            file.new_attr::<i64>().create("format")?.write_scalar(&FORMAT)?;
            file.new_attr::<u32>().create("sum")?.write_scalar(&sum)?;
            store_text(&file, "clock", &clock)?;
            provenance.store(&file.create_group("provenance")?)?;
            let state = file.create_group("state")?;
            for (name, field) in self.state.each() {
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
        file.close().map_err(IoError::hdf5(path))?;
        Ok(sum)
    }
}

impl<C: DeserializeOwned> Checkpoint<C> {
    /// Reads the newest checkpoint in `directory` that is whole and that `fits` has nothing against.
    ///
    /// # Errors
    /// If there is none: what is wrong with the newest, and with the one before.
    pub fn read(directory: &Path, fits: impl Fn(&Self) -> Result<(), String>) -> Result<Stored<C>, IoError> {
        let load = |path: &Path| {
            let checkpoint = Self::load(path)?;
            fits(&checkpoint).map_err(|problem| IoError::content(path, problem))?;
            Ok(checkpoint)
        };
        let newest = directory.join(FILE);
        let previous = directory.join(PREVIOUS);
        let error = match load(&newest) {
            Ok(checkpoint) => return Ok(Stored { checkpoint, path: newest, note: None }),
            Err(error) => error,
        };
        if !previous.is_file() {
            return Err(error);
        }
        match load(&previous) {
            Ok(checkpoint) => {
                let note = format!("{error}; the run goes on from {PREVIOUS}, the checkpoint before");
                Ok(Stored { checkpoint, path: previous, note: Some(note) })
            }
            Err(other) => Err(IoError::content(&newest, format!("{}; {other}", error.problem()))),
        }
    }

    fn load(path: &Path) -> Result<Self, IoError> {
        let file = opened(path)?;
        let load = || -> Result<(Provenance, State, String, u32), hdf5::Error> {
            let clock = load_text(&file, "clock")?;
            let provenance = provenance(&file)?;
            let field = |name: &str| field(&file, name);
            let mut fixed: [Vec<f64>; State::COUNT] = Default::default();
            for (values, name) in fixed.iter_mut().zip(State::NAMES) {
                *values = field(name)?;
            }
            let riding =
                riding(&file).into_iter().map(|name| Ok((name, field(name)?))).collect::<Result<_, hdf5::Error>>()?;
            let state = State::from_array(fixed, riding);
            Ok((provenance, state, clock, file.attr("sum")?.read_scalar()?))
        };
        let (provenance, state, clock, stored) = load().map_err(IoError::hdf5(path))?;
        if Sum::of_all(&clock, &provenance, &state) != stored {
            return Err(IoError::content(path, "is damaged: its checksum does not fit what it holds"));
        }
        let clock = serde_json::from_str(&clock)
            .map_err(|e| IoError::content(path, format!("holds a clock of another version: {e}")))?;
        Ok(Self { provenance, state, clock })
    }
}

/// The provenance in the file of a checkpoint.
fn provenance(file: &File) -> Result<Provenance, hdf5::Error> {
    let group = file.group("provenance")?;
    let (setup, heights) = Provenance::load(&group)?;
    Ok(Provenance { setup, heights, device: load_text(&group, "device")?, command: load_text(&group, "command")? })
}

/// The file of a checkpoint of this format.
fn opened(path: &Path) -> Result<File, IoError> {
    let file = read_hdf5(path)?;
    let format: i64 = file
        .attr("format")
        .and_then(|attr| attr.read_scalar())
        .map_err(|_| IoError::content(path, "is not a checkpoint of this program"))?;
    match format {
        FORMAT => Ok(file),
        _ => {
            let problem = format!("is a checkpoint of format {format}; this program reads format {FORMAT}");
            Err(IoError::content(path, problem))
        }
    }
}

/// Checksum of what the file at `path` holds, read field by field.
fn summed(path: &Path) -> Result<u32, IoError> {
    let file = read_back(path)?;
    let sum = || -> Result<u32, hdf5::Error> {
        let mut sum = Sum::of(&load_text(&file, "clock")?, &provenance(&file)?);
        for name in State::NAMES.iter().copied().chain(riding(&file)) {
            sum.numbers(&field(&file, name)?);
        }
        Ok(sum.finish())
    };
    sum().map_err(IoError::hdf5(path))
}

/// Gives the newest checkpoint in `directory`, which is damaged, a name under which it takes nothing's place.
///
/// # Errors
/// If the system fails.
pub fn set_aside(directory: &Path) -> Result<(), IoError> {
    let path = directory.join(FILE);
    match path.exists() {
        true => std::fs::rename(&path, directory.join(DAMAGED)).map_err(IoError::system(&path)),
        false => Ok(()),
    }
}

/// A field, whatever its precision: HDF5 widens singles exactly.
fn field(file: &File, name: &str) -> Result<Vec<f64>, hdf5::Error> {
    file.dataset(&format!("state/{name}"))?.as_reader().conversion(hdf5::datatype::Conversion::Soft).read_raw()
}

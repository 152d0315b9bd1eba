//! Where a file came from.

use std::ffi::OsString;
use std::path::Path;

use hdf5::Group;
use hdf5::types::VarLenUnicode;
use serde::{Deserialize, Serialize};

use super::IoError;

/// Version of this program.
pub const VERSION: &str = env!("CARGO_PKG_VERSION");

/// Commit that it was built from, with `-dirty` after it if the sources had changed since; `unknown` if they came without their history.
pub fn commit() -> &'static str {
    env!("LIPLATE_COMMIT")
}

/// Words as a line that a POSIX shell takes apart into them again.
pub fn quoted(words: impl Iterator<Item = OsString>) -> String {
    shell_words::join(words.map(|word| word.to_string_lossy().into_owned()))
}

/// What every file of a run carries.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Provenance {
    /// resolved configuration, JSON in SI units
    pub setup: String,
    /// heights of the copper, nx × ny \[m\]
    pub heights: Vec<f64>,
    /// device that computed it
    pub device: String,
    /// command line that started it
    pub command: String,
}

impl Provenance {
    /// The provenance as a file gives it back: HDF5's texts hold no zeros.
    pub fn clean(&self) -> Self {
        let clean = |text: &str| text.replace('\0', " ");
        let Self { setup, heights, device, command } = self;
        Self { setup: clean(setup), heights: heights.clone(), device: clean(device), command: clean(command) }
    }

    /// Writes everything into `group`.
    ///
    /// # Errors
    /// What HDF5 says.
    pub fn store(&self, group: &Group) -> Result<(), hdf5::Error> {
        for (name, text) in [
            ("setup", self.setup.as_str()),
            ("version", VERSION),
            ("commit", commit()),
            ("device", &self.device),
            ("command", &self.command),
        ] {
            store_text(group, name, text)?;
        }
        group.new_dataset_builder().with_data(&self.heights).create("copper_heights").map(|_| ())
    }

    /// Reads the configuration and the copper's heights back.
    ///
    /// # Errors
    /// What HDF5 says.
    pub fn load(group: &Group) -> Result<(String, Vec<f64>), hdf5::Error> {
        Ok((load_text(group, "setup")?, group.dataset("copper_heights")?.read_raw()?))
    }
}

/// Stores a text as a dataset: attributes are limited to 64 KiB.
pub fn store_text(group: &Group, name: &str, text: &str) -> Result<(), hdf5::Error> {
    let clean = text.replace('\0', " ");
    let value = clean.parse::<VarLenUnicode>().map_err(|e| hdf5::Error::from(e.to_string()))?;
    group.new_dataset::<VarLenUnicode>().create(name)?.write_scalar(&value)
}

/// Reads such a text.
pub fn load_text(group: &Group, name: &str) -> Result<String, hdf5::Error> {
    Ok(group.dataset(name)?.read_scalar::<VarLenUnicode>()?.as_str().to_string())
}

/// One stretch of a run between a start and a stop.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Session {
    /// when it began, UTC
    pub began: String,
    /// when it ended, UTC
    pub ended: Option<String>,
    /// device that computed it
    pub device: String,
    /// command line
    pub command: String,
    /// what a person should know of how it began: a damaged checkpoint, lost rows
    #[serde(default)]
    pub notes: Vec<String>,
    /// step that it began at
    pub first_step: u64,
    /// seconds of wall time in the solver
    pub solver_seconds: f64,
    /// seconds of wall time in which the solver waited for metrics and files
    pub output_seconds: f64,
    /// seconds of wall time in all
    pub wall_seconds: f64,
}

/// What a run began from, if that was another run.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Origin {
    /// directory of the other run, as it was given
    pub directory: String,
    /// its step
    pub step: Option<u64>,
    /// its time \[s\]
    pub time: f64,
    /// number of the snapshot, if it was one and not the checkpoint
    pub frame: Option<usize>,
    /// version and commit of the program that has written the state
    pub program: String,
    /// what that run began from
    pub from: Option<Box<Origin>>,
}

/// `run.json`: what was run, on what, how it ended.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct RunFile {
    /// name of the run
    pub name: String,
    /// `running`, `done`, `stopped by the guard`, `interrupted` or `failed`
    pub status: String,
    /// why it ended
    pub reason: Option<String>,
    /// version of this program
    pub version: String,
    /// commit that it was built from
    pub commit: String,
    /// stretches of the run, the newest last
    pub sessions: Vec<Session>,
    /// clock and ledgers, as they are in the checkpoint
    pub clock: serde_json::Value,
    /// relative errors of the ledgers of charge, lithium and salt; none if not finite
    pub ledger_errors: [Option<f64>; 3],
    /// what it began from, if that was another run
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub from: Option<Origin>,
    /// where the run leaves what was measured of its electrolyte and cathode, a sentence each
    #[serde(default)]
    pub warnings: Vec<String>,
    /// resolved configuration in SI units
    pub setup: serde_json::Value,
}

impl RunFile {
    /// Name of the file in a run's directory.
    pub const FILE: &'static str = "run.json";

    /// Wall time of the stretches that are over \[s\].
    pub fn wall_seconds(&self) -> f64 {
        self.sessions.iter().map(|session| session.wall_seconds).sum()
    }

    /// Reads the file in `directory`.
    ///
    /// # Errors
    /// If it is missing or damaged.
    pub fn read(directory: &Path) -> Result<Self, IoError> {
        let path = directory.join(Self::FILE);
        let text = std::fs::read_to_string(&path).map_err(IoError::system(&path))?;
        serde_json::from_str(&text).map_err(|e| IoError::content(&path, e.to_string()))
    }

    /// Writes the file, old or new but never half.
    ///
    /// # Errors
    /// If the system fails.
    pub fn write(&self, directory: &Path) -> Result<(), IoError> {
        super::write_json(&directory.join(Self::FILE), self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_quoted_line_gives_its_words_back() {
        let words = [
            "liplate",
            "run",
            "my config.toml",
            "--set",
            "kinetics.i0=3 mA/cm^2",
            "",
            "it's \"$HOME\" `x` \\ *",
            "a\nb",
        ];
        let line = quoted(words.iter().map(OsString::from));
        assert_eq!(shell_words::split(&line).unwrap(), words, "{line}");
        assert_eq!(quoted(["liplate", "check", "--out=x"].iter().map(OsString::from)), "liplate check '--out=x'");
    }
}

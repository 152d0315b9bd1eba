//! `config.toml` in the directory of a run: the config again, so that the run can be.

use std::path::{Path, PathBuf};

use crate::config::kept::{INPUTS, Kept};
use crate::io::provenance::{VERSION, commit};
use crate::io::{IoError, write_whole};

/// Name of the kept config.
pub const FILE: &str = "config.toml";
/// Its name where the directory holds a file of that name already, the config itself perhaps.
const OTHER: &str = "config.run.toml";

/// Path of the config that is kept with the run in `directory`.
pub fn kept_in(directory: &Path) -> PathBuf {
    let other = directory.join(OTHER);
    if other.is_file() { other } else { directory.join(FILE) }
}

/// Writes the config and copies of the files that it names into `directory`. Nothing that is there is replaced.
///
/// # Errors
/// If the system fails.
pub fn write(kept: &Kept, directory: &Path, command: &str) -> Result<(), IoError> {
    let inputs = directory.join(INPUTS);
    for (source, name) in &kept.files {
        std::fs::create_dir_all(&inputs).map_err(IoError::system(&inputs))?;
        let copy = inputs.join(name);
        if !copy.exists() {
            std::fs::copy(source, &copy).map_err(IoError::system(&copy))?;
        }
    }
    // a line is a comment as a whole
    let command = command.replace(['\n', '\r'], " ");
    let text =
        format!("# The config of this run: {command}\n# liplate {VERSION}, commit {}\n\n{}", commit(), kept.text);
    match [FILE, OTHER].map(|name| directory.join(name)).iter().find(|path| !path.exists()) {
        Some(path) => write_whole(path, text.as_bytes()),
        None => Ok(()),
    }
}

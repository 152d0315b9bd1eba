//! `view.py`: a script for ParaView that shows copper and lithium of a run at its last snapshot. It lies beside the fields and finds them there.

use std::path::Path;

use super::{IoError, write_whole};

/// Name of the file in a run's directory.
pub const FILE: &str = "view.py";

/// The script. It is the same for all runs.
const SCRIPT: &str = include_str!("view.py");

/// Writes the script into `directory`, unless there is one: people change theirs.
///
/// # Errors
/// If the system fails.
pub fn write(directory: &Path) -> Result<(), IoError> {
    let path = directory.join(FILE);
    if path.exists() { Ok(()) } else { write_whole(&path, SCRIPT.as_bytes()) }
}

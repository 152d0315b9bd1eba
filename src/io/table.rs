//! Files that grow by lines: `metrics.csv` and `events.jsonl`. Each line is handed to the system at once, so that a
//! killed run loses none, and a resumed run first cuts the file back to what its checkpoint had seen.

use std::fs::{File, OpenOptions};
use std::io::{Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

use serde::Serialize;

use super::IoError;

/// A file that grows by lines.
pub struct Lines {
    path: PathBuf,
    file: File,
    length: u64,
}

impl Lines {
    /// A new file.
    ///
    /// # Errors
    /// If it exists already or cannot be made.
    pub fn create(path: &Path) -> Result<Self, IoError> {
        let file = OpenOptions::new().write(true).create_new(true).open(path).map_err(IoError::system(path))?;
        Ok(Self { path: path.into(), file, length: 0 })
    }

    /// An existing file, cut back to its first `length` bytes.
    ///
    /// # Errors
    /// If it is missing or shorter.
    pub fn reopen(path: &Path, length: u64) -> Result<Self, IoError> {
        let mut file = OpenOptions::new().write(true).open(path).map_err(IoError::system(path))?;
        let stored = file.metadata().map_err(IoError::system(path))?.len();
        if stored < length {
            let problem = format!("holds {stored} bytes, but the checkpoint has seen {length}");
            return Err(IoError::content(path, problem));
        }
        file.set_len(length).and_then(|()| file.seek(SeekFrom::End(0))).map_err(IoError::system(path))?;
        Ok(Self { path: path.into(), file, length })
    }

    /// Appends a line.
    ///
    /// # Errors
    /// If the system fails.
    pub fn push(&mut self, line: &str) -> Result<(), IoError> {
        let text = format!("{line}\n");
        self.file.write_all(text.as_bytes()).map_err(IoError::system(&self.path))?;
        self.length += text.len() as u64;
        Ok(())
    }

    /// Appends a value as a line of JSON.
    ///
    /// # Errors
    /// If the system fails.
    pub fn push_json(&mut self, value: &impl Serialize) -> Result<(), IoError> {
        let line = serde_json::to_string(value).map_err(|e| IoError::content(&self.path, e.to_string()))?;
        self.push(&line)
    }

    /// Bytes so far.
    pub fn length(&self) -> u64 {
        self.length
    }

    /// Waits until the disk has everything.
    ///
    /// # Errors
    /// If the system fails.
    pub fn sync(&self) -> Result<(), IoError> {
        self.file.sync_data().map_err(IoError::system(&self.path))
    }
}

/// A row of numbers; what is not a number stays empty. Every digit that `f64` needs, so that a resumed run can be
/// compared to the bit.
pub fn row(values: impl IntoIterator<Item = f64>) -> String {
    let cell = |v: f64| if v.is_finite() { format!("{v:?}") } else { String::new() };
    values.into_iter().map(cell).collect::<Vec<_>>().join(",")
}

//! Files that grow by lines: `metrics.csv` and `events.jsonl`. Each line is handed to the system at once, so that a
//! killed run loses none, and a resumed run first cuts the file back to what its checkpoint had seen.

use std::fs::{File, OpenOptions};
use std::io::{Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

use crc32fast::Hasher;
use serde::{Deserialize, Serialize};

use super::IoError;

/// The beginning of a file: its length and its checksum.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Beginning {
    /// bytes
    pub bytes: u64,
    /// CRC-32 of the bytes
    pub sum: u32,
}

/// A file that grows by lines.
pub struct Lines {
    path: PathBuf,
    file: File,
    length: u64,
    sum: Hasher,
}

impl Lines {
    /// A new file.
    ///
    /// # Errors
    /// If it exists already or cannot be made.
    pub fn create(path: &Path) -> Result<Self, IoError> {
        let file = OpenOptions::new().write(true).create_new(true).open(path).map_err(IoError::system(path))?;
        Ok(Self { path: path.into(), file, length: 0, sum: Hasher::new() })
    }

    /// An existing file, cut back to the beginning that is known of it.
    ///
    /// # Errors
    /// If it is missing, shorter or begins otherwise: [`Self::salvage`] takes what is left.
    pub fn reopen(path: &Path, known: Beginning) -> Result<Self, IoError> {
        let open = OpenOptions::new().read(true).write(true).open(path);
        let mut file = open.map_err(|e| match e.kind() {
            std::io::ErrorKind::NotFound => IoError::content(path, "is missing"),
            _ => IoError::system(path)(e),
        })?;
        let (bytes, sum) = summed(&mut file, known.bytes).map_err(IoError::system(path))?;
        if bytes < known.bytes {
            let problem = format!("holds {bytes} bytes, but the checkpoint has seen {}", known.bytes);
            return Err(IoError::content(path, problem));
        }
        if sum.clone().finalize() != known.sum {
            return Err(IoError::content(
                path,
                "is damaged or was changed: its checksum is not that in the checkpoint",
            ));
        }
        file.set_len(bytes).and_then(|()| file.seek(SeekFrom::End(0))).map_err(IoError::system(path))?;
        Ok(Self { path: path.into(), file, length: bytes, sum })
    }

    /// The whole lines that are left of the first `bytes` of a file that cannot be reopened; none if it is not there or empty.
    ///
    /// # Errors
    /// If the system fails.
    pub fn salvage(path: &Path, bytes: u64) -> Result<Option<Self>, IoError> {
        let Ok(mut file) = OpenOptions::new().read(true).write(true).open(path) else { return Ok(None) };
        let salvage = |file: &mut File| -> std::io::Result<(u64, Hasher)> {
            let mut text = Vec::new();
            file.take(bytes).read_to_end(&mut text)?;
            let whole = text.iter().rposition(|&byte| byte == b'\n').map_or(0, |end| end + 1);
            file.set_len(whole as u64)?;
            file.seek(SeekFrom::End(0))?;
            let mut sum = Hasher::new();
            sum.update(&text[..whole]);
            Ok((whole as u64, sum))
        };
        let (length, sum) = salvage(&mut file).map_err(IoError::system(path))?;
        match length {
            0 => std::fs::remove_file(path).map(|()| None).map_err(IoError::system(path)),
            _ => Ok(Some(Self { path: path.into(), file, length, sum })),
        }
    }

    /// Appends a line.
    ///
    /// # Errors
    /// If the system fails.
    pub fn push(&mut self, line: &str) -> Result<(), IoError> {
        let text = format!("{line}\n");
        self.file.write_all(text.as_bytes()).map_err(IoError::system(&self.path))?;
        self.length += text.len() as u64;
        self.sum.update(text.as_bytes());
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

    /// What has been written so far.
    pub fn written(&self) -> Beginning {
        Beginning { bytes: self.length, sum: self.sum.clone().finalize() }
    }

    /// Waits until the disk has everything.
    ///
    /// # Errors
    /// If the system fails.
    pub fn sync(&self) -> Result<(), IoError> {
        self.file.sync_data().map_err(IoError::system(&self.path))
    }
}

/// Length and checksum of the first `bytes` of a file, or of all that it has.
fn summed(file: &mut File, bytes: u64) -> std::io::Result<(u64, Hasher)> {
    let (mut sum, mut length) = (Hasher::new(), 0);
    let mut buffer = vec![0; 1 << 16];
    let mut rest = file.take(bytes);
    loop {
        match rest.read(&mut buffer)? {
            0 => return Ok((length, sum)),
            n => {
                sum.update(&buffer[..n]);
                length += n as u64;
            }
        }
    }
}

/// A row of numbers; what is not a number stays empty. Every digit that `f64` needs, so that a resumed run can be
/// compared to the bit.
pub fn row(values: impl IntoIterator<Item = f64>) -> String {
    let cell = |v: f64| if v.is_finite() { format!("{v:?}") } else { String::new() };
    values.into_iter().map(cell).collect::<Vec<_>>().join(",")
}

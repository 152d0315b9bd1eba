//! Files: what a run writes, what it starts from again, and what people give it.

pub mod checkpoint;
mod chunks;
pub mod height_map;
pub mod provenance;
pub mod snapshot;
pub mod surface;
pub mod table;
pub mod view;
mod xdmf;

use std::fs::File;
use std::io::Write;
use std::path::{Path, PathBuf};

use serde::Serialize;

/// A file that could not be written, read or understood.
#[derive(Debug, thiserror::Error)]
pub enum IoError {
    /// The system said no.
    #[error("{path}: {reason}")]
    System {
        /// the file
        path: PathBuf,
        /// what it said
        reason: std::io::Error,
    },
    /// HDF5 said no.
    #[error("{path}: HDF5: {reason}")]
    Hdf5 {
        /// the file
        path: PathBuf,
        /// what it said
        reason: String,
    },
    /// The file is not what it should be.
    #[error("{path}: {problem}")]
    Content {
        /// the file
        path: PathBuf,
        /// a sentence
        problem: String,
    },
}

impl IoError {
    /// An error of the system on `path`.
    pub fn system(path: &Path) -> impl Fn(std::io::Error) -> Self + '_ {
        move |reason| Self::System { path: path.into(), reason }
    }

    /// An error of HDF5 on `path`.
    pub fn hdf5(path: &Path) -> impl Fn(hdf5::Error) -> Self + '_ {
        move |reason| Self::Hdf5 { path: path.into(), reason: reason.to_string() }
    }

    /// A file whose content is wrong.
    pub fn content(path: &Path, problem: impl Into<String>) -> Self {
        Self::Content { path: path.into(), problem: problem.into() }
    }
}

/// Writes `value` as JSON for people and programs, like [`write_whole`]. What is not finite becomes null.
///
/// # Errors
/// If the system fails; the old file is then as it was.
pub fn write_json(path: &Path, value: &(impl Serialize + ?Sized)) -> Result<(), IoError> {
    let text = serde_json::to_string_pretty(value).map_err(|e| IoError::content(path, e.to_string()))?;
    write_whole(path, (text + "\n").as_bytes())
}

/// Writes a whole file so that it is either the old or the new one: beside it, synced, renamed. Into a pipe or a device the bytes are
/// written as they are.
///
/// # Errors
/// If the system fails; the old file is then as it was.
pub fn write_whole(path: &Path, bytes: &[u8]) -> Result<(), IoError> {
    if std::fs::metadata(path).is_ok_and(|there| !there.is_file() && !there.is_dir()) {
        // a pipe or a device has no content to keep, and must not be replaced by a file
        return File::options()
            .write(true)
            .open(path)
            .and_then(|mut file| file.write_all(bytes))
            .map_err(IoError::system(path));
    }
    let beside = beside(path);
    let written = (|| {
        let mut file = File::create(&beside)?;
        file.write_all(bytes)?;
        file.sync_all()?;
        std::fs::rename(&beside, path)
    })();
    if written.is_err() {
        // the disk may be full: leave no half file behind; that it cannot be removed changes nothing
        let _ = std::fs::remove_file(&beside);
    }
    written.map_err(IoError::system(path))
}

/// Waits until the disk has the names in `directory`, where the system can do that.
fn sync_directory(directory: &Path) -> Result<(), IoError> {
    if cfg!(unix) {
        File::open(directory).and_then(|folder| folder.sync_all()).map_err(IoError::system(directory))?;
    }
    Ok(())
}

/// Temporary name in the same folder.
fn beside(path: &Path) -> PathBuf {
    let mut name = path.file_name().unwrap_or_default().to_os_string();
    name.push(".part");
    path.with_file_name(name)
}

/// Opens an HDF5 file to write (`create`: anew) with the formats that every reader knows and without locks: people open
/// the file while it grows, and their lock must not end the run.
fn open_hdf5(path: &Path, create: bool) -> Result<hdf5::File, IoError> {
    let mut builder = hdf5::File::with_options();
    builder.with_fapl(|plist| {
        // low bound: superblock 2, which survives a kill; no bound on what may be read
        plist.libver_bounds(hdf5::file::LibraryVersion::V18, hdf5::file::LibraryVersion::V18);
        plist.file_locking(false)
    });
    let file = if create { builder.create(path) } else { builder.open_rw(path) };
    file.map_err(IoError::hdf5(path))
}

/// Opens an HDF5 file to read, without a lock.
fn read_hdf5(path: &Path) -> Result<hdf5::File, IoError> {
    if !path.is_file() {
        return Err(IoError::content(path, "there is no such file"));
    }
    let mut builder = hdf5::File::with_options();
    builder.with_fapl(|plist| plist.file_locking(false));
    builder.open(path).map_err(IoError::hdf5(path))
}

//! Files: what a run writes, what it starts from again, and what people give it.

pub mod checkpoint;
pub mod height_map;
pub mod provenance;
pub mod snapshot;
pub mod surface;
pub mod table;
pub mod view;

use std::fs::File;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

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
        move |reason| Self::Hdf5 { path: path.into(), reason: of_system(&reason.to_string()) }
    }

    /// A file that was read back and is other than what was written.
    pub fn not_held(path: &Path) -> Self {
        Self::content(path, "does not hold what was written; is the disk full?")
    }

    /// What is wrong, without the name of the file.
    pub fn problem(&self) -> String {
        match self {
            Self::System { reason, .. } => reason.to_string(),
            Self::Hdf5 { reason, .. } => format!("HDF5: {reason}"),
            Self::Content { problem, .. } => problem.clone(),
        }
    }

    /// A file whose content is wrong.
    pub fn content(path: &Path, problem: impl Into<String>) -> Self {
        Self::Content { path: path.into(), problem: problem.into() }
    }
}

/// A moment as RFC 3339 in UTC, to the second. A clock that stands before 1970 or beyond the year 9999 is told as the nearest that there is.
pub fn moment(time: SystemTime) -> String {
    const LATEST: Duration = Duration::from_secs(253_402_300_799);
    humantime::format_rfc3339_seconds(time.clamp(UNIX_EPOCH, UNIX_EPOCH + LATEST)).to_string()
}

/// What HDF5 says, without its addresses and counts of bytes where the system gave the reason: "can't write data: File too large".
fn of_system(reason: &str) -> String {
    const BEGINS: &str = "error message = '";
    let said = reason.split_once(BEGINS).and_then(|(before, rest)| Some((before, rest.split_once('\'')?.0)));
    let what = |before: &str| before.split(": ").nth(1).unwrap_or("failed").to_string();
    said.map_or_else(|| reason.into(), |(before, system)| format!("{}: {system}", what(before)))
}

/// Writes `value` as JSON for people and programs, like [`write_whole`]. What is not finite becomes null.
///
/// # Errors
/// If the system fails; the old file is then as it was.
pub fn write_json(path: &Path, value: &(impl Serialize + ?Sized)) -> Result<(), IoError> {
    let text = serde_json::to_string_pretty(value).map_err(|e| IoError::content(path, e.to_string()))?;
    write_whole(path, (text + "\n").as_bytes())
}

/// Writes a whole file so that it is either the old or the new one: beside it, synced, renamed. What a link leads to is written, not the
/// link; a device or a pipe is written into and stays what it is.
///
/// # Errors
/// If the system fails; the old file is then as it was.
pub fn write_whole(path: &Path, bytes: &[u8]) -> Result<(), IoError> {
    let there = std::fs::metadata(path);
    if there.is_ok_and(|there| !there.is_file() && !there.is_dir()) {
        let mut device = File::options().write(true).open(path).map_err(IoError::system(path))?;
        return device.write_all(bytes).and_then(|()| device.flush()).map_err(IoError::system(path));
    }
    // a link may lead to what is not there yet
    let led = || std::fs::read_link(path).map(|to| path.parent().unwrap_or(Path::new("")).join(to));
    let target = std::fs::canonicalize(path).or_else(|_| led()).unwrap_or(path.into());
    let beside = beside(&target);
    let written = (|| {
        let mut file = File::create(&beside)?;
        file.write_all(bytes)?;
        file.sync_all()?;
        std::fs::rename(&beside, &target)
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

/// Makes the file at `path` by `store`, whole or not at all: beside it, renamed.
fn placed(path: &Path, store: impl FnOnce(&Path) -> Result<(), IoError>) -> Result<(), IoError> {
    let part = beside(path);
    let stored = store(&part).and_then(|()| std::fs::rename(&part, path).map_err(IoError::system(path)));
    if stored.is_err() {
        // leave no half file behind; that it cannot be removed changes nothing
        let _ = std::fs::remove_file(&part);
    }
    stored
}

/// Waits until the disk has the file at `path`.
fn sync_file(path: &Path) -> Result<(), IoError> {
    File::open(path).and_then(|file| file.sync_all()).map_err(IoError::system(path))
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

/// Makes an HDF5 file whose datasets lie in other files: a format of HDF5 1.10.
fn open_index(path: &Path) -> Result<hdf5::File, IoError> {
    let mut builder = hdf5::File::with_options();
    builder.with_fapl(|plist| {
        plist.libver_bounds(hdf5::file::LibraryVersion::V18, hdf5::file::LibraryVersion::V110);
        plist.file_locking(false)
    });
    builder.create(path).map_err(IoError::hdf5(path))
}

/// Opens an HDF5 file to read, without a lock.
fn read_hdf5(path: &Path) -> Result<hdf5::File, IoError> {
    read_through(path, |plist| plist.file_locking(false))
}

/// Opens an HDF5 file that this process has just written, to see what of it is there.
///
/// A write that failed can leave the file open inside the library, which would then answer from its buffers: another driver shares
/// nothing with the one that wrote.
fn read_back(path: &Path) -> Result<hdf5::File, IoError> {
    read_through(path, |plist| plist.file_locking(false).stdio())
}

fn read_through(
    path: &Path,
    how: impl Fn(&mut hdf5::plist::FileAccessBuilder) -> &mut hdf5::plist::FileAccessBuilder,
) -> Result<hdf5::File, IoError> {
    // the library would wait for the writer of a pipe
    crate::input::open(path, u64::MAX).map_err(IoError::system(path))?;
    let mut builder = hdf5::File::with_options();
    builder.with_fapl(how);
    builder.open(path).map_err(IoError::hdf5(path))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_clock_that_is_wrong_is_told_all_the_same() {
        assert_eq!(moment(UNIX_EPOCH - Duration::from_secs(9)), "1970-01-01T00:00:00Z");
        assert_eq!(moment(UNIX_EPOCH + Duration::from_secs(86_400)), "1970-01-02T00:00:00Z");
        assert_eq!(moment(UNIX_EPOCH + Duration::from_secs(1 << 40)), "9999-12-31T23:59:59Z");
    }

    #[test]
    fn the_reason_of_the_system_is_told_in_a_line() {
        let long = "H5Dwrite(): can't write data: file write failed: time = Sat Nov 28 22:42:25 2026\n, filename = 'f', file \
                    descriptor = 3, errno = 27, error message = 'File too large', buf = 0x55";
        assert_eq!(of_system(long), "can't write data: File too large");
        assert_eq!(of_system("H5Fopen(): not a file"), "H5Fopen(): not a file");
    }

    #[test]
    #[cfg(unix)]
    fn a_device_and_a_link_stay_what_they_are() {
        use std::os::unix::fs::FileTypeExt;
        // a device that is full says so, one that takes all is still there
        assert!(write_whole(Path::new("/dev/full"), b"page").is_err());
        assert!(std::fs::metadata("/dev/full").unwrap().file_type().is_char_device());
        write_whole(Path::new("/dev/null"), b"page").unwrap();
        assert!(std::fs::metadata("/dev/null").unwrap().file_type().is_char_device());
        let place = tempfile::tempdir().unwrap();
        let [link, file] = ["link", "file"].map(|name| place.path().join(name));
        std::os::unix::fs::symlink(&file, &link).unwrap();
        for text in ["first", "second"] {
            write_whole(&link, text.as_bytes()).unwrap();
            assert_eq!(std::fs::read_to_string(&file).unwrap(), text);
            assert!(std::fs::symlink_metadata(&link).unwrap().is_symlink());
        }
        assert_eq!(std::fs::read_dir(place.path()).unwrap().count(), 2);
    }
}

//! One run, one process: a lock in the run's directory that goes with the process that holds it, however that ends.

use std::fs::{File, OpenOptions, TryLockError};
use std::io::{Read, Seek, Write};
use std::path::Path;
use std::time::SystemTime;

use super::RunError;
use crate::io::{IoError, moment};

/// Name of the file that is locked. It stays when the lock has gone: a file that is removed could be locked twice.
pub const FILE: &str = ".lock";

/// The lock of this process on a directory; dropped, it is gone.
pub struct Lock {
    _file: File,
}

impl Lock {
    /// Takes the lock of the run in `directory`; none, and a sentence, on a file system that knows no locks.
    ///
    /// # Errors
    /// If another process holds it: which, on which host, since when; or if the file cannot be made.
    pub fn take(directory: &Path) -> Result<(Option<Self>, Option<String>), RunError> {
        let path = directory.join(FILE);
        let open = OpenOptions::new().read(true).write(true).create(true).truncate(false).open(&path);
        let mut file = open.map_err(IoError::system(&path))?;
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => {
                let mut holder = String::new();
                // who holds it is worth knowing, but not worth failing for
                let _ = file.read_to_string(&mut holder);
                let holder = if holder.trim().is_empty() { "another process".into() } else { holder.trim().into() };
                return Err(RunError::Busy { directory: directory.into(), holder });
            }
            Err(TryLockError::Error(reason)) => {
                let note = format!(
                    "{}: the file system gives no locks ({reason}); see that no other process computes this run",
                    directory.display()
                );
                return Ok((None, Some(note)));
            }
        }
        let now = moment(SystemTime::now());
        let holder = format!("process {} on {}, since {now}\n", std::process::id(), host());
        let told = file.set_len(0).and_then(|()| file.rewind()).and_then(|()| file.write_all(holder.as_bytes()));
        told.map_err(IoError::system(&path))?;
        Ok((Some(Self { _file: file }), None))
    }
}

/// Who computes the run in `directory` just now; none if nobody does, or the file system gives no locks.
pub fn holder(directory: &Path) -> Option<String> {
    let mut file = File::open(directory.join(FILE)).ok()?;
    match file.try_lock_shared() {
        Err(TryLockError::WouldBlock) => {
            let mut holder = String::new();
            let _ = file.read_to_string(&mut holder);
            Some(holder.trim().into())
        }
        _ => None,
    }
}

/// Name of this machine.
pub fn host() -> String {
    gethostname::gethostname().to_string_lossy().into_owned()
}

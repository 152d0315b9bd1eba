//! Files that a user names: only regular ones of a bounded size, so that a pipe cannot hang the program and an endless device cannot
//! fill its memory.

use std::fs::File;
use std::io::{self, Read};
use std::path::Path;

/// Largest config and table \[bytes\].
pub const LARGEST_TEXT: u64 = 64 << 20;

/// Opens the file at `path` to read, if it is a regular file of at most `limit` bytes.
///
/// # Errors
/// What the system says, or a sentence that says what the file is instead.
pub fn open(path: &Path, limit: u64) -> io::Result<File> {
    // the kind is asked for first: merely to open a pipe waits for its writer
    regular(&std::fs::metadata(path)?)?;
    let file = File::open(path)?;
    let metadata = file.metadata()?;
    regular(&metadata)?;
    if metadata.len() > limit { Err(too_large(limit)) } else { Ok(file) }
}

/// Content of the regular file at `path`, which holds at most `limit` bytes.
///
/// # Errors
/// As [`open`].
pub fn bytes(path: &Path, limit: u64) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    // a file may grow, and those of /proc have no size at all
    open(path, limit)?.take(limit + 1).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > limit { Err(too_large(limit)) } else { Ok(bytes) }
}

/// Content of a config or a table: UTF-8 text of at most [`LARGEST_TEXT`] bytes.
///
/// # Errors
/// As [`open`], or if the file is not UTF-8.
pub fn text(path: &Path) -> io::Result<String> {
    let not_utf8 = |_| io::Error::new(io::ErrorKind::InvalidData, "is not a text in UTF-8");
    String::from_utf8(bytes(path, LARGEST_TEXT)?).map_err(not_utf8)
}

fn regular(metadata: &std::fs::Metadata) -> io::Result<()> {
    match metadata {
        m if m.is_file() => Ok(()),
        m if m.is_dir() => Err(io::Error::other("is a directory, not a file")),
        _ => Err(io::Error::other("is not a regular file; pipes and devices are not read, write the text into a file")),
    }
}

fn too_large(limit: u64) -> io::Error {
    io::Error::other(format!("is larger than {} MiB, the most that is read", limit >> 20))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_regular_files_of_a_bounded_size_are_read() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a");
        std::fs::write(&path, "12345678").unwrap();
        assert_eq!(bytes(&path, 8).unwrap(), b"12345678");
        assert!(bytes(&path, 7).unwrap_err().to_string().contains("larger than"));
        assert!(bytes(folder.path(), 8).unwrap_err().to_string().contains("a directory"));
        std::fs::write(&path, [0xff, 0xfe]).unwrap();
        assert!(text(&path).unwrap_err().to_string().contains("UTF-8"));
    }

    #[cfg(unix)]
    #[test]
    fn a_pipe_and_an_endless_device_are_refused_at_once() {
        let folder = tempfile::tempdir().unwrap();
        let pipe = folder.path().join("pipe");
        assert!(std::process::Command::new("mkfifo").arg(&pipe).status().unwrap().success());
        for path in [&pipe, Path::new("/dev/zero")] {
            let message = bytes(path, 8).unwrap_err().to_string();
            assert!(message.contains("not a regular file"), "{message}");
        }
    }
}

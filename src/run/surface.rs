//! `liplate surface`: the surface of the lithium at a stored snapshot.

use std::path::{Path, PathBuf};

use super::fields::surface_of_frame;
use crate::io::IoError;
use crate::io::snapshot;
use crate::io::surface::{Format, Sides};

/// What surface is wanted, and where.
#[derive(Clone, Debug)]
pub struct Wanted<'a> {
    /// directory of the run, or its file of fields
    pub run: &'a Path,
    /// number of the snapshot, from 0; the last if none
    pub frame: Option<usize>,
    /// format; that of the extension of `out`, else `vtp`, if none
    pub format: Option<Format>,
    /// file to write; `surface-NNNN.vtp` beside the fields if none, NNNN being the number of the snapshot
    pub out: Option<&'a Path>,
    /// replace a file of that name
    pub overwrite: bool,
}

/// A surface that was written.
#[derive(Clone, Debug, PartialEq)]
pub struct Made {
    /// where
    pub path: PathBuf,
    /// number of the snapshot
    pub frame: usize,
    /// its time \[s\]
    pub time: f64,
    /// triangles of the surface; none without lithium
    pub triangles: usize,
}

impl std::fmt::Display for Made {
    fn fmt(&self, f: &mut std::fmt::Formatter) -> std::fmt::Result {
        let Self { path, frame, time, triangles } = self;
        write!(f, "{}: snapshot {frame}, t = {time} s: ", path.display())?;
        match triangles {
            0 => writeln!(f, "no lithium, the surface is empty"),
            _ => writeln!(f, "{triangles} triangles"),
        }
    }
}

/// Writes the surface that is wanted. A format that prints, STL, gets a body that is closed at the sides of the box.
///
/// # Errors
/// If the fields cannot be read or hold no `xi` or no such snapshot, the file is there already, its extension is that of another format,
/// or it cannot be written.
pub fn write(wanted: &Wanted) -> Result<Made, IoError> {
    let fields = if wanted.run.is_dir() { wanted.run.join(snapshot::FILE) } else { wanted.run.to_path_buf() };
    let stored = snapshot::frames(&fields)?;
    let last = stored.checked_sub(1).ok_or_else(|| IoError::content(&fields, "holds no snapshots"))?;
    let frame = wanted.frame.unwrap_or(last);
    let named = wanted.out.and_then(Format::of);
    let format = wanted.format.or(named).unwrap_or(Format::Vtp);
    let beside = || fields.with_file_name(format!("surface-{frame:04}.{}", format.name()));
    let path = wanted.out.map_or_else(beside, Path::to_path_buf);
    if let Some(other) = named.filter(|named| *named != format) {
        let problem = format!("--format is {}, but the name of the file ends in .{}", format.name(), other.name());
        return Err(IoError::content(&path, problem));
    }
    if path.is_file() && !wanted.overwrite {
        return Err(IoError::content(&path, "already exists; --overwrite replaces it, --out names another file"));
    }
    let sides = if format == Format::Stl { Sides::Closed } else { Sides::Open };
    let (surface, time) = surface_of_frame(&fields, frame, sides)?;
    surface.write(&path, format)?;
    Ok(Made { path, frame, time, triangles: surface.triangles() })
}

//! `fields.vtkhdf`: all frames of a run as one temporal VTKHDF image. While the run goes on its cells are virtual, in the parts; it is
//! never changed but made anew beside and renamed, so that a reader finds the old one or the new one, whole. A run that is done gets
//! one that holds the cells itself.

use std::path::Path;

use hdf5::{File, Hyperslab, Selection, SliceOrIndex};

use super::layout::{self, CELLS};
use super::part::{Kind, Part};
use super::{FIXED, FOLDER};
use crate::io::{IoError, open_index, read_back};

/// Fields that do not change: name and cells.
pub type Fixed<'a> = [(&'a str, &'a [f32])];

/// Writes an index over `parts`, which follow each other by number, to `path`.
///
/// # Errors
/// If the file cannot be written, or does not hold what was written.
pub fn write(path: &Path, kind: &Kind, fixed: &[String], parts: &[Part]) -> Result<(), IoError> {
    let frames = parts.iter().map(Part::frames).sum();
    let all = Part::joined(path.into(), parts, frames);
    let file = open_index(path)?;
    let lay_out = || -> Result<(), hdf5::Error> {
        let fields = fields(kind, fixed);
        let root = layout::lay_out(&file, &kind.grid, &all.times, &all.series(kind), &fields)?;
        for (name, changes) in &fields {
            match changes {
                true => map(&file, kind, name, frames, parts)?,
                false => map_fixed(&file, kind, name)?,
            }
            layout::describe(&file.dataset(&format!("{CELLS}/{name}"))?, name)?;
        }
        layout::name_axes(&root, &kind.grid, &fields)?;
        file.link_external(&format!("{FOLDER}/{FIXED}"), "/liplate", "liplate")
    };
    lay_out().map_err(IoError::hdf5(path))?;
    file.close().map_err(IoError::hdf5(path))?;
    let back = read_back(path)?
        .dataset(layout::TIMES)
        .and_then(|times| times.read_raw::<f64>())
        .map_err(IoError::hdf5(path))?;
    match back.iter().map(|t| t.to_bits()).eq(all.times.iter().map(|t| t.to_bits())) {
        true => Ok(()),
        false => Err(IoError::not_held(path)),
    }
}

/// Names of all fields, and whether they change.
pub fn fields<'a>(kind: &'a Kind, fixed: &'a [String]) -> Vec<(&'a str, bool)> {
    let changing = kind.fields.iter().map(|name| (name.as_str(), true));
    changing.chain(fixed.iter().map(|name| (name.as_str(), false))).collect()
}

/// The field `name` as a virtual dataset over the parts. A frame whose part is gone reads as NaN.
fn map(file: &File, kind: &Kind, name: &str, frames: usize, parts: &[Part]) -> Result<(), hdf5::Error> {
    let [nz, ny, nx] = kind.shape();
    let dataset = format!("{CELLS}/{name}");
    let mut builder = file.new_dataset::<f32>().fill_value(f32::NAN).shape((frames, nz, ny, nx));
    let mut first = 0;
    for part in parts {
        let n = part.frames();
        let source = format!("{FOLDER}/{}", part.path.file_name().unwrap_or_default().to_string_lossy());
        let (from, to) = (slab(0, n, kind), slab(first, n, kind));
        builder = builder.virtual_map(source, &dataset, (n, nz, ny, nx), from, (frames, nz, ny, nx), to);
        first += n;
    }
    builder.create(dataset.as_str()).map(|_| ())
}

/// A field that does not change, as a virtual dataset.
fn map_fixed(file: &File, kind: &Kind, name: &str) -> Result<(), hdf5::Error> {
    let [nz, ny, nx] = kind.shape();
    let dataset = format!("{CELLS}/{name}");
    let shape = (1, nz, ny, nx);
    let builder = file.new_dataset::<f32>().fill_value(f32::NAN).shape(shape);
    let source = format!("{FOLDER}/{FIXED}");
    let builder = builder.virtual_map(source, &dataset, shape, slab(0, 1, kind), shape, slab(0, 1, kind));
    builder.create(dataset.as_str()).map(|_| ())
}

/// `frames` whole frames from `first` on.
fn slab(first: usize, frames: usize, kind: &Kind) -> Selection {
    let axis = |start, count| SliceOrIndex::SliceCount { start, step: 1, count, block: 1 };
    let [nz, ny, nx] = kind.shape();
    Selection::Hyperslab(Hyperslab::from(vec![axis(first, frames), axis(0, nz), axis(0, ny), axis(0, nx)]))
}

//! `fields.vtkhdf`: all frames of a run as one temporal VTKHDF image. While the run goes on its cells are virtual, in the parts; it is
//! never changed but made anew beside and renamed, so that a reader finds the old one or the new one, whole. A run that is done gets
//! one that holds the cells itself.

use std::path::Path;

use hdf5::{File, Hyperslab, Selection, SliceOrIndex};
use hdf5_sys::h5d::{H5Dclose, H5Dcreate2, H5Dwrite};
use hdf5_sys::h5p::H5P_DEFAULT;
use hdf5_sys::h5s::{H5S_ALL, H5Sclose, H5Screate_simple};
use hdf5_sys::h5t::{H5T_NATIVE_DOUBLE, H5T_NATIVE_LDOUBLE};

use super::layout::{self, CELLS};
use super::part::{Kind, Part};
use super::{FIXED, FOLDER};
use crate::io::{IoError, open_hdf5, open_index, read_back};

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

/// Turns the index at `path` into one whose times VTK's reader refuses and every other reader takes: they are stored as long doubles.
///
/// VTK's reader opens the file twice for one picture, believes the number of frames of the first and copies the times of the second
/// (vtkHDFReader.cxx, RequestDataObject and SetupInformation, VTK 9.7): it writes beyond its memory where the file has got more frames in
/// between. Times of a type that it does not know it leaves alone; the picture then fails with an error that can be tried again.
///
/// # Errors
/// If the file cannot be written.
pub fn veil(path: &Path) -> Result<(), IoError> {
    let file = open_hdf5(path, false)?;
    let replace = || -> Result<(), hdf5::Error> {
        let times: Vec<f64> = file.dataset(layout::TIMES)?.read_raw()?;
        // the axis `time` is another link to the dataset, and keeps it
        file.unlink(layout::TIMES)?;
        store_long_doubles(&file.group("VTKHDF/Steps")?, &times)
    };
    replace().map_err(IoError::hdf5(path))?;
    file.close().map_err(IoError::hdf5(path))
}

/// Stores `Values` in `steps` as long doubles, a type that the safe crate does not know.
#[allow(unsafe_code)]
fn store_long_doubles(steps: &hdf5::Group, values: &[f64]) -> Result<(), hdf5::Error> {
    let length = values.len() as u64;
    // SAFETY: the group is open for as long as it is borrowed, the name ends with a zero, and HDF5 reads one length and `length` values
    // before it returns; identifiers of failed calls are refused by the calls that get them. `sync` holds the library's lock.
    let written = hdf5::sync::sync(|| unsafe {
        let space = H5Screate_simple(1, &length, std::ptr::null());
        let [link, make, access] = [H5P_DEFAULT; 3];
        let dataset = H5Dcreate2(steps.id(), c"Values".as_ptr(), *H5T_NATIVE_LDOUBLE, space, link, make, access);
        let written = H5Dwrite(dataset, *H5T_NATIVE_DOUBLE, H5S_ALL, H5S_ALL, H5P_DEFAULT, values.as_ptr().cast());
        H5Sclose(space).min(written).min(H5Dclose(dataset))
    });
    if written < 0 { Err("the times cannot be written".into()) } else { Ok(()) }
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

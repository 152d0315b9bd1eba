//! Frames of a stored file, as the page, `measure` and the surface need them.

use std::path::Path;

use hdf5::{Dataset, File};

use super::layout::{CELLS, TIMES, VALUES};
use crate::io::provenance::Provenance;
use crate::io::{IoError, read_hdf5};

/// One frame of a stored file.
pub struct Frame {
    /// resolved configuration of the run, JSON
    pub setup: String,
    /// heights of the copper \[m\]
    pub heights: Vec<f64>,
    /// time \[s\]
    pub time: f64,
    /// fields in SI
    pub fields: Vec<(String, Vec<f32>)>,
    /// values of the frame
    pub values: Vec<(String, f64)>,
}

impl Frame {
    /// One of the fields, if the file holds it.
    pub fn field(&self, name: &str) -> Option<&[f32]> {
        self.fields.iter().find(|(n, _)| n == name).map(|(_, field)| &field[..])
    }
}

/// Number of frames in the file at `path`.
///
/// # Errors
/// If it is not a file of this program.
pub fn frames(path: &Path) -> Result<usize, IoError> {
    times(path).map(|times| times.len())
}

/// Times of the frames in the file at `path` \[s\].
///
/// # Errors
/// If it is not a file of this program.
pub fn times(path: &Path) -> Result<Vec<f64>, IoError> {
    let file = read_hdf5(path)?;
    let times = file.dataset(TIMES).and_then(|values| values.read_raw());
    times.map_err(|_| IoError::content(path, "is not a temporal VTKHDF file of this program"))
}

/// Reads frame `frame`.
///
/// # Errors
/// If it is not a file of this program, has no such frame, is damaged, or has lost the files that the frame lies in.
pub fn read(path: &Path, frame: usize) -> Result<Frame, IoError> {
    let times = times(path)?;
    let Some(&time) = times.get(frame) else {
        let stored = times.len();
        return Err(IoError::content(path, format!("has {stored} frames, numbered from 0; there is no frame {frame}")));
    };
    whole(path, |file| {
        let (setup, heights) = Provenance::load(&file.group("liplate")?)?;
        let mut fields = Vec::new();
        for name in file.group(CELLS)?.member_names()? {
            let field = cells(file, frame, &name)?;
            fields.push((name, field));
        }
        let mut values = Vec::new();
        for name in file.group(VALUES)?.member_names()? {
            let series: Vec<f64> = file.dataset(&format!("{VALUES}/{name}"))?.read_raw()?;
            values.push((name.clone(), *series.get(frame).ok_or_else(|| no_frame(&name, frame))?));
        }
        Ok(Frame { setup, heights, time, fields, values })
    })
}

/// Times that a file is opened anew whose frames have gone to another file meanwhile: a run has joined them, or is done.
const OPENINGS: usize = 3;

/// Reads from the file at `path`, and looks before and after whether all files are there that its cells lie in: a run that goes on may have
/// replaced the index, and HDF5 would read NaN in silence.
fn whole<T>(path: &Path, look: impl Fn(&File) -> Result<T, hdf5::Error>) -> Result<T, IoError> {
    let once = || {
        let file = read_hdf5(path)?;
        sources(path, &file)?;
        let found = look(&file);
        sources(path, &file)?;
        Ok::<_, IoError>(found)
    };
    let mut found = once();
    for _ in 1..OPENINGS {
        if found.is_ok() {
            break;
        }
        found = once();
    }
    found?.map_err(IoError::hdf5(path))
}

/// One field of frame `frame`, in SI; none if the file holds no such field.
///
/// # Errors
/// As [`read`].
pub fn field(path: &Path, frame: usize, name: &str) -> Result<Option<Vec<f32>>, IoError> {
    whole(path, |file| match file.group(CELLS)?.link_exists(name) {
        false => Ok(None),
        true => cells(file, frame, name).map(Some),
    })
}

fn no_frame(name: &str, frame: usize) -> hdf5::Error {
    format!("{name} has no frame {frame}").into()
}

/// The cells of a field.
fn cells(file: &File, frame: usize, name: &str) -> Result<Vec<f32>, hdf5::Error> {
    let offsets: Vec<i64> = file.dataset(&format!("VTKHDF/Steps/CellDataOffsets/{name}"))?.read_raw()?;
    let place = offsets.get(frame).and_then(|&place| usize::try_from(place).ok());
    let dataset = file.dataset(&format!("{CELLS}/{name}"))?;
    match (place, &dataset.shape()[..]) {
        (Some(place), [frames, _, _, _]) if place < *frames => {
            let field: ndarray::Array3<f32> = dataset.read_slice((place, .., .., ..))?;
            Ok(field.into_raw_vec_and_offset().0)
        }
        _ => Err(no_frame(name, frame)),
    }
}

/// Files that the cells of a dataset lie in, if it is virtual.
fn sources_of(dataset: &Dataset) -> Vec<String> {
    let map = dataset.dcpl().map(|plist| plist.virtual_map()).unwrap_or_default();
    map.into_iter().map(|source| source.src_filename).collect()
}

/// Looks whether all files are there that the cells of `file` at `path` lie in: HDF5 would read NaN in silence.
fn sources(path: &Path, file: &File) -> Result<(), IoError> {
    for dataset in file.group(CELLS).and_then(|group| group.datasets()).map_err(IoError::hdf5(path))? {
        for source in sources_of(&dataset) {
            if !path.with_file_name(&source).is_file() {
                let problem = format!(
                    "is an index over frames in other files, and {source} is not beside it; copy the whole directory"
                );
                return Err(IoError::content(path, problem));
            }
        }
    }
    Ok(())
}

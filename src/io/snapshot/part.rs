//! Parts: the files in the folder `frames` that hold the cells of one frame or of several in a row. A part is written beside, read
//! back, renamed, and never changed again: a kill, a full disk or a power cut can cost the part that is being written and no other.

use std::path::{Path, PathBuf};

use hdf5::{Dataset, File};

use super::chunks::{LEVEL, Sums, copy_frame, holds, sides, write_frame};
use super::layout::{self, CELLS, Series, TIMES, VALUES};
use crate::io::{IoError, open_hdf5, placed, read_back, read_hdf5, sync_file};
use crate::model::grid::Grid;

/// Dataset of the checksums of a part: of its times and values, then of the chunks of each field, frame by frame.
const SUMS: &str = "liplate/sums";
/// Ending of the names of parts.
const ENDING: &str = "vtkhdf";

/// What all parts of a run have in common.
#[derive(Clone, Debug)]
pub struct Kind {
    /// the box
    pub grid: Grid,
    /// names of the fields that change
    pub fields: Vec<String>,
    /// names of the values
    pub values: Vec<&'static str>,
}

impl Kind {
    /// Sides of a field: nz, ny, nx.
    pub fn shape(&self) -> [usize; 3] {
        [self.grid.nz, self.grid.ny, self.grid.nx]
    }
}

/// Frames in a row, in a file of their own.
#[derive(Clone, Debug)]
pub struct Part {
    /// the file
    pub path: PathBuf,
    /// number of the first frame, counted from the beginning of the run
    pub first: usize,
    /// times of the frames \[s\]
    pub times: Vec<f64>,
    /// values of the frames, a series for each name
    pub values: Vec<Vec<f64>>,
}

/// Name of the part that holds `frames` frames from number `first` on.
fn name(first: usize, frames: usize) -> String {
    match frames {
        1 => format!("{first:06}.{ENDING}"),
        _ => format!("{first:06}-{:06}.{ENDING}", first + frames - 1),
    }
}

/// First frame and number of frames of the part at `path` by its name; none if it is no part.
pub fn numbers(path: &Path) -> Option<(usize, usize)> {
    let name = path.file_name()?.to_str()?.strip_suffix(ENDING)?.strip_suffix('.')?;
    let (first, last) = name.split_once('-').unwrap_or((name, name));
    let (first, last): (usize, usize) = (first.parse().ok()?, last.parse().ok()?);
    (first <= last).then(|| (first, last - first + 1))
}

impl Part {
    /// Number of frames.
    pub fn frames(&self) -> usize {
        self.times.len()
    }

    /// Number of the frame after the last.
    pub fn end(&self) -> usize {
        self.first + self.frames()
    }

    /// Writes frame `first` into `folder`: `fields` and `values` in the order of `kind`, in SI.
    ///
    /// # Errors
    /// If the file cannot be written, or does not hold what was written.
    pub fn write(
        folder: &Path,
        kind: &Kind,
        first: usize,
        time: f64,
        values: &[f64],
        fields: &[Vec<f32>],
    ) -> Result<Self, IoError> {
        let path = folder.join(name(first, 1));
        let part =
            Self { path: path.clone(), first, times: vec![time], values: values.iter().map(|v| vec![*v]).collect() };
        placed(&path, |part_path| {
            let cells = |field: usize, dataset: &Dataset| {
                write_frame(dataset, 0, kind.shape(), &fields[field]).map(|sums| vec![sums])
            };
            part.store(part_path, kind, cells, |_| Ok(()))
        })?;
        Ok(part)
    }

    /// Writes the first `frames` frames of `parts`, which follow each other, into one file in `folder` without unpacking them.
    ///
    /// # Errors
    /// If a part cannot be read, or the file cannot be written or does not hold what was written.
    pub fn join(folder: &Path, kind: &Kind, parts: &[Self], frames: usize) -> Result<Self, IoError> {
        let first = parts.first().map_or(0, |part| part.first);
        let path = folder.join(name(first, frames));
        let part = Self::joined(path.clone(), parts, frames);
        placed(&path, |part_path| part.store_joined(part_path, kind, parts, |_| Ok(())))?;
        Ok(part)
    }

    /// The series of the first `frames` frames of `parts`, for a file at `path`.
    pub fn joined(path: PathBuf, parts: &[Self], frames: usize) -> Self {
        let first = parts.first().map_or(0, |part| part.first);
        let series = |of: &dyn Fn(&Self) -> Vec<f64>| -> Vec<f64> { parts.iter().flat_map(of).take(frames).collect() };
        let values = parts.first().map_or(0, |part| part.values.len());
        Self {
            path,
            first,
            times: series(&|part| part.times.clone()),
            values: (0..values).map(|i| series(&|part| part.values[i].clone())).collect(),
        }
    }

    /// Stores the frames of this part, which are those of `parts`, in the file at `path`, and what `more` puts beside them.
    ///
    /// # Errors
    /// As [`Part::join`], and those of `more`.
    pub fn store_joined(
        &self,
        path: &Path,
        kind: &Kind,
        parts: &[Self],
        more: impl FnOnce(&File) -> Result<(), IoError>,
    ) -> Result<(), IoError> {
        let cells = |field: usize, dataset: &Dataset| {
            let mut sums = Vec::with_capacity(self.frames());
            for part in parts {
                let file = read_hdf5(&part.path).map_err(|e| e.to_string())?;
                let source = file.dataset(&format!("{CELLS}/{}", kind.fields[field])).map_err(|e| e.to_string())?;
                let known = part.sums(kind, field).map_err(|e| e.to_string())?;
                for (frame, known) in known.into_iter().enumerate().take(self.frames() - sums.len()) {
                    let copied = copy_frame(&source, frame, dataset, sums.len(), kind.shape())?;
                    if copied != known {
                        let number = part.first + frame;
                        return Err(format!(
                            "frame {number} of {} is damaged: its checksum does not fit",
                            part.path.display()
                        ));
                    }
                    sums.push(copied);
                }
            }
            Ok(sums)
        };
        self.store(path, kind, cells, more)
    }

    /// Name of the file of this part.
    pub fn name(&self) -> String {
        name(self.first, self.frames())
    }

    /// Stores the frames in a new file at `path`, field by field as `cells` puts them into their dataset, and what `more` puts beside
    /// them; reads the frames back.
    fn store(
        &self,
        path: &Path,
        kind: &Kind,
        cells: impl Fn(usize, &Dataset) -> Result<Vec<Sums>, String>,
        more: impl FnOnce(&File) -> Result<(), IoError>,
    ) -> Result<(), IoError> {
        let file = open_hdf5(path, true)?;
        let offsets: Vec<(&str, bool)> = kind.fields.iter().map(|name| (name.as_str(), true)).collect();
        layout::lay_out(&file, &kind.grid, &self.times, &self.series(kind), &offsets).map_err(IoError::hdf5(path))?;
        let mut sums = Vec::with_capacity(kind.fields.len());
        for (field, name) in kind.fields.iter().enumerate() {
            let dataset = cell_dataset(&file, kind, name, self.frames()).map_err(IoError::hdf5(path))?;
            sums.push(cells(field, &dataset).map_err(|problem| IoError::content(path, problem))?);
        }
        let flat: Vec<u32> = std::iter::once(self.sum()).chain(sums.iter().flatten().flatten().copied()).collect();
        let store = || file.create_group("liplate")?.new_dataset_builder().with_data(&flat).create("sums");
        store().map_err(IoError::hdf5(path))?;
        more(&file)?;
        file.close().map_err(IoError::hdf5(path))?;
        // HDF5 can lose a failed write of what it had buffered: only what can be read again is there
        let file = read_back(path)?;
        let back = Self::of(&file, path, kind, self.first)?;
        for (name, sums) in kind.fields.iter().zip(&sums) {
            let dataset = file.dataset(&format!("{CELLS}/{name}")).map_err(IoError::hdf5(path))?;
            for (frame, sums) in sums.iter().enumerate() {
                if !holds(&dataset, frame, kind.shape(), sums).map_err(|problem| IoError::content(path, problem))? {
                    return Err(IoError::not_held(path));
                }
            }
        }
        match self.sum() == back.sum() {
            true => Ok(()),
            false => Err(IoError::not_held(path)),
        }
    }

    /// Checksum of the times and values.
    fn sum(&self) -> u32 {
        let mut sum = crc32fast::Hasher::new();
        for number in self.times.iter().chain(self.values.iter().flatten()) {
            sum.update(&number.to_bits().to_le_bytes());
        }
        sum.finalize()
    }

    /// Checksums of the chunks of a field of each frame, as they were when the part was written.
    fn sums(&self, kind: &Kind, field: usize) -> Result<Vec<Sums>, hdf5::Error> {
        let file = read_hdf5(&self.path).map_err(|e| hdf5::Error::from(e.to_string()))?;
        let flat: Vec<u32> = file.dataset(SUMS)?.read_raw()?;
        let chunks = flat.len().saturating_sub(1) / (kind.fields.len() * self.frames()).max(1);
        let first = 1 + field * self.frames() * chunks;
        let sums = (0..self.frames()).map(|frame| flat.get(first + frame * chunks..first + (frame + 1) * chunks));
        sums.map(|sums| sums.map(<[u32]>::to_vec).ok_or_else(|| "the checksums are not those of its frames".into()))
            .collect()
    }

    /// The values with their names.
    pub fn series(&self, kind: &Kind) -> Vec<Series> {
        kind.values.iter().map(|name| name.to_string()).zip(self.values.iter().cloned()).collect()
    }

    /// Reads the part at `path`, whose first frame has the number `first`, all but its cells, and looks whether all cells can be there.
    ///
    /// # Errors
    /// If the file is damaged or not of this kind.
    pub fn open(path: &Path, kind: &Kind, first: usize) -> Result<Self, IoError> {
        Self::of(&read_hdf5(path)?, path, kind, first)
    }

    /// The part in an open file.
    fn of(file: &File, path: &Path, kind: &Kind, first: usize) -> Result<Self, IoError> {
        let read = || -> Result<(Self, bool), hdf5::Error> {
            let times: Vec<f64> = file.dataset(TIMES)?.read_raw()?;
            let values = kind.values.iter().map(|name| file.dataset(&format!("{VALUES}/{name}"))?.read_raw());
            let values: Vec<Vec<f64>> = values.collect::<Result<_, hdf5::Error>>()?;
            let mut fits = !times.is_empty() && values.iter().all(|series| series.len() == times.len());
            for name in &kind.fields {
                let dataset = file.dataset(&format!("{CELLS}/{name}"))?;
                let [nz, ny, nx] = kind.shape();
                let [cz, cy, cx] = sides(kind.shape());
                fits &= dataset.shape() == [times.len(), nz, ny, nx] && dataset.chunk() == Some(vec![1, cz, cy, cx]);
                fits &= dataset.dtype()?.is::<f32>();
            }
            let sums: Vec<u32> = file.dataset(SUMS)?.read_raw()?;
            let part = Self { path: path.into(), first, times, values };
            let fits = fits && sums.first() == Some(&part.sum());
            Ok((part, fits))
        };
        match read().map_err(IoError::hdf5(path))? {
            (part, true) => Ok(part),
            (_, false) => Err(IoError::content(path, "is damaged, or holds frames that do not fit the run")),
        }
    }

    /// Waits until the disk has everything.
    ///
    /// # Errors
    /// If the system fails.
    pub fn sync(&self) -> Result<(), IoError> {
        sync_file(&self.path)
    }
}

/// A new dataset for `frames` frames of the field `name`.
fn cell_dataset(file: &File, kind: &Kind, name: &str, frames: usize) -> Result<Dataset, hdf5::Error> {
    let [nz, ny, nx] = kind.shape();
    let [cz, cy, cx] = sides(kind.shape());
    let builder = file.new_dataset::<f32>().chunk((1, cz, cy, cx)).shape((frames, nz, ny, nx));
    let dataset = builder.shuffle().deflate(LEVEL).create(format!("{CELLS}/{name}").as_str())?;
    layout::describe(&dataset, name)?;
    Ok(dataset)
}

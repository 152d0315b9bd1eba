//! `fields.vtkhdf`: a temporal VTKHDF image that ParaView, VTK and h5py read, while it grows too.

use std::path::{Path, PathBuf};

use hdf5::types::FixedAscii;
use hdf5::{Dataset, Extent, File, Group};

use super::chunks::{LEVEL, round_mantissa, sides, write_frame};
use super::provenance::Provenance;
use super::xdmf;
use super::{IoError, open_hdf5, read_hdf5};
use crate::model::grid::Grid;

/// Name of the file in a run's directory.
pub const FILE: &str = "fields.vtkhdf";

/// Name of the file for older readers, beside it.
pub const SIDECAR: &str = "fields.xdmf";

/// Values that go with a frame.
pub type Values = [(&'static str, f64)];

/// The open file.
pub struct Snapshots {
    path: PathBuf,
    file: File,
    grid: Grid,
    fields: Vec<String>,
    values: Vec<&'static str>,
    frames: usize,
}

impl Snapshots {
    /// A new file for `fields` (one value a cell) and `values` (one a frame). `fixed` fields do not change; they are
    /// stored once.
    ///
    /// # Errors
    /// If the file exists or cannot be written.
    pub fn create(
        path: &Path,
        grid: &Grid,
        fields: &[String],
        fixed: &[(&str, &[f32])],
        values: &[&'static str],
        provenance: &Provenance,
    ) -> Result<Self, IoError> {
        if path.exists() {
            return Err(IoError::content(path, "already exists"));
        }
        let file = open_hdf5(path, true)?;
        let snapshots =
            Self { path: path.into(), file, grid: *grid, fields: fields.to_vec(), values: values.to_vec(), frames: 0 };
        snapshots.lay_out(fixed, provenance).map_err(IoError::hdf5(path))?;
        for (name, field) in fixed {
            let dataset = snapshots.dataset(&format!("CellData/{name}"))?;
            dataset.resize((1, grid.nz, grid.ny, grid.nx)).map_err(IoError::hdf5(path))?;
            snapshots.write_field(&dataset, 0, field)?;
        }
        snapshots.flush()?;
        Ok(snapshots)
    }

    /// Opens the file of a run that goes on, cut back to its first `frames` frames.
    ///
    /// # Errors
    /// If the file is missing, damaged or has fewer frames.
    pub fn reopen(
        path: &Path,
        grid: &Grid,
        fields: &[String],
        values: &[&'static str],
        frames: usize,
    ) -> Result<Self, IoError> {
        if !path.is_file() {
            return Err(IoError::content(path, "there is no such file, but the checkpoint has frames in it"));
        }
        let file = open_hdf5(path, false)?;
        let snapshots =
            Self { path: path.into(), file, grid: *grid, fields: fields.to_vec(), values: values.to_vec(), frames };
        let stored = snapshots.dataset("Steps/Values")?.size();
        if stored < frames {
            return Err(IoError::content(path, format!("holds {stored} frames, but the checkpoint has seen {frames}")));
        }
        snapshots.cut().map_err(IoError::hdf5(path))?;
        snapshots.flush()?;
        Ok(snapshots)
    }

    fn root(&self) -> Result<Group, hdf5::Error> {
        self.file.group("VTKHDF")
    }

    fn dataset(&self, name: &str) -> Result<Dataset, IoError> {
        self.root().and_then(|root| root.dataset(name)).map_err(IoError::hdf5(&self.path))
    }

    fn shape(&self) -> [usize; 3] {
        [self.grid.nz, self.grid.ny, self.grid.nx]
    }

    fn lay_out(&self, fixed: &[(&str, &[f32])], provenance: &Provenance) -> Result<(), hdf5::Error> {
        let grid = &self.grid;
        let root = self.file.create_group("VTKHDF")?;
        let kind = FixedAscii::<9>::from_ascii(b"ImageData").unwrap_or_default();
        root.new_attr::<FixedAscii<9>>().create("Type")?.write_scalar(&kind)?;
        attribute(&root, "Version", &[2_i64, 2])?;
        let [nx, ny, nz] = [grid.nx, grid.ny, grid.nz].map(|n| n as i64);
        attribute(&root, "WholeExtent", &[0, nx, 0, ny, 0, nz])?;
        attribute(&root, "Origin", &[0.0; 3])?;
        attribute(&root, "Spacing", &[grid.dx; 3])?;
        attribute(&root, "Direction", &[1.0, 0.0, 0.0, 0.0, 1.0, 0.0, 0.0, 0.0, 1.0])?;
        for group in ["CellData", "PointData", "FieldData"] {
            root.create_group(group)?;
        }
        let steps = root.create_group("Steps")?;
        steps.new_attr::<i64>().create("NSteps")?.write_scalar(&0)?;
        series::<f64>(&steps, "Values")?;
        for group in ["CellDataOffsets", "PointDataOffsets", "FieldDataOffsets"] {
            steps.create_group(group)?;
        }
        let [cz, cy, cx] = sides(self.shape());
        let names = self.fields.iter().map(String::as_str).chain(fixed.iter().map(|(name, _)| *name));
        for name in names {
            root.new_dataset::<f32>()
                .chunk((1, cz, cy, cx))
                .shape((Extent::resizable(0), Extent::fixed(grid.nz), Extent::fixed(grid.ny), Extent::fixed(grid.nx)))
                .shuffle()
                .deflate(LEVEL)
                .create(format!("CellData/{name}").as_str())?;
            series::<i64>(&steps, &format!("CellDataOffsets/{name}"))?;
        }
        for name in &self.values {
            series::<f64>(&root, &format!("FieldData/{name}"))?;
            series::<i64>(&steps, &format!("FieldDataOffsets/{name}"))?;
        }
        provenance.store(&self.file.create_group("liplate")?)
    }

    /// Appends a frame: `fields` in the order of the file, in SI.
    ///
    /// # Errors
    /// If the file cannot be written, a full disk for example; the frames before remain readable.
    pub fn append(
        &mut self,
        time: f64,
        fields: Vec<Vec<f32>>,
        values: &Values,
        keep_bits: Option<u32>,
    ) -> Result<(), IoError> {
        let frame = self.frames;
        let grid = self.grid;
        for (name, mut field) in self.fields.iter().zip(fields) {
            if let Some(bits) = keep_bits {
                round_mantissa(&mut field, bits);
            }
            let dataset = self.dataset(&format!("CellData/{name}"))?;
            dataset.resize((frame + 1, grid.nz, grid.ny, grid.nx)).map_err(IoError::hdf5(&self.path))?;
            self.write_field(&dataset, frame, &field)?;
        }
        let append = || -> Result<(), hdf5::Error> {
            let root = self.root()?;
            for (name, value) in values {
                push(&root, &format!("FieldData/{name}"), frame, value)?;
                push(&root, &format!("Steps/FieldDataOffsets/{name}"), frame, &(frame as i64))?;
            }
            for name in root.group("CellData")?.member_names()? {
                let offset = if self.fields.contains(&name) { frame as i64 } else { 0 };
                push(&root, &format!("Steps/CellDataOffsets/{name}"), frame, &offset)?;
            }
            push(&root, "Steps/Values", frame, &time)?;
            root.group("Steps")?.attr("NSteps")?.write_scalar(&(frame as i64 + 1))
        };
        append().map_err(IoError::hdf5(&self.path))?;
        self.flush()?;
        self.frames += 1;
        self.write_sidecar()
    }

    /// Frames written.
    pub fn frames(&self) -> usize {
        self.frames
    }

    fn write_field(&self, dataset: &Dataset, frame: usize, field: &[f32]) -> Result<(), IoError> {
        write_frame(dataset, frame, self.shape(), field).map_err(|problem| IoError::content(&self.path, problem))
    }

    /// Waits until the disk has everything.
    ///
    /// # Errors
    /// If the system fails.
    pub fn sync(&self) -> Result<(), IoError> {
        std::fs::File::open(&self.path).and_then(|file| file.sync_all()).map_err(IoError::system(&self.path))
    }

    fn flush(&self) -> Result<(), IoError> {
        self.file.flush().map_err(IoError::hdf5(&self.path))
    }

    /// Cuts every series back to `frames`.
    fn cut(&self) -> Result<(), hdf5::Error> {
        let root = self.root()?;
        let steps = root.group("Steps")?;
        let shorten = |group: &Group| -> Result<(), hdf5::Error> {
            for dataset in group.datasets()? {
                dataset.resize(self.frames)?;
            }
            Ok(())
        };
        steps.attr("NSteps")?.write_scalar(&(self.frames as i64))?;
        for name in &self.fields {
            root.dataset(&format!("CellData/{name}"))?.resize((
                self.frames,
                self.grid.nz,
                self.grid.ny,
                self.grid.nx,
            ))?;
        }
        shorten(&root.group("FieldData")?)?;
        shorten(&steps)?;
        shorten(&steps.group("CellDataOffsets")?)?;
        shorten(&steps.group("FieldDataOffsets")?)
    }

    /// The `.xdmf` beside the file, for readers that know no temporal VTKHDF.
    fn write_sidecar(&self) -> Result<(), IoError> {
        let times: Vec<f64> = self.dataset("Steps/Values")?.read_raw().map_err(IoError::hdf5(&self.path))?;
        let name = self.path.file_name().unwrap_or_default().to_string_lossy();
        let text = xdmf::sidecar(&name, &self.grid, &self.fields, &times);
        super::write_whole(&self.path.with_extension("xdmf"), text.as_bytes())
    }
}

/// One frame of a stored file, as `liplate measure` needs it.
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
    let file = read_hdf5(path)?;
    let steps = file
        .dataset("VTKHDF/Steps/Values")
        .map_err(|_| IoError::content(path, "is not a temporal VTKHDF file of this program"))?;
    Ok(steps.size())
}

/// Reads frame `frame`.
///
/// # Errors
/// If it is not a file of this program or has no such frame.
pub fn read(path: &Path, frame: usize) -> Result<Frame, IoError> {
    let stored = frames(path)?;
    if frame >= stored {
        return Err(IoError::content(path, format!("has {stored} frames, numbered from 0; there is no frame {frame}")));
    }
    let file = read_hdf5(path)?;
    let read = || -> Result<Frame, hdf5::Error> {
        let root = file.group("VTKHDF")?;
        let (setup, heights) = Provenance::load(&file.group("liplate")?)?;
        let times: Vec<f64> = root.dataset("Steps/Values")?.read_raw()?;
        let mut fields = Vec::new();
        for name in root.group("CellData")?.member_names()? {
            let offsets: Vec<i64> = root.dataset(&format!("Steps/CellDataOffsets/{name}"))?.read_raw()?;
            let dataset = root.dataset(&format!("CellData/{name}"))?;
            let place = offsets[frame] as usize;
            let field: ndarray::Array3<f32> = dataset.read_slice((place, .., .., ..))?;
            fields.push((name, field.into_raw_vec_and_offset().0));
        }
        let mut values = Vec::new();
        for name in root.group("FieldData")?.member_names()? {
            let series: Vec<f64> = root.dataset(&format!("FieldData/{name}"))?.read_raw()?;
            values.push((name, series[frame]));
        }
        Ok(Frame { setup, heights, time: times[frame], fields, values })
    };
    read().map_err(IoError::hdf5(path))
}

/// Times of the frames in the file at `path` \[s\].
///
/// # Errors
/// If it is not a file of this program.
pub fn times(path: &Path) -> Result<Vec<f64>, IoError> {
    let file = read_hdf5(path)?;
    let times = file.dataset("VTKHDF/Steps/Values").and_then(|values| values.read_raw());
    times.map_err(|_| IoError::content(path, "is not a temporal VTKHDF file of this program"))
}

/// One field of frame `frame`, in SI; none if the file holds no such field.
///
/// # Errors
/// If it is not a file of this program or has no such frame.
pub fn field(path: &Path, frame: usize, name: &str) -> Result<Option<Vec<f32>>, IoError> {
    let file = read_hdf5(path)?;
    let read = || -> Result<Option<Vec<f32>>, hdf5::Error> {
        let root = file.group("VTKHDF")?;
        if !root.group("CellData")?.link_exists(name) {
            return Ok(None);
        }
        let offsets: Vec<i64> = root.dataset(&format!("Steps/CellDataOffsets/{name}"))?.read_raw()?;
        let place = offsets.get(frame).ok_or_else(|| hdf5::Error::from(format!("{name} has no frame {frame}")))?;
        let dataset = root.dataset(&format!("CellData/{name}"))?;
        let field: ndarray::Array3<f32> = dataset.read_slice((*place as usize, .., .., ..))?;
        Ok(Some(field.into_raw_vec_and_offset().0))
    };
    read().map_err(IoError::hdf5(path))
}

fn attribute<T: hdf5::H5Type>(group: &Group, name: &str, values: &[T]) -> Result<(), hdf5::Error> {
    group.new_attr::<T>().shape(values.len()).create(name)?.write_raw(values)
}

fn series<T: hdf5::H5Type>(group: &Group, name: &str) -> Result<(), hdf5::Error> {
    group.new_dataset::<T>().chunk(256).shape(Extent::resizable(0)).create(name).map(|_| ())
}

fn push<T: hdf5::H5Type + Copy>(group: &Group, name: &str, at: usize, value: &T) -> Result<(), hdf5::Error> {
    let dataset = group.dataset(name)?;
    dataset.resize(at + 1)?;
    dataset.write_slice(&[*value], at..at + 1)
}

//! Heights in a dataset of an HDF5 file.

use std::path::Path;

use hdf5::plist::dataset_create::Layout;
use hdf5::types::TypeDescriptor;

use super::{Map, pixels};
use crate::io::{IoError, read_hdf5};

/// Largest chunk that is unpacked \[bytes\].
const LARGEST_CHUNK: usize = 1 << 30;

/// The two-dimensional dataset `name` of the file at `path`: rows along y, metres.
///
/// # Errors
/// If there is no such dataset, it is no plane of numbers inside this file, or the file cannot hold it.
pub fn read(path: &Path, name: &str) -> Result<Map, IoError> {
    let content = |problem: String| IoError::content(path, problem);
    let length = std::fs::metadata(path).map_err(IoError::system(path))?.len() as usize;
    let file = read_hdf5(path)?;
    let dataset = file.dataset(name).map_err(|_| content(format!("has no dataset {name:?} (dataset)")))?;
    let shape = dataset.shape();
    let [rows, columns] = shape[..] else {
        return Err(content(format!("the dataset has {} dimensions, not two", shape.len())));
    };
    pixels(columns, rows, length).map_err(content)?;
    let kind = dataset.dtype().and_then(|kind| kind.to_descriptor()).map_err(IoError::hdf5(path))?;
    if !matches!(kind, TypeDescriptor::Integer(_) | TypeDescriptor::Unsigned(_) | TypeDescriptor::Float(_)) {
        return Err(content(format!("the dataset holds {kind:?}, not numbers")));
    }
    let made = dataset.dcpl().map_err(IoError::hdf5(path))?;
    if made.layout() == Layout::Virtual || !made.external().is_empty() {
        return Err(content("the dataset lies in other files; copy its numbers into this one".into()));
    }
    if let Some(chunk) = made.chunk() {
        let size = chunk.iter().try_fold(kind.size(), |size, &n| size.checked_mul(n));
        // the library believes what a damaged file says of its chunks, and reads beyond them
        let fits =
            chunk.len() == 2 && (dataset.is_resizable() || chunk.iter().zip(&shape).all(|(chunk, side)| chunk <= side));
        if !fits || size.is_none_or(|size| size > LARGEST_CHUNK) {
            return Err(content(format!("is damaged: its dataset of {rows} × {columns} has chunks of {chunk:?}")));
        }
    }
    let stored = dataset.storage_size();
    if stored == 0 || stored > length as u64 {
        return Err(content(format!("is damaged: it has {length} bytes, its dataset {stored}")));
    }
    let reader = dataset.as_reader().conversion(hdf5::datatype::Conversion::Soft);
    let values = reader.read_raw::<f64>().map_err(IoError::hdf5(path))?;
    Ok(Map { columns, rows, values, size: None })
}

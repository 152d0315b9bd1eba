//! Copper heights from a picture, a dataset or a text.

mod over_grid;
mod picture;
mod stored;
mod text;

use std::path::Path;

use super::IoError;
use crate::input;
use crate::model::grid::Grid;

/// Largest file that is read \[bytes\].
const LARGEST_FILE: u64 = 1 << 30;

/// Most pixels of a map, 8192²: 512 MiB of heights.
pub const MOST_PIXELS: usize = 1 << 26;

/// Most pixels that a byte of a compressed file can stand for: deflate packs 1032 bytes into one, run lengths of other codes less than
/// four times as many.
const PIXELS_PER_BYTE: usize = 4096;

/// Formats that heights come from, for messages.
const FORMATS: &str = "heights come from grey PNG, TIFF or JPEG pictures, a dataset of an HDF5 file, ESRI ASCII grids, Gwyddion's text \
                       or x y z points in metres";

/// How the config says that a map is to be read.
#[derive(Clone, Copy, Debug, Default)]
pub struct Reading<'a> {
    /// name of the dataset in an HDF5 file
    pub dataset: Option<&'a str>,
    /// height between black and white in a picture \[m\]
    pub height_range: Option<f64>,
    /// height that 1 stands for in a file of numbers whose unit is not known \[m\]
    pub height_unit: Option<f64>,
    /// lateral size of the map along x and y, if it is not that which the file gives \[m\]
    pub map_size: Option<[f64; 2]>,
    /// whether its values are no heights but numbers without a unit
    pub is_share: bool,
}

/// A map of heights.
#[derive(Debug)]
struct Map {
    /// pixels along x
    columns: usize,
    /// pixels along y
    rows: usize,
    /// heights, x fastest, from the near end of y \[m\]
    values: Vec<f64>,
    /// lateral size along x and y, if the file gives it \[m\]
    size: Option<[f64; 2]>,
}

impl Map {
    /// The map with all heights multiplied.
    fn times(mut self, scale: f64) -> Self {
        self.values.iter_mut().for_each(|value| *value *= scale);
        self
    }
}

/// What a person should hear about a map and the copper that it gives.
#[derive(Clone, Debug, PartialEq)]
pub struct Summary {
    /// pixels along x and y
    pub pixels: [usize; 2],
    /// lateral size along x and y, as the config or the file gives it \[m\]
    pub size: Option<[f64; 2]>,
    /// heights of the map
    pub map: Spread,
    /// heights of the copper, means over the cells of the grid
    pub copper: Spread,
    /// the steps of the copper along x and along y; none along an axis of one or two cells
    pub steps: [Option<Steps>; 2],
}

/// How far heights lie apart.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Spread {
    /// difference of the highest and the lowest \[m\]
    pub range: f64,
    /// root mean square around the mean \[m\]
    pub rms: f64,
}

/// Root mean squares of the differences of neighbouring columns of copper along an axis.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Steps {
    /// inside the box \[m\]
    pub inside: f64,
    /// across the periodic edge of the box \[m\]
    pub edge: f64,
}

impl Steps {
    /// Whether the edge stands out: several times what is usual inside, and more than rounding.
    pub fn jumps(&self) -> bool {
        self.edge > 3.0 * self.inside && self.edge > 1e-12
    }
}

/// Heights around their mean for every column of `grid`, x fastest \[m\], from the map in `file` stretched over the periodic box: means
/// over each cell, or interpolated between pixels that are larger than cells. Along an axis of one cell the box is a section through the
/// middle of the map.
///
/// A grey picture is white at the height range above black, and its first row is at the far end of y; every other format holds metres.
///
/// # Errors
/// If the file is missing or no map, its colours are not grey, its numbers are not finite or too many, or its size is not that of the box.
pub fn heights(file: &Path, reading: Reading, grid: &Grid) -> Result<(Vec<f64>, Summary), IoError> {
    let map = read(file, &reading)?;
    if map.values.iter().any(|v| !v.is_finite()) {
        return Err(IoError::content(file, "holds heights that are not finite"));
    }
    let size = lateral_size(&map, reading.map_size).map_err(|problem| IoError::content(file, problem))?;
    over_grid::fits([map.columns, map.rows], size, grid).map_err(|problem| IoError::content(file, problem))?;
    let mut heights = over_grid::means(&map, size, grid);
    let mean = heights.iter().sum::<f64>() / heights.len() as f64;
    heights.iter_mut().for_each(|h| *h -= mean);
    let steps = [0, 1].map(|axis| over_grid::steps(&heights, grid, axis));
    let (of_map, of_copper) = (spread(&map.values), spread(&heights));
    Ok((heights, Summary { pixels: [map.columns, map.rows], size, map: of_map, copper: of_copper, steps }))
}

/// How far each column of `grid` is inside the pattern of the map in `file`, x fastest, 255 wholly: as [`heights`] lays it over the box,
/// with numbers from 0 to 1, or a picture from black to white.
///
/// # Errors
/// As of [`heights`], and if numbers are below 0 or above 1.
pub fn shares(file: &Path, dataset: Option<&str>, map_size: Option<[f64; 2]>, grid: &Grid) -> Result<Vec<u8>, IoError> {
    // a picture is as high as it is white; what is none has its own numbers
    let reading = |height_range| Reading { dataset, height_range, height_unit: None, map_size, is_share: true };
    let map = if is_picture(&head(file)?) { read(file, &reading(Some(1.0))) } else { read(file, &reading(None)) }?;
    if let Some(wrong) = map.values.iter().find(|v| !(0.0..=1.0).contains(*v)) {
        return Err(IoError::content(
            file,
            format!("holds {wrong}; a pattern has numbers from 0, outside, to 1, inside"),
        ));
    }
    let size = lateral_size(&map, map_size).map_err(|problem| IoError::content(file, problem))?;
    over_grid::fits([map.columns, map.rows], size, grid).map_err(|problem| IoError::content(file, problem))?;
    Ok(over_grid::means(&map, size, grid).into_iter().map(|share| (255.0 * share).round() as u8).collect())
}

fn spread(heights: &[f64]) -> Spread {
    let mean = heights.iter().sum::<f64>() / heights.len() as f64;
    let square = heights.iter().map(|h| (h - mean).powi(2)).sum::<f64>() / heights.len() as f64;
    let (low, high) = heights.iter().fold((f64::MAX, f64::MIN), |(low, high), &h| (low.min(h), high.max(h)));
    Spread { range: high - low, rms: square.sqrt() }
}

/// The size that the config gives, or else the file; both must agree within 2 %.
fn lateral_size(map: &Map, given: Option<[f64; 2]>) -> Result<Option<[f64; 2]>, String> {
    if let (Some(given), Some(own)) = (given, map.size)
        && given.iter().zip(own).any(|(given, own)| (given / own - 1.0).abs() > 0.02)
    {
        let [given, own] = [given, own].map(|size| size.map(|s| s * 1e6));
        return Err(format!(
            "says itself that it is {:.4} × {:.4} µm, but map_size is {:.4} × {:.4} µm",
            own[0], own[1], given[0], given[1]
        ));
    }
    Ok(given.or(map.size))
}

/// The first bytes of a file.
fn head(file: &Path) -> Result<Vec<u8>, IoError> {
    use std::io::Read;
    let mut head = Vec::new();
    let open = input::open(file, LARGEST_FILE).map_err(IoError::system(file))?;
    open.take(8).read_to_end(&mut head).map_err(IoError::system(file))?;
    Ok(head)
}

/// Whether a file that begins so is a picture that can be read.
fn is_picture(head: &[u8]) -> bool {
    matches!(
        head,
        [0x89, b'P', b'N', b'G', ..]
            | [b'I', b'I', 42 | 43, 0, ..]
            | [b'M', b'M', 0, 42 | 43, ..]
            | [0xff, 0xd8, 0xff, ..]
    )
}

/// The map in `file`, whose first bytes tell its format.
fn read(file: &Path, reading: &Reading) -> Result<Map, IoError> {
    let content = |problem: String| IoError::content(file, problem);
    let head = head(file)?;
    let bytes = || input::bytes(file, LARGEST_FILE).map_err(IoError::system(file));
    let decode = match head.as_slice() {
        [0x89, b'P', b'N', b'G', ..] => picture::png,
        [b'I', b'I', 42 | 43, 0, ..] | [b'M', b'M', 0, 42 | 43, ..] => picture::tiff,
        [0xff, 0xd8, 0xff, ..] => picture::jpeg,
        _ => {
            if reading.height_range.is_some() {
                return Err(content(format!("is no picture, so height_range means nothing; {FORMATS}")));
            }
            return match (&head[..], reading.dataset) {
                (b"\x89HDF\r\n\x1a\n", Some(dataset)) => {
                    stored::read(file, dataset).map(|map| map.times(reading.height_unit.unwrap_or(1.0)))
                }
                (b"\x89HDF\r\n\x1a\n", None) => Err(content("is an HDF5 file: name it with `dataset`".into())),
                (_, Some(_)) => Err(content(format!("is no HDF5 file, so it has no dataset; {FORMATS}"))),
                (_, None) if reading.height_unit.is_some() => Err(content(
                    "has heights in metres, or in the unit that it tells: height_unit is for a TIFF of numbers and for HDF5".into(),
                )),
                (_, None) => text::read(&bytes()?, reading.is_share).map_err(content),
            };
        }
    };
    if reading.dataset.is_some() {
        return Err(content("is a picture, so it has no dataset".into()));
    }
    let picture = decode(&bytes()?).map_err(content)?;
    let scale = height_of_one(&picture, reading).map_err(|problem| content(problem.into()))?;
    Ok(picture.map().map_err(content)?.times(scale))
}

/// Height that 1 stands for in a picture, white in one of shades \[m\].
fn height_of_one(picture: &picture::Picture, reading: &Reading) -> Result<f64, &'static str> {
    match (picture.is_of_numbers(), reading.height_range, reading.height_unit) {
        _ if reading.is_share => Ok(1.0),
        (true, None, Some(unit)) => Ok(unit),
        (true, None, None) => {
            Err("is a TIFF of numbers: height_unit is missing, the height that 1 stands for, as in \"1 nm\"")
        }
        (true, Some(_), _) => Err(
            "is a TIFF of numbers, which have no black and white: instead of height_range give height_unit, the height that 1 stands for, \
             as in \"1 nm\"",
        ),
        (false, _, Some(_)) => {
            Err("is a picture of shades: give height_range, the height between black and white, and no height_unit")
        }
        (false, Some(range), None) => Ok(range),
        (false, None, None) => Err("is a picture: height_range is missing, the height between black and white"),
    }
}

/// Number of pixels of a map of `columns` × `rows` in a file of `bytes`, before anything is allocated for them.
///
/// # Errors
/// If there are none, too many, or more than the file can hold.
fn pixels(columns: usize, rows: usize, bytes: usize) -> Result<usize, String> {
    let size = format!("{columns} × {rows} pixels");
    match columns.checked_mul(rows) {
        Some(0) => Err(format!("has {size}")),
        Some(n) if n > bytes.saturating_mul(PIXELS_PER_BYTE) => {
            Err(format!("is damaged: a file of {bytes} bytes cannot hold {size}"))
        }
        Some(n) if n <= MOST_PIXELS => Ok(n),
        _ => Err(format!("has {size}, more than the {MOST_PIXELS} that are read; make it coarser")),
    }
}

#[cfg(test)]
mod tests;

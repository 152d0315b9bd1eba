//! Copper heights from a picture or a dataset.

use std::fs::File;
use std::io::BufReader;
use std::path::Path;

use super::{IoError, read_hdf5};
use crate::model::grid::Grid;

/// A map of heights, `columns` fastest, in any unit.
struct Map {
    columns: usize,
    rows: usize,
    values: Vec<f64>,
}

/// Heights around their mean for every column of `grid`, x fastest \[m\]: the map in `file` stretched over the box,
/// bilinear between its points and periodic.
///
/// A PNG (grey or colour, 8 or 16 bit; its first channel counts) is white at `height_range` above black and its first
/// row is at the far end of y; a 2-D HDF5 `dataset` (rows along y) holds metres.
///
/// # Errors
/// If the file is missing, is neither, or holds numbers that are not finite.
pub fn heights(
    file: &Path,
    dataset: Option<&str>,
    height_range: Option<f64>,
    grid: &Grid,
) -> Result<Vec<f64>, IoError> {
    let is_picture = file.extension().is_some_and(|e| e.eq_ignore_ascii_case("png"));
    let map = match (is_picture, dataset) {
        (true, _) => picture(file, height_range.unwrap_or(1e-6))?,
        (false, Some(name)) => stored(file, name)?,
        (false, None) => {
            return Err(IoError::content(file, "is no PNG; name the dataset of an HDF5 file with collector.dataset"));
        }
    };
    if map.values.iter().any(|v| !v.is_finite()) {
        return Err(IoError::content(file, "holds heights that are not finite"));
    }
    let mut heights = Vec::with_capacity(grid.nx * grid.ny);
    for y in 0..grid.ny {
        for x in 0..grid.nx {
            let u = (x as f64 + 0.5) / grid.nx as f64 * map.columns as f64 - 0.5;
            let v = (y as f64 + 0.5) / grid.ny as f64 * map.rows as f64 - 0.5;
            heights.push(map.at(u, v));
        }
    }
    let mean = heights.iter().sum::<f64>() / heights.len() as f64;
    heights.iter_mut().for_each(|h| *h -= mean);
    Ok(heights)
}

impl Map {
    fn at(&self, u: f64, v: f64) -> f64 {
        let wrap = |i: f64, n: usize| (i as i64).rem_euclid(n as i64) as usize;
        let (x, y) = (u.floor(), v.floor());
        let (share_x, share_y) = (u - x, v - y);
        let value = |x: f64, y: f64| self.values[wrap(y, self.rows) * self.columns + wrap(x, self.columns)];
        let along = |y: f64| value(x, y) + share_x * (value(x + 1.0, y) - value(x, y));
        along(y) + share_y * (along(y + 1.0) - along(y))
    }
}

fn picture(path: &Path, height_range: f64) -> Result<Map, IoError> {
    let file = File::open(path).map_err(IoError::system(path))?;
    let bad = |e: png::DecodingError| IoError::content(path, format!("not a readable PNG: {e}"));
    let mut decoder = png::Decoder::new(BufReader::new(file));
    decoder.set_transformations(png::Transformations::EXPAND);
    let mut reader = decoder.read_info().map_err(bad)?;
    let size = reader.output_buffer_size().ok_or_else(|| IoError::content(path, "the picture is too large"))?;
    let mut bytes = vec![0; size];
    let info = reader.next_frame(&mut bytes).map_err(bad)?;
    let (columns, rows) = (info.width as usize, info.height as usize);
    let (samples, wide) = (info.color_type.samples(), info.bit_depth == png::BitDepth::Sixteen);
    let width = if wide { 2 } else { 1 };
    let mut values = Vec::with_capacity(columns * rows);
    for row in (0..rows).rev() {
        for column in 0..columns {
            let at = row * info.line_size + column * samples * width;
            let grey = if wide {
                f64::from(u16::from_be_bytes([bytes[at], bytes[at + 1]])) / 65_535.0
            } else {
                f64::from(bytes[at]) / 255.0
            };
            values.push(grey * height_range);
        }
    }
    Ok(Map { columns, rows, values })
}

fn stored(path: &Path, dataset: &str) -> Result<Map, IoError> {
    let file = read_hdf5(path)?;
    let dataset = file
        .dataset(dataset)
        .map_err(|_| IoError::content(path, format!("has no dataset {dataset:?} (collector.dataset)")))?;
    let shape = dataset.shape();
    let [rows, columns] = shape[..] else {
        return Err(IoError::content(path, format!("the dataset has {} dimensions, not two", shape.len())));
    };
    if rows * columns == 0 {
        return Err(IoError::content(path, "the dataset is empty"));
    }
    let reader = dataset.as_reader().conversion(hdf5::datatype::Conversion::Soft);
    let values = reader.read_raw::<f64>().map_err(IoError::hdf5(path))?;
    Ok(Map { columns, rows, values })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_ramp_keeps_its_slope_in_the_middle() {
        let map = Map { columns: 8, rows: 1, values: (0..8).map(f64::from).collect() };
        assert!((map.at(3.25, 0.0) - 3.25).abs() < 1e-12);
        assert!((map.at(7.5, 0.0) - 3.5).abs() < 1e-12, "periodic: between 7 and 0");
    }

    #[test]
    fn a_picture_is_white_at_its_height_range_and_its_first_row_is_far() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("map.png");
        let mut encoder = png::Encoder::new(File::create(&path).unwrap(), 2, 2);
        encoder.set_color(png::ColorType::Grayscale);
        encoder.set_depth(png::BitDepth::Sixteen);
        let mut writer = encoder.write_header().unwrap();
        writer.write_image_data(&[255, 255, 0, 0, 0, 0, 0, 0]).unwrap();
        writer.finish().unwrap();
        let grid = Grid { nx: 2, ny: 2, nz: 8, dx: 1e-6 };
        let read = super::heights(&path, None, Some(4e-7), &grid).unwrap();
        let expected = [-1e-7, -1e-7, 3e-7, -1e-7];
        assert!(read.iter().zip(expected).all(|(a, b)| (a - b).abs() < 1e-15), "{read:?}");
        std::fs::write(&path, b"no picture").unwrap();
        assert!(super::heights(&path, None, Some(1e-7), &grid).unwrap_err().to_string().contains("not a readable PNG"));
    }

    #[test]
    fn a_dataset_in_metres_comes_back_around_its_mean() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("map.h5");
        let file = hdf5::File::create(&path).unwrap();
        let heights: Vec<f32> = (0..16).map(|i| (i % 4) as f32 * 1e-7).collect();
        let heights = ndarray::Array2::from_shape_vec((4, 4), heights).unwrap();
        file.new_dataset_builder().with_data(&heights).create("h").unwrap();
        file.close().unwrap();
        let grid = Grid { nx: 4, ny: 4, nz: 8, dx: 1e-6 };
        let read = super::heights(&path, Some("h"), None, &grid).unwrap();
        assert!((read[1] + 0.5e-7).abs() < 1e-13 && (read[15] - 1.5e-7).abs() < 1e-13);
        assert!(super::heights(&path, Some("x"), None, &grid).unwrap_err().to_string().contains("no dataset"));
    }
}

//! A map laid over the columns of a grid.

use super::{Map, Steps};
use crate::model::grid::Grid;

/// Most that the size of a map may differ from that of the box, if it is more than a pixel.
const TOLERANCE: f64 = 0.02;

/// Whether a map of `pixels` along x and y with this lateral `size` \[m\] covers the box of `grid` without being stretched. Along an axis
/// of one cell nothing is asked.
///
/// # Errors
/// A sentence that says both sizes and what to do.
pub fn fits(pixels: [usize; 2], size: Option<[f64; 2]>, grid: &Grid) -> Result<(), String> {
    let cells = [grid.nx, grid.ny];
    let sides = cells.map(|n| n as f64 * grid.dx);
    match size {
        Some(size) => {
            let off = |k: usize| {
                cells[k] > 1 && (size[k] - sides[k]).abs() > (size[k] / pixels[k] as f64).max(TOLERANCE * sides[k])
            };
            if off(0) || off(1) {
                let [map, sides] = [size, sides].map(|lengths| lengths.map(|length| length * 1e6));
                let fitting = [0, 1].map(|k| if cells[k] == 1 { 1.0 } else { (size[k] / grid.dx).round().max(1.0) });
                return Err(format!(
                    "is {:.4} × {:.4} µm, but the box is {:.4} × {:.4} µm: set grid.cells to [{}, {}, {}] at this grid.dx, \
                     or crop the map to the box",
                    map[0], map[1], sides[0], sides[1], fitting[0], fitting[1], grid.nz
                ));
            }
        }
        None if cells.iter().all(|&n| n > 1) => {
            let square = pixels[0] as f64 * cells[1] as f64 / cells[0] as f64;
            let off = (pixels[1] as f64 - square).abs();
            if off > (TOLERANCE * square).max(1.0 + 1e-9) {
                return Err(format!(
                    "has {} × {} pixels, but the box {} × {} cells: it would be stretched by {:.3}. Crop it to the shape of the box, \
                     set grid.cells to its shape, or give its size with map_size if its pixels are no squares",
                    pixels[0],
                    pixels[1],
                    cells[0],
                    cells[1],
                    square / pixels[1] as f64
                ));
            }
        }
        None => {}
    }
    Ok(())
}

/// Heights of the map over the columns of `grid`, x fastest.
pub fn means(map: &Map, size: Option<[f64; 2]>, grid: &Grid) -> Vec<f64> {
    let (pixels, cells) = ([map.columns, map.rows], [grid.nx, grid.ny]);
    // a section through the map is a cell wide
    let width = |k: usize| {
        let other = 1 - k;
        match size {
            Some(size) => grid.dx / size[k] * pixels[k] as f64,
            None if cells[other] > 1 => pixels[other] as f64 / cells[other] as f64,
            None => pixels[k] as f64,
        }
    };
    let [along_x, along_y] = [0, 1].map(|k| match cells[k] {
        1 => section(pixels[k], width(k)),
        n => shares(pixels[k], n),
    });
    let rows: Vec<f64> =
        map.values.chunks_exact(map.columns).flat_map(|row| along_x.iter().map(|taps| mix(taps, |i| row[i]))).collect();
    let column = |taps: &Taps, x: usize| mix(taps, |j| rows[j * grid.nx + x]);
    along_y.iter().flat_map(|taps| (0..grid.nx).map(move |x| column(taps, x))).collect()
}

/// Pixels that make a cell, with their shares.
type Taps = Vec<(usize, f64)>;

fn mix(taps: &Taps, value: impl Fn(usize) -> f64) -> f64 {
    match taps[..] {
        // as a difference, so that equal values stay what they are
        [(low, _), (high, share)] => value(low) + share * (value(high) - value(low)),
        _ => taps.iter().map(|&(i, share)| share * value(i)).sum(),
    }
}

/// What each of `cells` along a periodic line of `pixels` consists of: the pixels under it, or where pixels are larger the two around its
/// centre.
fn shares(pixels: usize, cells: usize) -> Vec<Taps> {
    let overlap = |cell: usize| {
        // in parts of a pixel, of which a cell has `pixels` and a pixel `cells`
        let (begin, end) = (cell * pixels, (cell + 1) * pixels);
        let share = |i: usize| (end.min((i + 1) * cells) - begin.max(i * cells)) as f64 / pixels as f64;
        (begin / cells..end.div_ceil(cells)).map(|i| (i, share(i))).collect()
    };
    let between = |cell: usize| around((cell as f64 + 0.5) / cells as f64 * pixels as f64 - 0.5, pixels);
    (0..cells).map(|cell| if pixels >= cells { overlap(cell) } else { between(cell) }).collect()
}

/// The two pixels around `place`, with their shares, periodic.
fn around(place: f64, pixels: usize) -> Taps {
    let wrap = |i: f64| (i as i64).rem_euclid(pixels as i64) as usize;
    let (low, share) = (place.floor(), place - place.floor());
    vec![(wrap(low), 1.0 - share), (wrap(low + 1.0), share)]
}

/// The one cell across a section `width` pixels wide through the middle.
fn section(pixels: usize, width: f64) -> Vec<Taps> {
    let middle = 0.5 * pixels as f64;
    if width < 1.0 {
        return vec![around(middle - 0.5, pixels)];
    }
    let (begin, end) = ((middle - 0.5 * width).max(0.0), (middle + 0.5 * width).min(pixels as f64));
    let share = |i: usize| (end.min(i as f64 + 1.0) - begin.max(i as f64)).max(0.0) / (end - begin);
    vec![(begin as usize..(end.ceil() as usize).min(pixels)).map(|i| (i, share(i))).collect()]
}

/// Steps between neighbouring columns along an axis, 0 or 1; none where it has fewer than three cells.
pub fn steps(heights: &[f64], grid: &Grid, axis: usize) -> Option<Steps> {
    let (n, stride, lines) = [(grid.nx, 1, grid.ny), (grid.ny, grid.nx, grid.nx)][axis];
    if n < 3 {
        return None;
    }
    let begin = |line: usize| if axis == 0 { line * grid.nx } else { line };
    let square = |a: f64, b: f64| (a - b) * (a - b);
    let (mut inside, mut edge) = (0.0, 0.0);
    for line in 0..lines {
        let at = |i: usize| heights[begin(line) + i * stride];
        inside += (1..n).map(|i| square(at(i), at(i - 1))).sum::<f64>();
        edge += square(at(0), at(n - 1));
    }
    Some(Steps { inside: (inside / (lines * (n - 1)) as f64).sqrt(), edge: (edge / lines as f64).sqrt() })
}

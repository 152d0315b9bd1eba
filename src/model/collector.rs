//! The copper: its heights, the fraction of each cell that it leaves accessible, its area, and the frozen map of kinetic
//! heterogeneity. Made once on the host, in f64, stored in f32, the same on every device.

use rustfft::FftPlanner;
use rustfft::num_complex::Complex;

use super::grid::Grid;
use super::parameters::{Collector, CollectorShape, Heterogeneity, Pattern, Setup};
use super::profile;
use super::random::normal;

/// Smallest accessible fraction, so that nothing divides by zero inside the copper.
pub const ACCESSIBLE_FLOOR: f64 = 1e-6;

/// Fields that never change during a run, each with one value a cell, that of the pattern one a column.
#[derive(Clone, Debug, PartialEq)]
pub struct Statics {
    /// w: volume fraction not filled by copper
    pub accessible: Vec<f32>,
    /// area of the copper per volume \[1/dx\]
    pub copper_area: Vec<f32>,
    /// a(x): factor on the exchange current
    pub heterogeneity: Vec<f32>,
    /// how far each column is inside the pattern on the copper, 0 to 1, nx × ny
    pub pattern: Vec<f32>,
}

impl Statics {
    /// Builds the fields of a run from the heights of its copper.
    pub fn new(setup: &Setup, heights: &[f64]) -> Self {
        let grid = &setup.grid;
        let ell = setup.ell / grid.dx;
        let accessible = accessible(grid, ell, heights);
        let copper_area = area_density(grid, ell, heights, &accessible);
        let heterogeneity = match &setup.kinetics.heterogeneity {
            Some(h) => log_normal(grid, h),
            None => vec![1.0; grid.cells()],
        };
        let pattern = match &setup.collector.pattern {
            Some(pattern) => pattern_shares(grid, pattern).map(|share| share as f32).collect(),
            None => vec![0.0; grid.nx * grid.ny],
        };
        Self { accessible: accessible.iter().map(|&w| w as f32).collect(), copper_area, heterogeneity, pattern }
    }
}

/// How far column (x, y) is inside a pattern on the copper, 0 to 1.
pub fn pattern_share(grid: &Grid, pattern: &Pattern, x: usize, y: usize) -> f64 {
    // the middle of a cell in its period; one that lies on a side belongs to what begins there, whatever rounding says
    let along = |cell: usize, period: f64| {
        let place = (cell as f64 + 0.5 + 1e-9) * grid.dx;
        place - period * (place / period).floor()
    };
    let is_inside = match *pattern {
        Pattern::Stripes { period, width, .. } => along(x, period) < width,
        Pattern::Dots { period, width, .. } => {
            let from_middle = |cell: usize| along(cell, period) - 0.5 * period;
            let (x, y) = (from_middle(x), if grid.ny == 1 { 0.0 } else { from_middle(y) });
            x * x + y * y < 0.25 * width * width
        }
        Pattern::Map { ref share, columns, side, .. } => {
            // the column of the map that the middle of this one lies in
            let [x, y] = [(x, 0), (y, 1)].map(|(cell, axis)| {
                let place = (cell as f64 + 0.5) * grid.dx / side[axis] * columns[axis] as f64;
                (place as usize).checked_rem(columns[axis]).unwrap_or(0)
            });
            return share.get(y * columns[0] + x).map_or(0.0, |&share| f64::from(share) / 255.0);
        }
    };
    f64::from(u8::from(is_inside))
}

/// Part of the columns that is inside a pattern.
pub fn inside(grid: &Grid, pattern: &Pattern) -> f64 {
    pattern_shares(grid, pattern).sum::<f64>() / (grid.nx * grid.ny) as f64
}

/// How far each column is inside a pattern, 0 to 1, x fastest.
pub fn pattern_shares(grid: &Grid, pattern: &Pattern) -> impl Iterator<Item = f64> {
    (0..grid.nx * grid.ny).map(move |column| pattern_share(grid, pattern, column % grid.nx, column / grid.nx))
}

/// Gives a box of fewer columns, `small`, the mean of the pattern of the whole one: a part would not have its share.
pub fn average_pattern(whole: &Setup, small: &mut Setup) {
    if let Some(pattern) = whole.collector.pattern.as_ref().filter(|_| small.grid != whole.grid) {
        small.collector.pattern = Some(pattern.everywhere(inside(&whole.grid, pattern)));
    }
}

/// Contact angle of lithium on the copper of column (x, y) \[rad\].
pub fn contact_angle(grid: &Grid, collector: &Collector, x: usize, y: usize) -> f64 {
    let inside = collector.pattern.as_ref().and_then(|pattern| Some((pattern, pattern.patch().contact_angle?)));
    inside.map_or(collector.contact_angle, |(pattern, inside)| {
        let share = pattern_share(grid, pattern, x, y);
        // as the operators have it: between the cosines
        ((1.0 - share) * collector.contact_angle.cos() + share * inside.cos()).acos()
    })
}

/// Heights of the copper above the bottom of the box, x fastest, nx × ny \[m\].
pub fn heights(grid: &Grid, collector: &Collector) -> Vec<f64> {
    let around_mean = match &collector.shape {
        CollectorShape::Flat => vec![0.0; grid.nx * grid.ny],
        CollectorShape::Rough { rms, correlation_length, hurst, seed } => {
            rough(grid, *rms, *correlation_length, *hurst, *seed)
        }
        CollectorShape::Map { heights, .. } => heights.clone(),
    };
    around_mean.into_iter().map(|h| collector.height + h).collect()
}

/// A self-affine surface: white noise filtered to the power spectrum (1 + (k λ/2π)²)^(−1−H) (−½−H on a line), scaled to `rms` exactly.
fn rough(grid: &Grid, rms: f64, correlation_length: f64, hurst: f64, seed: u32) -> Vec<f64> {
    let (nx, ny) = (grid.nx, grid.ny);
    let mut field: Vec<Complex<f64>> = (0..nx * ny).map(|i| Complex::new(normal(seed, 0, i as u32), 0.0)).collect();
    transform(&mut field, nx, ny, false);
    // the spectrum of a section through the surface falls by one power of k less
    let steepness = if nx == 1 || ny == 1 { 0.5 + hurst } else { 1.0 + hurst };
    let frequency = |i: usize, n: usize| i.min(n - i) as f64 / (n as f64 * grid.dx);
    for y in 0..ny {
        for x in 0..nx {
            let k = frequency(x, nx).hypot(frequency(y, ny));
            let filter = (1.0 + (k * correlation_length).powi(2)).powf(-0.5 * steepness);
            field[y * nx + x] *= if k == 0.0 { 0.0 } else { filter };
        }
    }
    transform(&mut field, nx, ny, true);
    let square: f64 = field.iter().map(|h| h.re * h.re).sum::<f64>() / (nx * ny) as f64;
    let scale = if square > 0.0 { rms / square.sqrt() } else { 0.0 };
    field.iter().map(|h| h.re * scale).collect()
}

/// Waves in the box of element `i` of a transform of length `n`, with their sign.
pub(crate) fn waves(i: usize, n: usize) -> f64 {
    if 2 * i > n { i as f64 - n as f64 } else { i as f64 }
}

/// Two-dimensional Fourier transform in place, rows then columns, unscaled.
pub(crate) fn transform(field: &mut [Complex<f64>], nx: usize, ny: usize, inverse: bool) {
    let mut planner = FftPlanner::new();
    let mut plan = |n| if inverse { planner.plan_fft_inverse(n) } else { planner.plan_fft_forward(n) };
    plan(nx).process(field);
    let columns = plan(ny);
    let mut column = vec![Complex::default(); ny];
    for x in 0..nx {
        for y in 0..ny {
            column[y] = field[y * nx + x];
        }
        columns.process(&mut column);
        for y in 0..ny {
            field[y * nx + x] = column[y];
        }
    }
}

/// w, the profile with d the distance to the surface along its local normal, floored.
fn accessible(grid: &Grid, ell: f64, heights: &[f64]) -> Vec<f64> {
    let (nx, ny) = (grid.nx, grid.ny);
    let height = |x: usize, y: usize| heights[y * nx + x] / grid.dx;
    let mut steepness = vec![1.0; nx * ny];
    for y in 0..ny {
        for x in 0..nx {
            let slope_x = 0.5 * (height((x + 1) % nx, y) - height((x + nx - 1) % nx, y));
            let slope_y = 0.5 * (height(x, (y + 1) % ny) - height(x, (y + ny - 1) % ny));
            steepness[y * nx + x] = (1.0 + (slope_x * slope_x + slope_y * slope_y)).sqrt();
        }
    }
    let mut w = Vec::with_capacity(grid.cells());
    for z in 0..grid.nz {
        for (&h, &s) in heights.iter().zip(&steepness) {
            let d = (z as f64 + 0.5 - h / grid.dx) / s;
            w.push(profile::fraction(d, ell).clamp(ACCESSIBLE_FLOOR, 1.0));
        }
    }
    w
}

/// Less than this of w(1−w) is no copper's surface: 1e-8 of the area, eighteen ℓ away from it, for which nothing is worth computing.
const LEAST_AREA: f64 = 1e-8;

/// Area of the copper per volume: w(1−w)/ℓ in each cell, each column scaled to the area √(1 + |∇h|²) of its surface.
fn area_density(grid: &Grid, ell: f64, heights: &[f64], w: &[f64]) -> Vec<f32> {
    let columns = grid.nx * grid.ny;
    let mut sums = vec![0.0; columns];
    let profile = |w: f64| if w * (1.0 - w) < LEAST_AREA { 0.0 } else { w * (1.0 - w) / ell };
    for (cell, &w) in w.iter().enumerate() {
        sums[cell % columns] += profile(w);
    }
    let scales: Vec<f64> = (0..columns)
        .map(|column| {
            let (x, y) = (column % grid.nx, column / grid.nx);
            let along_x = |offset: usize| heights[y * grid.nx + (x + offset) % grid.nx] / grid.dx;
            let along_y = |offset: usize| heights[(y + offset) % grid.ny * grid.nx + x] / grid.dx;
            let slopes = square_slope(grid.nx, along_x) + square_slope(grid.ny, along_y);
            (1.0 + slopes).sqrt() / sums[column].max(f64::MIN_POSITIVE)
        })
        .collect();
    w.iter().enumerate().map(|(cell, &w)| (profile(w) * scales[cell % columns]) as f32).collect()
}

/// Square of the slope along a periodic line of `n` heights \[cells\] at its first: mean of both sides, differences of fourth
/// order, which see three quarters of a slope at the grid's own frequency.
fn square_slope(n: usize, height: impl Fn(usize) -> f64) -> f64 {
    let at = |steps: isize| height(steps.rem_euclid(n as isize) as usize);
    let side = |way: isize| (27.0 * (at(way) - at(0)) - (at(2 * way) - at(-way))) / 24.0;
    let (back, forth) = (side(-1), side(1));
    0.5 * (back * back + forth * forth)
}

/// exp(spread · g), g a unit Gaussian field: white noise smoothed by a Gaussian along each axis.
fn log_normal(grid: &Grid, h: &Heterogeneity) -> Vec<f32> {
    let width = h.correlation_length / grid.dx / std::f64::consts::SQRT_2;
    let reach = (3.0 * width).ceil() as usize;
    let weights: Vec<f64> = (0..=reach).map(|i| (-0.5 * (i as f64 / width.max(1e-9)).powi(2)).exp()).collect();
    let mut g: Vec<f64> = (0..grid.cells()).map(|i| normal(h.seed, 1, i as u32)).collect();
    for (n, stride) in [(grid.nx, 1), (grid.ny, grid.nx), (grid.nz, grid.nx * grid.ny)] {
        g = smooth_along(&g, n, stride, &weights);
    }
    // exact variance of the smoothed noise: the mean over cells removes the effect of wrapping in a small box
    let square = g.iter().map(|g| g * g).sum::<f64>() / g.len() as f64;
    let scale = if square > 0.0 { h.spread / square.sqrt() } else { 0.0 };
    g.iter().map(|g| (g * scale).exp() as f32).collect()
}

/// Products for a line beyond which a convolution goes through its transform: it would take seconds for each, and its last bits are then
/// other ones.
const LONG: usize = 1 << 24;
/// How often the weights may go around a line before it is dealt with likewise.
const WOUND: usize = 8;

/// Computes what [`smooth_along`] does, through Fourier transforms of the lines.
fn transformed(field: &[f64], n: usize, stride: usize, weights: &[f64]) -> Vec<f64> {
    let mut kernel = vec![Complex::default(); n];
    kernel[0].re = weights[0];
    for (offset, weight) in weights.iter().enumerate().skip(1) {
        let offset = offset % n;
        kernel[offset].re += weight;
        kernel[(n - offset) % n].re += weight;
    }
    let mut planner = FftPlanner::new();
    let (forth, back) = (planner.plan_fft_forward(n), planner.plan_fft_inverse(n));
    forth.process(&mut kernel);
    let mut smoothed = vec![0.0; field.len()];
    let mut line = vec![Complex::default(); n];
    for first in (0..field.len()).filter(|i| (i / stride).is_multiple_of(n)) {
        line.iter_mut().enumerate().for_each(|(i, value)| *value = Complex::new(field[first + i * stride], 0.0));
        forth.process(&mut line);
        line.iter_mut().zip(&kernel).for_each(|(value, weight)| *value = *value * weight / n as f64);
        back.process(&mut line);
        line.iter().enumerate().for_each(|(i, value)| smoothed[first + i * stride] = value.re);
    }
    smoothed
}

/// Convolution along one axis, periodic, with symmetric `weights` (centre first).
fn smooth_along(field: &[f64], n: usize, stride: usize, weights: &[f64]) -> Vec<f64> {
    if n == 1 {
        return field.to_vec();
    }
    if n * weights.len() > LONG || weights.len() > WOUND * n {
        return transformed(field, n, stride, weights);
    }
    (0..field.len())
        .map(|i| {
            let position = i / stride % n;
            let at = |p: usize| field[i - position * stride + p * stride];
            let mut sum = weights[0] * at(position);
            for (offset, weight) in weights.iter().enumerate().skip(1) {
                let offset = offset % n;
                sum += weight * (at((position + offset) % n) + at((position + n - offset) % n));
            }
            sum
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const GRID: Grid = Grid { nx: 48, ny: 40, nz: 32, dx: 0.25e-6 };

    fn collector(shape: CollectorShape) -> Collector {
        Collector { height: 3e-6, shape, contact_angle: 1.5, pattern: None }
    }

    #[test]
    fn rough_copper_has_its_rms_and_mean() {
        let shape = CollectorShape::Rough { rms: 0.2e-6, correlation_length: 2e-6, hurst: 0.8, seed: 3 };
        let h = heights(&GRID, &collector(shape));
        let mean = h.iter().sum::<f64>() / h.len() as f64;
        let rms = (h.iter().map(|h| (h - mean).powi(2)).sum::<f64>() / h.len() as f64).sqrt();
        assert!((mean / 3e-6 - 1.0).abs() < 1e-9 && (rms / 0.2e-6 - 1.0).abs() < 1e-9);
    }

    /// Areas of a stripe and of a dot, to the columns that a circle cuts.
    #[test]
    fn patterns_have_their_areas() {
        let grid = Grid { nx: 120, ny: 120, nz: 8, dx: 0.25e-6 };
        let of = |pattern: &Pattern| super::inside(&grid, pattern);
        let (inside, outside, contact_angle, film) = (1.0, 0.0, Some(0.5), 0.0);
        let stripes =
            |period: f64, width: f64| Pattern::Stripes { period, width, inside, outside, contact_angle, film };
        assert_eq!(of(&stripes(10e-6, 3e-6)), 0.3);
        // a period that is no whole number of cells
        assert!((of(&stripes(1.875e-6, 0.75e-6)) - 0.4).abs() < 0.02);
        let dots = Pattern::Dots { period: 10e-6, width: 5e-6, inside, outside, contact_angle, film };
        assert!((of(&dots) / (std::f64::consts::PI / 16.0) - 1.0).abs() < 0.02);
        let share = (0..120 * 120).map(|i| if i % 120 < 60 { 255 } else { 51 }).collect();
        let map = Pattern::map(dots.patch(), share, [120, 120], [30e-6; 2]);
        assert!((of(&map) - 0.6).abs() < 1e-9);
        // the same map on a coarser grid, and its mean
        let coarse = Grid { nx: 30, ny: 30, nz: 8, dx: 1e-6 };
        assert!((super::inside(&coarse, &map) - 0.6).abs() < 1e-9 && (of(&map.everywhere(0.6)) - 0.6).abs() < 1e-9);
        let mut copper = collector(CollectorShape::Flat);
        copper.pattern = Some(stripes(10e-6, 3e-6));
        let angles = [5, 20].map(|x| super::contact_angle(&grid, &copper, x, 0));
        assert!((angles[0] - 0.5).abs() < 1e-12 && (angles[1] - 1.5).abs() < 1e-12, "{angles:?}");
    }

    #[test]
    fn copper_area_of_a_plane_is_the_plane() {
        let h = heights(&GRID, &collector(CollectorShape::Flat));
        let w = accessible(&GRID, 1.0, &h);
        let area: f64 = area_density(&GRID, 1.0, &h, &w).iter().map(|&a| f64::from(a)).sum();
        // the midpoint rule on sech² at dx = ℓ is exact to 1e-3 or better
        assert!((area / (48.0 * 40.0) - 1.0).abs() < 1e-3, "{area}");
        let volume: f64 = w.iter().sum::<f64>() / (48.0 * 40.0);
        assert!((volume - (32.0 - 12.0)).abs() < 1e-3, "{volume}");
    }

    #[test]
    fn a_long_line_is_smoothed_like_a_short_one() {
        let field: Vec<f64> = (0..240).map(|i| normal(3, 1, i)).collect();
        // longer than the line, so that it meets itself
        let weights: Vec<f64> = (0..90).map(|i| (-0.5 * (f64::from(i) / 30.0).powi(2)).exp()).collect();
        for (n, stride) in [(40, 1), (40, 6), (6, 40)] {
            let (slow, fast) = (smooth_along(&field, n, stride, &weights), transformed(&field, n, stride, &weights));
            assert!(slow.iter().zip(&fast).all(|(slow, fast)| (slow - fast).abs() < 1e-10), "{n} {stride}");
        }
    }

    #[test]
    fn heterogeneity_is_log_normal() {
        let a = log_normal(&GRID, &Heterogeneity { spread: 0.5, correlation_length: 1e-6, seed: 5 });
        let ln: Vec<f64> = a.iter().map(|&a| f64::from(a).ln()).collect();
        let square = ln.iter().map(|x| x * x).sum::<f64>() / ln.len() as f64;
        assert!((square.sqrt() - 0.5).abs() < 1e-4);
    }
}

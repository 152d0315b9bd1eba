//! Height parameters of ISO 25178, of the heights above the copper.

use crate::model::grid::Grid;

/// Statistics of the heights.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Roughness {
    /// mean \[m\]
    pub mean: f64,
    /// largest \[m\]
    pub max: f64,
    /// the height that 99 % of the columns do not exceed \[m\]
    pub percentile_99: f64,
    /// root mean square deviation \[m\]
    pub s_q: f64,
    /// mean absolute deviation \[m\]
    pub s_a: f64,
    /// largest less smallest \[m\]
    pub s_z: f64,
    /// third moment of the deviation over s_q³; NaN if flat
    pub skewness: f64,
    /// fourth moment of the deviation over s_q⁴; NaN if flat
    pub kurtosis: f64,
}

/// A surface that deviates by less than this share of a cell is flat: ξ in f32 places it no better.
const FLAT: f64 = 1e-5;

/// Whether a root mean square deviation \[m\] is that of a flat surface.
pub fn is_flat(grid: &Grid, s_q: f64) -> bool {
    s_q <= FLAT * grid.dx
}

/// Statistics of `heights` \[m\], one a column.
pub fn roughness(grid: &Grid, heights: &[f64]) -> Roughness {
    let n = heights.len() as f64;
    let mean = heights.iter().sum::<f64>() / n;
    let moment = |power: i32| heights.iter().map(|h| (h - mean).powi(power)).sum::<f64>() / n;
    let max = heights.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    let min = heights.iter().copied().fold(f64::INFINITY, f64::min);
    let s_q = moment(2).sqrt();
    let standardised = |power: i32| if is_flat(grid, s_q) { f64::NAN } else { moment(power) / s_q.powi(power) };

    let mut sorted = heights.to_vec();
    let rank = ((0.99 * n).ceil() as usize).clamp(1, heights.len()) - 1;
    let percentile_99 = *sorted.select_nth_unstable_by(rank, f64::total_cmp).1;
    Roughness {
        mean,
        max,
        percentile_99,
        s_q,
        s_a: heights.iter().map(|h| (h - mean).abs()).sum::<f64>() / n,
        s_z: max - min,
        skewness: standardised(3),
        kurtosis: standardised(4),
    }
}

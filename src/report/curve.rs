//! Curves: pairs from two columns, and fewer points where there are more than a page can show.

/// A point of a curve, in the units of its axes.
pub type Point = (f64, f64);

/// Points of a curve beyond which it is thinned out.
pub const MOST_POINTS: usize = 1200;

/// Pairs of two columns where both were measured.
pub fn pairs(x: &[f64], y: &[f64]) -> Vec<Point> {
    x.iter().copied().zip(y.iter().copied()).filter(|(x, y)| x.is_finite() && y.is_finite()).collect()
}

/// At most about `most` points of a curve: its ends, and of every stretch the lowest and the highest, so that no dip is lost.
pub fn thin(points: &[Point], most: usize) -> Vec<Point> {
    if points.len() <= most.max(4) {
        return points.to_vec();
    }
    let inner = &points[1..points.len() - 1];
    let stretch = inner.len().div_ceil((most / 2).saturating_sub(1).max(1));
    let mut kept = vec![points[0]];
    for part in inner.chunks(stretch) {
        let (mut low, mut high) = (0, 0);
        for (place, point) in part.iter().enumerate() {
            if point.1 < part[low].1 {
                low = place;
            }
            if point.1 > part[high].1 {
                high = place;
            }
        }
        kept.push(part[low.min(high)]);
        if low != high {
            kept.push(part[low.max(high)]);
        }
    }
    kept.push(points[points.len() - 1]);
    kept
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_thinned_curve_keeps_its_ends_and_its_dip() {
        let dip = |i: usize| if i == 70_123 { -1.0 } else { (i as f64 * 1e-3).sin() };
        let points: Vec<Point> = (0..100_000).map(|i| (i as f64, dip(i))).collect();
        let thinned = thin(&points, 600);
        assert!(thinned.len() <= 602, "{}", thinned.len());
        assert!(thinned.contains(&(70_123.0, -1.0)));
        assert_eq!((thinned.first(), thinned.last()), (points.first(), points.last()));
        assert!(thinned.is_sorted_by(|a, b| a.0 < b.0));
        assert_eq!(thin(&points[..5], 600), points[..5]);
    }

    #[test]
    fn pairs_leave_out_what_was_not_measured() {
        assert_eq!(pairs(&[0.0, 1.0, 2.0], &[3.0, f64::NAN, 5.0]), [(0.0, 3.0), (2.0, 5.0)]);
    }
}

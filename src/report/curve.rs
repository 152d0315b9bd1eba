//! Curves: pairs from two columns, and fewer points where there are more than a page can show.

/// A point of a curve, in the units of its axes.
pub type Point = (f64, f64);

/// Pairs of two columns where both were measured.
pub fn pairs(x: &[f64], y: &[f64]) -> Vec<Point> {
    x.iter().copied().zip(y.iter().copied()).filter(|(x, y)| x.is_finite() && y.is_finite()).collect()
}

/// Pairs of a value that holds over each step of a run, from the beginning of the step to its end: a curve that jumps where the value does.
pub fn stairs(ends: &[f64], lengths: &[f64], y: &[f64]) -> Vec<Point> {
    let steps = ends
        .iter()
        .zip(lengths)
        .zip(y)
        .filter(|((end, length), y)| [**end, **length, **y].iter().all(|v| v.is_finite()));
    steps.flat_map(|((&end, &length), &y)| [(end - length, y), (end, y)]).collect()
}

/// The points that can be told apart: of those that follow each other in one column of pixels the first and the last, and the first and
/// the last of the lowest and of the highest, in their order. Lines through them cover the same pixels as lines through all, jumps and dips included.
pub fn thin(points: &[Point], column: impl Fn(f64) -> i64) -> Vec<Point> {
    let mut kept = Vec::new();
    for part in points.chunk_by(|a, b| column(a.0) == column(b.0)) {
        let heights = || part.iter().map(|p| p.1);
        let [lowest, highest] = [heights().fold(f64::INFINITY, f64::min), heights().fold(f64::NEG_INFINITY, f64::max)];
        let ends = |height: f64| [heights().position(|y| y == height), heights().rposition(|y| y == height)];
        let [a, b, c, d] = [lowest, highest].map(ends).as_flattened().try_into().unwrap_or([None; 4]);
        let mut places = [Some(0), a, b, c, d, Some(part.len() - 1)].map(|place| place.unwrap_or(0));
        places.sort_unstable();
        let mut last = None;
        for place in places {
            if last != Some(place) {
                kept.push(part[place]);
            }
            last = Some(place);
        }
    }
    kept
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_thinned_curve_keeps_its_ends_and_its_dip() {
        let dip = |i: usize| if i == 70_123 { -1.0 } else { (i as f64 * 1e-3).sin() };
        let points: Vec<Point> = (0..100_000).map(|i| (i as f64, dip(i))).collect();
        let thinned = thin(&points, |x| (x / 250.0) as i64);
        assert!(thinned.len() <= 4 * 400, "{}", thinned.len());
        assert!(thinned.contains(&(70_123.0, -1.0)));
        assert_eq!((thinned.first(), thinned.last()), (points.first(), points.last()));
        assert!(thinned.is_sorted_by(|a, b| a.0 < b.0));
        assert_eq!(thin(&points[..5], |x| x as i64), points[..5]);
    }

    #[test]
    fn a_thinned_jump_is_as_steep_as_it_was() {
        // half a million steps of a pulse: 5 up, 3 down
        let ends: Vec<f64> = (1..=500_000).map(f64::from).collect();
        let pulse: Vec<f64> =
            ends.iter().map(|t| if (*t as usize / 20_000).is_multiple_of(2) { 5.0 } else { -3.0 }).collect();
        let points = stairs(&ends, &vec![1.0; ends.len()], &pulse);
        let thinned = thin(&points, |x| (x / 500.0) as i64);
        assert!(thinned.len() <= 6 * 1001, "{}", thinned.len());
        let jumps: Vec<_> = thinned.windows(2).filter(|pair| pair[0].1 != pair[1].1).collect();
        assert_eq!(jumps.len(), 25);
        assert!(jumps.iter().all(|pair| pair[0].0 == pair[1].0), "{jumps:?}");
    }

    #[test]
    fn pairs_leave_out_what_was_not_measured() {
        assert_eq!(pairs(&[0.0, 1.0, 2.0], &[3.0, f64::NAN, 5.0]), [(0.0, 3.0), (2.0, 5.0)]);
    }
}

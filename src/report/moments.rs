//! Which snapshots a page shows.

use super::record::Record;

/// A snapshot and why it is shown.
#[derive(Clone, Debug, PartialEq)]
pub struct Moment {
    /// its number in the file, from 0
    pub frame: usize,
    /// its time \[s\]
    pub time: f64,
    /// charge in the box then, plated less stripped \[mAh/cm²\]
    pub charge: f64,
    /// what it is
    pub title: String,
}

/// Moments of a run without cycles.
const SPREAD: usize = 4;

/// The start and the end of each plating and stripping of the first, the middle and the last cycle; of a run without cycles four
/// moments between its first and its last snapshot, about equally far in charge. A snapshot stands once.
pub fn choose(times: &[f64], record: &Record) -> Vec<Moment> {
    if times.is_empty() {
        return Vec::new();
    }
    let column = |name| record.metrics.column(name).unwrap_or_default();
    let rows = column("time [s]");
    let charges = column("charge [mAh/cm2]");
    let charge = |time: f64| {
        let row = rows.iter().rposition(|&t| t <= time * (1.0 + 1e-12));
        row.and_then(|row| charges.get(row).copied()).unwrap_or(0.0)
    };
    let wanted = match record.metrics.column("cycle") {
        Some(cycles) => ends_of_half_cycles(rows, cycles, column("current [A/m2]")),
        None => Vec::new(),
    };
    let mut moments = vec![Moment { frame: 0, time: times[0], charge: charge(times[0]), title: "start".into() }];
    let mut show = |frame: usize, title: String| {
        if moments.iter().all(|moment| moment.frame != frame) {
            moments.push(Moment { frame, time: times[frame], charge: charge(times[frame]), title });
        }
    };
    for (time, title) in &wanted {
        let frame = nearest(times, *time);
        // of a half-cycle that is not over there may be no snapshot at its last step
        let exact = (times[frame] - time).abs() <= 1e-9 * time;
        show(frame, if exact { title.clone() } else { title.replace("end of", "before the end of") });
    }
    if wanted.is_empty() {
        let last = times.len() - 1;
        let at: Vec<f64> = times.iter().map(|&time| charge(time)).collect();
        for k in 1..SPREAD {
            let share = k as f64 / (SPREAD - 1) as f64;
            let frame = if k + 1 == SPREAD { last } else { nearest(&at, at[0] + share * (at[last] - at[0])) };
            show(frame, if frame == last { "last snapshot".into() } else { "on the way".into() });
        }
    } else {
        // unless nothing but rest came after the last half-cycle
        let last = times.len() - 1;
        let most = charges.iter().copied().filter(|c| c.is_finite()).fold(0.0_f64, |most, c| most.max(c.abs()));
        let shown = wanted.last().map_or(f64::NAN, |(time, _)| charge(*time));
        if (charge(times[last]) - shown).abs() > 0.01 * most {
            show(last, "last snapshot".into());
        }
    }
    moments.sort_by_key(|moment| moment.frame);
    moments
}

/// When plating and stripping ended in the first, the middle and the last cycle \[s\].
fn ends_of_half_cycles(times: &[f64], cycles: &[f64], current: &[f64]) -> Vec<(f64, String)> {
    let last = cycles.iter().copied().filter(|c| c.is_finite()).fold(0.0, f64::max);
    let mut shown = vec![1.0, ((1.0 + last) / 2.0).floor(), last];
    shown.dedup();
    let mut found = Vec::new();
    for cycle in shown {
        for (sign, name) in [(1.0, "plating"), (-1.0, "stripping")] {
            let row = (0..times.len().min(current.len()))
                .rev()
                .find(|&row| cycles[row] == cycle && current[row] * sign > 0.0);
            if let Some(row) = row {
                found.push((times[row], format!("cycle {cycle}, end of {name}")));
            }
        }
    }
    found
}

/// The place of the value that is nearest.
fn nearest(values: &[f64], wanted: f64) -> usize {
    let far = |value: f64| (value - wanted).abs();
    (0..values.len()).min_by(|&a, &b| far(values[a]).total_cmp(&far(values[b]))).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn half_cycles_end_with_their_last_current() {
        let times = [1.0, 2.0, 3.0, 4.0, 5.0];
        let ends = ends_of_half_cycles(&times, &[1.0, 1.0, 1.0, 1.0, 2.0], &[5.0, 5.0, 0.0, -5.0, 5.0]);
        let named: Vec<_> = ends.iter().map(|(time, title)| (*time, title.as_str())).collect();
        assert_eq!(
            named,
            [(2.0, "cycle 1, end of plating"), (4.0, "cycle 1, end of stripping"), (5.0, "cycle 2, end of plating")]
        );
        assert_eq!(nearest(&times, 3.4), 2);
    }
}

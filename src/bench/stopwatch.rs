//! Time: by the device's own clock where it has one, by the wall clock around a wait otherwise; and what the process's
//! processors did meanwhile.

use std::time::Instant;

use serde::Serialize;

use crate::solver::backend::{Backend, BackendError};

/// Least time that one sample takes; short work is repeated \[s\].
const SAMPLE: f64 = 0.03;
/// Most repetitions in a sample.
const REPETITIONS: f64 = 500.0;
/// Samples of a measurement; fewer of one that takes long.
const SAMPLES: usize = 5;
/// The fewest.
const FEWEST: usize = 3;
/// What takes this long together needs no more samples than the fewest \[s\].
const LONG: f64 = 3.0;

/// Whether these are enough samples \[s\].
pub fn enough(seconds: &[f64]) -> bool {
    seconds.len() >= SAMPLES || (seconds.len() >= FEWEST && seconds.iter().sum::<f64>() > LONG)
}

/// What a measurement that was repeated gave.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Spread {
    /// in the middle
    pub median: f64,
    /// smallest
    pub least: f64,
    /// largest
    pub most: f64,
}

impl Spread {
    /// Of these values; NaN of none.
    pub fn of(values: &[f64]) -> Self {
        let mut sorted = values.to_vec();
        sorted.sort_by(f64::total_cmp);
        let at = |index: usize| sorted.get(index).copied().unwrap_or(f64::NAN);
        let last = sorted.len().saturating_sub(1);
        Self { median: 0.5 * (at(last / 2) + at(last.div_ceil(2))), least: at(0), most: at(last) }
    }

    /// All values times `factor`, which is positive.
    pub fn times(self, factor: f64) -> Self {
        Self { median: self.median * factor, least: self.least * factor, most: self.most * factor }
    }

    /// Largest over smallest value.
    pub fn width(self) -> f64 {
        self.most / self.least
    }
}

/// Time that work took.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Lap {
    /// by the wall clock, from before the work was queued until it was done \[s\]
    pub wall: f64,
    /// by the device's clock, if it has one \[s\]
    pub busy: Option<f64>,
}

impl Lap {
    /// By the device's clock, or by the wall clock if it has none \[s\].
    pub fn seconds(self) -> f64 {
        self.busy.unwrap_or(self.wall)
    }
}

/// Times `work`.
///
/// # Errors
/// If the device failed or `work` does.
pub fn lap<T, E: From<BackendError>>(
    b: &mut dyn Backend,
    work: impl FnOnce(&mut dyn Backend) -> Result<T, E>,
) -> Result<(T, Lap), E> {
    b.wait()?;
    b.busy()?;
    let began = Instant::now();
    let value = work(b)?;
    b.wait()?;
    let wall = began.elapsed().as_secs_f64();
    Ok((value, Lap { wall, busy: b.busy()? }))
}

/// Seconds that `work` takes once, after a first time that is not counted; short work is repeated within a sample.
///
/// # Errors
/// If the device failed or `work` does.
pub fn repeated(
    b: &mut dyn Backend,
    mut work: impl FnMut(&mut dyn Backend) -> Result<(), BackendError>,
) -> Result<Spread, BackendError> {
    lap(b, &mut work)?;
    let (_, once) = lap(b, &mut work)?;
    let times = (SAMPLE / once.wall.max(1e-9)).ceil().clamp(1.0, REPETITIONS) as usize;
    let mut samples = Vec::with_capacity(SAMPLES);
    while !enough(&samples) {
        let (_, lap) = lap(b, |b| (0..times).try_for_each(|_| work(b)))?;
        samples.push(lap.seconds() / times as f64);
    }
    Ok(Spread::of(&samples))
}

/// Seconds that all processors together have spent on this process, or why nobody knows.
///
/// # Errors
/// A sentence, where the system does not tell.
pub fn processor_seconds() -> Result<f64, String> {
    // ticks of 1/100 s in all of Linux; the name in parentheses may hold blanks
    let text = std::fs::read_to_string("/proc/self/stat").map_err(|e| format!("/proc/self/stat: {e}"))?;
    let numbers: Vec<&str> = text.rsplit(')').next().unwrap_or_default().split_whitespace().collect();
    let ticks = |index: usize| numbers.get(index).and_then(|word| word.parse::<f64>().ok());
    match (ticks(11), ticks(12)) {
        (Some(user), Some(system)) => Ok((user + system) / 100.0),
        _ => Err("/proc/self/stat is not what Linux writes".into()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_median_lies_in_the_middle() {
        assert_eq!(Spread::of(&[3.0, 1.0, 2.0]), Spread { median: 2.0, least: 1.0, most: 3.0 });
        assert_eq!(Spread::of(&[4.0, 1.0, 2.0, 3.0]).median, 2.5);
        assert!(Spread::of(&[]).median.is_nan());
        assert_eq!(Spread::of(&[2.0]).times(2.0), Spread { median: 4.0, least: 4.0, most: 4.0 });
    }
}

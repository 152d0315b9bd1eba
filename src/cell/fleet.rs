//! A pack of two chemistries on the journeys of a year: cells for every day are used first, those of the extender when the first are empty.

use statrs::function::erf::erfc;

/// Days of a year.
pub const DAYS: f64 = 365.25;

/// How far a car goes on a day that it is driven \[m\].
#[derive(Clone, Debug, PartialEq)]
pub enum Distances {
    /// log-normal
    LogNormal {
        /// median \[m\]
        median: f64,
        /// standard deviation of the logarithm
        spread: f64,
    },
    /// as recorded \[m\]
    Days(Vec<f64>),
}

/// Probability that a normal variable is below `z`.
fn normal_below(z: f64) -> f64 {
    0.5 * erfc(-z / std::f64::consts::SQRT_2)
}

impl Distances {
    /// Mean distance of a day \[m\].
    pub fn mean(&self) -> f64 {
        match self {
            Self::LogNormal { median, spread } => median * (0.5 * spread * spread).exp(),
            Self::Days(days) => days.iter().sum::<f64>() / days.len() as f64,
        }
    }

    /// Part of the days that go further than `far` \[m\].
    pub fn beyond(&self, far: f64) -> f64 {
        match self {
            Self::LogNormal { median, spread } => normal_below((median / far).ln() / spread),
            Self::Days(days) => days.iter().filter(|day| **day > far).count() as f64 / days.len() as f64,
        }
    }

    /// Mean of what a day goes beyond `far` \[m\], nothing on days that end before.
    pub fn mean_beyond(&self, far: f64) -> f64 {
        match self {
            _ if far <= 0.0 => self.mean(),
            Self::LogNormal { median, spread } => {
                let z = (median / far).ln() / spread;
                self.mean() * normal_below(z + spread) - far * normal_below(z)
            }
            Self::Days(days) => days.iter().map(|day| (day - far).max(0.0)).sum::<f64>() / days.len() as f64,
        }
    }

    /// Mean of what a day goes between two distances \[m\].
    fn mean_between(&self, from: f64, to: f64) -> f64 {
        self.mean_beyond(from) - self.mean_beyond(to)
    }
}

/// Full cycles of each kind of cell on a day that is driven.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Use {
    /// of the cells for every day
    pub everyday: f64,
    /// of the extender
    pub extender: f64,
    /// of the cells of a car of the same range that has one kind
    pub alone: f64,
}

/// Charges on the way beyond which a day adds nothing that counts.
const MOST_CHARGES: u32 = 1000;

/// How much each kind of cell is used on a day that begins with a full pack, as does each stretch after a charge on the way. Ranges in m.
pub fn used(distances: &Distances, everyday_range: f64, extender_range: f64) -> Use {
    let whole = everyday_range + extender_range;
    let (mut everyday, mut extender) = (0.0, 0.0);
    for k in 0..MOST_CHARGES {
        let begin = f64::from(k) * whole;
        everyday += distances.mean_between(begin, begin + everyday_range);
        extender += distances.mean_between(begin + everyday_range, begin + whole);
        if distances.beyond(begin + whole) < 1e-15 {
            break;
        }
    }
    Use { everyday: everyday / everyday_range, extender: extender / extender_range, alone: distances.mean() / whole }
}

/// Years that `cycles` last at so many a day that is driven.
pub fn years(cycles: f64, a_day: f64, driven_share: f64) -> f64 {
    cycles / (DAYS * driven_share * a_day)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn close(a: f64, b: f64, within: f64) {
        assert!((a - b).abs() <= within * b.abs(), "{a} is not {b}");
    }

    #[test]
    fn days_by_hand() {
        // 50 and 200 and 750: the first range takes 50, 150 and 150 + 150, the extender 0, 50 and 450
        let days = Distances::Days(vec![50.0, 200.0, 750.0]);
        let found = used(&days, 150.0, 450.0);
        close(found.everyday, (50.0 + 150.0 + 300.0) / 3.0 / 150.0, 1e-12);
        close(found.extender, (50.0 + 450.0) / 3.0 / 450.0, 1e-12);
        close(found.alone, 1000.0 / 3.0 / 600.0, 1e-12);
        close(years(500.0, 1.0, 0.5), 500.0 / 182.625, 1e-12);
    }

    /// The closed form against days at the quantiles of the distribution, of which there are so many that the tail is resolved.
    #[test]
    fn the_closed_form_is_the_mean_over_days() {
        use statrs::distribution::{ContinuousCDF, Normal};
        let (median, spread) = (26.0_f64, 0.8);
        let normal = Normal::new(0.0, 1.0).unwrap();
        let n = 200_000;
        let days = (0..n).map(|i| median * (spread * normal.inverse_cdf((f64::from(i) + 0.5) / f64::from(n))).exp());
        let (drawn, closed) = (Distances::Days(days.collect()), Distances::LogNormal { median, spread });
        close(drawn.mean(), closed.mean(), 1e-4);
        close(drawn.mean_beyond(150.0), closed.mean_beyond(150.0), 5e-3);
        close(drawn.beyond(150.0), closed.beyond(150.0), 1e-3);
        let [a, b] = [&drawn, &closed].map(|distances| used(distances, 150.0, 450.0));
        close(a.everyday, b.everyday, 1e-4);
        close(a.extender, b.extender, 5e-3);
        // all that is driven is carried by one or the other
        close(b.everyday * 150.0 + b.extender * 450.0, closed.mean(), 1e-12);
    }
}

//! From values on a few levels to a value in the limit, with an error bar that owns up to what the levels do not show.
//!
//! A monotone sequence is fitted by f(h) = f₀ + C hᵖ in least squares over all levels (Eça & Hoekstra, J. Comput. Phys.
//! 262, 104 (2014)); with three levels the fit is Richardson's extrapolation for unequal ratios (Celik et al., J. Fluids
//! Eng. 130, 078001 (2008)). The error bar is Roache's: a safety factor times |finest − f₀|, 1.25 where the observed order
//! lies between ½ and 2, plus the scatter of the levels around the fit where there are more than three. An order above the
//! formal 2 is not believed: the fit is repeated with p = 2 and the factor is 3. A sequence that turns round, or is slower
//! than order ½, has no order and no extrapolation: the estimate is the finest value, the error bar the range of all values,
//! three times that for the slow one and for one that would end beyond the metric's natural bounds.

use std::ops::RangeInclusive;

use serde::Serialize;

/// Order of the scheme, in dx, ℓ and dt: none above it is believed.
const FORMAL_ORDER: f64 = 2.0;
/// Orders up to this count as the formal one.
const HIGHEST_ORDER: f64 = 2.05;
/// Orders below this mean that the levels do not show convergence.
const LOWEST_ORDER: f64 = 0.5;
/// Safety factor for an order that can be believed.
const SAFETY: f64 = 1.25;
/// Safety factor for one that cannot.
const CAUTION: f64 = 3.0;
/// Relative range below which values are equal: what Newton's method leaves undone.
const EQUAL: f64 = 1e-6;
/// Largest order that is looked for.
const SEARCHED: f64 = 12.0;

/// How the values behave from level to level.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Behaviour {
    /// equal on all levels to 1e-6
    Equal,
    /// monotone with an order between ½ and 2
    Converging,
    /// monotone, faster than the scheme can be
    TooFast,
    /// monotone, slower than order ½ or not slowing down at all
    TooSlow,
    /// monotone, but towards a value that the metric cannot have
    Impossible,
    /// not monotone
    NotMonotone,
    /// undefined on a level
    Undefined,
}

impl Behaviour {
    /// For a table.
    pub fn name(self) -> &'static str {
        match self {
            Self::Equal => "equal",
            Self::Converging => "converging",
            Self::TooFast => "faster than order 2: taken as 2",
            Self::TooSlow => "slower than order 1/2: no order",
            Self::Impossible => "extrapolates beyond what is possible: no order",
            Self::NotMonotone => "not monotone: no order",
            Self::Undefined => "undefined",
        }
    }
}

/// The limit of a sequence, as far as it can be told.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Limit {
    /// how the values behave
    pub behaviour: Behaviour,
    /// observed order, where one is claimed
    pub order: Option<f64>,
    /// estimate at h = 0, in the unit of the values; the finest value where nothing is extrapolated
    pub estimate: f64,
    /// half the width of the error bar around the estimate, in the unit of the values
    pub error: f64,
}

/// The limit of `values` on levels of size `h`, the coarsest first; at least three. No limit outside `possible` is believed.
pub fn limit(h: &[f64], values: &[f64], possible: RangeInclusive<f64>) -> Limit {
    let finest = values.last().copied().unwrap_or(f64::NAN);
    let plain = |behaviour, error| Limit { behaviour, order: None, estimate: finest, error };
    if values.iter().any(|v| !v.is_finite()) {
        return Limit { estimate: f64::NAN, ..plain(Behaviour::Undefined, f64::NAN) };
    }
    let extreme = |pick: fn(f64, f64) -> f64| values.iter().copied().reduce(pick).unwrap_or(f64::NAN);
    let range = extreme(f64::max) - extreme(f64::min);
    if range <= EQUAL * values.iter().fold(0.0, |largest: f64, v| largest.max(v.abs())) {
        return plain(Behaviour::Equal, range);
    }
    let mut steps = values.windows(2).map(|pair| (pair[1] - pair[0]).signum());
    let direction = steps.next();
    if values.windows(2).any(|pair| pair[1] == pair[0]) || steps.any(|step| Some(step) != direction) {
        return plain(Behaviour::NotMonotone, range);
    }
    let order = best_order(h, values);
    if order < LOWEST_ORDER {
        return plain(Behaviour::TooSlow, CAUTION * range);
    }
    let (behaviour, safety, used) = if order <= HIGHEST_ORDER {
        (Behaviour::Converging, SAFETY, order)
    } else {
        (Behaviour::TooFast, CAUTION, FORMAL_ORDER)
    };
    let fit = Fit::new(h, values, used);
    if !possible.contains(&fit.limit) {
        return plain(Behaviour::Impossible, CAUTION * range);
    }
    // three levels determine the three numbers of a free fit: nothing is left that could scatter
    let free = values.len() as f64 - if behaviour == Behaviour::Converging { 3.0 } else { 2.0 };
    let scatter = if free > 0.0 { (fit.residual / free).sqrt() } else { 0.0 };
    Limit {
        behaviour,
        order: (behaviour == Behaviour::Converging).then_some(order),
        estimate: fit.limit,
        error: safety * (finest - fit.limit).abs() + scatter,
    }
}

/// f₀ + C hᵖ in least squares at a given p.
struct Fit {
    limit: f64,
    residual: f64,
}

impl Fit {
    fn new(h: &[f64], values: &[f64], order: f64) -> Self {
        let n = values.len() as f64;
        let coarsest = h.first().copied().unwrap_or(1.0);
        let powers: Vec<f64> = h.iter().map(|h| (h / coarsest).powf(order)).collect();
        let (x, y) = (powers.iter().sum::<f64>() / n, values.iter().sum::<f64>() / n);
        let covariance: f64 = powers.iter().zip(values).map(|(p, v)| (p - x) * (v - y)).sum();
        let variance: f64 = powers.iter().map(|p| (p - x).powi(2)).sum();
        let slope = covariance / variance;
        let limit = y - slope * x;
        let residual = powers.iter().zip(values).map(|(p, v)| (v - limit - slope * p).powi(2)).sum();
        Self { limit, residual }
    }
}

/// The order whose fit is closest, from 0 (exclusive) to [`SEARCHED`]: the best of a scan, then refined.
fn best_order(h: &[f64], values: &[f64]) -> f64 {
    const SCAN: usize = 600;
    const GOLDEN: f64 = 0.618_033_988_749_894_9;
    let residual = |order: f64| Fit::new(h, values, order).residual;
    let step = SEARCHED / SCAN as f64;
    let best = (1..=SCAN)
        .map(|i| i as f64 * step)
        .min_by(|a, b| residual(*a).total_cmp(&residual(*b)))
        .unwrap_or(FORMAL_ORDER);
    let (mut low, mut high) = ((best - step).max(1e-3), best + step);
    for _ in 0..60 {
        let (a, b) = (high - GOLDEN * (high - low), low + GOLDEN * (high - low));
        if residual(a) < residual(b) { high = b } else { low = a }
    }
    0.5 * (low + high)
}

#[cfg(test)]
mod tests {
    use super::*;

    const H: [f64; 4] = [0.5, 1.0 / 3.0, 0.25, 0.125];

    fn limit(h: &[f64], values: &[f64]) -> Limit {
        super::limit(h, values, f64::NEG_INFINITY..=f64::INFINITY)
    }

    fn sequence(order: f64) -> Vec<f64> {
        H.iter().map(|h| 2.0 - 0.3 * h.powf(order)).collect()
    }

    #[test]
    fn a_pure_order_is_recovered_with_unequal_ratios() {
        for order in [0.7, 1.0, 1.5, 2.0] {
            for levels in [3, 4] {
                let found = limit(&H[..levels], &sequence(order)[..levels]);
                assert_eq!(found.behaviour, Behaviour::Converging);
                assert!((found.order.unwrap() - order).abs() < 1e-5, "{order}: {found:?}");
                assert!((found.estimate - 2.0).abs() < 1e-5, "{order}: {found:?}");
                let exact = 1.25 * 0.3 * H[levels - 1].powf(order);
                assert!((found.error / exact - 1.0).abs() < 1e-3, "{order}: {found:?}");
            }
        }
    }

    #[test]
    fn an_order_above_two_is_not_believed_and_the_bar_holds_the_limit() {
        let found = limit(&H, &sequence(4.0));
        assert!(found.behaviour == Behaviour::TooFast && found.order.is_none(), "{found:?}");
        assert!((found.estimate - 2.0).abs() < found.error, "{found:?}");
    }

    #[test]
    fn sequences_that_turn_or_crawl_get_their_range_and_no_order() {
        let turning = limit(&H, &[1.0, 1.2, 1.1, 1.15]);
        assert_eq!((turning.behaviour, turning.order, turning.estimate), (Behaviour::NotMonotone, None, 1.15));
        assert!((turning.error - 0.2).abs() < 1e-12);
        let growing = limit(&[4.0, 2.0, 1.0], &[1.0, 2.0, 4.0]);
        assert_eq!((growing.behaviour, growing.order, growing.error), (Behaviour::TooSlow, None, 9.0));
        let stuck = limit(&[4.0, 2.0, 1.0], &[1.0, 2.0, 2.0]);
        assert_eq!(stuck.behaviour, Behaviour::NotMonotone);
    }

    #[test]
    fn a_fraction_stays_one() {
        let covered = super::limit(&[4.0, 2.0, 1.0], &[0.6, 0.8, 0.93], 0.0..=1.0);
        assert_eq!((covered.behaviour, covered.estimate), (Behaviour::Impossible, 0.93));
    }

    #[test]
    fn equal_and_undefined_values_are_called_so() {
        assert_eq!(limit(&H[..3], &[3.0, 3.0, 3.0 + 1e-7]).behaviour, Behaviour::Equal);
        assert_eq!(limit(&H[..3], &[0.0, 0.0, 0.0]).error, 0.0);
        assert_eq!(limit(&H[..3], &[1.0, f64::NAN, 2.0]).behaviour, Behaviour::Undefined);
    }

    /// Second order with a scatter of 2 %: the error bar must hold the true limit in most cases.
    #[test]
    fn noise_widens_the_bar() {
        let mut held = 0;
        for seed in 0..200 {
            let noise = |i: usize| 0.02 * 0.3 * (crate::model::random::uniform(seed, 9, i as u32) - 0.5);
            let values: Vec<f64> = sequence(2.0).iter().enumerate().map(|(i, v)| v + noise(i)).collect();
            let found = limit(&H, &values);
            held += usize::from((found.estimate - 2.0).abs() <= found.error);
        }
        assert!(held >= 180, "{held} of 200");
    }
}

//! Which points of the space of what varies are run.
//!
//! A grid and lists side by side come as they stand. A Latin hypercube has one run in each of n slices of every factor, at a place in it and
//! in an order that a counter-based random number gives; Sobol's sequence is scrambled as Owen does (crate `sobol_burley`). Saltelli's design
//! has N (k + 2) points, of which first and total indices of sensitivity are made: A. Saltelli et al., Comput. Phys. Commun. 181, 259 (2010).

use std::collections::BTreeSet;

use crate::config::{key_of, quantity};
use crate::model::random::uniform;

/// Seed of the random numbers of designs: a study has one design.
const SEED: u32 = 20;
/// Dimensions of the sequence.
const DIMENSIONS: usize = 256;
/// Significant digits of the values that a design draws.
const DIGITS: usize = 6;

/// How the factors of a study vary.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Design {
    /// every level of each with every level of all others
    Grid,
    /// the first levels of all, then the second ones
    Zip,
    /// so many points, one in each slice of every factor
    LatinHypercube(usize),
    /// the first so many points of Sobol's sequence
    Sobol(usize),
    /// so many points, each with k + 1 others that share values with it
    Saltelli(usize),
}

/// One thing that varies.
#[derive(Clone, Debug, PartialEq)]
pub struct Factor {
    /// the key in full, or the name of levels that set several keys
    pub name: String,
    /// as much of the name as tells it from the others
    pub short: String,
    /// its levels
    pub levels: Levels,
}

/// Values that a factor takes.
#[derive(Clone, Debug, PartialEq)]
pub enum Levels {
    /// these
    Listed(Vec<Level>),
    /// those between two ends
    Span {
        /// the least, in `unit`
        from: f64,
        /// the largest, in `unit`
        to: f64,
        /// unit of both, empty for pure numbers
        unit: String,
        /// how many, both ends among them; none where the design draws them
        count: Option<usize>,
        /// whether equal steps are equal ratios
        log: bool,
    },
}

/// One value of a factor.
#[derive(Clone, Debug, PartialEq)]
pub struct Level {
    /// how it is written
    pub label: String,
    /// its place on an axis, in the unit of the factor; none if it is no number
    pub value: Option<f64>,
    /// unit that `value` is in, empty for pure numbers
    pub unit: String,
    /// keys that it sets, each `key=value`
    pub set: Vec<String>,
}

impl Level {
    /// A level that is written as `label` and sets keys.
    pub fn new(label: String, set: Vec<String>) -> Self {
        let read = quantity::read(&label, "1").ok();
        let value = read.as_ref().and_then(quantity::Quantity::number);
        let unit = read.filter(|_| value.is_some()).map_or(String::new(), |read| read.unit().to_string());
        Self { label, value, unit, set }
    }
}

impl Levels {
    /// Listed levels on the axis of the first one's unit; as names if one of them is no number or has another dimension.
    pub fn on_one_axis(self) -> Self {
        let Self::Listed(mut levels) = self else { return self };
        let unit = levels.first().map_or(String::new(), |level| level.unit.clone());
        let on_axis = |level: &Level| match level.value {
            Some(_) if level.unit == unit => level.value,
            Some(_) => quantity::read(&level.label, "1").ok()?.number_in(&unit),
            None => None,
        };
        let values: Option<Vec<f64>> = levels.iter().map(on_axis).collect();
        for (place, level) in levels.iter_mut().enumerate() {
            level.value = values.as_ref().map(|values| values[place]);
            level.unit = if values.is_some() { unit.clone() } else { String::new() };
        }
        Self::Listed(levels)
    }

    /// Keys that any of them sets.
    pub fn keys(&self, factor: &str) -> BTreeSet<String> {
        let key = |set: &String| key_of(set).to_string();
        match self {
            Self::Listed(levels) => levels.iter().flat_map(|level| &level.set).map(key).collect(),
            Self::Span { .. } => BTreeSet::from([factor.to_string()]),
        }
    }

    /// Unit of the axis, empty without one.
    pub fn unit(&self) -> &str {
        match self {
            Self::Listed(levels) => levels.first().map_or("", |level| &level.unit),
            Self::Span { unit, .. } => unit,
        }
    }

    /// Whether its values go by ratios.
    pub fn is_log(&self) -> bool {
        match self {
            Self::Span { log, .. } => *log,
            Self::Listed(levels) => {
                let values: Option<Vec<f64>> = levels.iter().map(|level| level.value).collect();
                let Some(values) = values.filter(|values| values.len() > 2 && values.iter().all(|v| *v > 0.0)) else {
                    return false;
                };
                let mut sorted = values;
                sorted.sort_by(f64::total_cmp);
                // as even in ratios as a list of 1, 2, 5, 10 and less so in differences
                let spread = |f: fn(f64) -> f64| {
                    let gaps = || sorted.windows(2).map(|pair| f(pair[1]) - f(pair[0]));
                    gaps().fold(0.0, f64::max) / gaps().fold(f64::INFINITY, f64::min)
                };
                spread(f64::ln) < spread(|v| v)
            }
        }
    }

    /// How many they are; none of a span without a count.
    fn count(&self) -> usize {
        match self {
            Self::Listed(levels) => levels.len(),
            Self::Span { count, .. } => count.unwrap_or(0),
        }
    }

    /// All levels, in order; none of a span without a count.
    fn all(&self, key: &str) -> Vec<Level> {
        match self {
            Self::Listed(levels) => levels.clone(),
            Self::Span { .. } => {
                let count = self.count();
                let share = |i: usize| i as f64 / (count.max(2) - 1) as f64;
                (0..count).filter_map(|i| self.at(key, share(i))).collect()
            }
        }
    }

    /// The level at a share of the way from the first to the last.
    fn at(&self, key: &str, share: f64) -> Option<Level> {
        match self {
            Self::Listed(levels) => {
                let place = (share * levels.len() as f64) as usize;
                levels.get(place.min(levels.len().checked_sub(1)?)).cloned()
            }
            Self::Span { from, to, unit, log, .. } => {
                let value = match log {
                    true => from * (to / from).powf(share),
                    false => from + share * (to - from),
                };
                let value: f64 = format!("{value:.*e}", DIGITS - 1).parse().ok()?;
                let label = format!("{value} {unit}").trim_end().to_string();
                let set = if unit.is_empty() { format!("{key}={value}") } else { format!("{key}=\"{label}\"") };
                Some(Level { label, value: Some(value), unit: unit.clone(), set: vec![set] })
            }
        }
    }
}

impl Design {
    /// What a person calls it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Grid => "grid",
            Self::Zip => "lists side by side",
            Self::LatinHypercube(_) => "Latin hypercube",
            Self::Sobol(_) => "Sobol's sequence",
            Self::Saltelli(_) => "Saltelli's design",
        }
    }

    /// What is wrong with it for these factors, the key first.
    pub fn objection(self, factors: &[Factor]) -> Option<String> {
        let counts: Vec<usize> = factors.iter().map(|factor| factor.levels.count()).collect();
        match self {
            Self::Zip if counts.windows(2).any(|pair| pair[0] != pair[1]) => {
                let told = factors.iter().zip(&counts).map(|(factor, count)| format!("{} has {count}", factor.name));
                Some(format!("vary: lists side by side are of one length; {}", told.collect::<Vec<_>>().join(", ")))
            }
            Self::Sobol(runs) | Self::Saltelli(runs) if runs > 1 << 16 => {
                Some("runs: the sequence is known to 65536 points".into())
            }
            Self::Sobol(_) if factors.len() > DIMENSIONS => {
                Some(format!("vary: the sequence has {DIMENSIONS} dimensions"))
            }
            Self::Saltelli(_) if 2 * factors.len() > DIMENSIONS => {
                Some(format!("vary: the sequence has {DIMENSIONS} dimensions, two for each factor"))
            }
            _ => None,
        }
    }

    /// How many points it has; none if that is more than can be counted.
    pub fn count(self, factors: &[Factor]) -> Option<usize> {
        let counts = || factors.iter().map(|factor| factor.levels.count());
        match self {
            Self::Grid => counts().try_fold(1_usize, usize::checked_mul),
            Self::Zip => Some(counts().max().unwrap_or(1)),
            Self::LatinHypercube(runs) | Self::Sobol(runs) => Some(runs),
            Self::Saltelli(runs) => runs.checked_mul(factors.len() + 2),
        }
    }

    /// Its points: of each, one level a factor.
    pub fn points(self, factors: &[Factor]) -> Vec<Vec<Level>> {
        let k = factors.len();
        let at = |shares: &dyn Fn(usize) -> f64| -> Vec<Level> {
            let level = |(place, factor): (usize, &Factor)| factor.levels.at(&factor.name, shares(place));
            factors.iter().enumerate().filter_map(level).collect()
        };
        match self {
            Self::Grid => factors.iter().fold(vec![Vec::new()], |points, factor| {
                let levels = factor.levels.all(&factor.name);
                let extended = |point: &Vec<Level>| {
                    let point = point.clone();
                    levels
                        .iter()
                        .map(move |level| point.iter().cloned().chain([level.clone()]).collect())
                        .collect::<Vec<Vec<Level>>>()
                };
                points.iter().flat_map(extended).collect()
            }),
            Self::Zip => {
                let lists: Vec<Vec<Level>> = factors.iter().map(|factor| factor.levels.all(&factor.name)).collect();
                let length = lists.iter().map(Vec::len).max().unwrap_or(1);
                (0..length).map(|i| lists.iter().filter_map(|list| list.get(i).cloned()).collect()).collect()
            }
            Self::LatinHypercube(runs) => {
                let orders: Vec<Vec<usize>> = (0..k).map(|factor| shuffled(runs, factor as u32)).collect();
                let share = |factor: usize, run: usize| {
                    let inside = uniform(SEED, 2 * factor as u32 + 1, run as u32);
                    (orders[factor][run] as f64 + inside) / runs as f64
                };
                (0..runs).map(|run| at(&|factor| share(factor, run))).collect()
            }
            Self::Sobol(runs) => (0..runs).map(|run| at(&|factor| sobol(run, factor))).collect(),
            Self::Saltelli(runs) => {
                let rows = (0..runs).flat_map(|run| {
                    let a = move |factor: usize| sobol(run, factor);
                    let b = move |factor: usize| sobol(run, k + factor);
                    let mixed = (0..k).map(move |of| at(&|factor| if factor == of { b(factor) } else { a(factor) }));
                    [at(&a), at(&b)].into_iter().chain(mixed.collect::<Vec<_>>())
                });
                rows.collect()
            }
        }
    }
}

/// A number of Sobol's sequence, in 0…1.
fn sobol(number: usize, dimension: usize) -> f64 {
    f64::from(sobol_burley::sample(number as u32, dimension as u32, SEED))
}

/// 0…count in an order that chance gives (Fisher and Yates).
fn shuffled(count: usize, stream: u32) -> Vec<usize> {
    let mut order: Vec<usize> = (0..count).collect();
    for last in (1..count).rev() {
        let place = (uniform(SEED, 2 * stream, last as u32) * (last + 1) as f64) as usize;
        order.swap(last, place.min(last));
    }
    order
}

#[cfg(test)]
mod tests {
    use super::*;

    fn span(name: &str, count: Option<usize>, log: bool) -> Factor {
        let levels = Levels::Span { from: 1.0, to: 100.0, unit: "mA/cm^2".into(), count, log };
        Factor { name: name.into(), short: name.into(), levels }
    }

    fn values(points: &[Vec<Level>], factor: usize) -> Vec<f64> {
        points.iter().map(|point| point[factor].value.unwrap()).collect()
    }

    #[test]
    fn a_grid_has_every_combination_and_lists_go_side_by_side() {
        let factors = [span("a", Some(3), true), span("b", Some(2), false)];
        let points = Design::Grid.points(&factors);
        assert_eq!(values(&points, 0), [1.0, 1.0, 10.0, 10.0, 100.0, 100.0]);
        assert_eq!(values(&points, 1), [1.0, 100.0, 1.0, 100.0, 1.0, 100.0]);
        assert_eq!(points[2][0].set, ["a=\"10 mA/cm^2\""]);
        assert_eq!(Design::Grid.points(&[]).len(), 1);
        assert!(Design::Zip.objection(&factors).is_some_and(|problem| problem.contains("a has 3, b has 2")));
        assert_eq!(Design::Zip.points(&[span("a", Some(2), false), span("b", Some(2), false)]).len(), 2);
    }

    #[test]
    fn a_latin_hypercube_has_one_run_a_slice_and_factors_that_do_not_go_together() {
        let factors = [span("a", None, false), span("b", None, false)];
        let points = Design::LatinHypercube(64).points(&factors);
        for factor in 0..2 {
            let mut slices: Vec<usize> =
                values(&points, factor).iter().map(|v| ((v - 1.0) / 99.0 * 64.0) as usize).collect();
            slices.sort_unstable();
            assert_eq!(slices, (0..64).collect::<Vec<_>>());
        }
        let ranks = |factor| values(&points, factor).iter().map(|v| (v - 50.5) / 28.6).collect::<Vec<_>>();
        let together = ranks(0).iter().zip(ranks(1)).map(|(a, b)| a * b).sum::<f64>() / 64.0;
        // 1/8 is what independent orders have on the whole
        assert!(together.abs() < 0.375, "{together}");
    }

    #[test]
    fn sobols_points_fill_boxes_evenly_and_the_first_ones_stay() {
        let factors = [span("a", None, false), span("b", None, false), span("c", None, true)];
        let points = Design::Sobol(64).points(&factors);
        // a (0, 6, 2)-net: every box of 1/8 × 1/8 has one of 64 points
        let cell = |point: &Vec<Level>| [0, 1].map(|f| ((point[f].value.unwrap() - 1.0) / 99.0 * 8.0) as usize);
        let mut cells: Vec<[usize; 2]> = points.iter().map(cell).collect();
        cells.sort_unstable();
        cells.dedup();
        assert_eq!(cells.len(), 64);
        assert_eq!(Design::Sobol(16).points(&factors), points[..16]);
    }

    #[test]
    fn saltellis_points_share_all_values_but_one() {
        let factors = [span("a", None, false), span("b", None, false)];
        let points = Design::Saltelli(4).points(&factors);
        assert_eq!((points.len(), Design::Saltelli(4).count(&factors)), (16, Some(16)));
        for group in points.chunks(4) {
            let [a, b, with_a, with_b] = group else { panic!() };
            assert_eq!((&with_a[0], &with_a[1]), (&b[0], &a[1]));
            assert_eq!((&with_b[0], &with_b[1]), (&a[0], &b[1]));
        }
    }

    #[test]
    fn lists_have_an_axis_where_they_can() {
        let list = |texts: &[&str]| {
            let levels = texts.iter().map(|text| Level::new((*text).into(), Vec::new())).collect();
            Levels::Listed(levels).on_one_axis()
        };
        let axis = |levels: &Levels| match levels {
            Levels::Listed(levels) => levels.iter().map(|level| level.value).collect::<Vec<_>>(),
            Levels::Span { .. } => Vec::new(),
        };
        let mixed = list(&["500 uA/cm^2", "1 mA/cm^2"]);
        assert_eq!((axis(&mixed), mixed.unit()), (vec![Some(500.0), Some(1000.0)], "uA/cm^2"));
        assert_eq!(axis(&list(&["25 degC", "300 K"])), [Some(25.0), Some(26.85)]);
        assert_eq!(axis(&list(&["nyman", "landesfeind"])), [None, None]);
        assert_eq!(axis(&list(&["1 mA/cm^2", "none"])), [None, None]);
        assert!(
            list(&["1", "3", "10"]).is_log() && !list(&["1", "2", "3"]).is_log() && !list(&["0", "1", "10"]).is_log()
        );
    }
}

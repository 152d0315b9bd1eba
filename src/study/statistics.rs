//! What the numbers of a study say: means over seeds with their intervals, what each factor explains, and shares within a specification.
//!
//! Intervals are of 95 %: Student's for means, that of Clopper and Pearson for shares, Fisher's transform for rank correlations, the jackknife
//! for the indices of Saltelli's design.

use statrs::distribution::{Beta, ContinuousCDF, StudentsT};

/// Probability that an interval leaves out on either side.
const TAIL: f64 = 0.025;
/// Quantile of the normal distribution at that probability.
const NORMAL: f64 = 1.959_964;

/// Numbers of one kind: how many, their mean, its spread and the interval that the mean lies in.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Mean {
    /// how many
    pub count: usize,
    /// their mean; NaN of none
    pub mean: f64,
    /// standard deviation; NaN of fewer than two
    pub spread: f64,
    /// half the width of the interval of the mean; NaN of fewer than two
    pub within: f64,
}

/// Mean of the numbers that are known.
pub fn mean(values: impl IntoIterator<Item = f64>) -> Mean {
    let known: Vec<f64> = values.into_iter().filter(|v| v.is_finite()).collect();
    let count = known.len();
    if count == 0 {
        return Mean { count, mean: f64::NAN, spread: f64::NAN, within: f64::NAN };
    }
    let mean = known.iter().sum::<f64>() / count as f64;
    if count == 1 {
        return Mean { count, mean, spread: f64::NAN, within: f64::NAN };
    }
    let free = (count - 1) as f64;
    let spread = (known.iter().map(|v| (v - mean).powi(2)).sum::<f64>() / free).sqrt();
    let quantile = StudentsT::new(0.0, 1.0, free).map_or(f64::NAN, |t| t.inverse_cdf(1.0 - TAIL));
    Mean { count, mean, spread, within: quantile * spread / (count as f64).sqrt() }
}

/// The share of `count` trials in which something held `times` times, and its interval.
pub fn share(times: usize, count: usize) -> [f64; 3] {
    if count == 0 {
        return [f64::NAN, 0.0, 1.0];
    }
    let (k, n) = (times as f64, count as f64);
    let quantile = |a: f64, b: f64, p: f64| Beta::new(a, b).map_or(f64::NAN, |beta| beta.inverse_cdf(p));
    let least = if times == 0 { 0.0 } else { quantile(k, n - k + 1.0, TAIL) };
    let most = if times == count { 1.0 } else { quantile(k + 1.0, n - k, 1.0 - TAIL) };
    [k / n, least, most]
}

/// Rank correlation of two series (Spearman), and its interval; NaN of fewer than four pairs or where one does not vary.
pub fn rank_correlation(x: &[f64], y: &[f64]) -> [f64; 3] {
    let pairs: Vec<(f64, f64)> =
        x.iter().copied().zip(y.iter().copied()).filter(|(x, y)| x.is_finite() && y.is_finite()).collect();
    let (x, y): (Vec<f64>, Vec<f64>) = pairs.into_iter().unzip();
    let (x, y) = (ranks(&x), ranks(&y));
    let middle = |v: &[f64]| v.iter().sum::<f64>() / v.len() as f64;
    let (mx, my) = (middle(&x), middle(&y));
    let sum = |f: &dyn Fn(f64, f64) -> f64| x.iter().zip(&y).map(|(&x, &y)| f(x - mx, y - my)).sum::<f64>();
    let r = sum(&|x, y| x * y) / (sum(&|x, _| x * x) * sum(&|_, y| y * y)).sqrt();
    if x.len() < 4 || !r.is_finite() {
        return [f64::NAN; 3];
    }
    // Fisher's transform, with the larger variance that ranks have (Bonett and Wright 2000)
    let r = r.clamp(-1.0, 1.0);
    let error = ((1.0 + r * r / 2.0) / (x.len() as f64 - 3.0)).sqrt();
    // of ranks that agree wholly it tells nothing
    let at = |z: f64| if z.is_finite() { z.tanh() } else { f64::NAN };
    [r, at(r.atanh() - NORMAL * error), at(r.atanh() + NORMAL * error)]
}

/// Ranks from 1; equal values share theirs.
fn ranks(values: &[f64]) -> Vec<f64> {
    let mut order: Vec<usize> = (0..values.len()).collect();
    order.sort_by(|&a, &b| values[a].total_cmp(&values[b]));
    let mut ranks = vec![0.0; values.len()];
    for group in order.chunk_by(|&a, &b| values[a] == values[b]) {
        let first = order.iter().position(|&i| i == group[0]).unwrap_or(0);
        group.iter().for_each(|&i| ranks[i] = first as f64 + (group.len() as f64 + 1.0) / 2.0);
    }
    ranks
}

/// What a factor explains of the variance of a measure.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Index {
    /// by itself
    pub first: f64,
    /// with everything that it does together with others
    pub total: f64,
    /// half the width of the interval of the first one; NaN where none is known
    pub first_within: f64,
    /// that of the total one
    pub total_within: f64,
}

/// Shares of the variance over a whole grid: of each factor, and of chance. `levels` has the number of the level of each factor for each
/// run, `seeds` the number of its seed, `values` what was measured; NaN leaves a run out. None unless every combination has a value, or
/// where nothing varies.
///
/// The runs are taken as all that there is, and what chance does to means is taken out of what they explain (analysis of variance, fixed
/// levels, random seeds). A seed that all combinations have shifts their means together: only what it does to each differently counts there.
pub fn of_grid(levels: &[Vec<usize>], seeds: &[usize], values: &[f64]) -> Option<(Vec<Index>, Option<f64>)> {
    let factors = levels.first()?.len();
    let known = || levels.iter().zip(values).filter(|(_, v)| v.is_finite());
    let counts: Vec<usize> =
        (0..factors).map(|f| levels.iter().map(|l| l[f]).max().map_or(0, |most| most + 1)).collect();
    let cells: usize = counts.iter().product();
    let cell_of = |l: &[usize]| l.iter().zip(&counts).fold(0, |place, (level, count)| place * count + level);
    let mut of_cell: Vec<Vec<f64>> = vec![Vec::new(); cells];
    known().for_each(|(l, v)| of_cell[cell_of(l)].push(*v));
    let repeats = of_cell.iter().map(Vec::len).min().filter(|least| *least > 0)? as f64;
    let means: Vec<f64> = of_cell.iter().map(|v| v.iter().sum::<f64>() / v.len() as f64).collect();
    let free: usize = of_cell.iter().map(|v| v.len() - 1).sum();
    let chance = (free > 0).then(|| {
        let squares: f64 =
            of_cell.iter().zip(&means).map(|(v, m)| v.iter().map(|x| (x - m).powi(2)).sum::<f64>()).sum();
        squares / free as f64
    });
    let common = common(levels, seeds, values, &cell_of, cells);
    let noise = chance.unwrap_or(0.0);
    let of_means = common.unwrap_or(noise);
    let variance = |means: &[f64], repeats: f64| {
        let n = means.len() as f64;
        let middle = means.iter().sum::<f64>() / n;
        let raw = means.iter().map(|m| (m - middle).powi(2)).sum::<f64>() / n;
        // of the means of so many runs, that of chance is taken off
        (raw - of_means * (n - 1.0) / n / repeats).max(0.0)
    };
    let n = cells as f64;
    let of_cells = variance(&means, repeats);
    let all = of_cells + noise;
    if all <= 0.0 {
        return None;
    }
    let grouped = |key: &dyn Fn(usize) -> usize, groups: usize| -> Vec<f64> {
        let mut sums = vec![(0.0, 0.0); groups];
        for (cell, m) in means.iter().enumerate() {
            let sum = &mut sums[key(cell)];
            *sum = (sum.0 + m, sum.1 + 1.0);
        }
        sums.into_iter().map(|(sum, count)| sum / count).collect()
    };
    let index = |f: usize| {
        let below: usize = counts[f + 1..].iter().product();
        let level = |cell: usize| cell / below % counts[f];
        let others = |cell: usize| cell / (below * counts[f]) * below + cell % below;
        let count = counts[f] as f64;
        let alone = variance(&grouped(&level, counts[f]), repeats * n / count);
        let without = variance(&grouped(&others, cells / counts[f]), repeats * count);
        let nan = f64::NAN;
        Index { first: alone / all, total: ((of_cells - without) / all).max(0.0), first_within: nan, total_within: nan }
    };
    Some(((0..factors).map(index).collect(), chance.map(|chance| chance / all)))
}

/// Variance of what each seed does to each combination beyond what it does to all of them; none unless every combination has every seed once.
fn common(
    levels: &[Vec<usize>],
    seeds: &[usize],
    values: &[f64],
    cell_of: &dyn Fn(&[usize]) -> usize,
    cells: usize,
) -> Option<f64> {
    let count = seeds.iter().max()? + 1;
    let mut table = vec![f64::NAN; cells * count];
    for ((level, seed), value) in levels.iter().zip(seeds).zip(values) {
        table[cell_of(level) * count + seed] = *value;
    }
    if count < 2 || cells < 2 || values.len() != table.len() || table.iter().any(|value| !value.is_finite()) {
        return None;
    }
    let mean = |of: &mut dyn Iterator<Item = f64>, n: usize| of.sum::<f64>() / n as f64;
    let whole = mean(&mut table.iter().copied(), table.len());
    let of_cell: Vec<f64> =
        (0..cells).map(|cell| mean(&mut table[cell * count..][..count].iter().copied(), count)).collect();
    let of_seed: Vec<f64> =
        (0..count).map(|seed| mean(&mut (0..cells).map(|cell| table[cell * count + seed]), cells)).collect();
    let rest = |place: usize| table[place] - of_cell[place / count] - of_seed[place % count] + whole;
    let squares: f64 = (0..table.len()).map(|place| rest(place).powi(2)).sum();
    Some(squares / ((cells - 1) * (count - 1)) as f64)
}

/// First and total indices of a design of Saltelli: of each of N groups, the values at A, at B, and at A with one factor of B each.
/// Estimators of Saltelli 2010 (first) and Jansen 1999 (total); groups with a value that is not known are left out. None of fewer than
/// four groups, or where nothing varies.
pub fn of_saltelli(values: &[f64], factors: usize) -> Option<Vec<Index>> {
    let groups: Vec<&[f64]> = values
        .chunks(factors + 2)
        .filter(|group| group.len() == factors + 2 && group.iter().all(|v| v.is_finite()))
        .collect();
    if groups.len() < 4 {
        return None;
    }
    let indices = |groups: &[&[f64]]| -> Vec<[f64; 2]> {
        let n = groups.len() as f64;
        let both: Vec<f64> = groups.iter().flat_map(|group| [group[0], group[1]]).collect();
        let middle = both.iter().sum::<f64>() / both.len() as f64;
        let variance = both.iter().map(|v| (v - middle).powi(2)).sum::<f64>() / both.len() as f64;
        let of = |f: usize| {
            let first: f64 = groups.iter().map(|g| g[1] * (g[2 + f] - g[0])).sum::<f64>() / n;
            let total: f64 = groups.iter().map(|g| (g[0] - g[2 + f]).powi(2)).sum::<f64>() / (2.0 * n);
            [first / variance, total / variance]
        };
        (0..factors).map(of).collect()
    };
    // from the middle, which makes the estimator of the first ones steadier
    let all: Vec<f64> = groups.iter().flat_map(|group| group.iter().copied()).collect();
    let middle = all.iter().sum::<f64>() / all.len() as f64;
    let centred: Vec<Vec<f64>> = groups.iter().map(|group| group.iter().map(|v| v - middle).collect()).collect();
    let whole: Vec<&[f64]> = centred.iter().map(Vec::as_slice).collect();
    let found = indices(&whole);
    if found.iter().flatten().any(|v| !v.is_finite()) {
        return None;
    }
    let n = whole.len() as f64;
    let without: Vec<Vec<[f64; 2]>> = (0..whole.len())
        .map(|left| indices(&whole.iter().enumerate().filter(|(i, _)| *i != left).map(|(_, g)| *g).collect::<Vec<_>>()))
        .collect();
    let within = |f: usize, kind: usize| {
        let middle = without.iter().map(|v| v[f][kind]).sum::<f64>() / n;
        let squares: f64 = without.iter().map(|v| (v[f][kind] - middle).powi(2)).sum();
        NORMAL * ((n - 1.0) / n * squares).sqrt()
    };
    let index = |f: usize| Index {
        first: found[f][0],
        total: found[f][1],
        first_within: within(f, 0),
        total_within: within(f, 1),
    };
    Some((0..factors).map(index).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn means_have_students_interval() {
        let found = mean([1.0, 2.0, 3.0, 4.0, f64::NAN]);
        // t(0.975, 3) = 3.182446, s = 1.290994
        assert!(
            (found.mean - 2.5).abs() < 1e-12 && (found.within - 3.182_446 * 1.290_994 / 2.0).abs() < 1e-4,
            "{found:?}"
        );
        assert_eq!((mean([7.0]).mean, mean([]).count), (7.0, 0));
        assert!(mean([7.0]).within.is_nan());
    }

    #[test]
    fn shares_have_the_interval_of_clopper_and_pearson() {
        // Newcombe, Stat. Med. 17, 857 (1998): 81 of 263, 0.2527 to 0.3676; 0 of 20, to 0.1684
        let [share_, least, most] = share(81, 263);
        assert!(
            (share_ - 0.308).abs() < 1e-3 && (least - 0.2527).abs() < 1e-4 && (most - 0.3676).abs() < 1e-4,
            "{least} {most}"
        );
        let [_, least, most] = share(0, 20);
        assert!(least == 0.0 && (most - 0.1684).abs() < 1e-4, "{most}");
        assert_eq!(share(5, 5)[2], 1.0);
    }

    #[test]
    fn ranks_do_not_mind_the_scale() {
        let x: Vec<f64> = (0..20).map(f64::from).collect();
        let y: Vec<f64> = x.iter().map(|x| x.exp()).collect();
        assert!((rank_correlation(&x, &y)[0] - 1.0).abs() < 1e-12);
        assert_eq!(ranks(&[3.0, 1.0, 3.0]), [2.5, 1.0, 2.5]);
        assert!(rank_correlation(&x, &[1.0; 20])[0].is_nan());
    }

    /// Ishigami's function has known indices: S1 = .3139, .4424, 0; totals .5576, .4424, .2437 (a = 7, b = .1).
    #[test]
    fn the_indices_of_ishigamis_function_are_found() {
        use super::super::design::{Design, Factor, Levels};
        let factor = |name: &str| {
            let pi = std::f64::consts::PI;
            let levels = Levels::Span { from: -pi, to: pi, unit: String::new(), count: None, log: false };
            Factor { name: name.into(), short: name.into(), levels }
        };
        let points = Design::Saltelli(4096).points(&["a", "b", "c"].map(factor));
        let value = |point: &Vec<super::super::design::Level>| {
            let [a, b, c] = [0, 1, 2].map(|f| point[f].value.unwrap());
            a.sin() + 7.0 * b.sin().powi(2) + 0.1 * c.powi(4) * a.sin()
        };
        let values: Vec<f64> = points.iter().map(value).collect();
        let found = of_saltelli(&values, 3).unwrap();
        for (index, (first, total)) in found.iter().zip([(0.3139, 0.5576), (0.4424, 0.4424), (0.0, 0.2437)]) {
            assert!((index.first - first).abs() < 0.02 && (index.total - total).abs() < 0.02, "{index:?}");
            assert!(index.first_within > 0.0 && index.first_within < 0.1, "{index:?}");
        }
    }

    #[test]
    fn a_grid_tells_factors_from_chance() {
        use crate::model::random::normal;
        // y = 2 a + a b + noise of variance 0.25, a and b of −1, 0, 1, and a third factor that does nothing
        let (mut levels, mut seeds, mut values) = (Vec::new(), Vec::new(), Vec::new());
        let mut number = 0;
        for a in 0..3usize {
            for b in 0..3usize {
                for c in 0..2usize {
                    for seed in 0..200 {
                        let (x, y) = (a as f64 - 1.0, b as f64 - 1.0);
                        levels.push(vec![a, b, c]);
                        seeds.push(seed);
                        values.push(2.0 * x + x * y + 0.5 * normal(3, 0, number));
                        number += 1;
                    }
                }
            }
        }
        let (indices, chance) = of_grid(&levels, &seeds, &values).unwrap();
        // variances: 8/3 of a, 4/9 of both together, 1/4 of chance
        let all = 8.0 / 3.0 + 4.0 / 9.0 + 0.25;
        let near = |found: f64, wanted: f64| assert!((found - wanted / all).abs() < 0.01, "{found} {}", wanted / all);
        near(indices[0].first, 8.0 / 3.0);
        near(indices[0].total, 8.0 / 3.0 + 4.0 / 9.0);
        near(indices[1].first, 0.0);
        near(indices[1].total, 4.0 / 9.0);
        near(indices[2].total, 0.0);
        near(chance.unwrap(), 0.25);
        values[0] = f64::NAN;
        assert!(of_grid(&levels, &seeds, &values).is_some());
        assert_eq!(of_grid(&[vec![0], vec![1]], &[0, 0], &[1.0, f64::NAN]), None);
        assert_eq!(of_grid(&[vec![0], vec![1]], &[0, 0], &[1.0, 1.0]), None);
    }

    /// All combinations have the same seeds: y = a + s, with a of 0 and 2, and s of −2 and 2 by the seed alone.
    #[test]
    fn seeds_that_all_combinations_share_hide_no_factor() {
        let levels = [vec![0], vec![0], vec![1], vec![1]];
        let (indices, chance) = of_grid(&levels, &[0, 1, 0, 1], &[-2.0, 2.0, 0.0, 4.0]).unwrap();
        // variances: 1 of a, 8 of two draws of the seed
        assert!(
            (indices[0].first - 1.0 / 9.0).abs() < 1e-12 && (indices[0].total - 1.0 / 9.0).abs() < 1e-12,
            "{indices:?}"
        );
        assert!((chance.unwrap() - 8.0 / 9.0).abs() < 1e-12);
    }
}

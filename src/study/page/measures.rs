//! Each measure against each thing that varies, and what explains it.

use std::collections::HashMap;

use maud::{Markup, html};

use super::super::StudyError;
use super::super::design::{Design, Factor};
use super::super::gather::Results;
use super::super::statistics::{Index, mean, of_grid, of_saltelli, rank_correlation};
use crate::report::chart::{Chart, Series, Shape, size_in_row};
use crate::report::numbers::significant;

/// Most charts of a row.
const MOST_ACROSS: usize = 3;
/// Levels beyond which means by level say less than the points.
const MOST_LEVELS: usize = 12;

/// Each measure against each factor, and against the seeds if nothing else varies.
pub fn charts(results: &Results) -> Result<Markup, StudyError> {
    let file = &results.file;
    let across = file.factors.len().clamp(1, MOST_ACROSS);
    let mut drawn = Vec::new();
    for (place, (name, measure)) in file.measures.iter().enumerate() {
        let title = super::titled(name, measure.unit());
        let mut of_measure = Vec::new();
        for (number, factor) in file.factors.iter().enumerate() {
            let chart = Chart { size: size_in_row(across), ..against(results, place, number, factor, &title) };
            of_measure.push(chart.draw()?);
        }
        if file.factors.is_empty() {
            of_measure.push(against_seeds(results, place, &title).draw()?);
        }
        drawn.push((name, &measure.text, of_measure));
    }
    if drawn.is_empty() {
        return Ok(html! {});
    }
    Ok(html! {
        section #measures {
            h2 { "Measures" }
            @for (name, text, charts) in &drawn {
                h3 { (name) ": " (text) }
                div.panels { @for chart in charts { div class={ "of" (across) } { (chart) } } }
            }
            p.caption {
                "Points are runs. Lines join the means of all runs at one level, over everything else that varies; bars are the 95 % intervals of those means. What varies with them widens the bars."
            }
        }
    })
}

/// The number of the level of each run on an axis, and the names of the levels if they are no numbers.
struct Axis {
    places: Vec<f64>,
    names: Vec<String>,
    levels: Vec<usize>,
}

impl Axis {
    /// Few levels that go by ratios at even distances, each with its name: an axis of powers of ten has hardly a tick between them.
    fn spaced(self, factor: &Factor) -> Self {
        let mut sorted = self.places.clone();
        sorted.sort_by(f64::total_cmp);
        sorted.dedup();
        if !self.names.is_empty() || !factor.levels.is_log() || sorted.len() > MOST_LEVELS {
            return self;
        }
        let place =
            |value: &f64| sorted.iter().position(|known| known == value).map_or(f64::NAN, |place| place as f64 + 1.0);
        let names = sorted.iter().map(|value| significant(*value, 4)).collect();
        Self { places: self.places.iter().map(place).collect(), names, ..self }
    }
}

fn axis(results: &Results, number: usize) -> Axis {
    let label = |row: &super::super::gather::Row| row.run.levels.get(number).cloned().unwrap_or_default();
    let mut names: Vec<String> = Vec::new();
    let mut known: HashMap<String, usize> = HashMap::new();
    let level = |row| {
        let label = label(row);
        *known.entry(label).or_insert_with_key(|label| {
            names.push(label.clone());
            names.len() - 1
        })
    };
    let levels: Vec<usize> = results.rows.iter().map(level).collect();
    let values: Option<Vec<f64>> =
        results.rows.iter().map(|row| row.run.values.get(number).copied().flatten()).collect();
    match values {
        Some(places) => Axis { places, names: Vec::new(), levels },
        None => Axis { places: levels.iter().map(|level| *level as f64 + 1.0).collect(), names, levels },
    }
}

fn against(results: &Results, place: usize, number: usize, factor: &Factor, (title, scale): &(String, f64)) -> Chart {
    let Axis { places, names, levels } = axis(results, number).spaced(factor);
    let values: Vec<f64> = results.values(place).into_iter().map(|value| value * scale).collect();
    let points: Vec<(f64, f64)> =
        places.iter().copied().zip(values.iter().copied()).filter(|(_, y)| y.is_finite()).collect();
    let count = levels.iter().max().map_or(0, |most| most + 1);
    let (mut means, mut bars) = (Vec::new(), Vec::new());
    if count <= MOST_LEVELS {
        for level in 0..count {
            let of_level = || levels.iter().enumerate().filter(move |(_, l)| **l == level).map(|(row, _)| row);
            let found = mean(of_level().map(|row| values[row]));
            if let (Some(row), true) = (of_level().next(), found.count > 0) {
                means.push((places[row], found.mean));
                if found.within.is_finite() {
                    bars.extend([(places[row], found.mean - found.within), (places[row], found.mean + found.within)]);
                }
            }
        }
        means.sort_by(|a, b| a.0.total_cmp(&b.0));
    }
    let unit = factor.levels.unit();
    let has_order = results.rows.iter().all(|row| row.run.values.get(number).copied().flatten().is_some());
    let log = factor.levels.is_log() && names.is_empty();
    let least = places.iter().copied().fold(f64::INFINITY, f64::min);
    Chart {
        title: title.clone(),
        x: if unit.is_empty() { factor.short.clone() } else { format!("{} [{unit}]", factor.short) },
        series: vec![
            Series::new("runs", 2, Shape::Dots, points),
            Series::new("mean", 0, if has_order { Shape::Points } else { Shape::Dots }, means),
            Series::new("95 %", 0, Shape::Whiskers, bars),
        ],
        whole: !names.is_empty(),
        names,
        log_from: log.then_some(least * 0.95),
        legend: Some(Vec::new()),
        ..Chart::default()
    }
}

fn against_seeds(results: &Results, place: usize, (title, scale): &(String, f64)) -> Chart {
    let points = results
        .rows
        .iter()
        .filter_map(|row| Some((f64::from(row.run.seed?), row.measured[place] * scale)))
        .filter(|(_, y)| y.is_finite());
    Chart {
        title: title.clone(),
        x: "seed".into(),
        series: vec![Series::new("runs", 2, Shape::Dots, points.collect())],
        whole: true,
        size: size_in_row(1),
        ..Chart::default()
    }
}

/// Shares of the variance, or rank correlations where the design tells no more.
pub fn explained(results: &Results) -> Markup {
    let file = &results.file;
    if file.factors.is_empty() || file.measures.is_empty() {
        return html! {};
    }
    let content = match file.design {
        Design::Grid => {
            let axes: Vec<Axis> = (0..file.factors.len()).map(|number| axis(results, number)).collect();
            let rows = 0..results.rows.len();
            let levels: Vec<Vec<usize>> =
                rows.clone().map(|row| axes.iter().map(|axis| axis.levels[row]).collect()).collect();
            let seeds: Vec<usize> = rows.map(|row| row % file.seeds_each()).collect();
            of_variance(results, &|place| of_grid(&levels, &seeds, &results.values(place)))
        }
        Design::Saltelli(_) => of_variance(results, &|place| {
            of_saltelli(&results.means(place), file.factors.len()).map(|indices| (indices, None))
        }),
        _ => correlations(results),
    };
    html! { section #explained { h2 { "What explains them" } (content) } }
}

fn of_variance(results: &Results, indices: &dyn Fn(usize) -> Option<(Vec<Index>, Option<f64>)>) -> Markup {
    let file = &results.file;
    let with = |value: f64, within: f64| match within.is_finite() {
        true => format!("{} ± {}", significant(value, 3), significant(within, 2)),
        false => significant(value, 3),
    };
    html! {
        div.wide { table {
            thead { tr { th { "measure" } th { "factor" } th.n { "by itself" } th.n { "with all that it does together with others" } } }
            tbody { @for (place, (name, _)) in file.measures.iter().enumerate() {
                @match indices(place) {
                    None => tr { th { (name) } td colspan="3" { "not known: combinations are missing, or nothing varies" } },
                    Some((indices, chance)) => {
                        @for (number, (factor, index)) in file.factors.iter().zip(&indices).enumerate() {
                            tr {
                                @if number == 0 { th rowspan=(indices.len() + usize::from(chance.is_some())) { (name) } }
                                td { (factor.short) } td.n { (with(index.first, index.first_within)) } td.n { (with(index.total, index.total_within)) }
                            }
                        }
                        @if let Some(chance) = chance { tr { td { "chance (seeds)" } td.n { (significant(chance, 3)) } td {} } }
                    }
                }
            } }
        } }
        p.caption {
            "Shares of the variance of a measure over the runs, also known as Sobol's indices of first and total order. "
            @if file.design == Design::Grid { "Over a grid they come from an analysis of variance, with what chance does to means taken out" @if file.seeds.is_none() { "; without seeds chance counts with what factors do together" } "." }
            @else { "Estimators of Saltelli (2010) and Jansen (1999), intervals of 95 % by the jackknife." }
        }
    }
}

fn correlations(results: &Results) -> Markup {
    let file = &results.file;
    let axes: Vec<Axis> = (0..file.factors.len()).map(|number| axis(results, number)).collect();
    html! {
        div.wide { table {
            thead { tr { th { "measure" } th { "factor" } th.n { "rank correlation" } th.n { "95 %" } } }
            tbody { @for (place, (name, _)) in file.measures.iter().enumerate() {
                @let values = results.means(place);
                @for (number, (factor, axis)) in file.factors.iter().zip(&axes).enumerate() {
                    @let places: Vec<f64> = axis.places.iter().copied().step_by(file.seeds_each()).collect();
                    tr {
                        @if number == 0 { th rowspan=(file.factors.len()) { (name) } }
                        td { (factor.short) }
                        @if axis.names.is_empty() {
                            @let [r, least, most] = rank_correlation(&places, &values);
                            td.n { (significant(r, 2)) } td.n { (significant(least, 2)) " to " (significant(most, 2)) }
                        } @else { td.n colspan="2" { "no order" } }
                    }
                }
            } }
        } }
        p.caption { "Spearman's: 1 where a measure always grows with a factor, −1 where it always falls; of points, means over seeds. A design that tells shares of the variance is \"saltelli\", or a grid." }
    }
}

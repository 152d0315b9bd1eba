//! Charts of what a cycler would record: potential, cell voltage, Coulombic efficiency, capacity, and where the lithium stayed.

use super::chart::{Chart, Series, Shape};
use super::curve::{Point, pairs, stairs};
use super::numbers::time_unit;
use super::picture::palette;
use super::record::{EnergyOf, MILLIAMPERE_HOUR, Record};
use super::table::Table;
use crate::mechanisms;
use crate::metrics::heading;
use crate::model::constants::ZERO_CELSIUS;

/// Cycles beyond which only some are drawn.
pub const MOST_CYCLES: usize = 24;
/// Cycles beyond which only some have a bar.
const MOST_BARS: usize = 400;
/// Entries of a legend of cycles.
const ENTRIES: usize = 5;

/// What one direction of the current gave in one cycle: charge \[mAh/cm²\] and the value.
struct Branch {
    cycle: u64,
    plates: bool,
    points: Vec<Point>,
}

/// Curves of column `name` against the charge of their cycle and direction.
fn branches(metrics: &Table, name: &str) -> Vec<Branch> {
    let (Some(cycles), Some(current), Some(dt), Some(value)) =
        (metrics.column("cycle"), metrics.column("current [A/m2]"), metrics.column("dt [s]"), metrics.column(name))
    else {
        return Vec::new();
    };
    let mut found: Vec<(Branch, f64)> = Vec::new();
    for row in 0..metrics.rows() {
        let (cycle, charge) = (cycles[row], current[row] * dt[row] / MILLIAMPERE_HOUR);
        if !cycle.is_finite() || charge == 0.0 || !charge.is_finite() {
            continue;
        }
        let (cycle, plates) = (cycle as u64, charge > 0.0);
        // a cycle has two branches, the newest at the end
        let known = found.iter().rposition(|(branch, _)| branch.cycle == cycle && branch.plates == plates);
        let place = known.unwrap_or_else(|| {
            found.push((Branch { cycle, plates, points: Vec::new() }, 0.0));
            found.len() - 1
        });
        let (branch, passed) = &mut found[place];
        *passed += charge.abs();
        if value[row].is_finite() {
            branch.points.push((*passed, value[row]));
        }
    }
    found.into_iter().map(|(branch, _)| branch).collect()
}

/// Whether the run has cycles.
pub fn has_cycles(record: &Record) -> bool {
    record.metrics.column("cycle").is_some()
}

/// Electrode potential and, if there is a cathode, cell voltage against charge. A dip at the beginning, as nucleation makes it, is drawn
/// over a logarithmic charge; a plateau that is much flatter than the curve is drawn by itself.
pub fn against_charge(record: &Record) -> Vec<Chart> {
    let mut charts = Vec::new();
    for (name, title) in
        [("potential [V]", "Electrode potential vs Li/Li⁺ [V]"), ("cell_voltage [V]", "Cell voltage [V]")]
    {
        let chart = if has_cycles(record) {
            by_cycle(branches(&record.metrics, name), title)
        } else {
            let column = |name| record.metrics.column(name).unwrap_or_default();
            let points = pairs(column("charge [mAh/cm2]"), column(name));
            let mut series = vec![Series::new(title, 0, Shape::Line, points)];
            series.extend(measured(record, "charge", name, [MILLIAMPERE_HOUR.recip(), 1.0]));
            Chart { title: title.into(), x: "Charge [mAh/cm²]".into(), series, ..Chart::default() }
        };
        if chart.is_empty() {
            continue;
        }
        let (beginning, plateau) = (beginning(&chart), plateau(&chart));
        // the two together show all that the whole does
        if beginning.is_none() || plateau.is_none() {
            charts.push(chart);
        }
        charts.extend(beginning);
        charts.extend(plateau);
    }
    charts
}

/// What a cycler has recorded of a column, in the units of a chart.
fn measured(record: &Record, along: &str, column: &str, [of_x, of_y]: [f64; 2]) -> Option<Series> {
    let (file, points) = record.measured(along, column)?;
    let points = points.iter().map(|(x, y)| (x * of_x, y * of_y)).collect();
    Some(Series::new(&format!("measured: {file}"), 1, Shape::Dashed, points))
}

/// Draws a chart over a logarithmic charge, if a curve has its lowest point, a dip, in the first tenth.
fn beginning(chart: &Chart) -> Option<Chart> {
    let all = || chart.series.iter().flat_map(|series| &series.points);
    let least = all().map(|p| p.1).fold(f64::INFINITY, f64::min);
    let most = all().map(|p| p.1).fold(f64::NEG_INFINITY, f64::max);
    let end = all().map(|p| p.0).fold(0.0, f64::max);
    let dips = chart.series.iter().filter_map(|series| {
        let lowest = series.points.iter().filter(|p| p.0 > 0.0).min_by(|a, b| a.1.total_cmp(&b.1))?;
        let mut values = evenly(&series.points);
        values.sort_by(f64::total_cmp);
        let middle = values.get(values.len() / 2)?;
        (lowest.0 < 0.1 * end && middle - lowest.1 > 0.2 * (most - least)).then_some(lowest.0)
    });
    let dip = dips.reduce(f64::min)?;
    let first = all().map(|p| p.0).filter(|&x| x > 0.0).fold(f64::INFINITY, f64::min);
    let from = (dip / 10.0).max(first);
    Some(Chart { title: format!("{}, the beginning", chart.title), log_from: Some(from), ..chart.clone() })
}

/// One curve a cycle and direction, colours in order of the cycles.
fn by_cycle(branches: Vec<Branch>, title: &str) -> Chart {
    let last = branches.iter().map(|branch| branch.cycle).max().unwrap_or(1);
    let shown = shown_cycles(last, MOST_CYCLES);
    let colour = |cycle: u64| {
        palette::css(palette::viridis(0.12 + 0.7 * (cycle.saturating_sub(1)) as f32 / (last.max(2) - 1) as f32))
    };
    let series = branches.into_iter().filter(|branch| shown.contains(&branch.cycle)).map(|branch| Series {
        name: format!("cycle {}, {}", branch.cycle, if branch.plates { "plating" } else { "stripping" }),
        colour: colour(branch.cycle),
        shape: if branch.plates { Shape::Line } else { Shape::Dashed },
        points: branch.points,
    });
    let series = series.collect();
    let legend =
        shown_cycles(last, ENTRIES).into_iter().map(|cycle| (format!("cycle {cycle}"), colour(cycle))).collect();
    Chart {
        title: title.into(),
        x: "Capacity of the half-cycle [mAh/cm²]".into(),
        series,
        legend: Some(legend),
        ..Chart::default()
    }
}

/// At most `most` of the cycles 1 … `last`, first and last among them.
pub fn shown_cycles(last: u64, most: usize) -> Vec<u64> {
    let most = most as u64;
    if last <= most {
        return (1..=last).collect();
    }
    let place = |i: u64| 1 + (u128::from(i) * u128::from(last - 1) + u128::from((most - 1) / 2)) / u128::from(most - 1);
    (0..most).map(|i| place(i) as u64).collect()
}

/// Draws a chart around its plateaus, if the ends of its curves hide them.
fn plateau(chart: &Chart) -> Option<Chart> {
    let mut values: Vec<f64> = chart.series.iter().flat_map(|s| evenly(&s.points)).collect();
    values.sort_by(f64::total_cmp);
    let at = |share: f64| values.get((share * (values.len().saturating_sub(1)) as f64) as usize).copied();
    let (low, high, least, most) = (at(0.04)?, at(0.96)?, at(0.0)?, at(1.0)?);
    let room = 0.25 * (high - low);
    let range = low - room..high + room;
    let flatter = high > low && (range.end - range.start) < 0.5 * (most - least);
    flatter.then(|| Chart { title: format!("{}, the plateau", chart.title), range: Some(range), ..chart.clone() })
}

/// Values of a curve at places that are equally far from each other.
fn evenly(points: &[Point]) -> Vec<f64> {
    let (Some(first), Some(last)) = (points.first(), points.last()) else { return Vec::new() };
    let mut place = 0;
    (0..100)
        .map(|i| {
            let x = first.0 + (last.0 - first.0) * f64::from(i) / 99.0;
            while place + 1 < points.len() && points[place].0 < x {
                place += 1;
            }
            points[place].1
        })
        .collect()
}

/// Potential, and cell voltage, against time.
pub fn against_time(record: &Record) -> Vec<Chart> {
    let Some(time) = record.metrics.column("time [s]") else { return Vec::new() };
    let (unit, name) = time_unit(time.last().copied().unwrap_or(0.0));
    let time: Vec<f64> = time.iter().map(|t| t / unit).collect();
    let lengths: Vec<f64> = record.metrics.column("dt [s]").unwrap_or_default().iter().map(|dt| dt / unit).collect();
    let named = [
        ("potential [V]", "Electrode potential vs Li/Li⁺ [V]", 1.0),
        ("cell_voltage [V]", "Cell voltage [V]", 1.0),
        ("current [A/m2]", "Current density [mA/cm²], plating positive", 0.1),
    ];
    let charts = named.into_iter().filter_map(|(column, title, factor)| {
        let values: Vec<f64> = record.metrics.column(column)?.iter().map(|v| v * factor).collect();
        // a current holds over its step, a potential is that at its end
        let points = match column {
            "current [A/m2]" if !lengths.is_empty() => stairs(&time, &lengths, &values),
            _ => pairs(&time, &values),
        };
        let mut series = vec![Series::new(title, 0, Shape::Line, points)];
        series.extend(measured(record, "time", column, [unit.recip(), factor]));
        Some(Chart { title: title.into(), x: format!("Time [{name}]"), series, ..Chart::default() })
    });
    charts.chain(heat(record, &time, &lengths, name)).chain(temperature(record, &time, name)).collect()
}

/// Heat by where it is made, of each step over its length: what is not zero throughout.
fn heat(record: &Record, time: &[f64], lengths: &[f64], unit: &str) -> Option<Chart> {
    let parts = [
        ("interface_heat [W/m2]", "at the lithium"),
        ("electrolyte_heat [W/m2]", "in the electrolyte"),
        ("cathode_heat [W/m2]", "in the cathode's resistance"),
        ("entropy_heat [W/m2]", "entropy"),
        ("short_heat [W/m2]", "in the short"),
    ];
    let series = parts.into_iter().enumerate().filter_map(|(place, (column, name))| {
        let values = record.metrics.column(column)?;
        let there = values.iter().any(|heat| heat.is_finite() && *heat != 0.0);
        there.then(|| Series::new(name, place, Shape::Line, stairs(time, lengths, values)))
    });
    let series: Vec<Series> = series.collect();
    let title = "Heat [W/m²]".to_string();
    (!series.is_empty() && !lengths.is_empty()).then(|| Chart {
        title,
        x: format!("Time [{unit}]"),
        series,
        with: vec![0.0],
        ..Chart::default()
    })
}

/// Temperature of the cell as one body, where it is told.
fn temperature(record: &Record, time: &[f64], unit: &str) -> Option<Chart> {
    let kelvins = record.metrics.column("cell_temperature [K]")?;
    let celsius: Vec<f64> = kelvins.iter().map(|kelvins| kelvins - ZERO_CELSIUS).collect();
    let title = "Temperature of the cell [°C]";
    celsius.iter().any(|value| value.is_finite()).then(|| Chart {
        title: title.into(),
        x: format!("Time [{unit}]"),
        series: vec![Series::new(title, 0, Shape::Line, pairs(time, &celsius))],
        ..Chart::default()
    })
}

/// Coulombic efficiency, and capacity in and out, against the number of the cycle.
pub fn cycling(record: &Record) -> Vec<Chart> {
    let Some(table) = &record.cycles else { return Vec::new() };
    let cycle = table.column("cycle").unwrap_or_default();
    let x = "Cycle";
    let efficiency = record.efficiencies().into_iter().map(|(n, share)| (n, share * 100.0)).collect();
    let capacity = |name: &str| pairs(cycle, table.column(name).unwrap_or_default());
    let chart = |title: &str, series, with| Chart {
        title: title.into(),
        x: x.into(),
        series,
        with,
        whole: true,
        ..Chart::default()
    };
    let mut charts = vec![
        chart(
            "Coulombic efficiency [%]",
            vec![Series::new("Coulombic efficiency [%]", 0, Shape::Points, efficiency)],
            vec![100.0],
        ),
        chart(
            "Capacity [mAh/cm²]",
            vec![
                Series::new("in (plated)", 0, Shape::Points, capacity("charge_in [mAh/cm2]")),
                Series::new("out (stripped)", 1, Shape::Points, capacity("charge_out [mAh/cm2]")),
            ],
            vec![0.0],
        ),
    ];
    if let Some((EnergyOf::Cell, steps)) = record.energies() {
        let [into, out] = by_number(&steps);
        charts.push(chart(
            "Energy of the cell [mWh/cm²]",
            vec![Series::new("in", 0, Shape::Points, into), Series::new("out", 1, Shape::Points, out)],
            vec![0.0],
        ));
    }
    charts
}

/// Of numbered amounts the sums a number of what is positive and of what is negative, the latter counted positive.
fn by_number(steps: &[(f64, f64)]) -> [Vec<Point>; 2] {
    let mut sums = [Vec::<Point>::new(), Vec::new()];
    for &(number, amount) in steps.iter().filter(|(number, amount)| number.is_finite() && *amount != 0.0) {
        let way = &mut sums[usize::from(amount < 0.0)];
        match way.last_mut() {
            Some(last) if last.0 == number => last.1 += amount.abs(),
            _ => way.push((number, amount.abs())),
        }
    }
    sums
}

/// Where the lithium is at the end of each cycle, and what people call the mechanisms whose lithium the table counts.
pub fn inventory(record: &Record) -> Option<(Chart, Vec<&'static str>)> {
    let table = record.cycles.as_ref()?;
    let (cycle, left) = (table.column("cycle")?, table.column("lithium_left [mAh/cm2]")?);
    let none = vec![f64::NAN; left.len()];
    let isolated = table.column("isolated_lithium [mAh/cm2]").unwrap_or(&none);
    let joined: Vec<f64> =
        left.iter().zip(isolated).map(|(l, i)| (l - if i.is_finite() { *i } else { 0.0 }).max(0.0)).collect();
    let shown = shown_cycles(cycle.iter().copied().fold(1.0, f64::max) as u64, MOST_BARS);
    let bars = |values: &[f64]| -> Vec<Point> {
        pairs(cycle, values).into_iter().filter(|(n, _)| shown.binary_search(&(*n as u64)).is_ok()).collect()
    };
    let mut series = vec![
        Series::new("isolated lithium (Li⁰, dead)", 3, Shape::Bars, bars(isolated)),
        Series::new("lithium still joined to the copper (Li⁰)", 2, Shape::Bars, bars(&joined)),
    ];
    let mut counted = Vec::new();
    for (i, (_, column, label)) in mechanisms::lithium_columns().enumerate() {
        let Some(taken) = table.column(&heading(column, "mAh/cm2")) else { continue };
        series.push(Series::new(&format!("lithium in the {label} (Li⁺)"), 4 + i, Shape::Bars, bars(taken)));
        counted.push(label);
    }
    let chart = Chart {
        title: "Lithium that has not come back by the end of the cycle [mAh/cm²]".into(),
        x: "Cycle".into(),
        series,
        whole: true,
        ..Chart::default()
    };
    Some((chart, counted))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cycle_has_a_curve_each_way_against_its_own_charge() {
        let table = Table::parse(
            b"cycle,current [A/m2],dt [s],potential [V]\n1,10,3600,-0.1\n1,10,3600,-0.05\n1,0,60,0\n1,-10,3600,0.04\n2,10,3600,-0.06\n",
        );
        let found = branches(&table, "potential [V]");
        let named: Vec<_> = found.iter().map(|b| (b.cycle, b.plates)).collect();
        assert_eq!(named, [(1, true), (1, false), (2, true)]);
        assert_eq!(found[0].points, [(1.0, -0.1), (2.0, -0.05)]);
        assert_eq!(found[1].points, [(1.0, 0.04)]);
        assert!(branches(&table, "cell_voltage [V]").is_empty());
    }

    #[test]
    fn a_dip_at_the_beginning_gets_room() {
        let with =
            |points: Vec<Point>| Chart { series: vec![Series::new("E", 0, Shape::Line, points)], ..Chart::default() };
        let dip = |x: f64| if x < 0.01 { -0.3 * (x / 0.01) } else { -0.03 - 0.27 * (-(x - 0.01) / 0.02).exp() };
        let curve: Vec<Point> = (1..1000).map(|i| f64::from(i) * 1e-3).map(|x| (x, dip(x))).collect();
        let shown = beginning(&with(curve)).expect("a dip");
        assert_eq!(shown.log_from, Some(1e-3));
        // a fall at the end, as stripping has it, and a slow slope are none
        assert!(beginning(&with(vec![(0.0, 0.1), (0.5, 0.0), (1.0, -0.3)])).is_none());
        assert!(beginning(&with(vec![(0.0, 0.0), (0.5, 0.5), (1.0, 1.0)])).is_none());
    }

    #[test]
    fn energy_is_counted_each_way() {
        let steps = [(1.0, 2.0), (1.0, 1.0), (1.0, -0.5), (f64::NAN, 1.0), (2.0, 4.0)];
        assert_eq!(by_number(&steps), [vec![(1.0, 3.0), (2.0, 4.0)], vec![(1.0, 0.5)]]);
    }

    #[test]
    fn of_many_cycles_some_are_shown() {
        assert_eq!(shown_cycles(3, 24), [1, 2, 3]);
        let shown = shown_cycles(500, 24);
        assert_eq!((shown.len(), shown[0], shown[23]), (24, 1, 500));
        assert_eq!(shown_cycles(u64::MAX, 24).last(), Some(&u64::MAX));
        assert!(shown.is_sorted_by(|a, b| a < b));
    }
}

//! What a run has measured of a deposit and of its cycles, as far as a cell asks.

use super::design::Life;
use super::life;
use crate::report::record::{MILLIAMPERE_HOUR, Record};
use crate::report::table::Table;

/// Porosity below zero beyond which a deposit is too thin for its cells to tell: what is taken as dense then is wrong by as much of its
/// thickness, and the Wh/L of a cell, of whose room dense lithium takes a fifth, by a hundredth.
const UNRESOLVED: f64 = 0.05;

/// A run, or the mean of several.
#[derive(Clone, Debug, PartialEq)]
pub struct Measured {
    /// porosity up to the mean height of the lithium
    pub porosity: f64,
    /// porosity up to the highest lithium
    pub porosity_to_highest: f64,
    /// charge of the lithium where that was measured \[mAh/cm²\]
    pub charge: f64,
    /// mean potential of the electrode while it is stripped, against lithium \[V\]; NaN if nothing was stripped
    pub stripping_potential: f64,
    /// charge into each of its whole cycles, and what of it is not lost \[mAh/cm²\]: the charge out, or in a run that begins with lithium,
    /// which pays for losses, what the metal joined to the copper tells
    pub cycles: Vec<[f64; 2]>,
    /// part of the capacity that formation leaves; 1 if there are no cycles
    pub formation: f64,
    /// heat that the cycle with most of it has made, for each area \[J/m²\]; NaN if the run does not tell
    pub heat: f64,
}

/// A cycle's deposit where it is thickest.
#[derive(Clone, Copy)]
struct Thickest {
    cycle: f64,
    thickness: f64,
    mean_height: f64,
    max_height: f64,
}

/// What a run has measured, by its tables.
///
/// # Errors
/// A sentence, if no deposit was measured, or its features are too small for the grid.
pub(crate) fn of_run(record: &Record, life: &Life) -> Result<Measured, String> {
    // one that another condition ended was cut in the middle of its last cycle
    let is_whole = record.run.reason.as_ref().is_none_or(|reason| reason.starts_with("protocol"));
    of(&record.metrics, record.cycles.as_ref(), is_whole, life)
}

/// Reads `metrics.csv` and `cycles.csv` of a run. Its last cycle counts if `is_whole`: a condition other than the end of the protocol cuts it.
///
/// # Errors
/// A sentence, if no deposit was measured, or its features are too small for the grid.
pub(crate) fn of(metrics: &Table, cycles: Option<&Table>, is_whole: bool, life: &Life) -> Result<Measured, String> {
    let formation = life.formation as usize;
    let mut cycles = cycles.map(|table| charges(table, is_whole)).unwrap_or_default();
    let thickest = thickest(metrics).ok_or("metrics.csv has no row in which the deposit was measured")?;
    // cycles after formation where there are any, else all; a run without cycles counts as one
    let later: Vec<Thickest> = thickest.iter().copied().filter(|found| found.cycle > formation as f64).collect();
    let used = if later.is_empty() { &thickest } else { &later };
    let count = used.len() as f64;
    let mean = |of: &dyn Fn(&Thickest) -> f64| used.iter().map(of).sum::<f64>() / count;
    let porosity = mean(&|found| 1.0 - found.thickness / found.mean_height);
    let to_highest = mean(&|found| 1.0 - found.thickness / found.max_height);
    if !porosity.is_finite() || porosity < -UNRESOLVED {
        return Err(format!(
            "the porosity of the deposit is {porosity:.2}: its features are too small for the cells of the box to tell"
        ));
    }
    let thickness = mean(&|found| found.thickness);
    let (stripped, volts) =
        cycles.iter().skip(formation.min(cycles.len().saturating_sub(1))).fold((0.0, 0.0), |(charge, sum), cycle| {
            let known = cycle.out > 0.0 && cycle.potential.is_finite();
            if known { (charge + cycle.out, sum + cycle.out * cycle.potential) } else { (charge, sum) }
        });
    count_losses(&mut cycles, at_first(metrics));
    let cycles: Vec<[f64; 2]> = cycles.iter().map(|cycle| [cycle.into, cycle.kept]).collect();
    let formed = life::measured(&cycles, formation).map_or(1.0, |measured| measured.formation);
    Ok(Measured {
        porosity: porosity.max(0.0),
        porosity_to_highest: to_highest.max(0.0),
        charge: thickness / super::stack::dense(MILLIAMPERE_HOUR),
        stripping_potential: volts / stripped,
        cycles,
        formation: formed.min(1.0),
        heat: most_heat(metrics),
    })
}

struct Cycle {
    into: f64,
    out: f64,
    /// what is not lost of the charge in
    kept: f64,
    /// metal at its end that is joined to the copper
    joined: f64,
    potential: f64,
}

/// Part of the first charge that a run begins with in lithium from which on that lithium pays for what is lost.
const RESERVE: f64 = 0.01;

/// Lithium that a run begins with \[mAh/cm²\]: that of the first row in which the deposit was measured, less the charge until then.
fn at_first(metrics: &Table) -> f64 {
    let Some(thickness) = metrics.column("thickness [m]") else { return 0.0 };
    let Some(row) = thickness.iter().position(|thickness| thickness.is_finite()) else { return 0.0 };
    let charge = metrics.column("charge [mAh/cm2]").map_or(0.0, |charge| charge[row]);
    thickness[row] / super::stack::dense(MILLIAMPERE_HOUR) - charge
}

/// Takes what each cycle loses from the metal that is left, if a run began with so much of it, `first` \[mAh/cm²\], that it pays for losses:
/// such a run gives back all that it takes.
fn count_losses(cycles: &mut [Cycle], first: f64) {
    let begins_with_lithium = cycles.first().is_some_and(|cycle| first > RESERVE * cycle.into);
    if !begins_with_lithium || cycles.iter().any(|cycle| cycle.joined.is_nan()) {
        return;
    }
    let mut before = first;
    for cycle in cycles {
        cycle.kept = cycle.out + cycle.joined - before;
        before = cycle.joined;
    }
}

/// The whole cycles of `cycles.csv`.
fn charges(table: &Table, is_whole: bool) -> Vec<Cycle> {
    let column = |name: &str| table.column(name).unwrap_or_default();
    let (into, out) = (column("charge_in [mAh/cm2]"), column("charge_out [mAh/cm2]"));
    let potential = column("mean_stripping_potential [V]");
    let (left, isolated) = (column("lithium_left [mAh/cm2]"), column("isolated_lithium [mAh/cm2]"));
    let at = |row: usize| Cycle {
        into: into[row],
        out: out[row],
        kept: out[row],
        joined: left.get(row).zip(isolated.get(row)).map_or(f64::NAN, |(left, isolated)| left - isolated),
        potential: potential.get(row).copied().unwrap_or(f64::NAN),
    };
    let mut all: Vec<Cycle> = (0..into.len().min(out.len())).map(at).collect();
    if !is_whole {
        all.pop();
    }
    all.retain(|cycle| cycle.into > 0.0 && cycle.out > 0.0);
    all
}

/// The thickest deposit of each cycle.
fn thickest(metrics: &Table) -> Option<Vec<Thickest>> {
    let column = |name: &str| metrics.column(name);
    let (thickness, mean, max) = (column("thickness [m]")?, column("mean_height [m]")?, column("max_height [m]")?);
    let cycle = column("cycle");
    let mut found: Vec<Thickest> = Vec::new();
    for row in 0..metrics.rows() {
        let (cycle, thickness) = (cycle.map_or(1.0, |cycles| cycles[row]), thickness[row]);
        let (mean_height, max_height) = (mean[row], max[row]);
        if !(thickness > 0.0 && mean_height > 0.0 && max_height > 0.0 && cycle.is_finite()) {
            continue;
        }
        let next = Thickest { cycle, thickness, mean_height, max_height };
        match found.last_mut().filter(|last| last.cycle == cycle) {
            Some(last) if last.thickness >= thickness => {}
            Some(last) => *last = next,
            None => found.push(next),
        }
    }
    (!found.is_empty()).then_some(found)
}

/// The heat of the cycle that makes most \[J/m²\]; NaN if the table does not tell.
fn most_heat(metrics: &Table) -> f64 {
    let Some(made) = metrics.column("heat_made [J/m2]") else { return f64::NAN };
    let cycle = metrics.column("cycle");
    let (mut begin, mut most) = (made.first().copied().unwrap_or(f64::NAN), f64::NAN);
    for row in 1..metrics.rows() {
        // what a cycle begins with is the end of the one before
        if cycle.is_some_and(|cycles| cycles[row] != cycles[row - 1]) {
            begin = made[row - 1];
        }
        most = most.max(made[row] - begin);
    }
    most
}

/// The mean of several runs of one kind, number by number; of none, none. Cycles are not averaged: each run has its own.
pub fn mean(runs: &[Measured]) -> Option<Measured> {
    let count = runs.len() as f64;
    let over = |of: &dyn Fn(&Measured) -> f64| runs.iter().map(of).sum::<f64>() / count;
    (!runs.is_empty()).then(|| Measured {
        porosity: over(&|run| run.porosity),
        porosity_to_highest: over(&|run| run.porosity_to_highest),
        charge: over(&|run| run.charge),
        stripping_potential: over(&|run| run.stripping_potential),
        cycles: Vec::new(),
        formation: over(&|run| run.formation),
        heat: over(&|run| run.heat),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::keys::defaults;

    const METRICS: &[u8] = b"time [s],cycle,thickness [m],mean_height [m],max_height [m],heat_made [J/m2]
1,1,1e-6,4e-6,8e-6,5
2,1,2e-6,4e-6,8e-6,10
3,1,1.5e-6,4e-6,8e-6,25
4,2,2e-6,2.5e-6,4e-6,60
5,2,,,,55
6,3,2e-6,3.2e-6,4e-6,70
";
    const CYCLES: &[u8] = b"cycle,charge_in [mAh/cm2],charge_out [mAh/cm2],mean_stripping_potential [V]
1,0.4,0.36,0.05
2,0.4,0.396,0.02
3,0.4,0.1,0.04
";

    fn close(a: f64, b: f64) {
        assert!((a - b).abs() < 1e-12, "{a} is not {b}");
    }

    #[test]
    fn the_thickest_deposit_of_cycles_after_formation_counts() {
        let (metrics, cycles) = (Table::parse(METRICS), Table::parse(CYCLES));
        let found = of(&metrics, Some(&cycles), true, &defaults()).unwrap();
        // 1 − 2/2.5 and 1 − 2/3.2; 1 − 2/4
        close(found.porosity, (0.2 + 0.375) / 2.0);
        close(found.porosity_to_highest, 0.5);
        close(found.stripping_potential, (0.396 * 0.02 + 0.1 * 0.04) / 0.496);
        close(found.formation, 0.9);
        // 20, 35 and 15 J/m²
        close(found.heat, 35.0);
        assert_eq!(found.cycles.len(), 3);
        // cut by the end of the run, the last one tells nothing
        let cut = of(&metrics, Some(&cycles), false, &defaults()).unwrap();
        assert_eq!(cut.cycles.len(), 2);
        close(cut.stripping_potential, 0.02);
    }

    /// Where lithium foil pays, charge in and out are equal, and the metal tells what is lost.
    #[test]
    fn the_losses_of_a_run_that_begins_with_lithium_are_those_of_its_metal() {
        let cycles = b"cycle,charge_in [mAh/cm2],charge_out [mAh/cm2],lithium_left [mAh/cm2],isolated_lithium [mAh/cm2]
1,3,3,3.9,0
2,3,3,3.88,0.01
3,3,3.1,3.7,0
";
        let foil = super::super::stack::dense(MILLIAMPERE_HOUR) * 4.0;
        let metrics = |thickness: f64| {
            let rows = format!(
                "charge [mAh/cm2],thickness [m],mean_height [m],max_height [m]\n0.001,,,\n0.5,{},2e-5,3e-5\n1,3e-5,4e-5,5e-5\n",
                thickness + 0.5 * super::super::stack::dense(MILLIAMPERE_HOUR)
            );
            Table::parse(rows.as_bytes())
        };
        let kept = |thickness: f64, cycles: &[u8]| {
            of(&metrics(thickness), Some(&Table::parse(cycles)), true, &defaults()).unwrap().cycles
        };
        let expected = [3.0 - 0.1, 3.0 - 0.03, 3.1 - 0.17];
        kept(foil, cycles).iter().zip(expected).for_each(|(cycle, kept)| close(cycle[1], kept));
        // bare copper, and a table from before these columns: charge out
        assert_eq!(kept(0.0, cycles), [[3.0, 3.0], [3.0, 3.0], [3.0, 3.1]]);
        assert_eq!(kept(foil, CYCLES), [[0.4, 0.36], [0.4, 0.396], [0.4, 0.1]]);
    }

    #[test]
    fn a_run_without_cycles_is_one() {
        let metrics = Table::parse(b"thickness [m],mean_height [m],max_height [m]\n1e-6,2e-6,3e-6\n2e-6,4e-6,8e-6\n");
        let found = of(&metrics, None, true, &defaults()).unwrap();
        close(found.porosity, 0.5);
        close(found.porosity_to_highest, 0.75);
        close(found.charge, 2e-6 / super::super::stack::dense(36_000.0));
        assert!(found.stripping_potential.is_nan() && found.cycles.is_empty() && found.formation == 1.0);
    }

    #[test]
    fn a_deposit_that_cannot_be_told_is_refused() {
        let metrics = Table::parse(b"thickness [m],mean_height [m],max_height [m]\n2e-6,1e-6,3e-6\n");
        assert!(of(&metrics, None, true, &defaults()).unwrap_err().contains("too small for the cells"));
        let metrics = Table::parse(b"thickness [m],mean_height [m]\n2e-6,1e-6\n");
        assert!(of(&metrics, None, true, &defaults()).unwrap_err().contains("no row"));
    }
}

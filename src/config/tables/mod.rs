//! Transport properties and open-circuit potentials from CSV files: which columns they have, and what their numbers may be.

mod sheet;

use std::ops::RangeInclusive;
use std::path::Path;

use crate::model::electrolyte::{Isotherm, Transport};
use crate::model::protocol::Profile;
use sheet::Sheet;

/// A column that a table must have.
#[derive(Clone)]
pub struct Column {
    /// its name in the header
    name: &'static str,
    /// unit that the program counts in, of the calculator's grammar; `1` for a pure number
    unit: &'static str,
    /// values that a measurement can have, in `unit`
    possible: RangeInclusive<f64>,
    /// where the largest value of a column must lie whose header names no unit, in `unit`: outside, another unit was meant
    usual: RangeInclusive<f64>,
    /// a unit that tables often have instead
    often: &'static str,
}

/// Columns of a table of transport properties: concentration, temperature, κ, D, t₊, 1 + dlnf/dlnc.
///
/// Possible is more than any electrolyte has: 20 M is beyond what dissolves, 100 S/m beyond water and acids. Usual is what liquids,
/// polymers and ceramics for lithium have.
const TRANSPORT: [Column; 6] = [
    Column { name: "c", unit: "mol/m^3", possible: 0.0..=2e4, usual: 20.0..=2e4, often: "mol/L" },
    Column { name: "T", unit: "K", possible: 150.0..=600.0, usual: 150.0..=600.0, often: "degC" },
    Column { name: "kappa", unit: "S/m", possible: 1e-9..=100.0, usual: 1e-7..=5.0, often: "mS/cm" },
    Column { name: "diffusivity", unit: "m^2/s", possible: 1e-17..=1e-7, usual: 1e-15..=1e-8, often: "cm^2/s" },
    Column { name: "transference", unit: "1", possible: -1.5..=1.1, usual: -1.5..=1.1, often: "%" },
    Column { name: "thermodynamic_factor", unit: "1", possible: 0.01..=50.0, usual: 0.01..=50.0, often: "1" },
];

/// Columns of an open-circuit potential: the lithium content of the host, and its potential against lithium.
const OPEN_CIRCUIT: [Column; 2] = [
    Column { name: "x", unit: "1", possible: -0.05..=1.05, usual: -0.05..=1.05, often: "%" },
    Column { name: "U", unit: "V", possible: -1.0..=7.0, usual: -1.0..=7.0, often: "mV" },
];

/// Usual values of a column that always needs its unit.
const NONE: RangeInclusive<f64> = f64::INFINITY..=f64::INFINITY;

/// Columns of a drive cycle: times, and current densities that are positive when they plate, or C-rates.
const TIME: Column = Column { name: "time", unit: "s", possible: -1e12..=1e12, usual: 0.0..=1e9, often: "h" };
const PROFILE: [Column; 2] =
    [TIME, Column { name: "current", unit: "A/m^2", possible: -1e6..=1e6, usual: NONE, often: "mA/cm^2" }];
/// See [`PROFILE`].
const PROFILE_OF_RATES: [Column; 2] =
    [TIME, Column { name: "c_rate", unit: "1", possible: -1e3..=1e3, usual: -1e3..=1e3, often: "1" }];

/// Distances that a car goes in a day.
const DISTANCE: [Column; 1] =
    [Column { name: "distance", unit: "m", possible: 0.0..=1e7, usual: NONE, often: "miles" }];

/// Isotherms at less than this distance are one: an oven does not hold its temperature better \[K\].
const SCATTER: f64 = 1.0;

/// What a table holds, and what a person should hear about it.
#[derive(Debug)]
pub struct Read<T> {
    /// its content in SI units
    pub content: T,
    /// sentences that are no errors
    pub remarks: Vec<String>,
}

/// Points of an open-circuit potential from the columns `x`, the lithium content of the host, and `U`; x rising, U in V. A file of two
/// columns may lack the header.
///
/// # Errors
/// A sentence that names the file and, where it is about a value, the line and the column.
pub fn open_circuit(path: &Path) -> Result<Read<Vec<[f64; 2]>>, String> {
    let Sheet { rows, remarks } = Sheet::read(path, &OPEN_CIRCUIT, true)?;
    let mut points: Vec<[f64; 2]> = rows.into_iter().map(|(_, point)| point).collect();
    points.sort_by(|a, b| a[0].total_cmp(&b[0]));
    if let Some(twice) = points.windows(2).find(|pair| pair[0][0] == pair[1][0]) {
        return Err(format!("{}: x = {} stands twice", path.display(), twice[0][0]));
    }
    if points.len() < 2 {
        return Err(format!("{}: has fewer than two points", path.display()));
    }
    Ok(Read { content: points, remarks })
}

/// What a cycler has recorded.
#[derive(Clone, Debug, PartialEq)]
pub struct Recorded {
    /// name of the file
    pub file: String,
    /// its curves
    pub curves: Vec<RecordedCurve>,
}

/// A curve of what a cycler has recorded.
#[derive(Clone, Debug, PartialEq)]
pub struct RecordedCurve {
    /// column of the abscissa: `time`, in s, or `charge`, in C/m²
    pub along: &'static str,
    /// column of the ordinate: `potential`, `voltage` or `cell_voltage`, in V, or `current`, in A/m²
    pub of: &'static str,
    /// its points, in the order of the file
    pub points: Vec<(f64, f64)>,
}

/// Columns that a record of a cycler may have along its curves, and of them.
const ALONG: [(&str, Column); 3] = [
    ("time", TIME),
    ("charge", Column { name: "charge", unit: "C/m^2", possible: -1e9..=1e9, usual: 1e3..=1e9, often: "mAh/cm^2" }),
    ("charge", Column { name: "capacity", unit: "C/m^2", possible: -1e9..=1e9, usual: 1e3..=1e9, often: "mAh/cm^2" }),
];
const VOLTS: Column = Column { name: "potential", unit: "V", possible: -10.0..=10.0, usual: -10.0..=10.0, often: "mV" };
const OF: [Column; 4] = [
    VOLTS,
    Column { name: "voltage", ..VOLTS },
    Column { name: "cell_voltage", ..VOLTS },
    Column { name: "current", unit: "A/m^2", possible: -1e6..=1e6, usual: 20.0..=1e6, often: "mA/cm^2" },
];

/// Curves of a record of a cycler: of the columns `potential`, `voltage`, `cell_voltage` and `current` each against `time` and `charge` (or
/// `capacity`), as far as the file has them.
///
/// # Errors
/// A sentence that names the file and, where it is about a value, the line and the column.
pub fn recorded(path: &Path) -> Result<Recorded, String> {
    let mut curves = Vec::new();
    for (along, x) in ALONG {
        for y in OF {
            if sheet::has(path, [&x, &y])? {
                let of = y.name;
                let sheet = Sheet::read(path, &[x.clone(), y], false)?;
                let points = sheet.rows.into_iter().map(|(_, [x, y])| (x, y)).collect();
                curves.push(RecordedCurve { along, of, points });
            }
        }
    }
    if curves.is_empty() {
        return Err(format!(
            "{}: needed are time or charge, and potential, voltage, cell_voltage or current",
            path.display()
        ));
    }
    Ok(Recorded { file: path.file_name().unwrap_or_default().to_string_lossy().into_owned(), curves })
}

/// A drive cycle from the columns `time` and `current`, or `c_rate`, which counts a `capacity` \[C/m²\]. `name` is what the config calls it.
///
/// # Errors
/// A sentence that names the file and, where it is about a value, the line and the column.
pub fn profile(path: &Path, name: &str, capacity: Option<f64>) -> Result<Profile, String> {
    let at = |problem: String| format!("{}: {problem}", path.display());
    let [_, current] = &PROFILE;
    let [_, rate] = &PROFILE_OF_RATES;
    let (rows, unit) = match !sheet::has(path, [current])? && sheet::has(path, [rate])? {
        false => (Sheet::read(path, &PROFILE, false)?.rows, 1.0),
        true => {
            let rows = Sheet::read(path, &PROFILE_OF_RATES, false)?.rows;
            let capacity = capacity.ok_or_else(|| at("column c_rate needs top.areal_capacity".into()))?;
            (rows, capacity / 3600.0)
        }
    };
    let [first, ..] = &rows[..] else { return Err(at("has no rows".into())) };
    if rows.len() < 2 {
        return Err(at("has one row; the last row says when the one before it ends".into()));
    }
    if let Some(pair) = rows.windows(2).find(|pair| pair[1].1[0] <= pair[0].1[0]) {
        return Err(at(format!("line {}, column time: does not rise", pair[1].0)));
    }
    let begin = first.1[0];
    let (times, currents) = rows.iter().map(|(_, [time, current])| (time - begin, current * unit)).unzip();
    Ok(Profile { file: name.into(), times, currents })
}

/// Distances of days \[m\] from the column `distance`, whose unit its header names.
///
/// # Errors
/// A sentence that names the file and, where it is about a value, the line and the column.
pub fn distances(path: &Path) -> Result<Vec<f64>, String> {
    let days: Vec<f64> = Sheet::read(path, &DISTANCE, false)?.rows.into_iter().map(|(_, [day])| day).collect();
    match days.iter().any(|day| *day > 0.0) {
        true => Ok(days),
        false => Err(format!("{}: the car does not move on any of its days", path.display())),
    }
}

/// Isotherms of rising temperature from the columns [`TRANSPORT`] of the file at `path`.
///
/// # Errors
/// A sentence that names the file and, where it is about a value, the line and the column.
pub fn isotherms(path: &Path) -> Result<Read<Vec<Isotherm>>, String> {
    let at = |problem: String| format!("{}: {problem}", path.display());
    let Sheet { mut rows, mut remarks } = Sheet::read(path, &TRANSPORT, false)?;
    rows.sort_by(|(_, a), (_, b)| a[1].total_cmp(&b[1]));
    let mut isotherms = Vec::new();
    for rows in rows.chunk_by(|(_, a), (_, b)| b[1] - a[1] < SCATTER) {
        let (low, high) = (rows[0].1[1], rows[rows.len() - 1].1[1]);
        if high - low >= SCATTER {
            return Err(at(format!(
                "T scatters from {low} to {high} K without a gap of {SCATTER} K: neither one isotherm nor several; \
                 give the rows of an isotherm one temperature"
            )));
        }
        let mean = rows.iter().map(|(_, row)| row[1]).sum::<f64>() / rows.len() as f64;
        let temperature = if low == high { low } else { mean };
        if low != high {
            remarks.push(at(format!("the temperatures from {low} to {high} K are one isotherm, at {mean:.2} K")));
        }
        isotherms.push((rows[0].0, isotherm(temperature, rows).map_err(at)?));
    }
    let fullest = isotherms.iter().map(|(_, isotherm)| isotherm.rows.len()).max().unwrap_or(0);
    if let Some((line, lonely)) = isotherms.iter().find(|(_, isotherm)| isotherm.rows.len() == 1)
        && fullest > 1
    {
        return Err(at(format!(
            "line {line}: the isotherm at {} K has one row, others have up to {fullest}: its properties would not depend on c; \
             give it more rows, or take it out",
            lonely.temperature
        )));
    }
    Ok(Read { content: isotherms.into_iter().map(|(_, isotherm)| isotherm).collect(), remarks })
}

/// The isotherm of `rows`, each a line number and the values of [`TRANSPORT`].
fn isotherm(temperature: f64, rows: &[(u64, [f64; 6])]) -> Result<Isotherm, String> {
    let mut rows = rows.to_vec();
    rows.sort_by(|(_, a), (_, b)| a[0].total_cmp(&b[0]));
    if let Some(twice) = rows.windows(2).find(|pair| pair[0].1[0] == pair[1].1[0]) {
        let [(first, row), (second, _)] = [twice[0], twice[1]];
        return Err(format!(
            "lines {first} and {second}: c = {} mol/m³ stands twice at T = {temperature:.2} K",
            row[0]
        ));
    }
    let transport = |[c, _, kappa, diffusivity, transference, thermodynamic_factor]: [f64; 6]| {
        (c, Transport { kappa, diffusivity, transference, thermodynamic_factor })
    };
    Ok(Isotherm { temperature, rows: rows.into_iter().map(|(_, row)| transport(row)).collect() })
}

#[cfg(test)]
mod tests;

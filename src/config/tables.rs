//! Transport properties and open-circuit potentials from CSV files.

use std::path::Path;

use crate::model::electrolyte::{Isotherm, Transport};

/// Columns of a table, in any order: concentration \[mol/m³\], temperature \[K\], κ \[S/m\], D \[m²/s\], t₊, 1 + dlnf/dlnc.
const COLUMNS: [&str; 6] = ["c", "T", "kappa", "diffusivity", "transference", "thermodynamic_factor"];

/// Rows of the CSV file at `path` with the numbers of the named columns, and the line of each. The header names the columns in any
/// order, with or without units in brackets; lines that begin with `#` are comments.
fn rows<const N: usize>(path: &Path, columns: [&str; N]) -> Result<Vec<(u64, [f64; N])>, String> {
    let at = |problem: String| format!("{}: {problem}", path.display());
    let mut reader = csv::ReaderBuilder::new()
        .comment(Some(b'#'))
        .trim(csv::Trim::All)
        .from_path(path)
        .map_err(|e| at(e.to_string()))?;
    let header = reader.headers().map_err(|e| at(e.to_string()))?.clone();
    let bare = |name: &str| name.split(['[', ' ']).next().unwrap_or_default().to_string();
    let mut places = [0; N];
    for (place, column) in places.iter_mut().zip(columns) {
        *place = header
            .iter()
            .position(|name| bare(name) == column)
            .ok_or_else(|| at(format!("has no column {column}; needed are {}", columns.join(", "))))?;
    }
    let mut rows = Vec::new();
    for record in reader.records() {
        let record = record.map_err(|e| at(e.to_string()))?;
        let line = record.position().map_or(0, csv::Position::line);
        let mut row = [0.0; N];
        for (value, (&place, column)) in row.iter_mut().zip(places.iter().zip(columns)) {
            let text = record.get(place).unwrap_or_default();
            *value = match text.parse::<f64>() {
                Ok(v) if v.is_finite() => v,
                _ => return Err(at(format!("line {line}: {column} = {text:?} is not a number"))),
            };
        }
        rows.push((line, row));
    }
    Ok(rows)
}

/// Points of an open-circuit potential from the columns `x`, the lithium content of the host, and `U` \[V\]; x rising.
///
/// # Errors
/// A sentence that names the file and the line.
pub fn open_circuit(path: &Path) -> Result<Vec<[f64; 2]>, String> {
    let mut points: Vec<[f64; 2]> = rows(path, ["x", "U"])?.into_iter().map(|(_, point)| point).collect();
    points.sort_by(|a, b| a[0].total_cmp(&b[0]));
    if let Some(twice) = points.windows(2).find(|pair| pair[0][0] == pair[1][0]) {
        return Err(format!("{}: x = {} stands twice", path.display(), twice[0][0]));
    }
    if points.len() < 2 {
        return Err(format!("{}: has fewer than two points", path.display()));
    }
    Ok(points)
}

/// Isotherms from the file at `path`, see [`COLUMNS`].
///
/// # Errors
/// A sentence that names the file and the line.
pub fn isotherms(path: &Path) -> Result<Vec<Isotherm>, String> {
    let at = |problem: String| format!("{}: {problem}", path.display());
    let mut isotherms: Vec<Isotherm> = Vec::new();
    for (line, row) in rows(path, COLUMNS)? {
        let [c, temperature, kappa, diffusivity, transference, thermodynamic_factor] = row;
        if c < 0.0 || temperature <= 0.0 || kappa <= 0.0 || diffusivity <= 0.0 {
            return Err(at(format!("line {line}: c must not be negative; T, kappa and diffusivity must be positive")));
        }
        let transport = Transport { kappa, diffusivity, transference, thermodynamic_factor };
        match isotherms.iter_mut().find(|isotherm| isotherm.temperature == temperature) {
            Some(isotherm) => isotherm.rows.push((c, transport)),
            None => isotherms.push(Isotherm { temperature, rows: vec![(c, transport)] }),
        }
    }
    if isotherms.is_empty() {
        return Err(at("has no rows".into()));
    }
    isotherms.sort_by(|a, b| a.temperature.total_cmp(&b.temperature));
    for isotherm in &mut isotherms {
        isotherm.rows.sort_by(|a, b| a.0.total_cmp(&b.0));
        if let Some(twice) = isotherm.rows.windows(2).find(|pair| pair[0].0 == pair[1].0) {
            return Err(at(format!("c = {} mol/m³ stands twice at T = {} K", twice[0].0, isotherm.temperature)));
        }
    }
    Ok(isotherms)
}

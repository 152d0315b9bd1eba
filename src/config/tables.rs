//! Transport properties from a CSV file.

use std::path::Path;

use crate::model::electrolyte::{Isotherm, Transport};

/// Columns of a table, in any order: concentration \[mol/m³\], temperature \[K\], κ \[S/m\], D \[m²/s\], t₊, 1 + dlnf/dlnc.
const COLUMNS: [&str; 6] = ["c", "T", "kappa", "diffusivity", "transference", "thermodynamic_factor"];

/// Rows of the file at `path`, grouped by temperature. The header names the columns, with or without units in brackets;
/// lines that begin with `#` are comments.
///
/// # Errors
/// A sentence that names the file and the line.
pub fn isotherms(path: &Path) -> Result<Vec<Isotherm>, String> {
    let at = |problem: String| format!("{}: {problem}", path.display());
    let mut reader = csv::ReaderBuilder::new()
        .comment(Some(b'#'))
        .trim(csv::Trim::All)
        .from_path(path)
        .map_err(|e| at(e.to_string()))?;
    let header = reader.headers().map_err(|e| at(e.to_string()))?.clone();
    let bare = |name: &str| name.split(['[', ' ']).next().unwrap_or_default().to_string();
    let mut places = [0; 6];
    for (place, column) in places.iter_mut().zip(COLUMNS) {
        *place = header
            .iter()
            .position(|name| bare(name) == column)
            .ok_or_else(|| at(format!("has no column {column}; needed are {}", COLUMNS.join(", "))))?;
    }
    let mut isotherms: Vec<Isotherm> = Vec::new();
    for record in reader.records() {
        let record = record.map_err(|e| at(e.to_string()))?;
        let line = record.position().map_or(0, csv::Position::line);
        let mut row = [0.0; 6];
        for (value, (&place, column)) in row.iter_mut().zip(places.iter().zip(COLUMNS)) {
            let text = record.get(place).unwrap_or_default();
            *value = match text.parse::<f64>() {
                Ok(v) if v.is_finite() => v,
                _ => return Err(at(format!("line {line}: {column} = {text:?} is not a number"))),
            };
        }
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

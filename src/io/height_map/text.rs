//! Heights in texts: ESRI ASCII grids, Gwyddion's export of a channel, points x y z. All are metres unless they say otherwise.

use super::{FORMATS, MOST_PIXELS, Map, pixels};
use crate::config::quantity;

/// The map in a text.
///
/// # Errors
/// A sentence, with the line where there is one.
pub fn read(bytes: &[u8], is_share: bool) -> Result<Map, String> {
    let text = std::str::from_utf8(bytes).map_err(|_| format!("is no map; {FORMATS}"))?;
    let text = text.strip_prefix('\u{feff}').unwrap_or(text).trim_start();
    if text.get(..5).is_some_and(|word| word.eq_ignore_ascii_case("ncols")) {
        return esri(text);
    }
    if text.starts_with('#') && comment(text, "Width").is_some() && comment(text, "Height").is_some() {
        return gwyddion(text, is_share);
    }
    points(text)
}

/// Numbers of a line between blanks, commas, semicolons or tabs; none if there is something else.
fn numbers(line: &str) -> Option<Vec<f64>> {
    let fields = line.split(|c: char| c.is_whitespace() || c == ',' || c == ';').filter(|field| !field.is_empty());
    fields.map(|field| field.parse().ok().filter(|v: &f64| v.is_finite())).collect()
}

/// An ESRI ASCII grid: a header of names and values, then rows from the far end of y.
fn esri(text: &str) -> Result<Map, String> {
    let mut lines = text.lines().zip(1..).peekable();
    let mut header: Vec<(String, f64)> = Vec::new();
    while let Some((line, number)) =
        lines.next_if(|(line, _)| line.trim_start().starts_with(|c: char| c.is_ascii_alphabetic()))
    {
        let mut words = line.split_whitespace();
        match (words.next(), words.next().and_then(|value| value.parse().ok()), words.next()) {
            (Some(name), Some(value), None) => header.push((name.to_lowercase(), value)),
            _ => return Err(format!("line {number}: {line:?} is no line of the header of an ESRI ASCII grid")),
        }
    }
    let value = |name: &str| header.iter().find(|(known, _)| known == name).map(|(_, value)| *value);
    let whole = |name: &str| match value(name) {
        Some(n) if n.fract() == 0.0 && (1.0..=MOST_PIXELS as f64).contains(&n) => Ok(n as usize),
        _ => Err(format!("is an ESRI ASCII grid without a whole number {name}")),
    };
    let (columns, rows) = (whole("ncols")?, whole("nrows")?);
    let side = |name: &str| value(name).or(value("cellsize")).filter(|side| side.is_finite() && *side > 0.0);
    let (Some(dx), Some(dy)) = (side("dx"), side("dy")) else {
        return Err("is an ESRI ASCII grid without a positive cellsize".into());
    };
    let size = [columns as f64 * dx, rows as f64 * dy];
    let values = matrix(lines, columns, rows, text.len(), value("nodata_value"))?;
    Ok(Map { columns, rows, values, size: Some(size) })
}

/// `rows` × `columns` numbers from the far end of y, however they are broken into lines.
fn matrix<'a>(
    lines: impl Iterator<Item = (&'a str, usize)>,
    columns: usize,
    rows: usize,
    bytes: usize,
    missing: Option<f64>,
) -> Result<Vec<f64>, String> {
    let n = pixels(columns, rows, bytes)?;
    let mut values = Vec::new();
    for (line, number) in lines {
        let row = numbers(line).ok_or_else(|| format!("line {number}: {:?} are not numbers", shortened(line)))?;
        if row.iter().any(|&value| Some(value) == missing) {
            return Err(format!(
                "line {number}: a height is missing ({}); fill the gaps first",
                missing.unwrap_or_default()
            ));
        }
        values.extend(row);
        if values.len() > n {
            break;
        }
    }
    if values.len() != n {
        let more = if values.len() > n { "more than" } else { "only" };
        return Err(format!("holds {more} {} heights where {columns} × {rows} are announced", values.len().min(n)));
    }
    Ok(values.chunks_exact(columns).rev().flatten().copied().collect())
}

fn shortened(line: &str) -> String {
    line.chars().take(40).collect()
}

/// Value of `# name: value` in the comments at the beginning.
fn comment<'a>(text: &'a str, name: &str) -> Option<&'a str> {
    let comments = text.lines().map_while(|line| line.strip_prefix('#'));
    comments
        .filter_map(|line| line.split_once(':'))
        .find(|(known, _)| known.trim() == name)
        .map(|(_, value)| value.trim())
}

/// A channel as Gwyddion writes it: comments with the size and the unit, then rows from the far end of y.
fn gwyddion(text: &str, is_share: bool) -> Result<Map, String> {
    let length = |name: &str| {
        let value = comment(text, name).unwrap_or_default();
        quantity::parse(value, "m")
            .ok()
            .filter(|side| *side > 0.0)
            .ok_or_else(|| format!("its {name}, {value:?}, is no length"))
    };
    let size = [length("Width")?, length("Height")?];
    let unit = comment(text, "Value units").unwrap_or("m");
    let scale = match is_share {
        true => 1.0, // whatever unit the program that made it has put there
        false => {
            quantity::parse(&format!("1 {unit}"), "m").map_err(|_| format!("its heights are in {unit:?}, no length"))?
        }
    };
    let filled = || text.lines().zip(1..).filter(|(line, _)| !line.starts_with('#') && !line.trim().is_empty());
    let columns = filled().next().and_then(|(line, _)| numbers(line)).map_or(0, |row| row.len());
    let rows = filled().count();
    if let Some((_, number)) = filled().find(|(line, _)| numbers(line).is_none_or(|row| row.len() != columns)) {
        return Err(format!("line {number}: is no row of {columns} numbers"));
    }
    let values = matrix(filled(), columns, rows, text.len(), None)?;
    Ok(Map { columns, rows, values: values.into_iter().map(|value| value * scale).collect(), size: Some(size) })
}

/// Points x y z of a regular grid in any order, after comments and a line of names.
fn points(text: &str) -> Result<Map, String> {
    let mut points: Vec<[f64; 3]> = Vec::new();
    for (line, number) in text.lines().zip(1..).filter(|(line, _)| !line.starts_with('#') && !line.trim().is_empty()) {
        match numbers(line).as_deref() {
            Some(&[x, y, z]) => points.push([x, y, z]),
            // a line of names
            None if points.is_empty() && number == 1 => {}
            _ if points.is_empty() => return Err(format!("is no map; {FORMATS}")),
            _ => return Err(format!("line {number}: {:?} is no point x y z", shortened(line))),
        }
    }
    if points.is_empty() {
        return Err(format!("is no map; {FORMATS}"));
    }
    pixels(points.len(), 1, text.len())?;
    let [(first_x, dx, columns), (first_y, dy, rows)] = [axis(&points, 0)?, axis(&points, 1)?];
    if columns.checked_mul(rows) != Some(points.len()) {
        return Err(format!("holds {} points, which are no grid of {columns} × {rows}", points.len()));
    }
    let mut values = vec![f64::NAN; points.len()];
    for [x, y, z] in points {
        let [i, j] = [(x - first_x) / dx, (y - first_y) / dy].map(|place| place.round() as usize);
        let value = &mut values[j.min(rows - 1) * columns + i.min(columns - 1)];
        if !value.is_nan() {
            return Err(format!("the point ({x}, {y}) stands twice"));
        }
        *value = z;
    }
    Ok(Map { columns, rows, values, size: Some([columns as f64 * dx, rows as f64 * dy]) })
}

/// First place, distance and number of the places of points along an axis, which must be evenly spaced.
fn axis(points: &[[f64; 3]], k: usize) -> Result<(f64, f64, usize), String> {
    let mut places: Vec<f64> = points.iter().map(|point| point[k]).collect();
    places.sort_by(f64::total_cmp);
    let (first, span) = (places[0], places[places.len() - 1] - places[0]);
    // what lies closer than a millionth of the whole is one place, written with few digits
    let mut distinct = 1;
    let mut last = first;
    for &place in &places {
        if place - last > 1e-6 * span {
            distinct += 1;
            last = place;
        }
    }
    let name = ["x", "y"][k];
    if distinct < 2 || !span.is_finite() {
        return Err(format!("holds points with a single {name}, which are no map"));
    }
    let distance = span / (distinct - 1) as f64;
    let uneven = |place: &&f64| {
        let steps = (**place - first) / distance;
        (steps - steps.round()).abs() > 0.05
    };
    match places.iter().find(uneven) {
        Some(place) => {
            Err(format!("the points are not evenly spaced along {name}: {place} lies between {distance:e} m steps"))
        }
        None => Ok((first, distance, distinct)),
    }
}

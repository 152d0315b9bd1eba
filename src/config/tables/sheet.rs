//! A CSV file as numbers in the units of the program, whichever way a spreadsheet wrote it.

use std::path::Path;

use super::Column;
use crate::config::quantity;
use crate::input;

/// Rows of a table, and what a person should hear about them.
pub struct Sheet<const N: usize> {
    /// line and values of each row, in the units of the columns that were asked for
    pub rows: Vec<(u64, [f64; N])>,
    /// sentences that are no errors, the file first
    pub remarks: Vec<String>,
}

/// Where a column stands in a file, and how its numbers become those of the program: value · factor + offset.
struct Place {
    index: usize,
    /// the unit as the header writes it
    unit: Option<String>,
    factor: f64,
    offset: f64,
}

/// A record of the file: its line and its fields.
type Record = (u64, Vec<String>);

impl<const N: usize> Sheet<N> {
    /// Reads the file at `path`: fields between commas, semicolons or tabs; a header that names `columns` in any order, with units in
    /// brackets, after a slash or after a space; lines that begin with `#` are comments. A file that `may_be_bare` and has as many
    /// columns as asked for needs no header.
    ///
    /// # Errors
    /// A sentence that names the file and, where it is about a value, the line and the column.
    pub fn read(path: &Path, columns: &[Column; N], may_be_bare: bool) -> Result<Self, String> {
        let at = |problem: String| format!("{}: {problem}", path.display());
        let (text, delimiter, mut records) = opened(path, N == 1).map_err(at)?;
        let Some((line, first)) = records.first().cloned() else { return Err(at("has no rows".into())) };
        let mut remarks = Vec::new();
        let header = if !first.iter().any(|field| is_number(field)) {
            records.remove(0);
            Some((line, first))
        } else {
            // some programs write the header as the last comment
            commented_header(&text, line, delimiter)
                .filter(|(_, names)| names.len() == first.len() && names_all(names, columns))
        };
        let places = match &header {
            Some((line, names)) => places(names, columns, *line).map_err(at)?,
            None if may_be_bare && records[0].1.len() == N => std::array::from_fn(bare),
            None => {
                let names: Vec<&str> = columns.iter().map(|column| column.name).collect();
                return Err(at(format!("line {line}: there is no header; it must name {}", names.join(", "))));
            }
        };
        let header = header.map(|(_, names)| names);
        let width = header.as_ref().map_or(N, Vec::len);
        let comma = decimal_comma(&records, &places, delimiter).map_err(at)?;
        let mut rows = Vec::with_capacity(records.len());
        for (line, fields) in &records {
            if fields.len() != width && fields.iter().skip(width).any(|field| !field.is_empty()) || fields.len() < width
            {
                let hint = if delimiter == b',' { "; a comma parts columns here, write decimal points" } else { "" };
                return Err(at(format!(
                    "line {line}: has {} fields where there are {width} columns{hint}",
                    fields.len()
                )));
            }
            let mut row = [0.0; N];
            for (value, (place, column)) in row.iter_mut().zip(places.iter().zip(columns)) {
                let field = &fields[place.index];
                *value = number(field, comma)
                    .and_then(|number| place.value(number, field, column))
                    .map_err(|problem| at(format!("line {line}, column {}: {problem}", column.name)))?;
            }
            rows.push((*line, row));
        }
        if rows.is_empty() {
            return Err(at("has a header but no rows".into()));
        }
        remarks.extend(about_units(header.as_deref(), &places, columns).map(at));
        for (k, (place, column)) in places.iter().zip(columns).enumerate() {
            let largest = rows.iter().map(|(_, row)| row[k]).fold(f64::MIN, f64::max);
            if place.unit.is_none() && !column.usual.contains(&largest) {
                return Err(at(format!(
                    "column {name}: goes up to {largest} without a unit, which would be {unit}; is it {often}? \
                     Name it in the header: {name} [{often}], or {name} [{unit}] if it is",
                    name = column.name,
                    unit = column.unit,
                    often = column.often
                )));
            }
        }
        Ok(Self { rows, remarks })
    }
}

/// Text of the file at `path`, what parts its columns, and its records; one of a `lone` column parts nothing.
fn opened(path: &Path, lone: bool) -> Result<(String, u8, Vec<Record>), String> {
    let bytes = input::bytes(path, input::LARGEST_TEXT).map_err(|e| e.to_string())?;
    let text = decode(&bytes)?;
    let delimiter = delimiter(&text, lone)?;
    let records = records(&text, delimiter)?;
    Ok((text, delimiter, records))
}

/// Whether the header of the file at `path` names each of `columns`, whatever their units. Of a file without a header it does not.
///
/// # Errors
/// If the file is no table; the sentence names it.
pub fn has<const N: usize>(path: &Path, columns: [&Column; N]) -> Result<bool, String> {
    let (text, delimiter, records) = opened(path, false).map_err(|problem| format!("{}: {problem}", path.display()))?;
    let Some((line, first)) = records.first() else { return Ok(false) };
    let header = match first.iter().any(|field| is_number(field)) {
        false => Some(first.clone()),
        true => {
            commented_header(&text, *line, delimiter).map(|(_, names)| names).filter(|names| names.len() == first.len())
        }
    };
    Ok(header.is_some_and(|header| names_all(&header, columns)))
}

/// Text of a file in UTF-8, with or without a byte-order mark, or as spreadsheets in the West write it otherwise.
fn decode(bytes: &[u8]) -> Result<String, String> {
    if bytes.starts_with(&[0xff, 0xfe]) || bytes.starts_with(&[0xfe, 0xff]) {
        return Err("is a text in UTF-16; save it as CSV in UTF-8".into());
    }
    if bytes.contains(&0) {
        return Err("is no text; a table is a CSV file".into());
    }
    let bytes = bytes.strip_prefix(&[0xef, 0xbb, 0xbf]).unwrap_or(bytes);
    // Latin-1, whose bytes are the first 256 characters: ° ² ³ µ in a header
    let text =
        std::str::from_utf8(bytes).map_or_else(|_| bytes.iter().map(|&byte| byte as char).collect(), String::from);
    Ok(text.replace("\r\n", "\n").replace('\r', "\n"))
}

/// What parts the columns, as the first line that is no comment shows it; a table of one column, `lone`, may lack it.
fn delimiter(text: &str, lone: bool) -> Result<u8, String> {
    let first = text.lines().find(|line| !line.trim().is_empty() && !line.trim_start().starts_with('#'));
    let first = first.ok_or("has no rows")?;
    [b'\t', b';', b',']
        .into_iter()
        .find(|&delimiter| first.contains(delimiter as char))
        .or(lone.then_some(b','))
        .ok_or_else(|| format!("columns are parted by commas, semicolons or tabs, but {first:?} has none"))
}

fn records(text: &str, delimiter: u8) -> Result<Vec<Record>, String> {
    let mut builder = csv::ReaderBuilder::new();
    builder.trim(csv::Trim::All).delimiter(delimiter).has_headers(false).flexible(true).buffer_capacity(256);
    let mut records = Vec::new();
    // line by line: the reader alone loses count at comments and empty lines
    for (line, number) in text.lines().zip(1..).filter(|(line, _)| !line.trim_start().starts_with('#')) {
        if let Some(record) = builder.from_reader(line.as_bytes()).records().next() {
            let fields: Vec<String> =
                record.map_err(|e| format!("line {number}: {e}"))?.iter().map(String::from).collect();
            // a spreadsheet pads its end with empty fields
            if fields.iter().any(|field| !field.is_empty()) {
                records.push((number, fields));
            }
        }
    }
    Ok(records)
}

/// The last comment before `line`: its line and its fields.
fn commented_header(text: &str, line: u64, delimiter: u8) -> Option<(u64, Vec<String>)> {
    let comments =
        text.lines().zip(1..line).filter_map(|(text, number)| Some((number, text.trim_start().strip_prefix('#')?)));
    let (number, comment) = comments.last()?;
    Some((number, comment.split(delimiter as char).map(|field| field.trim().to_string()).collect()))
}

fn names_all<'c>(header: &[String], columns: impl IntoIterator<Item = &'c Column>) -> bool {
    columns.into_iter().all(|column| header.iter().any(|field| is_name(heading(field).0, column)))
}

fn is_name(name: &str, column: &Column) -> bool {
    name.eq_ignore_ascii_case(column.name)
}

/// Name and unit of a heading: `T [K]`, `T (K)`, `T / K`, `T/K` or `T K`.
fn heading(field: &str) -> (&str, Option<&str>) {
    let field = field.trim();
    let Some(end) = field.find(|c: char| c.is_whitespace() || "[(/".contains(c)) else { return (field, None) };
    let unit = field[end..].trim_start();
    let unit = match unit.chars().next() {
        Some('[') => unit[1..].trim_end().trim_end_matches(']'),
        Some('(') => unit[1..].trim_end().strip_suffix(')').unwrap_or(&unit[1..]),
        Some('/') => unit[1..].trim(),
        _ => unit,
    };
    (&field[..end], Some(unit.trim()))
}

fn places<const N: usize>(header: &[String], columns: &[Column; N], line: u64) -> Result<[Place; N], String> {
    let mut places = Vec::with_capacity(N);
    for column in columns {
        let found: Vec<usize> = (0..header.len()).filter(|&i| is_name(heading(&header[i]).0, column)).collect();
        let index = match found[..] {
            [index] => index,
            [] => return Err(missing(header, column, columns)),
            _ => return Err(format!("line {line}: column {} stands twice", column.name)),
        };
        let unit = heading(&header[index]).1.map(String::from);
        let (factor, offset) = match &unit {
            Some(unit) => {
                conversion(unit, column).map_err(|problem| format!("line {line}, column {}: {problem}", column.name))?
            }
            None => (1.0, 0.0),
        };
        places.push(Place { index, unit, factor, offset });
    }
    places.try_into().map_err(|_| "columns are missing".into())
}

fn missing<const N: usize>(header: &[String], column: &Column, columns: &[Column; N]) -> String {
    let taken = |name: &str| columns.iter().any(|column| is_name(name, column));
    let names = header.iter().map(|field| heading(field).0).filter(|name| !taken(name));
    let nearest = names
        .map(|name| (strsim::jaro_winkler(&name.to_lowercase(), &column.name.to_lowercase()), name))
        .max_by(|a, b| a.0.total_cmp(&b.0))
        .filter(|(likeness, _)| *likeness > 0.7);
    let meant = nearest.map_or(String::new(), |(_, name)| format!(" (is it {name:?}?)"));
    let needed: Vec<&str> = columns.iter().map(|column| column.name).collect();
    format!("has no column {}{meant}; needed are {}", column.name, needed.join(", "))
}

/// A column of a file without a header.
fn bare(index: usize) -> Place {
    Place { index, unit: None, factor: 1.0, offset: 0.0 }
}

/// Factor and offset that bring a number in `unit` to the unit of `column`.
fn conversion(unit: &str, column: &Column) -> Result<(f64, f64), String> {
    let bare = unit.trim().to_lowercase();
    let pure = ["", "-", "–", "—", "−", "1"].contains(&bare.as_str());
    match (column.unit, bare.as_str()) {
        ("1", _) if pure => Ok((1.0, 0.0)),
        ("1", "%") => Ok((0.01, 0.0)),
        ("K", "k" | "kelvin") => Ok((1.0, 0.0)),
        ("K", "c" | "°c" | "ºc" | "℃" | "degc" | "deg c" | "celsius") => Ok((1.0, 273.15)),
        ("K", "f" | "°f" | "ºf" | "℉" | "degf" | "deg f" | "fahrenheit") => Ok((5.0 / 9.0, 459.67 * 5.0 / 9.0)),
        (target, _) => {
            let misfit =
                || format!("the unit {unit:?} does not fit; it must be one of {target}, such as {}", column.often);
            if pure {
                return Err(misfit());
            }
            let (number, unit) = match unit.split_once(char::is_whitespace) {
                Some((number, rest)) if number.parse::<f64>().is_ok() => (number, rest.trim()),
                _ => ("1", unit),
            };
            let factor = quantity::parse(&format!("{number} {}", powers(unit)), target).map_err(|_| misfit())?;
            if factor > 0.0 { Ok((factor, 0.0)) } else { Err(misfit()) }
        }
    }
}

/// `unit` with its powers spelled out: `cm2 s-1` → `cm^2 s^-1`.
fn powers(unit: &str) -> String {
    let mut spelled = String::new();
    let characters: Vec<char> = unit.chars().collect();
    for (i, &c) in characters.iter().enumerate() {
        let after_letter = i > 0 && characters[i - 1].is_alphabetic();
        let before_digit = characters.get(i + 1).is_some_and(char::is_ascii_digit);
        if after_letter && (c.is_ascii_digit() || (matches!(c, '-' | '−' | '–' | '+') && before_digit)) {
            spelled.push('^');
        }
        spelled.push(if matches!(c, '−' | '–') && after_letter { '-' } else { c });
    }
    spelled
}

fn is_number(field: &str) -> bool {
    field.replace(',', ".").parse::<f64>().is_ok_and(f64::is_finite)
}

/// Whether the numbers have decimal commas.
fn decimal_comma<const N: usize>(records: &[Record], places: &[Place; N], delimiter: u8) -> Result<bool, String> {
    let with = |mark: char| {
        records.iter().find(|(_, fields)| {
            places.iter().any(|place| fields.get(place.index).is_some_and(|f| is_number(f) && f.contains(mark)))
        })
    };
    match (with(','), with('.')) {
        (Some((line, _)), _) if delimiter == b',' => Err(format!("line {line}: write a decimal point, not a comma")),
        (Some((comma, _)), Some((point, _))) => {
            Err(format!("lines {comma} and {point}: decimal commas and decimal points in one table; write points"))
        }
        (comma, _) => Ok(comma.is_some()),
    }
}

fn number(field: &str, comma: bool) -> Result<f64, String> {
    let spelled = if comma { field.replacen(',', ".", 1) } else { field.to_string() };
    match spelled.parse::<f64>() {
        Ok(number) if number.is_finite() => Ok(number),
        _ if field.is_empty() => Err("is empty".into()),
        _ if !field.contains(|c: char| c.is_ascii_digit()) => {
            Err(format!("{field:?} is not a number; units stand in the header, as in kappa [S/m]"))
        }
        _ => Err(format!("{field:?} is not a number")),
    }
}

impl Place {
    /// `number` in the unit of `column`, if a measurement can have that value; `field` is how the file writes it.
    fn value(&self, number: f64, field: &str, column: &Column) -> Result<f64, String> {
        let value = number * self.factor + self.offset;
        if column.possible.contains(&value) {
            return Ok(value);
        }
        let unit = if column.unit == "1" { String::new() } else { format!(" {}", column.unit) };
        let (low, high) = (column.possible.start(), column.possible.end());
        let given = self.unit.as_deref().map_or(String::new(), |unit| format!(" [{unit}]"));
        let hint = match &self.unit {
            None if column.often != column.unit => {
                format!(
                    "; the header names no unit: if it is in {often}, write {} [{often}]",
                    column.name,
                    often = column.often
                )
            }
            _ => String::new(),
        };
        Err(format!("{field}{given} is no value that can be measured, from {low} to {high}{unit}{hint}"))
    }
}

/// What was taken for granted about units, and what was not read.
fn about_units<const N: usize>(
    header: Option<&[String]>,
    places: &[Place; N],
    columns: &[Column; N],
) -> impl Iterator<Item = String> {
    let assumed: Vec<String> = places
        .iter()
        .zip(columns)
        .filter(|(place, column)| place.unit.is_none() && column.unit != "1")
        .map(|(_, column)| format!("{} in {}", column.name, column.unit))
        .collect();
    let names: Vec<&str> = columns.iter().map(|column| column.name).collect();
    let taken = (!assumed.is_empty()).then(|| match header {
        Some(_) => format!("its header names no unit; taken: {}", assumed.join(", ")),
        None => format!("there is no header; its columns are taken as {}, {}", names.join(" and "), assumed.join(", ")),
    });
    let known = |field: &str| field.is_empty() || columns.iter().any(|column| is_name(heading(field).0, column));
    let left: Vec<&str> = header.into_iter().flatten().map(String::as_str).filter(|field| !known(field)).collect();
    let unread = (!left.is_empty()).then(|| format!("columns that are not read: {}", left.join(", ")));
    taken.into_iter().chain(unread)
}

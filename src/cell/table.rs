//! Tables of figures, for people and for programs.

use std::fmt::Write;

use serde_json::{Map, Value, json};

use super::formulas::Formula;
use crate::config::quantity::digits;

/// A figure in each column.
#[derive(Clone, Debug, PartialEq)]
pub struct Row {
    /// its name for programs
    pub key: String,
    /// its name for people
    pub name: String,
    /// unit of its figures; empty for pure numbers
    pub unit: &'static str,
    /// its figures; none where there is none, infinite where nothing limits it
    pub values: Vec<Option<f64>>,
    /// where they come from
    pub formula: &'static Formula,
}

/// Rows under a title.
#[derive(Clone, Debug, PartialEq)]
pub struct Table {
    /// its name for programs
    pub key: &'static str,
    /// its title
    pub title: String,
    /// names of its columns for programs and for people
    pub columns: Vec<(String, String)>,
    /// its rows
    pub rows: Vec<Row>,
}

impl Table {
    /// A table without rows.
    pub fn new(key: &'static str, title: impl Into<String>, columns: Vec<(String, String)>) -> Self {
        Self { key, title: title.into(), columns, rows: Vec::new() }
    }

    /// Appends a row of figures.
    pub fn row(
        &mut self,
        key: impl Into<String>,
        name: impl Into<String>,
        unit: &'static str,
        formula: &'static Formula,
        values: impl IntoIterator<Item = Option<f64>>,
    ) {
        let values = values.into_iter().map(|value| value.filter(|value| !value.is_nan())).collect();
        self.rows.push(Row { key: key.into(), name: name.into(), unit, values, formula });
    }

    /// The figure of a row and a column, by their names for programs.
    pub fn value(&self, row: &str, column: &str) -> Option<f64> {
        let place = self.columns.iter().position(|(key, _)| key == column)?;
        self.rows.iter().find(|found| found.key == row)?.values[place]
    }

    /// Lines for people.
    fn text(&self, out: &mut String) {
        let head = ["".to_string(), "".into()].into_iter().chain(self.columns.iter().map(|(_, name)| name.clone()));
        let head: Vec<String> = head.chain(["formula".into()]).collect();
        let cells = |row: &Row| -> Vec<String> {
            let values = row.values.iter().map(|value| match value {
                Some(value) if value.is_infinite() => "∞".into(),
                Some(value) => shown(*value, row.unit),
                None => "–".into(),
            });
            [row.name.clone(), row.unit.into()].into_iter().chain(values).chain([row.formula.anchor.into()]).collect()
        };
        let lines: Vec<Vec<String>> = std::iter::once(head).chain(self.rows.iter().map(cells)).collect();
        let widths: Vec<usize> = (0..lines[0].len())
            .map(|place| lines.iter().map(|line| line[place].chars().count()).max().unwrap_or(0))
            .collect();
        let _ = writeln!(out, "\n{}", self.title);
        for line in lines {
            let last = line.len() - 1;
            let cell = |(place, text): (usize, &String)| {
                let gap = " ".repeat(widths[place] - text.chars().count());
                match place {
                    0 | 1 => format!("{text}{gap}"),
                    _ if place == last => text.clone(),
                    _ => format!("{gap}{text}"),
                }
            };
            let line: Vec<String> = line.iter().enumerate().map(cell).collect();
            let _ = writeln!(out, "  {}", line.join("  ").trim_end());
        }
    }

    /// An object for programs.
    fn json(&self) -> Value {
        let row = |row: &Row| {
            let value = |(key, value): (&(String, String), &Option<f64>)| {
                let value = value.filter(|value| value.is_finite()).map_or(Value::Null, Value::from);
                (key.0.clone(), value)
            };
            let values: Map<String, Value> = self.columns.iter().zip(&row.values).map(value).collect();
            let what = json!({"name": row.name, "unit": row.unit, "formula": row.formula.anchor, "values": values});
            (row.key.clone(), what)
        };
        json!({"title": self.title, "rows": self.rows.iter().map(row).collect::<Map<_, _>>()})
    }
}

/// Four digits of a figure; a percentage has two decimals at most.
fn shown(value: f64, unit: &str) -> String {
    if unit == "%" { digits((value * 100.0).round() / 100.0).replacen('-', "−", 1) } else { digits_signed(value) }
}

/// Four digits with the sign that typographers use.
fn digits_signed(value: f64) -> String {
    digits(value).replacen('-', "−", 1)
}

/// Everything that is told of a cell.
#[derive(Clone, Debug, PartialEq)]
pub struct Answer {
    /// name of the cell
    pub name: String,
    /// tables, in their order
    pub tables: Vec<Table>,
    /// sentences that a reader of the tables should know
    pub notes: Vec<String>,
}

impl Answer {
    /// The table of a name for programs.
    pub fn table(&self, key: &str) -> Option<&Table> {
        self.tables.iter().find(|table| table.key == key)
    }

    /// Everything for people; with `explain` each formula that was used, once.
    pub fn text(&self, explain: bool) -> String {
        let mut out = format!("{}\n", self.name);
        self.tables.iter().for_each(|table| table.text(&mut out));
        if explain {
            let mut said: Vec<&Formula> = Vec::new();
            let _ = writeln!(out, "\nFormulas (docs/cells.md has units and sources)");
            for formula in self.tables.iter().flat_map(|table| &table.rows).map(|row| row.formula) {
                if !said.contains(&formula) {
                    let _ = writeln!(out, "  {:<14}{}", formula.anchor, formula.text);
                    said.push(formula);
                }
            }
        }
        if !self.notes.is_empty() {
            out.push('\n');
        }
        for note in &self.notes {
            let _ = writeln!(out, "note: {note}");
        }
        out
    }

    /// Everything for programs. What is not known or not limited is null.
    pub fn json(&self) -> Value {
        let tables: Map<String, Value> = self.tables.iter().map(|table| (table.key.into(), table.json())).collect();
        json!({"name": self.name, "tables": tables, "notes": self.notes})
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cell::formulas::{CELL, ENERGY};

    #[test]
    fn a_table_is_told_to_people_and_to_programs() {
        let columns = ["dense", "run"].map(|name| (name.to_string(), format!("{name} lithium")));
        let mut table = Table::new("energy", "Energy", columns.into());
        table.row("cell_wh_per_l", "cell", "Wh/L", &CELL, [Some(1234.56), Some(f64::INFINITY)]);
        table.row("gain", "gain", "%", &ENERGY, [Some(-0.126), Some(f64::NAN)]);
        assert_eq!(table.value("gain", "dense"), Some(-0.126));
        assert_eq!((table.value("gain", "run"), table.value("loss", "run")), (None, None));
        let answer = Answer { name: "x".into(), tables: vec![table], notes: vec!["that is all".into()] };
        let text = answer.text(true);
        for part in ["1235", "∞", "−0.13", "–", "energy        E = Q V", "note: that is all", "dense lithium"] {
            assert!(text.contains(part), "{part} in {text}");
        }
        let json = answer.json();
        let row = &json["tables"]["energy"]["rows"]["cell_wh_per_l"];
        assert_eq!((row["values"]["dense"].as_f64(), row["unit"].as_str()), (Some(1234.56), Some("Wh/L")));
        assert!(row["values"]["run"].is_null() && row["formula"] == "cell");
    }
}

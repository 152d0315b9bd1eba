//! The keys of a config for people and for editors: `liplate keys`, docs/config.md, the JSON schema, the config that `liplate init` writes.
//! All of it is made of the tables that the keys are read by.

mod schema;
mod template;

use std::fmt::Write;

use super::quantity;
use super::sections::{Described, described};
use crate::model::keys::{Key, OfKind, Range, Table, Takes, Without};

pub use schema::schema;
pub use template::{SHIPPED, template};

/// What comes before the tables of docs/config.md.
const PREFACE: &str = "\
# Keys of a config

`liplate keys` writes this page; `liplate keys kinetics` prints a section, `liplate keys i0` a key. `liplate init NAME` writes a config in which
every key stands with its meaning. An editor completes, explains and checks a config by its schema: `liplate schema > liplate.schema.json`, and
`#:schema ./liplate.schema.json` as the first line of the config. Tried with Taplo's linter 0.7 on every shipped config and with its language
server 0.8, which is that of Even Better TOML in VS Code: keys and kinds are completed, what a key means is shown at it.

A quantity stands in quotes with its unit, in any unit of its dimension: [quantities](quantities.md). Files are sought beside the config:
[tables and height maps](inputs.md). Any key can be set on the command line: `--set kinetics.i0=\"3 mA/cm^2\"`. A key that a config may not
have is an error. What `check` and `run` object to beyond the ranges given here they say with the reason.
";

/// The default of a key for people: a quantity in its SI unit or in the usual one, whichever is shorter.
fn shown(key: &Key) -> String {
    let Without::Value(text) = &key.without else { return String::new() };
    let quoted = text.strip_prefix('"').and_then(|text| text.strip_suffix('"'));
    match (&key.takes, quoted) {
        (Takes::Quantity { unit, .. }, Some(quoted)) if *unit != "1" => {
            let usual = quantity::parse(quoted, unit).map(|value| quantity::for_people(value, unit, None));
            let usual = usual.unwrap_or_else(|_| quoted.into());
            format!("\"{}\"", if quoted.len() < usual.len() { quoted } else { &usual })
        }
        _ => text.clone(),
    }
}

/// A range for people, in the unit that is usual for an SI `unit`; nothing if any number will do.
fn range_of(range: &Range, unit: &str) -> String {
    match range {
        Range::Any => String::new(),
        Range::Positive => ", positive".into(),
        Range::NotNegative => ", not negative".into(),
        Range::Within(range) => {
            let [least, most] = [range.start(), range.end()].map(|value| quantity::for_people(*value, unit, None));
            format!(", {least} to {most}")
        }
    }
}

/// What a key takes, for people.
fn takes(key: &Key) -> String {
    match &key.takes {
        Takes::Quantity { unit: "1", range } => format!("a number{}", range_of(range, "1")),
        Takes::Quantity { unit, range } => {
            let name = quantity::Dimension::name_of(unit);
            format!("{name}{}, as `\"{}\"`", range_of(range, unit), quantity::example(unit))
        }
        Takes::Quantities { unit, range, count } => {
            let positive = if *range == Range::Positive { "positive " } else { "" };
            let what = if *unit == "1" { "numbers" } else { "quantities" };
            format!("a list of {count} {positive}{what}, as `{}`", quantity::example_list(unit, *count))
        }
        Takes::Whole(range) if *range.end() >= u64::from(u32::MAX) => "a whole number".into(),
        Takes::Whole(range) => format!("a whole number, {} to {}", range.start(), range.end()),
        Takes::Wholes(range) => format!("a list of three whole numbers, {} to {}", range.start(), range.end()),
        Takes::Flag => "`true` or `false`".into(),
        Takes::Choice(names) => {
            let name = |(name, meaning): &(&str, &str)| format!("`\"{name}\"`: {meaning}");
            names.iter().map(name).collect::<Vec<_>>().join("; ")
        }
        Takes::Text => "a text".into(),
        Takes::Texts(names) if names.is_empty() => "a list of texts".into(),
        Takes::Texts(names) => {
            format!("a list of {}", names.iter().map(|name| format!("`\"{name}\"`")).collect::<Vec<_>>().join(", "))
        }
        Takes::Section { many: true, .. } => "a list of sections".into(),
        Takes::Section { .. } => "a section".into(),
    }
}

/// What happens without a key, for people.
fn without(key: &Key) -> String {
    match &key.without {
        Without::Wrong => "**required**".into(),
        Without::Value(_) => format!("`{}`", shown(key)),
        Without::Means(sentence) => (*sentence).into(),
    }
}

/// Rows of a table, with the keys of the sections that are in it; `of` comes before their meaning.
fn rows(text: &mut String, prefix: &str, of: &str, keys: &[Key]) {
    for key in keys {
        let cell = |text: String| text.replace('|', "\\|");
        let (what, meaning) = (cell(takes(key)), cell(format!("{of}{}", key.meaning)));
        // writing to a String cannot fail
        let _ = writeln!(text, "| `{prefix}{}` | {meaning} | {what} | {} |", key.name, cell(without(key)));
        if let Takes::Section { table, many } = &key.takes {
            let list = if *many { "[]" } else { "" };
            let inside = format!("{prefix}{}{list}.", key.name);
            rows(text, &inside, of, &table.keys);
            if let Some((sort, default)) = table.sort {
                let kinds = table.kinds.iter().map(|kind| format!("`\"{}\"`: {}", kind.name, kind.meaning));
                let without = default.map_or("**required**".into(), |default| format!("`\"{default}\"`"));
                let kinds = cell(kinds.collect::<Vec<_>>().join("; "));
                let _ = writeln!(
                    text,
                    "| `{inside}{sort}` | {of}its kind, which decides which of the keys below there are | {kinds} | {without} |"
                );
                for kind in &table.kinds {
                    rows(text, &inside, &format!("{of}with `{sort} = \"{}\"`: ", kind.name), &kind.keys);
                }
            }
        }
    }
}

fn table(text: &mut String, keys: &[Key]) {
    if !keys.is_empty() {
        text.push_str("\n| key | what it is | takes | without it |\n|---|---|---|---|\n");
        rows(text, "", "", keys);
    }
}

fn kind(text: &mut String, sort: &str, default: Option<&str>, kind: &OfKind) {
    let is_default = if default == Some(kind.name) { ", also without the key" } else { "" };
    let _ = write!(text, "\n`{sort} = \"{}\"`{is_default}: {}.\n", kind.name, kind.meaning);
    table(text, &kind.keys);
}

/// A section of docs/config.md.
fn section(section: &Described) -> String {
    let mut text = String::new();
    let required = if section.required { " A config must have it." } else { "" };
    match (section.name, section.many) {
        ("", _) => text.push_str("## Before the first section\n"),
        (name, true) => text.push_str(&format!("## `[[{name}]]`\n\n{}{required}\n", section.about)),
        (name, false) => text.push_str(&format!("## `[{name}]`\n\n{}{required}\n", section.about)),
    }
    table(&mut text, &section.table.keys);
    if let Some((sort, default)) = section.table.sort {
        let required = if default.is_none() { ", which is **required**" } else { "" };
        let _ = write!(text, "\nFurther keys go with `{sort}`{required}:\n");
        section.table.kinds.iter().for_each(|of_kind| kind(&mut text, sort, default, of_kind));
    }
    text
}

/// docs/config.md: every key with what it is, what it takes, and what happens without it.
pub fn page() -> String {
    let mut text = PREFACE.to_string();
    for described in described() {
        text.push('\n');
        text.push_str(&section(&described));
    }
    text
}

/// The keys that are meant by `name`: a section, a key, or a key with its section, as in `kinetics.i0`; Markdown.
///
/// # Errors
/// A sentence with the nearest name, if there is none of this one.
pub fn about(name: &str) -> Result<String, String> {
    let sections = described();
    if let Some(found) = sections.iter().find(|section| section.name == name && !name.is_empty()) {
        return Ok(section(found));
    }
    let mut found = String::new();
    let mut names: Vec<String> = sections.iter().map(|section| section.name.to_string()).collect();
    for section in &sections {
        for (full, of, key) in flat(section.name, "", &section.table) {
            if full == name || key.name == name {
                let _ = writeln!(found, "`{full}`{of}: {}", key.meaning);
                let _ = writeln!(found, "  takes {}; without it: {}", takes(&key), without(&key));
            }
            names.push(full);
            names.push(key.name.into());
        }
        if let Some((sort, _)) = section.table.sort {
            let full = format!("{}.{sort}", section.name);
            if name == full || name == sort {
                let kinds = section.table.kinds.iter().map(|kind| format!("  {:?}: {}\n", kind.name, kind.meaning));
                found.push_str(&format!("`{full}`: one of\n{}", kinds.collect::<String>()));
            }
            names.push(full);
        }
    }
    if !found.is_empty() {
        return Ok(found);
    }
    let meant = super::reader::nearest(name, names.iter().map(String::as_str));
    let meant = meant.map_or("`liplate keys` prints all".into(), |meant| format!("did you mean {meant:?}?"));
    Err(format!("{} is no section and no key of a config; {meant}", quantity::shown(name)))
}

/// Keys with their full names and the kind that has them, those of sections in a section too.
fn flat(section: &str, of: &str, table: &Table) -> Vec<(String, String, Key)> {
    let mut all = flat_keys(section, of, &table.keys);
    if let Some((sort, _)) = table.sort {
        for kind in &table.kinds {
            all.extend(flat_keys(section, &format!("{of} ({sort} = \"{}\")", kind.name), &kind.keys));
        }
    }
    all
}

/// Keys with their full names, those of sections in them first.
fn flat_keys(section: &str, of: &str, keys: &[Key]) -> Vec<(String, String, Key)> {
    let mut all = Vec::new();
    for key in keys {
        let full = if section.is_empty() { key.name.to_string() } else { format!("{section}.{}", key.name) };
        if let Takes::Section { table, many } = &key.takes {
            let inside = format!("{full}{}", if *many { "[]" } else { "" });
            all.extend(flat(&inside, of, table));
        }
        all.push((full, of.to_string(), key.clone()));
    }
    all
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_section_a_key_and_a_misspelled_one_are_answered() {
        assert!(about("kinetics").unwrap().contains("`heterogeneity.spread`"));
        let i0 = about("i0").unwrap();
        assert!(
            i0.contains("exchange current density") && i0.contains("\"1 mA/cm^2\"") && i0.contains("required"),
            "{i0}"
        );
        assert_eq!(about("kinetics.i0").unwrap(), i0);
        let axis = about("crystal.grains.axis").unwrap();
        assert!(
            axis.contains("(kind = \"fibre\")") && axis.contains("a list of 3 numbers, as `[0.5, 0.5, 0.5]`"),
            "{axis}"
        );
        assert!(page().contains("| `grains.kind` |") && page().contains("with `kind = \"listed\"`: "));
        assert!(about("radius").unwrap().contains("(kind = \"at_once\")"));
        assert!(about("nucleation.kind").unwrap().contains("poisson"));
        assert!(about("kinetiks").unwrap_err().contains("did you mean \"kinetics\"?"));
        assert!(about("\u{1f50b}").unwrap_err().contains("prints all"));
    }
}

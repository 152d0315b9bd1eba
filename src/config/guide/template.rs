//! A config in which every key stands with its meaning: what it gives is live, everything else is a comment with its default.

use std::fmt::Write;

use toml::{Table, Value};

use super::{shown, without};
use crate::config::quantity;
use crate::config::sections::described;
use crate::model::keys::{Key, Takes, Without};

/// Column at which a meaning begins, if the key leaves room for it.
const COLUMN: usize = 40;
/// Longest line.
const WIDTH: usize = 140;

macro_rules! shipped {
    ($($name:literal)*) => { [$(($name, include_str!(concat!("../../../configs/", $name, ".toml")))),*] };
}

/// The configs that are shipped with the program: name and text.
pub const SHIPPED: [(&str, &str); 19] = shipped! {
    "quickstart" "nuclei_on_copper" "one_nucleus" "planar" "flat_2d" "cycling" "dendrites" "dendrites_large" "sand" "crystals" "side_branches" "crystals_large" "grains" "patterned" "trends" "fast_formation"
    "nucleation_scaling" "formation" "calendar"
};

/// A config with the values of the shipped config `from` and the meaning of every key.
///
/// # Errors
/// A sentence, if no config of this name is shipped.
pub fn template(name: &str, from: &str) -> Result<String, String> {
    let Some((_, text)) = SHIPPED.iter().find(|(shipped, _)| *shipped == from) else {
        let names = SHIPPED.map(|(name, _)| name).join(", ");
        return Err(format!("no config {} is shipped; there are {names}", quantity::shown(from)));
    };
    let mut given: Table = text.parse().map_err(|e: toml::de::Error| format!("the config {from} is no TOML: {e}"))?;
    given.insert("name".into(), Value::String(name.into()));
    let mut out = String::new();
    let mut about: Vec<&str> = text.lines().take_while(|line| line.starts_with('#')).map(str::trim_end).collect();
    about.retain(|line| !line.contains("liplate run "));
    about.dedup();
    about.iter().for_each(|line| out.push_str(&format!("{line}\n")));
    out.push_str("#\n# What stands behind a # may be left out; the value there is the one that holds then. docs/config.md has all keys.\n");
    for section in described() {
        match (section.name, given.get(section.name)) {
            ("", _) => {
                out.push('\n');
                section.table.keys.iter().for_each(|key| line(&mut out, "", key, given.get(key.name)));
            }
            (name, Some(Value::Array(blocks))) => {
                for block in blocks.iter().filter_map(Value::as_table) {
                    let _ = write!(out, "\n# {}\n[[{name}]]\n", section.about);
                    lines(&mut out, "", name, &section.table, block);
                }
            }
            (name, found) => {
                let table = found.and_then(Value::as_table).cloned();
                let off = if table.is_some() { "" } else { "# " };
                let (open, close) = if section.many { ("[[", "]]") } else { ("[", "]") };
                let _ = write!(out, "\n# {}\n{off}{open}{name}{close}\n", section.about);
                lines(&mut out, off, name, &section.table, &table.unwrap_or_default());
            }
        }
    }
    Ok(out)
}

/// The keys of the section `path`; `off` is put before each if the section is left out. Sections in it come last, as TOML wants them.
fn lines(out: &mut String, off: &str, path: &str, table: &crate::model::keys::Table, given: &Table) {
    let mut sections: Vec<(&Key, Option<&Value>)> = Vec::new();
    let mut put = |out: &mut String, off: &str, key, given| match is_section(key, given) {
        true => sections.push((key, given)),
        false => line(out, off, key, given),
    };
    table.keys.iter().for_each(|key| put(out, off, key, given.get(key.name)));
    if let Some((sort, default)) = table.sort {
        let chosen = given.get(sort).and_then(Value::as_str).or(default);
        for kind in &table.kinds {
            let is_chosen = chosen == Some(kind.name);
            let off = if is_chosen && given.contains_key(sort) { off } else { "# " };
            commented(out, &format!("{off}{sort} = {:?}", kind.name), kind.meaning);
            for key in &kind.keys {
                put(out, off, key, given.get(key.name).filter(|_| is_chosen));
            }
        }
    }
    for (key, given) in sections {
        let off = if given.is_some() { off } else { "# " };
        let inner = format!("{path}.{}", key.name);
        let _ = writeln!(out);
        commented(out, &format!("{off}[{inner}]"), key.meaning);
        let is_deep = path.contains('.');
        if let (Takes::Section { table, .. }, false) = (&key.takes, is_deep && given.is_none()) {
            lines(out, off, &inner, table, given.and_then(Value::as_table).unwrap_or(&Table::new()));
        }
    }
}

/// Whether a key is written as a section of its own: not as a list of them, and not where a word stands for it.
fn is_section(key: &Key, given: Option<&Value>) -> bool {
    matches!(key.takes, Takes::Section { many: false, .. }) && given.is_none_or(Value::is_table)
}

/// One key that is no section of its own: live if it is given.
fn line(out: &mut String, off: &str, key: &Key, given: Option<&Value>) {
    if let (Takes::Section { table, many }, given) = (&key.takes, given) {
        let list = given.and_then(Value::as_array).is_some_and(|list| !list.is_empty());
        match given.filter(|_| list || !many) {
            Some(value) => commented(out, &format!("{off}{} = {value}", key.name), key.meaning),
            None => {
                // of several kinds the first
                let kind = table.sort.map(|(sort, _)| sort).zip(table.kinds.first());
                let sort = kind.map(|(sort, kind)| format!("{sort} = {:?}", kind.name));
                let all = table.keys.iter().chain(kind.into_iter().flat_map(|(_, kind)| &kind.keys));
                let keys: Vec<String> =
                    sort.into_iter().chain(all.map(|key| format!("{} = {}", key.name, value(key)))).collect();
                commented(out, &format!("# {} = [{{ {} }}]", key.name, keys.join(", ")), key.meaning);
            }
        }
        return;
    }
    match given {
        Some(value) => commented(out, &format!("{off}{} = {value}", key.name), key.meaning),
        None => {
            let meaning = match key.without {
                Without::Means(_) => format!("{}; without it: {}", key.meaning, without(key)),
                _ => key.meaning.into(),
            };
            commented(out, &format!("# {} = {}", key.name, value(key)), &meaning);
        }
    }
}

/// The default of a key, or a value as people give it.
fn value(key: &Key) -> String {
    match (&key.without, &key.takes) {
        (Without::Value(_), _) => shown(key),
        (_, Takes::Quantity { unit: "1", .. }) => "…".into(),
        (_, Takes::Quantity { unit, .. }) => format!("{:?}", quantity::example(unit)),
        (_, Takes::Quantities { unit, count, .. }) => quantity::example_list(unit, *count),
        (_, Takes::Whole(range)) => range.end().to_string(),
        (_, Takes::Wholes(_)) => "[64, 64, 64]".into(),
        (_, Takes::Flag) => "true".into(),
        (_, Takes::Choice(names)) => format!("{:?}", names.first().map_or("", |(name, _)| name)),
        (_, Takes::Texts(_)) => "[\"…\"]".into(),
        (_, Takes::Text | Takes::Section { .. }) => "\"…\"".into(),
    }
}

/// A line with its meaning behind it, or above it where there is no room.
fn commented(out: &mut String, line: &str, meaning: &str) {
    let width = line.chars().count().max(COLUMN - 1);
    if width + 3 + meaning.chars().count() <= WIDTH {
        let gap = " ".repeat(width - line.chars().count());
        let _ = writeln!(out, "{line}{gap} # {meaning}");
        return;
    }
    let mut row = String::from("#");
    for word in meaning.split(' ') {
        if row.chars().count() + 1 + word.chars().count() > WIDTH {
            let _ = writeln!(out, "{row}");
            row = "#".into();
        }
        row.push(' ');
        row.push_str(word);
    }
    let _ = write!(out, "{row}:\n{line}\n");
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What a config of the program is made into is the same run.
    #[test]
    fn every_shipped_config_survives_as_a_template() {
        for (name, text) in SHIPPED {
            let read =
                |text: &str| crate::config::from_text(text, "x.toml".as_ref(), &["name=x".into()]).unwrap().setup;
            let made = template("x", name).unwrap();
            assert_eq!(read(&made), read(text), "{name}:\n{made}");
        }
        let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("configs");
        let toml = std::fs::read_dir(folder)
            .unwrap()
            .filter(|entry| entry.as_ref().unwrap().path().extension().is_some_and(|ending| ending == "toml"));
        assert_eq!(toml.count(), SHIPPED.len(), "every config of the folder is in the list");
        assert!(template("x", "quickstop").unwrap_err().contains("quickstart"));
    }
}

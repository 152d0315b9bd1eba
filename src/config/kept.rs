//! The config of a run as it is kept with the run: what was given, with the overrides in it and the files that it names beside it.

use std::path::{Path, PathBuf};

use toml_edit::{DocumentMut, Item, Table, TableLike, Value};

use super::{ConfigError, UNSET, element};

/// Folder for the files that a kept config names, beside it.
pub const INPUTS: &str = "inputs";

/// A config to keep. Without overrides and files it is the text that was given, to the byte.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Kept {
    /// the text
    pub text: String,
    /// files that it names: where they are, and their names in [`INPUTS`]
    pub files: Vec<(PathBuf, String)>,
}

/// The config at `path` with `overrides`, each `key.path=value`, to be kept elsewhere: comments and order stay. A text that is the path of
/// a file, seen from the folder of the config, becomes the path of a copy; what stood there is told in a comment.
///
/// # Errors
/// If the file cannot be read, is not TOML, or an override is not `key=value`.
pub fn keep(path: &Path, overrides: &[String]) -> Result<Kept, ConfigError> {
    let (text, mut document) = document(path)?;
    for text in overrides {
        set(&mut document, text)?;
    }
    let mut files = Vec::new();
    let folder = path.parent().unwrap_or(Path::new("."));
    gather(document.as_table_mut(), folder, &mut files);
    let text = if overrides.is_empty() && files.is_empty() { text } else { document.to_string() };
    Ok(Kept { text, files })
}

/// The text of the TOML file at `path`, and what it says with its comments.
fn document(path: &Path) -> Result<(String, DocumentMut), ConfigError> {
    let text = std::fs::read_to_string(path).map_err(|reason| ConfigError::Unreadable { path: path.into(), reason })?;
    let document = text.parse().map_err(|reason: toml_edit::TomlError| ConfigError::Syntax {
        path: path.into(),
        reason: reason.to_string(),
    })?;
    Ok((text, document))
}

/// The text of the TOML file at `path` with other values for some keys of its own; a text in one of its `sections` that is the path of a
/// file, seen from `folder`, becomes the path of a copy, which joins `files`.
///
/// # Errors
/// If the file cannot be read or is not TOML.
pub fn with_copies(
    path: &Path,
    folder: &Path,
    sections: &[&str],
    values: &[(&str, &str)],
    files: &mut Vec<(PathBuf, String)>,
) -> Result<String, ConfigError> {
    let (_, mut document) = document(path)?;
    for section in sections {
        if let Some(table) = document.get_mut(section).and_then(Item::as_table_like_mut) {
            gather(table, folder, files);
        }
    }
    for (key, value) in values {
        set(&mut document, &format!("{key}={}", Value::from(*value)))?;
    }
    Ok(document.to_string())
}

/// Sets one key as `--set` does; a comment behind the old value stays.
fn set(document: &mut DocumentMut, text: &str) -> Result<(), ConfigError> {
    let bad = || ConfigError::Override { text: text.into(), reason: "expected key=value" };
    if let Some(key) = text.strip_prefix(UNSET) {
        let mut names: Vec<&str> = key.split('.').map(str::trim).collect();
        let last = names.pop().ok_or_else(bad)?;
        let mut place: &mut dyn TableLike = document.as_table_mut();
        for name in names {
            place = place.get_mut(name).and_then(Item::as_table_like_mut).ok_or_else(bad)?;
        }
        place.remove(last);
        return Ok(());
    }
    let (key, value) = text.split_once('=').ok_or_else(bad)?;
    let mut value = value.trim().parse::<Value>().unwrap_or_else(|_| Value::from(value.trim()));
    let names: Vec<&str> = key.trim().split('.').collect();
    let (last, sections) = names.split_last().filter(|(last, _)| !last.is_empty()).ok_or_else(bad)?;
    let mut place: &mut dyn TableLike = document.as_table_mut();
    for name in sections {
        let (name, indices) = element(name).ok_or_else(bad)?;
        let entry = place.entry(name).or_insert_with(|| Item::Table(Table::new()));
        place = within(entry, &indices).and_then(Place::table).ok_or_else(bad)?;
    }
    let (last, indices) = element(last).ok_or_else(bad)?;
    if !indices.is_empty() {
        let Some(Place::Value(old)) = place.get_mut(last).and_then(|item| within(item, &indices)) else {
            return Err(bad());
        };
        *value.decor_mut() = old.decor().clone();
        *old = value;
        return Ok(());
    }
    match place.get_mut(last) {
        Some(Item::Value(old)) => {
            *value.decor_mut() = old.decor().clone();
            *old = value;
        }
        _ => {
            // a whole table can be replaced too: what it held goes
            place.remove(last);
            place.insert(last, Item::Value(value));
        }
    }
    Ok(())
}

/// Something of a config that can be set.
enum Place<'a> {
    Item(&'a mut Item),
    Table(&'a mut Table),
    Value(&'a mut Value),
}

impl<'a> Place<'a> {
    fn table(self) -> Option<&'a mut dyn TableLike> {
        match self {
            Self::Item(item) => item.as_table_like_mut(),
            Self::Table(table) => Some(table),
            Self::Value(value) => value.as_inline_table_mut().map(|table| table as &mut dyn TableLike),
        }
    }
}

/// The element of a list of lists.
fn within<'a>(item: &'a mut Item, indices: &[usize]) -> Option<Place<'a>> {
    let Some((first, rest)) = indices.split_first() else { return Some(Place::Item(item)) };
    match item {
        Item::ArrayOfTables(list) if rest.is_empty() => list.get_mut(*first).map(Place::Table),
        Item::Value(value) => {
            let mut value = value;
            for index in indices {
                value = value.as_array_mut()?.get_mut(*index)?;
            }
            Some(Place::Value(value))
        }
        _ => None,
    }
}

/// Gives every text that names a file the path of its copy.
fn gather(table: &mut dyn TableLike, folder: &Path, files: &mut Vec<(PathBuf, String)>) {
    for (key, item) in table.iter_mut() {
        match item {
            Item::Value(value) if !["name", "label"].contains(&key.get()) => gather_value(value, folder, files),
            Item::Table(inner) => gather(inner, folder, files),
            Item::ArrayOfTables(list) => list.iter_mut().for_each(|inner| gather(inner, folder, files)),
            _ => {}
        }
    }
}

fn gather_value(value: &mut Value, folder: &Path, files: &mut Vec<(PathBuf, String)>) {
    match value {
        Value::String(text) => {
            let text = text.value().clone();
            // a step that follows a file names it among other words
            if let Some(file) = super::protocol::followed(&text) {
                let source = folder.join(file);
                if source.is_file() {
                    let copy = place_of(source, files);
                    let decor = value.decor().clone();
                    *value = Value::from(text.replacen(file, &format!("{INPUTS}/{copy}"), 1));
                    *value.decor_mut() = decor;
                }
                return;
            }
            let source = folder.join(&text);
            // a file has an extension: the words that choose a law or a solvent have none
            if source.extension().is_none() || !source.is_file() {
                return;
            }
            let copy = place_of(source, files);
            let mut renamed = Value::from(format!("{INPUTS}/{copy}"));
            let before = value.decor().prefix().and_then(|prefix| prefix.as_str()).unwrap_or(" ").to_string();
            let after =
                value.decor().suffix().and_then(|suffix| suffix.as_str()).unwrap_or_default().trim_end().to_string();
            // between the values of a list there is no room for a comment
            let told = if text.contains(['\n', '\r']) { String::new() } else { format!("  # a copy of {text}") };
            let after = if after.is_empty() { told } else { after };
            *renamed.decor_mut() = toml_edit::Decor::new(before, after);
            *value = renamed;
        }
        Value::InlineTable(inner) => gather_inline(inner, folder, files),
        Value::Array(list) => {
            for value in list.iter_mut() {
                let decor = value.decor().clone();
                gather_value(value, folder, files);
                *value.decor_mut() = decor;
            }
        }
        _ => {}
    }
}

/// Gives every text of an inline table that names a file the path of its copy, without a comment: one would swallow the rest of the line.
fn gather_inline(table: &mut toml_edit::InlineTable, folder: &Path, files: &mut Vec<(PathBuf, String)>) {
    for (_, value) in table.iter_mut() {
        let decor = value.decor().clone();
        gather_value(value, folder, files);
        *value.decor_mut() = decor;
    }
}

/// The name of the copy of a file; files of one name from different folders are numbered.
fn place_of(source: PathBuf, files: &mut Vec<(PathBuf, String)>) -> String {
    if let Some((_, copy)) = files.iter().find(|(known, _)| *known == source) {
        return copy.clone();
    }
    let name = source.file_name().unwrap_or_default().to_string_lossy().into_owned();
    let free = |copy: &String| files.iter().all(|(_, taken)| taken != copy);
    let numbered = std::iter::once(name.clone()).chain((2..).map(|n| format!("{n}-{name}"))).find(free);
    let copy = numbered.unwrap_or(name);
    files.push((source, copy.clone()));
    copy
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_kept_config_has_its_overrides_and_says_where_its_files_came_from() {
        let folder = tempfile::tempdir().unwrap();
        let config = folder.path().join("a.toml");
        std::fs::write(folder.path().join("u.csv"), "x,U").unwrap();
        let given = "# mine\nname = \"u.csv\"\n[kinetics]\ni0 = \"1 A/m^2\"   # guessed\n[cathode]\nocp = \"u.csv\"\n[electrolyte]\nkind = \"nyman\"\n";
        std::fs::write(&config, given).unwrap();
        let plain = keep(&config, &[]).unwrap();
        assert!(plain.text.contains("ocp = \"inputs/u.csv\"  # a copy of u.csv\n"), "{}", plain.text);
        assert_eq!(plain.files, [(folder.path().join("u.csv"), "u.csv".into())]);
        let set =
            ["kinetics.i0=3 mA/cm^2", "grid.cells=[4,4,8]", "cathode.ocp=nmc811", "end.short = true"].map(String::from);
        let kept = keep(&config, &set).unwrap();
        assert_eq!(
            kept.text,
            "# mine\nname = \"u.csv\"\n[kinetics]\ni0 = \"3 mA/cm^2\"   # guessed\n[cathode]\nocp = \"nmc811\"\n[electrolyte]\nkind = \"nyman\"\n\n[grid]\ncells = [4,4,8]\n\n[end]\nshort = true\n"
        );
        assert!(kept.files.is_empty());
        std::fs::write(&config, given.replace("ocp = \"u.csv\"\n", "")).unwrap();
        assert_eq!(keep(&config, &[]).unwrap().text, given.replace("ocp = \"u.csv\"\n", ""));
    }

    #[test]
    fn every_shipped_config_is_kept_as_the_run_that_it_is() {
        for entry in std::fs::read_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/configs")).unwrap() {
            let path = entry.unwrap().path();
            if path.extension().is_some_and(|extension| extension == "toml") {
                let set = ["temperature=31 degC".to_string(), "grid.dx=0.3 um".to_string()];
                let given = super::super::read(&path, &set);
                let kept = keep(&path, &set).unwrap();
                // read from the folder of the original, where copies are not: only configs without files
                if kept.files.is_empty() {
                    let again = super::super::from_text(&kept.text, &path, &[]);
                    match (given, again) {
                        (Ok(given), Ok(again)) => assert_eq!(given.setup, again.setup, "{}", path.display()),
                        (given, again) => assert_eq!(given.unwrap_err().to_string(), again.unwrap_err().to_string()),
                    }
                }
            }
        }
    }
}

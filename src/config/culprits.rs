//! One culprit gives one message: every shipped config is broken at every key in turn.

use std::path::{Path, PathBuf};

use toml::{Table, Value};

use super::{ConfigError, cell_from_text, from_text};

/// Every config that is shipped.
fn shipped() -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("configs");
    let folders = ["", "verification", "cells"].map(|name| folder.join(name));
    let files = folders.iter().flat_map(|folder| std::fs::read_dir(folder).unwrap());
    let mut files: Vec<PathBuf> = files
        .map(|file| file.unwrap().path())
        .filter(|path| path.extension().is_some_and(|end| end == "toml"))
        .collect();
    files.sort();
    assert!(files.len() > 10);
    files
}

/// A step from a value to one in it.
#[derive(Clone, Debug)]
enum Way {
    Key(String),
    Place(usize),
}

/// Ways to every value of a table, those to sections and lists too.
fn ways(value: &Value, way: &[Way], all: &mut Vec<Vec<Way>>) {
    if !way.is_empty() {
        all.push(way.to_vec());
    }
    let mut within = |next: Way, value: &Value| ways(value, &[way, &[next]].concat(), all);
    match value {
        Value::Table(table) => table.iter().for_each(|(key, value)| within(Way::Key(key.clone()), value)),
        Value::Array(array) => array.iter().enumerate().for_each(|(i, value)| within(Way::Place(i), value)),
        _ => {}
    }
}

fn at<'v>(value: &'v mut Value, way: &[Way]) -> &'v mut Value {
    way.iter().fold(value, |value, step| match step {
        Way::Key(key) => &mut value[key.as_str()],
        Way::Place(place) => &mut value[*place],
    })
}

/// Every shipped config with every way into it.
fn every_way(mut look: impl FnMut(&Path, &Value, &[Way])) {
    for path in shipped() {
        let config = Value::Table(std::fs::read_to_string(&path).unwrap().parse::<Table>().unwrap());
        let mut all = Vec::new();
        ways(&config, &[], &mut all);
        for way in all {
            look(&path, &config, &way);
        }
    }
}

/// Every shipped config with every key of it: the way to its section, and its name.
fn every_key(mut look: impl FnMut(&Path, &Value, &[Way], &str)) {
    every_way(|path, config, way| {
        if let Some((Way::Key(key), section)) = way.split_last() {
            look(path, config, section, key);
        }
    });
}

/// Reads a config, or the cell that a file of configs/cells holds.
fn read(text: &str, path: &Path) -> Result<(), ConfigError> {
    match path.parent().is_some_and(|folder| folder.ends_with("cells")) {
        true => cell_from_text(text, path, &[]).map(drop),
        false => from_text(text, path, &[]).map(drop),
    }
}

/// What is wrong with a config; nothing if it is right.
fn problems(config: &Value, path: &Path) -> Vec<String> {
    match read(&toml::to_string(config).unwrap(), path) {
        Ok(()) => Vec::new(),
        Err(ConfigError::Invalid { problems, .. }) => problems,
        Err(other) => panic!("{other}"),
    }
}

#[test]
fn a_wrong_value_is_one_problem() {
    every_way(|path, config, way| {
        let is_list = matches!(way.last(), Some(Way::Place(_)));
        for wrong in [
            Value::String("1,5 mA".into()),
            Value::String("nonsense".into()),
            Value::Boolean(true),
            Value::Array(vec![]),
        ] {
            let mut broken = config.clone();
            let value = at(&mut broken, way);
            // any text is a name
            let is_name = matches!(way.last(), Some(Way::Key(key)) if key == "name");
            if is_name && wrong.is_str()
                || value.is_bool() && wrong.is_bool()
                || value.is_array() && wrong.is_array() && !is_list
            {
                continue;
            }
            *value = wrong.clone();
            let found = problems(&broken, path);
            assert_eq!(found.len(), 1, "{} {way:?} = {wrong}: {found:#?}", path.display());
        }
    });
}

#[test]
fn a_wrong_letter_is_one_problem_and_says_what_is_meant() {
    every_key(|path, config, section, key| {
        let slips = [key.to_uppercase(), format!("{}{key}", &key[..1]), format!("{key}s")];
        for slip in slips.into_iter().filter(|slip| slip != key) {
            let mut broken = config.clone();
            let Value::Table(table) = at(&mut broken, section) else { panic!("no section") };
            let value = table.remove(key).unwrap();
            if table.contains_key(&slip) || key == "step" {
                continue;
            }
            table.insert(slip.clone(), value);
            let found = problems(&broken, path);
            assert_eq!(found.len(), 1, "{} {section:?} {key}, {slip}: {found:#?}", path.display());
            assert!(
                found[0].contains(&format!("did you mean {key:?}")),
                "{} {section:?} {key}, {slip}: {found:#?}",
                path.display()
            );
        }
    });
}

#[test]
fn a_missing_key_is_at_most_one_problem() {
    every_key(|path, config, section, key| {
        let mut broken = config.clone();
        let Value::Table(table) = at(&mut broken, section) else { panic!("no section") };
        let value = table.remove(key).unwrap();
        // a section that is not there lacks each of its keys
        if !value.is_table() {
            let found = problems(&broken, path);
            assert!(found.len() <= 1, "{} without {section:?} {key}: {found:#?}", path.display());
        }
    });
}

proptest::proptest! {
    #![proptest_config(proptest::prelude::ProptestConfig { cases: 400, failure_persistence: None, ..Default::default() })]

    /// A config with a piece taken out or put in is read, or refused in messages of bounded length, whatever it has become.
    #[test]
    fn a_slip_anywhere_in_a_file_is_a_message(
        which in 0..100usize, at in 0.0..1.0_f64, cut in 0..12usize,
        put in proptest::sample::select(vec![
            "", "#", "\"", "[", "]]", "=", "\n", "\0", "é", "“", "1e999", "-", ",", "[a]\n", "a.b.c=1\n", "'''", "{", "nan", "0x1F", "1979-05-27",
        ]),
    ) {
        let files = shipped();
        let path = &files[which % files.len()];
        let mut text: Vec<char> = std::fs::read_to_string(path).unwrap().chars().collect();
        let place = (at * text.len() as f64) as usize;
        text.splice(place..(place + cut).min(text.len()), put.chars());
        let text: String = text.into_iter().collect();
        if let Err(error) = read(&text, path) {
            let lines = error.to_string();
            proptest::prop_assert!(lines.lines().count() < 60 && lines.lines().all(|line| line.len() < 1500), "{}", lines);
        }
    }
}

//! Where each key of a config comes from: a line of the file, or an override on the command line.

use std::collections::BTreeMap;

use toml::Spanned;
use toml::de::{DeTable, DeValue};

/// Most characters of a line that are shown.
const SHOWN: usize = 120;

/// Where the keys of a config come from.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Origins {
    file: String,
    lines: Vec<String>,
    places: BTreeMap<String, Place>,
}

#[derive(Clone, Debug, PartialEq)]
enum Place {
    /// a line of the file, from 0
    Line(usize),
    /// an override as it was given
    Override(String),
}

impl Origins {
    /// The keys of a `text` that is TOML; `file` names it.
    pub fn new(text: &str, file: &str) -> Self {
        let mut origins =
            Self { file: file.into(), lines: text.lines().map(String::from).collect(), places: BTreeMap::new() };
        // what is no TOML has been refused before
        if let Ok(table) = DeTable::parse(text) {
            let starts: Vec<usize> =
                std::iter::once(0).chain(text.match_indices('\n').map(|(place, _)| place + 1)).collect();
            let line = |offset: usize| starts.partition_point(|start| *start <= offset).saturating_sub(1);
            origins.table(table.get_ref(), "", &line);
        }
        origins
    }

    fn table(&mut self, table: &DeTable, path: &str, line: &impl Fn(usize) -> usize) {
        for (key, value) in table {
            let name = if path.is_empty() { key.get_ref().to_string() } else { format!("{path}.{}", key.get_ref()) };
            self.places.insert(name.clone(), Place::Line(line(key.span().start)));
            self.value(value, &name, line);
        }
    }

    fn value(&mut self, value: &Spanned<DeValue>, name: &str, line: &impl Fn(usize) -> usize) {
        match value.get_ref() {
            DeValue::Table(table) => self.table(table, name, line),
            DeValue::Array(array) => {
                for (i, element) in array.iter().enumerate() {
                    let name = format!("{name}[{i}]");
                    self.places.insert(name.clone(), Place::Line(line(element.span().start)));
                    self.value(element, &name, line);
                }
            }
            _ => {}
        }
    }

    /// Records that an override gives `key`.
    pub fn set(&mut self, key: &str, text: &str) {
        let within = |name: &String| name.strip_prefix(key).is_some_and(|rest| rest.starts_with(['.', '[']));
        self.places.retain(|name, _| !within(name));
        self.places.insert(key.into(), Place::Override(text.into()));
        // sections that the file does not have are there for its sake
        let sections = key.match_indices('.').map(|(place, _)| &key[..place]);
        for section in sections {
            self.places.entry(section.into()).or_insert_with(|| Place::Override(text.into()));
        }
    }

    /// A problem, its key first, with the place of that key on the line below.
    pub fn located(&self, problem: &str) -> String {
        format!("{problem}{}", self.shown(problem.split(": ").next().unwrap_or_default()))
    }

    /// The place of `key`, or of the section that it should stand in, as a line below a message; empty if there is none.
    pub fn shown(&self, key: &str) -> String {
        let mut name = key;
        loop {
            match self.places.get(name) {
                Some(Place::Override(text)) => return format!("\n      --set {}", cut(&quoted(text))),
                Some(Place::Line(line)) => {
                    let text = self.lines.get(*line).map_or("", |text| text.trim());
                    return format!("\n      {}:{}: {}", self.file, line + 1, cut(text));
                }
                None => {}
            }
            match name.rfind(['.', '[']) {
                Some(end) => name = &name[..end],
                None => return String::new(),
            }
        }
    }
}

fn cut(text: &str) -> String {
    match text.char_indices().nth(SHOWN) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.into(),
    }
}

/// In quotes for a shell where it needs them.
fn quoted(text: &str) -> String {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "._=/+-:,%@".contains(c);
    if text.chars().all(is_plain) { text.into() } else { format!("'{}'", text.replace('\'', "'\\''")) }
}

//! The file of a study: which config, what varies in it and how, what is measured, and what is asked of it.
//!
//! All that is wrong with the file is said at once; what is wrong with the runs that it stands for is found by [`super::plan`].

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use toml::{Table, Value};

use super::StudyError;
use super::design::{Design, Factor, Level, Levels};
use super::measure::{Bound, Measure};
use crate::config::{Findings, Origins, Section, nearest, quantity};
use crate::model::keys::Reader;

/// Most runs of a study: beyond that a mistake in a list is more likely than a wish.
pub const MOST_RUNS: usize = 100_000;
/// Largest seed: `seed_of` makes others of it for each key.
pub const LARGEST_SEED: u32 = 9999;

/// A study as its file gives it.
#[derive(Clone, Debug, PartialEq)]
pub struct File {
    /// its name
    pub name: String,
    /// the config that all runs share
    pub base: PathBuf,
    /// keys that all runs set, each `key=value`
    pub set: Vec<String>,
    /// what varies
    pub factors: Vec<Factor>,
    /// how it varies
    pub design: Design,
    /// numbers from which everything is drawn that chance decides, one run of each point for each; none: as the config has them
    pub seeds: Option<Vec<u32>>,
    /// what is measured, by name, in the order of the file
    pub measures: Vec<(String, Measure)>,
    /// what is asked of the measures
    pub specs: Vec<(String, Bound)>,
    /// where each key stands
    pub origins: Origins,
}

/// Columns of `results.csv` that no measure may be named after.
const RESERVED: [&str; 7] = ["run", "seed", "status", "reason", "within_spec", "steps", "wall_time"];
/// Names of the designs with what each is.
const DESIGNS: [&str; 5] = ["grid", "zip", "latin hypercube", "sobol", "saltelli"];

impl File {
    /// Runs of each point: one for each seed.
    pub fn seeds_each(&self) -> usize {
        self.seeds.as_ref().map_or(1, Vec::len)
    }

    /// Reads the study at `path`; its base is sought beside it.
    ///
    /// # Errors
    /// If the file cannot be read, is not TOML, or is wrong: everything at once, with its lines.
    pub fn read(path: &Path) -> Result<Self, StudyError> {
        let text = crate::input::text(path).map_err(|reason| StudyError::Unreadable { path: path.into(), reason })?;
        let table: Table = text.parse().map_err(|reason: toml::de::Error| StudyError::File {
            path: path.into(),
            problems: vec![format!("not valid TOML: {}", reason.to_string().trim_end())],
        })?;
        let origins = Origins::new(&text, &path.display().to_string());
        Self::from_table(&table, path, origins.clone()).map_err(|problems| StudyError::File {
            path: path.into(),
            problems: problems.iter().map(|problem| origins.located(problem)).collect(),
        })
    }

    fn from_table(table: &Table, path: &Path, origins: Origins) -> Result<Self, Vec<String>> {
        let findings = Findings::default();
        let root = Section::root(table, &findings);
        let mut problems = Vec::new();
        let stem = path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
        let name = root.words("name").unwrap_or(stem);
        let base = root.words("base").unwrap_or_else(|| {
            root.missing("base");
            String::new()
        });
        let base = path.parent().unwrap_or(Path::new(".")).join(base);
        if root.has("base") && !base.is_file() {
            problems.push(format!("base: there is no file {}", base.display()));
        }
        let kind = root.choose("design", &DESIGNS, Some(0)).unwrap_or(0);
        let runs = root.has("runs").then(|| root.whole("runs", 1..=MOST_RUNS as u64, 1) as usize);
        let seeds = seeds(&root, table, &mut problems);
        for section in ["set", "vary", "measure", "spec"] {
            // asked for here, so that nobody calls it unknown; read below
            let _ = root.section(section);
        }
        root.finish();
        let inner = |key: &str| table.get(key).and_then(Value::as_table);
        let set = inner("set").map(|table| flat(table, "")).unwrap_or_default();
        let set = set.into_iter().map(|(key, value)| format!("{key}={value}")).collect();
        let factors = factors(inner("vary"), &mut problems);
        let design = design(kind, runs, &factors, &mut problems);
        let measures = measures(inner("measure"), &mut problems);
        let specs = specs(inner("spec"), &measures, &mut problems);
        let (found, _) = findings.settle();
        let found = found.into_iter().map(|problem| format!("{}: {}", problem.key, problem.sentence));
        let problems: Vec<String> = found.chain(problems).collect();
        match problems.is_empty() {
            true => Ok(Self { name, base, set, factors, design, seeds, measures, specs, origins }),
            false => Err(problems),
        }
    }
}

/// Values of tables within tables by their full names, `kinetics.i0` for the key `i0` in the table `kinetics`.
fn flat(table: &Table, path: &str) -> Vec<(String, Value)> {
    let mut found = Vec::new();
    for (key, value) in table {
        let name = if path.is_empty() { key.clone() } else { format!("{path}.{key}") };
        match value {
            Value::Table(inner) if !inner.contains_key("from") => found.extend(flat(inner, &name)),
            _ => found.push((name, value.clone())),
        }
    }
    found
}

fn seeds(root: &Section, table: &Table, problems: &mut Vec<String>) -> Option<Vec<u32>> {
    if !root.has("seeds") {
        return None;
    }
    match table.get("seeds") {
        Some(Value::Array(list)) => {
            let seed =
                |value: &Value| value.as_integer().and_then(|n| u32::try_from(n).ok()).filter(|n| *n <= LARGEST_SEED);
            let seeds: Option<Vec<u32>> = list.iter().map(seed).collect();
            match seeds {
                Some(seeds) if (1..seeds.len()).any(|i| seeds[..i].contains(&seeds[i])) => {
                    problems.push("seeds: one stands twice".into());
                    None
                }
                Some(seeds) if !seeds.is_empty() => Some(seeds),
                _ => {
                    problems.push(format!(
                        "seeds: must be a number of seeds or a list of them, whole numbers from 0 to {LARGEST_SEED}"
                    ));
                    None
                }
            }
        }
        _ => Some((1..=root.whole("seeds", 1..=u64::from(LARGEST_SEED), 1) as u32).collect()),
    }
}

/// Whether a letter may stand in the name of a factor, which becomes part of the names of directories.
fn is_of_name(c: char) -> bool {
    c.is_alphanumeric() || "._-".contains(c)
}

fn factors(vary: Option<&Table>, problems: &mut Vec<String>) -> Vec<Factor> {
    let Some(vary) = vary else { return Vec::new() };
    let mut factors: Vec<Factor> = Vec::new();
    for (name, value) in flat(vary, "") {
        let levels = match &value {
            Value::Array(list) if list.is_empty() => Err("is an empty list".into()),
            Value::Array(list) if list.iter().all(Value::is_table) => match name.chars().all(is_of_name) {
                true => labelled(list),
                false => Err("a name of labelled levels has letters, digits, . - and _ only".into()),
            },
            Value::Array(list) => Ok(Levels::Listed(list.iter().map(|value| listed(&name, value)).collect())),
            Value::Table(range) => span(range),
            _ => Err("must be a list of values, or { from = …, to = …, count = …, scale = \"log\" }".into()),
        };
        match levels {
            Ok(levels) => factors.push(Factor { short: String::new(), name, levels: levels.on_one_axis() }),
            Err(problem) => problems.push(format!("vary.{name}: {problem}")),
        }
    }
    // the last part of a key names it, or as many as tell it from the others
    let names: Vec<String> = factors.iter().map(|factor| factor.name.clone()).collect();
    for factor in &mut factors {
        let parts: Vec<&str> = factor.name.split('.').collect();
        let short = (1..=parts.len()).map(|count| parts[parts.len() - count..].join(".")).find(|short| {
            let ends = |name: &&String| **name == *short || name.ends_with(&format!(".{short}"));
            names.iter().filter(ends).count() == 1
        });
        factor.short = short.unwrap_or_else(|| factor.name.clone());
    }
    factors
}

/// A level of a list: the value of the factor's key. Of the path of a file the label has its name: the file may move with the study.
fn listed(key: &str, value: &Value) -> Level {
    let text = value.as_str().map_or_else(|| value.to_string(), String::from);
    let is_file = |word: &str| {
        let ending = Path::new(word).extension().and_then(|ending| ending.to_str());
        word.contains('/') && ending.is_some_and(|ending| ending.chars().all(char::is_alphabetic))
    };
    let name = |word: &str| match (is_file(word), Path::new(word).file_name()) {
        (true, Some(name)) => name.to_string_lossy().into_owned(),
        _ => word.to_string(),
    };
    let label = text.split(' ').map(name).collect::<Vec<_>>().join(" ");
    Level::new(label, vec![format!("{key}={value}")])
}

/// Levels that set several keys, each with a label.
fn labelled(list: &[Value]) -> Result<Levels, String> {
    let level = |value: &Value| {
        let table = value.as_table().cloned().unwrap_or_default();
        let label = table.get("label").and_then(Value::as_str);
        let label = label.ok_or("each of its tables needs a label = \"…\" beside the keys that it sets")?.to_string();
        let keys = flat(&table, "").into_iter().filter(|(key, _)| key != "label");
        let set: Vec<String> = keys.map(|(key, value)| format!("{key}={value}")).collect();
        Ok(Level { value: None, unit: String::new(), label, set })
    };
    list.iter().map(level).collect::<Result<Vec<Level>, &str>>().map(Levels::Listed).map_err(String::from)
}

/// Levels between two ends.
fn span(range: &Table) -> Result<Levels, String> {
    let known = ["from", "to", "count", "scale"];
    if let Some(key) = range.keys().find(|key| !known.contains(&key.as_str())) {
        let meant = nearest(key, known.into_iter()).map_or(String::new(), |known| format!("; did you mean {known:?}?"));
        return Err(format!("unknown key {key:?}{meant}"));
    }
    let end = |key: &str| {
        let value = range.get(key).ok_or(format!("{key} is missing"))?;
        let text = value.as_str().map_or_else(|| value.to_string(), String::from);
        let read = quantity::read(&text, "1")?;
        let number = read.number().ok_or(format!("{text:?} is no number that can be varied"))?;
        Ok::<_, String>((number, read.unit().to_string(), text))
    };
    let ((from, unit, first), (to, other, last)) = (end("from")?, end("to")?);
    if unit != other {
        return Err(format!("{first:?} and {last:?}: write both ends in one unit"));
    }
    if from >= to {
        return Err(format!("from {first:?} must be less than to {last:?}"));
    }
    let log = match range.get("scale").map(Value::as_str) {
        None | Some(Some("linear")) => false,
        Some(Some("log")) => true,
        _ => return Err("scale is \"linear\" or \"log\"".into()),
    };
    if log && from <= 0.0 {
        return Err(format!("a logarithmic scale begins above zero, not at {first:?}"));
    }
    let count = match range.get("count") {
        None => None,
        Some(value) => match value.as_integer().map(usize::try_from) {
            Some(Ok(count @ 2..=MOST_RUNS)) => Some(count),
            _ => return Err(format!("count: {value} must be a whole number from 2 to {MOST_RUNS}")),
        },
    };
    Ok(Levels::Span { from, to, unit, count, log })
}

fn design(kind: usize, runs: Option<usize>, factors: &[Factor], problems: &mut Vec<String>) -> Design {
    let mut needs_runs = |design: fn(usize) -> Design| match runs {
        Some(runs) => design(runs),
        None => {
            problems.push(format!("runs: is missing; design = {:?} needs how many", DESIGNS[kind]));
            design(1)
        }
    };
    let design = match kind {
        0 => Design::Grid,
        1 => Design::Zip,
        2 => needs_runs(Design::LatinHypercube),
        3 => needs_runs(Design::Sobol),
        _ => needs_runs(Design::Saltelli),
    };
    if kind < 2 && runs.is_some() {
        problems.push(format!("runs: design = {:?} has as many as its lists give", DESIGNS[kind]));
    }
    if kind > 1 && factors.is_empty() {
        problems.push(format!("vary: is empty, and design = {:?} has nothing to vary", DESIGNS[kind]));
    }
    for factor in factors {
        if let (2.., Levels::Span { count: Some(_), .. }) = (kind, &factor.levels) {
            problems.push(format!(
                "vary.{}: count means nothing; design = {:?} draws its values",
                factor.name, DESIGNS[kind]
            ));
        }
        if let (4, Levels::Listed(_)) = (kind, &factor.levels) {
            problems.push(format!(
                "vary.{}: design = \"saltelli\" draws between two ends; a list is for a grid",
                factor.name
            ));
        }
        if let (0 | 1, Levels::Span { count: None, .. }) = (kind, &factor.levels) {
            problems.push(format!(
                "vary.{}: count is missing; design = {:?} needs how many levels",
                factor.name, DESIGNS[kind]
            ));
        }
    }
    if problems.iter().all(|problem| !problem.starts_with("vary.")) {
        problems.extend(design.objection(factors));
    }
    design
}

fn measures(table: Option<&Table>, problems: &mut Vec<String>) -> Vec<(String, Measure)> {
    let mut measures = Vec::new();
    for (name, value) in table.into_iter().flatten() {
        let read = value.as_str().ok_or_else(|| format!("{value} must be a text in quotes")).and_then(Measure::read);
        match read {
            _ if RESERVED.contains(&name.as_str()) => {
                problems.push(format!("measure.{name}: results.csv has a column of that name; give another"));
            }
            _ if name.is_empty() || !name.chars().all(|c| c.is_alphanumeric() || c == '_') => {
                problems.push(format!("measure.{name}: a name has letters, digits and _ only"));
            }
            Ok(measure) => measures.push((name.clone(), measure)),
            Err(problem) => problems.push(format!("measure.{name}: {problem}")),
        }
    }
    measures
}

fn specs(table: Option<&Table>, measures: &[(String, Measure)], problems: &mut Vec<String>) -> Vec<(String, Bound)> {
    let known: BTreeMap<&str, &Measure> = measures.iter().map(|(name, measure)| (name.as_str(), measure)).collect();
    let mut specs = Vec::new();
    for (name, value) in table.into_iter().flatten() {
        let Some(measure) = known.get(name.as_str()) else {
            let meant = nearest(name, known.keys().copied())
                .map_or(String::new(), |known| format!("; did you mean {known:?}?"));
            problems.push(format!("spec.{name}: [measure] has no {name:?}{meant}"));
            continue;
        };
        let read = value.as_str().ok_or_else(|| format!("{value} must be a text in quotes, as in \"> 0.9\""));
        match read.and_then(|text| Bound::read(text, measure.unit())) {
            Ok(bound) => specs.push((name.clone(), bound)),
            Err(problem) => problems.push(format!("spec.{name}: {problem}")),
        }
    }
    specs
}

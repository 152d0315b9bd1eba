//! The runs of a study: their names, what each sets, and everything that is wrong with any of them, before the first begins.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::time::Duration;

use rayon::prelude::*;
use serde::{Deserialize, Serialize};

use super::StudyError;
use super::design::Level;
use super::file::{File, MOST_RUNS};
use crate::check::{self, cost};
use crate::config::{self, key_of};
use crate::io::provenance::{VERSION, commit};
use crate::io::{IoError, write_json};
use crate::model::parameters::{CollectorShape, Nucleation, Setup};
use crate::report::numbers::count;
use crate::sim::device::DeviceChoice;

/// Most characters of the name of a run.
const LONGEST: usize = 120;
/// Most characters of a value in it.
const LONGEST_VALUE: usize = 40;
/// Most problems that are shown.
const SHOWN: usize = 20;
/// Between the seeds of a run's keys, so that no two of them draw the same numbers.
const APART: u32 = 10_000;

/// A study that is to be run: all its runs, as they are kept in the directory of the study.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Plan {
    /// name of the study
    pub name: String,
    /// version and commit of the program that made the plan
    pub program: String,
    /// the runs, in the order of the design, seeds innermost
    pub runs: Vec<Run>,
}

/// One run of a study.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Run {
    /// its name, and that of its directory
    pub name: String,
    /// number of its point in the design, from 0
    pub point: usize,
    /// the level of each factor, as it is written
    pub levels: Vec<String>,
    /// the place of each level on the axis of its factor; none if it has none
    pub values: Vec<Option<f64>>,
    /// number that everything is drawn from, if the study varies it
    pub seed: Option<u32>,
    /// keys that it sets, each `key=value`
    pub set: Vec<String>,
}

impl Plan {
    /// Name of the file in the directory of a study.
    pub const FILE: &'static str = "plan.json";

    /// The runs of a study, and what each is in SI, in their order.
    ///
    /// # Errors
    /// Everything that is wrong with any run, in one: names that stand twice, too many runs, and what `run` would object to in each.
    pub fn new(file: &File) -> Result<(Self, Vec<Setup>), StudyError> {
        let wrong = |problem: String| StudyError::Runs { problems: vec![problem] };
        let points = file.design.count(&file.factors);
        let seeds = file.seeds_each();
        let runs = points.and_then(|points| points.checked_mul(seeds)).unwrap_or(usize::MAX);
        if runs > MOST_RUNS {
            let count =
                if runs == usize::MAX { "more runs than can be counted".into() } else { format!("{runs} runs") };
            return Err(wrong(format!(
                "vary: the study has {count}, {MOST_RUNS} are the most; take fewer levels or design = \"latin hypercube\" with runs = …"
            )));
        }
        set_once(file)?;
        let points = file.design.points(&file.factors);
        let read = |point: &Vec<Level>| {
            let set: Vec<String> =
                file.set.iter().cloned().chain(point.iter().flat_map(|level| level.set.clone())).collect();
            config::read_to_run(&file.base, &set).map(|config| (config.setup, set))
        };
        let read: Vec<_> = points.par_iter().map(read).collect();
        let name = |levels: &[Level], seed: Option<u32>| name(file, levels, seed);
        let mut problems = Vec::new();
        let (mut all, mut setups) = (Vec::new(), Vec::new());
        for (point, (levels, read)) in points.iter().zip(read).enumerate() {
            let (setup, set) = match read {
                Ok(read) => read,
                Err(error) => {
                    problems.push((name(levels, None).unwrap_or_else(|problem| problem), error.to_string()));
                    continue;
                }
            };
            let seeds = file.seeds.as_ref().map_or(vec![None], |seeds| seeds.iter().copied().map(Some).collect());
            for seed in seeds {
                let mut setup = setup.clone();
                let drawn = seed.map_or(Vec::new(), |seed| seed_of(&mut setup, seed));
                let varied = |key: &String| {
                    file.factors.iter().any(|factor| factor.levels.keys(&factor.name).contains(key_of(key)))
                };
                if let Some(key) =
                    drawn.iter().find(|key| varied(key) || file.set.iter().any(|set| key_of(set) == key_of(key)))
                {
                    return Err(wrong(format!(
                        "seeds: {} is set by the study and drawn by seeds; leave one out",
                        key_of(key)
                    )));
                }
                if seed.is_some() && drawn.is_empty() {
                    return Err(wrong(format!("seeds: nothing in {} is drawn by chance", file.base.display())));
                }
                let (labels, values) = levels.iter().map(|level| (level.label.clone(), level.value)).unzip();
                let name = name(levels, seed).map_err(wrong)?;
                setup.name = format!("{}: {name}", file.name);
                let called = format!("name={}", toml::Value::String(setup.name.clone()));
                let set = set.iter().cloned().chain(drawn).chain([called]).collect();
                all.push(Run { name, point, levels: labels, values, seed, set });
                setups.push(setup);
            }
        }
        if !problems.is_empty() {
            return Err(StudyError::Runs { problems: together(problems) });
        }
        let mut names: BTreeMap<&str, usize> = BTreeMap::new();
        all.iter().for_each(|run| *names.entry(&run.name).or_default() += 1);
        if let Some((name, count)) = names.into_iter().find(|(_, count)| *count > 1) {
            return Err(wrong(format!(
                "vary: {count} runs would have the name {name}; a value stands twice, or two look alike in a name: give them labels"
            )));
        }
        let program = format!("liplate {VERSION}, commit {}", commit());
        Ok((Self { name: file.name.clone(), program, runs: all }, setups))
    }

    /// Reads the plan of the study in `directory`.
    ///
    /// # Errors
    /// If there is none, or it is damaged.
    pub fn read(directory: &Path) -> Result<Self, StudyError> {
        let path = directory.join(Self::FILE);
        if !path.is_file() {
            return Err(StudyError::NoStudy { directory: directory.into() });
        }
        let text = std::fs::read_to_string(&path).map_err(IoError::system(&path))?;
        Ok(serde_json::from_str(&text).map_err(|e| IoError::content(&path, e.to_string()))?)
    }

    /// Writes it, old or new but never half.
    ///
    /// # Errors
    /// If the system fails.
    pub fn write(&self, directory: &Path) -> Result<(), IoError> {
        write_json(&directory.join(Self::FILE), self)
    }
}

/// Most points of a study that are rehearsed, and the wall time of all rehearsals.
const REHEARSED: usize = 24;
const REHEARSALS: Duration = Duration::from_secs(45);

/// The text of `liplate study plan`: every run with what it changes, and what all will cost.
///
/// # Errors
/// As [`Plan::new`], and if the device cannot be opened.
pub fn describe(path: &Path, device: DeviceChoice) -> Result<String, StudyError> {
    let file = File::read(path)?;
    let (plan, setups) = Plan::new(&file)?;
    let mut text = String::new();
    let width = plan.runs.iter().map(|run| run.name.chars().count()).max().unwrap_or(0);
    for run in &plan.runs {
        // what it is called is what is changed
        let set: Vec<&str> = run.set.iter().map(String::as_str).filter(|key| !key.starts_with("name=")).collect();
        text += &format!("{:width$}  {}\n", run.name, set.join("  "));
    }
    let (points, seeds) = (plan.runs.last().map_or(0, |run| run.point + 1), file.seeds_each());
    let of_seeds = file
        .seeds
        .as_ref()
        .map_or(String::new(), |seeds| format!(" with {} each", count(seeds.len(), "seed", "seeds")));
    let runs = count(plan.runs.len(), "run", "runs");
    let counts = format!("{runs}: {} ({}){of_seeds}", count(points, "point", "points"), file.design.name());
    text += &format!("{counts}\n");
    // evenly over all points, the first seed of each
    let shown = points.clamp(1, REHEARSED);
    let picked: Vec<Setup> = (0..shown).filter_map(|k| setups.get(k * points / shown * seeds).cloned()).collect();
    let costs = check::costs(&picked, device, REHEARSALS)?;
    let known: Vec<_> = costs.iter().filter_map(|cost| cost.wall).collect();
    let runs = plan.runs.len() as f64;
    if known.is_empty() {
        text += "wall time: not known; no rehearsal has come far enough to tell\n";
    } else {
        let of = |end: usize| known.iter().map(|wall| wall.ends()[end]).sum::<f64>() / known.len() as f64;
        let [least, most] = [0, 1].map(|end| [of(end), of(end) * runs]);
        let from = if shown < points { format!(", from {shown} of {points} points") } else { String::new() };
        text += &format!(
            "wall time of one after the other: {} to {}, {} to {} a run{from}\n",
            cost::duration(least[1]),
            cost::duration(most[1]),
            cost::duration(least[0]),
            cost::duration(most[0])
        );
    }
    let bytes = costs.iter().map(|cost| cost.bytes).sum::<f64>() / costs.len().max(1) as f64 * runs;
    text += &format!("disk: about {} GB of fields\n", cost::round(bytes / 1e9));
    Ok(text)
}

impl Run {
    /// Its directory in that of the study.
    pub fn directory(&self, study: &Path) -> PathBuf {
        study.join(super::RUNS).join(&self.name)
    }
}

/// Gives every seed of a setup a number that `seed` tells, and says which keys those are, each `key=value`.
fn seed_of(setup: &mut Setup, seed: u32) -> Vec<String> {
    let mut keys: Vec<(String, &mut u32)> = Vec::new();
    if let Nucleation::Poisson { seed, .. } | Nucleation::AtOnce { seed, .. } = &mut setup.nucleation {
        keys.push(("nucleation.seed".into(), seed));
    }
    if let CollectorShape::Rough { seed, .. } = &mut setup.collector.shape {
        keys.push(("collector.seed".into(), seed));
    }
    if let Some(heterogeneity) = &mut setup.kinetics.heterogeneity {
        keys.push(("kinetics.heterogeneity.seed".into(), &mut heterogeneity.seed));
    }
    keys.extend(setup.mechanisms.seeds());
    let mut set = Vec::new();
    for (place, (key, value)) in (0..).zip(keys) {
        *value = seed + place * APART;
        set.push(format!("{key}={value}"));
    }
    set
}

/// Objects to a key that two parts of a study set: one of them would lose in silence.
fn set_once(file: &File) -> Result<(), StudyError> {
    let mut of: Vec<(&str, BTreeSet<String>)> =
        vec![("[set]", file.set.iter().map(|set| key_of(set).to_string()).collect())];
    for factor in &file.factors {
        of.push((&factor.name, factor.levels.keys(&factor.name)));
    }
    for (place, (name, keys)) in of.iter().enumerate() {
        let problem = |key: &str, reason: String| StudyError::Runs { problems: vec![format!("{key}: {reason}")] };
        if keys.contains("name") {
            return Err(problem("name", "each run has the name that its values give it".into()));
        }
        for (other, others) in &of[..place] {
            if let Some(key) = keys.intersection(others).next() {
                return Err(problem(key, format!("{name} and {other} both set it")));
            }
        }
    }
    Ok(())
}

/// The name of a run: what varies, as `i0=3mA_cm2,seed=2`.
fn name(file: &File, levels: &[Level], seed: Option<u32>) -> Result<String, String> {
    let mut parts = Vec::new();
    for (factor, level) in file.factors.iter().zip(levels) {
        let value = plain(&level.label);
        if value.is_empty() || value.chars().count() > LONGEST_VALUE {
            return Err(format!(
                "vary.{}: a value of {} letters is no part of a name; write tables with a label = \"…\" and the key",
                factor.name,
                level.label.chars().count()
            ));
        }
        parts.push(format!("{}={value}", plain(&factor.short)));
    }
    parts.extend(seed.map(|seed| format!("seed={seed}")));
    let name = if parts.is_empty() { "run".into() } else { parts.join(",") };
    match name.chars().count() {
        ..=LONGEST => Ok(name),
        _ => Err(format!("vary: {name} is too long a name for a directory; give the levels short labels")),
    }
}

/// A value as a part of a name of a file: without spaces, brackets and what shells and file systems make something of.
fn plain(text: &str) -> String {
    let mut plain = String::new();
    for c in text.chars() {
        match c {
            c if c.is_alphanumeric() || "+-.%".contains(c) => plain.push(c),
            '/' | ',' | '_' => plain.push('_'),
            _ => {}
        }
    }
    plain.trim_matches(['_', '.']).into()
}

/// Problems of runs, those of one text together.
fn together(problems: Vec<(String, String)>) -> Vec<String> {
    let mut of: Vec<(String, Vec<String>)> = Vec::new();
    for (name, problem) in problems {
        match of.iter_mut().find(|(known, _)| *known == problem) {
            Some((_, names)) => names.push(name),
            None => of.push((problem, vec![name])),
        }
    }
    let more = of.len().saturating_sub(SHOWN);
    let told = |(problem, names): (String, Vec<String>)| match names.as_slice() {
        [name] => format!("{name}: {problem}"),
        [name, ..] => format!("{name} and {} more: {problem}", names.len() - 1),
        [] => problem,
    };
    let mut told: Vec<String> = of.into_iter().take(SHOWN).map(told).collect();
    if more > 0 {
        told.push(format!("and {more} other problems"));
    }
    told
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_become_parts_of_names() {
        for (text, wanted) in [
            ("0.3 mA/cm^2", "0.3mA_cm2"),
            ("-0.2 V", "-0.2V"),
            ("[24, 24, 48]", "24_24_48"),
            ("25 degC", "25degC"),
            ("copper lot 7.csv", "copperlot7.csv"),
            ("../../x", "x"),
            ("3 mA cm⁻²", "3mAcm²"),
        ] {
            assert_eq!(plain(text), wanted);
        }
    }

    #[test]
    fn every_key_that_draws_has_a_seed_of_its_own() {
        let path = format!("{}/configs/formation.toml", env!("CARGO_MANIFEST_DIR"));
        let mut setup = config::read(path.as_ref(), &[]).unwrap().setup;
        let set = seed_of(&mut setup, 7);
        assert_eq!(set, ["nucleation.seed=7", "collector.seed=10007", "kinetics.heterogeneity.seed=20007"]);
        // what is set by hand gives that very run
        assert_eq!(config::read(path.as_ref(), &set).unwrap().setup, setup);
    }

    #[test]
    fn one_problem_of_many_runs_is_told_once() {
        let problems = |list: &[(&str, &str)]| list.iter().map(|(a, b)| (a.to_string(), b.to_string())).collect();
        assert_eq!(together(problems(&[("a", "x"), ("b", "x"), ("c", "y")])), ["a and 1 more: x", "c: y"]);
    }
}

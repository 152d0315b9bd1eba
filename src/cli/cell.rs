//! `liplate cell`: what a cell is by its design, and with what runs have measured.

use std::path::{Path, PathBuf};

use clap::Args;

use super::output::print;
use super::{CliError, tell};
use crate::cell::answer::{Runs, answer};
use crate::cell::design::Life;
use crate::cell::measured::{self, Measured};
use crate::config;
use crate::io::write_whole;
use crate::report::ReportError;
use crate::report::record::Record;
use crate::study::{File, Plan, STUDY, State};

#[derive(Args)]
pub struct Arguments {
    /// File with a section [cell]: one of its own, or a config of a run
    #[arg(value_name = "CELL")]
    file: PathBuf,
    /// Override a key: --set cell.format.layers=40 (may be given again)
    #[arg(long = "set", value_name = "KEY=VALUE")]
    set: Vec<String>,
    /// Directory of a run, or of a study, whose seeds are taken together: porosity, potential and losses are those measured (may be
    /// given again)
    #[arg(long = "run", value_name = "DIR")]
    runs: Vec<PathBuf>,
    /// Ask for the life: runs without cycles after formation are an error then
    #[arg(long)]
    life: bool,
    /// Write out the formula of each figure
    #[arg(long)]
    explain: bool,
    /// Print JSON instead, or with FILE write it there and print the tables
    #[arg(long, value_name = "FILE", num_args = 0..=1)]
    json: Option<Option<PathBuf>>,
}

/// Does what the arguments say.
pub fn cell(arguments: &Arguments) -> Result<(), CliError> {
    if let Some(Some(path)) = &arguments.json
        && path.exists()
    {
        return Err(CliError::Words(format!("{} is there already; give another name", path.display())));
    }
    let file = config::read_cell(&arguments.file, &arguments.set)?;
    file.remarks.iter().for_each(|remark| tell(&format!("note: {remark}")));
    let life = &file.design.asked.life;
    if file.design.cell.negative.deposit_porosity().is_none() && file.design.asked.extender.is_none() {
        let graphite = |what: &str| {
            let path = arguments.file.display();
            Err(CliError::Words(format!("{path}: {what} tells of lithium; the cell has graphite and no extender")))
        };
        match (arguments.runs.is_empty(), arguments.life) {
            (false, _) => return graphite("--run"),
            (_, true) => return graphite("--life"),
            _ => {}
        }
    }
    let mut runs = Vec::new();
    for directory in &arguments.runs {
        runs.extend(measured_in(directory, life, arguments.life)?);
    }
    let efficiency = life.efficiency.or(file.design.asked.extender.as_ref().and_then(|extender| extender.efficiency));
    if arguments.life && runs.is_empty() && efficiency.is_none() {
        let path = arguments.file.display();
        return Err(CliError::Words(format!("{path}: --life takes a --run with cycles, or cell.life.efficiency")));
    }
    let answer = answer(&file.name, &file.design, &runs);
    let json = || format!("{:#}\n", answer.json());
    match &arguments.json {
        Some(None) => print(&json()),
        Some(Some(path)) => {
            write_whole(path, json().as_bytes())?;
            print(&answer.text(arguments.explain));
        }
        None => print(&answer.text(arguments.explain)),
    }
    Ok(())
}

/// What the run in a directory has measured, or the runs of a study by its points, whatever their seeds. With `needs_cycles` each must tell a life.
fn measured_in(directory: &Path, life: &Life, needs_cycles: bool) -> Result<Vec<Runs>, CliError> {
    let name = directory.file_name().unwrap_or(directory.as_os_str()).to_string_lossy().into_owned();
    let one = |place: &Path| -> Result<Measured, CliError> {
        let record = Record::read(place).map_err(|error| match error {
            ReportError::NoRun { directory, reason } => {
                CliError::Words(format!("--run {}: it holds no run and no study: {reason}", directory.display()))
            }
            other => other.into(),
        })?;
        let found = measured::of_run(&record, life)
            .map_err(|problem| CliError::Words(format!("--run {}: {problem}", place.display())))?;
        let count = found.cycles.len();
        if needs_cycles && count as u64 <= life.formation {
            return Err(CliError::Words(format!(
                "--run {}: a life takes cycles after formation; the run has {count} whole cycles, and {} are formation (cell.life.formation)",
                place.display(),
                life.formation
            )));
        }
        Ok(found)
    };
    if !directory.join(Plan::FILE).is_file() {
        return Ok(vec![Runs { name, measured: vec![one(directory)?] }]);
    }
    let plan = Plan::read(directory)?;
    // seeds are seeds too where they are listed like any other key
    let factors = File::read(&directory.join(STUDY))?.factors;
    let draws: Vec<bool> = factors.iter().map(|factor| factor.name.ends_with(".seed")).collect();
    let mut points: Vec<Runs> = Vec::new();
    let mut left_out = Vec::new();
    for run in &plan.runs {
        let place = run.directory(directory);
        if !State::of(&place).is_over() {
            continue;
        }
        // one whose deposit cannot be told says nothing of the others
        let measured = match one(&place) {
            Ok(measured) => measured,
            Err(reason) => {
                left_out.push(reason.to_string());
                continue;
            }
        };
        let levels = run.levels.iter().zip(&draws).filter(|(_, draws)| !**draws).map(|(level, _)| level.as_str());
        let point = Some(levels.collect::<Vec<_>>().join(", ")).filter(|levels| !levels.is_empty());
        let point = point.unwrap_or_else(|| name.clone());
        match points.iter_mut().find(|runs| runs.name == point) {
            Some(runs) => runs.measured.push(measured),
            None => points.push(Runs { name: point, measured: vec![measured] }),
        }
    }
    if let (true, Some(reason)) = (points.is_empty(), left_out.first()) {
        return Err(CliError::Words(format!("no run of the study can be used; the first: {reason}")));
    }
    left_out.iter().for_each(|reason| tell(&format!("left out: {reason}")));
    if points.is_empty() {
        return Err(CliError::Words(format!("--run {}: no run of the study is over", directory.display())));
    }
    Ok(points)
}

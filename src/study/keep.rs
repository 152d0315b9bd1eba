//! The study in its directory: its file, the base that all runs share and the files that both name, so that it can go on anywhere.

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use super::StudyError;
use super::file::File;
use super::gather;
use super::plan::{Plan, Run};
use crate::config::difference;
use crate::config::kept::{self, INPUTS, Kept};
use crate::io::provenance::RunFile;
use crate::io::{IoError, write_whole};
use crate::model::parameters::Setup;
use crate::run::RunError;
use crate::run::lock::Lock;

/// Name of the study's file in its directory.
pub const STUDY: &str = "study.toml";
/// Name of the config that its runs share.
pub const BASE: &str = "base.toml";
/// How long another process may take to write its files, and the time between looks.
const PATIENCE: Duration = Duration::from_secs(30);
const BETWEEN: Duration = Duration::from_millis(50);

/// Puts the study of the file at `path` into `directory` and returns its plan, with what each run is in SI. What is there already goes on: more runs may have joined,
/// but no run that has begun may have become another one.
///
/// # Errors
/// If the file or a run is wrong, the directory holds another study, or the system fails.
pub fn keep(path: &Path, directory: &Path) -> Result<(Plan, Vec<Setup>), StudyError> {
    let given = File::read(path)?;
    Plan::new(&given)?;
    if directory.is_file() {
        return Err(StudyError::Other { directory: directory.into(), reason: "it is a file".into() });
    }
    std::fs::create_dir_all(directory).map_err(IoError::system(directory))?;
    // two that begin at once come one after the other
    let _lock = lock(directory)?;
    strangers(directory)?;
    let incoming = directory.join(format!(".incoming-{}", std::process::id()));
    let kept = copies(path, &given)?;
    let compared = lay_down(&kept, &incoming).map_err(StudyError::from).and_then(|()| compare(&incoming, directory));
    let _ = std::fs::remove_dir_all(&incoming);
    let (plan, setups) = compared?;
    lay_down(&kept, directory)?;
    plan.write(directory)?;
    Ok((plan, setups))
}

/// The lock of a study's directory, for the moment in which its files are written.
pub fn lock(directory: &Path) -> Result<Option<Lock>, StudyError> {
    let began = Instant::now();
    loop {
        match Lock::take(directory) {
            Err(RunError::Busy { .. }) if began.elapsed() < PATIENCE => std::thread::sleep(BETWEEN),
            taken => return Ok(taken?.0),
        }
    }
}

/// Objects to a directory without a study that holds files of the names that one has: they are somebody else's.
fn strangers(directory: &Path) -> Result<(), StudyError> {
    if directory.join(Plan::FILE).is_file() {
        return Ok(());
    }
    let names =
        [STUDY, BASE, INPUTS, super::RUNS, super::LOGS, gather::CSV, gather::PARQUET, gather::PAGE, RunFile::FILE];
    match names.into_iter().find(|name| directory.join(name).exists()) {
        Some(name) => Err(StudyError::Other {
            directory: directory.into(),
            reason: format!("it holds {name} and no study; nothing there is replaced"),
        }),
        None => Ok(()),
    }
}

/// The texts of study and base, and the files that they name.
struct Copies {
    study: String,
    base: Kept,
}

fn copies(path: &Path, given: &File) -> Result<Copies, StudyError> {
    let base = kept::keep(&given.base, &[])?;
    let mut files = base.files.clone();
    let folder = given.base.parent().unwrap_or(Path::new("."));
    // keys that the study sets are read as if they stood in the base: the files that they name lie beside that
    let study =
        kept::with_copies(path, folder, &["set", "vary"], &[("base", BASE), ("name", &given.name)], &mut files)?;
    Ok(Copies { study, base: Kept { files, ..base } })
}

fn lay_down(Copies { study, base }: &Copies, folder: &Path) -> Result<(), IoError> {
    std::fs::create_dir_all(folder).map_err(IoError::system(folder))?;
    let inputs = folder.join(INPUTS);
    for (source, name) in &base.files {
        std::fs::create_dir_all(&inputs).map_err(IoError::system(&inputs))?;
        let copy = inputs.join(name);
        let is_there = std::fs::canonicalize(source).ok() == std::fs::canonicalize(&copy).ok() && copy.exists();
        if !is_there {
            std::fs::copy(source, &copy).map_err(IoError::system(&copy))?;
        }
    }
    write_whole(&folder.join(STUDY), study.as_bytes())?;
    write_whole(&folder.join(BASE), base.text.as_bytes())
}

/// The plan of the study in `incoming` with what each run is in SI, if all runs that have begun in `directory` are runs of it as they were.
fn compare(incoming: &Path, directory: &Path) -> Result<(Plan, Vec<Setup>), StudyError> {
    let (plan, setups) = Plan::new(&File::read(&incoming.join(STUDY))?)?;
    let differs = |reason: String| StudyError::Other { directory: directory.into(), reason };
    if !directory.join(Plan::FILE).is_file() {
        return Ok((plan, setups));
    }
    let there = Plan::read(directory)?;
    if there.name != plan.name {
        return Err(differs(format!("it holds the study {:?}", there.name)));
    }
    let begun = |run: &&Run| run.directory(directory).join(RunFile::FILE).is_file();
    let is_left_out = |run: &&Run| plan.runs.iter().all(|other| other.name != run.name);
    let left_out: Vec<&Run> = there.runs.iter().filter(is_left_out).filter(begun).collect();
    if let Some(run) = left_out.first() {
        let more = if left_out.len() > 1 { format!(" and {} more", left_out.len() - 1) } else { String::new() };
        return Err(differs(format!("the run {}{more} has begun there and is no longer in the study", run.name)));
    }
    for (run, setup) in plan.runs.iter().zip(&setups) {
        let Ok(stored) = RunFile::read(&run.directory(directory)) else { continue };
        let wanted = serde_json::to_value(setup).unwrap_or_default();
        if let Some(key) = difference(&stored.setup, &wanted) {
            return Err(differs(format!("the run {} has begun with another {key}", run.name)));
        }
    }
    Ok((plan, setups))
}

/// The directory of a study whose file is at `path`: `runs/NAME` for `…/NAME.toml`, that of the file if it lies in a study.
pub fn default_directory(path: &Path) -> PathBuf {
    match path.parent() {
        Some(folder) if folder.join(Plan::FILE).is_file() && path.ends_with(STUDY) => folder.into(),
        _ => Path::new("runs").join(path.file_stem().unwrap_or_default()),
    }
}

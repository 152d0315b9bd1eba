//! The study in its directory: its file, the base that all runs share and the files that both name, so that it can go on anywhere.

use std::path::{Path, PathBuf};

use super::StudyError;
use super::file::File;
use super::plan::Plan;
use crate::config::difference;
use crate::config::kept::{self, INPUTS, Kept};
use crate::io::provenance::RunFile;
use crate::io::{IoError, write_whole};

/// Name of the study's file in its directory.
pub const STUDY: &str = "study.toml";
/// Name of the config that its runs share.
pub const BASE: &str = "base.toml";
/// Folder for a study that is being compared with the one that is there.
const INCOMING: &str = ".incoming";

/// Puts the study of the file at `path` into `directory` and returns its plan. What is there already goes on: more runs may have joined,
/// but no run that has begun may have become another one.
///
/// # Errors
/// If the file or a run is wrong, the directory holds another study, or the system fails.
pub fn keep(path: &Path, directory: &Path) -> Result<Plan, StudyError> {
    let given = File::read(path)?;
    Plan::new(&given)?;
    let incoming = directory.join(INCOMING);
    let _ = std::fs::remove_dir_all(&incoming);
    let kept = copies(path, &given)?;
    let result = lay_down(&kept, &incoming).map_err(StudyError::from).and_then(|()| compare(&incoming, directory));
    let moved = result.and_then(|plan| {
        let names = [STUDY, BASE];
        lay_down(&kept, directory)?;
        names.iter().try_for_each(|name| {
            let there = directory.join(name);
            std::fs::rename(incoming.join(name), &there).map_err(IoError::system(&there))
        })?;
        plan.write(directory)?;
        Ok(plan)
    });
    let _ = std::fs::remove_dir_all(&incoming);
    moved
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
    let study = kept::with_copies(path, folder, &["set", "vary"], &[("base", BASE), ("name", &given.name)], &mut files)?;
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

/// The plan of the study in `incoming`, if all runs that have begun in `directory` are runs of it as they were.
fn compare(incoming: &Path, directory: &Path) -> Result<Plan, StudyError> {
    let (plan, setups) = Plan::new(&File::read(&incoming.join(STUDY))?)?;
    let differs = |reason: String| StudyError::Other { directory: directory.into(), reason };
    if !directory.join(Plan::FILE).is_file() {
        let holds_run = directory.join(RunFile::FILE).exists();
        return if holds_run { Err(differs("it holds a run, not a study".into())) } else { Ok(plan) };
    }
    for (run, setup) in plan.runs.iter().zip(&setups) {
        let Ok(stored) = RunFile::read(&run.directory(directory)) else { continue };
        let wanted = serde_json::to_value(setup).unwrap_or_default();
        if let Some(key) = difference(&stored.setup, &wanted) {
            return Err(differs(format!("the run {} has begun with another {key}", run.name)));
        }
    }
    Ok(plan)
}

/// The directory of a study whose file is at `path`: `runs/NAME` for `…/NAME.toml`, that of the file if it lies in a study.
pub fn default_directory(path: &Path) -> PathBuf {
    match path.parent() {
        Some(folder) if folder.join(Plan::FILE).is_file() && path.ends_with(STUDY) => folder.into(),
        _ => Path::new("runs").join(path.file_stem().unwrap_or_default()),
    }
}

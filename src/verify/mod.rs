//! `liplate verify`: the solver against exact results.
//!
//! A case reads one or more configs of `configs/verification/`, runs them on a device and compares what comes out with
//! what the sharp-interface equations say. A comparison is a [`Check`]; where an error must fall with the grid, the check
//! carries the observed order too.

mod binary;
mod boss;
mod check;
mod contact;
mod copper;
mod crystal;
pub mod devices;
mod dispersion;
mod finger;
mod floating;
mod lab;
mod limiting;
mod limits;
mod manufactured;
mod modes;
mod nucleation;
mod planar;
pub mod report;
mod ripening;
mod ripple;
mod saffman;
mod sand;
mod sei;
mod sphere;
mod survey;
mod symmetry;
mod unsteady_finger;
mod voids;
mod wulff;

pub use check::Check;
pub use lab::{Lab, Specimen};

use std::fs::OpenOptions;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;
use std::time::Instant;

use crate::config::ConfigError;
use crate::io::{IoError, write_whole};
use crate::run::RunError;
use crate::solver::backend::BackendError;
use crate::solver::step::StepFailure;

/// One case of the ladder.
pub struct Case {
    /// name on the command line
    pub name: &'static str,
    /// what is compared, for people
    pub about: &'static str,
    /// where the exact values come from
    pub source: &'static str,
    /// whether it takes seconds: the quick set leaves out the others unless they are named
    pub quick: bool,
    /// runs it
    pub run: fn(&Lab) -> Result<Vec<Check>, VerifyError>,
}

/// The ladder, from the simplest to the whole.
pub const CASES: &[Case] = &[
    planar::CASE,
    sphere::CASE,
    sand::CASE,
    limiting::CASE,
    boss::CASE,
    dispersion::CASE,
    modes::CASE,
    unsteady_finger::CASE,
    finger::CASE,
    crystal::CASE,
    wulff::CASE,
    binary::CASE,
    nucleation::CASE,
    copper::CASE,
    contact::CASE,
    ripening::CASE,
    floating::CASE,
    sei::CASE,
    voids::CASE,
    symmetry::CASE,
    limits::CASE,
    manufactured::CASE,
    devices::CASE,
    // one a line
];

/// Why there is no report, or a case could not be run. A case that runs and misses its tolerance is no error.
#[derive(Debug, thiserror::Error)]
pub enum VerifyError {
    /// There is no such case.
    #[error("--case {name}: there is no such case{}; there are {}", suggestion(name), names())]
    UnknownCase {
        /// what was asked for
        name: String,
    },
    /// A config.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// A run.
    #[error(transparent)]
    Run(#[from] RunError),
    /// A step.
    #[error(transparent)]
    Step(#[from] StepFailure),
    /// The device.
    #[error(transparent)]
    Backend(#[from] BackendError),
    /// What a case needed was not in its result.
    #[error("{0}")]
    Case(String),
}

fn names() -> String {
    CASES.iter().map(|case| case.name).collect::<Vec<_>>().join(", ")
}

/// The case whose name is most like `name`, if one is.
fn suggestion(name: &str) -> String {
    let likeness = |case: &&Case| strsim::jaro_winkler(case.name, name);
    CASES
        .iter()
        .filter(|case| likeness(case) > 0.7)
        .max_by(|a, b| likeness(a).total_cmp(&likeness(b)))
        .map(|case| format!(", did you mean {:?}?", case.name))
        .unwrap_or_default()
}

/// Runs the named cases, or all, and hands each part of the report to `tell` as soon as it is there. A case that cannot be
/// run is a failed check.
///
/// # Errors
/// If there is no such case, or the device cannot be opened.
pub fn run(lab: &Lab, wanted: &[String], tell: impl Fn(&str)) -> Result<Vec<Check>, VerifyError> {
    if let Some(name) = wanted.iter().find(|name| CASES.iter().all(|case| case.name != **name)) {
        return Err(VerifyError::UnknownCase { name: name.clone() });
    }
    // a device that cannot be opened is one error, not one for every case
    lab.with(&lab.config("planar", &[])?, |_| Ok(()))?;
    let named = |case: &&Case| {
        if wanted.is_empty() { case.quick || !lab.quick } else { wanted.iter().any(|name| name == case.name) }
    };
    Ok(run_cases(lab, CASES.iter().filter(named), tell))
}

fn run_cases<'a>(lab: &Lab, cases: impl Iterator<Item = &'a Case>, tell: impl Fn(&str)) -> Vec<Check> {
    let mut all = Vec::new();
    for case in cases {
        tell(&report::opening(case));
        let begin = Instant::now();
        let mut checks = match catch_unwind(AssertUnwindSafe(|| (case.run)(lab))) {
            Ok(Ok(checks)) if checks.is_empty() && !lab.quick => vec![Check::not_run("nothing was compared")],
            Ok(Ok(checks)) => checks,
            Ok(Err(error)) => vec![Check::not_run(error)],
            Err(_) => vec![Check::not_run("the program panicked; the message is on standard error")],
        };
        checks.iter_mut().for_each(|check| check.case = case.name.into());
        checks.iter().for_each(|check| tell(&report::line(check)));
        tell(&report::closing(case, begin.elapsed().as_secs_f64()));
        all.append(&mut checks);
    }
    let failed = all.iter().filter(|check| check.failed()).count();
    let skipped = match all.iter().filter(|check| check.skipped).count() {
        0 => String::new(),
        skipped => format!(", {skipped} not run"),
    };
    tell(&format!("{} checks, {failed} failed{skipped}\n", all.len()));
    all
}

/// Exit code of a report: 1 if a check failed, 0 otherwise.
pub fn exit_code(checks: &[Check]) -> u8 {
    u8::from(checks.iter().any(Check::failed))
}

/// Makes sure that a file can be written, before half an hour is spent on what it shall hold; what it holds stays.
///
/// # Errors
/// If it cannot.
pub fn writable(path: &Path) -> Result<(), IoError> {
    OpenOptions::new().append(true).create(true).open(path).map(drop).map_err(IoError::system(path))
}

/// Writes checks as a JSON list.
///
/// # Errors
/// If the file cannot be written.
pub fn write_json(path: &Path, checks: &[Check]) -> Result<(), IoError> {
    let text = serde_json::to_string_pretty(checks).map_err(|e| IoError::content(path, e.to_string()))?;
    std::fs::write(path, text + "\n").map_err(IoError::system(path))
}

/// Puts checks into the table between the markers of a Markdown file; see [`report::splice`].
///
/// # Errors
/// If the file cannot be read or written, or has no markers.
pub fn write_table(path: &Path, checks: &[Check]) -> Result<(), IoError> {
    rewrite(path, report::MARKERS, |text| report::splice(text, checks))
}

/// Puts a summary of the table in the file `table` between the markers of the Markdown file `path`; see
/// [`report::summarise`].
///
/// # Errors
/// If a file cannot be read or written, or has no markers.
pub fn write_summary(path: &Path, table: &Path) -> Result<(), IoError> {
    let rows = report::rows(&crate::input::text(table).map_err(IoError::system(table))?);
    rewrite(path, report::SUMMARY, |text| report::summarise(text, &rows))
}

fn rewrite(path: &Path, markers: [&str; 2], change: impl Fn(&str) -> Option<String>) -> Result<(), IoError> {
    let text = crate::input::text(path).map_err(IoError::system(path))?;
    let text =
        change(&text).ok_or_else(|| IoError::content(path, format!("has no place for it: {}", markers.join(" "))))?;
    write_whole(path, text.as_bytes())
}

#[cfg(test)]
mod tests {
    use std::cell::RefCell;

    use super::*;
    use crate::sim::device::DeviceChoice;

    const LAB: Lab = Lab { device: DeviceChoice::Cpu, quick: false };

    const fn case(name: &'static str, run: fn(&Lab) -> Result<Vec<Check>, VerifyError>) -> Case {
        Case { name, about: "a trial", source: "arithmetic", quick: true, run }
    }

    #[test]
    fn a_case_that_fails_hides_no_other_and_sets_the_exit_code() {
        let good = case("good", |_| Ok(vec![Check::absolute("x", 1.0, 1.0, 0.1)]));
        let wrong = case("wrong", |_| Ok(vec![Check::absolute("x", 2.0, 1.0, 0.1)]));
        let error = case("error", |_| Err(VerifyError::Case("no front".into())));
        let empty = case("empty", |_| Ok(Vec::new()));
        let panic = case("panic", |_| panic!("this message is part of a test"));
        let told = RefCell::new(String::new());
        let run = |cases: &[&Case]| run_cases(&LAB, cases.iter().copied(), |text| *told.borrow_mut() += text);
        assert_eq!(exit_code(&run(&[&good])), 0);
        for bad in [&wrong, &error, &empty, &panic] {
            told.borrow_mut().clear();
            let checks = run(&[bad, &good]);
            assert_eq!(checks.iter().map(|check| check.pass).collect::<Vec<_>>(), [false, true], "{}", bad.name);
            assert_eq!(exit_code(&checks), 1);
            assert!(told.borrow().contains("FAIL") && told.borrow().ends_with("2 checks, 1 failed\n"));
        }
        assert!(run(&[&error])[0].quantity.contains("no front"));
        let absent = case("absent", |_| Ok(vec![Check::skipped("there is no adapter")]));
        let checks = run(&[&absent, &good]);
        assert_eq!(
            checks.iter().map(|check| (check.pass, check.failed())).collect::<Vec<_>>(),
            [(false, false), (true, false)]
        );
        assert_eq!(exit_code(&checks), 0);
        assert!(told.borrow().ends_with("2 checks, 0 failed, 1 not run\n"), "{}", told.borrow());
    }

    #[test]
    fn names_are_unique_and_a_wrong_one_is_answered_with_the_nearest() {
        let mut names: Vec<&str> = CASES.iter().map(|case| case.name).collect();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), CASES.len());
        let message = run(&LAB, &["plannar".into()], |_| ()).unwrap_err().to_string();
        assert!(message.contains("--case plannar") && message.contains("did you mean \"planar\"?"), "{message}");
        assert!(!VerifyError::UnknownCase { name: "qqq".into() }.to_string().contains("did you mean"));
    }

    #[test]
    fn what_is_not_finite_is_null_in_json() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("checks.json");
        let checks =
            [Check::not_run("no"), Check::absolute("x", f64::INFINITY, 0.0, 1.0), Check::skipped("no adapter")];
        write_json(&path, &checks).unwrap();
        let list: serde_json::Value = serde_json::from_str(&std::fs::read_to_string(&path).unwrap()).unwrap();
        assert!(list[0].get("skipped").is_none() && list[2]["skipped"] == true && list[2]["pass"] == false);
        assert!(list[0]["computed"].is_null() && list[1]["computed"].is_null() && list[1]["error"].is_null());
        assert!(writable(&path).is_ok() && writable(&folder.path().join("no/checks.json")).is_err());
        assert!(std::fs::metadata(&path).unwrap().len() > 0, "asking whether it can be written empties no file");
    }
}

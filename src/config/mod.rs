//! From a config file to a [`Setup`] in SI units, or to everything that is wrong with it at once.

mod checks;
pub mod kept;
mod protocol;
pub mod quantity;
mod reader;
mod sections;
mod tables;

use std::cell::RefCell;
use std::path::{Path, PathBuf};

use toml::{Table, Value};

use crate::model::parameters::Setup;
pub use checks::SMALLEST_NUCLEUS;

/// Why a config gives no run.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// The file could not be read.
    #[error("{path}: {reason}")]
    Unreadable {
        /// the file
        path: PathBuf,
        /// what the system said
        reason: std::io::Error,
    },
    /// The file is not TOML.
    #[error("{path}: not valid TOML: {reason}")]
    Syntax {
        /// the file
        path: PathBuf,
        /// what the parser said, with the line
        reason: String,
    },
    /// `--set` without a key and a value.
    #[error("--set {text}: expected key=value, as in --set kinetics.i0=\"3 mA/cm^2\"")]
    Override {
        /// what was given
        text: String,
    },
    /// Keys or values are wrong.
    #[error("{path}: {}:\n  {}", count(problems.len()), problems.join("\n  "))]
    Invalid {
        /// the file
        path: PathBuf,
        /// every violation, the key first
        problems: Vec<String>,
    },
}

fn count(problems: usize) -> String {
    if problems == 1 { "1 problem".into() } else { format!("{problems} problems") }
}

/// A config as read: the run and what a person should hear about it.
#[derive(Clone, Debug)]
pub struct Config {
    /// the run
    pub setup: Setup,
    /// sentences that are no errors
    pub remarks: Vec<String>,
}

/// Reads the config at `path` with `overrides`, each `key.path=value`. Files it names are sought beside it; the heights
/// of a height map are not read here.
///
/// # Errors
/// If the file cannot be read, is not TOML, or is wrong: all violations at once.
pub fn read(path: &Path, overrides: &[String]) -> Result<Config, ConfigError> {
    let text = std::fs::read_to_string(path).map_err(|reason| ConfigError::Unreadable { path: path.into(), reason })?;
    from_text(&text, path, overrides)
}

/// The same for a config that is already in memory; `path` names it in errors.
///
/// # Errors
/// As [`read`].
pub fn from_text(text: &str, path: &Path, overrides: &[String]) -> Result<Config, ConfigError> {
    let mut table: Table = text
        .parse()
        .map_err(|reason: toml::de::Error| ConfigError::Syntax { path: path.into(), reason: reason.to_string() })?;
    let problems = RefCell::default();
    for text in overrides {
        apply(&mut table, text, &problems)?;
    }
    let folder = path.parent().unwrap_or(Path::new("."));
    let setup = sections::setup(&reader::Section::root(&table, &problems), folder);
    let remarks = checks::check(&setup, &problems);
    let problems = problems.into_inner();
    if problems.is_empty() {
        Ok(Config { setup, remarks })
    } else {
        Err(ConfigError::Invalid { path: path.into(), problems })
    }
}

/// What the checks of a config object to in a setup that was made by other means, the key first in each sentence.
pub fn objections(setup: &Setup) -> Vec<String> {
    let problems = RefCell::default();
    checks::check(setup, &problems);
    problems.into_inner()
}

/// Sets one key. The value may be TOML, or a bare text such as `3 mA/cm^2`.
fn apply(table: &mut Table, text: &str, problems: &reader::Problems) -> Result<(), ConfigError> {
    let bad = || ConfigError::Override { text: text.into() };
    let (key, value) = text.split_once('=').ok_or_else(bad)?;
    let value = format!("value = {value}")
        .parse::<Table>()
        .ok()
        .and_then(|mut table| table.remove("value"))
        .unwrap_or_else(|| Value::String(value.trim().into()));
    let mut place = table;
    let names: Vec<&str> = key.trim().split('.').collect();
    let (last, sections) = names.split_last().filter(|(last, _)| !last.is_empty()).ok_or_else(bad)?;
    for name in sections {
        match place.entry(*name).or_insert_with(|| Value::Table(Table::new())) {
            Value::Table(inner) => place = inner,
            _ => {
                problems.borrow_mut().push(format!("{key}: {name} is not a section"));
                return Ok(());
            }
        }
    }
    place.insert((*last).into(), value);
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    const GOOD: &str = r#"
        [grid]
        cells = [16, 16, 32]
        dx = "0.25 um"
        [electrolyte]
        kind = "nyman"
        [kinetics]
        i0 = "1 mA/cm^2"
        [top]
        current = "1 mA/cm^2"
        [deposit]
        kind = "layer"
        thickness = "1 um"
        [end]
        charge = "0.1 mAh/cm^2"
    "#;

    fn read(text: &str, overrides: &[&str]) -> Result<Config, String> {
        let overrides: Vec<String> = overrides.iter().map(|s| s.to_string()).collect();
        from_text(text, Path::new("test.toml"), &overrides).map_err(|e| e.to_string())
    }

    #[test]
    fn a_short_config_is_complete() {
        let setup = read(GOOD, &[]).unwrap().setup;
        assert_eq!(setup.kinetics.i0, 10.0);
        assert_eq!(setup.ell, setup.grid.dx);
        assert_eq!(setup.end.charge, Some(3600.0));
    }

    #[test]
    fn overrides_take_bare_texts_and_toml() {
        let setup = read(GOOD, &["kinetics.i0=3 mA/cm^2", "grid.cells=[8, 1, 64]"]).unwrap().setup;
        assert_eq!((setup.kinetics.i0, setup.grid.ny, setup.grid.nz), (30.0, 1, 64));
        assert!(read(GOOD, &["nonsense"]).unwrap_err().contains("key=value"));
    }

    #[test]
    fn the_top_takes_a_c_rate_with_a_capacity() {
        let c_rate = GOOD.replace("current = \"1 mA/cm^2\"", "c_rate = \"C/4\"\nareal_capacity = \"4 mAh/cm^2\"");
        assert_eq!(read(&c_rate, &[]).unwrap().setup.top.control, crate::model::parameters::Control::Current(10.0));
        assert!(read(GOOD, &["top.potential=-50 mV"]).unwrap_err().contains("both given"));
    }

    #[test]
    fn a_compliance_is_negative_and_within_reach_of_no_limit() {
        let compliance = |overrides: &[&str]| read(GOOD, overrides).map(|config| config.setup.top.compliance);
        assert_eq!(compliance(&[]), Ok(Some(-1.0)));
        assert_eq!(compliance(&["top.compliance=-500 mV"]), Ok(Some(-0.5)));
        assert_eq!(compliance(&["top.compliance=none"]), Ok(None));
        assert_eq!(compliance(&["top.compliance=none", "end.potential_below=-2 V"]), Ok(None));
        assert_eq!(compliance(&["top.compliance=-0.5 V", "end.potential_below=-0.5 V"]), Ok(Some(-0.5)));
        for (overrides, part) in [
            (&["top.compliance=0.5 V"][..], "top.compliance: 0.5 V must lie between -10 and -0.001"),
            (&["top.compliance=0 V"], "top.compliance: 0 V must lie"),
            (&["top.compliance=never"], "top.compliance"),
            (&["top.compliance=-0.5 V", "end.potential_below=-0.7 V"], "end.potential_below: -0.7 V is never met"),
        ] {
            let message = compliance(overrides).unwrap_err();
            assert!(message.contains(part) && message.contains("1 problem:"), "{message}");
        }
        let given = GOOD.replace("current = \"1 mA/cm^2\"", "potential = \"-2 V\"\ncompliance = \"-1 V\"");
        assert!(read(&given, &[]).unwrap_err().contains("top.compliance: limits a current"));
        let steps = |words: &str| {
            let step = format!("[[protocol]]\nstep = \"Charge at 1 mA/cm^2 {words} until -0.2 V vs Li\"\n[end]\n");
            GOOD.replace("current = \"1 mA/cm^2\"", "").replace("[end]\n        charge = \"0.1 mAh/cm^2\"", &step)
        };
        assert!(read(&steps("with compliance -0.3 V"), &["top.compliance=-0.1 V"]).is_ok());
        for (words, overrides) in [("with compliance -0.1 V", &[][..]), ("", &["top.compliance=-0.1 V"])] {
            let message = read(&steps(words), overrides).unwrap_err();
            assert!(message.contains("protocol[0].steps") && message.contains("-0.2 V is never met"), "{message}");
        }
    }

    #[test]
    fn every_violation_is_reported_at_once() {
        let bad = GOOD.replace("i0 = \"1 mA/cm^2\"", "i0 = \"1 mA\"\nalhpa = 0.5").replace("\"0.25 um\"", "0.25");
        let message = read(&bad, &["top.salt=cathod", "end.charge=-1 mAh/cm^2"]).unwrap_err();
        for part in ["kinetics.i0", "did you mean \"alpha\"", "grid.dx", "top.salt", "end.charge"] {
            assert!(message.contains(part), "{part} is missing in: {message}");
        }
        assert!(message.contains("5 problems"), "{message}");
    }

    #[test]
    fn impossible_geometry_is_refused() {
        for (change, key) in [
            ("grid.ell=0.1 um", "grid.ell"),
            ("deposit.thickness=9 um", "deposit"),
            ("collector.height=7.9 um", "collector.height"),
        ] {
            let message = read(GOOD, &[change]).unwrap_err();
            assert!(message.contains(key), "{change}: {message}");
        }
        let nuclei = ["nucleation.kind=at_once", "nucleation.density=1e11 /m^2", "nucleation.radius=0.3 um"];
        assert!(read(GOOD, &nuclei).unwrap_err().contains("nucleation.radius"));
    }
}

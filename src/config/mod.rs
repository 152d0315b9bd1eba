//! From a config file to a [`Setup`] in SI units, or to everything that is wrong with it at once.

mod cell;
mod changes;
mod checks;
mod findings;
pub mod guide;
pub mod kept;
mod origins;
mod protocol;
pub mod quantity;
mod reader;
mod sections;
mod tables;

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use toml::{Table, Value};

use crate::model::parameters::Setup;
pub use cell::{CellFile, cell_from_text, read_cell};
pub use changes::{Changes, Until, difference};
pub use checks::SMALLEST_NUCLEUS;
pub(crate) use findings::Findings;
use findings::Kind;
pub(crate) use origins::Origins;
pub(crate) use reader::{Section, nearest};
pub use tables::{Recorded, RecordedCurve, recorded};

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
    #[error("--set {text}: {reason}")]
    Override {
        /// what was given
        text: String,
        /// what is wrong with it
        reason: &'static str,
    },
    /// `--set` of something that is not to be set.
    #[error("--set {text}: {reason}")]
    Refused {
        /// what was given
        text: String,
        /// why not
        reason: String,
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
    /// the unit that each quantity is given in, by the full name of its key; those that have a default are not there
    pub units: BTreeMap<String, String>,
    origins: Origins,
}

impl Config {
    /// Objections to the setup, the key first in each sentence, with the line or the override that is to blame below each.
    pub fn located(&self, objections: &[String]) -> Vec<String> {
        objections.iter().map(|objection| self.origins.located(objection)).collect()
    }
}

/// Reads the config at `path` with `overrides`, each `key.path=value`. Files it names are sought beside it; the heights
/// of a height map are not read here.
///
/// # Errors
/// If the file cannot be read, is not TOML, or is wrong: all violations at once.
pub fn read(path: &Path, overrides: &[String]) -> Result<Config, ConfigError> {
    let text = crate::input::text(path).map_err(|reason| ConfigError::Unreadable { path: path.into(), reason })?;
    from_text(&text, path, overrides)
}

/// Reads a config whose text is in memory; `path` names it in errors, and files are sought beside it.
///
/// # Errors
/// As [`read`].
pub fn from_text(text: &str, path: &Path, overrides: &[String]) -> Result<Config, ConfigError> {
    let (findings, objections) = (Findings::default(), RefCell::default());
    let (table, origins) = parsed(text, path, overrides, &findings)?;
    let folder = path.parent().unwrap_or(Path::new("."));
    let (setup, mut remarks) = sections::setup(&reader::Section::root(&table, &findings), folder);
    if findings.can_be_checked() {
        remarks.extend(checks::check(&setup, &objections));
    }
    let (found, units) = findings.settle();
    let mut problems: Vec<String> =
        found.iter().map(|problem| format!("{}: {}", problem.key, problem.sentence)).collect();
    problems.extend(objections.into_inner().into_iter().filter(|objection| !findings::follows(objection, &found)));
    if problems.is_empty() {
        return Ok(Config { setup, remarks, units, origins });
    }
    let problems = problems.into_iter().map(|problem| origins.located(&problem)).collect();
    Err(ConfigError::Invalid { path: path.into(), problems })
}

/// A `text` as TOML with `overrides`, and where each key comes from.
fn parsed(text: &str, path: &Path, overrides: &[String], findings: &Findings) -> Result<(Table, Origins), ConfigError> {
    let mut table: Table = text.parse().map_err(|reason: toml::de::Error| ConfigError::Syntax {
        path: path.into(),
        reason: format!("{}{}", reason.to_string().trim_end(), hint(text, &reason)),
    })?;
    let mut origins = Origins::new(text, &path.display().to_string());
    for text in overrides {
        apply(&mut table, text, findings, &mut origins)?;
    }
    Ok((table, origins))
}

/// What is often meant by a line that is no TOML.
fn hint(text: &str, reason: &toml::de::Error) -> String {
    let Some(start) = reason.span().map(|span| span.start.min(text.len())) else { return String::new() };
    let Some(before) = text.get(..start) else { return String::new() };
    let begin = before.rfind('\n').map_or(0, |place| place + 1);
    let line = text[begin..].lines().next().unwrap_or_default();
    let Some((key, value)) = line.split_once('=') else { return String::new() };
    let (key, value) = (key.trim(), value.trim());
    let begins = |c: char| c.is_ascii_digit() || c == '-';
    match value {
        _ if value.contains(['“', '”', '„']) => "\nwrite straight quotes: \"".into(),
        _ if value.starts_with(begins) && !value.contains(['"', '\'']) => {
            format!(
                "\na number with its unit stands in quotes: {key} = \"{}\"",
                value.split('#').next().unwrap_or_default().trim()
            )
        }
        _ => String::new(),
    }
}

/// Reads a config that is to be run, and objects to what the run will meet on its way: steps that are over before they begin, limits
/// that nothing meets, currents that nothing takes.
///
/// # Errors
/// As [`read`].
pub fn read_to_run(path: &Path, overrides: &[String]) -> Result<Config, ConfigError> {
    let mut config = read(path, overrides)?;
    let (problems, remarks) = checks::ahead(&config.setup);
    if !problems.is_empty() {
        let problems = problems.into_iter().map(|problem| config.origins.located(&problem)).collect();
        return Err(ConfigError::Invalid { path: path.into(), problems });
    }
    config.remarks.extend(remarks);
    Ok(config)
}

/// What the checks of a config object to in a setup that was made by other means, the key first in each sentence.
pub fn objections(setup: &Setup) -> Vec<String> {
    let problems = RefCell::default();
    checks::check(setup, &problems);
    problems.into_inner()
}

/// Most levels of a key: the deepest ones have three.
const DEEPEST: usize = 8;

/// The key of an override `key=value`.
pub(crate) fn key_of(text: &str) -> &str {
    text.split('=').next().unwrap_or_default().trim()
}

/// What an override begins with that takes a key away.
pub const UNSET: char = '-';

/// Takes a key away, as if the file did not have it.
fn remove(table: &mut Table, key: &str, findings: &Findings) {
    let names: Vec<&str> = key.split('.').map(str::trim).collect();
    let section = names[..names.len() - 1].iter().try_fold(table, |place, name| match place.get_mut(*name) {
        Some(Value::Table(inner)) => Some(inner),
        _ => None,
    });
    if section.is_none_or(|section| section.remove(names[names.len() - 1]).is_none()) {
        findings.object(key.into(), "is not given, so there is nothing to unset".into(), Kind::Structure);
    }
}

/// Sets one key. The value may be TOML, or a bare text such as `3 mA/cm^2`.
fn apply(table: &mut Table, text: &str, findings: &Findings, origins: &mut Origins) -> Result<(), ConfigError> {
    let bad = |reason| ConfigError::Override { text: cut(text), reason };
    if let Some(key) = text.strip_prefix(UNSET) {
        remove(table, key, findings);
        return Ok(());
    }
    let form = "expected key=value, as in --set kinetics.i0=\"3 mA/cm^2\"";
    let (key, value) = text.split_once('=').ok_or_else(|| bad(form))?;
    let (key, value) = (key.trim(), value.trim());
    let names: Vec<&str> = key.split('.').map(str::trim).collect();
    if names.len() > DEEPEST {
        return Err(bad("no key lies that deep"));
    }
    if names.iter().any(|name| name.is_empty()) {
        return Err(bad(form));
    }
    let value = as_toml(value).unwrap_or_else(|| Value::String(value.into()));
    origins.set(key, text);
    let mut place = table;
    let Some((last, sections)) = names.split_last() else { return Err(bad(form)) };
    for (i, name) in sections.iter().enumerate() {
        let (name, indices) = element(name).ok_or_else(|| bad(form))?;
        let inner = place.entry(name).or_insert_with(|| Value::Table(Table::new()));
        match within(inner, &indices) {
            None => return absent(findings, key, &names[..=i]),
            Some(Value::Table(inner)) => place = inner,
            Some(_) => {
                findings.object(key.into(), format!("{} is not a section", names[..=i].join(".")), Kind::Structure);
                return Ok(());
            }
        }
    }
    let (last, indices) = element(last).ok_or_else(|| bad(form))?;
    if indices.is_empty() {
        place.insert(last.into(), value);
        return Ok(());
    }
    match place.get_mut(last).and_then(|list| within(list, &indices)) {
        Some(found) => *found = value,
        None => return absent(findings, key, &names),
    }
    Ok(())
}

/// An element of a list of lists; without numbers the value itself.
fn within<'v>(value: &'v mut Value, indices: &[usize]) -> Option<&'v mut Value> {
    indices.iter().try_fold(value, |value, index| value.as_array_mut()?.get_mut(*index))
}

/// Objects to an element of a list that is not there.
fn absent(findings: &Findings, key: &str, names: &[&str]) -> Result<(), ConfigError> {
    findings.object(key.into(), format!("there is no {} to set; lists count from 0", names.join(".")), Kind::Structure);
    Ok(())
}

/// A name and the numbers of elements behind it: `steps[0]` is element 0 of the list `steps`.
pub(crate) fn element(name: &str) -> Option<(&str, Vec<usize>)> {
    let (bare, rest) = name.split_at(name.find('[').unwrap_or(name.len()));
    let numbers = rest.strip_prefix('[').map(|rest| rest.strip_suffix(']')).unwrap_or(Some(""))?;
    let indices = match numbers {
        "" if rest.is_empty() => Vec::new(),
        numbers => numbers.split("][").map(|number| number.parse().ok()).collect::<Option<Vec<usize>>>()?,
    };
    (!bare.is_empty()).then_some((bare, indices))
}

/// A text that is one value of TOML from its beginning to its end, without a comment or another line.
fn as_toml(text: &str) -> Option<Value> {
    let spanned = toml::de::DeValue::parse(text).ok()?;
    (spanned.span() == (0..text.len())).then_some(())?;
    format!("value = {text}").parse::<Table>().ok()?.remove("value")
}

/// The text, cut if it is long.
fn cut(text: &str) -> String {
    match text.char_indices().nth(100) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.into(),
    }
}

#[cfg(test)]
mod culprits;
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
    fn a_pattern_fits_its_box_and_is_followed() {
        let pattern = |overrides: &[&str]| read(GOOD, overrides).map(|config| config.setup.collector.pattern);
        assert_eq!(pattern(&[]), Ok(None));
        let nuclei = "nucleation={kind = \"at_once\", density = \"0.1 um^-2\", radius = \"1 um\"}";
        let stripes = "collector.pattern={shape = \"stripes\", period = \"4 um\", width = \"1 um\"}";
        let read = pattern(&["grid.cells=[32, 32, 64]", nuclei, stripes]);
        assert_eq!(read.map(|pattern| pattern.map(|p| [p.patch().inside, p.patch().outside])), Ok(Some([1.0, 0.0])));
        for (changed, part) in [
            (
                "collector.pattern.period=3 um",
                "collector.pattern.period: the box is 8.0000 µm wide along x, 2.667 periods",
            ),
            ("collector.pattern.width=5 um", "collector.pattern.width: 5.0000 µm is more than the period"),
            ("collector.pattern.inside=0", "collector.pattern: nothing nucleates anywhere"),
            ("collector.pattern.shape=spots", "collector.pattern.shape"),
            (
                "nucleation={kind = \"listed\", nuclei = [{x = \"1 um\", radius = \"1 um\"}]}",
                "collector.pattern: nothing follows it",
            ),
        ] {
            let message = pattern(&["grid.cells=[32, 32, 64]", nuclei, stripes, changed]).unwrap_err();
            assert!(message.contains(part), "{changed}: {message}");
        }
    }

    #[test]
    fn a_crystal_is_convex_and_a_field_has_its_mechanism() {
        let crystal = |overrides: &[&str]| read(GOOD, overrides).map(|config| config.setup.mechanisms.crystal);
        assert_eq!(crystal(&[]), Ok(None));
        let turned = crystal(&["crystal.gamma_e1=0.1", "crystal.orientation=[\"90 deg\", \"0 deg\", \"45 deg\"]"]);
        assert!(turned.is_ok_and(|crystal| crystal.is_some_and(|crystal| crystal.orientation.is_some())));
        for (overrides, part) in [
            (&["crystal.gamma_e1=0.3"][..], "crystal.gamma_e1: with e1 = 0.3 and e2 = 0 the stiffness"),
            (&["crystal.kinetic_e1=-3"], "crystal.kinetic_e1: with these harmonics"),
            (&["crystal.sharpness=1"], "crystal.sharpness"),
            (&["crystal.gamma_e3=0.1"], "gamma_e3"),
            (&["crystal.orientation=[\"1 m\", \"0 deg\", \"0 deg\"]"], "crystal.orientation"),
            (&["output.fields=[\"sei\"]"], "output.fields: \"sei\" needs a section [sei]"),
            (&["output.fields=[\"grain\"]"], "output.fields: \"grain\" needs a section [crystal.grains]"),
            (
                &["crystal.gamma_e1=0.2", "output.fields=[\"grain\"]"],
                "output.fields: \"grain\" needs a section [crystal.grains]",
            ),
            (&["crystal.grains={}"], "crystal.grains.kind: is missing"),
            (&["crystal.grains.kind=fibre"], "crystal.grains.axis: is missing"),
            (
                &["crystal.grains={kind = \"fibre\", axis = [0, 0, 0]}"],
                "crystal.grains.axis: [0, 0, 0] is no direction",
            ),
            (&["crystal.grains.kind=listed"], "crystal.grains.orientations: holds no orientation"),
            (
                &[
                    "crystal.grains.kind=uniform",
                    "nucleation={kind = \"none\"}",
                    "deposit={kind = \"layer\", thickness = \"1 um\"}",
                ],
                "crystal.grains: nuclei begin grains, and without nucleation there are none",
            ),
        ] {
            let message = crystal(overrides).unwrap_err();
            assert!(message.contains(part), "{message}");
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

    #[test]
    fn messages_show_the_line_or_the_override_that_is_to_blame() {
        let message =
            read(&GOOD.replace("i0 = \"1 mA/cm^2\"", "i0 = \"1,5 mA/cm^2\" # fast"), &["end.charge=1 mA"]).unwrap_err();
        for part in [
            "test.toml: 2 problems:",
            "kinetics.i0: \"1,5 mA/cm^2\": write a decimal point: \"1.5 mA/cm^2\"\n      test.toml:8: i0 = \"1,5 mA/cm^2\" # fast",
            "end.charge: \"1 mA\" is a current; a charge per area is expected, as in \"1 mAh/cm^2\"\n      --set 'end.charge=1 mA'",
        ] {
            assert!(message.contains(part), "{part} is missing in: {message}");
        }
        let steps = "[[protocol]]\nsteps = [\n\"Rest for 1 h\",\n\"Rest for 1 mA\",\n]\n[end]\n";
        let steps =
            GOOD.replace("current = \"1 mA/cm^2\"", "").replace("[end]\n        charge = \"0.1 mAh/cm^2\"", steps);
        let message = read(&steps, &[]).unwrap_err();
        assert!(
            message.contains("protocol[0].steps[1]: ") && message.contains("test.toml:17: \"Rest for 1 mA\","),
            "{message}"
        );
        let message = read(GOOD, &["kinetic.i0=1 mA/cm^2"]).unwrap_err();
        assert!(
            message.contains("kinetic: unknown key; did you mean \"kinetics\"")
                || message.contains("kinetic: unknown key"),
            "{message}"
        );
        assert!(message.contains("--set 'kinetic.i0=1 mA/cm^2'") && message.contains("1 problem:"), "{message}");
    }

    #[test]
    fn what_is_no_toml_shows_its_line_and_what_may_be_meant() {
        let message = read(&GOOD.replace("\"0.25 um\"", "0.25 um # fine"), &[]).unwrap_err();
        assert!(message.contains("line 4") && message.contains("stands in quotes: dx = \"0.25 um\""), "{message}");
        let message = read(&GOOD.replace("\"0.25 um\"", "“0.25 um”"), &[]).unwrap_err();
        assert!(message.contains("straight quotes"), "{message}");
    }

    #[test]
    fn an_override_is_one_key_and_one_value() {
        let deep = format!("{}=1", vec!["a"; 60_000].join("."));
        let nested = format!("grid.cells={}{}", "[".repeat(60_000), "]".repeat(60_000));
        for (text, part) in [
            (deep.as_str(), "no key lies that deep"),
            (&nested, "… must be a list of three"),
            ("grid..cells=1", "key=value"),
            ("=1", "key=value"),
            ("grid.dx.x=1", "grid.dx is not a section"),
            ("kinetics.alpha=0.5 # half", "begins no comment"),
            ("kinetics.alpha=0.5\nkinetics.i0=1", "kinetics.alpha: "),
        ] {
            let message = read(GOOD, &[text]).unwrap_err();
            assert!(message.contains(part) && message.len() < 1000, "{part}: {message}");
        }
    }

    #[test]
    fn a_key_without_its_kind_asks_for_the_kind() {
        let without = |kind: &str| GOOD.replace(kind, "");
        let message = read(&without("kind = \"layer\""), &[]).unwrap_err();
        assert!(message.contains("deposit.kind: is missing, and without it \"thickness\" means nothing"), "{message}");
        let message = read(GOOD, &["deposit.kind=Layer"]).unwrap_err();
        assert!(message.contains("\"Layer\" is not one of") && message.contains("did you mean \"layer\""), "{message}");
        assert!(message.contains("1 problem:"), "{message}");
        let message = read(GOOD, &["deposit.wavelength=1 um"]).unwrap_err();
        assert!(message.contains("deposit.wavelength: unknown key; kind = \"layer\" does not have it"), "{message}");
    }
}

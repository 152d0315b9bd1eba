//! What a run that goes on may change: when it ends, how it is written, how long its time steps are, and what is done next.

use std::path::Path;

use serde_json::Value;
use toml::Table;

use super::findings::Findings;
use super::origins::Origins;
use super::quantity::{self, Dimension};
use super::reader::Section;
use super::{ConfigError, UNSET, apply, key_of, nearest, objections, read, sections};
use crate::model::keys::OfKeys;
use crate::model::parameters::{End, Output, Setup, TimeStep};

/// Sections of which a run that goes on takes other values.
const SECTIONS: [&str; 3] = ["end", "output", "time_step"];
/// Keys of these that it does not, with why.
const FIXED: [(&str, &str); 1] = [("output.fields", "the files of the run hold the fields that it began with")];
/// The key of what is done.
const PROTOCOL: &str = "protocol";

/// Keys that a protocol takes the place of: what is imposed without one, and how much passes.
const WITHOUT_PROTOCOL: [&str; 4] = ["top.current", "top.potential", "top.c_rate", "end.charge"];

/// What a run is to go on to.
#[derive(Clone, Debug, PartialEq)]
pub enum Until {
    /// another end, in the place of the one that its config gives
    End(Changes),
    /// so many steps since it began
    Steps(u64),
}

/// The keys of `end` that a quantity can mean, by the SI unit of its dimension.
const ENDS: [(&str, &str); 3] = [("charge", "C/m^2"), ("time", "s"), ("height", "m")];

impl Until {
    /// Reads what stands after "until": a charge per area, a time or a height, counted as the keys of `end` count them, or a number of
    /// steps, as in `0.4 mAh/cm^2`, `10 s`, `5 um`, `100 steps`.
    ///
    /// # Errors
    /// A sentence, if it is none of these.
    pub fn read(text: &str) -> Result<Self, String> {
        let steps = text.trim().strip_suffix("steps").or_else(|| text.trim().strip_suffix("step"));
        if let Some(number) = steps.and_then(|number| number.trim().parse().ok()) {
            return Ok(Self::Steps(number));
        }
        let expected = "a charge per area, a time, a height or a number of steps is expected, as in \"0.4 mAh/cm^2\", \"10 s\", \"5 um\" \
                        or \"100 steps\"";
        let shown = quantity::shown(text);
        let read = quantity::read(text, "1").map_err(|problem| format!("until {problem}; {expected}"))?;
        let dimension = read.dimension();
        match ENDS.into_iter().find(|(_, unit)| dimension == Dimension::of(unit)) {
            Some((key, _)) => {
                Changes::read(&[format!("end.{key}={text}")]).map(Self::End).map_err(|problem| problem.to_string())
            }
            None if read.unit().is_empty() => Err(format!("until {shown} has no unit; {expected}")),
            None if dimension == Dimension::of("V") => Err(format!(
                "until {shown}: say which way, as the keys potential_below and potential_above of [end] do"
            )),
            None => Err(format!("until {shown} is {}; {expected}", dimension.name())),
        }
    }
}

/// Values that take the place of those of a run from now on.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Changes {
    /// section, key and value, as a setup has them
    values: Vec<(String, String, Value)>,
    /// keys of the protocol, each `key=value`
    protocol: Vec<String>,
}

impl Changes {
    /// Reads `overrides`, each `section.key=value`.
    ///
    /// # Errors
    /// If one of them would make another run of what has been computed, or is wrong.
    pub fn read(overrides: &[String]) -> Result<Self, ConfigError> {
        let (mut table, mut origins, findings) = (Table::new(), Origins::default(), Findings::default());
        let mut changes = Self::default();
        for text in overrides {
            let section = key_of(text).split(['.', '[']).next().unwrap_or_default();
            let refused = |reason: String| ConfigError::Refused { text: text.chars().take(100).collect(), reason };
            match section {
                PROTOCOL if text.contains('=') => changes.protocol.push(text.clone()),
                section if SECTIONS.contains(&section) => apply(&mut table, text, &findings, &mut origins)?,
                other => {
                    let known = SECTIONS.into_iter().chain([PROTOCOL]);
                    let meant = nearest(other, known).filter(|known| *known != other);
                    let meant = meant.map_or(String::new(), |known| format!("; did you mean {known:?}?"));
                    return Err(refused(format!(
                        "it would make another run of what has been computed; a run that goes on takes other values of end, output, \
                         time_step and protocol{meant}. `liplate run CONFIG --from DIR` begins a run from this one's state"
                    )));
                }
            }
        }
        for (fixed, why) in FIXED {
            if is_given(&table, fixed) {
                return Err(ConfigError::Refused { text: fixed.into(), reason: why.into() });
            }
        }
        let root = Section::root(&table, &findings);
        let given = [
            read_section::<End>(&root, "end"),
            read_section::<Output>(&root, "output"),
            read_section::<TimeStep>(&root, "time_step"),
        ];
        let (problems, _) = findings.settle();
        if !problems.is_empty() {
            let sentence = |problem: &super::findings::Problem| {
                format!("{}: {}{}", problem.key, problem.sentence, origins.shown(&problem.key))
            };
            return Err(ConfigError::Invalid {
                path: Path::new("--set").into(),
                problems: problems.iter().map(sentence).collect(),
            });
        }
        for (section, values) in SECTIONS.into_iter().zip(given) {
            let keys = table.get(section).and_then(toml::Value::as_table);
            for key in keys.into_iter().flat_map(Table::keys) {
                changes.values.push((section.into(), key.clone(), values[key].clone()));
            }
        }
        Ok(changes)
    }

    /// Whether it changes nothing.
    pub fn is_empty(&self) -> bool {
        self.values.is_empty() && self.protocol.is_empty()
    }

    /// Whether another protocol begins.
    pub fn begins_protocol(&self) -> bool {
        !self.protocol.is_empty()
    }

    /// The keys that it changes.
    pub fn keys(&self) -> Vec<String> {
        let keys = self.values.iter().map(|(section, key, _)| format!("{section}.{key}"));
        keys.chain(self.begins_protocol().then(|| PROTOCOL.to_string())).collect()
    }

    /// The `setup` of a run with the changes in it. Another protocol is read with the `config` that the run was made of, for what its steps
    /// refer to.
    ///
    /// # Errors
    /// Everything that is wrong with the new setup; with another protocol also if the config is not there or no longer that of the run.
    pub fn apply(&self, setup: &Setup, config: &Path) -> Result<Setup, String> {
        let mut setup = setup.clone();
        if self.begins_protocol() {
            let own = read(config, &[]).map(|own| own.setup.protocol).ok();
            let is_part = |text: &String| key_of(text) != PROTOCOL;
            if self.protocol.iter().any(is_part) && own.as_ref() != Some(&setup.protocol) {
                let config = config.display();
                return Err(format!(
                    "protocol: it is no longer that of {config}; give it as a whole, protocol=[{{steps = […]}}]"
                ));
            }
            let read = self.with_protocol(config)?;
            let value = |setup: &Setup| serde_json::to_value(setup).map_err(|error| error.to_string());
            let (there, mut here) = (value(&setup)?, value(&read)?);
            // what may differ: what is done from now on, and what an earlier resume has changed
            for section in SECTIONS.into_iter().chain([PROTOCOL, "name"]) {
                here[section] = there[section].clone();
            }
            for key in ["control", "initial_potential"] {
                here["top"][key] = there["top"][key].clone();
            }
            if let Some(key) = difference(&there, &here) {
                return Err(format!("{} is no longer the config of the run: {key} differs", config.display()));
            }
            setup.protocol = read.protocol;
            setup.top = read.top;
            setup.end.charge = None;
        }
        let mut value = serde_json::to_value(&setup).map_err(|error| error.to_string())?;
        for (section, key, new) in &self.values {
            value[section][key] = new.clone();
        }
        let setup: Setup = serde_json::from_value(value).map_err(|error| error.to_string())?;
        match objections(&setup) {
            problems if problems.is_empty() => Ok(setup),
            problems => Err(problems.join("\n")),
        }
    }

    /// The config of the run with the other protocol. Whether its steps can be taken depends on where the run stands, which a config does
    /// not tell.
    fn with_protocol(&self, config: &Path) -> Result<Setup, String> {
        let text = crate::input::text(config).map_err(|error| format!("{}: {error}", config.display()))?;
        let table: Table = text.parse().map_err(|error: toml::de::Error| format!("{}: {error}", config.display()))?;
        let unset = WITHOUT_PROTOCOL.into_iter().filter(|key| is_given(&table, key)).map(|key| format!("{UNSET}{key}"));
        let overrides: Vec<String> = unset.chain(self.protocol.iter().cloned()).collect();
        read(config, &overrides).map(|config| config.setup).map_err(|error| error.to_string())
    }
}

/// Whether a table has a key, as `end.charge`.
fn is_given(table: &Table, key: &str) -> bool {
    key.split_once('.').and_then(|(section, key)| table.get(section)?.get(key)).is_some()
}

/// A section as JSON, with the defaults of what is not given.
fn read_section<T: OfKeys + serde::Serialize>(root: &Section, name: &str) -> Value {
    serde_json::to_value(sections::whole::<T>(root.section(name))).unwrap_or_default()
}

/// The name of the first key in which two setups differ.
pub fn difference(a: &Value, b: &Value) -> Option<String> {
    fn within(a: &Value, b: &Value, path: &str) -> Option<String> {
        match (a.as_object(), b.as_object()) {
            (Some(left), Some(right)) => {
                let keys = left.keys().chain(right.keys());
                keys.into_iter().find_map(|key| {
                    let (one, other) = (left.get(key).unwrap_or(&Value::Null), right.get(key).unwrap_or(&Value::Null));
                    let name = if path.is_empty() { key.clone() } else { format!("{path}.{key}") };
                    within(one, other, &name)
                })
            }
            _ => (a != b).then(|| path.to_string()),
        }
    }
    within(a, b, "")
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn read(overrides: &[&str]) -> Result<Changes, String> {
        let overrides: Vec<String> = overrides.iter().map(|text| (*text).to_string()).collect();
        Changes::read(&overrides).map_err(|error| error.to_string())
    }

    fn quickstart() -> Setup {
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/configs/quickstart.toml");
        super::super::read(path.as_ref(), &[]).unwrap().setup
    }

    #[test]
    fn what_is_given_takes_the_place_and_the_rest_stays() {
        let before = quickstart();
        let changes = ["end.charge=1 mAh/cm^2", "end.short=false", "output.metrics_steps=7", "time_step.cfl=0.1"];
        let changes = read(&changes).unwrap();
        let after = changes.apply(&before, "nowhere".as_ref()).unwrap();
        let mut wanted = before.clone();
        (wanted.end.charge, wanted.end.short) = (Some(36_000.0), false);
        (wanted.output.metrics_steps, wanted.time_step.cfl) = (7, 0.1);
        assert_eq!(after, wanted);
        assert_eq!(changes.keys(), ["end.charge", "end.short", "output.metrics_steps", "time_step.cfl"]);
        assert!(read(&[]).unwrap().is_empty());
        assert!(
            read(&["end.height=1 m"]).unwrap().apply(&before, "nowhere".as_ref()).unwrap_err().contains("end.height")
        );
    }

    #[test]
    fn another_protocol_is_read_with_the_config_of_the_run() {
        let before = quickstart();
        let config = concat!(env!("CARGO_MANIFEST_DIR"), "/configs/quickstart.toml").as_ref();
        let changes = read(&["protocol=[{steps = [\"Strip at 1 mA/cm^2 until 0.3 V vs Li\"]}]"]).unwrap();
        // it takes the place of the current
        let after = changes.apply(&before, config).unwrap();
        assert!(after.protocol.length() == 1 && changes.begins_protocol());
        assert_eq!(after.end.charge, None);
        let like = |setup: &Setup| Setup {
            protocol: after.protocol.clone(),
            top: after.top.clone(),
            end: after.end.clone(),
            ..setup.clone()
        };
        assert_eq!(after, like(&before));
        let wrong =
            read(&["protocol=[{steps = [\"Strp at 1 mA/cm^2\"]}]"]).unwrap().apply(&before, config).unwrap_err();
        assert!(wrong.contains("Strp"), "{wrong}");
        let other = concat!(env!("CARGO_MANIFEST_DIR"), "/configs/formation.toml").as_ref();
        assert!(changes.apply(&before, other).unwrap_err().contains("no longer the config of the run"));
    }

    #[test]
    fn what_would_falsify_the_past_is_refused() {
        for (text, part) in [
            ("kinetics.i0=1 mA/cm^2", "another run of what has been computed"),
            ("ouput.metrics_steps=1", "did you mean \"output\""),
            ("output.fields=[\"xi\"]", "hold the fields that it began with"),
            ("output={fields = [\"xi\"]}", "hold the fields that it began with"),
            ("end.charge=1 mA", "a charge per area is expected"),
            ("end.chrage=1 mAh/cm^2", "did you mean \"charge\""),
            ("end.charge=-1 mAh/cm^2", "must be positive"),
            ("end", "key=value"),
        ] {
            let problem = read(&[text]).unwrap_err();
            assert!(problem.contains(part), "{text}: {problem}");
        }
    }

    #[test]
    fn until_is_a_key_of_end_by_its_dimension() {
        for (text, key) in
            [("0.4 mAh/cm^2", "charge"), ("10 s", "time"), ("2 h", "time"), ("5 um", "height"), ("3 C/m^2", "charge")]
        {
            let wanted = read(&[&format!("end.{key}={text}")]).unwrap();
            assert_eq!(Until::read(text), Ok(Until::End(wanted)), "{text}");
        }
        assert_eq!(Until::read("100 steps"), Ok(Until::Steps(100)));
        assert_eq!(Until::read(" 1 step "), Ok(Until::Steps(1)));
        for (text, part) in [
            ("0.4 mAh", "is a charge; a charge per area"),
            ("0.4", "has no unit"),
            ("-1 V", "potential_below"),
            ("-3 s", "must be positive"),
            ("covered", "a charge per area"),
            ("1.5 steps", "a charge per area"),
            ("", "a charge per area"),
        ] {
            let problem = Until::read(text).unwrap_err();
            assert!(problem.contains(part), "{text}: {problem}");
        }
    }

    #[test]
    fn the_first_key_that_differs_is_named() {
        let one = json!({"grid": {"nx": 4, "dx": 1.0}, "name": "a"});
        assert_eq!(difference(&one, &one), None);
        assert_eq!(difference(&one, &json!({"grid": {"nx": 5, "dx": 1.0}, "name": "a"})), Some("grid.nx".into()));
        assert_eq!(difference(&one, &json!({"grid": {"nx": 4, "dx": 1.0}})), Some("name".into()));
    }
}

//! Other conditions to end a run that goes on.

use std::path::Path;

use toml::Table;

use super::findings::Findings;
use super::origins::Origins;
use super::reader::Section;
use super::{ConfigError, apply, sections};
use crate::model::parameters::End;

/// Conditions of `[end]` that take the place of those of a run.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct NewEnd {
    given: End,
    keys: Vec<String>,
}

impl NewEnd {
    /// Reads `overrides`, each `end.key=value`.
    ///
    /// # Errors
    /// If one of them is of another section, or wrong.
    pub fn read(overrides: &[String]) -> Result<Self, ConfigError> {
        let (mut table, mut origins, findings) = (Table::new(), Origins::default(), Findings::default());
        for text in overrides {
            if !text.trim_start().starts_with("end.") {
                let reason =
                    "a run that goes on takes other values of [end] only, as in --set end.charge=\"2 mAh/cm^2\"";
                return Err(ConfigError::Override { text: text.chars().take(100).collect(), reason });
            }
            apply(&mut table, text, &findings, &mut origins)?;
        }
        let root = Section::root(&table, &findings);
        let given: End = sections::whole(root.section("end"));
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
        let keys = table.get("end").and_then(toml::Value::as_table);
        Ok(Self { given, keys: keys.into_iter().flat_map(Table::keys).cloned().collect() })
    }

    /// Whether it changes nothing.
    pub fn is_empty(&self) -> bool {
        self.keys.is_empty()
    }

    /// Puts the conditions that are given in the place of those of `end`.
    pub fn apply(&self, end: &mut End) {
        for key in &self.keys {
            match key.as_str() {
                "charge" => end.charge = self.given.charge,
                "time" => end.time = self.given.time,
                "potential_below" => end.potential_below = self.given.potential_below,
                "potential_above" => end.potential_above = self.given.potential_above,
                "height" => end.height = self.given.height,
                "short" => end.short = self.given.short,
                _ => {}
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(overrides: &[&str]) -> Result<NewEnd, String> {
        let overrides: Vec<String> = overrides.iter().map(|text| (*text).to_string()).collect();
        NewEnd::read(&overrides).map_err(|error| error.to_string())
    }

    #[test]
    fn what_is_given_takes_the_place_and_the_rest_stays() {
        let mut end = End { charge: Some(1.0), time: Some(2.0), short: true, ..End::default() };
        read(&["end.charge=0.1 mAh/cm^2", "end.short=false"]).unwrap().apply(&mut end);
        assert_eq!(end, End { charge: Some(3600.0), time: Some(2.0), short: false, ..End::default() });
        assert!(read(&[]).unwrap().is_empty());
    }

    #[test]
    fn nothing_but_the_end_can_be_changed() {
        for (text, part) in [
            ("kinetics.i0=1 mA/cm^2", "other values of [end] only"),
            ("end.charge=1 mA", "a charge per area is expected"),
            ("end.chrage=1 mAh/cm^2", "did you mean \"charge\""),
            ("end.charge=-1 mAh/cm^2", "must be positive"),
            ("end", "other values of [end] only"),
        ] {
            let problem = read(&[text]).unwrap_err();
            assert!(problem.contains(part), "{text}: {problem}");
        }
    }
}

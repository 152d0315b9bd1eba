//! What the reader of a config finds: everything that is wrong with it, and the units that it uses.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};

/// How a problem stands to others.
#[derive(Clone, Debug, PartialEq)]
pub enum Kind {
    /// a value is wrong or missing, and left out or NaN: whatever depends on it is not judged
    Value,
    /// something else is wrong, and something else stands in its place: what depends on it must not be judged
    Structure,
    /// none of these keys is there, by their full names: one is missing, and something stands in its place
    Missing(Vec<String>),
    /// a key is unknown; this one may be meant, by its full name
    Unknown(Option<String>),
}

/// What is wrong with a key.
#[derive(Clone, Debug, PartialEq)]
pub struct Problem {
    /// full name, as in `kinetics.i0`
    pub key: String,
    /// what is wrong, as a sentence
    pub sentence: String,
    /// how it stands to other problems
    pub kind: Kind,
}

/// What was found so far.
#[derive(Debug, Default)]
pub struct Findings {
    problems: RefCell<Vec<Problem>>,
    units: RefCell<BTreeMap<String, String>>,
}

impl Findings {
    /// Records a problem.
    pub fn object(&self, key: String, sentence: String, kind: Kind) {
        self.problems.borrow_mut().push(Problem { key, sentence, kind });
    }

    /// Whether a key, by its full name, was objected to.
    pub fn has_objected(&self, key: &str) -> bool {
        self.problems.borrow().iter().any(|problem| problem.key == key)
    }

    /// Records the unit that a key is given in.
    pub fn unit(&self, key: String, unit: &str) {
        self.units.borrow_mut().insert(key, unit.into());
    }

    /// Whether the pieces of the config can be held against each other: what is wrong is left out, and nothing stands in its place.
    pub fn can_be_checked(&self) -> bool {
        self.problems.borrow().iter().all(|problem| problem.kind == Kind::Value)
    }

    /// One problem for each culprit, in order, and the units of the keys: a key that is missing as its name is misspelled, and what
    /// else follows from another problem, is left out.
    pub fn settle(self) -> (Vec<Problem>, BTreeMap<String, String>) {
        let problems = self.problems.into_inner();
        let meant: Vec<String> = problems
            .iter()
            .filter_map(|problem| if let Kind::Unknown(meant) = &problem.kind { meant.clone() } else { None })
            .collect();
        let (mut kept, mut said) = (Vec::new(), BTreeSet::new());
        for problem in problems {
            let follows = match &problem.kind {
                Kind::Missing(keys) => keys.iter().any(|key| meant.iter().any(|meant| is_within(key, meant))),
                Kind::Value => meant.iter().any(|meant| is_within(&problem.key, meant)),
                _ => false,
            };
            if !follows && said.insert((problem.key.clone(), problem.sentence.clone())) {
                kept.push(problem);
            }
        }
        (kept, self.units.into_inner())
    }
}

/// Whether `key` is `section` or stands in it.
fn is_within(key: &str, section: &str) -> bool {
    key.strip_prefix(section).is_some_and(|rest| rest.is_empty() || rest.starts_with(['.', '[']))
}

/// Whether a check's objection, its key first, follows from a problem with that key, with one in it or with one that holds it.
pub fn follows(objection: &str, problems: &[Problem]) -> bool {
    let key = objection.split(": ").next().unwrap_or_default();
    problems.iter().any(|problem| is_within(key, &problem.key) || is_within(&problem.key, key))
}

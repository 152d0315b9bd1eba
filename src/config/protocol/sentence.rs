//! The words of a step, by what they begin with.

/// What a step does.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Verb {
    /// a current that plates
    Plate,
    /// a current that strips
    Strip,
    /// a potential or a cell voltage
    Hold,
    /// no current
    Rest,
    /// a current that is on and off by turns
    Pulse,
    /// a current or a potential that goes from one value to another
    Ramp,
    /// the currents of a file
    Follow,
}

const VERBS: [(&str, Verb); 9] = [
    ("charge", Verb::Plate),
    ("plate", Verb::Plate),
    ("discharge", Verb::Strip),
    ("strip", Verb::Strip),
    ("hold", Verb::Hold),
    ("rest", Verb::Rest),
    ("pulse", Verb::Pulse),
    ("ramp", Verb::Ramp),
    ("follow", Verb::Follow),
];

/// What a part of a sentence begins with.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Part {
    /// no such word
    Bare,
    /// what is imposed, or a temperature
    At,
    /// how long the step lasts
    For,
    /// what ends the step
    Until,
    /// what else ends the step
    Or,
    /// how long a pulse is off
    On,
    /// where a ramp begins
    From,
    /// where a ramp ends
    To,
    /// how long a ramp takes
    In,
    /// a compliance
    With,
}

const PARTS: [(&str, Part); 9] = [
    ("at", Part::At),
    ("for", Part::For),
    ("until", Part::Until),
    ("or", Part::Or),
    ("on", Part::On),
    ("from", Part::From),
    ("to", Part::To),
    ("in", Part::In),
    ("with", Part::With),
];

impl Part {
    fn word(self) -> &'static str {
        PARTS.iter().find(|(_, part)| *part == self).map_or("", |(word, _)| word)
    }
}

/// A step's verb, and its parts in order.
pub struct Sentence {
    /// what the step does
    pub verb: Verb,
    parts: Vec<(Part, String)>,
}

impl Sentence {
    /// Takes the words of `text` apart.
    ///
    /// # Errors
    /// If the text begins with no verb, or says how often to record.
    pub fn parse(text: &str) -> Result<Self, String> {
        let plain = text.replace(['−', '–'], "-").replace('⁺', "+");
        let plain = plain.trim();
        if let Some((begin, end)) = recorded(plain) {
            let without = format!("{} {}", plain[..begin].trim_end(), plain[end..].trim_start());
            return Err(format!(
                "{:?} says how often to record, which is for [output] to say (metrics_steps, snapshot_time); write {:?}",
                &plain[begin..end],
                without.trim_end()
            ));
        }
        // a full stop at the end
        let plain = plain.strip_suffix('.').filter(|bare| bare.ends_with(char::is_alphabetic)).unwrap_or(plain);
        let mut words = plain.split_whitespace();
        let first = words.next().unwrap_or_default();
        let lower = first.to_ascii_lowercase();
        let Some((_, verb)) = VERBS.into_iter().find(|(word, _)| *word == lower) else { return Err(no_verb(&lower)) };
        Ok(Self { verb, parts: parts(words) })
    }

    /// The parts in order.
    pub fn parts(&self) -> impl Iterator<Item = (Part, &str)> {
        self.parts.iter().map(|(part, value)| (*part, value.as_str()))
    }

    /// What the first such part says.
    pub fn value(&self, part: Part) -> Option<&str> {
        self.parts().find(|(one, _)| *one == part).map(|(_, value)| value)
    }

    /// Takes out the first such part whose value is as wanted.
    pub fn take(&mut self, part: Part, wanted: impl Fn(&str) -> bool) -> Option<String> {
        let place = self.parts.iter().position(|(one, value)| *one == part && wanted(value))?;
        Some(self.parts.remove(place).1)
    }

    /// Takes "with 1 C" for "at 1 C": where there is no "at" and no compliance, it can mean nothing else.
    pub fn with_as_at(&mut self) {
        if matches!(self.verb, Verb::Rest | Verb::Ramp | Verb::Follow) || self.value(Part::At).is_some() {
            return;
        }
        let rules = |(part, value): &&mut (Part, String)| {
            *part == Part::With && value.starts_with(|c: char| c.is_ascii_digit() || c == 'C')
        };
        if let Some((part, _)) = self.parts.iter_mut().find(rules) {
            *part = Part::At;
        }
    }

    /// Looks for a part that the verb cannot have.
    ///
    /// # Errors
    /// If a part is empty, stands twice, or belongs to another verb.
    pub fn object_to_parts(&self) -> Result<(), String> {
        for (i, (part, value)) in self.parts.iter().enumerate() {
            let word = part.word();
            if value.is_empty() {
                return Err(format!("says nothing after {word:?}"));
            }
            let once = matches!(part, Part::At | Part::On | Part::With | Part::From | Part::To | Part::In);
            if once && self.parts[..i].iter().any(|(before, _)| before == part) {
                return Err(format!("says {word:?} twice"));
            }
            if *part == Part::On && self.verb != Verb::Pulse {
                return Err("only a pulse is on and off".into());
            }
            if matches!(part, Part::From | Part::To | Part::In) && self.verb != Verb::Ramp {
                return Err("only a ramp goes from, to and in".into());
            }
        }
        Ok(())
    }
}

fn no_verb(first: &str) -> String {
    let must = "must begin with Charge, Plate, Discharge, Strip, Hold, Rest, Pulse, Ramp or Follow";
    if first == "run" {
        return format!("{must}; a drive cycle is a file of times and current densities, \"Follow drive_cycle.csv\"");
    }
    match VERBS.iter().find(|(word, _)| strsim::osa_distance(word, first) <= 2 && first.len() > 3) {
        Some((word, _)) => {
            format!("{must}; did you mean {:?}?", format!("{}{}", word[..1].to_ascii_uppercase(), &word[1..]))
        }
        None => must.into(),
    }
}

/// Where "(5 minute period)" stands.
fn recorded(text: &str) -> Option<(usize, usize)> {
    text.match_indices('(').find_map(|(begin, _)| {
        let end = begin + text[begin..].find(')')? + 1;
        text[begin..end].to_ascii_lowercase().ends_with("period)").then_some((begin, end))
    })
}

/// The words by what they begin with; what stands before any such word begins with nothing.
fn parts<'a>(words: impl Iterator<Item = &'a str>) -> Vec<(Part, String)> {
    let mut parts: Vec<(Part, String)> = Vec::new();
    for word in words {
        let lower = word.to_ascii_lowercase();
        let bare = if lower == "on," { "on" } else { &lower };
        match (PARTS.iter().find(|(part, _)| *part == bare), parts.last_mut()) {
            // "or until", "or for"
            (Some((_, part)), Some((last, value))) if *last == Part::Or && value.is_empty() => *last = *part,
            (Some((_, part)), _) => parts.push((*part, String::new())),
            (None, Some((_, value))) if value.is_empty() => *value = word.into(),
            (None, Some((_, value))) => *value = format!("{value} {word}"),
            (None, None) => parts.push((Part::Bare, word.into())),
        }
    }
    for (_, value) in &mut parts {
        *value = value.trim_end_matches([',', ' ']).to_string();
    }
    parts
}

//! Steps of a protocol, in sentences such as "Charge at 1 mA/cm^2 for 2 h".
//!
//! What can mean one thing only is taken, in any case of its letters. What a box of electrolyte has no meaning for, such as a current
//! without an area, is answered with what to write instead.

mod limit;
mod sentence;

use std::path::Path;

use super::quantity::{self, Dimension};
use super::tables;
use crate::model::parameters::Control;
use crate::model::protocol::{COMPLIANCES, Limit, Ramp, Step, TEMPERATURES};
use limit::limit;
use sentence::{Part, Sentence, Verb};

/// Most bytes of a sentence.
const LONGEST: usize = 500;

/// How a pulse is written.
const PULSE: &str = "write \"Pulse 5 mA/cm^2 0.1 s on, 0.3 s off, for 1 h\"";

/// How a ramp is written.
const RAMP: &str = "write \"Ramp from 0.5 mA/cm^2 to 2 mA/cm^2 in 1 h\"";

/// How a compliance is written.
const WITH: &str = "write \"with compliance -0.5 V\"";

/// How a file of currents is written.
const FOLLOW: &str = "write \"Follow drive_cycle.csv\", a file of times and current densities";

/// The file that a sentence follows, as it is written there, if it follows one.
pub fn followed(text: &str) -> Option<&str> {
    let sentence = Sentence::parse(text).ok().filter(|sentence| sentence.verb == Verb::Follow)?;
    let file = sentence.value(Part::Bare)?;
    let begin = text.find(file)?;
    Some(&text[begin..begin + file.len()])
}

/// What the words of a step stand for in the cell that is cycled.
#[derive(Clone, Copy)]
struct Cell<'a> {
    /// folder that files are sought in
    folder: &'a Path,
    /// what a C-rate counts \[C/m²\]; NaN if the config gives a wrong one
    capacity: Option<f64>,
    /// whether a voltage may be that of the cell
    has_cathode: bool,
}

/// What a sentence says; C-rates are counted by `capacity` \[C/m²\], cell voltages need a cathode, and files lie in `folder`.
///
/// # Errors
/// What is wrong with it, as a sentence.
pub fn step(text: &str, capacity: Option<f64>, has_cathode: bool, folder: &Path) -> Result<Step, String> {
    if text.len() > LONGEST {
        return Err(format!("{} is too long for a step", quantity::shown(text)));
    }
    let cell = Cell { folder, capacity, has_cathode };
    let about = |problem: String| format!("{}: {problem}", quantity::shown(text));
    let mut sentence = Sentence::parse(text).map_err(about)?;
    let verb = sentence.verb;
    let temperature = take_temperature(&mut sentence).map_err(about)?;
    if let Some(kelvins) = temperature.filter(|kelvins| !TEMPERATURES.contains(kelvins)) {
        return Err(about(format!("{kelvins:.0} K lies outside 200…400 K")));
    }
    sentence.object_to_parts().map_err(about)?;
    sentence.with_as_at();
    let given = |part: Part| sentence.value(part);
    let rule = match (verb, given(Part::At), given(Part::Bare)) {
        (Verb::Rest, None, None) => None,
        (Verb::Rest, ..) => {
            return Err(about("a rest has no current and no potential; write \"Rest for 30 min\"".into()));
        }
        (Verb::Ramp, _, None) => given(Part::To),
        (Verb::Follow, None, Some(file)) => Some(file),
        (Verb::Follow, ..) => return Err(about(FOLLOW.into())),
        (Verb::Ramp, ..) => return Err(about(RAMP.into())),
        (Verb::Pulse, None, Some(rule)) | (Verb::Pulse, Some(rule), None) => Some(rule),
        (Verb::Plate | Verb::Strip | Verb::Hold, Some(rule), None) => Some(rule),
        (Verb::Pulse, ..) => return Err(about(PULSE.into())),
        (Verb::Hold, ..) => return Err(about("write \"at\" and what, as in \"Hold at -50 mV for 2 h\"".into())),
        _ => return Err(about("write \"at\" and what, as in \"Charge at 1 mA/cm^2 for 2 h\"".into())),
    };
    let (mut pulse, mut held, mut ramp, mut profile) = (None, None, None, None);
    let control = match (verb, rule.unwrap_or_default()) {
        (Verb::Rest, _) => Control::Current(0.0),
        (Verb::Hold, rule) => match volts(rule).map_err(about)? {
            // with a cathode a voltage without "vs Li" is that of the cell
            Volts::Cell(voltage) if has_cathode && voltage <= 0.0 => {
                return Err(about(format!(
                    "{voltage} V would be a cell voltage; write \"vs Li\" after a potential of the lithium electrode"
                )));
            }
            Volts::Cell(voltage) if has_cathode => {
                held = Some(voltage);
                Control::Potential(0.0)
            }
            Volts::Cell(potential) | Volts::Electrode(potential) => Control::Potential(potential),
        },
        (Verb::Plate, rule) => Control::Current(current(rule, cell).map_err(about)?),
        (Verb::Strip, rule) => Control::Current(-current(rule, cell).map_err(about)?),
        (Verb::Pulse, rule) => {
            let (current, on_and_off) = pulsed(rule, given(Part::On).unwrap_or_default(), cell).map_err(about)?;
            pulse = Some(on_and_off);
            Control::Current(current)
        }
        (Verb::Follow, file) => {
            let read = tables::profile(&cell.folder.join(file), file, capacity).map_err(about)?;
            let first = read.currents.first().copied().unwrap_or(0.0);
            profile = Some(read);
            Control::Current(first)
        }
        (Verb::Ramp, to) => {
            let Some(from) = given(Part::From) else { return Err(about(RAMP.into())) };
            let (from, to) = (ramp_end(from, cell).map_err(about)?, ramp_end(to, cell).map_err(about)?);
            if std::mem::discriminant(&from) != std::mem::discriminant(&to) {
                return Err(about(format!("goes from a current to a potential, or back; {RAMP}")));
            }
            let time = match (given(Part::In), given(Part::At)) {
                (Some(over), None) => time(over).map_err(about)?,
                (None, Some(speed)) => at_speed(from, to, speed).map_err(about)?,
                _ => return Err(about(RAMP.into())),
            };
            ramp = Some(Ramp { from, time });
            to
        }
    };
    let from = ramp.map_or(control, |ramp| ramp.from);
    let plates = [control, from].iter().any(|control| matches!(control, Control::Current(current) if *current > 0.0))
        || profile.as_ref().is_some_and(|profile| profile.greatest() > 0.0);
    let compliance = match given(Part::With) {
        Some(_) if !plates && capacity.is_none_or(f64::is_finite) => {
            return Err(about("only a charge has a compliance: a current that plates".into()));
        }
        Some(value) => Some(compliance(value).map_err(about)?),
        None => None,
    };
    let mut limits = Vec::new();
    if let Some(ramp) = ramp.filter(|_| given(Part::In).is_none()) {
        limits.push(Limit::Time(ramp.time));
    }
    if let Some(profile) = profile.as_ref().filter(|_| given(Part::For).is_none()) {
        limits.push(Limit::Time(profile.length()));
    }
    for (part, value) in sentence.parts() {
        match part {
            Part::For | Part::In => limits.push(time(value).map(Limit::Time).map_err(about)?),
            Part::Until | Part::Or => {
                limits.push(limit(value, control, ramp.is_none() && profile.is_none(), cell).map_err(about)?)
            }
            _ => {}
        }
    }
    let has_time = limits.iter().any(|limit| matches!(limit, Limit::Time(_)));
    // a cell at rest cools to any temperature above that of its surroundings
    let cools = limits.iter().any(|limit| matches!(limit, Limit::TemperatureBelow(_)));
    if verb == Verb::Rest && !has_time && !cools {
        return Err(about("may never end; say how long, as in \"Rest for 30 min\"".into()));
    }
    if let Some(profile) = &profile
        && let Some(Limit::Time(time)) =
            limits.iter().find(|limit| matches!(limit, Limit::Time(time) if *time > profile.length()))
    {
        let (length, repeat) = (quantity::digits(profile.length()), (time / profile.length()).ceil());
        return Err(about(format!(
            "its file ends after {length} s; for more of it, write repeat = {repeat} in its [[protocol]]"
        )));
    }
    if limits.is_empty() {
        return Err(about("never ends; add \"for 2 h\" or \"until 2 mAh/cm^2\"".into()));
    }
    Ok(Step { text: text.into(), control, voltage: held, pulse, ramp, profile, temperature, compliance, limits })
}

/// Takes out the part that gives a temperature, if there is one \[K\].
///
/// A bare "25 C" is one where it can be no C-rate: a rest has no rate, and another part says what is imposed.
fn take_temperature(sentence: &mut Sentence) -> Result<Option<f64>, String> {
    let is_degrees = |value: &str| {
        quantity::read(value, "1").is_ok_and(|read| read.dimension() == Dimension::of("K")) && !is_rate(value)
    };
    let celsius = |value: &str| {
        let bare = quantity::c_rate(value).ok().filter(|_| is_rate(value) && !value.contains('/'))?;
        Some(bare)
    };
    if let Some(value) = sentence.take(Part::At, is_degrees) {
        return quantity::parse(&value, "K").map(Some);
    }
    let ats: Vec<String> =
        sentence.parts().filter(|(part, _)| *part == Part::At).map(|(_, value)| value.into()).collect();
    let is_temperature = |value: &str| celsius(value).is_some_and(|number| !(0.0..10.0).contains(&number));
    let found = match &ats[..] {
        [only] if sentence.verb == Verb::Rest && celsius(only).is_some() => only,
        [first, second] => match (celsius(first).is_some(), celsius(second).is_some()) {
            (true, false) if sentence.verb == Verb::Hold && is_temperature(first) => first,
            (false, true) if is_temperature(second) => second,
            (true, true) if is_temperature(second) && !is_temperature(first) => second,
            (_, true) => {
                return Err(format!(
                    "says \"at\" twice; if {second:?} is a temperature, write \"{}\"",
                    second.replacen(['C', 'c'], "degC", 1)
                ));
            }
            _ => return Ok(None),
        },
        _ => return Ok(None),
    }
    .clone();
    sentence.take(Part::At, |value| value == found);
    quantity::parse(&found.replace('c', "C"), "K").map(Some)
}

/// An end of a ramp: a current density, negative when stripping, or an electrode potential.
fn ramp_end(text: &str, cell: Cell) -> Result<Control, String> {
    if !is_rate(text.trim_start_matches('-')) && (is_against_lithium(text) || is_of(text, "V")) {
        return match volts(text)? {
            Volts::Electrode(potential) => Ok(Control::Potential(potential)),
            Volts::Cell(potential) if !cell.has_cathode => Ok(Control::Potential(potential)),
            Volts::Cell(_) => Err(format!("{text:?} may be the cell's voltage; a ramp takes potentials \"vs Li\"")),
        };
    }
    signed_current(text, cell).map(Control::Current)
}

/// How long a ramp takes at a `speed`, such as 1 mV/s \[s\].
fn at_speed(from: Control, to: Control, speed: &str) -> Result<f64, String> {
    let (way, unit) = match (from, to) {
        (Control::Potential(from), Control::Potential(to)) => (to - from, "V/s"),
        (Control::Current(from), Control::Current(to)) => (to - from, "A/m^2/s"),
        _ => return Err(RAMP.into()),
    };
    let time = way.abs() / positive(quantity::parse(speed, unit), speed)?;
    if time == 0.0 { Err("goes nowhere: both ends are the same".into()) } else { Ok(time) }
}

/// Current density of a pulse \[A/m²\], of either sign, and how long it is on and off \[s\], from what stands before and after "on,".
fn pulsed(before: &str, after: &str, cell: Cell) -> Result<(f64, [f64; 2]), String> {
    let words: Vec<&str> = before.split(' ').collect();
    let off = after
        .trim_end()
        .to_ascii_lowercase()
        .ends_with("off")
        .then(|| after.trim_end()[..after.trim_end().len() - 3].trim());
    let Some(off) = off else { return Err(PULSE.into()) };
    // the time stands last
    let at = (1..words.len()).rev().find(|&at| is_of(&words[at..].join(" "), "s")).ok_or(PULSE)?;
    let amount = words[..at].join(" ");
    let amount = amount.trim_end_matches(',');
    let current = signed_current(amount, cell)?;
    if current == 0.0 {
        return Err(format!("{amount:?} is no pulse; {PULSE}"));
    }
    Ok((current, [time(&words[at..].join(" "))?, time(off)?]))
}

/// The potential down to which a current is kept up, from what stands after "with" \[V\].
fn compliance(text: &str) -> Result<f64, String> {
    let bare = text.split_once(' ').filter(|(word, _)| word.eq_ignore_ascii_case("compliance"));
    let Some((_, bare)) = bare else {
        return Err(format!("\"with {text}\" says nothing that a step can do; {WITH}"));
    };
    let (Volts::Electrode(potential) | Volts::Cell(potential)) = volts(bare)?;
    let range = COMPLIANCES;
    match range.contains(&potential) {
        true => Ok(potential),
        false => Err(format!(
            "a compliance of {potential} V must lie between {} and {} V vs Li: lithium plates below 0 V",
            range.start(),
            range.end()
        )),
    }
}

/// A value that is positive, or not known as the config gives a wrong capacity.
fn positive(value: Result<f64, String>, text: &str) -> Result<f64, String> {
    value.and_then(
        |value| if value > 0.0 || value.is_nan() { Ok(value) } else { Err(format!("{text:?} must be positive")) },
    )
}

fn time(text: &str) -> Result<f64, String> {
    positive(quantity::parse(text, "s"), text)
}

/// Whether a text is a quantity of an SI unit, of whatever size.
fn is_of(text: &str, si: &str) -> bool {
    quantity::read(text, "1").is_ok_and(|read| read.dimension() == Dimension::of(si) && !read.unit().is_empty())
}

/// Whether a text is written as a C-rate, right or wrong: `C/10`, `2C`.
fn is_rate(text: &str) -> bool {
    let of_rate = |c: char| c.is_ascii_digit() || matches!(c, ' ' | '.' | ',' | '/' | '+' | '-' | 'C' | 'c');
    let bare = text.trim();
    bare.chars().all(of_rate)
        && bare.matches(['C', 'c']).count() == 1
        && (bare.ends_with(['C', 'c']) || bare.starts_with(['C', 'c']))
}

/// Size of a current density \[A/m²\].
fn current(text: &str, cell: Cell) -> Result<f64, String> {
    positive(signed_current(text, cell), text)
}

/// A current density of either sign \[A/m²\].
fn signed_current(text: &str, cell: Cell) -> Result<f64, String> {
    let (sign, size) = text.strip_prefix('-').map_or((1.0, text), |size| (-1.0, size));
    if is_rate(size) {
        let rate = quantity::c_rate(size)?;
        let capacity = cell.capacity.ok_or_else(|| format!("{text:?} needs top.areal_capacity"))?;
        return Ok(sign * rate * capacity / 3600.0);
    }
    let read = quantity::read(text, "A/m^2")?;
    without_area(&read, text)?;
    if read.dimension() == Dimension::of("V") {
        return Err(format!(
            "{text:?} is a voltage; write \"Hold at {text}\", or a current density, as in \"1 mA/cm^2\""
        ));
    }
    read.value(text, "A/m^2")
}

/// Objects to currents, charges and powers of a whole cell: a box is a part of an electrode.
fn without_area(read: &quantity::Quantity, text: &str) -> Result<(), String> {
    let is = |si: &str| read.dimension() == Dimension::of(si);
    let instead = match () {
        () if is("A") => "write it per area, as in \"1 mA/cm^2\", or as a C-rate, as in \"C/5\"",
        () if is("C") => "write it per area, as in \"1 mAh/cm^2\"",
        () if is("W") || is("W/m^2") => {
            "a given power is not among the steps; write a current density, as in \"1 mA/cm^2\", or a C-rate, as in \"C/5\""
        }
        () => return Ok(()),
    };
    let of = if is("W/m^2") { "a power per area".into() } else { read.dimension().name() };
    Err(format!("{text:?} is {of}, and the box is a part of an electrode: {instead}"))
}

/// A voltage \[V\].
enum Volts {
    /// of the electrode against lithium
    Electrode(f64),
    /// of the cell, as it says nothing else
    Cell(f64),
}

/// Whether a text says what it is measured against.
fn is_against_lithium(text: &str) -> bool {
    text.to_ascii_lowercase().contains("vs")
}

fn volts(text: &str) -> Result<Volts, String> {
    let Some(place) = text.to_ascii_lowercase().find("vs") else {
        if is_rate(text) || is_of(text, "A/m^2") {
            return Err(format!(
                "{text:?} is a current; a hold has a potential, as in \"Hold at -50 mV\"; or write \"Charge at {text}\""
            ));
        }
        return quantity::parse(text, "V").map(Volts::Cell);
    };
    let (bare, against) = (text[..place].trim_end(), &text[place + 2..]);
    let (bare, against) = match (bare.strip_suffix('('), against.strip_suffix(')')) {
        (Some(bare), Some(against)) => (bare, against),
        _ => (bare, against),
    };
    let against = against.strip_prefix('.').unwrap_or(against).trim().replace(' ', "").to_ascii_lowercase();
    match against.as_str() {
        "li" | "li/li+" | "li+/li" | "li|li+" | "li+|li" | "lithium" => {
            quantity::parse(bare, "V").map(Volts::Electrode)
        }
        _ => Err(format!("{text:?}: potentials are against lithium; write \"{} vs Li\"", bare.trim_end())),
    }
}

#[cfg(test)]
mod tests;

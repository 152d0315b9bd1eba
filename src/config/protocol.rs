//! Steps of a protocol, in sentences such as "Charge at 1 mA/cm^2 for 2 h".

use super::quantity;
use crate::model::parameters::Control;
use crate::model::protocol::{Limit, Ramp, Step};

/// Words that begin a part of a sentence.
const PARTS: [&str; 9] = ["at", "for", "until", "or", "on,", "from", "to", "in", "with"];

/// How a pulse is written.
const PULSE: &str = "write \"Pulse 5 mA/cm^2 0.1 s on, 0.3 s off, for 1 h\"";

/// How a ramp is written.
const RAMP: &str = "write \"Ramp from 0.5 mA/cm^2 to 2 mA/cm^2 in 1 h\"";

/// How a compliance is written.
const WITH: &str = "write \"with compliance -0.5 V\"";

/// What a step does.
#[derive(Clone, Copy, PartialEq)]
enum Verb {
    Plate,
    Strip,
    Hold,
    Rest,
    Pulse,
    Ramp,
}

impl Verb {
    fn parse(word: &str) -> Option<Self> {
        Some(match word.to_ascii_lowercase().as_str() {
            "charge" | "plate" => Self::Plate,
            "discharge" | "strip" => Self::Strip,
            "hold" => Self::Hold,
            "rest" => Self::Rest,
            "pulse" => Self::Pulse,
            "ramp" => Self::Ramp,
            _ => return None,
        })
    }
}

/// What a sentence says; C-rates are counted by `capacity` \[C/m²\], and cell voltages need a cathode.
///
/// # Errors
/// What is wrong with it, as a sentence.
pub fn step(text: &str, capacity: Option<f64>, has_cathode: bool) -> Result<Step, String> {
    let plain = text.replace('−', "-").replace('⁺', "+");
    let mut words = plain.split_whitespace();
    let verb = words.next().and_then(Verb::parse).ok_or_else(|| {
        format!("{text:?} must begin with Charge, Plate, Discharge, Strip, Hold, Rest, Pulse or Ramp")
    })?;
    let mut parts = parts(words);
    let temperature = take_temperature(&mut parts);
    if let Some(kelvins) = temperature.filter(|kelvins| !super::sections::TEMPERATURES.contains(kelvins)) {
        return Err(format!("{text:?}: {kelvins:.0} K lies outside 200…400 K"));
    }
    for (i, (part, value)) in parts.iter().enumerate() {
        if value.is_empty() {
            return Err(format!("{text:?} says nothing after {part:?}"));
        }
        if matches!(*part, "at" | "on," | "with") && parts[..i].iter().any(|(before, _)| before == part) {
            return Err(format!("{text:?} says {part:?} twice"));
        }
        if *part == "on," && verb != Verb::Pulse {
            return Err(format!("{text:?}: only a pulse is on and off"));
        }
        if matches!(*part, "from" | "to" | "in") && verb != Verb::Ramp {
            return Err(format!("{text:?}: only a ramp goes from, to and in"));
        }
    }
    let given = |name: &str| parts.iter().find(|(part, _)| *part == name).map(|(_, value)| value.as_str());
    let rule = match (verb, given("at"), given("")) {
        (Verb::Rest, None, None) => None,
        (Verb::Rest, ..) => {
            return Err(format!("{text:?}: a rest has no current and no potential; write \"Rest for 30 min\""));
        }
        (Verb::Ramp, None, None) => given("to"),
        (Verb::Ramp, ..) => return Err(format!("{text:?}: {RAMP}")),
        (Verb::Pulse, None, Some(rule)) | (Verb::Plate | Verb::Strip | Verb::Hold, Some(rule), None) => Some(rule),
        (Verb::Pulse, ..) => return Err(format!("{text:?}: {PULSE}")),
        _ => return Err(format!("{text:?}: write \"at\" and what, as in \"Charge at 1 mA/cm^2 for 2 h\"")),
    };
    let about = |problem: String| format!("{text:?}: {problem}");
    let (mut pulse, mut held, mut ramp) = (None, None, None);
    let control = match (verb, rule.unwrap_or_default()) {
        (Verb::Rest, _) => Control::Current(0.0),
        (Verb::Hold, rule) => match volts(rule).map_err(about)? {
            // with a cathode a voltage without "vs Li" is that of the cell
            Volts::Cell(voltage) if has_cathode && voltage <= 0.0 => {
                return Err(format!(
                    "{text:?}: {voltage} V would be a cell voltage; write \"vs Li\" after a potential of the lithium electrode"
                ));
            }
            Volts::Cell(voltage) if has_cathode => {
                held = Some(voltage);
                Control::Potential(0.0)
            }
            Volts::Cell(potential) | Volts::Electrode(potential) => Control::Potential(potential),
        },
        (Verb::Plate, rule) => Control::Current(current(rule, capacity).map_err(about)?),
        (Verb::Strip, rule) => Control::Current(-current(rule, capacity).map_err(about)?),
        (Verb::Pulse, rule) => {
            let (current, on_and_off) = pulsed(rule, given("on,").unwrap_or_default(), capacity).map_err(about)?;
            pulse = Some(on_and_off);
            Control::Current(current)
        }
        (Verb::Ramp, to) => {
            let (Some(from), Some(over)) = (given("from"), given("in")) else {
                return Err(format!("{text:?}: {RAMP}"));
            };
            let from = ramp_end(from, capacity, has_cathode).map_err(about)?;
            let to = ramp_end(to, capacity, has_cathode).map_err(about)?;
            if std::mem::discriminant(&from) != std::mem::discriminant(&to) {
                return Err(format!("{text:?} goes from a current to a potential, or back; {RAMP}"));
            }
            ramp = Some(Ramp { from, time: time(over).map_err(about)? });
            to
        }
    };
    let from = ramp.map_or(control, |ramp| ramp.from);
    let plates = [control, from].iter().any(|control| matches!(control, Control::Current(current) if *current > 0.0));
    let compliance = match given("with") {
        Some(_) if !plates => {
            return Err(format!("{text:?}: only a charge has a compliance: a current that plates"));
        }
        Some(value) => Some(compliance(value).map_err(about)?),
        None => None,
    };
    let limits = parts
        .iter()
        .filter_map(|(part, value)| match *part {
            "for" | "in" => Some(time(value).map(Limit::Time)),
            "until" | "or" => Some(limit(value, control, ramp.is_none(), capacity, has_cathode)),
            _ => None,
        })
        .collect::<Result<Vec<_>, String>>()
        .map_err(about)?;
    if verb == Verb::Rest && !limits.iter().any(|limit| matches!(limit, Limit::Time(_))) {
        return Err(format!("{text:?} may never end; say how long, as in \"Rest for 30 min\""));
    }
    if limits.is_empty() {
        return Err(format!("{text:?} never ends; add \"for 2 h\" or \"until 2 mAh/cm^2\""));
    }
    Ok(Step { text: text.into(), control, voltage: held, pulse, ramp, temperature, compliance, limits })
}

/// Takes out the part that gives a temperature, if there is one \[K\].
fn take_temperature(parts: &mut Vec<(&'static str, String)>) -> Option<f64> {
    let temperature =
        |(part, value): &(&str, String)| (*part == "at").then(|| quantity::parse(value, "K")).and_then(Result::ok);
    let place = parts.iter().position(|part| temperature(part).is_some())?;
    temperature(&parts.remove(place))
}

/// An end of a ramp: a current density, negative when stripping, or an electrode potential.
fn ramp_end(text: &str, capacity: Option<f64>, has_cathode: bool) -> Result<Control, String> {
    match volts(text) {
        Ok(Volts::Electrode(potential)) => return Ok(Control::Potential(potential)),
        Ok(Volts::Cell(potential)) if !has_cathode => return Ok(Control::Potential(potential)),
        Ok(Volts::Cell(_)) => {
            return Err(format!("{text:?} may be the cell's voltage; a ramp takes potentials \"vs Li\""));
        }
        Err(_) => {}
    }
    if quantity::parse(text, "A/m^2") == Ok(0.0) {
        return Ok(Control::Current(0.0));
    }
    let (sign, size) = text.strip_prefix('-').map_or((1.0, text), |size| (-1.0, size));
    Ok(Control::Current(sign * current(size, capacity)?))
}

/// The words by what they begin with; what stands before any such word begins with nothing.
fn parts<'a>(words: impl Iterator<Item = &'a str>) -> Vec<(&'static str, String)> {
    let mut parts: Vec<(&'static str, String)> = Vec::new();
    for word in words {
        match (PARTS.iter().find(|part| **part == word), parts.last_mut()) {
            // "or until", "or for"
            (Some(part), Some((last, value))) if *last == "or" && value.is_empty() => *last = part,
            (Some(part), _) => parts.push((part, String::new())),
            (None, Some((_, value))) if value.is_empty() => *value = word.into(),
            (None, Some((_, value))) => *value = format!("{value} {word}"),
            (None, None) => parts.push(("", word.into())),
        }
    }
    for (_, value) in &mut parts {
        *value = value.trim_end_matches(',').to_string();
    }
    parts
}

/// Current density of a pulse \[A/m²\], of either sign, and how long it is on and off \[s\], from what stands before and after "on,".
fn pulsed(before: &str, after: &str, capacity: Option<f64>) -> Result<(f64, [f64; 2]), String> {
    let words: Vec<&str> = before.split(' ').collect();
    let (Some(off), true) = (after.strip_suffix("off").map(str::trim), words.len() >= 3) else {
        return Err(PULSE.into());
    };
    // a number and its unit, the time, stand last
    let (amount, on) = words.split_at(words.len() - 2);
    let amount = amount.join(" ");
    let (sign, size) = amount.strip_prefix('-').map_or((1.0, &*amount), |size| (-1.0, size));
    Ok((sign * current(size, capacity)?, [time(&on.join(" "))?, time(off)?]))
}

/// The potential down to which a current is kept up, from what stands after "with" \[V\].
fn compliance(text: &str) -> Result<f64, String> {
    let Some(bare) = text.strip_prefix("compliance ") else {
        return Err(format!("\"with {text}\" says nothing that a step can do; {WITH}"));
    };
    let (Volts::Electrode(potential) | Volts::Cell(potential)) = volts(bare)?;
    let range = super::sections::COMPLIANCES;
    match range.contains(&potential) {
        true => Ok(potential),
        false => Err(format!(
            "a compliance of {potential} V must lie between {} and {} V vs Li: lithium plates below 0 V",
            range.start(),
            range.end()
        )),
    }
}

fn positive(value: Result<f64, String>, text: &str) -> Result<f64, String> {
    value.and_then(|value| if value > 0.0 { Ok(value) } else { Err(format!("{text:?} must be positive")) })
}

fn time(text: &str) -> Result<f64, String> {
    positive(quantity::parse(text, "s"), text)
}

/// Size of a current density \[A/m²\].
fn current(text: &str, capacity: Option<f64>) -> Result<f64, String> {
    match (quantity::c_rate(text), capacity) {
        (Ok(rate), Some(capacity)) => positive(Ok(rate * capacity / 3600.0), text),
        (Ok(_), None) => Err(format!("{text:?} needs top.areal_capacity")),
        (Err(_), _) => positive(quantity::parse(text, "A/m^2"), text),
    }
}

/// A voltage \[V\].
enum Volts {
    /// of the electrode against lithium
    Electrode(f64),
    /// of the cell, as it says nothing else
    Cell(f64),
}

fn volts(text: &str) -> Result<Volts, String> {
    let text = text.replace("vs.", "vs").replace(['(', ')'], "");
    match ["vs Li", "vs Li/Li+", "vs Li+/Li"].iter().find_map(|end| text.strip_suffix(end)) {
        Some(bare) => quantity::parse(bare, "V").map(Volts::Electrode),
        None => quantity::parse(&text, "V").map(Volts::Cell),
    }
}

fn limit(
    text: &str,
    control: Control,
    is_held: bool,
    capacity: Option<f64>,
    has_cathode: bool,
) -> Result<Limit, String> {
    if text == "short" {
        return Ok(Limit::Short);
    }
    if let Ok(volts) = volts(text) {
        let charges = match control {
            Control::Current(current) if current != 0.0 => current > 0.0,
            _ => return Err(format!("{text:?} ends a charge or a discharge only")),
        };
        return match (volts, charges) {
            (Volts::Electrode(limit), true) if limit < 0.0 => Ok(Limit::PotentialBelow(limit)),
            (Volts::Electrode(limit), false) if limit > 0.0 => Ok(Limit::PotentialAbove(limit)),
            (Volts::Electrode(_), true) => {
                Err(format!("{text:?} is met before any charge: lithium plates below 0 V vs Li"))
            }
            (Volts::Electrode(_), false) => {
                Err(format!("{text:?} is met before any discharge: lithium strips above 0 V vs Li"))
            }
            (Volts::Cell(limit), true) if has_cathode => Ok(Limit::VoltageAbove(limit)),
            (Volts::Cell(limit), false) if has_cathode => Ok(Limit::VoltageBelow(limit)),
            _ => Err(format!("{text:?} is a cell voltage and needs a [cathode]; or write \"{text} vs Li\"")),
        };
    }
    if let Ok(charge) = quantity::parse(text, "C/m^2") {
        return positive(Ok(charge), text).map(Limit::Charge);
    }
    if let Ok(current) = current(text, capacity) {
        return match control {
            Control::Potential(_) if is_held => Ok(Limit::CurrentBelow(current)),
            _ => Err(format!("{text:?} ends a hold only")),
        };
    }
    if let Ok(height) = quantity::parse(text, "m") {
        return positive(Ok(height), text).map(Limit::Height);
    }
    if let Ok(time) = quantity::parse(text, "s") {
        return positive(Ok(time), text).map(Limit::Time);
    }
    Err(format!("{text:?} is no charge, time, potential, current density or height, and not \"short\""))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_words_of_the_field() {
        let capacity = Some(4.0 * 36_000.0);
        for (text, control, limits) in [
            ("Charge at 1 mA/cm^2 for 2 h", Control::Current(10.0), vec![Limit::Time(7200.0)]),
            ("Charge at C/10 until 2 mAh/cm^2", Control::Current(4.0), vec![Limit::Charge(72_000.0)]),
            ("Hold at -50 mV until 0.05 mA/cm^2", Control::Potential(-0.05), vec![Limit::CurrentBelow(0.5)]),
            ("Rest for 30 min", Control::Current(0.0), vec![Limit::Time(1800.0)]),
            (
                "Strip at 0.5 mA/cm^2 until 1 V vs Li or 10 h",
                Control::Current(-5.0),
                vec![Limit::PotentialAbove(1.0), Limit::Time(36_000.0)],
            ),
            (
                "plate at 2 C, for 1 h, until −0.2 V vs. Li/Li⁺ or until 20 um or short",
                Control::Current(80.0),
                vec![Limit::Time(3600.0), Limit::PotentialBelow(-0.2), Limit::Height(20e-6), Limit::Short],
            ),
        ] {
            let step = step(text, capacity, false).unwrap();
            assert_eq!((step.control, step.limits), (control, limits), "{text}");
        }
        let pulse = step("Pulse 5 mA/cm^2 0.1 s on, 0.3 s off, for 1 h", None, false).unwrap();
        assert_eq!((pulse.control, pulse.pulse), (Control::Current(50.0), Some([0.1, 0.3])));
        assert_eq!(pulse.limits, [Limit::Time(3600.0)]);
        let ramp = step("Ramp from 0 mA/cm^2 to -2 mA/cm^2 in 1 h until 1 V vs Li", None, false).unwrap();
        let from = Some(Ramp { from: Control::Current(0.0), time: 3600.0 });
        assert_eq!((ramp.control, ramp.ramp), (Control::Current(-20.0), from));
        assert_eq!(ramp.limits, [Limit::Time(3600.0), Limit::PotentialAbove(1.0)]);
        let ramp = step("Ramp from 0 V to -200 mV in 200 s", None, false).unwrap();
        assert_eq!((ramp.control, ramp.ramp.unwrap().from), (Control::Potential(-0.2), Control::Potential(0.0)));
        let hot = step("Charge at C/2 at 40 degC until 0.5 mAh/cm^2", capacity, false).unwrap();
        assert_eq!((hot.control, hot.temperature), (Control::Current(20.0), Some(313.15)));
        assert_eq!(step("Rest at 60 °C for 1 h", None, false).unwrap().temperature, Some(333.15));
        for text in [
            "Charge at 5 mA/cm^2 with compliance -0.5 V until -0.2 V vs Li or 1 h",
            "Charge at 5 mA/cm^2 until -0.2 V vs Li or 1 h, with compliance −500 mV vs Li",
        ] {
            let limited = step(text, None, false).unwrap();
            assert_eq!((limited.control, limited.compliance), (Control::Current(50.0), Some(-0.5)));
            assert_eq!(limited.limits, [Limit::PotentialBelow(-0.2), Limit::Time(3600.0)]);
        }
        assert_eq!(step("Charge at 1 mA/cm^2 for 1 h", None, false).unwrap().compliance, None);
        let pulse = step("Pulse 5 mA/cm^2 0.1 s on, 0.3 s off, for 1 h with compliance -0.5 V", None, false).unwrap();
        assert_eq!((pulse.compliance, pulse.limits), (Some(-0.5), vec![Limit::Time(3600.0)]));
    }

    #[test]
    fn cell_voltages_need_a_cathode() {
        let limits = |text| step(text, Some(36_000.0), true).map(|step| step.limits);
        assert_eq!(limits("Charge at C/10 until 4.2 V"), Ok(vec![Limit::VoltageAbove(4.2)]));
        assert_eq!(
            limits("Discharge at C/2 for 10 hours or until 3.0 V"),
            Ok(vec![Limit::Time(36_000.0), Limit::VoltageBelow(3.0)])
        );
        assert_eq!(limits("Strip at C/2 until 1 V vs Li"), Ok(vec![Limit::PotentialAbove(1.0)]));
        let held = |text| step(text, Some(36_000.0), true).map(|step| (step.voltage, step.control));
        assert_eq!(held("Hold at 4.2 V until C/20 or 1 h").unwrap().0, Some(4.2));
        assert!(held("Hold at -50 mV for 1 h").unwrap_err().contains("vs Li"));
        assert_eq!(held("Hold at -50 mV vs Li for 1 h"), Ok((None, Control::Potential(-0.05))));
    }

    #[test]
    fn what_makes_no_step_is_said() {
        for (text, part) in [
            ("Dance at 1 mA/cm^2 for 2 h", "must begin with"),
            ("Charge at 1 mA/cm^2", "never ends"),
            ("Charge at 1 mA for 2 h", "1 mA"),
            ("Charge at -1 mA/cm^2 for 2 h", "positive"),
            ("Charge at C/10 for 2 h", "areal_capacity"),
            ("Charge at 1 mA/cm^2 until 4.2 V", "cathode"),
            ("Charge at 1 mA/cm^2 until 0.1 mA/cm^2", "a hold only"),
            ("Charge 1 mA/cm^2 for 2 h", "write \"at\""),
            ("Rest until 1 V vs Li", "a charge or a discharge only"),
            ("Rest at 1 mA/cm^2 for 1 h", "a rest has no"),
            ("Rest until short", "may never end"),
            ("Rest 30 min", "Rest for 30 min"),
            ("Charge at 1 mA/cm^2 until 4.2 V vs Li", "before any charge"),
            ("Strip at 1 mA/cm^2 until -0.2 V (vs Li)", "before any discharge"),
            ("Charge at 1 mA/cm^2 at 2 mA/cm^2 for 1 h", "twice"),
            ("Charge at 1 mA/cm^2 for 1 h at", "nothing after"),
            ("Hold at -50 mV until sunset", "no charge, time"),
            ("Pulse 5 mA/cm^2 for 1 h", "write \"Pulse"),
            ("Ramp to 5 mA/cm^2 in 1 h", "write \"Ramp"),
            ("Rest at 40 K for 1 h", "outside 200…400 K"),
            ("Ramp from 0 V to -0.2 V in 1 h until 1 mA/cm^2", "a hold only"),
            ("Ramp from 1 mA/cm^2 to -0.1 V in 1 h", "from a current to a potential"),
            ("Charge from 1 mA/cm^2 for 1 h", "only a ramp"),
            ("Charge at 1 mA/cm^2 with care for 1 h", "\"with care\" says nothing"),
            ("Charge at 1 mA/cm^2 with compliance 0.5 V for 1 h", "between -10 and -0.001 V vs Li"),
            ("Charge at 1 mA/cm^2 with compliance 5 mA for 1 h", "5 mA"),
            ("Charge at 1 mA/cm^2 for 1 h with", "nothing after"),
            ("Strip at 1 mA/cm^2 with compliance -0.5 V for 1 h", "only a charge has a compliance"),
            ("Hold at -0.1 V with compliance -0.5 V for 1 h", "only a charge has a compliance"),
            ("", "must begin with"),
        ] {
            let problem = step(text, None, false).unwrap_err();
            assert!(problem.contains(part), "{text}: {problem}");
        }
    }
}

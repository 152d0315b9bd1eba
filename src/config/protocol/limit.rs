//! What ends a step.

use super::{Cell, Volts, current, is_against_lithium, is_rate, positive, volts, without_area};
use crate::config::quantity::{self, Dimension};
use crate::model::parameters::Control;
use crate::model::protocol::{Limit, TEMPERATURES};

/// The limit that stands after "until" in a step of this `control`; it `is_held` unless a ramp leads to it.
pub fn limit(text: &str, control: Control, is_held: bool, cell: Cell) -> Result<Limit, String> {
    if text.eq_ignore_ascii_case("short") {
        return Ok(Limit::Short);
    }
    let signs = [(">=", true), ("≥", true), (">", true), ("<=", false), ("≤", false), ("<", false)];
    let compared = signs.into_iter().find_map(|(sign, rises)| Some((text.strip_prefix(sign)?.trim_start(), rises)));
    let Some((bare, rises)) = compared else { return met(text, control, is_held, cell) };
    let limit = match met(bare, control, is_held, cell)? {
        // a cell may warm and cool in any step
        Limit::TemperatureAbove(limit) | Limit::TemperatureBelow(limit) if rises => Limit::TemperatureAbove(limit),
        Limit::TemperatureAbove(limit) | Limit::TemperatureBelow(limit) => Limit::TemperatureBelow(limit),
        limit => limit,
    };
    let falls = matches!(
        limit,
        Limit::PotentialBelow(_) | Limit::VoltageBelow(_) | Limit::CurrentBelow(_) | Limit::TemperatureBelow(_)
    );
    match rises != falls {
        true => Ok(limit),
        false => Err(format!(
            "{text:?} is true from the start: in this step it {} to that value; write \"until {bare}\"",
            if falls { "falls" } else { "rises" }
        )),
    }
}

fn met(text: &str, control: Control, is_held: bool, cell: Cell) -> Result<Limit, String> {
    let of_current = || match control {
        Control::Potential(_) if is_held => Ok(()),
        _ => Err(format!("{text:?} ends a hold only")),
    };
    if is_rate(text) {
        let limit = current(text, cell)?;
        return of_current().map(|()| Limit::CurrentBelow(limit));
    }
    if is_against_lithium(text) {
        return voltage(text, control, cell);
    }
    if !text.contains(|c: char| c.is_ascii_digit()) {
        return Err(format!(
            "{text:?} is no charge, time, potential, current density, height or temperature, and not \"short\""
        ));
    }
    let read = quantity::read(text, "1")?;
    let is = |si: &str| read.dimension() == Dimension::of(si);
    let value = |si: &str| read.value(text, si);
    without_area(&read, text)?;
    match () {
        () if read.unit().is_empty() => {
            Err(format!("{text:?} has no unit; write \"{text} V\", \"{text} h\", \"{text} mAh/cm^2\" or what is meant"))
        }
        () if is("V") => voltage(text, control, cell),
        () if is("C/m^2") => positive(value("C/m^2"), text).map(Limit::Charge),
        () if is("m") => positive(value("m"), text).map(Limit::Height),
        () if is("s") => positive(value("s"), text).map(Limit::Time),
        // it warms where a current flows, and cools at rest; a sign says otherwise
        () if is("K") => match control {
            Control::Current(0.0) => temperature(value("K")?, text).map(Limit::TemperatureBelow),
            _ => temperature(value("K")?, text).map(Limit::TemperatureAbove),
        },
        () if is("A/m^2") => {
            of_current()?;
            match value("A/m^2")? {
                0.0 => Err(format!(
                    "{text:?} is never reached, a current fades for ever; write a small one, as in \"0.05 mA/cm^2\", or \"for 2 h\""
                )),
                current => positive(Ok(current), text).map(Limit::CurrentBelow),
            }
        }
        () => Err(format!(
            "{text:?} is {}, and no charge, time, potential, current density, height or temperature",
            read.dimension().name()
        )),
    }
}

/// A temperature that a run may have \[K\].
fn temperature(kelvins: f64, text: &str) -> Result<f64, String> {
    let fits = TEMPERATURES.contains(&kelvins);
    fits.then_some(kelvins).ok_or_else(|| format!("{text:?} lies outside 200…400 K"))
}

fn voltage(text: &str, control: Control, cell: Cell) -> Result<Limit, String> {
    let volts = volts(text)?;
    let charges = match control {
        Control::Current(current) if current != 0.0 => current > 0.0,
        _ => return Err(format!("{text:?} ends a charge or a discharge only")),
    };
    match (volts, charges) {
        (Volts::Electrode(limit), true) if limit < 0.0 => Ok(Limit::PotentialBelow(limit)),
        (Volts::Electrode(limit), false) if limit > 0.0 => Ok(Limit::PotentialAbove(limit)),
        (Volts::Electrode(_), true) => {
            Err(format!("{text:?} is met before any charge: lithium plates below 0 V vs Li"))
        }
        (Volts::Electrode(_), false) => {
            Err(format!("{text:?} is met before any discharge: lithium strips above 0 V vs Li"))
        }
        (Volts::Cell(limit), true) if cell.has_cathode => Ok(Limit::VoltageAbove(limit)),
        (Volts::Cell(limit), false) if cell.has_cathode => Ok(Limit::VoltageBelow(limit)),
        _ => Err(format!("{text:?} is a cell voltage and needs a [cathode]; or write \"{text} vs Li\"")),
    }
}

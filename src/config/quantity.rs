//! Numbers with units: `"3 mA/cm^2"` → 30.0, if a current density is what the key takes.
//!
//! The `fend-core` calculator knows the units and does the dimensional analysis in exact arithmetic.

use std::time::{Duration, Instant};

use fend_core::{Context, CustomUnitAttribute, Interrupt, evaluate_with_interrupt};

/// The calculator is exact, and so could be kept busy for ever by a monstrous exponent.
struct Deadline(Instant);

impl Interrupt for Deadline {
    fn should_interrupt(&self) -> bool {
        self.0.elapsed() > Duration::from_secs(1)
    }
}

/// Value of `text` in `unit`, a unit of fend's grammar such as `A/m^2`; `1` takes a pure number.
///
/// # Errors
/// A sentence that names the text and, if the dimension is wrong, both dimensions.
pub fn parse(text: &str, unit: &str) -> Result<f64, String> {
    let mut context = Context::new();
    context.use_coulomb_and_farad();
    context.define_custom_unit_v1("M", "M", "mol/L", &CustomUnitAttribute::None);
    let asked = plain(text);
    if asked.trim().is_empty() {
        return Err(format!("an empty text where a value in {unit} is expected"));
    }
    if unit != "1" && asked.trim().parse::<f64>().is_ok() {
        return Err(format!("{text:?} has no unit; a value in {unit} is expected"));
    }
    let deadline = Deadline(Instant::now());
    let result = evaluate_with_interrupt(&format!("({asked}) to {unit} to 17 sf"), &mut context, &deadline)
        .map_err(|reason| format!("{text:?} is not a value in {unit}: {reason}"))?;
    let number = result.get_main_result().trim_start_matches("approx. ").split(' ').next().unwrap_or_default();
    match number.parse::<f64>() {
        Ok(value) if value.is_finite() => Ok(value),
        _ => Err(format!("{text:?} is not a finite value in {unit}")),
    }
}

/// The text in the calculator's alphabet: superscripts and the ASCII spelling of degrees.
fn plain(text: &str) -> String {
    [
        ("degC", "°C"),
        ("Ω", "ohm"),
        ("\u{2126}", "ohm"),
        ("²", "^2"),
        ("³", "^3"),
        ("⁻¹", "^-1"),
        ("·", " "),
        ("−", "-"),
        ("μ", "µ"),
    ]
    .iter()
    .fold(text.to_string(), |text, (from, to)| text.replace(from, to))
}

/// A C-rate `"C/10"`, `"2C"` or `"0.5 C"` as multiples of the capacity per hour.
///
/// # Errors
/// A sentence that names the text.
pub fn c_rate(text: &str) -> Result<f64, String> {
    let bare: String = text.chars().filter(|c| !c.is_whitespace()).collect();
    let rate = match bare.strip_prefix("C/") {
        Some(hours) => hours.parse::<f64>().ok().map(|hours| 1.0 / hours),
        None => bare.strip_suffix('C').and_then(|rate| if rate.is_empty() { Some(1.0) } else { rate.parse().ok() }),
    };
    rate.filter(|rate| rate.is_finite())
        .ok_or_else(|| format!("{text:?} is not a C-rate; write \"C/10\", \"0.5C\" or \"2C\""))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn units_become_si() {
        for (text, unit, value) in [
            ("3 mA/cm^2", "A/m^2", 30.0),
            ("10 Ω cm²", "ohm m^2", 1e-3),
            ("25 degC", "K", 298.15),
            ("2 mAh/cm^2", "C/m^2", 72_000.0),
            ("2e13 /m^2/s", "m^-2 s^-1", 2e13),
            ("1.2 M", "mol/m^3", 1200.0),
            ("0.25 um", "m", 0.25e-6),
            ("-50 mV", "V", -0.05),
            ("2 h 30 min", "s", 9000.0),
            ("90 deg", "rad", std::f64::consts::FRAC_PI_2),
            ("2.9e-10 m^2/s", "m^2/s", 2.9e-10),
        ] {
            assert_eq!(parse(text, unit), Ok(value), "{text}");
        }
    }

    #[test]
    fn a_wrong_dimension_names_both() {
        let message = parse("3 mA", "A/m^2").unwrap_err();
        assert!(message.contains("3 mA") && message.contains("ampere / meter^2"), "{message}");
        assert!(parse("3", "A/m^2").unwrap_err().contains("no unit"));
        assert!(parse("1/0 m", "m").is_err() && parse("nonsense", "m").is_err());
    }

    #[test]
    fn c_rates() {
        assert_eq!(c_rate("C/10"), Ok(0.1));
        assert_eq!(c_rate("2 C"), Ok(2.0));
        assert_eq!(c_rate("-C/5").ok(), None);
        assert!(c_rate("C/0").is_err() && c_rate("fast").is_err());
    }
}

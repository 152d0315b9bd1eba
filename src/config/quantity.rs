//! Numbers with units: `"3 mA/cm^2"` → 30.0, if a current density is what the key takes.
//!
//! A quantity is a number times a unit and nothing else; times may be sums, such as `2 h 30 min`. A spelling that can mean only one
//! thing is taken, any other text is refused with what to write instead. All arithmetic is exact, and the result is rounded once.

mod number;
mod unit;

use num_bigint::BigInt;
use num_rational::BigRational;
use num_traits::{Signed, ToPrimitive, Zero};

use number::decimal;
pub use unit::{Dimension, example, example_list};
use unit::{TEMPERATURE, TIME, usual};

/// Most characters of a quantity: the longest sensible ones have forty.
const LONGEST: usize = 120;

/// A number times a unit, in exact SI.
#[derive(Clone, Debug, PartialEq)]
pub struct Quantity {
    /// the value in SI units
    value: BigRational,
    /// what it is a quantity of
    dimension: Dimension,
    /// the unit as it was written
    unit: String,
}

/// Value of `text` in `unit`, an SI unit such as `A/m^2`; `1` takes a pure number.
///
/// # Errors
/// A sentence that names the text and, if the dimension is wrong, both dimensions.
pub fn parse(text: &str, unit: &str) -> Result<f64, String> {
    read(text, unit)?.value(text, unit)
}

/// The quantity that `text` gives, of whatever dimension; `unit` is the one that is expected, for what depends on it: a bare `C` is a
/// degree Celsius where a temperature in `K` is expected and a coulomb elsewhere.
///
/// # Errors
/// A sentence that names the text, if it is no number times a unit.
pub fn read(text: &str, unit: &str) -> Result<Quantity, String> {
    let shown = shown(text);
    if text.chars().count() > LONGEST {
        return Err(format!("{shown} is too long for a number and a unit"));
    }
    let about = |problem: String| format!("{shown}: {problem}");
    let plain = unit::plain(text);
    if plain.is_empty() {
        return Err(format!(
            "an empty text where {} is expected, as in \"{}\"",
            Dimension::name_of(unit),
            example(unit)
        ));
    }
    if let Some(better) = number::without_commas(&plain) {
        return Err(about(better));
    }
    let terms = terms(&plain).map_err(about)?;
    let is_temperature = unit == "K";
    let mut sum: Option<Quantity> = None;
    for (value, unit) in &terms {
        let term = unit::apply(value.clone(), unit, is_temperature).map_err(about)?;
        let term = Quantity { value: term.0, dimension: term.1, unit: unit.clone() };
        sum = Some(match sum {
            None => term,
            Some(sum) => sum.and(term).map_err(about)?,
        });
    }
    sum.ok_or_else(|| format!("{shown} has no number"))
}

impl Quantity {
    /// Its dimension.
    pub fn dimension(&self) -> Dimension {
        self.dimension
    }

    /// The unit as it was written, empty for a pure number.
    pub fn unit(&self) -> &str {
        &self.unit
    }

    /// Its value in the unit as it was written; none if no number of the machine holds it. Of a sum of times, in the unit of the first.
    pub fn number(&self) -> Option<f64> {
        self.number_in(&self.unit)
    }

    /// Its value in another unit; none if that has another dimension.
    pub fn number_in(&self, unit: &str) -> Option<f64> {
        let of = |number: i64| {
            unit::apply(BigRational::from_integer(BigInt::from(number)), unit, self.dimension == TEMPERATURE)
        };
        let ((zero, _), (one, dimension)) = (of(0).ok()?, of(1).ok()?);
        (dimension == self.dimension).then_some(())?;
        ((&self.value - &zero) / (one - zero)).to_f64().filter(|number| number.is_finite())
    }

    /// Its value in the SI unit `unit`; `text` is how it was written.
    ///
    /// # Errors
    /// A sentence with both dimensions, or one that says that no number of the machine holds the value.
    pub fn value(&self, text: &str, unit: &str) -> Result<f64, String> {
        let shown = shown(text);
        let expected = Dimension::of(unit);
        if self.dimension != expected {
            let (found, wanted) = (self.dimension.name(), expected.name());
            return Err(match self.unit.is_empty() {
                true => format!("{shown} has no unit; {wanted} is expected, as in \"{}\"", example(unit)),
                false if unit == "1" => format!("{shown} is {found}; {wanted} without a unit is expected"),
                false => format!("{shown} is {found}; {wanted} is expected, as in \"{}\"", example(unit)),
            });
        }
        match self.value.to_f64() {
            Some(value) if !value.is_finite() => Err(format!("{shown} is too large")),
            Some(value) if value == 0.0 && !self.value.is_zero() => Err(format!("{shown} is too small")),
            Some(value) => Ok(value),
            None => Err(format!("{shown} is no value in {unit}")),
        }
    }

    /// This time and a shorter one that goes with it, as in `2 h 30 min`.
    fn and(self, next: Self) -> Result<Self, String> {
        if self.dimension != TIME || next.dimension != TIME {
            return Err("only times are sums, as in \"2 h 30 min\"; write one number and one unit".into());
        }
        if self.value.is_negative() || next.value.is_negative() || unit::size(&self.unit) <= unit::size(&next.unit) {
            return Err(
                "in a sum of times the larger unit stands first and nothing is negative, as in \"2 h 30 min\"".into()
            );
        }
        Ok(Self { value: self.value + next.value, dimension: TIME, unit: self.unit })
    }
}

/// A `value` of a key in the unit `written` in its config, for people; none if that unit does not fit the SI unit.
pub fn in_unit(value: f64, written: &str, si: &str) -> Option<f64> {
    let one = |number: i64| unit::apply(BigRational::from_integer(BigInt::from(number)), written, si == "K").ok();
    let (zero, (one, dimension)) = (one(0)?.0, one(1)?);
    (dimension == Dimension::of(si)).then_some(())?;
    // degrees have a zero of their own: by the digits of the value, a melting ice is at 0 and not a rounding beside it
    let exact = (decimal(&format!("{value:e}"))? - &zero) / (one - zero);
    exact.to_f64()
}

/// A `value` in an SI unit as people write it: four significant digits, in the unit `written` in the config or, if there is none, in the
/// usual one; in the SI unit if it needs no power of ten, or a smaller one.
pub fn for_people(value: f64, si: &str, written: Option<&str>) -> String {
    let power = |unit: &str| match in_unit(value, unit, si) {
        Some(value) if digits(value).contains('e') => value.abs().log10().abs(),
        _ => 0.0,
    };
    let own = if power(si) < power(usual(si)) { si } else { usual(si) };
    let units = [written, Some(own), Some(si)];
    let found = units.into_iter().flatten().find_map(|unit| Some((in_unit(value, unit, si)?, unit)));
    let (value, unit) = found.unwrap_or((value, si));
    format!("{} {}", digits(value), if unit == "1" { "" } else { unit }).trim_end().into()
}

/// Four significant digits, and all before the point, of a number as a config takes it.
pub fn digits(value: f64) -> String {
    if value == 0.0 || !value.is_finite() {
        return value.abs().to_string();
    }
    // the power of ten after rounding: 9999.6 is 10000
    let rounded: f64 = format!("{value:.3e}").parse().unwrap_or(value);
    match rounded.abs().log10().floor() as i32 {
        power @ -3..6 => {
            let text = format!("{value:.*}", (3 - power).max(0) as usize);
            if text.contains('.') { text.trim_end_matches('0').trim_end_matches('.').into() } else { text }
        }
        _ => format!("{rounded:e}"),
    }
}

/// The numbers and units of `plain`: one pair, or several of times.
fn terms(plain: &str) -> Result<Vec<(BigRational, String)>, String> {
    let mut terms = Vec::new();
    let mut rest = plain;
    while !rest.is_empty() {
        let (value, after) = number::leading(rest)?;
        let (unit, next) = unit::split(after);
        if next.starts_with(|c: char| c.is_ascii_digit()) && unit.is_empty() {
            return Err(format!("write the digits together, {}", format!("\"{plain}\"").replacen(' ', "", 1)));
        }
        terms.push((value, unit.to_string()));
        rest = next;
    }
    Ok(terms)
}

/// The text in quotes, cut if it is very long.
pub fn shown(text: &str) -> String {
    match text.char_indices().nth(LONGEST) {
        Some((end, _)) => format!("{:?}…", &text[..end]),
        None => format!("{text:?}"),
    }
}

/// A C-rate `"C/10"`, `"2C"` or `"0.5 C"` as multiples of the capacity per hour.
///
/// # Errors
/// A sentence that names the text.
pub fn c_rate(text: &str) -> Result<f64, String> {
    let wrong = || format!("{} is not a C-rate; write \"C/10\", \"0.5C\" or \"2C\"", shown(text));
    let plain = unit::plain(text);
    if let Some(better) = number::without_commas(&plain) {
        return Err(format!("{}: {better}", shown(text)));
    }
    let is_c = |text: &str| matches!(text.trim(), "C" | "c");
    let rate = match plain.split_once('/') {
        Some((c, hours)) if is_c(c) => decimal(hours.trim()).filter(Signed::is_positive).map(|hours| hours.recip()),
        Some(_) => None,
        None if is_c(&plain) => decimal("1"),
        None => plain.strip_suffix(['C', 'c']).and_then(|rate| decimal(rate.trim())),
    };
    rate.and_then(|rate| rate.to_f64()).filter(|rate| rate.is_finite()).ok_or_else(wrong)
}

/// Seconds of a wall time: a time with a unit, or hours, minutes and seconds with colons as batch systems write them.
///
/// # Errors
/// A sentence that names the text and says what to write.
pub fn wall_time(text: &str) -> Result<f64, String> {
    let shown = shown(text);
    let bare = text.trim();
    let of_clock = |c: char| c.is_ascii_digit() || matches!(c, ':' | '-');
    if bare.contains(':') || bare.chars().all(of_clock) && bare.trim_start_matches('-').contains('-') {
        return clock_time(text).ok_or_else(|| {
            format!("{shown} is no time; write hours:minutes:seconds as in \"02:30:00\", with days \"1-02:30:00\", or \"2 h 30 min\"")
        });
    }
    if decimal(bare).is_some() {
        return Err(format!("{shown} has no unit; write \"{bare} min\" or \"{bare} s\""));
    }
    if bare.ends_with('M') || bare.to_ascii_lowercase().contains("month") {
        return Err(format!("{shown}: a month has no fixed length; write days, \"30 d\", or minutes, \"90 min\""));
    }
    // a wall time is no length: m can only be a minute; and its terms may stand without a space between them
    let (mut spaced, mut letters) = (String::new(), 0);
    for c in unit::plain(text).chars() {
        // the e of an exponent stands right after a digit, too
        if c.is_ascii_digit() && letters > 0 && !(letters == 1 && spaced.ends_with(['e', 'E'])) {
            spaced.push(' ');
        }
        letters = if c.is_alphabetic() { letters + 1 } else { 0 };
        spaced.push(c);
    }
    let words: Vec<String> = spaced.split(' ').map(minutes).collect();
    let words = words.join(" ");
    let seconds =
        read(&words, "s").and_then(|time| time.value(&words, "s")).map_err(|problem| match words == text {
            true => problem,
            false => problem.replacen(&self::shown(&words), &shown, 1),
        })?;
    if seconds < 0.0 {
        return Err(format!("{shown} must not be negative"));
    }
    Ok(seconds)
}

/// A word of a wall time with `m` for minutes as `min`.
fn minutes(word: &str) -> String {
    match word.strip_suffix('m') {
        Some(number) if number.is_empty() || number.ends_with(|c: char| c.is_ascii_digit()) => format!("{number}min"),
        _ => word.into(),
    }
}

/// Seconds of `hours:minutes:seconds`, `days-hours`, `days-hours:minutes` or `days-hours:minutes:seconds`; minutes and seconds alone could
/// be hours and minutes.
fn clock_time(text: &str) -> Option<f64> {
    let whole = |text: &str, below: u64| {
        let digits = (1..=6).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_digit());
        digits.then(|| text.parse::<u64>().ok()).flatten().filter(|number| *number < below)
    };
    let (days, time) = match text.trim().split_once('-') {
        Some((days, time)) => (Some(whole(days, 100_000)?), time),
        None => (None, text.trim()),
    };
    let parts: Vec<&str> = time.split(':').collect();
    let hours = |hours: &str| whole(hours, if days.is_some() { 24 } else { 1_000_000 });
    let [hours, minutes, seconds] = match (days, &parts[..]) {
        (_, [h, m, s]) => [hours(h)?, whole(m, 60)?, whole(s, 60)?],
        (Some(_), [h, m]) => [hours(h)?, whole(m, 60)?, 0],
        (Some(_), [h]) => [hours(h)?, 0, 0],
        _ => return None,
    };
    Some((((days.unwrap_or(0) * 24 + hours) * 60 + minutes) * 60 + seconds) as f64)
}

#[cfg(test)]
mod tests;

//! The unit of a quantity: which ones there are, how they may be written, and what they are in SI.

use std::sync::LazyLock;

use num_bigint::BigInt;
use num_rational::BigRational;
use num_traits::One;

use super::number::{raised, ten_to};

/// Exponents of m, kg, s, A, K, mol, rad and byte.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Dimension([i32; 8]);

const BASES: [&str; 8] = ["m", "kg", "s", "A", "K", "mol", "rad", "B"];

/// A time.
pub const TIME: Dimension = Dimension([0, 0, 1, 0, 0, 0, 0, 0]);
/// A temperature.
pub const TEMPERATURE: Dimension = Dimension([0, 0, 0, 0, 1, 0, 0, 0]);

/// A unit: its symbols, in which case counts, the prefixes that they take (u stands for µ), its names in full, in which case does not
/// count, its value in SI as numerator, denominator and power of ten, and its dimension.
struct Unit {
    symbols: &'static [&'static str],
    prefixes: &'static str,
    names: &'static [&'static str],
    value: (u128, u128, i32),
    dimension: [i32; 8],
}

const fn unit(
    symbols: &'static [&'static str],
    prefixes: &'static str,
    names: &'static [&'static str],
    value: (u128, u128, i32),
    [m, kg, s, a, k, mol, rad]: [i32; 7],
) -> Unit {
    Unit { symbols, prefixes, names, value, dimension: [m, kg, s, a, k, mol, rad, 0] }
}

/// What memory is counted in: for what is asked of a machine.
const BYTE: Unit =
    Unit { symbols: &["B"], prefixes: "kMGT", names: &["byte"], value: (1, 1, 0), dimension: [0, 0, 0, 0, 0, 0, 0, 1] };

/// π as the machine has it, a fraction: so 90 degrees are just the machine's π/2.
const PI: (u128, u128) = (884_279_719_003_555, 1 << 48);

#[rustfmt::skip]
const UNITS: &[Unit] = &[
    unit(&["m"], "kdcmunp", &["metre", "meter"], (1, 1, 0), [1, 0, 0, 0, 0, 0, 0]),
    unit(&["Å"], "", &["angstrom", "ångström"], (1, 1, -10), [1, 0, 0, 0, 0, 0, 0]),
    unit(&[], "", &["micron"], (1, 1, -6), [1, 0, 0, 0, 0, 0, 0]),
    unit(&["mil"], "", &["thou"], (254, 1, -7), [1, 0, 0, 0, 0, 0, 0]),
    unit(&[], "", &["inch", "inche"], (254, 1, -4), [1, 0, 0, 0, 0, 0, 0]),
    unit(&["mi"], "", &["mile"], (1_609_344, 1, -3), [1, 0, 0, 0, 0, 0, 0]),
    unit(&["l", "L"], "dcmu", &["litre", "liter"], (1, 1, -3), [3, 0, 0, 0, 0, 0, 0]),
    unit(&["g"], "kmu", &["gram"], (1, 1, -3), [0, 1, 0, 0, 0, 0, 0]),
    unit(&["s", "sec", "secs"], "munp", &["second"], (1, 1, 0), [0, 0, 1, 0, 0, 0, 0]),
    unit(&["min", "mins"], "", &["minute"], (60, 1, 0), [0, 0, 1, 0, 0, 0, 0]),
    unit(&["h", "hr", "hrs"], "", &["hour"], (3600, 1, 0), [0, 0, 1, 0, 0, 0, 0]),
    unit(&["d"], "", &["day"], (86_400, 1, 0), [0, 0, 1, 0, 0, 0, 0]),
    unit(&[], "", &["week"], (604_800, 1, 0), [0, 0, 1, 0, 0, 0, 0]),
    unit(&["Hz"], "kM", &["hertz"], (1, 1, 0), [0, 0, -1, 0, 0, 0, 0]),
    unit(&["A"], "kmunp", &["ampere", "amp"], (1, 1, 0), [0, 0, 0, 1, 0, 0, 0]),
    unit(&["C"], "kmun", &["coulomb"], (1, 1, 0), [0, 0, 1, 1, 0, 0, 0]),
    unit(&["As"], "mu", &[], (1, 1, 0), [0, 0, 1, 1, 0, 0, 0]),
    unit(&["Ah"], "kmun", &[], (3600, 1, 0), [0, 0, 1, 1, 0, 0, 0]),
    unit(&["V"], "kmun", &["volt"], (1, 1, 0), [2, 1, -3, -1, 0, 0, 0]),
    unit(&["W"], "kmun", &["watt"], (1, 1, 0), [2, 1, -3, 0, 0, 0, 0]),
    unit(&["ohm", "Ohm", "Ω"], "kMmu", &["ohm"], (1, 1, 0), [2, 1, -3, -2, 0, 0, 0]),
    unit(&["S"], "kmun", &["siemens"], (1, 1, 0), [-2, -1, 3, 2, 0, 0, 0]),
    unit(&["F"], "munp", &["farad"], (1, 1, 0), [-2, -1, 4, 2, 0, 0, 0]),
    unit(&["N"], "kmu", &["newton"], (1, 1, 0), [1, 1, -2, 0, 0, 0, 0]),
    unit(&["dyn"], "", &["dyne"], (1, 1, -5), [1, 1, -2, 0, 0, 0, 0]),
    unit(&["J"], "kMmun", &["joule"], (1, 1, 0), [2, 1, -2, 0, 0, 0, 0]),
    unit(&["erg"], "", &["erg"], (1, 1, -7), [2, 1, -2, 0, 0, 0, 0]),
    unit(&["Wh"], "kmu", &[], (3600, 1, 0), [2, 1, -2, 0, 0, 0, 0]),
    unit(&["cal"], "k", &["calorie"], (4184, 1, -3), [2, 1, -2, 0, 0, 0, 0]),
    unit(&["eV"], "km", &["electronvolt"], (1_602_176_634, 1, -28), [2, 1, -2, 0, 0, 0, 0]),
    unit(&["Pa"], "hkMG", &["pascal"], (1, 1, 0), [-1, 1, -2, 0, 0, 0, 0]),
    unit(&["bar"], "km", &["bar"], (1, 1, 5), [-1, 1, -2, 0, 0, 0, 0]),
    unit(&["atm"], "", &["atmosphere"], (101_325, 1, 0), [-1, 1, -2, 0, 0, 0, 0]),
    // a pound of force on a square inch
    unit(&["psi"], "", &["psi"], (44_482_216_152_605, 64_516, -5), [-1, 1, -2, 0, 0, 0, 0]),
    unit(&["K"], "", &["kelvin"], (1, 1, 0), [0, 0, 0, 0, 1, 0, 0]),
    unit(&["mol"], "kmun", &["mole"], (1, 1, 0), [0, 0, 0, 0, 0, 1, 0]),
    unit(&["M"], "mun", &["molar"], (1, 1, 3), [-3, 0, 0, 0, 0, 1, 0]),
    unit(&["rad"], "m", &["radian"], (1, 1, 0), [0, 0, 0, 0, 0, 0, 1]),
    unit(&["deg", "°"], "", &["degree"], (PI.0, 180 * PI.1, 0), [0, 0, 0, 0, 0, 0, 1]),
    BYTE,
];

/// Prefixes with their names and powers of ten.
const PREFIXES: [(char, &str, i32); 12] = [
    ('T', "tera", 12),
    ('G', "giga", 9),
    ('M', "mega", 6),
    ('k', "kilo", 3),
    ('h', "hecto", 2),
    ('d', "deci", -1),
    ('c', "centi", -2),
    ('m', "milli", -3),
    ('u', "micro", -6),
    ('µ', "micro", -6),
    ('n', "nano", -9),
    ('p', "pico", -12),
];

/// What a quantity of an SI unit is called, and a usual way to write one: its number and its unit.
const QUANTITIES: [(&str, &str, &str, &str); 42] = [
    ("1", "a pure number", "0.5", ""),
    ("m", "a length", "0.25", "um"),
    ("m^2", "an area", "1", "cm^2"),
    ("m^3", "a volume", "1", "L"),
    ("s", "a time", "2", "h"),
    ("m^-2", "a number per area", "1e10", "/m^2"),
    ("m^-2 s^-1", "a rate per area", "2e13", "/m^2/s"),
    ("s^-1", "a rate", "1", "/s"),
    ("A", "a current", "1", "mA"),
    ("A/m^2", "a current density", "1", "mA/cm^2"),
    ("A/m^2/s", "a current density per time", "1", "mA/cm^2/s"),
    ("A/m^3", "a current per volume", "1", "A/m^3"),
    ("C", "a charge", "1", "mAh"),
    ("C/m^2", "a charge per area", "1", "mAh/cm^2"),
    ("C/m^3", "a charge per volume", "1", "mAh/cm^3"),
    ("C^2/m^4/s", "a squared charge per area and time", "0.1", "C^2/m^4/s"),
    ("V", "a voltage", "50", "mV"),
    ("V/s", "a voltage per time", "1", "mV/s"),
    ("V/m", "a field", "1", "V/m"),
    ("ohm", "a resistance", "10", "ohm"),
    ("ohm m", "a resistivity", "10", "ohm cm"),
    ("ohm m^2", "an area resistance", "10", "ohm cm^2"),
    ("S", "a conductance", "1", "mS"),
    ("S/m", "a conductivity", "1", "S/m"),
    ("F", "a capacitance", "1", "uF"),
    ("F/m^2", "a capacitance per area", "20", "uF/cm^2"),
    ("mol", "an amount of substance", "1", "mol"),
    ("mol/m^3", "a concentration", "1", "mol/L"),
    ("m^2/s", "a diffusivity", "3e-10", "m^2/s"),
    ("K", "a temperature", "25", "degC"),
    ("J", "an energy", "1", "J"),
    ("W", "a power", "1", "W"),
    ("J/mol", "an energy per mole", "55", "kJ/mol"),
    ("J/m^2", "an energy per area", "0.5", "J/m^2"),
    ("Pa", "a pressure", "1", "MPa"),
    ("kg", "a mass", "1", "g"),
    ("kg/m^3", "a density", "2.7", "g/cm^3"),
    ("C/kg", "a charge per mass", "200", "mAh/g"),
    ("J/m", "an energy per distance", "230", "Wh/mile"),
    ("rad", "an angle", "90", "deg"),
    ("B", "an amount of data", "1", "GB"),
    ("B/s", "a rate of data", "3", "TB/s"),
];

/// The dimensions of [`QUANTITIES`], in order.
static DIMENSIONS: LazyLock<Vec<Dimension>> = LazyLock::new(|| QUANTITIES.map(|(si, ..)| Dimension::of(si)).into());

impl Dimension {
    /// That of an SI unit.
    pub fn of(si: &str) -> Self {
        apply(BigRational::one(), if si == "1" { "" } else { si }, false)
            .map(|(_, dimension)| dimension)
            .unwrap_or_default()
    }

    /// What a quantity of it is called, with an article.
    pub fn name(self) -> String {
        match DIMENSIONS.iter().position(|known| *known == self) {
            Some(place) => QUANTITIES[place].1.into(),
            None => {
                let bases = BASES.iter().zip(self.0).filter(|(_, power)| *power != 0);
                let power = |(base, power): (&&str, i32)| {
                    if power == 1 { (*base).to_string() } else { format!("{base}^{power}") }
                };
                format!("a quantity in {}", bases.map(power).collect::<Vec<_>>().join(" "))
            }
        }
    }

    /// What a quantity of an SI unit is called.
    pub fn name_of(si: &str) -> String {
        Self::of(si).name()
    }

    fn times(self, other: [i32; 8], power: i32) -> Self {
        Self(std::array::from_fn(|i| self.0[i] + power * other[i]))
    }
}

fn row(si: &str) -> Option<&'static (&'static str, &'static str, &'static str, &'static str)> {
    let dimension = Dimension::of(si);
    DIMENSIONS.iter().position(|known| *known == dimension).map(|place| &QUANTITIES[place])
}

/// A quantity of an SI unit as people write it.
pub fn example(si: &str) -> String {
    row(si).map_or(format!("1 {si}"), |(_, _, number, unit)| format!("{number} {unit}").trim_end().into())
}

/// A list of quantities of an SI unit as people write it; pure numbers need no quotes.
pub fn example_list(si: &str, count: usize) -> String {
    let one = if si == "1" { example(si) } else { format!("{:?}", example(si)) };
    format!("[{}]", vec![one; count].join(", "))
}

/// The unit that people use for quantities of an SI unit.
pub fn usual(si: &str) -> &str {
    row(si).map_or(si, |(_, _, _, unit)| unit)
}

/// The text in one alphabet: ASCII for signs, powers, products, quotients and spaces.
pub fn plain(text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    let mut is_raised = false;
    for c in text.trim().chars() {
        let raised = "⁰¹²³⁴⁵⁶⁷⁸⁹".chars().position(|digit| digit == c).map(|digit| char::from(b'0' + digit as u8));
        let raised = raised.or(match c {
            '⁻' => Some('-'),
            '⁺' => Some('+'),
            _ => None,
        });
        if raised.is_some() && !is_raised {
            plain.push('^');
        }
        is_raised = raised.is_some();
        match raised.unwrap_or(c) {
            '−' | '–' | '‐' | '‑' | '－' => plain.push('-'),
            '·' | '⋅' | '×' | '∙' | '•' => plain.push('*'),
            '⁄' | '∕' | '÷' => plain.push('/'),
            'μ' => plain.push('µ'),
            '\u{2126}' => plain.push('Ω'),
            '\u{212b}' => plain.push('Å'),
            '\u{212a}' => plain.push('K'),
            '\u{30a}' if plain.ends_with('A') => {
                plain.pop();
                plain.push('Å');
            }
            '℃' => plain.push_str("°C"),
            '℉' => plain.push_str("°F"),
            '˚' | 'º' => plain.push('°'),
            c if c.is_whitespace() => {
                if !plain.ends_with(' ') {
                    plain.push(' ');
                }
            }
            c => plain.push(c),
        }
    }
    plain.replace("**", "^")
}

/// The unit at the beginning of `text`, which stands after a number, and the next number with what follows.
pub fn split(text: &str) -> (&str, &str) {
    let text = text.trim_start();
    let text = text.strip_prefix('*').map(str::trim_start).filter(|after| !after.is_empty()).unwrap_or(text);
    // the 1 of "1/m^2" is no number
    let begin = if text.starts_with("1/") || text.starts_with("1 /") { 1 } else { 0 };
    let is_digit = |c: char| c.is_ascii_digit();
    let next = text[begin..].match_indices(' ').map(|(place, _)| begin + place + 1);
    // the hundred of "kWh / 100 km" is part of a unit
    let parts = |before: &str| before.ends_with(' ') && !before.trim_end().ends_with('/');
    let next = next.filter(|&place| parts(&text[..place])).find(|&place| {
        let after = &text[place..];
        after.starts_with(is_digit) || after.strip_prefix('.').is_some_and(|after| after.starts_with(is_digit))
    });
    match next {
        _ if text.starts_with(is_digit) && begin == 0 => ("", text),
        Some(place) => (text[..place].trim_end(), &text[place..]),
        None => (text.trim_end(), ""),
    }
}

/// Value of a `number` of `unit` in SI, and its dimension. Where a temperature is expected, a bare `C` is a degree Celsius.
///
/// # Errors
/// What is wrong with the unit, as a sentence.
pub fn apply(number: BigRational, unit: &str, is_temperature: bool) -> Result<(BigRational, Dimension), String> {
    let whole = |hundredths: i64| BigRational::new(BigInt::from(hundredths), BigInt::from(100));
    match degrees(unit) {
        Some('C') => return Ok((number + whole(27_315), TEMPERATURE)),
        Some('F') => {
            return Ok(((number + whole(45_967)) * BigRational::new(BigInt::from(5), BigInt::from(9)), TEMPERATURE));
        }
        None if matches!(unit, "%" | "percent") => return Ok((number * ten_to(-2), Dimension::default())),
        _ if is_temperature && unit == "C" => return Ok((number + whole(27_315), TEMPERATURE)),
        _ if is_temperature && matches!(unit, "deg" | "°" | "degree" | "degrees") => {
            return Err("degrees of which scale? write \"degC\" or \"K\"".into());
        }
        _ => {}
    }
    let (factor, dimension) = product(unit)?;
    Ok((number * factor, dimension))
}

/// The scale, `C` or `F`, if `unit` is a degree of Celsius or Fahrenheit.
fn degrees(unit: &str) -> Option<char> {
    let bare: String = unit.chars().filter(|c| !matches!(c, ' ' | '.')).collect();
    let lower = bare.to_lowercase();
    if matches!(lower.as_str(), "celsius" | "centigrade" | "fahrenheit") {
        return lower.to_uppercase().chars().next();
    }
    let scale = ["degrees", "degree", "deg", "°"].into_iter().find_map(|degree| lower.strip_prefix(degree));
    match scale.or(bare.strip_prefix('o').filter(|scale| matches!(*scale, "C" | "F")))? {
        "c" | "C" | "celsius" => Some('C'),
        "f" | "F" | "fahrenheit" => Some('F'),
        _ => None,
    }
}

/// Size of a unit in SI, for comparison of units of one dimension; 0 if it is no unit.
pub fn size(unit: &str) -> BigRational {
    product(unit).map(|(factor, _)| factor).unwrap_or_default()
}

/// What stands between two factors.
#[derive(Clone, Copy, PartialEq)]
enum Between {
    /// a space, or one of `*`, `.` and `-`
    Times,
    /// `/` or "per"
    Per,
}

/// A product of powers of units, some of them after `/`.
fn product(unit: &str) -> Result<(BigRational, Dimension), String> {
    let mut rest =
        unit.strip_prefix('1').filter(|rest| rest.trim_start().starts_with('/')).unwrap_or(unit).trim_start();
    let (mut factor, mut dimension) = (BigRational::one(), Dimension::default());
    let mut is_below = false;
    let mut is_first = true;
    while !rest.is_empty() {
        let (between, after) = between(rest, is_first)?;
        // consumptions are told for a hundred kilometres: kWh/100 km
        let hundred = after.strip_prefix("100").map(str::trim_start).filter(|after| after.starts_with("km"));
        let after = match hundred.filter(|_| between == Between::Per) {
            Some(after) => {
                factor *= ten_to(-2);
                after
            }
            None => after,
        };
        match between {
            Between::Per => is_below = true,
            Between::Times if is_below => {
                return Err(format!(
                    "what follows \"/\" in {unit:?} can be read in two ways; give every unit below the line its own \"/\", or write powers such as m^-2"
                ));
            }
            Between::Times => {}
        }
        let (power, (value, of), after) = match after.strip_prefix('(').filter(|_| between == Between::Per) {
            // several units below the line
            Some(after) => {
                let (inner, after) = after.split_once(')').ok_or("a closing parenthesis is missing")?;
                if inner.contains(['(', '/']) {
                    return Err("parentheses hold a product of units and nothing else".into());
                }
                (1, product(inner)?, after)
            }
            None => {
                let (word, after) = word(after)?;
                let (power, after) = power(after)?;
                (power, known(word)?, after)
            }
        };
        let power = if between == Between::Per { -power } else { power };
        factor *= raise(value, power);
        dimension = dimension.times(of.0, power);
        if dimension.0.iter().any(|power| power.abs() > 30) {
            return Err(format!("{unit:?} has powers that no quantity has"));
        }
        is_first = false;
        rest = after;
    }
    Ok((factor, dimension))
}

/// `value` to the `power`.
fn raise(value: BigRational, power: i32) -> BigRational {
    let size = num_traits::pow(value, power.unsigned_abs() as usize);
    if power < 0 { size.recip() } else { size }
}

/// What stands before the next factor, and the text from that factor on.
fn between(text: &str, is_first: bool) -> Result<(Between, &str), String> {
    let bare = text.trim_start();
    let per = bare.strip_prefix('/').or(bare.strip_prefix("per ").filter(|_| is_first || bare.len() < text.len()));
    if let Some(after) = per {
        return Ok((Between::Per, after.trim_start()));
    }
    if is_first {
        return Ok((Between::Times, text));
    }
    let starts_unit = |text: &str| text.starts_with(is_of_word);
    if let Some(after) = bare.strip_prefix('*').map(str::trim_start).or(text.strip_prefix(['.', '-']))
        && starts_unit(after)
    {
        return Ok((Between::Times, after));
    }
    if bare.len() < text.len() && starts_unit(bare) {
        return Ok((Between::Times, bare));
    }
    Err(out_of_place(bare))
}

fn is_of_word(c: char) -> bool {
    c.is_alphabetic() || c == '°'
}

/// The word that `text` begins with, and the rest.
fn word(text: &str) -> Result<(&str, &str), String> {
    let end = text.find(|c: char| !is_of_word(c)).unwrap_or(text.len());
    if end == 0 {
        return Err(if text.is_empty() { "a unit is missing at the end".into() } else { out_of_place(text) });
    }
    Ok(text.split_at(end))
}

fn out_of_place(text: &str) -> String {
    match text.chars().next() {
        Some('#') => "a \"#\" within the quotes begins no comment; close the quotes before it".into(),
        Some(c) => format!("{c:?} has no place in a unit; a quantity is a number and a unit, as in \"3 mA/cm^2\""),
        None => "a unit is missing at the end".into(),
    }
}

/// The power of a unit that `text` begins with, 1 if there is none: `^2`, `2`, `-2`.
fn power(text: &str) -> Result<(i32, &str), String> {
    let bare = text.strip_prefix('-').unwrap_or(text);
    let wrong = |power: &str| format!("\"{power}\" is no power of a unit");
    let (power, after) = match raised(text) {
        Some((power, after)) => (power?, after),
        None if text.starts_with('^') => return Err(wrong(text)),
        None if bare.starts_with(|c: char| c.is_ascii_digit()) => {
            let end = bare.find(|c: char| !c.is_ascii_digit()).unwrap_or(bare.len()) + text.len() - bare.len();
            match text[..end].parse() {
                // nobody writes m1 for m: it is a slip, or a number in another grammar
                Ok(1 | 0) | Err(_) => return Err(wrong(&text[..end])),
                Ok(power) => (power, &text[end..]),
            }
        }
        None => (1, text),
    };
    if power == 0 || power.abs() > 9 || after.starts_with('^') || after.starts_with(|c: char| c.is_ascii_digit()) {
        return Err(wrong(&text[..text.len() - after.len()]));
    }
    Ok((power, after))
}

/// A unit by its symbol with a prefix, or by its name.
fn known(word: &str) -> Result<(BigRational, Dimension), String> {
    let found = by_symbol(word).or_else(|| by_name(word));
    let Some((unit, power)) = found else { return Err(unknown(word)) };
    let (over, under, ten) = unit.value;
    let value = BigRational::new(BigInt::from(over), BigInt::from(under)) * ten_to(ten + power);
    Ok((value, Dimension(unit.dimension)))
}

fn by_symbol(word: &str) -> Option<(&'static Unit, i32)> {
    let bare = UNITS.iter().find(|unit| unit.symbols.contains(&word)).map(|unit| (unit, 0));
    bare.or_else(|| {
        let first = word.chars().next()?;
        let (_, _, power) = PREFIXES.into_iter().find(|(prefix, ..)| *prefix == first)?;
        let (rest, letter) = (&word[first.len_utf8()..], if first == 'µ' { 'u' } else { first });
        let takes = |unit: &&Unit| unit.symbols.contains(&rest) && unit.prefixes.contains(letter);
        UNITS.iter().find(takes).map(|unit| (unit, power))
    })
}

fn by_name(word: &str) -> Option<(&'static Unit, i32)> {
    let lower = word.to_lowercase();
    let named = |name: &str| {
        UNITS
            .iter()
            .find(|unit| unit.names.contains(&name.strip_suffix('s').unwrap_or(name)) || unit.names.contains(&name))
    };
    let bare = named(&lower).map(|unit| (unit, 0));
    bare.or_else(|| {
        let (name, power) =
            PREFIXES.iter().find_map(|(_, prefix, power)| Some((lower.strip_prefix(prefix)?, *power)))?;
        named(name).map(|unit| (unit, power))
    })
}

/// That a word is no unit, with what may be meant.
fn unknown(word: &str) -> String {
    let lower = word.to_lowercase();
    match lower.as_str() {
        "u" => return "\"u\" is no unit; write \"um\"".into(),
        "month" | "months" | "mo" | "year" | "years" | "yr" | "a" | "y" => {
            return format!("{word:?} has no fixed length; write days, as in \"30 d\"");
        }
        _ => {}
    }
    let prefixed = UNITS.iter().flat_map(|unit| {
        unit.symbols.iter().flat_map(|symbol| {
            let bare = std::iter::once((*symbol).to_string());
            bare.chain(unit.prefixes.chars().map(move |prefix| format!("{prefix}{symbol}")))
        })
    });
    let names = UNITS.iter().flat_map(|unit| unit.names).map(|name| (*name).to_string());
    let all: Vec<String> = prefixed.chain(names).collect();
    let of_case: Vec<&String> = all.iter().filter(|known| known.to_lowercase() == lower).collect();
    let near =
        || all.iter().filter(|known| known.len() > 2 && strsim::osa_distance(known, word) == 1).take(2).collect();
    let meant: Vec<&String> = if of_case.is_empty() { near() } else { of_case };
    match &meant[..] {
        [] => format!("{word:?} is no unit that is known here"),
        some => {
            let some: Vec<String> = some.iter().map(|known| format!("{known:?}")).collect();
            format!("{word:?} is no unit that is known here; did you mean {}?", some.join(" or "))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_spelling_has_two_meanings() {
        let mut seen = std::collections::BTreeMap::new();
        for (i, unit) in UNITS.iter().enumerate() {
            for symbol in unit.symbols {
                let spellings = std::iter::once((*symbol).to_string())
                    .chain(unit.prefixes.chars().map(|prefix| format!("{prefix}{symbol}")));
                for spelling in spellings {
                    assert_eq!(seen.insert(spelling.clone(), i), None, "{spelling} stands twice");
                }
            }
            for name in unit.names {
                let by_symbol = by_symbol(name).map(|(unit, power)| (unit.value, power));
                assert!(by_symbol.is_none() || by_symbol == Some((unit.value, 0)), "{name} is also a symbol");
            }
        }
    }

    #[test]
    fn every_quantity_has_a_dimension_of_its_own_and_a_usual_unit_that_fits() {
        for (i, (si, ..)) in QUANTITIES.iter().enumerate() {
            assert_eq!(DIMENSIONS.iter().position(|dimension| *dimension == Dimension::of(si)), Some(i), "{si}");
            assert_eq!(Dimension::of(usual(si)).name(), QUANTITIES[i].1, "{si}");
            assert!(super::super::parse(&example(si), si).is_ok(), "{si}");
        }
    }
}

//! The number of a quantity: decimal digits, an exponent, and nothing that a calculator would work out.

use num_bigint::BigInt;
use num_rational::BigRational;

/// Most digits of a number, and its largest power of ten: beyond what any measurement or machine number needs.
const DIGITS: usize = 60;
const POWER: i32 = 400;

/// The number that `text` begins with, and what stands after it.
///
/// # Errors
/// A sentence, if there is no number, or one that no person would read in one way.
pub fn leading(text: &str) -> Result<(BigRational, &str), String> {
    let (sign, unsigned) = match text.strip_prefix('-') {
        Some(rest) => (-1, rest.trim_start()),
        None => (1, text.strip_prefix('+').unwrap_or(text)),
    };
    let (whole, rest) = digits(unsigned);
    let (fraction, mut rest) = match rest.strip_prefix('.').map(digits) {
        Some((fraction, after)) if !(whole.is_empty() && fraction.is_empty()) => (fraction, after),
        _ => ("", rest),
    };
    if whole.is_empty() && fraction.is_empty() {
        return Err("a quantity begins with its number".into());
    }
    if whole.len() + fraction.len() > DIGITS {
        return Err(format!("has more than {DIGITS} digits"));
    }
    // a point that was lost: nobody writes 025 for 25
    if whole.len() > 1 && whole.starts_with('0') {
        let (bare, pointed) = (whole.trim_start_matches('0'), &whole[1..]);
        return Err(format!(
            "{whole} begins with a zero; write 0.{pointed} or {}",
            if bare.is_empty() { "0" } else { bare }
        ));
    }
    let mut power = -(fraction.len() as i32);
    let mut mantissa = format!("{whole}{fraction}");
    if let Some((exponent, after)) = rest.strip_prefix(['e', 'E']).and_then(signed) {
        (power, rest) = (power + exponent?, after);
    } else if let Some((exponent, after)) = times_ten(rest) {
        (power, rest) = (power + exponent?, after);
    } else if let Some((exponent, after)) = raised(rest).filter(|_| mantissa == "10") {
        mantissa = "1".into();
        (power, rest) = (exponent?, after);
    }
    if rest.starts_with(['.', '^']) || rest.starts_with(|c: char| c.is_ascii_digit()) {
        return Err("is no single number; write one, as in 1.5 or 2e-9".into());
    }
    let mantissa: BigInt = mantissa.parse().map_err(|_| "is no number")?;
    Ok((BigRational::from_integer(mantissa * sign) * ten_to(power), rest))
}

/// A number that `text` is as a whole.
pub fn decimal(text: &str) -> Option<BigRational> {
    leading(text).ok().filter(|(_, rest)| rest.is_empty()).map(|(value, _)| value)
}

/// 10 to the `power`.
pub fn ten_to(power: i32) -> BigRational {
    let size = BigRational::from_integer(BigInt::from(10).pow(power.unsigned_abs()));
    if power < 0 { size.recip() } else { size }
}

/// The digits that `text` begins with, and the rest.
fn digits(text: &str) -> (&str, &str) {
    text.split_at(text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len()))
}

type Exponent<'a> = (Result<i32, String>, &'a str);

/// A whole number with or without a sign at the beginning of `text`.
fn signed(text: &str) -> Option<Exponent<'_>> {
    let (sign, unsigned) = match text.strip_prefix('-') {
        Some(rest) => (-1, rest),
        None => (1, text.strip_prefix('+').unwrap_or(text)),
    };
    let (number, rest) = digits(unsigned);
    let within = || format!("a power of ten beyond ±{POWER}");
    (!number.is_empty()).then(|| {
        (number.parse::<i32>().ok().filter(|size| *size <= POWER).map(|size| sign * size).ok_or_else(within), rest)
    })
}

/// `^` and a whole number, bare or in braces or parentheses.
pub fn raised(text: &str) -> Option<Exponent<'_>> {
    let after = text.strip_prefix('^')?;
    let close = match after.chars().next()? {
        '{' => '}',
        '(' => ')',
        _ => return signed(after),
    };
    let (number, rest) = signed(&after[1..])?;
    Some((number, rest.strip_prefix(close)?))
}

/// `× 10^-5` in any of its spellings.
fn times_ten(text: &str) -> Option<Exponent<'_>> {
    raised(text.trim_start().strip_prefix(['*', 'x', 'X'])?.trim_start().strip_prefix("10")?)
}

/// What to write instead of `text`, if there are commas or other separators within its numbers.
pub fn without_commas(text: &str) -> Option<String> {
    let is_of_number = |c: char| c.is_ascii_digit() || matches!(c, '.' | ',' | '\'' | '’' | '_');
    let (mut point, mut plain, mut is_wrong) = (String::new(), String::new(), false);
    let mut rest = text;
    while let Some(c) = rest.chars().next() {
        let end = rest.find(|c: char| !is_of_number(c)).unwrap_or(rest.len());
        let (run, after) = if end == 0 { rest.split_at(c.len_utf8()) } else { rest.split_at(end) };
        let inner = run.trim_end_matches(|c: char| !c.is_ascii_digit());
        match readings(inner) {
            Some([as_point, as_plain]) => {
                is_wrong = true;
                point += &as_point;
                plain += &as_plain;
            }
            None => [&mut point, &mut plain].into_iter().for_each(|text| text.push_str(inner)),
        }
        [&mut point, &mut plain].into_iter().for_each(|text| text.push_str(&run[inner.len()..]));
        rest = after;
    }
    is_wrong.then(|| match point == plain {
        true if text.contains(',') => format!("write a decimal point: {point:?}"),
        true => format!("write no separators between digits: {point:?}"),
        false => format!("a comma is no part of a number here: write {point:?} or {plain:?}"),
    })
}

/// A run of digits and separators with its last separator as decimal point, and with all as separators of thousands, where either can
/// be meant; none if it is a plain number.
fn readings(run: &str) -> Option<[String; 2]> {
    if !run.contains([',', '\'', '’', '_']) || !run.starts_with(|c: char| c.is_ascii_digit() || c == ',') {
        return None;
    }
    let bare = |text: &str| text.chars().filter(char::is_ascii_digit).collect::<String>();
    let count = |c: char| run.matches(c).count();
    let last = run.rfind([',', '.']);
    let point = last.map(|place| format!("{}.{}", bare(&run[..place]), bare(&run[place..])).replace(' ', ""));
    let point = point.map(|text| if text.starts_with('.') { format!("0{text}") } else { text });
    let all = bare(run);
    Some(match (count(','), count('.'), point) {
        // one comma before three digits may be either
        (1, 0, Some(point))
            if run.len() - run.find(',')? == 4 && run.find(',')? <= 3 && !run.starts_with(['0', ',']) =>
        {
            [point, all]
        }
        (1, _, Some(point)) | (_, 1, Some(point)) => [point.clone(), point],
        _ => [all.clone(), all],
    })
}

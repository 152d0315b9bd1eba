//! Numbers as people read them.

/// Up to `digits` significant digits, without zeros at the end; far from 1 with a power of ten.
pub fn significant(value: f64, digits: usize) -> String {
    if !value.is_finite() {
        return "–".into();
    }
    if value == 0.0 {
        return "0".into();
    }
    let order = value.abs().log10().floor() as i32;
    if !(-4..7).contains(&order) {
        let text = format!("{value:.*e}", digits.saturating_sub(1));
        let (mantissa, exponent) = text.split_once('e').unwrap_or((&text, "0"));
        return minus(&format!("{}e{exponent}", trimmed(mantissa)));
    }
    let decimals = (digits as i32 - 1 - order).max(0) as usize;
    minus(trimmed(&format!("{value:.decimals$}")))
}

/// Without zeros after the last decimal that counts.
fn trimmed(text: &str) -> &str {
    if text.contains('.') { text.trim_end_matches('0').trim_end_matches('.') } else { text }
}

/// With the sign that typographers use.
fn minus(text: &str) -> String {
    text.replace('-', "−")
}

/// A share of 1 as a percentage with two decimals.
pub fn percent(share: f64) -> String {
    if share.is_finite() { minus(&format!("{:.2} %", share * 100.0)) } else { "–".into() }
}

/// A time \[s\] in the two largest units that it needs.
pub fn duration(seconds: f64) -> String {
    if !seconds.is_finite() {
        return "–".into();
    }
    if seconds.abs() < 60.0 {
        return format!("{} s", significant(seconds, 3));
    }
    let whole = seconds.round() as i64;
    let two = |large: i64, name: &str, small: i64, other: &str| {
        if small == 0 { format!("{large} {name}") } else { format!("{large} {name} {small} {other}") }
    };
    match whole {
        ..3600 => two(whole / 60, "min", whole % 60, "s"),
        3600..172_800 => two(whole / 3600, "h", whole % 3600 / 60, "min"),
        _ => two(whole / 86_400, "d", whole % 86_400 / 3600, "h"),
    }
}

/// Units that times up to `longest` \[s\] are drawn in: seconds in one, and its name.
pub fn time_unit(longest: f64) -> (f64, &'static str) {
    match longest {
        _ if longest > 72.0 * 3600.0 => (86_400.0, "d"),
        _ if longest > 3.0 * 3600.0 => (3600.0, "h"),
        _ if longest > 180.0 => (60.0, "min"),
        _ => (1.0, "s"),
    }
}

/// `1 nucleus`, `2 nuclei`.
pub fn count(number: usize, one: &str, many: &str) -> String {
    format!("{number} {}", if number == 1 { one } else { many })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn digits_are_those_that_count() {
        assert_eq!(significant(0.4, 4), "0.4");
        assert_eq!(significant(-0.029_345_6, 4), "−0.02935");
        assert_eq!(significant(123_456.0, 3), "123456");
        assert_eq!(significant(1.4e-8, 2), "1.4e−8");
        assert_eq!(significant(1e9, 4), "1e9");
        assert_eq!(significant(f64::NAN, 4), "–");
        assert_eq!(percent(0.990_42), "99.04 %");
    }

    #[test]
    fn times_have_two_units() {
        assert_eq!(duration(3.25), "3.25 s");
        assert_eq!(duration(720.0), "12 min");
        assert_eq!(duration(4_320.0), "1 h 12 min");
        assert_eq!(duration(200_000.0), "2 d 7 h");
        assert_eq!(time_unit(1e4), (60.0, "min"));
    }
}

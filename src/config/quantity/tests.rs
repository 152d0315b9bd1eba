use proptest::prelude::*;

use super::*;

#[test]
fn units_become_si() {
    for (text, unit, value) in [
        ("3 mA/cm^2", "A/m^2", 30.0),
        ("10 Ω cm²", "ohm m^2", 1e-3),
        ("25 degC", "K", 298.15),
        ("77 °F", "K", 298.15),
        ("2 mAh/cm^2", "C/m^2", 72_000.0),
        ("2e13 /m^2/s", "m^-2 s^-1", 2e13),
        ("1.2 M", "mol/m^3", 1200.0),
        ("0.25 um", "m", 0.25e-6),
        ("-50 mV", "V", -0.05),
        ("2 h 30 min", "s", 9000.0),
        ("1 day 1 h 1 min 1 s", "s", 90_061.0),
        ("90 deg", "rad", std::f64::consts::FRAC_PI_2),
        ("2.9e-10 m^2/s", "m^2/s", 2.9e-10),
        ("1 mV/min", "V/s", 1e-3 / 60.0),
        ("100 psi", "Pa", 689_475.729_316_836_1),
        ("0.5", "1", 0.5),
        ("40 %", "1", 0.4),
        ("2 miles", "m", 3218.688),
        ("1 mi", "m", 1609.344),
        ("20 kWh/100 km", "J/m", 720.0),
        ("20 kWh/100km", "J/m", 720.0),
        ("20 kWh / 100 km", "J/m", 720.0),
        ("0.2 kWh/km", "J/m", 720.0),
        ("2.7 g/cm^3", "kg/m^3", 2700.0),
        ("200 mAh/g", "C/kg", 720_000.0),
    ] {
        assert_eq!(parse(text, unit), Ok(value), "{text}");
    }
}

#[test]
fn a_unit_may_be_spelled_in_every_way_that_means_one_thing() {
    for (unit, value, texts) in [
        (
            "A/m^2",
            10.0,
            &[
                "10 A.m-2",
                "1 mA cm-2",
                "1 mA·cm⁻²",
                "1 mA/cm²",
                "1mA/cm2",
                "1 mA cm^-2",
                "1 mA cm^{-2}",
                "1 mA*cm**-2",
                "1 mA per cm^2",
                "1 mA / cm^2",
                "+1 mA/cm^2",
                "1e0 mA/cm^2",
                "10 C/(m^2 s)",
                "10 C/m^2/s",
                "1 × 10^1 A/m^2",
                "1·10¹ A/m²",
                "10^1 A/m^2",
                "1 * mA/cm^2",
                "0.1 A/dm^2",
                "1000 µA/cm²",
                "1000 μA/cm²",
                "1 milliamp/cm^2",
                "10 amperes/m^2",
            ][..],
        ),
        (
            "ohm m^2",
            1e-3,
            &[
                "10 ohm-cm^2",
                "10 ohm*cm^2",
                "10 Ω·cm²",
                "10 Ohm cm2",
                "0.01 kohm cm^2",
                "0.01 kΩ cm²",
                "1e4 mOhm.cm2",
                "10 ohms cm^2",
            ],
        ),
        (
            "mol/m^3",
            1000.0,
            &[
                "1000 mM",
                "1 M",
                "1 mol/L",
                "1 mol/l",
                "1 mol L-1",
                "1 mol dm^-3",
                "1 mol·L⁻¹",
                "1 mmol/mL",
                "1e3 mol/m3",
            ],
        ),
        (
            "K",
            298.15,
            &[
                "25 C",
                "25 °C",
                "25 ℃",
                "25 oC",
                "25 ºC",
                "25 deg C",
                "25 degrees Celsius",
                "298.15 K",
                "25C",
                "77 degF",
            ],
        ),
        (
            "m",
            2.5e-7,
            &[
                "2500 Å",
                "2500 Å",
                "2500 Å",
                "0.25 um",
                "0.25 µm",
                "0.25 micron",
                "0.25 microns",
                "250 nm",
                "0.25 micrometers",
                "2.5 x 10^-7 m",
            ],
        ),
        ("V", -0.05, &["-50 mV", "−50 mV", "–50 mV", "- 50 mV", "-0.05 volts", "-5e-2V", "−5·10⁻² V"]),
        (
            "s",
            5400.0,
            &[
                "1.5 h",
                "1.5 hours",
                "90 min",
                "90 Minutes",
                "1 h 30 min",
                "1 hour 30 minutes",
                "5400 s",
                "5400 seconds",
                "5.4e3 sec",
            ],
        ),
        (
            "m^-2 s^-1",
            2e13,
            &[
                "2e13 /m^2/s",
                "2e13/m^2/s",
                "2e13 m^-2 s^-1",
                "2e13 1/m^2/s",
                "2e13 1/(m^2 s)",
                "2e13 per m^2 per s",
                "2e13 Hz/m^2",
                "2e9 cm⁻² s⁻¹",
            ],
        ),
    ] {
        for text in texts {
            assert_eq!(parse(text, unit), Ok(value), "{text}");
        }
    }
}

#[test]
fn what_is_no_number_times_a_unit_is_refused_with_what_to_write() {
    for (text, unit, part) in [
        ("1 mA/cm^2 # exchange current", "A/m^2", "begins no comment"),
        ("5 kg # not even a current", "A/m^2", "begins no comment"),
        ("1,5 mA/cm^2", "A/m^2", "write a decimal point: \"1.5 mA/cm^2\""),
        ("0,25 um", "m", "\"0.25 um\""),
        ("1,500 A/m^2", "A/m^2", "\"1.500 A/m^2\" or \"1500 A/m^2\""),
        ("1.500,0 A/m^2", "A/m^2", "\"1500.0 A/m^2\""),
        ("1,500.0 A/m^2", "A/m^2", "\"1500.0 A/m^2\""),
        ("1'500 A/m^2", "A/m^2", "\"1500 A/m^2\""),
        ("1_500 A/m^2", "A/m^2", "\"1500 A/m^2\""),
        ("1 500 A/m^2", "A/m^2", "\"1500 A/m^2\""),
        ("1,5 h 30 min", "s", "\"1.5 h 30 min\""),
        ("1 mA/cm^2; 5 mA/cm^2", "A/m^2", "';'"),
        ("1) (2 mA/cm^2", "A/m^2", "')'"),
        ("5d1 A/m^2", "A/m^2", "no power of a unit"),
        ("d6 s", "s", "begins with its number"),
        ("mA/cm^2", "A/m^2", "begins with its number"),
        ("0.25 u", "m", "write \"um\""),
        ("3", "A/m^2", "has no unit; a current density is expected, as in \"1 mA/cm^2\""),
        ("3 mA", "A/m^2", "is a current; a current density is expected"),
        ("3 m", "1", "is a length; a pure number without a unit"),
        ("25 deg", "K", "of which scale"),
        ("1 mol/L s", "mol/m^3", "two ways"),
        ("1 ma/cm^2", "A/m^2", "did you mean \"mA\""),
        ("1 mAh/cmm^2", "C/m^2", "\"cmm\" is no unit"),
        ("2 months", "s", "no fixed length"),
        ("1 s 2 h", "s", "the larger unit stands first"),
        ("1 m 20 cm", "m", "only times are sums"),
        ("2 h -30 min", "s", "no place"),
        ("1/0 m", "m", "'0' has no place"),
        ("1/3 m", "m", "'3' has no place"),
        ("2 + 3 m", "m", "'+'"),
        ("1<<10^8", "1", "'<'"),
        ("2^3 m", "m", "no single number"),
        ("9^9^9^9 m", "m", "no single number"),
        ("1 m^99999999999", "m", "power"),
        ("1e400 m", "m", "too large"),
        ("1e-400 m", "m", "too small"),
        ("1e99999999999999999999 m", "m", "beyond"),
        ("nan m", "m", "begins with its number"),
        ("inf", "1", "begins with its number"),
        ("nonsense", "m", "begins with its number"),
        ("", "m", "empty text where a length is expected"),
        ("   ", "m", "empty text"),
        ("1 m\u{200b}", "m", "has no place"),
        ("1 m,", "m", "','"),
        ("0.5*", "1", "'*' has no place"),
        ("025 um", "m", "write 0.25 or 25"),
    ] {
        let problem = parse(text, unit).expect_err(text);
        assert!(problem.contains(part), "{text}: {problem}");
    }
    let nested = format!("{}1{} m", "(".repeat(854), ")".repeat(854));
    for text in [&nested, "(\\x.x x)(\\x.x x)", "1 m/((((s))))", "1 m/(s", &"1 m ".repeat(30), &"9".repeat(100)] {
        assert!(parse(text, "m").is_err(), "{text}");
    }
}

#[test]
fn the_unit_of_a_config_shows_its_values() {
    for (text, si) in [("3 mA/cm^2", "A/m^2"), ("25 degC", "K"), ("-40 C", "K"), ("0.25 µm", "m"), ("5", "1")] {
        let quantity = read(text, si).unwrap();
        let shown = in_unit(quantity.value(text, si).unwrap(), quantity.unit(), si).unwrap();
        let number = number::leading(text).unwrap().0.to_f64().unwrap();
        assert!((shown - number).abs() < 1e-12 * number.abs(), "{text}: {shown}");
    }
    assert_eq!(in_unit(1.0, "mA", "A/m^2"), None);
}

#[test]
fn people_read_four_digits_in_the_unit_of_the_config() {
    for (value, si, written, text) in [
        (30.0, "A/m^2", Some("mA/cm^2"), "3 mA/cm^2"),
        (30.0, "A/m^2", None, "3 mA/cm^2"),
        (30.0, "A/m^2", Some("A.m-2"), "30 A.m-2"),
        (30.0, "A/m^2", Some("nonsense"), "3 mA/cm^2"),
        (273.15, "K", Some("degC"), "0 degC"),
        (313.15, "K", Some("K"), "313.1 K"),
        (298.15, "K", None, "25 degC"),
        (1.234_567_89e-7, "m", None, "0.1235 um"),
        (2e13, "m^-2 s^-1", None, "2e13 /m^2/s"),
        (1e-4, "s", None, "1e-4 s"),
        (1e-11, "m", None, "1e-5 um"),
        (1.0 / 3.0, "1", None, "0.3333"),
        (0.0, "Pa", None, "0 MPa"),
        (-0.05, "V", Some("V"), "-0.05 V"),
        (3.086_499_999_999_999_5e-10, "m^2/s", None, "3.086e-10 m^2/s"),
        (99_999.6, "1", None, "100000"),
    ] {
        assert_eq!(for_people(value, si, written), text);
    }
}

#[test]
fn c_rates() {
    assert_eq!(c_rate("C/10"), Ok(0.1));
    assert_eq!(c_rate("2 C"), Ok(2.0));
    assert_eq!(c_rate("c/2"), Ok(0.5));
    assert_eq!(c_rate("-C/5").ok(), None);
    assert!(c_rate("0,5C").unwrap_err().contains("\"0.5C\""));
    for text in ["C/0", "fast", "", "C/", "C/-2", "C/inf", "C//2", "C/2/2", "1C#", "1C 2", "C2", "2"] {
        assert!(c_rate(text).is_err(), "{text}");
    }
}

#[test]
fn wall_times() {
    for (text, seconds) in [
        ("2h", 7200.0),
        ("90m", 5400.0),
        ("2h30m", 9000.0),
        ("2h 30m", 9000.0),
        ("2 h 30 min", 9000.0),
        ("1day", 86_400.0),
        ("0s", 0.0),
        ("1.5 hours", 5400.0),
        ("5e3 s", 5000.0),
        ("02:00:00", 7200.0),
        ("1-00:00:00", 86_400.0),
        ("1-12", 129_600.0),
        ("1-12:30", 131_400.0),
        ("100:00:00", 360_000.0),
    ] {
        assert_eq!(wall_time(text), Ok(seconds), "{text}");
    }
    for (text, part) in [
        ("120", "\"120 min\" or \"120 s\""),
        ("90M", "a month has no fixed length"),
        ("2 months", "a month has no fixed length"),
        ("12:30", "hours:minutes:seconds"),
        ("1:60:00", "hours:minutes:seconds"),
        ("1-24:00:00", "hours:minutes:seconds"),
        ("1:2:3:4", "hours:minutes:seconds"),
        ("-1 h", "must not be negative"),
        ("1,5 h", "1.5 h"),
        ("3 mA", "a time is expected"),
        ("soon", "begins with its number"),
        ("", "empty"),
    ] {
        let problem = wall_time(text).expect_err(text);
        assert!(problem.contains(part), "{text}: {problem}");
    }
}

/// Units of every key with their value in SI, as a decimal text.
const KNOWN: [(&str, &str, i32, &str); 12] = [
    ("mA/cm^2", "A/m^2", 1, "1"),
    ("A/m^2", "A/m^2", 0, "1"),
    ("um", "m", -6, "1"),
    ("nm", "m", -9, "1"),
    ("mAh/cm^2", "C/m^2", 4, "3.6"),
    ("ohm cm^2", "ohm m^2", -4, "1"),
    ("mol/L", "mol/m^3", 3, "1"),
    ("uF/cm^2", "F/m^2", -2, "1"),
    ("kJ/mol", "J/mol", 3, "1"),
    ("h", "s", 2, "36"),
    ("mV", "V", -3, "1"),
    ("cm^2/s", "m^2/s", -4, "1"),
];

proptest! {
    #![proptest_config(ProptestConfig { cases: 2000, failure_persistence: None, ..ProptestConfig::default() })]

    /// A decimal number times a unit is rounded once: as the machine reads the digits with the point where the unit puts it.
    #[test]
    fn values_are_correctly_rounded(number in "-?(0|[1-9][0-9]{0,11})(\\.[0-9]{0,12})?(e-?[0-9]{1,2})?", which in 0..KNOWN.len()) {
        let (unit, si, power, size) = KNOWN[which];
        let exact = number::leading(&number).unwrap().0 * decimal(size).unwrap() * number::ten_to(power);
        // the digits of the exact product, read by the standard library
        let mut places = 0;
        let mut integer = exact;
        while !integer.is_integer() {
            integer *= number::ten_to(1);
            places += 1;
        }
        let expected: f64 = format!("{}e-{places}", integer.to_integer()).parse().unwrap();
        prop_assert_eq!(parse(&format!("{number} {unit}"), si).unwrap(), expected);
    }

    /// A pure number is what the standard library reads.
    #[test]
    fn pure_numbers_are_those_of_the_machine(value in proptest::num::f64::NORMAL) {
        prop_assert_eq!(parse(&format!("{value:e}"), "1"), Ok(value));
        prop_assert_eq!(parse(&format!("{value}"), "1").ok().filter(|_| value.abs() < 1e15 && value.abs() > 1e-15), Some(value).filter(|_| value.abs() < 1e15 && value.abs() > 1e-15));
    }

    /// No text makes the reader panic, and what it takes holds a number that a person can see.
    #[test]
    fn any_text_is_a_quantity_or_refused(text in "\\PC{0,40}", which in 0..KNOWN.len()) {
        if let Ok(value) = parse(&text, KNOWN[which].1) {
            prop_assert!(value.is_finite());
            prop_assert!(text.contains(|c: char| c.is_ascii_digit()) && text.contains(char::is_alphabetic));
        }
        let _ = (c_rate(&text), wall_time(&text));
    }

    /// A right text with a slip in it is refused, or means what a person reads: the first number times the unit.
    #[test]
    fn a_slip_is_refused_or_read_as_it_stands(
        number in "[1-9]\\.[1-9]", which in 0..KNOWN.len(), at in 0..16usize,
        slip in prop::sample::select(vec![
            "#", ";", ",", "(", ")", " ", "'", "_", "^", "/", "*", "d", "e", "u", "1", "0", ".", "-", "+", "!", "%", "<<", "to", "x", "\\", "@", "=", "²", "\n", "\0",
        ]),
    ) {
        let (unit, si, power, size) = KNOWN[which];
        let text = format!("{number} {unit}");
        let place = at.min(text.len());
        let slipped = format!("{}{slip}{}", &text[..place], &text[place..]);
        if let Ok(value) = parse(&slipped, si) {
            // what a person reads: the digits up to the first space or letter, times the unit
            let plain = slipped.replace(['\n', '*', '+'], " ");
            let plain = plain.trim_start();
            let ends = (1..=plain.len()).rev().filter(|&end| plain.is_char_boundary(end));
            let read: f64 = ends.into_iter().find_map(|end| plain[..end].replace("- ", "-").parse().ok()).unwrap();
            let scale = format!("{size}e{power}").parse::<f64>().unwrap();
            let ratio = value / (read * scale);
            // a letter may be a prefix or another unit of that dimension, a digit a power of one that stands already
            let of_unit = place > number.len();
            prop_assert!((ratio - 1.0).abs() < 1e-12 || of_unit && (slip == "u" || slip == "d"), "{slipped:?} is read as {value}");
        }
    }
}

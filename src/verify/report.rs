//! Checks for people, on a terminal and in a table of Markdown.

use super::{CASES, Case, Check};

/// What stands before and after the table in a Markdown file.
pub const MARKERS: [&str; 2] = ["<!-- liplate verify: the table begins -->", "<!-- liplate verify: the table ends -->"];
/// What stands before and after the summary in a Markdown file.
pub const SUMMARY: [&str; 2] =
    ["<!-- liplate verify: the summary begins -->", "<!-- liplate verify: the summary ends -->"];
/// Headings of the table.
const HEADINGS: &str =
    "| case | quantity | computed | exact | error | allowed | order | |\n|---|---|---|---|---|---|---|---|\n";
/// Columns of the report that the quantity takes.
const QUANTITY: usize = 60;

/// What stands before the checks of a case.
pub fn opening(case: &Case) -> String {
    let empty = "";
    format!(
        "{}: {}\n  {empty:QUANTITY$}{:>12} {:>12} {:>8} {:>8} {:>6}\n",
        case.name, case.about, "computed", "exact", "error", "allowed", "order"
    )
}

/// A line of the report; a quantity too long for its column has a line of its own.
pub fn line(check: &Check) -> String {
    let (alone, quantity) = match check.quantity.chars().count() > QUANTITY {
        true => (format!("  {}\n", check.quantity), ""),
        false => (String::new(), check.quantity.as_str()),
    };
    let order = check.order.map(order).unwrap_or("-".into());
    format!(
        "{alone}  {quantity:QUANTITY$}{:>12} {:>12} {:>8} {:>8} {order:>6}  {}\n",
        value(check.computed),
        value(check.exact),
        error(check.error),
        bound(check.tolerance),
        verdict(check, "FAIL"),
    )
}

/// What stands after the checks of a case.
pub fn closing(case: &Case, seconds: f64) -> String {
    format!("  exact: {}; {seconds:.1} s\n\n", case.source)
}

/// What `--list` prints.
pub fn list() -> String {
    CASES.iter().map(|case| format!("{:14}{}\n", case.name, case.about)).collect()
}

/// Six significant digits, without an exponent where it is short.
fn value(v: f64) -> String {
    match v.abs() {
        _ if !v.is_finite() => "-".into(),
        0.0 => "0".into(),
        size if (1e-3..1e6).contains(&size) => {
            let digits = 5 - size.log10().floor() as i32;
            format!("{v:.*}", digits.max(0) as usize)
        }
        _ => format!("{v:.5e}"),
    }
}

/// Three significant digits.
fn error(v: f64) -> String {
    match v {
        _ if !v.is_finite() => "-".into(),
        0.0 => "0".into(),
        _ => format!("{v:.2e}"),
    }
}

/// Three significant digits, without zeros at the end.
fn bound(v: f64) -> String {
    let text = error(v);
    match text.split_once('e') {
        Some((digits, exponent)) => format!("{}e{exponent}", digits.trim_end_matches('0').trim_end_matches('.')),
        None => text,
    }
}

fn order(v: f64) -> String {
    if v.is_finite() { format!("{v:.2}") } else { "?".into() }
}

/// Verdicts in the table beside "pass".
const FAILED: &str = "**FAIL**";
const SKIPPED: &str = "not run";

/// How a check ended, `failure` being the word for one that failed.
fn verdict<'a>(check: &Check, failure: &'a str) -> &'a str {
    match (check.pass, check.skipped) {
        (true, _) => "pass",
        (_, true) => SKIPPED,
        _ => failure,
    }
}

/// A check as a row of the table: its cells from the case to the verdict.
pub fn row(check: &Check) -> Vec<String> {
    // a bar would end the cell
    let quantity = check.quantity.replace('|', "¦");
    vec![
        check.case.clone(),
        quantity,
        value(check.computed),
        value(check.exact),
        error(check.error),
        bound(check.tolerance),
        check.order.map(order).unwrap_or_default(),
        verdict(check, FAILED).into(),
    ]
}

/// Rows of the table between the markers of a Markdown text, each from the case to the verdict; none without markers.
pub fn rows(markdown: &str) -> Vec<Vec<String>> {
    let Some((_, table, _)) = split(markdown, MARKERS) else { return Vec::new() };
    let cells = |line: &str| -> Vec<String> {
        let line = line.trim().trim_start_matches('|');
        line.strip_suffix('|').unwrap_or(line).split('|').map(|cell| cell.trim().into()).collect()
    };
    table.lines().filter(|line| line.starts_with('|')).skip(2).map(cells).collect()
}

/// `markdown` with the checks in the table between its markers, and where their exact values come from below it. Rows of
/// cases that were not run stay, also if this machine could not run them; those of cases that are gone do not. The cases
/// stand in the order of the ladder.
///
/// None if the markers are missing.
pub fn splice(markdown: &str, checks: &[Check]) -> Option<String> {
    let (before, _, after) = split(markdown, MARKERS)?;
    let old = rows(markdown);
    let mut text = format!("{before}{}\n{HEADINGS}", MARKERS[0]);
    let mut sources = String::new();
    for case in CASES {
        let of_case = || checks.iter().filter(|check| check.case == case.name);
        let mut fresh: Vec<Vec<String>> = of_case().map(row).collect();
        let known: Vec<Vec<String>> = old.iter().filter(|cells| cells[0] == case.name).cloned().collect();
        if of_case().all(|check| check.skipped) && !known.is_empty() {
            fresh = known;
        }
        if !fresh.is_empty() {
            sources += &format!("- {}: {}. Exact: {}.\n", case.name, case.about, case.source);
        }
        text.extend(fresh.iter().map(|cells| format!("| {} |\n", cells.join(" | "))));
    }
    Some(format!("{text}\n{sources}{}{after}", MARKERS[1]))
}

/// `markdown` with a summary of the table's `rows` between its markers: of each case, how many checks there are and which of
/// them comes nearest to what is allowed.
///
/// None if the markers are missing.
pub fn summarise(markdown: &str, rows: &[Vec<String>]) -> Option<String> {
    let (before, _, after) = split(markdown, SUMMARY)?;
    let mut text = format!(
        "{before}{}\n| case | what is compared | checks | the one nearest to its bound | error | allowed | |\n\
         |---|---|---|---|---|---|---|\n",
        SUMMARY[0]
    );
    for case in CASES {
        let rows: Vec<_> = rows.iter().filter(|row| row[0] == case.name).collect();
        let used = |row: &[String]| -> f64 {
            let number = |cell: usize| row[cell].parse().unwrap_or(f64::INFINITY);
            // no error at all is far from any bound, also from that of no error at all
            if number(4) == 0.0 { 0.0 } else { number(4) / number(5) }
        };
        let Some(nearest) = rows.iter().max_by(|a, b| used(a).total_cmp(&used(b))) else { continue };
        let ended = |verdict: &str| rows.iter().filter(|row| row[7] == verdict).count();
        let verdict = match (ended(FAILED), ended(SKIPPED)) {
            (0, 0) => "pass".into(),
            (0, _) => SKIPPED.into(),
            (failed, _) => format!("**{failed} FAIL**"),
        };
        let [quantity, error, allowed] = [1, 4, 5].map(|cell| &nearest[cell]);
        let (about, count) = (case.about, rows.len());
        text += &format!("| {} | {about} | {count} | {quantity} | {error} | {allowed} | {verdict} |\n", case.name);
    }
    Some(format!("{text}{}{after}", SUMMARY[1]))
}

/// What stands before the markers, between them and after them.
fn split<'a>(markdown: &'a str, markers: [&str; 2]) -> Option<(&'a str, &'a str, &'a str)> {
    let (before, rest) = markdown.split_once(markers[0])?;
    let (table, after) = rest.split_once(markers[1])?;
    Some((before, table, after))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(case: &str, quantity: &str, computed: f64) -> Check {
        Check { case: case.into(), ..Check::absolute(quantity, computed, 0.0, 1e-2) }
    }

    #[test]
    fn numbers_have_sensible_digits() {
        let values = [0.0, 1.0, -0.06, 1_234.567_89, 999_999.4, 2.694_74e-6, 4.2e9, f64::NAN, f64::INFINITY];
        let shown = ["0", "1.00000", "-0.0600000", "1234.57", "999999", "2.69474e-6", "4.20000e9", "-", "-"];
        assert_eq!(values.map(value), shown);
        assert_eq!([0.0, 1.234e-7, f64::NAN].map(error), ["0", "1.23e-7", "-"]);
        assert_eq!([2e-3, 0.0, 0.1].map(bound), ["2e-3", "0", "1e-1"]);
    }

    #[test]
    fn a_line_fits_a_terminal_and_a_long_reason_has_its_own() {
        let ordered = Check { order: Some(1.987), ..check("planar", "potential [V]", -0.04) };
        assert!(line(&ordered).chars().count() < 124 && line(&ordered).ends_with("1.99  FAIL\n"));
        let long = line(&Check::not_run("because ".repeat(20)));
        assert_eq!(long.lines().count(), 2);
        assert!(long.ends_with("FAIL\n"));
    }

    #[test]
    fn the_table_takes_new_rows_and_keeps_those_of_other_cases() {
        let (first, second) = (CASES[0].name, CASES[1].name);
        let empty = format!("# Title\n\n{}\n{}\nafter\n", MARKERS[0], MARKERS[1]);
        // in the order of the ladder, whatever the order of the checks
        let both = splice(&empty, &[check(second, "b", 2.0), check(first, "a", 1e-3)]).unwrap();
        assert!(both.starts_with("# Title\n\n") && both.ends_with("\nafter\n"));
        let table = rows(&both);
        assert_eq!((table[0][0].as_str(), table[1][0].as_str()), (first, second));
        assert_eq!(table[0][1..], ["a", "0.00100000", "0", "1.00e-3", "1e-2", "", "pass"].map(String::from));
        assert_eq!(table[1][7], "**FAIL**");
        let again = splice(&both, &[check(first, "a | c", 0.0)]).unwrap();
        assert_eq!(rows(&again).iter().map(|cells| cells[1].as_str()).collect::<Vec<_>>(), ["a ¦ c", "b"]);
        assert_eq!(splice(&again, &[]).unwrap(), again);
        let skipped = Check { case: first.into(), ..Check::skipped("no adapter") };
        assert_eq!(splice(&again, std::slice::from_ref(&skipped)).unwrap(), again);
        let alone = rows(&splice(&empty, &[skipped]).unwrap());
        assert_eq!((&alone[0][1][..], &alone[0][7][..]), ("not run: no adapter", "not run"));
        assert!(splice("no markers", &[]).is_none() && rows("no markers").is_empty());
    }

    #[test]
    fn the_summary_shows_what_is_nearest_to_its_bound() {
        let (first, second) = (CASES[0].name, CASES[1].name);
        let same = Check { case: first.into(), ..Check::identical("same", 0) };
        let rows =
            [check(first, "a", 1e-3), same, check(first, "b", 5e-3), check(second, "c", 2.0)].map(|check| row(&check));
        let page = format!("# Title\n{}\nold\n{}\nafter\n", SUMMARY[0], SUMMARY[1]);
        let text = summarise(&page, &rows).unwrap();
        assert!(text.contains("| 3 | b | 5.00e-3 | 1e-2 | pass |"), "{text}");
        assert!(text.contains("| 1 | c | 2.00e0 | 1e-2 | **1 FAIL** |") && !text.contains("old"), "{text}");
        assert!(text.starts_with("# Title\n") && text.ends_with("\nafter\n"));
        let skipped = row(&Check { case: first.into(), ..Check::skipped("no adapter") });
        assert!(summarise(&page, &[skipped]).unwrap().contains("| not run |"));
        assert_eq!(summarise(&text, &rows).unwrap(), text);
        assert!(summarise("no markers", &rows).is_none());
    }
}

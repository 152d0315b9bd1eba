//! The ladder of `liplate verify`: its quick checks pass, docs/verification.md shows what they say, its files are in use.

mod common;

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use common::program::Place;
use liplate::sim::device::DeviceChoice;
use liplate::verify::{self, CASES, Check, Lab, report};

const LAB: Lab = Lab { device: DeviceChoice::Cpu, quick: true };

/// Checks that miss their tolerance, and why. What stands here and passes must be removed from here.
const MISSED: &[(&str, &str)] = &[];

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// The quick checks, run once for all tests.
fn quick() -> &'static [Check] {
    static CHECKS: OnceLock<Vec<Check>> = OnceLock::new();
    CHECKS.get_or_init(|| verify::run(&LAB, &[], |text| print!("{text}")).expect("the CPU is always there"))
}

#[test]
fn the_quick_checks_pass() {
    let failed: Vec<_> =
        quick().iter().filter(|check| check.failed()).map(|check| (&check.case[..], &check.quantity[..])).collect();
    assert_eq!(failed, MISSED, "checks that fail, against those that are known to");
    let different: BTreeSet<_> = quick().iter().map(|check| (&check.case, &check.quantity)).collect();
    assert_eq!(different.len(), quick().len(), "two checks have the same name");
}

/// The table in docs/verification.md says what the program says, and docs/accuracy.md sums it up.
///
/// On one machine the CPU backend repeats its numbers to the bit. Another mathematical library may round an exponential
/// differently, and then Newton's method may stop one iteration earlier or later at its residual of 1e-6: relative 1e-5
/// of a value covers that and the six digits of the table. An error is a difference of such values, which may be nothing
/// but rounding: it is noise below 1 % of what is allowed, and above that agrees to 1 %. Iterations of the case `limits` are
/// counted, not computed: one more or less in the worst step is noise, a fifth of what is allowed.
#[test]
fn the_pages_show_what_the_quick_checks_say() {
    let page = |path: &str| std::fs::read_to_string(root().join(path)).unwrap();
    let rows = report::rows(&page("docs/verification.md"));
    let accuracy = page("docs/accuracy.md");
    assert_eq!(
        report::summarise(&accuracy, &rows).as_ref(),
        Some(&accuracy),
        "the summary in docs/accuracy.md: scripts/ladder"
    );
    let cases: BTreeSet<_> = rows.iter().map(|row| &row[0][..]).collect();
    let missing: Vec<_> = CASES.iter().filter(|case| !cases.contains(case.name)).map(|case| case.name).collect();
    assert!(missing.is_empty(), "cases without rows: {missing:?}");
    let number = |cell: &str| -> f64 { cell.parse().unwrap_or(f64::NAN) };
    for check in quick() {
        let shown = report::row(check);
        let row = rows.iter().find(|row| row[..2] == shown[..2]).unwrap_or_else(|| {
            panic!(
                "{}, {}: not in docs/verification.md; run scripts/ladder --case {}",
                check.case, check.quantity, check.case
            )
        });
        let noise = check.tolerance * if check.case == "limits" { 0.2 } else { 0.01 };
        // what the error is counted in: |exact| if it is relative
        let unit = if check.error > 0.0 { (check.computed - check.exact).abs() / check.error } else { 1.0 };
        let close = |cell: usize, value: f64, noise: f64| (number(&row[cell]) - value).abs() <= noise;
        let agrees = close(2, check.computed, 1e-5 * check.computed.abs() + noise * unit)
            && close(3, check.exact, 1e-5 * check.exact.abs())
            && close(4, check.error, noise + 0.01 * check.error);
        assert!(agrees && row[5] == shown[5] && row[7] == shown[7], "page {row:?}\nnow  {shown:?}");
    }
    let unknown: Vec<_> = rows.iter().filter(|row| CASES.iter().all(|case| case.name != row[0])).collect();
    assert!(unknown.is_empty(), "rows of cases that are gone: {unknown:?}");
}

#[test]
fn every_config_of_the_ladder_is_read_by_a_case() {
    let files = |folder: &str, extension: &str| -> Vec<PathBuf> {
        let entries = std::fs::read_dir(root().join(folder)).unwrap().map(|entry| entry.unwrap().path());
        entries.filter(|path| path.extension().is_some_and(|e| e == extension)).collect()
    };
    let sources: Vec<String> =
        files("src/verify", "rs").iter().map(|path| std::fs::read_to_string(path).unwrap()).collect();
    let configs = files("configs/verification", "toml");
    assert!(configs.len() >= 4);
    for path in configs {
        let name = path.file_stem().unwrap().to_str().unwrap();
        let asked = format!(".config(\"{name}\"");
        assert!(sources.iter().any(|text| text.contains(&asked)), "no case reads {}", path.display());
        LAB.config(name, &[]).unwrap_or_else(|error| panic!("{error}"));
        liplate::config::read(&path, &[]).unwrap_or_else(|error| panic!("{error}"));
    }
}

#[test]
fn the_command_writes_json_and_a_table() {
    let place = Place::new("");
    let (begin, end) = (report::MARKERS[0], report::MARKERS[1]);
    std::fs::write(place.path("page.md"), format!("before\n{begin}\n{end}\nafter\n")).unwrap();
    let arguments =
        ["verify", "--case", "limiting", "--device", "cpu", "--json", "checks.json", "--markdown", "page.md"];
    let called = place.call(&arguments);
    let list: serde_json::Value = serde_json::from_str(&place.text("checks.json")).unwrap();
    let list = list.as_array().unwrap();
    assert!(!list.is_empty());
    let keys = BTreeSet::from(["case", "quantity", "computed", "exact", "error", "tolerance", "order", "pass"]);
    for check in list {
        assert_eq!(check.as_object().unwrap().keys().map(String::as_str).collect::<BTreeSet<_>>(), keys);
        assert!(called.out.contains(check["quantity"].as_str().unwrap()), "{called:?}");
        assert!(check["computed"].is_f64() && check["pass"].is_boolean() && check["case"] == "limiting");
    }
    let failed = list.iter().any(|check| check["pass"] == false);
    assert_eq!(called.code, i32::from(failed), "{called:?}");
    assert!(called.out.contains("exact: "), "{called:?}");
    assert_eq!(report::rows(&place.text("page.md")).len(), list.len());
}

#[test]
fn the_command_lists_its_cases_and_refuses_what_it_cannot_do() {
    let place = Place::new("");
    let called = place.call(&["verify", "--list"]);
    assert_eq!(called.code, 0, "{called:?}");
    assert!(CASES.iter().all(|case| called.out.contains(case.name) && called.out.contains(case.about)), "{called:?}");
    let refused: [(&[&str], i32, &str); 4] = [
        (&["--case", "sphare"], 2, "--case sphare: there is no such case, did you mean \"sphere\"?"),
        (&["--device", "gpu:99"], 2, if cfg!(feature = "gpu") { "adapter" } else { "`gpu` feature" }),
        (&["--json", "nowhere/checks.json"], 1, "nowhere/checks.json"),
        (&["--markdown", "config.toml"], 1, "no place for it"),
    ];
    for (arguments, code, part) in refused {
        let called = place.call(&[&["verify"], arguments].concat());
        assert!(called.code == code && called.err.to_lowercase().contains(&part.to_lowercase()), "{called:?}");
        assert!(called.out.is_empty(), "{called:?}");
    }
}

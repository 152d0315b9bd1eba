//! Configs whose runs end before they begin, and those that do what they say.

use std::path::Path;

use crate::config::from_text;

const CELL: &str = r#"
    [grid]
    cells = [8, 8, 32]
    dx = "0.25 um"
    [electrolyte]
    kind = "nyman"
    [kinetics]
    i0 = "1 mA/cm^2"
    film = "10 ohm cm^2"
    double_layer = "0.2 F/m^2"
    [collector]
    height = "1 um"
    [deposit]
    kind = "layer"
    thickness = "2 um"
    [cathode]
    ocp = "nmc811"
    areal_capacity = "4 mAh/cm^2"
"#;

/// What is said of a cell with these steps: violations, remarks.
fn steps(steps: &[&str]) -> (Vec<String>, Vec<String>) {
    let steps = steps.iter().map(|step| format!("{step:?}")).collect::<Vec<_>>().join(", ");
    said(&format!("{CELL}[[protocol]]\nsteps = [{steps}]\n"), &[])
}

fn said(text: &str, overrides: &[&str]) -> (Vec<String>, Vec<String>) {
    let overrides: Vec<String> = overrides.iter().map(|text| text.to_string()).collect();
    let setup = from_text(text, Path::new("test.toml"), &overrides).unwrap_or_else(|error| panic!("{error}")).setup;
    super::look(&setup)
}

#[test]
fn steps_that_are_over_before_they_begin_are_refused_with_what_to_write() {
    for (step, parts) in [
        ("Charge at C/2 until 1 um", ["3 µm already", "until 4 um"]),
        ("Charge at C/2 until 0.5 um", ["3 µm already", "until 3.5 um"]),
        ("Charge at C/2 until 7.9 um", ["never met", "7.5 µm"]),
        ("Strip at C/2 until 2 um", ["raises no lithium", "2 µm"]),
        ("Charge at C/2 until 3.0 V", ["3.5", "write a higher voltage"]),
        ("Plate at C/2 until -0.1 V", ["raises it", "\"until -0.1 V vs Li\""]),
        ("Discharge at C/2 until 4.5 V", ["lowers it", "write a lower voltage"]),
    ] {
        let (problems, _) = steps(&["Charge at C/2 for 10 s", step]);
        assert_eq!(problems.len(), 1, "{step}: {problems:?}");
        for part in [&[step][..], &parts].concat() {
            assert!(problems[0].contains(part), "{part:?} is missing: {problems:?}");
        }
    }
    let (problems, _) = steps(&["Discharge at C/2 until 3 V"]);
    assert!(problems.len() == 1 && problems[0].contains("takes no more"), "{problems:?}");
    let (problems, _) = steps(&["Charge at C/2 for 3 h", "Charge at C/2 for 1 h"]);
    assert!(problems.len() == 1 && problems[0].contains("has given all its 4 mAh/cm^2"), "{problems:?}");
}

#[test]
fn steps_that_do_what_they_say_pass() {
    for protocol in [
        &["Charge at C/2 until 4.2 V", "Rest for 10 min", "Discharge at C/2 until 3.6 V"][..],
        &["Charge at C/10 until 0.2 mAh/cm^2", "Strip at C/10 until 0.5 V vs Li"],
        &["Plate at C/2 until -0.2 V vs Li or 5 um or 1 h", "Hold at 4.2 V until C/20"],
        &["Charge at C/10 until 4 um", "Strip at C/10 until 0.2 mAh/cm^2", "Charge at C/10 until 3.5 um"],
    ] {
        let (problems, remarks) = steps(protocol);
        assert!(problems.is_empty() && remarks.is_empty(), "{protocol:?}: {problems:?} {remarks:?}");
    }
}

#[test]
fn steps_that_end_nearly_at_once_or_otherwise_are_remarked_on() {
    for (step, part) in [
        ("Plate at C/2 until -1 mV vs Li", "write a lower potential"),
        ("Strip at C/2 until 1 mV vs Li", "write a higher potential"),
        ("Hold at -1 mV vs Li until 1 mA/cm^2", "less than 10 A/m^2"),
        ("Charge at C/2 until 6 V", "never met"),
        ("Charge at C/2 for 3 h", "left to give"),
        ("Strip at C/2 until 3 mAh/cm^2", "when they are gone"),
        ("Hold at 6 V for 1 h", "far from what the cell has"),
    ] {
        let (problems, remarks) = steps(&["Charge at C/2 for 10 s", step]);
        assert!(
            problems.is_empty() && remarks.iter().any(|remark| remark.contains(part)),
            "{step}: {problems:?} {remarks:?}"
        );
    }
}

#[test]
fn copper_that_stays_bare_takes_no_current() {
    let bare = CELL
        .replace("kind = \"layer\"\n    thickness = \"2 um\"", "kind = \"none\"")
        .replace("[cathode]", "[end]\ntime = \"1 h\"\n[cathode]");
    let bare = bare.split("[cathode]").next().unwrap();
    let with = |more: &[&str]| said(bare, more);
    let current = ["top.current=1 mA/cm^2"];
    let nothing = with(&current).0;
    assert!(
        nothing.len() == 1 && nothing[0].contains("nothing can nucleate") && nothing[0].contains("top.current"),
        "{nothing:?}"
    );
    let strip = with(&["top.current=-1 mA/cm^2"]).0;
    assert!(strip.len() == 1 && strip[0].contains("there is no lithium"), "{strip:?}");
    let (problems, remarks) = with(&["top.potential=-50 mV"]);
    assert!(problems.is_empty() && remarks[0].contains("only charges the double layer"), "{problems:?} {remarks:?}");
    let poisson = ["nucleation.kind=poisson", "nucleation.radius=0.8 um", "nucleation.rate=2e13 /m^2/s"];
    let barrier = |barrier| [&current[..], &poisson, &[barrier]].concat();
    assert!(with(&barrier("nucleation.barrier=400 mV")).0.is_empty());
    let never = with(&barrier("nucleation.barrier=8 V")).0;
    assert!(never.len() == 1 && never[0].contains("no nucleus can be expected"), "{never:?}");
}

#[test]
fn ends_densities_and_boxes_that_cannot_be_are_named() {
    let layer = CELL.split("[cathode]").next().unwrap();
    let of = |more: &[&str]| said(layer, &[&["top.current=1 mA/cm^2", "end.time=1 min"][..], more].concat());
    for (change, part) in [
        ("end.potential_below=100 mV", "write \"-0.1 V\"?"),
        ("end.potential_above=-0.1 V", "met before the first step"),
        ("end.potential_above=20 V", "never met"),
        ("end.height=2.5 um", "reaches 3 µm"),
    ] {
        let (problems, _) = of(&[change]);
        assert!(problems.len() == 1 && problems[0].contains(part), "{change}: {problems:?}");
    }
    assert!(of(&[]).1.is_empty());
    let tall = of(&["end.time=1000 h"]).1;
    assert!(tall.len() == 1 && tall[0].contains("above the 7.5 µm"), "{tall:?}");
    let dense = [
        "deposit.kind=none",
        "nucleation.kind=at_once",
        "nucleation.radius=0.7 um",
        "nucleation.minimum_distance=1 um",
    ];
    let dense: Vec<&str> = dense.into_iter().filter(|change| !change.starts_with("deposit")).collect();
    let density = |density| of(&[&dense[..], &[density]].concat());
    let (problems, _) = density("nucleation.density=4e12 /m^2");
    assert!(problems.len() == 1 && problems[0].contains("asks for 16 nuclei, of which"), "{problems:?}");
    let (problems, remarks) = density("nucleation.density=1e11 /m^2");
    assert!(problems.is_empty() && remarks[0].contains("rounded to 1"), "{problems:?} {remarks:?}");
}

//! `liplate converge` through the real binary.

mod common;

use common::program::Place;
use serde_json::Value;

/// A section through rough copper on which nuclei appear by chance.
const SECTION: &str = r#"
name = "section"
[grid]
cells = [24, 1, 20]
dx = "0.5 um"
[electrolyte]
kind = "nyman"
[kinetics]
i0 = "1 mA/cm^2"
gamma = "0.5 J/m^2"
double_layer = "0.2 F/m^2"
[collector]
height = "2.5 um"
shape = "rough"
rms = "0.1 um"
correlation_length = "3 um"
seed = 7
[nucleation]
kind = "poisson"
rate = "2e13 /m^2/s"
barrier = "300 mV"
radius = "1.3 um"
seed = 3
[top]
current = "3 mA/cm^2"
[end]
charge = "0.05 mAh/cm^2"
[time_step]
potential = "40 mV"
"#;

const CALL: [&str; 8] = ["converge", "config.toml", "--out", "study", "--device", "cpu", "--study", "grid"];

fn json(place: &Place, name: &str) -> Value {
    serde_json::from_str(&place.text(name)).unwrap()
}

#[test]
fn a_study_holds_copper_and_nuclei_fixed_and_goes_on_where_it_stopped() {
    let place = Place::new(SECTION);
    // no wall time: stopped in the run that records the nuclei
    let stopped = place.call(&[&CALL[..], &["--max-wall", "0s"]].concat());
    assert!(stopped.code == 130 && stopped.err.contains("the same command goes on"), "{stopped:?}");
    assert!(!place.path("study/grid.json").exists());

    let called = place.call(&[&CALL[..], &["--study", "time"]].concat());
    assert_eq!(called.code, 0, "{called:?}");
    for part in ["fixed: the copper", "nuclei: places and times", "order", "in all at least", "another question"] {
        assert!(format!("{}{}", called.out, called.err).contains(part), "{part} is missing: {called:?}");
    }
    let grid = json(&place, "study/grid.json");
    let levels = grid["levels"].as_array().unwrap();
    assert_eq!(levels.iter().map(|l| l["cells"][0].as_u64().unwrap()).collect::<Vec<_>>(), [24, 48, 96]);
    let run = |level: &Value| json(&place, &format!("study/{}/run.json", level["directory"].as_str().unwrap()));
    let nuclei = run(&levels[0])["setup"]["nucleation"].clone();
    assert!(nuclei["kind"] == "listed" && !nuclei["nuclei"].as_array().unwrap().is_empty(), "{nuclei}");
    assert!(levels.iter().all(|level| run(level)["setup"]["nucleation"] == nuclei));
    assert_eq!(run(&levels[2])["setup"]["time_step"]["potential"], 0.01);

    // the same charge everywhere, and every quantity with as many values as levels
    for quantity in grid["quantities"].as_array().unwrap() {
        assert_eq!(quantity["values"].as_array().unwrap().len(), 3);
    }
    let height = grid["quantities"].as_array().unwrap().iter().find(|q| q["name"] == "mean_height").unwrap();
    let (finest, limit) = (height["values"][2].as_f64().unwrap(), &height["limit"]);
    let (estimate, error) = (limit["estimate"].as_f64().unwrap(), limit["error"].as_f64().unwrap());
    assert!((finest - estimate).abs() <= error && error < finest, "{height}");
    for file in ["grid.csv", "grid.svg", "time.csv", "time.json", "time.svg"] {
        assert!(place.path("study").join(file).is_file(), "{file} is missing");
    }
    assert!(place.text("study/grid.svg").contains("mean_height"));

    // nothing is run twice, and another config finds the place taken
    let before: Vec<Value> = levels.iter().map(run).collect();
    let again = place.call(&CALL);
    assert_eq!(again.code, 0, "{again:?}");
    assert_eq!(before, levels.iter().map(run).collect::<Vec<_>>());
    let other = place.call(&[&CALL[..], &["--set", "kinetics.i0=2 mA/cm^2"]].concat());
    assert!(other.code == 2 && other.err.contains("another configuration"), "{other:?}");
    assert_eq!(before, levels.iter().map(run).collect::<Vec<_>>());
}

#[test]
fn impossible_levels_are_one_error_before_anything_runs() {
    let place = Place::new(SECTION);
    let coarse = ["--coarsen", "--set", "nucleation.radius=1.3 um"];
    let uneven = ["--set", "grid.cells=[23, 1, 20]", "--ratio", "1.4"];
    let patchy = ["--set", "kinetics.heterogeneity.spread=0.3", "--set"];
    let patchy = [&patchy[..], &["kinetics.heterogeneity.correlation_length=2 um"]].concat();
    let low = ["--coarsen", "--set", "nucleation.radius=5 um", "--set", "grid.cells=[24, 1, 40]"];
    for (more, parts) in [
        (&coarse[..], ["nucleation.radius", "5.0000 µm"]),
        (&uneven, ["grid.cells", "--ratio 2"]),
        (&patchy, ["kinetics.heterogeneity", "--study interface"]),
        (&low, ["dx2.0000um", "copper"]),
        (&["--levels", "2"], ["--levels", "3..=8"]),
        (&["--set", "end.charge=5 mAh/m"], ["end.charge", "mAh/m"]),
    ] {
        let called = place.call(&[&CALL[..], more].concat());
        assert_eq!(called.code, 2, "{more:?}: {called:?}");
        assert!(parts.iter().all(|part| called.err.contains(part)), "{more:?}: {called:?}");
        assert!(!place.path("study").exists(), "{more:?}");
    }
    let planned = place.call(&[&CALL[..], &["--plan"]].concat());
    assert!(planned.code == 0 && planned.err.contains("in all at least"), "{planned:?}");
    assert!(!place.path("study").exists());
}

//! Tables and height maps through the real binary: what `check` says of them, what a run keeps, and files that are no files.

mod common;

use std::path::Path;

use common::program::{Called, Place};

/// A layer on flat copper with the electrolyte of a table.
const TABLE: &str = r#"
[grid]
cells = [4, 4, 32]
dx = "0.25 um"
[electrolyte]
kind = "table"
file = "t.csv"
[kinetics]
i0 = "1 mA/cm^2"
double_layer = "0.2 F/m^2"
[collector]
height = "2 um"
[deposit]
kind = "layer"
thickness = "1 um"
[top]
current = "1 mA/cm^2"
salt = "reservoir"
[end]
time = "0.5 s"
[output]
metrics_steps = 1
"#;

const PROPERTIES: &str = "c [mol/L];T [degC];kappa [mS/cm];diffusivity [cm2/s];transference;thermodynamic_factor
0,9995;25;7,0;2,5e-6;0,40;1,2
2;25;7,8;1,6e-6;0,47;2,4
";

fn check(place: &Place, changes: &[&str]) -> Called {
    let sets = changes.iter().flat_map(|change| ["--set", change]);
    place.call(&["check", "config.toml", "--device", "cpu"].into_iter().chain(sets).collect::<Vec<_>>())
}

#[test]
fn a_run_says_once_where_it_leaves_what_was_measured() {
    let place = Place::new(TABLE);
    std::fs::write(place.path("t.csv"), PROPERTIES).unwrap();
    let called = check(&place, &[]);
    assert!(called.code == 0 && called.out.contains("0.7 S/m") && !called.out.contains("note"), "{called:?}");
    let called = check(&place, &["electrolyte.c0=2.5 M", "temperature=40 degC"]);
    let notes: Vec<&str> = called.out.lines().filter(|line| line.contains("outside what was measured")).collect();
    assert!(notes.len() == 2 && notes[0].contains("999.5 to 2000 mol/m³"), "{called:?}");
    assert!(notes[1].contains("313.15 K") && notes[1].contains("298.15 K"), "{called:?}");

    let run = |out: &str, changes: &[&str]| {
        let arguments = ["run", "config.toml", "--device", "cpu", "--quiet", "--out", out].into_iter();
        place.call(&arguments.chain(changes.iter().flat_map(|change| ["--set", change])).collect::<Vec<_>>())
    };
    let warnings = |out: &str| {
        let json: serde_json::Value = serde_json::from_str(&place.text(&format!("{out}/run.json"))).unwrap();
        json["warnings"].as_array().unwrap().len()
    };
    let events = |out: &str| place.text(&format!("{out}/events.jsonl")).matches("\"not measured\"").count();
    // the salt at the lithium sinks below the first row: one event, and nothing that was known before
    let called = run("sinks", &[]);
    assert!(called.code == 0 && (warnings("sinks"), events("sinks")) == (0, 1), "{called:?}");
    let called = run("begins", &["electrolyte.c0=2.5 M"]);
    assert!(called.code == 0 && (warnings("begins"), events("begins")) == (1, 0), "{called:?}");
}

#[cfg(unix)]
#[test]
fn pipes_and_devices_are_refused_and_do_not_hang() {
    let place = Place::new(TABLE);
    std::fs::write(place.path("t.csv"), PROPERTIES).unwrap();
    assert!(std::process::Command::new("mkfifo").arg(place.path("pipe.csv")).status().unwrap().success());
    let cathode = ["cathode.areal_capacity=4 mAh/cm^2", "cathode.ocp=pipe.csv"];
    for changes in [&["electrolyte.file=pipe.csv"][..], &["electrolyte.file=/dev/zero"], &cathode] {
        let called = check(&place, changes);
        assert!(called.code == 2 && called.err.contains("not a regular file"), "{changes:?}: {called:?}");
    }
    let map = ["collector.shape=map", "collector.file=pipe.csv", "collector.dataset=h"];
    assert_eq!(check(&place, &map).code, 2);
    for arguments in [["check", "pipe.csv"], ["measure", "pipe.csv"], ["check", "/dev/zero"]] {
        let called = place.call(&arguments);
        assert!(called.code != 0 && called.err.contains("not a regular file"), "{arguments:?}: {called:?}");
    }
}

/// A ramp that does not join itself, as an HDF5 file.
fn ramp(path: &Path) {
    let file = hdf5::File::create(path).unwrap();
    let heights = ndarray::Array2::from_shape_fn((16, 16), |(_, x)| x as f32 * 1e-8);
    file.new_dataset_builder().chunk((8, 8)).with_data(&heights).create("h").unwrap();
}

const MAP: [&str; 5] = [
    "electrolyte.kind=nyman",
    "collector.shape=map",
    "collector.file=map.h5",
    "collector.dataset=h",
    "grid.cells=[8, 8, 32]",
];

fn on_a_map() -> Place {
    let place = Place::new(&TABLE.replace("file = \"t.csv\"", ""));
    ramp(&place.path("map.h5"));
    place
}

#[test]
fn check_describes_a_map_and_holds_its_size_against_the_box() {
    let place = on_a_map();
    let called = check(&place, &MAP);
    for part in ["16 × 16 pixels", "range 0.1500 µm", "8 × 8 cells; range 0.1400 µm", "does not join itself", "along x"]
    {
        assert!(called.code == 0 && called.out.contains(part), "{part}: {called:?}");
    }
    assert!(!called.out.contains("along y the copper"), "{called:?}");
    let with = |change| check(&place, &[&MAP[..], &[change]].concat());
    assert_eq!(with("collector.map_size=[\"2 um\", \"2 um\"]").code, 0);
    for (change, part) in [
        ("collector.map_size=[\"4 um\", \"4 um\"]", "set grid.cells to [16, 16, 32]"),
        ("collector.map_size=[\"4 um\"]", "must be two positive lengths"),
        ("collector.map_size=[\"4 V\", \"4 um\"]", "map_size"),
        ("grid.cells=[16, 8, 32]", "stretched by 0.5"),
        ("collector.height_range=1 um", "is no picture"),
    ] {
        let called = with(change);
        assert!(called.code == 2 && called.err.contains(part), "{change}: {called:?}");
    }
}

/// A pattern from a map: half of the copper, on which alone nuclei appear. The run keeps the map; a resumed one asks for no file.
#[test]
fn a_pattern_comes_from_a_map() {
    let place = on_a_map();
    let file = hdf5::File::create(place.path("pattern.h5")).unwrap();
    let share = ndarray::Array2::from_shape_fn((16, 16), |(_, x)| if x < 8 { 1.0f32 } else { 0.0 });
    file.new_dataset_builder().with_data(&share).create("share").unwrap();
    file.new_dataset_builder().with_data(&(2.0 * share)).create("twice").unwrap();
    drop(file);
    let pattern = |dataset: &str| {
        format!("collector.pattern={{shape = \"map\", file = \"pattern.h5\", dataset = \"{dataset}\"}}")
    };
    let nuclei = "nucleation={kind = \"at_once\", density = \"1 um^-2\", radius = \"0.65 um\"}";
    let on = |dataset: &str| {
        let set = [
            "electrolyte.kind=nyman".to_string(),
            "grid.cells=[16, 16, 32]".into(),
            nuclei.into(),
            "deposit={kind = \"none\"}".into(),
            pattern(dataset),
        ];
        let mut all = vec!["check".to_string(), "config.toml".into()];
        all.extend(set.into_iter().flat_map(|set| ["--set".into(), set]));
        all
    };
    let call = |arguments: &[String]| place.call(&arguments.iter().map(String::as_str).collect::<Vec<_>>());
    for (dataset, part) in [("twice", "holds 2; a pattern has numbers from 0"), ("none", "has no dataset \"none\"")] {
        let called = call(&on(dataset));
        assert!(
            called.code == 2 && called.err.contains(part) && called.err.contains("collector.pattern"),
            "{called:?}"
        );
    }
    let mut run = on("share");
    run[0] = "run".into();
    run.extend(["--out", "out", "--device", "cpu", "--set", "end.time=10 s"].map(String::from));
    let called = call(&run);
    assert_eq!(called.code, 0, "{called:?}");
    let events = place.text("out/events.jsonl");
    let nuclei: Vec<f64> = events
        .lines()
        .map(|line| serde_json::from_str::<serde_json::Value>(line).unwrap())
        .filter(|event| event["event"] == "nucleus")
        .map(|event| event["x"].as_f64().unwrap())
        .collect();
    assert!(nuclei.len() > 3 && nuclei.iter().all(|&x| x < 8.0 * 0.25e-6), "{nuclei:?}");
    std::fs::remove_file(place.path("pattern.h5")).unwrap();
    let called = place.call(&["resume", "out", "--set", "end.time=12 s"]);
    assert_eq!(called.code, 0, "{called:?}");
}

/// Damaged HDF5 files: the library that reads them lives in the same process, so each gets one of its own.
#[test]
fn hostile_hdf5_maps_end_in_a_sentence() {
    let place = on_a_map();
    let sound = std::fs::read(place.path("map.h5")).unwrap();
    let mut state = 0x1234_5678_9abc_def1_u64;
    let mut draw = |n: usize| {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        (state % n as u64) as usize
    };
    let mut refused = 0;
    for _ in 0..60 {
        let mut bytes = sound.clone();
        for _ in 0..1 + draw(4) {
            let place = draw(bytes.len());
            match draw(4) {
                0 => bytes.truncate(place.max(16)),
                1 => bytes[place] ^= 1 << draw(8),
                2 => bytes[place] = draw(256) as u8,
                _ => {
                    let end = (place + 4).min(bytes.len());
                    bytes[place..end].fill(0xff);
                }
            }
        }
        std::fs::write(place.path("map.h5"), &bytes).unwrap();
        // the copper of a map that is read rises out of the box: no time goes into a trial
        let called = check(&place, &[&MAP[..], &["collector.height=6.95 um", "deposit.thickness=0.04 um"]].concat());
        assert!(called.code == 2 && !called.err.contains("panicked"), "{called:?}");
        refused += usize::from(!called.err.contains("the copper rises"));
    }
    assert!(refused > 20, "{refused}");
}

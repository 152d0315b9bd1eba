//! The real binary: exit codes, messages, and what it leaves behind.

mod common;

use common::program::{Called, Place, SMALL, column};

#[test]
fn a_run_leaves_its_files_and_measures_again_what_it_wrote() {
    let place = Place::new(SMALL);
    let called = place.call(&["run", "config.toml", "--out", "run", "--device", "cpu"]);
    assert_eq!(called.code, 0, "{called:?}");
    assert!(called.out.contains("done: charge"), "{called:?}");
    for file in [
        "metrics.csv",
        "events.jsonl",
        "fields.vtkhdf",
        "fields.xdmf",
        "checkpoint.h5",
        "checkpoint.previous.h5",
        "run.json",
        "deposit.vtp",
    ] {
        assert!(place.path("run").join(file).is_file(), "{file} is missing");
    }
    let json: serde_json::Value = serde_json::from_str(&place.text("run/run.json")).unwrap();
    assert_eq!(json["status"], "done");
    assert!(
        json["setup"]["kinetics"]["i0"] == 10.0 && json["sessions"][0]["device"].as_str().unwrap().starts_with("CPU")
    );

    let table = place.text("run/metrics.csv");
    let steps = column(&table, "step");
    assert!(steps.windows(2).all(|pair| pair[1] == pair[0] + 1.0) && steps[0] == 1.0);
    for (ledger, limit) in [("charge_error", 1e-5), ("lithium_error", 1e-5), ("salt_error", 1e-4)] {
        let worst = column(&table, ledger).iter().fold(0.0_f64, |worst, e| worst.max(e.abs()));
        assert!(worst < limit, "{ledger}: {worst}");
    }
    let nuclei = column(&table, "nuclei").last().copied().unwrap();
    let events = place.text("run/events.jsonl");
    assert_eq!(events.lines().filter(|line| line.contains("\"nucleus\"")).count() as f64, nuclei);
    assert!(nuclei >= 1.0, "the run shows no nucleation");

    // the stored frame is in f32: what is measured from it agrees to f32 rounding
    let measured = place.call(&["measure", "run", "--all"]);
    assert_eq!(measured.code, 0, "{measured:?}");
    for name in ["thickness [m]", "mean_height [m]", "developed_area", "covered"] {
        let (again, first) = (column(&measured.out, name), column(&table, name));
        let (again, first) = (again.last().unwrap(), first.last().unwrap());
        assert!((again / first - 1.0).abs() < 1e-5, "{name}: {again} {first}");
    }
    assert_eq!(place.call(&["measure", "run"]).code, 0);
    let missing = place.call(&["measure", "run", "--frame", "99"]);
    assert!(missing.code == 1 && missing.err.contains("there is no frame 99"), "{missing:?}");
}

#[test]
fn bad_configs_exit_with_2_name_the_key_and_make_nothing() {
    let place = Place::new(&SMALL.replace("gamma", "gama").replace("\"1 mA/cm^2\"", "\"1 mA\""));
    let called = place.call(&["run", "config.toml", "--out", "run"]);
    assert_eq!(called.code, 2, "{called:?}");
    for part in ["2 problems", "kinetics.gama", "did you mean \"gamma\"", "kinetics.i0", "\"1 mA\""] {
        assert!(called.err.contains(part), "{part} is missing: {called:?}");
    }
    assert!(!place.path("run").exists());
    assert!(called.err.contains("\n      config.toml:"), "no line is shown: {called:?}");
    std::fs::write(place.path("a_file"), "").unwrap();
    let cases: [(&[&str], &str); 10] = [
        (&["run", "config.toml", "--max-wall", "120"], "write \"120 min\" or \"120 s\""),
        (&["run", "config.toml", "--max-wall", "90M"], "a month has no fixed length"),
        (&["check", "config.toml", "--set", "grid.dx=0,25 um"], "--set 'grid.dx=0,25 um'"),
        (&["check", "config.toml"], "config.toml:"),
        (&["run", "missing.toml", "--out", "a_file"], "missing.toml"),
        (&["run", "missing.toml"], "missing.toml"),
        (&["run", "config.toml", "--set", "kinetics"], "key=value"),
        (&["run", "config.toml", "--device", "abacus"], "abacus"),
        (&["resume", "nowhere"], "nowhere"),
        (&["frobnicate"], "frobnicate"),
    ];
    for (arguments, part) in cases {
        let called = place.call(arguments);
        assert!(called.code == 2 && called.err.contains(part), "{arguments:?}: {called:?}");
    }
}

#[test]
fn a_file_in_place_of_the_directory_is_left_alone() {
    let place = Place::new(SMALL);
    std::fs::write(place.path("a_file"), "precious").unwrap();
    let called = place.call(&["run", "config.toml", "--out", "a_file", "--device", "cpu"]);
    assert!(called.code == 2 && called.err.contains("a_file is a file; --out takes a directory"), "{called:?}");
    assert_eq!(place.text("a_file"), "precious");
}

#[test]
fn wall_times_of_batch_systems_are_taken() {
    let place = Place::new(SMALL);
    for (i, time) in ["00:00:00", "0-00:00", "0 s", "0h0m"].iter().enumerate() {
        let out = format!("run{i}");
        let called =
            place.call(&["run", "config.toml", "--out", &out, "--device", "cpu", "--max-wall", time, "--quiet"]);
        assert_eq!(called.code, 130, "{time}: {called:?}");
    }
}

#[test]
fn a_directory_with_a_run_is_left_alone() {
    let place = Place::new(SMALL);
    let arguments = ["run", "config.toml", "--out", "run", "--device", "cpu", "--max-wall", "0s", "--quiet"];
    assert_eq!(place.call(&arguments).code, 130);
    let before = place.text("run/run.json");
    let called = place.call(&arguments);
    assert!(called.code == 2 && called.err.contains("already holds a run"), "{called:?}");
    assert_eq!(before, place.text("run/run.json"));
}

#[test]
fn check_and_devices_answer() {
    let place = Place::new(SMALL);
    let called = place.call(&["check", "config.toml", "--device", "cpu", "--set", "temperature=0 degC"]);
    assert_eq!(called.code, 0, "{called:?}");
    for part in ["kinetics.i0", "1 mA/cm^2", "0 degC", "10–90 %", "first dt", "memory", "wall time"] {
        assert!(called.out.contains(part), "{part} is missing: {}", called.out);
    }
    let called = place.call(&["devices"]);
    assert!(called.code == 0 && called.out.contains("auto takes"), "{called:?}");
    for arguments in [["--help"].as_slice(), &["run", "--help"], &["--version"]] {
        assert_eq!(place.call(arguments).code, 0);
    }
}

/// The first steps are tried on a part of the box, which has a nucleus where the box has one: with single ions and a copper without a double
/// layer nothing else carries the current.
#[test]
fn check_tries_its_first_steps_with_lithium() {
    let place = Place::new(
        "name = \"one nucleus\"\ntemperature = \"25 degC\"\n[grid]\ncells = [1024, 1, 288]\ndx = \"0.1 um\"\n\
         [electrolyte]\nkind = \"single_ion\"\nkappa = \"0.1 mS/cm\"\n[kinetics]\ni0 = \"100 mA/cm^2\"\n\
         [collector]\nheight = \"0.6 um\"\n[nucleation]\nkind = \"listed\"\n\
         nuclei = [{ x = \"90 um\", radius = \"0.4 um\" }]\n[top]\ncurrent = \"1 mA/cm^2\"\n[end]\ntime = \"10 s\"\n",
    );
    let called = place.call(&["check", "config.toml", "--device", "cpu"]);
    assert!(called.code == 0 && called.out.contains("first dt"), "{called:?}");
}

#[test]
fn a_grid_that_does_not_fit_says_what_would() {
    let place = Place::new(
        &SMALL
            .replace("[20, 16, 32]", "[2000, 1000, 2000]")
            .replace("shape = \"rough\"", "shape = \"flat\"\n#")
            .replace("rms", "#rms")
            .replace("correlation_length", "#")
            .replace("seed = 7", ""),
    );
    let called = place.call(&["run", "config.toml", "--device", "cpu"]);
    // a machine with a terabyte would begin: this one has not
    assert!(called.code == 2 && called.err.contains("largest cube"), "{called:?}");
}

#[test]
#[cfg(unix)]
fn a_full_disk_is_one_error_and_loses_nothing() {
    let place = Place::new(SMALL);
    let begun = place.call(&["run", "config.toml", "--out", "run", "--device", "cpu", "--max-wall", "0s", "--quiet"]);
    assert_eq!(begun.code, 130);
    let before = std::fs::read(place.path("run/checkpoint.h5")).unwrap();
    // no file may grow beyond 100 blocks: what a full disk looks like to the program
    let script =
        format!("trap '' XFSZ; ulimit -f 100; exec {} resume run --device cpu --quiet", env!("CARGO_BIN_EXE_liplate"));
    let output = std::process::Command::new("bash").args(["-c", &script]).current_dir(place.path(".")).output();
    let called = Called::from(output.unwrap());
    assert!(called.code == 1 && called.err.starts_with("error: "), "{called:?}");
    assert!(!called.err.contains("panicked"), "{called:?}");
    assert!(!place.path("run/checkpoint.h5.part").exists());
    let whole = place.path("run/checkpoint.h5");
    assert_eq!(before, std::fs::read(whole).unwrap(), "the checkpoint was touched");
    let called = place.call(&["resume", "run", "--device", "cpu", "--quiet"]);
    assert_eq!(called.code, 0, "{called:?}");
}

/// Every step stands, and none is longer than a nanosecond: that would go on for ever, with nothing said.
#[test]
fn a_run_that_stands_still_is_stopped() {
    let config = r#"
[grid]
cells = [1, 1, 24]
dx = "0.25 um"
[electrolyte]
kind = "single_ion"
kappa = "0.2 S/m"
[kinetics]
i0 = "5 mA/cm^2"
[collector]
height = "1 um"
[deposit]
kind = "layer"
thickness = "1 um"
[top]
current = "1 mA/cm^2"
[end]
time = "20 s"
"#;
    let place = Place::new(config);
    place.run("run");
    let still = ["--set", "end.time=4000 s", "--set", "time_step.largest=1 ns", "--set", "time_step.first=1 ns"];
    let called = place.call(&[&["resume", "run", "--device", "cpu"][..], &still].concat());
    assert_eq!(called.code, 3, "{called:?}");
    let said = format!("{}{}", called.out, called.err);
    assert!(said.contains("stopped by the guard: 1000 steps have advanced the run by 1.0e-6 s"), "{said}");
    assert!(said.contains("it stands still, at steps that something limits to 1.0e-9 s (largest)"), "{said}");
}

#[test]
fn the_guard_says_which_equation_fails_and_where_and_saves_the_state() {
    let place = Place::new(SMALL);
    // a current so far beyond the limiting one that no step above the smallest works
    let arguments = ["run", "config.toml", "--out", "run", "--device", "cpu", "--set", "top.current=1e5 mA/cm^2"];
    let hard = ["--set", "nucleation.kind=none", "--set", "deposit.kind=layer", "--set", "deposit.thickness=1 um"];
    let rest = ["--set", "time_step.first=1 s", "--set", "time_step.smallest=1e-1 s"];
    let bare = SMALL.split("[nucleation]").collect::<Vec<_>>();
    let without = format!("{}[top]{}", bare[0], bare[1].split("[top]").nth(1).unwrap());
    std::fs::write(place.path("config.toml"), without).unwrap();
    let called = place.call(&[&arguments[..], &hard, &rest].concat());
    assert_eq!(called.code, 3, "{called:?}");
    for part in ["stopped by the guard", "equation", "largest at (", "liplate resume run"] {
        let said = format!("{}{}", called.out, called.err);
        assert!(said.contains(part), "{part} is missing: {called:?}");
    }
    assert!(place.path("run/checkpoint.h5").is_file());
}

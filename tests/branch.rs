//! Runs that go on as another, begin from another, or go on if they are there.

mod common;

use common::program::{Place, RUN, SMALL, column};

fn json(place: &Place, name: &str) -> serde_json::Value {
    serde_json::from_str(&place.text(name)).unwrap()
}

fn last(place: &Place, run: &str, name: &str) -> f64 {
    *column(&place.text(&format!("{run}/metrics.csv")), name).last().unwrap()
}

#[test]
fn a_run_goes_on_if_it_is_there() {
    let place = Place::new(SMALL);
    let run = |more: &[&str]| place.call(&[&RUN[..], &["run", "--or-resume"], more].concat());
    assert_eq!(run(&["--max-wall", "150ms"]).code, 130);
    let called = run(&["--set", "kinetics.i0=2 mA/cm^2"]);
    assert!(called.code == 2 && called.err.contains("holds a run with another kinetics.i0"), "{called:?}");
    assert_eq!(run(&[]).code, 0);
    assert_eq!(run(&[]).code, 0);
    assert_eq!(json(&place, "run/run.json")["sessions"].as_array().unwrap().len(), 2);
    place.run("whole");
    assert!(place.text("run/metrics.csv") == place.text("whole/metrics.csv"));
}

#[test]
fn what_is_still_to_come_can_change() {
    let place = Place::new(SMALL);
    place.run("run");
    let strip = "protocol=[{steps = [\"Rest for 2 s\", \"Strip at 3 mA/cm^2 until 0.3 V vs Li\"]}]";
    let resume =
        |run: &str, more: &[&str]| place.call(&[&["resume", run, "--device", "cpu", "--quiet"], more].concat());
    for (set, part) in [
        ("kinetics.i0=2 mA/cm^2", "`liplate run CONFIG --from DIR`"),
        ("output.fields=[\"xi\"]", "hold the fields"),
        ("protocol=[{steps = [\"Strp at 3 mA/cm^2\"]}]", "Strp"),
        ("end.charge=0.01 mAh/cm^2", "have passed already"),
    ] {
        let called = resume("run", &["--set", set]);
        assert!(called.code == 2 && called.err.contains(part), "{set}: {called:?}");
    }
    let first = place.text("run/metrics.csv");
    let copy = |to: &str| {
        let copied = std::process::Command::new("cp").args(["-r"]).arg(place.path("run")).arg(place.path(to)).status();
        assert!(copied.unwrap().success());
    };
    copy("stopped");
    let changes = ["--set", strip, "--set", "output.metrics_steps=1"];
    let called = resume("run", &changes);
    assert_eq!(called.code, 0, "{called:?}");
    let rows = place.text("run/metrics.csv");
    assert!(rows.starts_with(&first) && last(&place, "run", "current [A/m2]") < 0.0);
    assert!(
        last(&place, "run", "lithium_charge [mAh/cm2]") < 0.3 * last(&place, "stopped", "lithium_charge [mAh/cm2]")
    );
    let events = place.text("run/events.jsonl");
    assert!(events.contains("\"event\":\"changed\"") && events.contains("output.metrics_steps"), "{events}");
    assert!(json(&place, "run/run.json")["status"] == "done");
    // what has changed is known to whoever stops and resumes it after that, to the bit
    assert_eq!(resume("stopped", &[&changes[..], &["--max-wall", "0s"]].concat()).code, 130);
    assert_eq!(resume("stopped", &[]).code, 0);
    assert!(rows == place.text("stopped/metrics.csv"));
    assert!(events == place.text("stopped/events.jsonl"));
}

#[test]
fn a_run_begins_from_the_state_of_another() {
    let place = Place::new(SMALL);
    place.run("first");
    let from = |from: &str, out: &str, more: &[&str]| place.call(&[&RUN[..], &[out, "--from", from], more].concat());
    let strip = [
        "--set",
        "protocol=[{steps = [\"Strip at 1 mA/cm^2 until 0.3 V vs Li\"]}]",
        "--unset",
        "top.current",
        "--unset",
        "end.charge",
    ];
    let called = from(
        "first",
        "second",
        &[&strip[..], &["--set", "kinetics.i0=2 mA/cm^2", "--set", "temperature=35 degC"]].concat(),
    );
    assert_eq!(called.code, 0, "{called:?}");
    // the lithium of the one is that of the other, and what was plated comes back
    let measured = column(&place.text("second/metrics.csv"), "lithium_charge [mAh/cm2]");
    let start = measured.into_iter().find(|charge| charge.is_finite()).unwrap();
    let end = last(&place, "first", "lithium_charge [mAh/cm2]");
    assert!((start - end).abs() < 0.02 * end, "{start} {end}");
    assert!(last(&place, "second", "lithium_charge [mAh/cm2]") < 0.3 * end);
    for error in ["charge_error", "lithium_error", "salt_error"] {
        assert!(last(&place, "second", error).abs() < 1e-4, "{error}");
    }
    assert_eq!(
        column(&place.text("second/metrics.csv"), "time [s]")[0],
        column(&place.text("second/metrics.csv"), "dt [s]")[0]
    );
    let run = json(&place, "second/run.json");
    assert!(
        run["from"]["directory"].as_str().unwrap().ends_with("/first") && run["from"]["step"].as_u64() > Some(10),
        "{run}"
    );
    assert!(place.text("second/events.jsonl").contains("\"event\":\"branch\""));

    // from a snapshot, by number and by time, of a run that was a branch itself
    let times = column(&place.call(&["measure", "first", "--all"]).out, "time [s]");
    assert!(times.len() > 3);
    for (at, out) in [("first@2".to_string(), "third"), (format!("first@{} s", times[2]), "fourth")] {
        let called = from(&at, out, &["--set", "end.charge=0.002 mAh/cm^2"]);
        assert_eq!(called.code, 0, "{called:?}");
        assert_eq!(json(&place, &format!("{out}/run.json"))["from"]["frame"], 2);
    }
    assert!(place.text("third/metrics.csv") == place.text("fourth/metrics.csv"));
    assert_eq!(from("second", "fifth", &["--set", "end.charge=0.002 mAh/cm^2"]).code, 0);
    assert!(json(&place, "fifth/run.json")["from"]["from"]["directory"].as_str().unwrap().ends_with("/first"));

    for (given, more, part) in [
        ("nowhere", &[][..], "there is no directory nowhere"),
        ("first@99", &[], "there is no frame 99"),
        ("first@1 h", &[], "there is no snapshot at 1 h; the nearest is"),
        ("first@soon", &[], "soon"),
        (".", &[], "checkpoint"),
        ("first", &["--set", "grid.cells=[20, 16, 36]"], "its box has 20 × 16 × 32 cells"),
        ("first", &["--set", "grid.dx=0.2 um"], "its box has"),
        (
            "first",
            &["--set", "collector.seed=8"],
            "the copper is that of the other run, but collector.shape.seed is another",
        ),
        (
            "first",
            &["--unset", "nucleation", "--set", "deposit={kind = \"layer\", thickness = \"1 um\"}"],
            "leave out [deposit]",
        ),
        ("@2", &[], "a directory is missing"),
    ] {
        let called = from(given, "sixth", more);
        assert!(called.code == 2 && called.err.contains(part), "{given}: {called:?}");
        assert!(!place.path("sixth").exists(), "{given}");
    }
    // mechanisms that the other had not begin fresh, those that snapshots do not hold whole need the checkpoint
    let sei = [
        "--set",
        "sei={fresh_charge = \"10 C/m^2\", growth = \"0.1 C^2/m^4/s\", resistance = \"10 ohm cm^2\", cracks = 0.5}",
    ];
    assert_eq!(from("first", "seventh", &[&sei[..], &["--set", "end.charge=0.002 mAh/cm^2"]].concat()).code, 0);
    assert_eq!(from("seventh", "eighth", &[&sei[..], &["--set", "end.charge=0.002 mAh/cm^2"]].concat()).code, 0);
    let called = from("seventh@0", "ninth", &sei);
    assert!(called.code == 2 && called.err.contains("snapshots do not hold all of sei"), "{called:?}");
    // it is a run like any other: stopped and resumed to the bit
    assert_eq!(
        from(
            "first",
            "tenth",
            &[&strip[..], &["--set", "kinetics.i0=2 mA/cm^2", "--set", "temperature=35 degC", "--max-wall", "0s"]]
                .concat()
        )
        .code,
        130
    );
    assert_eq!(place.call(&["resume", "tenth", "--device", "cpu", "--quiet"]).code, 0);
    assert!(place.text("second/metrics.csv") == place.text("tenth/metrics.csv"));
}

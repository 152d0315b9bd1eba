//! What batch systems, terminals, full disks and small machines do to the program: it ends with a sentence, and nothing is lost.
#![cfg(unix)]

mod common;

use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use common::program::{Called, Place, RUN, SMALL};
use liplate::config;
use liplate::sim::Simulation;
use liplate::sim::device::DeviceChoice;
use liplate::solver::step::StepFailure;

/// A run that takes minutes.
fn long() -> String {
    SMALL.replace("0.02 mAh", "2 mAh")
}

/// A current so far beyond the limiting one that no step is solved that is long enough.
fn hopeless() -> String {
    let (before, after) = SMALL.split_once("[nucleation]").unwrap();
    let after = after.split_once("[top]").unwrap().1.replace("3 mA/cm^2", "1e5 mA/cm^2");
    // no edge that would make the first attempt a short one
    let after = after.replace("charge = \"0.02 mAh/cm^2\"", "time = \"1e9 s\"");
    let after = after.replace("snapshot_charge = \"0.004 mAh/cm^2\"", "");
    let steps = "first = \"10 s\"\nsmallest = \"0.1 s\"";
    format!("{before}[deposit]\nkind = \"layer\"\nthickness = \"1 um\"\n[top]\ncompliance = \"none\"{after}{steps}")
}

/// A script that calls the program, by bash.
fn script(place: &Place, text: &str) -> Called {
    let text = text.replace("liplate", env!("CARGO_BIN_EXE_liplate"));
    Command::new("bash").args(["-c", &text]).current_dir(place.path(".")).output().expect("bash starts").into()
}

/// Waits for the run to have begun, and sends it a signal.
fn hit(place: &Place, run: Child, signal: &str) -> Called {
    let began = Instant::now();
    while !place.path("run/metrics.csv").exists() {
        assert!(began.elapsed() < Duration::from_secs(120), "the run does not begin");
        std::thread::sleep(Duration::from_millis(20));
    }
    std::thread::sleep(Duration::from_millis(300));
    let sent = Command::new("kill").args([&format!("-{signal}"), &run.id().to_string()]).status();
    assert!(sent.expect("kill starts").success(), "{signal}");
    run.wait_with_output().expect("the run ends").into()
}

/// Whether a hangup is ignored here, as under nohup: what this starts then ignores it too.
fn hangups_are_ignored() -> bool {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let mask = status.lines().find_map(|line| line.strip_prefix("SigIgn:"));
    mask.and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok()).is_some_and(|mask| mask & 1 == 1)
}

#[test]
fn every_signal_that_asks_to_end_saves_the_state() {
    for signal in ["HUP", "INT", "QUIT", "TERM", "USR1", "USR2", "XCPU"] {
        if signal == "HUP" && hangups_are_ignored() {
            println!("NOT RUN with HUP: it is ignored here, as under nohup");
            continue;
        }
        let place = Place::new(&long());
        let run = place.command(&[&RUN[..], &["run"]].concat()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn();
        let called = hit(&place, run.unwrap(), signal);
        assert_eq!(called.code, 130, "{signal}: {called:?}");
        let json: serde_json::Value = serde_json::from_str(&place.text("run/run.json")).unwrap();
        assert_eq!((&json["status"], &json["reason"]), (&"interrupted".into(), &format!("signal SIG{signal}").into()));
        let resumed = place.call(&["resume", "run", "--device", "cpu", "--quiet", "--max-wall", "0s"]);
        assert_eq!(resumed.code, 130, "{signal}: {resumed:?}");
    }
}

#[test]
fn a_hangup_that_is_ignored_stays_ignored() {
    let place = Place::new(&long());
    let words = format!("trap '' HUP; exec {} {} run --max-wall 3s", env!("CARGO_BIN_EXE_liplate"), RUN.join(" "));
    let run = Command::new("bash").args(["-c", &words]).current_dir(place.path(".")).stderr(Stdio::piped()).spawn();
    hit(&place, run.unwrap(), "HUP");
    let json: serde_json::Value = serde_json::from_str(&place.text("run/run.json")).unwrap();
    assert_eq!(json["reason"], "wall-time limit of 3s");
}

#[test]
fn a_step_that_attempt_after_attempt_fails_is_broken_off_when_asked() {
    let setup = config::from_text(&hopeless(), "config.toml".as_ref(), &[]).unwrap().setup;
    let advance = |asked: Option<&(dyn Fn() -> bool + Sync)>| {
        Simulation::new(setup.clone(), DeviceChoice::Cpu).unwrap().step_until(f64::INFINITY, asked).map(|_| ())
    };
    // one who asks at once still waits for three attempts
    assert!(matches!(advance(Some(&|| true)), Err(StepFailure::Asked { attempts: 3 })));
    assert!(matches!(advance(Some(&|| false)), Err(StepFailure::TooSmall { .. })));

    let place = Place::new(&hopeless());
    let called = place.call(&[&RUN[..], &["run", "--max-wall", "20ms"]].concat());
    assert_eq!(called.code, 130, "{called:?}");
    let json: serde_json::Value = serde_json::from_str(&place.text("run/run.json")).unwrap();
    let reason = json["reason"].as_str().unwrap();
    assert!(
        reason.contains("wall-time limit") && reason.contains("attempts") && json["clock"]["step"] == 0,
        "{reason}"
    );
    let called = place.call(&["resume", "run", "--device", "cpu", "--quiet"]);
    assert!(called.code == 3 && called.err.contains("stopped by the guard"), "{called:?}");
}

#[test]
fn a_file_at_its_largest_size_is_an_error_and_the_checkpoint_stays_whole() {
    let place = Place::new(&long());
    let begun = place.call(&[&RUN[..], &["run", "--max-wall", "0s"]].concat());
    assert_eq!(begun.code, 130, "{begun:?}");
    let before = std::fs::read(place.path("run/checkpoint.h5")).unwrap();
    // the system would kill the program without a word
    let called = script(&place, "ulimit -f 100; exec liplate resume run --device cpu --quiet");
    assert!(
        called.code == 1 && called.err.starts_with("error: ") && called.err.contains("File too large"),
        "{called:?}"
    );
    assert_eq!(before, std::fs::read(place.path("run/checkpoint.h5")).unwrap());
}

#[test]
fn an_answer_that_nobody_can_hear_is_an_error_but_a_reader_may_go() {
    let place = Place::new(SMALL);
    place.run("run");
    let commands = [
        "check config.toml --device cpu",
        "measure run",
        "measure run --all",
        "devices",
        "verify --list",
        "report run",
        "--help",
        "--version",
    ];
    for words in commands {
        let called = script(&place, &format!("liplate {words} > /dev/full"));
        assert!(called.code == 1 && called.err.contains("standard output: No space left"), "{words}: {called:?}");
    }
    for words in ["devices", "measure run", "--version"] {
        let called = script(&place, &format!("liplate {words} >&-"));
        assert!(called.code == 1 && called.err.contains("standard output: it is closed"), "{words}: {called:?}");
        let called = script(&place, &format!("liplate {words} > /dev/null"));
        assert!(called.code == 0 && called.err.is_empty(), "{words}: {called:?}");
        let called = script(&place, &format!("(sleep 1; liplate {words}; echo $? > code) | true; cat code"));
        assert!(called.out.trim() == "0" && called.err.is_empty(), "{words}: {called:?}");
    }
    // a device is written into and stays a device
    let called = script(&place, "liplate report run --out /dev/full; echo $?; test -c /dev/full && echo device");
    assert!(called.out.ends_with("1\ndevice\n") && called.err.contains("No space left"), "{called:?}");
}

/// Less and less address space: a run that is too large is refused, one that finds no memory on its way ends with a sentence.
#[test]
fn memory_that_runs_out_ends_in_a_sentence() {
    let place = Place::new(&SMALL.replace("[20, 16, 32]", "[48, 48, 48]"));
    let mut refused = 0;
    for mebibytes in [40, 60, 80, 100, 120, 140, 180] {
        let words = format!(
            "ulimit -v {}; exec liplate run config.toml --device cpu --quiet --max-wall 1s --out run{mebibytes}",
            mebibytes << 10
        );
        let called = script(&place, &words);
        let fine = [0, 130].contains(&called.code);
        // 127: too little for the system to load the program
        assert!(fine || [1, 2, 127].contains(&called.code), "{mebibytes} MiB: {called:?}");
        assert!(fine || called.code == 127 || called.err.contains("error: "), "{mebibytes} MiB: {called:?}");
        assert!(!called.err.contains("panicked"), "{mebibytes} MiB: {called:?}");
        refused += i32::from(called.err.contains("ulimit -v") || called.err.contains("memory has run out"));
    }
    assert!(refused > 0);
}

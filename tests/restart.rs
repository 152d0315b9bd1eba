//! A run that was stopped anywhere, by anyone, ends with the bits of one that was not.

mod common;

use common::program::{Place, SMALL, datasets};

const RUN: [&str; 6] = ["run", "config.toml", "--device", "cpu", "--quiet", "--out"];

fn whole(place: &Place) {
    let arguments = [&RUN[..], &["whole"]].concat();
    assert_eq!(place.call(&arguments).code, 0);
}

/// Metrics, events, fields and the checkpoint's state are equal.
fn assert_same(place: &Place) {
    for file in ["metrics.csv", "events.jsonl"] {
        assert_eq!(place.text(&format!("whole/{file}")), place.text(&format!("run/{file}")), "{file}");
    }
    for file in ["fields.vtkhdf", "checkpoint.h5"] {
        let (a, b) = (datasets(&place.path(&format!("whole/{file}"))), datasets(&place.path(&format!("run/{file}"))));
        assert!(!a.is_empty() && a.len() == b.len(), "{file}");
        for ((name, a), (other, b)) in a.iter().zip(&b) {
            assert!(name == other && a == b, "{file}: {name} differs");
        }
    }
}

#[test]
fn stopped_by_the_wall_clock_again_and_again() {
    let place = Place::new(SMALL);
    whole(&place);
    let first = [&RUN[..], &["run", "--max-wall", "50ms"]].concat();
    assert_eq!(place.call(&first).code, 130);
    let mut stretches = 1;
    loop {
        let called = place.call(&["resume", "run", "--device", "cpu", "--quiet", "--max-wall", "200ms"]);
        stretches += 1;
        match called.code {
            0 => break,
            130 => assert!(stretches < 200),
            _ => panic!("{called:?}"),
        }
    }
    assert!(stretches > 2, "the run was too short to be stopped");
    assert_same(&place);
    let again = place.call(&["resume", "run"]);
    assert!(again.code == 0 && again.out.contains("already done"), "{again:?}");
}

#[test]
#[cfg(unix)]
fn killed_outright_and_ended_politely() {
    let place = Place::new(SMALL);
    whole(&place);
    let first = [&RUN[..], &["run"]].concat();
    let mut arguments: Vec<&str> = first;
    // SIGKILL after different times, then SIGTERM
    for (milliseconds, signal) in [(300, "KILL"), (450, "KILL"), (700, "KILL"), (400, "TERM")] {
        let mut child = place.command(&arguments).spawn().unwrap();
        std::thread::sleep(std::time::Duration::from_millis(milliseconds));
        let id = child.id().to_string();
        std::process::Command::new("kill").args(["-s", signal, &id]).status().unwrap();
        let status = child.wait().unwrap();
        let expected = if signal == "TERM" { Some(130) } else { None };
        // a fast machine may be done before
        assert!(status.code() == expected || status.code() == Some(0), "{status:?}");
        if place.path("run/checkpoint.h5").exists() {
            arguments = vec!["resume", "run", "--device", "cpu", "--quiet"];
        }
        if place.path("run/fields.vtkhdf").exists() && place.path("run/checkpoint.h5").exists() {
            hdf5::File::open(place.path("run/fields.vtkhdf")).expect("a killed run leaves files that open");
        }
    }
    let called = place.call(&["resume", "run", "--device", "cpu", "--quiet"]);
    assert_eq!(called.code, 0, "{called:?}");
    assert_same(&place);
}

#[test]
fn a_damaged_checkpoint_falls_back_to_the_one_before() {
    let place = Place::new(SMALL);
    whole(&place);
    let first = [&RUN[..], &["run", "--max-wall", "600ms"]].concat();
    assert_eq!(place.call(&first).code, 130);
    assert!(place.path("run/checkpoint.previous.h5").exists());
    std::fs::write(place.path("run/checkpoint.h5"), b"not HDF5").unwrap();
    let called = place.call(&["resume", "run", "--device", "cpu", "--quiet"]);
    assert_eq!(called.code, 0, "{called:?}");
    assert_same(&place);

    let place = Place::new(SMALL);
    let first = [&RUN[..], &["run", "--max-wall", "0s"]].concat();
    assert_eq!(place.call(&first).code, 130);
    for file in ["checkpoint.h5", "checkpoint.previous.h5"] {
        std::fs::write(place.path("run").join(file), b"not HDF5").unwrap();
    }
    let called = place.call(&["resume", "run"]);
    assert!(called.code == 2 && called.err.contains("checkpoint.h5"), "{called:?}");
}

#[test]
fn a_damaged_file_of_fields_is_kept_and_the_run_goes_on() {
    let place = Place::new(SMALL);
    let first = [&RUN[..], &["run", "--max-wall", "0s"]].concat();
    assert_eq!(place.call(&first).code, 130);
    std::fs::write(place.path("run/fields.vtkhdf"), b"not HDF5").unwrap();
    let called = place.call(&["resume", "run", "--device", "cpu"]);
    assert!(called.code == 0 && called.err.contains("fields.damaged.vtkhdf"), "{called:?}");
    assert_eq!(std::fs::read(place.path("run/fields.damaged.vtkhdf")).unwrap(), b"not HDF5");
    assert!(!datasets(&place.path("run/fields.vtkhdf")).is_empty());
}

#[test]
fn a_checkpoint_of_another_version_is_refused_with_both() {
    let place = Place::new(SMALL);
    let first = [&RUN[..], &["run", "--max-wall", "0s"]].concat();
    assert_eq!(place.call(&first).code, 130);
    for file in ["checkpoint.h5", "checkpoint.previous.h5"] {
        let file = hdf5::File::open_rw(place.path("run").join(file)).unwrap();
        file.attr("format").unwrap().write_scalar(&99_i64).unwrap();
    }
    let called = place.call(&["resume", "run"]);
    assert!(called.code == 2 && called.err.contains("format 99") && called.err.contains("format 1"), "{called:?}");
}

/// The same through the shaders. Needs an adapter; LIPLATE_TEST_NO_GPU says that there is none.
#[test]
#[cfg(feature = "gpu")]
fn on_a_gpu_too() {
    if std::env::var_os("LIPLATE_TEST_NO_GPU").is_some() {
        println!("NOT RUN: LIPLATE_TEST_NO_GPU is set");
        return;
    }
    let place = Place::new(&SMALL.replace("0.02 mAh/cm^2", "0.006 mAh/cm^2"));
    let run = |extra: &[&str]| {
        let called = place.call(&[&["run", "config.toml", "--device", "gpu:0", "--quiet"], extra].concat());
        assert!(called.code == 0 || called.code == 130, "{called:?}");
    };
    run(&["--out", "whole"]);
    run(&["--out", "run", "--max-wall", "1s"]);
    let mut code = 130;
    while code == 130 {
        let called = place.call(&["resume", "run", "--device", "gpu:0", "--quiet", "--max-wall", "1500ms"]);
        code = called.code;
        assert!(code == 0 || code == 130, "{called:?}");
    }
    assert_same(&place);
}

//! A run that a program drives without files: its steps and rows are those of the run that has files, and saving it changes no bit.

mod common;

use common::program::{Place, SMALL};
use liplate::config;
use liplate::io::table::row;
use liplate::model::parameters::End;
use liplate::run::{DriveError, Driver};
use liplate::sim::device::DeviceChoice;

/// What strips and plates, with snapshots in between.
const CYCLE: &str = "\"Charge at 3 mA/cm^2 for 8 s\", \"Strip at 3 mA/cm^2 for 3 s\"";

/// The small run with these steps twice in the place of its current.
fn with_steps(steps: &str) -> String {
    let given = |line: &&str| !line.starts_with("current =") && !line.starts_with("charge =");
    let without: Vec<&str> = SMALL.lines().filter(given).collect();
    format!("{}\n[[protocol]]\nrepeat = 2\nsteps = [{steps}]\n", without.join("\n"))
}

fn driver(text: &str) -> Driver {
    let setup = config::from_text(text, "config.toml".as_ref(), &[]).unwrap().setup;
    Driver::new(setup, DeviceChoice::Cpu).unwrap()
}

/// Drives `text` beside the run of it in files; every third step it is saved and loaded, if it `is_saved`.
fn follow(text: &str, is_saved: bool) -> Vec<String> {
    let place = Place::new(text);
    place.run("run");
    let table = place.text("run/metrics.csv");
    let mut lines = table.lines().skip_while(|line| line.starts_with('#'));
    assert_eq!(lines.next().unwrap(), Driver::headings().join(","));
    let mut driver = driver(text);
    assert_eq!(driver.done(), None);
    let covered = Driver::headings().iter().position(|heading| heading == "covered").unwrap();
    let mut measured = 0;
    for line in lines {
        assert_eq!(driver.done(), None);
        driver.step().unwrap();
        let values = row(driver.metrics().unwrap());
        for (there, here) in line.split(',').zip(values.split(',')).filter(|(there, _)| !there.is_empty()) {
            assert_eq!(there, here, "{line}\n{values}");
        }
        measured += usize::from(!line.split(',').nth(covered).unwrap().is_empty());
        if is_saved && driver.simulation().clock().step.is_multiple_of(3) {
            driver.save(&place.path("state"), "test").unwrap();
            driver = Driver::load(&place.path("state"), DeviceChoice::Cpu).unwrap();
        }
    }
    assert!(measured > 4, "{measured}");
    let reason = driver.done().unwrap();
    assert!(place.text("run/run.json").contains(&reason), "{reason}");
    let cycle = Driver::headings().iter().position(|heading| heading == "cycle").unwrap();
    table.lines().skip(2).map(|line| line.split(',').nth(cycle).unwrap().to_string()).collect()
}

#[test]
fn steps_and_rows_are_those_of_the_run_in_files() {
    follow(SMALL, false);
}

#[test]
fn a_driver_that_is_saved_and_loaded_goes_on_with_its_protocol_snapshots_and_cycles() {
    let cycles = follow(&with_steps(CYCLE), true);
    assert!(cycles.first().unwrap().starts_with('1') && cycles.last().unwrap().starts_with('2'), "{cycles:?}");
}

#[test]
fn another_end_is_that_of_a_config_and_a_driver_does_not_go_where_nothing_is() {
    let mut one = driver(SMALL);
    one.set_end(End { charge: Some(360.0), ..one.simulation().setup().end.clone() });
    let mut other = driver(&SMALL.replace("charge = \"0.02", "charge = \"0.01"));
    for driver in [&mut one, &mut other] {
        while driver.done().is_none() {
            driver.step().unwrap();
        }
    }
    assert!(one.simulation_mut().state().unwrap() == other.simulation_mut().state().unwrap());
    // beyond the end there are steps, beyond a protocol none
    one.step().unwrap();
    let mut rests = driver(&with_steps("\"Rest for 1 s\""));
    while rests.done().is_none() {
        rests.step().unwrap();
    }
    let error = rests.step().err().unwrap();
    assert!(matches!(error, DriveError::Over(_)), "{error}");
}

#[test]
fn a_directory_with_the_files_of_a_run_is_left_alone() {
    let place = Place::new(SMALL);
    place.run("run");
    let mut driver = Driver::load(&place.path("run"), DeviceChoice::Cpu).unwrap();
    assert!(driver.done().unwrap().starts_with("charge"));
    let before = std::fs::read(place.path("run/checkpoint.h5")).unwrap();
    let error = driver.save(&place.path("run"), "test").err().unwrap();
    assert!(matches!(error, DriveError::Taken(_)), "{error}");
    assert_eq!(before, std::fs::read(place.path("run/checkpoint.h5")).unwrap());
    assert!(
        Driver::load(&place.path("none"), DeviceChoice::Cpu).err().unwrap().to_string().contains("no such directory")
    );
}

#[test]
fn a_saved_state_is_no_run_to_resume_and_a_run_begins_from_it() {
    let place = Place::new(SMALL);
    let mut driver = driver(SMALL);
    driver.step().unwrap();
    driver.save(&place.path("state"), "test").unwrap();
    let called = place.call(&["resume", "state"]);
    assert!(called.code == 2 && called.err.contains("`liplate run CONFIG --from state` begins from it"), "{called:?}");
    let called = place.call(&["run", "config.toml", "--device", "cpu", "--quiet", "--from", "state", "--out", "run"]);
    assert_eq!(called.code, 0, "{called:?}");
}

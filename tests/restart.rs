//! A run that was stopped anywhere, by anyone, ends with the bits of one that was not.

mod common;

use common::program::{Place, RUN, SMALL, column, datasets};

/// Metrics, events, fields and the checkpoint's state are equal.
fn assert_same(place: &Place) {
    for file in ["metrics.csv", "events.jsonl", "tips.csv"] {
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
    place.run("whole");
    let stretches = place.run_in_stretches("50ms", "200ms");
    assert!(stretches > 2, "the run was too short to be stopped");
    assert_same(&place);
    let again = place.call(&["resume", "run"]);
    assert!(again.code == 0 && again.out.contains("already done"), "{again:?}");
}

#[test]
fn a_finished_run_goes_on_to_another_end() {
    let place = Place::new(SMALL);
    let run = ["run", "config.toml", "--out", "run", "--device", "cpu", "--quiet"];
    assert_eq!(place.call(&[&run[..], &["--set", "end.charge=0.01 mAh/cm^2"]].concat()).code, 0);
    let passed = || *common::program::column(&place.text("run/metrics.csv"), "charge [mAh/cm2]").last().unwrap();
    let first = place.text("run/metrics.csv");
    assert!((passed() - 0.01).abs() < 1e-6, "{}", passed());

    let resume = |set: &[&str]| place.call(&[&["resume", "run", "--device", "cpu", "--quiet"], set].concat());
    for (set, part) in [
        (["--set", "end.charge=0.005 mAh/cm^2"], "have passed already; give an end beyond that"),
        (["--set", "end.charge=1 mA"], "a charge per area is expected"),
        (["--set", "top.current=1 mA/cm^2"], "takes other values of end, output, time_step and protocol"),
        (["--set", "end.height=1 m"], "end.height"),
    ] {
        let called = resume(&set);
        assert!(called.code == 2 && called.err.contains(part), "{set:?}: {called:?}");
        assert_eq!(place.text("run/metrics.csv"), first, "{set:?}");
    }
    // what the end is now is known to whoever stops and resumes it after that
    let stopped = resume(&["--set", "end.charge=0.02 mAh/cm^2", "--max-wall", "0s"]);
    assert_eq!(stopped.code, 130, "{stopped:?}");
    assert_eq!(resume(&[]).code, 0);
    assert!((passed() - 0.02).abs() < 1e-6, "{}", passed());
    assert!(place.text("run/metrics.csv").starts_with(&first), "rows of the first stretch have changed");
    let run_file: serde_json::Value = serde_json::from_str(&place.text("run/run.json")).unwrap();
    assert!(run_file["setup"]["end"]["charge"] == 720.0 && run_file["status"] == "done", "{run_file}");
    assert_eq!(resume(&[]).code, 0);
}

/// Starts the program and sends it `signal` as soon as `metrics.csv` has `rows` rows; false if it was done before.
#[cfg(unix)]
fn stopped_at(place: &Place, arguments: &[&str], rows: usize, signal: &str) -> bool {
    let mut child = place.command(arguments).spawn().unwrap();
    let written = || std::fs::read_to_string(place.path("run/metrics.csv")).map_or(0, |text| text.lines().count());
    while written() < rows + 2 && child.try_wait().unwrap().is_none() {
        std::thread::sleep(std::time::Duration::from_millis(1));
    }
    std::process::Command::new("kill").args(["-s", signal, &child.id().to_string()]).status().unwrap();
    let status = child.wait().unwrap();
    let hit = status.code() == if signal == "KILL" { None } else { Some(130) };
    assert!(hit || status.code() == Some(0), "{status:?}");
    hit
}

#[test]
#[cfg(unix)]
fn killed_outright_and_ended_politely() {
    let place = Place::new(SMALL);
    place.run("whole");
    let first = [&RUN[..], &["run"]].concat();
    let resume = ["resume", "run", "--device", "cpu", "--quiet"];
    let mut hits = usize::from(stopped_at(&place, &first, 3, "KILL"));
    for (rows, signal) in [(9, "KILL"), (20, "TERM"), (26, "KILL"), (33, "INT")] {
        hits += usize::from(stopped_at(&place, &resume, rows, signal));
        hdf5::File::open(place.path("run/fields.vtkhdf")).expect("a killed run leaves files that open");
    }
    assert!(hits >= 3, "only {hits} signals came in time");
    let called = place.call(&resume);
    assert_eq!(called.code, 0, "{called:?}");
    assert_same(&place);
}

/// The same inside a protocol, with everything that a checkpoint must know of: an SEI, a ramp, another temperature, stripping.
#[test]
#[cfg(unix)]
fn killed_inside_a_protocol() {
    killed_inside_a_protocol_with(
        r#"
[sei]
fresh_charge = "20 C/m^2"
growth = "1 C^2/m^4/s"
resistance = "5 ohm cm^2"
cracks = 0.5
"#,
    );
}

/// As above, with voids in the place of the SEI, which excludes them.
#[test]
#[cfg(unix)]
fn killed_inside_a_protocol_with_voids() {
    killed_inside_a_protocol_with(
        r#"
[voids]
critical_current = "0.5 mA/cm^2"
height = "0.5 um"
refilled = 0.5
spacing = "1 um"
activation_energy = "50 kJ/mol"
"#,
    );
}

#[cfg(unix)]
fn killed_inside_a_protocol_with(section: &str) {
    let steps = r#"
[[protocol]]
steps = [
    "Ramp from 1 mA/cm^2 to 5 mA/cm^2 in 20 s",
    "Charge at 4 mA/cm^2 at 40 degC for 30 s",
    "Strip at 3 mA/cm^2 for 20 s",
    "Charge at 3 mA/cm^2 for 20 s",
]
"#;
    let ends = "[end]\ncharge = \"0.02 mAh/cm^2\"\n";
    let config = SMALL.replace("current = \"3 mA/cm^2\"\n", "").replace(ends, &format!("{section}{steps}"));
    let place = Place::new(&config);
    place.run("whole");
    let rows = place.text("whole/metrics.csv").lines().count();
    let resume = ["resume", "run", "--device", "cpu", "--quiet"];
    let mut hits = usize::from(stopped_at(&place, &[&RUN[..], &["run"]].concat(), rows / 6, "KILL"));
    for part in 2..6 {
        hits += usize::from(stopped_at(&place, &resume, rows * part / 6, "KILL"));
    }
    assert!(hits >= 3, "only {hits} signals came in time");
    let called = place.call(&resume);
    assert_eq!(called.code, 0, "{called:?}");
    assert_same(&place);
    assert_eq!(place.text("whole/cycles.csv"), place.text("run/cycles.csv"));
}

/// Grains and the numbers of tips are part of what a checkpoint knows: a run that was killed writes their rows on, one that another has
/// overtaken keeps its own.
#[test]
#[cfg(unix)]
fn killed_with_grains() {
    let grains = "\n[crystal]\ngamma_e1 = 0.2\n[crystal.grains]\nkind = \"fibre\"\naxis = [1, 1, 0]\nspread = \"10 deg\"\n[collector]";
    let config = SMALL.replace("\n[collector]", grains).replace("\"curvature\"]", "\"curvature\", \"grain\"]");
    let config = config.replace("0.7 um", "1.2 um");
    let place = Place::new(&config);
    place.run("whole");
    let rows = place.text("whole/metrics.csv").lines().count();
    let resume = ["resume", "run", "--device", "cpu", "--quiet"];
    let mut hits = usize::from(stopped_at(&place, &[&RUN[..], &["run"]].concat(), rows / 4, "KILL"));
    hits += usize::from(stopped_at(&place, &resume, rows / 2, "KILL"));
    assert!(hits >= 1, "no signal came in time");
    let called = place.call(&resume);
    assert_eq!(called.code, 0, "{called:?}");
    assert_same(&place);
    let table = place.text("whole/grains.csv");
    assert_eq!(table, place.text("run/grains.csv"));
    let [share, number] = ["share", "grain"].map(|name| column(&table, name));
    assert!(number.len() > 10 && number.contains(&2.0), "{table}");
    // the shares of a moment are those of all the lithium
    let step = column(&table, "step");
    let of_last: f64 =
        step.iter().zip(&share).filter(|(at, _)| **at == step[step.len() - 1]).map(|(_, share)| share).sum();
    assert!((of_last - 1.0).abs() < 1e-3, "{of_last}");
    let tips = place.text("whole/tips.csv");
    assert!(column(&tips, "tip").len() > 3 && column(&tips, "radius [m]").iter().any(|r| *r > 0.0), "{tips}");
}

/// Before the first row there may be no checkpoint, no run.json or half the outputs: a run can always be had.
#[test]
#[cfg(unix)]
fn killed_while_it_begins() {
    let place = Place::new(SMALL);
    place.run("whole");
    for microseconds in (0..12).map(|i| 2000 * i + 1000) {
        let first = [&RUN[..], &["run"]].concat();
        let mut child = place.command(&first).spawn().unwrap();
        std::thread::sleep(std::time::Duration::from_micros(microseconds));
        child.kill().unwrap();
        child.wait().unwrap();
        let called = if place.path("run/checkpoint.h5").exists() {
            place.call(&["resume", "run", "--device", "cpu", "--quiet"])
        } else {
            place.call(&first)
        };
        assert_eq!(called.code, 0, "after {microseconds} µs: {called:?}");
        assert_same(&place);
        std::fs::remove_dir_all(place.path("run")).unwrap();
    }
}

#[test]
#[cfg(unix)]
fn a_damaged_checkpoint_falls_back_to_the_one_before() {
    let place = Place::new(SMALL);
    place.run("whole");
    let resume = ["resume", "run", "--device", "cpu", "--quiet"];
    assert!(stopped_at(&place, &[&RUN[..], &["run"]].concat(), 16, "TERM"));
    std::fs::write(place.path("run/checkpoint.h5"), b"not HDF5").unwrap();
    // killed before it could write a new one: the one before is still there
    assert!(stopped_at(&place, &resume, 17, "KILL"));
    let called = place.call(&resume);
    assert_eq!(called.code, 0, "{called:?}");
    assert_same(&place);

    for file in ["checkpoint.h5", "checkpoint.previous.h5"] {
        std::fs::write(place.path("run").join(file), b"not HDF5").unwrap();
    }
    let called = place.call(&["resume", "run"]);
    assert!(called.code == 2 && called.err.contains("checkpoint.h5"), "{called:?}");
}

/// The index of the fields is made anew from the frames whatever happened to it; a frame that is damaged costs itself alone.
#[test]
#[cfg(unix)]
fn a_damaged_index_is_made_anew_and_a_damaged_frame_is_kept_aside() {
    let place = Place::new(SMALL);
    place.run("whole");
    let resume = ["resume", "run", "--device", "cpu"];
    assert!(stopped_at(&place, &[&RUN[..], &["run"]].concat(), 16, "TERM"));
    std::fs::write(place.path("run/fields.vtkhdf"), b"not HDF5").unwrap();
    std::fs::write(place.path("run/frames/000099.vtkhdf.part"), b"half").unwrap();
    let called = place.call(&resume);
    assert_eq!(called.code, 0, "{called:?}");
    assert_same(&place);
    assert!(!place.path("run/frames").exists());

    std::fs::remove_dir_all(place.path("run")).unwrap();
    assert!(stopped_at(&place, &[&RUN[..], &["run"]].concat(), 16, "TERM"));
    std::fs::write(place.path("run/frames/000000.vtkhdf"), b"not HDF5").unwrap();
    let called = place.call(&resume);
    assert!(called.code == 0 && called.err.contains("frames 0 to 0 are lost"), "{called:?}");
    assert_eq!(std::fs::read(place.path("run/frames/000000.vtkhdf.damaged")).unwrap(), b"not HDF5");
    assert!(place.text("run/events.jsonl").contains("lost output") && place.text("run/run.json").contains("are lost"));
    let frames = |run: &str| liplate::io::snapshot::frames(&place.path(&format!("{run}/fields.vtkhdf"))).unwrap();
    assert_eq!(frames("run") + 1, frames("whole"));
}

/// One bit in what a resumed run believes is seen; the checkpoint before is taken, and that is said.
#[test]
#[cfg(unix)]
fn a_flipped_bit_in_a_checkpoint_is_seen() {
    let place = Place::new(SMALL);
    place.run("whole");
    assert!(stopped_at(&place, &[&RUN[..], &["run"]].concat(), 16, "TERM"));
    let whole = std::fs::read(place.path("run/checkpoint.h5")).unwrap();
    let file = hdf5::File::open_rw(place.path("run/checkpoint.h5")).unwrap();
    let c = file.dataset("state/c").unwrap();
    let mut values: Vec<f64> = c.read_raw().unwrap();
    values[777] = f64::from_bits(values[777].to_bits() ^ 1);
    c.write_raw(&values).unwrap();
    file.close().unwrap();
    let called = place.call(&["resume", "run", "--device", "cpu"]);
    assert!(called.code == 0 && called.err.contains("its checksum does not fit"), "{called:?}");
    assert_same(&place);
    assert!(place.text("run/run.json").contains("its checksum does not fit"));
    assert!(place.path("run/checkpoint.damaged.h5").is_file());
    // and any bit of the file: either nobody reads it, or it is seen
    std::fs::remove_dir_all(place.path("run")).unwrap();
    assert!(stopped_at(&place, &[&RUN[..], &["run"]].concat(), 16, "TERM"));
    for place_of_bit in (0..40).map(|i| i * whole.len() / 40 + 13 * i) {
        let mut bytes = std::fs::read(place.path("run/checkpoint.h5")).unwrap();
        bytes[place_of_bit] ^= 1 << (place_of_bit % 8);
        let copy = place.path("copy");
        std::fs::create_dir(&copy).unwrap();
        for entry in std::fs::read_dir(place.path("run")).unwrap().map(Result::unwrap).filter(|e| e.path().is_file()) {
            std::fs::copy(entry.path(), copy.join(entry.file_name())).unwrap();
        }
        std::fs::write(copy.join("checkpoint.h5"), bytes).unwrap();
        std::fs::remove_file(copy.join("checkpoint.previous.h5")).unwrap();
        let called = place.call(&["resume", "copy", "--device", "cpu", "--quiet", "--max-wall", "0s"]);
        let seen = called.code == 2 && called.err.contains("checkpoint.h5");
        assert!(seen || called.code == 130, "bit at {place_of_bit}: {called:?}");
        if !seen {
            let (a, b) = (datasets(&place.path("run/checkpoint.h5")), datasets(&copy.join("checkpoint.h5")));
            assert!(a == b, "a bit at {place_of_bit} was believed");
        }
        std::fs::remove_dir_all(copy).unwrap();
    }
}

/// Rows that are lost or changed are not passed over; told to, the run goes on with what is left.
#[test]
#[cfg(unix)]
fn lost_rows_are_said_and_accepted_only_if_told() {
    let place = Place::new(SMALL);
    place.run("whole");
    assert!(stopped_at(&place, &[&RUN[..], &["run"]].concat(), 16, "TERM"));
    let resume = ["resume", "run", "--device", "cpu"];
    let metrics = place.text("run/metrics.csv");
    let changed = metrics.replacen("e-", "e+", 1);
    let cut = metrics[..metrics.len() / 2].to_string();
    for (text, problem) in [(Some(&changed), "checksum"), (Some(&cut), "the checkpoint has seen"), (None, "is missing")]
    {
        match text {
            Some(text) => std::fs::write(place.path("run/metrics.csv"), text).unwrap(),
            None => std::fs::remove_file(place.path("run/metrics.csv")).unwrap(),
        }
        let called = place.call(&resume);
        assert!(called.code == 2 && called.err.contains(problem) && called.err.contains("--accept-loss"), "{called:?}");
    }
    std::fs::write(place.path("run/metrics.csv"), &cut).unwrap();
    let called = place.call(&[&resume[..], &["--accept-loss"]].concat());
    assert_eq!(called.code, 0, "{called:?}");
    let whole = cut.rfind('\n').unwrap() + 1;
    assert!(place.text("run/metrics.csv").starts_with(&cut[..whole]));
    assert!(place.text("run/events.jsonl").contains("lost output"));
    // what was computed after that is what it would have been
    let last = |run: &str| place.text(&format!("{run}/metrics.csv")).lines().last().map(String::from);
    assert_eq!(last("run"), last("whole"));
}

/// A second process on the directory is told who computes it, and changes nothing.
#[test]
#[cfg(unix)]
fn one_run_one_process() {
    let place = Place::new(&SMALL.replace("0.02 mAh/cm^2", "2 mAh/cm^2"));
    let mut first = place.command(&[&RUN[..], &["run"]].concat()).spawn().unwrap();
    while !place.path("run/checkpoint.h5").exists() {
        std::thread::sleep(std::time::Duration::from_millis(2));
    }
    let id = format!("process {}", first.id());
    for arguments in [&["resume", "run", "--device", "cpu"][..], &[&RUN[..], &["run"]].concat()] {
        let called = place.call(arguments);
        let told = called.err.contains(&id) || called.err.contains("already holds a run");
        assert!(called.code == 2 && told, "{called:?}");
    }
    first.kill().unwrap();
    first.wait().unwrap();
    let called = place.call(&["resume", "run", "--device", "cpu", "--quiet", "--max-wall", "0s"]);
    assert_eq!(called.code, 130, "the lock goes with the process: {called:?}");
}

/// Whoever opens the fields of a run at any moment finds whole frames only.
#[test]
#[cfg(unix)]
fn fields_can_be_read_at_any_moment() {
    let place = Place::new(&SMALL.replace("0.004 mAh/cm^2", "0.0002 mAh/cm^2"));
    let mut run = place.command(&[&RUN[..], &["run"]].concat()).spawn().unwrap();
    let path = place.path("run/fields.vtkhdf");
    let (mut reads, mut most) = (0, 0);
    while run.try_wait().unwrap().is_none() {
        if !path.exists() {
            continue;
        }
        let frames = liplate::io::snapshot::frames(&path).unwrap();
        assert!(frames >= most, "{frames} frames after {most}");
        most = frames;
        let frame = liplate::io::snapshot::read(&path, frames - 1).unwrap();
        assert!(frame.fields.iter().all(|(_, field)| field.iter().all(|v| v.is_finite())));
        reads += 1;
    }
    let frames = liplate::io::snapshot::frames(&path).unwrap();
    assert!(
        run.wait().unwrap().success() && reads > 10 && frames > 50,
        "{reads} reads of up to {most} of {frames} frames"
    );
}

/// The last checkpoint may be older than the end, or run.json may not have heard of it.
#[test]
fn an_ended_run_takes_no_further_step() {
    let place = Place::new(SMALL);
    place.run("whole");
    let before = place.text("whole/metrics.csv");
    std::fs::remove_file(place.path("whole/run.json")).unwrap();
    let called = place.call(&["resume", "whole", "--device", "cpu", "--quiet"]);
    assert_eq!(called.code, 0, "{called:?}");
    assert_eq!(before, place.text("whole/metrics.csv"));
    assert!(place.text("whole/run.json").contains("\"done\""));
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
    assert!(
        called.code == 2 && called.err.contains("format 99") && called.err.contains("this program reads format"),
        "{called:?}"
    );
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

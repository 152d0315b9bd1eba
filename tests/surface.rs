//! What a run leaves to look at: `liplate surface`, `view.py`, and the config that is kept.

mod common;

use std::sync::LazyLock;

use common::program::{Place, SMALL};

/// A small run, made once, started from a folder of its own.
static RUN: LazyLock<Place> = LazyLock::new(|| {
    let place = Place::new(&SMALL.replace("\"curvature\"]", "\"curvature\"]   # for its tips"));
    std::fs::write(place.path("ocp.csv"), "x,U\n0.1,4.2\n0.5,3.9\n0.9,3.4\n").unwrap();
    let set =
        ["--set", "kinetics.film=12 ohm cm^2", "--set", "cathode={ocp = \"ocp.csv\", areal_capacity = \"4 mAh/cm^2\"}"];
    let called =
        place.call(&[&["run", "config.toml", "--device", "cpu", "--quiet", "--out", "run"], &set[..]].concat());
    assert_eq!(called.code, 0, "{called:?}");
    place
});

#[test]
fn a_surface_is_written_for_any_snapshot_and_replaces_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let place = &*RUN;
    let out = |name: &str| folder.path().join(name).display().to_string();
    let call = |arguments: &[&str]| place.call(&[&["surface", "run"], arguments].concat());

    let called = call(&["--out", &out("last.vtp")]);
    assert_eq!(called.code, 0, "{called:?}");
    // at its end the surface is that of deposit.vtp: recomputed on the CPU from what is stored
    let bytes = |path: &str| std::fs::read(path).unwrap();
    let points = |bytes: &[u8]| {
        let text = String::from_utf8_lossy(bytes).into_owned();
        text.split("NumberOfPoints=\"").nth(1).unwrap().split('"').next().unwrap().parse::<usize>().unwrap()
    };
    let deposit = std::fs::read(place.path("run/deposit.vtp")).unwrap();
    assert!(points(&bytes(&out("last.vtp"))) > 100);
    assert_eq!(points(&bytes(&out("last.vtp"))), points(&deposit));

    let called = call(&["--frame", "0", "--out", &out("first.vtp")]);
    assert_eq!((called.code, points(&bytes(&out("first.vtp")))), (0, 0), "{called:?}");
    assert!(called.out.contains("no lithium"), "{called:?}");

    let before = bytes(&out("last.vtp"));
    let called = call(&["--frame", "0", "--out", &out("last.vtp")]);
    assert_eq!(called.code, 1, "{called:?}");
    assert!(called.err.contains("already exists; --overwrite replaces it"), "{called:?}");
    assert!(bytes(&out("last.vtp")) == before);
    assert_eq!(call(&["--frame", "0", "--overwrite", "--out", &out("last.vtp")]).code, 0);
    assert!(bytes(&out("last.vtp")) != before);

    assert_eq!(call(&["--out", &out("body.STL")]).code, 0);
    let stl = bytes(&out("body.STL"));
    let triangles = u32::from_le_bytes(stl[80..84].try_into().unwrap()) as usize;
    assert!(triangles > 100 && stl.len() == 84 + 50 * triangles);
    assert_eq!(call(&["--format", "ply", "--out", &out("body")]).code, 0);
    assert!(bytes(&out("body")).starts_with(b"ply\n"));

    for (arguments, sentence) in [
        (&["--frame", "99"][..], "there is no frame 99"),
        (&["--format", "ply", "--out", "a.stl"], "--format is ply, but the name of the file ends in .stl"),
        (&["--out", "no/such/folder.vtp"], "No such file or directory"),
    ] {
        let called = call(arguments);
        assert_eq!((called.code, called.err.lines().count()), (1, 1), "{called:?}");
        assert!(called.err.contains(sentence), "{called:?}");
    }
    let called = call(&["--format", "obj"]);
    assert_eq!(called.code, 2, "{called:?}");
    assert!(called.err.contains("is not one of vtp, stl, ply"), "{called:?}");
}

#[test]
fn a_run_has_a_view_for_paraview_that_is_left_as_people_change_it() {
    let script = include_str!("../src/io/view.py");
    assert_eq!(RUN.text("run/view.py"), script);

    let place = Place::new(SMALL);
    let called =
        place.call(&["run", "config.toml", "--device", "cpu", "--quiet", "--out", "run", "--max-wall", "50ms"]);
    assert_eq!(called.code, 130, "{called:?}");
    std::fs::write(place.path("run/view.py"), "mine").unwrap();
    assert_eq!(place.call(&["resume", "run", "--device", "cpu", "--quiet"]).code, 0);
    assert_eq!(place.text("run/view.py"), "mine");
}

#[test]
fn the_kept_config_is_the_run_again_wherever_it_lies() {
    let elsewhere = Place::new("");
    std::fs::create_dir_all(elsewhere.path("moved/inputs")).unwrap();
    for name in ["config.toml", "inputs/ocp.csv"] {
        std::fs::copy(RUN.path("run").join(name), elsewhere.path("moved").join(name)).unwrap();
    }
    let kept = elsewhere.text("moved/config.toml");
    assert!(kept.contains("film = \"12 ohm cm^2\"") && kept.contains("# for its tips"), "{kept}");
    assert!(
        kept.starts_with("# The config of this run: ") && kept.contains("--set 'kinetics.film=12 ohm cm^2'"),
        "{kept}"
    );
    let called = elsewhere.call(&["run", "moved/config.toml", "--device", "cpu", "--quiet", "--out", "again"]);
    assert_eq!(called.code, 0, "{called:?}");
    let rows = |table: String| table.lines().skip(1).map(str::to_string).collect::<Vec<_>>();
    assert_eq!(rows(RUN.text("run/metrics.csv")), rows(elsewhere.text("again/metrics.csv")));

    let run: serde_json::Value = serde_json::from_str(&RUN.text("run/run.json")).unwrap();
    let command = run["sessions"][0]["command"].as_str().unwrap();
    let words = shell_words::split(command).unwrap();
    assert_eq!(words[1..3], ["run", "config.toml"]);
    assert!(words.contains(&"kinetics.film=12 ohm cm^2".to_string()), "{command}");
    let commit = run["commit"].as_str().unwrap();
    let hex = |text: &str| text.len() == 12 && text.chars().all(|c| c.is_ascii_hexdigit());
    assert!(commit == "unknown" || hex(commit.trim_end_matches("-dirty")), "{commit}");
}

#[test]
fn a_config_that_lies_in_the_directory_of_its_run_stays_as_it_is() {
    let place = Place::new(SMALL);
    let called = place.call(&["run", "config.toml", "--device", "cpu", "--quiet", "--out", ".", "--max-wall", "50ms"]);
    assert_eq!(called.code, 130, "{called:?}");
    assert_eq!(place.text("config.toml"), SMALL);
    assert!(place.text("config.run.toml").ends_with(SMALL));
}

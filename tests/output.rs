//! Do the readers that people use open what the real binary writes? VTK and h5py, from PyPI.

mod common;

use common::program::{Called, Place, SMALL};

/// The interpreter that `scripts/test` prepared.
fn python() -> String {
    std::env::var("LIPLATE_PYTHON").unwrap_or_else(|_| concat!(env!("CARGO_MANIFEST_DIR"), "/.venv/bin/python").into())
}

#[test]
fn vtk_and_h5py_agree_on_every_value() {
    for (name, config) in [
        ("three-dimensional", SMALL.to_string()),
        // a chunk at the far side that is not full, and a field rounded to 12 bits
        (
            "two-dimensional",
            SMALL.replace("[20, 16, 32]", "[70, 1, 36]").replace("metrics_steps", "keep_bits = 12\nmetrics_steps"),
        ),
    ] {
        let place = Place::new(&config);
        let called = place.call(&["run", "config.toml", "--out", "run", "--device", "cpu", "--quiet"]);
        assert_eq!(called.code, 0, "{name}: {called:?}");
        for options in [&["--format", "stl"][..], &["--format", "ply"], &["--frame", "0"], &["--frame", "3"]] {
            let called = place.call(&[&["surface", "run"], options].concat());
            assert_eq!(called.code, 0, "{name}: {called:?}");
        }
        let readers = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/readers.py");
        let output = std::process::Command::new(python()).arg(readers).arg(place.path("run")).output();
        let output = output.unwrap_or_else(|e| panic!("{}: {e}; ./scripts/test prepares it", python()));
        let read = Called::from(output);
        assert_eq!(read.code, 0, "{name}: {read:?}");
        println!("{name}: {}", read.out);
    }
}

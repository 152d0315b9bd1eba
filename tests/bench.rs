//! `liplate bench`: it runs, its JSON has what was promised, its bytes are those of the table. No times are asserted: they are
//! the machine's.

mod common;

use common::program::Place;
use liplate::bench::operators::OPERATORS;
use serde_json::Value;

/// Keys that programs may rely on.
const KEYS: [&str; 14] = [
    "device",
    "driver",
    "cells",
    "copy_bytes_per_second",
    "operators",
    "v_cycle_copies",
    "solve_copies",
    "newton_copies",
    "step",
    "iterations",
    "idle_fraction",
    "bytes_per_cell",
    "output_cost_fraction",
    "single_ion",
];

/// Every number below `value` is positive and finite, but for those that may be zero or unknown.
fn positive(path: &str, value: &Value) {
    let may_be_zero = ["idle_fraction", "idle_unknown", "counts", "rejected"].iter().any(|end| path.ends_with(end));
    match value {
        Value::Object(members) => members.iter().for_each(|(key, value)| positive(&format!("{path}.{key}"), value)),
        Value::Array(list) => list.iter().for_each(|value| positive(path, value)),
        Value::Number(number) => {
            let number = number.as_f64().expect("a number");
            assert!(number.is_finite() && (number > 0.0 || (may_be_zero && number == 0.0)), "{path} = {number}");
        }
        Value::Null => assert!(may_be_zero, "{path} is null"),
        _ => {}
    }
}

#[test]
fn the_command_measures_a_small_cube() {
    let place = Place::new("");
    let called = place.call(&["bench", "--cells", "16", "--device", "cpu", "--json", "bench.json"]);
    assert_eq!(called.code, 0, "{called:?}");
    let json: Value = serde_json::from_str(&place.text("bench.json")).unwrap();
    for key in KEYS {
        assert!(json.get(key).is_some(), "{key} is missing");
    }
    positive("", &json);
    assert!(json["device"].as_str().unwrap().contains("CPU") && json["cells"] == 16 * 16 * 16);
    assert!(json["idle_fraction"].is_number() || json["idle_unknown"].is_string());
    for (group, names) in [("v_cycle_copies", &["1,1", "2,2", "solver"][..]), ("solve_copies", &["cold", "warm"])] {
        assert!(names.iter().all(|name| json[group][name].is_f64()), "{group}: {}", json[group]);
    }
    assert!(json["step"]["copies"].is_f64() && json["step"]["seconds"].is_f64());

    let operators = json["operators"].as_array().unwrap();
    assert_eq!(operators.len(), OPERATORS.len());
    for (measured, operator) in operators.iter().zip(OPERATORS) {
        assert_eq!(measured["name"], operator.name);
        let bytes: f64 =
            operator.reads.iter().chain(operator.writes).map(|t| 4.0 * t.numbers as f64 * t.level.share()).sum();
        assert_eq!(measured["bytes_per_cell"].as_f64(), Some(bytes), "{}", operator.name);
        assert!(measured["seconds"].is_f64() && measured["fraction_of_copy"].is_f64());
        assert!(called.out.contains(&format!("| {} | {bytes} |", operator.name)), "{}", called.out);
    }
    assert!(called.out.contains("GB/s") && called.err.contains("copy rate again"), "{called:?}");
}

/// Other programs read these files: every field is there, and this program's solutions solve the problems as they are written.
#[test]
fn the_problems_for_the_peers_are_solved() {
    let place = Place::new("");
    let called = place.call(&["bench", "--cells", "16", "--device", "cpu", "--peers", "there"]);
    assert!(called.code == 0 && called.out.is_empty(), "{called:?}");
    let json: Value = serde_json::from_str(&place.text("there/16/problems.json")).unwrap();
    let n = 16;
    let field = |file: &Value| -> Vec<f64> {
        let bytes = std::fs::read(place.path("there/16").join(file.as_str().unwrap())).unwrap();
        let values: Vec<f64> = bytes.as_chunks::<8>().0.iter().map(|b| f64::from_le_bytes(*b)).collect();
        assert!(values.len() == n * n * n && values.iter().all(|v| v.is_finite()), "{file}");
        values
    };
    let around = |i: usize| {
        let (x, y, z) = (i % n, i / n % n, i / (n * n));
        let at = |x: usize, y: usize, z: usize| (z * n + y) * n + x;
        let sides =
            [at((x + 1) % n, y, z), at((x + n - 1) % n, y, z), at(x, (y + 1) % n, z), at(x, (y + n - 1) % n, z)];
        let above = (z + 1 < n).then(|| at(x, y, z + 1));
        let below = (z > 0).then(|| at(x, y, z - 1));
        sides.into_iter().chain(above).chain(below)
    };
    let names: Vec<_> = json["potential"].as_array().unwrap().iter().map(|p| p["name"].as_str().unwrap()).collect();
    assert_eq!(names, ["deposit", "100:1", "1e4:1", "1e7:1"]);
    for problem in json["potential"].as_array().unwrap() {
        let [sigma, d, f] = ["sigma", "diagonal", "rhs"].map(|key| field(&problem[key]));
        let u = field(&problem["liplate"]["solution"]);
        let residual = |i: usize| {
            let flows = around(i).map(|nb| 0.5 * (sigma[i] + sigma[nb]) * (u[i] - u[nb]));
            f[i] - flows.sum::<f64>() - d[i] * u[i]
        };
        let square = |values: &mut dyn Iterator<Item = f64>| values.map(|v| v * v).sum::<f64>();
        let relative = (square(&mut (0..f.len()).map(residual)) / square(&mut f.iter().copied())).sqrt();
        let own = problem["liplate"]["relative_residual"].as_f64().unwrap();
        assert!(relative <= problem["tolerance"].as_f64().unwrap(), "{}: {relative}", problem["name"]);
        // differences of u, known to its last digits, over a residual of 1e-6
        assert!((own - relative).abs() <= 1e-3 * relative, "{}: {own}, not {relative}", problem["name"]);
    }
    for stencil in json["stencils"].as_array().unwrap() {
        for file in ["inputs", "outputs"].iter().flat_map(|way| stencil[way].as_object().unwrap().values()) {
            field(file);
        }
        assert!(stencil["liplate"]["seconds"].as_f64().unwrap() > 0.0);
    }
    let [before, after] = ["inputs", "outputs"].map(|way| field(&json["stencils"][1][way]["xi"]));
    assert!(before != after, "nothing was restored");
}

/// Every verb that is a kernel is in the table.
#[test]
fn the_table_has_every_operator() {
    let names: Vec<&str> = OPERATORS.iter().map(|o| o.name.split('(').next().unwrap_or_default()).collect();
    let wanted = "interface linearise coarsen smooth_first smooth restrict prolong go_along sum_up \
                  apply start_uniform damp update deposit \
                  restore_profile inventory label";
    assert_eq!(names, wanted.split_whitespace().collect::<Vec<_>>());
}

#[test]
fn what_cannot_be_measured_is_one_sentence() {
    let place = Place::new("");
    let refused: [(&[&str], i32, &str); 5] = [
        (&["--cells", "8"], 2, "16 to 1625"),
        (&["--cells", "16", "--peers", "there", "--device", "gpu"], 2, "give --device cpu"),
        (&["--cells", "1500", "--peers", "there"], 2, "the largest cube that fits"),
        (&["--cells", "1500", "--device", "cpu"], 2, "the largest cube that fits"),
        (&["--json", "nowhere/bench.json"], 1, "nowhere/bench.json"),
    ];
    for (arguments, code, part) in refused {
        let called = place.call(&[&["bench"], arguments].concat());
        assert!(called.code == code && called.err.contains(part) && called.err.lines().count() == 1, "{called:?}");
        assert!(called.out.is_empty(), "{called:?}");
    }
}

/// What is counted on a GPU that is here tells of one that is not, by the counts and the figures that are given.
#[cfg(feature = "gpu")]
#[test]
fn the_model_predicts_from_counts() {
    if std::env::var_os("LIPLATE_TEST_NO_GPU").is_some() {
        println!("NOT RUN: LIPLATE_TEST_NO_GPU is set");
        return;
    }
    let place = Place::new("");
    let given = ["--bandwidth", "2 TB/s", "--launch", "1 ms", "--record", "20us", "--readback", "0.1 ms"];
    let called = place.call(&[&["bench", "--model", "--cells", "32", "--json", "model.json"][..], &given].concat());
    assert_eq!(called.code, 0, "{called:?}");
    assert!(called.out.contains("Predicted, not measured") && called.out.contains("Measured where"), "{called:?}");
    let json: Value = serde_json::from_str(&place.text("model.json")).unwrap();
    let number = |value: &Value| value.as_f64().unwrap_or_else(|| panic!("{value} is no number"));
    let [half, whole] = [&json["counted"][0], &json["counted"][1]];
    // levels of 16³: 16, 8 and what is one kernel; of 32³ one more, of six kernels in a cycle and one that coarsens
    let counted = |cube: &Value| ["side", "levels", "of_v_cycle", "of_coarsening"].map(|key| number(&cube[key]));
    assert_eq!([counted(half), counted(whole)], [[16.0, 2.0, 8.0, 3.0], [32.0, 3.0, 14.0, 4.0]]);
    let row = &json["rows"][0];
    let [launches, waits, bytes] = ["launches", "read_backs", "bytes"].map(|key| number(&row["work"][key]));
    assert_eq!([launches, bytes], ["launches", "bytes_moved"].map(|key| number(&whole["step"][key])));
    let step = &row["predicted"][0]["step"];
    let device = bytes / 2e12 + launches * 1e-3;
    for (told, expected) in [(&step[0], device), (&step[1], device + launches * 20e-6)] {
        assert!((number(told) / (expected + waits * 1e-4) - 1.0).abs() < 1e-9, "{step}");
    }
    assert!(number(&json["here"]["measured"]) > 0.0 && number(&json["here"]["costs"]["record"]) > 0.0);
    for (arguments, part) in [
        (&["--model", "--device", "cpu"][..], "counts what a GPU is given"),
        (&["--model", "--cells", "20"], "32 to 1625"),
        (&["--bandwidth", "2 TB/s"], "--model"),
        (&["--model", "--launch", "3 m"], "a time is expected"),
        (&["--model", "--bandwidth=-3 GB/s"], "is not positive"),
    ] {
        let called = place.call(&[&["bench"], arguments].concat());
        assert!(called.code == 2 && called.err.contains(part) && called.out.is_empty(), "{called:?}");
    }
}

/// The device's clock runs on when its timestamps are full; without them it says so every time.
#[cfg(feature = "gpu")]
#[test]
fn a_gpu_tells_how_long_it_worked() {
    use liplate::solver::backend::Backend;
    let Some(mut gpu) = common::gpu(&common::setup(4, 4, 32, 0.25e-6)) else { return };
    let first = gpu.busy().expect("the device works");
    for _ in 0..1100 {
        gpu.update(0.1);
        gpu.wait().expect("the device works");
    }
    let worked = gpu.busy().expect("the device works");
    assert_eq!(first.is_some(), worked.is_some());
    assert!(worked.is_none_or(|seconds| seconds.is_finite() && seconds > 0.0), "{worked:?}");
    assert!(gpu.busy().expect("the device works").is_none_or(|seconds| seconds == 0.0));
}

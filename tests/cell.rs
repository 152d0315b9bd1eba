//! `liplate cell` by the real binary: the shipped cells, what they must show, runs and studies, and bad input.

mod common;

use std::path::{Path, PathBuf};

use common::program::{Place, SMALL, column};
use serde_json::Value;

fn shipped(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("configs/cells").join(format!("{name}.toml"))
}

/// What the program tells of a cell as JSON.
fn told(place: &Place, cell: &Path, arguments: &[&str]) -> Value {
    let called = place.call(&[&["cell", cell.to_str().unwrap()], arguments, &["--json"]].concat());
    assert_eq!(called.code, 0, "{called:?}");
    serde_json::from_str(&called.out).unwrap()
}

fn figure(told: &Value, table: &str, row: &str, column: &str) -> f64 {
    let value = &told["tables"][table]["rows"][row]["values"][column];
    value.as_f64().unwrap_or_else(|| panic!("{table}.{row}.{column} is {value}"))
}

fn within(found: f64, wanted: f64, share: f64) {
    assert!((found / wanted - 1.0).abs() <= share, "{found} is not {wanted} within {share}");
}

const NAMES: [&str; 5] = ["graphite_800", "anode_free_1000", "gemini", "ses", "solid"];

#[test]
fn every_cell_of_the_house_is_told_of_line_by_line() {
    let place = Place::new("");
    let count = std::fs::read_dir(shipped("x").parent().unwrap()).unwrap().count();
    assert_eq!(count, NAMES.len(), "a file of configs/cells is not tested");
    for name in NAMES {
        let called = place.call(&["cell", shipped(name).to_str().unwrap(), "--explain"]);
        assert_eq!(called.code, 0, "{called:?}");
        for part in ["One pair of electrodes", "Energy", "Metals for each kilowatt-hour", "E = Q V"] {
            assert!(called.out.contains(part), "{name}: {part} in {}", called.out);
        }
        let told = told(&place, &shipped(name), &[]);
        let rows = told["tables"]["stack"]["rows"].as_object().unwrap();
        // the sum is that of the lines
        for what in ["discharged", "charged", "mass"] {
            let lines = rows.iter().filter(|(key, _)| *key != "sum");
            let sum: f64 = lines.filter_map(|(_, row)| row["values"][what].as_f64()).sum();
            within(sum, figure(&told, "stack", "sum", what), 1e-12);
        }
    }
}

#[test]
fn the_baseline_has_800_watt_hours_a_litre_and_330_miles() {
    let place = Place::new("");
    let told = told(&place, &shipped("graphite_800"), &[]);
    within(figure(&told, "energy", "cell_wh_per_l", "graphite"), 800.0, 0.02);
    within(figure(&told, "range", "range_miles", "graphite"), 330.0, 1e-3);
}

#[test]
fn without_its_anode_the_cell_gains_and_pores_take_the_gain_back() {
    let place = Place::new("");
    let file = shipped("anode_free_1000");
    let found = told(&place, &file, &[]);
    let base = figure(&told(&place, &shipped("graphite_800"), &[]), "energy", "cell_wh_per_l", "graphite");
    // the room that is filled is the same can
    within(figure(&found, "energy", "cell_wh_per_l", "graphite"), base, 1e-3);
    within(figure(&found, "energy", "gain", "dense"), 61.0, 0.01);
    within(figure(&found, "energy", "gain", "at_gain"), 25.0, 1e-9);
    within(figure(&found, "range", "more_miles", "at_gain"), 82.5, 1e-3);
    let porosity = figure(&found, "porosity", "at_gain", "porosity");
    within(porosity, 0.584, 1e-2);
    // a cell that is designed with that porosity, in the same can, is a quarter better, too
    let set = format!("cell.negative.deposit_porosity={porosity}");
    let designed = told(&place, &file, &["--set", &set]);
    within(figure(&designed, "energy", "gain", "designed"), 25.0, 1e-9);
    // the same range takes less volume by just that
    let volume = |column: &str| figure(&found, "same_range", "volume", column);
    within(volume("graphite") / volume("at_gain"), 1.25, 1e-9);
    assert!(figure(&found, "same_range", "mass_saved", "at_gain") > 0.0);
}

/// Metals by the kilowatt-hour, and a price that the user gives.
#[test]
fn metals_cost_what_the_user_says() {
    let place = Place::new("");
    let prices = "cell.prices={currency = \"EUR\", nickel = 20, lithium = 100}";
    let found = told(&place, &shipped("ses"), &["--set", prices]);
    let of = |metal: &str, column: &str| figure(&found, "metals", metal, column);
    // 0.48267 of nickel over 200 mAh/g · 3.83 V; 20 µm of 533.9 kg/m³ beside 4.2 mAh/cm²
    within(of("nickel", "cell"), 0.48267 / (0.2 * 3.83), 1e-4);
    within(of("lithium_foil", "cell"), 20e-6 * 533.923 / (42.0 * 3.83e-3), 1e-4);
    let cost = 20.0 * of("nickel", "cell") + 100.0 * (of("lithium", "cell") + of("lithium_foil", "cell"));
    within(of("cost", "cell"), cost, 1e-12);
    within(of("cost", "lfp"), 100.0 * of("lithium", "lfp"), 1e-12);
    assert_eq!(of("nickel", "lfp"), 0.0);
}

#[test]
fn claims_come_out_of_stacks_that_can_be() {
    let place = Place::new("");
    let ses = told(&place, &shipped("ses"), &[]);
    within(figure(&ses, "energy", "capacity", "designed"), 107.0, 0.01);
    within(figure(&ses, "energy", "cell_wh_per_kg", "designed"), 417.0, 0.03);
    within(figure(&ses, "energy", "cell_wh_per_l", "designed"), 935.0, 0.03);
    within(figure(&ses, "energy", "mass", "designed"), 0.982, 0.03);
    let gemini = told(&place, &shipped("gemini"), &[]);
    within(figure(&gemini, "extender", "cell_wh_per_l", "extender"), 1007.0, 0.03);
    within(figure(&gemini, "extender", "capacity", "extender"), 240.0, 0.01);
    let solid = told(&place, &shipped("solid"), &[]);
    assert!(figure(&solid, "energy", "cell_wh_per_kg", "dense") > 400.0);
    assert!(figure(&solid, "energy", "cell_wh_per_l", "dense") > 900.0);
}

#[test]
fn lives_are_those_of_the_closed_form() {
    let place = Place::new("");
    let told_of = told(&place, &shipped("ses"), &[]);
    for (efficiency, cycles) in [("0.995", 45.0), ("0.999", 223.0), ("0.9999", 2231.0)] {
        let row = format!("ce_{efficiency}");
        assert_eq!(figure(&told_of, "life", &row, "without_reserve").round(), cycles);
        // 20 µm of lithium are 4.12 mAh/cm² beside 4.2
        let loss = 1.0 - efficiency.parse::<f64>().unwrap();
        let more = figure(&told_of, "life", &row, "with_reserve") - figure(&told_of, "life", &row, "without_reserve");
        within(more, 20.0 / (4.2 * 4.8505) / loss, 1e-4);
    }
}

#[test]
fn the_extender_of_a_pack_of_two_is_used_seldom() {
    let place = Place::new("");
    let found = told(&place, &shipped("gemini"), &[]);
    let cycles = |column: &str| figure(&found, "fleet", "cycles_a_year", column);
    // ONE tells of 90 % fewer cycles
    assert!(cycles("extender") < 0.1 * cycles("alone") && cycles("extender") > 0.0);
    let years = |column: &str| figure(&found, "fleet", "years", column);
    assert!(years("alone") < 6.0 && years("extender") > 50.0 && years("everyday") > 20.0);
    // a car that goes 250 miles every day empties the extender by 100 of its 450 miles each
    std::fs::write(place.path("days.csv"), "distance [miles]\n250\n250\n").unwrap();
    let text = std::fs::read_to_string(shipped("gemini")).unwrap();
    let driving = text.lines().filter(|line| !line.starts_with("median") && !line.starts_with("spread"));
    std::fs::write(place.path("g.toml"), driving.collect::<Vec<_>>().join("\n")).unwrap();
    let of_days = told(&place, &place.path("g.toml"), &["--set", "cell.driving.days=days.csv"]);
    within(figure(&of_days, "fleet", "cycles_a_year", "extender"), 365.25 * 100.0 / 450.0, 1e-9);
    within(figure(&of_days, "fleet", "cycles_a_year", "everyday"), 365.25, 1e-9);
}

/// Two cycles on rough copper under a cathode, in seconds; enough lithium for the grid to tell its porosity. The cell stands in the config.
fn cycling() -> String {
    let cell = std::fs::read_to_string(shipped("anode_free_1000")).unwrap();
    // the cell without the run of its lithium
    let cell =
        cell.lines().skip_while(|line| !line.starts_with("[cell]")).take_while(|line| !line.starts_with("[grid]"));
    let cell = cell.collect::<Vec<_>>().join("\n");
    let run = SMALL
        .replace("current = \"3 mA/cm^2\"\n", "")
        .replace("[end]\ncharge = \"0.02 mAh/cm^2\"\n", "")
        .replace("cells = [20, 16, 32]", "cells = [12, 12, 32]")
        .replace("metrics_steps = 5", "metrics_steps = 2");
    format!(
        "{run}\n[cathode]\nocp = \"nmc811\"\nareal_capacity = \"1 mAh/cm^2\"\n[[protocol]]\nrepeat = 2\nsteps = [\"Charge at 5 mA/cm^2 \
         until 0.15 mAh/cm^2\", \"Strip at 5 mA/cm^2 until 0.5 V vs Li\"]\n{cell}\n"
    )
}

#[test]
fn a_run_tells_porosity_losses_and_life() {
    let place = Place::new(&cycling());
    place.run("run");
    let found = told(&place, &place.path("config.toml"), &["--run", "run", "--life"]);
    let (metrics, cycles) = (place.text("run/metrics.csv"), place.text("run/cycles.csv"));
    // the thickest deposit of the second cycle: the first is formation
    let of = |name: &str| column(&metrics, name);
    let (cycle, thickness, height) = (of("cycle"), of("thickness [m]"), of("mean_height [m]"));
    let porosity = |wanted: f64| {
        let rows = (0..cycle.len()).filter(|&row| cycle[row] == wanted && thickness[row] > 0.0);
        let thickest = rows.max_by(|&a, &b| thickness[a].total_cmp(&thickness[b])).unwrap();
        1.0 - thickness[thickest] / height[thickest]
    };
    let told_porosity = figure(&found, "measured", "porosity", "run");
    assert!((told_porosity - porosity(2.0).max(0.0)).abs() < 1e-12, "{told_porosity}");
    let (charge_in, charge_out) = (column(&cycles, "charge_in [mAh/cm2]"), column(&cycles, "charge_out [mAh/cm2]"));
    let efficiency = charge_out[1] / charge_in[1];
    within(figure(&found, "measured_life", "efficiency", "run"), 100.0 * efficiency, 1e-9);
    let formation = (charge_out[0] / charge_in[0]).min(1.0);
    within(figure(&found, "measured", "formation", "run"), 100.0 * formation, 1e-9);
    // pores, what formation took and the potential of stripping leave less than dense lithium
    let energy = |column: &str| figure(&found, "energy", "cell_wh_per_l", column);
    assert!(energy("run") < energy("dense") && energy("run_to_highest") <= energy("run"));
    assert!(
        found["notes"].as_array().unwrap().iter().any(|note| note.as_str().unwrap().contains("the cell plates 5.00"))
    );
    assert!(figure(&found, "fade", "n2", "run") <= 100.0);
    // energies of the cycles are sums over the rows of the steps
    let (current, dt, volts) = (of("current [A/m2]"), of("dt [s]"), of("cell_voltage [V]"));
    for (name, sign) in [("energy_in [mWh/cm2]", 1.0), ("energy_out [mWh/cm2]", -1.0)] {
        for (number, told) in column(&cycles, name).into_iter().enumerate() {
            let rows = (0..cycle.len()).filter(|&row| cycle[row] == number as f64 + 1.0 && sign * current[row] > 0.0);
            let sum: f64 = rows.map(|row| sign * current[row] * dt[row] * volts[row] / 36_000.0).sum();
            within(told, sum, 1e-6);
        }
    }
    let lost = column(&cycles, "energy_efficiency");
    assert!(lost.iter().all(|share| (0.3..1.0).contains(share)), "{lost:?}");
    // the page of the run has a section, one without [cell] has none
    assert_eq!(place.call(&["report", "run"]).code, 0);
    assert!(place.text("run/report.html").contains("<section id=\"energy\">"));
    let check = place.call(&["check", "config.toml", "--device", "cpu"]);
    assert!(check.out.contains("cell.cathode.areal_capacity"), "{check:?}");
}

#[test]
fn the_seeds_of_a_study_give_an_interval() {
    let place = Place::new(&cycling());
    let study = "base = \"config.toml\"\nSEEDS\n[measure]\nefficiency = \"coulombic_efficiency\"\n";
    // listed like any other key they are seeds all the same
    for (name, seeds) in [("listed", "[vary]\n\"nucleation.seed\" = [1, 2]"), ("study", "seeds = 2")] {
        std::fs::write(place.path("study.toml"), study.replace("SEEDS", seeds)).unwrap();
        let called = place.call(&["study", "run", "study.toml", "--out", name, "--devices", "cpu", "--quiet"]);
        assert_eq!(called.code, 0, "{called:?}");
        let found = told(&place, &shipped("anode_free_1000"), &["--run", name, "--life"]);
        assert_eq!(figure(&found, "measured", "runs", "run"), 2.0, "{name}");
    }
    let found = told(&place, &shipped("anode_free_1000"), &["--run", "study", "--life"]);
    let half = figure(&found, "measured_life", "efficiency_within", "run");
    let mean = figure(&found, "measured_life", "efficiency", "run");
    assert!(half > 0.0);
    if mean - half < 100.0 {
        let least = figure(&found, "measured_life", "least", "run");
        within(least, 0.8_f64.ln() / ((mean - half) / 100.0).ln(), 1e-9);
    }
}

#[test]
fn bad_input_is_one_sentence_that_names_the_culprit() {
    let place = Place::new(SMALL);
    let (bare, graphite, gemini) = (shipped("anode_free_1000"), shipped("graphite_800"), shipped("gemini"));
    let cases: [(&Path, &[&str], &str); 21] = [
        (&bare, &["cell.cathode.nickel_share=0.5"], "cell.cathode.nickel_share: is that of the material, \"nmc811\""),
        (&bare, &["cell.separator.thickness=-12 um"], "cell.separator.thickness: -12 um must be positive"),
        (&bare, &["cell.cathode.porosity=1"], "cell.cathode.porosity: 1 must lie between 0 and 0.95"),
        (&bare, &["cell.cathode.porosity=-0.1"], "cell.cathode.porosity: -0.1 must lie"),
        (&bare, &["cell.negative.deposit_porosity=1"], "cell.negative.deposit_porosity: 1 must lie"),
        (
            &graphite,
            &["cell.negative.np_ratio=0.95"],
            "cell.negative.np_ratio: 0.95 is less than 1: the graphite would be full",
        ),
        (&bare, &["cell.baseline.np_ratio=0.95"], "cell.baseline.np_ratio: 0.95 is less than 1"),
        (
            &bare,
            &["cell.cathode.areal_capacity=0 mAh/cm^2"],
            "cell.cathode.areal_capacity: 0 mAh/cm^2 must be positive",
        ),
        (&bare, &["cell.cathode.areal_capacity=5 mAh"], "cell.cathode.areal_capacity: \"5 mAh\" is a charge"),
        (&bare, &["cell.cathode.active_volume=0.7"], "\"active_share\" are both given"),
        (&bare, &["cell.cathode.mean_voltage=3.8 V"], "\"mean_voltage\" are both given"),
        (&bare, &["cell.cathode.ocp=nmc812"], "cell.cathode.ocp: \"nmc812\" is not \"nmc811\""),
        (&bare, &["cell.cathode.polarisation=4 V"], "leaves nothing of a mean potential"),
        (
            &graphite,
            &["cell.negative.thickness=20 um"],
            "cell.negative.thickness: unknown key; kind = \"graphite\" does not have it",
        ),
        (&bare, &["cell.negative={kind=\"graphit\"}"], "did you mean \"graphite\"?"),
        (&bare, &["cell.format.layer=20"], "did you mean \"layers\"?"),
        (&bare, &["cell.format.area=100 cm"], "cell.format.area: \"100 cm\" is a length; an area is expected"),
        (&gemini, &["cell.driving.days=none.csv"], "and a distribution are both given"),
        (&gemini, &["cell.extender.negative={kind=\"graphite\"}"], "makes no extender"),
        (
            &bare,
            &["cell.driving={everyday_range=\"1 km\", extender_range=\"1 km\"}"],
            "cell.driving: needs [cell.extender]",
        ),
        (&bare, &["cell=5"], "cell: must be a section"),
    ];
    for (file, set, part) in cases {
        let mut arguments = vec!["cell", file.to_str().unwrap()];
        set.iter().for_each(|set| arguments.extend(["--set", set]));
        let called = place.call(&arguments);
        assert!(
            called.code == 2 && called.err.contains(part) && called.err.contains("1 problem:"),
            "{set:?}: {called:?}"
        );
        assert_eq!(called.out, "", "{set:?}");
    }
    // keys that are missing
    let lacking = |file: &Path, key: &str| {
        let text = std::fs::read_to_string(file).unwrap();
        // the cell without the run of its lithium
        let lines = text.lines().take_while(|line| *line != "[grid]");
        let lines: Vec<&str> = lines.filter(|line| !line.starts_with(&format!("{key} ="))).collect();
        std::fs::write(place.path("lacking.toml"), lines.join("\n")).unwrap();
        place.call(&["cell", "lacking.toml"])
    };
    for (key, part) in [
        ("areal_capacity", "cell.cathode.areal_capacity: is missing"),
        ("active_share", "cell.cathode.active_share: is missing: the mass of active material"),
        ("ocp", "cell.cathode.mean_voltage: is missing"),
        ("consumption", "cell.pack.consumption: is missing: a range takes"),
    ] {
        let called = lacking(&bare, key);
        // the baseline has an active share, too, which has a default
        assert!(
            called.code == 2 && called.err.contains(part) && called.err.contains("1 problem:"),
            "{key}: {called:?}"
        );
        assert!(called.err.contains("lacking.toml:"), "{key}: {called:?}");
    }
    // shares of the volume that are more than all of it
    let text = std::fs::read_to_string(&bare).unwrap().replacen("active_share = 0.965", "active_volume = 0.8", 1);
    std::fs::write(place.path("full.toml"), text).unwrap();
    let called = place.call(&["cell", "full.toml"]);
    assert!(
        called.code == 2 && called.err.contains("0.8 and the porosity, 0.25, are more than the whole"),
        "{called:?}"
    );
}

#[test]
fn runs_that_tell_nothing_and_files_that_are_there_are_refused() {
    let place = Place::new(SMALL);
    let (bare, graphite) = (shipped("anode_free_1000"), shipped("graphite_800"));
    let refused = |arguments: &[&str], part: &str| {
        let called = place.call(&[&["cell"], arguments].concat());
        assert!(called.code == 2 && called.err.contains(part) && called.out.is_empty(), "{arguments:?}: {called:?}");
    };
    let (bare, graphite) = (bare.to_str().unwrap(), graphite.to_str().unwrap());
    refused(&["config.toml"], "cell: is missing; a config that tells of a cell has a section [cell]");
    refused(&["nowhere.toml"], "nowhere.toml");
    refused(&[bare, "--run", "nowhere"], "--run nowhere: it holds no run and no study");
    refused(&[bare, "--run", "."], "it holds no run and no study: it has no run.json");
    refused(&[graphite, "--life"], "--life tells of lithium; the cell has graphite");
    place.run("nuclei");
    refused(&[bare, "--run", "nuclei"], "its features are too small for the cells of the box to tell");
    let layer = ["--set", "deposit={kind = \"layer\", thickness = \"2 um\"}", "--unset", "nucleation"];
    let called =
        place.call(&[&["run", "config.toml", "--device", "cpu", "--quiet", "--out", "run"], &layer[..]].concat());
    assert_eq!(called.code, 0, "{called:?}");
    refused(&[graphite, "--run", "run"], "--run tells of lithium; the cell has graphite");
    refused(&[bare, "--run", "run", "--life"], "a life takes cycles after formation; the run has 0 whole cycles");
    // without cycles a run still has a porosity
    let found = told(&place, Path::new(bare), &["--run", "run"]);
    assert!(figure(&found, "energy", "cell_wh_per_l", "run") > 0.0);
    assert!(found["tables"]["measured_life"].is_null());
    std::fs::write(place.path("there.json"), "mine").unwrap();
    refused(&[bare, "--json", "there.json"], "there.json is there already; give another name");
    assert_eq!(place.text("there.json"), "mine");
    let called = place.call(&["cell", bare, "--json", "new.json"]);
    assert!(called.code == 0 && called.out.contains("Energy"), "{called:?}");
    let written: Value = serde_json::from_str(&place.text("new.json")).unwrap();
    assert_eq!(written, told(&place, Path::new(bare), &[]));
}

//! Every shipped config is read, checked and run for a few steps.

mod common;

use std::path::{Path, PathBuf};

use common::program::{Place, column};

/// The configs of runs, those of cells among them that have a box.
fn configs() -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("configs");
    let files = |folder: &Path| -> Vec<PathBuf> {
        let entries = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
        let mut files: Vec<PathBuf> = entries.filter(|path| path.extension().is_some_and(|e| e == "toml")).collect();
        files.sort();
        files
    };
    let has_box = |path: &PathBuf| std::fs::read_to_string(path).unwrap().contains("[grid]");
    files(&folder).into_iter().chain(files(&folder.join("cells")).into_iter().filter(has_box)).collect()
}

#[test]
fn every_config_passes_its_check() {
    let place = Place::new("");
    assert!(configs().len() >= 20);
    for config in configs() {
        let called = place.call(&["check", config.to_str().unwrap(), "--device", "cpu"]);
        assert_eq!(called.code, 0, "{}: {called:?}", config.display());
        assert!(called.out.contains("first dt"), "{}: {called:?}", config.display());
        // numbers for people, not for programs
        let long = |word: &&str| word.split(|c: char| !c.is_ascii_digit()).any(|digits| digits.len() > 7);
        let long = called.out.lines().find_map(|line| line.split_whitespace().find(long).map(|_| line));
        assert!(long.is_none(), "{}: {long:?}", config.display());
    }
}

#[test]
fn every_config_runs() {
    let place = Place::new("");
    for config in configs() {
        let name = config.file_stem().unwrap().to_str().unwrap();
        // the first hundred microseconds to milliseconds, in a box of the same height and fewer columns
        let cells = liplate::config::read(&config, &[]).unwrap().setup.grid;
        // a pattern needs a whole period
        let [nx, ny] = if name == "patterned" { [32, 32] } else { [24, 20] };
        let cells = format!("grid.cells=[{}, {}, {}]", cells.nx.min(nx), cells.ny.min(ny), cells.nz);
        let mut arguments = vec!["run", config.to_str().unwrap(), "--out", name, "--device", "cpu", "--quiet"];
        arguments.extend(["--set", &cells, "--set", "end.time=1 ms"]);
        let inside = match name {
            "flat_2d" | "crystals" => Some("nucleation.nuclei=[{x = \"3 um\", radius = \"1 um\"}]"),
            "side_branches" => Some("nucleation.nuclei=[{x = \"1 um\", radius = \"0.4 um\"}]"),
            _ => None,
        };
        arguments.extend(inside.iter().flat_map(|nuclei| ["--set", nuclei]));
        let called = place.call(&arguments);
        assert_eq!(called.code, 0, "{name}: {called:?}");
        let table = place.text(&format!("{name}/metrics.csv"));
        assert!(column(&table, "step").len() >= 3, "{name}");
        assert!(column(&table, "charge_error").iter().all(|e| e.abs() < 1e-5), "{name}");
    }
}

#[test]
fn every_study_has_runs_that_can_be() {
    let place = Place::new("");
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("configs/studies");
    let mut seen = 0;
    for study in std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()) {
        // a dry submission reads every run and starts none
        let study = study.to_str().unwrap();
        let called = place.call(&["study", "submit", study, "--slurm", "--dry-run", "--out", &format!("study-{seen}")]);
        assert_eq!(called.code, 0, "{study}: {called:?}");
        seen += 1;
    }
    assert!(seen >= 2);
}

#[test]
fn the_tables_of_properties_are_readable() {
    for table in ["concentrated_lifsi_dme.csv", "localised_lifsi.csv"] {
        let config = common::program::SMALL
            .replace("landesfeind", "table")
            .replace("solvent = \"EC:EMC\"", &format!("file = \"{table}\""));
        let place = Place::new(&config);
        std::fs::copy(Path::new(env!("CARGO_MANIFEST_DIR")).join("configs").join(table), place.path(table)).unwrap();
        let called = place.call(&["check", "config.toml", "--device", "cpu"]);
        assert!(called.code == 0 && called.out.contains(table), "{called:?}");
        std::fs::write(place.path(table), "c,T,kappa\n1,2,3\n").unwrap();
        let called = place.call(&["check", "config.toml", "--device", "cpu"]);
        assert!(called.code == 2 && called.err.contains("has no column diffusivity"), "{called:?}");
    }
}

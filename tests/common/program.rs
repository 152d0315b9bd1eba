//! The real binary in a directory of its own.

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

/// A small run with everything in it: rough copper, Poisson nuclei, a double layer, salt. About a second.
pub const SMALL: &str = r#"
name = "small"
[grid]
cells = [20, 16, 32]
dx = "0.25 um"
[electrolyte]
kind = "landesfeind"
solvent = "EC:EMC"
[kinetics]
i0 = "1 mA/cm^2"
film = "10 ohm cm^2"
gamma = "0.5 J/m^2"
double_layer = "0.2 F/m^2"
[collector]
height = "2 um"
shape = "rough"
rms = "0.1 um"
correlation_length = "1 um"
seed = 7
[nucleation]
kind = "poisson"
rate = "2e13 /m^2/s"
barrier = "300 mV"
radius = "0.7 um"
seed = 3
[top]
current = "3 mA/cm^2"
salt = "reservoir"
[end]
charge = "0.02 mAh/cm^2"
[output]
fields = ["lithium", "xi", "c", "phi", "current", "curvature"]
snapshot_charge = "0.004 mAh/cm^2"
metrics_steps = 5
checkpoint_steps = 7
[time_step]
potential = "40 mV"
"#;

/// Runs `config.toml` on the CPU; the name of the run's directory goes after it.
pub const RUN: [&str; 6] = ["run", "config.toml", "--device", "cpu", "--quiet", "--out"];

/// A temporary directory with a config in it.
pub struct Place {
    folder: tempfile::TempDir,
}

/// What a call of the program gave.
#[derive(Debug)]
pub struct Called {
    /// exit code, −1 after a signal
    pub code: i32,
    /// standard output
    pub out: String,
    /// standard error
    pub err: String,
}

impl From<Output> for Called {
    fn from(output: Output) -> Self {
        Self {
            code: output.status.code().unwrap_or(-1),
            out: String::from_utf8_lossy(&output.stdout).into(),
            err: String::from_utf8_lossy(&output.stderr).into(),
        }
    }
}

impl Place {
    /// A directory that holds `config.toml`.
    pub fn new(config: &str) -> Self {
        let folder = tempfile::tempdir().expect("a temporary directory");
        std::fs::write(folder.path().join("config.toml"), config).expect("a config");
        Self { folder }
    }

    /// Runs the config into `directory`; the run must come to its end.
    pub fn run(&self, directory: &str) {
        let called = self.call(&[&RUN[..], &[directory]].concat());
        assert_eq!(called.code, 0, "{called:?}");
    }

    /// Runs the config into `run`, stopped after `first` and then again and again after `wall` of wall time. Returns the number of
    /// stretches.
    pub fn run_in_stretches(&self, first: &str, wall: &str) -> usize {
        assert_eq!(self.call(&[&RUN[..], &["run", "--max-wall", first]].concat()).code, 130);
        let mut stretches = 1;
        loop {
            let called = self.call(&["resume", "run", "--device", "cpu", "--quiet", "--max-wall", wall]);
            stretches += 1;
            match called.code {
                0 => return stretches,
                130 => assert!(stretches < 200),
                _ => panic!("{called:?}"),
            }
        }
    }

    /// Path of a file in it.
    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// The program, to be called in the directory.
    pub fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_liplate"));
        command.current_dir(self.folder.path()).args(arguments);
        command
    }

    /// Calls the program in the directory.
    pub fn call(&self, arguments: &[&str]) -> Called {
        self.command(arguments).output().expect("the program starts").into()
    }

    /// Text of a file in it.
    pub fn text(&self, name: &str) -> String {
        std::fs::read_to_string(self.path(name)).unwrap_or_else(|e| panic!("{name}: {e}"))
    }
}

/// Column `name` of a `metrics.csv`, NaN where empty.
pub fn column(table: &str, name: &str) -> Vec<f64> {
    let mut lines = table.lines().filter(|line| !line.starts_with('#'));
    let header: Vec<&str> = lines.next().expect("a header").split(',').collect();
    let place = header.iter().position(|n| *n == name).unwrap_or_else(|| panic!("no column {name} in {header:?}"));
    lines.map(|line| line.split(',').nth(place).expect("a whole row").parse().unwrap_or(f64::NAN)).collect()
}

/// Every dataset of an HDF5 file, its name and its bytes.
pub fn datasets(path: &Path) -> Vec<(String, Vec<u8>)> {
    fn visit(group: &hdf5::Group, found: &mut Vec<(String, Vec<u8>)>) {
        for dataset in group.datasets().expect("datasets") {
            let bytes = match dataset.read_raw::<f32>() {
                Ok(values) if dataset.dtype().is_ok_and(|t| t.is::<f32>()) => {
                    values.iter().flat_map(|v| v.to_le_bytes()).collect()
                }
                _ => match dataset.read_raw::<f64>() {
                    Ok(values) => values.iter().flat_map(|v| v.to_le_bytes()).collect(),
                    Err(_) => continue, // texts: they name the command line
                },
            };
            found.push((dataset.name(), bytes));
        }
        for inner in group.groups().expect("groups") {
            visit(&inner, found);
        }
    }
    let file = hdf5::File::open(path).expect("an HDF5 file");
    let mut found = Vec::new();
    visit(&file, &mut found);
    found.sort();
    found
}

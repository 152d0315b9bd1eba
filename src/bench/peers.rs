//! What other solvers are held against: linear problems of a potential and two stencils, with their fields as files of raw f64
//! (little endian, x fastest) and this program's times, as `problems.json`. `scripts/bench_peers` reads them.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::time::{Instant, SystemTime};

use serde::Serialize;
use serde_json::{Map, Value, json};

use super::solver::Trial;
use super::stopwatch::{Spread, enough};
use super::{BenchError, copy};
use crate::cpu::potential::Potential;
use crate::cpu::{Cpu, wide};
use crate::io::provenance::{VERSION, commit};
use crate::io::{IoError, write_json};
use crate::model::collector::Statics;
use crate::model::grid::Grid;
use crate::model::parameters::Setup;
use crate::model::random::uniform;
use crate::run::RunError;
use crate::sim::device::Device;
use crate::sim::start::load_heights;
use crate::solver::backend::{Backend, Vector};

/// Fall of the residual that every solver is asked for.
const TOLERANCE: f64 = 1e-6;
/// Strength of a sub-step of the restoration, as the largest of a run.
const STRENGTH: f64 = 0.1;
/// Width of the interface between two conductors \[cells\].
const WIDTH: f64 = 2.0;

/// A linear problem −∇·(σ∇φ) + d φ = f.
struct Linear {
    name: &'static str,
    sigma: Vec<f32>,
    d: Vec<f32>,
    f: Vec<f64>,
}

#[derive(Serialize)]
struct Solved {
    setup_seconds: f64,
    solve_seconds: f64,
    iterations: usize,
    relative_residual: f64,
    precision: &'static str,
    solution: String,
}

#[derive(Serialize)]
struct Problems {
    version: &'static str,
    commit: &'static str,
    date: String,
    threads: usize,
    copy_bytes_per_second: f64,
    potential: Vec<Value>,
    stencils: Vec<Value>,
}

/// Writes `problems.json` and its fields into `directory`/N for the cube of N cells a side, after solving the problems on the CPU;
/// `tell` hears of the progress.
///
/// # Errors
/// If a step fails, or a file cannot be written.
pub fn write(setup: &Setup, directory: &Path, tell: &impl Fn(&str)) -> Result<(), BenchError> {
    let grid = &setup.grid;
    let folder = Folder::new(directory.join(grid.nx.to_string()))?;
    let say = |what: &str| tell(&format!("{}³: {what}", grid.nx));
    let heights = load_heights(setup).map_err(RunError::Copper)?;
    let mut cpu = Cpu::new(setup, &Statics::new(setup, &heights));
    say("a deposit, and steps until it has settled");
    let trial = Trial::settle(setup, &heights, &mut cpu)?;
    let state = trial.state.clone();
    trial.prepare(&mut cpu, &state)?;

    let mut potential = Vec::new();
    let residual = cpu.vector(Vector::Residual)?.iter().map(|r| r[0]).collect();
    let [kappa, by_phi] = cpu.potential_operator();
    let deposit = Linear { name: "deposit", sigma: kappa.to_vec(), d: by_phi.to_vec(), f: residual };
    let conductors = [("100:1", None), ("1e4:1", Some(1e-4)), ("1e7:1", Some(1e-7))];
    for problem in [deposit].into_iter().chain(conductors.map(|(name, least)| conductor(grid, name, least))) {
        say(&format!("potential, {}", problem.name));
        potential.push(solved(grid, &problem, &folder)?);
    }
    say("stencils");
    let stencils = vec![residual_stencil(&mut cpu, grid, &folder)?, restoration(&mut cpu, setup, &folder)?];
    let rate = copy::rates(&mut Device::Cpu(Box::new(cpu)), grid.cells())?;
    let problems = Problems {
        version: VERSION,
        commit: commit(),
        date: crate::io::moment(SystemTime::now()),
        threads: rayon::current_num_threads(),
        copy_bytes_per_second: Spread::of(&rate.large).median,
        potential,
        stencils,
    };
    Ok(write_json(&folder.0.join("problems.json"), &problems)?)
}

/// σ that is smooth, with a contrast of 100, or falls to `least` across a wavy tanh interface; held at the top; noise as the
/// source.
fn conductor(grid: &Grid, name: &'static str, least: Option<f64>) -> Linear {
    let turn = |i: usize, n: usize| std::f64::consts::TAU * (i as f64 + 0.5) / n as f64;
    let mut sigma = Vec::with_capacity(grid.cells());
    for z in 0..grid.nz {
        for y in 0..grid.ny {
            for x in 0..grid.nx {
                let wave = turn(x, grid.nx).sin() * turn(y, grid.ny).cos();
                let value = match least {
                    None => 100f64.powf(0.5 * wave * (0.5 * turn(z, grid.nz)).cos()),
                    Some(least) => {
                        let height = z as f64 + 0.5 - 0.5 * grid.nz as f64 - 0.125 * grid.nz as f64 * wave;
                        least + (1.0 - least) * 0.5 * (1.0 + (height / WIDTH).tanh())
                    }
                };
                sigma.push(value as f32);
            }
        }
    }
    let top = grid.cells() - grid.nx * grid.ny;
    let d = sigma.iter().enumerate().map(|(i, &sigma)| if i < top { 0.0 } else { 2.0 * sigma }).collect();
    let f = (0..grid.cells() as u32).map(|i| uniform(7, 4, i) - 0.5).collect();
    Linear { name, sigma, d, f }
}

fn solved(grid: &Grid, problem: &Linear, folder: &Folder) -> Result<Value, BenchError> {
    let (mut setup, mut solve) = (Vec::new(), Vec::new());
    let solution = loop {
        let start = Instant::now();
        let mut potential = Potential::new(grid, &problem.sigma, &problem.d);
        setup.push(start.elapsed().as_secs_f64());
        let start = Instant::now();
        let solution = potential.solve(&problem.f, TOLERANCE);
        solve.push(start.elapsed().as_secs_f64());
        if enough(&solve) {
            break solution;
        }
    };
    let file = |what: &str| format!("{}-{what}", problem.name.replace(':', "-to-"));
    let liplate = Solved {
        setup_seconds: Spread::of(&setup).median,
        solve_seconds: Spread::of(&solve).median,
        iterations: solution.iterations,
        relative_residual: solution.relative_residual,
        precision: "f64, the V-cycle f32",
        solution: folder.field(&file("liplate"), &solution.phi)?,
    };
    Ok(json!({
        "name": problem.name,
        "cells": [grid.nx, grid.ny, grid.nz],
        "sigma": folder.field(&file("sigma"), &wide(&problem.sigma))?,
        "diagonal": folder.field(&file("diagonal"), &wide(&problem.d))?,
        "rhs": folder.field(&file("rhs"), &problem.f)?,
        "tolerance": TOLERANCE,
        "liplate": liplate,
    }))
}

fn residual_stencil(cpu: &mut Cpu, grid: &Grid, folder: &Folder) -> Result<Value, BenchError> {
    let local_terms = cpu.local_terms();
    let seconds = timed(|| cpu.residual_alone(&local_terms));
    let state = cpu.state()?;
    let mut inputs = vec![("phi", state.phi), ("c", state.c)];
    inputs.extend(cpu.residual_inputs());
    inputs.extend(["source_phi", "source_c"].into_iter().zip(local_terms));
    let [mut charge, mut salt] = [Vec::new(), Vec::new()];
    for [of_charge, of_salt] in cpu.vector(Vector::Residual)? {
        charge.push(of_charge);
        salt.push(of_salt);
    }
    let outputs = [("residual_phi", charge), ("residual_c", salt)];
    stencil("residual", grid, folder, inputs, outputs, json!({}), "f64, coefficients f32", seconds)
}

fn restoration(cpu: &mut Cpu, setup: &Setup, folder: &Folder) -> Result<Value, BenchError> {
    let inputs = cpu.restoration_inputs();
    cpu.restore_profile_alone(STRENGTH);
    let after = cpu.state()?.xi;
    let seconds = timed(|| cpu.restore_profile_alone(STRENGTH));
    let parameters = json!({ "ell": setup.ell / setup.grid.dx, "strength": STRENGTH });
    let outputs = [("xi", after)];
    let inputs = inputs.into_iter().collect();
    stencil("restore_profile", &setup.grid, folder, inputs, outputs, parameters, "f64", seconds)
}

/// Seconds of a call, the median of several after a first.
fn timed(mut work: impl FnMut()) -> f64 {
    work();
    let mut seconds = Vec::new();
    while !enough(&seconds) {
        let start = Instant::now();
        work();
        seconds.push(start.elapsed().as_secs_f64());
    }
    Spread::of(&seconds).median
}

#[allow(clippy::too_many_arguments)]
fn stencil<const N: usize>(
    name: &str,
    grid: &Grid,
    folder: &Folder,
    inputs: Vec<(&'static str, Vec<f64>)>,
    outputs: [(&'static str, Vec<f64>); N],
    parameters: Value,
    precision: &str,
    seconds: f64,
) -> Result<Value, BenchError> {
    let write = |way: &str, list: &[(&'static str, Vec<f64>)]| -> Result<Map<String, Value>, BenchError> {
        let files = list.iter().map(|(field, values)| {
            Ok((field.to_string(), Value::from(folder.field(&format!("{name}-{way}-{field}"), values)?)))
        });
        files.collect()
    };
    Ok(json!({
        "name": name,
        "cells": [grid.nx, grid.ny, grid.nz],
        "inputs": write("in", &inputs)?,
        "parameters": parameters,
        "outputs": write("out", &outputs)?,
        "liplate": { "seconds": seconds, "precision": precision },
    }))
}

/// Where the fields go.
struct Folder(PathBuf);

impl Folder {
    fn new(path: PathBuf) -> Result<Self, IoError> {
        std::fs::create_dir_all(&path).map_err(IoError::system(&path))?;
        Ok(Self(path))
    }

    /// Writes a field; the name of its file.
    fn field(&self, name: &str, values: &[f64]) -> Result<String, IoError> {
        let (file, path) = (format!("{name}.f64"), self.0.join(format!("{name}.f64")));
        let bytes: Vec<u8> = values.iter().flat_map(|v| v.to_le_bytes()).collect();
        let write = || std::fs::File::create(&path)?.write_all(&bytes);
        write().map_err(IoError::system(&path))?;
        Ok(file)
    }
}

//! What is computed on: the config of the reference run at any size, a tortuous deposit, and noise. Never zeros.

use std::ops::RangeInclusive;
use std::path::Path;

use crate::config::{self, ConfigError};
use crate::model::electrolyte::Electrolyte;
use crate::model::parameters::Setup;
use crate::model::profile;
use crate::model::random::{normal, uniform};
use crate::solver::backend::State;

/// The reference run, part of the program so that it can be measured anywhere.
const CONFIG: &str = include_str!("../../configs/nuclei_on_copper.toml");

/// Cells along a side: at least the copper and some deposit, at most what 32 bits count.
pub const SIDES: RangeInclusive<usize> = 16..=1625;
/// Radius of a whisker \[dx\].
const RADIUS: f64 = 4.0;
/// Columns of cells for each whisker.
const COLUMNS: usize = 256;
/// Length of a whisker over the height that is free.
const LENGTH: f64 = 1.5;
/// Cells between the balls that a whisker is made of: it is 0.13 cells thinner between them.
const STEP: f64 = 2.0;
/// How far the direction of a whisker turns from ball to ball, and how it is drawn upwards.
const TURN: f64 = 0.4;
const UPWARDS: f64 = 0.08;
/// How far into the electrolyte a ball is felt \[dx\].
const REACH: f64 = 8.0;

/// The reference run (1 mA/cm² on rough copper, i0 = 1 mA/cm²: the kinetic regime) in a cube of `side` cells of its width.
///
/// # Errors
/// If the cube is too small for it.
pub fn setup(side: usize) -> Result<Setup, ConfigError> {
    let overrides = [
        format!("grid.cells=[{side}, {side}, {side}]"),
        format!("end.height=\"{} um\"", 0.25 * side as f64),
        "time_step.first=\"10 s\"".into(),
    ];
    Ok(config::from_text(CONFIG, Path::new("configs/nuclei_on_copper.toml"), &overrides)?.setup)
}

/// Returns the setup with a conductor of single ions: t₊ = 1, no salt, the scalar problem of φ.
pub fn single_ion(setup: &Setup) -> Setup {
    let kappa = setup.electrolyte.at(setup.top.c0, setup.temperature).kappa;
    Setup { electrolyte: Electrolyte::SingleIon { kappa }, ..setup.clone() }
}

/// Whiskers that wander from the copper through three quarters of the free height and back, some touching: lithium like
/// moss, with bare copper between. Salt and potential are uniform. `heights` are those of the copper \[m\].
pub fn deposit(setup: &Setup, heights: &[f64]) -> State {
    let grid = &setup.grid;
    let (nx, ny, nz) = (grid.nx as f64, grid.ny as f64, grid.nz as f64);
    let mut distance = vec![-REACH as f32; grid.cells()];
    for whisker in 0..(grid.nx * grid.ny / COLUMNS).max(2) as u32 {
        let random = |k: u32| uniform(1, whisker, k);
        let [x, y] = [random(0) * nx, random(1) * ny];
        let foot = heights[y as usize * grid.nx + x as usize] / grid.dx;
        let top = (foot + 0.75 * (nz - foot)).min(nz - RADIUS - 4.0).max(foot);
        let (mut place, mut way) = ([x, y, foot], [0.0, 0.0, 1.0]);
        for ball in 0..(LENGTH * (top - foot) / STEP).ceil() as u32 {
            add_ball(setup, &mut distance, place);
            way = std::array::from_fn(|k| way[k] + TURN * normal(2, whisker, 3 * ball + k as u32));
            way[2] += UPWARDS;
            let length = way.iter().map(|v| v * v).sum::<f64>().sqrt();
            way = way.map(|v| v / length);
            place = std::array::from_fn(|k| place[k] + STEP * way[k]);
            if place[2] > top || place[2] < foot {
                way[2] = -way[2];
                place[2] = place[2].clamp(foot, top);
            }
        }
    }
    let ell = setup.ell / grid.dx;
    let n = grid.cells();
    let xi = distance.into_iter().map(|d| profile::fraction(f64::from(d), ell)).collect();
    State::at_rest(xi, vec![0.0; n], vec![0.0; n], vec![0.0; n])
}

/// The largest of the distance into a ball around `centre` \[dx\] and what is there; x and y are periodic.
fn add_ball(setup: &Setup, distance: &mut [f32], centre: [f64; 3]) {
    let grid = &setup.grid;
    let cells = |k: usize| {
        let (from, to) = (centre[k] - RADIUS - REACH, centre[k] + RADIUS + REACH);
        from.floor() as i64..to.ceil() as i64
    };
    let wrap = |i: i64, n: usize| i.rem_euclid(n as i64) as usize;
    let square = |i: i64, k: usize| (i as f64 + 0.5 - centre[k]).powi(2);
    for z in cells(2).filter(|&z| z >= 0 && z < grid.nz as i64) {
        for y in cells(1) {
            let beside = square(z, 2) + square(y, 1);
            let row = grid.index(0, wrap(y, grid.ny), z as usize);
            for x in cells(0) {
                let here = &mut distance[row + wrap(x, grid.nx)];
                *here = here.max((RADIUS - (beside + square(x, 0)).sqrt()) as f32);
            }
        }
    }
}

/// Noise in every cell: each is interface, the worst that an operator can meet.
pub fn noise(setup: &Setup) -> State {
    let between = |kind: u32, low: f64, high: f64| -> Vec<f64> {
        (0..setup.grid.cells() as u32).map(|i| low + (high - low) * uniform(7, kind, i)).collect()
    };
    State::at_rest(between(0, 0.02, 0.98), between(1, -0.5, 0.5), between(2, -0.2, 0.2), between(3, -1e-3, 1e-3))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sim::start::load_heights;

    #[test]
    fn the_deposit_is_neither_empty_nor_full_and_stays_below_the_top() {
        for side in [*SIDES.start(), 48] {
            let setup = setup(side).unwrap();
            let heights = load_heights(&setup).unwrap();
            let state = deposit(&setup, &heights);
            let filled = state.xi.iter().sum::<f64>() / state.xi.len() as f64;
            assert!(filled > 0.02 && filled < 0.6, "{side}: {filled}");
            let top = &state.xi[setup.grid.index(0, 0, side - 1)..];
            assert!(top.iter().all(|&xi| xi < 0.1), "{side}");
            assert!(noise(&setup).xi.iter().all(|xi| (0.0..1.0).contains(xi)));
        }
    }
}

//! liplate: a phase-field solver for lithium plating and stripping on copper.
//!
//! `model` says what the words mean, `control` decides about a step, `mechanisms` say what rides on the lithium's surface, `solver` the
//! order of the physics over a backend's verbs, `cpu` and `gpu` compute them, `sim` owns a simulation, `config` reads a run, `run` conducts
//! it, `io` and `metrics` record it, `report` makes a page of it, `study` runs and compares many of them, `cell` tells what a cell with such a deposit is, `converge` and `verify` hold
//! it against itself and against exact results, `bench` against the copy rate of the machine.

pub mod bench;
pub mod cell;
pub mod check;
pub mod cli;
pub mod config;
pub mod control;
pub mod converge;
pub mod cpu;
#[cfg(feature = "gpu")]
pub mod gpu;
pub mod input;
pub mod io;
pub mod mechanisms;
pub mod memory;
pub mod metrics;
pub mod model;
pub mod report;
pub mod run;
pub mod sim;
pub mod solver;
pub mod study;
pub mod verify;

//! `liplate bench`: what is measured, or predicted.

use std::path::PathBuf;

use clap::Args;

use super::output::print;
use super::{CliError, tell};
use crate::bench;
use crate::config::quantity;
use crate::sim::device::DeviceChoice;
use crate::verify;

#[derive(Args)]
pub struct Arguments {
    /// Device: auto, cpu, gpu or gpu:N
    #[arg(long, default_value = "auto", value_name = "DEVICE")]
    device: DeviceChoice,
    /// Cells along each side of the cube [default: 64 and 128 on the CPU; 128, 256, 512 and the largest that fits on a GPU; with --model 64,
    /// 128, 256 and 512]
    #[arg(long, value_name = "N")]
    cells: Option<usize>,
    /// Write the results here too, as JSON: an object with --cells, a list of objects without
    #[arg(long, value_name = "FILE")]
    json: Option<PathBuf>,
    /// Instead, solve linear problems on the CPU and write them, their fields and the times into DIR/N, for
    /// scripts/bench_peers
    #[arg(long, value_name = "DIR", requires = "cells", conflicts_with = "json")]
    peers: Option<PathBuf>,
    #[command(flatten)]
    model: Model,
}

/// The defaults of what work costs are assumptions for a discrete card under Vulkan.
#[derive(Args)]
struct Model {
    /// Instead, predict what a step and the reference run should take on GPUs that are not here, from what is counted on one that is, or on a
    /// program that plays one
    #[arg(long, conflicts_with = "peers")]
    model: bool,
    /// Memory bandwidth of a card, as in "3 TB/s" [default: those of some that people have]
    #[arg(long, value_name = "RATE", requires = "model", value_parser = rate)]
    bandwidth: Option<f64>,
    /// What a kernel costs on the device beside its bytes
    #[arg(long, value_name = "TIME", requires = "model", value_parser = time, default_value = "3 us")]
    launch: f64,
    /// What it costs the host to hand a kernel over
    #[arg(long, value_name = "TIME", requires = "model", value_parser = time, default_value = "2.5 us")]
    record: f64,
    /// What a wait for values costs
    #[arg(long, value_name = "TIME", requires = "model", value_parser = time, default_value = "40 us")]
    readback: f64,
}

fn rate(text: &str) -> Result<f64, String> {
    positive(text, "B/s")
}

fn time(text: &str) -> Result<f64, String> {
    positive(text, "s")
}

fn positive(text: &str, unit: &str) -> Result<f64, String> {
    let value = quantity::parse(text, unit)?;
    if value > 0.0 { Ok(value) } else { Err(format!("{} is not positive", quantity::shown(text))) }
}

/// Does what the arguments say.
pub fn bench(arguments: Arguments) -> Result<(), CliError> {
    let Arguments { device, cells: side, json, peers, model } = arguments;
    if let (Some(side), Some(directory)) = (side, peers) {
        return Ok(bench::peers(device, side, &directory, tell)?);
    }
    json.iter().try_for_each(|path| verify::writable(path))?;
    if model.model {
        return predict(device, side, json, &model);
    }
    Ok(bench::run(&bench::Request { device, side, json }, tell, print)?)
}

#[cfg(feature = "gpu")]
fn predict(device: DeviceChoice, side: Option<usize>, json: Option<PathBuf>, given: &Model) -> Result<(), CliError> {
    use bench::model::{self, cards::Costs};
    let &Model { bandwidth, launch, record, readback, .. } = given;
    let request = model::Request { device, side, bandwidth, costs: Costs { launch, record, readback }, json };
    Ok(model::run(&request, tell, print)?)
}

#[cfg(not(feature = "gpu"))]
fn predict(_: DeviceChoice, _: Option<usize>, _: Option<PathBuf>, _: &Model) -> Result<(), CliError> {
    Err(CliError::Words("--model: this program was built without the `gpu` feature".into()))
}

//! `liplate bench --model`: what a step and the reference run should take on cards that are not here.
//!
//! What a GPU is given does not depend on which it is: kernels, waits and bytes are counted on whatever there is, a program that plays a GPU too, on
//! two small cubes. How they grow follows from the hierarchy and the cells; what they cost follows from the card.

pub mod cards;
mod page;

use std::path::PathBuf;
use std::time::Instant;

use serde::Serialize;

use self::cards::{CARDS, Card, Costs, Counted, Work, reference_steps};
use super::report::Stamp;
use super::solver::Trial;
use super::stopwatch::Spread;
use super::{BenchError, copy, fields, measure};
use crate::gpu::fields::level_shapes;
use crate::gpu::{adapters, least_memory};
use crate::io::write_json;
use crate::model::collector::Statics;
use crate::run::RunError;
use crate::sim::device::{self, Device, DeviceChoice};
use crate::sim::start::load_heights;
use crate::solver::backend::{Backend, BackendError, Counts};
use crate::solver::multigrid::v_cycle;

/// Sides that the model tells of unless asked otherwise.
const SIDES: [usize; 4] = [64, 128, 256, 512];
/// The fewest cells along a side: half of them is counted too.
pub const FEWEST: usize = 2 * *fields::SIDES.start();
/// Cells along a side of the larger cube on which is counted, at most.
const COUNTED: usize = 64;
/// Kernels that a cost is measured with.
const REPEATS: usize = 2000;
/// Read-backs that their cost is measured with.
const WAITS: usize = 200;

/// What is to be predicted.
#[derive(Clone, Debug)]
pub struct Request {
    /// the device to count on
    pub device: DeviceChoice,
    /// cells along a side, or those of the usual sizes
    pub side: Option<usize>,
    /// bandwidth of a card \[B/s\]; none for those of [`CARDS`]
    pub bandwidth: Option<f64>,
    /// what work costs on it beside its bytes
    pub costs: Costs,
    /// where the JSON goes
    pub json: Option<PathBuf>,
}

/// A prediction for a card: smallest and largest \[s\]; none where its memory is too small.
#[derive(Clone, Debug, Serialize)]
pub struct Predicted {
    /// its name
    pub card: &'static str,
    /// a step
    pub step: Option<[f64; 2]>,
    /// the steps of the reference run in a cube of that size, without its output
    pub reference_run: Option<[f64; 2]>,
}

/// A size.
#[derive(Clone, Debug, Serialize)]
pub struct Row {
    /// cells along a side
    pub side: usize,
    /// what a step hands over
    pub work: Work,
    /// bytes of device memory
    pub memory: u64,
    /// for each card
    pub predicted: Vec<Predicted>,
}

/// What was measured where it was counted.
#[derive(Clone, Debug, Serialize)]
pub struct Here {
    /// copy rate of large arrays \[B/s\]
    pub copy_bytes_per_second: f64,
    /// what work costs there beside its bytes
    pub costs: Costs,
    /// how the cost of a launch was timed
    pub clock: &'static str,
    /// whether it is a GPU, not a program that plays one: that computes where a GPU waits for memory, and says nothing of the model
    pub is_hardware: bool,
    /// the model's step with that rate and these costs on the larger cube that was counted, smallest and largest \[s\]
    pub predicted: [f64; 2],
    /// the step there \[s\]
    pub measured: f64,
}

/// Everything that the model tells.
#[derive(Clone, Debug, Serialize)]
pub struct Report {
    /// where it comes from; the device is that on which was counted
    #[serde(flatten)]
    pub stamp: Stamp,
    /// what work is taken to cost beside its bytes
    pub costs: Costs,
    /// the cards
    pub cards: Vec<Card>,
    /// what was counted, on the smaller and on the larger cube
    pub counted: [Counted; 2],
    /// predictions
    pub rows: Vec<Row>,
    /// the model beside a measurement
    pub here: Here,
}

/// Counts, predicts and prints; `tell` hears of the progress.
///
/// # Errors
/// If there is no device to count on, the side is out of range, a step fails, or the file cannot be written.
pub fn run(request: &Request, tell: impl Fn(&str), print: impl Fn(&str)) -> Result<(), BenchError> {
    if let Some(side) = request.side.filter(|side| !(FEWEST..=*fields::SIDES.end()).contains(side)) {
        return Err(BenchError::ModelSide(side));
    }
    let (choice, is_hardware) = to_count_on(request.device)?;
    let sides = request.side.map_or(SIDES.to_vec(), |side| vec![side]);
    let half = sides.iter().copied().fold(COUNTED, usize::min) / 2;
    let (small, _) = count(choice, half, &tell)?;
    let (large, mut device) = count(choice, 2 * half, &tell)?;
    let counted = [small, large];
    tell("what a copy, a launch, its recording and a wait cost here");
    let names = measure::names(&mut device);
    let here = Here { is_hardware, ..here(&mut device, &counted, choice)? };
    let cards =
        request.bandwidth.map_or(CARDS.to_vec(), |bandwidth| vec![Card { name: "given", bandwidth, memory: None }]);
    let report = Report {
        stamp: Stamp::now(names),
        costs: request.costs,
        rows: sides.iter().map(|&side| row(&counted, side, &cards, &request.costs)).collect(),
        cards,
        counted,
        here,
    };
    print(&report.markdown());
    request.json.iter().try_for_each(|path| write_json(path, &report))?;
    Ok(())
}

/// The GPU that is counted on, any will do, the best first; and whether it is one.
fn to_count_on(choice: DeviceChoice) -> Result<(DeviceChoice, bool), BenchError> {
    let refuse = |sentence: &str| Err(BenchError::Run(RunError::Device(sentence.into())));
    match choice {
        DeviceChoice::Cpu => {
            refuse("--model counts what a GPU is given; --device gpu:0 takes a program that plays one, too")
        }
        DeviceChoice::Gpu(Some(number)) => {
            Ok((choice, adapters().get(number).is_some_and(|adapter| adapter.is_hardware)))
        }
        DeviceChoice::Gpu(None) | DeviceChoice::Auto => {
            let adapters = adapters();
            match adapters.iter().find(|adapter| adapter.is_hardware).or(adapters.first()) {
                Some(adapter) if adapter.is_hardware => Ok((DeviceChoice::Gpu(None), true)),
                Some(adapter) => Ok((DeviceChoice::Gpu(Some(adapter.index)), false)),
                None => refuse("there is no GPU to count on, and no program that plays one, as Mesa's llvmpipe does"),
            }
        }
    }
}

/// Levels of a cube that are visited one by one.
fn levels(side: usize) -> usize {
    level_shapes([side as u32; 3]).len()
}

/// Counts steps on the deposit in a cube; the device is left as they leave it.
fn count(choice: DeviceChoice, side: usize, tell: &impl Fn(&str)) -> Result<(Counted, Device), BenchError> {
    let setup = fields::setup(side)?;
    let heights = load_heights(&setup).map_err(RunError::Copper)?;
    let (mut device, _) = device::open(choice, &setup, &Statics::new(&setup, &heights)).map_err(RunError::Device)?;
    tell(&format!("{side}³: steps are counted on {}", device.backend().device()));
    let b = device.backend();
    let mut trial = Trial::settle(&setup, &heights, b)?;
    let steps = trial.steps(b, false)?;
    let Some(step) = steps.counts else {
        return Err(RunError::Device(format!("{} counts nothing", b.device())).into());
    };
    trial.prepare(b, &trial.state)?;
    let of_v_cycle = launches(b, |b| v_cycle(b));
    let of_coarsening = launches(b, |b| b.coarsen());
    let counted = Counted {
        side,
        levels: levels(side),
        step,
        newton: steps.newton_mean,
        of_v_cycle,
        of_coarsening,
        seconds: steps.seconds.median,
    };
    Ok((counted, device))
}

/// Kernels and copies of some work.
fn launches(b: &mut dyn Backend, work: impl FnOnce(&mut dyn Backend)) -> f64 {
    let so_far = |b: &dyn Backend| b.counts().unwrap_or_default();
    let before = so_far(b);
    work(b);
    let Counts { launches, .. } = so_far(b) - before;
    launches as f64
}

fn row(counted: &[Counted; 2], side: usize, cards: &[Card], costs: &Costs) -> Row {
    let work = Work::of_step(counted, side, levels(side));
    let memory = least_memory((side as u64).pow(3));
    let predicted = |card: &Card| {
        let step = card.memory.is_none_or(|has| memory as f64 <= has).then(|| work.seconds(card.bandwidth, costs));
        let reference_run = step.map(|step| step.map(|seconds| reference_steps(side) * seconds));
        Predicted { card: card.name, step, reference_run }
    };
    Row { side, work, memory, predicted: cards.iter().map(predicted).collect() }
}

/// Measures rate and costs of the device on which the larger cube was counted; the costs are those of the smallest cube.
fn here(device: &mut Device, counted: &[Counted; 2], choice: DeviceChoice) -> Result<Here, BenchError> {
    let whole = &counted[1];
    let rates = copy::rates(device, whole.side.pow(3))?;
    let rate = Spread::of(&rates.large).median;
    let setup = fields::setup(*fields::SIDES.start())?;
    let heights = load_heights(&setup).map_err(RunError::Copper)?;
    let (mut tiny, _) = device::open(choice, &setup, &Statics::new(&setup, &heights)).map_err(RunError::Device)?;
    let (costs, clock) = costs(tiny.backend())?;
    let work = Work::of_step(counted, whole.side, whole.levels);
    Ok(Here {
        copy_bytes_per_second: rate,
        costs,
        clock,
        is_hardware: false,
        predicted: work.seconds(rate, &costs),
        measured: whole.seconds,
    })
}

/// What launches, their recording and waits cost on a device that holds a small grid, and by which clock.
fn costs(b: &mut dyn Backend) -> Result<(Costs, &'static str), BackendError> {
    let kernels = |b: &mut dyn Backend| (0..REPEATS).for_each(|_| b.smooth_first(0, 1.0));
    // pipelines and bind groups are made on the way
    kernels(b);
    b.wait()?;
    b.busy()?;
    let began = Instant::now();
    kernels(b);
    let recorded = began.elapsed().as_secs_f64() / REPEATS as f64;
    b.wait()?;
    let wall = began.elapsed().as_secs_f64() / REPEATS as f64;
    let busy = b.busy()?.map(|seconds| seconds / REPEATS as f64);
    let began = Instant::now();
    let before = b.counts().unwrap_or_default();
    for _ in 0..WAITS {
        b.inventory()?;
    }
    let waited = began.elapsed().as_secs_f64() / WAITS as f64;
    let between = (b.counts().unwrap_or_default() - before).launches as f64 / WAITS as f64;
    let launch = busy.unwrap_or(wall);
    let costs = Costs { launch, record: recorded, readback: (waited - between * (launch + recorded)).max(0.0) };
    Ok((costs, if busy.is_some() { "the device's timestamps" } else { "the wall clock" }))
}

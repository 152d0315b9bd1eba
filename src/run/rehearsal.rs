//! A run rehearsed in a few columns of its box, without outputs: how many time steps it needs, and what limits them. Nothing else has the
//! protocol, the salt, the capillarity and the double layer of the run in it, each when its turn comes.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use super::end;
use super::schedule::Schedule;
use crate::model::collector;
use crate::model::parameters::{InitialDeposit, ListedNucleus, Nucleation, Setup};
use crate::model::protocol::Limit;
use crate::sim::device::DeviceChoice;
use crate::sim::stage::Stage;
use crate::sim::{Position, Simulation};
use crate::solver::step::{Clock, StepFailure};

/// Cells of the rehearsal, and the fewest columns along a side.
const CELLS: usize = 1 << 13;
/// Cells of one with nuclei at given places, which have less current each in a wider box.
const CELLS_OF_PLACES: usize = 1 << 16;
const FEWEST: usize = 8;

/// How a rehearsal went.
#[derive(Clone, Debug, Default)]
pub struct Rehearsal {
    /// columns along x and y
    pub columns: [usize; 2],
    /// share of the run that was rehearsed
    pub share: f64,
    /// time that passed in it \[s\]
    pub time: f64,
    /// charge that passed, of either sign \[C/m²\]
    pub passed: f64,
    /// steps
    pub steps: u64,
    /// steps for the whole of a run that goes on like the second half of what was rehearsed
    pub pace: f64,
    /// share from which on its pace alone tells the rest
    pub far: f64,
    /// median wall time of the steps from the fourth on, over that of the first three: lithium that is there to react with, and Newton iterations
    pub dearer: f64,
    /// whether the compliance has taken over from the current
    pub limited: bool,
    /// what limited how many steps, the most first
    pub limited_by: Vec<(String, u64)>,
    /// why it came to an end before the run's, if the guard ended it
    pub failed: Option<String>,
}

/// The run in fewer columns. Copper is mirrored, so that it stays periodic; nuclei that are listed keep their places.
fn smaller(setup: &Setup, heights: &[f64]) -> (Setup, Vec<f64>) {
    let mut small = setup.clone();
    let whole = setup.grid;
    let fixed = matches!(
        setup.deposit,
        InitialDeposit::Ripple { .. } | InitialDeposit::Boss { .. } | InitialDeposit::Sphere { .. }
    );
    let listed = matches!(setup.nucleation, Nucleation::Listed { .. });
    let most = if listed { CELLS_OF_PLACES } else { CELLS };
    while !fixed && small.grid.cells() > most && small.grid.nx.max(small.grid.ny) > FEWEST {
        let side = if small.grid.nx >= small.grid.ny { &mut small.grid.nx } else { &mut small.grid.ny };
        *side = side.div_ceil(2);
    }
    let grid = small.grid;
    collector::average_pattern(setup, &mut small);
    let place = |i: usize, n: usize, of: usize| if n == of || i < n.div_ceil(2) { i } else { n - 1 - i };
    let row = |y: usize| (0..grid.nx).map(move |x| (x, y));
    let copper = (0..grid.ny)
        .flat_map(row)
        .map(|(x, y)| heights[place(y, grid.ny, whole.ny) * whole.nx + place(x, grid.nx, whole.nx)]);
    let copper = copper.collect();
    keep_a_nucleus(&mut small);
    (small, copper)
}

/// Keeps the listed nuclei that lie in the box of `part`, a part of that of a run, and one at least if there is one: without lithium
/// nothing may carry the current.
pub(crate) fn keep_a_nucleus(part: &mut Setup) {
    let [width, depth] = [part.grid.nx, part.grid.ny].map(|n| n as f64 * part.grid.dx);
    let Nucleation::Listed { nuclei } = &mut part.nucleation else { return };
    let first = nuclei.first().copied();
    nuclei.retain(|nucleus| nucleus.x < width && nucleus.y < depth);
    if let (true, Some(first)) = (nuclei.is_empty(), first) {
        nuclei.push(ListedNucleus { x: 0.5 * width, y: 0.5 * depth, ..first });
    }
}

/// Share of the run that is done: the steps of its protocol with the part of the one it is in, or what `[end]` says. Lithium was `first`
/// \[m\] high at the start.
fn share(setup: &Setup, stage: &Stage, clock: &Clock, first: f64) -> f64 {
    let end = &setup.end;
    let height = clock.inventory.height * setup.grid.dx;
    let of_height = |limit: f64| if limit > first { (height - first) / (limit - first) } else { 0.0 };
    let of_end = [
        end.charge.map(|charge| clock.passed / charge),
        end.time.map(|time| clock.time / time),
        end.height.map(of_height),
        // what comes to the top ends there
        Some(of_height(setup.grid.height() - 2.0 * setup.ell)),
    ];
    let of_steps = stage.step(setup).map(|step| {
        let part = step.limits.iter().filter_map(|limit| match *limit {
            Limit::Time(time) => Some((clock.time - stage.began) / time),
            Limit::Charge(charge) => Some((clock.passed - stage.passed) / charge),
            _ => None,
        });
        let part = part.fold(0.0, f64::max).min(1.0);
        (setup.protocol.done(stage.place) as f64 + part) / setup.protocol.length() as f64
    });
    let over = stage.is_over(setup).then_some(1.0);
    let of_end = if setup.protocol.is_empty() { of_end.into_iter().flatten().fold(0.0, f64::max) } else { 0.0 };
    of_end.max(of_steps.or(over).unwrap_or(0.0)).clamp(0.0, 1.0)
}

/// Share of a run from which on a rehearsal's pace alone tells the rest: half of it, as nuclei grow fast and the deposit that they make slowly. In
/// a protocol of many steps each begins with short ones of its own, and the first of them tells more of the others than a flat front does.
fn far(setup: &Setup) -> f64 {
    (1.0 / setup.protocol.length().max(1) as f64).min(HALF)
}

/// Half of a run.
const HALF: f64 = 0.5;

/// Share of a run that a rehearsal should come to.
const SHORT: f64 = 0.1;

/// Rehearses a run for about the first of these wall times, for up to the second if it has not come to a tenth of the run by then.
pub fn rehearse(setup: &Setup, heights: &[f64], budget: [Duration; 2]) -> Rehearsal {
    let (small, heights) = smaller(setup, heights);
    let columns = [small.grid.nx, small.grid.ny];
    let mut seen = Rehearsal { columns, far: far(setup), dearer: 1.0, ..Rehearsal::default() };
    if let Err(reason) = play(small, heights, budget, &mut seen) {
        seen.failed = Some(reason);
    }
    seen
}

fn play(setup: Setup, heights: Vec<f64>, budget: [Duration; 2], seen: &mut Rehearsal) -> Result<(), String> {
    let began = Instant::now();
    let far = AtomicBool::new(false);
    let asked = || began.elapsed() > budget[usize::from(!far.load(Ordering::Relaxed))];
    let mut sim = Simulation::on_copper(setup.clone(), heights, DeviceChoice::Cpu).map_err(|e| e.to_string())?;
    let first = (sim.clock().inventory.height * setup.grid.dx).max(setup.collector.height);
    let mut schedule = Schedule::default();
    let mut limits_met: BTreeMap<String, u64> = BTreeMap::new();
    // share after each step, and the wall time \[s\]
    let (mut shares, mut times) = (vec![0.0], vec![began.elapsed().as_secs_f64()]);
    let mut failure = None;
    while !asked() {
        sim.impose().map_err(|e| e.to_string())?;
        let Position { clock, stage, .. } = sim.position();
        let (by, whole) = (clock.limited_by.to_string(), clock.dt);
        let step = match sim.step_until(schedule.next_edge(&setup, stage, clock), Some(&asked)) {
            Ok(step) => step,
            Err(StepFailure::Asked { .. }) => break,
            Err(failed) => {
                failure = Some(failed.to_string());
                break;
            }
        };
        // shorter than was allowed: it ends at an edge
        let at_edge = step.report.dt < 0.7 * whole && step.report.rejected.is_empty();
        *limits_met.entry(if at_edge { "outputs and edges".into() } else { by }).or_default() += 1;
        let Position { clock, stage, .. } = sim.position();
        schedule.due(&setup, clock);
        seen.limited |= clock.limited.is_some();
        let over = end::condition(&setup, clock).is_some();
        let share = if over { 1.0 } else { share(&setup, stage, clock, first) };
        far.store(share >= SHORT, Ordering::Relaxed);
        shares.push(share);
        times.push(began.elapsed().as_secs_f64());
        failure = end::objection_after(&step, &setup, clock);
        if failure.is_some() || over || stage.is_over(&setup) {
            break;
        }
    }
    record(seen, sim.clock(), &shares, &times, limits_met);
    failure.map_or(Ok(()), Err)
}

/// Writes down what was seen until now.
fn record(seen: &mut Rehearsal, clock: &Clock, shares: &[f64], times: &[f64], limits_met: BTreeMap<String, u64>) {
    let steps = shares.len() - 1;
    let share = shares[steps];
    seen.share = share;
    seen.time = clock.time;
    seen.passed = clock.passed;
    seen.steps = steps as u64;
    // from half of the share on: the first steps are short, and are not taken again
    let half = shares.partition_point(|&at| at < 0.5 * share);
    let late = (steps - half) as f64 / (share - shares[half]).max(1e-12);
    let on_the_whole = steps as f64 / share.max(1e-12);
    // steps of a protocol take as many as they take, rests the fewest: what comes is like all of what was rehearsed
    let is_late = seen.far == HALF && share > 0.0 && half < steps;
    seen.pace = if is_late { late.min(4.0 * on_the_whole) } else { on_the_whole };
    if steps > 6 {
        // medians: other programs hold up a step now and then
        let median = |times: &[f64]| {
            let mut taken: Vec<f64> = times.windows(2).map(|pair| pair[1] - pair[0]).collect();
            taken.sort_by(f64::total_cmp);
            taken[taken.len() / 2]
        };
        seen.dearer = (median(&times[3..]) / median(&times[..4]).max(1e-9)).clamp(0.25, 4.0);
    }
    let mut limited_by: Vec<(String, u64)> = limits_met.into_iter().collect();
    limited_by.sort_by_key(|(_, count)| std::cmp::Reverse(*count));
    seen.limited_by = limited_by;
}

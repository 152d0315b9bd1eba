//! The runs of a study on this machine: a process for each, so that none can take another with it, as many at a time as devices hold.

use std::collections::VecDeque;
use std::fs::{File, OpenOptions};
use std::io::{BufRead, BufReader, IsTerminal};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use indicatif::{MultiProgress, ProgressBar, ProgressStyle};

use super::plan::Run;
use super::state::{Failure, State};
use super::task::{BUSY, is_open};
use super::{LOGS, StudyError, keep};
use crate::cpu;
use crate::io::IoError;
use crate::memory;
use crate::model::parameters::Setup;
use crate::report::numbers::duration;
use crate::run::{RunError, Stop};
use crate::sim::device::{self, DeviceChoice};

/// Times that a run is taken up again in one go whose process was killed: by the system for memory, say.
const AGAIN: usize = 2;
/// Largest run of which several share a device: beyond it one run keeps all threads, or the whole GPU, at work \[cells\].
const SMALL: usize = 48 * 48 * 48;
/// Most runs that share a GPU unasked, and the memory that they may take together \[B\]: how much there is Vulkan does not tell.
const ON_A_GPU: usize = 4;
const OF_A_GPU: usize = 2 << 30;
/// Memory on a GPU for each cell \[B\].
const GPU_BYTES_PER_CELL: usize = 600;
/// Divisions of a bar.
const DIVISIONS: u64 = 1000;
/// How often it is looked whether all shall stop.
const LOOK: Duration = Duration::from_millis(100);
/// Last line of a log that is told.
const TOLD: usize = 400;

/// How the runs of a study are to be computed.
#[derive(Clone, Debug)]
pub struct Pool {
    /// the file of the study
    pub file: PathBuf,
    /// its directory
    pub directory: PathBuf,
    /// where to compute
    pub devices: Vec<DeviceChoice>,
    /// runs at a time on each device; none: as many as suit
    pub jobs: Option<usize>,
    /// try those again that failed
    pub again: bool,
    /// stop after this wall time
    pub max_wall: Option<Duration>,
    /// say nothing while it runs
    pub quiet: bool,
}

/// How many runs stand how when a study stops computing.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Ended {
    /// came to their ends
    pub done: usize,
    /// the guard stopped them
    pub stopped: usize,
    /// failed
    pub failed: usize,
    /// are left
    pub left: usize,
    /// why it stopped before all were over
    pub interrupted: Option<String>,
}

impl Ended {
    /// Exit code of the program.
    pub fn code(&self) -> u8 {
        match self {
            Self { interrupted: Some(_), .. } => 130,
            Self { failed, .. } if *failed > 0 => 1,
            _ => 0,
        }
    }
}

/// What the workers share.
struct Shared<'a> {
    pool: &'a Pool,
    queue: Mutex<VecDeque<(Run, usize)>>,
    children: Mutex<Vec<Option<Child>>>,
    halt: AtomicBool,
    bars: Bars,
    began: Instant,
}

/// Computes all runs of a study that are not over.
///
/// # Errors
/// If the study is wrong or its directory holds another. Runs that fail are no error: their reasons are kept.
pub fn run(pool: &Pool) -> Result<Ended, StudyError> {
    let (plan, setups) = keep(&pool.file, &pool.directory)?;
    let logs = pool.directory.join(LOGS);
    std::fs::create_dir_all(&logs).map_err(IoError::system(&logs))?;
    let open = |run: &&Run| {
        let state = State::of(&run.directory(&pool.directory));
        // one that another process computes may be left by it
        is_open(&state, pool.again) || matches!(state, State::Running { .. })
    };
    let queue: VecDeque<(Run, usize)> = plan.runs.iter().filter(open).map(|run| (run.clone(), 0)).collect();
    let places = places(pool, &setups)?;
    let over = plan.runs.len() - queue.len();
    let shared = Shared {
        pool,
        bars: Bars::new(plan.runs.len(), over, pool.quiet),
        queue: Mutex::new(queue),
        children: Mutex::new((0..places.len()).map(|_| None).collect()),
        halt: AtomicBool::new(false),
        began: Instant::now(),
    };
    let finished = AtomicBool::new(false);
    let stop = Stop::listen(pool.max_wall);
    let interrupted = std::thread::scope(|scope| {
        let watch = scope.spawn(|| {
            let mut reason = None;
            while !finished.load(Ordering::Relaxed) {
                if reason.is_none()
                    && let Some(asked) = stop.asked()
                {
                    shared.halt(); // runs save their states and end
                    reason = Some(asked);
                }
                std::thread::sleep(LOOK);
            }
            reason
        });
        let workers: Vec<_> = places
            .iter()
            .enumerate()
            .map(|(place, slot)| {
                let shared = &shared;
                scope.spawn(move || shared.work(place, slot))
            })
            .collect();
        // a worker that panicked has left its runs to the others
        workers.into_iter().for_each(|worker| drop(worker.join()));
        finished.store(true, Ordering::Relaxed);
        watch.join().ok().flatten()
    });
    shared.bars.finish();
    let mut ended = Ended { interrupted, ..Ended::default() };
    for run in &plan.runs {
        match State::of(&run.directory(&pool.directory)) {
            State::Done { .. } => ended.done += 1,
            State::Stopped { .. } => ended.stopped += 1,
            State::Failed { .. } => ended.failed += 1,
            State::Waiting | State::Unfinished { .. } | State::Running { .. } => ended.left += 1,
        }
    }
    Ok(ended)
}

/// A place where one run at a time is computed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Slot {
    device: DeviceChoice,
    /// threads of the CPU; none: all
    threads: Option<usize>,
}

/// The places of all devices, for runs of which the largest has to fit.
fn places(pool: &Pool, setups: &[Setup]) -> Result<Vec<Slot>, StudyError> {
    let cells = setups.iter().map(|setup| setup.grid.cells()).max().unwrap_or(1);
    let devices: Vec<DeviceChoice> = pool.devices.iter().map(|device| device.resolved()).collect();
    for &device in &devices {
        device::exists(device).map_err(|reason| StudyError::Run(RunError::Device(reason)))?;
    }
    let cores = std::thread::available_parallelism().map_or(1, |count| count.get());
    let free = memory::free().map(|free| free.bytes);
    let of_cpu = devices.iter().filter(|device| !matches!(device, DeviceChoice::Gpu(_))).count();
    let slots = devices.iter().flat_map(|&device| {
        let is_cpu = !matches!(device, DeviceChoice::Gpu(_));
        let unasked = if is_cpu { at_once(cells, cores, free) } else { on_a_gpu(cells) };
        let jobs = pool.jobs.unwrap_or(unasked).max(1);
        let share = (cores / (jobs * of_cpu.max(1))).max(1);
        let threads = (is_cpu && jobs * of_cpu > 1).then_some(share);
        std::iter::repeat_n(Slot { device, threads }, jobs)
    });
    Ok(slots.collect())
}

/// Runs at a time on the processors: small ones on a thread each, as many as the memory holds.
fn at_once(cells: usize, cores: usize, free: Option<usize>) -> usize {
    let held = free.map_or(cores, |free| free / 2 / (cells * cpu::BYTES_PER_CELL).max(1));
    if cells <= SMALL { cores.min(held).max(1) } else { 1 }
}

/// Runs at a time on a GPU.
fn on_a_gpu(cells: usize) -> usize {
    if cells <= SMALL { ON_A_GPU.min(OF_A_GPU / (cells * GPU_BYTES_PER_CELL).max(1)).max(1) } else { 1 }
}

fn held<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    // what it guards is whole whenever the lock is free
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Shared<'_> {
    /// Tells all runs to save their states and end: the pipes that tie them to this program close.
    fn halt(&self) {
        self.halt.store(true, Ordering::Relaxed);
        for child in held(&self.children).iter_mut().flatten() {
            drop(child.stdin.take());
        }
    }

    fn work(&self, place: usize, slot: &Slot) {
        let bar = self.bars.of_slot();
        while !self.halt.load(Ordering::Relaxed) {
            let Some((run, tries)) = held(&self.queue).pop_front() else { break };
            let directory = run.directory(&self.pool.directory);
            match State::of(&directory) {
                State::Running { .. } => {
                    self.later(run, tries);
                    continue;
                }
                state if !is_open(&state, self.pool.again) => {
                    self.bars.passed();
                    continue;
                }
                _ => {}
            }
            Failure::clear(&directory);
            let began = Instant::now();
            match self.compute(place, slot, &run, &bar) {
                Err(reason) => self.failed(&run, &directory, &reason),
                Ok(_) if self.halt.load(Ordering::Relaxed) => {}
                Ok(status) => self.ended(&run, &directory, tries, status, began),
            }
        }
        bar.finish_and_clear();
    }

    /// What becomes of a run whose process has ended.
    fn ended(&self, run: &Run, directory: &Path, tries: usize, status: ExitStatus, began: Instant) {
        let state = State::of(directory);
        let took = duration(began.elapsed().as_secs_f64());
        match (&state, status.code()) {
            (State::Done { reason } | State::Stopped { reason }, Some(_)) => {
                self.bars.passed();
                self.bars.say(&format!("{}: {}: {reason} ({took})", run.name, state.name()));
            }
            // somebody else was faster
            (_, Some(code)) if code == i32::from(BUSY) => self.later(run.clone(), tries),
            (_, None) if tries < AGAIN => {
                self.bars.say(&format!(
                    "{}: its process was killed{}; it goes on from its checkpoint",
                    run.name,
                    signal(status)
                ));
                held(&self.queue).push_back((run.clone(), tries + 1));
            }
            (_, None) => {
                let reason =
                    format!("its process was killed {} times{}; is there enough memory?", tries + 1, signal(status));
                self.failed(run, directory, &reason);
            }
            // stopped by a signal that was meant for it alone: it waits for the next time
            (State::Unfinished { reason }, Some(130)) => {
                self.bars.passed();
                self.bars.say(&format!("{}: interrupted by {reason}", run.name));
            }
            (_, Some(code)) => {
                let reason = match &state {
                    State::Failed { reason } => reason.clone(),
                    _ => format!("exit code {code}: {}", last_line(&self.log(run))),
                };
                self.failed(run, directory, &reason);
            }
        }
    }

    /// Puts a run back that another process computes: it may come to its end there, or be left.
    fn later(&self, run: Run, tries: usize) {
        held(&self.queue).push_back((run, tries));
        std::thread::sleep(LOOK);
    }

    fn failed(&self, run: &Run, directory: &Path, reason: &str) {
        self.bars.passed();
        self.bars.say(&format!("{}: failed: {reason}", run.name));
        if let Err(error) = Failure::write(directory, reason) {
            self.bars.say(&format!("{}: {error}", run.name));
        }
    }

    fn log(&self, run: &Run) -> PathBuf {
        self.pool.directory.join(LOGS).join(format!("{}.txt", run.name))
    }

    /// Starts the process of a run and shows how it goes, until it ends.
    fn compute(&self, place: usize, slot: &Slot, run: &Run, bar: &ProgressBar) -> Result<ExitStatus, String> {
        let log = self.log(run);
        let log =
            OpenOptions::new().create(true).append(true).open(&log).map_err(|e| format!("{}: {e}", log.display()))?;
        let mut child = self.start(slot, run, log).map_err(|e| format!("its process cannot be started: {e}"))?;
        let told = child.stdout.take();
        held(&self.children)[place] = Some(child);
        if self.halt.load(Ordering::Relaxed) {
            self.halt(); // asked for between the look and the start
        }
        bar.set_prefix(run.name.clone());
        bar.set_position(0);
        for line in told.into_iter().flat_map(|out| BufReader::new(out).lines()).map_while(Result::ok) {
            if let Some((share, line)) = line.split_once(' ')
                && let Ok(share) = share.parse::<f64>()
            {
                bar.set_position((share * DIVISIONS as f64) as u64);
                bar.set_message(line.to_string());
            }
        }
        let child = held(&self.children)[place].take();
        child.ok_or("its process is lost".to_string())?.wait().map_err(|e| e.to_string())
    }

    fn start(&self, slot: &Slot, run: &Run, log: File) -> std::io::Result<Child> {
        let mut command = Command::new(std::env::current_exe()?);
        command.args(["study", "run-one"]).arg(&self.pool.directory).arg(&run.name).arg("--tied");
        command.args(["--device", &slot.device.to_string()]);
        if let Some(limit) = self.pool.max_wall {
            let left = limit.saturating_sub(self.began.elapsed());
            command.args(["--max-wall", &format!("{} ms", left.as_millis())]);
        }
        if let Some(threads) = slot.threads {
            command.env("RAYON_NUM_THREADS", threads.to_string());
        }
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(log).spawn()
    }
}

/// The signal that ended a process, in words.
fn signal(status: ExitStatus) -> String {
    #[cfg(unix)]
    {
        use std::os::unix::process::ExitStatusExt;
        status.signal().map_or(String::new(), |number| format!(" by signal {number}"))
    }
    #[cfg(not(unix))]
    {
        let _ = status;
        String::new()
    }
}

/// The last line of a log.
fn last_line(log: &Path) -> String {
    let text = std::fs::read_to_string(log).unwrap_or_default();
    text.lines().rev().find(|line| !line.trim().is_empty()).unwrap_or("it said nothing").chars().take(TOLD).collect()
}

/// Bars on a terminal, lines elsewhere.
struct Bars {
    all: MultiProgress,
    whole: ProgressBar,
    kind: Kind,
}

#[derive(Clone, Copy, PartialEq)]
enum Kind {
    Bars,
    Lines,
    Quiet,
}

impl Bars {
    fn new(runs: usize, over: usize, quiet: bool) -> Self {
        let kind = match quiet {
            true => Kind::Quiet,
            false if std::io::stderr().is_terminal() => Kind::Bars,
            false => Kind::Lines,
        };
        let all = MultiProgress::new();
        if kind != Kind::Bars {
            all.set_draw_target(indicatif::ProgressDrawTarget::hidden());
        }
        let whole = all.add(ProgressBar::new(runs as u64).with_position(over as u64));
        if let Ok(style) = ProgressStyle::with_template("{bar:30} {pos} of {len} runs, {elapsed}, left {eta}") {
            whole.set_style(style);
        }
        whole.reset_eta();
        whole.tick();
        Self { all, whole, kind }
    }

    fn of_slot(&self) -> ProgressBar {
        let bar = self.all.add(ProgressBar::new(DIVISIONS));
        if let Ok(style) = ProgressStyle::with_template("  {bar:20} {percent:>3} %  {prefix}  {wide_msg}") {
            bar.set_style(style);
        }
        bar
    }

    fn passed(&self) {
        self.whole.inc(1);
    }

    fn say(&self, line: &str) {
        use std::io::Write;
        match self.kind {
            Kind::Bars => drop(self.all.println(line)),
            // a reader that has gone away ends no study
            Kind::Lines => drop(writeln!(
                std::io::stderr(),
                "{} of {}  {line}",
                self.whole.position(),
                self.whole.length().unwrap_or(0)
            )),
            Kind::Quiet => {}
        }
    }

    fn finish(&self) {
        self.whole.finish_and_clear();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn small_runs_share_a_device_and_large_ones_have_it_alone() {
        let free = Some(8 << 30);
        assert_eq!(at_once(24 * 24 * 24, 16, free), 16);
        assert_eq!(at_once(64 * 64 * 64, 16, free), 1);
        assert_eq!(
            at_once(24 * 24 * 24, 16, Some(100 << 20)),
            100 * (1 << 20) / 2 / (24 * 24 * 24 * cpu::BYTES_PER_CELL)
        );
        assert_eq!((on_a_gpu(32 * 32 * 32), on_a_gpu(128 * 128 * 128)), (4, 1));
    }
}

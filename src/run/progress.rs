//! What a person sees while it runs: a bar on a terminal, a plain line now and then elsewhere, nothing if so asked.

use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressStyle};
use std::io::{IsTerminal, Write};

use crate::model::parameters::Setup;
use crate::sim::stage::Stage;
use crate::solver::step::{Clock, StepReport};

/// Time between plain lines.
const PLAIN_INTERVAL: Duration = Duration::from_secs(10);
/// Divisions of the bar.
const DIVISIONS: u64 = 1000;

/// Time between lines for a program.
const TOLD_INTERVAL: Duration = Duration::from_millis(300);

/// Whom a run tells how it goes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Voice {
    /// people, on standard error
    #[default]
    People,
    /// the program that started it, on standard output: a line with the share that is done and a line for people, and errors on
    /// standard error
    Program,
    /// nobody but for errors
    Nobody,
}

/// Reports the progress of a run.
pub struct Progress {
    kind: Kind,
    began: Instant,
    first_share: f64,
    first_step: u64,
}

enum Kind {
    Quiet,
    Lines { to: Voice, last: Option<Instant> },
    Bar(ProgressBar),
}

impl Progress {
    /// Progress of a run that stands at `clock`.
    pub fn new(setup: &Setup, stage: &Stage, clock: &Clock, voice: Voice) -> Self {
        let kind = if voice == Voice::Nobody {
            Kind::Quiet
        } else if voice == Voice::People && std::io::stderr().is_terminal() {
            let bar = ProgressBar::new(DIVISIONS);
            if let Ok(style) = ProgressStyle::with_template("{bar:30} {percent:>3} %  {msg}") {
                bar.set_style(style);
            }
            Kind::Bar(bar)
        } else {
            Kind::Lines { to: voice, last: None }
        };
        Self { kind, began: Instant::now(), first_share: share(setup, stage, clock), first_step: clock.step }
    }

    /// Shows where the run stands.
    pub fn show(&mut self, setup: &Setup, stage: &Stage, clock: &Clock, report: &StepReport) {
        match &mut self.kind {
            Kind::Quiet => return,
            Kind::Lines { to, last } => {
                let interval = if *to == Voice::Program { TOLD_INTERVAL } else { PLAIN_INTERVAL };
                if last.is_some_and(|last| last.elapsed() < interval) {
                    return;
                }
                *last = Some(Instant::now());
            }
            Kind::Bar(_) => {}
        }
        let line = self.line(setup, stage, clock, report);
        match &self.kind {
            Kind::Bar(bar) => {
                bar.set_position((share(setup, stage, clock) * DIVISIONS as f64) as u64);
                bar.set_message(line);
            }
            // a reader that has gone away does not end a run
            Kind::Lines { to: Voice::Program, .. } => {
                drop(writeln!(std::io::stdout(), "{:.4} {line}", share(setup, stage, clock)))
            }
            _ => drop(writeln!(std::io::stderr(), "{line}")),
        }
    }

    fn line(&self, setup: &Setup, stage: &Stage, clock: &Clock, report: &StepReport) -> String {
        let elapsed = self.began.elapsed().as_secs_f64();
        let steps = (clock.step - self.first_step) as f64;
        let done = share(setup, stage, clock) - self.first_share;
        let left = if done > 1e-3 {
            let seconds = elapsed * (1.0 - share(setup, stage, clock)) / done;
            humantime::format_duration(Duration::from_secs(seconds.min(1e9) as u64)).to_string()
        } else {
            "?".into()
        };
        format!(
            "step {}  t {}  dt {}  {:.4} mAh/cm²  {:.2} mV  {} nuclei  {:.2} Mcells/s  {:.1} Newton  left {left}",
            clock.step,
            seconds(clock.time),
            seconds(report.dt),
            clock.charge(setup).abs() / 36_000.0,
            clock.potential * 1e3,
            clock.nuclei,
            steps * setup.grid.cells() as f64 / elapsed.max(1e-9) / 1e6,
            report.iterations as f64,
        )
    }

    /// Takes the bar away.
    pub fn finish(&self) {
        if let Kind::Bar(bar) = &self.kind {
            bar.finish_and_clear();
        }
    }
}

/// A time in a unit that suits it.
fn seconds(t: f64) -> String {
    match t {
        t if t >= 100.0 => format!("{t:.0} s"),
        t if t >= 0.1 => format!("{t:.2} s"),
        t if t >= 1e-4 => format!("{:.2} ms", t * 1e3),
        t => format!("{:.2} µs", t * 1e6),
    }
}

/// Share of the run that is done, by its charge, its time, its height or the steps of its protocol.
fn share(setup: &Setup, stage: &Stage, clock: &Clock) -> f64 {
    let by_charge = setup.end.charge.map(|end| clock.passed / end);
    let by_time = setup.end.time.map(|end| clock.time / end);
    let height = setup.collector.height;
    let by_height = setup.end.height.map(|end| (clock.inventory.height * setup.grid.dx - height) / (end - height));
    let by_steps =
        (!setup.protocol.is_empty()).then(|| setup.protocol.done(stage.place) as f64 / setup.protocol.length() as f64);
    [by_charge, by_time, by_height, by_steps].into_iter().flatten().fold(0.0, f64::max).clamp(0.0, 1.0)
}

//! What the operators add up to: the V-cycle, the linear solve, a Newton iteration and whole steps.

use serde::Serialize;

use super::operators::{Call, OPERATORS};
use super::stopwatch::{Lap, Spread, enough, lap, processor_seconds, repeated};
use super::{BenchError, fields};
use crate::model::parameters::Setup;
use crate::solver::backend::{Backend, BackendError, Counts, State, Vector};
use crate::solver::multigrid;
use crate::solver::newton::{self, LINEAR_ITERATIONS};
use crate::solver::step::{Clock, Problem};

/// Steps before those that are timed: the profile of the deposit settles, the time step grows to its limit.
const SETTLING: usize = 5;
/// Fall of the residual that a linear solve is asked for.
pub const FALL: f64 = 1e-6;
/// Calls of the solver's linear iterations after which a solve is given up.
const PATIENCE: usize = 40;

/// A run on the deposit, at its start or after some steps.
pub struct Trial<'a> {
    /// the run
    pub setup: &'a Setup,
    /// its fixed data
    pub problem: Problem,
    /// what the host remembers
    pub clock: Clock,
    /// the fields
    pub state: State,
    /// the last step that was taken
    pub last: Option<crate::solver::step::StepReport>,
}

/// What a step hands to the device and waits for, on average.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct MeanCounts {
    /// kernels and copies
    pub launches: f64,
    /// submissions of several of them
    pub submissions: f64,
    /// times that the host waits for values
    pub read_backs: f64,
    /// bytes of those values
    pub bytes_read: f64,
    /// bytes of the buffers that kernels and copies are given: each once if it is read and once if it is written
    pub bytes_moved: f64,
    /// V-cycles
    pub v_cycles: f64,
}

impl MeanCounts {
    fn of(all: Counts, steps: usize) -> Self {
        let mean = |count: u64| count as f64 / steps as f64;
        Self {
            launches: mean(all.launches),
            submissions: mean(all.submissions),
            read_backs: mean(all.read_backs),
            bytes_read: mean(all.bytes_read),
            bytes_moved: mean(all.bytes_moved),
            v_cycles: mean(all.v_cycles),
        }
    }
}

/// Whole steps.
#[derive(Clone, Debug)]
pub struct Steps {
    /// by the wall clock \[s\]
    pub seconds: Spread,
    /// Newton iterations in a step
    pub newton: Spread,
    /// mean of them, which the model of a card asks for
    #[cfg(feature = "gpu")]
    pub newton_mean: f64,
    /// length of a step in the simulation \[s\]
    pub dt: Spread,
    /// what limits it
    pub limited_by: String,
    /// attempts that were thrown away, and are part of the time
    pub rejected: usize,
    /// what a step hands to the device and waits for, means of all steps, if there is a device
    pub counts: Option<MeanCounts>,
    /// share of the wall time in which the device, or the processors, did nothing for this program, or why nobody knows
    pub idle: Result<f64, String>,
}

/// A linear solve.
#[derive(Clone, Copy, Debug)]
pub struct Solve {
    /// what it takes \[s\]; none if the residual did not fall far enough
    pub seconds: Option<Spread>,
    /// linear iterations, each with one V-cycle
    pub iterations: usize,
    /// residual at its start \[current scale · dx²\]
    start: f64,
}

impl<'a> Trial<'a> {
    /// Puts the deposit into a backend and takes the steps after which it has settled.
    ///
    /// # Errors
    /// If a step cannot be taken or the device fails.
    pub fn settle(setup: &'a Setup, heights: &'a [f64], b: &mut dyn Backend) -> Result<Self, BenchError> {
        let problem = Problem::new(setup, heights);
        b.load(&fields::deposit(setup, heights))?;
        let mut clock = problem.start(b)?;
        let mut last = None;
        for _ in 0..SETTLING {
            last = Some(problem.advance(b, &mut clock, f64::INFINITY)?);
        }
        Ok(Self { setup, problem, clock, state: b.state()?, last })
    }

    /// Numbers that the operators are called with.
    pub fn call(&self) -> Call {
        Call { half_advance: 0.5 * self.problem.scales.front_speed() * self.clock.dt }
    }

    /// Prepares the equations of the next step, whose old values are those of `state`, as `Problem::advance` does.
    fn begin(&self, b: &mut dyn Backend, state: &State) -> Result<(), BackendError> {
        b.load(state)?;
        b.begin_step(0.0);
        b.interface(self.call().half_advance);
        b.set_step(&self.problem.scales.step(
            self.setup,
            self.clock.control,
            self.clock.dt,
            self.clock.phi_reference,
            0.0,
        ));
        Ok(())
    }

    /// Prepares the linearised equations of the next step from a state, and everything else that an operator reads.
    ///
    /// # Errors
    /// If the device fails.
    pub fn prepare(&self, b: &mut dyn Backend, state: &State) -> Result<(), BackendError> {
        self.begin(b, state)?;
        b.linearise();
        b.coarsen();
        newton::correct(b, LINEAR_ITERATIONS);
        Ok(())
    }

    /// Seconds of each operator on a state, in the order of the table.
    ///
    /// # Errors
    /// If the device fails.
    pub fn operators(&self, b: &mut dyn Backend, state: &State) -> Result<Vec<Spread>, BackendError> {
        self.prepare(b, state)?;
        let call = self.call();
        OPERATORS.iter().map(|operator| repeated(b, |b| (operator.say)(b, &call))).collect()
    }

    /// Seconds of a V-cycle with a sweep of each of these weights before and after the coarse correction.
    ///
    /// # Errors
    /// If the device fails.
    pub fn cycle(&self, b: &mut dyn Backend, weights: &[f32]) -> Result<Spread, BackendError> {
        self.prepare(b, &self.state)?;
        repeated(b, |b| {
            multigrid::v_cycle_with(b, weights);
            Ok(())
        })
    }

    /// The first linear system of the next step from a uniform potential and uniform salt, solved from a zero correction until
    /// its residual has fallen to [`FALL`].
    ///
    /// # Errors
    /// If the device fails.
    pub fn cold(&self, b: &mut dyn Backend) -> Result<Solve, BackendError> {
        let n = self.setup.grid.cells();
        let phi = (-self.clock.potential - self.clock.phi_reference) / self.problem.scales.potential;
        let guess = State {
            phi_before: self.state.phi.clone(),
            c_before: self.state.c.clone(),
            phi: vec![phi; n],
            c: vec![0.0; n],
            ..self.state.clone()
        };
        self.solve(b, Some(&guess), None)
    }

    /// Solves the first linear system of the next step from the solution of the step before, which the movement of the front, the new reaction area and the time step
    /// perturb; solved to the residual at which the cold solve stops.
    ///
    /// # Errors
    /// If the device fails.
    pub fn warm(&self, b: &mut dyn Backend, cold: &Solve) -> Result<Solve, BackendError> {
        self.solve(b, None, Some(FALL * cold.start))
    }

    fn solve(&self, b: &mut dyn Backend, guess: Option<&State>, target: Option<f64>) -> Result<Solve, BackendError> {
        let begin = |b: &mut dyn Backend| -> Result<(), BackendError> {
            self.begin(b, &self.state)?;
            guess.iter().try_for_each(|guess| b.load(guess))?;
            b.linearise();
            b.coarsen();
            Ok(())
        };
        begin(b)?;
        let start = self.residual(b)?;
        let target = target.unwrap_or(FALL * start);
        let mut calls = 0;
        loop {
            newton::correct(b, LINEAR_ITERATIONS);
            calls += 1;
            let residual = self.residual(b)?;
            if residual <= target {
                break;
            }
            if calls == PATIENCE || residual.is_nan() {
                return Ok(Solve { seconds: None, iterations: LINEAR_ITERATIONS * calls, start });
            }
        }
        // once more against the clock, without a look at the residual
        let mut seconds = Vec::new();
        while !enough(&seconds) {
            begin(b)?;
            let work = |b: &mut dyn Backend| -> Result<(), BackendError> {
                (0..calls).for_each(|_| newton::correct(b, LINEAR_ITERATIONS));
                Ok(())
            };
            seconds.push(lap(b, work)?.1.seconds());
        }
        Ok(Solve { seconds: Some(Spread::of(&seconds)), iterations: LINEAR_ITERATIONS * calls, start })
    }

    /// Norm of the residual that the linear solver makes small: the salt equation counts as much as the charge equation.
    fn residual(&self, b: &mut dyn Backend) -> Result<f64, BackendError> {
        let weight = f64::from(self.problem.scales.physics(self.setup).salt_weight);
        let square: f64 = b.vector(Vector::Residual)?.iter().map(|r| r[0] * r[0] + weight * r[1] * r[1]).sum();
        Ok(square.sqrt())
    }

    /// Seconds of a Newton iteration by the wall clock: those of Newton's method in the next step over its iterations, the last
    /// look at the residual included.
    ///
    /// # Errors
    /// If it does not converge or the device fails.
    pub fn newton(&self, b: &mut dyn Backend) -> Result<Spread, BenchError> {
        let mut seconds = Vec::new();
        while !enough(&seconds) {
            self.begin(b, &self.state)?;
            let (solved, lap) = lap(b, |b| newton::solve(b).map_err(BenchError::from))?;
            seconds.push(lap.wall / solved.iterations.max(1) as f64);
        }
        Ok(Spread::of(&seconds))
    }

    /// Real steps, each as a run takes it; `on_the_host` if the backend computes on the processors of this machine.
    ///
    /// # Errors
    /// If one cannot be taken or the device fails.
    pub fn steps(&mut self, b: &mut dyn Backend, on_the_host: bool) -> Result<Steps, BenchError> {
        b.load(&self.state)?;
        let (mut seconds, mut newton, mut dt) = (Vec::new(), Vec::new(), Vec::new());
        let counted = b.counts();
        let (mut rejected, mut wall, mut busy) = (0, 0.0, Some(0.0));
        let before = processor_seconds();
        while !enough(&seconds) {
            let (problem, clock) = (&self.problem, &mut self.clock);
            let (report, Lap { wall: step, busy: worked }) =
                lap(b, |b| problem.advance(b, clock, f64::INFINITY).map_err(BenchError::from))?;
            seconds.push(step);
            newton.push(report.iterations as f64);
            dt.push(report.dt);
            rejected += report.rejected.len();
            wall += step;
            busy = busy.zip(worked).map(|(sum, worked)| sum + worked);
            self.last = Some(report);
        }
        let counts = b.counts().zip(counted).map(|(after, before)| MeanCounts::of(after - before, seconds.len()));
        let idle = match (busy, processor_seconds().and_then(|after| Ok(after - before?))) {
            (Some(busy), _) => Ok(1.0 - busy / wall),
            (None, _) if !on_the_host => Err("the adapter has no timestamps".into()),
            (None, Ok(used)) => Ok((1.0 - used / (wall * rayon::current_num_threads() as f64)).clamp(0.0, 1.0)),
            (None, Err(reason)) => Err(reason),
        };
        self.state = b.state()?;
        #[cfg(feature = "gpu")]
        let newton_mean = newton.iter().sum::<f64>() / newton.len() as f64;
        let [seconds, newton, dt] = [seconds, newton, dt].map(|values| Spread::of(&values));
        Ok(Steps {
            seconds,
            newton,
            #[cfg(feature = "gpu")]
            newton_mean,
            dt,
            limited_by: self.clock.limited_by.to_string(),
            rejected,
            counts,
            idle,
        })
    }
}

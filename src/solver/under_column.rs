//! A time step under a column of electrolyte: what the box is told of it before, and what the column becomes after.

use super::backend::{Backend, Balance};
use super::clock::Clock;
use super::column::{After, Through};
use super::newton::{self, NewtonError, Solved};
use super::problem::Problem;
use crate::model::constants::FARADAY;
use crate::model::parameters::Control;
use crate::model::scales::Above;

/// How far the potential of the column above the box may be from what a step at a given potential was solved with \[V\].
const COLUMN_CLOSE: f64 = 1e-6;
/// How close the potential below a column must come after two more solutions \[V\].
const COLUMN_SETTLED: f64 = 1e-5;
/// Solutions for it in a step after the first. None is usual: to first order in the salt the potential is part of the solution.
const COLUMN_CORRECTIONS: usize = 5;

impl Problem {
    /// What went through the top in a step of `dt` \[s\].
    fn through(&self, clock: &Clock, balance: &Balance, dt: f64) -> Through {
        let area = self.setup.grid.area();
        let current = match clock.imposed() {
            Control::Current(i) => i,
            control => self.entered(control, balance, dt) / (area * dt),
        };
        Through { current, flux: balance.top_salt * self.scales.box_current() / (FARADAY * area) }
    }

    /// The column above the box after a step of `dt` \[s\], if there is one.
    pub(super) fn column_after(&self, clock: &Clock, balance: &Balance, dt: f64) -> Option<After> {
        let column = clock.column.as_ref()?;
        Some(column.after(&self.setup, &self.column, self.through(clock, balance, dt), dt))
    }

    /// Salt in the column above the box \[mol\].
    pub(super) fn salt_above(&self, clock: &Clock) -> f64 {
        clock.column.as_ref().map_or(0.0, |column| column.salt(&self.column) * self.setup.grid.area())
    }

    /// What the box sees of the column above it, if as much salt and current go through as did in the step before.
    pub(super) fn guessed_above(&self, clock: &Clock, dt: f64) -> Option<Above> {
        let column = clock.column.as_ref()?;
        let current = match clock.imposed() {
            Control::Current(i) => i,
            Control::Potential(_) => clock.current,
        };
        Some(column.after(&self.setup, &self.column, Through { current, flux: column.flux }, dt).above)
    }

    /// Solves a step at a given potential again until the potential between box and far end is that of what goes through: `assumed`
    /// is what it was `solved` with.
    pub(super) fn under_column(
        &self,
        b: &mut dyn Backend,
        clock: &Clock,
        dt: f64,
        mut assumed: Above,
        mut solved: Result<Solved, NewtonError>,
        set: impl Fn(&mut dyn Backend, &Above),
    ) -> Result<Solved, NewtonError> {
        if let Control::Current(_) = clock.imposed() {
            return solved;
        }
        for correction in 0..COLUMN_CORRECTIONS {
            let Ok(Solved { balance, iterations }) = &solved else { break };
            let Some(After { column, above, .. }) = self.column_after(clock, balance, dt) else { break };
            let Through { current, flux } = self.through(clock, balance, dt);
            let excess = column.drop - assumed.drop(flux, current);
            // in single precision the current may know it no better
            let settled = correction > 1 && excess.abs() < COLUMN_SETTLED;
            if excess.abs() < COLUMN_CLOSE || settled {
                break;
            }
            assumed = above;
            set(b, &assumed);
            let before = *iterations;
            solved = newton::solve(b).map(|solved| Solved { iterations: before + solved.iterations, ..solved });
        }
        solved
    }
}

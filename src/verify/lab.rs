//! Where the cases are run: a device, and how much time there is.

use std::path::Path;

use super::VerifyError;
use crate::config;
use crate::model::collector::Statics;
use crate::model::parameters::Setup;
use crate::run::RunError;
use crate::sim::Simulation;
use crate::sim::device::DeviceChoice;
use crate::sim::start::load_heights;
use crate::solver::backend::{Field, State};
use crate::solver::step::StepReport;

/// What all cases share.
#[derive(Clone, Copy, Debug)]
pub struct Lab {
    /// which device computes
    pub device: DeviceChoice,
    /// only the checks that take seconds; they are the same ones, with the same numbers, as in the full set
    pub quick: bool,
}

/// The configs of `configs/verification/`, part of the program so that it can be verified anywhere.
const CONFIGS: &[(&str, &str)] = &[
    ("planar", include_str!("../../configs/verification/planar.toml")),
    ("dispersion", include_str!("../../configs/verification/dispersion.toml")),
    ("modes", include_str!("../../configs/verification/modes.toml")),
    ("unsteady_finger", include_str!("../../configs/verification/unsteady_finger.toml")),
    ("wulff", include_str!("../../configs/verification/wulff.toml")),
    ("finger", include_str!("../../configs/verification/finger.toml")),
    ("binary", include_str!("../../configs/verification/binary.toml")),
    ("boss", include_str!("../../configs/verification/boss.toml")),
    ("sphere", include_str!("../../configs/verification/sphere.toml")),
    ("sand", include_str!("../../configs/verification/sand.toml")),
    ("limiting", include_str!("../../configs/verification/limiting.toml")),
    ("limits", include_str!("../../configs/verification/limits.toml")),
    ("sei", include_str!("../../configs/verification/sei.toml")),
    ("voids", include_str!("../../configs/verification/voids.toml")),
    ("floating", include_str!("../../configs/verification/floating.toml")),
    ("symmetry", include_str!("../../configs/verification/symmetry.toml")),
    ("nucleation", include_str!("../../configs/verification/nucleation.toml")),
    ("manufactured", include_str!("../../configs/verification/manufactured.toml")),
    ("copper", include_str!("../../configs/verification/copper.toml")),
    ("contact", include_str!("../../configs/verification/contact.toml")),
    ("ripening", include_str!("../../configs/verification/ripening.toml")),
    ("devices", include_str!("../../configs/verification/devices.toml")),
];

/// A run under observation.
pub struct Specimen<'a> {
    /// the run in SI
    pub setup: &'a Setup,
    /// the simulation of it
    pub sim: Simulation,
}

impl Lab {
    /// A config of `configs/verification/`, `overrides` as after `--set`.
    ///
    /// # Errors
    /// If it is wrong.
    pub fn config(&self, name: &str, overrides: &[String]) -> Result<Setup, VerifyError> {
        let (_, text) = CONFIGS
            .iter()
            .find(|(known, _)| *known == name)
            .ok_or_else(|| VerifyError::Case(format!("there is no config {name}")))?;
        let path = format!("configs/verification/{name}.toml");
        Ok(config::from_text(text, Path::new(&path), overrides)?.setup)
    }

    /// Starts a run and hands it to `look`.
    ///
    /// # Errors
    /// If the device cannot be opened or fails, or `look` returns an error.
    pub fn with<T>(
        &self,
        setup: &Setup,
        look: impl FnOnce(&mut Specimen) -> Result<T, VerifyError>,
    ) -> Result<T, VerifyError> {
        let heights = load_heights(setup).map_err(RunError::Copper)?;
        self.with_copper(setup, &heights, &Statics::new(setup, &heights), look)
    }

    /// Starts a run on copper whose heights \[m\] and fields are given, and hands it to `look`.
    ///
    /// # Errors
    /// As [`Lab::with`].
    pub fn with_copper<T>(
        &self,
        setup: &Setup,
        heights: &[f64],
        statics: &Statics,
        look: impl FnOnce(&mut Specimen) -> Result<T, VerifyError>,
    ) -> Result<T, VerifyError> {
        let (setup_of_it, copper, statics) = (setup.clone(), heights.to_vec(), statics.clone());
        let sim = Simulation::with_statics(setup_of_it, copper, statics, self.device).map_err(RunError::from)?;
        look(&mut Specimen { setup, sim })
    }
}

impl Specimen<'_> {
    /// Begins from a state instead of the config's.
    ///
    /// # Errors
    /// If the device fails.
    pub fn begin_from(&mut self, state: &State) -> Result<(), VerifyError> {
        Ok(self.sim.begin_from(state)?)
    }

    /// One step, ending at `until` \[s\] at the latest.
    ///
    /// # Errors
    /// If none can be taken.
    pub fn step(&mut self, until: f64) -> Result<StepReport, VerifyError> {
        Ok(self.sim.step_until(until, None)?.report)
    }

    /// One step of just this length \[s\], whatever the limits would choose.
    ///
    /// # Errors
    /// If it cannot be taken.
    pub fn step_by(&mut self, dt: f64) -> Result<StepReport, VerifyError> {
        self.sim.clock_mut().dt = dt;
        let report = self.step(self.sim.time() + dt)?;
        match report.rejected.first() {
            None => Ok(report),
            Some((_, reason)) => Err(VerifyError::Case(format!("a step of {dt:e} s was thrown away: {reason}"))),
        }
    }

    /// Mean over the front of a field that rides on it, of cells that have one of their own, weighted with ξ²(1 − ξ)², in scaled units.
    ///
    /// # Errors
    /// If the device fails.
    pub fn riding_at_front(&mut self, name: &'static str) -> Result<f64, VerifyError> {
        let (xi, riding) = (self.sim.backend().field(Field::Xi)?, self.sim.backend().field(Field::Riding(name))?);
        let own = xi.iter().zip(&riding).filter(|(_, value)| **value >= 0.0);
        let [sum, weights] = own.fold([0.0; 2], |[sum, weights], (&xi, &value)| {
            let weight = (f64::from(xi) * (1.0 - f64::from(xi))).powi(2);
            [sum + weight * f64::from(value), weights + weight]
        });
        Ok(sum / weights)
    }

    /// Steps up to a time \[s\].
    ///
    /// # Errors
    /// If a step cannot be taken.
    pub fn advance_to(&mut self, time: f64) -> Result<(), VerifyError> {
        while self.sim.time() < time {
            self.step(time)?;
        }
        Ok(())
    }
}

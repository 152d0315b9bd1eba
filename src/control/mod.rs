//! What decides about a step: pure numbers, no fields and no device.
//!
//! `controller` judges attempt after attempt until one stands; `time_step` limits the length of steps, `edge` ends them at limits of
//! potential, voltage and current, `compliance` holds a current back that the electrolyte cannot carry.

pub mod compliance;
pub mod controller;
pub mod edge;
pub mod time_step;

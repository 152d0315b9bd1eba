//! The order of the step, Newton's method and the V-cycle, once, over the verbs of a backend.

pub mod backend;
pub mod clock;
pub mod column;
pub mod depletion;
pub mod ledger;
pub mod multigrid;
pub mod newton;
pub mod problem;
pub mod rise;
pub mod step;
mod under_column;

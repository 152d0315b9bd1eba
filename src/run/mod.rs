//! The conductor of a run.

pub mod start;

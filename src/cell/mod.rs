//! From morphology to a cell: energy, range and life from a design, and from what a run has measured.
//!
//! Pure functions over plain structs in SI: `design` has the keys of `[cell]`, `stack` one pair of electrodes, `energy` a cell and the same
//! room filled otherwise, `pack` range and metals, `life` capacity against cycles, `fleet` the journeys of a car with two kinds of cells,
//! `measured` what a run tells, `answer` the tables of `liplate cell`. Every figure names its formula, and docs/cells.md has them all.

pub mod answer;
pub mod design;
pub mod energy;
pub mod fleet;
pub mod formulas;
pub mod life;
pub mod measured;
pub mod pack;
pub mod stack;
pub mod table;

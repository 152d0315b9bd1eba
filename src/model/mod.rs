//! What the words mean: plain data and pure functions.

pub mod cathode;
pub mod collector;
pub mod constants;
pub mod electrolyte;
pub mod grid;
pub mod keys;
pub mod kinetics;
pub mod measured;
pub mod nucleation;
pub mod numerics;
pub mod orientation;
pub mod parameters;
pub mod pieces;
pub mod profile;
pub mod protocol;
pub mod random;
pub mod regime;
pub mod scales;
pub mod stored;
pub mod uniforms;

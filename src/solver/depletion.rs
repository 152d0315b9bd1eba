//! Whether the salt at the lithium is used up.
//!
//! Beyond the limiting current a given current has no solution once the salt is gone: the potential falls without bound. The time
//! step then shrinks far below what salt and front need, and either the compliance takes over (see `compliance`) or, without one, the
//! run ends. A run whose potential levels off, because the front has come closer to the salt or has spread, never gets there.

use super::backend::{Backend, BackendError, Field};
use crate::model::parameters::{Control, Setup};
use crate::model::regime::is_at_front;

/// A step shorter than this part of the time that salt takes across a cell, dx²/D, follows the potential alone.
const SHORT: f64 = 0.1;
/// c/c0 at the lithium below which it counts as used up.
pub const USED_UP: f64 = 0.02;
/// Salt that is used up.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct UsedUp {
    /// c/c0 where it is lowest at the lithium
    pub c: f64,
    /// that place, from the corner of the box \[m\]
    pub place: [f64; 3],
}

/// Looks at the salt if a next step of `dt` \[s\] under `control`, a given current, is too short for anything but a potential that runs
/// away. Neither the front nor the salt, which takes ten such steps across a cell, ask for so short a step.
///
/// # Errors
/// If the device fails.
pub fn look(b: &mut dyn Backend, setup: &Setup, control: Control, dt: f64) -> Result<Option<UsedUp>, BackendError> {
    let diffusivity = setup.electrolyte.at(setup.top.c0, setup.temperature).diffusivity;
    let across = setup.grid.dx * setup.grid.dx / diffusivity;
    let given = matches!(control, Control::Current(_));
    if given && dt < SHORT * across { lowest(b, setup) } else { Ok(None) }
}

/// Where the salt at the lithium is lowest, if it is used up there. The interface is then that of the lithium as it is: what the last
/// step or output left of it differs in a run that was resumed.
///
/// # Errors
/// If the device fails.
pub fn lowest(b: &mut dyn Backend, setup: &Setup) -> Result<Option<UsedUp>, BackendError> {
    if !setup.electrolyte.has_salt() {
        return Ok(None);
    }
    b.interface(0.0);
    let (c, xi, delta) = (b.field(Field::C)?, b.field(Field::Xi)?, b.field(Field::Delta)?);
    let lowest = (0..c.len()).filter(|&i| is_at_front(xi[i], delta[i].into())).min_by(|&i, &j| c[i].total_cmp(&c[j]));
    Ok(lowest
        .map(|i| UsedUp { c: (1.0 + f64::from(c[i])).max(0.0), place: setup.grid.centre(i) })
        .filter(|used_up| used_up.c < USED_UP))
}

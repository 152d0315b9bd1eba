//! The uniform part of the potential, before Newton's method: a scalar equation for the total current.
//!
//! A current that jumps moves the potential everywhere alike, by volts where a film stands between metal and electrolyte.
//! Newton's method, whose changes are held below 0.1 V because of the exponentials, would take a hundred iterations over
//! it; one unknown against one monotone sum takes ten evaluations, each a small part of an iteration.

use super::backend::{Backend, BackendError, Balance};

/// Largest rise tried, times 2 \[RT/F\]: beyond, more potential does not help.
const DOUBLINGS: usize = 12;
/// Evaluations after the root is enclosed.
const EVALUATIONS: usize = 12;
/// Part of the current that may be missing: Newton's method does the rest.
const CLOSE: f64 = 0.02;

/// Rise of the potential \[RT/F\] at which reaction and double layer together take the current that enters at the top; 0 if
/// no rise does. `set` sets the step's constants for a rise.
///
/// # Errors
/// If the device fails.
pub fn balanced(b: &mut dyn Backend, set: impl Fn(&mut dyn Backend, f64)) -> Result<f64, BackendError> {
    let mut unit = None;
    let mut excess = |rise: f64| -> Result<f64, BackendError> {
        set(b, rise);
        b.linearise();
        let balance = b.balance()?;
        Ok(difference(&balance, *unit.get_or_insert_with(|| scale(&balance))))
    };
    let here = excess(0.0)?;
    if here.is_nan() || here.abs() < CLOSE {
        return Ok(0.0);
    }
    let direction = -here.signum();
    let (mut near, mut far) = ((0.0, here), None);
    let mut step = 1.0;
    for _ in 0..DOUBLINGS {
        let value = excess(direction * step)?;
        if value.is_nan() {
            return Ok(0.0);
        }
        if value * here <= 0.0 {
            far = Some((direction * step, value));
            break;
        }
        near = (direction * step, value);
        step *= 2.0;
    }
    let Some(mut far) = far else { return Ok(0.0) };
    for _ in 0..EVALUATIONS {
        // between the secant and the middle: neither end stays where it is for long
        let secant = near.0 + (far.0 - near.0) * near.1 / (near.1 - far.1);
        let rise = 0.5 * (secant + 0.5 * (near.0 + far.0));
        let value = excess(rise)?;
        if value.abs() < CLOSE {
            return Ok(rise);
        }
        if value * near.1 > 0.0 {
            near = (rise, value);
        } else {
            far = (rise, value);
        }
    }
    Ok(if near.1.abs() < far.1.abs() { near.0 } else { far.0 })
}

/// A tenth of the current that enters; where none does, of what is still taken.
fn scale(balance: &Balance) -> f64 {
    let taken = (balance.reaction + balance.double_layer).abs();
    let current = if balance.top_current == 0.0 { taken } else { balance.top_current.abs() };
    0.1 * current.max(f64::MIN_POSITIVE)
}

/// Current taken less current entered on a scale that is linear below `unit` and logarithmic above: nearly straight in the rise,
/// whether film or kinetics limits.
fn difference(balance: &Balance, unit: f64) -> f64 {
    let scaled = |current: f64| (current / unit).asinh();
    scaled(balance.reaction + balance.double_layer) - scaled(balance.top_current)
}

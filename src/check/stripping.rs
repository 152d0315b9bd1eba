//! What `liplate check` says about the stripping of a run.

use super::line;
use crate::model::parameters::{Control, Setup};

/// Adds a line for each mechanism that has to say something of the stripping currents that are given.
pub(super) fn lines(text: &mut String, setup: &Setup) {
    let strips = |temperature: f64, control: Control| match control {
        Control::Current(current) if current < 0.0 => Some([-current, temperature]),
        _ => None,
    };
    let steps = setup.protocol.blocks.iter().flat_map(|block| &block.steps);
    let in_protocol = steps.filter_map(|step| strips(step.temperature.unwrap_or(setup.temperature), step.control));
    let of_top = setup.protocol.is_empty().then(|| strips(setup.temperature, setup.top.control)).flatten();
    let steps: Vec<[f64; 2]> = in_protocol.chain(of_top).collect();
    for (_, on) in setup.mechanisms.each() {
        if let Some((name, told)) = on.of_stripping(&setup.kinetics, &steps) {
            line(text, name, told);
        }
    }
}

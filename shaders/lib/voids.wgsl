// What a step does to the contact of a surface below a solid electrolyte, with the `parameters` of the kernel; the twin is src/mechanisms/voids/mod.rs.

// Bounds on what one step's stretching does to the voids.
const LEAST_STRETCH = 0.5;
const LARGEST_STRETCH = 2.0;
// Least share of a surface that stays in contact.
const LEAST_CONTACT = 1e-3;

// Contact that is lost in `parameters.dt` where lithium plates with this current density.
fn lost(lithium: f32) -> f32 {
    let opening = select(-lithium, -parameters.refilled * lithium, lithium > 0.0);
    var closing = parameters.critical;
    if parameters.exponent > 0.0 { closing *= pow(physics.stress / parameters.stress, parameters.exponent); }
    return parameters.per_charge * parameters.dt * (opening - closing);
}

// What is left of a contact in a step that would take `loss` of it; beyond a half the rate falls with what is left.
fn left(loss: f32) -> f32 {
    return select(0.5 * exp(1.0 - 2.0 * max(loss, 0.5)), 1.0 - loss, loss <= 0.5);
}

// Share in contact after so much of the whole surface is lost, and the surface is stretched.
fn carried(share: f32, loss: f32, stretch: f32) -> f32 {
    let after = min(share * left(loss / share), 1.0);
    return max(1.0 - (1.0 - after) / clamp(stretch, LEAST_STRETCH, LARGEST_STRETCH), LEAST_CONTACT);
}

// Resistance of stripes of contact that are this share of a surface, over their period times pi: ln(1/sin(pi/2 share)). WGSL's own sine may err by 2^-11;
// these are the terms of its series up to the eleventh power, right to 6e-8.
fn constricted(share: f32) -> f32 {
    let s = share * share;
    let inner = 0.07969262625 + s * (-0.00468175414 + s * (0.00016044118 + s * -0.00000359884));
    let sine = share * (1.57079632679 + s * (-0.64596409751 + s * inner));
    return -log(min(sine, 1.0));
}

// What a step does to the contact of a surface below a solid electrolyte, with the `parameters` of the kernel; the twin is src/mechanisms/voids/mod.rs.

// Bound on what one step's stretching does to the voids.
const LARGEST_STRETCH = 2.0;
// Least share of a surface that stays in contact.
const LEAST_CONTACT = 1e-3;

// Contact that is lost in `parameters.dt` where lithium plates with this current density.
fn lost(plating: f32) -> f32 {
    let opening = select(-plating, -parameters.refilled * plating, plating > 0.0);
    return parameters.per_charge * parameters.dt * (opening - parameters.critical);
}

// What is left of a contact in a step that would take `loss` of it; beyond a half the rate falls with what is left.
fn left(loss: f32) -> f32 {
    return select(0.5 * exp(1.0 - 2.0 * max(loss, 0.5)), 1.0 - loss, loss <= 0.5);
}

// Share in contact after the surface is stretched, and so much of the whole of it is lost.
fn carried(share: f32, loss: f32, stretch: f32) -> f32 {
    let spread = 1.0 - (1.0 - share) / clamp(stretch, 1.0, LARGEST_STRETCH);
    return clamp(spread * left(loss / spread), LEAST_CONTACT, 1.0);
}

// Resistance of stripes of contact that are this share of a surface, over their period times pi: ln(1/sin(pi/2 share)). WGSL's own sine may err by 2^-11;
// these are the terms of its series up to the eleventh power, right to 6e-8.
fn constricted(share: f32) -> f32 {
    let s = share * share;
    let inner = 0.07969262625 + s * (-0.00468175414 + s * (0.00016044118 + s * -0.00000359884));
    let sine = share * (1.57079632679 + s * (-0.64596409751 + s * inner));
    return -log(min(sine, 1.0));
}

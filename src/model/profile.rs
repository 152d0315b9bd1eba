//! The profile of a diffuse surface, and the signed distance that it stands for. Lengths in one unit, that of `ell`.

use crate::model::numerics::PROFILE_CLIP;

/// ξ = ½\[1 + tanh(d/2ℓ)\] at a distance `d` into the body.
pub fn fraction(d: f64, ell: f64) -> f64 {
    0.5 * (1.0 + (0.5 * d / ell).tanh())
}

/// q = ℓ ln(ξ/(1−ξ)), positive in the body; ξ is clipped.
pub fn signed_distance(xi: f64, ell: f64) -> f64 {
    let xi = xi.clamp(PROFILE_CLIP, 1.0 - PROFILE_CLIP);
    ell * (xi / (1.0 - xi)).ln()
}

//! Signed distance to the interface, q = ℓ ln(ξ/(1−ξ)).

use multiversion::multiversion;

use super::elementary::logarithm;
use super::shape::Shape;
use crate::model::numerics::PROFILE_CLIP;

/// ξ → q, as `model::profile::signed_distance`.
pub fn distance(shape: &Shape, xi: &[f64], ell: f64, q: &mut [f64]) {
    shape.strips(q, || (), |(), strip, q| distance_strip(strip.of(xi), ell, q));
}

#[multiversion(targets = "simd")]
fn distance_strip(xi: &[f64], ell: f64, q: &mut [f64]) {
    for (q, &xi) in q.iter_mut().zip(xi) {
        let xi = if xi > PROFILE_CLIP { xi } else { PROFILE_CLIP };
        let xi = if xi < 1.0 - PROFILE_CLIP { xi } else { 1.0 - PROFILE_CLIP };
        *q = ell * logarithm(xi / (1.0 - xi));
    }
}

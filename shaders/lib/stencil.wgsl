// Seven-point stencils. Opposite faces are summed in pairs, so that a mirrored state gives the mirrored result.

// What one face adds to the outflow of a cell (charge, salt) and to its diagonal (kappa, kappa_d, diffusivity).
struct Face {
    flux: vec2<f32>,
    diagonal: vec3<f32>,
}

// `factor`: half of area over distance; the sums are those of the coefficients on both sides; `difference` here - there.
fn face_terms(factor: f32, conduction: vec2<f32>, diffusivity: f32, difference: vec2<f32>) -> Face {
    let kappa = rounded3(factor * vec3<f32>(conduction, diffusivity));
    let charge = kappa.x * difference.x - kappa.y * difference.y;
    let salt = kappa.z * difference.y;
    return Face(rounded2(vec2<f32>(charge, salt)), kappa);
}

// Salt that the current through a face leaves behind where t+ differs from the neighbour's: -i . grad t+.
fn transference_gradient(charge: f32, here: f32, there: f32) -> f32 {
    return rounded2(vec2<f32>(0.5 * (there - here) * charge, 0.0)).x;
}

fn paired(west: Face, east: Face, south: Face, north: Face, below: Face, above: Face) -> Face {
    let flux = rounded2(rounded2(west.flux + east.flux) + rounded2(south.flux + north.flux));
    let diagonal = rounded3(rounded3(west.diagonal + east.diagonal) + rounded3(south.diagonal + north.diagonal));
    return Face(flux + rounded2(below.flux + above.flux), diagonal + rounded3(below.diagonal + above.diagonal));
}

// Solution of the 2 x 2 diagonal block of a cell.
fn solve_block(diagonal: vec3<f32>, phi: vec2<f32>, c: vec2<f32>, r: vec2<f32>) -> vec2<f32> {
    let a = diagonal.x + phi.x;
    let b = phi.y - diagonal.y;
    let d = c.x;
    let e = diagonal.z + c.y;
    let inverse = 1.0 / max(a * e - b * d, 1e-30);
    return vec2<f32>(e * r.x - b * r.y, a * r.y - d * r.x) * inverse;
}

// Outward component of n = grad q/|grad q| on a face, from the difference across it and the tangential central
// differences of both cells, lower axis first.
fn face_normal(outward: f32, here: vec2<f32>, there: vec2<f32>) -> f32 {
    let t = 0.5 * (here + there);
    let squares = rounded3(vec3<f32>(outward * outward, t * t));
    return outward / max(sqrt(squares.x + (squares.y + squares.z)), 1e-12);
}

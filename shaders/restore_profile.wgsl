// restore_profile - restores the tanh profile of the interface
//
//   xi_next = xi + strength div(w [grad xi - xi(1 - xi)/ell n])/w,   n = grad q/|grad q|
//
// xi(1 - xi)/ell is d xi/dq, taken across the face: a flat tanh profile is at rest to the last digit, in any direction.
//
// A divergence: it moves no lithium. Where q is equal on both sides, xi is equal or in the clipped tails; these are left
// alone from both sides. The face takes the smaller w of its two cells: inside rough copper w varies by orders of magnitude
// from cell to cell, and with the mean the explicit sub-step of the cell with less would be unstable.
//
// reads   xi, q, accessible
// writes  xi_next
// units   scaled, see src/model/scales.rs
// twin    src/cpu/front.rs

@group(0) @binding(0) var<uniform> physics: Physics;
@group(0) @binding(1) var<uniform> parameters: Parameters;
@group(0) @binding(2) var<storage, read> xi: array<f32>;
@group(0) @binding(3) var<storage, read> q: array<f32>;
@group(0) @binding(4) var<storage, read> accessible: array<f32>;
@group(0) @binding(5) var<storage, read_write> xi_next: array<f32>;

// Differences of q below this are too small to divide by [ell].
const LEVEL_DIFFERENCE = 0.01;
// Most that the slope exceeds that in both cells: an empty cell gives nothing, a full one takes nothing.
const LARGEST_SLOPE_RATIO = 3.0;

struct Parameters {
    strength: f32,
}

fn flux(p: vec3<u32>, i: u32, nb: u32, axis: u32, side: u32, here: vec3<f32>, n: vec3<u32>) -> f32 {
    let way = q[nb] - q[i];
    if way == 0.0 {
        return 0.0;
    }
    let rise = xi[nb] - xi[i];
    let profiles = vec2<f32>(xi[i] * (1.0 - xi[i]), xi[nb] * (1.0 - xi[nb])) / physics.ell;
    var slope = 0.5 * (profiles.x + profiles.y);
    if abs(way) > LEVEL_DIFFERENCE * physics.ell {
        slope = min(rise / way, LARGEST_SLOPE_RATIO * min(profiles.x, profiles.y));
    }
    let restoring = rounded(slope * normal(p, i, nb, axis, side, here, n));
    return rounded(min(accessible[i], accessible[nb]) * (rise - restoring));
}

@compute @workgroup_size(16, 4, 4)
fn restore_profile(@builtin(global_invocation_id) p: vec3<u32>) {
    let n = vec3<u32>(physics.nx, physics.ny, physics.nz);
    if !inside(p, n) { return; }
    let i = element(p, n);
    let here = central(p, n);
    let at = neighbours(p, n);
    let x = rounded(flux(p, i, at.west, 0u, 0u, here, n) + flux(p, i, at.east, 0u, 1u, here, n));
    let y = rounded(flux(p, i, at.south, 1u, 0u, here, n) + flux(p, i, at.north, 1u, 1u, here, n));
    let z = rounded(flux(p, i, at.below, 2u, 0u, here, n) + flux(p, i, at.above, 2u, 1u, here, n));
    let divergence = (x + y) + z;

    xi_next[i] = xi[i] + parameters.strength * divergence / accessible[i];
}

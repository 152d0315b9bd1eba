// predict - the lithium in the middle of the step: the front moved along its normal by half the step at the current of the last one
//
//   xi_mid = xi e^way/[(1 - xi) + xi e^way],   way = half_advance current_old |grad q|/ell
//
// The profile of a front that has moved by half_advance current_old. |grad q| is bounded by 3, the way by 1.
//
// reads   xi, q, current_old
// writes  xi_mid
// units   scaled, see src/model/scales.rs
// twin    src/cpu/interface.rs

@group(0) @binding(0) var<uniform> physics: Physics;
@group(0) @binding(1) var<uniform> parameters: Parameters;
@group(0) @binding(2) var<storage, read> xi: array<f32>;
@group(0) @binding(3) var<storage, read> q: array<f32>;
@group(0) @binding(4) var<storage, read> current_old: array<f32>;
@group(0) @binding(5) var<storage, read_write> xi_mid: array<f32>;

struct Parameters {
    half_advance: f32,
}

const LARGEST_GRADIENT = 3.0;
// Bound on the movement [ell].
const LARGEST_ADVANCE = 1.0;

@compute @workgroup_size(16, 4, 4)
fn predict(@builtin(global_invocation_id) p: vec3<u32>) {
    let n = vec3<u32>(physics.nx, physics.ny, physics.nz);
    if !inside(p, n) { return; }
    let i = element(p, n);
    let gradient = min(magnitude(central(p, n)), LARGEST_GRADIENT);
    let way = parameters.half_advance * current_old[i] * gradient / physics.ell;
    let moved = xi[i] * exp(clamp(way, -LARGEST_ADVANCE, LARGEST_ADVANCE));

    xi_mid[i] = moved / ((1.0 - xi[i]) + moved);
}

// isolated_solve - sums over each isolated piece to what follows from them; the sums become zero again
//
//   0: potential = a/b
//   1: shift = a/b, slope = b, potential += shift: a correction of Newton's method for a net current of zero
//   2: change = a/slope: how the potential follows a direction of the linear solver
//
// `piece_response` is (potential less phi_reference, shift, slope, change).
//
// reads   piece_sums, piece_response
// writes  piece_sums, piece_response
// units   scaled, see src/model/scales.rs
// twin    src/cpu/isolated.rs

@group(0) @binding(0) var<uniform> parameters: Parameters;
@group(0) @binding(1) var<storage, read_write> piece_sums: array<u32>;
@group(0) @binding(2) var<storage, read_write> piece_response: array<vec4<f32>>;

struct Parameters {
    count: u32, // of the pieces
    what: u32,
}

// Largest correction: where the kinetics is exponential, more is thrown back.
const MAX_PIECE_CORRECTION = 4.0;

fn taken(k: u32) -> f32 {
    let sum = vec3<u32>(piece_sums[k], piece_sums[k + 1u], piece_sums[k + 2u]);
    piece_sums[k] = 0u;
    piece_sums[k + 1u] = 0u;
    piece_sums[k + 2u] = 0u;
    return floating_point(sum);
}

fn ratio(a: f32, b: f32) -> f32 {
    return select(0.0, a / b, b > 0.0);
}

@compute @workgroup_size(64)
fn isolated_solve(@builtin(global_invocation_id) p: vec3<u32>) {
    if p.x >= parameters.count { return; }
    let a = taken(6u * p.x);
    let b = taken(6u * p.x + 3u);
    var response = piece_response[p.x];
    if parameters.what == 0u {
        response = vec4<f32>(ratio(a, b), 0.0, 0.0, 0.0);
    } else if parameters.what == 1u {
        let shift = clamp(ratio(a, b), -MAX_PIECE_CORRECTION, MAX_PIECE_CORRECTION);
        response = vec4<f32>(response.x + shift, shift, b, 0.0);
    } else {
        response.w = ratio(a, response.z);
    }

    piece_response[p.x] = response;
}

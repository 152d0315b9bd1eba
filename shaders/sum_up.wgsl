// sum_up - the correction, from the directions and how far the residual went along their images
//
//   correction = far of the uniform potential + sum over directions of factor direction
//
// An image is that of its direction less shares of older ones: what goes along it goes back along those directions, the newest first.
//
// reads   along, direction_0, direction_1, direction_2, direction_3, direction_4, direction_5
// writes  correction
// units   scaled, see src/model/scales.rs
// twin    src/cpu/vectors.rs

@group(0) @binding(0) var<uniform> physics: Physics;
@group(0) @binding(1) var<uniform> parameters: Parameters;
@group(0) @binding(2) var<storage, read> along: array<f32>;
@group(0) @binding(3) var<storage, read> direction_0: array<vec2<f32>>;
@group(0) @binding(4) var<storage, read> direction_1: array<vec2<f32>>;
@group(0) @binding(5) var<storage, read> direction_2: array<vec2<f32>>;
@group(0) @binding(6) var<storage, read> direction_3: array<vec2<f32>>;
@group(0) @binding(7) var<storage, read> direction_4: array<vec2<f32>>;
@group(0) @binding(8) var<storage, read> direction_5: array<vec2<f32>>;
@group(0) @binding(9) var<storage, read_write> correction: array<vec2<f32>>;

struct Parameters {
    directions: u32, // how many there are, 0 to 6
}

@compute @workgroup_size(64, 2, 2)
fn sum_up(@builtin(global_invocation_id) p: vec3<u32>) {
    let n = vec3<u32>(physics.nx, physics.ny, physics.nz);
    if !inside(p, n) { return; }
    let i = element(p, n);
    var factors: array<f32, DIRECTIONS>;
    for (var slot = 0u; slot < parameters.directions; slot++) {
        factors[slot] = along[far_of(slot)];
    }
    for (var slot = parameters.directions; slot > 1u; slot--) {
        for (var older = 0u; older + 1u < slot; older++) {
            factors[older] -= factors[slot - 1u] * along[share_of(slot - 1u, older)];
        }
    }
    var sum = vec2<f32>(along[far_of(UNIFORM)], 0.0);
    if parameters.directions > 0u { sum += factors[0] * direction_0[i]; }
    if parameters.directions > 1u { sum += factors[1] * direction_1[i]; }
    if parameters.directions > 2u { sum += factors[2] * direction_2[i]; }
    if parameters.directions > 3u { sum += factors[3] * direction_3[i]; }
    if parameters.directions > 4u { sum += factors[4] * direction_4[i]; }
    if parameters.directions > 5u { sum += factors[5] * direction_5[i]; }

    correction[i] = sum;
}

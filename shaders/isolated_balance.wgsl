// isolated_balance - what is left of the isolated pieces' currents is taken out along their slopes
//
//   current -= slopes.x shift
//
// reads   piece, slopes, piece_response, current
// writes  current
// units   scaled, see src/model/scales.rs
// twin    src/cpu/isolated.rs

@group(0) @binding(0) var<uniform> physics: Physics;
@group(0) @binding(1) var<storage, read> piece: array<u32>;
@group(0) @binding(2) var<storage, read> slopes: array<vec2<f32>>;
@group(0) @binding(3) var<storage, read> piece_response: array<vec4<f32>>;
@group(0) @binding(4) var<storage, read_write> current: array<f32>;

@compute @workgroup_size(16, 4, 4)
fn isolated_balance(@builtin(global_invocation_id) p: vec3<u32>) {
    let n = vec3<u32>(physics.nx, physics.ny, physics.nz);
    if !inside(p, n) { return; }
    let i = element(p, n);
    let mine = piece[i];
    if mine == 0u { return; }

    current[i] -= slopes[i].x * piece_response[mine - 1u].y;
}

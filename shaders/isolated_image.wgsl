// isolated_image - what the isolated pieces' potentials add to the linearised operator on a direction, as they follow it
//
//   image -= (1, 1 - t+) delta slopes.x change
//
// reads   piece, delta, slopes, diffusion, piece_response, image
// writes  image
// units   scaled, see src/model/scales.rs
// twin    src/cpu/isolated.rs

@group(0) @binding(0) var<uniform> physics: Physics;
@group(0) @binding(1) var<storage, read> piece: array<u32>;
@group(0) @binding(2) var<storage, read> delta: array<f32>;
@group(0) @binding(3) var<storage, read> slopes: array<vec2<f32>>;
@group(0) @binding(4) var<storage, read> diffusion: array<vec2<f32>>;
@group(0) @binding(5) var<storage, read> piece_response: array<vec4<f32>>;
@group(0) @binding(6) var<storage, read_write> image: array<vec2<f32>>;

@compute @workgroup_size(16, 4, 4)
fn isolated_image(@builtin(global_invocation_id) p: vec3<u32>) {
    let n = vec3<u32>(physics.nx, physics.ny, physics.nz);
    if !inside(p, n) { return; }
    let i = element(p, n);
    let mine = piece[i];
    if mine == 0u { return; }
    let change = delta[i] * slopes[i].x * piece_response[mine - 1u].w;

    image[i] -= vec2<f32>(change, select(0.0, (1.0 - diffusion[i].y) * change, physics.salt == 1u));
}

// smooth_first - first sweep of a level, from zero
//
//   x = weight D^-1 right,   D the 2 x 2 diagonal blocks of A
//
// reads   level_transport, level_reaction, right
// writes  x
// units   scaled, see src/model/scales.rs
// twin    src/cpu/smooth.rs

@group(0) @binding(0) var<uniform> physics: Physics;
@group(0) @binding(1) var<uniform> level: Level;
@group(0) @binding(2) var<uniform> parameters: Parameters;
@group(0) @binding(3) var<storage, read> level_transport: array<vec2<u32>>;
@group(0) @binding(4) var<storage, read> level_reaction: array<vec2<u32>>;
@group(0) @binding(5) var<storage, read> right: array<vec2<f32>>;
@group(0) @binding(6) var<storage, read_write> x: array<vec2<f32>>;

struct Parameters {
    weight: f32,
}

fn face(i: u32, nb: u32, area: f32) -> Face {
    return level_face(i, nb, area, level_transport[i], level_transport[nb], vec2<f32>(0.0));
}

@compute @workgroup_size(16, 4, 4)
fn smooth_first(@builtin(global_invocation_id) p: vec3<u32>) {
    let n = vec3<u32>(level.nx, level.ny, level.nz);
    if !inside(p, n) { return; }
    let i = element(p, n);
    let at = neighbours(p, n);
    let sum = paired(
        face(i, at.west, level.face_x), face(i, at.east, level.face_x),
        face(i, at.south, level.face_y), face(i, at.north, level.face_y),
        face(i, at.below, level.face_z), face(i, at.above, level.face_z),
    );

    x[i] = parameters.weight * level_change(sum.diagonal, level_reaction[i], right[i]);
}

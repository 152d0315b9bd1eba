// apply - the linearised operator on a search direction
//
//   direction = x
//   image     = outflow(x) + (reaction_phi . x, reaction_c . x)
//
// reads   x, conduction, diffusion, reaction_phi, reaction_c
// writes  direction, image
// units   scaled, see src/model/scales.rs
// twin    src/cpu/apply.rs

@group(0) @binding(0) var<uniform> physics: Physics;
@group(0) @binding(1) var<storage, read> x: array<vec2<f32>>;
@group(0) @binding(2) var<storage, read> conduction: array<vec2<f32>>;
@group(0) @binding(3) var<storage, read> diffusion: array<vec2<f32>>;
@group(0) @binding(4) var<storage, read> reaction_phi: array<vec2<f32>>;
@group(0) @binding(5) var<storage, read> reaction_c: array<vec2<f32>>;
@group(0) @binding(6) var<storage, read_write> direction: array<vec2<f32>>;
@group(0) @binding(7) var<storage, read_write> image: array<vec2<f32>>;

fn face(i: u32, nb: u32) -> Face {
    return face_terms(0.5, conduction[i] + conduction[nb], diffusion[i].x + diffusion[nb].x, x[i] - x[nb]);
}

@compute @workgroup_size(16, 4, 4)
fn apply(@builtin(global_invocation_id) p: vec3<u32>) {
    let n = vec3<u32>(physics.nx, physics.ny, physics.nz);
    if !inside(p, n) { return; }
    let i = element(p, n);
    let at = neighbours(p, n);
    let outflow = paired(
        face(i, at.west), face(i, at.east), face(i, at.south), face(i, at.north), face(i, at.below), face(i, at.above),
    ).flux;
    let local = vec2<f32>(dot(reaction_phi[i], x[i]), dot(reaction_c[i], x[i]));

    direction[i] = x[i];
    image[i] = outflow + local;
}

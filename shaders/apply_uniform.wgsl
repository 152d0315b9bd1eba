// apply_uniform - the linearised operator on a uniform change of the potential by 1
//
//   image = (reaction_phi.x, reaction_c.x)
//
// No current flows from cell to cell, and the reaction reads the same at its probe as in the cell.
//
// reads   reaction_phi, reaction_c
// writes  image
// units   scaled, see src/model/scales.rs
// twin    src/cpu/apply.rs

@group(0) @binding(0) var<uniform> physics: Physics;
@group(0) @binding(1) var<storage, read> reaction_phi: array<vec2<f32>>;
@group(0) @binding(2) var<storage, read> reaction_c: array<vec2<f32>>;
@group(0) @binding(3) var<storage, read_write> image: array<vec2<f32>>;

@compute @workgroup_size(64, 2, 2)
fn apply_uniform(@builtin(global_invocation_id) p: vec3<u32>) {
    let n = vec3<u32>(physics.nx, physics.ny, physics.nz);
    if !inside(p, n) { return; }
    let i = element(p, n);

    image[i] = vec2<f32>(reaction_phi[i].x, reaction_c[i].x);
}

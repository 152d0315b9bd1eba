// pack - coefficients of the finest level as the preconditioner keeps them, with 16 bits each
//
//   level_transport = kappa, kappa_d, diffusivity;   level_reaction = reaction_phi, reaction_c
//
// A preconditioner need not be exact: what is solved for is `apply` and the residual, in single precision.
//
// reads   conduction, diffusion, reaction_phi, reaction_c
// writes  level_transport, level_reaction
// units   scaled, see src/model/scales.rs
// twin    src/cpu/hierarchy.rs

@group(0) @binding(0) var<uniform> level: Level;
@group(0) @binding(1) var<storage, read> conduction: array<vec2<f32>>;
@group(0) @binding(2) var<storage, read> diffusion: array<vec2<f32>>;
@group(0) @binding(3) var<storage, read> reaction_phi: array<vec2<f32>>;
@group(0) @binding(4) var<storage, read> reaction_c: array<vec2<f32>>;
@group(0) @binding(5) var<storage, read_write> level_transport: array<vec2<u32>>;
@group(0) @binding(6) var<storage, read_write> level_reaction: array<vec2<u32>>;

@compute @workgroup_size(64, 2, 2)
fn pack(@builtin(global_invocation_id) p: vec3<u32>) {
    let n = vec3<u32>(level.nx, level.ny, level.nz);
    if !inside(p, n) { return; }
    let i = element(p, n);

    level_transport[i] = packed(vec4<f32>(conduction[i], diffusion[i].x, 0.0));
    level_reaction[i] = packed(vec4<f32>(reaction_phi[i], reaction_c[i]));
}

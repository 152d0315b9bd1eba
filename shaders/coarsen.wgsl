// coarsen - coefficients of the next coarser level
//
//   transport is averaged over the children, local derivatives are summed
//
// reads   level_transport, level_reaction
// writes  coarse_transport, coarse_reaction
// units   scaled, see src/model/scales.rs
// twin    src/cpu/hierarchy.rs

@group(0) @binding(0) var<uniform> physics: Physics;
@group(0) @binding(1) var<uniform> level: Level;
@group(0) @binding(2) var<storage, read> level_transport: array<vec2<u32>>;
@group(0) @binding(3) var<storage, read> level_reaction: array<vec2<u32>>;
@group(0) @binding(4) var<storage, read_write> coarse_transport: array<vec2<u32>>;
@group(0) @binding(5) var<storage, read_write> coarse_reaction: array<vec2<u32>>;

@compute @workgroup_size(16, 4, 4)
fn coarsen(@builtin(global_invocation_id) p: vec3<u32>) {
    let fine = vec3<u32>(level.nx, level.ny, level.nz);
    let n = vec3<u32>(level.coarse_nx, level.coarse_ny, level.coarse_nz);
    if !inside(p, n) { return; }
    let coefficients = of_children(p, n, fine, 0u);

    let i = element(p, n);
    coarse_transport[i] = packed(coefficients.transport);
    coarse_reaction[i] = packed(coefficients.reaction);
}

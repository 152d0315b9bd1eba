// coarsen - coefficients of the next coarser level
//
//   transport is averaged over the children, local derivatives are summed
//
// reads   conduction, diffusion, reaction_phi, reaction_c
// writes  coarse_conduction, coarse_diffusion, coarse_reaction_phi, coarse_reaction_c
// units   scaled, see src/model/scales.rs
// twin    src/cpu/hierarchy.rs

@group(0) @binding(0) var<uniform> physics: Physics;
@group(0) @binding(1) var<uniform> level: Level;
@group(0) @binding(2) var<storage, read> conduction: array<vec2<f32>>;
@group(0) @binding(3) var<storage, read> diffusion: array<vec2<f32>>;
@group(0) @binding(4) var<storage, read> reaction_phi: array<vec2<f32>>;
@group(0) @binding(5) var<storage, read> reaction_c: array<vec2<f32>>;
@group(0) @binding(6) var<storage, read_write> coarse_conduction: array<vec2<f32>>;
@group(0) @binding(7) var<storage, read_write> coarse_diffusion: array<vec2<f32>>;
@group(0) @binding(8) var<storage, read_write> coarse_reaction_phi: array<vec2<f32>>;
@group(0) @binding(9) var<storage, read_write> coarse_reaction_c: array<vec2<f32>>;

@compute @workgroup_size(16, 4, 4)
fn coarsen(@builtin(global_invocation_id) p: vec3<u32>) {
    let fine = vec3<u32>(level.nx, level.ny, level.nz);
    let n = vec3<u32>(level.coarse_nx, level.coarse_ny, level.coarse_nz);
    if !inside(p, n) { return; }
    let cx = children(p.x, fine.x, n.x);
    let cy = children(p.y, fine.y, n.y);
    let cz = children(p.z, fine.z, n.z);
    let none = Coefficients(vec4<f32>(0.0), vec4<f32>(0.0));
    var total = none;
    for (var z = cz.x; z < cz.y; z++) {
        var plane = none;
        for (var y = cy.x; y < cy.y; y++) {
            var row = none;
            for (var x = cx.x; x < cx.y; x++) {
                let i = element(vec3<u32>(x, y, z), fine);
                let transport = vec4<f32>(conduction[i], diffusion[i]);
                row = both(row, Coefficients(transport, vec4<f32>(reaction_phi[i], reaction_c[i])));
            }
            plane = both(plane, row);
        }
        total = both(total, plane);
    }
    let count = f32((cx.y - cx.x) * (cy.y - cy.x) * (cz.y - cz.x));
    let mean = total.transport / count;

    let i = element(p, n);
    coarse_conduction[i] = mean.xy;
    coarse_diffusion[i] = mean.zw;
    coarse_reaction_phi[i] = total.reaction.xy;
    coarse_reaction_c[i] = total.reaction.zw;
}

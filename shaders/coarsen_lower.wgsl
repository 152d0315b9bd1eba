// coarsen_lower - coefficients of the lower levels of the hierarchy but the first of them, all in one workgroup
//
//   level by level as in coarsen.wgsl
//
// reads   conduction, diffusion, reaction_phi, reaction_c
// writes  conduction, diffusion, reaction_phi, reaction_c
// units   scaled, see src/model/scales.rs
// twin    src/cpu/hierarchy.rs

@group(0) @binding(0) var<uniform> level: Level;
@group(0) @binding(1) var<storage, read_write> conduction: array<vec2<f32>>;
@group(0) @binding(2) var<storage, read_write> diffusion: array<vec2<f32>>;
@group(0) @binding(3) var<storage, read_write> reaction_phi: array<vec2<f32>>;
@group(0) @binding(4) var<storage, read_write> reaction_c: array<vec2<f32>>;

const THREADS = 256u;

@compute @workgroup_size(256)
fn coarsen_lower(@builtin(local_invocation_index) lane: u32) {
    var fine = highest(level);
    while cells(fine) > 1u {
        let coarse = coarser(fine);
        for (var k = lane; k < cells(coarse); k += THREADS) {
            let p = place_of(k, coarse.n);
            let cx = children(p.x, fine.n.x, coarse.n.x);
            let cy = children(p.y, fine.n.y, coarse.n.y);
            let cz = children(p.z, fine.n.z, coarse.n.z);
            let none = Coefficients(vec4<f32>(0.0), vec4<f32>(0.0));
            var total = none;
            for (var z = cz.x; z < cz.y; z++) {
                var plane = none;
                for (var y = cy.x; y < cy.y; y++) {
                    var row = none;
                    for (var x = cx.x; x < cx.y; x++) {
                        let i = fine.first + element(vec3<u32>(x, y, z), fine.n);
                        let transport = vec4<f32>(conduction[i], diffusion[i]);
                        row = both(row, Coefficients(transport, vec4<f32>(reaction_phi[i], reaction_c[i])));
                    }
                    plane = both(plane, row);
                }
                total = both(total, plane);
            }
            let count = f32((cx.y - cx.x) * (cy.y - cy.x) * (cz.y - cz.x));
            let mean = total.transport / count;

            let i = coarse.first + k;
            conduction[i] = mean.xy;
            diffusion[i] = mean.zw;
            reaction_phi[i] = total.reaction.xy;
            reaction_c[i] = total.reaction.zw;
        }
        storageBarrier();
        fine = coarse;
    }
}

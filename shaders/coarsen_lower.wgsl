// coarsen_lower - coefficients of the lower levels of the hierarchy but the first of them, all in one workgroup
//
//   level by level as in coarsen.wgsl
//
// reads   level_transport, level_reaction
// writes  level_transport, level_reaction
// units   scaled, see src/model/scales.rs
// twin    src/cpu/hierarchy.rs

@group(0) @binding(0) var<uniform> level: Level;
@group(0) @binding(1) var<storage, read_write> level_transport: array<vec2<u32>>;
@group(0) @binding(2) var<storage, read_write> level_reaction: array<vec2<u32>>;

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
                        row = both(row, Coefficients(unpacked(level_transport[i]), unpacked(level_reaction[i])));
                    }
                    plane = both(plane, row);
                }
                total = both(total, plane);
            }
            let mean = total.transport * (one_over_count(cx) * one_over_count(cy) * one_over_count(cz));

            let i = coarse.first + k;
            level_transport[i] = packed(mean);
            level_reaction[i] = packed(total.reaction);
        }
        storageBarrier();
        fine = coarse;
    }
}

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
            let coefficients = of_children(place_of(k, coarse.n), coarse.n, fine.n, fine.first);

            let i = coarse.first + k;
            level_transport[i] = packed(coefficients.transport);
            level_reaction[i] = packed(coefficients.reaction);
        }
        storageBarrier();
        fine = coarse;
    }
}

// prolong - correction of the next coarser level, taken over constant
//
//   x += x of the parent cell
//
// reads   x, coarse_x
// writes  x
// units   scaled, see src/model/scales.rs
// twin    src/cpu/hierarchy.rs

@group(0) @binding(0) var<uniform> level: Level;
@group(0) @binding(1) var<storage, read_write> x: array<vec2<f32>>;
@group(0) @binding(2) var<storage, read> coarse_x: array<vec2<f32>>;

fn parent(i: u32, fine: u32, coarse: u32) -> u32 {
    return select(i, i / 2u, coarse < fine);
}

@compute @workgroup_size(16, 4, 4)
fn prolong(@builtin(global_invocation_id) p: vec3<u32>) {
    let n = vec3<u32>(level.nx, level.ny, level.nz);
    if !inside(p, n) { return; }
    let i = element(p, n);
    let coarse = vec3<u32>(level.coarse_nx, level.coarse_ny, level.coarse_nz);
    let above = vec3<u32>(parent(p.x, n.x, coarse.x), parent(p.y, n.y, coarse.y), parent(p.z, n.z, coarse.z));

    x[i] += coarse_x[element(above, coarse)];
}

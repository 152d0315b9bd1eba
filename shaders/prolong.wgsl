// prolong - correction of the next coarser level, linear between the centres of its cells
//
//   x += x at the cell's place: along each axis 3/4 of the parent cell and 1/4 of its neighbour on the cell's side
//
// reads   x, coarse_x
// writes  x
// units   scaled, see src/model/scales.rs
// twin    src/cpu/hierarchy.rs

@group(0) @binding(0) var<uniform> level: Level;
@group(0) @binding(1) var<storage, read_write> x: array<vec2<f32>>;
@group(0) @binding(2) var<storage, read> coarse_x: array<vec2<f32>>;

@compute @workgroup_size(16, 4, 4)
fn prolong(@builtin(global_invocation_id) p: vec3<u32>) {
    let n = vec3<u32>(level.nx, level.ny, level.nz);
    if !inside(p, n) { return; }
    let coarse = vec3<u32>(level.coarse_nx, level.coarse_ny, level.coarse_nz);
    let xs = parents(p.x, n.x, coarse.x, true);
    let ys = parents(p.y, n.y, coarse.y, true);
    let zs = parents(p.z, n.z, coarse.z, false);
    var corners: array<vec2<f32>, 4>;
    for (var corner = 0u; corner < 4u; corner++) {
        let column = vec2<u32>(xs[corner % 2u], ys[corner / 2u]);
        let near = coarse_x[element(vec3<u32>(column, zs.x), coarse)];
        let far = coarse_x[element(vec3<u32>(column, zs.y), coarse)];
        corners[corner] = near + 0.25 * (far - near);
    }

    x[element(p, n)] += between(corners);
}

// prolong - correction of the next coarser level, linear between the centres of its cells, and the first sweep with it
//
//   y      = x + coarse_x at the cell's place: along each axis 3/4 of the parent cell and 1/4 of its neighbour on the cell's side
//   x_next = y + weight D^-1 (right - A y) as in smooth_next.wgsl
//
// A workgroup first makes y of its cells and of those beside them.
//
// reads   x, coarse_x, level_transport, level_reaction, right
// writes  x_next
// units   scaled, see src/model/scales.rs
// twin    src/cpu/hierarchy.rs

@group(0) @binding(0) var<uniform> physics: Physics;
@group(0) @binding(1) var<uniform> level: Level;
@group(0) @binding(2) var<uniform> parameters: Parameters;
@group(0) @binding(3) var<storage, read> x: array<vec2<f32>>;
@group(0) @binding(4) var<storage, read> coarse_x: array<vec2<f32>>;
@group(0) @binding(5) var<storage, read> level_transport: array<vec2<u32>>;
@group(0) @binding(6) var<storage, read> level_reaction: array<vec2<u32>>;
@group(0) @binding(7) var<storage, read> right: array<vec2<f32>>;
@group(0) @binding(8) var<storage, read_write> x_next: array<vec2<f32>>;

struct Parameters {
    weight: f32,
}

const THREADS = 256u;
// Cells of a workgroup with those beside them along each axis, and all together.
const TILE_X = 18u;
const TILE_Y = 6u;
const TILE_Z = 6u;
const TILE = 648u;

// y of the workgroup's cells and those beside them.
var<workgroup> tile: array<vec2<f32>, TILE>;

fn corrected(p: vec3<u32>, n: vec3<u32>, coarse: vec3<u32>) -> vec2<f32> {
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
    return x[element(p, n)] + between(corners);
}

fn face(i: u32, nb: u32, at: u32, beside_it: u32, area: f32) -> Face {
    return level_face(i, nb, area, level_transport[i], level_transport[nb], tile[at] - tile[beside_it]);
}

@compute @workgroup_size(16, 4, 4)
fn prolong(
    @builtin(global_invocation_id) p: vec3<u32>,
    @builtin(local_invocation_id) own: vec3<u32>,
    @builtin(local_invocation_index) lane: u32,
    @builtin(workgroup_id) group: vec3<u32>,
) {
    let n = vec3<u32>(level.nx, level.ny, level.nz);
    let coarse = vec3<u32>(level.coarse_nx, level.coarse_ny, level.coarse_nz);
    let first = vec3<i32>(group * vec3<u32>(16u, 4u, 4u)) - vec3<i32>(1);
    for (var k = lane; k < TILE; k += THREADS) {
        let place = first + vec3<i32>(vec3<u32>(k % TILE_X, k / TILE_X % TILE_Y, k / (TILE_X * TILE_Y)));
        let height = u32(clamp(place.z, 0, i32(n.z) - 1));
        tile[k] = corrected(vec3<u32>(wrapped(place.x, n.x), wrapped(place.y, n.y), height), n, coarse);
    }
    workgroupBarrier();
    if !inside(p, n) { return; }
    let i = element(p, n);
    let near = neighbours(p, n);
    let at = ((own.z + 1u) * TILE_Y + own.y + 1u) * TILE_X + own.x + 1u;
    let sum = paired(
        face(i, near.west, at, at - 1u, level.face_x), face(i, near.east, at, at + 1u, level.face_x),
        face(i, near.south, at, at - TILE_X, level.face_y), face(i, near.north, at, at + TILE_X, level.face_y),
        face(i, near.below, at, at - TILE_X * TILE_Y, level.face_z), face(i, near.above, at, at + TILE_X * TILE_Y, level.face_z),
    );
    let y = tile[at];
    let defect = level_defect(right[i], sum.flux, level_reaction[i], y);

    x_next[i] = y + parameters.weight * level_change(sum.diagonal, level_reaction[i], defect);
}

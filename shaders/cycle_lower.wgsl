// cycle_lower - the V-cycle from the first of the lower levels down to a single cell and back, all in one workgroup
//
//   x = approximation to A^-1 right: sweeps as in smooth_next.wgsl, the first from zero, between the levels as in
//   restrict_defect.wgsl and prolong.wgsl. One cell is solved exactly.
//
// reads   level_transport, level_reaction, right
// writes  x
// units   scaled, see src/model/scales.rs
// twin    src/solver/multigrid.rs

@group(0) @binding(0) var<uniform> physics: Physics;
@group(0) @binding(1) var<uniform> level: Level;
@group(0) @binding(2) var<uniform> parameters: Parameters;
@group(0) @binding(3) var<storage, read> level_transport: array<vec2<u32>>;
@group(0) @binding(4) var<storage, read> level_reaction: array<vec2<u32>>;
@group(0) @binding(5) var<storage, read> right: array<vec2<f32>>;
@group(0) @binding(6) var<storage, read_write> x: array<vec2<f32>>;

struct Parameters {
    sweeps: u32, // before and after the coarse correction
    weight_0: f32, // of the first of them before, which is the last after
    weight_1: f32,
    weight_2: f32,
}

const THREADS = 256u;
// Cells of all lower levels, at most: `LOWER_CELLS` in src/gpu/fields.rs.
const CELLS = 640u;

// Of all levels: the correction, what it becomes, and the right-hand side.
var<workgroup> correction: array<vec2<f32>, CELLS>;
var<workgroup> correction_next: array<vec2<f32>, CELLS>;
var<workgroup> rest: array<vec2<f32>, CELLS>;

fn weight(sweep: u32) -> f32 {
    return select(select(parameters.weight_2, parameters.weight_1, sweep == 1u), parameters.weight_0, sweep == 0u);
}

// The faces of cell i of a level.
fn faces(at: Lower, i: u32) -> Face {
    let near = neighbours(place_of(i, at.n), at.n);
    return paired(
        face(at, i, near.west, at.faces.x), face(at, i, near.east, at.faces.x),
        face(at, i, near.south, at.faces.y), face(at, i, near.north, at.faces.y),
        face(at, i, near.below, at.faces.z), face(at, i, near.above, at.faces.z),
    );
}

fn face(at: Lower, i: u32, nb: u32, area: f32) -> Face {
    let here = at.first + i;
    let there = at.first + nb;
    let difference = correction[here] - correction[there];
    return level_face(here, there, area, level_transport[here], level_transport[there], difference);
}

// right - A x, from the faces of cell i of a level.
fn defect(at: Lower, i: u32, sum: Face) -> vec2<f32> {
    let here = at.first + i;
    return level_defect(rest[here], sum.flux, level_reaction[here], correction[here]);
}

fn sweep(at: Lower, weight: f32, lane: u32) {
    for (var i = lane; i < cells(at); i += THREADS) {
        let here = at.first + i;
        let sum = faces(at, i);
        let change = level_change(sum.diagonal, level_reaction[here], defect(at, i, sum));
        correction_next[here] = correction[here] + weight * change;
    }
    workgroupBarrier();
    for (var i = lane; i < cells(at); i += THREADS) {
        correction[at.first + i] = correction_next[at.first + i];
    }
    workgroupBarrier();
}

fn down(fine: Lower, coarse: Lower, lane: u32) {
    for (var k = lane; k < cells(coarse); k += THREADS) {
        let p = place_of(k, coarse.n);
        let cx = children(p.x, fine.n.x, coarse.n.x);
        let cy = children(p.y, fine.n.y, coarse.n.y);
        let cz = children(p.z, fine.n.z, coarse.n.z);
        var total = vec2<f32>(0.0);
        for (var z = cz.x; z < cz.y; z++) {
            var plane = vec2<f32>(0.0);
            for (var y = cy.x; y < cy.y; y++) {
                var row = vec2<f32>(0.0);
                for (var column = cx.x; column < cx.y; column++) {
                    let i = element(vec3<u32>(column, y, z), fine.n);
                    row += defect(fine, i, faces(fine, i));
                }
                plane += rounded2(row);
            }
            total += rounded2(plane);
        }
        rest[coarse.first + k] = total;
        correction[coarse.first + k] = vec2<f32>(0.0);
    }
    workgroupBarrier();
}

fn up(fine: Lower, coarse: Lower, lane: u32) {
    for (var i = lane; i < cells(fine); i += THREADS) {
        let p = place_of(i, fine.n);
        let xs = parents(p.x, fine.n.x, coarse.n.x, true);
        let ys = parents(p.y, fine.n.y, coarse.n.y, true);
        let zs = parents(p.z, fine.n.z, coarse.n.z, false);
        var corners: array<vec2<f32>, 4>;
        for (var corner = 0u; corner < 4u; corner++) {
            let column = vec2<u32>(xs[corner % 2u], ys[corner / 2u]);
            let near = correction[coarse.first + element(vec3<u32>(column, zs.x), coarse.n)];
            let far = correction[coarse.first + element(vec3<u32>(column, zs.y), coarse.n)];
            corners[corner] = near + 0.25 * (far - near);
        }
        correction[fine.first + i] += between(corners);
    }
    workgroupBarrier();
}

// The level that many steps below the highest of them.
fn lower_level(steps: u32) -> Lower {
    var at = highest(level);
    for (var k = 0u; k < steps; k++) {
        at = coarser(at);
    }
    return at;
}

@compute @workgroup_size(256)
fn cycle_lower(@builtin(local_invocation_index) lane: u32) {
    let top = highest(level);
    for (var i = lane; i < cells(top); i += THREADS) {
        rest[i] = right[i];
        correction[i] = vec2<f32>(0.0);
    }
    workgroupBarrier();
    var coarse = top;
    var steps = 0u;
    while cells(coarse) > 1u {
        let fine = coarse;
        for (var k = 0u; k < parameters.sweeps; k++) {
            sweep(fine, weight(k), lane);
        }
        coarse = coarser(fine);
        down(fine, coarse, lane);
        steps++;
    }
    sweep(coarse, 1.0, lane);
    while steps > 0u {
        steps--;
        let fine = lower_level(steps);
        up(fine, coarse, lane);
        for (var k = parameters.sweeps; k > 0u; k--) {
            sweep(fine, weight(k - 1u), lane);
        }
        coarse = fine;
    }
    for (var i = lane; i < cells(top); i += THREADS) {
        x[i] = correction[i];
    }
}

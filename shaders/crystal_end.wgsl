// crystal_end - the grain of each cell at the end of a step: lithium that has come belongs to the grain below it, what has gone to none
//
//   excess_curvature = number of the grain, negative without lithium; there it has room until the next step, and changes places with `grain`
//
// Cells that are more than half lithium keep theirs. The others that have some, and those without, are of the grain in which the point of their
// normal lies that is one ell deep in the lithium, or of the most frequent one of their 26 neighbours, of several the one with the smallest
// number. Lithium that finds none was there from the start: grain 0.
//
// reads   xi, q, grain
// writes  excess_curvature
// units   scaled, see src/model/scales.rs
// twin    src/mechanisms/crystal/cpu.rs

@group(0) @binding(0) var<uniform> physics: Physics;
@group(0) @binding(1) var<storage, read> xi: array<f32>;
@group(0) @binding(2) var<storage, read> q: array<f32>;
@group(0) @binding(3) var<storage, read> grain: array<f32>;
@group(0) @binding(4) var<storage, read_write> excess_curvature: array<f32>;

// Lithium fraction from which on a cell belongs to a grain.
const GRAIN_SHARE = 1e-3;
// What belongs to no grain.
const NO_GRAIN = -1.0;

// The grain of a neighbour, none beyond the bottom and the top.
fn beside_at(p: vec3<u32>, step: u32, n: vec3<u32>) -> f32 {
    let there = vec3<i32>(p) + vec3<i32>(vec3<u32>(step % 3u, (step / 3u) % 3u, step / 9u)) - vec3<i32>(1);
    if step == 13u || there.z < 0 || there.z >= i32(n.z) { return NO_GRAIN; }
    return grain[(u32(there.z) * n.y + wrapped(there.y, n.y)) * n.x + wrapped(there.x, n.x)];
}

// The most frequent grain around a cell.
fn most_frequent(p: vec3<u32>, n: vec3<u32>) -> f32 {
    var most = 0u;
    var found = NO_GRAIN;
    for (var a = 0u; a < 27u; a++) {
        let candidate = beside_at(p, a, n);
        if candidate < 0.0 { continue; }
        var count = 0u;
        for (var b = 0u; b < 27u; b++) { count += select(0u, 1u, beside_at(p, b, n) == candidate); }
        if count > most || (count == most && candidate < found) {
            most = count;
            found = candidate;
        }
    }
    return found;
}

@compute @workgroup_size(16, 4, 4)
fn crystal_end(@builtin(global_invocation_id) p: vec3<u32>) {
    let n = vec3<u32>(physics.nx, physics.ny, physics.nz);
    if !inside(p, n) { return; }
    let i = element(p, n);
    var own = grain[i];
    if xi[i] <= GRAIN_SHARE {
        own = NO_GRAIN;
    } else if xi[i] <= 0.5 || own < 0.0 {
        own = grain[at_depth(p, physics.ell, n)];
        if own < 0.0 { own = most_frequent(p, n); }
        if own < 0.0 && xi[i] > 0.5 { own = 0.0; }
    }
    excess_curvature[i] = own;
}

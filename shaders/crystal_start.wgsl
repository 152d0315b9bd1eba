// crystal_start - the crystal's say in the reaction: capillarity beside the curvature, and the factor of the exchange current
//
//   law.x += capillary * excess_curvature where the surface is closest
//   law.y  = (1 + law.y) a - 1,   1/a = h(m) + mean of strength * sum over {110} of |m.n|^sharpness
//
// Cells that belong to no surface have less of the first, those without a direction none of either.
//
// reads   q, delta, excess_curvature, grain, rotations, law
// writes  law
// units   scaled, see src/model/scales.rs
// twin    src/mechanisms/crystal/cpu.rs

@group(0) @binding(0) var<uniform> physics: Physics;
@group(0) @binding(1) var<uniform> parameters: Parameters;
@group(0) @binding(2) var<storage, read> q: array<f32>;
@group(0) @binding(3) var<storage, read> delta: array<f32>;
@group(0) @binding(4) var<storage, read> excess_curvature: array<f32>;
@group(0) @binding(5) var<storage, read> grain: array<f32>;
@group(0) @binding(6) var<storage, read> rotations: array<f32>;
@group(0) @binding(7) var<storage, read_write> law: array<vec2<f32>>;

struct Parameters {
    e1: f32,
    e2: f32,
    strength: f32,
    sharpness: f32,
    orientations: u32, // of grains; 0 if there are none
}

// Least |grad q| that points anywhere.
const LEAST_GRADIENT = 0.5;

// The signed distance at corners (x), and the excess (y).
fn at(c: vec4<u32>) -> mat4x2<f32> {
    return mat4x2<f32>(
        vec2<f32>(q[c.x], excess_curvature[c.x]),
        vec2<f32>(q[c.y], excess_curvature[c.y]),
        vec2<f32>(q[c.z], excess_curvature[c.z]),
        vec2<f32>(q[c.w], excess_curvature[c.w]),
    );
}

// |cosine|^sharpness of the angle between m and one of {110}, of which `projection` is the sum of two components of m.
fn towards(projection: f32) -> f32 {
    return pow(max(0.70710678 * abs(projection), 1e-30), parameters.sharpness);
}

fn facets(m: vec3<f32>) -> f32 {
    let in_plane = rounded(towards(m.x + m.y) + towards(m.x - m.y));
    let with_x = rounded(towards(m.x + m.z) + towards(m.x - m.z));
    let with_y = rounded(towards(m.y + m.z) + towards(m.y - m.z));
    return parameters.strength * (in_plane + (with_x + with_y));
}

// Weight of a face and what facets resist there, times that; none where the box ends.
fn seen(p: vec3<u32>, nb: u32, axis: u32, side: u32, here: vec3<f32>, weight: f32, frame: Frame, n: vec3<u32>) -> vec2<f32> {
    if nb == element(p, n) { return vec2<f32>(0.0); }
    return weight * vec2<f32>(1.0, facets(turned(frame, normal_on_face(p, nb, axis, side, here, n))));
}

// What facets resist in cell p: the mean over its faces, those beside it along the surface. Where facets meet in an edge that is as sharp as
// the grid, the cell there has the normal of neither, and would run ahead of both.
fn facets_around(p: vec3<u32>, normal: vec3<f32>, frame: Frame, n: vec3<u32>) -> f32 {
    if parameters.strength == 0.0 { return 0.0; }
    let here = central(p, n);
    let at = neighbours(p, n);
    let weights = vec3<f32>(1.0) - rounded3(normal * normal);
    let x = rounded2(seen(p, at.west, 0u, 0u, here, weights.x, frame, n) + seen(p, at.east, 0u, 1u, here, weights.x, frame, n));
    let y = rounded2(seen(p, at.south, 1u, 0u, here, weights.y, frame, n) + seen(p, at.north, 1u, 1u, here, weights.y, frame, n));
    let z = rounded2(seen(p, at.below, 2u, 0u, here, weights.z, frame, n) + seen(p, at.above, 2u, 1u, here, weights.z, frame, n));
    let sums = (x + y) + z;
    // where the box has one dimension there is nothing beside the cell
    if sums.x <= 0.0 { return facets(turned(frame, normal)); }
    return sums.y / sums.x;
}

@compute @workgroup_size(16, 4, 4)
fn crystal_start(@builtin(global_invocation_id) p: vec3<u32>) {
    let n = vec3<u32>(physics.nx, physics.ny, physics.nz);
    if !inside(p, n) { return; }
    let i = element(p, n);
    if delta[i] == 0.0 { return; }
    let gradient = gradient_at(p, n);
    let steepness = magnitude(gradient);
    if steepness <= LEAST_GRADIENT { return; }

    let normal = gradient / steepness;
    let frame = frame_of(i, parameters.orientations);
    let resistance = harmonics(turned(frame, normal), parameters.e1, parameters.e2) + facets_around(p, normal, frame, n);

    let read = corners(p, rounded3(-(q[i] / steepness) * normal), n);
    let closest = interpolated(at(read.near), at(read.far), read.share);
    let loose = looseness(q[i] / physics.ell, closest.x / physics.ell);

    let before = law[i];
    law[i] = vec2<f32>(before.x + physics.capillary * ((1.0 - loose) * closest.y), (1.0 + before.y) / resistance - 1.0);
}

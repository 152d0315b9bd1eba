// probe - where each interface cell reads the electrolyte: outside the diffuse interface, on the normal through the cell
//
//   way             = (q/|grad q| + 1.5 ell) (-n),   n = grad q/|grad q|
//   thickness       = -q there times the MacMullin number: of the electrolyte between there and the interface; negative in a cell
//                     that does not react, lithium far from the interface whose probe ends in lithium
//   front_curvature = curvature at the closest point of the interface, -q n/|grad q| away; where there is none, that of a speck
//
// Where q has a ridge a cell reads itself.
//
// reads   q, delta, curvature
// writes  probe_way, probe_depth, front_curvature
// units   scaled, see src/model/scales.rs
// twin    src/cpu/probe.rs

@group(0) @binding(0) var<uniform> physics: Physics;
@group(0) @binding(1) var<storage, read> q: array<f32>;
@group(0) @binding(2) var<storage, read> delta: array<f32>;
@group(0) @binding(3) var<storage, read> curvature: array<f32>;
@group(0) @binding(4) var<storage, read_write> probe_way: array<vec2<f32>>;
@group(0) @binding(5) var<storage, read_write> probe_depth: array<vec2<f32>>;
@group(0) @binding(6) var<storage, read_write> front_curvature: array<f32>;

// How far outside the interface the electrolyte is read [ell].
const PROBE_DISTANCE = 1.5;
// Least thickness of the layer up to the interface: with it the reaction is never stiffer than conduction [ell].
const LEAST_LAYER = 0.75;
// Least |grad q| that points anywhere.
const LEAST_GRADIENT = 0.5;
// Lithium farther than this from the interface asks whether its probe leads there [ell], and part of its distance that it may have left.
const DEEP_DISTANCE = 6.0;
const REMAINING_SHARE = 0.5;
// In place of a thickness.
const NO_REACTION = -1.0;
// Bound on the curvature.
const LARGEST_CURVATURE = 1.0;

// The curvature of a cell at the distance q_here whose closest point, with `closest`, is at the distance `there`, both in ell.
// Where more than half of the distance remains, q leads to no surface.
// Lithium that belongs to no surface, and electrolyte that belongs to none, is a speck as sharp as the grid can hold.
fn loose(closest: f32, q_here: f32, there: f32) -> f32 {
    let share = looseness(q_here, there);
    let speck = select(-LARGEST_CURVATURE, LARGEST_CURVATURE, q_here < 0.0);
    return closest + share * (speck - closest);
}

// The signed distance at corners (x), and the curvature (y).
fn at(c: vec4<u32>) -> mat4x2<f32> {
    return mat4x2<f32>(
        vec2<f32>(q[c.x], curvature[c.x]),
        vec2<f32>(q[c.y], curvature[c.y]),
        vec2<f32>(q[c.z], curvature[c.z]),
        vec2<f32>(q[c.w], curvature[c.w]),
    );
}

fn sampled(c: Corners) -> vec2<f32> {
    return interpolated(at(c.near), at(c.far), c.share);
}

// One over the MacMullin number there.
fn medium(c: Corners) -> f32 {
    let near = inverse_macmullin(c.planes.x);
    return near + c.share.z * (inverse_macmullin(c.planes.y) - near);
}

@compute @workgroup_size(16, 4, 4)
fn probe(@builtin(global_invocation_id) p: vec3<u32>) {
    let n = vec3<u32>(physics.nx, physics.ny, physics.nz);
    if !inside(p, n) { return; }
    let i = element(p, n);
    probe_way[i] = vec2<f32>(0.0);
    let own = max(-q[i], LEAST_LAYER * physics.ell) / inverse_macmullin(p.z);
    probe_depth[i] = vec2<f32>(0.0, select(NO_REACTION, own, q[i] <= DEEP_DISTANCE * physics.ell));
    front_curvature[i] = curvature[i];
    if delta[i] == 0.0 {
        return;
    }
    let gradient = gradient_at(p, n);
    let steepness = magnitude(gradient);
    if steepness <= LEAST_GRADIENT {
        front_curvature[i] = loose(curvature[i], q[i] / physics.ell, q[i] / physics.ell);
        return;
    }
    let outwards = -gradient / steepness;
    let depth = q[i] / steepness;
    let way = rounded3((depth + PROBE_DISTANCE * physics.ell) * outwards);
    let read = corners(p, way, n);
    let there = sampled(read);

    probe_way[i] = way.xy;
    let reacts = q[i] / physics.ell <= DEEP_DISTANCE || there.x <= REMAINING_SHARE * q[i];
    // of all cells on a normal the same layer, whatever medium they lie in
    let thickness = max(-there.x, LEAST_LAYER * physics.ell) / medium(read);
    probe_depth[i] = vec2<f32>(way.z, select(NO_REACTION, thickness, reacts));
    let closest = sampled(corners(p, rounded3(depth * outwards), n));
    front_curvature[i] = loose(closest.y, q[i] / physics.ell, closest.x / physics.ell);
}

// crystal_curvature - what capillarity of a crystal has beside the curvature, near the interface
//
//   excess_curvature = -div[w (xi - n)]/w,   xi the vector of Cahn and Hoffman for the surface energy over its mean, n = grad q/|grad q|
//
// Cells farther than 3 dx from the interface have none: it is read at the surface. A cell sees all its faces with the orientation of its own grain.
//
// reads   q, accessible, grain, rotations
// writes  excess_curvature
// units   scaled, see src/model/scales.rs
// twin    src/mechanisms/crystal/cpu.rs

@group(0) @binding(0) var<uniform> physics: Physics;
@group(0) @binding(1) var<uniform> parameters: Parameters;
@group(0) @binding(2) var<storage, read> q: array<f32>;
@group(0) @binding(3) var<storage, read> accessible: array<f32>;
@group(0) @binding(4) var<storage, read> grain: array<f32>;
@group(0) @binding(5) var<storage, read> rotations: array<f32>;
@group(0) @binding(6) var<storage, read_write> excess_curvature: array<f32>;

struct Parameters {
    e1: f32,
    e2: f32,
    orientations: u32, // of grains; 0 if there are none
}

// Distance from the interface within which it is computed [dx].
const CRYSTAL_BAND = 3.0;
// Bound on the curvature.
const LARGEST_CURVATURE = 1.0;

// What flows out of cell p through one face.
fn flux(p: vec3<u32>, i: u32, nb: u32, axis: u32, side: u32, here: vec3<f32>, frame: Frame, n: vec3<u32>) -> f32 {
    if nb == i { return 0.0; }
    let sign = select(-1.0, 1.0, side == 1u);
    let more = excess(turned(frame, normal_on_face(p, nb, axis, side, here, n)), parameters.e1, parameters.e2);
    let column = vec3<f32>(frame.x[axis], frame.y[axis], frame.z[axis]);
    let products = rounded3(column * more);
    let outward = sign * ((products.x + products.y) + products.z);
    return rounded(0.5 * (accessible[i] + accessible[nb]) * outward);
}

@compute @workgroup_size(16, 4, 4)
fn crystal_curvature(@builtin(global_invocation_id) p: vec3<u32>) {
    let n = vec3<u32>(physics.nx, physics.ny, physics.nz);
    if !inside(p, n) { return; }
    let i = element(p, n);
    if abs(q[i]) >= CRYSTAL_BAND {
        excess_curvature[i] = 0.0;
        return;
    }
    let here = central(p, n);
    let frame = frame_of(i, parameters.orientations);
    let at = neighbours(p, n);
    let x = rounded(flux(p, i, at.west, 0u, 0u, here, frame, n) + flux(p, i, at.east, 0u, 1u, here, frame, n));
    let y = rounded(flux(p, i, at.south, 1u, 0u, here, frame, n) + flux(p, i, at.north, 1u, 1u, here, frame, n));
    let z = rounded(flux(p, i, at.below, 2u, 0u, here, frame, n) + flux(p, i, at.above, 2u, 1u, here, frame, n));
    excess_curvature[i] = clamp(-((x + y) + z) / accessible[i], -LARGEST_CURVATURE, LARGEST_CURVATURE);
}

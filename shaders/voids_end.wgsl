// voids_end - what a step has done to the contact: stripping has cost some of it, creep and plating have brought some back
//
//   contact = share of the surface in contact, negative where a cell has none of its own but knows that of the surface that was closest to it
//
// reads   q, front_curvature, current, contact_now
// writes  contact
// units   scaled, see src/model/scales.rs; dt in seconds
// twin    src/mechanisms/voids/cpu.rs

@group(0) @binding(0) var<uniform> physics: Physics;
@group(0) @binding(1) var<uniform> parameters: Parameters;
@group(0) @binding(2) var<storage, read> q: array<f32>;
@group(0) @binding(3) var<storage, read> front_curvature: array<f32>;
@group(0) @binding(4) var<storage, read> current: array<f32>;
@group(0) @binding(5) var<storage, read> contact_now: array<f32>;
@group(0) @binding(6) var<storage, read_write> contact: array<f32>;

struct Parameters {
    dt: f32,
    critical: f32, // current density up to which lithium is resupplied
    per_charge: f32, // contact lost per charge that is stripped
    refilled: f32, // part of the plated lithium that goes into voids
    movement: f32,
}

// Cells farther than this from the interface have the contact of the surface that is closest to them [ell].
const OWN_LAYER = 3.0;

@compute @workgroup_size(16, 4, 4)
fn voids_end(@builtin(global_invocation_id) p: vec3<u32>) {
    let n = vec3<u32>(physics.nx, physics.ny, physics.nz);
    if !inside(p, n) { return; }
    let i = element(p, n);
    let now = contact_now[i];
    if now < 0.0 || abs(q[i]) >= OWN_LAYER * physics.ell {
        contact[i] = -abs(now);
        return;
    }
    let stretch = 1.0 + parameters.movement * max(current[i], 0.0) * front_curvature[i];
    contact[i] = carried(now, lost(current[i]), stretch);
}

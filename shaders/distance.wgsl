// distance - signed distance to the interface, positive in the lithium
//
//   q = ell ln(xi/(1 - xi)),   xi clipped to [1e-6, 1 - 1e-6]
//
// reads   xi
// writes  q
// units   scaled, see src/model/scales.rs
// twin    src/cpu/distance.rs

@group(0) @binding(0) var<uniform> physics: Physics;
@group(0) @binding(1) var<storage, read> xi: array<f32>;
@group(0) @binding(2) var<storage, read_write> q: array<f32>;

// Bound on xi and 1 - xi inside the logarithm.
const PROFILE_CLIP = 1e-6;

@compute @workgroup_size(16, 4, 4)
fn distance(@builtin(global_invocation_id) p: vec3<u32>) {
    let n = vec3<u32>(physics.nx, physics.ny, physics.nz);
    if !inside(p, n) { return; }
    let i = element(p, n);
    // both parts are clipped by themselves: 1 - PROFILE_CLIP has three digits of PROFILE_CLIP left in f32
    let lithium = max(xi[i], PROFILE_CLIP);
    let electrolyte = max(1.0 - xi[i], PROFILE_CLIP);

    q[i] = physics.ell * log_ratio(lithium, electrolyte);
}

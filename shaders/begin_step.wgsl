// begin_step - keeps phi and c, and goes on as the last step did
//
//   u_old = u,   u += ahead (u - u_old), but 1 + c at least keep times what it was
//
// reads   u, u_old
// writes  u, u_old
// units   scaled, see src/model/scales.rs
// twin    src/cpu/vectors.rs

@group(0) @binding(0) var<uniform> physics: Physics;
@group(0) @binding(1) var<uniform> parameters: Parameters;
@group(0) @binding(2) var<storage, read_write> u: array<vec2<f32>>;
@group(0) @binding(3) var<storage, read_write> u_old: array<vec2<f32>>;

struct Parameters {
    ahead: f32,
    keep: f32,
}

@compute @workgroup_size(16, 4, 4)
fn begin_step(@builtin(global_invocation_id) p: vec3<u32>) {
    let n = vec3<u32>(physics.nx, physics.ny, physics.nz);
    if !inside(p, n) { return; }
    let i = element(p, n);
    let now = u[i];
    let there = now + parameters.ahead * (now - u_old[i]);

    u[i] = vec2<f32>(there.x, max(there.y, parameters.keep * (1.0 + now.y) - 1.0));
    u_old[i] = now;
}

// begin_step - keeps phi, c and the current, and goes on as the last step did
//
//   u_old = u,   u += ahead (u - u_old), but 1 + c at least keep times what it was
//   u_low = 0,   current_old = current
//
// reads   u, u_old, current
// writes  u, u_old, u_low, current_old
// units   scaled, see src/model/scales.rs
// twin    src/cpu/vectors.rs

@group(0) @binding(0) var<uniform> physics: Physics;
@group(0) @binding(1) var<uniform> parameters: Parameters;
@group(0) @binding(2) var<storage, read_write> u: array<vec2<f32>>;
@group(0) @binding(3) var<storage, read_write> u_old: array<vec2<f32>>;
@group(0) @binding(4) var<storage, read_write> u_low: array<vec2<f32>>;
@group(0) @binding(5) var<storage, read> current: array<f32>;
@group(0) @binding(6) var<storage, read_write> current_old: array<f32>;

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
    u_low[i] = vec2<f32>(0.0);
    current_old[i] = current[i];
}

// close - the trapped cells whose salt is spent at the beginning of the step
//
//   1 + c_old < 0.05
//
// They have no reaction area, and conduct as lithium does.
//
// reads   u_old, pocket
// writes  pocket
// units   scaled, see src/model/scales.rs
// twin    src/cpu/trapped.rs

@group(0) @binding(0) var<uniform> physics: Physics;
@group(0) @binding(1) var<storage, read> u_old: array<vec2<f32>>;
@group(0) @binding(2) var<storage, read_write> pocket: array<u32>;

@compute @workgroup_size(16, 4, 4)
fn close(@builtin(global_invocation_id) p: vec3<u32>) {
    let n = vec3<u32>(physics.nx, physics.ny, physics.nz);
    if !inside(p, n) { return; }
    let i = element(p, n);
    let is_trapped = pocket[i] & TRAPPED;

    pocket[i] = is_trapped | select(0u, CLOSED, is_trapped != 0u && is_spent(u_old[i].y));
}

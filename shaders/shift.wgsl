// shift - moves the reference that the potential is counted from
//
//   phi -= by, also before the last step
//
// reads   u, u_old
// writes  u, u_old
// units   scaled, see src/model/scales.rs
// twin    src/cpu/mod.rs

@group(0) @binding(0) var<uniform> physics: Physics;
@group(0) @binding(1) var<uniform> parameters: Parameters;
@group(0) @binding(2) var<storage, read_write> u: array<vec2<f32>>;
@group(0) @binding(3) var<storage, read_write> u_old: array<vec2<f32>>;

struct Parameters {
    by: f32,
}

@compute @workgroup_size(16, 4, 4)
fn shift(@builtin(global_invocation_id) p: vec3<u32>) {
    let n = vec3<u32>(physics.nx, physics.ny, physics.nz);
    if !inside(p, n) { return; }
    let i = element(p, n);
    u[i].x -= parameters.by;
    u_old[i].x -= parameters.by;
}

// update - the correction, damped, added to the unknowns
//
//   u + u_low += damping correction,   damping = 1/max(need, 1)
//
// In the electrolyte (xi_mid < 1/2) 1 + c falls to the share `keep` of it at most, unless it is dilute: there the equations are linear in c.
//
// A two-float sum: what u cannot hold goes to u_low.
//
// reads   need, correction, xi_mid, u, u_low
// writes  u, u_low
// units   scaled, see src/model/scales.rs
// twin    src/cpu/vectors.rs

@group(0) @binding(0) var<uniform> physics: Physics;
@group(0) @binding(1) var<uniform> parameters: Parameters;
@group(0) @binding(2) var<storage, read> need: array<vec4<f32>>;
@group(0) @binding(3) var<storage, read> correction: array<vec2<f32>>;
@group(0) @binding(4) var<storage, read> xi_mid: array<f32>;
@group(0) @binding(5) var<storage, read_write> u: array<vec2<f32>>;
@group(0) @binding(6) var<storage, read_write> u_low: array<vec2<f32>>;

struct Parameters {
    keep: f32,
}

@compute @workgroup_size(16, 4, 4)
fn update(@builtin(global_invocation_id) p: vec3<u32>) {
    let n = vec3<u32>(physics.nx, physics.ny, physics.nz);
    if !inside(p, n) { return; }
    let i = element(p, n);
    let damping = 1.0 / max(need[0].x, 1.0);
    let change = rounded2(damping * correction[i]);
    let sum = add(Sum(vec4<f32>(u[i], 0.0, 0.0), vec4<f32>(u_low[i], 0.0, 0.0)), single(vec4<f32>(change, 0.0, 0.0)));

    let now = (1.0 + u[i].y) + u_low[i].y;
    let least = parameters.keep * now - 1.0;
    var next = sum.high.xy;
    var next_low = sum.low.xy;
    if xi_mid[i] < 0.5 && now > DILUTE && next.y + next_low.y < least {
        next.y = least;
        next_low.y = 0.0;
    }

    u[i] = next;
    u_low[i] = next_low;
}

// inventory - what the box holds, first stage: one partial sum for each workgroup
//
//   lithium sum w xi, salt sum psi c, area sum delta; the highest lithium and how far xi lies outside 0...1
//
// The sums are kept as two floats each: a step plates a thousandth of a thousandth of what is there.
//
// reads   xi, accessible, u, u_low, delta
// writes  partial
// units   scaled, see src/model/scales.rs
// twin    src/cpu/inventory.rs

@group(0) @binding(0) var<uniform> physics: Physics;
@group(0) @binding(1) var<uniform> parameters: Parameters;
@group(0) @binding(2) var<storage, read> xi: array<f32>;
@group(0) @binding(3) var<storage, read> accessible: array<f32>;
@group(0) @binding(4) var<storage, read> u: array<vec2<f32>>;
@group(0) @binding(5) var<storage, read> u_low: array<vec2<f32>>;
@group(0) @binding(6) var<storage, read> delta: array<f32>;
@group(0) @binding(7) var<storage, read_write> partial: array<vec4<f32>>;

struct Parameters {
    planes: u32,
}

@compute @workgroup_size(16, 16, 1)
fn inventory(
    @builtin(global_invocation_id) p: vec3<u32>,
    @builtin(local_invocation_index) lane: u32,
    @builtin(workgroup_id) group: vec3<u32>,
    @builtin(num_workgroups) groups: vec3<u32>,
) {
    let n = vec3<u32>(physics.nx, physics.ny, physics.nz);
    let first = group.z * parameters.planes;
    let last = min(first + parameters.planes, n.z);
    var sums = single(vec4<f32>(0.0));
    var maxima = vec4<f32>(0.0);
    for (var z = first; z < last; z++) {
        let cell = vec3<u32>(p.xy, z);
        if !inside(cell, n) { continue; }
        let i = element(cell, n);
        let filled = accessible[i] * xi[i];
        let next = min(i + n.x * n.y, n.x * n.y * n.z - 1u);
        let above = select(accessible[next] * xi[next], 0.0, z + 1u == n.z);
        let surface = select(f32(z) + 1.0, f32(z) + 0.5 + (filled - 0.5) / max(filled - above, 1e-30), above <= 0.5);
        let height = select(0.0, surface, filled > 0.5);
        // sums may not tell what is not finite
        let finite = is_finite(xi[i]) && is_finite(u[i].x) && is_finite(u[i].y);
        let overshoot = select(NOT_FINITE, max(max(-xi[i], xi[i] - 1.0), 0.0), finite);
        let salt = electrolyte_fraction(accessible[i], xi[i]) * porosity(z) * ((1.0 + u[i].y) + u_low[i].y);

        sums = add(sums, single(vec4<f32>(filled, salt, delta[i], 0.0)));
        maxima = max(maxima, vec4<f32>(height, overshoot, 0.0, 0.0));
    }
    leave(0u, sums, vec4<bool>(false), lane, group, groups);
    leave(1u, single(maxima), vec4<bool>(true), lane, group, groups);
}

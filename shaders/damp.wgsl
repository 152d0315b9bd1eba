// damp - how much of the correction the limits allow, first stage
//
//   need = max of |d_phi|/potential, d_phi as the reaction reads it,   damping = 1/max(need, 1) in `update`
//
// reads   correction, delta, probe_way, probe_depth
// writes  partial
// units   scaled, see src/model/scales.rs
// twin    src/cpu/vectors.rs

@group(0) @binding(0) var<uniform> physics: Physics;
@group(0) @binding(1) var<uniform> parameters: Parameters;
@group(0) @binding(2) var<storage, read> correction: array<vec2<f32>>;
@group(0) @binding(3) var<storage, read> delta: array<f32>;
@group(0) @binding(4) var<storage, read> probe_way: array<vec2<f32>>;
@group(0) @binding(5) var<storage, read> probe_depth: array<vec2<f32>>;
@group(0) @binding(6) var<storage, read_write> partial: array<vec4<f32>>;

// Least reaction area per volume of a cell whose potential is held back.
const REACTING_AREA = 0.01;

struct Parameters {
    planes: u32,
    potential: f32,
}

fn at(c: vec4<u32>) -> mat4x2<f32> {
    return mat4x2<f32>(correction[c.x], correction[c.y], correction[c.z], correction[c.w]);
}

@compute @workgroup_size(16, 16, 1)
fn damp(
    @builtin(global_invocation_id) p: vec3<u32>,
    @builtin(local_invocation_index) lane: u32,
    @builtin(workgroup_id) group: vec3<u32>,
    @builtin(num_workgroups) groups: vec3<u32>,
) {
    let n = vec3<u32>(physics.nx, physics.ny, physics.nz);
    let first = group.z * parameters.planes;
    let last = min(first + parameters.planes, n.z);
    var need = 0.0;
    for (var z = first; z < last; z++) {
        let cell = vec3<u32>(p.xy, z);
        if !inside(cell, n) { continue; }
        let i = element(cell, n);
        if delta[i] > REACTING_AREA {
            let c = corners(cell, vec3<f32>(probe_way[i], probe_depth[i].x), n);
            let rise = interpolated(at(c.near), at(c.far), c.share).x;
            need = max(need, abs(rise) / parameters.potential);
        }
    }
    leave(0u, single(vec4<f32>(need)), vec4<bool>(true), lane, group, groups);
}

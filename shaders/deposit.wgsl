// deposit - the front follows the current of the lithium, which is the current without what mechanisms take
//
//   xi += factor i delta/w
//
// reads   current, side, delta, accessible, xi
// writes  xi
// units   scaled, see src/model/scales.rs
// twin    src/cpu/front.rs

@group(0) @binding(0) var<uniform> physics: Physics;
@group(0) @binding(1) var<uniform> parameters: Parameters;
@group(0) @binding(2) var<storage, read> current: array<f32>;
@group(0) @binding(3) var<storage, read> side: array<vec2<f32>>;
@group(0) @binding(4) var<storage, read> delta: array<f32>;
@group(0) @binding(5) var<storage, read> accessible: array<f32>;
@group(0) @binding(6) var<storage, read_write> xi: array<f32>;

struct Parameters {
    factor: f32,
}

@compute @workgroup_size(16, 4, 4)
fn deposit(@builtin(global_invocation_id) p: vec3<u32>) {
    let n = vec3<u32>(physics.nx, physics.ny, physics.nz);
    if !inside(p, n) { return; }
    let i = element(p, n);
    var lithium = current[i];
    if physics.mechanisms == 1u { lithium -= side[i].x; }
    let plated = lithium * delta[i] / accessible[i];

    xi[i] += parameters.factor * plated;
}

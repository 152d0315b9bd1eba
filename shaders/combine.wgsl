// combine - one vector less a share of another
//
//   a -= sign <a, test>/<b, test> b,   with the scalar products of the last `project`; nothing unless <b, test> > 0
//
// reads   product, a, b
// writes  a
// units   scaled, see src/model/scales.rs
// twin    src/cpu/vectors.rs

@group(0) @binding(0) var<uniform> physics: Physics;
@group(0) @binding(1) var<uniform> parameters: Parameters;
@group(0) @binding(2) var<storage, read> product: array<vec4<f32>>;
@group(0) @binding(3) var<storage, read_write> a: array<vec2<f32>>;
@group(0) @binding(4) var<storage, read> b: array<vec2<f32>>;

struct Parameters {
    sign: f32,
}

@compute @workgroup_size(16, 4, 4)
fn combine(@builtin(global_invocation_id) p: vec3<u32>) {
    let n = vec3<u32>(physics.nx, physics.ny, physics.nz);
    if !inside(p, n) { return; }
    let i = element(p, n);
    let of_b = product[0].y;
    let coefficient = select(0.0, product[0].x / of_b, of_b > 0.0);

    a[i] -= parameters.sign * coefficient * b[i];
}

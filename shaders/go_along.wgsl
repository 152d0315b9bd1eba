// go_along - the correction goes on along a direction, as far as makes the residual small
//
//   correction += c direction, from zero if it starts there,   residual -= c image
//   c = <a, test>/<b, test> of the last products; nothing unless <b, test> > 0
//
// reads   product, direction, image, correction, residual
// writes  correction, residual
// units   scaled, see src/model/scales.rs
// twin    src/cpu/vectors.rs

@group(0) @binding(0) var<uniform> physics: Physics;
@group(0) @binding(1) var<storage, read> product: array<vec4<f32>>;
@group(0) @binding(2) var<storage, read> direction: array<vec2<f32>>;
@group(0) @binding(3) var<storage, read> image: array<vec2<f32>>;
@group(0) @binding(4) var<storage, read_write> correction: array<vec2<f32>>;
@group(0) @binding(5) var<storage, read_write> residual: array<vec2<f32>>;
@group(0) @binding(6) var<uniform> parameters: Parameters;

struct Parameters {
    starts: u32, // 1 or 0
}

@compute @workgroup_size(16, 4, 4)
fn go_along(@builtin(global_invocation_id) p: vec3<u32>) {
    let n = vec3<u32>(physics.nx, physics.ny, physics.nz);
    if !inside(p, n) { return; }
    let i = element(p, n);
    let of_b = product[0].y;
    let coefficient = select(0.0, product[0].x / of_b, of_b > 0.0);

    correction[i] = select(correction[i], vec2<f32>(0.0), parameters.starts == 1u) + coefficient * direction[i];
    residual[i] -= coefficient * image[i];
}

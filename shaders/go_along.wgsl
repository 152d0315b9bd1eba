// go_along - the residual goes on along an image, as far as makes it small
//
//   far       = product.x/product.y of the last products; nothing unless product.y > 0
//   residual -= far image
//
// reads   product, image, residual
// writes  along, residual
// units   scaled, see src/model/scales.rs
// twin    src/cpu/vectors.rs

@group(0) @binding(0) var<uniform> physics: Physics;
@group(0) @binding(1) var<uniform> parameters: Parameters;
@group(0) @binding(2) var<storage, read> product: array<vec4<f32>>;
@group(0) @binding(3) var<storage, read> image: array<vec2<f32>>;
@group(0) @binding(4) var<storage, read_write> along: array<f32>;
@group(0) @binding(5) var<storage, read_write> residual: array<vec2<f32>>;

struct Parameters {
    slot: u32, // of the image
}

@compute @workgroup_size(16, 4, 4)
fn go_along(@builtin(global_invocation_id) p: vec3<u32>) {
    let n = vec3<u32>(physics.nx, physics.ny, physics.nz);
    if !inside(p, n) { return; }
    let i = element(p, n);
    let square = product[0].y;
    var far = 0.0;
    if square > 0.0 { far = product[0].x / square; }
    if i == 0u {
        along[far_of(parameters.slot)] = far;
        along[square_of(parameters.slot)] = square;
    }

    residual[i] -= far * image[i];
}

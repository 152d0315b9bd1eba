// orthogonalise - an image less its shares in up to four older ones, and the products that tell how far to go along it, first stage
//
//   share  = <image, older>/<older, older>,   with the products of `project`; nothing unless <older, older> > 0
//   image -= sum over older of share older
//   <image, residual> and <image, image>
//
// reads   product, along, residual, image, older_image_0, older_image_1, older_image_2, older_image_3
// writes  along, image, partial
// units   scaled, see src/model/scales.rs
// twin    src/cpu/vectors.rs

@group(0) @binding(0) var<uniform> physics: Physics;
@group(0) @binding(1) var<uniform> parameters: Parameters;
@group(0) @binding(2) var<storage, read> product: array<vec4<f32>>;
@group(0) @binding(3) var<storage, read_write> along: array<f32>;
@group(0) @binding(4) var<storage, read> residual: array<vec2<f32>>;
@group(0) @binding(5) var<storage, read_write> image: array<vec2<f32>>;
@group(0) @binding(6) var<storage, read> older_image_0: array<vec2<f32>>;
@group(0) @binding(7) var<storage, read> older_image_1: array<vec2<f32>>;
@group(0) @binding(8) var<storage, read> older_image_2: array<vec2<f32>>;
@group(0) @binding(9) var<storage, read> older_image_3: array<vec2<f32>>;
@group(0) @binding(10) var<storage, read_write> partial: array<vec4<f32>>;

struct Parameters {
    planes: u32,
    slot: u32, // of the image
    first: u32, // slot of the first older one
    older: u32, // how many there are, 1 to 4
}

@compute @workgroup_size(16, 16, 1)
fn orthogonalise(
    @builtin(global_invocation_id) p: vec3<u32>,
    @builtin(local_invocation_index) lane: u32,
    @builtin(workgroup_id) group: vec3<u32>,
    @builtin(num_workgroups) groups: vec3<u32>,
) {
    let n = vec3<u32>(physics.nx, physics.ny, physics.nz);
    let first = group.z * parameters.planes;
    let last = min(first + parameters.planes, n.z);
    var shares = vec4<f32>(0.0);
    for (var k = 0u; k < parameters.older; k++) {
        let square = along[square_of(parameters.first + k)];
        if square > 0.0 { shares[k] = product[0][k] / square; }
        if all(p == vec3<u32>(0u)) { along[share_of(parameters.slot, parameters.first + k)] = shares[k]; }
    }
    var sums = single(vec4<f32>(0.0));
    for (var z = first; z < last; z++) {
        let cell = vec3<u32>(p.xy, z);
        if !inside(cell, n) { continue; }
        let i = element(cell, n);
        var own = image[i] - shares.x * older_image_0[i];
        if parameters.older > 1u { own -= shares.y * older_image_1[i]; }
        if parameters.older > 2u { own -= shares.z * older_image_2[i]; }
        if parameters.older > 3u { own -= shares.w * older_image_3[i]; }
        image[i] = own;
        let weighted = vec2<f32>(1.0, physics.salt_weight) * own;
        sums = add(sums, single(vec4<f32>(dot(weighted, residual[i]), dot(weighted, own), 0.0, 0.0)));
    }
    leave(0u, sums, vec4<bool>(false), lane, group, groups);
}

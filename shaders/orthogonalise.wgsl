// orthogonalise - a direction and its image less their shares in one or two older ones, and the products that tell how far to go along it
//
//   image     -= sum over older of <image, older>/<older, older> older,   with the scalar products of `project`
//   direction alike
//   <residual, image> and <image, image>, first stage
//
// reads   product, residual, direction, image, older_direction_0, older_direction_1, older_image_0, older_image_1
// writes  direction, image, partial
// units   scaled, see src/model/scales.rs
// twin    src/cpu/vectors.rs

@group(0) @binding(0) var<uniform> physics: Physics;
@group(0) @binding(1) var<uniform> parameters: Parameters;
@group(0) @binding(2) var<storage, read> product: array<vec4<f32>>;
@group(0) @binding(3) var<storage, read> residual: array<vec2<f32>>;
@group(0) @binding(4) var<storage, read_write> direction: array<vec2<f32>>;
@group(0) @binding(5) var<storage, read_write> image: array<vec2<f32>>;
@group(0) @binding(6) var<storage, read> older_direction_0: array<vec2<f32>>;
@group(0) @binding(7) var<storage, read> older_direction_1: array<vec2<f32>>;
@group(0) @binding(8) var<storage, read> older_image_0: array<vec2<f32>>;
@group(0) @binding(9) var<storage, read> older_image_1: array<vec2<f32>>;
@group(0) @binding(10) var<storage, read_write> partial: array<vec4<f32>>;

struct Parameters {
    planes: u32,
    older: u32, // how many there are, 1 or 2
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
    let weights = vec2<f32>(1.0, physics.salt_weight);
    let products = product[0];
    let shares = select(vec2<f32>(0.0), products.xz / products.yw, products.yw > vec2<f32>(0.0));
    var sums = single(vec4<f32>(0.0));
    for (var z = first; z < last; z++) {
        let cell = vec3<u32>(p.xy, z);
        if !inside(cell, n) { continue; }
        let i = element(cell, n);
        var along = direction[i] - shares.x * older_direction_0[i];
        var own = image[i] - shares.x * older_image_0[i];
        if parameters.older == 2u {
            along -= shares.y * older_direction_1[i];
            own -= shares.y * older_image_1[i];
        }
        direction[i] = along;
        image[i] = own;
        sums = add(sums, single(vec4<f32>(dot(weights * residual[i], own), dot(weights * own, own), 0.0, 0.0)));
    }
    let slot = (group.z * groups.y + group.y) * groups.x + group.x;
    let total_0 = over_workgroup(sums, vec4<bool>(false), lane);
    if lane == 0u {
        partial[2u * slot] = total_0.high;
        partial[2u * slot + 1u] = total_0.low;
    }
}

// project_older - scalar products of an image with older ones, first stage
//
//   <image, older_0>, <older_0, older_0>, <image, older_1>, <older_1, older_1>,   from which `orthogonalise` takes its shares
//   <a, b> = sum of a.phi b.phi + salt_weight a.c b.c: both equations count alike
//
// reads   image, older_image_0, older_image_1
// writes  partial
// units   scaled, see src/model/scales.rs
// twin    src/cpu/vectors.rs

@group(0) @binding(0) var<uniform> physics: Physics;
@group(0) @binding(1) var<uniform> parameters: Parameters;
@group(0) @binding(2) var<storage, read> image: array<vec2<f32>>;
@group(0) @binding(3) var<storage, read> older_image_0: array<vec2<f32>>;
@group(0) @binding(4) var<storage, read> older_image_1: array<vec2<f32>>;
@group(0) @binding(5) var<storage, read_write> partial: array<vec4<f32>>;

struct Parameters {
    planes: u32,
    older: u32, // how many there are, 1 or 2
}

@compute @workgroup_size(16, 16, 1)
fn project_older(
    @builtin(global_invocation_id) p: vec3<u32>,
    @builtin(local_invocation_index) lane: u32,
    @builtin(workgroup_id) group: vec3<u32>,
    @builtin(num_workgroups) groups: vec3<u32>,
) {
    let n = vec3<u32>(physics.nx, physics.ny, physics.nz);
    let first = group.z * parameters.planes;
    let last = min(first + parameters.planes, n.z);
    let weights = vec2<f32>(1.0, physics.salt_weight);
    var sums = single(vec4<f32>(0.0));
    for (var z = first; z < last; z++) {
        let cell = vec3<u32>(p.xy, z);
        if !inside(cell, n) { continue; }
        let i = element(cell, n);
        let own = weights * image[i];
        let a = older_image_0[i];
        var terms = vec4<f32>(dot(own, a), dot(weights * a, a), 0.0, 0.0);
        if parameters.older == 2u {
            let b = older_image_1[i];
            terms = vec4<f32>(terms.xy, dot(own, b), dot(weights * b, b));
        }
        sums = add(sums, single(terms));
    }
    let slot = (group.z * groups.y + group.y) * groups.x + group.x;
    let total_0 = over_workgroup(sums, vec4<bool>(false), lane);
    if lane == 0u {
        partial[2u * slot] = total_0.high;
        partial[2u * slot + 1u] = total_0.low;
    }
}

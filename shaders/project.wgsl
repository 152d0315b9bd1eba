// project - scalar products of two vectors of the linear solver with a third, first stage
//
//   <a, test> and <b, test>, then <a, test_1> and <b_1, test_1> if there are two pairs,   from which `go_along` takes the coefficient
//   <a, test>/<b, test>, and `orthogonalise` one for each pair
//   <a, b> = sum of a.phi b.phi + salt_weight a.c b.c: both equations count alike
//
// reads   a, b, test, b_1, test_1
// writes  partial
// units   scaled, see src/model/scales.rs
// twin    src/cpu/vectors.rs

@group(0) @binding(0) var<uniform> physics: Physics;
@group(0) @binding(1) var<uniform> parameters: Parameters;
@group(0) @binding(2) var<storage, read> a: array<vec2<f32>>;
@group(0) @binding(3) var<storage, read> b: array<vec2<f32>>;
@group(0) @binding(4) var<storage, read> test: array<vec2<f32>>;
@group(0) @binding(5) var<storage, read> b_1: array<vec2<f32>>;
@group(0) @binding(6) var<storage, read> test_1: array<vec2<f32>>;
@group(0) @binding(7) var<storage, read_write> partial: array<vec4<f32>>;

struct Parameters {
    planes: u32,
    pairs: u32, // 1 or 2
}

@compute @workgroup_size(16, 16, 1)
fn project(
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
        let own = weights * a[i];
        var terms = vec4<f32>(dot(own, test[i]), dot(weights * b[i], test[i]), 0.0, 0.0);
        if parameters.pairs == 2u {
            terms = vec4<f32>(terms.xy, dot(own, test_1[i]), dot(weights * b_1[i], test_1[i]));
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

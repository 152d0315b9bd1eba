// project - scalar products of a vector of the linear solver with up to four others, first stage
//
//   <a, b> = sum of a.phi b.phi + salt_weight a.c b.c: both equations count alike
//
// a may be the uniform potential (1, 0), with which a product is the sum over the charge equation.
//
// reads   a, test_0, test_1, test_2, test_3
// writes  partial
// units   scaled, see src/model/scales.rs
// twin    src/cpu/vectors.rs

@group(0) @binding(0) var<uniform> physics: Physics;
@group(0) @binding(1) var<uniform> parameters: Parameters;
@group(0) @binding(2) var<storage, read> a: array<vec2<f32>>;
@group(0) @binding(3) var<storage, read> test_0: array<vec2<f32>>;
@group(0) @binding(4) var<storage, read> test_1: array<vec2<f32>>;
@group(0) @binding(5) var<storage, read> test_2: array<vec2<f32>>;
@group(0) @binding(6) var<storage, read> test_3: array<vec2<f32>>;
@group(0) @binding(7) var<storage, read_write> partial: array<vec4<f32>>;

struct Parameters {
    planes: u32,
    tests: u32, // how many there are, 1 to 4
    is_uniform: u32, // 1 if a is the uniform potential, or 0
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
    var sums = single(vec4<f32>(0.0));
    for (var z = first; z < last; z++) {
        let cell = vec3<u32>(p.xy, z);
        if !inside(cell, n) { continue; }
        let i = element(cell, n);
        var own = vec2<f32>(1.0, 0.0);
        if parameters.is_uniform == 0u { own = vec2<f32>(1.0, physics.salt_weight) * a[i]; }
        var terms = vec4<f32>(dot(own, test_0[i]), 0.0, 0.0, 0.0);
        if parameters.tests > 1u { terms.y = dot(own, test_1[i]); }
        if parameters.tests > 2u { terms.z = dot(own, test_2[i]); }
        if parameters.tests > 3u { terms.w = dot(own, test_3[i]); }
        sums = add(sums, single(terms));
    }
    leave(0u, sums, vec4<bool>(false), lane, group, groups);
}

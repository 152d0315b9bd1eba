// total - second stage of every sum: partial sums to totals, four numbers for each workgroup
//
//   totals = sum or maximum of partial
//
// reads   partial
// writes  totals
// units   scaled, see src/model/scales.rs
// twin    src/cpu/sum.rs

@group(0) @binding(0) var<uniform> physics: Physics;
@group(0) @binding(1) var<uniform> parameters: Parameters;
@group(0) @binding(2) var<storage, read> partial: array<vec4<f32>>;
@group(0) @binding(3) var<storage, read_write> totals: array<vec4<f32>>;

struct Parameters {
    count: u32, // partial sums
    maxima: u32, // one bit for each number: set if it is a maximum
}

@compute @workgroup_size(256)
fn total(@builtin(local_invocation_index) lane: u32, @builtin(workgroup_id) group: vec3<u32>) {
    let bits = parameters.maxima >> (4u * group.x);
    let maxima = (vec4<u32>(bits) & vec4<u32>(1u, 2u, 4u, 8u)) != vec4<u32>(0u);
    var sum = single(vec4<f32>(0.0));
    for (var k = lane; k < parameters.count; k += 256u) {
        let at = 2u * (group.x * parameters.count + k);
        sum = merged(sum, Sum(partial[at], partial[at + 1u]), maxima);
    }
    let whole = over_workgroup(sum, maxima, lane);
    if lane == 0u {
        totals[2u * group.x] = whole.high;
        totals[2u * group.x + 1u] = whole.low;
    }
}

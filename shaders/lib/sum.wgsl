// Sums and maxima over a workgroup of 256, on a fixed tree that is its own mirror image.

var<workgroup> tree: array<Sum, 256>;

// a + b, or the larger where `maxima` says so.
fn merged(a: Sum, b: Sum, maxima: vec4<bool>) -> Sum {
    let sum = add(a, b);
    return Sum(select(sum.high, max(a.high, b.high), maxima), select(sum.low, vec4<f32>(0.0), maxima));
}

fn over_workgroup(value: Sum, maxima: vec4<bool>, lane: u32) -> Sum {
    workgroupBarrier();
    tree[lane] = value;
    workgroupBarrier();
    for (var stride = 128u; stride > 0u; stride = stride >> 1u) {
        if lane < stride {
            tree[lane] = merged(tree[lane], tree[lane + stride], maxima);
        }
        workgroupBarrier();
    }
    return tree[0];
}

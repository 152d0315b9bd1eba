// The first stage of a sum: what a workgroup leaves for the second in `partial`, which the kernels that need this bind.

// Four numbers of the workgroup, the `number`-th four of the kernel.
fn leave(number: u32, value: Sum, maxima: vec4<bool>, lane: u32, group: vec3<u32>, groups: vec3<u32>) {
    let total = over_workgroup(value, maxima, lane);
    if lane == 0u {
        let slot = (group.z * groups.y + group.y) * groups.x + group.x;
        let at = 2u * (number * groups.x * groups.y * groups.z + slot);
        partial[at] = total.high;
        partial[at + 1u] = total.low;
    }
}

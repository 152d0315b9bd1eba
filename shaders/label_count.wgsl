// label_count - every label becomes that of its root, and every root counts its cells
//
// The second word of a root in `labels` is the count, that of the other cells stays zero.
//
// reads   labels
// writes  labels
// units   scaled, see src/model/scales.rs
// twin    src/cpu/isolated.rs

@group(0) @binding(0) var<uniform> physics: Physics;
@group(0) @binding(1) var<storage, read_write> labels: array<atomic<u32>>;

@compute @workgroup_size(16, 4, 4)
fn label_count(@builtin(global_invocation_id) p: vec3<u32>) {
    let n = vec3<u32>(physics.nx, physics.ny, physics.nz);
    if !inside(p, n) { return; }
    let i = element(p, n);
    var label = atomicLoad(&labels[2u * i]);
    if label == OTHER_PHASE { return; }
    while label != 0u {
        let up = atomicLoad(&labels[2u * (label - 1u)]);
        if up == label { break; }
        label = up;
    }
    atomicStore(&labels[2u * i], label);
    if label != 0u { atomicAdd(&labels[2u * (label - 1u) + 1u], 1u); }
}

// label_start - first label of each cell, from which the pieces of a phase are joined
//
//   lithium with copper beside it or at the bottom of the box, electrolyte at its top: 0
//   the same phase below, towards -y or -x: that cell's
//   else its own
//
// A cell has two words in `labels`: its label, and zero.
//
// reads   xi, accessible
// writes  labels
// units   scaled, see src/model/scales.rs
// twin    src/cpu/isolated.rs

@group(0) @binding(0) var<uniform> physics: Physics;
@group(0) @binding(1) var<uniform> parameters: Parameters;
@group(0) @binding(2) var<storage, read> xi: array<f32>;
@group(0) @binding(3) var<storage, read> accessible: array<f32>;
@group(0) @binding(4) var<storage, read_write> labels: array<u32>;

struct Parameters {
    phase: u32,
}

fn member(i: u32) -> bool {
    return is_of(parameters.phase, accessible[i], xi[i]);
}

fn copper(i: u32) -> bool {
    return accessible[i] <= 0.5;
}

fn beside_copper(a: Around) -> bool {
    return copper(a.west) || copper(a.east) || copper(a.south) || copper(a.north) || copper(a.below) || copper(a.above);
}

@compute @workgroup_size(16, 4, 4)
fn label_start(@builtin(global_invocation_id) p: vec3<u32>) {
    let n = vec3<u32>(physics.nx, physics.ny, physics.nz);
    if !inside(p, n) { return; }
    let i = element(p, n);
    labels[2u * i + 1u] = 0u;
    if !member(i) {
        labels[2u * i] = OTHER_PHASE;
        return;
    }
    let a = neighbours(p, n);
    var label = i;
    // neighbours across the sides of the box have higher numbers
    if a.west < label && member(a.west) { label = a.west; }
    if a.south < label && member(a.south) { label = a.south; }
    if a.below < label && member(a.below) { label = a.below; }
    var joined = p.z + 1u == n.z;
    if parameters.phase == LITHIUM {
        joined = p.z == 0u || beside_copper(a);
    }
    labels[2u * i] = select(label + 1u, 0u, joined);
}

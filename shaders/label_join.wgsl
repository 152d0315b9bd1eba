// label_join - the labels of cells of a phase that share a face become one: the smaller of their roots'
//
// A label that is a cell's own makes it a root; another leads to a cell with a smaller number. Whatever the order in which the
// threads come, the root of a piece is its first cell, or what it is joined to.
//
// reads   xi, accessible, labels
// writes  labels
// units   scaled, see src/model/scales.rs
// twin    src/cpu/isolated.rs

@group(0) @binding(0) var<uniform> physics: Physics;
@group(0) @binding(1) var<uniform> parameters: Parameters;
@group(0) @binding(2) var<storage, read> xi: array<f32>;
@group(0) @binding(3) var<storage, read> accessible: array<f32>;
@group(0) @binding(4) var<storage, read_write> labels: array<atomic<u32>>;

struct Parameters {
    phase: u32,
}

fn member(i: u32) -> bool {
    return is_of(parameters.phase, accessible[i], xi[i]);
}

// The label that another leads to. What is found on the way is shortened: any label further up is as good.
fn root(label: u32) -> u32 {
    var here = label;
    while here != 0u {
        let up = atomicLoad(&labels[2u * (here - 1u)]);
        if up == here || up == 0u { return up; }
        let further = atomicLoad(&labels[2u * (up - 1u)]);
        if further == up { return up; }
        atomicStore(&labels[2u * (here - 1u)], further);
        here = further;
    }
    return 0u;
}

fn join(a: u32, b: u32) {
    var one = root(atomicLoad(&labels[2u * a]));
    var other = root(atomicLoad(&labels[2u * b]));
    while one != other {
        let high = max(one, other);
        let low = min(one, other);
        let before = atomicMin(&labels[2u * (high - 1u)], low);
        // it was a root: done. If not, what it led to must be joined as well
        one = select(before, low, before == high);
        other = low;
    }
}

@compute @workgroup_size(16, 4, 4)
fn label_join(@builtin(global_invocation_id) p: vec3<u32>) {
    let n = vec3<u32>(physics.nx, physics.ny, physics.nz);
    if !inside(p, n) { return; }
    let i = element(p, n);
    if !member(i) { return; }
    let a = neighbours(p, n);
    if member(a.east) { join(i, a.east); }
    if member(a.north) { join(i, a.north); }
    if member(a.above) { join(i, a.above); }
}

// trapped - cells that lead to no electrolyte that is joined to the top of the box
//
//   from neighbour to the neighbour with the largest psi = w(1 - xi), until there is electrolyte or no way up: is that joined?
//
// reads   xi, accessible, labels
// writes  pocket
// units   scaled, see src/model/scales.rs
// twin    src/cpu/trapped.rs

@group(0) @binding(0) var<uniform> physics: Physics;
@group(0) @binding(1) var<storage, read> xi: array<f32>;
@group(0) @binding(2) var<storage, read> accessible: array<f32>;
@group(0) @binding(3) var<storage, read> labels: array<u32>;
@group(0) @binding(4) var<storage, read_write> pocket: array<u32>;

fn fraction(i: u32) -> f32 {
    return accessible[i] * (1.0 - xi[i]);
}

fn higher(best: u32, i: u32) -> u32 {
    return select(best, i, fraction(i) > fraction(best));
}

// The cell that is reached by always going up, until there is electrolyte or no way.
fn climb(p: vec3<u32>, n: vec3<u32>) -> u32 {
    var here = p;
    var i = element(here, n);
    while !is_of(ELECTROLYTE, accessible[i], xi[i]) {
        let a = neighbours(here, n);
        let next = higher(higher(higher(higher(higher(higher(i, a.west), a.east), a.south), a.north), a.below), a.above);
        if next == i { break; }
        i = next;
        here = vec3<u32>(i % n.x, i / n.x % n.y, i / (n.x * n.y));
    }
    return i;
}

@compute @workgroup_size(16, 4, 4)
fn trapped(@builtin(global_invocation_id) p: vec3<u32>) {
    let n = vec3<u32>(physics.nx, physics.ny, physics.nz);
    if !inside(p, n) { return; }

    // the label of the top is 0
    pocket[element(p, n)] = select(0u, TRAPPED, labels[2u * climb(p, n)] != 0u);
}

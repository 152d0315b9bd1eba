// The share of new nuclei in a cell, from the list `caps` of the kernel: centre and radius of each, in cells.

// The nucleus that has the largest share in a cell, of several the first, and that share.
struct Largest {
    share: f32,
    cap: u32,
}

// Distance along an axis of n cells, periodic; none if there is only one cell.
fn across(cell: u32, centre: f32, n: u32) -> f32 {
    let d = abs(f32(cell) + 0.5 - centre);
    return select(min(d, abs(f32(n) - d)), 0.0, n == 1u);
}

// The largest of 1/(1 + exp(-d/ell)), d the distance into a cap: its radius less the distance to its centre.
fn largest_cap(p: vec3<u32>, n: vec3<u32>, count: u32) -> Largest {
    var deepest = -1e30;
    var which = 0u;
    for (var k = 0u; k < count; k++) {
        let cap = caps[k];
        let dx = across(p.x, cap.x, n.x);
        let dy = across(p.y, cap.y, n.y);
        let dz = f32(p.z) + 0.5 - cap.z;
        let squares = rounded3(vec3<f32>(dx * dx, dy * dy, dz * dz));
        let distance = cap.w - sqrt((squares.x + squares.y) + squares.z);
        if distance > deepest {
            deepest = distance;
            which = k;
        }
    }
    return Largest(1.0 / (1.0 + exp(clamp(-deepest / physics.ell, -80.0, 80.0))), which);
}

// Fraction of a nucleus in a cell from which on its surface is a fresh one.
const FRESH_SHARE = 0.05;

// Whether the surface in cell p, which holds this much lithium, becomes that of a new nucleus.
fn is_fresh(p: vec3<u32>, n: vec3<u32>, count: u32, lithium: f32) -> bool {
    let share = largest_cap(p, n, count).share;
    return share > FRESH_SHARE && share > lithium;
}

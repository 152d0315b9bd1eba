// label_assign - the isolated piece that each cell reacts with, and the pieces' volumes
//
//   piece  = 1 + its row in the table, or 0: that of the lithium to which xi leads up, from neighbour to largest neighbour
//   volume = sum of w xi of those cells
//
// Then, for the pieces before, what has become of their first cells.
//
// reads   xi, accessible, labels, pieces
// writes  piece, pieces
// units   scaled, see src/model/scales.rs
// twin    src/cpu/isolated.rs

@group(0) @binding(0) var<uniform> physics: Physics;
@group(0) @binding(1) var<uniform> parameters: Parameters;
@group(0) @binding(2) var<storage, read> xi: array<f32>;
@group(0) @binding(3) var<storage, read> accessible: array<f32>;
@group(0) @binding(4) var<storage, read> labels: array<u32>;
@group(0) @binding(5) var<storage, read_write> piece: array<u32>;
@group(0) @binding(6) var<storage, read_write> pieces: array<atomic<u32>>;

struct Parameters {
    before: u32, // pieces that there were before
}

fn higher(best: u32, i: u32) -> u32 {
    return select(best, i, xi[i] > xi[best]);
}

// The cell that is reached by always going up, until there is lithium or no way.
fn climb(p: vec3<u32>, n: vec3<u32>) -> u32 {
    var here = p;
    var i = element(here, n);
    while !is_lithium(accessible[i], xi[i]) {
        let a = neighbours(here, n);
        let next = higher(higher(higher(higher(higher(higher(i, a.west), a.east), a.south), a.north), a.below), a.above);
        if next == i { break; }
        i = next;
        here = vec3<u32>(i % n.x, i / n.x % n.y, i / (n.x * n.y));
    }
    return i;
}

// 1 + the row of the piece that a label leads to, or 0.
fn place(label: u32) -> u32 {
    if label == 0u || label == OTHER_PHASE { return 0u; }
    if labels[2u * (label - 1u)] == 0u { return 0u; } // too small
    return labels[2u * (label - 1u) + 1u] + 1u;
}

// What has become of a cell with this label.
fn fate(label: u32) -> u32 {
    if label == OTHER_PHASE { return FATE_GONE; }
    if label == 0u { return FATE_JOINED; }
    return select(place(label), FATE_GONE, labels[2u * (label - 1u)] == 0u);
}

fn add_volume(row: u32, v: vec3<u32>) {
    let low = carry(atomicAdd(&pieces[row + VOLUME], v.x), v.x);
    let middle = v.y + low;
    let high = carry(atomicAdd(&pieces[row + VOLUME + 1u], middle), middle) + select(0u, 1u, middle < low);
    atomicAdd(&pieces[row + VOLUME + 2u], v.z + high);
}

@compute @workgroup_size(16, 4, 4)
fn label_assign(@builtin(global_invocation_id) p: vec3<u32>) {
    let n = vec3<u32>(physics.nx, physics.ny, physics.nz);
    if !inside(p, n) { return; }
    let i = element(p, n);
    let mine = place(labels[2u * climb(p, n)]);
    if mine != 0u { add_volume(row_of(mine - 1u), fixed_point(accessible[i] * xi[i])); }
    if i < parameters.before {
        let row = row_of(i);
        let label = labels[2u * atomicLoad(&pieces[row + ASKED])];
        atomicStore(&pieces[row + FATE], fate(label));
    }

    piece[i] = mine;
}

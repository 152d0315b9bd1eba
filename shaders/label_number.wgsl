// label_number - the roots with cells enough are the isolated pieces; the others count as joined to the copper
//
// Each takes a row of `pieces`, whose first word counts them, also those that the table has no room for. The rows come in any
// order; nothing that is computed from them depends on it. The second word of a root in `labels` becomes its row.
//
// reads   labels, piece, pieces
// writes  labels, pieces
// units   scaled, see src/model/scales.rs
// twin    src/cpu/isolated.rs

@group(0) @binding(0) var<uniform> physics: Physics;
@group(0) @binding(1) var<storage, read> piece: array<u32>;
@group(0) @binding(2) var<storage, read_write> labels: array<u32>;
@group(0) @binding(3) var<storage, read_write> pieces: array<atomic<u32>>;

@compute @workgroup_size(16, 4, 4)
fn label_number(@builtin(global_invocation_id) p: vec3<u32>) {
    let n = vec3<u32>(physics.nx, physics.ny, physics.nz);
    if !inside(p, n) { return; }
    let i = element(p, n);
    if labels[2u * i] != i + 1u { return; }
    if labels[2u * i + 1u] < physics.smallest_piece {
        labels[2u * i] = 0u;
        return;
    }
    let place = atomicAdd(&pieces[COUNT], 1u);
    labels[2u * i + 1u] = place;
    let row = row_of(place);
    if row + TABLE_ROW <= arrayLength(&pieces) {
        atomicStore(&pieces[row + FIRST], i);
        atomicStore(&pieces[row + WAS], piece[i]);
    }
}

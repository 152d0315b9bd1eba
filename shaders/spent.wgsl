// spent - whether the salt of some cell is spent
//
//   1 + c < 0.05 anywhere: only then trapped cells are looked for
//
// The answer is a word of `pieces`, which the host reads with the count.
//
// reads   u, pieces
// writes  pieces
// units   scaled, see src/model/scales.rs
// twin    src/cpu/trapped.rs

@group(0) @binding(0) var<uniform> physics: Physics;
@group(0) @binding(1) var<storage, read> u: array<vec2<f32>>;
@group(0) @binding(2) var<storage, read_write> pieces: array<atomic<u32>>;

@compute @workgroup_size(16, 4, 4)
fn spent(@builtin(global_invocation_id) p: vec3<u32>) {
    let n = vec3<u32>(physics.nx, physics.ny, physics.nz);
    if !inside(p, n) || physics.salt == 0u { return; }
    // one of them is enough
    if is_spent(u[element(p, n)].y) && atomicLoad(&pieces[ANY_SPENT]) == 0u {
        atomicStore(&pieces[ANY_SPENT], 1u);
    }
}

// nucleate - cells in which a nucleus appears during dt
//
//   rate J0 exp[-(eta_b/drive)^2] per bare area, times the factor of the copper's pattern; it fires if hash(seed, step, cell)/2^32 < rate dt (1 - rate dt/2)
//
// None in closed cells.
//
// The first element of `fired` counts the cells, also those that the list has no room for. The host sorts the list.
//
// reads   u, xi, copper_area, pocket, pattern_share, fired
// writes  fired
// units   scaled, see src/model/scales.rs; dt in seconds
// twin    src/cpu/nucleate.rs

@group(0) @binding(0) var<uniform> physics: Physics;
@group(0) @binding(1) var<uniform> step: Step;
@group(0) @binding(2) var<uniform> parameters: Parameters;
@group(0) @binding(3) var<storage, read> u: array<vec2<f32>>;
@group(0) @binding(4) var<storage, read> xi: array<f32>;
@group(0) @binding(5) var<storage, read> copper_area: array<f32>;
@group(0) @binding(6) var<storage, read> pocket: array<u32>;
@group(0) @binding(8) var<storage, read> pattern_share: array<f32>;
@group(0) @binding(7) var<storage, read_write> fired: array<atomic<u32>>;

struct Parameters {
    seed: u32,
    number: u32, // of the step
    dt: f32, // [s]
}

@compute @workgroup_size(16, 4, 4)
fn nucleate(@builtin(global_invocation_id) p: vec3<u32>) {
    let n = vec3<u32>(physics.nx, physics.ny, physics.nz);
    if !inside(p, n) { return; }
    let i = element(p, n);
    let bare = copper_area[i] * (1.0 - xi[i]);
    let drive = step.phi_reference + u[i].x;
    if drive <= 0.0 || bare <= 0.0 || (pocket[i] & CLOSED) != 0u { return; }

    let expected = nucleation_rate(bare, drive) * nucleation_factor(pattern_share[p.y * n.x + p.x]) * parameters.dt;
    let chance = expected * (1.0 - 0.5 * min(expected, 1.0));
    if f32(hash(parameters.seed, parameters.number, i)) < chance * 4294967296.0 {
        let place = atomicAdd(&fired[0], 1u) + 1u;
        if place < arrayLength(&fired) {
            atomicStore(&fired[place], i);
        }
    }
}

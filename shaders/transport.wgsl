// transport - transport coefficients of the electrolyte in each cell
//
//   conduction = psi (kappa, kappa_d/c) / N_M
//   diffusion  = (psi D / N_M, t+),   psi = w(1 - xi), N_M the MacMullin number
//
//   conduction_by_c, diffusivity_by_c = their derivatives with respect to c, for Newton's method
//
// reads   u, u_low, xi, accessible, table
// writes  conduction, diffusion, conduction_by_c, diffusivity_by_c
// units   scaled, see src/model/scales.rs
// twin    src/cpu/transport.rs

@group(0) @binding(0) var<uniform> physics: Physics;
@group(0) @binding(1) var<storage, read> u: array<vec2<f32>>;
@group(0) @binding(2) var<storage, read> u_low: array<vec2<f32>>;
@group(0) @binding(3) var<storage, read> xi: array<f32>;
@group(0) @binding(4) var<storage, read> accessible: array<f32>;
@group(0) @binding(5) var<storage, read> table: array<vec4<f32>>;
@group(0) @binding(6) var<storage, read_write> conduction: array<vec2<f32>>;
@group(0) @binding(7) var<storage, read_write> diffusion: array<vec2<f32>>;
@group(0) @binding(8) var<storage, read_write> conduction_by_c: array<vec2<f32>>;
@group(0) @binding(9) var<storage, read_write> diffusivity_by_c: array<f32>;

@compute @workgroup_size(16, 4, 4)
fn transport(@builtin(global_invocation_id) p: vec3<u32>) {
    let n = vec3<u32>(physics.nx, physics.ny, physics.nz);
    if !inside(p, n) { return; }
    let i = element(p, n);
    let fallen = u[i].y + u_low[i].y;
    let excess = select(fallen, max(fallen, BEHIND - 1.0), xi[i] > 0.5);
    let place = table_place(excess);
    let entry = min(u32(place), TABLE_ENTRIES - 2u);
    let share = place - f32(entry);
    let properties = table[entry] + share * (table[entry + 1u] - table[entry]);
    let medium = electrolyte_fraction(accessible[i], xi[i]) * inverse_macmullin(p.z);

    let c = max(1.0 + excess, DILUTE);

    conduction[i] = medium * vec2<f32>(properties.x, properties.y / c);
    diffusion[i] = vec2<f32>(medium * properties.z, properties.w);

    let slope = table_slope(table[entry], table[entry + 1u]);
    let falls = xi[i] <= 0.5 && 1.0 + excess > DILUTE;
    conduction_by_c[i] = select(vec2<f32>(0.0), medium * vec2<f32>(slope.x, (slope.y - properties.y / c) / c), falls);
    diffusivity_by_c[i] = select(0.0, medium * slope.z, falls);
}

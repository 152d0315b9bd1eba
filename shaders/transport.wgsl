// transport - transport coefficients of the electrolyte in each cell
//
//   conduction = psi (kappa, kappa_d/c) / N_M
//   diffusion  = (psi D / N_M, t+),   psi = w(1 - xi_mid), N_M the MacMullin number
//
//   conduction_by_c, diffusivity_by_c = their derivatives with respect to c, for Newton's method
//
// Properties are looked up at c/c0 = 1e-3 at least, in the lithium (xi_mid > 1/2) at 0.1; where that is more than there is they stay.
// A closed cell is a wall, like lithium.
//
// reads   u, u_low, xi_mid, accessible, pocket, table
// writes  conduction, diffusion, conduction_by_c, diffusivity_by_c
// units   scaled, see src/model/scales.rs
// twin    src/cpu/transport.rs

@group(0) @binding(0) var<uniform> physics: Physics;
@group(0) @binding(1) var<storage, read> u: array<vec2<f32>>;
@group(0) @binding(2) var<storage, read> u_low: array<vec2<f32>>;
@group(0) @binding(3) var<storage, read> xi_mid: array<f32>;
@group(0) @binding(4) var<storage, read> accessible: array<f32>;
@group(0) @binding(5) var<storage, read> pocket: array<u32>;
@group(0) @binding(6) var<storage, read> table: array<vec4<f32>>;
@group(0) @binding(7) var<storage, read_write> conduction: array<vec2<f32>>;
@group(0) @binding(8) var<storage, read_write> diffusion: array<vec2<f32>>;
@group(0) @binding(9) var<storage, read_write> conduction_by_c: array<vec2<f32>>;
@group(0) @binding(10) var<storage, read_write> diffusivity_by_c: array<f32>;

@compute @workgroup_size(16, 4, 4)
fn transport(@builtin(global_invocation_id) p: vec3<u32>) {
    let n = vec3<u32>(physics.nx, physics.ny, physics.nz);
    if !inside(p, n) { return; }
    let i = element(p, n);
    let own = (1.0 + u[i].y) + u_low[i].y;
    let filled = select(xi_mid[i], 1.0, (pocket[i] & CLOSED) != 0u);
    let c = max(own, select(DILUTE, CONTINUED_FLOOR, filled > 0.5));
    let place = table_place(c);
    let entry = min(u32(place), TABLE_ENTRIES - 2u);
    let share = place - f32(entry);
    let properties = table[entry] + share * (table[entry + 1u] - table[entry]);
    let medium = electrolyte_fraction(accessible[i], filled) * inverse_macmullin(p.z);

    conduction[i] = medium * vec2<f32>(properties.x, properties.y / c);
    diffusion[i] = vec2<f32>(medium * properties.z, properties.w);

    let slope = table_slope(table[entry], table[entry + 1u]);
    let follows = filled <= 0.5 && own > DILUTE;
    conduction_by_c[i] = select(vec2<f32>(0.0), medium * vec2<f32>(slope.x, (slope.y - properties.y / c) / c), follows);
    diffusivity_by_c[i] = select(0.0, medium * slope.z, follows);
}

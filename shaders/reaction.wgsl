// reaction - local terms of both equations: reaction, double layer, salt storage and the top of the box
//
//   source.x = i delta + C_dl/dt A (phi - phi_old)              - what enters at the top
//   source.y = (1 - t+) i delta + psi/dt (c - c_old)            - what enters at the top
//   reaction_phi, reaction_c = derivatives of source.x, source.y with respect to (phi, c)
//
// Stripping falls as c rises, without bound as c vanishes: of that no more counts than conduction in the cell outweighs.
//
// reads   u, u_low, u_old, xi, accessible, copper_area, conduction, diffusion, delta, current, slopes
// writes  source, reaction_phi, reaction_c
// units   scaled, see src/model/scales.rs
// twin    src/cpu/reaction.rs

@group(0) @binding(0) var<uniform> physics: Physics;
@group(0) @binding(1) var<uniform> step: Step;
@group(0) @binding(2) var<storage, read> u: array<vec2<f32>>;
@group(0) @binding(3) var<storage, read> u_low: array<vec2<f32>>;
@group(0) @binding(4) var<storage, read> u_old: array<vec2<f32>>;
@group(0) @binding(5) var<storage, read> xi: array<f32>;
@group(0) @binding(6) var<storage, read> accessible: array<f32>;
@group(0) @binding(7) var<storage, read> copper_area: array<f32>;
@group(0) @binding(8) var<storage, read> conduction: array<vec2<f32>>;
@group(0) @binding(9) var<storage, read> diffusion: array<vec2<f32>>;
@group(0) @binding(10) var<storage, read> delta: array<f32>;
@group(0) @binding(11) var<storage, read> current: array<f32>;
@group(0) @binding(12) var<storage, read> slopes: array<vec2<f32>>;
@group(0) @binding(13) var<storage, read_write> source: array<vec2<f32>>;
@group(0) @binding(14) var<storage, read_write> reaction_phi: array<vec2<f32>>;
@group(0) @binding(15) var<storage, read_write> reaction_c: array<vec2<f32>>;

@compute @workgroup_size(16, 4, 4)
fn reaction(@builtin(global_invocation_id) p: vec3<u32>) {
    let n = vec3<u32>(physics.nx, physics.ny, physics.nz);
    if !inside(p, n) { return; }
    let i = element(p, n);
    let change = rounded2(u[i] - u_old[i]) + u_low[i];
    let anions = 1.0 - diffusion[i].y;
    let plated = current[i] * delta[i];
    let slope = slopes[i] * delta[i];
    let capacitance = step.double_layer * copper_area[i] * (1.0 - xi[i]);

    var terms = vec2<f32>(plated + capacitance * (step.reference_rise + change.x), 0.0);
    var by_phi = vec2<f32>(slope.x + capacitance, slope.y);
    var by_c = vec2<f32>(0.0, 1.0);
    if physics.salt == 1u {
        let storage = step.storage * electrolyte_fraction(accessible[i], xi[i]) * porosity(p.z);
        terms.y = anions * plated + storage * change.y;
        by_c = vec2<f32>(anions * slope.x, max(anions * slope.y, -diffusion[i].x) + storage);
    }
    if p.z + 1u == n.z {
        let kappa = conduction[i].x;
        let kappa_d = conduction[i].y;
        let diffusivity = diffusion[i].x;
        let cathode = physics.salt == 1u && physics.reservoir == 0u;
        let supplied = across_half_cell(diffusivity, step.salt_resistance);
        let conducting = across_half_cell(kappa, step.resistance);
        let from_c_top = rounded(u[i].y - step.c_top) + u_low[i].y;
        let difference = select(0.0, supplied * from_c_top, physics.reservoir == 1u);
        if physics.reservoir == 1u {
            terms.y += 2.0 * diffusivity * difference;
            by_c.y += 2.0 * diffusivity * supplied;
        }
        if step.potentiostatic == 1u {
            // the diffusion potential above the box follows c at its top
            let above_by_c = (1.0 - supplied) * step.potential_by_c;
            let from_top = rounded(u[i].x - step.top_potential) + (u_low[i].x + above_by_c * from_c_top);
            let conducted = 2.0 * kappa * conducting * from_top;
            terms.x += conducted - 2.0 * kappa_d * conducting * difference;
            by_phi.x += 2.0 * kappa * conducting;
            by_phi.y += 2.0 * conducting * (kappa * above_by_c - kappa_d * supplied * f32(physics.reservoir));
            if cathode {
                terms.y += anions * conducted;
                by_c.x += anions * 2.0 * kappa;
            }
        } else {
            terms.x -= step.top_current;
            if cathode {
                terms.y -= anions * step.top_current;
            }
        }
    }

    source[i] = terms;
    reaction_phi[i] = by_phi;
    reaction_c[i] = by_c;
}

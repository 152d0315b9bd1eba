// equations - both equations in every cell, and the sums that tell how well they hold, first stage
//
//   source.x = i delta + C_dl/dt A (phi - phi_old)              - what enters at the top
//   source.y = (1 - t+) i delta + psi/dt (c - c_old)            - what enters at the top
//   reaction_phi, reaction_c = derivatives of source.x, source.y with respect to (phi, c)
//   residual.x = -[sum over faces of kappa (phi - phi_nb) - kappa_d (c - c_nb) + source.x]
//   residual.y = -[sum over faces of D (c - c_nb) + (t+_nb - t+)/2 (kappa (phi - phi_nb) - kappa_d (c - c_nb)) + source.y]
//
// Stripping falls as c rises, without bound as c vanishes: of that no more counts than conduction in the cell outweighs.
//
// The unknowns are u + u_low, two floats each: neighbours nearly agree, and their difference drives the current. What the ledgers look at
// is summed as two floats each, for these sums are differences of large numbers. Members and order: `Balance` in src/solver/backend.rs.
//
// reads   u, u_low, u_old, xi, accessible, copper, conduction, diffusion, delta, current, slopes
// writes  residual, reaction_phi, reaction_c, partial
// units   scaled, see src/model/scales.rs
// twin    src/cpu/equations.rs, src/cpu/reaction.rs, src/cpu/residual.rs, src/cpu/balance.rs

@group(0) @binding(0) var<uniform> physics: Physics;
@group(0) @binding(1) var<uniform> step: Step;
@group(0) @binding(2) var<uniform> parameters: Parameters;
@group(0) @binding(3) var<storage, read> u: array<vec2<f32>>;
@group(0) @binding(4) var<storage, read> u_low: array<vec2<f32>>;
@group(0) @binding(5) var<storage, read> u_old: array<vec2<f32>>;
@group(0) @binding(6) var<storage, read> xi: array<f32>;
@group(0) @binding(7) var<storage, read> accessible: array<f32>;
@group(0) @binding(8) var<storage, read> copper: array<vec2<f32>>;
@group(0) @binding(9) var<storage, read> conduction: array<vec2<f32>>;
@group(0) @binding(10) var<storage, read> diffusion: array<vec2<f32>>;
@group(0) @binding(11) var<storage, read> delta: array<f32>;
@group(0) @binding(12) var<storage, read> current: array<f32>;
@group(0) @binding(13) var<storage, read> slopes: array<vec2<f32>>;
@group(0) @binding(14) var<storage, read_write> residual: array<vec2<f32>>;
@group(0) @binding(15) var<storage, read_write> reaction_phi: array<vec2<f32>>;
@group(0) @binding(16) var<storage, read_write> reaction_c: array<vec2<f32>>;
@group(0) @binding(17) var<storage, read_write> partial: array<vec4<f32>>;

struct Parameters {
    planes: u32,
}

// Interface cells that count for the largest current and the largest slope: xi(1 - xi) above this.
const IN_INTERFACE = 0.01;
// Cells that count for the change of concentration: psi above this.
const IN_ELECTROLYTE = 0.05;
// Half a unit in the last place of a number of 1.
const HALF_UNIT = 5.9604645e-8;

// Local terms of both equations and their derivatives with respect to phi and c.
struct Local {
    terms: vec2<f32>,
    by_phi: vec2<f32>,
    by_c: vec2<f32>,
}

// What a cell of the uppermost plane makes of the local terms of its reaction and storage, and its part of the sums over the top: current,
// salt, electrolyte, and it times the potential there.
struct Top {
    local: Local,
    sums: vec4<f32>,
}

fn at_top(i: u32, anions: f32, psi: f32, below: Local) -> Top {
    let kappa = conduction[i].x;
    let kappa_d = conduction[i].y;
    let diffusivity = diffusion[i].x;
    let reservoir = physics.reservoir == 1u;
    let cathode = physics.salt == 1u && !reservoir;
    let supplied = across_half_cell(diffusivity, step.salt_resistance);
    let conducting = across_half_cell(kappa, step.resistance);
    let from_c_top = rounded(u[i].y - step.c_top) + u_low[i].y;
    let difference = select(0.0, supplied * from_c_top, reservoir);
    // the diffusion potential above the box follows c at its top
    let above_by_c = (1.0 - supplied) * step.potential_by_c;
    var local = below;
    var entering = step.top_current;
    var potential = 0.0;
    if reservoir {
        local.terms.y += 2.0 * diffusivity * difference;
        local.by_c.y += 2.0 * diffusivity * supplied;
    }
    if step.potentiostatic == 1u {
        let from_top = rounded(u[i].x - step.top_potential) + (u_low[i].x + above_by_c * from_c_top);
        let conducted = 2.0 * kappa * conducting * from_top;
        local.terms.x += conducted - 2.0 * kappa_d * conducting * difference;
        local.by_phi.x += 2.0 * kappa * conducting;
        local.by_phi.y += 2.0 * conducting * (kappa * above_by_c - kappa_d * supplied * f32(physics.reservoir));
        if cathode {
            local.terms.y += anions * conducted;
            local.by_c.x += anions * 2.0 * kappa;
        }
        potential = step.top_potential - select(0.0, above_by_c * from_c_top, reservoir);
        let driven = 2.0 * kappa * conducting * (rounded(potential - u[i].x) - u_low[i].x);
        entering = driven + 2.0 * kappa_d * conducting * difference;
        potential -= step.resistance * entering;
    } else {
        local.terms.x -= step.top_current;
        if cathode {
            local.terms.y -= anions * step.top_current;
        }
        let rise = select(0.5 * anions * step.top_current / diffusivity, -difference, reservoir);
        potential = (u[i].x + u_low[i].x) + (0.5 * step.top_current / kappa + kappa_d / kappa * rise);
    }
    let salt = select(anions * entering, -2.0 * diffusivity * difference, reservoir);
    return Top(local, vec4<f32>(entering, select(0.0, salt, physics.salt == 1u), psi, psi * potential));
}

// What passes one face of a cell: charge and salt that leave it, salt that the current leaves behind in it, and what rounding leaves of
// the charge and the salt: of the terms that are added, and of unknowns that two floats hold.
struct Passing {
    flux: vec2<f32>,
    rest: vec3<f32>,
}

fn through(i: u32, nb: u32) -> Passing {
    let difference = rounded2(u[i] - u[nb]) + (u_low[i] - u_low[nb]);
    let terms = face_terms(0.5, conduction[i] + conduction[nb], diffusion[i].x + diffusion[nb].x, difference);
    let left = transference_gradient(terms.flux.x, diffusion[i].y, diffusion[nb].y);
    let unsure = HALF_UNIT * (abs(difference) + HALF_UNIT * (abs(u[i]) + abs(u[nb])));
    let charge = terms.diagonal.x * unsure.x + terms.diagonal.y * unsure.y;
    let rest = rounded3(vec3<f32>(left, charge, terms.diagonal.z * unsure.y + HALF_UNIT * abs(left)));
    return Passing(terms.flux + vec2<f32>(0.0, select(0.0, left, physics.salt == 1u)), rest);
}

fn together(a: Passing, b: Passing) -> Passing {
    return Passing(rounded2(a.flux + b.flux), rounded3(a.rest + b.rest));
}

@compute @workgroup_size(16, 16, 1)
fn equations(
    @builtin(global_invocation_id) p: vec3<u32>,
    @builtin(local_invocation_index) lane: u32,
    @builtin(workgroup_id) group: vec3<u32>,
    @builtin(num_workgroups) groups: vec3<u32>,
) {
    let n = vec3<u32>(physics.nx, physics.ny, physics.nz);
    let first = group.z * parameters.planes;
    let last = min(first + parameters.planes, n.z);
    // what only has to be compared needs one float in a column
    var squares = vec4<f32>(0.0);
    var unsure_squares = vec2<f32>(0.0);
    var nucleating = 0.0;
    var largest = vec3<f32>(0.0);
    var top = vec4<f32>(0.0);
    // residual of charge, reaction, double layer; salt sink, salt, power
    var ledger = single(vec4<f32>(0.0));
    var more = single(vec4<f32>(0.0));
    for (var z = first; z < last; z++) {
        let cell = vec3<u32>(p.xy, z);
        if !inside(cell, n) { continue; }
        let i = element(cell, n);
        let psi = electrolyte_fraction(accessible[i], xi[i]);
        let change = rounded2(u[i] - u_old[i]) + u_low[i];
        let anions = 1.0 - diffusion[i].y;
        let plated = current[i] * delta[i];
        let slope = slopes[i] * delta[i];
        let capacitance = step.double_layer * copper[i].x;
        let charged = capacitance * (step.reference_rise + change.x);
        let has_salt = physics.salt == 1u;

        var local = Local(vec2<f32>(plated + charged, 0.0), vec2<f32>(slope.x + capacitance, slope.y), vec2<f32>(0.0, 1.0));
        if has_salt {
            let storage = step.storage * psi * porosity(z);
            local.terms.y = anions * plated + storage * change.y;
            local.by_c = vec2<f32>(anions * slope.x, max(anions * slope.y, -diffusion[i].x) + storage);
        }
        if z + 1u == n.z {
            let with_top = at_top(i, anions, psi, local);
            local = with_top.local;
            top = with_top.sums;
        }
        let at = neighbours(cell, n);
        let sides = together(together(through(i, at.west), through(i, at.east)), together(through(i, at.south), through(i, at.north)));
        let passing = together(sides, together(through(i, at.below), through(i, at.above)));
        let rest = -(passing.flux + local.terms);

        residual[i] = rest;
        reaction_phi[i] = local.by_phi;
        reaction_c[i] = local.by_c;

        let drive = rounded(step.phi_reference + u[i].x) + u_low[i].x;
        // the drive that the kinetics sees is one float, and so is what the double layer has taken
        let followed = slope.x * abs(drive);
        let changed = capacitance * (abs(step.reference_rise) + abs(change.x));
        let unsure = passing.rest.yz + HALF_UNIT * vec2<f32>(followed + changed, anions * followed);
        unsure_squares += unsure * unsure * vec2<f32>(1.0, f32(physics.salt));
        squares += vec4<f32>(rest * rest, local.terms * local.terms);
        let sink = select(0.0, anions * plated + passing.rest.x, has_salt);
        let stored = psi * porosity(z) * ((1.0 + u[i].y) + u_low[i].y);
        ledger = add(ledger, single(vec4<f32>(rest.x, plated, charged, 0.0)));
        more = add(more, single(vec4<f32>(sink, stored, drive * plated, 0.0)));
        if copper[i].y > 0.0 { nucleating += nucleation_rate(copper[i].y, drive); }

        let in_interface = xi[i] * (1.0 - xi[i]) > IN_INTERFACE;
        // sums may not tell what is not finite: the maxima do, the first for charge, the second for salt
        let charge_is_finite = is_finite(u[i].x) && is_finite(current[i]) && is_finite(rest.x);
        let salt_is_finite = is_finite(u[i].y) && is_finite(rest.y);
        let fastest = select(NOT_FINITE, select(0.0, abs(current[i]), in_interface), charge_is_finite);
        let largest_change = select(NOT_FINITE, select(0.0, abs(change.y), psi > IN_ELECTROLYTE), salt_is_finite);
        largest = max(largest, vec3<f32>(fastest, largest_change, select(0.0, slopes[i].x, in_interface)));
    }
    leave(0u, single(squares), vec4<bool>(false), lane, group, groups);
    let charge = Sum(vec4<f32>(ledger.high.xyz, top.x), vec4<f32>(ledger.low.xyz, 0.0));
    leave(1u, charge, vec4<bool>(false), lane, group, groups);
    let salt = Sum(vec4<f32>(top.y, more.high.xy, top.z), vec4<f32>(0.0, more.low.xy, 0.0));
    leave(2u, salt, vec4<bool>(false), lane, group, groups);
    leave(3u, single(vec4<f32>(top.w, nucleating, unsure_squares)), vec4<bool>(false), lane, group, groups);
    // and the power of the reaction, which is a sum
    let maxima = Sum(vec4<f32>(more.high.z, largest), vec4<f32>(more.low.z, vec3<f32>(0.0)));
    leave(4u, maxima, vec4<bool>(false, true, true, true), lane, group, groups);
}

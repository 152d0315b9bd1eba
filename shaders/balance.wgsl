// balance - sums over the linearised equations, first stage: one partial sum for each workgroup
//
//   residual^2, terms^2, the imbalance of charge, reaction, double layer, what enters at the top, salt, electrode potential,
//   nucleation rate, what rounding leaves of the residuals, squared; the power of the reaction; the largest current, change of
//   concentration and slope of the current. Members and order: `Balance` in src/solver/backend.rs
//
// The sums are kept as two floats each: they are differences of large numbers that the ledgers look at.
//
// reads   u, u_low, u_old, xi, accessible, copper_area, pattern_share, pocket, conduction, diffusion, delta, current, slopes, source, residual
// writes  partial
// units   scaled, see src/model/scales.rs
// twin    src/cpu/balance.rs

@group(0) @binding(0) var<uniform> physics: Physics;
@group(0) @binding(1) var<uniform> step: Step;
@group(0) @binding(2) var<uniform> parameters: Parameters;
@group(0) @binding(3) var<storage, read> u: array<vec2<f32>>;
@group(0) @binding(4) var<storage, read> u_low: array<vec2<f32>>;
@group(0) @binding(5) var<storage, read> u_old: array<vec2<f32>>;
@group(0) @binding(6) var<storage, read> xi: array<f32>;
@group(0) @binding(7) var<storage, read> accessible: array<f32>;
@group(0) @binding(8) var<storage, read> copper_area: array<f32>;
@group(0) @binding(9) var<storage, read> pocket: array<u32>;
@group(0) @binding(10) var<storage, read> conduction: array<vec2<f32>>;
@group(0) @binding(11) var<storage, read> diffusion: array<vec2<f32>>;
@group(0) @binding(12) var<storage, read> delta: array<f32>;
@group(0) @binding(13) var<storage, read> current: array<f32>;
@group(0) @binding(14) var<storage, read> slopes: array<vec2<f32>>;
@group(0) @binding(15) var<storage, read> source: array<vec2<f32>>;
@group(0) @binding(16) var<storage, read> residual: array<vec2<f32>>;
@group(0) @binding(18) var<storage, read> pattern_share: array<f32>;
@group(0) @binding(17) var<storage, read_write> partial: array<vec4<f32>>;

struct Parameters {
    planes: u32,
}

// Interface cells that count for the largest current and the largest slope: xi(1 - xi) above this.
const IN_INTERFACE = 0.01;
// Cells that count for the change of concentration: psi above this.
const IN_ELECTROLYTE = 0.05;

// Current, salt, weight and weighted potential at the top.
fn at_top(i: u32, psi: f32) -> vec4<f32> {
    let kappa = conduction[i].x;
    let kappa_d = conduction[i].y;
    let diffusivity = diffusion[i].x;
    let anions = 1.0 - diffusion[i].y;
    let reservoir = physics.reservoir == 1u;
    let supplied = across_half_cell(diffusivity, step.salt_resistance);
    let conducting = across_half_cell(kappa, step.resistance);
    let to_c_top = select(0.0, rounded(step.c_top - u[i].y) - u_low[i].y, reservoir);
    let difference = supplied * to_c_top;
    var entering = step.top_current;
    var potential = step.top_potential + (1.0 - supplied) * step.potential_by_c * to_c_top;
    if step.potentiostatic == 1u {
        let driven = 2.0 * kappa * conducting * (rounded(potential - u[i].x) - u_low[i].x);
        entering = driven - 2.0 * kappa_d * conducting * difference;
        potential -= step.resistance * entering;
    } else {
        let rise = select(0.5 * anions * step.top_current / diffusivity, difference, reservoir);
        potential = (u[i].x + u_low[i].x) + (0.5 * step.top_current / kappa + kappa_d / kappa * rise);
    }
    let salt = select(anions * entering, 2.0 * diffusivity * difference, reservoir);
    return vec4<f32>(entering, select(0.0, salt, physics.salt == 1u), psi, psi * potential);
}

// Half a unit in the last place of a number of 1.
const HALF_UNIT = 5.9604645e-8;

// What the current through one face leaves behind in cell i, and what rounding leaves of the charge and the salt that pass it: of the
// terms that are added, and of unknowns that two floats hold.
fn through(i: u32, nb: u32) -> vec3<f32> {
    let difference = rounded2(u[i] - u[nb]) + (u_low[i] - u_low[nb]);
    let terms = face_terms(0.5, conduction[i] + conduction[nb], diffusion[i].x + diffusion[nb].x, difference);
    let left = transference_gradient(terms.flux.x, diffusion[i].y, diffusion[nb].y);
    let unsure = HALF_UNIT * (abs(difference) + HALF_UNIT * (abs(u[i]) + abs(u[nb])));
    let charge = terms.diagonal.x * unsure.x + terms.diagonal.y * unsure.y;
    return rounded3(vec3<f32>(left, charge, terms.diagonal.z * unsure.y + HALF_UNIT * abs(left)));
}

@compute @workgroup_size(16, 16, 1)
fn balance(
    @builtin(global_invocation_id) p: vec3<u32>,
    @builtin(local_invocation_index) lane: u32,
    @builtin(workgroup_id) group: vec3<u32>,
    @builtin(num_workgroups) groups: vec3<u32>,
) {
    let n = vec3<u32>(physics.nx, physics.ny, physics.nz);
    let first = group.z * parameters.planes;
    let last = min(first + parameters.planes, n.z);
    let nothing = single(vec4<f32>(0.0));
    var squares = nothing;
    var charge = nothing;
    var salt = nothing;
    var rates = nothing;
    // and the power of the reaction, which is a sum
    var largest = nothing;
    let maxima = vec4<bool>(false, true, true, true);
    for (var z = first; z < last; z++) {
        let cell = vec3<u32>(p.xy, z);
        if !inside(cell, n) { continue; }
        let i = element(cell, n);
        let w = accessible[i];
        let psi = electrolyte_fraction(w, xi[i]);
        let change = rounded2(u[i] - u_old[i]) + u_low[i];
        let anions = 1.0 - diffusion[i].y;
        let plated = current[i] * delta[i];
        let bare = copper_area[i] * (1.0 - xi[i]);
        let charged = step.double_layer * bare * (step.reference_rise + change.x);
        let drive = rounded(step.phi_reference + u[i].x) + u_low[i].x;
        var top = vec4<f32>(0.0);
        if z + 1u == n.z { top = at_top(i, psi); }
        let at = neighbours(cell, n);
        let faces = rounded3((rounded3(through(i, at.west) + through(i, at.east))
            + rounded3(through(i, at.south) + through(i, at.north)))
            + rounded3(through(i, at.below) + through(i, at.above)));
        let left = faces.x;
        // the drive that the kinetics sees is one float, and so is what the double layer has taken
        let followed = slopes[i].x * delta[i] * abs(drive);
        let changed = step.double_layer * bare * (abs(step.reference_rise) + abs(change.x));
        var unsure = faces.yz + HALF_UNIT * vec2<f32>(followed + changed, anions * followed);
        if physics.salt == 0u { unsure.y = 0.0; }
        let sink = select(0.0, anions * plated + left, physics.salt == 1u);
        let stored = psi * porosity(z) * ((1.0 + u[i].y) + u_low[i].y);
        let in_interface = xi[i] * (1.0 - xi[i]) > IN_INTERFACE;
        // sums may not tell what is not finite: the maxima do, the first for charge, the second for salt
        let charge_is_finite = is_finite(u[i].x) && is_finite(current[i]) && is_finite(residual[i].x);
        let salt_is_finite = is_finite(u[i].y) && is_finite(residual[i].y);
        let fastest = select(NOT_FINITE, select(0.0, abs(current[i]), in_interface), charge_is_finite);
        let largest_change = select(NOT_FINITE, select(0.0, abs(change.y), psi > IN_ELECTROLYTE), salt_is_finite);

        squares = add(squares, single(vec4<f32>(residual[i] * residual[i], source[i] * source[i])));
        charge = add(charge, single(vec4<f32>(residual[i].x, plated, charged, top.x)));
        salt = add(salt, single(vec4<f32>(top.y, sink, stored, top.z)));
        var nucleating = 0.0;
        if bare > 0.0 && (pocket[i] & CLOSED) == 0u { nucleating = nucleation_rate(bare, drive) * nucleation_factor(pattern_share[cell.y * n.x + cell.x]); }
        rates = add(rates, single(vec4<f32>(top.w, nucleating, rounded2(unsure * unsure))));
        let slope = select(0.0, slopes[i].x, in_interface);
        largest = merged(largest, single(vec4<f32>(drive * plated, fastest, largest_change, slope)), maxima);
    }
    let slot = (group.z * groups.y + group.y) * groups.x + group.x;
    let count = groups.x * groups.y * groups.z;
    let total_0 = over_workgroup(squares, vec4<bool>(false), lane);
    if lane == 0u {
        partial[2u * slot] = total_0.high;
        partial[2u * slot + 1u] = total_0.low;
    }
    let total_1 = over_workgroup(charge, vec4<bool>(false), lane);
    if lane == 0u {
        partial[2u * (count + slot)] = total_1.high;
        partial[2u * (count + slot) + 1u] = total_1.low;
    }
    let total_2 = over_workgroup(salt, vec4<bool>(false), lane);
    if lane == 0u {
        partial[2u * (2u * count + slot)] = total_2.high;
        partial[2u * (2u * count + slot) + 1u] = total_2.low;
    }
    let total_3 = over_workgroup(rates, vec4<bool>(false), lane);
    if lane == 0u {
        partial[2u * (3u * count + slot)] = total_3.high;
        partial[2u * (3u * count + slot) + 1u] = total_3.low;
    }
    let total_4 = over_workgroup(largest, maxima, lane);
    if lane == 0u {
        partial[2u * (4u * count + slot)] = total_4.high;
        partial[2u * (4u * count + slot) + 1u] = total_4.low;
    }
}

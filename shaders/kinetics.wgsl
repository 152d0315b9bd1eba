// kinetics - current density of lithium plating (i > 0) and stripping in each interface cell
//
//   i = i0 (c_f/c0)^alpha a(x) { exp[alpha f] - exp[-(1 - alpha) f] },   f = F (drive - i R) / RT
//   drive = phi - gamma V_m K/F - p V_m/F
//
// phi and c are read at the probe, s outside the interface; from there on the current itself makes the difference: R is the
// film and the integral of 1/kappa over s, c_f = c - (1 - t+) s i/(F D), and the drive gains kappa_d/kappa ln(c_f/c).
//
// Properties are looked up at c/c0 = 1e-3 at least; below it plating fades in proportion to c, down to none where there is none.
//
// A cell that has no interface to react at, of negative thickness, has no current of its own.
//
// The current that mechanisms on the surface take is part of the current from here on.
//
// Stored, not recomputed: metal, salt and charge must see the same number. `slopes` are di/dphi and di/dc at the probe.
//
// A cell that reacts with isolated lithium has that piece's potential taken from its drive. The potentials are found before, with
// the drive itself and then the kinetics of those cells alone.
//
// reads   u, u_low, delta, front_curvature, heterogeneity, probe_way, probe_depth, table, piece, piece_response, side, law, pocket, pattern_share
// writes  current, slopes
// units   scaled, see src/model/scales.rs
// twin    src/cpu/kinetics.rs

@group(0) @binding(0) var<uniform> physics: Physics;
@group(0) @binding(1) var<uniform> step: Step;
@group(0) @binding(2) var<uniform> parameters: Parameters;
@group(0) @binding(3) var<storage, read> u: array<vec2<f32>>;
@group(0) @binding(4) var<storage, read> u_low: array<vec2<f32>>;
@group(0) @binding(5) var<storage, read> delta: array<f32>;
@group(0) @binding(6) var<storage, read> front_curvature: array<f32>;
@group(0) @binding(7) var<storage, read> heterogeneity: array<f32>;
@group(0) @binding(8) var<storage, read> probe_way: array<vec2<f32>>;
@group(0) @binding(9) var<storage, read> probe_depth: array<vec2<f32>>;
@group(0) @binding(10) var<storage, read> table: array<vec4<f32>>;
@group(0) @binding(11) var<storage, read> piece: array<u32>;
@group(0) @binding(12) var<storage, read> piece_response: array<vec4<f32>>;
@group(0) @binding(13) var<storage, read> side: array<vec2<f32>>;
@group(0) @binding(14) var<storage, read> law: array<vec2<f32>>;
@group(0) @binding(15) var<storage, read_write> current: array<f32>;
@group(0) @binding(16) var<storage, read_write> slopes: array<vec2<f32>>;
@group(0) @binding(17) var<storage, read> pocket: array<u32>;
@group(0) @binding(18) var<storage, read> pattern_share: array<f32>;

struct Parameters {
    what: u32, // 0: the kinetics of all cells, 1: the drive of those with isolated lithium, 2: their kinetics
}

fn at(c: vec4<u32>) -> mat4x2<f32> {
    return mat4x2<f32>(u[c.x], u[c.y], u[c.z], u[c.w]);
}

fn low_at(c: vec4<u32>) -> mat4x2<f32> {
    return mat4x2<f32>(u_low[c.x], u_low[c.y], u_low[c.z], u_low[c.w]);
}

// Entry of the table that a place belongs to.
fn entry_of(place: f32) -> u32 {
    return min(u32(place), TABLE_ENTRIES - 2u);
}

// Properties at a place of the table.
fn properties_at(place: f32) -> vec4<f32> {
    let entry = entry_of(place);
    return table[entry] + (place - f32(entry)) * (table[entry + 1u] - table[entry]);
}

// Plating needs salt: below `enough` its current falls in proportion to the concentration. Where that is below DILUTE the layer was
// solved at DILUTE.
fn faded(rate: Response, c: f32, enough: f32) -> Response {
    let full = select(0.0, rate.by_c, c >= DILUTE);
    if rate.current <= 0.0 {
        return Response(rate.current, rate.by_drive, full);
    }
    let share = max(c / enough, 0.0);
    let by_c = select(0.0, share * full + rate.current / enough, c > 0.0);
    return Response(share * rate.current, share * rate.by_drive, by_c);
}

@compute @workgroup_size(16, 4, 4)
fn kinetics(@builtin(global_invocation_id) p: vec3<u32>) {
    let n = vec3<u32>(physics.nx, physics.ny, physics.nz);
    if !inside(p, n) { return; }
    let i = element(p, n);
    let mine = piece[i];
    if mine == 0u && parameters.what != 0u { return; }
    if delta[i] == 0.0 {
        current[i] = 0.0;
        slopes[i] = vec2<f32>(0.0);
        return;
    }

    // what mechanisms take beside the lithium
    var taken = 0.0;
    if physics.mechanisms == 1u { taken = side[i].x; }
    if probe_depth[i].y < 0.0 && parameters.what != 1u {
        current[i] = taken;
        slopes[i] = vec2<f32>(0.0);
        return;
    }

    let c = corners(p, vec3<f32>(probe_way[i], probe_depth[i].x), n);
    let there = interpolated(at(c.near), at(c.far), c.share);
    let there_low = interpolated(low_at(c.near), low_at(c.far), c.share);
    // isolated lithium's potential is counted from the reference, like the electrolyte's
    var potential = rounded(step.phi_reference + there.x) + there_low.x;
    if mine != 0u { potential = there.x + there_low.x; }
    if mine != 0u && parameters.what != 1u { potential = rounded(there.x - piece_response[mine - 1u].x) + there_low.x; }
    var lost = physics.capillary * front_curvature[i] + physics.stress;
    var strength = heterogeneity[i];
    if physics.mechanisms == 1u {
        lost += law[i].x;
        strength *= 1.0 + law[i].y;
    }
    let drive = potential - lost;
    if parameters.what == 1u {
        current[i] = drive;
        slopes[i] = vec2<f32>(1.0, 0.0);
        return;
    }
    let own = (1.0 + there.y) + there_low.y;
    let concentration = max(own, DILUTE);
    let place = table_place(concentration);
    let entry = entry_of(place);
    let properties = properties_at(place);
    let half = properties_at(table_place(0.5 * concentration)).x;

    let kappa_slope = table_slope(table[entry], table[entry + 1u]).x;
    let thickness = probe_depth[i].y;
    let salt = physics.salt == 1u;
    var film = physics.film;
    if physics.pattern_film > 0.0 { film += physics.pattern_film * pattern_share[p.y * n.x + p.x]; }
    if physics.mechanisms == 1u { film += side[i].y; }
    let layer = Layer(
        film,
        thickness / properties.x,
        select(0.0, thickness * (1.0 - properties.w) / properties.z, salt),
        properties.y / properties.x,
        -thickness * kappa_slope / (properties.x * properties.x),
        clamp(2.0 - 2.0 * half / properties.x, 0.0, 1.0),
    );
    var rate = through_layer(drive, select(1.0, concentration, salt), physics.i0 * strength, layer);
    let enough = select(DILUTE, SCARCE, (pocket[i] & TRAPPED) != 0u);
    if salt && own < enough { rate = faded(rate, own, enough); }

    current[i] = rate.current + taken;
    slopes[i] = vec2<f32>(rate.by_drive, select(0.0, rate.by_c, salt));
}

// kinetics - current density of lithium plating (i > 0) and stripping in each interface cell
//
//   i = i0 (c/c0)^alpha a(x) { exp[alpha f] - exp[-(1 - alpha) f] },   f = F (drive - i R_film) / RT
//   drive = phi - gamma V_m K/F - p V_m/F
//
// Stored, not recomputed: metal, salt and charge must see the same number. `slopes` are di/dphi and di/dc; at a fixed
// drive a film leaves 1/(1 + film g) of the effect of c, as of that of phi.
//
// reads   u, u_low, delta, curvature, heterogeneity
// writes  current, slopes
// units   scaled, see src/model/scales.rs
// twin    src/cpu/kinetics.rs

@group(0) @binding(0) var<uniform> physics: Physics;
@group(0) @binding(1) var<uniform> step: Step;
@group(0) @binding(2) var<storage, read> u: array<vec2<f32>>;
@group(0) @binding(3) var<storage, read> u_low: array<vec2<f32>>;
@group(0) @binding(4) var<storage, read> delta: array<f32>;
@group(0) @binding(5) var<storage, read> curvature: array<f32>;
@group(0) @binding(6) var<storage, read> heterogeneity: array<f32>;
@group(0) @binding(7) var<storage, read_write> current: array<f32>;
@group(0) @binding(8) var<storage, read_write> slopes: array<vec2<f32>>;

@compute @workgroup_size(16, 4, 4)
fn kinetics(@builtin(global_invocation_id) p: vec3<u32>) {
    let n = vec3<u32>(physics.nx, physics.ny, physics.nz);
    if !inside(p, n) { return; }
    let i = element(p, n);
    if delta[i] == 0.0 {
        current[i] = 0.0;
        slopes[i] = vec2<f32>(0.0);
        return;
    }

    let potential = (step.phi_reference + u[i].x) + u_low[i].x;
    let drive = potential - (physics.capillary * curvature[i] + physics.stress);
    let c = max((1.0 + u[i].y) + u_low[i].y, C_FLOOR);
    let exchange = physics.i0 * pow(c, physics.alpha) * heterogeneity[i];
    let rate = butler_volmer_with_film(drive, exchange, physics.film);
    let slope_c = physics.alpha * rate.value / c / (1.0 + physics.film * rate.free_slope);

    current[i] = rate.value;
    slopes[i] = vec2<f32>(rate.slope, select(0.0, slope_c, physics.salt == 1u));
}

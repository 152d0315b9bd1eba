// shot_noise_start - ions that cross the interface one by one, as an overpotential
//
//   law.x -= amplitude (i_c + i_a)/(alpha i_c + (1 - alpha) i_a) crossing^(-1/2) noise at the surface,   crossing = (i_c + i_a) ions
//
// i_c - i_a is the lithium's current of the step before, i_c i_a the square of the exchange current where the cell reads the electrolyte.
//
// Cells that belong to no surface have less of it, those without a direction none.
//
// reads   u, current_old, q, delta, heterogeneity, probe_way, probe_depth, side, law
// writes  law
// units   scaled, see src/model/scales.rs
// twin    src/mechanisms/shot_noise/cpu.rs

@group(0) @binding(0) var<uniform> physics: Physics;
@group(0) @binding(1) var<uniform> parameters: Parameters;
@group(0) @binding(2) var<storage, read> u: array<vec2<f32>>;
@group(0) @binding(3) var<storage, read> current_old: array<f32>;
@group(0) @binding(10) var<storage, read> side: array<vec2<f32>>;
@group(0) @binding(4) var<storage, read> q: array<f32>;
@group(0) @binding(5) var<storage, read> delta: array<f32>;
@group(0) @binding(6) var<storage, read> heterogeneity: array<f32>;
@group(0) @binding(7) var<storage, read> probe_way: array<vec2<f32>>;
@group(0) @binding(8) var<storage, read> probe_depth: array<vec2<f32>>;
@group(0) @binding(9) var<storage, read_write> law: array<vec2<f32>>;

struct Parameters {
    seed: u32,
    number: u32, // of the step
    ions: f32, // that cross dx^2 in this step, per current, over strength^2
    amplitude: f32,
}

// Fewest ions that cross dx^2: with fewer there are no current densities.
const FEWEST_IONS = 16.0;
// How far from the surface its noise is read, on either side [dx].
const OFF_SURFACE = 0.33333333;
// Least |grad q| that points anywhere.
const LEAST_GRADIENT = 0.5;

fn at(c: vec4<u32>) -> mat4x2<f32> {
    return mat4x2<f32>(u[c.x], u[c.y], u[c.z], u[c.w]);
}

// The signed distance in a cell (x), and its number (y).
fn drawn(i: u32) -> vec2<f32> {
    return vec2<f32>(q[i], f32(bits_above_half(parameters.seed, parameters.number, i)));
}

fn near_surface(c: vec4<u32>) -> mat4x2<f32> {
    return mat4x2<f32>(drawn(c.x), drawn(c.y), drawn(c.z), drawn(c.w));
}

// Both at a place on the normal through cell p.
fn on_normal(p: vec3<u32>, offset: vec3<f32>, n: vec3<u32>) -> vec2<f32> {
    let read = corners(p, rounded3(offset), n);
    return interpolated(near_surface(read.near), near_surface(read.far), read.share);
}

@compute @workgroup_size(16, 4, 4)
fn shot_noise_start(@builtin(global_invocation_id) p: vec3<u32>) {
    let n = vec3<u32>(physics.nx, physics.ny, physics.nz);
    if !inside(p, n) { return; }
    let i = element(p, n);
    if delta[i] == 0.0 { return; }
    let gradient = gradient_at(p, n);
    let steepness = magnitude(gradient);
    if steepness <= LEAST_GRADIENT { return; }
    let normal = gradient / steepness;
    let depth = q[i] / steepness;
    let loose = looseness(q[i] / physics.ell, on_normal(p, -depth * normal, n).x / physics.ell);
    let number = 0.5 * (on_normal(p, (-OFF_SURFACE - depth) * normal, n).y + on_normal(p, (OFF_SURFACE - depth) * normal, n).y);

    let read = corners(p, vec3<f32>(probe_way[i], probe_depth[i].x), n);
    let there = interpolated(at(read.near), at(read.far), read.share);
    let c = select(1.0, max(1.0 + there.y, DILUTE), physics.salt == 1u);
    let before = law[i];
    let exchange = physics.i0 * heterogeneity[i] * (1.0 + before.y) * pow(c, physics.alpha);
    let lithium = current_old[i] - side[i].x;
    let both = sqrt(lithium * lithium + 4.0 * exchange * exchange);
    if both <= 0.0 { return; }
    let cathodic = 0.5 * (both + lithium);
    let anodic = 0.5 * (both - lithium);
    let crossing = max(both * parameters.ions, FEWEST_IONS);
    let overpotential = both / (physics.alpha * cathodic + (1.0 - physics.alpha) * anodic) / sqrt(crossing);
    law[i].x = before.x - parameters.amplitude * (1.0 - loose) * overpotential * number;
}

// interface_shape - reaction area and curvature of the interface
//
//   delta     = w xi_mid(1 - xi_mid)/ell |grad q|
//   curvature = -[div(w n) + cos(theta) |grad w|]/w,   n = grad q/|grad q|, theta that of the column
//
// Cells more than 12 ell away from it do not react, nor do those that are closed. |grad q| is bounded by 3, the curvature by 1: nuclei that touch make both larger than they are.
//
// reads   xi_mid, q, accessible, pattern_share, pocket
// writes  delta, curvature
// units   scaled, see src/model/scales.rs
// twin    src/cpu/interface.rs

@group(0) @binding(0) var<uniform> physics: Physics;
@group(0) @binding(1) var<storage, read> xi_mid: array<f32>;
@group(0) @binding(2) var<storage, read> q: array<f32>;
@group(0) @binding(3) var<storage, read> accessible: array<f32>;
@group(0) @binding(4) var<storage, read> pocket: array<u32>;
@group(0) @binding(7) var<storage, read> pattern_share: array<f32>;
@group(0) @binding(5) var<storage, read_write> delta: array<f32>;
@group(0) @binding(6) var<storage, read_write> curvature: array<f32>;

const LARGEST_GRADIENT = 3.0;
const LARGEST_CURVATURE = 1.0;
// Distance beyond which nothing reacts [ell].
const REACTION_BAND = 12.0;

fn flux(p: vec3<u32>, i: u32, nb: u32, axis: u32, side: u32, here: vec3<f32>, n: vec3<u32>) -> f32 {
    return rounded(0.5 * (accessible[i] + accessible[nb]) * normal(p, i, nb, axis, side, here, n));
}

@compute @workgroup_size(16, 4, 4)
fn interface_shape(@builtin(global_invocation_id) p: vec3<u32>) {
    let n = vec3<u32>(physics.nx, physics.ny, physics.nz);
    if !inside(p, n) { return; }
    let i = element(p, n);
    let fraction = xi_mid[i];
    let w = accessible[i];
    let here = central(p, n);
    let gradient = min(magnitude(here), LARGEST_GRADIENT);
    let profile = max(fraction * (1.0 - fraction), 0.0);
    var area = select(w * profile / physics.ell * gradient, 0.0, abs(q[i]) >= REACTION_BAND * physics.ell);
    if area != 0.0 && (pocket[i] & CLOSED) != 0u { area = 0.0; }
    delta[i] = area;
    if area == 0.0 {
        curvature[i] = 0.0;
        return;
    }

    let at = neighbours(p, n);
    let x = rounded(flux(p, i, at.west, 0u, 0u, here, n) + flux(p, i, at.east, 0u, 1u, here, n));
    let y = rounded(flux(p, i, at.south, 1u, 0u, here, n) + flux(p, i, at.north, 1u, 1u, here, n));
    let z = rounded(flux(p, i, at.below, 2u, 0u, here, n) + flux(p, i, at.above, 2u, 1u, here, n));
    let slope = 0.5 * vec3<f32>(
        accessible[at.east] - accessible[at.west],
        accessible[at.north] - accessible[at.south],
        accessible[at.above] - accessible[at.below],
    );
    let share = pattern_share[p.y * n.x + p.x];
    let contact = (1.0 - share) * physics.contact + share * physics.pattern_contact;
    let wall = rounded(contact * magnitude(slope));
    curvature[i] = clamp(-(((x + y) + z) + wall) / w, -LARGEST_CURVATURE, LARGEST_CURVATURE);
}

// place - lithium of new nuclei
//
//   xi = max(xi, 1/(1 + exp(-d/ell))),   d the distance into the cap: its radius less the distance to its centre
//
// The surface of a cap has no SEI yet.
//
// reads   caps, xi
// writes  xi, sei
// units   scaled, see src/model/scales.rs
// twin    src/cpu/nucleate.rs

@group(0) @binding(0) var<uniform> physics: Physics;
@group(0) @binding(1) var<uniform> parameters: Parameters;
@group(0) @binding(2) var<storage, read> caps: array<vec4<f32>>;
@group(0) @binding(3) var<storage, read_write> xi: array<f32>;
@group(0) @binding(4) var<storage, read_write> sei: array<vec2<f32>>;

// Fraction of a nucleus in a cell from which on its surface is a fresh one.
const FRESH_SHARE = 0.05;

struct Parameters {
    count: u32, // caps: centre and radius of each, in cells
}

// Distance along an axis of n cells, periodic; none if there is only one cell.
fn wrapped(cell: u32, centre: f32, n: u32) -> f32 {
    let d = abs(f32(cell) + 0.5 - centre);
    return select(min(d, abs(f32(n) - d)), 0.0, n == 1u);
}

@compute @workgroup_size(16, 4, 4)
fn place(@builtin(global_invocation_id) p: vec3<u32>) {
    let n = vec3<u32>(physics.nx, physics.ny, physics.nz);
    if !inside(p, n) { return; }
    let i = element(p, n);
    var fraction = 0.0;
    for (var k = 0u; k < parameters.count; k++) {
        let cap = caps[k];
        let dx = wrapped(p.x, cap.x, n.x);
        let dy = wrapped(p.y, cap.y, n.y);
        let dz = f32(p.z) + 0.5 - cap.z;
        let squares = rounded3(vec3<f32>(dx * dx, dy * dy, dz * dz));
        let distance = cap.w - sqrt((squares.x + squares.y) + squares.z);
        fraction = max(fraction, 1.0 / (1.0 + exp(clamp(-distance / physics.ell, -80.0, 80.0))));
    }

    if physics.sei == 1u && fraction > FRESH_SHARE && fraction > xi[i] { sei[i].x = -1.0; }
    xi[i] = max(xi[i], fraction);
}

// place - lithium of new nuclei
//
//   xi = max(xi, 1/(1 + exp(-d/ell))),   d the distance into the cap: its radius less the distance to its centre
//
// reads   caps, xi
// writes  xi
// units   scaled, see src/model/scales.rs
// twin    src/cpu/nucleate.rs

@group(0) @binding(0) var<uniform> physics: Physics;
@group(0) @binding(1) var<uniform> parameters: Parameters;
@group(0) @binding(2) var<storage, read> caps: array<vec4<f32>>;
@group(0) @binding(3) var<storage, read_write> xi: array<f32>;

struct Parameters {
    count: u32, // caps: centre and radius of each, in cells
}

@compute @workgroup_size(16, 4, 4)
fn place(@builtin(global_invocation_id) p: vec3<u32>) {
    let n = vec3<u32>(physics.nx, physics.ny, physics.nz);
    if !inside(p, n) { return; }
    let i = element(p, n);
    xi[i] = max(xi[i], largest_cap(p, n, parameters.count).share);
}

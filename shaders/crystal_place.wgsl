// crystal_place - new nuclei begin grains
//
//   grain = 1 + the number of nuclei before, where the share of a nucleus is more than GRAIN_SHARE and than the lithium that is there
//
// reads   caps, xi
// writes  grain
// units   scaled, see src/model/scales.rs
// twin    src/mechanisms/crystal/cpu.rs

@group(0) @binding(0) var<uniform> physics: Physics;
@group(0) @binding(1) var<uniform> parameters: Parameters;
@group(0) @binding(2) var<storage, read> caps: array<vec4<f32>>;
@group(0) @binding(3) var<storage, read> xi: array<f32>;
@group(0) @binding(4) var<storage, read_write> grain: array<f32>;

// Lithium fraction from which on a cell belongs to a grain.
const GRAIN_SHARE = 1e-3;

struct Parameters {
    count: u32, // caps: centre and radius of each, in cells
    first: u32, // grain of the first nucleus
    last: u32, // largest number of a grain: after it they begin anew from 1
}

@compute @workgroup_size(16, 4, 4)
fn crystal_place(@builtin(global_invocation_id) p: vec3<u32>) {
    let n = vec3<u32>(physics.nx, physics.ny, physics.nz);
    if !inside(p, n) { return; }
    let i = element(p, n);
    let largest = largest_cap(p, n, parameters.count);
    if largest.share > GRAIN_SHARE && largest.share > xi[i] {
        grain[i] = f32((parameters.first - 1u + largest.cap) % parameters.last + 1u);
    }
}

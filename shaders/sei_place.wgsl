// sei_place - where new nuclei appear the surface has no SEI yet
//
//   sei = -1 where the share of new nuclei is more than FRESH_SHARE and than the lithium that is there
//
// reads   caps, xi
// writes  sei
// units   scaled, see src/model/scales.rs
// twin    src/mechanisms/sei/cpu.rs

@group(0) @binding(0) var<uniform> physics: Physics;
@group(0) @binding(1) var<uniform> parameters: Parameters;
@group(0) @binding(2) var<storage, read> caps: array<vec4<f32>>;
@group(0) @binding(3) var<storage, read> xi: array<f32>;
@group(0) @binding(4) var<storage, read_write> sei: array<vec2<f32>>;

struct Parameters {
    count: u32, // caps: centre and radius of each, in cells
}

@compute @workgroup_size(16, 4, 4)
fn sei_place(@builtin(global_invocation_id) p: vec3<u32>) {
    let n = vec3<u32>(physics.nx, physics.ny, physics.nz);
    if !inside(p, n) { return; }
    let i = element(p, n);
    if is_fresh(p, n, parameters.count, xi[i]) { sei[i].x = -1.0; }
}

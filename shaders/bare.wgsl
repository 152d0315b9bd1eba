// bare - copper that no lithium covers, per volume
//
//   copper.x = area
//   copper.y = of it what nuclei may form on, times the factor of the copper's pattern; none in closed cells
//
// reads   xi, copper_area, pocket, pattern_share
// writes  copper
// units   scaled, see src/model/scales.rs
// twin    src/cpu/nucleate.rs

@group(0) @binding(0) var<uniform> physics: Physics;
@group(0) @binding(1) var<storage, read> xi: array<f32>;
@group(0) @binding(2) var<storage, read> copper_area: array<f32>;
@group(0) @binding(3) var<storage, read> pocket: array<u32>;
@group(0) @binding(4) var<storage, read> pattern_share: array<f32>;
@group(0) @binding(5) var<storage, read_write> copper: array<vec2<f32>>;

@compute @workgroup_size(16, 4, 4)
fn bare(@builtin(global_invocation_id) p: vec3<u32>) {
    let n = vec3<u32>(physics.nx, physics.ny, physics.nz);
    if !inside(p, n) { return; }
    let i = element(p, n);
    let area = copper_area[i] * (1.0 - xi[i]);
    let is_open = (pocket[i] & CLOSED) == 0u;

    copper[i] = vec2<f32>(area, select(0.0, area * nucleation_factor(pattern_share[p.y * n.x + p.x]), is_open));
}

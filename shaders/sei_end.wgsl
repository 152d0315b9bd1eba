// sei_end - what a step has done to the SEI: it has grown, was stretched with its surface, stripped below, cracked by plating
//
//   sei = (charge per area, stripped since it was plated), negative charge away from the interface
//
// reads   q, front_curvature, current, sei_current, sei_now
// writes  sei
// units   scaled, see src/model/scales.rs; dt in seconds
// twin    src/mechanisms/sei/cpu.rs

@group(0) @binding(0) var<uniform> physics: Physics;
@group(0) @binding(1) var<uniform> parameters: Parameters;
@group(0) @binding(2) var<storage, read> q: array<f32>;
@group(0) @binding(3) var<storage, read> front_curvature: array<f32>;
@group(0) @binding(4) var<storage, read> current: array<f32>;
@group(0) @binding(5) var<storage, read> sei_current: array<f32>;
@group(0) @binding(6) var<storage, read> sei_now: array<vec2<f32>>;
@group(0) @binding(7) var<storage, read_write> sei: array<vec2<f32>>;

struct Parameters {
    movement: f32,
    dt: f32,
    cracks: f32, // part of a shell that cracks when plating begins below it
}

// Cells farther than this from the interface have no layer of their own [ell].
const OWN_LAYER = 3.0;
// Bounds on what one step's stretching does to the layer.
const LEAST_STRETCH = 0.5;
const LARGEST_STRETCH = 2.0;

@compute @workgroup_size(16, 4, 4)
fn sei_end(@builtin(global_invocation_id) p: vec3<u32>) {
    let n = vec3<u32>(physics.nx, physics.ny, physics.nz);
    if !inside(p, n) { return; }
    let i = element(p, n);
    let now = sei_now[i];
    if now.x < 0.0 || abs(q[i]) >= OWN_LAYER * physics.ell {
        sei[i] = vec2<f32>(-1.0, 0.0);
        return;
    }
    let lithium = current[i] - sei_current[i];
    // what corrodes below a layer becomes that layer, and loosens none
    let plated = select(current[i], max(lithium, 0.0), current[i] > 0.0) * parameters.dt;
    let stretch = 1.0 + parameters.movement * lithium * front_curvature[i];
    let charge = (now.x + sei_current[i] * parameters.dt) / clamp(stretch, LEAST_STRETCH, LARGEST_STRETCH);
    // what has lost as much lithium as it holds itself stands loose
    let loose = select(0.0, 1.0 - exp(-now.y / max(charge, 1e-30)), now.y > 0.0);
    let kept = select(1.0, 1.0 - parameters.cracks * loose, plated > 0.0);
    let stripped = select(now.y - plated, 0.0, plated > 0.0);

    sei[i] = vec2<f32>(charge * kept, stripped);
}

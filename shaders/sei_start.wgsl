// sei_start - the SEI on each cell of the interface at the beginning of a step, and the current that it takes
//
//   sei_now     = (charge per area, stripped since it was plated); a cell that has come near the interface has that of the surface
//   sei_current = what the layer takes in dt, over dt
//
// Both add to what mechanisms take and resist: side += (sei_current, resistance * charge per area).
//
// Away from the interface the charge is negative. First stage of the sum of sei_current times delta as well.
//
// reads   q, delta, sei, side
// writes  sei_now, sei_current, side, partial
// units   scaled, see src/model/scales.rs; dt in seconds
// twin    src/mechanisms/sei/cpu.rs

@group(0) @binding(0) var<uniform> physics: Physics;
@group(0) @binding(1) var<uniform> parameters: Parameters;
@group(0) @binding(2) var<storage, read> q: array<f32>;
@group(0) @binding(3) var<storage, read> delta: array<f32>;
@group(0) @binding(4) var<storage, read> sei: array<vec2<f32>>;
@group(0) @binding(5) var<storage, read_write> sei_now: array<vec2<f32>>;
@group(0) @binding(6) var<storage, read_write> sei_current: array<f32>;
@group(0) @binding(8) var<storage, read_write> side: array<vec2<f32>>;
@group(0) @binding(7) var<storage, read_write> partial: array<vec4<f32>>;

struct Parameters {
    planes: u32,
    dt: f32,
    fresh: f32, // charge per area that a fresh surface takes
    time: f32, // time constant of that
    growth: f32, // K of d charge/dt = K/charge
    resistance: f32, // over charge per area
}

// SEI of cells farther than this from the interface takes nothing; it is a resistance like that of the rest [ell].
const SEI_BAND = 6.0;
// Cells farther than this have the layer of the surface that is closest to them, not one of their own [ell].
const OWN_LAYER = 3.0;

// Charge that a layer takes in dt: what is missing within the formation time, then as the root of time.
fn formed(charge: f32) -> f32 {
    let missing = max(parameters.fresh - charge, 0.0);
    let filled = missing * -exp_m1(-parameters.dt / parameters.time);
    let now = charge + filled;
    let grown = 2.0 * parameters.growth * parameters.dt;
    // sqrt(now^2 + grown) - now without its cancellation; without a layer there is nothing to grow
    let root = sqrt(now * now + grown) + now;
    return filled + select(0.0, grown / root, root > 0.0);
}

@compute @workgroup_size(16, 16, 1)
fn sei_start(
    @builtin(global_invocation_id) p: vec3<u32>,
    @builtin(local_invocation_index) lane: u32,
    @builtin(workgroup_id) group: vec3<u32>,
    @builtin(num_workgroups) groups: vec3<u32>,
) {
    let n = vec3<u32>(physics.nx, physics.ny, physics.nz);
    let first = group.z * parameters.planes;
    let last = min(first + parameters.planes, n.z);
    var sums = single(vec4<f32>(0.0));
    for (var z = first; z < last; z++) {
        let cell = vec3<u32>(p.xy, z);
        if !inside(cell, n) { continue; }
        let i = element(cell, n);
        var layer = vec2<f32>(-1.0, 0.0);
        var takes = false;
        if delta[i] != 0.0 {
            let far = abs(q[i]) / physics.ell;
            layer = sei[i];
            if layer.x < 0.0 { layer = sei[at_depth(cell, 0.0, n)]; }
            takes = far < OWN_LAYER || (far < SEI_BAND && layer.x >= 0.0);
            // a tail of nothing: no film at all would draw the current there
            if layer.x < 0.0 { layer = vec2<f32>(select(parameters.fresh, 0.0, far < OWN_LAYER), 0.0); }
        }
        let current = select(0.0, formed(layer.x) / parameters.dt, takes);
        sei_now[i] = layer;
        sei_current[i] = current;
        side[i] += vec2<f32>(current, parameters.resistance * max(layer.x, 0.0));
        sums = add(sums, single(vec4<f32>(current * delta[i], 0.0, 0.0, 0.0)));
    }
    leave(0u, sums, vec4<bool>(false), lane, group, groups);
}

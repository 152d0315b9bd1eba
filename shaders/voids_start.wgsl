// voids_start - the contact of each cell of the interface at the beginning of a step, and what it makes of its reaction
//
//   contact_now = share of the surface in contact, negative in a cell that does not react
//   side.y     += (film + coating + side.y)(1/share - 1) + constriction ln(1/sin(pi/2 share))
//   1 + law.y  *= share,   share that of the middle of a step that goes on like the one before
//
// Cells near the interface have a contact of their own, those farther away that of the surface closest to them: full contact in a tail of nothing would
// carry what the surface no longer does. Where no surface is left they keep the last.
//
// reads   q, delta, contact, current_old, pattern_share, side, law
// writes  contact_now, side, law
// units   scaled, see src/model/scales.rs; dt in seconds
// twin    src/mechanisms/voids/cpu.rs

@group(0) @binding(0) var<uniform> physics: Physics;
@group(0) @binding(1) var<uniform> parameters: Parameters;
@group(0) @binding(2) var<storage, read> q: array<f32>;
@group(0) @binding(3) var<storage, read> delta: array<f32>;
@group(0) @binding(4) var<storage, read> contact: array<f32>;
@group(0) @binding(5) var<storage, read> pattern_share: array<f32>;
@group(0) @binding(6) var<storage, read> current_old: array<f32>;
@group(0) @binding(7) var<storage, read_write> contact_now: array<f32>;
@group(0) @binding(8) var<storage, read_write> side: array<vec2<f32>>;
@group(0) @binding(9) var<storage, read_write> law: array<vec2<f32>>;

struct Parameters {
    dt: f32, // half the step; none where it does not go on
    critical: f32, // current density up to which lithium is resupplied
    per_charge: f32, // contact lost per charge that is stripped
    refilled: f32, // part of the plated lithium that goes into voids
    constriction: f32, // distance from one void to the next over pi
}

@compute @workgroup_size(16, 4, 4)
fn voids_start(@builtin(global_invocation_id) p: vec3<u32>) {
    let n = vec3<u32>(physics.nx, physics.ny, physics.nz);
    if !inside(p, n) { return; }
    let i = element(p, n);
    if delta[i] == 0.0 {
        contact_now[i] = -1.0;
        return;
    }
    var source = i;
    if contact[i] < 0.0 {
        let closest = at_depth(p, 0.0, n);
        if contact[closest] > 0.0 { source = closest; }
    }
    let now = abs(contact[source]);
    let share = carried(now, lost(current_old[source]), 1.0);

    let film = physics.film + physics.pattern_film * pattern_share[p.y * n.x + p.x] + side[i].y;
    side[i].y += film * (1.0 / share - 1.0) + parameters.constriction * constricted(share);
    law[i].y = (1.0 + law[i].y) * share - 1.0;
    contact_now[i] = now;
}

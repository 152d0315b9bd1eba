// apply - the linearised operator on a search direction
//
//   image = outflow(x) + (reaction_phi . x, reaction_c . x) + (1, 1 - t+) delta slopes . (x at the probe - x)
//         + outflow(u) with the derivatives of the coefficients times x.y for the coefficients,   x the direction
//
// The reaction's second term: it follows what is read at the probe; reaction_phi and reaction_c, of which the
// preconditioner is made, hold it as if it were read in the cell. The last line makes Newton's method converge near depletion.
//
// reads   direction, conduction, diffusion, reaction_phi, reaction_c, slopes, delta, probe_way, probe_depth, u, conduction_by_c, diffusivity_by_c
// writes  image
// units   scaled, see src/model/scales.rs
// twin    src/cpu/apply.rs

@group(0) @binding(0) var<uniform> physics: Physics;
@group(0) @binding(1) var<storage, read> direction: array<vec2<f32>>;
@group(0) @binding(2) var<storage, read> conduction: array<vec2<f32>>;
@group(0) @binding(3) var<storage, read> diffusion: array<vec2<f32>>;
@group(0) @binding(4) var<storage, read> reaction_phi: array<vec2<f32>>;
@group(0) @binding(5) var<storage, read> reaction_c: array<vec2<f32>>;
@group(0) @binding(6) var<storage, read> slopes: array<vec2<f32>>;
@group(0) @binding(7) var<storage, read> delta: array<f32>;
@group(0) @binding(8) var<storage, read> probe_way: array<vec2<f32>>;
@group(0) @binding(9) var<storage, read> probe_depth: array<vec2<f32>>;
@group(0) @binding(10) var<storage, read> u: array<vec2<f32>>;
@group(0) @binding(11) var<storage, read> conduction_by_c: array<vec2<f32>>;
@group(0) @binding(12) var<storage, read> diffusivity_by_c: array<f32>;
@group(0) @binding(13) var<storage, read_write> image: array<vec2<f32>>;

fn at(c: vec4<u32>) -> mat4x2<f32> {
    return mat4x2<f32>(direction[c.x], direction[c.y], direction[c.z], direction[c.w]);
}

// What the reaction in cell i differs by because it is read at the probe; nothing in a cell that has no interface to react at, of
// negative thickness.
fn elsewhere(p: vec3<u32>, i: u32, n: vec3<u32>) -> vec2<f32> {
    let offset = vec3<f32>(probe_way[i], probe_depth[i].x);
    if delta[i] == 0.0 || probe_depth[i].y < 0.0 || all(offset == vec3<f32>(0.0)) {
        return vec2<f32>(0.0);
    }
    let c = corners(p, offset, n);
    let difference = interpolated(at(c.near), at(c.far), c.share) - direction[i];
    let change = delta[i] * dot(slopes[i], difference);
    return vec2<f32>(change, select(0.0, (1.0 - diffusion[i].y) * change, physics.salt == 1u));
}

fn face(i: u32, nb: u32) -> Face {
    return face_terms(0.5, conduction[i] + conduction[nb], diffusion[i].x + diffusion[nb].x, direction[i] - direction[nb]);
}

// What a face's flow changes by because the coefficients follow the concentration.
fn following(i: u32, nb: u32) -> Face {
    let conduction_change = conduction_by_c[i] * direction[i].y + conduction_by_c[nb] * direction[nb].y;
    let diffusivity_change = diffusivity_by_c[i] * direction[i].y + diffusivity_by_c[nb] * direction[nb].y;
    return face_terms(0.5, conduction_change, diffusivity_change, u[i] - u[nb]);
}

@compute @workgroup_size(16, 4, 4)
fn apply(@builtin(global_invocation_id) p: vec3<u32>) {
    let n = vec3<u32>(physics.nx, physics.ny, physics.nz);
    if !inside(p, n) { return; }
    let i = element(p, n);
    let at = neighbours(p, n);
    let outflow = paired(
        face(i, at.west), face(i, at.east), face(i, at.south), face(i, at.north), face(i, at.below), face(i, at.above),
    ).flux;
    let local = vec2<f32>(dot(reaction_phi[i], direction[i]), dot(reaction_c[i], direction[i]));

    var sum = (outflow + local) + elsewhere(p, i, n);
    if physics.salt == 1u {
        sum += paired(
            following(i, at.west), following(i, at.east), following(i, at.south), following(i, at.north),
            following(i, at.below), following(i, at.above),
        ).flux;
    }
    image[i] = sum;
}

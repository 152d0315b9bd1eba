// form_residual - residual of both equations, from differences
//
//   residual.x = -[sum over faces of kappa (phi - phi_nb) - kappa_d (c - c_nb) + source.x]
//   residual.y = -[sum over faces of D (c - c_nb) + (t+_nb - t+)/2 (kappa (phi - phi_nb) - kappa_d (c - c_nb)) + source.y]
//
// The unknowns are u + u_low, two floats each: neighbours nearly agree, and their difference drives the current.
//
// reads   u, u_low, conduction, diffusion, source
// writes  residual
// units   scaled, see src/model/scales.rs
// twin    src/cpu/residual.rs

@group(0) @binding(0) var<uniform> physics: Physics;
@group(0) @binding(1) var<storage, read> u: array<vec2<f32>>;
@group(0) @binding(2) var<storage, read> u_low: array<vec2<f32>>;
@group(0) @binding(3) var<storage, read> conduction: array<vec2<f32>>;
@group(0) @binding(4) var<storage, read> diffusion: array<vec2<f32>>;
@group(0) @binding(5) var<storage, read> source: array<vec2<f32>>;
@group(0) @binding(6) var<storage, read_write> residual: array<vec2<f32>>;

// Charge and salt that leave cell i towards its neighbour.
fn face(i: u32, nb: u32) -> Face {
    let difference = rounded2(u[i] - u[nb]) + (u_low[i] - u_low[nb]);
    var terms = face_terms(0.5, conduction[i] + conduction[nb], diffusion[i].x + diffusion[nb].x, difference);
    if physics.salt == 1u {
        terms.flux.y += transference_gradient(terms.flux.x, diffusion[i].y, diffusion[nb].y);
    }
    return terms;
}

@compute @workgroup_size(16, 4, 4)
fn form_residual(@builtin(global_invocation_id) p: vec3<u32>) {
    let n = vec3<u32>(physics.nx, physics.ny, physics.nz);
    if !inside(p, n) { return; }
    let i = element(p, n);
    let at = neighbours(p, n);
    let outflow = paired(
        face(i, at.west), face(i, at.east), face(i, at.south), face(i, at.north), face(i, at.below), face(i, at.above),
    ).flux;

    residual[i] = -(outflow + source[i]);
}

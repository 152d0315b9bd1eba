// Cubic harmonics: how a quantity depends on the direction m in the frame of a cubic crystal.
//
//   h(m) = 1 + e1 (Q - 3/5) + e2 (3 Q + 66 S - 17/7),   Q = sum of m_i^4, S = m_1^2 m_2^2 m_3^2

// Q and S; turning by a quarter about z changes no bit.
fn invariants(squares: vec3<f32>) -> vec2<f32> {
    let fourth = rounded3(squares * squares);
    return vec2<f32>((fourth.x + fourth.y) + fourth.z, rounded(squares.x * squares.y) * squares.z);
}

fn harmonics(m: vec3<f32>, e1: f32, e2: f32) -> f32 {
    let qs = invariants(rounded3(m * m));
    return 1.0 + e1 * (qs.x - 0.6) + e2 * (3.0 * qs.x + 66.0 * qs.y - 17.0 / 7.0);
}

// Cahn and Hoffman's vector of h less m, in the frame of a cubic crystal.
fn excess(m: vec3<f32>, e1: f32, e2: f32) -> vec3<f32> {
    let squares = rounded3(m * m);
    let qs = invariants(squares);
    let radial = e1 * (qs.x - 0.6) + e2 * (3.0 * qs.x + 66.0 * qs.y - 17.0 / 7.0);
    let of_q = squares - vec3<f32>(qs.x);
    let pairs = rounded3(vec3<f32>(squares.y * squares.z, squares.x * squares.z, squares.x * squares.y));
    let tangential = rounded3(e1 * (4.0 * of_q)) + rounded3(e2 * (12.0 * of_q + 66.0 * (2.0 * pairs - vec3<f32>(6.0 * qs.y))));
    return rounded3(m * (vec3<f32>(radial) + tangential));
}

// Axes of a crystal in the box.
struct Frame {
    x: vec3<f32>,
    y: vec3<f32>,
    z: vec3<f32>,
}

// Those of the lithium in cell i, from the list `rotations` of the kernel, rows one after the other: by its grain, of which `orientations` are
// listed after that of the lithium which was there from the start; none without grains.
fn frame_of(i: u32, orientations: u32) -> Frame {
    var at = 0u;
    if orientations > 0u && grain[i] > 0.0 { at = 9u * (1u + (u32(grain[i]) - 1u) % orientations); }
    return Frame(
        vec3<f32>(rotations[at], rotations[at + 1u], rotations[at + 2u]),
        vec3<f32>(rotations[at + 3u], rotations[at + 4u], rotations[at + 5u]),
        vec3<f32>(rotations[at + 6u], rotations[at + 7u], rotations[at + 8u]),
    );
}

// A direction of the box in a frame.
fn turned(frame: Frame, n: vec3<f32>) -> vec3<f32> {
    let a = rounded3(frame.x * n);
    let b = rounded3(frame.y * n);
    let c = rounded3(frame.z * n);
    return vec3<f32>((a.x + a.y) + a.z, (b.x + b.y) + b.z, (c.x + c.y) + c.z);
}

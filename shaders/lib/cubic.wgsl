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

// A direction of the box in the frame whose axes are the rows x, y, z.
fn turned(x: vec3<f32>, y: vec3<f32>, z: vec3<f32>, n: vec3<f32>) -> vec3<f32> {
    let a = rounded3(x * n);
    let b = rounded3(y * n);
    let c = rounded3(z * n);
    return vec3<f32>((a.x + a.y) + a.z, (b.x + b.y) + b.z, (c.x + c.y) + c.z);
}

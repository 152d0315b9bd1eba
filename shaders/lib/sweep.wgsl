// What sweeps and defects of every level of the hierarchy share, from the packed coefficients of a cell and its neighbours.

// What passes a face between cells i and nb with these transport coefficients. A face towards a cell that is the cell itself carries nothing.
fn level_face(i: u32, nb: u32, area: f32, here: vec2<u32>, there: vec2<u32>, difference: vec2<f32>) -> Face {
    let factor = select(0.5 * area, 0.0, nb == i);
    let sums = unpacked(here) + unpacked(there);
    return face_terms(factor, sums.xy, sums.z, difference);
}

// right - A x, from what flows out and the local derivatives.
fn level_defect(right: vec2<f32>, outflow: vec2<f32>, reaction: vec2<u32>, x: vec2<f32>) -> vec2<f32> {
    let local = unpacked(reaction);
    return right - (outflow + vec2<f32>(dot(local.xy, x), dot(local.zw, x)));
}

// D^-1 defect, D the 2 x 2 diagonal block of the cell.
fn level_change(diagonal: vec3<f32>, reaction: vec2<u32>, defect: vec2<f32>) -> vec2<f32> {
    let local = unpacked(reaction);
    return solve_block(diagonal, local.xy, local.zw, defect);
}

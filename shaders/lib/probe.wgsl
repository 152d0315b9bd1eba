// Trilinear interpolation away from a cell's centre: the eight cells around a place and their shares.
//
// The corners are counted from the cell outwards, so that a mirrored offset reads the mirrored corners with the same
// shares, to the bit.

// Elements of the corners: near and far along each axis; `share` belongs to the far ones. Along z they lie in `planes`.
struct Corners {
    near: vec4<u32>,
    far: vec4<u32>,
    share: vec3<f32>,
    planes: vec2<u32>,
}

// The cells around the centre of p plus `offset`; x and y are periodic, z ends at the bottom and the top.
fn corners(p: vec3<u32>, offset: vec3<f32>, n: vec3<u32>) -> Corners {
    let size = abs(offset);
    let whole = floor(size);
    let way = select(vec3<i32>(1), vec3<i32>(-1), offset < vec3<f32>(0.0));
    let first = vec3<i32>(p) + way * vec3<i32>(whole);
    let second = first + way;
    let x = vec2<u32>(wrapped(first.x, n.x), wrapped(second.x, n.x));
    let y = vec2<u32>(wrapped(first.y, n.y), wrapped(second.y, n.y));
    let top = i32(n.z) - 1;
    let z = vec2<u32>(u32(clamp(first.z, 0, top)), u32(clamp(second.z, 0, top)));
    let rows = vec4<u32>(z.x * n.y + y.x, z.x * n.y + y.y, z.y * n.y + y.x, z.y * n.y + y.y) * n.x;
    return Corners(rows + x.x, rows + x.y, size - whole, z);
}

// Weighted mean of the values at the corners, rows in the order of `near` and `far`.
fn interpolated(near: mat4x2<f32>, far: mat4x2<f32>, share: vec3<f32>) -> vec2<f32> {
    let a = near[0] + share.x * (far[0] - near[0]);
    let b = near[1] + share.x * (far[1] - near[1]);
    let c = near[2] + share.x * (far[2] - near[2]);
    let d = near[3] + share.x * (far[3] - near[3]);
    let low = a + share.y * (b - a);
    let high = c + share.y * (d - c);
    return low + share.z * (high - low);
}

// Normals of the signed distance, the field `q` of the kernel, on the faces of cells.

// Outward component of the normal on one face of cell p, whose central differences are `here`.
fn normal(p: vec3<u32>, i: u32, nb: u32, axis: u32, side: u32, here: vec3<f32>, n: vec3<u32>) -> f32 {
    if nb == i {
        return 0.0;
    }
    let there = central(beside(p, axis, side, n), n);
    let outward = q[nb] - q[i];
    if axis == 0u {
        return face_normal(outward, here.yz, there.yz);
    } else if axis == 1u {
        return face_normal(outward, here.xz, there.xz);
    }
    return face_normal(outward, here.xy, there.xy);
}

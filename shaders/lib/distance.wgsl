// Differences of the signed distance, the field `q` of the kernel.

fn magnitude(v: vec3<f32>) -> f32 {
    let squares = rounded3(v * v);
    return sqrt((squares.x + squares.y) + squares.z);
}

// Central differences of q in cell p.
fn central(p: vec3<u32>, n: vec3<u32>) -> vec3<f32> {
    let at = neighbours(p, n);
    return 0.5 * vec3<f32>(q[at.east] - q[at.west], q[at.north] - q[at.south], q[at.above] - q[at.below]);
}

// Differences of q around cell p; at the bottom and the top, where a cell is its own neighbour, to the other side alone.
fn gradient_at(p: vec3<u32>, n: vec3<u32>) -> vec3<f32> {
    let at = neighbours(p, n);
    let along_z = select(0.5, 1.0, p.z == 0u || p.z + 1u == n.z);
    return vec3<f32>(0.5, 0.5, along_z) * vec3<f32>(q[at.east] - q[at.west], q[at.north] - q[at.south], q[at.above] - q[at.below]);
}

// n = grad q/|grad q| on the face between cell p and its neighbour nb along an axis (side 0 below, 1 above): of the difference across the face, and
// along it the mean of the central differences of both cells, `here` those of p.
fn normal_on_face(p: vec3<u32>, nb: u32, axis: u32, side: u32, here: vec3<f32>, n: vec3<u32>) -> vec3<f32> {
    var along = 0.5 * (here + central(beside(p, axis, side, n), n));
    along[axis] = select(-1.0, 1.0, side == 1u) * (q[nb] - q[element(p, n)]);
    return along / max(magnitude(along), 1e-12);
}

// The cell in which the point of the normal through cell p lies that is `depth` deep in the lithium [dx].
fn at_depth(p: vec3<u32>, depth: f32, n: vec3<u32>) -> u32 {
    let gradient = gradient_at(p, n);
    let steepness = max(magnitude(gradient), 1e-6);
    let way = (depth - q[element(p, n)]) * (gradient / steepness);
    // halves away from zero, so that a mirrored way has the mirrored end
    let steps = vec3<i32>(sign(way) * floor(abs(way) + 0.5));
    let there = vec3<i32>(p) + steps;
    let z = u32(clamp(there.z, 0, i32(n.z) - 1));
    return (z * n.y + wrapped(there.y, n.y)) * n.x + wrapped(there.x, n.x);
}

// Cells farther than this from the interface ask whether q leads to one; one ell farther off they must [ell].
const LOOSE_DISTANCE = 3.0;

// How far a cell at the distance q_here, whose closest point is at the distance `there`, belongs to no surface: 0 to 1. All lengths in ell.
fn looseness(q_here: f32, there: f32) -> f32 {
    let far = abs(q_here);
    let remains = abs(there) / max(far, LOOSE_DISTANCE);
    return clamp(far - LOOSE_DISTANCE, 0.0, 1.0) * clamp(4.0 * remains - 2.0, 0.0, 1.0);
}

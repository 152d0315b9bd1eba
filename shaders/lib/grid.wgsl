// How the kernels walk the grid: x and y are periodic; at the bottom and the top a cell is its own neighbour.

// Elements of the six neighbours of a cell.
struct Around {
    west: u32,
    east: u32,
    south: u32,
    north: u32,
    below: u32,
    above: u32,
}

fn inside(p: vec3<u32>, n: vec3<u32>) -> bool {
    return all(p < n);
}

fn element(p: vec3<u32>, n: vec3<u32>) -> u32 {
    return (p.z * n.y + p.y) * n.x + p.x;
}

fn lower(i: u32, n: u32) -> u32 {
    return select(i, n, i == 0u) - 1u;
}

fn upper(i: u32, n: u32) -> u32 {
    return select(i + 1u, 0u, i + 1u == n);
}

fn neighbours(p: vec3<u32>, n: vec3<u32>) -> Around {
    let i = element(p, n);
    let row = i - p.x;
    let column = i - p.y * n.x;
    let plane = n.x * n.y;
    return Around(
        row + lower(p.x, n.x),
        row + upper(p.x, n.x),
        column + lower(p.y, n.y) * n.x,
        column + upper(p.y, n.y) * n.x,
        select(i - plane, i, p.z == 0u),
        select(i + plane, i, p.z + 1u == n.z),
    );
}

// The cell below (side 0) or above (side 1) along an axis.
fn beside(p: vec3<u32>, axis: u32, side: u32, n: vec3<u32>) -> vec3<u32> {
    var q = p;
    if axis == 0u {
        q.x = select(lower(p.x, n.x), upper(p.x, n.x), side == 1u);
    } else if axis == 1u {
        q.y = select(lower(p.y, n.y), upper(p.y, n.y), side == 1u);
    } else {
        q.z = select(max(p.z, 1u) - 1u, min(p.z + 1u, n.z - 1u), side == 1u);
    }
    return q;
}

// A place along a periodic axis of n cells.
fn wrapped(i: i32, n: u32) -> u32 {
    let size = i32(n);
    var place = select(i, i + size, i < 0);
    place = select(place, place - size, place >= size);
    // divisions would take longer than all the rest, and hardly a cell is that far outside
    if place < 0 || place >= size { place = ((i % size) + size) % size; }
    return u32(place);
}

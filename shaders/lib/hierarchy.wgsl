// The multigrid hierarchy: coefficients of 16 bits, which cells of two levels belong together, and its lower levels, which lie one after
// the other.

// bfloat16: the upper half of a finite number's bits, rounded to the nearest, to even where two are as near; 8 bits of mantissa and the
// whole range.
fn upper_half(v: vec4<f32>) -> vec4<u32> {
    let bits = bitcast<vec4<u32>>(v);
    return (bits + vec4<u32>(0x7fffu) + ((bits >> vec4<u32>(16u)) & vec4<u32>(1u))) >> vec4<u32>(16u);
}

fn packed(v: vec4<f32>) -> vec2<u32> {
    let halves = upper_half(v);
    return halves.xz | (halves.yw << vec2<u32>(16u));
}

fn unpacked(v: vec2<u32>) -> vec4<f32> {
    let low = v << vec2<u32>(16u);
    let high = v & vec2<u32>(0xffff0000u);
    return bitcast<vec4<f32>>(vec4<u32>(low.x, high.x, low.y, high.y));
}

// First child of coarse cell i along an axis, and the one past the last.
fn children(i: u32, fine: u32, coarse: u32) -> vec2<u32> {
    if coarse < fine {
        return vec2<u32>(2u * i, min(2u * i + 2u, fine));
    }
    return vec2<u32>(i, i + 1u);
}

// One over the number of children along an axis, one or two: exact, where a division need not be. Means of numbers of 16 bits often stand right
// between two of them, and the last bit would decide.
fn one_over_count(range: vec2<u32>) -> f32 {
    return select(1.0, 0.5, range.y - range.x == 2u);
}

// The parent of cell i along an axis, and its neighbour on the cell's side, periodic or, at an end, itself. On an axis that
// is not coarsened both are the cell.
fn parents(i: u32, fine: u32, coarse: u32, periodic: bool) -> vec2<u32> {
    if coarse == fine {
        return vec2<u32>(i, i);
    }
    let parent = i / 2u;
    if i % 2u == 0u {
        return vec2<u32>(parent, select(max(parent, 1u) - 1u, lower(parent, coarse), periodic));
    }
    return vec2<u32>(parent, select(min(parent + 1u, coarse - 1u), upper(parent, coarse), periodic));
}

// What lies between a square's corners, the nearest first and the farthest last: turned by a right angle, or mirrored, it is the same
// to the bit.
fn between(corners: array<vec2<f32>, 4>) -> vec2<f32> {
    return (9.0 * corners[0] + 3.0 * (corners[1] + corners[2]) + corners[3]) * 0.0625;
}

// Coefficients of a cell, or their sum over several: kappa, kappa_d and diffusivity; derivatives of the local terms.
struct Coefficients {
    transport: vec4<f32>,
    reaction: vec4<f32>,
}

// The identity, which no compiler can know, as `rounded4` in precision.wgsl: cells are summed in pairs, as they are in the mirror.
fn kept(v: vec4<f32>) -> vec4<f32> {
    return bitcast<vec4<f32>>(bitcast<vec4<u32>>(v) ^ vec4<u32>(level.nx >> 31u));
}

fn both(a: Coefficients, b: Coefficients) -> Coefficients {
    return Coefficients(kept(a.transport + b.transport), kept(a.reaction + b.reaction));
}

// One of the lower levels: its cells, the place of its first cell in the fields of all of them, and area over distance of its faces.
struct Lower {
    n: vec3<u32>,
    first: u32,
    faces: vec3<f32>,
}

fn highest(level: Level) -> Lower {
    let faces = vec3<f32>(level.face_x, level.face_y, level.face_z);
    return Lower(vec3<u32>(level.nx, level.ny, level.nz), 0u, faces);
}

fn cells(level: Lower) -> u32 {
    return level.n.x * level.n.y * level.n.z;
}

// The next coarser level: half the cells along every axis that has more than one.
fn coarser(fine: Lower) -> Lower {
    let n = (fine.n + vec3<u32>(1u)) / 2u;
    let width = select(vec3<f32>(1.0), vec3<f32>(2.0), n < fine.n);
    let faces = width.yxx * width.zzy / width;
    return Lower(n, fine.first + cells(fine), fine.faces * faces);
}

// Cell i of a level.
fn place_of(i: u32, n: vec3<u32>) -> vec3<u32> {
    return vec3<u32>(i % n.x, i / n.x % n.y, i / (n.x * n.y));
}

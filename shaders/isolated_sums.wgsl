// isolated_sums - sums over the cells that react with each isolated piece
//
//   0: delta current and delta slope: with the drive in place of the current and 1 for the slope, its mean
//   1: what the current per volume changes by with a direction of the linear solver, and nothing
//   2: the same with the uniform potential
//
// In fixed point, so that the cells may come in any order. A workgroup first adds up those of one of its pieces.
//
// reads   piece, delta, current, slopes, direction, probe_way, probe_depth, piece_sums
// writes  piece_sums
// units   scaled, see src/model/scales.rs
// twin    src/cpu/isolated.rs

@group(0) @binding(0) var<uniform> physics: Physics;
@group(0) @binding(1) var<uniform> parameters: Parameters;
@group(0) @binding(2) var<storage, read> piece: array<u32>;
@group(0) @binding(3) var<storage, read> delta: array<f32>;
@group(0) @binding(4) var<storage, read> current: array<f32>;
@group(0) @binding(5) var<storage, read> slopes: array<vec2<f32>>;
@group(0) @binding(6) var<storage, read> direction: array<vec2<f32>>;
@group(0) @binding(7) var<storage, read> probe_way: array<vec2<f32>>;
@group(0) @binding(8) var<storage, read> probe_depth: array<vec2<f32>>;
@group(0) @binding(9) var<storage, read_write> piece_sums: array<atomic<u32>>;

struct Parameters {
    what: u32,
}

// The piece that the workgroup adds up by itself, and its two sums.
var<workgroup> leading: atomic<u32>;
var<workgroup> words: array<atomic<u32>, 6>;

fn at(c: vec4<u32>) -> mat4x2<f32> {
    return mat4x2<f32>(direction[c.x], direction[c.y], direction[c.z], direction[c.w]);
}

fn terms(p: vec3<u32>, i: u32, n: vec3<u32>) -> vec2<f32> {
    if parameters.what == 0u {
        return delta[i] * vec2<f32>(current[i], slopes[i].x);
    }
    if parameters.what == 2u {
        return vec2<f32>(delta[i] * slopes[i].x, 0.0);
    }
    let c = corners(p, vec3<f32>(probe_way[i], probe_depth[i].x), n);
    return vec2<f32>(delta[i] * dot(slopes[i], interpolated(at(c.near), at(c.far), c.share)), 0.0);
}

fn add_here(k: u32, v: vec3<u32>) {
    let low = carry(atomicAdd(&words[k], v.x), v.x);
    let middle = v.y + low;
    let high = carry(atomicAdd(&words[k + 1u], middle), middle) + select(0u, 1u, middle < low);
    atomicAdd(&words[k + 2u], v.z + high);
}

fn add_to_piece(k: u32, v: vec3<u32>) {
    let low = carry(atomicAdd(&piece_sums[k], v.x), v.x);
    let middle = v.y + low;
    let high = carry(atomicAdd(&piece_sums[k + 1u], middle), middle) + select(0u, 1u, middle < low);
    atomicAdd(&piece_sums[k + 2u], v.z + high);
}

@compute @workgroup_size(16, 4, 4)
fn isolated_sums(@builtin(global_invocation_id) p: vec3<u32>, @builtin(local_invocation_index) lane: u32) {
    let n = vec3<u32>(physics.nx, physics.ny, physics.nz);
    let i = element(min(p, n - 1u), n);
    let mine = select(0u, piece[i], inside(p, n) && delta[i] != 0.0);
    if lane == 0u { atomicStore(&leading, 0u); }
    if lane < 6u { atomicStore(&words[lane], 0u); }
    workgroupBarrier();
    atomicMax(&leading, mine);
    workgroupBarrier();
    let first_piece = atomicLoad(&leading);
    if mine != 0u {
        let sums = terms(p, i, n);
        let first = fixed_point(sums.x);
        let second = fixed_point(sums.y);
        if mine == first_piece {
            add_here(0u, first);
            add_here(3u, second);
        } else {
            add_to_piece(6u * (mine - 1u), first);
            add_to_piece(6u * (mine - 1u) + 3u, second);
        }
    }
    workgroupBarrier();
    if lane < 2u && first_piece != 0u {
        let k = 3u * lane;
        let sum = vec3<u32>(atomicLoad(&words[k]), atomicLoad(&words[k + 1u]), atomicLoad(&words[k + 2u]));
        add_to_piece(6u * (first_piece - 1u) + k, sum);
    }
}

// restrict_defect - what is left to correct, summed to the next coarser level, and the first sweep there
//
//   coarse_right = sum over the children of right - A x
//   coarse_x     = weight D^-1 coarse_right as in smooth_first.wgsl, if the weight is not 0
//
// reads   x, level_transport, level_reaction, right, coarse_transport, coarse_reaction
// writes  coarse_right, coarse_x
// units   scaled, see src/model/scales.rs
// twin    src/cpu/hierarchy.rs

@group(0) @binding(0) var<uniform> physics: Physics;
@group(0) @binding(1) var<uniform> level: Level;
@group(0) @binding(2) var<storage, read> x: array<vec2<f32>>;
@group(0) @binding(3) var<storage, read> level_transport: array<vec2<u32>>;
@group(0) @binding(4) var<storage, read> level_reaction: array<vec2<u32>>;
@group(0) @binding(5) var<storage, read> right: array<vec2<f32>>;
@group(0) @binding(6) var<storage, read> coarse_transport: array<vec2<u32>>;
@group(0) @binding(7) var<storage, read> coarse_reaction: array<vec2<u32>>;
@group(0) @binding(8) var<storage, read_write> coarse_right: array<vec2<f32>>;
@group(0) @binding(9) var<storage, read_write> coarse_x: array<vec2<f32>>;
@group(0) @binding(10) var<uniform> parameters: Parameters;

struct Parameters {
    weight: f32, // of the first sweep
}

fn face(i: u32, nb: u32, area: f32) -> Face {
    return level_face(i, nb, area, level_transport[i], level_transport[nb], x[i] - x[nb]);
}

fn defect(p: vec3<u32>, n: vec3<u32>) -> vec2<f32> {
    let i = element(p, n);
    let at = neighbours(p, n);
    let outflow = paired(
        face(i, at.west, level.face_x), face(i, at.east, level.face_x),
        face(i, at.south, level.face_y), face(i, at.north, level.face_y),
        face(i, at.below, level.face_z), face(i, at.above, level.face_z),
    ).flux;
    return level_defect(right[i], outflow, level_reaction[i], x[i]);
}

// A face of the coarser level: its diagonal alone.
fn coarse_face(i: u32, nb: u32, area: f32) -> Face {
    return level_face(i, nb, area, coarse_transport[i], coarse_transport[nb], vec2<f32>(0.0));
}

@compute @workgroup_size(16, 4, 4)
fn restrict_defect(@builtin(global_invocation_id) p: vec3<u32>) {
    let fine = vec3<u32>(level.nx, level.ny, level.nz);
    let n = vec3<u32>(level.coarse_nx, level.coarse_ny, level.coarse_nz);
    if !inside(p, n) { return; }
    let cx = children(p.x, fine.x, n.x);
    let cy = children(p.y, fine.y, n.y);
    let cz = children(p.z, fine.z, n.z);
    var total = vec2<f32>(0.0);
    for (var z = cz.x; z < cz.y; z++) {
        var plane = vec2<f32>(0.0);
        for (var y = cy.x; y < cy.y; y++) {
            var row = vec2<f32>(0.0);
            for (var column = cx.x; column < cx.y; column++) {
                row += defect(vec3<u32>(column, y, z), fine);
            }
            plane += rounded2(row);
        }
        total += rounded2(plane);
    }

    let i = element(p, n);
    coarse_right[i] = total;
    if parameters.weight > 0.0 {
        let at = neighbours(p, n);
        let areas = coarser(highest(level)).faces;
        let sum = paired(
            coarse_face(i, at.west, areas.x), coarse_face(i, at.east, areas.x),
            coarse_face(i, at.south, areas.y), coarse_face(i, at.north, areas.y),
            coarse_face(i, at.below, areas.z), coarse_face(i, at.above, areas.z),
        );
        coarse_x[i] = parameters.weight * level_change(sum.diagonal, coarse_reaction[i], total);
    }
}

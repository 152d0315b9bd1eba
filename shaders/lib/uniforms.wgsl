// The constants of the kernels; the Rust side is src/model/uniforms.rs and src/gpu/fields.rs, compared at start-up.

struct Physics {
    nx: u32,
    ny: u32,
    nz: u32,
    salt: u32,
    reservoir: u32,
    ell: f32,
    i0: f32,
    alpha: f32,
    film: f32,
    capillary: f32,
    stress: f32,
    contact: f32,
    separator_bottom: f32,
    separator_top: f32,
    porosity: f32,
    inverse_macmullin: f32,
    salt_weight: f32,
    nucleation_rate: f32,
    nucleation_barrier: f32,
    pattern_inside: f32,
    pattern_outside: f32,
    pattern_contact: f32,
    pattern_film: f32,
    smallest_piece: u32,
    mechanisms: u32,
    distance_before: u32,
}

struct Step {
    potentiostatic: u32,
    phi_reference: f32,
    reference_rise: f32,
    storage: f32,
    double_layer: f32,
    top_current: f32,
    top_potential: f32,
    c_top: f32,
    salt_resistance: f32,
    potential_by_c: f32,
    resistance: f32,
}

// One level of the hierarchy: its cells, those of the next coarser level, and area over distance of its faces.
struct Level {
    nx: u32,
    ny: u32,
    nz: u32,
    coarse_nx: u32,
    coarse_ny: u32,
    coarse_nz: u32,
    face_x: f32,
    face_y: f32,
    face_z: f32,
}

// The electrolyte: its fraction, the separator in it, and where its table of transport properties is read.

const PSI_FLOOR = 1e-6;
// smallest c/c0 at which properties are looked up, and below which what plates vanishes with c
const DILUTE = 1e-3;
// smallest c/c0 in the coefficients of the lithium, where it goes on falling below zero
const CONTINUED_FLOOR = 0.1;
// c/c0 below which what plates in a trapped cell falls in proportion to c
const SCARCE = 0.2;
// c/c0 below which the salt of a trapped cell is spent
const SPENT = 0.05;
// what `pocket` says of a cell: it leads to no electrolyte that is joined to the top; and its salt is spent in this step
const TRAPPED = 1u;
const CLOSED = 2u;
const TABLE_ENTRIES = 1024u;
const TABLE_RANGE = 4.0;

// Electrolyte fraction of a cell, floored.
fn electrolyte_fraction(accessible: f32, xi: f32) -> f32 {
    return max(accessible * (1.0 - xi), PSI_FLOOR);
}

// Whether the salt at c/c0 - 1 = `c` is spent.
fn is_spent(c: f32) -> bool {
    return 1.0 + c < SPENT;
}

fn in_separator(z: u32) -> bool {
    let height = f32(z) + 0.5;
    return height > physics.separator_bottom && height < physics.separator_top;
}

// Porosity of plane z.
fn porosity(z: u32) -> f32 {
    return select(1.0, physics.porosity, in_separator(z));
}

// One over the MacMullin number of plane z.
fn inverse_macmullin(z: u32) -> f32 {
    return select(1.0, physics.inverse_macmullin, in_separator(z));
}

// Of a difference between a cell at the top and what is above the box, the part across the half cell: 1 where nothing resists above.
fn across_half_cell(conductance: f32, resistance: f32) -> f32 {
    return 1.0 / (1.0 + 2.0 * conductance * resistance);
}

// Place of a concentration c/c0 in the table, in entries.
fn table_place(c: f32) -> f32 {
    return clamp(c / TABLE_RANGE, 0.0, 1.0) * f32(TABLE_ENTRIES - 1u);
}

// Derivative with respect to c/c0 between two entries of the table.
fn table_slope(low: vec4<f32>, high: vec4<f32>) -> vec4<f32> {
    return (high - low) * f32(TABLE_ENTRIES - 1u) / TABLE_RANGE;
}

// Nuclei per second on `bare` copper at a driving potential.
fn nucleation_rate(bare: f32, drive: f32) -> f32 {
    if drive <= 0.0 {
        return 0.0;
    }
    let barrier = physics.nucleation_barrier / max(drive, 1e-3);
    return bare * physics.nucleation_rate * exp(-min(barrier * barrier, 80.0));
}

// Factor of the nucleation rate where a column is inside the pattern on the copper by this share; 1 without a pattern.
fn nucleation_factor(share: f32) -> f32 {
    return (1.0 - share) * physics.pattern_outside + share * physics.pattern_inside;
}

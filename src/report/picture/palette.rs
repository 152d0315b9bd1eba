//! Colours that people with any kind of colour vision can tell apart.

/// Red, green and blue, 0 … 1.
pub type Colour = [f32; 3];

/// Lithium in a picture of its surface.
pub const METAL: Colour = [0.74, 0.76, 0.80];
/// Lithium where the box cuts it.
pub const METAL_CUT: Colour = [0.60, 0.62, 0.67];
/// Copper in a picture of its surface.
pub const COPPER: Colour = [0.80, 0.52, 0.34];
/// Copper where the box cuts it.
pub const COPPER_CUT: Colour = [0.66, 0.43, 0.29];
/// Isolated lithium: the vermilion of Okabe and Ito.
pub const ISOLATED: Colour = [0.84, 0.37, 0.0];
/// Isolated lithium where the box cuts it.
pub const ISOLATED_CUT: Colour = [0.62, 0.27, 0.0];
/// Lithium of a grain whose ⟨100⟩, ⟨110⟩ or ⟨111⟩ stands upright: orange, bluish green and blue of Okabe and Ito, equally bright.
pub const UPRIGHT: [Colour; 3] = [[0.90, 0.62, 0.0], [0.0, 0.90, 0.65], [0.0, 0.58, 0.90]];
/// Lithium in a section.
pub const LITHIUM: Colour = [0.37, 0.42, 0.48];
/// Electrolyte in a section.
pub const ELECTROLYTE: Colour = [0.92, 0.95, 0.97];

/// Matplotlib's viridis at eight places, equally far apart.
const VIRIDIS: [Colour; 8] = [
    [0.267, 0.005, 0.329],
    [0.276, 0.197, 0.497],
    [0.213, 0.359, 0.552],
    [0.153, 0.498, 0.557],
    [0.122, 0.632, 0.531],
    [0.290, 0.759, 0.428],
    [0.622, 0.854, 0.226],
    [0.993, 0.906, 0.144],
];

/// Viridis: dark blue at 0, yellow at 1, even steps of lightness between them.
pub fn viridis(share: f32) -> Colour {
    let place = if share.is_finite() { share.clamp(0.0, 1.0) } else { 0.0 } * (VIRIDIS.len() - 1) as f32;
    let low = (place as usize).min(VIRIDIS.len() - 2);
    mix(VIRIDIS[low], VIRIDIS[low + 1], place - low as f32)
}

/// Colour of a grain by the direction of its crystal that stands upright: a mixture of [`UPRIGHT`] by its place in the triangle of the three.
pub fn upright(direction: [f64; 3]) -> Colour {
    let mut of = direction.map(f64::abs);
    of.sort_by(|a, b| b.total_cmp(a));
    // [h k l] = (h − k) [100] + (k − l) [110] + l [111]
    let shares = [of[0] - of[1], (of[1] - of[2]) * std::f64::consts::SQRT_2, of[2] * 3.0f64.sqrt()];
    let mixed: Colour = std::array::from_fn(|i| (0..3).map(|k| shares[k] as f32 * UPRIGHT[k][i]).sum());
    // mixtures are as bright as what they are made of
    let brightest = mixed.iter().fold(f32::MIN_POSITIVE, |most: f32, &v| most.max(v));
    mixed.map(|v| 0.9 * v / brightest)
}

/// A colour where the box cuts what has it.
pub fn darker(colour: Colour) -> Colour {
    colour.map(|v| 0.8 * v)
}

/// From one colour to another.
pub fn mix(from: Colour, to: Colour, share: f32) -> Colour {
    std::array::from_fn(|i| from[i] + share * (to[i] - from[i]))
}

/// A byte a channel.
pub fn bytes(colour: Colour) -> [u8; 3] {
    colour.map(|v| (v.clamp(0.0, 1.0) * 255.0).round() as u8)
}

/// As CSS writes it.
pub fn css(colour: Colour) -> String {
    let [r, g, b] = bytes(colour);
    format!("#{r:02x}{g:02x}{b:02x}")
}

/// Viridis as a gradient of CSS, from the left to the right.
pub fn gradient() -> String {
    let stops: Vec<String> = VIRIDIS.iter().map(|&colour| css(colour)).collect();
    format!("linear-gradient(to right,{})", stops.join(","))
}

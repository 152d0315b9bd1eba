//! Morphology of the deposit: what a microscope, a profilometer and a titration would say about it.
//!
//! Cells are sorted into three phases: copper (w ≤ ½), lithium (w > ½ and ξ > ½) and electrolyte (the rest). Away from
//! the copper this is the surface w ξ = ½; beside it, where w has not yet reached 1, the surface stays where ξ = ½, so
//! that nuclei a few cells high keep their height. Volumes and areas are sums of the diffuse fields, heights have
//! sub-cell resolution, and pieces are counted in cells.
//!
//! What is undefined is NaN: the tip of nothing, the distance between fewer than two nuclei, the wavelength of a flat
//! surface. Numbers don't depend on how many threads made them.

pub mod arms;
pub mod contact;
pub mod deposit;
pub mod filling;
pub mod fractal;
pub mod front;
pub mod grains;
pub mod nuclei;
pub mod roughness;
pub mod spectrum;
pub mod surface;
pub mod tip;
pub mod tips;
pub mod topology;

use std::f64::consts::TAU;

use serde::Serialize;

use crate::model::constants::{FARADAY, LITHIUM_MOLAR_VOLUME};
use crate::model::grid::Grid;
use crate::model::pieces::Phase;
use crate::model::regime::Medium;

/// What the metrics are made from; fields have one value a cell, x fastest.
#[derive(Clone, Copy, Debug)]
pub struct Deposit<'a> {
    /// cells of the box
    pub grid: &'a Grid,
    /// interface length ℓ \[m\]
    pub ell: f64,
    /// heights of the copper above the bottom of the box, x fastest, nx × ny \[m\]
    pub copper: &'a [f64],
    /// w: volume fraction not filled by copper
    pub accessible: &'a [f32],
    /// ξ: lithium fraction of the accessible volume
    pub xi: &'a [f32],
    /// δ: reaction area per volume, contains w \[1/m\]
    pub delta: &'a [f32],
    /// curvature of the interface, > 0 for a convex deposit \[1/m\]
    pub curvature: &'a [f32],
    /// reaction current density, > 0 plates \[A/m²\]
    pub current: &'a [f32],
    /// area of the copper per volume \[1/m\]
    pub copper_area: &'a [f32],
    /// c/c0, if there is salt and it is known
    pub c: Option<&'a [f32]>,
    /// area resistance of the film and what covers it on the lithium, if it is not the same everywhere; NaN where it is not known \[Ω m²\]
    pub film: Option<&'a [f32]>,
    /// grains of the lithium, if it has any and they are known
    pub grains: Option<grains::Numbered<'a>>,
    /// how much of the surface is in contact, if there are voids
    pub contact: Option<contact::Known<'a>>,
    /// what plates from what
    pub medium: Medium<'a>,
    /// cells of the smallest piece that can be isolated
    pub smallest_piece: u32,
}

impl Deposit<'_> {
    /// Whether a cell is copper, lithium or electrolyte.
    pub fn phase(&self, cell: usize) -> Phase {
        Phase::of(self.accessible[cell].into(), self.xi[cell].into())
    }

    /// Mean height of the copper above the bottom of the box \[m\].
    pub fn mean_copper(&self) -> f64 {
        self.copper.iter().sum::<f64>() / self.copper.len() as f64
    }
}

/// Name, unit and meaning of one metric.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Column {
    /// name of the member of [`Metrics`]
    pub name: &'static str,
    /// unit in ASCII, `1` if it has none
    pub unit: &'static str,
    /// one line for people
    pub meaning: &'static str,
}

impl Column {
    /// Its [`heading`].
    pub fn heading(&self) -> String {
        heading(self.name, self.unit)
    }
}

/// First line of a table whose columns have these names and units.
pub fn headings<'a>(columns: impl IntoIterator<Item = (&'a str, &'a str)>) -> String {
    columns.into_iter().map(|(name, unit)| heading(name, unit)).collect::<Vec<_>>().join(",")
}

/// Heading of a quantity in a table: `name [unit]`, a pure number has no unit.
pub fn heading(name: &str, unit: &str) -> String {
    if unit == "1" { name.into() } else { format!("{name} [{unit}]") }
}

macro_rules! metrics {
    ($($name:ident [$unit:literal] $meaning:literal,)*) => {
        /// The morphology at one moment.
        #[derive(Clone, Copy, Debug, PartialEq, Serialize)]
        pub struct Metrics {
            $(#[doc = concat!($meaning, " \\[", $unit, "\\]")] pub $name: f64,)*
        }
        impl Metrics {
            /// Name, unit and meaning of every member, in order.
            pub const COLUMNS: &'static [Column] =
                &[$(Column { name: stringify!($name), unit: $unit, meaning: $meaning }),*];
            /// The members in order of [`Self::COLUMNS`].
            pub fn to_array(self) -> [f64; Self::COLUMNS.len()] {
                [$(self.$name),*]
            }
        }
    };
}

metrics! {
    thickness ["m"] "thickness of the same lithium as a dense layer: its volume over the projected area",
    lithium_charge ["mAh/cm2"] "charge of the lithium in the box per projected area",
    mean_height ["m"] "mean height of the highest lithium of each column above the copper below it, 0 where bare",
    max_height ["m"] "largest of these heights",
    height_99 ["m"] "99th percentile of these heights",
    porosity ["1"] "1 - thickness/mean_height; too small for features of a few cells, whose diffuse volume is too large",
    void_fraction ["1"] "electrolyte below the highest lithium of each column over the volume below it and above the copper",
    s_q ["m"] "root mean square deviation of the heights",
    s_a ["m"] "mean absolute deviation of the heights",
    s_z ["m"] "largest less smallest height",
    skewness ["1"] "third standardised moment of the heights; undefined if flat",
    kurtosis ["1"] "fourth standardised moment of the heights, 3 for a Gaussian; undefined if flat",
    developed_area ["1"] "area between lithium and electrolyte over the projected area",
    specific_surface ["1/m"] "area between lithium and electrolyte over the volume of lithium; undefined without lithium",
    covered ["1"] "fraction of the copper's area under lithium",
    nuclei ["1/m2"] "separate footprints of lithium on the copper per projected area",
    nucleus_radius ["m"] "mean radius of the circles of the footprints' areas (half the width if the run is 2-D)",
    nucleus_distance ["m"] "mean distance from a footprint's centre to the nearest other; undefined for fewer than two",
    tip_height ["m"] "highest lithium above the mean copper; undefined without lithium",
    tip_radius ["m"] "2/K at the highest point (1/K if the run is 2-D); undefined unless convex",
    tip_speed ["m/s"] "speed of the front at the highest point, i V_m/F",
    tip_ratio ["1"] "current density at the highest point over the mean per projected area; undefined without current",
    dominant_wavelength ["m"] "wavelength around which the heights vary most; undefined if flat",
    correlation_length ["m"] "lag at which the heights' autocorrelation falls to 1/e; undefined if it does not",
    current_variation ["1"] "standard deviation over mean of the current density on the interface, weighted by area",
    current_peak ["1"] "largest current density on the interface over the mean, in the direction of the mean",
    pieces ["1"] "connected pieces of lithium (through faces, periodic)",
    joined_pieces ["1"] "those that touch the copper",
    dead_fraction ["1"] "volume of the others, but for specks of less than 2 l in radius, over that of all; undefined without lithium",
    trapped ["1"] "fraction of the electrolyte with no way to the top",
    front_kinetic_length ["m"] "1/k_kin of the mean front: features below it are levelled by kinetics; undefined unless it plates",
    tip_kinetic_length ["m"] "1/k_kin at the highest point; undefined unless it plates",
    tip_over_kinetic ["1"] "tip_radius over tip_kinetic_length: above 1 to 4 tips win; undefined unless convex",
    relief_over_kinetic ["1"] "dominant_wavelength/2 pi over front_kinetic_length: the same for the relief as a whole",
    tip_c ["1"] "c/c0 at the highest point; undefined without salt",
    lowest_c ["1"] "lowest c/c0 at the lithium, not in trapped electrolyte whose salt is spent; undefined without salt",
    tip_over_mean ["1"] "current density at the highest point over the mean on the interface; undefined without current",
    grains ["1"] "grains of lithium with at least one half full cell; undefined without [crystal.grains]",
    grains_seen ["1"] "those that are seen from above; undefined without [crystal.grains]",
    largest_grain ["1"] "volume of the largest grain over that of all lithium; undefined without [crystal.grains]",
    texture_100 ["1"] "lithium with a <100> within 15 deg of the vertical, over what random orientations have; undefined without [crystal.grains]",
    texture_110 ["1"] "lithium with a <110> within 15 deg of the vertical, over what random orientations have; undefined without [crystal.grains]",
    texture_111 ["1"] "lithium with a <111> within 15 deg of the vertical, over what random orientations have; undefined without [crystal.grains]",
    tips ["1"] "ends of arms that are at least 4 l long; with the columns after it looked for where a snapshot is taken",
    branch_points ["1"] "places away from the copper where such an arm meets a longer one",
    longest_arm ["m"] "longest way through lithium from the copper to a tip; undefined without tips",
    tip_spacing ["m"] "mean distance from a tip to the nearest other; undefined for fewer than two",
    box_dimension ["1"] "fractal dimension of the boxes that cover the lithium; undefined for less than 50 cells",
    box_dimension_error ["1"] "standard error of that slope",
    mass_dimension ["1"] "fractal dimension of the mass around the only footprint; undefined for several, and for less than 34 cells",
    mass_dimension_error ["1"] "standard error of that slope",
    contact ["1"] "share of the lithium's surface that is in contact with the electrolyte, the rest lies above voids; undefined without a section of voids",
    void_volume ["m"] "volume of the voids per projected area; undefined without a section of voids",
}

/// What was found in a deposit.
#[derive(Clone, Debug, PartialEq)]
pub struct Morphology {
    /// the numbers
    pub metrics: Metrics,
    /// its grains, if it has any and they are known
    pub grains: Option<grains::Grains>,
    /// its tips, the one with the longest way first, if they were looked for
    pub tips: Option<Vec<tips::ArmTip>>,
    /// how its planes are filled, from below, if that was looked for
    pub filling: Option<Vec<filling::Plane>>,
}

/// How closely a deposit is looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Look {
    /// what takes a pass or two over the box
    Passing,
    /// tips, branches, dimensions and the filling of planes too
    Close,
}

/// Length from which on an arm counts \[ℓ\].
const LEAST_ARM: f64 = 4.0;

/// Measures a deposit.
///
/// # Panics
/// If a field does not have the length that its grid gives it.
pub fn measure(deposit: &Deposit) -> Metrics {
    look(deposit, Look::Close).metrics
}

/// Looks at a deposit.
///
/// # Panics
/// If a field does not have the length that its grid gives it.
pub fn look(deposit: &Deposit, how: Look) -> Morphology {
    let grid = deposit.grid;
    let sums = deposit::sums(deposit);
    let columns = surface::columns(deposit);
    let heights = columns.heights(deposit);
    let roughness = roughness::roughness(grid, &heights);
    let scales = spectrum::scales(grid, &heights);
    let nuclei = nuclei::nuclei(grid, &columns.coverage);
    let topology = topology::topology(deposit);
    let tip = tip::tip(deposit, &columns.surface);
    let front = front::front(deposit);
    let grains = deposit.grains.map(|numbered| grains::grains(deposit, numbered));
    let contact = deposit.contact.map(|known| contact::contact(deposit, known));
    let closely = (how == Look::Close).then(|| Closely::new(deposit, &nuclei));
    let of_tips = |value: &dyn Fn(&Closely) -> f64| closely.as_ref().map_or(f64::NAN, value);
    let of_grains = |value: &dyn Fn(&grains::Grains) -> f64| grains.as_ref().map_or(f64::NAN, value);

    let area = grid.area();
    let thickness = sums.lithium / area;
    let present = !topology.pieces.is_empty();
    let if_present = |value: f64| if present { value } else { f64::NAN };
    let mean_current = sums.mean_current();
    let tip_kinetic_length = front::kinetic_length(deposit, tip.c, tip.current, tip.film);
    let front_kinetic_length = front::kinetic_length(deposit, front.c, front.current, front.film);
    let metrics = Metrics {
        thickness,
        lithium_charge: thickness * FARADAY / LITHIUM_MOLAR_VOLUME / 36_000.0,
        mean_height: roughness.mean,
        max_height: roughness.max,
        height_99: roughness.percentile_99,
        porosity: if_present(1.0 - thickness / roughness.mean),
        void_fraction: if_present(columns.void.iter().sum::<f64>() / heights.iter().sum::<f64>()),
        s_q: roughness.s_q,
        s_a: roughness.s_a,
        s_z: roughness.s_z,
        skewness: roughness.skewness,
        kurtosis: roughness.kurtosis,
        developed_area: sums.area / area,
        specific_surface: if_present(sums.area / sums.lithium),
        covered: sums.covered / sums.copper,
        nuclei: nuclei.places.len() as f64 / area,
        nucleus_radius: nuclei.mean_radius(),
        nucleus_distance: nuclei.mean_nearest_distance(grid),
        tip_height: tip.height,
        tip_radius: tip.radius,
        tip_speed: tip.current * LITHIUM_MOLAR_VOLUME / FARADAY,
        tip_ratio: finite(tip.current / (sums.current / area)),
        dominant_wavelength: scales.dominant_wavelength,
        correlation_length: scales.correlation_length,
        current_variation: if_present(finite(sums.current_variation())),
        current_peak: if_present(finite(sums.current_extreme(mean_current) / mean_current)),
        pieces: topology.pieces.len() as f64,
        joined_pieces: topology.pieces.iter().filter(|piece| piece.joined).count() as f64,
        dead_fraction: topology.dead_fraction(),
        trapped: topology.trapped,
        front_kinetic_length: if_present(front_kinetic_length),
        tip_kinetic_length,
        tip_over_kinetic: tip.radius / tip_kinetic_length,
        relief_over_kinetic: if_present(scales.dominant_wavelength / TAU / front_kinetic_length),
        tip_c: tip.c,
        lowest_c: if_present(front.lowest_c),
        tip_over_mean: finite(tip.current / mean_current),
        grains: of_grains(&|grains| grains.count() as f64),
        grains_seen: of_grains(&|grains| grains.seen() as f64),
        largest_grain: of_grains(&|grains| grains.largest()),
        texture_100: of_grains(&|grains| grains.texture[0]),
        texture_110: of_grains(&|grains| grains.texture[1]),
        texture_111: of_grains(&|grains| grains.texture[2]),
        tips: of_tips(&|closely| closely.tips.len() as f64),
        branch_points: of_tips(&|closely| closely.arms.branches as f64),
        longest_arm: of_tips(&|closely| closely.arms.all.first().map_or(f64::NAN, |arm| arm.way * grid.dx)),
        tip_spacing: of_tips(&|closely| tips::spacing(grid, &closely.tips)),
        box_dimension: of_tips(&|closely| closely.dimensions[0].value),
        box_dimension_error: of_tips(&|closely| closely.dimensions[0].error),
        mass_dimension: of_tips(&|closely| closely.dimensions[1].value),
        mass_dimension_error: of_tips(&|closely| closely.dimensions[1].error),
        contact: contact.map_or(f64::NAN, |contact| contact.share),
        void_volume: contact.map_or(f64::NAN, |contact| contact.volume / area),
    };
    let filling = (how == Look::Close).then(|| filling::filling(deposit));
    Morphology { metrics, grains, tips: closely.map(|closely| closely.tips), filling }
}

/// What a close look finds.
struct Closely {
    arms: arms::Arms,
    tips: Vec<tips::ArmTip>,
    dimensions: [fractal::Dimension; 2],
}

impl Closely {
    fn new(deposit: &Deposit, nuclei: &nuclei::Nuclei) -> Self {
        let arms = arms::arms(deposit, LEAST_ARM * deposit.ell / deposit.grid.dx);
        Self { tips: tips::tips(deposit, &arms.all), dimensions: fractal::dimensions(deposit, &nuclei.places), arms }
    }
}

/// The value, or NaN where a division by zero made it infinite.
fn finite(value: f64) -> f64 {
    if value.is_finite() { value } else { f64::NAN }
}

#[cfg(test)]
mod tests;

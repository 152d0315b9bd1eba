//! Everything a run is made of, in SI units: what `liplate check` prints and what the output files store.

use serde::{Deserialize, Serialize};

use super::cathode::Cathode;
use super::electrolyte::{Electrolyte, arrhenius};
use super::grid::Grid;
use super::keys::Named;
pub use super::protocol::Control;
use super::protocol::Protocol;
use super::stored::Stored;
use crate::cell::design::Design;
use crate::mechanisms::Mechanisms;
use crate::{kinds, section};

/// One run, resolved: physics and plan. Its JSON is stored in every output file and is what a resumed run starts from.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Setup {
    /// name of the run, for people
    pub name: String,
    /// cells of the box
    pub grid: Grid,
    /// interface length ℓ \[m\]; ξ = ½\[1 + tanh(d/2ℓ)\]
    pub ell: f64,
    /// temperature, unless a step of the protocol names another \[K\]
    pub temperature: f64,
    /// activation energies, for the steps that do
    pub activation: Activation,
    /// salt, solvent and their transport properties
    pub electrolyte: Electrolyte,
    /// charge transfer between lithium and electrolyte
    pub kinetics: Kinetics,
    /// what rides on the surface of the lithium: each has a section of its own
    #[serde(flatten)]
    pub mechanisms: Mechanisms,
    /// the copper
    pub collector: Collector,
    /// lithium present at the start
    pub deposit: InitialDeposit,
    /// how lithium appears on bare copper
    pub nucleation: Nucleation,
    /// homogenised separator, if there is one
    pub separator: Option<Separator>,
    /// what is imposed at the top of the box
    pub top: Top,
    /// the cathode, if a cell voltage is asked for
    pub cathode: Option<Cathode>,
    /// what is done step by step; if there is anything, it rules the top
    pub protocol: Protocol,
    /// the cell that the deposit is part of, for what is told of one; nothing of it changes a run
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cell: Option<Box<Design>>,
    /// when the run ends
    pub end: End,
    /// what is written, and when
    pub output: Output,
    /// limits of the time step
    pub time_step: TimeStep,
}

/// Activation energies \[J/mol\]. Those of the fits of an electrolyte are in the fits.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Activation {
    /// of the exchange current density
    pub kinetics: f64,
    /// of conductivity and diffusivity, where they are given as constants
    pub transport: f64,
}

impl Setup {
    /// Returns the setup at another temperature \[K\]: exchange current and constant transport properties change, the parameters of mechanisms do not.
    pub fn at(&self, temperature: f64) -> Self {
        let mut setup = Self { temperature, ..self.clone() };
        let factor = |energy: f64| arrhenius(energy, temperature, self.temperature);
        let heat = factor(self.activation.transport);
        setup.kinetics.i0 *= factor(self.activation.kinetics);
        match &mut setup.electrolyte {
            Electrolyte::Landesfeind { .. } | Electrolyte::Nyman | Electrolyte::Table { .. } => {}
            Electrolyte::Dilute { cation, anion } => [cation, anion].into_iter().for_each(|d| *d *= heat),
            Electrolyte::Constant(transport) => {
                transport.kappa *= heat;
                transport.diffusivity *= heat;
            }
            Electrolyte::SingleIon { kappa } => *kappa *= heat,
        }
        setup
    }

    /// Height of the column of electrolyte above the box, 0 without one \[m\].
    pub fn height_above_box(&self) -> f64 {
        self.top.column.map_or(0.0, |gap| gap - (self.grid.height() - self.collector.height))
    }
}

section! {
    /// Butler-Volmer kinetics with a film and capillarity (model: kinetics). Arrhenius factors are already applied to `i0`.
    pub struct Kinetics {
        i0: f64 = required("A/m^2", Positive), "exchange current density at `c_ref` and the run's temperature";
        alpha: f64 = or("1", Within(0.05..=0.95), 0.5), "cathodic transfer coefficient α; also the exponent of c in the exchange current";
        c_ref: f64 = or("mol/m^3", Positive, 1000.0), "concentration at which `i0` holds";
        film: f64 = or("ohm m^2", NotNegative, 0.0), "area resistance of a layer that does not change; what the SEI's own parameters tell adds to it";
        gamma: f64 = or("J/m^2", NotNegative, 0.0), "surface energy γ between lithium and electrolyte";
        pressure: f64 = or("Pa", Any, 0.0), "compressive stress in the lithium";
        double_layer: f64 = or("F/m^2", NotNegative, 0.0), "double-layer capacitance of bare copper";
        isolated_lithium: Isolated = choice_or(Isolated::Floating), "what the potential of lithium is that is not joined to the copper";
        heterogeneity: Option<Heterogeneity> = inner("the exchange current is the same everywhere"), "frozen log-normal spread of the exchange current over the surface";
    }
}

impl Kinetics {
    /// Exchange current density where the salt concentration is `c` \[mol/m³\], for all who need it \[A/m²\].
    pub fn exchange(&self, c: f64) -> f64 {
        self.i0 * (c / self.c_ref).powf(self.alpha)
    }
}

/// Lithium that is not joined to the copper.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Isolated {
    /// every piece has the potential at which it takes no current on the whole
    #[default]
    Floating,
    /// it has the copper's potential, as if a wire led to it: for spheres in verification
    Wired,
}

impl Named for Isolated {
    const NAMED: &'static [(&'static str, Self, &'static str)] = &[
        ("floating", Self::Floating, "every piece has the potential at which it takes no current on the whole"),
        ("wired", Self::Wired, "it has the copper's potential, as if a wire led to it: for verification"),
    ];
}

section! {
    /// Frozen log-normal map a(x) that multiplies the exchange current; its median is 1.
    pub struct Heterogeneity {
        spread: f64 = required("1", Within(0.0..=3.0)), "standard deviation of ln a";
        correlation_length: f64 = required("m", Positive), "correlation length of ln a";
        seed: u32 = random_seed(), "seed of the map";
    }
}

/// The copper at the bottom of the box.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Collector {
    /// mean height of the copper surface above the bottom of the box \[m\]
    pub height: f64,
    /// its shape
    pub shape: CollectorShape,
    /// contact angle θ of lithium on copper, measured in the lithium \[rad\]
    pub contact_angle: f64,
    /// where it is another copper than elsewhere, if anywhere
    #[serde(default)]
    pub pattern: Option<Pattern>,
}

kinds! {
    /// Copper that is not the same everywhere: stripes, dots or a map on which lithium nucleates more easily, or less, wets better or worse, or
    /// is coated, and what is left between them.
    pub enum Pattern by "shape" without None; {
        Stripes {
            period: f64 = required("m", Positive), "distance from one stripe to the next along x, the width of the box divided by a whole number";
            width: f64 = required("m", Positive), "width of a stripe; the first begins at x = 0";
            inside: f64 = or("1", NotNegative, 1.0), "factor of the rate of nucleation in the stripes, or of the chance of nuclei that are placed at once";
            outside: f64 = or("1", NotNegative, 0.0), "the same factor between them";
            contact_angle: Option<f64> = optional("rad", Within(0.17..=2.97), "that of the collector"), "contact angle of lithium in the stripes";
            film: f64 = or("ohm m^2", NotNegative, 0.0), "area resistance that a coating adds on the lithium in the stripes";
        } = "stripes", "stripes along y";
        Dots {
            period: f64 = required("m", Positive), "distance from one dot to the next along x and along y, the widths of the box divided by whole numbers";
            width: f64 = required("m", Positive), "diameter of a dot; the first has its centre half a period from the corner";
            inside: f64 = or("1", NotNegative, 1.0), "factor of the rate of nucleation in the dots, or of the chance of nuclei that are placed at once";
            outside: f64 = or("1", NotNegative, 0.0), "the same factor between them";
            contact_angle: Option<f64> = optional("rad", Within(0.17..=2.97), "that of the collector"), "contact angle of lithium in the dots";
            film: f64 = or("ohm m^2", NotNegative, 0.0), "area resistance that a coating adds on the lithium in the dots";
        } = "dots", "round dots on a square lattice";
        Map {
            file: String = text(), "where the map comes from: a grey picture, white inside and black outside, or what a height map can be (docs/inputs.md), with numbers from 0, outside, to 1, inside";
            dataset: Option<String> = optional_text("needed with an HDF5 file"), "name of the numbers in an HDF5 file";
            map_size: Option<[f64; 2]> = optional_list("m", Positive, "the size that the file gives, or that of the box"), "lateral size of the map along x and y, held against the box";
            inside: f64 = or("1", NotNegative, 1.0), "factor of the rate of nucleation in what is white, or of the chance of nuclei that are placed at once";
            outside: f64 = or("1", NotNegative, 0.0), "the same factor in what is black";
            contact_angle: Option<f64> = optional("rad", Within(0.17..=2.97), "that of the collector"), "contact angle of lithium in what is white";
            film: f64 = or("ohm m^2", NotNegative, 0.0), "area resistance that a coating adds on the lithium in what is white";
            #[serde(with = "base_64")]
            share: Vec<u8> = derived(), "how far each column is inside, 255 wholly, x fastest";
            columns: [usize; 2] = derived(), "columns of the share along x and y";
            side: [f64; 2] = derived(), "sides of the box that they were made for, in m";
        } = "map", "a map from a file; what is grey is in between";
    }
}

/// What a pattern changes on the copper.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Patch {
    /// factor of the rate or the density of nucleation inside
    pub inside: f64,
    /// the same factor outside
    pub outside: f64,
    /// contact angle inside, if it is another one than outside \[rad\]
    pub contact_angle: Option<f64>,
    /// area resistance that is added inside \[Ω m²\]
    pub film: f64,
}

/// Bytes as text in base 64.
mod base_64 {
    use base64::{Engine, engine::general_purpose::STANDARD};
    use serde::{Deserialize, Deserializer, Serializer, de::Error};

    pub fn serialize<S: Serializer>(bytes: &[u8], to: S) -> Result<S::Ok, S::Error> {
        to.serialize_str(&STANDARD.encode(bytes))
    }

    pub fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Vec<u8>, D::Error> {
        STANDARD.decode(String::deserialize(from)?).map_err(D::Error::custom)
    }
}

impl Pattern {
    /// A map that is there already: shares of so many columns along x and y of a box with these sides \[m\].
    pub fn map(patch: Patch, share: Vec<u8>, columns: [usize; 2], side: [f64; 2]) -> Self {
        let Patch { inside, outside, contact_angle, film } = patch;
        let (file, dataset, map_size) = (String::new(), None, None);
        Self::Map { file, dataset, map_size, inside, outside, contact_angle, film, share, columns, side }
    }

    /// One that is inside by this share everywhere, and changes what this one does.
    pub fn everywhere(&self, share: f64) -> Self {
        Self::map(self.patch(), vec![(255.0 * share).round() as u8], [1, 1], [1.0, 1.0])
    }

    /// What it changes.
    pub fn patch(&self) -> Patch {
        match *self {
            Self::Stripes { inside, outside, contact_angle, film, .. }
            | Self::Dots { inside, outside, contact_angle, film, .. }
            | Self::Map { inside, outside, contact_angle, film, .. } => Patch { inside, outside, contact_angle, film },
        }
    }

    fn otherwise() -> Self {
        let (period, width) = (f64::NAN, f64::NAN);
        Self::Stripes { period, width, inside: 1.0, outside: 0.0, contact_angle: None, film: 0.0 }
    }
}

kinds! {
    /// Shape of the copper surface.
    pub enum CollectorShape by "shape" without Some("flat"); {
        Flat = "flat", "a plane";
        Rough {
            rms: f64 = required("m", NotNegative), "root mean square of the height";
            correlation_length: f64 = required("m", Positive), "correlation length";
            hurst: f64 = or("1", Within(0.0..=1.0), 0.8), "Hurst exponent";
            seed: u32 = random_seed(), "seed of the surface";
        } = "rough", "a self-affine random surface: flat spectrum below 2π/`correlation_length`, falling as k^(−2−2 `hurst`) above";
        Map {
            file: String = text(), "where the heights come from: a picture, an HDF5 file, an ESRI or Gwyddion text, points x y z (docs/inputs.md)";
            dataset: Option<String> = optional_text("needed with an HDF5 file"), "name of the heights in an HDF5 file";
            height_range: Option<f64> = optional("m", Positive, "needed with a picture"), "height between black and white in a picture";
            height_unit: Option<f64> = optional("m", Positive, "needed with a TIFF of numbers; 1 m with HDF5"), "height that 1 stands for in a TIFF of floating or signed numbers, or in an HDF5 file";
            map_size: Option<[f64; 2]> = optional_list("m", Positive, "the size that the file gives, or that of the box"), "lateral size of the map along x and y, held against the box";
            #[serde(skip)]
            heights: Vec<f64> = derived(), "heights around their mean, x fastest, nx × ny, in m; empty until the file has been read";
        } = "map", "heights read from a file; a resumed run has the copper in its checkpoint";
    }
}

impl CollectorShape {
    fn otherwise() -> Self {
        Self::Flat
    }
}

kinds! {
    /// Lithium that is there when the run starts.
    pub enum InitialDeposit by "kind" without Some("none"); {
        None = "none", "bare copper";
        Layer {
            thickness: f64 = required("m", Positive), "thickness above the copper's mean height";
        } = "layer", "a layer that follows the copper";
        Ripple {
            thickness: f64 = required("m", Positive), "mean thickness above the copper's mean height";
            amplitude: f64 = required("m", NotNegative), "amplitude; may be far smaller than a cell";
            wavelength: f64 = required("m", Positive), "wavelength, the width of the box divided by a whole number";
        } = "ripple", "a layer with a ripple along x, for verification: thickness + amplitude · cos(2π x/wavelength)";
        Boss {
            thickness: f64 = required("m", Positive), "thickness of the layer above the copper's mean height";
            radius: f64 = required("m", Positive), "radius of the half sphere";
        } = "boss", "a layer with a half sphere on it in the middle of the box, for verification";
        Sphere {
            centre: [f64; 3] = required_list("m", Any), "centre, from the corner of the box";
            radius: f64 = required("m", Positive), "radius";
        } = "sphere", "a free sphere, for verification";
    }
}

impl InitialDeposit {
    fn otherwise() -> Self {
        Self::None
    }
}

kinds! {
    /// How nuclei appear on bare copper.
    pub enum Nucleation by "kind" without Some("none"); {
        None = "none", "no nuclei";
        Poisson {
            rate: f64 = required("m^-2 s^-1", NotNegative), "J0 of the rate J = J0 exp[−(barrier/drive)²] per bare area and time";
            barrier: f64 = required("V", NotNegative), "barrier of that rate, as a potential";
            radius: f64 = required("m", Positive), "radius of a nucleus";
            seed: u32 = random_seed(), "seed of the process";
        } = "poisson", "a Poisson process on the bare copper";
        AtOnce {
            density: f64 = required("m^-2", Positive), "nuclei per area";
            minimum_distance: f64 = or("m", NotNegative, 0.0), "smallest distance between two nuclei";
            radius: f64 = required("m", Positive), "radius of a nucleus";
            seed: u32 = random_seed(), "seed of the places";
        } = "at_once", "all at the start";
        Listed {
            nuclei: Vec<ListedNucleus> = inners(), "one entry for each nucleus";
        } = "listed", "nuclei at listed places and times";
    }
}

impl Nucleation {
    fn otherwise() -> Self {
        Self::None
    }
}

section! {
    /// A nucleus whose place and time are given.
    #[derive(Copy)]
    pub struct ListedNucleus {
        x: f64 = required("m", NotNegative), "place along x";
        y: f64 = or("m", NotNegative, 0.0), "place along y";
        radius: f64 = required("m", Positive), "radius";
        time: f64 = or("s", NotNegative, 0.0), "time at which it appears";
    }
}

section! {
    /// Homogenised separator: D and κ divided by the MacMullin number, storage multiplied by the porosity.
    pub struct Separator {
        bottom: f64 = required("m", NotNegative), "its lower face above the bottom of the box";
        thickness: f64 = required("m", Positive), "thickness";
        porosity: f64 = required("1", Within(0.01..=1.0)), "volume fraction of electrolyte in it";
        macmullin: f64 = required("1", Within(1.0..=1000.0)), "MacMullin number: conductivity without over conductivity with the separator";
    }
}

/// What is imposed at the top of the box, facing the cathode.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Top {
    /// current or potential; with a protocol, that of its first step
    pub control: Control,
    /// where the salt comes from
    pub salt: Salt,
    /// salt concentration at the start, and in the reservoir \[mol/m³\]
    pub c0: f64,
    /// electrode potential against lithium at the start \[V\]
    pub initial_potential: f64,
    /// electrode potential against lithium down to which a given plating current is kept up; if none, whatever it takes \[V\]
    #[serde(default)]
    pub compliance: Option<f64>,
    /// distance between the mean height of the copper and the electrode or reservoir, if the electrolyte above the box is a column
    /// of plane averages up to there; if none, they are at the top of the box \[m\]
    #[serde(default)]
    pub column: Option<f64>,
}

/// Salt at the top of the box.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Salt {
    /// the concentration stays c0
    Reservoir,
    /// the cathode delivers what the current carries: flux I (1 − t₊)/F
    Cathode,
}

impl Named for Salt {
    const NAMED: &'static [(&'static str, Self, &'static str)] = &[
        ("reservoir", Self::Reservoir, "the concentration stays c0"),
        ("cathode", Self::Cathode, "the cathode delivers what the current carries: flux I (1 − t₊)/F"),
    ];
}

section! {
    /// Conditions that end a run; the first that is met does.
    #[derive(Default)]
    pub struct End {
        charge: Option<f64> = optional("C/m^2", Positive, "no limit"), "charge passed, forth and back counted";
        time: Option<f64> = optional("s", Positive, "no limit"), "time";
        potential_below: Option<f64> = optional("V", Any, "no limit"), "electrode potential, against Li/Li⁺, that it must not fall below";
        potential_above: Option<f64> = optional("V", Any, "no limit"), "electrode potential, against Li/Li⁺, that it must not rise above";
        height: Option<f64> = optional("m", Positive, "the top of the box"), "height of the lithium above the bottom of the box";
        short: bool = flag(true), "lithium joined to the copper has reached the far side of the separator or the top of the box";
    }
}

/// Fields that a snapshot holds unless the config says otherwise.
const DEFAULT_FIELDS: &[&str] = &["lithium", "xi", "c", "phi", "current"];

section! {
    /// What is written, and when. An interval in charge or in time, or both.
    pub struct Output {
        fields: Vec<String> = list(Stored::NAMES, DEFAULT_FIELDS), "fields in `fields.vtkhdf`; what each is stands in docs/output.md";
        keep_bits: Option<u32> = optional_whole(4..=23, "all 23"), "mantissa bits kept in the fields";
        snapshot_charge: Option<f64> = optional("C/m^2", Positive, "none by charge"), "charge between snapshots, forth and back counted";
        snapshot_time: Option<f64> = optional("s", Positive, "none by time"), "time between snapshots";
        metrics_steps: u64 = whole(1..=1_000_000, 10), "steps between rows of `metrics.csv` whose morphology is measured; the rest of a row is written in every step";
        checkpoint_steps: u64 = whole(1..=1_000_000, 50), "steps between checkpoints";
    }
}

section! {
    /// Limits of the time step.
    pub struct TimeStep {
        cfl: f64 = or("1", Within(0.001..=0.5), 0.25), "front movement in a step over dx; what the default leaves out is a tenth of what a grid does that resolves a deposit";
        concentration: f64 = or("1", Within(1e-4..=0.5), 0.05), "change of c/c0 in a step";
        potential: f64 = or("V", Positive, 0.01), "change of the electrode potential in a step";
        first: f64 = or("s", Positive, 1e-4), "first step, and the first after what is imposed changes";
        smallest: f64 = or("s", Positive, 1e-9), "a step that would have to be smaller ends the run";
        largest: f64 = or("s", Positive, 1000.0), "largest step";
    }
}

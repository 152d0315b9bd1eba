//! Everything a run is made of, in SI units: what `liplate check` prints and what the output files store.

use serde::{Deserialize, Serialize};

use super::cathode::Cathode;
use super::electrolyte::{Electrolyte, arrhenius};
use super::grid::Grid;
use super::protocol::Protocol;
use super::sei::Sei;

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
    /// the SEI, if it grows
    pub sei: Option<Sei>,
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
    /// The same at another temperature \[K\]. The SEI's parameters stay what they are.
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

/// Butler-Volmer kinetics with a film and capillarity (model: kinetics). Arrhenius factors are already applied.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Kinetics {
    /// exchange current density at `c_ref` and the run's temperature \[A/m²\]
    pub i0: f64,
    /// cathodic transfer coefficient α (0…1); also the exponent of c in the exchange current
    pub alpha: f64,
    /// concentration at which `i0` holds \[mol/m³\]
    pub c_ref: f64,
    /// area resistance of a layer that does not change; what the SEI's own parameters tell adds to it \[Ω m²\]
    pub film: f64,
    /// surface energy lithium-electrolyte γ \[J/m²\]
    pub gamma: f64,
    /// compressive stress in the lithium \[Pa\]
    pub pressure: f64,
    /// double-layer capacitance of bare copper \[F/m²\]
    pub double_layer: f64,
    /// frozen log-normal spread of the exchange current
    pub heterogeneity: Option<Heterogeneity>,
    /// what the potential of lithium is that is not joined to the copper
    pub isolated: Isolated,
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

/// Frozen log-normal map a(x) that multiplies the exchange current; its median is 1.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Heterogeneity {
    /// standard deviation of ln a
    pub spread: f64,
    /// correlation length of ln a \[m\]
    pub correlation_length: f64,
    /// seed of the map
    pub seed: u32,
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
}

/// Shape of the copper surface.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "kind")]
pub enum CollectorShape {
    /// a plane
    Flat,
    /// a self-affine random surface: flat spectrum below 2π/`correlation_length`, falling as k^(−2−2 `hurst`) above
    Rough {
        /// root mean square of the height \[m\]
        rms: f64,
        /// correlation length \[m\]
        correlation_length: f64,
        /// Hurst exponent (0…1)
        hurst: f64,
        /// seed of the surface
        seed: u32,
    },
    /// heights read from a file; a resumed run has the copper in its checkpoint
    Map {
        /// where the heights came from
        file: String,
        /// name of the dataset in an HDF5 file
        dataset: Option<String>,
        /// height between black and white in a picture; a dataset is in metres \[m\]
        height_range: Option<f64>,
        /// lateral size of the map along x and y, held against the box; none: that which the file gives, or that of the box \[m\]
        #[serde(default)]
        map_size: Option<[f64; 2]>,
        /// heights around their mean, x fastest, nx × ny; empty until the file has been read \[m\]
        #[serde(skip)]
        heights: Vec<f64>,
    },
}

/// Lithium that is there when the run starts.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "kind")]
pub enum InitialDeposit {
    /// bare copper
    None,
    /// a layer that follows the copper
    Layer {
        /// thickness above the copper's mean height \[m\]
        thickness: f64,
    },
    /// a layer with a ripple along x, for verification: thickness + amplitude · cos(2π x/wavelength)
    Ripple {
        /// mean thickness above the copper's mean height \[m\]
        thickness: f64,
        /// amplitude; may be far smaller than a cell \[m\]
        amplitude: f64,
        /// wavelength, the width of the box divided by a whole number \[m\]
        wavelength: f64,
    },
    /// a layer with a half sphere on it in the middle of the box, for verification
    Boss {
        /// thickness of the layer above the copper's mean height \[m\]
        thickness: f64,
        /// radius of the half sphere \[m\]
        radius: f64,
    },
    /// a free sphere, for verification
    Sphere {
        /// centre \[m\]
        centre: [f64; 3],
        /// radius \[m\]
        radius: f64,
    },
}

/// How nuclei appear on bare copper.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "kind")]
pub enum Nucleation {
    /// none
    None,
    /// Poisson process of rate J = J0 exp\[−(η_b/drive)²\] per bare area
    Poisson {
        /// J0 \[1/m²/s\]
        rate: f64,
        /// η_b \[V\]
        barrier: f64,
        /// radius of a nucleus \[m\]
        radius: f64,
        /// seed of the process
        seed: u32,
    },
    /// all at the start
    AtOnce {
        /// nuclei per area \[1/m²\]
        density: f64,
        /// smallest distance between two nuclei \[m\]
        minimum_distance: f64,
        /// radius of a nucleus \[m\]
        radius: f64,
        /// seed of the places
        seed: u32,
    },
    /// at listed places and times
    Listed {
        /// one entry for each nucleus
        nuclei: Vec<ListedNucleus>,
    },
}

/// A nucleus whose place and time are given.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct ListedNucleus {
    /// place \[m\]
    pub x: f64,
    /// place \[m\]
    pub y: f64,
    /// radius \[m\]
    pub radius: f64,
    /// time of appearance \[s\]
    pub time: f64,
}

/// Homogenised separator: D and κ divided by the MacMullin number, storage multiplied by the porosity.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Separator {
    /// its lower face above the bottom of the box \[m\]
    pub bottom: f64,
    /// thickness \[m\]
    pub thickness: f64,
    /// volume fraction of electrolyte in it
    pub porosity: f64,
    /// conductivity without over conductivity with the separator
    pub macmullin: f64,
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

/// Galvanostatic or potentiostatic.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "kind", content = "value")]
pub enum Control {
    /// current density, positive when plating \[A/m²\]
    Current(f64),
    /// electrode potential against Li/Li⁺ at the top of the box, negative when plating \[V\]
    Potential(f64),
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

/// Conditions that end a run; the first that is met does.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct End {
    /// charge passed \[C/m²\]
    pub charge: Option<f64>,
    /// time \[s\]
    pub time: Option<f64>,
    /// electrode potential falls below this, against Li/Li⁺ \[V\]
    pub potential_below: Option<f64>,
    /// electrode potential rises above this, against Li/Li⁺ \[V\]
    pub potential_above: Option<f64>,
    /// lithium reaches this height above the bottom of the box \[m\]
    pub height: Option<f64>,
    /// lithium joined to the copper reaches the far side of the separator or the top of the box
    pub short: bool,
}

/// What is written, and when. An interval in charge or in time, or both.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Output {
    /// fields in `fields.vtkhdf`: any of lithium (w ξ), xi, c, phi, current, curvature, isolated (w ξ of lithium
    /// that is not joined to the copper), sei (charge per area, C/m²)
    pub fields: Vec<String>,
    /// mantissa bits kept in the fields, all 23 if none
    pub keep_bits: Option<u32>,
    /// charge between snapshots \[C/m²\]
    pub snapshot_charge: Option<f64>,
    /// time between snapshots \[s\]
    pub snapshot_time: Option<f64>,
    /// steps between rows of `metrics.csv` whose morphology is measured; the rest of a row is written in every step
    pub metrics_steps: u64,
    /// steps between checkpoints
    pub checkpoint_steps: u64,
}

/// Limits of the time step.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct TimeStep {
    /// front movement per step over dx; what 0.25, the default, leaves out is a tenth of what a grid does that resolves a deposit
    /// (README.md)
    pub cfl: f64,
    /// change of c/c0 per step
    pub concentration: f64,
    /// change of the electrode potential per step \[V\]
    pub potential: f64,
    /// first step \[s\]
    pub first: f64,
    /// a step that would have to be smaller ends the run \[s\]
    pub smallest: f64,
    /// largest step \[s\]
    pub largest: f64,
}

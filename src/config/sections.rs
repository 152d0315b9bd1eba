//! The keys of a config, section by section, and what each becomes.

use std::ops::RangeInclusive;
use std::path::Path;

use super::protocol;
use super::quantity;
use super::reader::{Range, Section};
use super::tables;
use crate::model::cathode::{Cathode, OpenCircuit};
use crate::model::constants::ZERO_CELSIUS;
use crate::model::electrolyte::{Electrolyte, Solvent, Transport, arrhenius};
use crate::model::grid::Grid;
use crate::model::parameters::*;
use crate::model::protocol::{Block, COMPLIANCE, Place, Protocol};
use crate::model::sei::Sei;

/// Fields that a snapshot may hold.
pub const FIELDS: [&str; 8] = ["lithium", "xi", "c", "phi", "current", "curvature", "isolated", "sei"];
/// Fields that a snapshot holds unless the config says otherwise.
const DEFAULT_FIELDS: [&str; 5] = ["lithium", "xi", "c", "phi", "current"];

/// Temperatures that a run may have \[K\].
pub const TEMPERATURES: RangeInclusive<f64> = 200.0..=400.0;

/// Compliances that a given current may have \[V\].
pub const COMPLIANCES: RangeInclusive<f64> = -10.0..=-1e-3;

/// Room temperature \[K\], the reference of Arrhenius factors unless a config says otherwise.
const ROOM: f64 = ZERO_CELSIUS + 25.0;

/// The whole config, and what a person should hear about the files it names. Wrong values are recorded in the section's problems and
/// left as NaN.
pub fn setup(root: &Section, folder: &Path) -> (Setup, Vec<String>) {
    let mut remarks = Vec::new();
    let name = root.text("name").unwrap_or("liplate").to_string();
    let temperature = root.or("temperature", "K", Range::Within(TEMPERATURES), ROOM);
    let (grid, ell) = grid(root.section("grid"));
    let (electrolyte, c0, of_transport) = electrolyte(root.section("electrolyte"), temperature, folder, &mut remarks);
    let (kinetics, of_kinetics) = kinetics(root.section("kinetics"), temperature);
    let collector = collector(root.section("collector"), &grid, folder);
    let deposit = deposit(root.section("deposit"));
    let nucleation = nucleation(root.section("nucleation"));
    let separator = separator(root.section("separator"), root.has("separator"));
    let sei = sei(root.section("sei"), root.has("sei"));
    let cathode = cathode(root.section("cathode"), root.has("cathode"), folder, &mut remarks);
    let blocks = root.has("protocol").then(|| root.sections("protocol"));
    let (top, protocol) = top(root.section("top"), c0, cathode.as_ref(), blocks);
    let end = end(root.section("end"));
    let output = output(root.section("output"));
    let time_step = time_step(root.section("time_step"));
    root.finish();
    let setup = Setup {
        name,
        grid,
        ell,
        temperature,
        activation: Activation { kinetics: of_kinetics, transport: of_transport },
        electrolyte,
        kinetics,
        collector,
        deposit,
        nucleation,
        separator,
        sei,
        top,
        cathode,
        protocol,
        end,
        output,
        time_step,
    };
    (setup, remarks)
}

fn grid(s: Section) -> (Grid, f64) {
    let cells = s.triple(
        "cells",
        |value| match value.as_integer() {
            Some(n) if (1..=65_535).contains(&n) => Ok(n as usize),
            _ => Err(format!("{value} must be a whole number from 1 to 65535")),
        },
        1,
    );
    let dx = s.required("dx", "m", Range::Positive);
    let ell = s.or("ell", "m", Range::Positive, dx);
    s.finish();
    (Grid { nx: cells[0], ny: cells[1], nz: cells[2], dx }, ell)
}

/// The electrolyte, its salt's concentration \[mol/m³\] and the activation energy of properties given as constants \[J/mol\].
fn electrolyte(s: Section, temperature: f64, folder: &Path, remarks: &mut Vec<String>) -> (Electrolyte, f64, f64) {
    let kinds = ["landesfeind", "nyman", "table", "dilute", "constant", "single_ion"].map(|kind| (kind, kind));
    let kind = s.choice("kind", &kinds, None);
    let c0 = s.or("c0", "mol/m^3", Range::Positive, 1000.0);
    // Arrhenius factor of the constant properties
    let mut energy = 0.0;
    let mut heat = |s: &Section| {
        energy = s.or("activation_energy", "J/mol", Range::NotNegative, 0.0);
        arrhenius(energy, temperature, s.or("reference_temperature", "K", Range::Positive, ROOM))
    };
    let electrolyte = match kind {
        Some("landesfeind") => {
            Electrolyte::Landesfeind { solvent: s.choice("solvent", &Solvent::NAMES, None).unwrap_or(Solvent::EcEmc) }
        }
        Some("table") => {
            let file = s.text("file").unwrap_or_default();
            if file.is_empty() {
                s.object(
                    "file",
                    "is missing: a CSV file of c, T, kappa, diffusivity, transference, thermodynamic_factor",
                );
            }
            let table = (!file.is_empty()).then(|| tables::isotherms(&folder.join(file)));
            let isotherms = match table {
                Some(Ok(table)) => {
                    remarks.extend(table.remarks);
                    table.content
                }
                Some(Err(problem)) => {
                    s.object("file", problem);
                    Vec::new()
                }
                None => Vec::new(),
            };
            Electrolyte::Table { file: file.into(), isotherms }
        }
        Some("dilute") => {
            let heat = heat(&s);
            Electrolyte::Dilute {
                cation: heat * s.required("cation", "m^2/s", Range::Positive),
                anion: heat * s.required("anion", "m^2/s", Range::Positive),
            }
        }
        Some("constant") => {
            let heat = heat(&s);
            Electrolyte::Constant(Transport {
                kappa: heat * s.required("kappa", "S/m", Range::Positive),
                diffusivity: heat * s.required("diffusivity", "m^2/s", Range::Positive),
                transference: s.required("transference", "1", Range::Within(0.0..=0.95)),
                thermodynamic_factor: s.or("thermodynamic_factor", "1", Range::Positive, 1.0),
            })
        }
        Some("single_ion") => {
            let heat = heat(&s);
            Electrolyte::SingleIon { kappa: heat * s.required("kappa", "S/m", Range::Positive) }
        }
        _ => Electrolyte::Nyman,
    };
    s.finish();
    (electrolyte, c0, energy)
}

/// What lithium that is not joined to the copper does.
const ISOLATED: [(&str, Isolated); 2] = [("floating", Isolated::Floating), ("wired", Isolated::Wired)];

/// The kinetics, and the activation energy of the exchange current \[J/mol\].
fn kinetics(s: Section, temperature: f64) -> (Kinetics, f64) {
    let energy = s.or("activation_energy", "J/mol", Range::NotNegative, 0.0);
    let heat = arrhenius(energy, temperature, s.or("reference_temperature", "K", Range::Positive, ROOM));
    let heterogeneity = s.has("heterogeneity").then(|| {
        let h = s.section("heterogeneity");
        let heterogeneity = Heterogeneity {
            spread: h.required("spread", "1", Range::Within(0.0..=3.0)),
            correlation_length: h.required("correlation_length", "m", Range::Positive),
            seed: h.seed(),
        };
        h.finish();
        heterogeneity
    });
    let kinetics = Kinetics {
        i0: heat * s.required("i0", "A/m^2", Range::Positive),
        alpha: s.or("alpha", "1", Range::Within(0.05..=0.95), 0.5),
        c_ref: s.or("c_ref", "mol/m^3", Range::Positive, 1000.0),
        film: s.or("film", "ohm m^2", Range::NotNegative, 0.0),
        gamma: s.or("gamma", "J/m^2", Range::NotNegative, 0.0),
        pressure: s.or("pressure", "Pa", Range::Any, 0.0),
        double_layer: s.or("double_layer", "F/m^2", Range::NotNegative, 0.0),
        heterogeneity,
        isolated: s.choice("isolated_lithium", &ISOLATED, Some(Isolated::Floating)).unwrap_or_default(),
    };
    s.finish();
    (kinetics, energy)
}

fn sei(s: Section, present: bool) -> Option<Sei> {
    present.then(|| {
        let sei = Sei {
            fresh_charge: s.required("fresh_charge", "C/m^2", Range::Positive),
            formation_time: s.or("formation_time", "s", Range::Positive, 1.0),
            growth: s.or("growth", "C^2/m^4/s", Range::NotNegative, 0.0),
            resistance: s.or("resistance", "ohm m^2", Range::NotNegative, 0.0),
            cracks: s.or("cracks", "1", Range::Within(0.0..=1.0), 0.0),
        };
        s.finish();
        sei
    })
}

fn collector(s: Section, grid: &Grid, folder: &Path) -> Collector {
    let shapes = ["flat", "rough", "map"].map(|shape| (shape, shape));
    let shape = match s.choice("shape", &shapes, Some("flat")) {
        Some("rough") => CollectorShape::Rough {
            rms: s.required("rms", "m", Range::NotNegative),
            correlation_length: s.required("correlation_length", "m", Range::Positive),
            hurst: s.or("hurst", "1", Range::Within(0.0..=1.0), 0.8),
            seed: s.seed(),
        },
        Some("map") => {
            let file = folder.join(s.text("file").unwrap_or_default());
            if !file.is_file() {
                s.object("file", format!("there is no height map {}", file.display()));
            }
            let file = file.display().to_string();
            let ends_in = |endings: &[&str]| endings.iter().any(|ending| file.to_ascii_lowercase().ends_with(ending));
            if ends_in(&[".h5", ".hdf5", ".nxs"]) && !s.has("dataset") {
                s.object("dataset", "is missing; it names the heights in the HDF5 file");
            }
            if ends_in(&[".png", ".tif", ".tiff", ".jpg", ".jpeg"]) && !s.has("height_range") {
                s.object("height_range", "is missing; it is the height between black and white");
            }
            CollectorShape::Map {
                file,
                dataset: s.text("dataset").map(String::from),
                height_range: s.optional("height_range", "m", Range::Positive),
                map_size: map_size(&s),
                heights: Vec::new(),
            }
        }
        _ => CollectorShape::Flat,
    };
    let collector = Collector {
        height: s.or("height", "m", Range::Any, 8.0 * grid.dx),
        shape,
        contact_angle: s.or("contact_angle", "rad", Range::Within(0.17..=2.97), std::f64::consts::FRAC_PI_2),
    };
    s.finish();
    collector
}

/// The lateral size of a height map, two lengths \[m\].
fn map_size(s: &Section) -> Option<[f64; 2]> {
    let texts = if s.has("map_size") { s.texts("map_size")? } else { return None };
    let lengths: Result<Vec<f64>, String> = texts.iter().map(|text| quantity::parse(text, "m")).collect();
    match lengths.as_deref() {
        Ok(&[x, y]) if x > 0.0 && y > 0.0 => return Some([x, y]),
        Ok(_) => s.object("map_size", "must be two positive lengths, along x and y, as in [\"20 um\", \"20 um\"]"),
        Err(problem) => s.object("map_size", problem),
    }
    None
}

fn deposit(s: Section) -> InitialDeposit {
    let kinds = ["none", "layer", "ripple", "boss", "sphere"].map(|kind| (kind, kind));
    let deposit = match s.choice("kind", &kinds, Some("none")) {
        Some("layer") => InitialDeposit::Layer { thickness: s.required("thickness", "m", Range::Positive) },
        Some("ripple") => InitialDeposit::Ripple {
            thickness: s.required("thickness", "m", Range::Positive),
            amplitude: s.required("amplitude", "m", Range::NotNegative),
            wavelength: s.required("wavelength", "m", Range::Positive),
        },
        Some("boss") => InitialDeposit::Boss {
            thickness: s.required("thickness", "m", Range::Positive),
            radius: s.required("radius", "m", Range::Positive),
        },
        Some("sphere") => {
            let length = |value: &toml::Value| {
                value
                    .as_str()
                    .ok_or(format!("{value} must be a length in quotes"))
                    .and_then(|t| quantity::parse(t, "m"))
            };
            InitialDeposit::Sphere {
                centre: s.triple("centre", length, f64::NAN),
                radius: s.required("radius", "m", Range::Positive),
            }
        }
        _ => InitialDeposit::None,
    };
    s.finish();
    deposit
}

fn nucleation(s: Section) -> Nucleation {
    let kinds = ["none", "poisson", "at_once", "listed"].map(|kind| (kind, kind));
    let nucleation = match s.choice("kind", &kinds, Some("none")) {
        Some("poisson") => Nucleation::Poisson {
            rate: s.required("rate", "m^-2 s^-1", Range::NotNegative),
            barrier: s.required("barrier", "V", Range::NotNegative),
            radius: s.required("radius", "m", Range::Positive),
            seed: s.seed(),
        },
        Some("at_once") => Nucleation::AtOnce {
            density: s.required("density", "m^-2", Range::Positive),
            minimum_distance: s.or("minimum_distance", "m", Range::NotNegative, 0.0),
            radius: s.required("radius", "m", Range::Positive),
            seed: s.seed(),
        },
        Some("listed") => {
            let nuclei = s.sections("nuclei").into_iter().map(|n| {
                let nucleus = ListedNucleus {
                    x: n.required("x", "m", Range::NotNegative),
                    y: n.or("y", "m", Range::NotNegative, 0.0),
                    radius: n.required("radius", "m", Range::Positive),
                    time: n.or("time", "s", Range::NotNegative, 0.0),
                };
                n.finish();
                nucleus
            });
            Nucleation::Listed { nuclei: nuclei.collect() }
        }
        _ => Nucleation::None,
    };
    s.finish();
    nucleation
}

fn separator(s: Section, present: bool) -> Option<Separator> {
    present.then(|| {
        let separator = Separator {
            bottom: s.required("bottom", "m", Range::NotNegative),
            thickness: s.required("thickness", "m", Range::Positive),
            porosity: s.required("porosity", "1", Range::Within(0.01..=1.0)),
            macmullin: s.required("macmullin", "1", Range::Within(1.0..=1000.0)),
        };
        s.finish();
        separator
    })
}

fn cathode(s: Section, present: bool, folder: &Path, remarks: &mut Vec<String>) -> Option<Cathode> {
    present.then(|| {
        let mut named = |text: &str| match OpenCircuit::FITS.into_iter().find(|(name, _)| *name == text) {
            Some((_, fit)) => Ok(fit),
            None if text.contains('.') || text.contains('/') => {
                let table = tables::open_circuit(&folder.join(text))?;
                remarks.extend(table.remarks);
                Ok(OpenCircuit::Table { file: text.into(), points: table.content })
            }
            None => {
                let problem = if text.is_empty() { "is missing:".into() } else { format!("{text:?} is not") };
                let names = OpenCircuit::FITS.map(|(name, _)| format!("{name:?}")).join(", ");
                Err(format!("{problem} {names} or a CSV file of x and U"))
            }
        };
        let ocp = named(s.text("ocp").unwrap_or_default()).unwrap_or_else(|problem: String| {
            s.object("ocp", problem);
            OpenCircuit::Nmc811
        });
        let [empty, full] = ocp.lithiation();
        let cathode = Cathode {
            areal_capacity: s.required("areal_capacity", "C/m^2", Range::Positive),
            lithiation: [
                s.or("empty", "1", Range::Within(0.0..=1.0), empty),
                s.or("full", "1", Range::Within(0.0..=1.0), full),
            ],
            resistance: s.or("resistance", "ohm m^2", Range::NotNegative, 0.0),
            short: s.optional("short_resistance", "ohm m^2", Range::Positive),
            ocp,
        };
        if cathode.lithiation[0] >= cathode.lithiation[1] {
            s.object("empty", "must be less than full: both are lithium contents of the host");
        }
        let [full, empty] = [0.0, cathode.areal_capacity].map(|charge| cathode.potential(charge, 0.0));
        let falls = full.is_finite() && empty.is_finite() && full < empty;
        if !falls && cathode.areal_capacity > 0.0 && cathode.lithiation[0] < cathode.lithiation[1] {
            let [x_empty, x_full] = cathode.lithiation;
            s.object(
                "ocp",
                format!(
                    "its potential must fall from empty to full: {empty:.3} V at x = {x_empty}, {full:.3} V at {x_full}"
                ),
            );
        }
        s.finish();
        cathode
    })
}

/// Keys that say what a C-rate counts.
const CAPACITIES: [&str; 3] = ["top.areal_capacity", "cathode.areal_capacity", "cathode"];

/// What is imposed at the top, by itself or step by step.
fn top(s: Section, c0: f64, cathode: Option<&Cathode>, blocks: Option<Vec<Section>>) -> (Top, Protocol) {
    let capacity = s.optional("areal_capacity", "C/m^2", Range::Positive);
    if capacity.is_some() && cathode.is_some() {
        s.object("areal_capacity", "is that of the cathode, cathode.areal_capacity");
    }
    let capacity = capacity.or(cathode.map(|cathode| cathode.areal_capacity));
    let lacks_capacity = || s.lacks("areal_capacity", &CAPACITIES, "is missing: it is what a C-rate counts");
    // one that is wrong as a whole has no blocks, and was objected to
    let has_protocol = blocks.is_some();
    let protocol = Protocol {
        blocks: blocks
            .into_iter()
            .flatten()
            .map(|block| protocol_block(block, capacity, cathode.is_some(), &lacks_capacity))
            .collect(),
    };
    let first = protocol.step(Place::default()).map(|step| match (step.voltage, cathode) {
        (Some(voltage), Some(cathode)) => Control::Potential(cathode.voltage(0.0, 0.0, voltage)),
        _ => step.control_at(0.0, 0.0),
    });
    let given = ["current", "potential", "c_rate"].into_iter().filter(|key| s.has(key)).collect::<Vec<_>>();
    let control = match given[..] {
        [] if has_protocol => first.unwrap_or(Control::Current(f64::NAN)),
        [key, ..] if has_protocol => {
            s.omit(key, "the protocol says what is imposed at the top");
            Control::Current(f64::NAN)
        }
        ["current"] => Control::Current(s.required("current", "A/m^2", Range::Any)),
        ["potential"] => Control::Potential(s.required("potential", "V", Range::Within(-10.0..=10.0))),
        ["c_rate"] => {
            let rate = quantity::c_rate(s.text("c_rate").unwrap_or_default()).unwrap_or_else(|problem| {
                s.object("c_rate", problem);
                f64::NAN
            });
            if capacity.is_none() {
                s.lacks("areal_capacity", &CAPACITIES, "is missing: it is what a C-rate counts");
            }
            Control::Current(rate * capacity.unwrap_or(f64::NAN) / 3600.0)
        }
        [] => {
            s.lacks(
                "current",
                &["top.current", "top.potential", "top.c_rate", "protocol"],
                "is missing: give current, potential, c_rate with areal_capacity, or a [[protocol]]",
            );
            Control::Current(f64::NAN)
        }
        _ => {
            s.object(given[1], format!("and {:?} are both given; one of them rules the top of the box", given[0]));
            Control::Current(f64::NAN)
        }
    };
    let salts = [("reservoir", Salt::Reservoir), ("cathode", Salt::Cathode)];
    let salt = s.choice("salt", &salts, Some(Salt::Cathode)).unwrap_or(Salt::Cathode);
    let initial_potential = s.or("initial_potential", "V", Range::Within(-10.0..=10.0), 0.0);
    let compliance = compliance(&s, protocol.is_empty() && matches!(control, Control::Potential(_)));
    let column = s.optional("column", "m", Range::Positive);
    s.finish();
    (Top { control, salt, c0, initial_potential, compliance, column }, protocol)
}

/// The potential down to which a given current is kept up \[V\]; none if the config says so. It has no meaning where a potential
/// `is_given`.
fn compliance(s: &Section, is_given: bool) -> Option<f64> {
    if s.has("compliance") && is_given {
        s.object("compliance", "limits a current, but top.potential is given");
    }
    match s.is_text("compliance", "none") {
        true => None,
        false => Some(s.or("compliance", "V", Range::Within(COMPLIANCES), COMPLIANCE)),
    }
}

fn protocol_block(s: Section, capacity: Option<f64>, has_cathode: bool, lacks_capacity: &impl Fn()) -> Block {
    let texts = match (s.text("step"), s.texts("steps")) {
        (Some(step), None) => vec![step.to_string()],
        (None, Some(steps)) if !steps.is_empty() => steps,
        (None, Some(_)) => {
            s.object("steps", "has no step");
            Vec::new()
        }
        (None, None) if s.has("step") || s.has("steps") => Vec::new(),
        (None, None) => {
            s.lacks(
                "steps",
                &[&s.name("steps"), &s.name("step")],
                "is missing: a list such as [\"Charge at 1 mA/cm^2 for 2 h\", \"Rest for 10 min\"]",
            );
            Vec::new()
        }
        (Some(_), Some(_)) => {
            s.object("step", "and \"steps\" are both given");
            Vec::new()
        }
    };
    let key = |i: usize| if s.has("step") { "step".into() } else { format!("steps[{i}]") };
    let steps = texts.iter().enumerate().filter_map(|(i, text)| match protocol::step(text, capacity, has_cathode) {
        Ok(step) => Some(step),
        Err(problem) => {
            // one capacity is missing, however many steps count by it
            let counted = protocol::step(text, capacity.or(Some(f64::NAN)), has_cathode);
            match counted {
                Ok(step) => {
                    lacks_capacity();
                    Some(step)
                }
                Err(_) => {
                    s.omit(&key(i), problem);
                    None
                }
            }
        }
    });
    let block = Block { steps: steps.collect(), repeat: s.whole("repeat", 1..=1_000_000, 1) };
    s.finish();
    block
}

/// What ends a run.
pub fn end(s: Section) -> End {
    let end = End {
        charge: s.optional("charge", "C/m^2", Range::Positive),
        time: s.optional("time", "s", Range::Positive),
        potential_below: s.optional("potential_below", "V", Range::Any),
        potential_above: s.optional("potential_above", "V", Range::Any),
        height: s.optional("height", "m", Range::Positive),
        short: s.flag("short", true),
    };
    s.finish();
    end
}

fn output(s: Section) -> Output {
    let fields = s.texts("fields").unwrap_or_else(|| DEFAULT_FIELDS.map(String::from).to_vec());
    for field in &fields {
        if !FIELDS.contains(&field.as_str()) {
            s.object("fields", format!("{field:?} is not one of {}", FIELDS.join(", ")));
        }
    }
    for (i, field) in fields.iter().enumerate() {
        if fields[..i].contains(field) {
            s.object("fields", format!("{field:?} stands twice"));
        }
    }
    let output = Output {
        fields,
        keep_bits: s.has("keep_bits").then(|| s.whole("keep_bits", 4..=23, 23) as u32),
        snapshot_charge: s.optional("snapshot_charge", "C/m^2", Range::Positive),
        snapshot_time: s.optional("snapshot_time", "s", Range::Positive),
        metrics_steps: s.whole("metrics_steps", 1..=1_000_000, 10),
        checkpoint_steps: s.whole("checkpoint_steps", 1..=1_000_000, 50),
    };
    s.finish();
    output
}

fn time_step(s: Section) -> TimeStep {
    let time_step = TimeStep {
        cfl: s.or("cfl", "1", Range::Within(0.001..=0.5), 0.25),
        concentration: s.or("concentration", "1", Range::Within(1e-4..=0.5), 0.05),
        potential: s.or("potential", "V", Range::Positive, 0.01),
        first: s.or("first", "s", Range::Positive, 1e-4),
        smallest: s.or("smallest", "s", Range::Positive, 1e-9),
        largest: s.or("largest", "s", Range::Positive, 1000.0),
    };
    s.finish();
    time_step
}

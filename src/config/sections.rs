//! The keys of a config, section by section, and what each becomes.

use std::path::Path;

use super::protocol;
use super::quantity;
use super::reader::Section;
use super::tables;
use crate::cell::design::Design;
use crate::io::height_map;
use crate::mechanisms::Mechanisms;
use crate::model::cathode::{Cathode, OpenCircuit};
use crate::model::constants::ROOM;
use crate::model::electrolyte::{Electrolyte, arrhenius};
use crate::model::grid::Grid;
use crate::model::keys::{OfKeys, Reader, Table};
use crate::model::parameters::*;
use crate::model::protocol::{Block, COMPLIANCE, COMPLIANCES, Place, Protocol, TEMPERATURES};
use crate::section;

section! {
    /// What stands before the first section.
    struct Root {
        name: String = text_or("liplate"), "name of the run, for people";
        temperature: f64 = or("K", Within(TEMPERATURES), ROOM), "temperature, unless a step of the protocol names another";
    }
}

section! {
    /// The box, as a config gives it.
    struct OfGrid {
        cells: [usize; 3] = three_whole(1..=65_535), "cells along x, y and z; 1 along y, or along x and y, makes the run two- or one-dimensional";
        dx: f64 = required("m", Positive), "width of a cell";
        ell: Option<f64> = optional("m", Positive, "dx"), "interface length ℓ; ξ = ½[1 + tanh(d/2ℓ)]";
    }
}

section! {
    /// The Arrhenius factor of properties that are given as constants.
    struct Heat {
        activation_energy: f64 = or("J/mol", NotNegative, 0.0), "Arrhenius activation energy of i0, or of transport properties that are given as constants";
        reference_temperature: f64 = or("K", Positive, ROOM), "temperature at which those hold as given";
    }
}

section! {
    /// The salt.
    struct OfSalt {
        c0: f64 = or("mol/m^3", Positive, 1000.0), "salt concentration at the start, and in the reservoir";
    }
}

section! {
    /// The copper, as a config gives it, beside its shape.
    struct Copper {
        height: Option<f64> = optional("m", Any, "8 dx"), "mean height of the copper surface above the bottom of the box";
        contact_angle: f64 = or("rad", Within(0.17..=2.97), std::f64::consts::FRAC_PI_2), "contact angle θ of lithium on copper, measured in the lithium";
        pattern: Option<Pattern> = inner("the copper is the same everywhere"), "stripes, dots or a map on which lithium nucleates more easily, or less, wets better or worse, or is coated";
    }
}

section! {
    /// A cathode, as a config gives it.
    struct OfCathode {
        ocp: String = text(), "open-circuit potential: nmc811 (Chen et al. 2020), nca (Kim et al. 2011), nmc532 (Mohtat et al. 2020), lfp (Afshar et al. 2017), or a CSV file of x and U (docs/inputs.md)";
        areal_capacity: f64 = required("C/m^2", Positive), "charge per area between full of lithium and empty; what a C-rate counts";
        empty: Option<f64> = optional("1", Within(0.0..=1.0), "that of the fit or table"), "lithium content x of the host when the cathode is empty";
        full: Option<f64> = optional("1", Within(0.0..=1.0), "that of the fit or table"), "lithium content x of the host when the cathode is full, as at the start";
        resistance: f64 = or("ohm m^2", NotNegative, 0.0), "area resistance of everything between the top of the box and the cathode's current collector";
        entropy: f64 = or("V/K", Any, 0.0), "dU/dT of the cell's open-circuit voltage: the heat that its reaction makes or takes up, told in metrics.csv; the potential does not follow it";
        short_resistance: Option<f64> = optional("ohm m^2", Positive, "nothing leaks through a short"), "area resistance between lithium and cathode once lithium has made a short, if the run goes on with one";
    }
}

section! {
    /// What is imposed at the top, as a config gives it.
    struct OfTop {
        current: Option<f64> = optional("A/m^2", Any, "another of the three, or a [[protocol]]"), "current density, positive when plating";
        potential: Option<f64> = optional("V", Within(-10.0..=10.0), "another of the three, or a [[protocol]]"), "electrode potential against Li/Li⁺, negative when plating";
        c_rate: Option<String> = optional_text("another of the three, or a [[protocol]]"), "current as a C-rate, such as \"C/2\"; counts areal_capacity";
        areal_capacity: Option<f64> = optional("C/m^2", Positive, "that of the cathode"), "what a C-rate counts, without a cathode";
        salt: Salt = choice_or(Salt::Cathode), "where the salt at the top comes from";
        initial_potential: f64 = or("V", Within(-10.0..=10.0), 0.0), "electrode potential against lithium at the start";
        compliance: Option<f64> = or_none("V", Within(COMPLIANCES), COMPLIANCE), "electrode potential against lithium down to which a given plating current is kept up; \"none\": whatever it takes";
        column: Option<f64> = optional("m", Positive, "they are at the top of the box"), "distance between the mean height of the copper and the electrode or reservoir, if the electrolyte above the box is a column of plane averages up to there";
    }
}

section! {
    /// A block of a protocol, as a config gives it.
    struct OfBlock {
        step: Option<String> = optional_text("steps"), "one step, such as \"Charge at 1 mA/cm^2 for 2 h\" (docs/protocols.md)";
        steps: Option<Vec<String>> = optional_texts("step"), "several, one after the other";
        repeat: u64 = whole(1..=1_000_000, 1), "how often they are done";
    }
}

/// A section of a config, for people: its name, what it is about, whether it is a list, and its keys.
pub struct Described {
    /// its name; empty for what stands before the first section
    pub name: &'static str,
    /// what it is about
    pub about: &'static str,
    /// whether it is a list, `[[name]]`
    pub many: bool,
    /// whether a config must have it
    pub required: bool,
    /// its keys
    pub table: Table,
}

/// Every section that a config can have, in the order in which people write them.
pub fn described() -> Vec<Described> {
    let section = |name, about, required, table| Described { name, about, many: false, required, table };
    let heated = ["dilute", "constant", "single_ion"];
    let electrolyte = Electrolyte::table().with(&heated, &Heat::table().keys).and(OfSalt::table());
    let mut all = vec![
        section("", "The run.", false, Root::table()),
        section("grid", "The box: cubic cells, z away from the copper, x and y periodic.", true, OfGrid::table()),
        section("electrolyte", "Salt, solvent and their transport properties.", true, electrolyte),
        section(
            "kinetics",
            "Charge transfer between lithium and electrolyte.",
            true,
            Kinetics::table().and(Heat::table()),
        ),
    ];
    all.extend(Mechanisms::sections().into_iter().map(|(name, about, table)| section(name, about, false, table)));
    all.extend([
        section(
            "collector",
            "The copper at the bottom of the box.",
            false,
            Copper::table().and(CollectorShape::table()),
        ),
        section("deposit", "Lithium that is there when the run starts.", false, InitialDeposit::table()),
        section("nucleation", "How lithium appears on bare copper.", false, Nucleation::table()),
        section("separator", "A homogenised separator; without the section there is none.", false, Separator::table()),
        section("top", "What is imposed at the top of the box, facing the cathode.", false, OfTop::table()),
        section(
            "cathode",
            "A cathode, which makes a cell voltage out of the electrode potential; without the section there is none.",
            false,
            OfCathode::table(),
        ),
        Described {
            name: "protocol",
            about: "What is done step by step, in the place of what the top imposes.",
            many: true,
            required: false,
            table: OfBlock::table(),
        },
        section(
            "cell",
            "The cell that such a deposit is part of, for `liplate cell`: nothing of it changes a run. It may stand in a file of its own, where it is all there is ([cells](cells.md)).",
            false,
            Design::table(),
        ),
        section("end", "Conditions that end the run; the first that is met does.", false, End::table()),
        section("output", "What is written, and when.", false, Output::table()),
        section("time_step", "Limits of the time step.", false, TimeStep::table()),
    ]);
    all
}

/// The whole config, and what a person should hear about the files it names. Wrong values are recorded in the section's problems and
/// left as NaN.
pub fn setup(root: &Section, folder: &Path) -> (Setup, Vec<String>) {
    let mut remarks = Vec::new();
    let Root { name, temperature } = Root::read(root);
    let (grid, ell) = grid(root.section("grid"));
    let (electrolyte, c0, of_transport) = electrolyte(root.section("electrolyte"), temperature, folder, &mut remarks);
    let (kinetics, of_kinetics) = kinetics(root.section("kinetics"), temperature);
    let collector = collector(root.section("collector"), &grid, folder);
    let deposit = whole(root.section("deposit"));
    let nucleation = whole(root.section("nucleation"));
    let separator = root.has("separator").then(|| whole(root.section("separator")));
    let mechanisms = Mechanisms::read(root);
    let cathode = root.has("cathode").then(|| cathode(root.section("cathode"), folder, &mut remarks));
    let blocks = root.has("protocol").then(|| root.sections("protocol"));
    let (top, protocol) = top(root.section("top"), c0, cathode.as_ref(), blocks, folder);
    let cell = root.has("cell").then(|| Box::new(super::cell::cell(root.section("cell"), folder, &mut remarks)));
    let end = whole(root.section("end"));
    let output = whole(root.section("output"));
    let time_step = whole(root.section("time_step"));
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
        mechanisms,
        top,
        cathode,
        protocol,
        cell,
        end,
        output,
        time_step,
    };
    (setup, remarks)
}

/// A section that is just its keys.
pub fn whole<T: OfKeys>(s: Section) -> T {
    let value = T::read(&s);
    s.finish();
    value
}

fn grid(s: Section) -> (Grid, f64) {
    let OfGrid { cells: [nx, ny, nz], dx, ell } = whole(s);
    (Grid { nx, ny, nz, dx }, ell.unwrap_or(dx))
}

/// The electrolyte, its salt's concentration \[mol/m³\] and the activation energy of properties given as constants \[J/mol\].
fn electrolyte(s: Section, temperature: f64, folder: &Path, remarks: &mut Vec<String>) -> (Electrolyte, f64, f64) {
    let mut electrolyte = Electrolyte::read(&s);
    let OfSalt { c0 } = OfSalt::read(&s);
    let mut energy = 0.0;
    let mut heat = || {
        let heat = Heat::read(&s);
        energy = heat.activation_energy;
        arrhenius(energy, temperature, heat.reference_temperature)
    };
    match &mut electrolyte {
        Electrolyte::Landesfeind { .. } | Electrolyte::Nyman => {}
        Electrolyte::Table { file, .. } if file.is_empty() => {
            s.needs("file", "is missing: a CSV file of c, T, kappa, diffusivity, transference, thermodynamic_factor");
        }
        Electrolyte::Table { file, isotherms } => match tables::isotherms(&folder.join(file)) {
            Ok(table) => {
                remarks.extend(table.remarks);
                *isotherms = table.content;
            }
            Err(problem) => s.object("file", problem),
        },
        Electrolyte::Dilute { cation, anion } => {
            let heat = heat();
            [cation, anion].into_iter().for_each(|diffusivity| *diffusivity *= heat);
        }
        Electrolyte::Constant(transport) => {
            let heat = heat();
            [&mut transport.kappa, &mut transport.diffusivity].into_iter().for_each(|property| *property *= heat);
        }
        Electrolyte::SingleIon { kappa } => *kappa *= heat(),
    }
    s.finish();
    (electrolyte, c0, energy)
}

/// The kinetics, and the activation energy of the exchange current \[J/mol\].
fn kinetics(s: Section, temperature: f64) -> (Kinetics, f64) {
    let (heat, mut kinetics) = (Heat::read(&s), Kinetics::read(&s));
    kinetics.i0 *= arrhenius(heat.activation_energy, temperature, heat.reference_temperature);
    s.finish();
    (kinetics, heat.activation_energy)
}

fn collector(s: Section, grid: &Grid, folder: &Path) -> Collector {
    let mut shape = CollectorShape::read(&s);
    if let CollectorShape::Map { file, dataset, height_range, height_unit, .. } = &mut shape {
        let path = folder.join(&file);
        if !path.is_file() {
            s.object("file", format!("there is no height map {}", path.display()));
        }
        *file = path.display().to_string();
        let ends_in = |endings: &[&str]| endings.iter().any(|ending| file.to_ascii_lowercase().ends_with(ending));
        if ends_in(&[".h5", ".hdf5", ".nxs"]) && dataset.is_none() {
            s.object("dataset", "is missing; it names the heights in the HDF5 file");
        }
        let is_tiff = ends_in(&[".tif", ".tiff"]);
        if (is_tiff || ends_in(&[".png", ".jpg", ".jpeg"])) && height_range.is_none() && height_unit.is_none() {
            let numbers = if is_tiff { "; of a TIFF of numbers give height_unit" } else { "" };
            s.object("height_range", format!("is missing; it is the height between black and white{numbers}"));
        }
    }
    let Copper { height, contact_angle, mut pattern } = Copper::read(&s);
    if let Some(Pattern::Map { file, dataset, map_size, share, columns, side, .. }) = &mut pattern {
        if file.is_empty() {
            s.needs("pattern.file", "is missing; it is the map of what is inside");
        } else if grid.nx.checked_mul(grid.ny).is_some_and(|columns| columns <= height_map::MOST_PIXELS) {
            // of a grid that is larger than that the checks complain
            match height_map::shares(&folder.join(file), dataset.as_deref(), *map_size, grid) {
                Ok(read) => *share = read,
                Err(problem) => s.object("pattern.file", problem.to_string()),
            }
        }
        (*columns, *side) = ([grid.nx, grid.ny], [grid.nx, grid.ny].map(|n| n as f64 * grid.dx));
    }
    s.finish();
    Collector { height: height.unwrap_or(8.0 * grid.dx), shape, contact_angle, pattern }
}

/// An open-circuit potential by its name, or of a CSV file beside the config.
pub fn open_circuit(text: &str, folder: &Path, remarks: &mut Vec<String>) -> Result<OpenCircuit, String> {
    match OpenCircuit::FITS.into_iter().find(|(name, _)| *name == text) {
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
    }
}

fn cathode(s: Section, folder: &Path, remarks: &mut Vec<String>) -> Cathode {
    let given = OfCathode::read(&s);
    let ocp = open_circuit(&given.ocp, folder, remarks).unwrap_or_else(|problem: String| {
        s.needs("ocp", problem);
        OpenCircuit::Nmc811
    });
    let [empty, full] = ocp.lithiation();
    let cathode = Cathode {
        areal_capacity: given.areal_capacity,
        lithiation: [given.empty.unwrap_or(empty), given.full.unwrap_or(full)],
        resistance: given.resistance,
        short: given.short_resistance,
        entropy: given.entropy,
        ocp,
    };
    if cathode.lithiation[0] >= cathode.lithiation[1] {
        s.object("empty", "must be less than full: both are lithium contents of the host");
    }
    let [full, empty] = [0.0, cathode.areal_capacity].map(|charge| cathode.potential(charge, 0.0));
    let falls = full.is_finite() && empty.is_finite() && full < empty;
    let can_be_told = cathode.resistance.is_finite() && cathode.areal_capacity > 0.0;
    if !falls && can_be_told && cathode.lithiation[0] < cathode.lithiation[1] {
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
}

/// Keys that say what a C-rate counts.
const CAPACITIES: [&str; 3] = ["top.areal_capacity", "cathode.areal_capacity", "cathode"];

/// What is imposed at the top, by itself or step by step.
fn top(s: Section, c0: f64, cathode: Option<&Cathode>, blocks: Option<Vec<Section>>, folder: &Path) -> (Top, Protocol) {
    let given = OfTop::read(&s);
    if given.areal_capacity.is_some() && cathode.is_some() {
        s.object("areal_capacity", "is that of the cathode, cathode.areal_capacity");
    }
    let capacity = given.areal_capacity.or(cathode.map(|cathode| cathode.areal_capacity));
    let lacks_capacity = || s.lacks("areal_capacity", &CAPACITIES, "is missing: it is what a C-rate counts");
    // one that is wrong as a whole has no blocks, and was objected to
    let has_protocol = blocks.is_some();
    let protocol = Protocol {
        blocks: blocks
            .into_iter()
            .flatten()
            .map(|block| protocol_block(block, capacity, cathode.is_some(), folder, &lacks_capacity))
            .collect(),
    };
    let first = protocol.step(Place::default()).map(|step| match (step.voltage, cathode) {
        (Some(voltage), Some(cathode)) => Control::Potential(cathode.voltage(0.0, 0.0, voltage)),
        _ => step.control_at(0.0, 0.0),
    });
    let imposed = ["current", "potential", "c_rate"].into_iter().filter(|key| s.has(key)).collect::<Vec<_>>();
    let control = match imposed[..] {
        [] if has_protocol => first.unwrap_or(Control::Current(f64::NAN)),
        [key, ..] if has_protocol => {
            s.omit(key, "the protocol says what is imposed at the top");
            Control::Current(f64::NAN)
        }
        ["current"] => Control::Current(given.current.unwrap_or(f64::NAN)),
        ["potential"] => Control::Potential(given.potential.unwrap_or(f64::NAN)),
        ["c_rate"] => {
            let rate = quantity::c_rate(given.c_rate.as_deref().unwrap_or_default()).unwrap_or_else(|problem| {
                s.object("c_rate", problem);
                f64::NAN
            });
            if capacity.is_none() {
                lacks_capacity();
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
            s.object(imposed[1], format!("and {:?} are both given; one of them rules the top of the box", imposed[0]));
            Control::Current(f64::NAN)
        }
    };
    // it has no meaning where a potential is given
    if s.has("compliance") && protocol.is_empty() && matches!(control, Control::Potential(_)) {
        s.object("compliance", "limits a current, but top.potential is given");
    }
    s.finish();
    let OfTop { salt, initial_potential, compliance, column, .. } = given;
    (Top { control, salt, c0, initial_potential, compliance, column }, protocol)
}

fn protocol_block(
    s: Section,
    capacity: Option<f64>,
    has_cathode: bool,
    folder: &Path,
    lacks_capacity: &impl Fn(),
) -> Block {
    let given = OfBlock::read(&s);
    let texts = match (given.step, given.steps) {
        (Some(step), None) => vec![step],
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
    let steps =
        texts.iter().enumerate().filter_map(|(i, text)| match protocol::step(text, capacity, has_cathode, folder) {
            Ok(step) => Some(step),
            Err(problem) => {
                // one capacity is missing, however many steps count by it
                let counted = protocol::step(text, capacity.or(Some(f64::NAN)), has_cathode, folder);
                match counted {
                    Ok(step) => {
                        lacks_capacity();
                        Some(step)
                    }
                    // a cell's voltage needs a cathode, whose name may be misspelled
                    Err(_)
                        if !has_cathode && protocol::step(text, capacity.or(Some(f64::NAN)), true, folder).is_ok() =>
                    {
                        s.lacks(&key(i), &[&s.name(&key(i)), "cathode"], &problem);
                        None
                    }
                    Err(_) => {
                        s.omit(&key(i), problem);
                        None
                    }
                }
            }
        });
    let block = Block { steps: steps.collect(), repeat: given.repeat };
    s.finish();
    block
}

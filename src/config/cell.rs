//! The section `[cell]`, in a config of a run or in a file of its own: from its keys to a [`Design`], or to what is wrong with it.

use std::path::Path;

use super::reader::Section;
use super::sections::{self, open_circuit};
use super::{ConfigError, findings::Findings, tables};
use crate::cell::design::{Asked, Cell, Design, Driving, Graphite, Material, Negative};
use crate::model::keys::{Named, OfKeys, Reader};

/// A cell as a file gives it.
#[derive(Clone, Debug)]
pub struct CellFile {
    /// its name
    pub name: String,
    /// the cell, and what is asked about it
    pub design: Design,
    /// sentences that are no errors
    pub remarks: Vec<String>,
}

/// Reads the cell in the file at `path` with `overrides`, each `key.path=value`: a file that holds `[cell]` alone, or a config of a run that
/// has the section. Files that it names are sought beside it.
///
/// # Errors
/// If the file cannot be read, is not TOML, holds no cell, or is wrong: all violations at once.
pub fn read_cell(path: &Path, overrides: &[String]) -> Result<CellFile, ConfigError> {
    let text = crate::input::text(path).map_err(|reason| ConfigError::Unreadable { path: path.into(), reason })?;
    cell_from_text(&text, path, overrides)
}

/// Reads a cell whose text is in memory; `path` names it in errors.
///
/// # Errors
/// As [`read_cell`].
pub fn cell_from_text(text: &str, path: &Path, overrides: &[String]) -> Result<CellFile, ConfigError> {
    let findings = Findings::default();
    let (table, origins) = super::parsed(text, path, overrides, &findings)?;
    let of_run = sections::described().into_iter().map(|section| section.name);
    if of_run.filter(|name| !["", "cell"].contains(name)).any(|name| table.contains_key(name)) {
        let config = super::from_text(text, path, overrides)?;
        let lacking = || {
            let reason = "cell: is missing; a config that tells of a cell has a section [cell] (docs/cells.md)";
            ConfigError::Invalid { path: path.into(), problems: vec![reason.into()] }
        };
        let design = *config.setup.cell.ok_or_else(lacking)?;
        return Ok(CellFile { name: config.setup.name, design, remarks: config.remarks });
    }
    let root = Section::root(&table, &findings);
    let folder = path.parent().unwrap_or(Path::new("."));
    let stem = path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
    let name = root.words("name").unwrap_or(stem);
    let mut remarks = Vec::new();
    if !root.has("cell") {
        root.missing("cell");
    }
    let design = cell(root.section("cell"), folder, &mut remarks);
    root.finish();
    let (found, _) = findings.settle();
    if found.is_empty() {
        return Ok(CellFile { name, design, remarks });
    }
    let located =
        |problem: &super::findings::Problem| origins.located(&format!("{}: {}", problem.key, problem.sentence));
    Err(ConfigError::Invalid { path: path.into(), problems: found.iter().map(located).collect() })
}

/// Reads `[cell]`; wrong values are recorded in the problems of the section and left as NaN. Without the section nothing is recorded.
pub fn cell(s: Section, folder: &Path, remarks: &mut Vec<String>) -> Design {
    if s.is_absent() {
        return Design { cell: crate::model::keys::defaults(), asked: crate::model::keys::defaults() };
    }
    let (mut cell, mut asked) = (Cell::read(&s), Asked::read(&s));
    made_of(&s, "", &mut cell, folder, remarks);
    graphite(&s, "baseline", &asked.baseline);
    pack(&s, &asked);
    if let Some(extender) = &mut asked.extender {
        let mut of = extender.cell();
        made_of(&s, "extender.", &mut of, folder, remarks);
        extender.cathode = of.cathode;
        if let Negative::Graphite(_) = extender.negative {
            s.omit(
                "extender.negative.kind",
                "\"graphite\" makes no extender: its life is told of lithium; take none or lithium",
            );
        }
    }
    match (&mut asked.driving, asked.extender.is_some()) {
        (Some(_), false) => s.lacks(
            "driving",
            &[&s.name("extender")],
            "needs [cell.extender]: it tells how two kinds of cells share the journeys",
        ),
        (Some(driving), true) if s.has_section("driving") => self::driving(&s, driving, folder),
        _ => {}
    }
    s.finish();
    Design { cell, asked }
}

/// Holds the keys of a cell against each other, and works out the mean potential of its cathode. `at` comes before their names.
fn made_of(s: &Section, at: &str, cell: &mut Cell, folder: &Path, remarks: &mut Vec<String>) {
    let key = |name: &str| format!("{at}cathode.{name}");
    // of one that is wrong something else is said
    let is_there = s.has_section(&format!("{at}cathode"));
    let lacks_both = |a: &str, b: &str| is_there && !s.has_inner(a) && !s.has_inner(b);
    let cathode = &mut cell.cathode;
    match (cathode.active_share, cathode.active_volume) {
        (Some(_), Some(_)) => {
            s.omit(&key("active_volume"), "and \"active_share\" are both given; one of them says how much is active");
        }
        (None, Some(volume)) if volume + cathode.porosity > 1.0 => s.omit(
            &key("active_volume"),
            format!("{volume} and the porosity, {}, are more than the whole coating", cathode.porosity),
        ),
        (None, None) if lacks_both(&key("active_share"), &key("active_volume")) => {
            let keys = [key("active_share"), key("active_volume")].map(|key| s.name(&key));
            s.lacks(
                &key("active_share"),
                &[&keys[0], &keys[1]],
                "is missing: the mass of active material over that of the dry coating; or active_volume",
            );
        }
        _ => {}
    }
    match (cathode.mean_voltage, cathode.ocp.clone()) {
        (Some(_), Some(_)) => s.omit(&key("ocp"), "and \"mean_voltage\" are both given; one of them says the voltage"),
        (Some(volts), None) => cathode.potential = volts,
        (None, Some(text)) => match open_circuit(&text, folder, remarks) {
            Ok(ocp) => cathode.potential = ocp.mean(ocp.lithiation()),
            Err(problem) => s.omit(&key("ocp"), problem),
        },
        (None, None) if lacks_both(&key("mean_voltage"), &key("ocp")) => {
            let keys = [key("mean_voltage"), key("ocp")].map(|key| s.name(&key));
            s.lacks(
                &key("mean_voltage"),
                &[&keys[0], &keys[1]],
                "is missing: the mean potential of the cathode against lithium; or an open-circuit potential, ocp",
            );
        }
        (None, None) => {}
    }
    if cathode.nickel_share.is_some() && cathode.material != Material::Other {
        s.omit(
            &key("nickel_share"),
            format!("is that of the material, {:?}; give one of the two", cathode.material.name()),
        );
    }
    let volts = cathode.potential - cathode.polarisation;
    if cathode.potential > 0.0 && volts <= 0.0 {
        s.omit(
            &key("polarisation"),
            format!("{} V leaves nothing of a mean potential of {:.3} V", cathode.polarisation, cathode.potential),
        );
    }
    if let Negative::Graphite(of) = &cell.negative {
        graphite(s, &format!("{at}negative"), of);
        if volts > 0.0 && volts <= of.mean_potential {
            s.omit(
                &format!("{at}negative.mean_potential"),
                format!("{} V is no less than the {volts:.3} V of the cathode", of.mean_potential),
            );
        }
    }
}

/// Holds a negative electrode of graphite against what it must do.
fn graphite(s: &Section, at: &str, graphite: &Graphite) {
    if graphite.np_ratio < 1.0 && graphite.np_ratio > 0.0 {
        s.omit(
            &format!("{at}.np_ratio"),
            format!(
                "{} is less than 1: the graphite would be full before the cathode is empty, and lithium plates on it",
                graphite.np_ratio
            ),
        );
    }
}

/// A range needs both an energy and a consumption; ranges that are given need the second alone.
fn pack(s: &Section, asked: &Asked) {
    let given = [("energy", asked.pack.energy.is_some()), ("consumption", asked.pack.consumption.is_some())];
    if let [(_, true), (lacking, false)] | [(lacking, false), (_, true)] = given
        && !(lacking == "energy" && asked.driving.is_some())
        && !s.has_inner(&format!("pack.{lacking}"))
    {
        let key = format!("pack.{lacking}");
        s.lacks(
            &key,
            &[&s.name(&key), &s.name(if lacking == "energy" { "driving" } else { &key })],
            "is missing: a range takes the energy of the pack and the consumption of the car",
        );
    }
}

/// The distances of days, from a distribution or from a file.
fn driving(s: &Section, driving: &mut Driving, folder: &Path) {
    match (driving.median.is_some(), driving.spread.is_some(), driving.days.clone()) {
        (true, true, None) => {}
        (false, false, Some(file)) => match tables::distances(&folder.join(&file)) {
            Ok(distances) => driving.distances = distances,
            Err(problem) => s.omit("driving.days", problem),
        },
        (_, _, Some(_)) => {
            s.omit("driving.days", "and a distribution are both given; take the file, or median and spread")
        }
        (..) if s.has_inner("driving.days") => {}
        (median, _, None) => {
            let key = if median { "driving.spread" } else { "driving.median" };
            let keys = ["driving.median", "driving.spread", "driving.days"].map(|key| s.name(key));
            s.lacks(
                key,
                &[&s.name(key), &keys[2]],
                "is missing: median and spread say how far the car goes in a day, or a file of days",
            );
        }
    }
}

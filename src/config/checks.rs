//! What single keys cannot tell: whether the pieces of a config fit together.

use super::reader::Problems;
use crate::model::electrolyte::Electrolyte;
use crate::model::parameters::{CollectorShape, InitialDeposit, Nucleation, Setup};

/// Smallest ℓ/dx that the grid resolves: 10–90 % of the profile over 3.5 cells.
const THINNEST: f64 = 0.8;
/// Smallest nucleus radius over ℓ: below, the tanh profile of a cap has no core.
const SMALLEST_NUCLEUS: f64 = 2.5;

/// Records violations in `problems` and returns remarks. NaN marks values that were objected to before and passes.
pub fn check(setup: &Setup, problems: &Problems) -> Vec<String> {
    let object = |problem: String| problems.borrow_mut().push(problem);
    let um = 1e6;
    let (grid, ell, box_height) = (&setup.grid, setup.ell, setup.grid.height());
    if ell < THINNEST * grid.dx * (1.0 - 1e-9) {
        object(format!(
            "grid.ell: an interface length of {:.4} µm is thinner than cells of {:.4} µm resolve; at least {THINNEST} dx = {:.4} µm",
            ell * um,
            grid.dx * um,
            THINNEST * grid.dx * um
        ));
    }
    if grid.nz < 4 {
        object(format!("grid.cells: {} cells along z are too few; at least 4", grid.nz));
    }
    if grid.cells() > u32::MAX as usize {
        object(format!("grid.cells: {} cells are more than 2^32 − 1", grid.cells()));
    }
    let top_of = |height: f64| height + 4.0 * ell;
    let copper = setup.collector.height;
    if top_of(copper) > box_height {
        object(format!(
            "collector.height: the copper at {:.3} µm leaves no room for the interface under the top at {:.3} µm",
            copper * um,
            box_height * um
        ));
    }
    match &setup.deposit {
        InitialDeposit::None => {}
        InitialDeposit::Layer { thickness } => {
            if top_of(copper + thickness) > box_height {
                object(format!(
                    "deposit.thickness: lithium up to {:.3} µm is taller than the box of {:.3} µm less its interface",
                    (copper + thickness) * um,
                    box_height * um
                ));
            }
        }
        InitialDeposit::Sphere { centre, radius } => {
            if top_of(centre[2] + radius) > box_height {
                object(format!(
                    "deposit.radius: the sphere reaches {:.3} µm, above the box",
                    (centre[2] + radius) * um
                ));
            }
        }
    }
    let radii: Vec<(String, f64)> = match &setup.nucleation {
        Nucleation::None => Vec::new(),
        Nucleation::Poisson { radius, .. } | Nucleation::AtOnce { radius, .. } => {
            vec![("nucleation.radius".into(), *radius)]
        }
        Nucleation::Listed { nuclei } => {
            let name = |i| format!("nucleation.nuclei[{i}].radius");
            nuclei.iter().enumerate().map(|(i, n)| (name(i), n.radius)).collect()
        }
    };
    for (key, radius) in radii {
        if radius < SMALLEST_NUCLEUS * ell * (1.0 - 1e-9) {
            object(format!(
                "{key}: a nucleus of {:.3} µm is smaller than the interface carries; at least 2.5 ℓ = {:.3} µm",
                radius * um,
                SMALLEST_NUCLEUS * ell * um
            ));
        }
        if top_of(copper + radius) > box_height {
            object(format!("{key}: a nucleus of {:.3} µm on the copper is taller than the box", radius * um));
        }
    }
    if let Nucleation::Listed { nuclei } = &setup.nucleation {
        for (i, n) in nuclei.iter().enumerate() {
            if n.x > grid.nx as f64 * grid.dx || n.y > grid.ny as f64 * grid.dx {
                object(format!("nucleation.nuclei[{i}]: ({:.3}, {:.3}) µm lies outside the box", n.x * um, n.y * um));
            }
        }
    }
    if let Some(separator) = &setup.separator {
        if separator.bottom < top_of(copper) {
            object(format!(
                "separator.bottom: {:.3} µm lies in the copper's interface, which ends at {:.3} µm",
                separator.bottom * um,
                top_of(copper) * um
            ));
        }
        if separator.bottom >= box_height {
            object(format!("separator.bottom: {:.3} µm lies above the box", separator.bottom * um));
        }
    }
    if let Some(height) = setup.end.height
        && (height <= copper || height > box_height)
    {
        object(format!("end.height: {:.3} µm must lie between the copper and the top of the box", height * um));
    }
    let end = &setup.end;
    if end.charge.is_none() && end.time.is_none() && end.height.is_none() {
        object("end: give charge, time or height, or the run may never end".into());
    }
    if let CollectorShape::Map { file, dataset: None, .. } = &setup.collector.shape
        && file.ends_with(".h5")
    {
        object("collector.dataset: is missing; it names the heights in the HDF5 file".into());
    }
    if let CollectorShape::Map { file, height_range: None, .. } = &setup.collector.shape
        && file.ends_with(".png")
    {
        object("collector.height_range: is missing; it is the height between black and white".into());
    }
    if setup.time_step.smallest > setup.time_step.first || setup.time_step.first > setup.time_step.largest {
        object("time_step: smallest, first and largest must not fall".into());
    }
    let nothing_to_plate_on = setup.deposit == InitialDeposit::None && setup.nucleation == Nucleation::None;
    if nothing_to_plate_on && setup.kinetics.double_layer == 0.0 {
        object("nucleation.kind: bare copper without nuclei and without a double layer takes no current".into());
    }
    if setup.deposit == InitialDeposit::None
        && matches!(setup.nucleation, Nucleation::Poisson { .. })
        && setup.kinetics.double_layer == 0.0
    {
        object("kinetics.double_layer: must be positive while the copper is bare; 0.2 F/m^2 is usual".into());
    }
    remarks(setup)
}

fn remarks(setup: &Setup) -> Vec<String> {
    let mut remarks = Vec::new();
    if let Electrolyte::Landesfeind { .. } = setup.electrolyte {
        let p = setup.electrolyte.at(setup.top.c0, setup.temperature);
        if p.transference == 0.0 {
            remarks.push(format!(
                "the fit's transference number is negative at {:.0} mol/m³; it is held at 0",
                setup.top.c0
            ));
        }
    }
    if matches!(setup.electrolyte, Electrolyte::Nyman) && setup.top.c0 > 2000.0 {
        remarks.push("Nyman's fit ends at 2000 mol/m³; above, its last values hold".into());
    }
    if setup.ell > 2.0 * setup.grid.dx {
        remarks.push("ell is more than 2 dx: the same resolution costs fewer cells with ell = dx".into());
    }
    remarks
}

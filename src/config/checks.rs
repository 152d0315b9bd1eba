//! What single keys cannot tell: whether the pieces of a config fit together.

mod ahead;
mod ranges;

use super::reader::Problems;
use crate::io::height_map::MOST_PIXELS;
use crate::mechanisms;
use crate::model::collector;
use crate::model::electrolyte::Electrolyte;
use crate::model::measured;
use crate::model::parameters::{CollectorShape, Control, InitialDeposit, Nucleation, Pattern, Setup};
use crate::model::protocol::Limit;

/// Smallest ℓ/dx that the grid resolves: 10–90 % of the profile over 3.5 cells.
const THINNEST: f64 = 0.8;
/// Smallest nucleus radius over ℓ: below, the tanh profile of a cap has no core.
pub const SMALLEST_NUCLEUS: f64 = 2.5;

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
    for (name, mechanism) in setup.mechanisms.each() {
        mechanism
            .objections(&setup.kinetics)
            .into_iter()
            .for_each(|(key, problem)| object(format!("{name}.{key}: {problem}")));
    }
    if let Some([leaves, takes]) = setup.mechanisms.clash() {
        object(format!(
            "{leaves}: [{takes}] would go on taking lithium where there is no contact: leave one of the two out; kinetics.film resists in contact alone"
        ));
    }
    let on = setup.mechanisms.fields();
    for name in &setup.output.fields {
        let Some((_, field)) = mechanisms::field(name) else { continue };
        if !on.iter().any(|field| field.name == name) {
            object(format!("output.fields: {name:?} needs a section [{}]", field.section));
        }
    }
    pattern(setup, &object);
    if let Some((field, _)) = setup.mechanisms.grains().filter(|_| setup.nucleation == Nucleation::None) {
        object(format!("{}: nuclei begin grains, and without nucleation there are none", field.section));
    }
    if setup.end.short && setup.cathode.as_ref().is_some_and(|cathode| cathode.short.is_some()) {
        object("cathode.short_resistance: a run that ends at a short needs none; set end.short = false".into());
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
    let layer_reaches = |height: f64| {
        if top_of(copper + height) > box_height {
            object(format!(
                "deposit.thickness: lithium up to {:.3} µm is taller than the box of {:.3} µm less its interface",
                (copper + height) * um,
                box_height * um
            ));
        }
    };
    match &setup.deposit {
        InitialDeposit::None => {}
        InitialDeposit::Layer { thickness } => layer_reaches(*thickness),
        InitialDeposit::Boss { thickness, radius } => layer_reaches(thickness + radius),
        InitialDeposit::Ripple { thickness, amplitude, wavelength } => {
            layer_reaches(thickness + amplitude);
            let waves = grid.nx as f64 * grid.dx / wavelength;
            if waves < 0.5 || (waves - waves.round()).abs() > 1e-6 * waves {
                object(format!(
                    "deposit.wavelength: {:.4} µm does not divide the width of the box, {:.4} µm",
                    wavelength * um,
                    grid.nx as f64 * grid.dx * um
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
        let of_pattern = setup.collector.pattern.as_ref().and_then(|pattern| pattern.patch().contact_angle);
        for angle in [setup.collector.contact_angle].into_iter().chain(of_pattern) {
            let cap = radius * (1.0 - angle.cos());
            if cap < ell {
                object(format!(
                    "{key}: at a contact angle of {:.0}° the cap is {:.3} µm high, less than ℓ = {:.3} µm",
                    angle.to_degrees(),
                    cap * um,
                    ell * um
                ));
            }
            if top_of(copper + cap) > box_height {
                object(format!(
                    "{key}: at a contact angle of {:.0}° a nucleus of {:.3} µm on the copper is taller than the box",
                    angle.to_degrees(),
                    radius * um
                ));
            }
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
        if separator.thickness < grid.dx {
            object(format!("separator.thickness: {:.3} µm is less than a cell", separator.thickness * um));
        }
        if separator.bottom >= box_height {
            object(format!("separator.bottom: {:.3} µm lies above the box", separator.bottom * um));
        }
    }
    if let Some(column) = setup.top.column {
        objection_to_column(setup, column).into_iter().for_each(|problem| object(format!("top.column: {problem}")));
    }
    if let Some(height) = setup.end.height
        && (height <= copper || height > box_height)
    {
        object(format!("end.height: {:.3} µm must lie between the copper and the top of the box", height * um));
    }
    let end = &setup.end;
    let protocol = &setup.protocol;
    let is_at_rest = setup.top.control == Control::Current(0.0);
    if protocol.is_empty() && !is_at_rest && end.charge.is_none() && end.time.is_none() && end.height.is_none() {
        object("end: give charge, time or height, or the run may never end".into());
    }
    if setup.time_step.smallest > setup.time_step.first || setup.time_step.first > setup.time_step.largest {
        object("time_step: smallest, first and largest must not fall".into());
    }
    let from_the_start = match &setup.nucleation {
        Nucleation::None | Nucleation::Poisson { .. } => false,
        Nucleation::AtOnce { .. } => true,
        Nucleation::Listed { nuclei } => nuclei.iter().any(|nucleus| nucleus.time == 0.0),
    };
    if setup.deposit == InitialDeposit::None && !from_the_start && setup.kinetics.double_layer == 0.0 {
        object("kinetics.double_layer: must be positive while the copper is bare; 0.2 F/m^2 is usual".into());
    }
    if end.charge.is_some() && !protocol.is_empty() {
        object(
            "end.charge: the steps of the protocol say how much passes; time, potentials and height may end it early"
                .into(),
        );
    }
    if protocol.is_empty() && is_at_rest && end.time.is_none() {
        object("end.time: is missing; without current no charge and no height will end the run".into());
    }
    if let Nucleation::AtOnce { density, .. } = setup.nucleation
        && density * grid.dx * grid.dx > 1.0
    {
        object(format!("nucleation.density: {density:e} /m^2 is more than one nucleus a cell"));
    }
    let side = grid.nx.max(grid.ny).max(grid.nz) as f64 * grid.dx;
    let lengths = [
        (
            "kinetics.heterogeneity.correlation_length",
            setup.kinetics.heterogeneity.as_ref().map(|h| h.correlation_length),
        ),
        (
            "collector.correlation_length",
            match setup.collector.shape {
                CollectorShape::Rough { correlation_length, .. } => Some(correlation_length),
                _ => None,
            },
        ),
    ];
    for (key, length) in lengths {
        if length.is_some_and(|length| length > side) {
            object(format!("{key}: is longer than the box of {:.3} µm", side * um));
        }
    }
    limits_beyond_compliance(setup, &object);
    let (strange, mut remarked) = ranges::look(setup);
    strange.into_iter().for_each(object);
    remarked.extend(remarks(setup));
    remarked
}

/// Violations and remarks that only a run has: what it will meet on its way.
pub fn ahead(setup: &Setup) -> (Vec<String>, Vec<String>) {
    ahead::look(setup)
}

/// Four significant digits, as people write them.
fn four(value: f64) -> String {
    let size = value.abs();
    let bare = |text: &str| match text.contains('.') {
        true => text.trim_end_matches('0').trim_end_matches('.').to_string(),
        false => text.to_string(),
    };
    if value == 0.0 || !value.is_finite() || (1e-3..1e6).contains(&size) {
        let decimals = if size > 0.0 { (3.0 - size.log10().floor()).clamp(0.0, 9.0) as usize } else { 0 };
        return bare(&format!("{value:.decimals$}"));
    }
    let text = format!("{value:.3e}");
    let (mantissa, exponent) = text.split_once('e').unwrap_or((&text, "0"));
    format!("{}e{exponent}", bare(mantissa))
}

/// What is wrong with a column of electrolyte that ends `column` \[m\] above the copper.
fn objection_to_column(setup: &Setup, column: f64) -> Option<String> {
    let um = 1e6;
    let (grid, copper) = (&setup.grid, setup.collector.height);
    let top = grid.height();
    if !setup.electrolyte.has_salt() {
        return Some("a single-ion conductor has no salt that a column could supply".into());
    }
    if column < top - copper + grid.dx * (1.0 - 1e-9) {
        return Some(format!(
            "the electrode at {:.3} µm above the copper must lie a cell or more above the box, whose top is at {:.3} µm",
            column * um,
            (top - copper) * um
        ));
    }
    let separator = setup.separator.as_ref().map(|separator| separator.bottom + separator.thickness)?;
    (separator > top + 0.5 * grid.dx).then(|| {
        format!(
            "the separator ends at {:.3} µm, above the box of {:.3} µm: a column holds electrolyte alone",
            separator * um,
            top * um
        )
    })
}

/// Objects to every limit of the potential that lies beyond the compliance: it would never be met.
fn limits_beyond_compliance(setup: &Setup, object: &impl Fn(String)) {
    let of_run = setup.top.compliance;
    let objection = |limit: f64, compliance: f64| {
        format!("{limit} V is never met: the compliance keeps the potential above {compliance} V vs Li")
    };
    if let (Some(limit), Some(compliance)) = (setup.end.potential_below, of_run)
        && limit < compliance
        && !(setup.protocol.is_empty() && matches!(setup.top.control, Control::Potential(_)))
    {
        let key = "(top.compliance; give a lower one, or \"none\")";
        object(format!("end.potential_below: {} {key}", objection(limit, compliance)));
    }
    for (i, block) in setup.protocol.blocks.iter().enumerate() {
        for step in &block.steps {
            let key = if step.compliance.is_some() { "" } else { " (top.compliance; give a lower one, or \"none\")" };
            for limit in &step.limits {
                if let (Limit::PotentialBelow(limit), Some(compliance)) = (*limit, step.compliance.or(of_run))
                    && limit < compliance
                {
                    object(format!("protocol[{i}].steps: {:?}: {}{key}", step.text, objection(limit, compliance)));
                }
            }
        }
    }
}

fn remarks(setup: &Setup) -> Vec<String> {
    let mut remarks = Vec::new();
    if matches!(setup.electrolyte, Electrolyte::Landesfeind { .. } | Electrolyte::Table { .. }) {
        // from nearly none to twice c0: where a run may take the salt
        let clamped = |x: &f64| {
            let transference = setup.electrolyte.at(x * setup.top.c0, setup.temperature).transference;
            transference == 0.0 || transference == 0.95
        };
        let shares: Vec<f64> = (1..=40).map(|i| 0.05 * f64::from(i)).filter(clamped).collect();
        if let (Some(low), Some(high)) = (shares.first(), shares.last()) {
            remarks.push(format!(
                "the fit's transference number leaves 0…0.95 between {:.0} and {:.0} mol/m³ and is held there",
                low * setup.top.c0,
                high * setup.top.c0
            ));
        }
    }
    remarks.extend(measured::beyond(setup));
    if setup.cathode.is_none() && setup.cell.as_ref().is_some_and(|design| design.asked.cooling.is_some()) {
        remarks.push(
            "cell.cooling: without [cathode] the heat that is told, and warms the cell, is that of the lithium and the electrolyte alone".into(),
        );
    }
    if setup.ell > 2.0 * setup.grid.dx {
        remarks.push("ell is more than 2 dx: the same resolution costs fewer cells with ell = dx".into());
    }
    remarks
}

/// Objects to a pattern on the copper that does not fit the box, or that nothing follows.
fn pattern(setup: &Setup, object: &dyn Fn(String)) {
    let Some(pattern) = &setup.collector.pattern else { return };
    let (patch, grid) = (pattern.patch(), &setup.grid);
    let (period, width, is_dotted) = match *pattern {
        Pattern::Stripes { period, width, .. } => (period, width, false),
        Pattern::Dots { period, width, .. } => (period, width, true),
        Pattern::Map { .. } => (grid.nx as f64 * grid.dx, 0.0, false),
    };
    for (axis, cells) in [("x", grid.nx), ("y", grid.ny)] {
        let (side, is_followed) = (cells as f64 * grid.dx, axis == "x" || (is_dotted && cells > 1));
        let periods = side / period;
        if is_followed && ((periods - periods.round()).abs() > 1e-6 * periods || periods.round() < 1.0) {
            object(format!(
                "collector.pattern.period: the box is {:.4} µm wide along {axis}, {periods:.3} periods of {:.4} µm; it repeats, and \
                 needs a whole number",
                side * 1e6,
                period * 1e6
            ));
        }
    }
    if width > period {
        object(format!(
            "collector.pattern.width: {:.4} µm is more than the period of {:.4} µm",
            width * 1e6,
            period * 1e6
        ));
    }
    let draws = matches!(setup.nucleation, Nucleation::Poisson { .. } | Nucleation::AtOnce { .. });
    // of a key that is wrong, or a map that could not be read, something else complains
    let is_read = !matches!(pattern, Pattern::Map { share, .. } if share.is_empty());
    let is_known = is_read && [grid.dx, period, width].iter().all(|length| length.is_finite());
    let is_small = grid.nx.saturating_mul(grid.ny) <= MOST_PIXELS;
    let inside = if is_known && is_small { collector::inside(grid, pattern) } else { f64::NAN };
    if inside == 0.0 {
        object(format!(
            "collector.pattern: no column of the box is inside it; columns are {:.4} µm wide",
            grid.dx * 1e6
        ));
    }
    let factors = (1.0 - inside) * patch.outside + inside * patch.inside;
    if draws && factors == 0.0 {
        object(format!(
            "collector.pattern: nothing nucleates anywhere with inside = {}, outside = {} and {:.0} % of the copper inside",
            patch.inside,
            patch.outside,
            100.0 * inside
        ));
    }
    if !draws && patch.contact_angle.is_none() && patch.film == 0.0 {
        object(
            "collector.pattern: nothing follows it: it has neither contact_angle nor film, and only nuclei of the kinds poisson and at_once \
             have a rate or a density"
                .into(),
        );
    }
}

#[cfg(test)]
mod tests {
    use super::four;

    #[test]
    fn four_digits_and_no_more() {
        let texts = [0.0, -0.1, 12.0, 3.456_78, 123_456.7, 2e9, 1e-308].map(four);
        assert_eq!(texts, ["0", "-0.1", "12", "3.457", "123457", "2e9", "1e-308"]);
    }
}

//! What `liplate check` says about the shapes that a run can grow.

use std::f64::consts::TAU;

use super::line;
use crate::control::time_step::CAPILLARITY;
use crate::model::constants::{FARADAY, LITHIUM_MOLAR_VOLUME};
use crate::model::numerics::PROBE_DISTANCE;
use crate::model::parameters::{Control, InitialDeposit, Nucleation, Salt, Setup};
use crate::model::protocol::Step;
use crate::model::regime::{self, DEPLETED, Medium, Outlook, TIP_OVER_CUT_OFF, TIPS_WIN};
use crate::model::scales::Scales;
use crate::solver::column;

/// Least radius of a tip that is resolved \[dx\].
const RESOLVED: f64 = 4.0;

/// The largest plating current of a run, and how long it flows.
struct Plan {
    /// current density \[A/m²\]
    current: f64,
    /// how long it flows, if the config tells \[s\]
    time: Option<f64>,
    /// potential that is given instead: the current is then that of the start \[V\]
    potential: Option<f64>,
    /// temperature \[K\]
    temperature: f64,
    /// potential down to which it is kept up, if there is one \[V\]
    compliance: Option<f64>,
}

/// What the lines about the regime come to.
#[derive(Default)]
pub(super) struct Regime {
    /// whether the deposit can be dendritic
    pub dendritic: bool,
    /// whether the salt at the lithium is used up in the course of the run
    pub depletes: bool,
    /// warnings
    pub warnings: Vec<String>,
}

/// The lines about the regime.
pub(super) fn lines(text: &mut String, setup: &Setup) -> Regime {
    let Some(plan) = plan(setup) else { return Regime::default() };
    let setup = &setup.at(plan.temperature);
    let (medium, film, current) = (Medium::of(setup), regime::film(setup), plan.current);
    let gap = regime::gap(setup, regime::first_front(setup));
    let given = match plan.potential {
        Some(potential) => {
            format!("{} A/m^2, that of a flat front at {} V at the start", digits(current), digits(potential))
        }
        None => format!("{} A/m^2", digits(current)),
    };
    let kinetic = |c: f64, current: f64| micrometres(1.0 / medium.wave_number(c, current, film));
    line(text, "1/k_kin at c0", format!("{} at {given}", kinetic(1.0, current)));
    let late = late(setup, &plan, gap);
    if setup.electrolyte.has_salt() {
        line(text, "1/k_kin at 1 % of c0", format!("{} at {} A/m^2", kinetic(DEPLETED, late), digits(late)));
        salt(text, setup, &plan, gap);
    }
    let scales = Scales::new(setup);
    let slope =
        medium.slope_through_layer(current, film, PROBE_DISTANCE * setup.ell) * scales.potential / scales.current;
    let longest = CAPILLARITY / (slope * scales.relaxation(setup));
    if longest.is_finite() {
        line(text, "capillarity allows at the start", format!("steps of {longest:.2e} s"));
    }

    let (size, what) = feature(setup, &plan);
    let outlook = Outlook::new(setup, [current, late], plan.time, size, gap);
    line(text, "regime", sentence(setup, &outlook, size, what));
    let mut warnings: Vec<String> = beyond_the_limit(setup, &plan, &outlook, gap).into_iter().collect();
    if !outlook.can_be_dendritic() {
        return Regime { dendritic: false, depletes: outlook.depletes, warnings };
    }
    let tip = TIP_OVER_CUT_OFF * medium.cut_off(outlook.c, late);
    let cells = tip / setup.grid.dx;
    let salt = if setup.electrolyte.has_salt() { format!(" at c/c0 = {:.2}", outlook.c) } else { String::new() };
    line(text, "  its tips, radius", format!("{}{salt} = {} dx (0.3 λ_c)", micrometres(tip), digits(cells)));
    let blunt = (cells < RESOLVED).then(|| {
        format!(
            "tips of {} or sharper are expected, {} dx: below {RESOLVED} dx the grid and not the surface energy tells \
             how sharp they are; dx = {} would resolve them",
            micrometres(tip),
            digits(cells),
            micrometres(tip / RESOLVED)
        )
    });
    warnings.extend(blunt);
    Regime { dendritic: true, depletes: outlook.depletes, warnings }
}

/// What happens where a current that is given is more than the salt can carry.
fn beyond_the_limit(setup: &Setup, plan: &Plan, outlook: &Outlook, gap: f64) -> Option<String> {
    if !setup.electrolyte.has_salt() || plan.potential.is_some() {
        return None;
    }
    let medium = Medium::of(setup);
    let limit = medium.limiting_current(setup.top.salt, gap);
    if plan.current <= limit {
        return None;
    }
    let sand = digits(medium.sand_time(plan.current));
    let beginning = format!(
        "the current of {} A/m^2 is {} times the limiting current of {} A/m^2",
        digits(plan.current),
        digits(plan.current / limit),
        digits(limit)
    );
    let then = match (outlook.depletes, plan.compliance) {
        (false, _) => format!("it ends before Sand's time, {sand} s, so that the salt lasts"),
        (true, Some(compliance)) => format!(
            "after about {sand} s the salt at the lithium is used up, and the potential falls to the compliance, {compliance} V vs Li: from \
             then on that is kept, and less current flows than is asked for"
        ),
        (true, None) => format!(
            "after about {sand} s the salt at the lithium is used up, and without a compliance the guard ends the run: give top.compliance, \
             or a smaller current"
        ),
    };
    Some(format!("{beginning}: {then}"))
}

/// Current density once the salt has moved: a potential drives no more than the limiting current, a given current goes on \[A/m²\].
fn late(setup: &Setup, plan: &Plan, gap: f64) -> f64 {
    if plan.potential.is_some() && setup.electrolyte.has_salt() {
        plan.current.min(Medium::of(setup).limiting_current(setup.top.salt, gap))
    } else {
        plan.current
    }
}

/// Limiting current and Sand's time.
fn salt(text: &mut String, setup: &Setup, plan: &Plan, gap: f64) {
    let medium = Medium::of(setup);
    let end = match setup.top.salt {
        Salt::Reservoir => "a reservoir",
        Salt::Cathode => "a cathode",
    };
    let limit = medium.limiting_current(setup.top.salt, gap);
    let share = plan.current / limit;
    let across = format!("across {} to {end}", micrometres(gap));
    let of = match setup.top.column {
        Some(_) => {
            let (height, cells) = (setup.height_above_box(), column::cells(setup).len());
            line(text, "column above the box", format!("{} in {cells} cells, up to {end}", micrometres(height)));
            "limiting current with the column"
        }
        None => "limiting current of the box",
    };
    line(text, of, format!("{} A/m^2 {across}; the current is {} of it", digits(limit), digits(share)));
    let (sand, felt) = (medium.sand_time(plan.current), medium.felt_after(gap));
    line(
        text,
        "Sand's time",
        format!("{} s (half space, properties at c0; the top is felt after {} s)", digits(sand), digits(felt)),
    );
}

/// The regime with its reason.
fn sentence(setup: &Setup, outlook: &Outlook, size: f64, what: &str) -> String {
    let word = if outlook.can_be_dendritic() { "can be dendritic" } else { "compact" };
    let mut sentence =
        format!("{word}: k_kin × size = {} at c0 for {what} of {}", digits(outlook.at_start), micrometres(size));
    if setup.electrolyte.has_salt() {
        sentence += &format!(", {} at c/c0 = {:.2}", digits(outlook.at_end), outlook.c);
    }
    sentence += &format!(" (tips win above {TIPS_WIN} to 4)");
    if outlook.depletes {
        sentence += "; beyond the limiting current for longer than Sand's time: the salt at the lithium is used up";
    }
    sentence
}

/// Size of the largest features that the run can bring forth \[m\], and what they are.
///
/// Nuclei, or what a ripple grows to: its size is 1/k. A box has room for a wavelength of its width, and one that is levelled by nothing
/// grows by e^(k h) while a thickness h is plated: what is larger than h hardly grows.
fn feature(setup: &Setup, plan: &Plan) -> (f64, &'static str) {
    let grid = &setup.grid;
    let widest = grid.nx.max(grid.ny) as f64 * grid.dx / TAU;
    let charge = setup.end.charge.or(plan.time.map(|time| time * plan.current));
    let thickness = charge.map_or(f64::INFINITY, |charge| charge * LITHIUM_MOLAR_VOLUME / FARADAY);
    let bump = match setup.deposit {
        InitialDeposit::Boss { radius, .. } | InitialDeposit::Sphere { radius, .. } => radius,
        _ => 0.0,
    };
    [(bump, "a bump"), (largest_nucleus(&setup.nucleation), "nuclei"), (thickness.min(widest), "features")]
        .into_iter()
        .fold((0.0, "features"), |largest, one| if one.0 > largest.0 { one } else { largest })
}

/// Largest radius of a nucleus, 0 if there is none \[m\].
fn largest_nucleus(nucleation: &Nucleation) -> f64 {
    match nucleation {
        Nucleation::None => 0.0,
        Nucleation::Poisson { radius, .. } | Nucleation::AtOnce { radius, .. } => *radius,
        Nucleation::Listed { nuclei } => nuclei.iter().map(|nucleus| nucleus.radius).fold(0.0, f64::max),
    }
}

/// The largest plating current, given or, at a given potential, expected at the start; none if nothing plates.
fn plan(setup: &Setup) -> Option<Plan> {
    if setup.protocol.is_empty() {
        let time = setup.end.time;
        return match setup.top.control {
            Control::Current(i) => {
                let charged = setup.end.charge.map(|charge| charge / i);
                let first = [time, charged].into_iter().flatten().reduce(f64::min);
                Some(Plan {
                    current: i,
                    time: first,
                    potential: None,
                    temperature: setup.temperature,
                    compliance: setup.top.compliance,
                })
            }
            Control::Potential(v) => at_potential(setup, v, time),
        }
        .filter(|plan| plan.current > 0.0);
    }
    let steps = setup.protocol.blocks.iter().flat_map(|block| &block.steps);
    steps.filter_map(|step| plan_of(setup, step)).max_by(|a, b| a.current.total_cmp(&b.current))
}

/// Tells what a step of the protocol asks of the electrolyte; none if it holds a cell voltage.
fn plan_of(setup: &Setup, step: &Step) -> Option<Plan> {
    let temperature = step.temperature.unwrap_or(setup.temperature);
    if step.voltage.is_some() {
        return None;
    }
    match (step.control, step.ramp.map(|ramp| ramp.from)) {
        (Control::Current(to), from) => {
            let current = match (from, &step.profile) {
                (_, Some(profile)) => profile.greatest(),
                (Some(Control::Current(from)), _) => from.max(to),
                _ => to,
            };
            let current = felt_by_salt(setup, step, current);
            let time = step.charge().map(|charge| charge / current);
            Some(Plan {
                current,
                time,
                potential: None,
                temperature,
                compliance: step.compliance.or(setup.top.compliance),
            })
        }
        (Control::Potential(v), _) => at_potential(&setup.at(temperature), v, None),
    }
    .filter(|plan| plan.current > 0.0)
}

/// The current of a step, or the mean of its pulses where they are over before the salt is: the salt knows no more of them \[A/m²\].
fn felt_by_salt(setup: &Setup, step: &Step, current: f64) -> f64 {
    match step.pulse {
        Some([on, off]) if !setup.electrolyte.has_salt() || on < Medium::of(setup).sand_time(current) => {
            current * on / (on + off)
        }
        _ => current,
    }
}

fn at_potential(setup: &Setup, potential: f64, time: Option<f64>) -> Option<Plan> {
    let gap = regime::gap(setup, regime::first_front(setup));
    let current = Medium::of(setup).current_at(potential, gap, regime::film(setup));
    Some(Plan { current, time, potential: Some(potential), temperature: setup.temperature, compliance: None })
}

fn micrometres(length: f64) -> String {
    format!("{} µm", digits(length * 1e6))
}

/// Three significant digits, or all before the point.
fn digits(value: f64) -> String {
    let decimals = (2.0 - value.abs().log10().floor()).clamp(0.0, 9.0) as usize;
    format!("{value:.decimals$}")
}

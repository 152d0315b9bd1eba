//! Shapes of a crystal: the one of least energy, to which a sphere relaxes, and the one that slow facets give it.
//!
//! Without current a body relaxes to the shape of Wulff: where the normal is n the surface stands at C ξ(n), ξ Cahn and Hoffman's vector; along
//! the axes and diagonals of a cubic crystal, where ξ is parallel to n, at C h(n). It keeps its volume.
//!
//! Under one drive everywhere a facet that grows slowly stays flat and moves at its own speed; with slow {110} a sphere becomes a rhombic
//! dodecahedron, whose corners along ⟨100⟩ and ⟨111⟩ are √2 and √(3/2) times as far away as the facets. A little surface energy keeps the
//! corners as blunt as the grid can hold: 2Γ/η is 0.3 dx.

use super::{Case, Check, Lab, VerifyError};
use crate::mechanisms::crystal::Crystal;
use crate::model::constants::{FARADAY, GAS, LITHIUM_MOLAR_VOLUME};
use crate::model::orientation::{FAMILIES, Rotation, dot, unit};
use crate::model::parameters::{Control, InitialDeposit, Setup};

/// The case.
pub const CASE: Case = Case {
    name: "wulff",
    about: "shapes of a turned crystal: the one at rest, and the rhombic dodecahedron of slow facets",
    source: "Wulff's construction for the surface energy, and for the kinetics",
    quick: false,
    run,
};

/// Largest relative error of a distance of the shape at rest.
const AT_REST: f64 = 0.01;
/// Largest relative error of the ratio of two distances of the shape that grows.
const RATIO: f64 = 0.03;
/// Largest relative error of the way of a facet.
const FACET: f64 = 0.02;
/// Largest relative error of the distance from the middle to the plane of a facet, [`TILT`] away from its middle.
const FLAT: f64 = 0.02;
/// Angle from the middle of a facet \[rad\].
const TILT: f64 = 0.2;
/// Largest error of the ledger of lithium.
const VOLUME: f64 = 1e-9;
/// Strength of the surface energy's harmonic.
const E1: f64 = 0.2;
/// How slow the facets are, and how sharply that falls off.
const FACETS: [f64; 2] = [4.0, 16.0];
/// Surface energy while it grows \[J/m²\].
const GAMMA: f64 = 0.1;
/// Drive of the growth \[V\].
const DRIVE: f64 = 1e-3;
/// How far a facet grows \[dx\].
const WAY: f64 = 7.0;
/// Names of the directions of [`FAMILIES`].
const NAMES: [&str; 3] = ["⟨100⟩", "⟨110⟩", "⟨111⟩"];

fn run(lab: &Lab) -> Result<Vec<Check>, VerifyError> {
    let (mut checks, grown) = (at_rest(lab)?, grown(lab)?);
    checks.extend(grown);
    Ok(checks)
}

/// The crystal of a setup.
fn crystal(setup: &Setup) -> Result<&Crystal, VerifyError> {
    setup.mechanisms.crystal.as_ref().ok_or_else(|| VerifyError::Case("wulff.toml must have a crystal".into()))
}

/// Middle of the sphere \[dx\] and its radius \[dx\].
fn sphere(setup: &Setup) -> Result<([f64; 3], f64), VerifyError> {
    match &setup.deposit {
        InitialDeposit::Sphere { centre, radius } => Ok((centre.map(|x| x / setup.grid.dx), radius / setup.grid.dx)),
        _ => Err(VerifyError::Case("wulff.toml must begin with a sphere".into())),
    }
}

/// A direction of the crystal in the box.
fn in_box(rotation: &Rotation, m: [f64; 3]) -> [f64; 3] {
    std::array::from_fn(|axis| dot(rotation.map(|row| row[axis]), m))
}

/// All directions of a family with both signs, as a crystal has them.
fn directions(family: usize) -> impl Iterator<Item = [f64; 3]> {
    FAMILIES[family].iter().flat_map(|&m| [unit(m), unit(m).map(|v| -v)])
}

fn at_rest(lab: &Lab) -> Result<Vec<Check>, VerifyError> {
    let setup = lab.config("wulff", &[format!("crystal.gamma_e1={E1}")])?;
    let (crystal, (centre, radius)) = (crystal(&setup)?, sphere(&setup)?);
    let (energy, orientations) = (crystal.energy(), crystal.orientations());
    // the harmonic of fourth order of a sphere decays with 18 D/R²
    let mobility = setup.kinetics.i0 * FARADAY / (GAS * setup.temperature) * (LITHIUM_MOLAR_VOLUME / FARADAY).powi(2);
    let time = 5.0 * (radius * setup.grid.dx).powi(2) / (18.0 * mobility * setup.kinetics.gamma);
    lab.with(&setup, |s| {
        s.advance_to(time)?;
        let distance = s.distance()?;
        let mut ratios: [Vec<f64>; 3] = Default::default();
        for (family, ratios) in ratios.iter_mut().enumerate() {
            for m in directions(family) {
                let reach = distance.radius(centre, in_box(orientations.of(0), m))?;
                ratios.push(reach / energy.value(m));
            }
        }
        let all: Vec<f64> = ratios.iter().flatten().copied().collect();
        let mean = all.iter().sum::<f64>() / all.len() as f64;
        let mut checks = Vec::new();
        for (name, ratios) in NAMES.into_iter().zip(&ratios) {
            let worst = ratios.iter().copied().fold(mean, |worst: f64, ratio| {
                if (ratio - mean).abs() > (worst - mean).abs() { ratio } else { worst }
            });
            checks.push(Check::relative(
                format!("at rest: worst distance along {name} over γ(n) [dx]"),
                worst,
                mean,
                AT_REST,
            ));
        }
        let ledger = s.sim.clock().ledger.lithium_error();
        checks.push(Check::absolute("at rest: lithium ledger", ledger, 0.0, VOLUME));
        Ok(checks)
    })
}

fn grown(lab: &Lab) -> Result<Vec<Check>, VerifyError> {
    let [strength, sharpness] = FACETS;
    let overrides = [
        format!("crystal.slow_110={strength}"),
        format!("crystal.sharpness={sharpness}"),
        format!("kinetics.gamma={GAMMA} J/m^2"),
        "grid.cells=[60, 60, 60]".into(),
        "deposit.centre=[\"3 um\", \"3 um\", \"3 um\"]".into(),
        "deposit.radius=0.6 um".into(),
    ];
    let mut checks = Vec::new();
    for (name, is_turned) in [("along the grid", false), ("turned", true)] {
        let mut setup = lab.config("wulff", &overrides)?;
        setup.top.control = Control::Potential(-DRIVE);
        if let Some(crystal) = setup.mechanisms.crystal.as_mut().filter(|_| !is_turned) {
            crystal.orientation = None;
        }
        checks.extend(dodecahedron(lab, &setup, name)?);
    }
    Ok(checks)
}

fn dodecahedron(lab: &Lab, setup: &Setup, name: &str) -> Result<Vec<Check>, VerifyError> {
    let (crystal, (centre, radius)) = (crystal(setup)?, sphere(setup)?);
    let (orientations, [strength, _]) = (crystal.orientations(), FACETS);
    let mean = setup.kinetics.i0 * DRIVE * FARADAY / (GAS * setup.temperature) * LITHIUM_MOLAR_VOLUME / FARADAY;
    let time = WAY * setup.grid.dx * (1.0 + strength) / mean;
    lab.with(setup, |s| {
        s.advance_to(time)?;
        let distance = s.distance()?;
        let reach = |m: [f64; 3]| distance.radius(centre, in_box(orientations.of(0), m));
        let mut of_families = [0.0; 3];
        for (family, of_family) in of_families.iter_mut().enumerate() {
            let all: Vec<f64> = directions(family).map(reach).collect::<Result<_, _>>()?;
            *of_family = all.iter().sum::<f64>() / all.len() as f64;
        }
        let [of_100, of_110, of_111] = of_families;
        // from the middle of a facet towards the middle of each that meets it in an edge
        let mut plane = of_110;
        for m in directions(1) {
            for other in directions(1).filter(|&other| (dot(m, other) - 0.5).abs() < 1e-9) {
                let aside = unit(std::array::from_fn(|k| other[k] - dot(m, other) * m[k]));
                let tilted: [f64; 3] = std::array::from_fn(|k| TILT.cos() * m[k] + TILT.sin() * aside[k]);
                let height = reach(tilted)? * dot(tilted, m);
                if (height - of_110).abs() > (plane - of_110).abs() {
                    plane = height;
                }
            }
        }
        Ok(vec![
            Check::relative(format!("{name}: way of the facets {{110}} [dx]"), of_110 - radius, WAY, FACET),
            Check::relative(
                format!("{name}: worst distance to a facet's plane, {TILT} rad off [dx]"),
                plane,
                of_110,
                FLAT,
            ),
            Check::relative(format!("{name}: r⟨100⟩/r⟨110⟩"), of_100 / of_110, 2.0f64.sqrt(), RATIO),
            Check::relative(format!("{name}: r⟨111⟩/r⟨110⟩"), of_111 / of_110, 1.5f64.sqrt(), RATIO),
        ])
    })
}

//! Two half spheres on copper, without current: the smaller has the higher drive, dissolves, and plates on the larger.
//!
//! Kinetics is slow against conduction, so that the electrolyte has one potential φ, and its current is linear in the few
//! microvolts between φ and the Gibbs-Thomson drive E = γ V_m K/F, K = 2/R, of a cap:
//!
//! ```text
//! dR_j/dt = (V_m/F) g (φ − E_j),   g = i0 F/RT,   φ = Σ R_j² E_j / Σ R_j²    (no current enters)
//! ```
//!
//! The drive of each cap is what this leaves when φ and dR_j/dt are measured. The radii are those of the level ξ = ½, and
//! the copper is at right angles to the caps, so that a half sphere stays one. The smaller is gone when no cell is half
//! lithium where it stood. A cap of less than 2 ℓ is not resolved: it is a bump of ξ below ½ whose last part in 10⁴ of the
//! lithium took until 1002 s, 14 % longer than the equations give it (2026-11-24, before src/cpu/probe.rs told specks
//! as it does now).

use super::survey::{Distance, direction};
use super::{Case, Check, Lab, Specimen, VerifyError};
use crate::model::constants::{FARADAY, GAS, LITHIUM_MOLAR_VOLUME};
use crate::model::grid::Grid;
use crate::model::parameters::{Nucleation, Setup};
use crate::solver::backend::Field;

/// The case.
pub const CASE: Case = Case {
    name: "ripening",
    about: "two caps on copper that exchange lithium: their drives, their radii, and the end of the smaller",
    source: "Gibbs-Thomson γ V_m K/F with K = 2/R; radii by the ordinary differential equations of two half spheres",
    quick: false,
    run,
};

/// Largest relative error of a drive.
const DRIVE: f64 = 0.03;
/// Largest error of a volume over that of both caps.
const VOLUME: f64 = 0.03;
/// Largest relative error of the time at which the smaller cap is gone.
const LIFETIME: f64 = 0.05;
/// Largest part of the lithium that is not in the larger cap in the end, or that got lost.
const LEFT: f64 = 1e-4;
/// The caps are compared while the smaller one loses this part of its radius, in as many parts.
const WATCHED: (f64, usize) = (0.5, 5);
/// Rays: polar angles from the axis to the copper, and azimuths.
const RAYS: [usize; 2] = [8, 16];
/// Cells beyond the first radius of the smaller cap that are looked through for what is left of it.
const AROUND: f64 = 4.0;

/// The two caps by their equations; lengths in cells.
struct Pair {
    /// middles of the feet
    feet: [[f64; 3]; 2],
    /// radii at the start: the larger, the smaller
    radii: [f64; 2],
    /// E R/2: drive of a cap times half its radius \[V\]
    capillary: f64,
    /// speed of a front for each volt \[1/(V s)\]
    mobility: f64,
}

impl Pair {
    fn new(setup: &Setup) -> Result<Self, VerifyError> {
        let dx = setup.grid.dx;
        let Nucleation::Listed { nuclei } = &setup.nucleation else {
            return Err(VerifyError::Case("ripening.toml must list its caps".into()));
        };
        let [large, small] = &nuclei[..] else {
            return Err(VerifyError::Case("ripening.toml must list two caps".into()));
        };
        let conductance = setup.kinetics.i0 * FARADAY / (GAS * setup.temperature);
        Ok(Self {
            feet: [large, small].map(|cap| [cap.x / dx, cap.y / dx, setup.collector.height / dx]),
            radii: [large, small].map(|cap| cap.radius / dx),
            capillary: setup.kinetics.gamma * LITHIUM_MOLAR_VOLUME / FARADAY / dx,
            mobility: LITHIUM_MOLAR_VOLUME / FARADAY * conductance / dx,
        })
    }

    fn drive(&self, radius: f64) -> f64 {
        2.0 * self.capillary / radius
    }

    /// dR/dt of both.
    fn speeds(&self, radii: [f64; 2]) -> [f64; 2] {
        let squares = radii.map(|r| r * r);
        let potential = (0..2).map(|j| squares[j] * self.drive(radii[j])).sum::<f64>() / (squares[0] + squares[1]);
        radii.map(|r| self.mobility * (potential - self.drive(r)))
    }

    /// Radii after `dt`, by the midpoint rule.
    fn after(&self, radii: [f64; 2], dt: f64) -> [f64; 2] {
        let along = |speeds: [f64; 2], dt: f64| std::array::from_fn(|j| radii[j] + dt * speeds[j]);
        along(self.speeds(along(self.speeds(radii), 0.5 * dt)), dt)
    }

    /// Time at which the smaller cap has the radius `small`, and the radius of the other, from a step of `dt`.
    fn until(&self, small: f64, dt: f64) -> (f64, [f64; 2]) {
        let (mut time, mut radii) = (0.0, self.radii);
        while radii[1] > small {
            // the last steps shrink with the cap
            let step = dt * (radii[1] / self.radii[1]).powi(2).max(1e-4);
            radii = self.after(radii, step);
            time += step;
        }
        (time, radii)
    }
}

fn run(lab: &Lab) -> Result<Vec<Check>, VerifyError> {
    let mut setup = lab.config("ripening", &[])?;
    let pair = Pair::new(&setup)?;
    // lithium that is there from the start, and not nuclei whose charge is owed
    let begin = lab.with(&setup, |s| Ok(s.sim.backend().state()?))?;
    setup.nucleation = Nucleation::None;
    lab.with(&setup, |s| {
        s.begin_from(&begin)?;
        let mut checks = watched(s, &pair)?;
        checks.append(&mut gone(s, &pair)?);
        Ok(checks)
    })
}

/// Mean radius of a cap.
fn radius(distance: &Distance, foot: [f64; 3]) -> Result<f64, VerifyError> {
    let [polar, azimuths] = RAYS;
    let (mut sum, mut weight) = (0.0, 0.0);
    for p in 0..polar {
        for a in 0..azimuths {
            let (p, a) = (
                std::f64::consts::FRAC_PI_2 * (p as f64 + 0.5) / polar as f64,
                std::f64::consts::TAU * (a as f64 + 0.5) / azimuths as f64,
            );
            sum += p.sin() * distance.radius(foot, direction(p, a))?;
            weight += p.sin();
        }
    }
    Ok(sum / weight)
}

fn radii(s: &mut Specimen, pair: &Pair) -> Result<[f64; 2], VerifyError> {
    let distance = s.distance()?;
    Ok([radius(&distance, pair.feet[0])?, radius(&distance, pair.feet[1])?])
}

/// Drives and volumes while both caps are well resolved.
fn watched(s: &mut Specimen, pair: &Pair) -> Result<Vec<Check>, VerifyError> {
    let dt = s.setup.time_step.largest;
    let (part, parts) = WATCHED;
    let (mut time, mut before) = (0.0, radii(s, pair)?);
    let mut worst = [(0.0, 0.0, 0.0_f64); 4];
    for k in 1..=parts {
        let small = pair.radii[1] * (1.0 - part * k as f64 / parts as f64);
        let (until, exact) = pair.until(small, 0.01 * dt);
        // half of the potential's time course on either side of the middle
        s.advance_to(0.5 * (time + until))?;
        let potential = -s.sim.clock().potential;
        let middle = radii(s, pair)?;
        s.advance_to(until)?;
        let now = radii(s, pair)?;
        let total: f64 = pair.radii.iter().map(|r| r.powi(3)).sum();
        for j in 0..2 {
            let speed = (now[j] - before[j]) / (until - time);
            let drive = potential - speed / pair.mobility;
            let expected = pair.drive(middle[j]);
            let error = (drive / expected - 1.0).abs();
            if error > worst[j].2 {
                worst[j] = (drive, expected, error);
            }
            let volumes = (now[j].powi(3) / total, exact[j].powi(3) / total);
            let error = (volumes.0 - volumes.1).abs();
            if error > worst[2 + j].2 {
                worst[2 + j] = (volumes.0, volumes.1, error);
            }
        }
        (time, before) = (until, now);
    }
    let names = ["larger", "smaller"];
    let drives = names.iter().zip(&worst).map(|(name, &(drive, expected, _))| {
        Check::relative(format!("{name} cap: drive where it is worst [V]"), drive, expected, DRIVE)
    });
    let volumes = names.iter().zip(&worst[2..]).map(|(name, &(volume, expected, _))| {
        Check::absolute(format!("{name} cap: part of the lithium where it is worst"), volume, expected, VOLUME)
    });
    Ok(drives.chain(volumes).collect())
}

/// The end of the smaller cap.
fn gone(s: &mut Specimen, pair: &Pair) -> Result<Vec<Check>, VerifyError> {
    let (lifetime, _) = pair.until(1e-3, 0.01 * s.setup.time_step.largest);
    let mut end = f64::NAN;
    let mut left = f64::INFINITY;
    while s.sim.clock().time < 1.5 * lifetime {
        s.step(1.5 * lifetime)?;
        let (part, highest) = around_smaller(s, pair)?;
        left = part;
        if highest < 0.5 && end.is_nan() {
            end = s.sim.clock().time;
        }
    }
    let ledger = &s.sim.clock().ledger;
    Ok(vec![
        Check::relative("smaller cap: no surface left after [s]", end, lifetime, LIFETIME),
        Check::absolute("smaller cap: part of the lithium that is left", left, 0.0, LEFT),
        Check::relative("lithium over that of the start", ledger.lithium, ledger.lithium_start, LEFT),
    ])
}

/// Part of the lithium that is where the smaller cap was, and the largest lithium fraction there.
fn around_smaller(s: &mut Specimen, pair: &Pair) -> Result<(f64, f64), VerifyError> {
    let (xi, w) = (s.sim.backend().field(Field::Xi)?, s.sim.backend().field(Field::Accessible)?);
    let grid: Grid = s.setup.grid;
    let reach = pair.radii[1] + AROUND;
    let (mut near, mut all, mut highest) = (0.0, 0.0, 0.0f64);
    for cell in 0..grid.cells() {
        let centre = grid.centre(cell).map(|x| x / grid.dx);
        let lithium = f64::from(xi[cell]) * f64::from(w[cell]);
        all += lithium;
        if (centre[0] - pair.feet[1][0]).hypot(centre[1] - pair.feet[1][1]) < reach {
            near += lithium;
            highest = highest.max(lithium);
        }
    }
    Ok((near / all, highest))
}

//! A cap on copper at rest: it is the part of a sphere that meets the copper at the contact angle.
//!
//! The cap begins as part of a sphere too, but of one that meets the copper at another angle. No current enters, so its
//! volume stays, and what is more curved than the rest dissolves and plates where the surface is flatter, until the
//! curvature is the same everywhere. The sphere of radius R that meets the copper at θ has its centre R cos θ below it.
//!
//! The angle is measured twice, each time from the level ξ = ½ along rays from the middle of the cap's foot: from the
//! sphere that fits the surface farther than 3 ℓ from the copper best, and from height h and radius a of the foot alone,
//! tan θ/2 = h/a, which looks at the copper where the first does not. Both are the same only for a spherical cap; how far
//! the surface is from the fitted sphere is a check too.

use std::f64::consts::TAU;

use super::survey::{Distance, direction};
use super::{Case, Check, Lab, VerifyError};
use crate::model::parameters::{InitialDeposit, Setup};

/// The case.
pub const CASE: Case = Case {
    name: "contact",
    about: "a cap on copper, put there at another angle: its contact angle when it has come to rest",
    source: "a spherical cap at the contact angle of the config",
    quick: false,
    run,
};

/// What is tried; the farther a cap stands from the copper, the longer it takes.
struct Trial {
    /// contact angle at which the cap begins \[°\]
    begin: f64,
    /// that of the config, which it comes to \[°\]
    angle: f64,
    /// end of the run \[s\]
    time: f64,
}

const TRIALS: [Trial; 3] = [
    Trial { begin: 75.0, angle: 60.0, time: 2400.0 },
    Trial { begin: 75.0, angle: 90.0, time: 4000.0 },
    Trial { begin: 105.0, angle: 120.0, time: 8000.0 },
];
/// Last part of the run, in which the angle must stand still, and how much it may change then \[°\].
const LAST: f64 = 0.1;
const REST: f64 = 0.2;
/// Largest error of an angle \[°\].
const ANGLE: f64 = 2.0;
/// Largest distance of the surface from the sphere that fits best, root of the mean square \[dx\].
const ROUND: f64 = 0.1;
/// Radius that the cap shall have in the end \[dx\].
const RADIUS: f64 = 13.0;
/// The fit looks at the surface this far from the copper \[ℓ\].
const CLEAR: f64 = 3.0;
/// Rays: polar angles from the axis to the foot, and azimuths.
const RAYS: [usize; 2] = [30, 16];

fn run(lab: &Lab) -> Result<Vec<Check>, VerifyError> {
    let mut checks = Vec::new();
    for trial in &TRIALS {
        let mut setup = lab.config("contact", &[format!("collector.contact_angle={} deg", trial.angle)])?;
        let foot = put(&mut setup, trial.begin);
        checks.append(&mut rest(lab, &setup, foot, trial)?);
    }
    Ok(checks)
}

/// Volume of a cap over R³.
fn volume(angle: f64) -> f64 {
    let cos = angle.to_radians().cos();
    TAU / 6.0 * (2.0 + cos) * (1.0 - cos).powi(2)
}

/// Makes the deposit a cap that meets the copper at `begin` \[°\] and has the volume of the one that it shall become.
/// Returns the middle of its foot \[dx\].
fn put(setup: &mut Setup, begin: f64) -> [f64; 3] {
    let dx = setup.grid.dx;
    let angle = setup.collector.contact_angle.to_degrees();
    let radius = RADIUS * dx * (volume(angle) / volume(begin)).cbrt();
    let foot = [0.5 * setup.grid.nx as f64 * dx, 0.5 * setup.grid.ny as f64 * dx, setup.collector.height];
    let centre = [foot[0], foot[1], foot[2] - radius * begin.to_radians().cos()];
    setup.deposit = InitialDeposit::Sphere { centre, radius };
    foot.map(|x| x / dx)
}

/// The shape of a cap.
#[derive(Debug)]
struct Shape {
    /// contact angle of the sphere that fits the surface clear of the copper \[°\]
    fitted: f64,
    /// contact angle from height and foot \[°\]
    from_foot: f64,
    /// distance of the surface from that sphere \[dx\]
    away: f64,
}

impl Shape {
    fn of(distance: &Distance, foot: [f64; 3], clear: f64) -> Result<Self, VerifyError> {
        let [polar, azimuths] = RAYS;
        let ray = |p: usize, a: usize| {
            direction(TAU / 4.0 * p as f64 / polar as f64, TAU * (a as f64 + 0.5) / azimuths as f64)
        };
        // (distance from the axis, height above the copper) of the surface
        let mut points = Vec::new();
        let mut foot_radius = 0.0;
        for p in 0..=polar {
            for a in 0..azimuths {
                let ray = ray(p, a);
                let r = distance.radius(foot, ray)?;
                if p == polar {
                    foot_radius += r / azimuths as f64;
                } else if r * ray[2] > clear {
                    points.push((r * ray[0].hypot(ray[1]), r * ray[2]));
                }
            }
        }
        let height = distance.radius(foot, [0.0, 0.0, 1.0])?;
        // a² + z² = R² − z0² + 2 z0 z: a straight line in z
        let n = points.len() as f64;
        let mean = |f: &dyn Fn(&(f64, f64)) -> f64| points.iter().map(f).sum::<f64>() / n;
        let square = |&(a, z): &(f64, f64)| a * a + z * z;
        let (z_mean, square_mean) = (mean(&|p| p.1), mean(&square));
        let slope = mean(&|p| (p.1 - z_mean) * (square(p) - square_mean)) / mean(&|p| (p.1 - z_mean) * (p.1 - z_mean));
        let centre = 0.5 * slope;
        let radius = (square_mean - slope * z_mean + centre * centre).sqrt();
        Ok(Self {
            fitted: (-centre / radius).acos().to_degrees(),
            from_foot: 2.0 * (height / foot_radius).atan().to_degrees(),
            away: mean(&|&(a, z)| (a.hypot(z - centre) - radius).powi(2)).sqrt(),
        })
    }
}

/// Lets a cap come to rest.
fn rest(lab: &Lab, setup: &Setup, foot: [f64; 3], trial: &Trial) -> Result<Vec<Check>, VerifyError> {
    let clear = CLEAR * setup.ell / setup.grid.dx;
    lab.with(setup, |s| {
        s.advance_to((1.0 - LAST) * trial.time)?;
        let before = Shape::of(&s.distance()?, foot, clear)?;
        s.advance_to(trial.time)?;
        let shape = Shape::of(&s.distance()?, foot, clear)?;
        let Trial { begin, angle, .. } = trial;
        let name = format!("{begin}° → {angle}°");
        Ok(vec![
            Check::absolute(format!("{name}: angle of the fitted sphere [°]"), shape.fitted, *angle, ANGLE),
            Check::absolute(format!("{name}: angle from height and foot [°]"), shape.from_foot, *angle, ANGLE),
            Check::absolute(format!("{name}: surface from that sphere [dx]"), shape.away, 0.0, ROUND),
            Check::absolute(format!("{name}: last change of the angle [°]"), shape.fitted - before.fitted, 0.0, REST),
        ])
    })
}

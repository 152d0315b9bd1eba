//! Fields and metrics in SI from what a backend holds.

use crate::cpu::Cpu;
use crate::io::IoError;
use crate::io::snapshot::{self, Frame};
use crate::io::surface::{Deposit, Sides, Surface, SurfaceError};
use crate::metrics::{self, Metrics};
use crate::model::collector::Statics;
use crate::model::grid::Grid;
use crate::model::parameters::Setup;
use crate::model::pieces;
use crate::model::regime::Medium;
use crate::model::scales::Scales;
use crate::solver::backend::{Backend, BackendError, Field, State};
use std::path::Path;

/// A field of a snapshot by its name in the config, in SI.
pub fn si<B: Backend>(b: &mut B, name: &str, scales: &Scales, phi_reference: f64) -> Result<Vec<f32>, BackendError> {
    let scaled = |field: Vec<f32>, scale: f64| field.into_iter().map(|v| (f64::from(v) * scale) as f32).collect();
    Ok(match name {
        "xi" => b.field(Field::Xi)?,
        "lithium" => {
            let accessible = b.field(Field::Accessible)?;
            b.field(Field::Xi)?.into_iter().zip(accessible).map(|(xi, w)| w * xi).collect()
        }
        "isolated" => {
            let lithium = si(b, "lithium", scales, phi_reference)?;
            b.field(Field::Isolated)?.into_iter().zip(lithium).map(|(isolated, lithium)| isolated * lithium).collect()
        }
        "sei" => {
            let charge = b.field(Field::Sei)?.into_iter().map(|charge| charge.max(0.0)).collect();
            scaled(charge, scales.current)
        }
        "c" => b.field(Field::C)?.into_iter().map(|c| ((1.0 + f64::from(c)) * scales.concentration) as f32).collect(),
        "phi" => {
            let phi = b.field(Field::Phi)?;
            phi.into_iter().map(|v| (phi_reference + f64::from(v) * scales.potential) as f32).collect()
        }
        "current" => scaled(b.field(Field::Current)?, scales.current),
        "curvature" => scaled(b.field(Field::Curvature)?, 1.0 / scales.length),
        _ => scaled(b.field(Field::Delta)?, 1.0 / scales.length),
    })
}

/// Measures the deposit that a backend holds. The interface must be that of its lithium.
pub fn measure<B: Backend>(
    b: &mut B,
    setup: &Setup,
    statics: &Statics,
    heights: &[f64],
    scales: &Scales,
) -> Result<Metrics, BackendError> {
    let surroundings = Surroundings {
        c: if setup.electrolyte.has_salt() { Some(si(b, "c", scales, 0.0)?) } else { None },
        sei: if setup.sei.is_some() { Some(si(b, "sei", scales, 0.0)?) } else { None },
    };
    measure_in(b, setup, statics, heights, scales, surroundings)
}

/// What the lithium is in contact with, in SI, as far as it is known.
struct Surroundings {
    /// salt concentration \[mol/m³\]
    c: Option<Vec<f32>>,
    /// charge of the SEI \[C/m²\]
    sei: Option<Vec<f32>>,
}

impl Surroundings {
    /// Area resistance of the film and the SEI, if an SEI grows: NaN everywhere if its charge is not known \[Ω m²\].
    fn film(&self, setup: &Setup) -> Option<Vec<f32>> {
        let sei = setup.sei.as_ref()?;
        let resistance = |charge: f64| setup.kinetics.film + sei.resistance / sei.fresh_charge * charge;
        Some(match &self.sei {
            Some(charge) => charge.iter().map(|&charge| resistance(charge.into()) as f32).collect(),
            None => vec![f32::NAN; setup.grid.cells()],
        })
    }
}

fn measure_in<B: Backend>(
    b: &mut B,
    setup: &Setup,
    statics: &Statics,
    heights: &[f64],
    scales: &Scales,
    surroundings: Surroundings,
) -> Result<Metrics, BackendError> {
    let film = surroundings.film(setup);
    let c: Option<Vec<f32>> = surroundings.c.map(|c| c.iter().map(|c| c / setup.top.c0 as f32).collect());
    let xi = b.field(Field::Xi)?;
    let delta = si(b, "delta", scales, 0.0)?;
    let curvature = si(b, "curvature", scales, 0.0)?;
    let current = si(b, "current", scales, 0.0)?;
    let copper_area: Vec<f32> = statics.copper_area.iter().map(|&a| (f64::from(a) / scales.length) as f32).collect();
    Ok(metrics::measure(&metrics::Deposit {
        grid: &setup.grid,
        copper: heights,
        accessible: &statics.accessible,
        xi: &xi,
        delta: &delta,
        curvature: &curvature,
        current: &current,
        copper_area: &copper_area,
        c: c.as_deref(),
        film: film.as_deref(),
        medium: Medium::of(setup),
        smallest_piece: pieces::smallest(&setup.grid, setup.ell),
    }))
}

/// The surface of the lithium that a backend holds, with current and curvature. The interface must be that of the lithium.
pub fn surface<B: Backend>(
    b: &mut B,
    statics: &Statics,
    grid: &Grid,
    scales: &Scales,
    sides: Sides,
) -> Result<Result<Surface, SurfaceError>, BackendError> {
    let xi = b.field(Field::Xi)?;
    let delta = si(b, "delta", scales, 0.0)?;
    let curvature = si(b, "curvature", scales, 0.0)?;
    let current = si(b, "current", scales, 0.0)?;
    let deposit = Deposit {
        grid,
        accessible: &statics.accessible,
        xi: &xi,
        delta: &delta,
        current: (!current.iter().any(|i| i.is_nan())).then_some(&current[..]),
        curvature: &curvature,
    };
    Ok(Surface::of(&deposit, sides))
}

/// The surface of the lithium in frame `frame` of the file at `path`, and the time of that \[s\]; without its current if the file holds none.
///
/// # Errors
/// If the file is not one of this program, has no such frame, or holds no `xi`.
pub fn surface_of_frame(path: &Path, frame: usize, sides: Sides) -> Result<(Surface, f64), IoError> {
    let mut held = Held::read(path, frame)?;
    let made = surface(&mut held.cpu, &held.statics, &held.setup.grid, &held.scales, sides);
    let made = made.map_err(|e| e.to_string()).and_then(|made| made.map_err(|e| e.to_string()));
    Ok((made.map_err(|e| IoError::content(path, e))?, held.stored.time))
}

/// A stored frame in a backend, with the interface of its lithium.
struct Held {
    stored: Frame,
    setup: Setup,
    statics: Statics,
    scales: Scales,
    cpu: Cpu,
}

impl Held {
    fn read(path: &Path, frame: usize) -> Result<Self, IoError> {
        let stored = snapshot::read(path, frame)?;
        let setup: Setup = serde_json::from_str(&stored.setup)
            .map_err(|e| IoError::content(path, format!("holds a configuration of another version: {e}")))?;
        let xi =
            stored.field("xi").ok_or_else(|| IoError::content(path, "holds no field xi; add it to output.fields"))?;
        if xi.len() != setup.grid.cells() || stored.heights.len() != setup.grid.nx * setup.grid.ny {
            return Err(IoError::content(path, "holds fields that do not fit its configuration"));
        }
        super::device::fits(super::device::DeviceChoice::Cpu, &setup.grid).map_err(|e| IoError::content(path, e))?;
        let scales = Scales::new(&setup);
        let statics = Statics::new(&setup, &stored.heights);
        let n = setup.grid.cells();
        let current = match stored.field("current") {
            Some(current) => current.iter().map(|&i| f64::from(i) / scales.current).collect(),
            None => vec![f64::NAN; n],
        };
        let xi = xi.iter().map(|&xi| f64::from(xi)).collect();
        let mut cpu = Cpu::new(&setup, &statics);
        cpu.load(&State::at_rest(xi, vec![0.0; n], vec![0.0; n], current))
            .map_err(|e| IoError::content(path, e.to_string()))?;
        cpu.interface(0.0);
        Ok(Self { stored, setup, statics, scales, cpu })
    }
}

/// Metrics of a stored frame.
pub struct Measured {
    /// time of the frame \[s\]
    pub time: f64,
    /// its values: charge, potential, …
    pub values: Vec<(String, f64)>,
    /// the metrics; those of the current and of the salt are NaN if the file holds none
    pub metrics: Metrics,
}

/// Measures frame `frame` of the file at `path` again.
///
/// # Errors
/// If the file is not one of this program, has no such frame, or holds no `xi`.
pub fn measure_frame(path: &Path, frame: usize) -> Result<Measured, IoError> {
    let Held { stored, setup, statics, scales, mut cpu } = Held::read(path, frame)?;
    let field = |name| stored.field(name).map(<[f32]>::to_vec);
    let surroundings = Surroundings { c: field("c").filter(|_| setup.electrolyte.has_salt()), sei: field("sei") };
    let metrics = measure_in(&mut cpu, &setup, &statics, &stored.heights, &scales, surroundings)
        .map_err(|e| IoError::content(path, e.to_string()))?;
    Ok(Measured { time: stored.time, values: stored.values, metrics })
}

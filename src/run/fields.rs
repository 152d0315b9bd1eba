//! Metrics and the surface of a stored frame.

use std::path::Path;

use crate::cpu::Cpu;
use crate::io::IoError;
use crate::io::snapshot::{self, Frame};
use crate::io::surface::{Sides, Surface};
use crate::metrics::{Look, Metrics};
use crate::model::collector::Statics;
use crate::model::parameters::Setup;
use crate::model::scales::Scales;
use crate::sim::device::{self, DeviceChoice};
use crate::sim::fields::{DepositFields, Surroundings, first_fields, surface};
use crate::sim::setup_from_json;
use crate::solver::backend::{Backend, State};

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
        let setup = setup_from_json(&stored.setup)
            .map_err(|e| IoError::content(path, format!("holds a configuration of another version: {e}")))?;
        let xi =
            stored.field("xi").ok_or_else(|| IoError::content(path, "holds no field xi; add it to output.fields"))?;
        if xi.len() != setup.grid.cells() || stored.heights.len() != setup.grid.nx * setup.grid.ny {
            return Err(IoError::content(path, "holds fields that do not fit its configuration"));
        }
        device::fits(DeviceChoice::Cpu, &setup.grid).map_err(|e| IoError::content(path, e))?;
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
    let layers = first_fields(&setup).into_iter().map(|layer| layer.and_then(|layer| field(layer.name()))).collect();
    let grain = setup.mechanisms.grains().and_then(|(of_grains, _)| field(of_grains.name));
    let surroundings = Surroundings { c: field("c").filter(|_| setup.electrolyte.has_salt()), layers, grain };
    let fields =
        DepositFields::read_in(&mut cpu, &scales, surroundings).map_err(|e| IoError::content(path, e.to_string()))?;
    let found = fields.look(&setup, &statics, &stored.heights, Look::Close);
    Ok(Measured { time: stored.time, values: stored.values, metrics: found.metrics })
}

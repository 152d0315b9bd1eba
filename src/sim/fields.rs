//! Fields, metrics and the surface of the lithium in SI, from what a device holds.

use super::View;
use crate::io::surface::{Deposit, Sides, Surface, SurfaceError};
use crate::mechanisms::{self, Mechanism};
use crate::metrics::{self, Look, Morphology, contact, grains::Numbered};
use crate::model::collector::Statics;
use crate::model::grid::Grid;
use crate::model::parameters::Setup;
use crate::model::pieces;
use crate::model::regime::Medium;
use crate::model::scales::Scales;
use crate::model::stored::Stored;
use crate::solver::backend::{Backend, BackendError, Field};

/// A field in SI, x fastest.
///
/// # Errors
/// If the device fails.
pub fn si(b: &mut dyn Backend, field: Stored, scales: &Scales, phi_reference: f64) -> Result<Vec<f32>, BackendError> {
    let scaled = |field: Vec<f32>, scale: f64| field.into_iter().map(|v| (f64::from(v) * scale) as f32).collect();
    Ok(match field {
        Stored::Xi => b.field(Field::Xi)?,
        Stored::Accessible => b.field(Field::Accessible)?,
        Stored::Lithium => {
            let accessible = b.field(Field::Accessible)?;
            b.field(Field::Xi)?.into_iter().zip(accessible).map(|(xi, w)| w * xi).collect()
        }
        Stored::Isolated => {
            let lithium = si(b, Stored::Lithium, scales, phi_reference)?;
            b.field(Field::Isolated)?.into_iter().zip(lithium).map(|(isolated, lithium)| isolated * lithium).collect()
        }
        Stored::C => {
            b.field(Field::C)?.into_iter().map(|c| ((1.0 + f64::from(c)) * scales.concentration) as f32).collect()
        }
        Stored::Phi => {
            let phi = b.field(Field::Phi)?;
            phi.into_iter().map(|v| (phi_reference + f64::from(v) * scales.potential) as f32).collect()
        }
        Stored::Current => scaled(b.field(Field::Current)?, scales.current),
        Stored::Curvature => scaled(b.field(Field::Curvature)?, 1.0 / scales.length),
        Stored::Delta => scaled(b.field(Field::Delta)?, 1.0 / scales.length),
        of_mechanism => {
            let name = of_mechanism.name();
            let there = b.field(Field::Riding(name))?.into_iter().map(|value| value.max(0.0)).collect();
            scaled(there, mechanisms::field(name).map_or(1.0, |(_, field)| (field.unit)(scales)))
        }
    })
}

/// Looks at the deposit that a device holds. The interface must be that of its lithium.
///
/// # Errors
/// If the device fails.
pub fn look(b: &mut dyn Backend, view: &View, how: Look) -> Result<Morphology, BackendError> {
    Ok(DepositFields::read(b, view)?.look(view.setup, view.statics, view.heights, how))
}

/// The first field of each mechanism that is switched on, in SI.
fn layers(b: &mut dyn Backend, setup: &Setup, scales: &Scales) -> Result<Vec<Option<Vec<f32>>>, BackendError> {
    first_fields(setup).into_iter().map(|field| field.map(|field| si(b, field, scales, 0.0)).transpose()).collect()
}

/// Number of the grain of each cell, if the lithium has grains.
fn grain(b: &mut dyn Backend, setup: &Setup) -> Result<Option<Vec<f32>>, BackendError> {
    setup.mechanisms.grains().map(|(field, _)| b.field(Field::Riding(field.name))).transpose()
}

/// The first field of each mechanism that is switched on, where runs can store it.
pub fn first_fields(setup: &Setup) -> Vec<Option<Stored>> {
    let first = |on: &dyn Mechanism| on.fields().first().and_then(|field| Stored::named(field.name));
    setup.mechanisms.each().into_iter().map(|(_, on)| first(on)).collect()
}

/// What the lithium is in contact with, in SI, as far as it is known.
pub struct Surroundings {
    /// salt concentration \[mol/m³\]
    pub c: Option<Vec<f32>>,
    /// the first field of each mechanism that is switched on, in the order of the table
    pub layers: Vec<Option<Vec<f32>>>,
    /// number of the grain of each cell, if the lithium has grains
    pub grain: Option<Vec<f32>>,
}

impl Surroundings {
    /// Area resistance of the film and what a coating and mechanisms add to it, if there are any: NaN everywhere if a field is not known \[Ω m²\].
    fn film(&self, setup: &Setup, statics: &Statics) -> Option<Vec<f32>> {
        let on = setup.mechanisms.each();
        let coating = setup.collector.pattern.as_ref().map_or(0.0, |pattern| pattern.patch().film);
        let known = |layer: &Option<Vec<f32>>, cell: usize| layer.as_ref().map_or(f64::NAN, |layer| layer[cell].into());
        let resistance = |cell: usize| {
            let layers = on.iter().zip(&self.layers);
            let coated = coating * f64::from(statics.pattern[cell % statics.pattern.len()]);
            layers
                .fold(setup.kinetics.film + coated, |sum, ((_, on), layer)| sum + on.resistance_at(known(layer, cell)))
        };
        let varies = coating > 0.0 || on.iter().any(|(_, on)| !on.fields().is_empty());
        varies.then(|| (0..setup.grid.cells()).map(|cell| resistance(cell) as f32).collect())
    }
}

/// What the morphology of a deposit is measured from, in SI, one value a cell, x fastest. It needs the device no more.
pub struct DepositFields {
    /// lithium fraction ξ
    xi: Vec<f32>,
    /// reaction area per volume \[1/m\]
    delta: Vec<f32>,
    /// curvature of the interface \[1/m\]
    curvature: Vec<f32>,
    /// reaction current density \[A/m²\]
    current: Vec<f32>,
    /// unit of length \[m\]
    length: f64,
    surroundings: Surroundings,
}

impl DepositFields {
    /// Reads the deposit that a device holds. The interface must be that of its lithium.
    ///
    /// # Errors
    /// If the device fails.
    pub fn read(b: &mut dyn Backend, view: &View) -> Result<Self, BackendError> {
        let &View { setup, scales, .. } = view;
        let surroundings = Surroundings {
            c: if setup.electrolyte.has_salt() { Some(si(b, Stored::C, scales, 0.0)?) } else { None },
            layers: layers(b, setup, scales)?,
            grain: grain(b, setup)?,
        };
        Self::read_in(b, scales, surroundings)
    }

    /// Reads the deposit that a device holds; the `surroundings` are given. The interface must be that of its lithium.
    ///
    /// # Errors
    /// If the device fails.
    pub fn read_in(b: &mut dyn Backend, scales: &Scales, surroundings: Surroundings) -> Result<Self, BackendError> {
        Ok(Self {
            xi: b.field(Field::Xi)?,
            delta: si(b, Stored::Delta, scales, 0.0)?,
            curvature: si(b, Stored::Curvature, scales, 0.0)?,
            current: si(b, Stored::Current, scales, 0.0)?,
            length: scales.length,
            surroundings,
        })
    }

    /// Lithium fraction ξ.
    pub fn xi(&self) -> &[f32] {
        &self.xi
    }

    /// Looks at the deposit, which is one of `setup` on copper with these fields and `heights` \[m\].
    pub fn look(&self, setup: &Setup, statics: &Statics, heights: &[f64], how: Look) -> Morphology {
        let Surroundings { c, grain, .. } = &self.surroundings;
        let film = self.surroundings.film(setup, statics);
        let grains = setup.mechanisms.grains().zip(grain.as_ref());
        let contact = setup.mechanisms.contact().and_then(|(place, height)| {
            self.surroundings.layers[place].as_ref().map(|share| contact::Known { share, height })
        });
        let c: Option<Vec<f32>> = c.as_ref().map(|c| c.iter().map(|c| c / setup.top.c0 as f32).collect());
        let copper_area: Vec<f32> = statics.copper_area.iter().map(|&a| (f64::from(a) / self.length) as f32).collect();
        let deposit = metrics::Deposit {
            grid: &setup.grid,
            ell: setup.ell,
            copper: heights,
            accessible: &statics.accessible,
            xi: &self.xi,
            delta: &self.delta,
            curvature: &self.curvature,
            current: &self.current,
            copper_area: &copper_area,
            c: c.as_deref(),
            film: film.as_deref(),
            grains: grains.as_ref().map(|((_, orientations), numbers)| Numbered { numbers, orientations }),
            contact,
            medium: Medium::of(setup),
            smallest_piece: pieces::smallest(&setup.grid, setup.ell),
        };
        metrics::look(&deposit, how)
    }
}

/// The surface of the lithium that a device holds, with current and curvature. The interface must be that of the lithium.
///
/// # Errors
/// If the device fails.
pub fn surface(
    b: &mut dyn Backend,
    statics: &Statics,
    grid: &Grid,
    scales: &Scales,
    sides: Sides,
) -> Result<Result<Surface, SurfaceError>, BackendError> {
    let xi = b.field(Field::Xi)?;
    let delta = si(b, Stored::Delta, scales, 0.0)?;
    let curvature = si(b, Stored::Curvature, scales, 0.0)?;
    let current = si(b, Stored::Current, scales, 0.0)?;
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

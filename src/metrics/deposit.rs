//! Sums over the box and its planes, and the phase of every cell.

use rayon::prelude::*;

use super::Deposit;
use crate::model::pieces::Phase;

/// Phase of every cell.
pub fn phases(deposit: &Deposit) -> Vec<Phase> {
    phases_of(deposit.accessible, deposit.xi)
}

/// Tells of each cell, from w and ξ, whether it is copper, lithium or electrolyte.
pub fn phases_of(accessible: &[f32], xi: &[f32]) -> Vec<Phase> {
    let mut phases = vec![Phase::Copper; xi.len()];
    (phases.par_iter_mut(), accessible, xi)
        .into_par_iter()
        .with_min_len(8192)
        .for_each(|(phase, &w, &xi)| *phase = Phase::of(w.into(), xi.into()));
    phases
}

/// Sums over the box, and extremes of the current on the interface.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Sums {
    /// volume of lithium ∫ w ξ dV \[m³\]
    pub lithium: f64,
    /// area between lithium and electrolyte ∫ δ dV \[m²\]
    pub area: f64,
    /// the part of that area that reacts \[m²\]: lithium deep below the surface that belongs to none, as where fronts have met, rests
    pub reacting: f64,
    /// reaction current ∫ i δ dV \[A\]
    pub current: f64,
    /// ∫ i² δ dV \[A²/m²\]
    pub current_square: f64,
    /// area of the copper \[m²\]
    pub copper: f64,
    /// area of the copper under lithium \[m²\]
    pub covered: f64,
    /// largest current density on the interface \[A/m²\]
    pub largest_current: f64,
    /// smallest current density on the interface \[A/m²\]
    pub smallest_current: f64,
}

impl Sums {
    /// Mean current density of the area that reacts \[A/m²\].
    pub fn mean_current(&self) -> f64 {
        self.current / self.reacting
    }

    /// Standard deviation over mean of the current density, weighted by the area that reacts.
    pub fn current_variation(&self) -> f64 {
        let mean = self.mean_current();
        (self.current_square / self.reacting - mean * mean).max(0.0).sqrt() / mean.abs()
    }

    /// The current density that is largest in the direction of `mean` \[A/m²\].
    pub fn current_extreme(&self, mean: f64) -> f64 {
        if mean < 0.0 { self.smallest_current } else { self.largest_current }
    }

    const NOTHING: Self = Self {
        lithium: 0.0,
        area: 0.0,
        reacting: 0.0,
        current: 0.0,
        current_square: 0.0,
        copper: 0.0,
        covered: 0.0,
        largest_current: f64::NEG_INFINITY,
        smallest_current: f64::INFINITY,
    };

    fn plus(self, other: Self) -> Self {
        Self {
            lithium: self.lithium + other.lithium,
            area: self.area + other.area,
            reacting: self.reacting + other.reacting,
            current: self.current + other.current,
            current_square: self.current_square + other.current_square,
            copper: self.copper + other.copper,
            covered: self.covered + other.covered,
            largest_current: self.largest_current.max(other.largest_current),
            smallest_current: self.smallest_current.min(other.smallest_current),
        }
    }

    fn times(self, volume: f64) -> Self {
        Self {
            lithium: self.lithium * volume,
            area: self.area * volume,
            reacting: self.reacting * volume,
            current: self.current * volume,
            current_square: self.current_square * volume,
            copper: self.copper * volume,
            covered: self.covered * volume,
            ..self
        }
    }
}

/// Sums over the box: row by row, then the rows in order, whoever made them.
pub fn sums(deposit: &Deposit) -> Sums {
    let grid = deposit.grid;
    let rows: Vec<Sums> = (0..grid.ny * grid.nz)
        .into_par_iter()
        .with_min_len((8192 / grid.nx).max(1))
        .map(|row| row_sums(deposit, row * grid.nx))
        .collect();
    rows.into_iter().fold(Sums::NOTHING, Sums::plus).times(grid.cell_volume())
}

/// Sums over the row of cells that starts at element `first`, in units of a cell's volume.
fn row_sums(deposit: &Deposit, first: usize) -> Sums {
    let row = first..first + deposit.grid.nx;
    let (w, xi) = (&deposit.accessible[row.clone()], &deposit.xi[row.clone()]);
    let (delta, current) = (&deposit.delta[row.clone()], &deposit.current[row.clone()]);
    let copper_area = &deposit.copper_area[row];
    let mut sums = Sums::NOTHING;
    for x in 0..deposit.grid.nx {
        let [w, xi, delta, i, copper] = [w[x], xi[x], delta[x], current[x], copper_area[x]].map(f64::from);
        sums.lithium += w * xi;
        sums.area += delta;
        sums.reacting += if i == 0.0 { 0.0 } else { delta };
        sums.current += i * delta;
        sums.current_square += i * i * delta;
        sums.copper += copper;
        sums.covered += copper * xi;
        // the tails of the profile carry next to no area, and their currents mean nothing
        if w > 0.5 && xi > 0.1 && xi < 0.9 {
            sums.largest_current = sums.largest_current.max(i);
            sums.smallest_current = sums.smallest_current.min(i);
        }
    }
    sums
}

/// Fraction of each plane's area that is lithium, from the bottom to the top of the box, nz values.
pub fn area_fraction(deposit: &Deposit) -> Vec<f64> {
    let plane = deposit.grid.nx * deposit.grid.ny;
    let fraction = |(w, xi): (&[f32], &[f32])| {
        w.iter().zip(xi).map(|(&w, &xi)| f64::from(w) * f64::from(xi)).sum::<f64>() / plane as f64
    };
    deposit.accessible.chunks(plane).zip(deposit.xi.chunks(plane)).map(fraction).collect()
}

//! Grains of the deposit, and its texture.

use super::Deposit;
use crate::model::numerics::GRAIN_SHARE;
use crate::model::orientation::{Orientations, chance_near_vertical, near_vertical};
use crate::model::pieces::Phase;

/// Which grain each cell belongs to, and how the grains are oriented.
#[derive(Clone, Copy, Debug)]
pub struct Numbered<'a> {
    /// number of the grain, x fastest; negative in cells that belong to none
    pub numbers: &'a [f32],
    /// orientations of the grains
    pub orientations: &'a Orientations,
}

/// A grain that has lithium.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Grain {
    /// its number: that of the nucleus that began it, 0 for lithium that was there from the start
    pub number: u32,
    /// its volume \[m³\]
    pub volume: f64,
    /// highest lithium of it above the mean copper; NaN if it has no cell that is half full \[m\]
    pub height: f64,
    /// fraction of the box in which the highest lithium belongs to it, seen from above
    pub on_top: f64,
}

/// The grains of a deposit.
#[derive(Clone, Debug, PartialEq)]
pub struct Grains {
    /// in the order of their numbers
    pub all: Vec<Grain>,
    /// lithium with a direction ⟨100⟩, ⟨110⟩, ⟨111⟩ within 15° of the vertical, over what random orientations would have; NaN without lithium
    pub texture: [f64; 3],
}

impl Grains {
    /// Volume of all \[m³\].
    pub fn volume(&self) -> f64 {
        self.all.iter().fold(0.0, |sum, grain| sum + grain.volume)
    }

    /// Volume of the largest grain over that of all; NaN without lithium.
    pub fn largest(&self) -> f64 {
        self.all.iter().fold(0.0, |largest: f64, grain| largest.max(grain.volume)) / self.volume()
    }

    /// Grains with half full cells; those without are tails of what was stripped.
    pub fn count(&self) -> usize {
        self.all.iter().filter(|grain| !grain.height.is_nan()).count()
    }

    /// Grains that are seen from above.
    pub fn seen(&self) -> usize {
        self.all.iter().filter(|grain| grain.on_top > 0.0).count()
    }
}

/// Finds the grains of a deposit.
pub fn grains(deposit: &Deposit, numbered: Numbered) -> Grains {
    let grid = deposit.grid;
    let mut found: std::collections::BTreeMap<u32, Grain> = Default::default();
    let plane = grid.nx * grid.ny;
    let copper = deposit.mean_copper();
    let mut is_covered = vec![false; plane];
    // from above: the highest lithium of a column comes first
    for cell in (0..grid.cells()).rev() {
        let lithium = f64::from(deposit.accessible[cell]) * f64::from(deposit.xi[cell]);
        // tails that belong to no grain are next to nothing
        if f64::from(deposit.xi[cell]) <= GRAIN_SHARE || numbered.numbers[cell] < 0.0 {
            continue;
        }
        let own = numbered.numbers[cell] as u32;
        let grain = found.entry(own).or_insert(Grain { number: own, volume: 0.0, height: f64::NAN, on_top: 0.0 });
        grain.volume += lithium * grid.cell_volume();
        if deposit.phase(cell) != Phase::Lithium {
            continue;
        }
        let above = cell + plane;
        let is_open = above < grid.cells() && deposit.phase(above) != Phase::Lithium;
        let here = f64::from(deposit.xi[cell]);
        let share = if is_open { (here - 0.5) / (here - f64::from(deposit.xi[above])) } else { 0.5 };
        let height = ((cell / plane) as f64 + 0.5 + share) * grid.dx - copper;
        grain.height = grain.height.max(height);
        let column = cell % plane;
        if !is_covered[column] {
            is_covered[column] = true;
            grain.on_top += 1.0 / plane as f64;
        }
    }
    let mut grains = Grains { all: found.into_values().collect(), texture: [f64::NAN; 3] };
    let mut near = [0.0; 3];
    for grain in &grains.all {
        let is_near = near_vertical(numbered.orientations.of(grain.number));
        near.iter_mut().zip(is_near).for_each(|(near, is)| *near += if is { grain.volume } else { 0.0 });
    }
    let (chance, total) = (chance_near_vertical(), grains.volume());
    grains.texture = std::array::from_fn(|family| near[family] / total / chance[family]);
    grains
}

//! The front as a whole: its mean current and film, and the salt at it.

use rayon::prelude::*;

use super::Deposit;
use crate::model::regime;

/// Means over the front, weighted by area; NaN without one.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Front {
    /// c/c0; NaN if it is not known
    pub c: f64,
    /// lowest c/c0; NaN if it is not known
    pub lowest_c: f64,
    /// current density \[A/m²\]
    pub current: f64,
    /// area resistance of the film and what covers it \[Ω m²\]
    pub film: f64,
}

#[derive(Clone, Copy)]
struct Sums {
    area: f64,
    c: f64,
    current: f64,
    film: f64,
    lowest_c: f64,
}

impl Sums {
    const NOTHING: Self = Self { area: 0.0, c: 0.0, current: 0.0, film: 0.0, lowest_c: f64::NAN };

    fn plus(self, other: Self) -> Self {
        Self {
            area: self.area + other.area,
            c: self.c + other.c,
            current: self.current + other.current,
            film: self.film + other.film,
            // f64::min takes the number where the other is NaN
            lowest_c: self.lowest_c.min(other.lowest_c),
        }
    }
}

/// Means over the cells that tell the salt at the lithium: row by row, then the rows in order, whoever made them.
pub fn front(deposit: &Deposit) -> Front {
    let grid = deposit.grid;
    let rows: Vec<Sums> = (0..grid.ny * grid.nz)
        .into_par_iter()
        .with_min_len((8192 / grid.nx).max(1))
        .map(|row| row_sums(deposit, row * grid.nx..(row + 1) * grid.nx))
        .collect();
    let sums = rows.into_iter().fold(Sums::NOTHING, Sums::plus);
    Front {
        c: sums.c / sums.area,
        lowest_c: sums.lowest_c,
        current: sums.current / sums.area,
        film: sums.film / sums.area,
    }
}

fn row_sums(deposit: &Deposit, row: std::ops::Range<usize>) -> Sums {
    let dx = deposit.grid.dx;
    let mut sums = Sums::NOTHING;
    for cell in row {
        let area = f64::from(deposit.delta[cell]);
        if regime::is_at_front(deposit.xi[cell], area * dx) {
            let c = deposit.c.map_or(f64::NAN, |c| f64::from(c[cell]));
            let film = deposit.film.map_or(deposit.medium.kinetics.film, |film| f64::from(film[cell]));
            sums = sums.plus(Sums {
                area,
                c: area * c,
                current: area * f64::from(deposit.current[cell]),
                film: area * film,
                lowest_c: c,
            });
        }
    }
    sums
}

/// 1/k_kin at `c` over c0 and a `current` \[A/m²\] behind a `film` \[Ω m²\]; NaN unless it plates, and where the salt is not known \[m\].
pub fn kinetic_length(deposit: &Deposit, c: f64, current: f64, film: f64) -> f64 {
    let is_known = c.is_finite() || !deposit.medium.electrolyte.has_salt();
    if current > 0.0 && is_known { 1.0 / deposit.medium.wave_number(c, current, film) } else { f64::NAN }
}

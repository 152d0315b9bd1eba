//! The deposit seen from above: one height and one covered fraction a column.

use rayon::prelude::*;

use super::Deposit;
use crate::model::pieces::Phase;

/// What each column of cells shows, x fastest, nx × ny values each.
#[derive(Clone, Debug, PartialEq)]
pub struct Columns {
    /// height of the highest lithium above the bottom of the box, NaN where there is none \[m\]
    pub surface: Vec<f64>,
    /// electrolyte below that height, as a length along the column \[m\]
    pub void: Vec<f64>,
    /// fraction of the column's copper that is under lithium
    pub coverage: Vec<f64>,
}

impl Columns {
    /// Heights of the lithium above the copper below it, 0 where bare \[m\].
    pub fn heights(&self, deposit: &Deposit) -> Vec<f64> {
        // f64::max takes the number where the other is NaN
        self.surface.iter().zip(deposit.copper).map(|(surface, copper)| (surface - copper).max(0.0)).collect()
    }
}

/// Looks down every column.
pub fn columns(deposit: &Deposit) -> Columns {
    let (nx, ny) = (deposit.grid.nx, deposit.grid.ny);
    let mut surface = vec![f64::NAN; nx * ny];
    let mut void = vec![0.0; nx * ny];
    let mut coverage = vec![0.0; nx * ny];
    (surface.par_chunks_mut(nx), void.par_chunks_mut(nx), coverage.par_chunks_mut(nx))
        .into_par_iter()
        .enumerate()
        .for_each(|(y, (surface, void, coverage))| {
            look_down(deposit, y, surface, void);
            covered(deposit, y, coverage);
        });
    Columns { surface, void, coverage }
}

/// Where ξ falls through ½ for the last time on the way up, linear between cell centres \[m\], and the cells of
/// electrolyte below \[m\].
fn look_down(deposit: &Deposit, y: usize, surface: &mut [f64], void: &mut [f64]) {
    let grid = deposit.grid;
    for z in (0..grid.nz).rev() {
        let first = grid.index(0, y, z);
        let (w, xi) = (&deposit.accessible[first..first + grid.nx], &deposit.xi[first..first + grid.nx]);
        for x in 0..grid.nx {
            match Phase::of(w[x].into(), xi[x].into()) {
                Phase::Lithium if surface[x].is_nan() => {
                    let here = f64::from(xi[x]);
                    let cells = if z + 1 == grid.nz {
                        grid.nz as f64
                    } else {
                        let above = f64::from(deposit.xi[grid.index(x, y, z + 1)]);
                        z as f64 + 0.5 + (here - 0.5) / (here - above)
                    };
                    surface[x] = cells * grid.dx;
                }
                Phase::Electrolyte if !surface[x].is_nan() => void[x] += grid.dx,
                _ => {}
            }
        }
    }
}

/// ξ averaged over the copper's area in each column.
fn covered(deposit: &Deposit, y: usize, coverage: &mut [f64]) {
    let grid = deposit.grid;
    let mut copper = vec![0.0; grid.nx];
    for z in 0..grid.nz {
        let row = grid.index(0, y, z)..grid.index(0, y, z) + grid.nx;
        let (area, xi) = (&deposit.copper_area[row.clone()], &deposit.xi[row]);
        for x in 0..grid.nx {
            let area = f64::from(area[x]);
            copper[x] += area;
            coverage[x] += area * f64::from(xi[x]);
        }
    }
    for (coverage, copper) in coverage.iter_mut().zip(copper) {
        *coverage = if copper > 0.0 { *coverage / copper } else { 0.0 };
    }
}

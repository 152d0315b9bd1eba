//! The highest point of the deposit.

use super::Deposit;

/// The highest point; every member is NaN if there is no lithium.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Tip {
    /// height above the mean copper \[m\]
    pub height: f64,
    /// radius of the sphere (of the cylinder, if the run is 2-D) of the same curvature; NaN unless convex \[m\]
    pub radius: f64,
    /// current density \[A/m²\]
    pub current: f64,
    /// c/c0; NaN if it is not known
    pub c: f64,
    /// area resistance of the film and what covers it \[Ω m²\]
    pub film: f64,
}

/// The highest point of `surface`, the heights of the lithium above the bottom of the box \[m\]; the first in the order
/// of columns if there are several.
pub fn tip(deposit: &Deposit, surface: &[f64]) -> Tip {
    let grid = deposit.grid;
    let higher = |best: Option<usize>, column: usize| match best {
        Some(best) if surface[best] >= surface[column] => Some(best),
        _ => Some(column),
    };
    let Some(column) = (0..surface.len()).filter(|&column| !surface[column].is_nan()).fold(None, higher) else {
        return Tip { height: f64::NAN, radius: f64::NAN, current: f64::NAN, c: f64::NAN, film: f64::NAN };
    };

    // fields are taken where the surface cuts the column, linear between cell centres
    let place = (surface[column] / grid.dx - 0.5).max(0.0);
    let below = (place as usize).min(grid.nz - 1);
    let above = (below + 1).min(grid.nz - 1);
    let share = place - below as f64;
    let plane = grid.nx * grid.ny;
    let at_tip = |field: &[f32]| {
        let (below, above) = (f64::from(field[below * plane + column]), f64::from(field[above * plane + column]));
        below + share * (above - below)
    };
    let curvature = at_tip(deposit.curvature);
    let principal = if grid.nx == 1 || grid.ny == 1 { 1.0 } else { 2.0 };
    let copper = deposit.mean_copper();
    Tip {
        height: surface[column] - copper,
        radius: if curvature > 0.0 { principal / curvature } else { f64::NAN },
        current: at_tip(deposit.current),
        c: deposit.c.map_or(f64::NAN, at_tip),
        film: deposit.film.map_or(deposit.medium.kinetics.film, at_tip),
    }
}

//! How much of each plane above the copper is lithium, and how much salt is left between.

use super::Deposit;

/// A plane of cells.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Plane {
    /// height of its middle above the bottom of the box \[m\]
    pub z: f64,
    /// part that lithium fills of what copper does not
    pub filled: f64,
    /// mean c/c0 of the electrolyte in it; NaN where there is none, or no salt
    pub c: f64,
}

/// Least part of a plane that copper leaves: below it there is the tail of the copper's profile alone.
const ACCESSIBLE: f64 = 0.5;
/// Least part of a plane that is electrolyte over which there is a mean.
const LEAST_PART: f64 = 0.01;

/// The planes of which copper leaves more than half, from below.
pub fn filling(deposit: &Deposit) -> Vec<Plane> {
    let (grid, plane) = (deposit.grid, deposit.grid.nx * deposit.grid.ny);
    let of = |z: usize| {
        let cells = z * plane..(z + 1) * plane;
        let (mut accessible, mut lithium, mut electrolyte, mut salt) = (0.0, 0.0, 0.0, 0.0);
        for cell in cells {
            let (w, xi) = (f64::from(deposit.accessible[cell]), f64::from(deposit.xi[cell]));
            accessible += w;
            lithium += w * xi;
            electrolyte += w * (1.0 - xi);
            salt += w * (1.0 - xi) * deposit.c.map_or(f64::NAN, |c| c[cell].into());
        }
        (accessible > ACCESSIBLE * plane as f64).then(|| Plane {
            z: (z as f64 + 0.5) * grid.dx,
            filled: lithium / accessible,
            c: if electrolyte > LEAST_PART * plane as f64 { salt / electrolyte } else { f64::NAN },
        })
    };
    (0..grid.nz).filter_map(of).collect()
}

//! The grid: uniform cubic cells, z away from the copper, x and y periodic.

use serde::{Deserialize, Serialize};

/// Uniform cubic cells of width `dx`, `nx` × `ny` × `nz`. Fields are stored with x fastest: cell `(x, y, z)` is element
/// `(z ny + y) nx + x`. Any of `nx`, `ny` may be 1, which makes the run two- or one-dimensional.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Grid {
    /// cells along x
    pub nx: usize,
    /// cells along y
    pub ny: usize,
    /// cells along z
    pub nz: usize,
    /// width of a cell \[m\]
    pub dx: f64,
}

impl Grid {
    /// Number of cells.
    pub fn cells(&self) -> usize {
        self.nx * self.ny * self.nz
    }

    /// Element of cell `(x, y, z)` in a field.
    pub fn index(&self, x: usize, y: usize, z: usize) -> usize {
        (z * self.ny + y) * self.nx + x
    }

    /// Centre of the cell that is element `index` of a field, from the corner of the box \[m\].
    pub fn centre(&self, index: usize) -> [f64; 3] {
        let place = [index % self.nx, index / self.nx % self.ny, index / (self.nx * self.ny)];
        place.map(|cell| (cell as f64 + 0.5) * self.dx)
    }

    /// Projected area of the box \[m²\].
    pub fn area(&self) -> f64 {
        (self.nx * self.ny) as f64 * self.dx * self.dx
    }

    /// Volume of one cell \[m³\].
    pub fn cell_volume(&self) -> f64 {
        self.dx * self.dx * self.dx
    }

    /// Height of the box \[m\].
    pub fn height(&self) -> f64 {
        self.nz as f64 * self.dx
    }
}

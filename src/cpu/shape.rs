//! Rows and neighbours: how the plain loops walk the grid.

use rayon::prelude::*;

/// Cells along each axis. x and y are periodic; at the bottom and the top a cell is its own neighbour.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Shape {
    /// cells along x
    pub nx: usize,
    /// cells along y
    pub ny: usize,
    /// cells along z
    pub nz: usize,
}

/// A row of cells along x and its four neighbouring rows, as elements of their first cells.
#[derive(Clone, Copy, Debug)]
pub struct Row {
    /// this row
    pub here: usize,
    /// towards −y
    pub south: usize,
    /// towards +y
    pub north: usize,
    /// towards −z
    pub below: usize,
    /// towards +z
    pub above: usize,
    nx: usize,
}

/// Elements of a cell and its neighbours: −x, +x, −y, +y, −z, +z.
#[derive(Clone, Copy, Debug)]
pub struct Cell {
    /// the cell
    pub here: usize,
    /// its neighbours
    pub around: [usize; 6],
}

/// Fewer cells than this are not worth a second thread.
const PARALLEL: usize = 8192;

impl Shape {
    /// Cells.
    pub fn cells(&self) -> usize {
        self.nx * self.ny * self.nz
    }

    /// Half the cells along every axis that has more than one, rounded up.
    pub fn coarser(&self) -> Self {
        Self { nx: self.nx.div_ceil(2), ny: self.ny.div_ceil(2), nz: self.nz.div_ceil(2) }
    }

    /// Row (y, z).
    pub fn row(&self, y: usize, z: usize) -> Row {
        let at = |y: usize, z: usize| (z * self.ny + y) * self.nx;
        Row {
            here: at(y, z),
            south: at(if y == 0 { self.ny - 1 } else { y - 1 }, z),
            north: at(if y + 1 == self.ny { 0 } else { y + 1 }, z),
            below: at(y, z.saturating_sub(1)),
            above: at(y, (z + 1).min(self.nz - 1)),
            nx: self.nx,
        }
    }

    /// Calls `fill(x, y, z, cell, out)` for every cell of `out`.
    pub fn map<T: Send>(&self, out: &mut [T], fill: impl Fn(usize, usize, usize, Cell, &mut T) + Sync) {
        self.rows(out, |y, z, row, out| {
            for (x, out) in out.iter_mut().enumerate() {
                fill(x, y, z, row.cell(x), out);
            }
        });
    }

    /// Calls `fill(y, z, row, out)` for every row of `out`.
    pub fn rows<T: Send>(&self, out: &mut [T], fill: impl Fn(usize, usize, Row, &mut [T]) + Sync) {
        let each = |(index, out): (usize, &mut [T])| {
            let (y, z) = (index % self.ny, index / self.ny);
            fill(y, z, self.row(y, z), out);
        };
        if self.is_small() {
            out.chunks_mut(self.nx).enumerate().for_each(each);
        } else {
            out.par_chunks_mut(self.nx).enumerate().with_min_len(self.rows_at_once()).for_each(each);
        }
    }

    /// Whether the grid is not worth a second thread.
    pub fn is_small(&self) -> bool {
        self.cells() < PARALLEL
    }

    /// Rows that make a task.
    pub fn rows_at_once(&self) -> usize {
        (4096 / self.nx).max(1)
    }
}

impl Row {
    /// Cell `x` of the row.
    #[inline(always)]
    pub fn cell(&self, x: usize) -> Cell {
        let west = if x == 0 { self.nx - 1 } else { x - 1 };
        let east = if x + 1 == self.nx { 0 } else { x + 1 };
        Cell {
            here: self.here + x,
            around: [
                self.here + west,
                self.here + east,
                self.south + x,
                self.north + x,
                self.below + x,
                self.above + x,
            ],
        }
    }
}

/// The six values around a cell, summed in mirrored pairs.
#[inline(always)]
pub fn paired<T: std::ops::Add<Output = T> + Copy>(v: [T; 6]) -> T {
    ((v[0] + v[1]) + (v[2] + v[3])) + (v[4] + v[5])
}

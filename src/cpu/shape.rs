//! Rows and neighbours: how the plain loops walk the grid.

use std::ops::Range;

use rayon::prelude::*;

use crate::model::grid::Grid;

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
    /// its place along y
    pub y: usize,
    /// its place along z
    pub z: usize,
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

impl From<&Grid> for Shape {
    fn from(grid: &Grid) -> Self {
        Self { nx: grid.nx, ny: grid.ny, nz: grid.nz }
    }
}

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
            y,
            z,
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
        self.rows(
            out,
            || (),
            |(), row, out| {
                for (x, out) in out.iter_mut().enumerate() {
                    fill(x, row.y, row.z, row.cell(x), out);
                }
            },
        );
    }

    /// Calls `fill(scratch, row, out)` for every row of the fields `out`; each task has a `scratch` of its own.
    pub fn rows<F: Fields, S>(&self, out: F, scratch: impl Fn() -> S + Sync, fill: impl Fn(&mut S, Row, F) + Sync) {
        let task = |scratch: &mut S, (rows, mut out): (Range<usize>, F)| {
            for row in self.numbered(rows) {
                fill(scratch, row, out.split(self.nx));
            }
        };
        if self.is_small() {
            task(&mut scratch(), (0..self.ny * self.nz, out));
        } else {
            self.shares(out).into_par_iter().for_each_init(&scratch, task);
        }
    }

    /// The same; the sums of what `fill` returns, added in the order of the rows.
    pub fn rows_with_sums<F: Fields, S, const N: usize>(
        &self,
        out: F,
        scratch: impl Fn() -> S + Sync,
        fill: impl Fn(&mut S, Row, F) -> [f64; N] + Sync,
    ) -> [f64; N] {
        let add = |sum: [f64; N], part: [f64; N]| std::array::from_fn(|k| sum[k] + part[k]);
        let task = |scratch: &mut S, (rows, mut out): (Range<usize>, F)| {
            self.numbered(rows).fold([0.0; N], |sum, row| add(sum, fill(scratch, row, out.split(self.nx))))
        };
        let parts: Vec<_> = self.shares(out).into_par_iter().map_init(&scratch, task).collect();
        parts.into_iter().fold([0.0; N], add)
    }

    /// The fields `out`, by tasks.
    fn shares<F: Fields>(&self, mut out: F) -> Vec<(Range<usize>, F)> {
        self.tasks().map(|rows| (rows.clone(), out.split(rows.len() * self.nx))).collect()
    }

    /// Rows by their numbers, z slowest.
    pub fn numbered(&self, rows: Range<usize>) -> impl Iterator<Item = Row> {
        rows.map(|number| self.row(number % self.ny, number / self.ny))
    }

    /// Numbers of the rows, by tasks.
    pub fn tasks(&self) -> impl Iterator<Item = Range<usize>> {
        let (rows, at_once) = (self.ny * self.nz, (4096 / self.nx).max(1));
        (0..rows).step_by(at_once).map(move |first| first..(first + at_once).min(rows))
    }

    /// Whether the grid is not worth a second thread.
    pub fn is_small(&self) -> bool {
        self.cells() < PARALLEL
    }
}

/// Fields that are filled together, or the same cells of each of them.
pub trait Fields: Send {
    /// Takes the first `cells` away.
    fn split(&mut self, cells: usize) -> Self;
}

impl<T: Send> Fields for &mut [T] {
    #[inline]
    fn split(&mut self, cells: usize) -> Self {
        self.split_off_mut(..cells).unwrap_or_default()
    }
}

impl<F: Fields, const N: usize> Fields for [F; N] {
    #[inline]
    fn split(&mut self, cells: usize) -> Self {
        self.each_mut().map(|field| field.split(cells))
    }
}

impl<F: Fields, G: Fields> Fields for (F, G) {
    #[inline]
    fn split(&mut self, cells: usize) -> Self {
        (self.0.split(cells), self.1.split(cells))
    }
}

/// A row of a field and the values around each of its cells, all as long as the row.
#[derive(Debug)]
pub struct Star<'a, T> {
    /// the row
    pub here: &'a [T],
    /// towards −x, +x, −y, +y, −z, +z
    pub around: [&'a [T]; 6],
}

// What the rows' kernels call is compiled anew for each kind of processor only if it is inlined, and a closure in it cannot be
// told to be: hence plain loops.
impl<T> Star<'_, T> {
    /// The same, of a length that the compiler can follow.
    #[inline(always)]
    pub fn of(&self, n: usize) -> Self {
        let [west, east, south, north, below, above] = self.around;
        Self {
            here: &self.here[..n],
            around: [&west[..n], &east[..n], &south[..n], &north[..n], &below[..n], &above[..n]],
        }
    }
}

impl<T> Clone for Star<'_, T> {
    #[inline(always)]
    fn clone(&self) -> Self {
        *self
    }
}

impl<T> Copy for Star<'_, T> {}

/// Rows of several fields, of a length that the compiler can follow.
#[inline(always)]
pub fn stars_of<T, const N: usize>(mut stars: [Star<T>; N], n: usize) -> [Star<T>; N] {
    for star in &mut stars {
        *star = star.of(n);
    }
    stars
}

/// The same without what is around them.
#[inline(always)]
pub fn rows_of<T, const N: usize>(mut rows: [&[T]; N], n: usize) -> [&[T]; N] {
    for row in &mut rows {
        *row = &row[..n];
    }
    rows
}

/// `out` = `value(x)`, cell by cell: a loop that fills one field, whose vectors no other field can overlap.
#[inline(always)]
pub fn fill<T>(out: &mut [T], value: impl Fn(usize) -> T) {
    let n = out.len();
    for x in 0..n {
        out[x] = value(x);
    }
}

/// A row with its periodic neighbours at both ends.
#[derive(Clone, Debug, Default)]
pub struct Padded<T>(Vec<T>);

impl<T: Copy> Padded<T> {
    /// `row`, with its last cell before the first and its first after the last.
    #[inline]
    pub fn set(&mut self, row: &[T]) -> &[T] {
        self.0.clear();
        self.0.push(row[row.len() - 1]);
        self.0.extend_from_slice(row);
        self.0.push(row[0]);
        &self.0
    }

    /// The row, its last cell before and its first after it.
    pub fn all(&self) -> &[T] {
        &self.0
    }

    /// A row of `field` and what is around it.
    #[inline]
    pub fn star<'a>(&'a mut self, field: &'a [T], row: Row) -> Star<'a, T> {
        let n = row.nx;
        let at = |start: usize| &field[start..start + n];
        let padded = self.set(at(row.here));
        Star {
            here: &padded[1..=n],
            around: [&padded[..n], &padded[2..], at(row.south), at(row.north), at(row.below), at(row.above)],
        }
    }
}

/// A row of several fields.
pub fn stars<'a, T: Copy, const N: usize>(
    room: &'a mut [Padded<T>; N],
    fields: &'a [Vec<T>; N],
    row: Row,
) -> [Star<'a, T>; N] {
    let mut fields = fields.iter();
    room.each_mut().map(|padded| padded.star(fields.next().map_or(&[][..], |field| field), row))
}

/// Several fields, to be filled together.
pub fn fields<T, const N: usize>(fields: &mut [Vec<T>; N]) -> [&mut [T]; N] {
    fields.each_mut().map(|field| &mut field[..])
}

impl Row {
    /// Cells of the row.
    #[inline(always)]
    pub fn len(&self) -> usize {
        self.nx
    }

    /// The row of `field`.
    #[inline(always)]
    pub fn of<'a, T>(&self, field: &'a [T]) -> &'a [T] {
        &field[self.here..self.here + self.nx]
    }

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

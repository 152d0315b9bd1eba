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
    shape: Shape,
}

/// Rows of a plane that are neighbours, one after the other in memory: enough cells that a loop over them is worth its beginning.
#[derive(Clone, Copy, Debug)]
pub struct Strip {
    /// place of its first row along y
    pub y: usize,
    /// its place along z
    pub z: usize,
    /// its first cell
    pub here: usize,
    /// the cell towards −z of that
    pub below: usize,
    /// the cell towards +z of that
    pub above: usize,
    cells: usize,
    shape: Shape,
}

/// Elements of a cell and its neighbours: −x, +x, −y, +y, −z, +z.
#[derive(Clone, Copy, Debug)]
pub struct Cell {
    /// the cell
    pub here: usize,
    /// its neighbours
    pub around: [usize; 6],
}

/// Most cells of a strip, unless a row has more.
const STRIP: usize = 512;
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
            shape: *self,
        }
    }

    /// The cells that touch cell `x` of a row, those of its corners too: 26, fewer at the bottom and the top.
    pub fn around(&self, row: Row, x: usize) -> impl Iterator<Item = usize> + use<> {
        let shape = *self;
        let steps = (0..27).filter(|&step| step != 13).map(|step| [step % 3, step / 3 % 3, step / 9]);
        steps.filter_map(move |[dx, dy, dz]| {
            let z = (row.z + dz).checked_sub(1).filter(|&z| z < shape.nz)?;
            let [x, y] = [(x + dx + shape.nx - 1) % shape.nx, (row.y + dy + shape.ny - 1) % shape.ny];
            Some((z * shape.ny + y) * shape.nx + x)
        })
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
        self.strips(out, scratch, |scratch, strip, mut out| {
            for row in strip.rows() {
                fill(scratch, row, out.split(self.nx));
            }
        });
    }

    /// Calls `fill(scratch, strip, out)` for strips of the fields `out` that cover them; each task has a `scratch` of its own.
    pub fn strips<F: Fields, S>(&self, out: F, scratch: impl Fn() -> S + Sync, fill: impl Fn(&mut S, Strip, F) + Sync) {
        let task = |scratch: &mut S, (rows, mut out): (Range<usize>, F)| {
            for strip in self.strips_of(rows) {
                fill(scratch, strip, out.split(strip.cells));
            }
        };
        if self.is_small() {
            task(&mut scratch(), (0..self.ny * self.nz, out));
        } else {
            self.shares(out).into_par_iter().for_each_init(&scratch, task);
        }
    }

    /// Fills strips of rows of the fields `out` in parallel, and returns the sums of what `fill` returns, added in the order of the strips.
    pub fn strips_with_sums<F: Fields, S, const N: usize>(
        &self,
        out: F,
        scratch: impl Fn() -> S + Sync,
        fill: impl Fn(&mut S, Strip, F) -> [f64; N] + Sync,
    ) -> [f64; N] {
        let add = |sum: [f64; N], part: [f64; N]| std::array::from_fn(|k| sum[k] + part[k]);
        let task = |scratch: &mut S, (rows, mut out): (Range<usize>, F)| {
            self.strips_of(rows).fold([0.0; N], |sum, strip| add(sum, fill(scratch, strip, out.split(strip.cells))))
        };
        let parts: Vec<_> = self.shares(out).into_par_iter().map_init(&scratch, task).collect();
        parts.into_iter().fold([0.0; N], add)
    }

    /// The fields `out`, by tasks.
    pub fn shares<F: Fields>(&self, mut out: F) -> Vec<(Range<usize>, F)> {
        self.tasks().map(|rows| (rows.clone(), out.split(rows.len() * self.nx))).collect()
    }

    /// Rows by their numbers, z slowest.
    pub fn numbered(&self, rows: Range<usize>) -> impl Iterator<Item = Row> {
        rows.map(|number| self.row(number % self.ny, number / self.ny))
    }

    /// Returns rows in strips, as many of one plane as a strip has room for.
    pub fn strips_of(&self, rows: Range<usize>) -> impl Iterator<Item = Strip> {
        let (shape, mut first) = (*self, rows.start);
        std::iter::from_fn(move || {
            let (y, z) = (first % shape.ny, first / shape.ny);
            let count = shape.strip_rows().min(shape.ny - y).min(rows.end - first);
            first += count;
            (count > 0).then(|| shape.strip(y, z, count))
        })
    }

    /// Most rows of a strip.
    pub fn strip_rows(&self) -> usize {
        (STRIP / self.nx).max(1)
    }

    /// Most cells of a strip.
    pub fn strip_cells(&self) -> usize {
        self.nx * self.strip_rows().min(self.ny)
    }

    /// `rows` rows from (y, z) on.
    pub fn strip(&self, y: usize, z: usize, rows: usize) -> Strip {
        let Row { here, below, above, .. } = self.row(y, z);
        Strip { y, z, here, below, above, cells: rows * self.nx, shape: *self }
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

impl Fields for () {
    #[inline]
    fn split(&mut self, _: usize) {}
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

/// A strip of a field and the values around each of its cells, all as long as the strip.
#[derive(Debug)]
pub struct Star<'a, T> {
    /// the strip
    pub here: &'a [T],
    /// towards −x, +x, −y, +y, −z, +z
    pub around: [&'a [T]; 6],
}

// What the rows' kernels call is compiled anew for each kind of processor only if it is inlined, and a closure in it cannot be
// told to be: hence plain loops.
impl<T> Star<'_, T> {
    /// Cuts every slice to `n` cells, so that the compiler knows their length and leaves out the checks of bounds.
    #[inline(always)]
    pub fn of(&self, n: usize) -> Self {
        let [west, east, south, north, below, above] = self.around;
        Self {
            here: &self.here[..n],
            around: [&west[..n], &east[..n], &south[..n], &north[..n], &below[..n], &above[..n]],
        }
    }
}

impl<T: Copy> Star<'_, T> {
    /// What cell `x` and its neighbours have together.
    #[inline(always)]
    pub fn sums<R: From<T> + std::ops::Add<Output = R> + Copy + Default>(&self, x: usize) -> [R; 6] {
        let (own, mut sums) = (R::from(self.here[x]), [R::default(); 6]);
        for face in 0..6 {
            sums[face] = own + R::from(self.around[face][x]);
        }
        sums
    }
}

impl<T: Copy + Default + std::ops::Sub<Output = T>> Star<'_, T> {
    /// What cell `x` has more than its neighbours.
    #[inline(always)]
    pub fn differences(&self, x: usize) -> [T; 6] {
        let (own, mut differences) = (self.here[x], [T::default(); 6]);
        for face in 0..6 {
            differences[face] = own - self.around[face][x];
        }
        differences
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

/// Cuts rows to `n` cells, so that the compiler knows their length and leaves out the checks of bounds.
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
}

/// Room for what is beside the cells of a strip, where that does not lie in memory as it should.
#[derive(Clone, Debug, Default)]
pub struct Beside<T> {
    west: Vec<T>,
    east: Vec<T>,
    south: Vec<T>,
    north: Vec<T>,
}

impl<T: Copy> Beside<T> {
    /// A strip of `field` and what is around it.
    #[inline]
    pub fn star<'a>(&'a mut self, field: &'a [T], strip: impl Into<Strip>) -> Star<'a, T> {
        let Strip { y, z, here: start, below, above, cells, shape } = strip.into();
        let (nx, ny) = (shape.nx, shape.ny);
        let at = |start: usize| &field[start..start + cells];
        let here = at(start);
        // one cell on, and at the ends of the rows the cell at the other end
        self.west.clear();
        self.west.push(here[nx - 1]);
        self.west.extend_from_slice(&here[..cells - 1]);
        self.east.clear();
        self.east.extend_from_slice(&here[1..]);
        self.east.push(here[cells - nx]);
        for ((west, east), row) in self.west.chunks_mut(nx).zip(self.east.chunks_mut(nx)).zip(here.chunks(nx)) {
            (west[0], east[nx - 1]) = (row[nx - 1], row[0]);
        }
        // one row on; of several rows the first and the last of the plane have their neighbours at its other end
        let (rows, plane) = (cells / nx, z * ny * nx);
        let (first, last) = (&field[plane..plane + nx], &field[plane + (ny - 1) * nx..plane + ny * nx]);
        let south = if y > 0 {
            at(start - nx)
        } else {
            self.south.clear();
            self.south.extend_from_slice(last);
            self.south.extend_from_slice(&here[..cells - nx]);
            &self.south
        };
        let north = if y + rows < ny {
            at(start + nx)
        } else {
            self.north.clear();
            self.north.extend_from_slice(&here[nx..]);
            self.north.extend_from_slice(first);
            &self.north
        };
        Star { here, around: [&self.west, &self.east, south, north, at(below), at(above)] }
    }
}

/// A strip of several fields.
pub fn stars<'a, T: Copy, const N: usize>(
    room: &'a mut [Beside<T>; N],
    fields: &'a [Vec<T>; N],
    strip: Strip,
) -> [Star<'a, T>; N] {
    let mut fields = fields.iter();
    room.each_mut().map(|beside| beside.star(fields.next().map_or(&[][..], |field| field), strip))
}

impl Strip {
    /// Cells of the strip.
    #[inline(always)]
    pub fn len(&self) -> usize {
        self.cells
    }

    /// The strip of `field`.
    #[inline(always)]
    pub fn of<'a, T>(&self, field: &'a [T]) -> &'a [T] {
        &field[self.here..self.here + self.cells]
    }

    /// Its rows.
    pub fn rows(self) -> impl Iterator<Item = Row> {
        (self.y..self.y + self.cells / self.shape.nx).map(move |y| self.shape.row(y, self.z))
    }

    /// Numbers of its rows, z slowest.
    #[inline]
    pub fn numbers(&self) -> Range<usize> {
        let first = self.z * self.shape.ny + self.y;
        first..first + self.cells / self.shape.nx
    }
}

impl From<Row> for Strip {
    #[inline]
    fn from(row: Row) -> Self {
        row.shape.strip(row.y, row.z, 1)
    }
}

/// Several fields, to be filled together.
pub fn fields<T, const N: usize>(fields: &mut [Vec<T>; N]) -> [&mut [T]; N] {
    fields.each_mut().map(|field| &mut field[..])
}

impl Row {
    /// Cells of the row.
    #[inline(always)]
    pub fn len(&self) -> usize {
        self.shape.nx
    }

    /// The row of `field`.
    #[inline(always)]
    pub fn of<'a, T>(&self, field: &'a [T]) -> &'a [T] {
        &field[self.here..self.here + self.shape.nx]
    }

    /// Cell `x` of the row.
    #[inline(always)]
    pub fn cell(&self, x: usize) -> Cell {
        let west = if x == 0 { self.shape.nx - 1 } else { x - 1 };
        let east = if x + 1 == self.shape.nx { 0 } else { x + 1 };
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

#[cfg(test)]
mod tests {
    use super::*;

    /// Every cell once, with the neighbours that it has by itself, in strips of one row and of many, within a plane and at its ends.
    #[test]
    fn strips_have_the_neighbours_of_their_cells() {
        for (nx, ny, nz) in [(1, 1, 40), (24, 1, 17), (5, 3, 2), (64, 64, 3), (100, 13, 7), (600, 2, 2), (1, 700, 2)] {
            let shape = Shape { nx, ny, nz };
            let field: Vec<u32> = (0..shape.cells() as u32).collect();
            let (mut beside, mut next, mut most) = (Beside::default(), 0, 0);
            for strip in shape.tasks().flat_map(|rows| shape.strips_of(rows)) {
                let star = beside.star(&field, strip);
                let cells = strip.rows().flat_map(|row| (0..nx).map(move |x| row.cell(x)));
                for (i, cell) in cells.enumerate() {
                    assert_eq!((cell.here, star.here[i] as usize), (next, next), "{shape:?}");
                    assert_eq!(star.around.map(|row| row[i] as usize), cell.around, "{shape:?} {strip:?} {i}");
                    next += 1;
                }
                assert_eq!(strip.numbers().len() * nx, strip.len());
                most = most.max(strip.len());
            }
            assert_eq!((next, most), (shape.cells(), shape.strip_cells()), "{shape:?}");
        }
    }
}

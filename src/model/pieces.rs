//! Connected pieces: runs of one phase along x, joined by a union-find where they touch. x and y are periodic.
//!
//! Runs instead of cells make this tens of times smaller than the box, and the union-find is thirty lines: a crate would
//! not be shorter.

use std::f64::consts::PI;

use super::grid::Grid;

/// What a cell is, as a whole.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Phase {
    /// at least half of it is copper: w ≤ ½
    Copper,
    /// more than half of what is not copper is lithium: ξ > ½
    Lithium,
    /// the rest
    Electrolyte,
}

impl Phase {
    /// Phase of a cell with accessible fraction `w` and lithium fraction `xi`.
    #[inline(always)]
    pub fn of(w: f64, xi: f64) -> Self {
        match (w > 0.5, xi > 0.5) {
            (false, _) => Self::Copper,
            (true, true) => Self::Lithium,
            (true, false) => Self::Electrolyte,
        }
    }
}

/// Neighbouring cells of one phase along x.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Run {
    /// row z ny + y
    pub row: usize,
    /// first cell
    pub start: usize,
    /// one past the last cell
    pub end: usize,
    /// what the cells are
    pub phase: Phase,
    /// the piece, 0…count, numbered by first appearance
    pub piece: usize,
    /// whether a face of one of the cells looks at copper
    pub touches_copper: bool,
}

/// The box as runs, in order of rows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pieces {
    /// every cell of the box is in one of them
    pub runs: Vec<Run>,
    /// number of pieces of all phases
    pub count: usize,
}

/// Finds the pieces of `phases`, nx × ny × nz cells, x fastest.
pub fn pieces(nx: usize, ny: usize, nz: usize, phases: &[Phase]) -> Pieces {
    let mut runs = Vec::new();
    let mut rows = Vec::with_capacity(ny * nz + 1);
    for (row, phases) in phases.chunks(nx).enumerate() {
        rows.push(runs.len());
        let mut start = 0;
        for cells in phases.chunk_by(|a, b| a == b) {
            let end = start + cells.len();
            runs.push(Run { row, start, end, phase: cells[0], piece: 0, touches_copper: false });
            start = end;
        }
    }
    rows.push(runs.len());

    let mut sets = Sets { parents: (0..runs.len()).collect() };
    for row in 0..ny * nz {
        let (first, last) = (rows[row], rows[row + 1] - 1);
        for run in first..last {
            sets.meet(&mut runs, run, run + 1);
        }
        sets.meet(&mut runs, first, last);
        let (y, z) = (row % ny, row / ny);
        sets.meet_rows(&mut runs, &rows, row, z * ny + (y + 1) % ny);
        if z + 1 < nz {
            sets.meet_rows(&mut runs, &rows, row, row + ny);
        }
    }

    let mut count = 0;
    for run in 0..runs.len() {
        let root = sets.root(run);
        runs[run].piece = if root == run { count } else { runs[root].piece };
        count += usize::from(root == run);
    }
    Pieces { runs, count }
}

/// Radius of the smallest piece whose isolation the grid can tell \[ℓ\]. A deposit that dissolves leaves specks of a cell or two where
/// its last lithium was, and their tails reach the copper: they are no pieces of metal, and count as joined to it.
pub const SMALLEST_RADIUS: f64 = 2.0;

/// Thickness at which a neck of lithium breaks for want of resolution \[ℓ\]: a cylinder that is stripped evenly has no cell above ξ = ½
/// from a radius of 0.4 ℓ on, a ball from 0.7 ℓ on (ℓ = dx, 2026-11-27).
pub const PINCH: f64 = 0.8;

/// Cells of a ball of that radius for an interface length `ell` \[m\]; of a cylinder or a layer where the box has one or two axes of a
/// single cell.
pub fn smallest(grid: &Grid, ell: f64) -> u32 {
    let radius = SMALLEST_RADIUS * ell / grid.dx;
    let cells = match u32::from(grid.nx > 1) + u32::from(grid.ny > 1) {
        2 => 4.0 / 3.0 * PI * radius.powi(3),
        1 => PI * radius.powi(2),
        _ => 2.0 * radius,
    };
    cells.ceil() as u32
}

/// Which pieces touch the copper, or the bottom of the box.
pub struct Joined(Vec<bool>);

impl Joined {
    /// Of pieces in a box of `ny` rows a plane.
    pub fn new(pieces: &Pieces, ny: usize) -> Self {
        let mut joined = vec![false; pieces.count];
        for run in &pieces.runs {
            joined[run.piece] |= run.touches_copper || run.row < ny;
        }
        Self(joined)
    }

    /// Whether a piece does.
    pub fn is(&self, piece: usize) -> bool {
        self.0[piece]
    }
}

/// Union-find over runs; the root of a set is its first run.
struct Sets {
    parents: Vec<usize>,
}

impl Sets {
    fn root(&mut self, mut run: usize) -> usize {
        while self.parents[run] != run {
            self.parents[run] = self.parents[self.parents[run]];
            run = self.parents[run];
        }
        run
    }

    /// Two runs share a face: of one phase they are one piece, otherwise copper is touched or nothing happens.
    fn meet(&mut self, runs: &mut [Run], a: usize, b: usize) {
        match (runs[a].phase, runs[b].phase) {
            (one, other) if one == other => {
                let (a, b) = (self.root(a), self.root(b));
                self.parents[a.max(b)] = a.min(b);
            }
            (Phase::Copper, _) => runs[b].touches_copper = true,
            (_, Phase::Copper) => runs[a].touches_copper = true,
            _ => {}
        }
    }

    /// Every pair of runs of two neighbouring rows that share a face.
    fn meet_rows(&mut self, runs: &mut [Run], rows: &[usize], one: usize, other: usize) {
        let (mut a, mut b) = (rows[one], rows[other]);
        while a < rows[one + 1] && b < rows[other + 1] {
            self.meet(runs, a, b);
            let (end_a, end_b) = (runs[a].end, runs[b].end);
            a += usize::from(end_a <= end_b);
            b += usize::from(end_b <= end_a);
        }
    }
}

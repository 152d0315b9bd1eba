//! What hangs together: pieces of lithium, those cut off from the copper, and electrolyte with no way out.

use super::Deposit;
use super::deposit::phases;
use crate::model::pieces::{Joined, Phase, pieces};

/// A connected piece of lithium.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Piece {
    /// its cells times the volume of one \[m³\]
    pub volume: f64,
    /// whether it touches the copper, or the bottom of the box
    pub joined: bool,
    /// whether it does not, and is large enough for that to mean something
    pub isolated: bool,
}

/// Pieces of both phases.
#[derive(Clone, Debug, PartialEq)]
pub struct Topology {
    /// pieces of lithium, the largest first
    pub pieces: Vec<Piece>,
    /// fraction of the electrolyte's cells with no way to the top; NaN without electrolyte
    pub trapped: f64,
}

impl Topology {
    /// Volume of isolated lithium over that of all lithium; NaN without lithium.
    pub fn dead_fraction(&self) -> f64 {
        // an empty sum is −0
        let volume = |sum: f64, piece: &Piece| sum + piece.volume;
        let dead = self.pieces.iter().filter(|piece| piece.isolated).fold(0.0, volume);
        dead / self.pieces.iter().fold(0.0, volume)
    }
}

/// Finds the pieces: cells are connected through faces, x and y are periodic.
pub fn topology(deposit: &Deposit) -> Topology {
    #[derive(Clone, Copy)]
    struct Seen {
        phase: Phase,
        cells: usize,
        joined: bool,
        open: bool,
    }
    let grid = deposit.grid;
    let found = pieces(grid.nx, grid.ny, grid.nz, &phases(deposit));
    let joined = Joined::new(&found, grid.ny);
    let mut seen = vec![Seen { phase: Phase::Copper, cells: 0, joined: false, open: false }; found.count];
    for run in &found.runs {
        let piece = &mut seen[run.piece];
        piece.phase = run.phase;
        piece.cells += run.end - run.start;
        piece.joined = joined.is(run.piece);
        piece.open |= run.row / grid.ny + 1 == grid.nz;
    }

    let volume = |cells: usize| cells as f64 * grid.cell_volume();
    let mut lithium: Vec<Piece> = seen
        .iter()
        .filter(|piece| piece.phase == Phase::Lithium)
        .map(|piece| Piece {
            volume: volume(piece.cells),
            joined: piece.joined,
            isolated: !piece.joined && piece.cells >= deposit.smallest_piece as usize,
        })
        .collect();
    lithium.sort_by(|a, b| b.volume.total_cmp(&a.volume));
    let electrolyte = |closed_only: bool| {
        let pieces = seen.iter().filter(|piece| piece.phase == Phase::Electrolyte && !(closed_only && piece.open));
        pieces.map(|piece| piece.cells).sum::<usize>() as f64
    };
    Topology { pieces: lithium, trapped: electrolyte(true) / electrolyte(false) }
}

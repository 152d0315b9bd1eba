//! Lithium that is not joined to the copper: which kernels find its pieces and their potentials.

use super::Gpu;
use super::fields::{Buffer, Id, piece_tables};
use super::layout::Role;
use super::queue::Dispatch;
use super::shader::Kernel;
use super::trapped::Phase;
use crate::solver::backend::{BackendError, Now, Piece, Pieces};

/// Corrections of the pieces' potentials before the one along the slopes: after the mean of the drive, which is exact for linear
/// kinetics, two leave what single precision does.
const CORRECTIONS: usize = 2;

/// Words before the rows of the table, of a row, and where in it things stand; the same in shaders/lib/isolated.wgsl.
pub(super) const HEAD: usize = 4;
const COUNT: usize = 0;
const ANY_SPENT: usize = 1;
const ROW: usize = 8;
const FIRST: usize = 0;
const WAS: usize = 1;
const ASKED: usize = 2;
const FATE: usize = 3;
const VOLUME: usize = 4;
const FATE_GONE: u32 = u32::MAX;

/// What a pass of `kinetics` looks at.
#[derive(Clone, Copy)]
#[repr(u32)]
pub enum Pass {
    /// the kinetics of all cells
    Full = 0,
    /// the drive of the cells that react with isolated lithium
    DriveOnly = 1,
    /// their kinetics
    IsolatedOnly = 2,
}

/// What is summed over a piece.
#[derive(Clone, Copy)]
#[repr(u32)]
enum Of {
    /// current and slope
    Current = 0,
    /// what the current changes by with a direction
    Direction = 1,
    /// what it changes by with the uniform potential
    Uniform = 2,
}

/// What follows from the sums over a piece.
#[derive(Clone, Copy)]
#[repr(u32)]
enum Solve {
    Potential = 0,
    Correction = 1,
    Change = 2,
}

impl Gpu {
    /// xi → the isolated pieces, in the order of their first cells.
    pub(super) fn find_pieces(&mut self) -> Result<Pieces, BackendError> {
        let before = std::mem::take(&mut self.isolated);
        let (count, any_spent) = loop {
            let head = match self.found.pieces.take() {
                Some(head) => head,
                None => {
                    self.number_pieces(&before);
                    self.words(Buffer::Pieces, HEAD)?
                }
            };
            let count = head[COUNT] as usize;
            if !self.make_room(count) {
                break (count, head[ANY_SPENT] != 0);
            }
        };
        let none = count == 0 && before.is_empty();
        if !none {
            self.run(Kernel::LabelAssign, &self.labels(), &[before.len() as u32]);
        }
        self.find_trapped(any_spent);
        if none {
            return Ok(Pieces::default());
        }
        let table = self.words(Buffer::Pieces, HEAD + ROW * count.max(before.len()))?;
        let row = |number: usize| &table[HEAD + ROW * number..HEAD + ROW * (number + 1)];
        self.isolated = (0..count).map(|number| row(number)[FIRST]).collect();
        let piece = |number: usize| {
            let row = row(number);
            let was = row[WAS].checked_sub(1).map(|old| before[old as usize]);
            let words = [row[VOLUME], row[VOLUME + 1], row[VOLUME + 2]].map(f64::from);
            Piece { first: row[FIRST], volume: words[2] + words[1] * 2f64.powi(-32) + words[0] * 2f64.powi(-64), was }
        };
        let mut isolated: Vec<Piece> = (0..count).map(piece).collect();
        isolated.sort_unstable_by_key(|piece| piece.first);
        let fate = |(number, &first): (usize, &u32)| {
            let now = match row(number)[FATE] {
                0 => Now::Joined,
                FATE_GONE => Now::Gone,
                new => Now::Isolated(self.isolated[new as usize - 1]),
            };
            (first, now)
        };
        let mut fates: Vec<(u32, Now)> = before.iter().enumerate().map(fate).collect();
        fates.sort_unstable_by_key(|(first, _)| *first);
        Ok(Pieces { isolated, fates })
    }

    /// xi → the labels of the cells and the number of each piece, in a table that asks what has become of those `before`.
    pub(super) fn number_pieces(&mut self, before: &[u32]) {
        self.prepare_table(before);
        self.run(Kernel::Spent, &[], &[]);
        self.label_phase(Phase::Lithium);
        self.run(Kernel::LabelNumber, &self.labels(), &[]);
    }

    /// Where labels are: they need no memory of their own, for the hierarchy's finest correction is made anew in every V-cycle.
    pub(super) fn labels(&self) -> [(Role, Id); 1] {
        [(Role::Labels, self.fields.levels[0].x_next)]
    }

    /// Each cell of a phase has the label of its piece.
    pub(super) fn label_phase(&mut self, phase: Phase) {
        let (labels, phase) = (self.labels(), [phase as u32]);
        self.run(Kernel::LabelStart, &labels, &phase);
        self.run(Kernel::LabelJoin, &labels, &phase);
        self.run(Kernel::LabelCount, &labels, &[]);
    }

    /// An empty table that asks what has become of the first cells of the pieces before.
    fn prepare_table(&mut self, before: &[u32]) {
        self.clear(Buffer::Pieces);
        if !before.is_empty() {
            let mut table = vec![0; HEAD + ROW * before.len()];
            before.iter().enumerate().for_each(|(number, &first)| table[HEAD + ROW * number + ASKED] = first);
            self.write(Buffer::Pieces, bytemuck::cast_slice(&table));
        }
    }

    /// Makes the tables larger if they have no room for `pieces`; whether they were.
    fn make_room(&mut self, pieces: usize) -> bool {
        let mut grown = false;
        for (table, size) in piece_tables(pieces as u64) {
            if self.fields.grow(&self.device, table, size) {
                self.queue.forget(&self.device, table);
                grown = true;
            }
        }
        grown
    }

    fn words(&mut self, buffer: Buffer, count: usize) -> Result<Vec<u32>, BackendError> {
        let bytes = self.queue.read(&self.device, self.fields.buffer(self.fields.id(buffer)), 4 * count as u64)?;
        Ok(bytemuck::pod_collect_to_vec(&bytes))
    }

    /// u → the potentials of the pieces: first the mean of the drive, then Newton's method.
    pub(super) fn settle_pieces(&mut self) {
        let direction = self.fields.directions[0];
        self.run(Kernel::Kinetics, &[], &[Pass::DriveOnly as u32]);
        self.sum_pieces(direction, Of::Current, Solve::Potential);
        for _ in 0..CORRECTIONS {
            self.run(Kernel::Kinetics, &[], &[Pass::IsolatedOnly as u32]);
            self.sum_pieces(direction, Of::Current, Solve::Correction);
        }
    }

    /// What is left of the pieces' currents is taken out along their slopes.
    pub(super) fn balance_pieces(&mut self) {
        self.sum_pieces(self.fields.directions[0], Of::Current, Solve::Correction);
        self.run(Kernel::IsolatedBalance, &[], &[]);
    }

    /// Adds to an image what the pieces' potentials change with its direction, or with the uniform potential.
    pub(super) fn follow_pieces(&mut self, image: Id, direction: Option<Id>) {
        if self.isolated.is_empty() {
            return;
        }
        match direction {
            Some(direction) => self.sum_pieces(direction, Of::Direction, Solve::Change),
            None => self.sum_pieces(self.fields.directions[0], Of::Uniform, Solve::Change),
        }
        self.run(Kernel::IsolatedImage, &[(Role::Image, image)], &[]);
    }

    /// Sums over the pieces, and what follows from them.
    fn sum_pieces(&mut self, direction: Id, of: Of, what: Solve) {
        self.run(Kernel::IsolatedSums, &[(Role::Direction, direction)], &[of as u32]);
        let count = self.isolated.len() as u32;
        let parameters = [count, what as u32];
        let dispatch = Dispatch {
            kernel: Kernel::IsolatedSolve,
            threads: [count, 1, 1],
            roles: &[],
            level: None,
            parameters: &parameters,
        };
        self.queue.dispatch(&self.device, &self.fields, &dispatch);
    }
}

//! Lithium that is not joined to the copper: its pieces, and for each the potential at which it takes no current on the whole.
//!
//! The potential φ_p of a piece is not an unknown of Newton's method. It follows from φ and c: the sum of i δ over the cells that
//! react with the piece is zero. In the Jacobian that is a term of rank one, −δ g Σ δ (g dφ + h dc)/Σ δ g with g and h the slopes
//! of the current, and the current's own sum is zero to the last digit however far the iteration has come.

use crate::model::numerics::MAX_PIECE_CORRECTION;
use std::ops::Range;

use super::kinetics::{Pass, kinetics};
use super::probe::Probes;
use super::shape::Shape;
use super::{Cpu, trapped};
use crate::model::pieces::{Joined, Phase, Run, pieces};
use crate::solver::backend::{Now, Piece, Pieces};

/// Corrections of a potential. From the mean of the drive one to three are usual.
const CORRECTIONS: usize = 30;
/// Correction below which a potential is as exact as it gets \[RT/F\].
const SETTLED: f64 = 1e-13;

/// A cell that reacts with an isolated piece.
#[derive(Clone, Copy, Debug)]
struct Reacting {
    cell: usize,
    /// its place in the list of probes
    probe: usize,
    piece: usize,
}

/// What the linear solver knows of a piece.
#[derive(Clone, Copy, Debug, Default)]
struct Response {
    /// its potential \[potential scale\]
    potential: f64,
    /// Σ δ ∂i/∂φ
    slope: f64,
}

/// The isolated pieces.
#[derive(Debug, Default)]
pub struct Isolated {
    /// 0, or one more than the piece whose potential a cell reacts at
    piece: Vec<u32>,
    /// first cell of each piece
    first: Vec<u32>,
    /// the cells that react with them, by their place in the box
    reacting: Vec<Reacting>,
    /// whether one of a row's cells is among them
    rows: Vec<bool>,
    response: Vec<Response>,
}

impl Isolated {
    /// None yet, in a box of `cells` cells.
    pub fn new(cells: usize) -> Self {
        Self { piece: vec![0; cells], ..Self::default() }
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.first.is_empty()
    }

    /// For each cell whether it reacts with an isolated piece.
    pub fn cells(&self) -> impl Iterator<Item = bool> + '_ {
        self.piece.iter().map(|&piece| piece != 0)
    }

    /// Whether a cell of the rows `numbers` reacts with an isolated piece.
    #[inline]
    pub fn in_rows(&self, numbers: Range<usize>) -> bool {
        self.rows.get(numbers).is_some_and(|rows| rows.contains(&true))
    }

    /// Whether a cell reacts with an isolated piece.
    #[inline]
    pub fn has(&self, cell: usize) -> bool {
        self.piece[cell] != 0
    }

    /// The potential that a cell reacts at; 0, that of the copper, unless it belongs to an isolated piece.
    #[inline]
    pub fn potential(&self, cell: usize) -> f64 {
        match self.piece[cell] {
            0 => 0.0,
            piece => self.response[piece as usize - 1].potential,
        }
    }

    /// Finds the cells that react with the pieces, among those that have a probe.
    pub fn find_reacting(&mut self, shape: &Shape, probes: &Probes) {
        self.reacting.clear();
        self.rows.clear();
        if self.is_empty() {
            return;
        }
        self.rows.resize(shape.ny * shape.nz, false);
        for (place, probe) in probes.all().iter().enumerate() {
            let cell = probe.cell as usize;
            if self.piece[cell] != 0 {
                self.reacting.push(Reacting { cell, probe: place, piece: self.piece[cell] as usize - 1 });
                self.rows[cell / shape.nx] = true;
            }
        }
    }

    /// Sums of two terms over the cells of every piece.
    fn sums(&self, terms: impl Fn(&Reacting) -> [f64; 2]) -> Vec<[f64; 2]> {
        let mut sums = vec![[Fixed::default(); 2]; self.first.len()];
        for cell in &self.reacting {
            let [a, b] = &mut sums[cell.piece];
            let terms = terms(cell);
            a.add(terms[0]);
            b.add(terms[1]);
        }
        sums.into_iter().map(|sums| sums.map(Fixed::value)).collect()
    }
}

/// A sum in whole multiples of 2⁻⁸⁰: its terms may come in any order. For terms below 2³⁰, which no scaled current comes near.
#[derive(Clone, Copy, Debug, Default)]
struct Fixed(i128);

/// Quanta of one.
const QUANTA: f64 = (1u128 << 80) as f64;

impl Fixed {
    fn add(&mut self, term: f64) {
        self.0 += (term * QUANTA) as i128;
    }

    fn value(self) -> f64 {
        self.0 as f64 / QUANTA
    }
}

/// xi → the isolated pieces, in the order of their first cells.
pub fn label(cpu: &mut Cpu) -> Pieces {
    let shape = cpu.shape;
    let mut phases = vec![Phase::Copper; shape.cells()];
    let (xi, w) = (&cpu.xi, &cpu.accessible);
    shape.map(&mut phases, |_, _, _, cell, phase| *phase = Phase::of(w[cell.here], xi[cell.here]));
    let found = pieces(shape.nx, shape.ny, shape.nz, &phases);
    trapped::find(cpu, &phases, &found);
    let (xi, w) = (&cpu.xi, &cpu.accessible);
    let joined = Joined::new(&found, shape.ny);
    let mut cells = vec![0; found.count];
    found.runs.iter().for_each(|run| cells[run.piece] += run.end - run.start);
    let is_isolated = |run: &&Run| {
        run.phase == Phase::Lithium && !joined.is(run.piece) && cells[run.piece] >= cpu.physics.smallest_piece as usize
    };
    // of the pieces of all phases, those in the order of their first cells
    let mut number = vec![0; found.count];
    let (mut first, mut now) = (Vec::new(), vec![0; shape.cells()]);
    for run in found.runs.iter().filter(is_isolated) {
        let start = run.row * shape.nx;
        if number[run.piece] == 0 {
            first.push((start + run.start) as u32);
            number[run.piece] = first.len() as u32;
        }
        now[start + run.start..start + run.end].fill(number[run.piece]);
    }
    let before = std::mem::replace(&mut cpu.isolated.first, first);
    if before.is_empty() && cpu.isolated.is_empty() {
        return Pieces::default();
    }
    let Isolated { piece, first, response, .. } = &mut cpu.isolated;
    let was = |&cell: &u32| piece[cell as usize].checked_sub(1).map(|old| before[old as usize]);
    let was: Vec<Option<u32>> = first.iter().map(was).collect();
    let run_of = |cell: usize| found.runs.partition_point(|run| run.row * shape.nx + run.start <= cell) - 1;
    let fates = before.iter().map(|&cell| {
        let cell = cell as usize;
        let state = match (now[cell], phases[cell]) {
            (0, Phase::Lithium) if joined.is(found.runs[run_of(cell)].piece) => Now::Joined,
            (0, _) => Now::Gone,
            (number, _) => Now::Isolated(first[number as usize - 1]),
        };
        (cell as u32, state)
    });
    let fates = fates.collect();
    // cells without a piece react with the lithium that their ξ leads up to
    let lithium = |cell: usize| phases[cell] == Phase::Lithium;
    shape.map(&mut piece[..], |x, y, z, _, piece| {
        *piece = now[trapped::climb(&shape, |cell| xi[cell], lithium, [x, y, z])]
    });
    response.resize(first.len(), Response::default());
    let mut volume = vec![Fixed::default(); first.len()];
    for (&piece, (xi, w)) in piece.iter().zip(xi.iter().zip(w)) {
        if piece != 0 {
            volume[piece as usize - 1].add(xi * w);
        }
    }
    let pieces = first.iter().zip(&volume).zip(was);
    let isolated = pieces.map(|((&first, volume), was)| Piece { first, volume: volume.value(), was }).collect();
    Pieces { isolated, fates }
}

/// u → the potentials of the pieces: first the mean of the drive, which would be exact for linear kinetics, then Newton's method.
pub fn settle(cpu: &mut Cpu) {
    let reference = f64::from(cpu.step.phi_reference);
    let (capillary, stress) = (f64::from(cpu.physics.capillary), f64::from(cpu.physics.stress));
    let means = cpu.isolated.sums(|cell| {
        let (probe, delta) = (cpu.probes.all()[cell.probe], cpu.delta[cell.cell]);
        let drive = (reference + probe.reading.read(&cpu.u[0])) - (capillary * probe.curvature + stress);
        [delta * drive, delta]
    });
    for (response, [drive, area]) in cpu.isolated.response.iter_mut().zip(means) {
        response.potential = if area > 0.0 { drive / area } else { 0.0 };
    }
    for _ in 0..CORRECTIONS {
        kinetics(cpu, Pass::IsolatedOnly);
        if corrections(cpu).iter().fold(0.0f64, |largest, shift| largest.max(shift.abs())) < SETTLED {
            break;
        }
    }
}

/// Current and slopes → corrections of the potentials, which are made.
fn corrections(cpu: &mut Cpu) -> Vec<f64> {
    let [current, slope, _] = &cpu.rate;
    let sums =
        cpu.isolated.sums(|&Reacting { cell, .. }| [cpu.delta[cell] * current[cell], cpu.delta[cell] * slope[cell]]);
    let correct = |(response, [current, slope]): (&mut Response, [f64; 2])| {
        let shift =
            if slope > 0.0 { (current / slope).clamp(-MAX_PIECE_CORRECTION, MAX_PIECE_CORRECTION) } else { 0.0 };
        *response = Response { potential: response.potential + shift, slope };
        shift
    };
    cpu.isolated.response.iter_mut().zip(sums).map(correct).collect()
}

/// What is left of the pieces' currents is taken out along their slopes.
pub fn balance(cpu: &mut Cpu) {
    let shifts = corrections(cpu);
    let [current, slope, _] = &mut cpu.rate;
    for &Reacting { cell, piece, .. } in &cpu.isolated.reacting {
        current[cell] -= slope[cell] * shifts[piece];
    }
}

impl Cpu {
    /// How the potentials of the pieces follow a change of φ and c, or a change of φ by 1 everywhere.
    pub(super) fn isolated_change(&self, change: Option<[&[f32]; 2]>) -> Vec<f64> {
        let [_, by_phi, by_c] = &self.rate;
        let sums = self.isolated.sums(|&Reacting { cell, probe, .. }| {
            let reading = &self.probes.all()[probe].reading;
            let change = match change {
                Some([phi, c]) => by_phi[cell] * reading.read(phi) + by_c[cell] * reading.read(c),
                None => by_phi[cell],
            };
            [self.delta[cell] * change, 0.0]
        });
        let change =
            |([sum, _], response): ([f64; 2], &Response)| if response.slope > 0.0 { sum / response.slope } else { 0.0 };
        sums.into_iter().zip(&self.isolated.response).map(change).collect()
    }

    /// For each cell that reacts with a piece: the cell, and what its current per volume changes by because the pieces' potentials
    /// change as given.
    pub(super) fn isolated_currents<'a>(&'a self, change: &'a [f64]) -> impl Iterator<Item = (usize, f64)> + 'a {
        let [_, by_phi, _] = &self.rate;
        let current =
            move |&Reacting { cell, piece, .. }: &Reacting| (cell, -self.delta[cell] * by_phi[cell] * change[piece]);
        self.isolated.reacting.iter().map(current)
    }
}

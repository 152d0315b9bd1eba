//! The crystal on the CPU: what capillarity has beside the curvature, the factor of the exchange current, and the grain of each cell.

use super::law::{Facets, Harmonics};
use super::{Crystal, FIELDS};
use crate::cpu::interface::length;
use crate::cpu::mechanism::{Contribution, NewNuclei, OnSurface, Surface};
use crate::cpu::probe::{Foot, at_depth, central};
use crate::cpu::shape::{Cell, Row, Shape, paired};
use crate::mechanisms::{Riding, StepStart};
use crate::model::numerics::{CRYSTAL_BAND, GRAIN_SHARE, LARGEST_CURVATURE, NO_GRAIN};
use crate::model::orientation::{Orientations, Rotation, along_axis, grain_of_nucleus, into_frame};
use crate::model::parameters::Setup;
use crate::model::scales::Scales;

/// The crystal of a run, of one orientation or in grains.
pub struct Lithium {
    energy: Harmonics,
    resistance: Harmonics,
    facets: Facets,
    grains: Grains,
    /// −∇·\[w (ξ − n)\]/w near the interface \[1/dx\]; while the grains of the next step are looked for, those
    excess: Vec<f64>,
}

/// The grain of each cell and the orientations of all.
struct Grains {
    orientations: Orientations,
    /// number of the grain, or [`NO_GRAIN`]; empty without grains
    of: Vec<f64>,
}

/// The crystal of a box with so many cells.
pub fn new(parameters: &Crystal, setup: &Setup, _: &Scales) -> Lithium {
    let cells = setup.grid.cells();
    let of = if parameters.grains.is_some() { vec![NO_GRAIN; cells] } else { Vec::new() };
    Lithium {
        energy: parameters.energy(),
        resistance: parameters.resistance(),
        facets: parameters.facets(),
        grains: Grains { orientations: parameters.orientations(), of },
        excess: vec![0.0; cells],
    }
}

impl Grains {
    /// The rotation of the grain that a cell belongs to; of none that of lithium which was there from the start.
    fn rotation(&self, cell: usize) -> &Rotation {
        self.orientations.of(self.of.get(cell).map_or(0, |&grain| grain.max(0.0) as u32))
    }

    /// The grain of a cell that has none of its own: that of the cell in which the point of the same normal lies that is one ℓ deep in the
    /// lithium, or the most frequent of its neighbours, of several the one with the smallest number.
    fn found(&self, on: &Surface, row: Row, x: usize) -> Option<f64> {
        let is_grain = |grain: &f64| *grain >= 0.0;
        let inside = self.of[at_depth(on.shape, on.q, row, x, on.ell)];
        Some(inside).filter(is_grain).or_else(|| {
            let mut around: Vec<f64> = on.shape.around(row, x).map(|cell| self.of[cell]).filter(is_grain).collect();
            around.sort_unstable_by(f64::total_cmp);
            let runs = around.chunk_by(|a, b| a == b);
            runs.reduce(|most, run| if run.len() > most.len() { run } else { most }).map(|run| run[0])
        })
    }
}

impl Lithium {
    /// Exchange current over its mean in cell `x` of a row, where the normal of the surface is `n`, in the box's frame.
    ///
    /// Facets resist by the mean over the faces of the cell, those beside it along the surface: where facets meet in an edge that is as sharp as the
    /// grid, the cell there has the normal of neither, and would run ahead of both.
    fn exchange(&self, on: &Surface, row: Row, x: usize, n: [f64; 3]) -> f64 {
        let cell = row.cell(x);
        let rotation = self.grains.rotation(cell.here);
        let harmonics = self.resistance.value(into_frame(rotation, n));
        if self.facets.strength == 0.0 {
            return 1.0 / harmonics;
        }
        let faces = Faces::new(on.shape, on.q, [x, row.y, row.z], cell);
        let weight = |face: usize| 1.0 - n[face / 2] * n[face / 2];
        let seen: [[f64; 2]; 6] = std::array::from_fn(|face| {
            faces
                .normal(face)
                .map_or([0.0; 2], |n| [weight(face), weight(face) * self.facets.value(into_frame(rotation, n))])
        });
        let [weights, facets] = [0, 1].map(|k| paired(seen.map(|of| of[k])));
        // where the box has one dimension there is nothing beside the cell
        let facets = if weights > 0.0 { facets / weights } else { self.facets.value(into_frame(rotation, n)) };
        1.0 / (harmonics + facets)
    }
}

impl OnSurface for Lithium {
    fn bytes_per_cell(&self) -> usize {
        if self.grains.of.is_empty() { 8 } else { 16 }
    }

    fn scale(&mut self, _: &Scales) {}

    fn fields(&self) -> Vec<(&'static str, &[f64])> {
        if self.grains.of.is_empty() { Vec::new() } else { vec![(FIELDS[0].name, &self.grains.of)] }
    }

    fn load(&mut self, given: &Riding) {
        match given.get(FIELDS[0].name) {
            Some(given) if !self.grains.of.is_empty() => self.grains.of.copy_from_slice(given),
            _ => self.grains.of.fill(NO_GRAIN),
        }
    }

    /// q → the excess of Cahn and Hoffman's curvature; q, excess → what it is at the point of the surface that is closest to a cell, and the
    /// exchange current in the direction of the cell's normal.
    fn start(&mut self, on: &Surface, _: StepStart, to: Contribution) -> f64 {
        let &Surface { shape, ell, q, accessible, probes, .. } = on;
        let (energy, grains) = (self.energy, &self.grains);
        if !energy.is_isotropic() {
            shape.map(&mut self.excess, |x, y, z, cell, excess| {
                let is_near = q[cell.here].abs() < CRYSTAL_BAND;
                *excess = if is_near {
                    excess_curvature(energy, grains.rotation(cell.here), shape, [q, accessible], [x, y, z], cell)
                } else {
                    0.0
                };
            });
        }
        let (this, capillary) = (&*self, f64::from(on.physics.capillary));
        shape.rows(
            [to.drive_lost, to.exchange],
            || (),
            |(), row, [drive_lost, exchange]| {
                for probe in probes.of(row) {
                    let x = probe.cell as usize - row.here;
                    let Some(foot) = Foot::new(shape, q, row, x) else { continue };
                    exchange[x] *= this.exchange(on, row, x, foot.normal);
                    let closest = foot.at(0.0);
                    drive_lost[x] += capillary * foot.belongs(&closest, ell) * closest.read(&this.excess);
                }
            },
        );
        0.0
    }

    /// xi, q, grain → grain. Cells that are more than half lithium keep theirs; in front of them a cell is of the grain whose front is closest now,
    /// until it is filled.
    fn end(&mut self, on: &Surface, _: f64, _: f64) {
        let Self { energy, grains, excess: next, .. } = self;
        if grains.of.is_empty() {
            return;
        }
        let known = &*grains;
        on.shape.rows(
            [&mut next[..]],
            || (),
            |(), row, [next]| {
                for (x, next) in next.iter_mut().enumerate() {
                    let here = row.here + x;
                    let (own, xi) = (known.of[here], on.xi[here]);
                    *next = match xi > GRAIN_SHARE {
                        false => NO_GRAIN,
                        true if xi > 0.5 && own >= 0.0 => own,
                        // lithium that was there from the start has nothing to find
                        true => known.found(on, row, x).unwrap_or(if xi > 0.5 { 0.0 } else { NO_GRAIN }),
                    };
                }
            },
        );
        std::mem::swap(&mut grains.of, next);
        if energy.is_isotropic() {
            next.fill(0.0); // `start` leaves it as it is
        }
    }

    fn place(&mut self, on: &Surface, nuclei: &NewNuclei) {
        if self.grains.of.is_empty() {
            return;
        }
        on.shape.map(&mut self.grains.of, |x, y, z, cell, grain| {
            let (share, which) = (nuclei.largest)(x, y, z);
            if share > GRAIN_SHARE && share > on.xi[cell.here] {
                *grain = f64::from(grain_of_nucleus(nuclei.before + which as u64));
            }
        });
    }
}

/// −∇·\[w (ξ − n)\]/w in a cell.
fn excess_curvature(
    energy: Harmonics,
    rotation: &Rotation,
    shape: &Shape,
    [q, w]: [&[f64]; 2],
    place: [usize; 3],
    cell: Cell,
) -> f64 {
    let faces = Faces::new(shape, q, place, cell);
    let flux = std::array::from_fn(|face| {
        let Some(n) = faces.normal(face) else { return 0.0 };
        let (axis, is_upper) = (face / 2, face % 2 == 1);
        let along = along_axis(rotation, energy.excess(into_frame(rotation, n)), axis);
        0.5 * (w[cell.here] + w[cell.around[face]]) * if is_upper { along } else { -along }
    });
    (-paired(flux) / w[cell.here]).clamp(-LARGEST_CURVATURE, LARGEST_CURVATURE)
}

/// Normals on the faces of a cell as the curvature has them: of the difference across a face, and along it the mean of those of both cells.
struct Faces<'a> {
    shape: &'a Shape,
    q: &'a [f64],
    place: [usize; 3],
    cell: Cell,
    here: [f64; 3],
}

impl<'a> Faces<'a> {
    fn new(shape: &'a Shape, q: &'a [f64], place: [usize; 3], cell: Cell) -> Self {
        Self { shape, q, place, cell, here: central(q, cell) }
    }

    /// n = ∇q/|∇q| on a face; none where the box ends.
    fn normal(&self, face: usize) -> Option<[f64; 3]> {
        let &Self { shape, q, place, cell, here } = self;
        let (axis, is_upper) = (face / 2, face % 2 == 1);
        let beside = cell.around[face];
        if beside == cell.here {
            return None;
        }
        let sizes = [shape.nx, shape.ny, shape.nz];
        let mut neighbour = place;
        neighbour[axis] = (place[axis] + if is_upper { 1 } else { sizes[axis] - 1 }) % sizes[axis];
        let [x, y, z] = neighbour;
        let there = central(q, shape.row(y, z).cell(x));
        let mut n: [f64; 3] = std::array::from_fn(|along| 0.5 * (here[along] + there[along]));
        n[axis] = if is_upper { q[beside] - q[cell.here] } else { q[cell.here] - q[beside] };
        let steepness = length(n).max(1e-12);
        Some(n.map(|n| n / steepness))
    }
}

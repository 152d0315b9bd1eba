//! The crystal on the CPU: what capillarity has beside the curvature, and the factor of the exchange current.

use super::Crystal;
use super::law::{Facets, Harmonics, along_axis, to_crystal};
use crate::cpu::interface::length;
use crate::cpu::mechanism::{Contribution, OnSurface, Share, Surface};
use crate::cpu::probe::{Reading, central, gradient, looseness};
use crate::cpu::shape::{Cell, Shape, paired};
use crate::mechanisms::Riding;
use crate::model::numerics::{CRYSTAL_BAND, LARGEST_CURVATURE, LEAST_GRADIENT};
use crate::model::scales::Scales;

/// A crystal of one orientation.
pub struct OneCrystal {
    energy: Harmonics,
    resistance: Harmonics,
    facets: Facets,
    rotation: [[f64; 3]; 3],
    /// −∇·\[w (ξ − n)\]/w near the interface \[1/dx\]
    excess: Vec<f64>,
}

/// A crystal of a box with so many cells.
pub fn new(parameters: &Crystal, _: &Scales, cells: usize) -> OneCrystal {
    OneCrystal {
        energy: parameters.energy(),
        resistance: parameters.resistance(),
        facets: parameters.facets(),
        rotation: parameters.rotation(),
        excess: vec![0.0; cells],
    }
}

impl OneCrystal {
    /// Exchange current over its mean where the normal of the surface is `n`, in the box's frame.
    fn exchange(&self, n: [f64; 3]) -> f64 {
        let m = to_crystal(&self.rotation, n);
        1.0 / (self.resistance.value(m) + self.facets.value(m))
    }
}

impl OnSurface for OneCrystal {
    fn bytes_per_cell(&self) -> usize {
        8
    }

    fn scale(&mut self, _: &Scales) {}

    fn fields(&self) -> Vec<(&'static str, &[f64])> {
        Vec::new()
    }

    fn load(&mut self, _: &Riding) {}

    /// q → the excess of Cahn and Hoffman's curvature; q, excess → what it is at the point of the surface that is closest to a cell, and the
    /// exchange current in the direction of the cell's normal.
    fn start(&mut self, on: &Surface, _: f64, to: Contribution) -> f64 {
        let &Surface { shape, ell, q, accessible, probes, .. } = on;
        if !self.energy.is_isotropic() {
            let (energy, rotation) = (self.energy, &self.rotation);
            shape.map(&mut self.excess, |x, y, z, cell, excess| {
                let is_near = q[cell.here].abs() < CRYSTAL_BAND;
                *excess = if is_near {
                    excess_curvature(energy, rotation, shape, [q, accessible], [x, y, z], cell)
                } else {
                    0.0
                };
            });
        }
        let this = &*self;
        shape.rows(
            [to.curvature, to.exchange],
            || (),
            |(), row, [curvature, exchange]| {
                for probe in probes.of(row) {
                    let here = probe.cell as usize;
                    let x = here - row.here;
                    let gradient = gradient(q, row.cell(x));
                    let steepness = length(gradient);
                    if steepness <= LEAST_GRADIENT {
                        continue;
                    }
                    let normal = gradient.map(|g| g / steepness);
                    exchange[x] *= this.exchange(normal);
                    let closest = Reading::new(shape, row, x, normal.map(|n| -(q[here] / steepness) * n));
                    let share = 1.0 - looseness(q[here] / ell, closest.read(q) / ell);
                    curvature[x] += share * closest.read(&this.excess);
                }
            },
        );
        0.0
    }

    fn end(&mut self, _: &Surface, _: f64, _: f64) {}

    fn place(&mut self, _: &Surface, _: Share) {}
}

/// −∇·\[w (ξ − n)\]/w in a cell, n on its faces as the curvature has it: the difference across a face, and along it the mean of those of both cells.
fn excess_curvature(
    energy: Harmonics,
    rotation: &[[f64; 3]; 3],
    shape: &Shape,
    [q, w]: [&[f64]; 2],
    place: [usize; 3],
    cell: Cell,
) -> f64 {
    let here = central(q, cell);
    let sizes = [shape.nx, shape.ny, shape.nz];
    let mut flux = [0.0; 6];
    for (face, flux) in flux.iter_mut().enumerate() {
        let (axis, is_upper) = (face / 2, face % 2 == 1);
        let beside = cell.around[face];
        if beside == cell.here {
            continue;
        }
        let mut neighbour = place;
        neighbour[axis] = (place[axis] + if is_upper { 1 } else { sizes[axis] - 1 }) % sizes[axis];
        let [x, y, z] = neighbour;
        let there = central(q, shape.row(y, z).cell(x));
        let mut n: [f64; 3] = std::array::from_fn(|along| 0.5 * (here[along] + there[along]));
        n[axis] = if is_upper { q[beside] - q[cell.here] } else { q[cell.here] - q[beside] };
        let steepness = length(n).max(1e-12);
        let excess = energy.excess(to_crystal(rotation, n.map(|n| n / steepness)));
        let along = along_axis(rotation, excess, axis);
        *flux = 0.5 * (w[cell.here] + w[beside]) * if is_upper { along } else { -along };
    }
    (-paired(flux) / w[cell.here]).clamp(-LARGEST_CURVATURE, LARGEST_CURVATURE)
}

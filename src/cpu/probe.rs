//! Where each interface cell reads the electrolyte: outside the diffuse interface, on the normal through the cell.

use crate::model::numerics::{
    DEEP_DISTANCE, LARGEST_CURVATURE, LEAST_GRADIENT, LEAST_LAYER, LOOSE_DISTANCE, PROBE_DISTANCE, REMAINING_SHARE,
};
use rayon::prelude::*;

use super::Cpu;
use super::interface::length;
use super::shape::{Cell, Fields, Row, Shape, Strip};
use super::transport::inverse_macmullin;
use crate::model::uniforms::Physics;

/// Where a cell reads, and what lies between there and the interface.
#[derive(Clone, Copy, Debug, Default)]
pub struct Probe {
    /// the cell
    pub cell: u32,
    /// where it reads the electrolyte
    pub reading: Reading,
    /// thickness of the electrolyte between there and the interface, as that of one outside the separator which conducts as much \[dx\]
    pub thickness: f64,
    /// curvature at the closest point of the interface \[1/dx\]
    pub curvature: f64,
    /// whether the cell reacts: lithium far from the interface does not whose probe ends nearly as far from it
    pub reacts: bool,
}

/// The probes of the cells that react, row by row.
#[derive(Debug, Default)]
pub struct Probes {
    /// place of the first of each row, and the end of the last
    first: Vec<usize>,
    probes: Vec<Probe>,
}

impl Probes {
    /// All of them, in the order of their cells.
    pub fn all(&self) -> &[Probe] {
        &self.probes
    }

    /// Those of a strip.
    #[inline]
    pub fn of(&self, strip: impl Into<Strip>) -> &[Probe] {
        let rows = strip.into().numbers();
        &self.probes[self.first[rows.start]..self.first[rows.end]]
    }
}

/// q, delta, curvature → probes.
pub fn probe(cpu: &mut Cpu) {
    let (shape, q, curvature, delta, physics) = (cpu.shape, &cpu.q, &cpu.curvature, &cpu.delta, &cpu.physics);
    let Probes { first, probes } = &mut cpu.probes;
    first.clear();
    first.push(0);
    let mut count = 0;
    for row in delta.chunks(shape.nx) {
        count += row.iter().filter(|&&delta| delta != 0.0).count();
        first.push(count);
    }
    probes.resize(count, Probe::default());
    let mut rest = &mut probes[..];
    let tasks: Vec<_> =
        shape.tasks().map(|rows| (rows.clone(), rest.split(first[rows.end] - first[rows.start]))).collect();
    tasks.into_par_iter().for_each(|(rows, probes)| {
        let mut probes = probes.iter_mut();
        for row in shape.numbered(rows) {
            let reacting = row.of(delta).iter().enumerate().filter(|(_, delta)| **delta != 0.0);
            for ((x, _), probe) in reacting.zip(&mut probes) {
                *probe = probe_of(&shape, q, curvature, physics, row, x);
            }
        }
    });
}

/// Central differences of q around a cell.
pub fn central(q: &[f64], Cell { around, .. }: Cell) -> [f64; 3] {
    std::array::from_fn(|axis| 0.5 * (q[around[2 * axis + 1]] - q[around[2 * axis]]))
}

/// Differences of q around a cell; at the bottom and the top, where a cell is its own neighbour, to the other side alone.
pub fn gradient(q: &[f64], cell: Cell) -> [f64; 3] {
    let (mut gradient, Cell { here, around }) = (central(q, cell), cell);
    if around[4] == here || around[5] == here {
        gradient[2] *= 2.0;
    }
    gradient
}

/// The cell in which the point of the normal through cell `x` of a row lies that is `depth` deep in the lithium \[dx\].
pub fn at_depth(shape: &Shape, q: &[f64], row: Row, x: usize, depth: f64) -> usize {
    let gradient = gradient(q, row.cell(x));
    // q is the distance, also in the tails, where a profile that moves is not steep enough
    let steepness = length(gradient).max(1e-6);
    let way = gradient.map(|g| ((depth - q[row.here + x]) * (g / steepness)).round() as i64);
    let along = |from: usize, way: i64, n: usize| (from as i64 + way).rem_euclid(n as i64) as usize;
    let z = (row.z as i64 + way[2]).clamp(0, shape.nz as i64 - 1) as usize;
    shape.row(along(row.y, way[1], shape.ny), z).here + along(x, way[0], shape.nx)
}

fn probe_of(shape: &Shape, q: &[f64], curvature: &[f64], physics: &Physics, row: Row, x: usize) -> Probe {
    let ell = f64::from(physics.ell);
    let cell = row.cell(x);
    let here = cell.here;
    let gradient = gradient(q, cell);
    let steepness = length(gradient);
    let reading = |offset: [f64; 3]| Reading::new(shape, row, x, offset);
    if steepness <= LEAST_GRADIENT {
        return Probe {
            cell: here as u32,
            reading: reading([0.0; 3]),
            thickness: (-q[here]).max(LEAST_LAYER * ell) / inverse_macmullin(physics, row.z),
            curvature: loose(curvature[here], q[here] / ell, q[here] / ell),
            reacts: q[here] <= DEEP_DISTANCE * ell,
        };
    }
    let (outwards, depth) = (gradient.map(|g| -g / steepness), q[here] / steepness);
    let away = reading(outwards.map(|n| (depth + PROBE_DISTANCE * ell) * n));
    let closest = reading(outwards.map(|n| depth * n));
    let (own, curvature) = (q[here] / ell, closest.read(curvature));
    let outside = -away.read(q);
    Probe {
        cell: here as u32,
        // of all cells on a normal the same layer, whatever medium they lie in
        thickness: outside.max(LEAST_LAYER * ell) / away.between_planes(shape, |z| inverse_macmullin(physics, z)),
        curvature: if own.abs() > LOOSE_DISTANCE { loose(curvature, own, closest.read(q) / ell) } else { curvature },
        reading: away,
        reacts: own <= DEEP_DISTANCE || -outside <= REMAINING_SHARE * q[here],
    }
}

/// The normal of the surface through a cell, along which mechanisms read what lies at the surface.
pub struct Foot<'a> {
    shape: &'a Shape,
    q: &'a [f64],
    row: Row,
    x: usize,
    /// unit vector into the lithium
    pub normal: [f64; 3],
    steepness: f64,
}

impl<'a> Foot<'a> {
    /// That of cell `x` of a row; none where q has no direction.
    pub fn new(shape: &'a Shape, q: &'a [f64], row: Row, x: usize) -> Option<Self> {
        let gradient = gradient(q, row.cell(x));
        let steepness = length(gradient);
        (steepness > LEAST_GRADIENT).then(|| Self {
            shape,
            q,
            row,
            x,
            normal: gradient.map(|g| g / steepness),
            steepness,
        })
    }

    /// The place on the normal that is so far in the lithium \[dx\]; 0 is at the surface.
    pub fn at(&self, depth: f64) -> Reading {
        let way = depth - self.q[self.row.here + self.x] / self.steepness;
        Reading::new(self.shape, self.row, self.x, self.normal.map(|n| way * n))
    }

    /// How far the cell belongs to the surface whose `closest` point that is, 0 to 1.
    pub fn belongs(&self, closest: &Reading, ell: f64) -> f64 {
        1.0 - looseness(self.q[self.row.here + self.x] / ell, closest.read(self.q) / ell)
    }
}

/// The curvature of a cell at the distance `q` whose closest point, with `curvature`, is at the distance `there`.
///
/// Where more than half of the distance remains, q leads to no surface: between the tails of several surfaces and in what a
/// front left behind, the curvature of q is noise, and capillarity would condense lithium out of nothing. Lithium that
/// belongs to no surface is a speck as sharp as the grid can hold, and so is electrolyte that belongs to none: it goes,
/// unless the overpotential is more than that. All lengths in ℓ.
fn loose(curvature: f64, q: f64, there: f64) -> f64 {
    let share = looseness(q, there);
    let speck = if q < 0.0 { LARGEST_CURVATURE } else { -LARGEST_CURVATURE };
    curvature + share * (speck - curvature)
}

/// How far a cell at the distance `q`, whose closest point is at the distance `there`, belongs to no surface: 0 to 1. All lengths in ℓ.
pub fn looseness(q: f64, there: f64) -> f64 {
    let far = q.abs();
    let remains = there.abs() / far.max(LOOSE_DISTANCE);
    (far - LOOSE_DISTANCE).clamp(0.0, 1.0) * (4.0 * remains - 2.0).clamp(0.0, 1.0)
}

/// A place between eight cells, for trilinear interpolation. The corners are counted from the cell outwards, so that a mirrored
/// offset reads the mirrored corners with the same weights, to the bit.
#[derive(Clone, Copy, Debug, Default)]
pub struct Reading {
    /// the near corner along all axes
    near: u32,
    /// from there to the far ones along x, y and z, also round the box; modulo 2³²
    far: [u32; 3],
    /// way from the near to the far corner along x, y, z
    share: [f64; 3],
}

impl Reading {
    /// The place `offset` from the centre of cell `x` of a row \[cells\].
    pub fn new(shape: &Shape, row: Row, x: usize, offset: [f64; 3]) -> Self {
        let along = |from: usize, n: usize, offset: f64, periodic: bool| {
            let size = offset.abs();
            let whole = size as u32; // floor of what is not negative, without a call
            let at = |steps: u32| {
                let place = from as i64 + if offset < 0.0 { -i64::from(steps) } else { i64::from(steps) };
                let last = n as i64 - 1;
                (match (0..=last).contains(&place) {
                    true => place,
                    false if periodic => place.rem_euclid(n as i64),
                    false => place.clamp(0, last),
                }) as usize
            };
            ([at(whole), at(whole + 1)], size - f64::from(whole))
        };
        let (xs, tx) = along(x, shape.nx, offset[0], true);
        let (ys, ty) = along(row.y, shape.ny, offset[1], true);
        let (zs, tz) = along(row.z, shape.nz, offset[2], false);
        let at = |x: usize, y: usize, z: usize| ((zs[z] * shape.ny + ys[y]) * shape.nx + xs[x]) as u32;
        let near = at(0, 0, 0);
        let far = [at(1, 0, 0), at(0, 1, 0), at(0, 0, 1)].map(|corner| corner.wrapping_sub(near));
        Self { near, far, share: [tx, ty, tz] }
    }

    /// What the planes of cells have, there.
    fn between_planes(&self, shape: &Shape, of: impl Fn(usize) -> f64) -> f64 {
        let plane = |cell: u32| of(cell as usize / (shape.nx * shape.ny));
        let near = plane(self.near);
        near + self.share[2] * (plane(self.near.wrapping_add(self.far[2])) - near)
    }

    /// In the near and the far plane the corners (near, near), (far, far), (far, near), (near, far) along x and y.
    #[inline(always)]
    fn corners(&self) -> [[u32; 4]; 2] {
        let (near, [x, y, z]) = (self.near, self.far);
        let (along_x, along_y) = (near.wrapping_add(x), near.wrapping_add(y));
        let low = [near, along_x.wrapping_add(y), along_x, along_y];
        let mut high = low;
        for corner in &mut high {
            *corner = corner.wrapping_add(z);
        }
        [low, high]
    }

    /// Shares of the corners of a plane.
    #[inline(always)]
    fn shares(&self) -> [f64; 4] {
        let [tx, ty, _] = self.share;
        [(1.0 - tx) * (1.0 - ty), tx * ty, tx * (1.0 - ty), (1.0 - tx) * ty]
    }

    /// The field's value there. Along x and y the order of the sum is that of a square's corners: turning the grid by 90° changes
    /// nothing.
    #[inline(always)]
    pub fn read<T: Copy + Into<f64>>(&self, field: &[T]) -> f64 {
        self.read_from(&|cell| field[cell].into())
    }

    /// What lies there between the values that a function gives the cells around.
    #[inline(always)]
    pub fn read_from(&self, value: &impl Fn(usize) -> f64) -> f64 {
        let shares = self.shares();
        let mut planes = [0.0; 2];
        for (sum, corners) in planes.iter_mut().zip(self.corners()) {
            let mut parts = [0.0; 4];
            for k in 0..4 {
                parts[k] = shares[k] * value(corners[k] as usize);
            }
            *sum = (parts[0] + parts[1]) + (parts[2] + parts[3]);
        }
        planes[0] + self.share[2] * (planes[1] - planes[0])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn points_of_a_normal_are_found_from_all_along_it() {
        let shape = Shape { nx: 1, ny: 1, nz: 40 };
        let q: Vec<f64> = (0..40).map(|z| 20.3 - (f64::from(z) + 0.5)).collect();
        for z in 3..37 {
            assert_eq!(at_depth(&shape, &q, shape.row(0, z), 0, 0.0), 20, "{z}");
            assert_eq!(at_depth(&shape, &q, shape.row(0, z), 0, 2.0), 18, "{z}");
        }
        // periodic sideways
        let shape = Shape { nx: 24, ny: 1, nz: 1 };
        let q: Vec<f64> = (0..24)
            .map(|x| 5.3 - (f64::from(x) + 0.5 - 20.0).abs().min(24.0 - (f64::from(x) + 0.5 - 20.0).abs()))
            .collect();
        assert_eq!(at_depth(&shape, &q, shape.row(0, 0), 5, 0.0), 1);
    }
}

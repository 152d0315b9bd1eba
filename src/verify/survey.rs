//! Where the surface is, and what stands on it: measured on the level ξ = ½ of the signed distance q = ℓ ln(ξ/(1−ξ)),
//! which is a straight line through the interface where ξ is a tanh.

use super::{Specimen, VerifyError};
use crate::model::grid::Grid;
use crate::model::profile::signed_distance;

/// The surface of a flat front.
#[derive(Clone, Copy, Debug)]
pub struct Front {
    /// its height above the bottom of the box \[m\]
    pub height: f64,
    /// c/c0 on it, linear between the two cells around it
    pub concentration: f64,
}

/// The signed distance, to be asked for anywhere.
pub struct Distance {
    grid: Grid,
    /// q \[dx\]
    q: Vec<f64>,
}

impl Specimen<'_> {
    /// The highest surface in the first column.
    ///
    /// # Errors
    /// If there is none, or the device fails.
    pub fn front(&mut self) -> Result<Front, VerifyError> {
        let state = self.sim.backend().state()?;
        let grid = self.setup.grid;
        let q = distances(&state.xi, self.setup.ell / grid.dx);
        let column = |z: usize| grid.index(0, 0, z);
        let z = (0..grid.nz - 1)
            .rev()
            .find(|&z| q[column(z)] > 0.0 && q[column(z + 1)] <= 0.0)
            .ok_or_else(|| VerifyError::Case("there is no front: ξ crosses ½ nowhere".into()))?;
        let (below, above) = (column(z), column(z + 1));
        let share = q[below] / (q[below] - q[above]);
        Ok(Front {
            height: (z as f64 + 0.5 + share) * grid.dx,
            concentration: 1.0 + state.c[below] + share * (state.c[above] - state.c[below]),
        })
    }

    /// The signed distance.
    ///
    /// # Errors
    /// If the device fails.
    pub fn distance(&mut self) -> Result<Distance, VerifyError> {
        let q = distances(&self.sim.backend().state()?.xi, self.setup.ell / self.setup.grid.dx);
        Ok(Distance { grid: self.setup.grid, q })
    }
}

/// q of each ξ; `ell` and q in cells.
fn distances(xi: &[f64], ell: f64) -> Vec<f64> {
    xi.iter().map(|&xi| signed_distance(xi, ell)).collect()
}

/// The unit vector at a polar angle from z and an azimuth.
pub fn direction(polar: f64, azimuth: f64) -> [f64; 3] {
    [polar.sin() * azimuth.cos(), polar.sin() * azimuth.sin(), polar.cos()]
}

impl Distance {
    /// Distances \[dx\] of the surface from `centre` \[dx\] along the axes and the diagonals of the faces and of the body: as
    /// many directions of {−1, 0, 1}³ as the grid has. The box is periodic along x and y.
    ///
    /// # Errors
    /// If the surface is not there.
    pub fn radii(&self, centre: [f64; 3]) -> Result<Vec<f64>, VerifyError> {
        let both = |n: usize| if n == 1 { 0..=0 } else { -1..=1 };
        let mut radii = Vec::new();
        for z in -1..=1_i32 {
            for y in both(self.grid.ny) {
                for x in both(self.grid.nx) {
                    if (x, y, z) != (0, 0, 0) {
                        radii.push(self.radius(centre, [x, y, z].map(f64::from))?);
                    }
                }
            }
        }
        Ok(radii)
    }

    /// Distance \[dx\] of the surface from `centre` along `direction`, by bisection.
    ///
    /// # Errors
    /// If there is none.
    pub fn radius(&self, centre: [f64; 3], direction: [f64; 3]) -> Result<f64, VerifyError> {
        let length = direction.iter().map(|d| d * d).sum::<f64>().sqrt();
        let at = |r: f64| self.at(std::array::from_fn(|axis| centre[axis] + r * direction[axis] / length));
        let mut inside = 0.0;
        let mut outside = 1.0;
        while at(outside) > 0.0 {
            inside = outside;
            outside += 1.0;
            if outside > self.grid.nz as f64 {
                return Err(VerifyError::Case(format!("there is no surface along {direction:?}")));
            }
        }
        for _ in 0..40 {
            let middle = 0.5 * (inside + outside);
            *(if at(middle) > 0.0 { &mut inside } else { &mut outside }) = middle;
        }
        Ok(0.5 * (inside + outside))
    }

    /// q at a place \[dx\], by the cubic through four cells along each axis: a straight line between two would be off by
    /// 1/(8 R), more than a hundredth of a cell on a sphere of ten.
    fn at(&self, place: [f64; 3]) -> f64 {
        let n = [self.grid.nx, self.grid.ny, self.grid.nz];
        let first = place.map(|p| (p - 0.5).floor());
        let weights: [[f64; 4]; 3] = std::array::from_fn(|axis| cubic(place[axis] - 0.5 - first[axis]));
        let cell = |axis: usize, k: usize| {
            let cell = first[axis] as i64 + k as i64 - 1;
            let n = n[axis] as i64;
            (if axis == 2 { cell.clamp(0, n - 1) } else { cell.rem_euclid(n) }) as usize
        };
        let mut sum = 0.0;
        for (c, wz) in weights[2].iter().enumerate() {
            for (b, wy) in weights[1].iter().enumerate() {
                for (a, wx) in weights[0].iter().enumerate() {
                    sum += wx * wy * wz * self.q[self.grid.index(cell(0, a), cell(1, b), cell(2, c))];
                }
            }
        }
        sum
    }
}

/// Weights of the values at −1, 0, 1, 2 in the cubic through them, at `t` in 0…1.
fn cubic(t: f64) -> [f64; 4] {
    [
        -t * (t - 1.0) * (t - 2.0) / 6.0,
        (t + 1.0) * (t - 1.0) * (t - 2.0) / 2.0,
        -(t + 1.0) * t * (t - 2.0) / 2.0,
        (t + 1.0) * t * (t - 1.0) / 6.0,
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sphere_has_the_same_radius_all_around() {
        let grid = Grid { nx: 24, ny: 24, nz: 26, dx: 1.0 };
        let centre = [12.0, 12.0, 13.3];
        let q = (0..grid.cells())
            .map(|cell| {
                let place = grid.centre(cell);
                8.2 - (0..3).map(|axis| (place[axis] - centre[axis]).powi(2)).sum::<f64>().sqrt()
            })
            .collect();
        let radii = Distance { grid, q }.radii(centre).unwrap();
        assert_eq!(radii.len(), 26);
        assert!(radii.iter().all(|r| (r - 8.2).abs() < 2e-3), "{radii:?}");
        let flat = Distance { grid, q: vec![1.0; grid.cells()] };
        assert!(flat.radii(centre).unwrap_err().to_string().contains("no surface"));
    }
}

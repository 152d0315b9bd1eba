//! The surface of the lithium as triangles: `deposit.vtp` at the end of a run, and that of any snapshot for `liplate surface`.

mod formats;
mod mesh;

use std::path::Path;

pub use self::formats::Format;
pub use self::mesh::{Mesh, Sides, mesh};
use super::IoError;
use crate::model::grid::Grid;

/// A surface that could not be made.
#[derive(Debug, thiserror::Error)]
pub enum SurfaceError {
    /// A field of another grid.
    #[error("the surface needs one value of {name} a cell: {found} values, expected {expected}")]
    Length {
        /// name of the field
        name: String,
        /// its values
        found: usize,
        /// cells of the grid
        expected: usize,
    },
    /// More cells than the mesher can count.
    #[error("a surface over {cells} cells is too large: at most {} can be meshed", u32::MAX)]
    TooLarge {
        /// cells from the lowest to the highest lithium, with a border
        cells: usize,
    },
}

/// Lithium whose surface is wanted: fields with one value a cell.
#[derive(Clone, Copy, Debug)]
pub struct Deposit<'a> {
    /// the cells
    pub grid: &'a Grid,
    /// w, the share of a cell that is not copper
    pub accessible: &'a [f32],
    /// ξ, the share of what is not copper that is lithium
    pub xi: &'a [f32],
    /// reaction area per volume \[1/m\]
    pub delta: &'a [f32],
    /// reaction current density, plating positive, if it is known \[A/m²\]
    pub current: Option<&'a [f32]>,
    /// curvature of the interface \[1/m\]
    pub curvature: &'a [f32],
}

/// Below this share of what is not copper the surface of the lithium lies on the copper.
///
/// On w ξ = ½ the lithium leads away from the copper where w is near 1, and lies on it where ξ is. A right angle between the two is
/// rounded over some interface lengths; where w is this, the two legs are as long as those of the corner.
const ON_COPPER: f32 = 0.61;

/// Share of what flows either way that must be left in all: below it the current of the box is the small difference of what plates and
/// what strips, as at rest, and says nothing about areas.
const NET: f64 = 0.2;
/// Factors between the current through the interface and that through the triangles that can come from their areas.
const FACTORS: std::ops::RangeInclusive<f64> = 0.5..=2.0;

/// Triangles of the surface w ξ = ½ with what is known there.
#[derive(Clone, Debug, PartialEq)]
pub struct Surface {
    mesh: Mesh,
    /// side of a cell \[m\]
    dx: f64,
    /// a name and a value a point each, in SI
    at_points: Vec<(&'static str, Vec<f32>)>,
    /// a name and a value a triangle each
    at_triangles: Vec<(&'static str, Vec<f32>)>,
}

impl Surface {
    /// The surface of a deposit, with `height` above the bottom of the box \[m\], `current` \[A/m²\] and `curvature` \[1/m\] at its
    /// points and `on_copper` (1 where the lithium lies on the copper, else 0) on its triangles.
    ///
    /// Nothing reacts where the lithium lies on the copper: current and curvature are 0 there. The current density is that of the cells
    /// around a point, weighted with their reaction area, times one factor for the whole surface, 0.88 to 1.08 in the shipped quickstart
    /// and more while nuclei are two or three cells high, with which its integral over the surface is the reaction current of the box: triangles and a diffuse interface do not have the same
    /// area where lithium meets copper and where grains merge. At rest there is none.
    ///
    /// # Errors
    /// If a field does not have one value a cell or the grid is too large.
    pub fn of(deposit: &Deposit, sides: Sides) -> Result<Self, SurfaceError> {
        let Deposit { grid, accessible, xi, delta, current, curvature } = *deposit;
        let named = [("accessible", accessible), ("xi", xi), ("delta", delta), ("curvature", curvature)];
        for (name, field) in named.into_iter().chain(current.map(|current| ("current", current))) {
            check_length(name, field, grid)?;
        }
        let filled: Vec<f32> = xi.iter().zip(accessible).map(|(xi, w)| xi * w).collect();
        let mesh = mesh(grid, &filled, sides)?;
        let w: Vec<f32> = mesh.points.iter().map(|&p| Corners::new(grid, p).mean(accessible)).collect();
        let reacting = |field: &[f32]| -> Vec<f32> {
            let value = |(&p, &w): (&[f32; 3], &f32)| match w > ON_COPPER {
                true => Corners::new(grid, p).weighted(field, delta),
                false => 0.0,
            };
            mesh.points.iter().zip(&w).map(value).collect()
        };
        let mut at_points = vec![("height", mesh.points.iter().map(|p| p[2] * grid.dx as f32).collect::<Vec<f32>>())];
        if let Some(current) = current {
            let through = |(&i, &delta): (&f32, &f32)| f64::from(i) * f64::from(delta);
            let reaction: f64 = current.iter().zip(delta).map(through).sum();
            let either_way: f64 = current.iter().zip(delta).map(|cell| through(cell).abs()).sum();
            let mut values = reacting(current);
            let meshed: f64 = mesh.areas().iter().zip(&values).map(|(area, &i)| area * f64::from(i)).sum();
            let factor = reaction * grid.dx / meshed;
            if FACTORS.contains(&factor) && reaction.abs() > NET * either_way {
                values.iter_mut().for_each(|i| *i = (f64::from(*i) * factor) as f32);
            }
            at_points.push(("current", values));
        }
        at_points.push(("curvature", reacting(curvature)));
        let copper = |t: &[u32; 3]| f32::from(t.iter().map(|&p| w[p as usize]).sum::<f32>() < 3.0 * ON_COPPER);
        let at_triangles = vec![("on_copper", mesh.triangles.iter().map(copper).collect())];
        Ok(Self { mesh, dx: grid.dx, at_points, at_triangles })
    }

    /// Number of triangles; none without lithium.
    pub fn triangles(&self) -> usize {
        self.mesh.triangles.len()
    }

    /// Writes the surface, whole or not at all; a file of that name is replaced. Without lithium the file is valid and empty.
    ///
    /// # Errors
    /// If the file cannot be written.
    pub fn write(&self, path: &Path, format: Format) -> Result<(), IoError> {
        super::write_whole(path, &format.encode(self))
    }
}

fn check_length(name: &str, field: &[f32], grid: &Grid) -> Result<(), SurfaceError> {
    let (found, expected) = (field.len(), grid.cells());
    if found == expected { Ok(()) } else { Err(SurfaceError::Length { name: name.to_owned(), found, expected }) }
}

/// The eight cells around a point and their shares in what is linear between cell centres; periodic in x and y, constant beyond the first
/// and the last centre in z.
struct Corners([(usize, f32); 8]);

impl Corners {
    /// Those of a point \[cells\].
    fn new(grid: &Grid, point: [f32; 3]) -> Self {
        let periodic = |p: f32, n: usize| {
            let low = (p - 0.5).floor();
            let cell = (low as i64).rem_euclid(n as i64) as usize;
            ([cell, (cell + 1) % n], p - 0.5 - low)
        };
        let (x, share_x) = periodic(point[0], grid.nx);
        let (y, share_y) = periodic(point[1], grid.ny);
        let height = (point[2] - 0.5).clamp(0.0, (grid.nz - 1) as f32);
        let z = [height as usize, (height as usize + 1).min(grid.nz - 1)];
        let share = |upper: bool, share: f32| if upper { share } else { 1.0 - share };
        Self(std::array::from_fn(|k| {
            let [up_x, up_y, up_z] = [k & 1, k >> 1 & 1, k >> 2].map(|bit| bit == 1);
            let cell = grid.index(x[usize::from(up_x)], y[usize::from(up_y)], z[usize::from(up_z)]);
            (cell, share(up_x, share_x) * share(up_y, share_y) * share(up_z, height.fract()))
        }))
    }

    /// The value of a field at the point.
    fn mean(&self, field: &[f32]) -> f32 {
        self.0.iter().map(|&(cell, share)| share * field[cell]).sum()
    }

    /// The value of a field that has a meaning only where `weight` is not 0; 0 where that is nowhere.
    fn weighted(&self, field: &[f32], weight: &[f32]) -> f32 {
        let (sum, weights) = self.0.iter().fold((0.0, 0.0), |(sum, weights), &(cell, share)| {
            let share = share * weight[cell];
            if share > 0.0 { (sum + share * field[cell], weights + share) } else { (sum, weights) }
        });
        if weights > 0.0 { sum / weights } else { 0.0 }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::profile::fraction;

    const GRID: Grid = Grid { nx: 40, ny: 36, nz: 32, dx: 0.25e-6 };

    fn field(value: impl Fn([f64; 3]) -> f64) -> Vec<f32> {
        let centre = |i: usize| [i % GRID.nx, i / GRID.nx % GRID.ny, i / (GRID.nx * GRID.ny)].map(|i| i as f64 + 0.5);
        (0..GRID.cells()).map(|i| value(centre(i)) as f32).collect()
    }

    /// A half sphere of 10 cells on flat copper 8 cells high: w, ξ and the reaction area w|∇ξ| in 1/m.
    fn half_sphere() -> [Vec<f32>; 3] {
        let ball = |[x, y, z]: [f64; 3]| 10.0 - ((x - 20.0).powi(2) + (y - 18.0).powi(2) + (z - 8.0).powi(2)).sqrt();
        let w = |[_, _, z]: [f64; 3]| fraction(z - 8.0, 1.0).max(1e-6);
        let slope = |d: f64| fraction(d, 1.0) * (1.0 - fraction(d, 1.0)) / GRID.dx;
        [field(w), field(|p| fraction(ball(p), 1.0)), field(|p| w(p) * slope(ball(p)))]
    }

    fn of(current: &[f32], sides: Sides) -> Surface {
        let [accessible, xi, delta] = &half_sphere();
        let curvature = &vec![2.0; GRID.cells()];
        Surface::of(&Deposit { grid: &GRID, accessible, xi, delta, current: Some(current), curvature }, sides).unwrap()
    }

    #[test]
    fn no_current_flows_towards_the_copper_and_all_of_it_through_the_rest() {
        // what a cell away from the interface holds is of an earlier time
        let [_, _, delta] = half_sphere();
        let current: Vec<f32> = delta.iter().map(|&delta| if delta * 0.25e-6 > 1e-6 { 3.0 } else { 500.0 }).collect();
        let surface = of(&current, Sides::Open);
        let areas = surface.mesh.areas();
        let values = |name: &str| &surface.at_points.iter().find(|(n, _)| *n == name).unwrap().1;
        let total: f64 = areas.iter().zip(values("current")).map(|(area, &i)| area * f64::from(i)).sum();
        let expected: f64 = current.iter().zip(&delta).map(|(&i, &delta)| f64::from(i) * f64::from(delta)).sum();
        assert!((total / (expected * GRID.dx) - 1.0).abs() < 1e-5, "{total} {expected}");
        // on the sphere it is that of the interface, away from the copper and from its foot
        let on_sphere = surface.mesh.points.iter().zip(values("current")).filter(|(p, _)| p[2] > 11.0);
        let mean = on_sphere.clone().map(|(_, &i)| f64::from(i)).sum::<f64>() / on_sphere.count() as f64;
        assert!((mean / 3.0 - 1.0).abs() < 0.1, "{mean}");
        // the foot is a circle of 10 cells
        let copper = surface.mesh.triangles.iter().zip(&surface.at_triangles[0].1).filter(|(_, on)| **on == 1.0);
        let foot: f64 =
            copper.map(|(t, _)| 0.5 * surface.mesh.cross(t).iter().map(|v| v * v).sum::<f64>().sqrt()).sum();
        assert!((foot / (std::f64::consts::PI * 100.0) - 1.0).abs() < 0.35, "{foot}");
        let below = surface
            .mesh
            .points
            .iter()
            .zip(values("current"))
            .filter(|(p, _)| p[2] < 8.3 && (p[0] - 20.0).hypot(p[1] - 18.0) < 7.0);
        assert!(below.clone().count() > 50 && below.into_iter().all(|(_, &i)| i == 0.0));
    }

    #[test]
    fn at_rest_what_flows_here_and_there_keeps_its_size() {
        let current = field(|p| if p[0] < 20.0 { 1.0 } else { -1.0 });
        let surface = of(&current, Sides::Open);
        let values = &surface.at_points[1].1;
        assert!(
            values.iter().copied().fold(0.0, f32::max) > 0.99 && values.iter().copied().fold(0.0, f32::min) < -0.99
        );
    }

    #[test]
    fn fields_are_interpolated_to_the_points() {
        let surface = of(&vec![1.0; GRID.cells()], Sides::Open);
        let heights = field(|p| p[2]);
        let same = |p: &[f32; 3]| (Corners::new(&GRID, *p).mean(&heights) - p[2]).abs() < 1e-5;
        assert!(surface.mesh.points.iter().all(same));
        assert!(surface.at_points[0].1.iter().zip(&surface.mesh.points).all(|(h, p)| *h == p[2] * 0.25e-6));
    }

    #[test]
    fn files() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("deposit.vtp");
        let (flat, none) = (vec![1.0; GRID.cells()], vec![0.0; GRID.cells()]);
        let bare =
            Deposit { grid: &GRID, accessible: &flat, xi: &none, delta: &none, current: Some(&none), curvature: &none };
        let empty = Surface::of(&bare, Sides::Open).expect("a small grid");
        for (format, head) in [(Format::Vtp, "<?xml"), (Format::Stl, "liplate"), (Format::Ply, "ply\nformat")] {
            empty.write(&path, format).expect("an empty file");
            let text = String::from_utf8_lossy(&std::fs::read(&path).expect("the file")).into_owned();
            assert!(text.starts_with(head), "{text}");
        }
        assert_eq!(empty.triangles(), 0);
        of(&flat, Sides::Closed).write(&path, Format::Vtp).expect("a full file");
        assert_eq!(std::fs::read_dir(folder.path()).expect("the folder").count(), 1);

        let short = Surface::of(&Deposit { xi: &[1.0], ..bare }, Sides::Open).expect_err("one value");
        assert_eq!(short.to_string(), "the surface needs one value of xi a cell: 1 values, expected 46080");
        let nowhere = empty.write(&folder.path().join("no/deposit.vtp"), Format::Vtp).expect_err("no folder");
        assert!(nowhere.to_string().contains("no/deposit.vtp"), "{nowhere}");
    }
}

//! Triangles of the surface of a body that is given by its share of each cell.

use std::collections::HashMap;

use fast_surface_nets::ndshape::{RuntimeShape, Shape};
use fast_surface_nets::{SurfaceNetsBuffer, surface_nets};

use super::{SurfaceError, check_length};
use crate::model::grid::Grid;

/// Triangles that look outwards: counter-clockwise seen from the electrolyte.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Mesh {
    /// points, counted in cells from the corner of the box
    pub points: Vec<[f32; 3]>,
    /// three points each
    pub triangles: Vec<[u32; 3]>,
}

/// What the surface does where the box ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sides {
    /// it goes on in the next box, as everything does along x and y, and the mesh ends at the side
    Open,
    /// the mesh is closed along the side: a body
    Closed,
}

/// The surface on which `filled`, one value a cell, is ½. Below and above the box nothing is filled.
///
/// # Errors
/// If `filled` does not have one value a cell or the grid is too large.
pub fn mesh(grid: &Grid, filled: &[f32], sides: Sides) -> Result<Mesh, SurfaceError> {
    check_length("filled", filled, grid)?;
    let plane = grid.nx * grid.ny;
    let present = |z: &usize| filled[z * plane..(z + 1) * plane].iter().any(|&f| f > 0.5);
    let (Some(lowest), Some(highest)) = ((0..grid.nz).find(present), (0..grid.nz).rev().find(present)) else {
        return Ok(Mesh::default());
    };

    // one cell before and two after along each axis: the mesher leaves the last edges to the next block
    let size = [grid.nx + 3, grid.ny + 3, highest - lowest + 1 + 3];
    let cells = size[0] * size[1] * size[2];
    if cells >= u32::MAX as usize {
        return Err(SurfaceError::TooLarge { cells });
    }
    let mut inside_negative = Vec::with_capacity(cells);
    for z in 0..size[2] {
        let z = (lowest + z).checked_sub(1).filter(|&z| z < grid.nz);
        for y in 0..size[1] {
            for x in 0..size[0] {
                let beyond = x.wrapping_sub(1) >= grid.nx || y.wrapping_sub(1) >= grid.ny;
                let value = z.map_or(0.0, |z| match sides {
                    Sides::Open => filled[grid.index((x + grid.nx - 1) % grid.nx, (y + grid.ny - 1) % grid.ny, z)],
                    Sides::Closed if beyond => {
                        // the mirror image of what is filled: the surface lies on the side of the box
                        let (x, y) = (x.clamp(1, grid.nx) - 1, y.clamp(1, grid.ny) - 1);
                        let beside = filled[grid.index(x, y, z)];
                        if beside > 0.5 { 1.0 - beside } else { 0.0 }
                    }
                    Sides::Closed => filled[grid.index(x - 1, y - 1, z)],
                });
                inside_negative.push(0.5 - value);
            }
        }
    }
    let shape = RuntimeShape::<u32, 3>::new(size.map(|n| n as u32));
    let last = shape.as_array().map(|n| n - 1);
    let mut net = SurfaceNetsBuffer::default();
    surface_nets(&inside_negative, &shape, [0; 3], last, &mut net);

    let place = |p: [f32; 3]| [p[0] - 0.5, p[1] - 0.5, p[2] - 0.5 + lowest as f32];
    let mut mesh = Mesh {
        points: net.positions.into_iter().map(place).collect(),
        triangles: net.indices.chunks_exact(3).map(|t| [t[0], t[1], t[2]]).collect(),
    };
    if sides == Sides::Open {
        for (axis, cells) in [(0, grid.nx), (1, grid.ny)] {
            mesh.cut(axis, 0.0, 1.0);
            mesh.cut(axis, cells as f32, -1.0);
        }
    }
    mesh.drop_unused();
    Ok(mesh)
}

impl Mesh {
    /// Twice the area of a triangle as a vector that looks outwards \[cells²\].
    pub fn cross(&self, triangle: &[u32; 3]) -> [f64; 3] {
        let [a, b, c] = triangle.map(|p| self.points[p as usize].map(f64::from));
        let (u, v): ([f64; 3], [f64; 3]) = (std::array::from_fn(|i| b[i] - a[i]), std::array::from_fn(|i| c[i] - a[i]));
        [u[1] * v[2] - u[2] * v[1], u[2] * v[0] - u[0] * v[2], u[0] * v[1] - u[1] * v[0]]
    }

    /// Area that belongs to each point, a third of that of its triangles \[cells²\].
    pub fn areas(&self) -> Vec<f64> {
        let mut areas = vec![0.0; self.points.len()];
        for triangle in &self.triangles {
            let area = 0.5 * self.cross(triangle).iter().map(|v| v * v).sum::<f64>().sqrt();
            triangle.iter().for_each(|&p| areas[p as usize] += area / 3.0);
        }
        areas
    }

    /// Keeps what lies on the side of the plane p\[axis\] = `limit` that `side` (1 above, −1 below) says.
    fn cut(&mut self, axis: usize, limit: f32, side: f32) {
        let mut kept = Vec::with_capacity(self.triangles.len());
        let mut on_plane: HashMap<(u32, u32), u32> = HashMap::new();
        for triangle in std::mem::take(&mut self.triangles) {
            let inside = triangle.map(|p| side * (self.points[p as usize][axis] - limit) >= 0.0);
            if inside == [true; 3] {
                kept.push(triangle);
                continue;
            }
            let mut corners: Vec<u32> = Vec::with_capacity(4);
            for here in 0..3 {
                let next = (here + 1) % 3;
                if inside[here] {
                    corners.push(triangle[here]);
                }
                if inside[here] != inside[next] {
                    let edge = (triangle[here].min(triangle[next]), triangle[here].max(triangle[next]));
                    let point = *on_plane.entry(edge).or_insert_with(|| {
                        let (a, b) = (self.points[edge.0 as usize], self.points[edge.1 as usize]);
                        let share = (limit - a[axis]) / (b[axis] - a[axis]);
                        let mut point = std::array::from_fn(|i| a[i] + share * (b[i] - a[i]));
                        point[axis] = limit;
                        self.points.push(point);
                        (self.points.len() - 1) as u32
                    });
                    corners.push(point);
                }
            }
            kept.extend((2..corners.len()).map(|i| [corners[0], corners[i - 1], corners[i]]));
        }
        self.triangles = kept;
    }

    /// Drops points that no triangle uses.
    fn drop_unused(&mut self) {
        let mut renamed: Vec<Option<u32>> = vec![None; self.points.len()];
        let mut points = Vec::new();
        for corner in self.triangles.iter_mut().flatten() {
            let old = *corner as usize;
            *corner = *renamed[old].get_or_insert_with(|| {
                points.push(self.points[old]);
                (points.len() - 1) as u32
            });
        }
        self.points = points;
    }
}

#[cfg(test)]
mod tests {
    use std::f64::consts::PI;

    use super::*;

    const GRID: Grid = Grid { nx: 32, ny: 28, nz: 36, dx: 0.25e-6 };

    fn field(grid: &Grid, distance: impl Fn([f64; 3]) -> f64) -> Vec<f32> {
        (0..grid.cells())
            .map(|i| {
                let cell = [i % grid.nx, i / grid.nx % grid.ny, i / (grid.nx * grid.ny)];
                (0.5 * (1.0 + (0.5 * distance(cell.map(|i| i as f64 + 0.5))).tanh())) as f32
            })
            .collect()
    }

    /// Distance into a ball, periodic in x and y.
    fn ball(centre: [f64; 3], radius: f64) -> impl Fn([f64; 3]) -> f64 {
        move |p| {
            let [x, y, z] = std::array::from_fn(|i| (p[i] - centre[i]).abs());
            let (x, y) = (x.min(GRID.nx as f64 - x), y.min(GRID.ny as f64 - y));
            radius - (x * x + y * y + z * z).sqrt()
        }
    }

    fn area(mesh: &Mesh) -> f64 {
        mesh.areas().iter().sum()
    }

    /// ∫ z n_z dA: the volume below the surface, whatever the sides of the box do.
    fn volume(mesh: &Mesh) -> f64 {
        let height = |t: &[u32; 3]| t.iter().map(|&p| f64::from(mesh.points[p as usize][2])).sum::<f64>() / 3.0;
        mesh.triangles.iter().map(|t| 0.5 * height(t) * mesh.cross(t)[2]).sum()
    }

    #[test]
    fn a_ball_has_its_area_and_volume_wherever_it_lies() {
        // also across the sides of the box, where the pieces must add up; a net of cells inscribed in a ball of
        // radius 10 is smaller by about (dx/R)²
        for centre in [[16.0, 14.0, 18.0], [16.3, 13.8, 17.6], [0.0, 14.0, 18.0], [31.7, 0.4, 18.2]] {
            let mesh = mesh(&GRID, &field(&GRID, ball(centre, 10.0)), Sides::Open).expect("a small grid");
            assert!((area(&mesh) / (4.0 * PI * 100.0) - 1.0).abs() < 0.02, "{}", area(&mesh));
            assert!((volume(&mesh) / (4.0 / 3.0 * PI * 1000.0) - 1.0).abs() < 0.02, "{}", volume(&mesh));
            let inside = |p: &[f32; 3]| (0.0..=32.0).contains(&p[0]) && (0.0..=28.0).contains(&p[1]);
            assert!(mesh.points.iter().all(inside));
        }
    }

    #[test]
    fn a_layer_is_two_planes_at_their_heights() {
        for grid in [GRID, Grid { ny: 1, ..GRID }, Grid { nx: 1, ny: 1, ..GRID }] {
            let mesh =
                mesh(&grid, &field(&grid, |p| (p[2] - 5.2).min(20.3 - p[2])), Sides::Open).expect("a small grid");
            let plane = (grid.nx * grid.ny) as f64;
            assert!((area(&mesh) / (2.0 * plane) - 1.0).abs() < 1e-5);
            // interpolating tanh linearly moves each plane by at most 0.01 cell
            assert!((volume(&mesh) / (15.1 * plane) - 1.0).abs() < 0.02 / 15.1);
        }
    }

    #[test]
    fn lithium_up_to_the_top_and_the_bottom_is_closed() {
        let mesh = mesh(&GRID, &vec![1.0; GRID.cells()], Sides::Open).expect("a small grid");
        assert!((volume(&mesh) / GRID.cells() as f64 - 1.0).abs() < 1e-5);
    }

    /// Every edge has as many triangles that run along it as against it.
    fn is_closed(mesh: &Mesh) -> bool {
        let mut edges: HashMap<(u32, u32), i32> = HashMap::new();
        for t in &mesh.triangles {
            for (a, b) in [(t[0], t[1]), (t[1], t[2]), (t[2], t[0])] {
                *edges.entry((a.min(b), a.max(b))).or_default() += if a < b { 1 } else { -1 };
            }
        }
        edges.values().all(|&count| count == 0)
    }

    #[test]
    fn a_body_is_closed_where_the_box_cuts_it() {
        let cut = field(&GRID, ball([31.7, 0.4, 18.2], 10.0));
        let bodies = [
            (cut, 4.0 / 3.0 * PI * 1000.0),
            (field(&GRID, |p| (p[2] - 5.2).min(20.3 - p[2])), 15.1 * 32.0 * 28.0),
            (vec![1.0; GRID.cells()], GRID.cells() as f64),
        ];
        for (filled, expected) in bodies {
            assert!(!is_closed(&mesh(&GRID, &filled, Sides::Open).expect("a small grid")) || expected < 5000.0);
            let body = mesh(&GRID, &filled, Sides::Closed).expect("a small grid");
            assert!(is_closed(&body));
            // corners along the sides are bevelled by half a cell
            assert!((volume(&body) / expected - 1.0).abs() < 0.03, "{} {expected}", volume(&body));
            let inside = |p: &[f32; 3]| (0.0..=32.0).contains(&p[0]) && (0.0..=28.0).contains(&p[1]);
            assert!(body.points.iter().all(inside));
        }
    }
}

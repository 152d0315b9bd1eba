//! Bodies of a scene: the surfaces of lithium and copper as facets, filled where the box cuts them.

use super::palette::Colour;
use super::raster::{Facet, cross, plus, unit};
use crate::io::surface::{Sides, SurfaceError, mesh};
use crate::model::grid::Grid;

/// Facets of the surface on which `filled`, one value a cell, is ½, and of the two sides of the box that the camera sees, where it cuts
/// the body; lengths in cells from the corner of the box. `colour` gives that of a place just inside, and whether it is cut there.
///
/// # Errors
/// If the grid is too large.
pub fn facets(
    grid: &Grid,
    filled: &[f32],
    colour: impl Fn([f32; 3], bool) -> Colour,
) -> Result<Vec<Facet>, SurfaceError> {
    let mesh = mesh(grid, filled, Sides::Open)?;
    let corners = |triangle: &[u32; 3]| triangle.map(|p| mesh.points[p as usize]);
    let mut normals = vec![[0.0; 3]; mesh.points.len()];
    for triangle in &mesh.triangles {
        let across = across(corners(triangle));
        triangle.iter().for_each(|&p| normals[p as usize] = plus(normals[p as usize], across, 1.0));
    }
    let surface = mesh.triangles.iter().map(|triangle| {
        let corners = corners(triangle);
        let inside = plus(middle(corners), unit(across(corners)), -0.8);
        Facet { corners, normals: triangle.map(|p| unit(normals[p as usize])), colour: colour(inside, false) }
    });
    let mut facets: Vec<Facet> = surface.collect();
    let [nx, ny] = [grid.nx, grid.ny];
    let between = |a: [usize; 3], b: [usize; 3]| {
        let value = |[x, y, z]: [usize; 3]| filled[grid.index(x, y, z)];
        0.5 * (value(a) + value(b))
    };
    // the side at the end of x, and that at the beginning of y; both are half way between the last cells and the first
    let side = cut(ny, grid.nz, |y, z| between([nx - 1, y, z], [0, y, z]));
    let right = side.into_iter().map(|t| (t.map(|[y, z]| [nx as f32, y, z]), [1.0, 0.0, 0.0]));
    let side = cut(nx, grid.nz, |x, z| between([x, ny - 1, z], [x, 0, z]));
    let front = side.into_iter().map(|t| (t.map(|[x, z]| [x, 0.0, z]), [0.0, -1.0, 0.0]));
    facets.extend(right.chain(front).map(|(corners, normal)| {
        let inside = plus(middle(corners), normal, -0.5);
        Facet { corners, normals: [normal; 3], colour: colour(inside, true) }
    }));
    Ok(facets)
}

/// Normal of a triangle, as long as twice its area.
fn across(corners: [[f32; 3]; 3]) -> [f32; 3] {
    cross(plus(corners[1], corners[0], -1.0), plus(corners[2], corners[0], -1.0))
}

fn middle(corners: [[f32; 3]; 3]) -> [f32; 3] {
    corners.iter().fold([0.0; 3], |sum, &corner| plus(sum, corner, 1.0 / 3.0))
}

/// Triangles that fill what is above ½ in a plane of `columns` × `rows` values, periodic along its rows; lengths in cells.
fn cut(columns: usize, rows: usize, value: impl Fn(usize, usize) -> f32) -> Vec<[[f32; 2]; 3]> {
    // knots: the sides of the plane and the centres of its cells
    let knot = |i: usize, n: usize| (i as f32 - 0.5).clamp(0.0, n as f32);
    let at = |i: usize, j: usize| {
        let z = j.clamp(1, rows) - 1;
        match i {
            _ if i == 0 || i > columns => 0.5 * (value(0, z) + value(columns - 1, z)),
            _ => value(i - 1, z),
        }
    };
    let mut triangles = Vec::new();
    for j in 0..=rows {
        for i in 0..=columns {
            let places = [(i, j), (i + 1, j), (i + 1, j + 1), (i, j + 1)];
            let seen = places.map(|(i, j)| ([knot(i, columns), knot(j, rows)], at(i, j)));
            let mut corners: Vec<[f32; 2]> = Vec::with_capacity(6);
            for here in 0..4 {
                let ((a, value_a), (b, value_b)) = (seen[here], seen[(here + 1) % 4]);
                if value_a > 0.5 {
                    corners.push(a);
                }
                if (value_a > 0.5) != (value_b > 0.5) {
                    let share = (0.5 - value_a) / (value_b - value_a);
                    corners.push(std::array::from_fn(|k| a[k] + share * (b[k] - a[k])));
                }
            }
            triangles.extend((2..corners.len()).map(|k| [corners[0], corners[k - 1], corners[k]]));
        }
    }
    triangles
}

#[cfg(test)]
mod tests {
    use super::super::raster::dot;
    use super::*;

    #[test]
    fn a_layer_has_a_top_and_two_cut_sides_of_its_area() {
        let grid = Grid { nx: 6, ny: 5, nz: 8, dx: 1.0 };
        let layer: Vec<f32> = (0..grid.cells()).map(|i| f32::from(i / (grid.nx * grid.ny) < 3)).collect();
        let facets = facets(&grid, &layer, |_, cut| [f32::from(cut), 0.0, 0.0]).unwrap();
        let area = |keep: &dyn Fn(&Facet) -> bool| -> f32 {
            let kept = facets.iter().filter(|facet| keep(facet)).map(|facet| across(facet.corners));
            kept.map(|normal| 0.5 * dot(normal, normal).sqrt()).sum()
        };
        let top = area(&|facet| facet.normals.iter().all(|n| n[2] > 0.99));
        let sides = area(&|facet| facet.colour[0] == 1.0);
        assert!((top - 30.0).abs() < 1e-3, "{top}");
        assert!((sides - 33.0).abs() < 1e-3, "{sides}");
    }
}

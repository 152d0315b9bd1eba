//! deposit.vtp: the surface of the lithium as triangles, for ParaView and everything else that reads VTK XML PolyData.

use std::collections::HashMap;
use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};

use fast_surface_nets::ndshape::{RuntimeShape, Shape};
use fast_surface_nets::{SurfaceNetsBuffer, surface_nets};

use crate::model::grid::Grid;

/// A surface that could not be written.
#[derive(Debug, thiserror::Error)]
pub enum SurfaceError {
    /// The file could not be written.
    #[error("cannot write the surface {}: {source}", path.display())]
    Write {
        /// its name
        path: PathBuf,
        /// what the system said
        source: std::io::Error,
    },
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

/// Triangles that look outwards: counter-clockwise seen from the electrolyte.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Mesh {
    /// points, counted in cells from the corner of the box
    pub points: Vec<[f32; 3]>,
    /// three points each
    pub triangles: Vec<[u32; 3]>,
}

/// Writes the surface w ξ = ½ of the lithium, in metres from the corner of the box, with its height \[m\] and the
/// `arrays` (a name and one value a cell each) interpolated to its points.
///
/// `filled` is w ξ, one value a cell. x and y are periodic and the surface ends where the box does; below and above the
/// box there is no lithium, so that the volume it encloses is closed there. Without lithium the file is valid and empty.
/// It is written beside `path` and then renamed.
///
/// # Errors
/// If a field does not have one value a cell, the grid is too large, or the file cannot be written.
pub fn write(path: &Path, grid: &Grid, filled: &[f32], arrays: &[(&str, &[f32])]) -> Result<(), SurfaceError> {
    for (name, field) in arrays {
        check_length(name, field, grid)?;
    }
    let mesh = mesh(grid, filled)?;
    let mut point_data = vec![("height", mesh.points.iter().map(|p| p[2] * grid.dx as f32).collect::<Vec<f32>>())];
    for (name, field) in arrays {
        point_data.push((*name, mesh.points.iter().map(|&p| interpolate(grid, field, p)).collect()));
    }

    let mut beside = path.as_os_str().to_owned();
    beside.push(".part");
    let beside = PathBuf::from(beside);
    let written = write_polydata(&beside, grid, &mesh, &point_data).and_then(|()| std::fs::rename(&beside, path));
    written.map_err(|source| {
        // what is left of it is of no use, and it may never have been there
        let _ = std::fs::remove_file(&beside);
        SurfaceError::Write { path: path.to_owned(), source }
    })
}

/// The surface on which `filled`, one value a cell, is ½.
///
/// # Errors
/// If `filled` does not have one value a cell or the grid is too large.
pub fn mesh(grid: &Grid, filled: &[f32]) -> Result<Mesh, SurfaceError> {
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
                let (x, y) = ((x + grid.nx - 1) % grid.nx, (y + grid.ny - 1) % grid.ny);
                inside_negative.push(0.5 - z.map_or(0.0, |z| filled[grid.index(x, y, z)]));
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
    for (axis, cells) in [(0, grid.nx), (1, grid.ny)] {
        mesh.cut(axis, 0.0, 1.0);
        mesh.cut(axis, cells as f32, -1.0);
    }
    mesh.drop_unused();
    Ok(mesh)
}

impl Mesh {
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

fn check_length(name: &str, field: &[f32], grid: &Grid) -> Result<(), SurfaceError> {
    let (found, expected) = (field.len(), grid.cells());
    if found == expected { Ok(()) } else { Err(SurfaceError::Length { name: name.to_owned(), found, expected }) }
}

/// Value of a field at a point \[cells\], linear between cell centres; periodic in x and y, constant beyond the first
/// and the last centre in z.
fn interpolate(grid: &Grid, field: &[f32], point: [f32; 3]) -> f32 {
    let periodic = |p: f32, n: usize| {
        let low = (p - 0.5).floor();
        let cell = (low as i64).rem_euclid(n as i64) as usize;
        ([cell, (cell + 1) % n], p - 0.5 - low)
    };
    let (x, share_x) = periodic(point[0], grid.nx);
    let (y, share_y) = periodic(point[1], grid.ny);
    let height = (point[2] - 0.5).clamp(0.0, (grid.nz - 1) as f32);
    let z = [height as usize, (height as usize + 1).min(grid.nz - 1)];
    let between = |values: [f32; 2], share: f32| values[0] + share * (values[1] - values[0]);
    let row = |y: usize, z: usize| between(x.map(|x| field[grid.index(x, y, z)]), share_x);
    between(z.map(|z| between(y.map(|y| row(y, z)), share_y)), height.fract())
}

/// The VTK file: an XML head that says where in the binary block behind it each array starts.
fn write_polydata(path: &Path, grid: &Grid, mesh: &Mesh, point_data: &[(&str, Vec<f32>)]) -> std::io::Result<()> {
    let metres = |p: &[f32; 3]| p.map(|cells| (f64::from(cells) * grid.dx) as f32);
    let offsets: Vec<i64> = (1..=mesh.triangles.len() as i64).map(|i| 3 * i).collect();
    let mut blocks = Blocks::default();
    let point_data: String = point_data
        .iter()
        .map(|(name, values)| blocks.add("Float32", name, 1, values.iter().flat_map(|v| v.to_le_bytes())))
        .collect();
    let points = mesh.points.iter().flat_map(metres).flat_map(f32::to_le_bytes);
    let points = blocks.add("Float32", "Points", 3, points);
    let corners = mesh.triangles.iter().flatten().flat_map(|&corner| i64::from(corner).to_le_bytes());
    let corners = blocks.add("Int64", "connectivity", 1, corners);
    let offsets = blocks.add("Int64", "offsets", 1, offsets.into_iter().flat_map(i64::to_le_bytes));

    let mut file = BufWriter::new(File::create(path)?);
    write!(
        file,
        r#"<?xml version="1.0"?>
<VTKFile type="PolyData" version="1.0" byte_order="LittleEndian" header_type="UInt64">
<PolyData>
<Piece NumberOfPoints="{}" NumberOfVerts="0" NumberOfLines="0" NumberOfStrips="0" NumberOfPolys="{}">
<PointData Scalars="height">
{point_data}</PointData>
<Points>
{points}</Points>
<Polys>
{corners}{offsets}</Polys>
</Piece>
</PolyData>
<AppendedData encoding="raw">
_"#,
        mesh.points.len(),
        mesh.triangles.len()
    )?;
    file.write_all(&blocks.bytes)?;
    file.write_all(b"\n</AppendedData>\n</VTKFile>\n")?;
    file.into_inner()?.sync_all()
}

/// The binary block: each array's length in bytes, then the array.
#[derive(Default)]
struct Blocks {
    bytes: Vec<u8>,
}

impl Blocks {
    /// Appends an array and returns the XML element that points to it.
    fn add(&mut self, kind: &str, name: &str, components: usize, values: impl Iterator<Item = u8>) -> String {
        let offset = self.bytes.len();
        self.bytes.extend([0; 8]);
        self.bytes.extend(values);
        let length = (self.bytes.len() - offset - 8) as u64;
        self.bytes[offset..offset + 8].copy_from_slice(&length.to_le_bytes());
        let name = name.replace('&', "&amp;").replace('<', "&lt;").replace('"', "&quot;");
        format!(
            "<DataArray type=\"{kind}\" Name=\"{name}\" NumberOfComponents=\"{components}\" format=\"appended\" \
             offset=\"{offset}\"/>\n"
        )
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

    fn cross(mesh: &Mesh, t: &[u32; 3]) -> ([f64; 3], [f64; 3]) {
        let [a, b, c] = t.map(|p| mesh.points[p as usize].map(f64::from));
        let (u, v): ([f64; 3], [f64; 3]) = (std::array::from_fn(|i| b[i] - a[i]), std::array::from_fn(|i| c[i] - a[i]));
        (a, [u[1] * v[2] - u[2] * v[1], u[2] * v[0] - u[0] * v[2], u[0] * v[1] - u[1] * v[0]])
    }

    fn area(mesh: &Mesh) -> f64 {
        mesh.triangles.iter().map(|t| cross(mesh, t).1).map(|[x, y, z]| 0.5 * (x * x + y * y + z * z).sqrt()).sum()
    }

    /// ∫ z n_z dA: the volume below the surface, whatever the sides of the box do.
    fn volume(mesh: &Mesh) -> f64 {
        let height = |t: &[u32; 3]| t.iter().map(|&p| f64::from(mesh.points[p as usize][2])).sum::<f64>() / 3.0;
        mesh.triangles.iter().map(|t| 0.5 * height(t) * cross(mesh, t).1[2]).sum()
    }

    #[test]
    fn a_ball_has_its_area_and_volume_wherever_it_lies() {
        // also across the sides of the box, where the pieces must add up; a net of cells inscribed in a ball of
        // radius 10 is smaller by about (dx/R)²
        for centre in [[16.0, 14.0, 18.0], [16.3, 13.8, 17.6], [0.0, 14.0, 18.0], [31.7, 0.4, 18.2]] {
            let mesh = mesh(&GRID, &field(&GRID, ball(centre, 10.0))).expect("a small grid");
            assert!((area(&mesh) / (4.0 * PI * 100.0) - 1.0).abs() < 0.02, "{}", area(&mesh));
            assert!((volume(&mesh) / (4.0 / 3.0 * PI * 1000.0) - 1.0).abs() < 0.02, "{}", volume(&mesh));
            let inside = |p: &[f32; 3]| (0.0..=32.0).contains(&p[0]) && (0.0..=28.0).contains(&p[1]);
            assert!(mesh.points.iter().all(inside));
        }
    }

    #[test]
    fn a_layer_is_two_planes_at_their_heights() {
        for grid in [GRID, Grid { ny: 1, ..GRID }, Grid { nx: 1, ny: 1, ..GRID }] {
            let mesh = mesh(&grid, &field(&grid, |p| (p[2] - 5.2).min(20.3 - p[2]))).expect("a small grid");
            let plane = (grid.nx * grid.ny) as f64;
            assert!((area(&mesh) / (2.0 * plane) - 1.0).abs() < 1e-5);
            // interpolating tanh linearly moves each plane by at most 0.01 cell
            assert!((volume(&mesh) / (15.1 * plane) - 1.0).abs() < 0.02 / 15.1);
        }
    }

    #[test]
    fn lithium_up_to_the_top_and_the_bottom_is_closed() {
        let mesh = mesh(&GRID, &vec![1.0; GRID.cells()]).expect("a small grid");
        assert!((volume(&mesh) / GRID.cells() as f64 - 1.0).abs() < 1e-5);
    }

    #[test]
    fn fields_are_interpolated_to_the_points() {
        let mesh = mesh(&GRID, &field(&GRID, ball([31.7, 0.4, 18.2], 10.0))).expect("a small grid");
        let heights =
            field(&GRID, |_| 0.0).iter().enumerate().map(|(i, _)| (i / (32 * 28)) as f32 + 0.5).collect::<Vec<_>>();
        assert!(mesh.points.iter().all(|&p| (interpolate(&GRID, &heights, p) - p[2]).abs() < 1e-5));
    }

    #[test]
    fn files() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("deposit.vtp");
        let current = vec![3.0; GRID.cells()];
        let arrays: [(&str, &[f32]); 1] = [("current", &current)];
        write(&path, &GRID, &vec![0.0; GRID.cells()], &arrays).expect("an empty file");
        let text = String::from_utf8_lossy(&std::fs::read(&path).expect("the file")).into_owned();
        assert!(text.contains("NumberOfPoints=\"0\"") && text.contains("Name=\"current\""));
        write(&path, &GRID, &field(&GRID, ball([16.0, 14.0, 18.0], 10.0)), &arrays).expect("a full file");
        assert_eq!(std::fs::read_dir(folder.path()).expect("the folder").count(), 1);

        let short = write(&path, &GRID, &current, &[("phi", &[1.0])]).expect_err("one value");
        assert_eq!(short.to_string(), "the surface needs one value of phi a cell: 1 values, expected 32256");
        let nowhere = write(&folder.path().join("no/deposit.vtp"), &GRID, &current, &[]).expect_err("no folder");
        assert!(nowhere.to_string().contains("cannot write the surface"), "{nowhere}");
    }
}

//! The files that a surface is written to.

use std::path::Path;

use super::Surface;

/// Coordinates in formats without a unit of their own are in micrometres: in metres they would be too small for most programs.
const MICROMETRES: f64 = 1e6;

/// A file format of triangles.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// VTK XML PolyData, binary: metres, with height, current density and curvature at the points; for ParaView
    Vtp,
    /// STL, binary: micrometres, a closed body without values; for printing
    Stl,
    /// PLY, binary little-endian: micrometres, with the values at the points; for Blender and MeshLab
    Ply,
}

impl Format {
    /// The formats and their names, which are the extensions of their files.
    pub const ALL: [(Self, &'static str); 3] = [(Self::Vtp, "vtp"), (Self::Stl, "stl"), (Self::Ply, "ply")];

    /// Its name.
    pub fn name(self) -> &'static str {
        Self::ALL.iter().find(|(format, _)| *format == self).map_or("vtp", |(_, name)| name)
    }

    /// The format that a file's extension names, if it does.
    pub fn of(path: &Path) -> Option<Self> {
        path.extension()?.to_str()?.parse().ok()
    }

    /// The bytes of a file.
    pub(super) fn encode(self, surface: &Surface) -> Vec<u8> {
        match self {
            Self::Vtp => vtp(surface),
            Self::Stl => stl(surface),
            Self::Ply => ply(surface),
        }
    }
}

impl std::str::FromStr for Format {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let found = Self::ALL.iter().find(|(_, name)| text.eq_ignore_ascii_case(name));
        found.map(|(format, _)| *format).ok_or_else(|| format!("{text:?} is not one of vtp, stl, ply"))
    }
}

impl Surface {
    fn points(&self, unit: f64) -> impl Iterator<Item = [f32; 3]> {
        self.mesh.points.iter().map(move |p| p.map(|cells| (f64::from(cells) * self.dx * unit) as f32))
    }
}

/// An XML head that says where in the binary block behind it each array starts.
fn vtp(surface: &Surface) -> Vec<u8> {
    let mesh = &surface.mesh;
    let mut blocks = Blocks::default();
    let mut arrays = |values: &[(&str, Vec<f32>)]| -> String {
        let add = |(name, values): &(&str, Vec<f32>)| {
            blocks.add("Float32", name, 1, values.iter().flat_map(|v| v.to_le_bytes()))
        };
        values.iter().map(add).collect()
    };
    let point_data = arrays(&surface.at_points);
    let cell_data = arrays(&surface.at_triangles);
    let points = blocks.add("Float32", "Points", 3, surface.points(1.0).flatten().flat_map(f32::to_le_bytes));
    let corners = mesh.triangles.iter().flatten().flat_map(|&corner| i64::from(corner).to_le_bytes());
    let corners = blocks.add("Int64", "connectivity", 1, corners);
    let ends = (1..=mesh.triangles.len() as i64).flat_map(|i| (3 * i).to_le_bytes());
    let offsets = blocks.add("Int64", "offsets", 1, ends);
    let mut bytes = format!(
        r#"<?xml version="1.0"?>
<VTKFile type="PolyData" version="1.0" byte_order="LittleEndian" header_type="UInt64">
<PolyData>
<Piece NumberOfPoints="{}" NumberOfVerts="0" NumberOfLines="0" NumberOfStrips="0" NumberOfPolys="{}">
<PointData Scalars="height">
{point_data}</PointData>
<CellData>
{cell_data}</CellData>
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
    )
    .into_bytes();
    bytes.extend(blocks.bytes);
    bytes.extend(b"\n</AppendedData>\n</VTKFile>\n");
    bytes
}

/// A title of 80 bytes, the number of triangles, and of each its normal, its corners and two bytes without a meaning.
fn stl(surface: &Surface) -> Vec<u8> {
    let mut bytes = format!("{:80}", "liplate: surface of the lithium in micrometres").into_bytes();
    bytes.extend((surface.mesh.triangles.len() as u32).to_le_bytes());
    let points: Vec<[f32; 3]> = surface.points(MICROMETRES).collect();
    for triangle in &surface.mesh.triangles {
        let across = surface.mesh.cross(triangle);
        let length = across.iter().map(|v| v * v).sum::<f64>().sqrt();
        let normal = across.map(|v| if length > 0.0 { (v / length) as f32 } else { 0.0 });
        let corners = triangle.iter().flat_map(|&p| points[p as usize]);
        bytes.extend(normal.into_iter().chain(corners).flat_map(f32::to_le_bytes));
        bytes.extend([0, 0]);
    }
    bytes
}

/// A head in words, the points with their values, and the triangles with theirs.
fn ply(surface: &Surface) -> Vec<u8> {
    let properties = |values: &[(&str, Vec<f32>)]| -> String {
        values.iter().map(|(name, _)| format!("property float {name}\n")).collect()
    };
    let mut bytes = format!(
        "ply\nformat binary_little_endian 1.0\n\
         comment liplate: surface of the lithium; x, y, z in micrometres, everything else in SI units\n\
         element vertex {}\nproperty float x\nproperty float y\nproperty float z\n{}\
         element face {}\nproperty list uchar int vertex_indices\n{}end_header\n",
        surface.mesh.points.len(),
        properties(&surface.at_points),
        surface.mesh.triangles.len(),
        properties(&surface.at_triangles)
    )
    .into_bytes();
    for (place, point) in surface.points(MICROMETRES).enumerate() {
        let values = surface.at_points.iter().map(|(_, values)| values[place]);
        bytes.extend(point.into_iter().chain(values).flat_map(f32::to_le_bytes));
    }
    for (place, triangle) in surface.mesh.triangles.iter().enumerate() {
        bytes.push(3);
        triangle.iter().for_each(|&p| bytes.extend((p as i32).to_le_bytes()));
        surface.at_triangles.iter().for_each(|(_, values)| bytes.extend(values[place].to_le_bytes()));
    }
    bytes
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

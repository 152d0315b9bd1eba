//! The direction of the interface on the faces of cells.

use multiversion::multiversion;

use super::shape::{Padded, Row, Shape};

/// Outward component of n = ∇q/|∇q| on the six faces of the cells of a row; zero on the bottom and the top of the box. The normal
/// difference is taken across the face, the tangential ones are averaged from the two cells' central differences.
#[derive(Default)]
pub struct Normals {
    /// rows of q with their periodic neighbours: those at −z, here and +z, of each the ones at −y, here and +y
    q: [[Padded<f64>; 3]; 3],
    /// outward on the six faces
    outward: [Vec<f64>; 6],
    room: Room,
}

/// Central differences.
#[derive(Default)]
struct Room {
    /// ∂q/∂x of the row, and of those towards −y, +y, −z, +z
    by_x: [Vec<f64>; 5],
    /// ∂q/∂y of the row with its periodic neighbours, and of those towards −z, +z
    by_y: [Vec<f64>; 3],
    /// ∂q/∂z of the row with its periodic neighbours, and of those towards −y, +y
    by_z: [Vec<f64>; 3],
    /// component on the faces across x, with that before the first cell
    across_x: Vec<f64>,
}

impl Normals {
    /// Computes them for a row.
    pub fn set(&mut self, shape: &Shape, q: &[f64], row: Row) {
        let n = row.len();
        let planes = [row.z.saturating_sub(1), row.z, (row.z + 1).min(shape.nz - 1)];
        for (plane, z) in self.q.iter_mut().zip(planes) {
            let beside = shape.row(row.y, z);
            for (padded, start) in plane.iter_mut().zip([beside.south, beside.here, beside.north]) {
                padded.set(&q[start..start + n]);
            }
        }
        let room = &mut self.room;
        room.by_x.iter_mut().chain(&mut room.by_y[1..]).chain(&mut room.by_z[1..]).for_each(|row| row.resize(n, 0.0));
        room.by_y[0].resize(n + 2, 0.0);
        room.by_z[0].resize(n + 2, 0.0);
        room.across_x.resize(n + 1, 0.0);
        self.outward.iter_mut().for_each(|row| row.resize(n, 0.0));
        let q = self.q.each_ref().map(|plane| plane.each_ref().map(Padded::all));
        normals(q, room, self.outward.each_mut().map(|row| &mut row[..]));
    }

    /// Those of the row, towards −x, +x, −y, +y, −z, +z.
    pub fn outward(&self) -> [&[f64]; 6] {
        self.outward.each_ref().map(|row| &row[..])
    }
}

#[multiversion(targets = "simd")]
fn normals(q: [[&[f64]; 3]; 3], room: &mut Room, outward: [&mut [f64]; 6]) {
    let [[below_south, below, below_north], [south, here, north], [above_south, above, above_north]] = q;
    let n = here.len() - 2;
    let inner = 1..n + 1;
    let [x_here, x_south, x_north, x_below, x_above] = &mut room.by_x;
    difference(&here[..n], &here[2..], x_here);
    difference(&south[..n], &south[2..], x_south);
    difference(&north[..n], &north[2..], x_north);
    difference(&below[..n], &below[2..], x_below);
    difference(&above[..n], &above[2..], x_above);
    let [y_here, y_below, y_above] = &mut room.by_y;
    difference(south, north, y_here);
    difference(&below_south[inner.clone()], &below_north[inner.clone()], y_below);
    difference(&above_south[inner.clone()], &above_north[inner.clone()], y_above);
    let [z_here, z_south, z_north] = &mut room.by_z;
    difference(below, above, z_here);
    difference(&below_south[inner.clone()], &above_south[inner.clone()], z_south);
    difference(&below_north[inner.clone()], &above_north[inner.clone()], z_north);

    let [to_west, to_east, to_south, to_north, to_below, to_above] = outward;
    let (y, z) = (&y_here[inner.clone()], &z_here[inner.clone()]);
    component(
        &here[..n + 1],
        &here[1..],
        [&y_here[..n + 1], &y_here[1..]],
        [&z_here[..n + 1], &z_here[1..]],
        &mut room.across_x,
    );
    for (out, component) in to_west.iter_mut().zip(&room.across_x) {
        *out = -component;
    }
    to_east.copy_from_slice(&room.across_x[1..]);
    let here = &here[inner.clone()];
    component(here, &south[inner.clone()], [z, z_south], [x_here, x_south], to_south);
    component(here, &north[inner.clone()], [z, z_north], [x_here, x_north], to_north);
    component(here, &below[inner.clone()], [x_here, x_below], [y, y_below], to_below);
    component(here, &above[inner], [x_here, x_above], [y, y_above], to_above);
}

/// Half the difference of two rows.
#[inline(always)]
fn difference(low: &[f64], high: &[f64], out: &mut [f64]) {
    let n = out.len();
    let (low, high) = (&low[..n], &high[..n]);
    for x in 0..n {
        out[x] = 0.5 * (high[x] - low[x]);
    }
}

/// The component of n from `here` to `there`, with the differences along the two other axes in both.
#[inline(always)]
fn component(here: &[f64], there: &[f64], u: [&[f64]; 2], v: [&[f64]; 2], out: &mut [f64]) {
    let n = out.len();
    let (here, there, u, v) = (&here[..n], &there[..n], [&u[0][..n], &u[1][..n]], [&v[0][..n], &v[1][..n]]);
    for x in 0..n {
        let across = there[x] - here[x];
        let (tu, tv) = (0.5 * (u[0][x] + u[1][x]), 0.5 * (v[0][x] + v[1][x]));
        let length = (across * across + (tu * tu + tv * tv)).sqrt();
        out[x] = across / if length > 1e-12 { length } else { 1e-12 };
    }
}

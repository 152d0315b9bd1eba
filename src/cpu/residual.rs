//! Residual of both equations, and the flux operator that it shares with `apply`.

use multiversion::multiversion;

use super::Cpu;
use super::shape::{Padded, Row, Star, paired, rows_of, stars_of};
use super::transport::fields;

/// Room for the rows of u and of κ, κ_D, D and t₊, with their periodic neighbours.
#[derive(Default)]
pub struct Scratch {
    u: [Padded<f64>; 2],
    transport: [Padded<f64>; 4],
}

impl Scratch {
    /// u and the coefficients in a row.
    pub fn row<'a>(&'a mut self, cpu: &'a Cpu, row: Row) -> ([Star<'a, f64>; 2], [Star<'a, f64>; 4]) {
        let transport = &cpu.transport;
        (stars(&mut self.u, [&cpu.u[0], &cpu.u[1]], row), stars(&mut self.transport, transport.each_ref().map(|t| &t[..]), row))
    }
}

/// A row of several fields.
pub fn stars<'a, T: Copy, const N: usize>(room: &'a mut [Padded<T>; N], fields: [&'a [T]; N], row: Row) -> [Star<'a, T>; N] {
    let mut fields = fields.into_iter();
    room.each_mut().map(|padded| padded.star(fields.next().unwrap_or_default(), row))
}

/// Flows out of cell `x` through each face, from differences: charge κ(φ − φ_nb) − κ_D(c − c_nb), salt D(c − c_nb).
/// `sum(face, k)` is what the cell and its neighbour have together of κ, κ_D and D.
#[inline(always)]
pub fn flows(u: &[Star<f64>; 2], x: usize, sum: impl Fn(usize, usize) -> f64) -> ([f64; 6], [f64; 6]) {
    let mut charge = [0.0; 6];
    let mut salt = [0.0; 6];
    for face in 0..6 {
        let (phi, c) = (u[0].here[x] - u[0].around[face][x], u[1].here[x] - u[1].around[face][x]);
        charge[face] = 0.5 * sum(face, 0) * phi - 0.5 * sum(face, 1) * c;
        salt[face] = 0.5 * sum(face, 2) * c;
    }
    (charge, salt)
}

/// What cell `x` and its neighbour have together of a coefficient.
#[inline(always)]
pub fn both(coefficient: &Star<f64>, x: usize, face: usize) -> f64 {
    coefficient.here[x] + coefficient.around[face][x]
}

/// −(outflow + source) in a row; the salt's with what the current leaves behind.
#[multiversion(targets = "simd")]
fn residual_row(
    u: [Star<f64>; 2],
    transport: [Star<f64>; 4],
    source: [&[f64]; 2],
    has_salt: bool,
    charge: &mut [f64],
    salt: &mut [f64],
) {
    let n = charge.len().min(salt.len());
    let (u, transport, source) = (stars_of(u, n), stars_of(transport, n), rows_of(source, n));
    for (x, (charge, salt)) in charge.iter_mut().zip(salt).enumerate() {
        let (current, diffusion) = flows(&u, x, |face, k| both(&transport[k], x, face));
        let left = left_by(current, &transport[3], x);
        let left = if has_salt { left } else { 0.0 };
        *charge = -(paired(current) + source[0][x]);
        *salt = -((paired(diffusion) + left) + source[1][x]);
    }
}

/// Salt that the current `charge` through the faces leaves behind in a cell because other ions carry it elsewhere:
/// −i·∇t₊, as Σ faces ½ (t₊ of the neighbour − t₊) charge.
#[inline(always)]
fn left_by(charge: [f64; 6], transference: &Star<f64>, x: usize) -> f64 {
    let mut left = [0.0; 6];
    for face in 0..6 {
        left[face] = 0.5 * (transference.around[face][x] - transference.here[x]) * charge[face];
    }
    paired(left)
}

/// Salt that the current leaves behind in the cells of a row: −i·∇t₊.
#[multiversion(targets = "simd")]
pub fn transference_gradient_row(u: [Star<f64>; 2], transport: [Star<f64>; 4], out: &mut [f64]) {
    let n = out.len();
    let (u, transport) = (stars_of(u, n), stars_of(transport, n));
    for (x, out) in out.iter_mut().enumerate() {
        let (charge, _) = flows(&u, x, |face, k| both(&transport[k], x, face));
        *out = left_by(charge, &transport[3], x);
    }
}

/// u, transport, source → residual = −(outflow + source), the salt's with the gradient of t₊; and what forces a chosen solution.
pub fn residual(cpu: &mut Cpu) {
    let salt = cpu.physics.salt == 1;
    let mut out = std::mem::take(&mut cpu.residual);
    cpu.shape.rows(fields(&mut out), Scratch::default, |scratch, row, [charge_out, salt_out]| {
        let (u, transport) = scratch.row(cpu, row);
        let source = cpu.source.each_ref().map(|source| row.of(source));
        residual_row(u, transport, source, salt, charge_out, salt_out);
        if let Some(forcing) = &cpu.forcing {
            for (x, [charge, salt]) in row.of(&forcing.equations).iter().enumerate() {
                charge_out[x] += charge;
                salt_out[x] += salt;
            }
        }
    });
    cpu.residual = out;
}

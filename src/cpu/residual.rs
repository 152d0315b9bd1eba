//! Residual of both equations, and the flows that it shares with `apply`.

use multiversion::multiversion;

use super::Cpu;
use super::shape::{Beside, Star, Strip, paired, stars, stars_of};

/// Room for what is beside the cells of a strip: of u, of κ, κ_D and D, and of t₊.
#[derive(Default)]
pub struct Around {
    u: [Beside<f64>; 2],
    transport: [Beside<f32>; 3],
    transference: Beside<f64>,
}

/// A strip of u and of the coefficients, and what is around it.
#[derive(Clone, Copy)]
struct Present<'a> {
    /// φ and c
    u: [Star<'a, f64>; 2],
    /// κ, κ_D and D
    transport: [Star<'a, f32>; 3],
    /// t₊
    transference: Star<'a, f64>,
}

impl Around {
    /// u and the coefficients in a strip.
    fn strip<'a>(&'a mut self, cpu: &'a Cpu, strip: Strip) -> Present<'a> {
        Present {
            u: stars(&mut self.u, &cpu.u, strip),
            transport: stars(&mut self.transport, &cpu.coefficients.transport, strip),
            transference: self.transference.star(&cpu.transference, strip),
        }
    }
}

impl Present<'_> {
    /// Cuts every slice to `n` cells, so that the compiler knows their length and leaves out the checks of bounds.
    #[inline(always)]
    fn of(&self, n: usize) -> Self {
        Self { u: stars_of(self.u, n), transport: stars_of(self.transport, n), transference: self.transference.of(n) }
    }
}

/// Flows out of a cell through each face: charge κ(φ − φ_nb) − κ_D(c − c_nb), salt D(c − c_nb), from κ, κ_D and D of the faces and
/// differences of φ and c. Twice the flows, if the coefficients are what the cell and its neighbours have together.
#[inline(always)]
pub fn flows<T>(coefficients: &[[T; 6]; 3], differences: &[[T; 6]; 2]) -> ([T; 6], [T; 6])
where
    T: Copy + Default + std::ops::Mul<Output = T> + std::ops::Sub<Output = T>,
{
    let (mut charge, mut salt) = ([T::default(); 6], [T::default(); 6]);
    for face in 0..6 {
        let (phi, c) = (differences[0][face], differences[1][face]);
        charge[face] = coefficients[0][face] * phi - coefficients[1][face] * c;
        salt[face] = coefficients[2][face] * c;
    }
    (charge, salt)
}

impl Present<'_> {
    /// Twice the flows out of cell `x`.
    #[inline(always)]
    fn flows(&self, x: usize) -> ([f64; 6], [f64; 6]) {
        let [kappa, kappa_d, diffusivity] = &self.transport;
        flows(
            &[kappa.sums(x), kappa_d.sums(x), diffusivity.sums(x)],
            &[self.u[0].differences(x), self.u[1].differences(x)],
        )
    }
}

/// −(outflow + source) of the charge equation in a strip, and the salt that the current leaves behind in its cells: −i·∇t₊.
#[multiversion(targets = "simd")]
fn charge_strip(present: Present, source: &[f64], charge: &mut [f64], left: &mut [f64]) {
    let n = charge.len().min(left.len());
    let (present, source) = (present.of(n), &source[..n]);
    let (charge, left) = (&mut charge[..n], &mut left[..n]);
    for x in 0..n {
        let (current, _) = present.flows(x);
        charge[x] = -(0.5 * paired(current) + source[x]);
        left[x] = left_by(current, &present.transference, x);
    }
}

/// −(outflow + source) of the salt equation in a strip, with what the current leaves behind.
#[multiversion(targets = "simd")]
fn salt_strip(present: Present, source: &[f64], left: &[f64], salt: &mut [f64]) {
    let n = salt.len();
    let (present, source, left) = (present.of(n), &source[..n], &left[..n]);
    let salt = &mut salt[..n];
    for x in 0..n {
        let (_, diffusion) = present.flows(x);
        salt[x] = -((0.5 * paired(diffusion) + left[x]) + source[x]);
    }
}

/// Salt that the current leaves behind in a cell because other ions carry it elsewhere: −i·∇t₊, as Σ faces ½ (t₊ of the neighbour − t₊)
/// flow, with twice the flows of charge through the faces.
#[inline(always)]
fn left_by(twice: [f64; 6], transference: &Star<f64>, x: usize) -> f64 {
    let mut left = transference.differences(x);
    for face in 0..6 {
        left[face] *= -0.25 * twice[face];
    }
    paired(left)
}

/// The residual −(outflow + source) of a strip, with the gradient of t₊ and what forces a chosen solution, and the salt that the current
/// leaves behind in its cells, −i·∇t₊.
pub fn residual(
    cpu: &Cpu,
    strip: Strip,
    around: &mut Around,
    source: [&[f64]; 2],
    [charge_out, salt_out]: [&mut [f64]; 2],
    left: &mut [f64],
) {
    let present = around.strip(cpu, strip);
    charge_strip(present, source[0], charge_out, left);
    if cpu.physics.salt == 0 {
        left.fill(0.0);
    }
    salt_strip(present, source[1], left, salt_out);
    if let Some(forcing) = &cpu.forcing {
        for (x, [charge, salt]) in strip.of(&forcing.equations).iter().enumerate() {
            charge_out[x] += charge;
            salt_out[x] += salt;
        }
    }
}

//! Residual of both equations.

use multiversion::multiversion;

use super::Cpu;
use super::shape::{Beside, Star, Strip, fields, paired, stars, stars_of};

/// Room for what is beside the cells of a strip: of u, of κ, κ_D and D, and of t₊.
#[derive(Default)]
struct Scratch {
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

impl Scratch {
    /// u and the coefficients in a strip.
    fn strip<'a>(&'a mut self, cpu: &'a Cpu, strip: Strip) -> Present<'a> {
        Present {
            u: stars(&mut self.u, &cpu.u, strip),
            transport: stars(&mut self.transport, &cpu.hierarchy[0].transport, strip),
            transference: self.transference.star(&cpu.transference, strip),
        }
    }
}

impl Present<'_> {
    /// The same, of a length that the compiler can follow.
    #[inline(always)]
    fn of(&self, n: usize) -> Self {
        Self { u: stars_of(self.u, n), transport: stars_of(self.transport, n), transference: self.transference.of(n) }
    }
}

/// Flows out of cell `x` through each face, from differences: charge κ(φ − φ_nb) − κ_D(c − c_nb), salt D(c − c_nb).
/// `sums` is what the cell and its neighbours have together of κ, κ_D and D.
#[inline(always)]
fn flows(u: &[Star<f64>; 2], x: usize, sums: &[[f64; 6]; 3]) -> ([f64; 6], [f64; 6]) {
    let (own_phi, own_c) = (u[0].here[x], u[1].here[x]);
    let mut charge = [0.0; 6];
    let mut salt = [0.0; 6];
    for face in 0..6 {
        let (phi, c) = (own_phi - u[0].around[face][x], own_c - u[1].around[face][x]);
        charge[face] = 0.5 * sums[0][face] * phi - 0.5 * sums[1][face] * c;
        salt[face] = 0.5 * sums[2][face] * c;
    }
    (charge, salt)
}

/// What cell `x` and its neighbours have together of κ, κ_D and D.
#[inline(always)]
fn sums(transport: &[Star<f32>; 3], x: usize) -> [[f64; 6]; 3] {
    let mut sums = [[0.0; 6]; 3];
    for k in 0..3 {
        for face in 0..6 {
            sums[k][face] = f64::from(transport[k].here[x]) + f64::from(transport[k].around[face][x]);
        }
    }
    sums
}

/// −(outflow + source) of the charge equation in a strip, and the salt that the current leaves behind in its cells: −i·∇t₊.
#[multiversion(targets = "simd")]
fn charge_strip(present: Present, source: &[f64], charge: &mut [f64], left: &mut [f64]) {
    let n = charge.len().min(left.len());
    let (Present { u, transport, transference }, source) = (present.of(n), &source[..n]);
    let (charge, left) = (&mut charge[..n], &mut left[..n]);
    for x in 0..n {
        let (current, _) = flows(&u, x, &sums(&transport, x));
        charge[x] = -(paired(current) + source[x]);
        left[x] = left_by(current, &transference, x);
    }
}

/// −(outflow + source) of the salt equation in a strip, with what the current leaves behind.
#[multiversion(targets = "simd")]
fn salt_strip(present: Present, source: &[f64], left: &[f64], salt: &mut [f64]) {
    let n = salt.len();
    let (Present { u, transport, .. }, source, left) = (present.of(n), &source[..n], &left[..n]);
    let salt = &mut salt[..n];
    for x in 0..n {
        let (_, diffusion) = flows(&u, x, &sums(&transport, x));
        salt[x] = -((paired(diffusion) + left[x]) + source[x]);
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

/// u, transport, source → residual = −(outflow + source), the salt's with the gradient of t₊, and what forces a chosen solution; and
/// the salt that the current leaves behind on its way, Σ −i·∇t₊.
pub fn residual(cpu: &mut Cpu) {
    let salt = cpu.physics.salt == 1;
    let mut out = std::mem::take(&mut cpu.residual);
    [cpu.left_behind] = cpu.shape.strips_and_sums(
        fields(&mut out),
        1,
        Scratch::default,
        |scratch, strip, [charge_out, salt_out], [left]| {
            let source = cpu.source.each_ref().map(|source| strip.of(source));
            let present = scratch.strip(cpu, strip);
            charge_strip(present, source[0], charge_out, left);
            if !salt {
                left.fill(0.0);
            }
            salt_strip(present, source[1], left, salt_out);
            if let Some(forcing) = &cpu.forcing {
                for (x, [charge, salt]) in strip.of(&forcing.equations).iter().enumerate() {
                    charge_out[x] += charge;
                    salt_out[x] += salt;
                }
            }
        },
    );
    cpu.residual = out;
}

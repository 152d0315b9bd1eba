//! Damped block-Jacobi sweeps of the preconditioner, in f32, a row at a time.

use multiversion::multiversion;

use super::hierarchy::Level;
use super::shape::{Padded, Row, Star, paired, rows_of, stars_of};

/// A row of a level's operator: coefficients, local terms and right-hand side.
pub struct Equations<'a> {
    /// half the area over the distance of each face; 0 where a cell is its own neighbour
    faces: [f32; 6],
    /// κ, κ_D and D
    transport: [Star<'a, f32>; 3],
    /// derivatives of the charge terms with respect to φ and c, then of the salt terms
    local: [&'a [f32]; 4],
    /// right-hand side of both equations
    b: [&'a [f32]; 2],
}

/// Room for the rows of an operator and of φ and c, with their periodic neighbours.
#[derive(Default)]
pub struct Scratch {
    transport: [Padded<f32>; 3],
    u: [Padded<f32>; 2],
}

impl Scratch {
    /// The operator and `u` = (φ, c) in a row.
    pub fn row<'a>(&'a mut self, level: &'a Level, u: [&'a [f32]; 2], row: Row) -> (Equations<'a>, [Star<'a, f32>; 2]) {
        let [phi, c] = &mut self.u;
        (equations(&mut self.transport, level, row), [phi.star(u[0], row), c.star(u[1], row)])
    }
}

fn equations<'a>(room: &'a mut [Padded<f32>; 3], level: &'a Level, row: Row) -> Equations<'a> {
    let factor = |axis: usize, own: bool| if own { 0.0 } else { 0.5 * level.faces[axis] };
    let (across_x, across_y) = (factor(0, level.shape.nx == 1), factor(1, level.shape.ny == 1));
    let [kappa, kappa_d, diffusivity] = room;
    Equations {
        faces: [
            across_x,
            across_x,
            across_y,
            across_y,
            factor(2, row.below == row.here),
            factor(2, row.above == row.here),
        ],
        transport: [
            kappa.star(&level.transport[0], row),
            kappa_d.star(&level.transport[1], row),
            diffusivity.star(&level.transport[2], row),
        ],
        local: std::array::from_fn(|k| row.of(&level.local[k])),
        b: std::array::from_fn(|k| row.of(&level.b[k])),
    }
}

impl Equations<'_> {
    /// The same, of a length that the compiler can follow.
    #[inline(always)]
    fn of(&self, n: usize) -> Self {
        Self {
            faces: self.faces,
            transport: stars_of(self.transport, n),
            local: rows_of(self.local, n),
            b: rows_of(self.b, n),
        }
    }

    /// κ, κ_D or D of cell `x` and its neighbour together, times the face's factor.
    #[inline(always)]
    fn conductance(&self, k: usize, x: usize, face: usize) -> f32 {
        self.faces[face] * (self.transport[k].here[x] + self.transport[k].around[face][x])
    }

    /// b − A u of both equations in cell `x`. Charge: b − Σ faces κ(φ − φ_nb) − κ_D(c − c_nb) − local terms; salt:
    /// b − Σ faces D(c − c_nb) − local terms.
    #[inline(always)]
    fn defect(&self, u: &[Star<f32>; 2], x: usize) -> [f32; 2] {
        let here = [u[0].here[x], u[1].here[x]];
        let (mut charge, mut salt) = ([0.0; 6], [0.0; 6]);
        for face in 0..6 {
            let (phi, c) = (here[0] - u[0].around[face][x], here[1] - u[1].around[face][x]);
            charge[face] = self.conductance(0, x, face) * phi - self.conductance(1, x, face) * c;
            salt[face] = self.conductance(2, x, face) * c;
        }
        let local_charge = self.local[0][x] * here[0] + self.local[1][x] * here[1];
        let local_salt = self.local[2][x] * here[0] + self.local[3][x] * here[1];
        [self.b[0][x] - (paired(charge) + local_charge), self.b[1][x] - (paired(salt) + local_salt)]
    }

    /// weight · D⁻¹ defect, D the 2 × 2 diagonal block of cell `x`.
    #[inline(always)]
    fn change(&self, x: usize, defect: [f32; 2], weight: f32) -> [f32; 2] {
        let mut sums = [[0.0; 6]; 3];
        for (k, sum) in sums.iter_mut().enumerate() {
            for (face, conductance) in sum.iter_mut().enumerate() {
                *conductance = self.conductance(k, x, face);
            }
        }
        let (a, b) = (paired(sums[0]) + self.local[0][x], self.local[1][x] - paired(sums[1]));
        let (d, e) = (self.local[2][x], paired(sums[2]) + self.local[3][x]);
        let determinant = a * e - b * d;
        let inverse = 1.0 / if determinant > 1e-30 { determinant } else { 1e-30 };
        let [r0, r1] = defect;
        [weight * ((e * r0 - b * r1) * inverse), weight * ((a * r1 - d * r0) * inverse)]
    }
}

/// b − A u.
#[multiversion(targets = "simd")]
pub fn defect_row(equations: &Equations, u: [Star<f32>; 2], charge: &mut [f32], salt: &mut [f32]) {
    let n = charge.len().min(salt.len());
    let (equations, u) = (equations.of(n), stars_of(u, n));
    for (x, (charge, salt)) in charge.iter_mut().zip(salt).enumerate() {
        [*charge, *salt] = equations.defect(&u, x);
    }
}

/// u + weight · D⁻¹ (b − A u).
#[multiversion(targets = "simd")]
fn sweep_row(equations: &Equations, u: [Star<f32>; 2], weight: f32, phi: &mut [f32], c: &mut [f32]) {
    let n = phi.len().min(c.len());
    let (equations, u) = (equations.of(n), stars_of(u, n));
    for (x, (phi, c)) in phi.iter_mut().zip(c).enumerate() {
        let change = equations.change(x, equations.defect(&u, x), weight);
        (*phi, *c) = (u[0].here[x] + change[0], u[1].here[x] + change[1]);
    }
}

/// weight · D⁻¹ b.
#[multiversion(targets = "simd")]
fn first_sweep_row(equations: &Equations, weight: f32, phi: &mut [f32], c: &mut [f32]) {
    let n = phi.len().min(c.len());
    let equations = equations.of(n);
    for (x, (phi, c)) in phi.iter_mut().zip(c).enumerate() {
        [*phi, *c] = equations.change(x, [equations.b[0][x], equations.b[1][x]], weight);
    }
}

/// x += weight · D⁻¹ (b − A x).
pub fn smooth(level: &mut Level, weight: f32) {
    let mut next = std::mem::take(&mut level.x_next);
    let u = [&level.x[0][..], &level.x[1]];
    level.shape.rows(next.each_mut().map(|x| &mut x[..]), Scratch::default, |scratch, row, [phi, c]| {
        let (equations, u) = scratch.row(level, u, row);
        sweep_row(&equations, u, weight, phi, c);
    });
    level.x_next = std::mem::replace(&mut level.x, next);
}

/// x = weight · D⁻¹ b.
pub fn smooth_first(level: &mut Level, weight: f32) {
    let mut x = std::mem::take(&mut level.x);
    level.shape.rows(x.each_mut().map(|x| &mut x[..]), Scratch::default, |scratch, row, [phi, c]| {
        first_sweep_row(&equations(&mut scratch.transport, level, row), weight, phi, c);
    });
    level.x = x;
}

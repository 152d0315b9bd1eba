//! Damped block-Jacobi sweeps of the preconditioner, in f32, a strip of rows at a time.

use multiversion::multiversion;

use super::hierarchy::{Bfloat16, Level, Scratch};
use super::residual::flows;
use super::shape::{Beside, Star, Strip, fields, paired, rows_of, stars, stars_of};

/// A strip of a level's operator: coefficients, local terms and right-hand side.
struct Equations<'a> {
    /// half the area over the distance of each face; 0 where a cell is its own neighbour
    faces: [f32; 6],
    /// κ, κ_D and D
    transport: [Star<'a, Bfloat16>; 3],
    /// derivatives of the charge terms with respect to φ and c, then of the salt terms
    local: [&'a [Bfloat16]; 4],
    /// right-hand side of both equations
    b: [&'a [f32]; 2],
}

impl Level {
    /// Bfloat16 the area over the distance of each face of the cells of a strip; 0 where a cell is its own neighbour.
    fn face_factors(&self, strip: Strip) -> [f32; 6] {
        let factor = |axis: usize, own: bool| if own { 0.0 } else { 0.5 * self.faces[axis] };
        let (across_x, across_y) = (factor(0, self.shape.nx == 1), factor(1, self.shape.ny == 1));
        let (below, above) = (factor(2, strip.below == strip.here), factor(2, strip.above == strip.here));
        [across_x, across_x, across_y, across_y, below, above]
    }
}

impl Scratch {
    /// The operator and x in a strip.
    fn strip<'a>(&'a mut self, level: &'a Level, strip: Strip) -> (Equations<'a>, [Star<'a, f32>; 2]) {
        (equations(&mut self.transport, level, strip), stars(&mut self.u, &level.x, strip))
    }
}

fn equations<'a>(room: &'a mut [Beside<Bfloat16>; 3], level: &'a Level, strip: Strip) -> Equations<'a> {
    Equations {
        faces: level.face_factors(strip),
        transport: stars(room, &level.transport, strip),
        local: std::array::from_fn(|k| strip.of(&level.local[k])),
        b: std::array::from_fn(|k| strip.of(&level.b[k])),
    }
}

impl Equations<'_> {
    /// Cuts every slice to `n` cells, so that the compiler knows their length and leaves out the checks of bounds.
    #[inline(always)]
    fn of(&self, n: usize) -> Self {
        Self {
            faces: self.faces,
            transport: stars_of(self.transport, n),
            local: rows_of(self.local, n),
            b: rows_of(self.b, n),
        }
    }

    /// κ, κ_D and D of cell `x` and its neighbours together, times the faces' factors.
    #[inline(always)]
    fn conductances(&self, x: usize) -> [[f32; 6]; 3] {
        let [kappa, kappa_d, diffusivity] = &self.transport;
        [
            conductances(&self.faces, kappa, x),
            conductances(&self.faces, kappa_d, x),
            conductances(&self.faces, diffusivity, x),
        ]
    }

    /// Derivatives of the local terms in cell `x`.
    #[inline(always)]
    fn local_at(&self, x: usize) -> [f32; 4] {
        let [a, b, d, e] = &self.local;
        [a[x].into(), b[x].into(), d[x].into(), e[x].into()]
    }

    /// b − A u of both equations in cell `x`. Charge: b − Σ faces κ(φ − φ_nb) − κ_D(c − c_nb) − local terms; salt:
    /// b − Σ faces D(c − c_nb) − local terms.
    #[inline(always)]
    fn defect(&self, u: &[Star<f32>; 2], x: usize) -> [f32; 2] {
        let here = [u[0].here[x], u[1].here[x]];
        let (charge, salt) = flows(&self.conductances(x), &[u[0].differences(x), u[1].differences(x)]);
        let local = self.local_at(x);
        let local_charge = local[0] * here[0] + local[1] * here[1];
        let local_salt = local[2] * here[0] + local[3] * here[1];
        [self.b[0][x] - (paired(charge) + local_charge), self.b[1][x] - (paired(salt) + local_salt)]
    }

    /// weight · D⁻¹ defect, D the 2 × 2 diagonal block of cell `x`.
    #[inline(always)]
    fn change(&self, x: usize, defect: [f32; 2], weight: f32) -> [f32; 2] {
        let sums = self.conductances(x);
        let local = self.local_at(x);
        let (a, b) = (paired(sums[0]) + local[0], local[1] - paired(sums[1]));
        let (d, e) = (local[2], paired(sums[2]) + local[3]);
        let determinant = a * e - b * d;
        let inverse = 1.0 / if determinant > 1e-30 { determinant } else { 1e-30 };
        let [r0, r1] = defect;
        [weight * ((e * r0 - b * r1) * inverse), weight * ((a * r1 - d * r0) * inverse)]
    }
}

/// A coefficient of cell `x` and its neighbours together, times the faces' factors.
#[inline(always)]
fn conductances(faces: &[f32; 6], coefficient: &Star<Bfloat16>, x: usize) -> [f32; 6] {
    let mut conductances: [f32; 6] = coefficient.sums(x);
    for face in 0..6 {
        conductances[face] *= faces[face];
    }
    conductances
}

/// b − A u.
#[multiversion(targets = "simd")]
fn defect_strip(equations: &Equations, u: [Star<f32>; 2], charge: &mut [f32], salt: &mut [f32]) {
    let n = charge.len().min(salt.len());
    let (equations, u) = (equations.of(n), stars_of(u, n));
    let (charge, salt) = (&mut charge[..n], &mut salt[..n]);
    for x in 0..n {
        [charge[x], salt[x]] = equations.defect(&u, x);
    }
}

/// u + weight · D⁻¹ (b − A u).
#[multiversion(targets = "simd")]
fn sweep_strip(equations: &Equations, u: [Star<f32>; 2], weight: f32, phi: &mut [f32], c: &mut [f32]) {
    let n = phi.len().min(c.len());
    let (equations, u) = (equations.of(n), stars_of(u, n));
    let (phi, c) = (&mut phi[..n], &mut c[..n]);
    for x in 0..n {
        let change = equations.change(x, equations.defect(&u, x), weight);
        (phi[x], c[x]) = (u[0].here[x] + change[0], u[1].here[x] + change[1]);
    }
}

/// weight · D⁻¹ b.
#[multiversion(targets = "simd")]
fn first_sweep_strip(equations: &Equations, weight: f32, phi: &mut [f32], c: &mut [f32]) {
    let n = phi.len().min(c.len());
    let equations = equations.of(n);
    let (phi, c) = (&mut phi[..n], &mut c[..n]);
    for x in 0..n {
        [phi[x], c[x]] = equations.change(x, [equations.b[0][x], equations.b[1][x]], weight);
    }
}

/// A strip of the operator of the potential alone, where there is no salt.
struct Conduction<'a> {
    /// as in [`Equations`]
    faces: [f32; 6],
    /// κ
    kappa: Star<'a, Bfloat16>,
    /// derivative of the charge terms with respect to φ
    local: &'a [Bfloat16],
    /// right-hand side
    b: &'a [f32],
}

impl<'a> Conduction<'a> {
    fn new(room: &'a mut Beside<Bfloat16>, level: &'a Level, strip: Strip) -> Self {
        Self {
            faces: level.face_factors(strip),
            kappa: room.star(&level.transport[0], strip),
            local: strip.of(&level.local[0]),
            b: strip.of(&level.b[0]),
        }
    }
}

impl Conduction<'_> {
    /// Cuts every slice to `n` cells, so that the compiler knows their length and leaves out the checks of bounds.
    #[inline(always)]
    fn of(&self, n: usize) -> Self {
        Self { faces: self.faces, kappa: self.kappa.of(n), local: &self.local[..n], b: &self.b[..n] }
    }

    /// κ of cell `x` and its neighbours together, times the faces' factors.
    #[inline(always)]
    fn conductances(&self, x: usize) -> [f32; 6] {
        conductances(&self.faces, &self.kappa, x)
    }

    /// b − A φ in cell `x`.
    #[inline(always)]
    fn defect(&self, phi: &Star<f32>, x: usize) -> f32 {
        let (mut charge, differences) = (self.conductances(x), phi.differences(x));
        for face in 0..6 {
            charge[face] *= differences[face];
        }
        self.b[x] - (paired(charge) + f32::from(self.local[x]) * phi.here[x])
    }

    /// weight · D⁻¹ defect.
    #[inline(always)]
    fn change(&self, x: usize, defect: f32, weight: f32) -> f32 {
        let diagonal = paired(self.conductances(x)) + f32::from(self.local[x]);
        weight * defect / if diagonal > 1e-30 { diagonal } else { 1e-30 }
    }
}

/// b − A φ.
#[multiversion(targets = "simd")]
fn potential_defect_strip(equation: &Conduction, phi: Star<f32>, out: &mut [f32]) {
    let n = out.len();
    let (equation, phi) = (equation.of(n), phi.of(n));
    let out = &mut out[..n];
    for x in 0..n {
        out[x] = equation.defect(&phi, x);
    }
}

/// φ + weight · D⁻¹ (b − A φ).
#[multiversion(targets = "simd")]
fn potential_sweep_strip(equation: &Conduction, phi: Star<f32>, weight: f32, out: &mut [f32]) {
    let n = out.len();
    let (equation, phi) = (equation.of(n), phi.of(n));
    let out = &mut out[..n];
    for x in 0..n {
        out[x] = phi.here[x] + equation.change(x, equation.defect(&phi, x), weight);
    }
}

/// weight · D⁻¹ b.
#[multiversion(targets = "simd")]
fn potential_first_sweep_strip(equation: &Conduction, weight: f32, out: &mut [f32]) {
    let n = out.len();
    let equation = equation.of(n);
    let out = &mut out[..n];
    for x in 0..n {
        out[x] = equation.change(x, equation.b[x], weight);
    }
}

impl Scratch {
    /// b − A x of the unknowns of a strip.
    pub fn defect(&mut self, level: &Level, strip: Strip, out: &mut [Vec<f32>; 2]) {
        out.iter_mut().for_each(|out| out.resize(strip.len(), 0.0));
        let [charge, salt] = out;
        if level.scalar {
            let equation = Conduction::new(&mut self.transport[0], level, strip);
            potential_defect_strip(&equation, self.u[0].star(&level.x[0], strip), charge);
        } else {
            let (equations, u) = self.strip(level, strip);
            defect_strip(&equations, u, charge, salt);
        }
    }
}

/// x += weight · D⁻¹ (b − A x).
pub fn smooth(level: &mut Level, weight: f32) {
    let mut next = std::mem::take(&mut level.x_next);
    if level.scalar {
        level.shape.strips(&mut next[0][..], Scratch::default, |Scratch { transport, u }, strip, out| {
            let equation = Conduction::new(&mut transport[0], level, strip);
            potential_sweep_strip(&equation, u[0].star(&level.x[0], strip), weight, out);
        });
    } else {
        level.shape.strips(fields(&mut next), Scratch::default, |scratch, strip, [phi, c]| {
            let (equations, u) = scratch.strip(level, strip);
            sweep_strip(&equations, u, weight, phi, c);
        });
    }
    level.x_next = std::mem::replace(&mut level.x, next);
}

/// x = weight · D⁻¹ b.
pub fn smooth_first(level: &mut Level, weight: f32) {
    let mut x = std::mem::take(&mut level.x);
    if level.scalar {
        level.shape.strips(&mut x[0][..], Beside::default, |room, strip, out| {
            potential_first_sweep_strip(&Conduction::new(room, level, strip), weight, out);
        });
    } else {
        level.shape.strips(fields(&mut x), Scratch::default, |scratch, strip, [phi, c]| {
            first_sweep_strip(&equations(&mut scratch.transport, level, strip), weight, phi, c);
        });
    }
    level.x = x;
}

//! Vector operations of the linear solver.

use crate::model::numerics::{DILUTE, REACTING_AREA};
use multiversion::multiversion;

use super::Cpu;
use super::shape::{Strip, fields, rows_of};
use crate::solver::backend::{DIRECTIONS, Vector};
use crate::solver::newton::CONCENTRATION_KEPT;

/// What the linear solver does along its directions.
#[derive(Default)]
pub struct Along {
    /// uniform change of the potential that went before
    uniform: f64,
    /// how far the residual went along each image
    far: [f64; DIRECTIONS],
    /// ⟨image, image⟩
    squares: [f64; DIRECTIONS],
    /// shares of older images that were taken out of each
    shares: [[f64; DIRECTIONS]; DIRECTIONS],
}

impl Along {
    /// How much of each of the first `count` directions is in the correction. An image is that of its direction less shares of older ones: what
    /// goes along it goes back along those directions, the newest first.
    fn factors(&self, count: usize) -> [f64; DIRECTIONS] {
        let mut factors = self.far;
        for new in (0..count).rev() {
            for older in 0..new {
                factors[older] -= factors[new] * self.shares[new][older];
            }
        }
        factors
    }
}

impl Cpu {
    /// A vector, pair by pair. What the solution is built from is double, what only has to make the residual small is single.
    pub(super) fn pairs(&self, v: Vector) -> Vec<[f64; 2]> {
        fn wide<T: Number>([phi, c]: &[Vec<T>; 2]) -> Vec<[f64; 2]> {
            phi.iter().zip(c).map(|(&phi, &c)| [phi.into(), c.into()]).collect()
        }
        match v {
            Vector::Correction => wide(&self.correction),
            Vector::Residual => wide(&self.residual),
            Vector::Direction(slot) => wide(&self.directions[slot]),
            Vector::Image(slot) => wide(&self.images[slot]),
        }
    }

    /// The uniform change of the potential that takes out the sum of the residual over the charge equation, given its image in slot 0.
    pub(super) fn follow_uniform(&mut self) {
        let (residual, image) = (&self.residual[0], &self.images[0][0]);
        let sums = self.shape.sum_strips(
            2,
            || (),
            |(), strip, [of_residual, of_image]| {
                of_residual.copy_from_slice(strip.of(residual));
                of_image.iter_mut().zip(strip.of(image)).for_each(|(out, image)| *out = f64::from(*image));
            },
        );
        self.along.uniform = quotient(sums);
        self.take_from_residual(self.along.uniform, 0);
    }

    /// Image `new` made orthogonal to those before; residual −= its share along it.
    pub(super) fn follow_image(&mut self, new: usize) {
        let (shape, weight) = (self.shape, f64::from(self.physics.salt_weight));
        let (older, image) = self.images.split_at_mut(new);
        let (older, image) = (&*older, &mut image[0]);
        let mut shares = [0.0; DIRECTIONS];
        for (share, (older, square)) in shares.iter_mut().zip(older.iter().zip(self.along.squares)) {
            let image = &*image;
            let [product] = shape.sum_strips(
                1,
                || (),
                |(), strip, [out]| product_strip(of(strip, image), of(strip, older), weight, out),
            );
            *share = quotient([product, square]);
        }
        let residual = &self.residual;
        let products = shape.strips_and_sums(
            fields(image),
            2,
            || (),
            |(), strip, mut image, [of_residual, own]| {
                for (older, &share) in older.iter().zip(&shares) {
                    for k in 0..2 {
                        add_strip(&mut *image[k], -share, strip.of(&older[k]));
                    }
                }
                let image = image.each_mut().map(|image| &**image);
                product_strip(of(strip, residual), image, weight, of_residual);
                product_strip(image, image, weight, own);
            },
        );
        self.along.shares[new] = shares;
        self.along.squares[new] = products[1];
        self.along.far[new] = quotient(products);
        self.take_from_residual(self.along.far[new], new);
    }

    /// residual −= far · image.
    fn take_from_residual(&mut self, far: f64, slot: usize) {
        let image = &self.images[slot];
        self.shape.strips(
            fields(&mut self.residual),
            || (),
            |(), strip, residual| {
                for (residual, image) in residual.into_iter().zip(image) {
                    add_strip(residual, -far, strip.of(image));
                }
            },
        );
    }

    /// correction = the uniform change and the first `count` directions, each as far as the residual went.
    pub(super) fn add_up_directions(&mut self, count: usize) {
        let (uniform, factors, directions) = (self.along.uniform, self.along.factors(count), &self.directions);
        self.shape.strips(
            fields(&mut self.correction),
            || (),
            |(), strip, [phi, c]| {
                phi.fill(uniform);
                c.fill(0.0);
                for (direction, &factor) in directions.iter().zip(&factors[..count]) {
                    add_strip(&mut *phi, factor, strip.of(&direction[0]));
                    add_strip(&mut *c, factor, strip.of(&direction[1]));
                }
            },
        );
    }

    /// Damping that keeps the potential's change below `potential` where the reaction reads it.
    pub(super) fn damping_factor(&self, potential: f32) -> f64 {
        let d_phi = &self.correction[0];
        let [need] = self.shape.sum_strips(
            0,
            || (),
            |(), strip, [need]| {
                need.fill(0.0);
                let delta = strip.of(&self.delta);
                for probe in self.probes.of(strip) {
                    let x = probe.cell as usize - strip.here;
                    if delta[x] > REACTING_AREA {
                        need[x] = probe.reading.read(d_phi).abs() / f64::from(potential);
                    }
                }
            },
        );
        1.0 / need.max(1.0)
    }

    /// u_old = u, u += ahead · (u − u_old), but 1 + c at least the share of it that is kept; current_old = current.
    pub(super) fn go_ahead(&mut self, ahead: f64) {
        let current = &self.rate[0];
        let unknowns = (fields(&mut self.u_old), fields(&mut self.u));
        self.shape.strips(
            (unknowns, &mut self.current_old[..]),
            || (),
            |(), strip, (([phi_old, c_old], [phi, c]), current_old)| {
                current_old.copy_from_slice(strip.of(current));
                go_ahead_strip(ahead, phi_old, phi);
                go_ahead_strip(ahead, c_old, c);
                let least = |c: f64| f64::from(CONCENTRATION_KEPT) * (1.0 + c) - 1.0;
                c.iter_mut().zip(c_old).for_each(|(c, now)| *c = c.max(least(*now)));
            },
        );
    }

    /// u += damping · correction, but of a positive concentration in the electrolyte at least the share `keep` stays, in each cell.
    pub(super) fn update_unknowns(&mut self, keep: f32) {
        let (damping, keep) = (self.damping, f64::from(keep));
        let [by_phi, by_c] = &self.correction;
        let xi = &self.xi_next;
        self.shape.strips(
            fields(&mut self.u),
            || (),
            |(), strip, [phi, c]| {
                add_strip(phi, damping, strip.of(by_phi));
                add_kept_strip(c, damping, strip.of(by_c), strip.of(xi), keep);
            },
        );
    }
}

/// old = u, u += ahead · (u − old) in a strip.
#[multiversion(targets = "simd")]
fn go_ahead_strip(ahead: f64, old: &mut [f64], u: &mut [f64]) {
    let n = u.len();
    let (old, u) = (&mut old[..n], &mut u[..n]);
    for x in 0..n {
        let now = u[x];
        u[x] = now + ahead * (now - old[x]);
        old[x] = now;
    }
}

/// Terms of the scalar product of two vectors in a strip, those of the salt equation times `weight`: it counts as much as the charge equation,
/// or the linear solver would leave a dilute electrolyte's salt as it is.
#[multiversion(targets = "simd")]
fn product_strip<A: Copy + Into<f64>, B: Copy + Into<f64>>(a: [&[A]; 2], b: [&[B]; 2], weight: f64, out: &mut [f64]) {
    let n = out.len();
    let (a, b) = (rows_of(a, n), rows_of(b, n));
    let out = &mut out[..n];
    for x in 0..n {
        let (phi, c): (f64, f64) = (a[0][x].into(), a[1][x].into());
        out[x] = phi * b[0][x].into() + weight * c * b[1][x].into();
    }
}

/// a/b; 0 unless b is positive.
fn quotient([a, b]: [f64; 2]) -> f64 {
    if b > 0.0 { a / b } else { 0.0 }
}

/// A strip of φ and c.
fn of<T, F: AsRef<[T]>>(strip: Strip, [phi, c]: &[F; 2]) -> [&[T]; 2] {
    [strip.of(phi.as_ref()), strip.of(c.as_ref())]
}

/// out += factor · source in a strip.
#[multiversion(targets = "simd")]
pub fn add_strip<T: Number, S: Number>(out: &mut [T], factor: f64, source: &[S]) {
    for (out, source) in out.iter_mut().zip(source) {
        let (own, other): (f64, f64) = ((*out).into(), (*source).into());
        *out = T::rounded(own + factor * other);
    }
}

/// A number of either precision.
pub trait Number: Copy + Send + Sync + Into<f64> {
    /// the nearest
    fn rounded(v: f64) -> Self;
}

impl Number for f64 {
    #[inline(always)]
    fn rounded(v: f64) -> Self {
        v
    }
}

impl Number for f32 {
    #[inline(always)]
    fn rounded(v: f64) -> Self {
        v as f32
    }
}

/// c += factor · change, where 1 + c in the electrolyte falls to the share `keep` of it at most, unless it is below [`DILUTE`]: there the
/// equations are linear in c.
#[multiversion(targets = "simd")]
fn add_kept_strip(c: &mut [f64], factor: f64, change: &[f64], xi: &[f64], keep: f64) {
    let n = c.len();
    let (c, change, xi) = (&mut c[..n], &change[..n], &xi[..n]);
    for x in 0..n {
        let (now, next) = (1.0 + c[x], c[x] + factor * change[x]);
        let least = if xi[x] < 0.5 && now > DILUTE { keep * now - 1.0 } else { f64::NEG_INFINITY };
        c[x] = if next < least { least } else { next };
    }
}

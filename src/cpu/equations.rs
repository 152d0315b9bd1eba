//! Both equations as they stand: local terms, their derivatives, the residual, and the sums over all of that, in one walk over the grid.

use super::balance::{self, Looked};
use super::reaction;
use super::residual::{self, Around};
use super::shape::{Strip, fields};
use super::{Cpu, none};
use crate::solver::backend::{BALANCE_MAXIMA, Balance};

/// The members of [`Balance`], and before them the salt that the current leaves behind.
const SUMS: usize = 1 + Balance::COUNT;

/// Room of a task.
#[derive(Default)]
struct Scratch {
    around: Around,
    source: [Vec<f64>; 2],
}

/// u, transport, rate, delta → the local derivatives of both equations, residual = −(outflow + source), the salt's with the gradient of t₊
/// and what forces a chosen solution; and the sums that [`Balance`] has.
pub fn equations(cpu: &mut Cpu) {
    let mut local = std::mem::take(&mut cpu.coefficients.local);
    let mut residual = std::mem::take(&mut cpu.residual);
    let out = (fields(&mut local), fields(&mut residual));
    let values: [f64; SUMS] =
        cpu.shape.strips_and_sums(out, 1 + BALANCE_MAXIMA, Scratch::default, |scratch, strip, out, sums| {
            let (mut local, mut residual) = out;
            let [left, sums @ ..]: [&mut [f64]; SUMS] = sums;
            scratch.source.iter_mut().for_each(|source| source.resize(strip.len(), 0.0));
            reaction::terms(cpu, strip, fields(&mut scratch.source), local.each_mut().map(|out| &mut **out));
            let source = scratch.source.each_ref().map(|source| &source[..]);
            residual::residual(
                cpu,
                strip,
                &mut scratch.around,
                source,
                residual.each_mut().map(|out| &mut **out),
                left,
            );
            let looked = Looked {
                source,
                residual: residual.each_ref().map(|residual| &**residual),
                local: local.each_ref().map(|local| &**local),
            };
            balance::terms(cpu, strip, looked, Balance::from_array(sums));
        });
    (cpu.coefficients.local, cpu.residual) = (local, residual);
    let [left_behind, values @ ..] = values;
    let balance = Balance::from_array(values);
    cpu.balance = Balance { salt_sink: balance.salt_sink + left_behind, ..balance };
}

/// What `liplate bench --peers` times and hands to others.
impl Cpu {
    /// Local terms of both equations, as `linearise` takes them.
    pub fn local_terms(&self) -> [Vec<f64>; 2] {
        let n = self.shape.cells();
        let (mut source, mut local) = (none(n), none(n));
        let out = (fields(&mut source), fields(&mut local));
        self.shape.strips(out, || (), |(), strip, (source, local)| reaction::terms(self, strip, source, local));
        source
    }

    /// The residual by itself, from the coefficients as `linearise` left them and local terms that are given.
    pub fn residual_alone(&mut self, local_terms: &[Vec<f64>; 2]) {
        let mut out = std::mem::take(&mut self.residual);
        self.shape.strips_and_sums(fields(&mut out), 1, Around::default, |around, strip: Strip, out, [left]| {
            residual::residual(self, strip, around, local_terms.each_ref().map(|terms| strip.of(terms)), out, left);
        });
        self.residual = out;
    }
}

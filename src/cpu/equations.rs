//! Both equations as they stand: local terms, their derivatives, the residual, and the sums over all of that, in one walk over the grid.

use super::Cpu;
use super::balance::{self, Looked};
use super::reaction;
use super::residual::{self, Around};
use super::shape::{Strip, fields};
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
            let mut source = scratch.source.each_mut().map(|source| &mut source[..strip.len()]);
            reaction::terms(
                cpu,
                strip,
                source.each_mut().map(|out| &mut **out),
                local.each_mut().map(|out| &mut **out),
            );
            let source = source.each_ref().map(|source| &**source);
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

impl Cpu {
    /// Local terms of both equations.
    pub(super) fn source(&self) -> [Vec<f64>; 2] {
        let n = self.shape.cells();
        let (mut source, mut local) = ([(); 2].map(|()| vec![0.0; n]), [(); 4].map(|()| vec![0.0; n]));
        let out = (fields(&mut source), fields(&mut local));
        self.shape.strips(out, || (), |(), strip, (source, local)| reaction::terms(self, strip, source, local));
        source
    }

    /// The residual of local terms that are given, from the transport coefficients as they are.
    pub(super) fn residual_of(&mut self, source: &[Vec<f64>; 2]) {
        let mut out = std::mem::take(&mut self.residual);
        self.shape.strips_and_sums(fields(&mut out), 1, Around::default, |around, strip: Strip, out, [left]| {
            residual::residual(self, strip, around, source.each_ref().map(|source| strip.of(source)), out, left);
        });
        self.residual = out;
    }
}

//! Nuclei: where the Poisson process fires, and their shape.

use multiversion::multiversion;
use rayon::prelude::*;

use super::Cpu;
use super::elementary::exponentials;
use super::mechanism::NewNuclei;
use super::shape::Strip;
use crate::model::nucleation::{Cap, Caps};
use crate::model::random::hash;

/// Expected nuclei per second in the cells of a strip, as `model::nucleation::rate` times the factor of the copper's pattern.
pub fn rates(cpu: &Cpu, strip: Strip, out: &mut [f64]) {
    let p = &cpu.physics;
    let constants = [cpu.step.phi_reference, p.nucleation_rate, p.nucleation_barrier].map(f64::from);
    rates_strip(constants, [&cpu.copper_area, &cpu.xi, &cpu.u[0]].map(|field| strip.of(field)), out);
    if p.pattern_inside != 1.0 || p.pattern_outside != 1.0 {
        let [inside, outside] = [p.pattern_inside, p.pattern_outside].map(f64::from);
        let shares = strip.rows().flat_map(|row| &cpu.pattern_share[row.y * row.len()..][..row.len()]);
        for (out, share) in out.iter_mut().zip(shares).filter(|(out, _)| **out > 0.0) {
            *out *= (1.0 - share) * outside + share * inside;
        }
    }
    let closed = strip.of(&cpu.closed).iter();
    out.iter_mut().zip(closed).filter(|(_, closed)| **closed).for_each(|(out, _)| *out = 0.0);
}

#[multiversion(targets = "simd")]
fn rates_strip([reference, rate, barrier]: [f64; 3], [area, xi, phi]: [&[f64]; 3], out: &mut [f64]) {
    let n = out.len();
    let (area, xi, phi) = (&area[..n], &xi[..n], &phi[..n]);
    let out = &mut out[..n];
    if area.iter().all(|&area| area == 0.0) {
        out.fill(0.0);
        return;
    }
    for x in 0..n {
        let (bare, drive) = (area[x] * (1.0 - xi[x]), reference + phi[x]);
        let barrier = barrier / if drive > 1e-3 { drive } else { 1e-3 };
        let [exp, _] = exponentials(-barrier * barrier);
        out[x] = if drive > 0.0 { bare * rate * exp } else { 0.0 };
    }
}

/// Cells in which the process of rate J0 exp\[−(η_b/drive)²\] per bare area fires during `dt`, in rising order.
pub fn nucleate(cpu: &Cpu, seed: u32, step: u32, dt: f64) -> Vec<u32> {
    let fires = |(cell, rate): (usize, &f64)| {
        let expected = rate * dt;
        let chance = expected * (1.0 - 0.5 * expected.min(1.0));
        // hashes are for cells that can fire
        (chance > 0.0 && f64::from(hash(seed, step, cell as u32)) < chance * 4_294_967_296.0).then_some(cell as u32)
    };
    let shape = cpu.shape;
    let in_strip = |room: &mut Vec<f64>, strip: Strip| -> Vec<u32> {
        room.resize(strip.len(), 0.0);
        rates(cpu, strip, room);
        (strip.here..).zip(&*room).filter_map(fires).collect()
    };
    let task = |room: &mut Vec<f64>, rows| -> Vec<u32> {
        shape.strips_of(rows).flat_map(|strip| in_strip(room, strip)).collect()
    };
    let tasks: Vec<_> = shape.tasks().collect();
    let cells: Vec<Vec<u32>> = tasks.into_par_iter().map_init(Vec::new, task).collect();
    cells.concat()
}

/// ξ = the larger of ξ and the caps' fractions, after the mechanisms on the surface have taken note.
pub fn place(cpu: &mut Cpu, caps: &[Cap], before: u64) {
    let (grid, ell) = (cpu.grid, f64::from(cpu.physics.ell));
    let caps = Caps::new(&grid, caps);
    let nuclei = NewNuclei { before, largest: &|x, y, z| caps.largest(ell, x, y, z) };
    cpu.with_mechanisms(|_, on, surface| on.place(surface, &nuclei));
    cpu.shape.map(&mut cpu.xi, |x, y, z, _, xi| *xi = xi.max(caps.fraction(ell, x, y, z)));
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::nucleation::rate;

    #[test]
    fn a_strip_nucleates_at_the_rate_of_the_model() {
        let phi: Vec<f64> = (-40..400).map(|i| 0.05 * f64::from(i)).collect();
        let (area, xi) = (vec![0.3; phi.len()], vec![0.25; phi.len()]);
        let mut out = vec![0.0; phi.len()];
        rates_strip([1.5, 2e3, 9.0], [&area, &xi, &phi], &mut out);
        for (&phi, &out) in phi.iter().zip(&out) {
            let expected = rate(0.3 * 0.75, 1.5 + phi, 2e3, 9.0);
            assert!((out - expected).abs() <= 1e-13 * expected + 1e-290, "{phi}: {out}, not {expected}");
        }
        rates_strip([1.5, 2e3, 9.0], [&vec![0.0; phi.len()], &xi, &phi], &mut out);
        assert!(out.iter().all(|&rate| rate == 0.0));
    }
}

//! The linearised operator on a search direction.

use multiversion::multiversion;

use super::Cpu;
use super::probe::Probe;
use super::residual::flows;
use super::shape::{Beside, Star, fields, paired, rows_of, stars, stars_of};

/// Room for what is beside the cells of a strip.
#[derive(Default)]
struct Scratch {
    direction: [Beside<f32>; 2],
    transport: [Beside<f32>; 3],
    by_c: [Beside<f32>; 3],
    u: [Beside<f64>; 2],
}

/// The flows out of the cells of a strip, with the coefficients as they are, and the local derivatives times the direction `d`.
#[multiversion(targets = "simd")]
fn image_strip(d: [Star<f32>; 2], transport: [Star<f32>; 3], local: [&[f32]; 4], charge: &mut [f32], salt: &mut [f32]) {
    let n = charge.len().min(salt.len());
    let (d, transport, local) = (stars_of(d, n), stars_of(transport, n), rows_of(local, n));
    let (charge, salt) = (&mut charge[..n], &mut salt[..n]);
    for x in 0..n {
        let sums = [transport[0].sums(x), transport[1].sums(x), transport[2].sums(x)];
        let (current, diffusion) = flows(&sums, &[d[0].differences(x), d[1].differences(x)]);
        let (phi, c) = (d[0].here[x], d[1].here[x]);
        charge[x] = 0.5 * paired(current) + (local[0][x] * phi + local[1][x] * c);
        salt[x] = 0.5 * paired(diffusion) + (local[2][x] * phi + local[3][x] * c);
    }
}

/// Adds the flows of u with the coefficients' change as they follow a change `d` of the concentration.
#[multiversion(targets = "simd")]
fn add_changed_strip(d: Star<f32>, u: [Star<f64>; 2], by_c: [Star<f32>; 3], charge: &mut [f32], salt: &mut [f32]) {
    let n = charge.len().min(salt.len());
    let (d, u, by_c) = (d.of(n), stars_of(u, n), stars_of(by_c, n));
    let (charge, salt) = (&mut charge[..n], &mut salt[..n]);
    for x in 0..n {
        let (mut changes, mut differences) = ([[0.0; 6]; 3], [[0.0; 6]; 2]);
        for k in 0..3 {
            let own = by_c[k].here[x] * d.here[x];
            for face in 0..6 {
                changes[k][face] = own + by_c[k].around[face][x] * d.around[face][x];
            }
        }
        for k in 0..2 {
            let exact = u[k].differences(x);
            for face in 0..6 {
                differences[k][face] = exact[face] as f32;
            }
        }
        let (current, diffusion) = flows(&changes, &differences);
        charge[x] += 0.5 * paired(current);
        salt[x] += 0.5 * paired(diffusion);
    }
}

/// What the reaction in the cells of a strip follows from.
struct Reaction<'a> {
    /// ∂i/∂φ, ∂i/∂c
    by: [&'a [f64]; 2],
    delta: &'a [f64],
    transference: &'a [f64],
}

/// Adds that the reaction follows what is read at the probes, not in the cells. The strip's first cell is `start`.
#[multiversion(targets = "simd")]
fn add_read_strip(
    d: [&[f32]; 2],
    start: usize,
    probes: &[Probe],
    reaction: &Reaction,
    has_salt: bool,
    charge: &mut [f32],
    salt: &mut [f32],
) {
    let &Reaction { by, delta, transference } = reaction;
    let n = charge.len().min(salt.len());
    let (by, delta, transference) = (rows_of(by, n), &delta[..n], &transference[..n]);
    let (charge, salt) = (&mut charge[..n], &mut salt[..n]);
    for probe in probes.iter().filter(|probe| probe.reacts) {
        let cell = probe.cell as usize;
        let x = cell - start;
        let phi = probe.reading.read(d[0]) - f64::from(d[0][cell]);
        let c = probe.reading.read(d[1]) - f64::from(d[1][cell]);
        let change = delta[x] * (by[0][x] * phi + by[1][x] * c);
        charge[x] += change as f32;
        if has_salt {
            salt[x] += ((1.0 - transference[x]) * change) as f32;
        }
    }
}

/// x of level 0 → direction, image = outflow + local derivatives · direction.
pub fn apply(cpu: &mut Cpu, slot: usize) {
    let salt = cpu.physics.salt == 1;
    std::mem::swap(&mut cpu.directions[slot], &mut cpu.hierarchy[0].x);
    let mut images = std::mem::take(&mut cpu.images[slot]);
    let coefficients = &cpu.coefficients;
    let direction = cpu.directions[slot].each_ref().map(|field| &field[..]);
    cpu.shape.strips(fields(&mut images), Scratch::default, |scratch, strip, [charge, salt_out]| {
        let d = stars(&mut scratch.direction, &cpu.directions[slot], strip);
        let transport = stars(&mut scratch.transport, &coefficients.transport, strip);
        image_strip(d, transport, coefficients.local.each_ref().map(|local| strip.of(local)), charge, salt_out);
        if salt {
            let by_c = stars(&mut scratch.by_c, &cpu.transport_by_c, strip);
            add_changed_strip(d[1], stars(&mut scratch.u, &cpu.u, strip), by_c, charge, salt_out);
        }
        let reaction = Reaction {
            by: [&cpu.rate[1], &cpu.rate[2]].map(|slope| strip.of(slope)),
            delta: strip.of(&cpu.delta),
            transference: strip.of(&cpu.transference),
        };
        add_read_strip(direction, strip.here, cpu.probes.of(strip), &reaction, salt, charge, salt_out);
    });
    let change = cpu.isolated_change(Some(direction));
    add_isolated(cpu, &change, &mut images);
    cpu.images[slot] = images;
}

/// Adds what the potentials of isolated pieces change where they change as given.
fn add_isolated(cpu: &Cpu, change: &[f64], [charge, salt]: &mut [Vec<f32>; 2]) {
    for (cell, current) in cpu.isolated_currents(change) {
        charge[cell] = (f64::from(charge[cell]) + current) as f32;
        if cpu.physics.salt == 1 {
            salt[cell] = (f64::from(salt[cell]) + (1.0 - cpu.transference[cell]) * current) as f32;
        }
    }
}

/// image 0 = the operator on (1, 0), the local derivatives: no current flows from cell to cell, and the reaction reads the same at its probe as
/// in the cell. Isolated lithium follows, and does not notice.
pub fn apply_uniform(cpu: &mut Cpu) {
    let mut images = std::mem::take(&mut cpu.images[0]);
    let local = &cpu.coefficients.local;
    images[0].copy_from_slice(&local[0]);
    images[1].copy_from_slice(&local[2]);
    let change = cpu.isolated_change(None);
    add_isolated(cpu, &change, &mut images);
    cpu.images[0] = images;
}

//! The linearised operator on a search direction.

use multiversion::multiversion;

use super::Cpu;
use super::probe::Probe;
use super::shape::{Beside, Star, fields, paired, rows_of, stars, stars_of};

/// Room for what is beside the cells of a strip.
#[derive(Default)]
struct Scratch {
    direction: [Beside<f32>; 2],
    transport: [Beside<f32>; 3],
    by_c: [Beside<f32>; 3],
    u: [Beside<f64>; 2],
}

/// What cell `x` and its neighbours have together of a field.
#[inline(always)]
fn with_neighbours(field: &Star<f32>, x: usize) -> [f32; 6] {
    let mut sums = [0.0; 6];
    for face in 0..6 {
        sums[face] = field.here[x] + field.around[face][x];
    }
    sums
}

/// The flows out of the cells of a strip, with the coefficients as they are, and the local derivatives times the direction `d`.
#[multiversion(targets = "simd")]
fn image_strip(d: [Star<f32>; 2], transport: [Star<f32>; 3], local: [&[f32]; 4], charge: &mut [f32], salt: &mut [f32]) {
    let n = charge.len().min(salt.len());
    let (d, transport, local) = (stars_of(d, n), stars_of(transport, n), rows_of(local, n));
    let (charge, salt) = (&mut charge[..n], &mut salt[..n]);
    for x in 0..n {
        let [kappa, kappa_d, diffusivity] = [&transport[0], &transport[1], &transport[2]];
        let (kappa, kappa_d) = (with_neighbours(kappa, x), with_neighbours(kappa_d, x));
        let diffusivity = with_neighbours(diffusivity, x);
        let (phi, c) = (d[0].here[x], d[1].here[x]);
        let (mut current, mut diffusion) = ([0.0; 6], [0.0; 6]);
        for face in 0..6 {
            let (to_phi, to_c) = (phi - d[0].around[face][x], c - d[1].around[face][x]);
            current[face] = kappa[face] * to_phi - kappa_d[face] * to_c;
            diffusion[face] = diffusivity[face] * to_c;
        }
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
        let (phi, c, own) = (u[0].here[x], u[1].here[x], d.here[x]);
        let (mut current, mut diffusion) = ([0.0; 6], [0.0; 6]);
        for face in 0..6 {
            let there = d.around[face][x];
            let change = [
                by_c[0].here[x] * own + by_c[0].around[face][x] * there,
                by_c[1].here[x] * own + by_c[1].around[face][x] * there,
                by_c[2].here[x] * own + by_c[2].around[face][x] * there,
            ];
            let (to_phi, to_c) = ((phi - u[0].around[face][x]) as f32, (c - u[1].around[face][x]) as f32);
            current[face] = change[0] * to_phi - change[1] * to_c;
            diffusion[face] = change[2] * to_c;
        }
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
    for probe in probes {
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
    let finest = &cpu.hierarchy[0];
    let direction = cpu.directions[slot].each_ref().map(|field| &field[..]);
    cpu.shape.strips(fields(&mut images), Scratch::default, |scratch, strip, [charge, salt_out]| {
        let d = stars(&mut scratch.direction, &cpu.directions[slot], strip);
        let transport = stars(&mut scratch.transport, &finest.transport, strip);
        image_strip(d, transport, finest.local.each_ref().map(|local| strip.of(local)), charge, salt_out);
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
    let change = cpu.isolated_change(direction);
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

/// (1, 0) → direction, image = its local derivatives: no current flows from cell to cell, and the reaction reads the same at
/// its probe as in the cell. Isolated lithium follows, and does not notice.
pub fn apply_uniform(cpu: &mut Cpu, slot: usize) {
    let [phi, c] = &mut cpu.directions[slot];
    phi.fill(1.0);
    c.fill(0.0);
    let mut images = std::mem::take(&mut cpu.images[slot]);
    let local = &cpu.hierarchy[0].local;
    images[0].copy_from_slice(&local[0]);
    images[1].copy_from_slice(&local[2]);
    let change = cpu.isolated_change(cpu.directions[slot].each_ref().map(|x| &x[..]));
    add_isolated(cpu, &change, &mut images);
    cpu.images[slot] = images;
}

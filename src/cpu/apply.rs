//! The linearised operator on a search direction.

use multiversion::multiversion;

use super::Cpu;
use super::residual::{self, flows, sums};
use super::shape::{Beside, Star, fields, paired, rows_of, stars, stars_of};

/// Room for the rows of a direction, of the derivatives of the coefficients, and of what the residual needs.
#[derive(Default)]
struct Scratch {
    present: residual::Scratch,
    direction: [Beside<f32>; 2],
    by_c: [Beside<f32>; 3],
    image: [Vec<f64>; 2],
}

/// The flows out of the cells of a row, with the coefficients as they are, and the local derivatives times the direction `d`.
#[multiversion(targets = "simd")]
fn image_row(d: [Star<f32>; 2], transport: [Star<f32>; 3], local: [&[f32]; 4], charge: &mut [f64], salt: &mut [f64]) {
    let n = charge.len().min(salt.len());
    let (d, transport, local) = (stars_of(d, n), stars_of(transport, n), rows_of(local, n));
    let (charge, salt) = (&mut charge[..n], &mut salt[..n]);
    for x in 0..n {
        let (current, diffusion) = flows(&d, x, &sums(&transport, x));
        let of_local = local_terms(local, [d[0].here[x].into(), d[1].here[x].into()], x);
        charge[x] = paired(current) + of_local[0];
        salt[x] = paired(diffusion) + of_local[1];
    }
}

/// Adds the flows of u with the coefficients' change as they follow a change `d` of the concentration.
#[multiversion(targets = "simd")]
fn add_changed_row(d: Star<f32>, u: [Star<f64>; 2], by_c: [Star<f32>; 3], charge: &mut [f64], salt: &mut [f64]) {
    let n = charge.len().min(salt.len());
    let (d, u, by_c) = (d.of(n), stars_of(u, n), stars_of(by_c, n));
    let (charge, salt) = (&mut charge[..n], &mut salt[..n]);
    for x in 0..n {
        let mut changes = [[0.0; 6]; 3];
        for k in 0..3 {
            let own = f64::from(by_c[k].here[x]) * f64::from(d.here[x]);
            for face in 0..6 {
                changes[k][face] = own + f64::from(by_c[k].around[face][x]) * f64::from(d.around[face][x]);
            }
        }
        let (current, diffusion) = flows(&u, x, &changes);
        charge[x] += paired(current);
        salt[x] += paired(diffusion);
    }
}

/// The local derivatives of both equations in cell `x` times (φ, c).
#[inline(always)]
fn local_terms(local: [&[f32]; 4], [phi, c]: [f64; 2], x: usize) -> [f64; 2] {
    [
        f64::from(local[0][x]) * phi + f64::from(local[1][x]) * c,
        f64::from(local[2][x]) * phi + f64::from(local[3][x]) * c,
    ]
}

/// x of level 0 → direction, image = outflow + local derivatives · direction.
pub fn apply(cpu: &mut Cpu, slot: usize) {
    let (shape, salt) = (cpu.shape, cpu.physics.salt == 1);
    let mut images = std::mem::take(&mut cpu.images[slot]);
    let (direction, local) = (&cpu.hierarchy[0].x, &cpu.hierarchy[0].local);
    let out = fields(&mut cpu.directions[slot]);
    shape.strips(
        out,
        || (),
        |(), strip, out| {
            out.into_iter().zip(direction).for_each(|(out, x)| out.copy_from_slice(strip.of(x)));
        },
    );
    shape.strips(fields(&mut images), Scratch::default, |scratch, strip, out| {
        let d = stars(&mut scratch.direction, direction, strip);
        let (present, local) = (scratch.present.strip(cpu, strip), local.each_ref().map(|local| strip.of(local)));
        scratch.image.iter_mut().for_each(|image| image.resize(strip.len(), 0.0));
        let [charge, salt_out] = &mut scratch.image;
        image_row(d, present.transport, local, charge, salt_out);
        if salt {
            add_changed_row(d[1], present.u, stars(&mut scratch.by_c, &cpu.transport_by_c, strip), charge, salt_out);
        }
        for probe in cpu.probes.of(strip) {
            // the reaction follows what is read at the probe, not in the cell
            let i = probe.cell as usize;
            let x = i - strip.here;
            let [phi, c] = direction.each_ref().map(|field| probe.reading.read(field) - f64::from(field[i]));
            let change = cpu.delta[i] * (cpu.rate[1][i] * phi + cpu.rate[2][i] * c);
            charge[x] += change;
            if salt {
                salt_out[x] += (1.0 - cpu.transference[i]) * change;
            }
        }
        for (out, image) in out.into_iter().zip(&scratch.image) {
            out.iter_mut().zip(image).for_each(|(out, &image)| *out = image as f32);
        }
    });
    let change = cpu.isolated_change(direction.each_ref().map(|x| &x[..]));
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

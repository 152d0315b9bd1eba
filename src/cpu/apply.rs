//! The linearised operator on a search direction.

use multiversion::multiversion;

use super::Cpu;
use super::residual::{self, both, flows, stars};
use super::shape::{Padded, Star, paired, rows_of, stars_of};
use super::transport::fields;

/// Room for the rows of a direction, of the derivatives of the coefficients, and of what the residual needs.
#[derive(Default)]
struct Scratch {
    present: residual::Scratch,
    direction: [Padded<f64>; 2],
    by_c: [Padded<f64>; 3],
}

/// The flows out of the cells of a row, with the coefficients as they are, and the local derivatives times the direction `d`.
#[multiversion(targets = "simd")]
fn image_row(d: [Star<f64>; 2], transport: [Star<f64>; 4], local: [&[f64]; 4], charge: &mut [f64], salt: &mut [f64]) {
    let n = charge.len().min(salt.len());
    let (d, transport, local) = (stars_of(d, n), stars_of(transport, n), rows_of(local, n));
    for (x, (charge, salt)) in charge.iter_mut().zip(salt).enumerate() {
        let (current, diffusion) = flows(&d, x, |face, k| both(&transport[k], x, face));
        let (phi, c) = (d[0].here[x], d[1].here[x]);
        *charge = paired(current) + (local[0][x] * phi + local[1][x] * c);
        *salt = paired(diffusion) + (local[2][x] * phi + local[3][x] * c);
    }
}

/// The same, and the flows of `u` with the coefficients' change as they follow the concentration.
#[multiversion(targets = "simd")]
fn image_row_with_salt(
    d: [Star<f64>; 2],
    u: [Star<f64>; 2],
    (transport, by_c): ([Star<f64>; 4], [Star<f64>; 3]),
    local: [&[f64]; 4],
    charge: &mut [f64],
    salt: &mut [f64],
) {
    let n = charge.len().min(salt.len());
    let (d, u) = (stars_of(d, n), stars_of(u, n));
    let (transport, by_c, local) = (stars_of(transport, n), stars_of(by_c, n), rows_of(local, n));
    for (x, (charge, salt)) in charge.iter_mut().zip(salt).enumerate() {
        let (current, diffusion) = flows(&d, x, |face, k| both(&transport[k], x, face));
        let (more_current, more_diffusion) = flows(&u, x, |face, k| {
            by_c[k].here[x] * d[1].here[x] + by_c[k].around[face][x] * d[1].around[face][x]
        });
        let (phi, c) = (d[0].here[x], d[1].here[x]);
        let (mut current, mut diffusion) = (current, diffusion);
        for face in 0..6 {
            current[face] += more_current[face];
            diffusion[face] += more_diffusion[face];
        }
        *charge = paired(current) + (local[0][x] * phi + local[1][x] * c);
        *salt = paired(diffusion) + (local[2][x] * phi + local[3][x] * c);
    }
}

/// x of level 0 → direction, image = outflow + local derivatives · direction.
pub fn apply(cpu: &mut Cpu, slot: usize) {
    let salt = cpu.physics.salt == 1;
    let (shape, x) = (cpu.shape, &cpu.hierarchy[0].x);
    for (direction, x) in cpu.directions[slot].iter_mut().zip(x) {
        let wide = |(): &mut (), row: super::shape::Row, out: &mut [f64]| {
            out.iter_mut().zip(row.of(x)).for_each(|(out, &x)| *out = f64::from(x));
        };
        shape.rows(&mut direction[..], || (), wide);
    }
    let mut images = std::mem::take(&mut cpu.images[slot]);
    let direction = &cpu.directions[slot];
    shape.rows(fields(&mut images), Scratch::default, |scratch, row, [charge, salt_out]| {
        let d = stars(&mut scratch.direction, direction.each_ref().map(|d| &d[..]), row);
        let (u, transport) = scratch.present.row(cpu, row);
        let local = cpu.local.each_ref().map(|local| row.of(local));
        if salt {
            let by_c = stars(&mut scratch.by_c, cpu.transport_by_c.each_ref().map(|t| &t[..]), row);
            image_row_with_salt(d, u, (transport, by_c), local, charge, salt_out);
        } else {
            image_row(d, transport, local, charge, salt_out);
        }
        for probe in cpu.probes.of(&shape, row) {
            // the reaction follows what is read at the probe, not in the cell
            let x = probe.x as usize;
            let i = row.here + x;
            let [phi, c] = direction.each_ref().map(|field| probe.reading.read(field) - field[i]);
            let change = cpu.delta[i] * (cpu.rate[1][i] * phi + cpu.rate[2][i] * c);
            charge[x] += change;
            if salt {
                salt_out[x] += (1.0 - cpu.transport[3][i]) * change;
            }
        }
    });
    cpu.images[slot] = images;
}

/// (1, 0) → direction, image = its local derivatives: no current flows from cell to cell, and the reaction reads the same at
/// its probe as in the cell.
pub fn apply_uniform(cpu: &mut Cpu, slot: usize) {
    let [phi, c] = &mut cpu.directions[slot];
    phi.fill(1.0);
    c.fill(0.0);
    let [charge, salt] = &mut cpu.images[slot];
    charge.copy_from_slice(&cpu.local[0]);
    salt.copy_from_slice(&cpu.local[2]);
}

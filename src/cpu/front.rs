//! Movement of the front: deposit and restoration of the profile.

use super::Cpu;
use super::interface::face_normals;
use super::shape::paired;

/// xi += factor · i δ/w, and what forces a chosen solution.
pub fn deposit(cpu: &mut Cpu, factor: f64) {
    let (rate, delta, w) = (&cpu.rate[0], &cpu.delta, &cpu.accessible);
    cpu.shape.map(&mut cpu.xi, |_, _, _, cell, xi| {
        let i = cell.here;
        *xi += factor * rate[i] * delta[i] / w[i];
    });
    if let Some(forcing) = &cpu.forcing {
        cpu.shape.map(&mut cpu.xi, |_, _, _, cell, xi| *xi += forcing.xi[cell.here]);
    }
}

/// Differences of q below this are too small to divide by \[ℓ\].
const LEVEL: f64 = 0.01;
/// Most that the slope exceeds that in both cells: an empty cell gives nothing, a full one takes nothing.
const STEEPEST: f64 = 3.0;

/// q, xi → xi += strength ∇·(w \[∇ξ − ξ(1−ξ)/ℓ n\])/w. A divergence: it moves no lithium.
///
/// ξ(1−ξ)/ℓ is dξ/dq, taken across the face: a flat tanh profile is at rest to the last digit, in any direction.
///
/// The face takes the smaller w of its two cells: inside rough copper w varies by orders of magnitude from cell to cell,
/// and with the mean the explicit sub-step of the cell with less would be unstable.
pub fn restore_profile(cpu: &mut Cpu, strength: f64) {
    let (shape, ell) = (cpu.shape, f64::from(cpu.physics.ell));
    let (xi, q, w) = (&cpu.xi, &cpu.q, &cpu.accessible);
    shape.map(&mut cpu.xi_next, |x, y, z, cell, out| {
        let i = cell.here;
        *out = xi[i];
        if cell.around.iter().all(|&nb| q[nb] == q[i]) {
            return;
        }
        let normals = face_normals(&shape, q, x, y, z);
        let flux = std::array::from_fn(|face| {
            let nb = cell.around[face];
            let (rise, way) = (xi[nb] - xi[i], q[nb] - q[i]);
            // equal q: equal xi, or both in the clipped tails, which are left alone from both sides
            if way == 0.0 {
                return 0.0;
            }
            let profiles = [i, nb].map(|i| xi[i] * (1.0 - xi[i]) / ell);
            let slope = if way.abs() > LEVEL * ell {
                (rise / way).min(STEEPEST * profiles[0].min(profiles[1]))
            } else {
                0.5 * (profiles[0] + profiles[1])
            };
            w[i].min(w[nb]) * (rise - slope * normals[face])
        });
        *out += strength * paired::<f64>(flux) / w[i];
    });
    std::mem::swap(&mut cpu.xi, &mut cpu.xi_next);
}

//! The continuous equations at a fixed ℓ, evaluated at a place for chosen fields q, φ and c: what is left over is the
//! forcing that makes these fields their solution.
//!
//! ```text
//! ξ = ½[1 + tanh(q/2ℓ)],   ψ = 1 − ξ,   n = ∇q/|∇q|,   δ = ξ(1−ξ)/ℓ |∇q| where |q| < 12 ℓ
//! J = −ψκ∇φ + ψκ_D ∇c/c,   N = −ψD∇c,   κ_D = (2RT/F) κ (1−t₊)(1 + dlnf±/dlnc)
//!
//! charge:   ∇·J + i δ
//! salt·F:   F ψ ∂c/∂t + F ∇·N + J·∇t₊ + (1−t₊) i δ
//! ξ:        ∂ξ/∂t − (V_m/F) i δ − b ∇·[∇ξ − ξ(1−ξ)/ℓ n]
//! ```
//!
//! The current at x is that of Butler and Volmer with the electrolyte of the probe x − (q/|∇q| + 1.5 ℓ) n, through a layer
//! as thick as −q there, and the curvature −∇·n of the closest point x − q n/|∇q|.
//!
//! All in SI, from the fields' own derivatives. Only the divergences of the fluxes and ∇t₊ are differences, of fourth order
//! and with a step of ℓ/200, of functions that are evaluated exactly: their error is 1e-10 of the value.

use super::fields::{Chosen, Local};
use crate::cpu::interface::length;
use crate::model::constants::{FARADAY, GAS, LITHIUM_MOLAR_VOLUME};
use crate::model::kinetics::{Layer, conductivity_of_salt, through_layer};
use crate::model::numerics::{LEAST_LAYER, PROBE_DISTANCE, REACTION_BAND};
use crate::model::parameters::Setup;
use crate::model::profile::fraction;

/// Step of the differences \[ℓ\].
const STEP: f64 = 1.0 / 200.0;

/// What is chosen.
#[derive(Clone, Debug)]
pub struct Solution {
    /// signed distance, positive in the lithium; its slope need not be 1 \[m\]
    pub q: Chosen,
    /// potential \[V\]
    pub phi: Chosen,
    /// concentration \[mol/m³\]
    pub c: Chosen,
}

/// The equations for chosen fields at one time.
#[derive(Clone, Copy, Debug)]
pub struct Equations<'a> {
    /// the run
    pub setup: &'a Setup,
    /// what is chosen
    pub solution: &'a Solution,
    /// time \[s\]
    pub time: f64,
}

/// What the chosen fields leave of the equations.
#[derive(Clone, Copy, Debug, Default)]
pub struct Left {
    /// of the charge equation \[A/m³\]
    pub charge: f64,
    /// of the salt equation, times F \[A/m³\]
    pub salt: f64,
    /// (V_m/F) i δ \[1/s\]
    pub growth: f64,
    /// ∇·\[∇ξ − ξ(1−ξ)/ℓ n\] \[1/m²\]
    pub restoration: f64,
}

/// Fluxes of charge \[A/m²\], of salt times F \[A/m²\], and of the restoration over b \[1/m\].
type Fluxes = [[f64; 3]; 3];

impl Equations<'_> {
    /// ξ for a signed distance.
    pub fn xi(&self, q: f64) -> f64 {
        fraction(q, self.setup.ell)
    }

    /// Lithium fraction, potential and concentration at `x`.
    pub fn fields(&self, x: [f64; 3]) -> [f64; 3] {
        let Solution { q, phi, c } = self.solution;
        let value = |field: &Chosen| field.at(x, self.time).value;
        [self.xi(value(q)), value(phi), value(c)]
    }

    /// RT/F \[V\].
    fn thermal(&self) -> f64 {
        GAS * self.setup.temperature / FARADAY
    }

    fn transference(&self, x: [f64; 3]) -> f64 {
        self.setup.electrolyte.at(self.solution.c.at(x, self.time).value, self.setup.temperature).transference
    }

    fn fluxes(&self, x: [f64; 3]) -> Fluxes {
        let (t, ell) = (self.time, self.setup.ell);
        let [q, phi, c] = [&self.solution.q, &self.solution.phi, &self.solution.c].map(|field| field.at(x, t));
        let p = self.setup.electrolyte.at(c.value, self.setup.temperature);
        let kappa_d = 2.0 * self.thermal() * p.kappa * (1.0 - p.transference) * p.thermodynamic_factor;
        let xi = self.xi(q.value);
        let (psi, profile, steepness) = (1.0 - xi, xi * (1.0 - xi) / ell, length(q.gradient));
        let each = |f: &dyn Fn(usize) -> f64| std::array::from_fn(f);
        [
            each(&|a| psi * (-p.kappa * phi.gradient[a] + kappa_d / c.value * c.gradient[a])),
            each(&|a| -psi * FARADAY * p.diffusivity * c.gradient[a]),
            each(&|a| profile * q.gradient[a] * (1.0 - 1.0 / steepness)),
        ]
    }

    /// Current density that the interface through `x` draws, whose signed distance there is `q` \[A/m²\].
    pub fn current(&self, x: [f64; 3], q: &Local) -> f64 {
        let (setup, t) = (self.setup, self.time);
        let Solution { q: distance, phi, c } = self.solution;
        let (k, thermal) = (&setup.kinetics, self.thermal());
        let steepness = length(q.gradient);
        let depth = q.value / steepness;
        let along = |way: f64| std::array::from_fn(|a| x[a] - way * q.gradient[a] / steepness);
        let probe = along(depth + PROBE_DISTANCE * setup.ell);
        let thickness = (-distance.at(probe, t).value).max(LEAST_LAYER * setup.ell);
        let (phi, c) = (phi.at(probe, t).value, c.at(probe, t).value);
        let p = setup.electrolyte.at(c, setup.temperature);
        let half = setup.electrolyte.at(0.5 * c, setup.temperature).kappa;
        let strain = k.gamma * curvature(&distance.at(along(depth), t)) + k.pressure;
        let layer = Layer {
            film: k.film / thermal,
            resistance: thickness / p.kappa / thermal,
            depletion: thickness * (1.0 - p.transference) / (FARADAY * p.diffusivity * setup.top.c0),
            diffusion_potential: 2.0 * (1.0 - p.transference) * p.thermodynamic_factor,
            resistance_by_c: 0.0, // of no matter to the current
            conductivity_of_salt: conductivity_of_salt(p.kappa, half),
        };
        let i0 = k.exchange(setup.top.c0);
        let drive = (phi - strain * LITHIUM_MOLAR_VOLUME / FARADAY) / thermal;
        through_layer(drive, c / setup.top.c0, i0, k.alpha, &layer).current
    }

    /// What the chosen fields leave at `x`.
    pub fn left(&self, x: [f64; 3]) -> Left {
        let (t, ell) = (self.time, self.setup.ell);
        let (q, c) = (self.solution.q.at(x, t), self.solution.c.at(x, t));
        let xi = self.xi(q.value);
        let profile = xi * (1.0 - xi) / ell;
        let reaction =
            if q.value.abs() < REACTION_BAND * ell { self.current(x, &q) * profile * length(q.gradient) } else { 0.0 };
        let [charge, ..] = self.fluxes(x);
        let h = STEP * ell;
        let (mut divergence, mut carried) = ([0.0; 3], 0.0);
        for a in 0..3 {
            let moved = |steps: f64| std::array::from_fn(|b| if a == b { x[b] + steps * h } else { x[b] });
            for (steps, weight) in [(-2.0, 1.0), (-1.0, -8.0), (1.0, 8.0), (2.0, -1.0)] {
                let (place, weight) = (moved(steps), weight / (12.0 * h));
                let fluxes = self.fluxes(place);
                (0..3).for_each(|k| divergence[k] += weight * fluxes[k][a]);
                carried += weight * self.transference(place) * charge[a];
            }
        }
        let storage = FARADAY * (1.0 - xi) * c.rate;
        Left {
            charge: divergence[0] + reaction,
            salt: storage + divergence[1] + carried + (1.0 - self.transference(x)) * reaction,
            growth: LITHIUM_MOLAR_VOLUME / FARADAY * reaction,
            restoration: divergence[2],
        }
    }
}

/// −∇·(∇q/|∇q|).
fn curvature(q: &Local) -> f64 {
    let (g, h) = (q.gradient, q.hessian);
    let steepness = length(g);
    let along: f64 = (0..3).map(|a| (0..3).map(|b| g[a] * h[a][b] * g[b]).sum::<f64>()).sum();
    (along / (steepness * steepness) - (h[0][0] + h[1][1] + h[2][2])) / steepness
}

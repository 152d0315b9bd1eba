//! The cathode across the box: an open-circuit potential and the lithium that is left. It makes a cell voltage out of an electrode
//! potential; nothing of it is resolved in space.

use serde::{Deserialize, Serialize};

/// A cathode.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Cathode {
    /// its open-circuit potential
    pub ocp: OpenCircuit,
    /// charge per area between full of lithium and empty \[C/m²\]
    pub areal_capacity: f64,
    /// lithium content of the host x when empty, and when full, as at the start of a run
    pub lithiation: [f64; 2],
    /// area resistance of everything between the top of the box and the cathode's current collector \[Ω m²\]
    pub resistance: f64,
    /// area resistance between lithium and cathode once lithium has made a short, if the run goes on with one \[Ω m²\]
    pub short: Option<f64>,
    /// dU/dT of the cell's open-circuit voltage, for the heat of its reaction \[V/K\]
    #[serde(default)]
    pub entropy: f64,
}

/// Open-circuit potential against lithium as a function of x, the lithium content of the host.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "kind")]
pub enum OpenCircuit {
    /// NMC811 of an LG M50 cell: Chen et al. 2020, J. Electrochem. Soc. 167, 080534, eq. 8
    Nmc811,
    /// NCA: Kim et al. 2011, J. Electrochem. Soc. 158, A955
    Nca,
    /// NMC532: the fit of Mohtat et al. 2020, J. Electrochem. Soc. 167, 110561, as battery modelling packages carry it
    Nmc532,
    /// LiFePO₄: Afshar et al. 2017, arXiv:1709.03970
    Lfp,
    /// points of a CSV file, linear between them
    Table {
        /// where they came from
        file: String,
        /// x and potential \[V\], x rising
        points: Vec<[f64; 2]>,
    },
}

impl OpenCircuit {
    /// Those that are part of the program, by the names that configs know them by.
    pub const FITS: [(&'static str, Self); 4] =
        [("nmc811", Self::Nmc811), ("nca", Self::Nca), ("nmc532", Self::Nmc532), ("lfp", Self::Lfp)];

    /// Potential at the lithium content `x` \[V\].
    pub fn at(&self, x: f64) -> f64 {
        match self {
            Self::Nmc811 => {
                let step = |height: f64, slope: f64, place: f64| height * (slope * (x - place)).tanh();
                4.4875 - 0.809 * x - step(0.0428, 18.5138, 0.5542) - step(17.7326, 15.789, 0.3117)
                    + step(17.5842, 15.9308, 0.312)
            }
            Self::Nca => polynomial(&NCA, x) - 0.61386 * (5.8201 * x.powf(136.4)).exp(),
            Self::Nmc532 => polynomial(&NMC532, x) - 0.5623e-4 * (109.451 * x - 100.006).exp(),
            Self::Lfp => 3.4077 - 0.020269 * x + 0.5 * (-150.0 * x).exp() - 0.9 * (-30.0 * (1.0 - x)).exp(),
            Self::Table { points, .. } => {
                let after = points.partition_point(|point| point[0] <= x).clamp(1, points.len() - 1);
                let ([x0, u0], [x1, u1]) = (points[after - 1], points[after]);
                u0 + (u1 - u0) * ((x - x0) / (x1 - x0)).clamp(0.0, 1.0)
            }
        }
    }

    /// Mean potential between the lithium contents `empty` and `full` \[V\], exact: the difference of an antiderivative over that of the contents.
    pub fn mean(&self, [empty, full]: [f64; 2]) -> f64 {
        let integral = match self {
            Self::Table { points, .. } => {
                let (first, last) = (points[0], points[points.len() - 1]);
                // beyond its ends a table is constant, between its points linear
                let beyond =
                    (first[0].min(full) - empty).max(0.0) * first[1] + (full - last[0].max(empty)).max(0.0) * last[1];
                let inside = points.windows(2).map(|pair| {
                    let [a, b] = [pair[0][0], pair[1][0]].map(|x| x.clamp(empty, full));
                    0.5 * (self.at(a) + self.at(b)) * (b - a)
                });
                beyond + inside.sum::<f64>()
            }
            _ => self.antiderivative(full) - self.antiderivative(empty),
        };
        integral / (full - empty)
    }

    /// Antiderivative of a fit at the lithium content `x` \[V\]; zero for a table, which has none in one piece.
    fn antiderivative(&self, x: f64) -> f64 {
        match self {
            Self::Nmc811 => {
                let step = |height: f64, slope: f64, place: f64| height / slope * ln_cosh(slope * (x - place));
                4.4875 * x - 0.5 * 0.809 * x * x - step(0.0428, 18.5138, 0.5542) - step(17.7326, 15.789, 0.3117)
                    + step(17.5842, 15.9308, 0.312)
            }
            Self::Nca => {
                // ∫ exp(a xᵖ) dx = Σ aᵏ x^(pk + 1)/(k! (pk + 1)), whose terms fall faster than 6ᵏ/k! where x ≤ 1
                let (a, power) = (5.8201, 136.4);
                let mut factor = x;
                let mut sum = 0.0;
                for k in 0..60 {
                    let k = f64::from(k);
                    sum += factor / (power * k + 1.0);
                    factor *= a * x.powf(power) / (k + 1.0);
                }
                x * polynomial(&divided(NCA), x) - 0.61386 * sum
            }
            Self::Nmc532 => x * polynomial(&divided(NMC532), x) - 0.5623e-4 * (109.451 * x - 100.006).exp() / 109.451,
            Self::Lfp => {
                3.4077 * x
                    - 0.5 * 0.020269 * x * x
                    - 0.5 / 150.0 * (-150.0 * x).exp()
                    - 0.9 / 30.0 * (-30.0 * (1.0 - x)).exp()
            }
            Self::Table { .. } => 0.0,
        }
    }

    /// Lithium contents, empty and full, between which it is used unless a config says otherwise: NMC811, its cell's at 100 % and 0 %
    /// charge; the others, where their fits have no runaway.
    pub fn lithiation(&self) -> [f64; 2] {
        match self {
            Self::Nmc811 => [0.2661, 0.9084],
            Self::Nca => [0.35, 0.95],
            Self::Nmc532 => [0.0335, 0.8907],
            Self::Lfp => [0.01, 0.99],
            Self::Table { points, .. } => [0, points.len() - 1].map(|i| points[i][0]),
        }
    }
}

/// Coefficients of the fit of NCA, of rising powers of x \[V\].
const NCA: [f64; 11] =
    [11.8058, -66.3691, 264.427, -554.774, 621.3475, -344.566, 81.246, -23.488, 15.056, -2.222, 1.638];
/// Coefficients of the fit of NMC532, of rising powers of x \[V\].
const NMC532: [f64; 6] = [4.3452, -1.6518, 1.6225, -2.0843, 3.5146, -2.2166];

/// Coefficients of the mean of a polynomial between 0 and x, each divided by its power and one.
fn divided<const N: usize>(powers: [f64; N]) -> [f64; N] {
    std::array::from_fn(|k| powers[k] / (k as f64 + 1.0))
}

/// ln cosh `z`, without overflow.
fn ln_cosh(z: f64) -> f64 {
    z.abs() + (-2.0 * z.abs()).exp().ln_1p() - std::f64::consts::LN_2
}

/// Σ `powers`\[k\] x^k.
fn polynomial(powers: &[f64], x: f64) -> f64 {
    powers.iter().rev().fold(0.0, |sum, power| sum * x + power)
}

impl Cathode {
    /// Its potential against lithium after `charge` \[C/m²\] has left it, while `current` \[A/m²\] does \[V\].
    pub fn potential(&self, charge: f64, current: f64) -> f64 {
        let [empty, full] = self.lithiation;
        self.ocp.at(full - (full - empty) * charge / self.areal_capacity) + self.resistance * current
    }

    /// Cell voltage where the lithium electrode has `potential` \[V\].
    pub fn voltage(&self, charge: f64, current: f64, potential: f64) -> f64 {
        self.potential(charge, current) - potential
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn potentials_fall_with_the_lithium_in_the_host() {
        let table = OpenCircuit::Table { file: String::new(), points: vec![[0.1, 4.0], [0.5, 3.6], [0.9, 3.0]] };
        assert!((table.at(0.3) - 3.8).abs() < 1e-12 && table.at(1.5) == 3.0);
        for (ocp, [empty, full]) in [
            (OpenCircuit::Nmc811, [4.30, 3.56]),
            (OpenCircuit::Nca, [4.22, 3.50]),
            (OpenCircuit::Nmc532, [4.29, 3.66]),
            (OpenCircuit::Lfp, [3.52, 2.7]),
            (table, [4.0, 3.0]),
        ] {
            let [low, high] = ocp.lithiation();
            let at = |share: f64| ocp.at(low + (high - low) * share);
            assert!((0..100).all(|i| at(f64::from(i) / 100.0) > at(f64::from(i + 1) / 100.0)), "{ocp:?}");
            assert!(
                (at(0.0) - empty).abs() < 0.03 && (at(1.0) - full).abs() < 0.05,
                "{ocp:?}: {} {}",
                at(0.0),
                at(1.0)
            );
        }
    }

    /// The antiderivatives agree with the midpoint rule, whose error at a ten-thousandth of the span is far below a microvolt.
    #[test]
    fn means_are_those_of_the_curves() {
        let table = OpenCircuit::Table { file: String::new(), points: vec![[0.1, 4.0], [0.5, 3.6], [0.9, 3.0]] };
        // by hand: (4.0 + 3.6)/2 · 0.4 + (3.6 + 3.0)/2 · 0.4 = 2.84 over 0.8; and with 0.1 of 3.0 beyond, 0.3 more over 0.9
        assert!(
            (table.mean([0.1, 0.9]) - 3.55).abs() < 1e-12
                && (table.mean([0.1, 1.0]) - (2.84 + 0.3) / 0.9).abs() < 1e-12
        );
        for (_, ocp) in OpenCircuit::FITS.into_iter().chain([("", table)]) {
            let [empty, full] = ocp.lithiation();
            let n = 10_000;
            let at = |i: i32| ocp.at(empty + (full - empty) * (f64::from(i) + 0.5) / f64::from(n));
            let sum = (0..n).map(at).sum::<f64>() / f64::from(n);
            assert!((ocp.mean([empty, full]) - sum).abs() < 1e-6, "{ocp:?}: {} {sum}", ocp.mean([empty, full]));
        }
    }

    #[test]
    fn a_cell_voltage_has_both_electrodes_in_it() {
        let cathode = Cathode {
            ocp: OpenCircuit::Table { file: String::new(), points: vec![[0.0, 4.0], [1.0, 3.0]] },
            areal_capacity: 100.0,
            lithiation: [0.2, 0.8],
            resistance: 1e-3,
            short: None,
            entropy: 0.0,
        };
        // half empty: x = 0.5, 3.5 V; 10 mV over the resistance, and the lithium electrode at −30 mV
        assert!((cathode.voltage(50.0, 10.0, -0.03) - 3.54).abs() < 1e-12);
    }
}

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
            Self::Nca => {
                let powers =
                    [11.8058, -66.3691, 264.427, -554.774, 621.3475, -344.566, 81.246, -23.488, 15.056, -2.222, 1.638];
                polynomial(&powers, x) - 0.61386 * (5.8201 * x.powf(136.4)).exp()
            }
            Self::Nmc532 => {
                let powers = [4.3452, -1.6518, 1.6225, -2.0843, 3.5146, -2.2166];
                polynomial(&powers, x) - 0.5623e-4 * (109.451 * x - 100.006).exp()
            }
            Self::Lfp => 3.4077 - 0.020269 * x + 0.5 * (-150.0 * x).exp() - 0.9 * (-30.0 * (1.0 - x)).exp(),
            Self::Table { points, .. } => {
                let after = points.partition_point(|point| point[0] <= x).clamp(1, points.len() - 1);
                let ([x0, u0], [x1, u1]) = (points[after - 1], points[after]);
                u0 + (u1 - u0) * ((x - x0) / (x1 - x0)).clamp(0.0, 1.0)
            }
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

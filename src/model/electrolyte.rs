//! Transport properties of electrolytes as functions of concentration and temperature.
//!
//! Fits are clamped where they leave their measured range: concentrations to the fit's range, t₊ to 0…0.95 (several fits
//! turn negative towards 2 M), the thermodynamic factor to at least 0.05.

use serde::{Deserialize, Serialize};

use super::constants::{FARADAY, GAS};
use super::keys::Named;
use crate::{kinds, section};

kinds! {
    /// Which electrolyte.
    pub enum Electrolyte by "kind" without None; {
        Landesfeind {
            solvent: Solvent = choice(), "the solvent";
        } = "landesfeind", "LiPF6 after Landesfeind & Gasteiger, J. Electrochem. Soc. 166, A3079 (2019); 0.1 to 3 M, −10 to 50 °C";
        Nyman = "nyman", "LiPF6 in EC:EMC 3:7 after Nyman et al., Electrochim. Acta 53, 6356 (2008); 25 °C, valid to 2 M";
        Table {
            file: String = text(), "CSV file of c, T, kappa, diffusivity, transference, thermodynamic_factor (docs/inputs.md)";
            isotherms: Vec<Isotherm> = derived(), "one entry for each temperature, rising";
        } = "table", "rows of c, T and the properties; linear in c and in T between rows, constant outside, but κ in proportion to c below the first row";
        Dilute {
            cation: f64 = required("m^2/s", Positive), "diffusivity of the cation D₊";
            anion: f64 = required("m^2/s", Positive), "diffusivity of the anion D₋";
        } = "dilute", "ideal dilute solution of a 1:1 salt (Nernst-Einstein): κ = F² c (D₊ + D₋)/RT, D = 2 D₊ D₋/(D₊ + D₋), t₊ = D₊/(D₊ + D₋), thermodynamic factor 1";
        Constant(transport: Transport) = "constant", "properties that are the same at every concentration";
        SingleIon {
            kappa: f64 = required("S/m", Positive), "conductivity";
        } = "single_ion", "t₊ = 1: no salt equation, as in a solid electrolyte";
    }
}

impl Electrolyte {
    fn otherwise() -> Self {
        Self::Nyman
    }
}

/// Solvents of the Landesfeind fits.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Solvent {
    /// EC:EMC 3:7 w:w
    #[serde(rename = "EC:EMC")]
    EcEmc,
    /// EC:DMC 1:1 w:w
    #[serde(rename = "EC:DMC")]
    EcDmc,
    /// EMC:FEC 19:1 w:w
    #[serde(rename = "EMC:FEC")]
    EmcFec,
}

impl Named for Solvent {
    const NAMED: &'static [(&'static str, Self, &'static str)] = &[
        ("EC:EMC", Self::EcEmc, "3:7 by weight"),
        ("EC:DMC", Self::EcDmc, "1:1 by weight"),
        ("EMC:FEC", Self::EmcFec, "19:1 by weight"),
    ];
}

/// Properties at one temperature, rows of rising concentration.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Isotherm {
    /// temperature \[K\]
    pub temperature: f64,
    /// concentration \[mol/m³\] and the properties there
    pub rows: Vec<(f64, Transport)>,
}

section! {
    /// Transport properties at one concentration and temperature.
    #[derive(Copy)]
    pub struct Transport {
        kappa: f64 = required("S/m", Positive), "ionic conductivity κ";
        diffusivity: f64 = required("m^2/s", Positive), "salt diffusivity D";
        transference: f64 = required("1", Within(0.0..=0.95)), "transference number t₊ of Li⁺";
        thermodynamic_factor: f64 = or("1", Positive, 1.0), "1 + dlnf±/dlnc";
    }
}

struct Landesfeind {
    kappa: [f64; 6],
    diffusivity: [f64; 4],
    transference: [f64; 9],
    thermodynamic_factor: [f64; 9],
}

const EC_EMC: Landesfeind = Landesfeind {
    kappa: [0.521, 228.0, -1.06, 0.353, -3.59e-3, 1.48e-3],
    diffusivity: [1010.0, 1.01, -1560.0, -487.0],
    transference: [-12.8, -6.12, 0.0821, 0.904, 0.0318, -1.27e-4, 0.0175, -3.12e-3, -3.96e-5],
    thermodynamic_factor: [25.7, -45.1, -0.177, 1.94, 0.295, 3.08e-4, 0.259, -9.46e-3, -4.54e-4],
};
const EC_DMC: Landesfeind = Landesfeind {
    kappa: [0.798, 228.0, -1.22, 0.509, -4e-3, 3.79e-3],
    diffusivity: [1470.0, 1.33, -1690.0, -563.0],
    transference: [-7.91, 0.245, 0.0528, 0.698, -0.0108, -8.21e-5, 7.43e-4, -2.22e-3, 3.07e-5],
    thermodynamic_factor: [-5.58, 7.17, 0.038, 1.91, -0.0665, -5.08e-5, 0.11, -6.10e-3, 1.51e-4],
};
const EMC_FEC: Landesfeind = Landesfeind {
    kappa: [0.0251, 175.0, 1.23, 0.205, -0.0881, 2.83e-3],
    diffusivity: [586.0, 1.33, -1380.0, -582.0],
    transference: [-12.2, -3.05, 0.0838, 1.78, 1.51e-3, -1.37e-4, -0.0245, -5.15e-3, 2.14e-5],
    thermodynamic_factor: [3.22, -10.1, -0.0158, 6.12, 0.0296, 2.42e-5, -0.222, -0.0157, 6.30e-6],
};

impl Landesfeind {
    fn at(&self, c: f64, t: f64) -> Transport {
        let x = (c / 1000.0).clamp(0.0, 3.0);
        let p = &self.kappa;
        let heat = (1000.0 / t).exp();
        let kappa = 0.1 * p[0] * (1.0 + (t - p[1])) * x * (1.0 + p[2] * x.sqrt() + p[3] * (1.0 + p[4] * heat) * x)
            / (1.0 + x.powi(4) * p[5] * heat);
        let d = &self.diffusivity;
        let diffusivity = 1e-10 * d[0] * (d[1] * x).exp() * (d[2] / t).exp() * (d[3] * x / t).exp();
        let quadric = |p: &[f64; 9]| {
            p[0] + p[1] * x
                + p[2] * t
                + p[3] * x * x
                + p[4] * x * t
                + p[5] * t * t
                + p[6] * x.powi(3)
                + p[7] * x * x * t
                + p[8] * x * t * t
        };
        Transport {
            kappa,
            diffusivity,
            transference: quadric(&self.transference),
            thermodynamic_factor: quadric(&self.thermodynamic_factor),
        }
    }
}

impl Transport {
    fn mix(a: &Self, b: &Self, share: f64) -> Self {
        let mix = |a: f64, b: f64| a + share * (b - a);
        Self {
            kappa: mix(a.kappa, b.kappa),
            diffusivity: mix(a.diffusivity, b.diffusivity),
            transference: mix(a.transference, b.transference),
            thermodynamic_factor: mix(a.thermodynamic_factor, b.thermodynamic_factor),
        }
    }

    fn clamped(self) -> Self {
        Self {
            kappa: self.kappa.max(1e-9),
            diffusivity: self.diffusivity.max(1e-16),
            transference: self.transference.clamp(0.0, 0.95),
            thermodynamic_factor: self.thermodynamic_factor.max(0.05),
        }
    }
}

impl Isotherm {
    fn at(&self, c: f64) -> Transport {
        let after = self.rows.partition_point(|row| row.0 <= c);
        match (after.checked_sub(1).map(|i| &self.rows[i]), self.rows.get(after)) {
            (Some(low), Some(high)) => Transport::mix(&low.1, &high.1, (c - low.0) / (high.0 - low.0)),
            (Some(last), None) => last.1,
            // down to c = 0 every ion carries what it carries in the first row
            (None, Some(first)) => Transport { kappa: first.1.kappa * c / first.0, ..first.1 },
            (None, None) => Transport { kappa: 0.0, diffusivity: 0.0, transference: 0.0, thermodynamic_factor: 1.0 },
        }
    }
}

impl Electrolyte {
    /// Properties at concentration `c` \[mol/m³\] and temperature `t` \[K\], clamped as the module says.
    pub fn at(&self, c: f64, t: f64) -> Transport {
        match self {
            Self::Landesfeind { solvent } => match solvent {
                Solvent::EcEmc => EC_EMC.at(c, t),
                Solvent::EcDmc => EC_DMC.at(c, t),
                Solvent::EmcFec => EMC_FEC.at(c, t),
            }
            .clamped(),
            Self::Nyman => nyman(c, t).clamped(),
            Self::Table { isotherms, .. } => {
                let after = isotherms.partition_point(|isotherm| isotherm.temperature <= t);
                match (after.checked_sub(1).map(|i| &isotherms[i]), isotherms.get(after)) {
                    (Some(low), Some(high)) => {
                        let share = (t - low.temperature) / (high.temperature - low.temperature);
                        Transport::mix(&low.at(c), &high.at(c), share)
                    }
                    (Some(only), None) | (None, Some(only)) => only.at(c),
                    (None, None) => Isotherm { temperature: t, rows: Vec::new() }.at(c),
                }
                .clamped()
            }
            Self::Constant(transport) => *transport,
            Self::Dilute { cation, anion } => Transport {
                kappa: FARADAY * FARADAY * c * (cation + anion) / (GAS * t),
                diffusivity: 2.0 * cation * anion / (cation + anion),
                transference: cation / (cation + anion),
                thermodynamic_factor: 1.0,
            },
            Self::SingleIon { kappa } => {
                Transport { kappa: *kappa, diffusivity: 1.0, transference: 1.0, thermodynamic_factor: 1.0 }
            }
        }
    }

    /// Whether there is a salt equation.
    pub fn has_salt(&self) -> bool {
        !matches!(self, Self::SingleIon { .. })
    }
}

/// Nyman et al. 2008 with 17 kJ/mol on κ and D around 298.15 K.
fn nyman(c: f64, t: f64) -> Transport {
    let x = (c / 1000.0).clamp(0.0, 2.0);
    let heat = arrhenius(17e3, t, 298.15);
    Transport {
        kappa: heat * (0.1297 * x.powi(3) - 2.51 * x.powf(1.5) + 3.329 * x),
        diffusivity: heat * (8.794e-11 * x * x - 3.972e-10 * x + 4.862e-10),
        transference: 0.2594,
        thermodynamic_factor: 1.0,
    }
}

/// Arrhenius factor exp\[E/R (1/T_ref − 1/T)\] for an activation energy `e` \[J/mol\].
pub fn arrhenius(e: f64, t: f64, t_ref: f64) -> f64 {
    (e / GAS * (1.0 / t_ref - 1.0 / t)).exp()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Values at 1 M from the design's table, computed independently from the published coefficients.
    #[test]
    fn landesfeind_at_one_molar() {
        let cases = [
            (Solvent::EcEmc, 298.15, [0.9130, 2.892e-10, 0.2209, 2.182]),
            (Solvent::EcEmc, 313.15, [1.1355, 4.018e-10, 0.3550, 2.471]),
            (Solvent::EcDmc, 298.15, [1.1819, 2.905e-10, 0.3250, 2.201]),
            (Solvent::EmcFec, 298.15, [0.5529, 3.073e-10, 0.1291, 1.163]),
        ];
        for (solvent, t, expected) in cases {
            let p = Electrolyte::Landesfeind { solvent }.at(1000.0, t);
            let computed = [p.kappa, p.diffusivity, p.transference, p.thermodynamic_factor];
            for (computed, expected) in computed.iter().zip(expected) {
                assert!((computed / expected - 1.0).abs() < 5e-4, "{solvent:?} {t} K: {computed} {expected}");
            }
        }
    }

    #[test]
    fn tables_interpolate_between_rows_and_hold_outside_but_kappa_vanishes_with_c() {
        let transport = |kappa| Transport { kappa, diffusivity: 1e-10, transference: 0.3, thermodynamic_factor: 1.0 };
        let isotherm = |temperature, scale: f64| Isotherm {
            temperature,
            rows: vec![(500.0, transport(scale)), (1500.0, transport(3.0 * scale))],
        };
        let table =
            Electrolyte::Table { file: String::new(), isotherms: vec![isotherm(280.0, 0.1), isotherm(300.0, 0.2)] };
        assert!((table.at(1000.0, 280.0).kappa - 0.2).abs() < 1e-12);
        assert!((table.at(1000.0, 290.0).kappa - 0.3).abs() < 1e-12);
        // κ/c is held below the first row
        assert!((table.at(100.0, 320.0).kappa - 0.04).abs() < 1e-12);
        assert!((table.at(9000.0, 250.0).kappa - 0.3).abs() < 1e-12);
    }
}

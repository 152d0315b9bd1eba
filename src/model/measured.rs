//! Where the properties of electrolytes and cathodes were measured, and where a run leaves that.

use super::cathode::OpenCircuit;
use super::constants::ZERO_CELSIUS;
use super::electrolyte::Electrolyte;
use super::parameters::Setup;

/// Temperatures at less than this distance are the same \[K\].
const SAME: f64 = 1.0;

/// The concentrations and temperatures at which an electrolyte was measured.
#[derive(Clone, Debug, PartialEq)]
pub struct Measured {
    /// lowest and highest concentration \[mol/m³\]
    pub concentration: [f64; 2],
    /// lowest and highest temperature \[K\]
    pub temperature: [f64; 2],
    /// whose measurement it is
    pub source: &'static str,
    /// what the program takes outside
    outside: &'static str,
}

impl Electrolyte {
    /// What was measured of the electrolyte, at the temperature `t` \[K\] if it is a table; nothing of properties that a config gives as
    /// numbers.
    ///
    /// The ranges of the fits are those of their papers: LiPF6 from 0.2 to 2 M at 25 °C (Nyman et al. 2008), and from 0.1 to 3 M between
    /// −10 and 50 °C (Landesfeind & Gasteiger 2019).
    pub fn measured(&self, t: f64) -> Option<Measured> {
        match self {
            Self::Nyman => Some(Measured {
                concentration: [200.0, 2000.0],
                temperature: [ZERO_CELSIUS + 25.0; 2],
                source: "Nyman et al. (2008)",
                outside: "below, the fit goes on to 0; above, its value at 2000 mol/m³ holds; at other temperatures, Arrhenius factors of \
                          17 kJ/mol",
            }),
            Self::Landesfeind { .. } => Some(Measured {
                concentration: [100.0, 3000.0],
                temperature: [ZERO_CELSIUS - 10.0, ZERO_CELSIUS + 50.0],
                source: "Landesfeind & Gasteiger (2019)",
                outside: "below and at other temperatures, the fit goes on; above, its value at 3000 mol/m³ holds",
            }),
            Self::Table { isotherms, .. } => {
                let (first, last) = (isotherms.first()?, isotherms.last()?);
                let after = isotherms.partition_point(|isotherm| isotherm.temperature <= t);
                let around = &isotherms[after.saturating_sub(1)..(after + 1).min(isotherms.len())];
                // between two isotherms, what both have
                let low = around.iter().filter_map(|isotherm| isotherm.rows.first()).map(|row| row.0);
                let high = around.iter().filter_map(|isotherm| isotherm.rows.last()).map(|row| row.0);
                Some(Measured {
                    concentration: [low.fold(0.0, f64::max), high.fold(f64::INFINITY, f64::min)],
                    temperature: [first.temperature, last.temperature],
                    source: "the table",
                    outside: "outside, the values at its nearest row hold, but kappa vanishes with c",
                })
            }
            Self::Dilute { .. } | Self::Constant(_) | Self::SingleIon { .. } => None,
        }
    }
}

impl Measured {
    /// What is wrong with a concentration \[mol/m³\], if it lies outside.
    pub fn objection(&self, c: f64) -> Option<String> {
        let [low, high] = self.concentration;
        (c < low * (1.0 - 1e-9) || c > high * (1.0 + 1e-9)).then(|| {
            format!(
                "{c:.1} mol/m³ lies outside what was measured, {low} to {high} mol/m³ ({}); {}",
                self.source, self.outside
            )
        })
    }
}

/// Where a run begins or is led outside of what was measured: its concentration, its temperatures, the lithium contents of its cathode. A
/// sentence each, with the range.
pub fn beyond(setup: &Setup) -> Vec<String> {
    let mut sentences = Vec::new();
    if let Some(measured) = setup.electrolyte.measured(setup.temperature) {
        sentences.extend(measured.objection(setup.top.c0).map(|problem| format!("electrolyte.c0: {problem}")));
        let [low, high] = measured.temperature;
        let outside = |t: &f64| *t < low - SAME || *t > high + SAME;
        for t in setup.protocol.temperatures(setup.temperature).into_iter().filter(outside) {
            let range = if low == high { format!("{low:.2} K") } else { format!("{low:.2} to {high:.2} K") };
            sentences.push(format!(
                "temperature: {t:.2} K lies outside what was measured, {range} ({}); {}",
                measured.source, measured.outside
            ));
        }
    }
    if let Some(cathode) = &setup.cathode {
        let [low, high] = cathode.ocp.lithiation();
        let [empty, full] = cathode.lithiation;
        if empty < low || full > high {
            let whose = match &cathode.ocp {
                OpenCircuit::Table { .. } => "its table, whose last potentials hold outside",
                _ => "its fit, which is not meant to be used outside",
            };
            sentences.push(format!(
                "cathode.ocp: the lithium contents from {empty} to {full} leave the {low} to {high} of {whose}"
            ));
        }
    }
    sentences
}

/// What to say when a run first has a concentration from `lowest` to `highest` \[mol/m³\] that was not measured; NaN is not known and
/// passes.
pub fn left(setup: &Setup, lowest: f64, highest: f64) -> Option<String> {
    let measured = setup.electrolyte.measured(setup.temperature)?;
    // the concentration that a run begins with is said from the start
    measured.objection(setup.top.c0).is_none().then_some(())?;
    measured.objection(lowest).or_else(|| measured.objection(highest))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::electrolyte::{Isotherm, Solvent, Transport};

    #[test]
    fn tables_and_fits_know_their_ranges() {
        let transport = Transport { kappa: 1.0, diffusivity: 1e-10, transference: 0.3, thermodynamic_factor: 1.0 };
        let isotherm =
            |temperature, rows: &[f64]| Isotherm { temperature, rows: rows.iter().map(|&c| (c, transport)).collect() };
        let isotherms = vec![isotherm(280.0, &[500.0, 2000.0]), isotherm(300.0, &[100.0, 1500.0])];
        let table = Electrolyte::Table { file: String::new(), isotherms };
        for (t, range) in [
            (270.0, [500.0, 2000.0]),
            (280.0, [500.0, 1500.0]),
            (290.0, [500.0, 1500.0]),
            (300.0, [100.0, 1500.0]),
            (310.0, [100.0, 1500.0]),
        ] {
            let measured = table.measured(t).unwrap();
            assert_eq!((measured.concentration, measured.temperature), (range, [280.0, 300.0]), "{t} K");
        }
        let nyman = Electrolyte::Nyman.measured(298.15).unwrap();
        assert!(nyman.objection(200.0).is_none() && nyman.objection(2000.0).is_none());
        assert!(nyman.objection(2100.0).unwrap().contains("200 to 2000 mol/m³ (Nyman"));
        assert!(nyman.objection(f64::NAN).is_none());
        let landesfeind = Electrolyte::Landesfeind { solvent: Solvent::EcEmc }.measured(298.15).unwrap();
        assert!(landesfeind.objection(2100.0).is_none() && landesfeind.objection(50.0).is_some());
        assert_eq!(Electrolyte::SingleIon { kappa: 1.0 }.measured(298.15), None);
    }
}

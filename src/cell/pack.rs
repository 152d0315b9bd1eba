//! Range, pack and metals.

use super::design::{Cathode, Material, Pack, Prices};
use super::energy::Figures;
use crate::model::constants::LITHIUM_MOLAR_MASS;

/// A statute mile \[m\].
pub const MILE: f64 = 1609.344;
/// A kilowatt-hour \[J\].
pub const KILOWATT_HOUR: f64 = 3.6e6;

/// Distance that a pack of so much `energy` \[J\] gives a car that takes `consumption` \[J/m\] of the share that it may use → \[m\].
pub fn range(energy: f64, usable_share: f64, consumption: f64) -> f64 {
    usable_share * energy / consumption
}

/// A pack in numbers.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct PackFigures {
    /// energy \[J\]
    pub energy: f64,
    /// distance \[m\]
    pub range: f64,
    /// volume \[m³\]
    pub volume: f64,
    /// mass \[kg\]
    pub mass: f64,
    /// charge of its cells together, each counted by itself \[C\]
    pub charge: f64,
}

/// What the pack of `energy` \[J\] with the cells `base` is, what it becomes with `cell` in the same volume, and what with the same energy.
/// What a pack has beside its cells is that of the pack with the cells `base`: in the same volume all of it, with the same energy in
/// proportion to the volume of the cells.
pub fn routes(pack: &Pack, energy: f64, consumption: f64, base: &Figures, cell: &Figures) -> [PackFigures; 3] {
    let made = |energy: f64, of: &Figures, overhead: f64| PackFigures {
        energy,
        range: range(energy, pack.usable_share, consumption),
        volume: energy / of.per_volume() / pack.volume_share,
        mass: energy / of.per_mass() + overhead,
        charge: energy / of.voltage,
    };
    let overhead = energy / base.per_mass() * (1.0 / pack.mass_share - 1.0);
    let ratio = cell.per_volume() / base.per_volume();
    [made(energy, base, overhead), made(energy * ratio, cell, overhead), made(energy, cell, overhead / ratio)]
}

/// A metal that is counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Metal {
    /// lithium
    Lithium,
    /// nickel
    Nickel,
    /// cobalt
    Cobalt,
    /// manganese
    Manganese,
}

impl Metal {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Lithium, Self::Nickel, Self::Cobalt, Self::Manganese];

    /// Its molar mass \[kg/mol\] (IUPAC 2021, abridged).
    fn molar_mass(self) -> f64 {
        match self {
            Self::Lithium => LITHIUM_MOLAR_MASS,
            Self::Nickel => 58.693e-3,
            Self::Cobalt => 58.933e-3,
            Self::Manganese => 54.938e-3,
        }
    }

    /// Its name.
    pub fn name(self) -> &'static str {
        match self {
            Self::Lithium => "lithium",
            Self::Nickel => "nickel",
            Self::Cobalt => "cobalt",
            Self::Manganese => "manganese",
        }
    }

    /// Its price for a kilogram, if there is one.
    pub fn price(self, prices: &Prices) -> Option<f64> {
        match self {
            Self::Lithium => prices.lithium,
            Self::Nickel => prices.nickel,
            Self::Cobalt => prices.cobalt,
            Self::Manganese => prices.manganese,
        }
    }
}

/// Amounts of lithium, nickel, cobalt and manganese in a mole of a material, and the mass of the rest of it \[kg\]; none if its formula is
/// not known. Molar masses: O 15.999, Al 26.982, Fe 55.845, P 30.974 g/mol (IUPAC 2021, abridged).
fn formula(material: Material) -> Option<([f64; 4], f64)> {
    const OXIDE: f64 = 2.0 * 15.999e-3;
    match material {
        Material::Nmc811 => Some(([1.0, 0.8, 0.1, 0.1], OXIDE)),
        Material::Nmc622 => Some(([1.0, 0.6, 0.2, 0.2], OXIDE)),
        Material::Nmc532 => Some(([1.0, 0.5, 0.2, 0.3], OXIDE)),
        Material::Nmc90 => Some(([1.0, 0.9, 0.05, 0.05], OXIDE)),
        Material::Nca => Some(([1.0, 0.8, 0.15, 0.0], OXIDE + 0.05 * 26.982e-3)),
        Material::Lfp => Some(([1.0, 0.0, 0.0, 0.0], 55.845e-3 + 30.974e-3 + 4.0 * 15.999e-3)),
        Material::Other => None,
    }
}

/// Mass of a metal over that of a material; none if the formula of the material is not known.
pub fn share(material: Material, metal: Metal) -> Option<f64> {
    let (amounts, rest) = formula(material)?;
    let mass = |metal: Metal, amount: f64| amount * metal.molar_mass();
    let whole = Metal::ALL.into_iter().zip(amounts).map(|(metal, amount)| mass(metal, amount)).sum::<f64>() + rest;
    let amount = Metal::ALL.into_iter().zip(amounts).find(|(of, _)| *of == metal)?.1;
    Some(mass(metal, amount) / whole)
}

/// Mass of a metal in the cathode per energy of a cell of the mean `voltage` \[V\] → \[kg/J\]; none if the formula is not known.
pub fn per_energy(cathode: &Cathode, voltage: f64, metal: Metal) -> Option<f64> {
    let given = cathode.nickel_share.filter(|_| metal == Metal::Nickel);
    Some(given.or(share(cathode.material, metal))? / (cathode.specific_capacity * voltage))
}

/// Materials as they are used against lithium: charge per mass \[C/kg\] and mean potential \[V\]. Charges of NMC: Noh et al. 2013,
/// J. Power Sources 233, 121 (3.0 to 4.3 V, 0.1 C); the others and all potentials are estimates.
pub const TYPICAL: [(&str, Material, f64, f64); 5] = [
    ("NMC811", Material::Nmc811, 203.0 * 3600.0, 3.80),
    ("NMC622", Material::Nmc622, 187.0 * 3600.0, 3.80),
    ("NMC532", Material::Nmc532, 175.0 * 3600.0, 3.80),
    ("NCA", Material::Nca, 200.0 * 3600.0, 3.77),
    ("LFP", Material::Lfp, 160.0 * 3600.0, 3.40),
];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cell::energy::{baseline, designed};
    use crate::cell::stack::tests::{bare, easy};
    use crate::model::keys::defaults;

    fn close(a: f64, b: f64, within: f64) {
        assert!((a - b).abs() <= within * b.abs(), "{a} is not {b}");
    }

    /// The gain of a quarter of a car of 330 miles: 82.5 miles.
    #[test]
    fn a_quarter_more_of_330_miles_is_82_miles_and_a_half() {
        let consumption = 75.0 * KILOWATT_HOUR / (330.0 * MILE);
        let more = range(1.25 * 75.0 * KILOWATT_HOUR, 1.0, consumption) - range(75.0 * KILOWATT_HOUR, 1.0, consumption);
        close(more / MILE, 82.5, 1e-12);
    }

    #[test]
    fn metals_are_those_of_the_formulas() {
        // 0.8 · 58.693 of 6.941 + 46.954 + 5.893 + 5.494 + 31.998 = 97.280 g/mol
        close(share(Material::Nmc811, Metal::Nickel).unwrap(), 46.9544 / 97.2804, 1e-5);
        // 6.941 of 157.756 g/mol
        close(share(Material::Lfp, Metal::Lithium).unwrap(), 6.941 / 157.756, 1e-5);
        assert_eq!(share(Material::Lfp, Metal::Nickel), Some(0.0));
        assert_eq!(share(Material::Other, Metal::Nickel), None);
        // 0.48267 over 203 mAh/g · 3.8 V = 0.7714 kWh/kg
        let (_, material, charge, volts) = TYPICAL[0];
        let cathode = Cathode { material, specific_capacity: charge, ..defaults() };
        close(per_energy(&cathode, volts, Metal::Nickel).unwrap() * KILOWATT_HOUR, 0.48267 / 0.7714, 1e-4);
    }

    #[test]
    fn both_routes_keep_what_they_say() {
        let cell = easy(bare(0.3));
        let base = designed(&baseline(&cell, &defaults()));
        let lithium = designed(&cell);
        let pack = Pack { volume_share: 0.5, mass_share: 0.6, usable_share: 0.9, ..defaults() };
        let [was, same_volume, same_energy] = routes(&pack, 3.6e8, 800.0, &base, &lithium);
        close(was.range, 0.9 * 3.6e8 / 800.0, 1e-12);
        close(was.mass, 3.6e8 / base.per_mass() / 0.6, 1e-12);
        close(same_volume.volume, was.volume, 1e-12);
        close(same_volume.range / was.range, lithium.per_volume() / base.per_volume(), 1e-12);
        close(same_energy.range, was.range, 1e-12);
        assert!(same_energy.volume < was.volume && same_energy.mass < was.mass);
        close(same_energy.charge, 3.6e8 / 3.8, 1e-12);
    }
}

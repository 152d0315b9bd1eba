//! Thickness and mass of one pair of electrodes per area: a layer of the cathode, the separator, the negative electrode that faces it, and
//! its part of the foils.

use super::design::{Cathode, Cell, Graphite, Negative, Sides};
use super::formulas::{self, Formula};
use crate::model::constants::{FARADAY, LITHIUM_MOLAR_MASS, LITHIUM_MOLAR_VOLUME};

/// Density of lithium \[kg/m³\].
pub const LITHIUM_DENSITY: f64 = LITHIUM_MOLAR_MASS / LITHIUM_MOLAR_VOLUME;

/// One layer of a pair.
#[derive(Clone, Debug, PartialEq)]
pub struct Layer {
    /// what it is, as a word for programs
    pub key: &'static str,
    /// what it is, for people
    pub name: &'static str,
    /// thickness when discharged, as assembled \[m\]
    pub discharged: f64,
    /// thickness when charged \[m\]
    pub charged: f64,
    /// mass per area, electrolyte aside \[kg/m²\]
    pub mass: f64,
    /// pores per area that are filled when charged \[m\]
    pub filled: f64,
    /// where its thickness comes from
    pub formula: &'static Formula,
}

/// A pair of electrodes.
#[derive(Clone, Debug, PartialEq)]
pub struct Pair {
    /// its layers, from the foil of the cathode to that of the negative electrode
    pub layers: Vec<Layer>,
    /// mass of the electrolyte per area, with the excess \[kg/m²\]
    pub electrolyte: f64,
    /// volume of the excess of electrolyte per area \[m\]
    pub excess: f64,
    /// volume per area that it takes in the cell when charged, with room for swelling and the excess of electrolyte \[m\]
    pub room: f64,
}

/// Thickness of a dense layer of lithium that holds `charge` \[C/m²\] → \[m\].
pub fn dense(charge: f64) -> f64 {
    charge * LITHIUM_MOLAR_VOLUME / FARADAY
}

/// A porous coating: mass per area \[kg/m²\] and thickness \[m\].
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Coating {
    /// mass of active material per area \[kg/m²\]
    pub active: f64,
    /// mass of the coating per area \[kg/m²\]
    pub mass: f64,
    /// thickness \[m\]
    pub thickness: f64,
}

impl Coating {
    /// The coating of `active` mass per area and its `density`, of which it is the `share` by mass, the rest of the density `inactive`.
    fn by_mass(active: f64, density: f64, share: f64, inactive: f64, porosity: f64) -> Self {
        let rest = active * (1.0 / share - 1.0);
        let thickness = (active / density + rest / inactive) / (1.0 - porosity);
        Self { active, mass: active + rest, thickness }
    }

    /// The coating of the cathode.
    pub fn of_cathode(cathode: &Cathode) -> Self {
        let active = cathode.areal_capacity / cathode.specific_capacity;
        match (cathode.active_share, cathode.active_volume) {
            (None, Some(volume)) => {
                let thickness = active / cathode.density / volume;
                let rest = (1.0 - cathode.porosity - volume) * thickness * cathode.inactive_density;
                Self { active, mass: active + rest, thickness }
            }
            (share, _) => {
                let share = share.unwrap_or(f64::NAN);
                Self::by_mass(active, cathode.density, share, cathode.inactive_density, cathode.porosity)
            }
        }
    }

    /// The coating of graphite that takes `capacity` \[C/m²\] with its reserve, discharged.
    pub fn of_graphite(graphite: &Graphite, capacity: f64) -> Self {
        let silicon = graphite.silicon_share;
        let specific = (1.0 - silicon) * graphite.specific_capacity + silicon * graphite.silicon_capacity;
        let density = 1.0 / ((1.0 - silicon) / graphite.density + silicon / graphite.silicon_density);
        let active = graphite.np_ratio * capacity / specific;
        Self::by_mass(active, density, graphite.active_share, graphite.inactive_density, graphite.porosity)
    }
}

/// The pair of electrodes of a cell.
pub fn pair(cell: &Cell) -> Pair {
    let half = match cell.format.sides {
        Sides::Double => 0.5,
        Sides::Single => 1.0,
    };
    let fixed = |key, name, thickness: f64, mass, filled, formula| Layer {
        key,
        name,
        discharged: thickness,
        charged: thickness,
        mass,
        filled,
        formula,
    };
    let foil = |key, name, thickness: f64, density: f64| {
        fixed(key, name, half * thickness, half * thickness * density, 0.0, &formulas::FOIL)
    };
    let (foils, fill) = (&cell.foils, cell.electrolyte.fill);
    let coating = Coating::of_cathode(&cell.cathode);
    let pores = fill * cell.cathode.porosity * coating.thickness;
    let separator = &cell.separator;
    let solid = (1.0 - separator.porosity) * separator.thickness * separator.density;
    let mut layers = vec![
        foil("positive_foil", "foil of the cathode", foils.positive_thickness, foils.positive_density),
        fixed("cathode", "cathode", coating.thickness, coating.mass, pores, &formulas::CATHODE),
        fixed(
            "separator",
            "separator",
            separator.thickness,
            solid,
            fill * separator.porosity * separator.thickness,
            &formulas::SEPARATOR,
        ),
    ];
    layers.extend(negative(cell, fill));
    layers.push(foil("negative_foil", "foil of the negative", foils.negative_thickness, foils.negative_density));
    let filled: f64 = layers.iter().map(|layer| layer.filled).sum();
    let charged: f64 = layers.iter().map(|layer| layer.charged).sum();
    let excess = cell.electrolyte.excess * filled;
    Pair {
        electrolyte: cell.electrolyte.density * (filled + excess),
        excess,
        room: charged * (1.0 + cell.format.swelling_room) + excess,
        layers,
    }
}

/// What faces the cathode.
fn negative(cell: &Cell, fill: f64) -> Vec<Layer> {
    let capacity = cell.cathode.areal_capacity;
    let deposit = |porosity: f64| {
        let charged = dense(capacity) / (1.0 - porosity);
        Layer {
            key: "deposit",
            name: "plated lithium",
            discharged: 0.0,
            charged,
            // its lithium comes from the cathode, which has been weighed with it
            mass: 0.0,
            filled: cell.electrolyte.deposit_fill * porosity * charged,
            formula: &formulas::DEPOSIT,
        }
    };
    match &cell.negative {
        Negative::None { deposit_porosity, interlayer_thickness, interlayer_density } => {
            let interlayer = Layer {
                key: "interlayer",
                name: "interlayer",
                discharged: *interlayer_thickness,
                charged: *interlayer_thickness,
                mass: interlayer_thickness * interlayer_density,
                filled: 0.0,
                formula: &formulas::INTERLAYER,
            };
            let is_there = *interlayer_thickness > 0.0;
            [deposit(*deposit_porosity)].into_iter().chain(is_there.then_some(interlayer)).collect()
        }
        Negative::Lithium { thickness, deposit_porosity } => {
            let foil = Layer {
                key: "lithium",
                name: "lithium foil",
                discharged: *thickness,
                charged: *thickness,
                mass: thickness * LITHIUM_DENSITY,
                filled: 0.0,
                formula: &formulas::LITHIUM,
            };
            vec![deposit(*deposit_porosity), foil]
        }
        Negative::Graphite(graphite) => {
            let coating = Coating::of_graphite(graphite, capacity);
            vec![Layer {
                key: "graphite",
                name: "graphite",
                discharged: coating.thickness,
                charged: coating.thickness * (1.0 + graphite.swelling),
                mass: coating.mass,
                filled: fill * graphite.porosity * coating.thickness,
                formula: &formulas::GRAPHITE,
            }]
        }
    }
}

impl Pair {
    /// Thickness when discharged \[m\].
    pub fn discharged(&self) -> f64 {
        self.layers.iter().map(|layer| layer.discharged).sum()
    }

    /// Thickness when charged \[m\].
    pub fn charged(&self) -> f64 {
        self.layers.iter().map(|layer| layer.charged).sum()
    }

    /// Mass per area, with the electrolyte \[kg/m²\].
    pub fn mass(&self) -> f64 {
        self.layers.iter().map(|layer| layer.mass).sum::<f64>() + self.electrolyte
    }
}

#[cfg(test)]
pub mod tests {
    use super::*;
    use crate::cell::design::{Electrolyte, Foils, Format, Material, Separator};
    use crate::model::keys::defaults;

    /// A cell whose numbers are easy: 4 mAh/cm² of 200 mAh/g at 4 g/cm³ are 20 mg/cm² and 50 µm.
    pub fn easy(negative: Negative) -> Cell {
        let cathode = Cathode {
            material: Material::Nmc811,
            areal_capacity: 144e3,
            specific_capacity: 720e3,
            active_share: Some(1.0),
            density: 4000.0,
            porosity: 0.2,
            mean_voltage: Some(3.8),
            potential: 3.8,
            ..defaults()
        };
        Cell {
            cathode,
            negative,
            separator: Separator { thickness: 10e-6, porosity: 0.5, density: 1000.0 },
            electrolyte: Electrolyte { density: 1200.0, fill: 1.0, deposit_fill: 1.0, excess: 0.0 },
            foils: Foils {
                positive_thickness: 12e-6,
                positive_density: 2700.0,
                negative_thickness: 8e-6,
                negative_density: 9000.0,
            },
            format: Format {
                area: 0.1,
                layers: 10,
                sides: Sides::Double,
                housing_volume: 1e-5,
                housing_mass: 0.02,
                swelling_room: 0.0,
            },
        }
    }

    /// Bare copper, under lithium of a porosity.
    pub fn bare(deposit_porosity: f64) -> Negative {
        Negative::None { deposit_porosity, interlayer_thickness: 0.0, interlayer_density: 2000.0 }
    }

    fn close(a: f64, b: f64) {
        assert!((a - b).abs() <= 1e-9 * b.abs(), "{a} is not {b}");
    }

    #[test]
    fn a_pair_without_anode_is_the_sum_of_its_layers() {
        let pair = pair(&easy(bare(0.0)));
        // foils 6 and 4 µm, coating 50/0.8 = 62.5, separator 10
        close(pair.discharged(), 82.5e-6);
        // 144 kC/m² · 13 cm³/mol / F = 19.402 µm
        close(pair.charged(), 82.5e-6 + 144e3 * 1.3e-5 / 96_485.332_12);
        // pores of 12.5 and 5 µm of 1200 kg/m³; 0.2 + 0.005 + 0.0162 + 0.036 kg/m²
        close(pair.electrolyte, 0.021);
        close(pair.mass(), 0.2 + 0.005 + 0.0162 + 0.036 + 0.021);
        close(pair.room, pair.charged());
    }

    #[test]
    fn pores_of_the_deposit_make_it_thicker_and_hold_electrolyte() {
        let (dense, half) = (pair(&easy(bare(0.0))), pair(&easy(bare(0.5))));
        let t = super::dense(144e3);
        close(half.charged() - dense.charged(), t);
        close(half.electrolyte - dense.electrolyte, t * 1200.0);
        let mut cell = easy(bare(0.5));
        cell.electrolyte.excess = 0.1;
        cell.format.swelling_room = 0.05;
        let with = pair(&cell);
        // 17.5 µm of pores and those of the deposit
        close(with.excess, 0.1 * (17.5e-6 + t));
        close(with.room, 1.05 * half.charged() + with.excess);
    }

    #[test]
    fn lithium_foil_adds_its_thickness_and_mass() {
        let foil = pair(&easy(Negative::Lithium { thickness: 20e-6, deposit_porosity: 0.0 }));
        let bare = pair(&easy(bare(0.0)));
        close(foil.charged() - bare.charged(), 20e-6);
        close(foil.mass() - bare.mass(), 20e-6 * 533.923_076_923);
    }

    #[test]
    fn graphite_has_its_reserve_and_swells() {
        let graphite = Graphite {
            np_ratio: 1.1,
            specific_capacity: 1260e3,
            density: 2200.0,
            active_share: 1.0,
            porosity: 0.25,
            swelling: 0.1,
            ..defaults()
        };
        // 158.4 kC/m² over 1260 kC/kg is 0.125714 kg/m², 57.143 µm of solid, 76.190 µm with its pores
        let coating = Coating::of_graphite(&graphite, 144e3);
        close(coating.mass, 158.4 / 1260.0);
        close(coating.thickness, 158.4 / 1260.0 / 2200.0 / 0.75);
        let pair = pair(&easy(Negative::Graphite(graphite.clone())));
        close(pair.charged() - pair.discharged(), 0.1 * coating.thickness);
        // half the mass of silicon at three times the capacity: twice the capacity per mass
        let mixed = Graphite { silicon_share: 0.5, silicon_capacity: 3780e3, silicon_density: 2200.0, ..graphite };
        close(Coating::of_graphite(&mixed, 144e3).mass, 158.4 / 2520.0);
    }

    #[test]
    fn a_share_of_the_volume_says_the_same_as_one_of_the_mass() {
        // 100 kg of 4000 kg/m³ and 5 of 2000: 25 and 2.5 l; with a fifth of pores 34.375 l
        let by_mass =
            Cathode { active_share: Some(100.0 / 105.0), inactive_density: 2000.0, ..easy(bare(0.0)).cathode };
        let by_volume = Cathode { active_share: None, active_volume: Some(25.0 / 34.375), ..by_mass.clone() };
        let [a, b] = [by_mass, by_volume].map(|cathode| Coating::of_cathode(&cathode));
        close(a.thickness, b.thickness);
        close(a.mass, b.mass);
        close(a.mass, 0.21);
    }
}

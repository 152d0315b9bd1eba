//! What a cell is made of, and what is asked about it: the keys of `[cell]`, in SI units.
//!
//! Each default names its source or says that it is an estimate. Shares are of 1.

use serde::{Deserialize, Serialize};

use crate::kinds;
use crate::model::keys::{Named, OfKeys, Table};
use crate::section;

/// A cell and what is asked about it: the section `[cell]`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Design {
    /// what the cell is made of
    pub cell: Cell,
    /// what is asked about it
    pub asked: Asked,
}

impl Design {
    /// The table of the keys of `[cell]`.
    pub fn table() -> Table {
        Cell::table().and(Asked::table())
    }
}

section! {
    /// What a cell is made of.
    pub struct Cell {
        cathode: Cathode = required_inner(), "the coating of the positive electrode";
        negative: Negative = required_inner(), "the negative electrode as the cell is assembled, discharged";
        separator: Separator = required_inner(), "what parts the electrodes: a porous film, or a solid electrolyte";
        electrolyte: Electrolyte = inner_or_defaults(), "the liquid in the pores";
        foils: Foils = inner_or_defaults(), "the current collectors";
        format: Format = required_inner(), "area, layers and housing";
    }
}

section! {
    /// What is asked about a cell.
    pub struct Asked {
        baseline: Graphite = inner_or_defaults(), "negative electrode of the cell with graphite that a cell with lithium is held against; cathode, separator, foils and room are the same";
        gain: f64 = or("1", Positive, 0.25), "gain over that cell, in energy per volume, whose porosity is sought (Panasonic, September 2025: +25 %)";
        pack: Pack = inner_or_defaults(), "the pack, and the car that it moves";
        life: Life = inner_or_defaults(), "what wears the lithium";
        specific_heat: f64 = or("J/kg/K", Positive, 1000.0), "heat capacity of the cell over its mass, as calorimeters have it (estimate: 900 to 1,100 J/kg/K are usual)";
        cooling: Option<f64> = optional("W/K", NotNegative, "a run does not tell the temperature of the cell"), "heat that the whole cell gives to its surroundings for each kelvin that it is warmer; 0 for none. The surroundings have the temperature of the step";
        prices: Option<Prices> = inner("no costs are told"), "what metals cost, in a currency of your own";
        extender: Option<Extender> = inner("the pack has one kind of cell"), "a second kind of cell that is used on long journeys only";
        driving: Option<Driving> = inner("no journeys are told"), "how far the car goes in a day; needs an extender";
    }
}

/// Active materials whose formulas, and so metals, are known.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Material {
    /// LiNi₀.₈Mn₀.₁Co₀.₁O₂
    Nmc811,
    /// LiNi₀.₆Mn₀.₂Co₀.₂O₂
    Nmc622,
    /// LiNi₀.₅Mn₀.₃Co₀.₂O₂
    Nmc532,
    /// LiNi₀.₉Mn₀.₀₅Co₀.₀₅O₂
    Nmc90,
    /// LiNi₀.₈Co₀.₁₅Al₀.₀₅O₂
    Nca,
    /// LiFePO₄
    Lfp,
    /// another one
    Other,
}

impl Named for Material {
    const NAMED: &'static [(&'static str, Self, &'static str)] = &[
        ("nmc811", Self::Nmc811, "LiNi₀.₈Mn₀.₁Co₀.₁O₂"),
        ("nmc622", Self::Nmc622, "LiNi₀.₆Mn₀.₂Co₀.₂O₂"),
        ("nmc532", Self::Nmc532, "LiNi₀.₅Mn₀.₃Co₀.₂O₂"),
        ("nmc90", Self::Nmc90, "LiNi₀.₉Mn₀.₀₅Co₀.₀₅O₂"),
        ("nca", Self::Nca, "LiNi₀.₈Co₀.₁₅Al₀.₀₅O₂"),
        ("lfp", Self::Lfp, "LiFePO₄"),
        ("other", Self::Other, "another one, whose metals are not told"),
    ];
}

section! {
    /// The coating of the positive electrode.
    pub struct Cathode {
        material: Material = choice_or(Material::Other), "active material, whose metals are counted";
        nickel_share: Option<f64> = optional("1", Within(0.0..=1.0), "that of the material, if it is known"), "mass of nickel over that of the active material, of a material that is another one";
        areal_capacity: f64 = required("C/m^2", Positive), "charge per area that the cell delivers when new";
        specific_capacity: f64 = required("C/kg", Positive), "charge per mass of active material that it delivers between the limits of the cell";
        active_share: Option<f64> = optional("1", Within(0.01..=1.0), "active_volume"), "mass of active material over that of the dry coating";
        active_volume: Option<f64> = optional("1", Within(0.01..=1.0), "active_share"), "volume of active material over that of the coating, pores counted";
        density: f64 = required("kg/m^3", Positive), "density of the active material";
        inactive_density: f64 = or("kg/m^3", Positive, 1800.0), "density of binder and carbon together, or of the solid electrolyte in a solid cathode (estimate: PVDF 1.78, carbon black 1.9 g/cm³)";
        porosity: f64 = required("1", Within(0.0..=0.95)), "volume of the pores over that of the coating";
        mean_voltage: Option<f64> = optional("V", Within(0.5..=6.0), "that of ocp"), "mean potential against lithium over the discharge";
        ocp: Option<String> = optional_text("mean_voltage"), "open-circuit potential whose mean it is: nmc811, nca, nmc532, lfp, or a CSV file of x and U (docs/inputs.md)";
        polarisation: f64 = or("V", NotNegative, 0.0), "what the mean voltage of the cell loses at the rate of the discharge (0: the estimate of a slow one)";
        potential: f64 = derived(), "mean potential against lithium, given or that of the open-circuit potential \\[V\\]";
    }
}

kinds! {
    /// The negative electrode as the cell is assembled.
    pub enum Negative by "kind" without None; {
        None {
            deposit_porosity: f64 = or("1", Within(0.0..=0.95), 0.0), "porosity of the lithium when charged; a run measures it (0: dense, the bound that no estimate can pass)";
            interlayer_thickness: f64 = or("m", NotNegative, 0.0), "thickness of a coating on the collector that lithium is plated under or through (0: an estimate for bare copper)";
            interlayer_density: f64 = or("kg/m^3", Positive, 2000.0), "density of that coating as it is, pores counted (estimate: carbon with a quarter of silver)";
        } = "none", "nothing: lithium is plated on the collector";
        Lithium {
            thickness: f64 = required("m", Positive), "thickness of the lithium that the cell is assembled with, on each side of the foil";
            deposit_porosity: f64 = or("1", Within(0.0..=0.95), 0.0), "porosity of what is plated on it; a run measures it (0: dense, the bound that no estimate can pass)";
        } = "lithium", "lithium foil";
        Graphite(graphite: Graphite) = "graphite", "graphite, with silicon if wanted";
    }
}

impl Negative {
    fn otherwise() -> Self {
        Self::None { deposit_porosity: f64::NAN, interlayer_thickness: f64::NAN, interlayer_density: f64::NAN }
    }

    /// Porosity of the plated lithium; none with graphite.
    pub fn deposit_porosity(&self) -> Option<f64> {
        match self {
            Self::None { deposit_porosity, .. } | Self::Lithium { deposit_porosity, .. } => Some(*deposit_porosity),
            Self::Graphite(_) => None,
        }
    }

    /// Returns the electrode with plated lithium of another porosity; one of graphite is as it was.
    pub fn with_porosity(&self, porosity: f64) -> Self {
        let mut changed = self.clone();
        if let Self::None { deposit_porosity, .. } | Self::Lithium { deposit_porosity, .. } = &mut changed {
            *deposit_porosity = porosity;
        }
        changed
    }
}

section! {
    /// A negative electrode of graphite, or of graphite and silicon.
    pub struct Graphite {
        np_ratio: f64 = or("1", Positive, 1.08), "capacity of the negative over that of the positive electrode, per area (estimate: 1.05 to 1.15 are usual)";
        specific_capacity: f64 = or("C/kg", Positive, 355.0 * 3.6e3), "reversible charge per mass of graphite (estimate; LiC₆ has 372 mAh/g)";
        density: f64 = or("kg/m^3", Positive, 2240.0), "density of graphite (that of the crystal is 2.26 g/cm³; estimate for battery grades)";
        silicon_share: f64 = or("1", Within(0.0..=0.95), 0.0), "mass of silicon or its oxide over that of the active material (0: the estimate of plain graphite)";
        silicon_capacity: f64 = or("C/kg", Positive, 1500.0 * 3.6e3), "reversible charge per mass of it (estimate for SiOx)";
        silicon_density: f64 = or("kg/m^3", Positive, 2200.0), "its density (estimate for SiOx, between silicon, 2.33, and silica, 2.2 g/cm³)";
        active_share: f64 = or("1", Within(0.01..=1.0), 0.965), "mass of active material over that of the dry coating (estimate)";
        inactive_density: f64 = or("kg/m^3", Positive, 1300.0), "density of binder and carbon together (estimate: CMC 1.6, SBR 0.95, carbon black 1.9 g/cm³)";
        porosity: f64 = or("1", Within(0.0..=0.95), 0.25), "volume of the pores over that of the coating, discharged (Chen et al. 2020, J. Electrochem. Soc. 167, 080534: 0.25)";
        swelling: f64 = or("1", Within(0.0..=3.0), 0.08), "growth of its thickness from discharged to charged (estimate; graphite's crystal grows by 13 % in volume: Schweidler et al. 2018, J. Phys. Chem. C 122, 8829)";
        mean_potential: f64 = or("V", Within(0.0..=1.0), 0.12), "mean potential against lithium over the discharge (estimate from graphite's plateaus at 0.09, 0.12 and 0.21 V)";
    }
}

section! {
    /// What parts the electrodes.
    pub struct Separator {
        thickness: f64 = required("m", Positive), "thickness";
        porosity: f64 = required("1", Within(0.0..=0.95)), "volume of its pores over its own";
        density: f64 = or("kg/m^3", Positive, 950.0), "density of its solid (estimate: polyethylene, 0.95 g/cm³; a ceramic coating makes it more)";
    }
}

section! {
    /// The liquid in the pores.
    pub struct Electrolyte {
        density: f64 = or("kg/m^3", Positive, 1200.0), "density (estimate: 1 M LiPF6 in EC:EMC, 1.2 g/cm³; concentrated fluorinated ones to 1.5)";
        fill: f64 = or("1", Within(0.0..=1.0), 1.0), "filled part of the pores of coatings and separator; 0 in a solid cell (1: an estimate, all)";
        deposit_fill: f64 = or("1", Within(0.0..=1.0), 1.0), "filled part of the pores of plated lithium (1: an estimate, all)";
        excess: f64 = or("1", NotNegative, 0.0), "electrolyte beyond that, over it; its volume adds to that of the cell (0: an estimate, none)";
    }
}

section! {
    /// The current collectors.
    pub struct Foils {
        positive_thickness: f64 = or("m", Positive, 12e-6), "thickness of the foil of the cathode (estimate: 10 to 16 µm are usual)";
        positive_density: f64 = or("kg/m^3", Positive, 2700.0), "its density (aluminium, CRC Handbook 2014: 2.70 g/cm³)";
        negative_thickness: f64 = or("m", Positive, 8e-6), "thickness of the foil of the negative electrode (estimate: 6 to 12 µm are usual)";
        negative_density: f64 = or("kg/m^3", Positive, 8960.0), "its density (copper, CRC Handbook 2014: 8.96 g/cm³)";
    }
}

/// On how many sides foils are coated.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Sides {
    /// both: half a foil of each kind belongs to a pair of electrodes
    Double,
    /// one
    Single,
}

impl Named for Sides {
    const NAMED: &'static [(&'static str, Self, &'static str)] = &[
        ("double", Self::Double, "on both: half a foil of each kind belongs to a pair of electrodes"),
        ("single", Self::Single, "on one: a whole one does"),
    ];
}

section! {
    /// Area, layers and housing.
    pub struct Format {
        area: f64 = required("m^2", Positive), "area of one layer of the cathode";
        layers: u64 = whole(1..=10_000, 1), "layers of the cathode, each facing a negative electrode; a sheet that is coated on both sides has two (1: an estimate for what is told by area alone)";
        sides: Sides = choice_or(Sides::Double), "sides of the foils that are coated (both: an estimate, as nearly all cells have it)";
        housing_volume: f64 = required("m^3", NotNegative), "volume of the cell beside its layers: can or pouch, tabs, seals, core";
        housing_mass: f64 = required("kg", NotNegative), "mass of the cell beside its layers: can or pouch, tabs, overhang";
        swelling_room: f64 = or("1", NotNegative, 0.0), "volume kept free for what the cell grows in its life, over that of the charged layers (0: an estimate, none)";
    }
}

section! {
    /// The pack, and the car that it moves.
    pub struct Pack {
        energy: Option<f64> = optional("J", Positive, "no range is told"), "energy of the pack with the cell, or of the one with graphite where the cell has lithium";
        consumption: Option<f64> = optional("J/m", Positive, "no range is told"), "energy that the car takes per distance, from the pack";
        usable_share: f64 = or("1", Within(0.1..=1.0), 0.95), "part of the energy that the car may use (estimate)";
        volume_share: f64 = or("1", Within(0.05..=1.0), 0.45), "volume of the cells over that of the pack (estimate: modules 0.35 to 0.45, cells in the pack directly 0.5 to 0.7)";
        mass_share: f64 = or("1", Within(0.05..=1.0), 0.65), "mass of the cells over that of the pack (estimate: 0.6 to 0.75)";
    }
}

section! {
    /// What wears the lithium.
    pub struct Life {
        efficiency: Option<f64> = optional("1", Within(0.5..=1.0), "that of a run, where one is given"), "Coulombic efficiency of the lithium, cycle by cycle";
        end: f64 = or("1", Within(0.05..=0.99), 0.8), "capacity over the first at which a life ends (0.8: USABC's manual for test vehicles, 1996)";
        formation: u64 = whole(0..=100, 1), "first cycles of a run that are formation: they cost capacity, but do not count for the life (1: an estimate)";
    }
}

section! {
    /// What metals cost, in a currency of your own for each kilogram.
    pub struct Prices {
        currency: String = text_or("money"), "name of the currency";
        lithium: Option<f64> = optional("1", NotNegative, "it is not counted"), "price of a kilogram of lithium, as metal content";
        nickel: Option<f64> = optional("1", NotNegative, "it is not counted"), "price of a kilogram of nickel";
        cobalt: Option<f64> = optional("1", NotNegative, "it is not counted"), "price of a kilogram of cobalt";
        manganese: Option<f64> = optional("1", NotNegative, "it is not counted"), "price of a kilogram of manganese";
    }
}

section! {
    /// A second kind of cell, used when those of the first are empty.
    pub struct Extender {
        cathode: Cathode = required_inner(), "as in `[cell]`";
        negative: Negative = required_inner(), "as in `[cell]`";
        separator: Separator = required_inner(), "as in `[cell]`";
        electrolyte: Electrolyte = inner_or_defaults(), "as in `[cell]`";
        foils: Foils = inner_or_defaults(), "as in `[cell]`";
        format: Format = required_inner(), "as in `[cell]`";
        efficiency: Option<f64> = optional("1", Within(0.5..=1.0), "that of a run, where one is given"), "Coulombic efficiency of its lithium";
    }
}

impl Extender {
    /// Returns what it is made of.
    pub fn cell(&self) -> Cell {
        let Self { cathode, negative, separator, electrolyte, foils, format, .. } = self.clone();
        Cell { cathode, negative, separator, electrolyte, foils, format }
    }
}

section! {
    /// How far the car goes in a day.
    pub struct Driving {
        everyday_range: f64 = required("m", Positive), "distance that the cells of `[cell]` are good for, which a day begins with";
        extender_range: f64 = required("m", Positive), "distance that the extender adds";
        median: Option<f64> = optional("m", Positive, "days"), "median of the distance of a day that is driven, log-normal";
        spread: Option<f64> = optional("1", Positive, "days"), "standard deviation of the logarithm of that distance";
        days: Option<String> = optional_text("median and spread"), "CSV file with the distances of days in a column `distance`, unit in its header";
        driven_share: f64 = or("1", Within(0.01..=1.0), 1.0), "days that are driven over all days (1: an estimate, every day)";
        everyday_cycles: Option<f64> = optional("1", Positive, "its life is not told"), "full cycles that the cells of `[cell]` last to the end of their life";
        distances: Vec<f64> = derived(), "distances of days, of the CSV file \\[m\\]";
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::keys::{Key, Takes, Without};

    /// Every default of a number says where it comes from: a source has a year or a value, else it is called an estimate.
    #[test]
    fn defaults_name_their_source_or_are_estimates() {
        fn look(keys: &[Key], path: &str, seen: &mut usize) {
            for key in keys {
                let path = format!("{path}.{}", key.name);
                if let Takes::Section { table, .. } = &key.takes {
                    look(&table.keys, &path, seen);
                    table.kinds.iter().for_each(|kind| look(&kind.keys, &path, seen));
                }
                let number = matches!(key.takes, Takes::Quantity { .. } | Takes::Whole(_));
                if number && matches!(key.without, Without::Value(_)) {
                    let is_sourced = ["estimate", "19", "20"].iter().any(|word| key.meaning.contains(word));
                    assert!(is_sourced, "{path}: {}", key.meaning);
                    *seen += 1;
                }
            }
        }
        let mut seen = 0;
        look(&Design::table().keys, "cell", &mut seen);
        assert!(seen > 30, "{seen}");
    }
}

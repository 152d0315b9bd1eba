//! Charge, voltage, energy, volume and mass of a cell; the same room filled with other electrodes; the porosity at which a gain is lost.

use super::design::{Asked, Cell, Design, Negative};
use super::stack::{Pair, dense, pair};

/// A watt-hour \[J\].
pub const WATT_HOUR: f64 = 3600.0;
/// A watt-hour per litre \[J/m³\].
pub const WATT_HOUR_PER_LITRE: f64 = 3.6e6;

/// What a run changes of a design.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Losses {
    /// mean potential of the negative electrode while it is stripped, against lithium \[V\]
    pub stripping_potential: f64,
    /// part of the areal capacity that is left after formation
    pub capacity_share: f64,
}

impl Losses {
    /// A design as it stands.
    pub const NONE: Self = Self { stripping_potential: 0.0, capacity_share: 1.0 };
}

/// A cell in numbers.
#[derive(Clone, Debug, PartialEq)]
pub struct Figures {
    /// its pair of electrodes
    pub pair: Pair,
    /// pairs in it; no whole number where a given room is filled
    pub layers: f64,
    /// charge \[C\]
    pub capacity: f64,
    /// mean voltage of the discharge \[V\]
    pub voltage: f64,
    /// energy of the discharge \[J\]
    pub energy: f64,
    /// volume \[m³\]
    pub volume: f64,
    /// mass \[kg\]
    pub mass: f64,
    /// area of a layer \[m²\]
    area: f64,
}

/// Mean voltage of a cell over its discharge \[V\].
pub fn voltage(cell: &Cell, losses: Losses) -> f64 {
    let negative = match &cell.negative {
        Negative::Graphite(graphite) => graphite.mean_potential,
        Negative::None { .. } | Negative::Lithium { .. } => losses.stripping_potential,
    };
    cell.cathode.potential - cell.cathode.polarisation - negative
}

/// A cell with so many `layers`.
fn with_layers(cell: &Cell, losses: Losses, layers: f64) -> Figures {
    let pair = pair(cell);
    let area = cell.format.area;
    let capacity = losses.capacity_share * cell.cathode.areal_capacity * area * layers;
    let voltage = voltage(cell, losses);
    Figures {
        layers,
        capacity,
        voltage,
        energy: capacity * voltage,
        volume: layers * area * pair.room + cell.format.housing_volume,
        mass: layers * area * pair.mass() + cell.format.housing_mass,
        area,
        pair,
    }
}

/// A cell as it is designed.
pub fn designed(cell: &Cell) -> Figures {
    with_layers(cell, Losses::NONE, cell.format.layers as f64)
}

/// Heat capacity of a cell as it is designed, for each area of its electrodes \[J/m²/K\].
pub fn heat_capacity_per_area(design: &Design) -> f64 {
    designed(&design.cell).heat_capacity(&design.asked) / electrode_area(&design.cell)
}

/// Area of all layers of the cathode of a cell \[m²\].
pub fn electrode_area(cell: &Cell) -> f64 {
    cell.format.area * cell.format.layers as f64
}

/// A cell whose layers take the `room` \[m\] of another one's, so many pairs times what each takes: the same volume in the same housing.
pub fn filling(cell: &Cell, losses: Losses, room: f64) -> Figures {
    with_layers(cell, losses, room / pair(cell).room)
}

/// Room that the layers of a design take \[m\].
pub fn room(cell: &Cell) -> f64 {
    cell.format.layers as f64 * pair(cell).room
}

/// The cell with graphite instead of what it has.
pub fn baseline(cell: &Cell, asked: &Asked) -> Cell {
    Cell { negative: Negative::Graphite(asked.baseline.clone()), ..cell.clone() }
}

/// The cell with plated lithium of another porosity.
pub fn with_porosity(cell: &Cell, porosity: f64) -> Cell {
    Cell { negative: cell.negative.with_porosity(porosity), ..cell.clone() }
}

impl Figures {
    /// Energy per volume of the charged layers \[J/m³\].
    pub fn stack_charged(&self) -> f64 {
        self.energy / (self.layers * self.area * self.pair.charged())
    }

    /// Energy per volume of the discharged layers \[J/m³\].
    pub fn stack_discharged(&self) -> f64 {
        self.energy / (self.layers * self.area * self.pair.discharged())
    }

    /// Energy per mass of the layers \[J/kg\].
    pub fn stack_per_mass(&self) -> f64 {
        self.energy / (self.layers * self.area * self.pair.mass())
    }

    /// Energy per volume of the cell \[J/m³\].
    pub fn per_volume(&self) -> f64 {
        self.energy / self.volume
    }

    /// Energy per mass of the cell \[J/kg\].
    pub fn per_mass(&self) -> f64 {
        self.energy / self.mass
    }

    /// Heat capacity of the cell \[J/K\].
    pub fn heat_capacity(&self, asked: &Asked) -> f64 {
        asked.specific_heat * self.mass
    }

    /// Growth of the thickness from discharged to charged, over the thickness when discharged.
    pub fn swelling(&self) -> f64 {
        self.pair.charged() / self.pair.discharged() - 1.0
    }
}

/// Porosity of the plated lithium at which a cell has `gain` times one more energy in the same room than the cell `other`. None if even
/// dense lithium does not reach it, or the cell plates none.
///
/// The room of a pair is linear in the thickness s of the deposit, so that s and the porosity 1 − t/s, t being the dense thickness, follow.
pub fn porosity_at_gain(cell: &Cell, losses: Losses, other: &Cell, gain: f64) -> Option<f64> {
    cell.negative.deposit_porosity()?;
    let t = dense(cell.cathode.areal_capacity);
    let slope = 1.0 + cell.format.swelling_room + cell.electrolyte.excess * cell.electrolyte.deposit_fill;
    let rest = pair(&with_porosity(cell, 0.0)).room - slope * t;
    let per_area =
        |cell: &Cell, losses: Losses| losses.capacity_share * cell.cathode.areal_capacity * voltage(cell, losses);
    let wanted = per_area(cell, losses) * pair(other).room / (per_area(other, Losses::NONE) * (1.0 + gain));
    let porosity = 1.0 - t * slope / (wanted - rest);
    (wanted > rest && porosity >= 0.0).then_some(porosity)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cell::stack::tests::{bare, easy};
    use crate::model::keys::defaults;

    fn close(a: f64, b: f64) {
        assert!((a - b).abs() <= 1e-9 * b.abs(), "{a} is not {b}");
    }

    #[test]
    fn a_cell_is_its_layers_and_its_housing() {
        let cell = easy(bare(0.0));
        let found = designed(&cell);
        // ten layers of 1000 cm² at 4 mAh/cm²: 40 Ah at 3.8 V, 152 Wh
        close(found.capacity, 144e3);
        close(found.energy, 152.0 * 3600.0);
        let t = 144e3 * 1.3e-5 / 96_485.332_12;
        close(found.volume, 82.5e-6 + t + 1e-5);
        close(found.mass, 0.2782 + 0.02);
        close(found.stack_discharged(), 152.0 * 3600.0 / 82.5e-6);
        close(found.swelling(), t / 82.5e-6);
    }

    #[test]
    fn the_same_room_holds_more_of_thinner_pairs() {
        let cell = easy(bare(0.5));
        let (own, dense) = (designed(&cell), filling(&with_porosity(&cell, 0.0), Losses::NONE, room(&cell)));
        close(own.volume, dense.volume);
        close(dense.energy / own.energy, pair(&cell).room / dense.pair.room);
    }

    #[test]
    fn losses_take_voltage_and_charge() {
        let losses = Losses { stripping_potential: 0.05, capacity_share: 0.9 };
        let cell = easy(bare(0.0));
        let found = filling(&cell, losses, room(&cell));
        close(found.voltage, 3.75);
        close(found.energy, 0.9 * 40.0 * 3.75 * 3600.0);
    }

    #[test]
    fn at_the_porosity_of_a_gain_the_gain_is_what_was_asked() {
        let mut cell = easy(bare(0.0));
        for (excess, swelling_room) in [(0.0, 0.0), (0.3, 0.1)] {
            cell.electrolyte.excess = excess;
            cell.format.swelling_room = swelling_room;
            let other = baseline(&cell, &defaults());
            for gain in [0.1, 0.25, 0.4] {
                let porosity = porosity_at_gain(&cell, Losses::NONE, &other, gain).unwrap();
                let [a, b] = [with_porosity(&cell, porosity), other.clone()]
                    .map(|of| filling(&of, Losses::NONE, 1e-3).per_volume());
                close(a / b, 1.0 + gain);
            }
            assert_eq!(porosity_at_gain(&cell, Losses::NONE, &other, 5.0), None);
            assert_eq!(porosity_at_gain(&other, Losses::NONE, &other, 0.0), None);
        }
    }
}

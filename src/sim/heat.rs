//! Heat that a cell makes, per area of the box. The temperature stays what it is: heat is told, not conducted.

use crate::model::parameters::Setup;
use crate::solver::step::Clock;

/// Heat in the last step \[W/m²\], by where it is made. Negative where it is taken up.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Heat {
    /// at the lithium: charge transfer, film, and the electrolyte within the diffuse interface
    pub interface: f64,
    /// in the electrolyte up to the top of the box, or to the far end of the column above it: conduction, and what differences of
    /// concentration take up and give back
    pub electrolyte: f64,
    /// in the rest of the cell, if there is a cathode
    pub cell: Option<OfCell>,
}

/// Heat of a cell beside that of its lithium electrode and its electrolyte \[W/m²\].
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct OfCell {
    /// in the resistance between the electrolyte and the cathode's current collector
    pub cathode: f64,
    /// of the entropy of the cell's reaction, reversible
    pub entropy: f64,
    /// in a short
    pub short: f64,
}

impl Heat {
    /// Names and units of its members, after that of their sum.
    pub const COLUMNS: [(&str, &str); 6] = [
        ("heat", "W/m2"),
        ("interface_heat", "W/m2"),
        ("electrolyte_heat", "W/m2"),
        ("cathode_heat", "W/m2"),
        ("entropy_heat", "W/m2"),
        ("short_heat", "W/m2"),
    ];

    /// The heat of the last step of a run that stands at `clock`.
    ///
    /// The power that drives the current I through the half-cell is −I E, E its potential against lithium: what is not made at the lithium is
    /// made in the electrolyte. The rest of the cell makes I² times the cathode's resistance, I T dU/dT, and the leak times the voltage.
    pub fn of(setup: &Setup, clock: &Clock) -> Self {
        let current = clock.current;
        let cell = setup.cathode.as_ref().map(|cathode| OfCell {
            cathode: cathode.resistance * current * current,
            entropy: current * clock.temperature * cathode.entropy,
            short: clock.leak * cathode.voltage(clock.charge(setup), current, clock.potential),
        });
        let interface = clock.reaction_power;
        Self { interface, electrolyte: -current * clock.potential - interface, cell }
    }

    /// All of it \[W/m²\].
    pub fn total(self) -> f64 {
        let of_cell = |cell: OfCell| cell.cathode + cell.entropy + cell.short;
        self.interface + self.electrolyte + self.cell.map_or(0.0, of_cell)
    }

    /// The sum and the members, in the order of [`Self::COLUMNS`]; NaN where there is no cathode.
    pub fn to_array(self) -> [f64; Self::COLUMNS.len()] {
        let nothing = OfCell { cathode: f64::NAN, entropy: f64::NAN, short: f64::NAN };
        let OfCell { cathode, entropy, short } = self.cell.unwrap_or(nothing);
        // + 0.0: no minus before a zero
        [self.total(), self.interface, self.electrolyte, cathode, entropy, short].map(|heat| heat + 0.0)
    }
}

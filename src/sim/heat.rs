//! Heat that a cell makes, per area of the box. The temperature stays what it is: heat is told, not conducted.

use crate::model::parameters::Setup;
use crate::solver::step::Clock;

/// Heat in the last step \[W/m²\], by where it is made. Negative where it is taken up.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Heat {
    /// at the lithium: charge transfer, film, and the electrolyte within the diffuse interface
    pub interface: f64,
    /// in the electrolyte up to the top of the box, or to the far end of the column above it: conduction, and what differences of
    /// concentration take up and give back
    pub electrolyte: f64,
    /// in the resistance between there and the cathode's current collector
    pub cathode: f64,
    /// with the entropy of the cell's reaction, reversible
    pub entropy: f64,
    /// in a short
    pub short: f64,
}

impl Heat {
    /// Names and units of its members and their sum.
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
    /// made in the electrolyte. The rest is that of the cell: I² times the cathode's resistance, I T dU/dT, and the leak times the voltage.
    pub fn of(setup: &Setup, clock: &Clock) -> Self {
        let current = clock.current;
        // + 0.0: no minus before a zero
        let through = -current * clock.potential + 0.0;
        let (interface, cathode) = (clock.reaction_power, setup.cathode.as_ref());
        Self {
            interface,
            electrolyte: through - interface,
            cathode: cathode.map_or(0.0, |cathode| cathode.resistance * current * current),
            entropy: cathode.map_or(0.0, |cathode| current * clock.temperature * cathode.entropy),
            short: clock.leak * clock.voltage(setup).unwrap_or(0.0),
        }
    }

    /// All of it \[W/m²\].
    pub fn total(self) -> f64 {
        self.interface + self.electrolyte + self.cathode + self.entropy + self.short
    }

    /// The sum and the members, in the order of [`Self::COLUMNS`].
    pub fn to_array(self) -> [f64; Self::COLUMNS.len()] {
        let Self { interface, electrolyte, cathode, entropy, short } = self;
        [self.total(), interface, electrolyte, cathode, entropy, short]
    }
}

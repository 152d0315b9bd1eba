//! What the host remembers between steps.

use serde::{Deserialize, Serialize};

use super::backend::{Inventory, Piece};
use super::column::Column;
use super::ledger::Ledger;
use crate::control::controller::Rule;
use crate::control::edge::Electrical;
use crate::control::time_step::LimitedBy;
use crate::model::parameters::{Control, Setup};

/// What the host remembers between steps. With the backend's fields it is the whole state of a run.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Clock {
    /// time \[s\]
    pub time: f64,
    /// steps taken
    pub step: u64,
    /// length of the next step, if nothing cuts it short \[s\]
    pub dt: f64,
    /// what limits it
    pub limited_by: LimitedBy,
    /// reference that the field `phi` is counted from \[V\]
    pub phi_reference: f64,
    /// electrode potential against Li/Li⁺ at the top, or at the far end of the column above it \[V\]
    pub potential: f64,
    /// what is imposed at the top
    pub control: Control,
    /// cell voltage that a given potential is adjusted to \[V\]
    pub held: Option<f64>,
    /// electrode potential down to which a plating current that is given is kept up, if there is one \[V\]
    #[serde(default)]
    pub compliance: Option<f64>,
    /// potential that the compliance imposes instead of the given current, while it limits \[V\]
    #[serde(default)]
    pub limited: Option<f64>,
    /// current density at the top in the last step \[A/m²\]
    pub current: f64,
    /// current density that goes back through a short, past the electrolyte, from here on \[A/m²\]
    pub leak: f64,
    /// current density that the cell has been given from outside in the last step: what enters at the top, and the leak \[A/m²\]
    pub external: f64,
    /// power that the reaction took in the last step: kinetics, film and the diffuse interface \[W/m²\]
    #[serde(default)]
    pub reaction_power: f64,
    /// heat that has been made since the start, less what was taken up \[J/m²\]
    #[serde(default)]
    pub heat: f64,
    /// temperature of the cell as a whole after the last step, if the config tells how it is cooled \[K\]
    #[serde(default)]
    pub cell_temperature: Option<f64>,
    /// charge that has passed outside, forth and back counted \[C/m²\]
    pub passed: f64,
    /// length of the next step if the potential did not limit it \[s\]
    #[serde(default)]
    pub unhurried: f64,
    /// length of the last step \[s\]; 0 before the first
    pub last: f64,
    /// length of the step before it \[s\]; 0 before the second
    #[serde(default)]
    pub earlier: f64,
    /// temperature, of which the units of the fields are \[K\]
    pub temperature: f64,
    /// totals
    pub ledger: Ledger,
    /// scheduled nuclei that have appeared
    pub scheduled: usize,
    /// nuclei that have appeared
    pub nuclei: u64,
    /// steps thrown away
    pub rejected: u64,
    /// Newton iterations so far
    pub newton: u64,
    /// what the box held after the last step
    pub inventory: Inventory,
    /// lithium that was not joined to the copper after the last step
    pub isolated: Vec<Piece>,
    /// electrolyte above the box, if it is a column
    #[serde(default)]
    pub column: Option<Column>,
}

impl Clock {
    /// What rules the top: what is given, or the compliance.
    pub fn imposed(&self) -> Control {
        self.limited.map_or(self.control, Control::Potential)
    }

    /// What rules the next attempt at a step.
    pub(super) fn rule(&self) -> Rule {
        Rule { control: self.control, limited: self.limited, proposed: self.dt, limited_by: self.limited_by }
    }

    /// Takes over what rules an attempt.
    pub(super) fn set_rule(&mut self, rule: Rule) {
        let Rule { control, limited, proposed, limited_by } = rule;
        (self.control, self.limited, self.dt, self.limited_by) = (control, limited, proposed, limited_by);
    }

    /// Potential, cell voltage and current after the last step.
    pub(super) fn electrical(&self, setup: &Setup) -> Electrical {
        Electrical { potential: self.potential, voltage: self.voltage(setup), external: self.external }
    }

    /// Volume of the lithium that is not joined to the copper \[m³\].
    pub fn isolated_volume(&self, setup: &Setup) -> f64 {
        // an empty sum is −0
        self.isolated.iter().fold(0.0, |sum, piece| sum + piece.volume) * setup.grid.cell_volume()
    }

    /// Charge per area that has passed, forth less back: what the cathode has given \[C/m²\].
    pub fn charge(&self, setup: &Setup) -> f64 {
        self.ledger.charge / setup.grid.area()
    }

    /// Cell voltage, if there is a cathode \[V\].
    pub fn voltage(&self, setup: &Setup) -> Option<f64> {
        setup.cathode.as_ref().map(|cathode| cathode.voltage(self.charge(setup), self.current, self.potential))
    }
}

//! The electrolyte above the box: a column of plane averages up to the electrode or the reservoir.
//!
//! A box of some ten micrometres cannot deplete as a cell does, whose diffusion layer is a millimetre thick. Above the box nothing
//! reacts and everything is the same all over a plane: c is a profile over z, the current is the same at every height. Backward Euler
//! on cells that grow with their distance from the box, and from a cathode,
//!
//! ```text
//! h (c − c_old)/dt = J_above − J_below + (t₊,above − t₊,below) I/F,     J = D ∂c/∂z, downwards
//! ```
//!
//! with D and t₊ of the old c. Eliminated from the far end down, it tells the box that its top has c = c* − R J: two numbers for every
//! step. With the J that the box then took the column's own new c is found, so that no salt is made or lost between the two. The
//! potential of the far end is that of the top of the box with I Σ h/κ and the diffusion potential ∫ (2RT/F)(1 − t₊) TDF dln c added.

use crate::model::numerics::DILUTE;
use serde::{Deserialize, Serialize};

use crate::model::constants::{FARADAY, GAS};
use crate::model::electrolyte::Transport;
use crate::model::parameters::{Salt, Setup};
use crate::model::scales::Above;

/// Thickness of a cell over that of the one below.
const GROWTH: f64 = 1.1;

/// The column's state.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Column {
    /// concentration in its cells, the lowest first \[mol/m³\]
    pub c: Vec<f64>,
    /// the same half a cell below it, in the box \[mol/m³\]
    pub below: f64,
    /// salt that went into the box in the last step \[mol/(m² s)\]
    pub flux: f64,
    /// potential of its far end less that of its lower end \[V\]
    pub drop: f64,
}

/// What passes the top of the box in a step.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Through {
    /// current density, positive when plating \[A/m²\]
    pub current: f64,
    /// salt by diffusion into the box \[mol/(m² s)\]
    pub flux: f64,
}

/// The column after a step.
#[derive(Clone, Debug, PartialEq)]
pub struct After {
    /// its state
    pub column: Column,
    /// what the box then sees: c* and its resistance from before, the potential's terms from after the step
    pub above: Above,
    /// salt that entered at the far end \[mol/m²\]
    pub entered: f64,
    /// salt that the current left behind on its way, where t₊ changes \[mol/m²\]
    pub left: f64,
    /// largest change of c in its cells \[mol/m³\]
    pub change: f64,
}

/// Thicknesses of the column's cells, the lowest first \[m\]; none without a column. Below a cathode, where salt piles up, they are
/// as thin as above the box.
pub fn cells(setup: &Setup) -> Vec<f64> {
    let height = setup.height_above_box();
    if height == 0.0 {
        return Vec::new();
    }
    let both = setup.top.salt == Salt::Cathode;
    let height = if both { 0.5 * height } else { height };
    let count = ((1.0 + height * (GROWTH - 1.0) / setup.grid.dx).ln() / GROWTH.ln()).ceil().clamp(1.0, 1000.0) as i32;
    let first = height * (GROWTH - 1.0) / (GROWTH.powi(count) - 1.0);
    let upward = (0..count).map(|k| first * GROWTH.powi(k));
    if both { upward.clone().chain(upward.rev()).collect() } else { upward.collect() }
}

/// What a step's equations are, before anything is known of what passes the top.
struct Elimination {
    /// c of a cell is this at no flux down from it \[mol/m³\] …
    at_rest: Vec<f64>,
    /// … less this times the flux \[s/m\]
    resistance: Vec<f64>,
    /// flux into a cell from above over (`at_rest` of the one above − its c) \[m/s\]
    conductance: Vec<f64>,
    /// salt that the current leaves behind \[mol/(m² s)\]
    left: f64,
    /// flux at the far end, if it is given \[mol/(m² s)\]
    given: Option<f64>,
    /// from the centre of the lowest cell down to the top of the box \[s/m\]
    half: f64,
}

impl Column {
    /// Salt everywhere as at the start; none without a column.
    pub fn at_rest(setup: &Setup) -> Option<Self> {
        let c0 = setup.top.c0;
        setup.top.column.map(|_| Self { c: vec![c0; cells(setup).len()], below: c0, flux: 0.0, drop: 0.0 })
    }

    /// Salt in it \[mol/m²\].
    pub fn salt(&self, cells: &[f64]) -> f64 {
        self.c.iter().zip(cells).map(|(c, h)| c * h).sum()
    }

    fn eliminate(&self, setup: &Setup, cells: &[f64], current: f64, dt: f64) -> Elimination {
        let properties: Vec<Transport> = self.c.iter().map(|&c| at(setup, c)).collect();
        let n = cells.len();
        let half = |k: usize| 0.5 * cells[k] / properties[k].diffusivity;
        let transference = |k: usize| properties[k].transference;
        // t₊ on the lower face of a cell
        let below = |k: usize| match k {
            0 => at(setup, self.below).transference,
            k => 0.5 * (transference(k - 1) + transference(k)),
        };
        let per_current = current / FARADAY;
        let given = (setup.top.salt == Salt::Cathode).then(|| (1.0 - transference(n - 1)) * per_current);
        let [mut at_rest, mut resistance, mut conductance] = [const { Vec::new() }; 3].map(|mut v: Vec<f64>| {
            v.resize(n, 0.0);
            v
        });
        for k in (0..n).rev() {
            let above = if k + 1 < n { below(k + 1) } else { transference(k) };
            let storage = cells[k] / dt;
            let source = (above - below(k)) * per_current;
            let (supply, source) = match given {
                _ if k + 1 < n => {
                    conductance[k] = 1.0 / (half(k) + half(k + 1) + resistance[k + 1]);
                    (at_rest[k + 1], source)
                }
                Some(flux) => (0.0, source + flux),
                None => {
                    conductance[k] = 1.0 / half(k);
                    (setup.top.c0, source)
                }
            };
            resistance[k] = 1.0 / (storage + conductance[k]);
            at_rest[k] = resistance[k] * (storage * self.c[k] + conductance[k] * supply + source);
        }
        let left = (below(0) - transference(n - 1)) * per_current;
        Elimination { at_rest, resistance, conductance, left, given, half: half(0) }
    }

    /// The column after a step of `dt` \[s\], if this went through the top of the box.
    pub fn after(&self, setup: &Setup, cells: &[f64], through: Through, dt: f64) -> After {
        let Through { current, flux } = through;
        let e = self.eliminate(setup, cells, current, dt);
        let n = cells.len();
        let mut c = Vec::with_capacity(n);
        let mut down = flux;
        for k in 0..n {
            let own = e.at_rest[k] - e.resistance[k] * down;
            c.push(own);
            down = match e.given {
                _ if k + 1 < n => e.conductance[k] * (e.at_rest[k + 1] - own),
                Some(given) => given,
                None => e.conductance[k] * (setup.top.c0 - own),
            };
        }
        let change = c.iter().zip(&self.c).map(|(new, old)| (new - old).abs()).fold(0.0, f64::max);
        let concentration = e.at_rest[0];
        let salt_resistance = e.resistance[0] + e.half;
        let face = concentration - salt_resistance * flux;
        let Drop { potential, potential_by_c, resistance } = Drop::of(setup, cells, face, &c, e.given);
        let at_rest = potential + potential_by_c * salt_resistance * flux;
        let above = Above { concentration, salt_resistance, potential: at_rest, potential_by_c, resistance };
        let below = face - 0.5 * setup.grid.dx * flux * medium(setup) / at(setup, face).diffusivity;
        let column = Self { c, below, flux, drop: potential + current * resistance };
        After { column, above, entered: down * dt, left: e.left * dt, change }
    }
}

/// MacMullin number in the highest cells of the box.
fn medium(setup: &Setup) -> f64 {
    let height = setup.grid.height() - 0.5 * setup.grid.dx;
    let within = setup.separator.as_ref().filter(|s| height > s.bottom && height < s.bottom + s.thickness);
    within.map_or(1.0, |separator| separator.macmullin)
}

fn at(setup: &Setup, c: f64) -> Transport {
    setup.electrolyte.at(c.max(DILUTE * setup.top.c0), setup.temperature)
}

/// What lies between the lower end of the column and the far one.
struct Drop {
    /// diffusion potential \[V\]
    potential: f64,
    /// derivative of that with respect to c at the lower end \[V per mol/m³\]
    potential_by_c: f64,
    /// \[Ω m²\]
    resistance: f64,
}

impl Drop {
    /// With `face` at the lower end and `c` in the cells.
    fn of(setup: &Setup, cells: &[f64], face: f64, c: &[f64], given: Option<f64>) -> Self {
        let least = DILUTE * setup.top.c0;
        let properties: Vec<Transport> = c.iter().map(|&c| at(setup, c)).collect();
        let resistance = cells.iter().zip(&properties).map(|(h, p)| h / p.kappa).sum();
        let last = c.len() - 1;
        let far = match given {
            Some(flux) => c[last] + 0.5 * cells[last] * flux / properties[last].diffusivity,
            None => setup.top.c0,
        };
        let factor = |c: f64| {
            let p = at(setup, c);
            (1.0 - p.transference) * p.thermodynamic_factor
        };
        let lowest = face.max(least);
        let (mut sum, mut low) = (0.0, lowest);
        for high in c.iter().copied().chain([far]).map(|c| c.max(least)) {
            sum += factor(0.5 * (low + high)) * (high / low).ln();
            low = high;
        }
        let thermal = 2.0 * GAS * setup.temperature / FARADAY;
        // below the least c the potential is that of the least
        let by_c = if face > least { -factor(lowest) / lowest } else { 0.0 };
        Self { potential: thermal * sum, potential_by_c: thermal * by_c, resistance }
    }
}

//! Shorts: lithium that is joined to the copper and reaches the cathode's side of the separator, or the top of the box.

use crate::metrics::deposit::phases_of;
use crate::model::collector::Statics;
use crate::model::parameters::Setup;
use crate::model::pieces::{Joined, Phase, Run, pieces};
use crate::solver::backend::{Backend, BackendError, Field};
use crate::solver::step::Clock;

/// Height at which lithium makes a short \[m\]: the separator's top; without a separator, or where that lies above the box, its top
/// less an interface.
pub fn plane(setup: &Setup) -> f64 {
    // a cell below where a run has no more room and ends
    let top = setup.grid.height() - 2.0 * setup.ell - setup.grid.dx;
    setup.separator.as_ref().map_or(top, |s| (s.bottom + s.thickness).min(top))
}

/// Current density through a short in the next step, driven by the cell voltage \[A/m²\]; none unless the config gives it a resistance.
///
/// The voltage falls as the leak rises, by the cell's own resistance. With the voltage before the leak would swing, and grow where that is
/// larger than the short's: what is solved for is leak = voltage(leak)/short, with the resistance that the cell had in the step before.
pub fn leak(setup: &Setup, clock: &Clock, shorted: bool) -> f64 {
    let of_short = setup.cathode.as_ref().and_then(|cathode| Some((cathode, cathode.short?))).filter(|_| shorted);
    let Some(((cathode, short), voltage)) = of_short.zip(clock.voltage(setup)) else { return 0.0 };
    let drop = voltage - cathode.potential(clock.charge(setup), 0.0);
    let own = if clock.current == 0.0 { cathode.resistance } else { (drop / clock.current).max(0.0) };
    (voltage + own * clock.leak) / (short + own)
}

/// Where lithium joined to the copper reaches the plane, if it does: the centre of the lowest such cell \[m\]. Looks at the fields
/// only if any lithium is that high.
///
/// # Errors
/// If the device fails.
pub fn find(
    b: &mut dyn Backend,
    setup: &Setup,
    statics: &Statics,
    clock: &Clock,
) -> Result<Option<[f64; 3]>, BackendError> {
    reaches(b, setup, statics, clock, plane(setup))
}

/// Where lithium joined to the copper reaches a `plane` above the bottom of the box, if it does: the centre of the lowest such cell \[m\].
///
/// # Errors
/// If the device fails.
pub fn reaches(
    b: &mut dyn Backend,
    setup: &Setup,
    statics: &Statics,
    clock: &Clock,
    plane: f64,
) -> Result<Option<[f64; 3]>, BackendError> {
    let grid = &setup.grid;
    if clock.inventory.height * grid.dx < plane {
        return Ok(None);
    }
    let layer = ((plane / grid.dx).floor() as usize).min(grid.nz - 1);
    Ok(joined_above(grid, &phases_of(&statics.accessible, &b.field(Field::Xi)?), layer))
}

/// Centre of the first cell, from the bottom, of a piece of lithium that touches the copper, at or above a layer of cells \[m\].
fn joined_above(grid: &crate::model::grid::Grid, phases: &[Phase], layer: usize) -> Option<[f64; 3]> {
    let found = pieces(grid.nx, grid.ny, grid.nz, phases);
    let joined = Joined::new(&found, grid.ny);
    let high = |run: &&Run| run.phase == Phase::Lithium && joined.is(run.piece) && run.row / grid.ny >= layer;
    found.runs.iter().find(high).map(|run| grid.centre(run.row * grid.nx + run.start))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::grid::Grid;

    #[test]
    fn only_what_is_joined_to_the_copper_makes_a_short() {
        let grid = Grid { nx: 5, ny: 1, nz: 6, dx: 1.0 };
        let mut phases = vec![Phase::Electrolyte; grid.cells()];
        phases[..5].fill(Phase::Copper);
        let mut fill = |x: usize, z: usize| phases[5 * z + x] = Phase::Lithium;
        // a floating piece on high, a column of three cells
        fill(0, 5);
        (1..4).for_each(|z| fill(2, z));
        let reaches = |phases: &[Phase], layer| joined_above(&grid, phases, layer);
        assert_eq!(reaches(&phases, 3), Some([2.5, 0.5, 3.5]));
        assert_eq!(reaches(&phases, 4), None);
        // joined through the side of the box, which is periodic
        for (x, z) in [(2, 4), (3, 4), (4, 4), (4, 5)] {
            phases[5 * z + x] = Phase::Lithium;
        }
        assert_eq!(reaches(&phases, 5), Some([0.5, 0.5, 5.5]));
    }
}

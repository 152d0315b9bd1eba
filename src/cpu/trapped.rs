//! Electrolyte that has lost the top of the box: a pocket between deposits that have met.
//!
//! A cell belongs to the electrolyte that its electrolyte fraction ψ leads up to. Where that is joined to the top of the box, salt can
//! come; elsewhere it is trapped. What plates in a trapped cell fades with its salt, over a range so wide that Newton's method does not
//! jump back and forth across it, until the salt is spent. From then on the cell is closed: it has no reaction area, and φ and c stay
//! what they are behind a wall that conducts next to nothing.

use super::Cpu;
use super::shape::Shape;
use crate::model::numerics::SPENT;
use crate::model::pieces::{Phase, Pieces};

/// Pieces of the box → whether each cell is trapped; nowhere as long as no salt is spent.
pub fn find(cpu: &mut Cpu, phases: &[Phase], found: &Pieces) {
    let shape = cpu.shape;
    if cpu.physics.salt == 0 || cpu.u[1].iter().all(|c| !is_spent(*c)) {
        cpu.trapped.clear();
        return;
    }
    cpu.trapped.resize(shape.cells(), false);
    look(&shape, [&cpu.accessible, &cpu.xi], phases, found, &mut cpu.trapped);
}

/// w, ξ and their pieces → whether each cell is trapped.
fn look(shape: &Shape, [w, xi]: [&[f64]; 2], phases: &[Phase], found: &Pieces, trapped: &mut [bool]) {
    let mut at_top = vec![false; found.count];
    let top = (shape.nz - 1) * shape.ny;
    found.runs.iter().filter(|run| run.row >= top).for_each(|run| at_top[run.piece] = true);
    let mut open = vec![false; shape.cells()];
    for run in found.runs.iter().filter(|run| run.phase == Phase::Electrolyte && at_top[run.piece]) {
        let start = run.row * shape.nx;
        open[start + run.start..start + run.end].fill(true);
    }
    let electrolyte = |cell: usize| phases[cell] == Phase::Electrolyte;
    let fraction = |cell: usize| w[cell] * (1.0 - xi[cell]);
    shape.map(trapped, |x, y, z, _, trapped| {
        *trapped = !open[climb(shape, fraction, electrolyte, [x, y, z])];
    });
}

/// trapped, c before the step → closed: the trapped cells whose salt is spent.
pub fn close(cpu: &mut Cpu) {
    let (shape, trapped, c) = (cpu.shape, &cpu.trapped, &cpu.u_old[1]);
    if trapped.is_empty() {
        cpu.closed.fill(false);
        return;
    }
    shape.map(&mut cpu.closed[..], |_, _, _, cell, closed| {
        *closed = trapped[cell.here] && is_spent(c[cell.here]);
    });
}

/// Whether the salt at c/c0 − 1 = `c` is spent.
fn is_spent(c: f64) -> bool {
    1.0 + c < SPENT
}

/// The cell that is reached from one by always going on to the neighbour with the largest `height`, until there is one that is an `end`
/// or no way up.
pub fn climb(
    shape: &Shape,
    height: impl Fn(usize) -> f64,
    end: impl Fn(usize) -> bool,
    [x, y, z]: [usize; 3],
) -> usize {
    let (mut row, mut x) = (shape.row(y, z), x);
    loop {
        let cell = row.cell(x);
        if end(cell.here) {
            return cell.here;
        }
        let higher = |best: usize, &cell: &usize| if height(cell) > height(best) { cell } else { best };
        let next = cell.around.iter().fold(cell.here, higher);
        if next == cell.here {
            return cell.here;
        }
        let number = next / shape.nx;
        row = shape.row(number % shape.ny, number / shape.ny);
        x = next % shape.nx;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::grid::Grid;
    use crate::model::pieces::pieces;
    use crate::model::profile::fraction;

    const N: [usize; 3] = [24, 5, 24];

    /// Which cells are trapped below the top of lithium of 20 cells without the places at a signed distance of `hollow(x, z)` \[cells\].
    fn trapped(hollow: impl Fn(f64, f64) -> f64) -> impl Fn(usize, usize) -> bool {
        let [nx, ny, nz] = N;
        let grid = Grid { nx, ny, nz, dx: 1.0 };
        let shape = Shape::from(&grid);
        let lithium = |i: usize| {
            let [x, _, z] = grid.centre(i);
            fraction((20.0 - z).min(-hollow(x, z)), 1.0)
        };
        let (xi, w): (Vec<f64>, Vec<f64>) = (0..grid.cells()).map(|i| (lithium(i), 1.0)).unzip();
        let phases: Vec<Phase> = xi.iter().zip(&w).map(|(xi, w)| Phase::of(*w, *xi)).collect();
        let mut out = vec![false; grid.cells()];
        look(&shape, [&w, &xi], &phases, &pieces(nx, ny, nz, &phases), &mut out);
        move |x, z| {
            let planes: Vec<bool> = (0..ny).map(|y| out[grid.index(x, y, z)]).collect();
            assert!(planes.iter().all(|plane| *plane == planes[0]));
            planes[0]
        }
    }

    fn ball(x: f64, z: f64, radius: f64) -> f64 {
        radius - x.hypot(z)
    }

    #[test]
    fn a_pocket_is_trapped_and_so_is_the_lithium_around_it() {
        let trapped = trapped(|x, z| ball(x - 12.5, z - 8.5, 3.0));
        assert!(trapped(12, 8) && trapped(12, 10) && trapped(12, 12), "electrolyte, its edge, lithium beside it");
        assert!(
            !trapped(12, 22) && !trapped(12, 19) && !trapped(12, 17),
            "electrolyte above, its edge, lithium below that"
        );
    }

    #[test]
    fn a_groove_is_open_until_its_walls_meet() {
        let groove = |x: f64, z: f64| (2.0 - (x - 12.5).abs()).min(z - 6.0);
        let open = trapped(groove);
        assert!(!open(12, 6) && !open(12, 4) && !open(12, 18));
        let bridged = trapped(|x, z| groove(x, z).min((z - 15.0).abs() - 2.0));
        assert!(bridged(12, 7) && bridged(12, 11) && !bridged(12, 18));
    }

    /// Where two walls have met ξ stays between ½ and 1: no electrolyte, but the way out leads along it.
    #[test]
    fn a_scar_belongs_to_where_it_widens() {
        // rising from 0.3 of a cell beyond the walls to none
        let scar = |x: f64, z: f64, rise: f64| rise - (x - 12.5).abs() + if z < 4.0 { z - 4.0 } else { 0.0 };
        let up = trapped(|x, z| scar(x, z, -0.3 - 0.02 * (20.0 - z)));
        assert!(!up(12, 6) && !up(12, 12) && !up(12, 18));
        let down = trapped(|x, z| scar(x, z, -0.3 - 0.02 * z).max(ball(x - 12.5, z - 4.5, 2.5)));
        assert!(down(12, 5) && down(12, 8) && down(12, 12));
        // as deep everywhere it leads nowhere
        let level = trapped(|x, z| scar(x, z, -0.3).min(17.5 - z));
        assert!(level(12, 8) && !level(12, 22));
    }

    /// A pocket and an open groove that lie across the side of the box.
    #[test]
    fn the_sides_of_the_box_are_no_walls() {
        let from_side = |x: f64| x.min(N[0] as f64 - x);
        let pocket = trapped(|x, z| ball(from_side(x), z - 8.5, 3.0));
        assert!(pocket(0, 8) && pocket(23, 8) && pocket(3, 8));
        // a tunnel from the foot of a groove across the side
        let tunnel = |x: f64, z: f64| {
            let groove = (2.0 - (x - 20.5).abs()).min(z - 6.0);
            groove.max((2.0 - (z - 8.5).abs()).min(6.0 - from_side(x)))
        };
        let open = trapped(tunnel);
        assert!(!open(20, 18) && !open(23, 8) && !open(4, 8));
    }

    #[test]
    fn salt_is_spent_below_a_twentieth() {
        assert!(is_spent(-0.951) && is_spent(-3.0) && !is_spent(-0.949) && !is_spent(0.0));
    }
}

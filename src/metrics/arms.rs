//! Arms of the deposit: how its lithium branches on its way from the copper.
//!
//! The way of a cell is the shortest one through lithium from the copper to it, from cell to cell, those of corners included. Every arm ends
//! where the way is longest around. Seen from the far ends, cells of ever shorter ways come in, and arms meet: the one of the longer way
//! goes on, the other is as long as the way that it has gained on the place where they meet (the persistence of a maximum in the merge tree
//! of the way). What is shorter than a bound is roughness. Arms that meet close to the copper are different deposits, the others a branch.

use std::cmp::Reverse;

use super::Deposit;
use super::deposit::phases;
use crate::model::pieces::Phase;

/// Way to a neighbour through a face, an edge and a corner, in units of [`UNIT`]: 1, √2 and √3 to 2 %.
const STEPS: [u32; 4] = [0, 10, 14, 17];
/// Cells that a way of 1 stands for.
const UNIT: f64 = 0.1;
/// Way of a cell beside the copper: half a cell.
const FIRST: u32 = 5;
/// Way of a cell that is no lithium, or is not joined to the copper.
const NONE: u32 = u32::MAX;

/// An arm.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Arm {
    /// the cell at its end
    pub end: usize,
    /// its length: from where it meets another, or from the copper, to its end \[dx\]
    pub length: f64,
    /// way from the copper to its end \[dx\]
    pub way: f64,
}

/// The arms of a deposit.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Arms {
    /// those that are as long as the bound at least, the farthest end first
    pub all: Vec<Arm>,
    /// places at least as far from the copper as the bound where one of them meets a longer one
    pub branches: usize,
}

/// Finds the arms that are at least so long \[dx\]. x and y are periodic; isolated lithium has none.
pub fn arms(deposit: &Deposit, least: f64) -> Arms {
    let shape = [deposit.grid.nx, deposit.grid.ny, deposit.grid.nz];
    let phases = phases(deposit);
    let ways = ways(shape, &phases);
    merge(shape, &ways, (least / UNIT).ceil() as u32)
}

/// The cells around each cell and the kind of step to them: 1 through a face, 2 an edge, 3 a corner.
struct Around {
    shape: [usize; 3],
    /// steps of the 26, and the kinds
    steps: Vec<([usize; 3], usize)>,
    /// what the steps add to the number of a cell away from the sides of the box
    offsets: Vec<isize>,
}

impl Around {
    fn new(shape: [usize; 3]) -> Self {
        let steps = (0..27).filter(|&step| step != 13).map(|step| [step % 3, step / 3 % 3, step / 9]);
        let steps: Vec<_> = steps.map(|step| (step, step.iter().filter(|&&d| d != 1).count())).collect();
        let [nx, ny, _] = shape.map(|n| n as isize);
        let offset = |[x, y, z]: [usize; 3]| ((z as isize - 1) * ny + y as isize - 1) * nx + x as isize - 1;
        Self { shape, offsets: steps.iter().map(|(step, _)| offset(*step)).collect(), steps }
    }

    fn of(&self, cell: usize) -> impl Iterator<Item = (usize, usize)> + '_ {
        let [nx, ny, nz] = self.shape;
        let (x, rest) = (cell % nx, cell / nx);
        let (y, z) = (rest % ny, rest / ny);
        let is_inside = x > 0 && x + 1 < nx && y > 0 && y + 1 < ny && z > 0 && z + 1 < nz;
        self.steps.iter().zip(&self.offsets).filter_map(move |(&([dx, dy, dz], kind), &offset)| {
            if is_inside {
                return Some((cell.wrapping_add_signed(offset), kind));
            }
            let z = (z + dz).checked_sub(1).filter(|&z| z < nz)?;
            let [x, y] = [(x + dx + nx - 1) % nx, (y + dy + ny - 1) % ny];
            Some(((z * ny + y) * nx + x, kind))
        })
    }
}

/// The way of each cell from the copper or the bottom of the box: Dijkstra's, with a bucket for each length that can be waiting.
fn ways(shape: [usize; 3], phases: &[Phase]) -> Vec<u32> {
    let (plane, around) = (shape[0] * shape[1], Around::new(shape));
    let mut ways = vec![NONE; phases.len()];
    let mut buckets: Vec<Vec<u32>> = vec![Vec::new(); STEPS[3] as usize + 1];
    let count = buckets.len() as u32;
    for (cell, _) in phases.iter().enumerate().filter(|(_, phase)| **phase == Phase::Lithium) {
        let mut beside = around.of(cell).filter(|&(_, kind)| kind == 1);
        if cell < plane || beside.any(|(there, _)| phases[there] == Phase::Copper) {
            ways[cell] = FIRST;
            buckets[(FIRST % count) as usize].push(cell as u32);
        }
    }
    let (mut way, mut idle) = (FIRST, 0);
    while idle < count {
        let bucket = std::mem::take(&mut buckets[(way % count) as usize]);
        idle = if bucket.is_empty() { idle + 1 } else { 0 };
        for cell in bucket {
            let cell = cell as usize;
            if ways[cell] != way {
                continue; // a shorter one was found
            }
            for (there, kind) in around.of(cell) {
                let longer = way + STEPS[kind];
                if phases[there] == Phase::Lithium && longer < ways[there] {
                    ways[there] = longer;
                    buckets[(longer % count) as usize].push(there as u32);
                }
            }
        }
        way += 1;
    }
    ways
}

/// Joins cells in the order of falling ways, and keeps what has gained `least` where it meets another.
fn merge(shape: [usize; 3], ways: &[u32], least: u32) -> Arms {
    let mut order: Vec<u32> = (0..ways.len() as u32).filter(|&cell| ways[cell as usize] != NONE).collect();
    order.sort_unstable_by_key(|&cell| (Reverse(ways[cell as usize]), cell));
    // the root of each cell that has come in is the end of its arm
    let mut above = vec![NONE; ways.len()];
    fn root(above: &mut [u32], mut cell: u32) -> u32 {
        while above[cell as usize] != cell {
            above[cell as usize] = above[above[cell as usize] as usize];
            cell = above[cell as usize];
        }
        cell
    }
    let arm = |end: u32, meets: u32| Arm {
        end: end as usize,
        length: f64::from(ways[end as usize] - meets) * UNIT,
        way: f64::from(ways[end as usize]) * UNIT,
    };
    let (mut found, around) = (Arms::default(), Around::new(shape));
    for &cell in &order {
        let way = ways[cell as usize];
        above[cell as usize] = cell;
        let mut own = cell;
        for (there, _) in around.of(cell as usize) {
            if above[there] == NONE {
                continue;
            }
            let other = root(&mut above, there as u32);
            if other == own {
                continue;
            }
            // the longer goes on; of two that are as long, the one with the first cell
            let key = |end: u32| (Reverse(ways[end as usize]), end);
            let (goes_on, ends) = if key(own) < key(other) { (own, other) } else { (other, own) };
            if ways[ends as usize] - way >= least {
                found.all.push(arm(ends, way));
                found.branches += usize::from(way >= least);
            }
            above[ends as usize] = goes_on;
            own = goes_on;
        }
    }
    for &cell in &order {
        if above[cell as usize] == cell && ways[cell as usize] >= least {
            found.all.push(arm(cell, 0));
        }
    }
    found.all.sort_by(|a, b| b.way.total_cmp(&a.way).then(a.end.cmp(&b.end)));
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Ways and arms of lithium in the cells for which `is` holds, on copper of two layers; 1 is the least length.
    fn of(shape: [usize; 3], is: impl Fn([usize; 3]) -> bool, least: u32) -> Arms {
        let [nx, ny, nz] = shape;
        let cells = (0..nx * ny * nz).map(|cell| [cell % nx, cell / nx % ny, cell / (nx * ny)]);
        let phase = |[x, y, z]: [usize; 3]| match z {
            0 | 1 => Phase::Copper,
            _ if is([x, y, z]) => Phase::Lithium,
            _ => Phase::Electrolyte,
        };
        let phases: Vec<Phase> = cells.map(phase).collect();
        merge(shape, &ways(shape, &phases), least)
    }

    #[test]
    fn a_tree_has_the_arms_that_it_was_given() {
        // a trunk of 2 × 2 cells up to z = 30 with arms of 8 to either side at z = 14 and 18, one across the end of the box
        let trunk = |[x, y, z]: [usize; 3]| x < 2 && y < 2 && z < 30;
        let arm = |[x, y, z]: [usize; 3]| {
            y < 2 && ((14..16).contains(&z) && (2..10).contains(&x) || (18..20).contains(&z) && x >= 24)
        };
        let tree = of([32, 8, 40], |p| trunk(p) || arm(p), 40);
        assert_eq!((tree.all.len(), tree.branches), (3, 2), "{tree:?}");
        assert_eq!(tree.all[0].end / (32 * 8), 29);
        assert!((tree.all[0].length - 27.5).abs() < 1e-9 && tree.all[0].way == tree.all[0].length);
        for side in &tree.all[1..] {
            // their feet are as far up as the trunk beside them
            assert!((6.0..9.0).contains(&side.length), "{side:?}");
        }
        // what is shorter than the bound is roughness
        assert_eq!(of([32, 8, 40], |p| trunk(p) || arm(p), 120).all.len(), 1);
    }

    #[test]
    fn deposits_on_the_copper_are_arms_without_a_branch() {
        let two = of([32, 1, 20], |[x, _, z]| (4..8).contains(&x) && z < 12 || (20..23).contains(&x) && z < 9, 40);
        assert_eq!((two.all.len(), two.branches), (2, 0));
        // also where they have met at their feet
        let met =
            of([32, 1, 20], |[x, _, z]| z < 3 || (4..8).contains(&x) && z < 12 || (20..23).contains(&x) && z < 9, 40);
        assert_eq!((met.all.len(), met.branches), (2, 0), "{met:?}");
        // a film is one, however wide; what has no way to the copper is none
        let film = of([32, 8, 20], |[_, _, z]| z < 9 || (12..18).contains(&z), 40);
        assert_eq!((film.all.len(), film.branches, film.all[0].way), (1, 0, 6.5));
        assert_eq!(of([8, 8, 8], |_| false, 40), Arms::default());
    }

    #[test]
    fn ways_go_round_corners_and_through_lithium_alone() {
        // a hook: up 10, right 10, down 5
        let hook = of(
            [24, 1, 24],
            |[x, _, z]| x == 2 && z < 12 || z == 11 && (2..13).contains(&x) || x == 12 && (6..12).contains(&z),
            40,
        );
        assert_eq!((hook.all.len(), hook.branches), (1, 0));
        // two corners are cut
        assert!((hook.all[0].way - (0.5 + 9.0 + 10.0 + 5.0 - 2.0 * 0.6)).abs() < 1e-9, "{hook:?}");
        assert_eq!(hook.all[0].end, 6 * 24 + 12);
    }
}

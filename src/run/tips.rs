//! `tips.csv`: every tip of the deposit, wherever a snapshot is taken, with a number that it keeps.

use serde::{Deserialize, Serialize};

use crate::metrics::headings as first_line;
use crate::metrics::tips::{ArmTip, distance};
use crate::model::constants::{FARADAY, LITHIUM_MOLAR_VOLUME};
use crate::model::grid::Grid;

/// Name of the table.
pub const FILE: &str = "tips.csv";

/// Names and units of its columns.
const COLUMNS: [(&str, &str); 18] = [
    ("step", "1"),
    ("time", "s"),
    ("tip", "1"),
    ("x", "m"),
    ("y", "m"),
    ("z", "m"),
    ("direction_x", "1"),
    ("direction_y", "1"),
    ("direction_z", "1"),
    ("height", "m"),
    ("arm", "m"),
    ("radius", "m"),
    ("speed", "m/s"),
    ("way_speed", "m/s"),
    ("current", "A/m2"),
    ("c", "1"),
    ("kinetic_length", "m"),
    ("grain", "1"),
];

/// Headings of the columns.
pub fn headings() -> String {
    first_line(COLUMNS)
}

/// How far from where it is expected a tip may be found, in cells; beside that as far as it was expected to go.
const NEAR: f64 = 4.0;

/// A tip that is followed from snapshot to snapshot.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Tip {
    /// its number, from 1 in the order in which tips appear
    pub id: u64,
    /// where it was, from the corner of the box \[m\]
    pub place: [f64; 3],
    /// outward normal
    direction: [f64; 3],
    /// speed of the front there \[m/s\]
    speed: f64,
    /// height above the mean copper \[m\]
    height: f64,
}

/// What became of a tip that is none any more.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum End {
    /// there is lithium in front of where it would be by itself: it has grown into another, or another into it
    Met,
    /// there is electrolyte where it was
    Stripped,
    /// the surface is still there, but stands out no more
    Levelled,
}

impl End {
    /// Its name in `events.jsonl`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Met => "met",
            Self::Stripped => "stripped",
            Self::Levelled => "levelled",
        }
    }
}

impl Tip {
    /// What became of it `elapsed` seconds later, where the lithium fraction is now `xi`, with an interface of length `ell` \[m\].
    pub fn end(&self, grid: &Grid, ell: f64, elapsed: f64, xi: &[f32]) -> End {
        // where it would be by itself
        let way = self.speed * elapsed;
        let at = |along: f64| {
            let along = along * ell + way;
            let place = wrapped(grid, std::array::from_fn(|k| self.place[k] + along * self.direction[k]));
            let [x, y, z] = [0, 1, 2].map(|k| {
                let cells = [grid.nx, grid.ny, grid.nz][k];
                ((place[k] / grid.dx).max(0.0) as usize).min(cells - 1)
            });
            xi[(z * grid.ny + y) * grid.nx + x]
        };
        match (at(LEAST_WAY) > 0.5, at(-LEAST_WAY - way.max(0.0) / ell) > 0.5) {
            (true, _) => End::Met,
            (false, true) => End::Levelled,
            (false, false) => End::Stripped,
        }
    }
}

/// How far in front of and behind the place of a tip that is none any more its end is looked for \[ℓ\].
const LEAST_WAY: f64 = 2.0;

/// What a snapshot tells of the tips.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Snapshot {
    /// rows of the table
    pub rows: Vec<[f64; COLUMNS.len()]>,
    /// tips that were there at the last snapshot and are not any more
    pub ended: Vec<Tip>,
    /// time since the last snapshot \[s\]
    pub elapsed: f64,
}

/// The tips of the last snapshot.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Followed {
    /// when that was \[s\]
    time: f64,
    /// tips that have appeared so far
    appeared: u64,
    /// those that were there
    tips: Vec<Tip>,
}

impl Followed {
    /// The highest.
    pub fn leader(&self) -> Option<Tip> {
        self.tips.iter().reduce(|a, b| if b.height > a.height { b } else { a }).cloned()
    }

    /// Goes on to the tips that are there at a `time` \[s\] after so many steps.
    pub fn go_on(&mut self, grid: &Grid, step: u64, time: f64, tips: &[ArmTip]) -> Snapshot {
        let known = self.known(grid, time - self.time, tips);
        let (mut now, mut rows) = (Vec::with_capacity(tips.len()), Vec::with_capacity(tips.len()));
        for (tip, known) in tips.iter().zip(known) {
            let known = known.map(|place| &self.tips[place]);
            let way = known.map_or(f64::NAN, |known| distance(grid, known.place, tip.place));
            let id = known.map_or(self.appeared + 1, |known| known.id);
            self.appeared = self.appeared.max(id);
            let &ArmTip { place, direction, height, arm, radius, current, c, kinetic_length, grain } = tip;
            let speed = current * LITHIUM_MOLAR_VOLUME / FARADAY;
            let ([x, y, z], [along_x, along_y, along_z]) = (place, direction);
            let where_it_is = [step as f64, time, id as f64, x, y, z, along_x, along_y, along_z, height, arm, radius];
            let what_it_does = [speed, way / (time - self.time), current, c, kinetic_length, grain];
            let mut values = where_it_is.into_iter().chain(what_it_does);
            rows.push(std::array::from_fn(|_| values.next().unwrap_or(f64::NAN)));
            now.push(Tip { id, place, direction, speed: if speed.is_finite() { speed } else { 0.0 }, height });
        }
        let mut ended = std::mem::replace(&mut self.tips, now);
        ended.retain(|old| self.tips.iter().all(|tip| tip.id != old.id));
        let elapsed = time - self.time;
        self.time = time;
        Snapshot { rows, ended, elapsed }
    }

    /// For each tip the place in the last snapshot's list of the one that it goes on from, if any: pairs by rising distance from where the old ones
    /// were expected, each once.
    fn known(&self, grid: &Grid, elapsed: f64, tips: &[ArmTip]) -> Vec<Option<usize>> {
        let mut pairs = Vec::new();
        for (old, before) in self.tips.iter().enumerate() {
            let way = before.speed * elapsed;
            let expected = std::array::from_fn(|k| before.place[k] + way * before.direction[k]);
            let near = NEAR * grid.dx + way.abs();
            let found = tips
                .iter()
                .enumerate()
                .map(|(new, tip)| (distance(grid, wrapped(grid, expected), tip.place), old, new));
            pairs.extend(found.filter(|(apart, ..)| *apart <= near));
        }
        pairs.sort_by(|a, b| a.0.total_cmp(&b.0).then((a.1, a.2).cmp(&(b.1, b.2))));
        let (mut known, mut is_taken) = (vec![None; tips.len()], vec![false; self.tips.len()]);
        for (_, old, new) in pairs {
            if !is_taken[old] && known[new].is_none() {
                (is_taken[old], known[new]) = (true, Some(old));
            }
        }
        known
    }
}

/// A place in the box, x and y periodic.
fn wrapped(grid: &Grid, [x, y, z]: [f64; 3]) -> [f64; 3] {
    [x.rem_euclid(grid.nx as f64 * grid.dx), y.rem_euclid(grid.ny as f64 * grid.dx), z]
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tip(place: [f64; 3]) -> ArmTip {
        ArmTip {
            place,
            direction: [0.0, 0.0, 1.0],
            height: place[2],
            arm: 5e-6,
            radius: 1e-6,
            current: 1e-6 * FARADAY / LITHIUM_MOLAR_VOLUME,
            c: 0.5,
            kinetic_length: 1e-6,
            grain: f64::NAN,
        }
    }

    fn numbers(followed: &mut Followed, grid: &Grid, time: f64, places: &[[f64; 3]]) -> Vec<f64> {
        let tips: Vec<ArmTip> = places.iter().map(|&place| tip(place)).collect();
        followed.go_on(grid, 0, time, &tips).rows.iter().map(|row| row[2]).collect()
    }

    #[test]
    fn tips_end_in_lithium_in_electrolyte_or_in_a_surface() {
        let grid = Grid { nx: 8, ny: 8, nz: 40, dx: 1e-6 };
        let up_to = |height: usize| -> Vec<f32> {
            (0..8 * 8 * 40).map(|cell| f32::from(u8::from(cell / 64 < height))).collect()
        };
        let mut followed = Followed::default();
        assert!(followed.go_on(&grid, 0, 0.0, &[tip([4e-6, 4e-6, 20e-6])]).ended.is_empty());
        let ended = followed.go_on(&grid, 1, 1.0, &[]).ended;
        assert_eq!(ended.iter().map(|tip| tip.id).collect::<Vec<_>>(), [1]);
        // it moves by a cell itself
        assert_eq!(ended[0].end(&grid, 1e-6, 1.0, &up_to(22)), End::Levelled);
        let ends = [up_to(30), up_to(20), up_to(10)];
        assert_eq!(ends.map(|xi| ended[0].end(&grid, 1e-6, 1.0, &xi)), [End::Met, End::Levelled, End::Stripped]);
        assert!(followed.go_on(&grid, 2, 2.0, &[]).ended.is_empty());
    }

    #[test]
    fn tips_keep_their_numbers() {
        let grid = Grid { nx: 40, ny: 40, nz: 80, dx: 0.5e-6 };
        let mut followed = Followed::default();
        let um = |p: [f64; 3]| p.map(|v| v * 1e-6);
        assert_eq!(numbers(&mut followed, &grid, 0.0, &[um([5.0, 5.0, 10.0]), um([19.9, 5.0, 8.0])]), [1.0, 2.0]);
        assert_eq!(followed.leader().map(|tip| tip.id), Some(1));
        // the second has overtaken the first, across the side of the box, and a third has come
        let later = [um([0.1, 5.2, 19.0]), um([5.1, 5.0, 18.0]), um([12.0, 12.0, 6.0])];
        assert_eq!(numbers(&mut followed, &grid, 8.0, &later), [2.0, 1.0, 3.0]);
        assert_eq!(followed.leader().map(|tip| tip.id), Some(2));
        // the first is gone: what appears far from where it was is another
        assert_eq!(numbers(&mut followed, &grid, 9.0, &[um([0.1, 5.2, 20.0]), um([12.0, 5.0, 19.0])]), [2.0, 4.0]);
    }
}

//! Nuclei: where and when they appear, and the shape they appear with.

use serde::{Deserialize, Serialize};

use super::collector::{contact_angle, pattern_shares};
use super::grid::Grid;
use super::parameters::{Nucleation, Setup};
use super::profile;
use super::random::uniform;

/// A cap of lithium: the part above the copper of a sphere. Lengths in cells, from the corner of the box.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Cap {
    /// centre of the sphere
    pub centre: [f64; 3],
    /// radius of the sphere
    pub radius: f64,
}

impl Cap {
    /// A nucleus of `radius` \[m\] on the copper at column (x, y), meeting it at the setup's contact angle.
    pub fn on_copper(setup: &Setup, heights: &[f64], x: usize, y: usize, radius: f64) -> Self {
        Self::at(setup, heights, x as f64 + 0.5, y as f64 + 0.5, radius)
    }

    /// A nucleus of `radius` on the copper at the place (x, y), which need not be the centre of a cell \[m\].
    pub fn at_place(setup: &Setup, heights: &[f64], x: f64, y: f64, radius: f64) -> Self {
        // to 2⁻²⁰ cells: the same place in the mirror, or a box that is shifted, has the same digits
        let place = |length: f64| (length / setup.grid.dx * 1_048_576.0).round() / 1_048_576.0;
        Self::at(setup, heights, place(x), place(y), radius)
    }

    /// Makes a cap on the copper at a place in cells, with its radius in metres.
    fn at(setup: &Setup, heights: &[f64], x: f64, y: f64, radius: f64) -> Self {
        let (grid, r) = (&setup.grid, radius / setup.grid.dx);
        let column = |place: f64, n: usize| (place.floor() as i64).rem_euclid(n as i64) as usize;
        let angle = contact_angle(grid, &setup.collector, column(x, grid.nx), column(y, grid.ny));
        let surface = height_at(grid, heights, x, y) / grid.dx;
        Self { centre: [x, y, surface - r * angle.cos()], radius: r }
    }

    /// Lithium fraction that this cap gives to the centre of a cell, for an interface length `ell` \[cells\].
    /// x and y are periodic.
    pub fn fraction(&self, grid: &Grid, ell: f64, x: usize, y: usize, z: usize) -> f64 {
        profile::fraction(self.distance(grid, x, y, z), ell)
    }

    /// How deep the centre of a cell lies in the sphere of this cap, negative outside \[cells\].
    fn distance(&self, grid: &Grid, x: usize, y: usize, z: usize) -> f64 {
        let wrapped = |cell: usize, centre: f64, n: usize| {
            let d = (cell as f64 + 0.5 - centre).abs();
            d.min((n as f64 - d).abs())
        };
        let dx = wrapped(x, self.centre[0], grid.nx);
        let dy = if grid.ny == 1 { 0.0 } else { wrapped(y, self.centre[1], grid.ny) };
        let dx = if grid.nx == 1 { 0.0 } else { dx };
        let dz = z as f64 + 0.5 - self.centre[2];
        self.radius - ((dx * dx + dy * dy) + dz * dz).sqrt()
    }
}

/// Many caps, sorted by their places: what they give to a cell is found among those nearby.
pub struct Caps<'a> {
    grid: Grid,
    caps: &'a [Cap],
    /// how many boxes there are along x and y
    boxes: [usize; 2],
    /// sides of a box \[cells\]
    sides: [f64; 2],
    /// the caps whose centres lie in each box, x fastest
    inside: Vec<Vec<u32>>,
    /// largest radius \[cells\]
    largest: f64,
}

impl<'a> Caps<'a> {
    /// Sorts caps into boxes of about one each.
    pub fn new(grid: &Grid, caps: &'a [Cap]) -> Self {
        let side = ((grid.nx * grid.ny) as f64 / caps.len().max(1) as f64).sqrt().max(1.0);
        let extents = [grid.nx, grid.ny];
        let boxes = extents.map(|n| ((n as f64 / side) as usize).clamp(1, n));
        let sides = [0, 1].map(|k| extents[k] as f64 / boxes[k] as f64);
        let mut inside = vec![Vec::new(); boxes[0] * boxes[1]];
        for (number, cap) in caps.iter().enumerate() {
            let [x, y] = [0, 1].map(|k| {
                let place = cap.centre[k].rem_euclid(extents[k] as f64);
                ((place / sides[k]) as usize).min(boxes[k] - 1)
            });
            inside[y * boxes[0] + x].push(number as u32);
        }
        let largest = caps.iter().map(|cap| cap.radius).fold(0.0, f64::max);
        Self { grid: *grid, caps, boxes, sides, inside, largest }
    }

    /// Largest lithium fraction that a cap gives to the centre of a cell, for an interface length `ell` \[cells\].
    pub fn fraction(&self, ell: f64, x: usize, y: usize, z: usize) -> f64 {
        self.largest(ell, x, y, z).0
    }

    /// Largest lithium fraction that a cap gives to the centre of a cell, for an interface length `ell` \[cells\], and which cap does; of
    /// several the first.
    pub fn largest(&self, ell: f64, x: usize, y: usize, z: usize) -> (f64, usize) {
        let own = [0, 1].map(|k| (([x, y][k] as f64 + 0.5) / self.sides[k]) as usize);
        // the depth tells the fraction, which rises with it: one profile a cell
        let (mut deepest, mut which) = (f64::NEG_INFINITY, u32::MAX);
        let narrow = self.sides[0].min(self.sides[1]);
        for ring in 0..=self.boxes[0].max(self.boxes[1]).div_ceil(2) {
            // whatever lies in this ring or beyond is so far away sideways, and no larger than the largest
            if deepest > self.largest - (ring as f64 - 1.0).max(0.0) * narrow && ring > 0 {
                break;
            }
            for number in self.ring(own, ring) {
                let depth = self.caps[number as usize].distance(&self.grid, x, y, z);
                if depth > deepest || (depth == deepest && number < which) {
                    (deepest, which) = (depth, number);
                }
            }
        }
        (profile::fraction(deepest, ell), which as usize)
    }

    /// The caps in the boxes that are `ring` boxes from a box, the farther way of x and y counted; some twice where the ring meets itself.
    fn ring(&self, [x, y]: [usize; 2], ring: usize) -> impl Iterator<Item = u32> + '_ {
        let reach = ring as isize;
        // along an axis with one box all are beside each other
        let along = |k: usize| if self.boxes[k] == 1 { 0 } else { reach };
        let (wide, deep) = (along(0), along(1));
        let places = (-deep..=deep).flat_map(move |dy| (-wide..=wide).map(move |dx| (dx, dy)));
        let on_ring = places.filter(move |(dx, dy)| dx.abs().max(dy.abs()) == reach);
        on_ring.flat_map(move |(dx, dy)| {
            let wrap = |place: usize, by: isize, n: usize| (place as isize + by).rem_euclid(n as isize) as usize;
            let place = wrap(y, dy, self.boxes[1]) * self.boxes[0] + wrap(x, dx, self.boxes[0]);
            self.inside[place].iter().copied()
        })
    }
}

/// Area that a nucleus of `radius` \[m\] has above flat copper: of a cap in three dimensions, of the arc in two; at most one cell
/// deep where there is one \[m²\].
pub fn cap_area(setup: &Setup, radius: f64) -> f64 {
    let (grid, angle) = (&setup.grid, setup.collector.contact_angle);
    match (grid.nx, grid.ny) {
        (1, 1) => grid.dx * grid.dx,
        (1, _) | (_, 1) => 2.0 * angle * radius * grid.dx,
        _ => std::f64::consts::TAU * radius * radius * (1.0 - angle.cos()),
    }
}

/// Height of the copper at a place \[cells\], bilinear between the centres of the columns, periodic \[m\].
fn height_at(grid: &Grid, heights: &[f64], x: f64, y: f64) -> f64 {
    // the two columns beside a place along one axis, and the share of the second
    let beside = |place: f64, n: usize| {
        let low = (place - 0.5).floor();
        let wrap = |cell: f64| (cell as i64).rem_euclid(n as i64) as usize;
        (wrap(low), wrap(low + 1.0), place - 0.5 - low)
    };
    let ((x0, x1, u), (y0, y1, v)) = (beside(x, grid.nx), beside(y, grid.ny));
    let along_x = |y: usize| heights[y * grid.nx + x0] * (1.0 - u) + heights[y * grid.nx + x1] * u;
    along_x(y0) * (1.0 - v) + along_x(y1) * v
}

/// Expected nuclei per second on `bare` copper: bare · rate · exp\[−(barrier/drive)²\], none without a drive. Scaled
/// units, as in the kernels; the WGSL twin is `nucleation_rate` in shaders/lib/electrolyte.wgsl.
pub fn rate(bare: f64, drive: f64, rate: f64, barrier: f64) -> f64 {
    let barrier = barrier / drive.max(1e-3);
    if drive > 0.0 { bare * rate * (-barrier * barrier).exp() } else { 0.0 }
}

/// A nucleus that a schedule calls for.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Scheduled {
    /// time of appearance \[s\]
    pub time: f64,
    /// the nucleus
    pub cap: Cap,
}

/// Nuclei whose places and times are known from the start, in order of time.
pub fn scheduled(setup: &Setup, heights: &[f64]) -> Vec<Scheduled> {
    let grid = &setup.grid;
    let mut nuclei: Vec<Scheduled> = match &setup.nucleation {
        Nucleation::None | Nucleation::Poisson { .. } => Vec::new(),
        Nucleation::AtOnce { density, minimum_distance, radius, seed } => {
            places(grid, asked_for(grid, *density), minimum_distance / grid.dx, *seed, &chances(setup))
                .into_iter()
                .map(|(x, y)| Scheduled { time: 0.0, cap: Cap::on_copper(setup, heights, x, y, *radius) })
                .collect()
        }
        Nucleation::Listed { nuclei } => nuclei
            .iter()
            .map(|n| Scheduled { time: n.time, cap: Cap::at_place(setup, heights, n.x, n.y, n.radius) })
            .collect(),
    };
    nuclei.sort_by(|a, b| a.time.total_cmp(&b.time));
    nuclei
}

/// How many nuclei a density asks for on the copper of a box: at least one, whatever it comes to.
pub fn asked_for(grid: &Grid, density: f64) -> usize {
    (density * grid.area()).round().max(1.0) as usize
}

/// Most nuclei that a box can hold with `distance` cells between any two, found without drawing: the densest packing of discs on a plane,
/// or of stretches on a line, and a column for each.
pub fn most(grid: &Grid, distance: f64) -> usize {
    let columns = grid.nx * grid.ny;
    // where a nucleus is closer to its own image than that, it has the whole breadth of the box, which counts as wide enough
    let [wide, deep] = [grid.nx, grid.ny].map(|n| (n as f64).max(distance));
    let packed = match (grid.nx, grid.ny) {
        _ if distance <= 1.0 => columns as f64,
        (_, 1) => wide / distance,
        (1, _) => deep / distance,
        _ => 2.0 / 3.0f64.sqrt() * (wide * deep) / (distance * distance),
    };
    (packed.floor() as usize).clamp(1, columns)
}

/// Nuclei that [`Nucleation::AtOnce`] places in a box, and how many its density asks for; none of another kind. No more are drawn than
/// could be packed.
pub fn placed_at_once(setup: &Setup) -> Option<[usize; 2]> {
    let Nucleation::AtOnce { density, minimum_distance, seed, .. } = setup.nucleation else { return None };
    let (grid, distance) = (&setup.grid, minimum_distance / setup.grid.dx);
    let asked = asked_for(grid, density);
    let fit = match distance {
        0.0 => asked,
        _ => places(grid, asked.min(most(grid, distance)), distance, seed, &chances(setup)).len(),
    };
    Some([fit, asked])
}

/// How much of a chance each column has where the copper has a pattern, 1 the most; empty where all have the same.
fn chances(setup: &Setup) -> Vec<f64> {
    let Some(pattern) = &setup.collector.pattern else { return Vec::new() };
    let (grid, patch) = (&setup.grid, pattern.patch());
    let factor = |share: f64| (1.0 - share) * patch.outside + share * patch.inside;
    let factors: Vec<f64> = pattern_shares(grid, pattern).map(factor).collect();
    let most = factors.iter().copied().fold(0.0, f64::max);
    factors.into_iter().map(|factor| if most > 0.0 { factor / most } else { 0.0 }).collect()
}

/// Tries that a nucleus has to find a place, on average.
const TRIES: u64 = 1000;

/// Up to `count` random columns, no two closer than `distance` cells; fewer if the copper is full after [`TRIES`] each.
///
/// `chances` says of each column how much of a chance it has that a try keeps it, 1 the most; it is empty where all have the same.
fn places(grid: &Grid, count: usize, distance: f64, seed: u32, chances: &[f64]) -> Vec<(usize, usize)> {
    let mut chosen: Vec<(usize, usize)> = Vec::new();
    let gap = |a: usize, b: usize, n: usize| {
        let d = a.abs_diff(b);
        d.min(n - d) as f64
    };
    // columns that are too close to a nucleus: a try looks at one, and where none is free no try will find one
    let mut taken = vec![false; grid.nx * grid.ny];
    taken.iter_mut().zip(chances).for_each(|(taken, &chance)| *taken = chance == 0.0);
    let mut free = taken.iter().filter(|taken| !**taken).count();
    let beside = |place: usize, n: usize| -> Vec<usize> {
        let reach = distance.ceil() as usize;
        if reach >= n / 2 { (0..n).collect() } else { (place + n - reach..=place + n + reach).map(|i| i % n).collect() }
    };
    for try_number in 0..(count as u64 * TRIES).min(u64::from(u32::MAX)) as u32 {
        if chosen.len() == count || free == 0 {
            break;
        }
        let x = (uniform(seed, 0, try_number) * grid.nx as f64) as usize;
        let y = (uniform(seed, 1, try_number) * grid.ny as f64) as usize;
        if taken[y * grid.nx + x] {
            continue;
        }
        if chances.get(y * grid.nx + x).is_some_and(|&chance| uniform(seed, 2, try_number) > chance) {
            continue;
        }
        chosen.push((x, y));
        let along_x = beside(x, grid.nx);
        for row in beside(y, grid.ny) {
            for &column in &along_x {
                let place = row * grid.nx + column;
                if !taken[place] && gap(x, column, grid.nx).hypot(gap(y, row, grid.ny)) < distance {
                    taken[place] = true;
                    free -= 1;
                }
            }
        }
    }
    chosen
}

/// Columns of the cells in which the process fired, each once, in order of cells.
pub fn columns(grid: &Grid, cells: &[u32]) -> Vec<(usize, usize)> {
    let plane = grid.nx * grid.ny;
    let mut columns: Vec<usize> = cells.iter().map(|&cell| cell as usize % plane).collect();
    columns.sort_unstable();
    columns.dedup();
    columns.into_iter().map(|column| (column % grid.nx, column / grid.nx)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Every place against every other, as the rule says it.
    fn slowly(grid: &Grid, count: usize, distance: f64, seed: u32) -> Vec<(usize, usize)> {
        let mut chosen: Vec<(usize, usize)> = Vec::new();
        let gap = |a: usize, b: usize, n: usize| a.abs_diff(b).min(n - a.abs_diff(b)) as f64;
        for try_number in 0..(count * 1000) as u32 {
            if chosen.len() == count {
                break;
            }
            let x = (uniform(seed, 0, try_number) * grid.nx as f64) as usize;
            let y = (uniform(seed, 1, try_number) * grid.ny as f64) as usize;
            if chosen.iter().all(|&(cx, cy)| gap(x, cx, grid.nx).hypot(gap(y, cy, grid.ny)) >= distance) {
                chosen.push((x, y));
            }
        }
        chosen
    }

    #[test]
    fn places_are_those_of_the_rule() {
        let grid = |nx, ny| Grid { nx, ny, nz: 8, dx: 1e-6 };
        for (grid, count, distance) in [
            (grid(64, 48), 40, 0.0),
            (grid(64, 48), 40, 3.7),
            (grid(64, 48), 40, 5.0),
            (grid(17, 17), 30, 4.0),
            (grid(17, 4), 9, 3.0),
            (grid(40, 1), 12, 2.5),
            (grid(8, 8), 5, 30.0),
            (grid(8, 100), 12, 10.0),
        ] {
            let places = places(&grid, count, distance, 3, &[]);
            assert_eq!(places, slowly(&grid, count, distance, 3), "{grid:?} {count} {distance}");
            assert!(distance == 0.0 || places.len() <= most(&grid, distance), "{grid:?} {count} {distance}");
        }
    }

    /// Placed at once, nuclei follow the factors of a pattern: 300 with 3 to 1 on a third of the copper are 180 there, ± 4 √(300 · 0.6 · 0.4).
    #[test]
    fn nuclei_at_once_follow_a_pattern() {
        let grid = Grid { nx: 300, ny: 100, nz: 8, dx: 1e-6 };
        let drawn = |outside: f64| {
            let chances: Vec<f64> = (0..30_000).map(|i| if i % 300 % 30 < 10 { 1.0 } else { outside }).collect();
            let places = places(&grid, 300, 2.0, 5, &chances);
            (places.len(), places.iter().filter(|(x, _)| x % 30 < 10).count())
        };
        assert_eq!(drawn(0.0), (300, 300));
        let (all, inside) = drawn(1.0 / 3.0);
        assert!(all == 300 && (146..214).contains(&inside), "{inside}");
    }

    /// Each cell against every cap.
    #[test]
    fn caps_nearby_give_what_all_caps_give() {
        for (nx, ny, count) in [(40, 30, 50), (40, 30, 3), (64, 1, 40), (1, 1, 4), (90, 8, 200)] {
            let grid = Grid { nx, ny, nz: 12, dx: 1e-6 };
            let at = |what: u32, i: usize, most: f64| most * uniform(9, what, i as u32);
            let cap = |i| Cap {
                centre: [at(0, i, nx as f64), at(1, i, ny as f64), at(2, i, 6.0)],
                radius: 1.0 + at(3, i, if i % 7 == 0 { 9.0 } else { 2.0 }),
            };
            let caps: Vec<Cap> = (0..count).map(cap).collect();
            let sorted = Caps::new(&grid, &caps);
            for cell in 0..grid.cells() {
                let [x, y, z] = [cell % nx, cell / nx % ny, cell / (nx * ny)];
                let all = caps.iter().map(|cap| cap.distance(&grid, x, y, z)).enumerate();
                let (which, deepest) = all.reduce(|a, b| if b.1 > a.1 { b } else { a }).unwrap();
                let expected = (profile::fraction(deepest, 1.0), which);
                assert_eq!(sorted.largest(1.0, x, y, z), expected, "{nx} {ny} {count}: ({x}, {y}, {z})");
            }
        }
    }

    /// A plane of four million columns that is asked for ten times what it can hold, and for nearly that: moments, not minutes.
    #[test]
    fn full_copper_is_told_without_drawing_for_long() {
        let began = std::time::Instant::now();
        let grid = Grid { nx: 2048, ny: 2048, nz: 8, dx: 1e-6 };
        assert_eq!(most(&grid, 20.0), 12_107);
        let drawn = places(&grid, 8000, 20.0, 3, &[]).len();
        assert!((6000..8000).contains(&drawn), "{drawn}");
        assert!(began.elapsed().as_secs() < 20, "{:?}", began.elapsed());
    }
}

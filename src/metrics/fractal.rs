//! Fractal dimensions of a deposit: of the boxes that cover it, and of its mass around a point.
//!
//! Both are slopes of straight lines through logarithms in a window of lengths, with the standard error of the slope, which tells how straight
//! the line is and not how well the window was chosen. What fills space has the dimension of the box.
//!
//! Clusters of random walkers, of 1.71 and 2.50 in two and three dimensions, that reach 215 and 54 dx, have a mass of 1.68 ± .02 (ten of them)
//! and 2.43 (two), and boxes of 1.61 and 2.14: counting boxes asks for far larger ones.

use rayon::prelude::*;

use super::Deposit;
use super::nuclei::Footprint;
use crate::model::pieces::Phase;

/// A dimension and how well it is known; NaN where the window holds too few lengths.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Dimension {
    /// slope of the line
    pub value: f64,
    /// standard error of the slope
    pub error: f64,
    /// least and largest length of the window \[dx\]
    pub window: [f64; 2],
}

impl Dimension {
    const UNKNOWN: Self = Self { value: f64::NAN, error: f64::NAN, window: [f64::NAN; 2] };

    /// Slope of a line through points (ln length, ln number), with `sign` for numbers that fall.
    fn of(points: &[[f64; 2]], sign: f64) -> Self {
        let n = points.len() as f64;
        if points.len() < 4 {
            return Self::UNKNOWN;
        }
        let logs: Vec<[f64; 2]> = points.iter().map(|point| point.map(f64::ln)).collect();
        let mean = |k: usize| logs.iter().map(|point| point[k]).sum::<f64>() / n;
        let (mx, my) = (mean(0), mean(1));
        let xx: f64 = logs.iter().map(|[x, _]| (x - mx).powi(2)).sum();
        let slope = logs.iter().map(|[x, y]| (x - mx) * (y - my)).sum::<f64>() / xx;
        let rest: f64 = logs.iter().map(|[x, y]| (y - my - slope * (x - mx)).powi(2)).sum();
        let window = [points[0][0], points[points.len() - 1][0]];
        Self { value: sign * slope, error: (rest / (n - 2.0) / xx).sqrt(), window }
    }
}

/// Smallest box and smallest sphere: below, the cells and the breadth of the branches show \[dx\].
const SMALLEST: [f64; 2] = [6.0, 8.0];
/// Largest box over the extent of the lithium: a few boxes tell nothing.
const LARGEST_BOX: f64 = 0.2;
/// Largest sphere over the distance of the farthest lithium: where it still grows it is not filled yet.
const LARGEST_SPHERE: f64 = 0.4;

/// Lengths of a window, four to each doubling.
fn lengths([smallest, largest]: [f64; 2]) -> impl Iterator<Item = f64> {
    let longer = |length: &f64| Some(length * 2.0f64.powf(0.25));
    std::iter::successors(Some(smallest), longer).take_while(move |&length| length <= largest)
}

/// Dimension of the boxes that cover cells of `shape`, x fastest.
pub fn of_boxes(shape: [usize; 3], is_filled: impl Fn(usize) -> bool) -> Dimension {
    let [nx, ny, _] = shape;
    let filled: Vec<u32> =
        (0..shape.iter().product::<usize>() as u32).filter(|&cell| is_filled(cell as usize)).collect();
    let place = |cell: u32| [cell as usize % nx, cell as usize / nx % ny, cell as usize / (nx * ny)];
    let Some(&first) = filled.first() else { return Dimension::UNKNOWN };
    let bounds = |pick: fn(usize, usize) -> usize| {
        filled.iter().fold(place(first), |bound, &cell| {
            let place = place(cell);
            std::array::from_fn(|axis| pick(bound[axis], place[axis]))
        })
    };
    let (low, high) = (bounds(usize::min), bounds(usize::max));
    let extent = (0..3).map(|axis| high[axis] - low[axis] + 1).max().unwrap_or(1) as f64;
    let number = |side: usize| {
        let along: [usize; 3] = std::array::from_fn(|axis| (high[axis] - low[axis]) / side + 2);
        // of several places of the boxes the one with the fewest: they cover, and no more
        let shifts = [0, side / 2].into_iter();
        let count = |shift: usize| {
            let mut seen = vec![false; along.iter().product()];
            for &cell in &filled {
                let place = place(cell);
                let at: [usize; 3] = std::array::from_fn(|axis| (place[axis] - low[axis] + shift) / side);
                seen[(at[2] * along[1] + at[1]) * along[0] + at[0]] = true;
            }
            seen.iter().filter(|&&seen| seen).count()
        };
        shifts.map(count).min().unwrap_or(0) as f64
    };
    let mut sides: Vec<f64> = lengths([SMALLEST[0], LARGEST_BOX * extent]).map(f64::round).collect();
    sides.dedup();
    let points: Vec<[f64; 2]> = sides.into_par_iter().map(|side| [side, number(side as usize)]).collect();
    Dimension::of(&points, -1.0)
}

/// Dimension of the mass within spheres around a point, from the distances of all that has mass, in spheres up to `largest` \[dx\].
pub fn of_mass(distances: impl Iterator<Item = f64> + Clone, largest: f64) -> Dimension {
    let farthest = distances.clone().fold(0.0, f64::max);
    let radii: Vec<f64> = lengths([SMALLEST[1], (LARGEST_SPHERE * farthest).min(largest)]).collect();
    let mut within = vec![0u64; radii.len()];
    for distance in distances {
        let first = radii.partition_point(|&radius| radius < distance);
        within.get_mut(first).into_iter().for_each(|count| *count += 1);
    }
    let mut mass = 0;
    let points = radii.iter().zip(within).map(|(&radius, more)| {
        mass += more;
        [radius, mass as f64]
    });
    Dimension::of(&points.collect::<Vec<_>>(), 1.0)
}

/// Largest radius of a footprint over the width of the box: a film has no middle.
const LARGEST_FOOTPRINT: f64 = 0.25;

/// Dimensions of the boxes that cover the lithium, and of its mass around the middle of its footprint, if it has a single one that is small.
pub fn dimensions(deposit: &Deposit, footprints: &[Footprint]) -> [Dimension; 2] {
    let grid = deposit.grid;
    let shape = [grid.nx, grid.ny, grid.nz];
    let is_lithium = |cell: usize| deposit.phase(cell) == Phase::Lithium;
    let boxes = of_boxes(shape, is_lithium);
    let wide = [grid.nx, grid.ny].into_iter().filter(|&n| n > 1).min().unwrap_or(1) as f64;
    let [Footprint { centre, radius }] = footprints else { return [boxes, Dimension::UNKNOWN] };
    if radius / grid.dx > LARGEST_FOOTPRINT * wide {
        return [boxes, Dimension::UNKNOWN];
    }
    let copper = deposit.mean_copper() / grid.dx;
    let across = |cell: usize, middle: f64, n: usize| {
        let d = (cell as f64 + 0.5 - middle / grid.dx).abs();
        if n == 1 { 0.0 } else { d.min(n as f64 - d) }
    };
    let distance = |cell: usize| {
        let [x, y, z] = [cell % grid.nx, cell / grid.nx % grid.ny, cell / (grid.nx * grid.ny)];
        let aside = across(x, centre[0], grid.nx).hypot(across(y, centre[1], grid.ny));
        aside.hypot(z as f64 + 0.5 - copper)
    };
    // beyond half the width a sphere meets its own images
    let mass = of_mass((0..grid.cells()).filter(|&cell| is_lithium(cell)).map(distance), 0.5 * wide);
    [boxes, mass]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::random::uniform;
    use std::f64::consts::TAU;

    /// A cluster that walkers make who stay where they touch it (Witten and Sander): cells of a box of `n` cells along each of so many axes.
    fn walkers(n: i64, dimensions: usize, seed: u32) -> (Vec<bool>, Vec<f64>) {
        let (mut draw, mut next) = (0u32, 0u32);
        let mut random = || {
            draw = draw.wrapping_add(1);
            next += u32::from(draw == 0);
            uniform(seed, next, draw)
        };
        let index = |p: [i64; 3]| p.iter().take(dimensions).rev().fold(0, |at, &x| at * n + x + n / 2) as usize;
        let mut filled = vec![false; (n as usize).pow(dimensions as u32)];
        filled[index([0; 3])] = true;
        let (mut distances, mut reach) = (vec![0.0], 0.0f64);
        let length = |p: [i64; 3]| ((p[0] * p[0] + p[1] * p[1] + p[2] * p[2]) as f64).sqrt();
        while reach < 0.42 * n as f64 {
            let direction = |random: &mut dyn FnMut() -> f64| -> [f64; 3] {
                let turn = TAU * random();
                let z = if dimensions == 3 { 2.0 * random() - 1.0 } else { 0.0 };
                let r = (1.0 - z * z).sqrt();
                [r * turn.cos(), r * turn.sin(), z]
            };
            let start = direction(&mut random);
            let mut walker = start.map(|v| (v * (reach + 3.0)).round() as i64);
            loop {
                let far = length(walker);
                if far > 20.0 * (reach + 5.0) {
                    break;
                }
                // where nothing is near, as far as nothing is
                let free = far - reach - 2.0;
                if free > 2.0 {
                    let way = direction(&mut random);
                    walker = std::array::from_fn(|k| walker[k] + (way[k] * free).round() as i64);
                    continue;
                }
                let step = (random() * 2.0 * dimensions as f64) as usize;
                walker[step / 2] += if step.is_multiple_of(2) { 1 } else { -1 };
                let beside = |step: usize| {
                    let mut there = walker;
                    there[step / 2] += if step.is_multiple_of(2) { 1 } else { -1 };
                    there
                };
                if (0..2 * dimensions).any(|step| filled[index(beside(step))]) {
                    filled[index(walker)] = true;
                    distances.push(length(walker));
                    reach = reach.max(length(walker));
                    break;
                }
            }
        }
        (filled, distances)
    }

    /// The mass has 1.71 ± .05 in two dimensions and 2.40 to 2.55 in three; what boxes tell of clusters as small as these is smaller.
    #[test]
    fn laplacian_clusters_have_their_dimensions() {
        let bounds = [(512, 2, 10, [1.58, 1.64], [1.66, 1.76]), (128, 3, 2, [2.05, 2.25], [2.40, 2.55])];
        for (n, dimensions, seeds, of_boxes_, of_mass_) in bounds {
            let shape = [n as usize, n as usize, if dimensions == 3 { n as usize } else { 1 }];
            let of = |seed| {
                let (filled, distances) = walkers(n, dimensions, seed);
                let (cells, mass) = (distances.len(), of_mass(distances.into_iter(), f64::INFINITY));
                let boxes = of_boxes(shape, |cell| filled[cell]);
                println!("{cells} cells: boxes {boxes:.3?}, mass {mass:.3?}");
                [boxes.value, mass.value]
            };
            let all: Vec<[f64; 2]> = (0..seeds).into_par_iter().map(of).collect();
            let mean = |k: usize| all.iter().map(|pair| pair[k]).sum::<f64>() / f64::from(seeds);
            println!("{dimensions} dimensions: boxes {:.3}, mass {:.3}", mean(0), mean(1));
            for (value, [least, most]) in [(mean(0), of_boxes_), (mean(1), of_mass_)] {
                assert!(value > least && value < most, "{dimensions} dimensions: {value}");
            }
        }
    }

    #[test]
    fn what_fills_space_has_its_dimension() {
        let plane = of_boxes([192, 1, 192], |_| true);
        assert!((plane.value - 2.0).abs() < 0.1, "{plane:?}");
        let line = of_boxes([192, 1, 192], |cell| cell / 192 == 20);
        assert!((line.value - 1.0).abs() < 0.1, "{line:?}");
        let ball = of_mass(
            (0..96 * 96 * 96)
                .map(|i| {
                    let p = [i % 96, i / 96 % 96, i / 9216].map(|x| x as f64 - 47.5);
                    (p[0] * p[0] + p[1] * p[1] + p[2] * p[2]).sqrt()
                })
                .filter(|&d| d < 45.0),
            f64::INFINITY,
        );
        assert!((ball.value - 3.0).abs() < 0.05 && ball.error < 0.05, "{ball:?}");
        assert!(
            of_boxes([8, 8, 8], |cell| cell == 0).value.is_nan() && of_mass(std::iter::empty(), 9.0).value.is_nan()
        );
    }
}

//! Nuclei: separate footprints of lithium on the copper.

use std::f64::consts::{PI, TAU};

use crate::model::grid::Grid;
use crate::model::pieces::{Phase, pieces};

/// A connected footprint.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Footprint {
    /// centre, from the corner of the box \[m\]
    pub centre: [f64; 2],
    /// radius of the circle of the same area; half the width in a 2-D run \[m\]
    pub radius: f64,
}

/// The footprints on the copper.
#[derive(Clone, Debug, PartialEq)]
pub struct Nuclei {
    /// in order of their first column
    pub places: Vec<Footprint>,
}

/// Footprints of the columns whose copper is more than half covered; `coverage` is the fraction of each column.
/// Columns are connected through faces, x and y are periodic.
pub fn nuclei(grid: &Grid, coverage: &[f64]) -> Nuclei {
    let phases: Vec<Phase> =
        coverage.iter().map(|&c| if c > 0.5 { Phase::Lithium } else { Phase::Electrolyte }).collect();
    let found = pieces(grid.nx, grid.ny, 1, &phases);
    let mut columns = vec![0usize; found.count];
    let mut means = vec![[CircularMean::default(); 2]; found.count];
    for run in found.runs.iter().filter(|run| run.phase == Phase::Lithium) {
        columns[run.piece] += run.end - run.start;
        for x in run.start..run.end {
            means[run.piece][0].add(x, grid.nx);
            means[run.piece][1].add(run.row, grid.ny);
        }
    }
    let flat = grid.nx == 1 || grid.ny == 1;
    let radius = |columns: usize| if flat { 0.5 * columns as f64 } else { (columns as f64 / PI).sqrt() } * grid.dx;
    let places = columns
        .iter()
        .zip(&means)
        .filter(|&(&columns, _)| columns > 0)
        .map(|(&columns, mean)| Footprint {
            centre: [mean[0].place(grid.nx) * grid.dx, mean[1].place(grid.ny) * grid.dx],
            radius: radius(columns),
        })
        .collect();
    Nuclei { places }
}

impl Nuclei {
    /// Mean radius \[m\]; NaN without nuclei.
    pub fn mean_radius(&self) -> f64 {
        self.places.iter().map(|place| place.radius).sum::<f64>() / self.places.len() as f64
    }

    /// Mean over the nuclei of the distance to the nearest other, from centre to centre, periodic \[m\]; NaN for fewer
    /// than two.
    pub fn mean_nearest_distance(&self, grid: &Grid) -> f64 {
        if self.places.len() < 2 {
            return f64::NAN;
        }
        let gap = |a: f64, b: f64, cells: usize| {
            let d = (a - b).abs();
            d.min(cells as f64 * grid.dx - d)
        };
        let nearest = |here: usize| {
            let [x, y] = self.places[here].centre;
            let others = self.places.iter().enumerate().filter(|&(there, _)| there != here);
            others
                .map(|(_, other)| gap(x, other.centre[0], grid.nx).hypot(gap(y, other.centre[1], grid.ny)))
                .fold(f64::INFINITY, f64::min)
        };
        (0..self.places.len()).map(nearest).sum::<f64>() / self.places.len() as f64
    }
}

/// Mean place on a periodic axis: the angle of the mean of unit vectors.
#[derive(Clone, Copy, Debug, Default)]
struct CircularMean {
    sine: f64,
    cosine: f64,
}

impl CircularMean {
    fn add(&mut self, cell: usize, cells: usize) {
        let (sine, cosine) = (TAU * (cell as f64 + 0.5) / cells as f64).sin_cos();
        self.sine += sine;
        self.cosine += cosine;
    }

    /// In cells from the side of the box.
    fn place(&self, cells: usize) -> f64 {
        (self.sine.atan2(self.cosine) / TAU).rem_euclid(1.0) * cells as f64
    }
}

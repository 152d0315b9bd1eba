//! What a simulation hands out beside arrays.

use liplate::model::grid;
use pyo3::prelude::*;

/// What a time step did.
#[pyclass(frozen, get_all, module = "liplate")]
pub struct Step {
    /// Number of the step, from 1.
    pub number: u64,
    /// Time at its end [s].
    pub time: f64,
    /// Length of the step [s].
    pub dt: f64,
    /// Current density at its end, plating positive [A/m²].
    pub current: f64,
    /// Electrode potential against Li/Li⁺ at its end [V].
    pub potential: f64,
    /// Cell voltage at its end [V]; None without a cathode.
    pub cell_voltage: Option<f64>,
    /// Nuclei that appeared at its end.
    pub nuclei: usize,
    /// Newton iterations.
    pub iterations: usize,
    /// Attempts that were thrown away: their length [s] and the reason.
    pub rejected: Vec<(f64, String)>,
    /// What ended the step of the protocol that it was a part of, if it ended with it.
    pub ended: Option<String>,
}

#[pymethods]
impl Step {
    fn __repr__(&self) -> String {
        let Self { number, time, dt, current, potential, .. } = self;
        let ended = self.ended.as_ref().map_or(String::new(), |ended| format!(", ended={ended:?}"));
        format!("Step(number={number}, time={time:?}, dt={dt:?}, current={current:?}, potential={potential:?}{ended})")
    }
}

/// The box.
#[pyclass(frozen, get_all, module = "liplate", from_py_object)]
#[derive(Clone, Copy)]
pub struct Grid {
    /// Number of cells along x, y and z.
    pub cells: (usize, usize, usize),
    /// Width of a cell [m].
    pub spacing: f64,
}

impl From<&grid::Grid> for Grid {
    fn from(grid: &grid::Grid) -> Self {
        Self { cells: (grid.nx, grid.ny, grid.nz), spacing: grid.dx }
    }
}

#[pymethods]
impl Grid {
    /// Shape of a field, (nz, ny, nx).
    #[getter]
    fn shape(&self) -> (usize, usize, usize) {
        let (nx, ny, nz) = self.cells;
        (nz, ny, nx)
    }

    fn __repr__(&self) -> String {
        format!("Grid(cells={:?}, spacing={:?})", self.cells, self.spacing)
    }
}

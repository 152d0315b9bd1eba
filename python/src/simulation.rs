//! The class `Simulation`.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::PathBuf;

use liplate::config::{self, Changes, Until};
use liplate::mechanisms;
use liplate::model::parameters::End;
use liplate::model::stored::Stored;
use liplate::run::{DriveError, Driver};
use liplate::sim::device::DeviceChoice;
use numpy::{IntoPyArray, PyArray3};
use parking_lot::FairMutex;
use pyo3::PyTypeInfo;
use pyo3::exceptions::PyKeyError;
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyMapping, PyString};

use crate::changes::{of_value, overrides};
use crate::errors::{Fault, of_config, of_what_was_given, raised, said};
use crate::parts::{Grid, Step};

/// Charge per area of a milliampere hour per square centimetre [C/m²].
const MILLIAMPERE_HOUR: f64 = 36_000.0;

/// One simulation of a config, on a GPU or the CPU, that goes step by step.
///
/// Its steps are those of ``liplate run`` on the same config and device, bit for bit. It keeps no files but what ``save`` is told to.
/// Calls from several threads wait for each other; other threads of Python run while it computes.
#[pyclass(frozen, module = "liplate")]
pub struct Simulation {
    /// none once a panic has broken it; fair, so that a thread that looks on waits for one step and not for the whole run
    driver: FairMutex<Option<Driver>>,
    #[pyo3(get)]
    /// The box: cells and their width.
    grid: Grid,
    #[pyo3(get)]
    /// Name of the device that computes.
    device: String,
}

/// What a stretch of steps is to come to.
enum Goal<'py> {
    /// the end that the config gives
    Config,
    /// another one
    End(End),
    /// so many steps since the start
    Steps(u64),
    /// a function of the simulation is true
    Function(Bound<'py, PyAny>),
}

impl Simulation {
    fn of(py: Python<'_>, open: impl FnOnce() -> Result<Driver, DriveError> + Send) -> PyResult<Self> {
        let opened = py.detach(|| -> Result<_, Fault> {
            let opened = catch_unwind(AssertUnwindSafe(open)).map_err(|panic| Fault::Panic(said(&*panic)))?;
            let mut driver = opened?;
            let device = driver.simulation_mut().backend().device();
            Ok((Grid::from(&driver.simulation().setup().grid), device, driver))
        });
        let (grid, device, driver) = opened?;
        Ok(Self { driver: FairMutex::new(Some(driver)), grid, device })
    }

    /// Does something with the simulation while other threads of Python run. A panic breaks the simulation and is an error.
    fn with<T: Send>(
        &self,
        py: Python<'_>,
        act: impl FnOnce(&mut Driver) -> Result<T, DriveError> + Send,
    ) -> PyResult<T> {
        let done = py.detach(|| -> Result<T, Fault> {
            let mut held = self.driver.lock();
            let driver = held.as_mut().ok_or(Fault::Broken)?;
            match catch_unwind(AssertUnwindSafe(|| act(driver))) {
                Ok(done) => Ok(done?),
                Err(panic) => {
                    *held = None;
                    Err(Fault::Panic(said(&*panic)))
                }
            }
        });
        Ok(done?)
    }

    /// A value that is there without computing.
    fn told<T: Send>(&self, py: Python<'_>, tell: impl FnOnce(&Driver) -> T + Send) -> PyResult<T> {
        self.with(py, |driver| Ok(tell(driver)))
    }

    /// What `until` of `run` means.
    fn goal<'py>(&self, py: Python<'py>, until: Option<&Bound<'py, PyAny>>) -> PyResult<Goal<'py>> {
        let Some(until) = until else { return Ok(Goal::Config) };
        let changes = if let Ok(text) = until.cast::<PyString>() {
            match Until::read(text.to_str()?).map_err(of_what_was_given)? {
                Until::Steps(steps) => return Ok(Goal::Steps(steps)),
                Until::End(changes) => changes,
            }
        } else if let Ok(keys) = until.cast::<PyMapping>() {
            let mut set = Vec::new();
            for pair in keys.items()?.iter() {
                let (key, value): (String, Bound<'py, PyAny>) = pair.extract()?;
                set.push(format!("end.{key}={}", of_value(&key, &value)?));
            }
            Changes::read(&set).map_err(|error| of_config(&error))?
        } else if until.is_callable() {
            return Ok(Goal::Function(until.clone()));
        } else {
            return Err(of_what_was_given(
                "until: a text as in \"0.4 mAh/cm^2\", a mapping of keys of [end], or a function of the simulation is expected",
            ));
        };
        let setup = self.told(py, |driver| driver.simulation().setup().clone())?;
        // a config is asked for a protocol only, of which there is none in an end
        let changed = changes.apply(&setup, std::path::Path::new("")).map_err(of_what_was_given)?;
        Ok(Goal::End(changed.end))
    }

    /// Steps until the end, or what `goal` adds to it.
    fn steps(slf: &Bound<'_, Self>, goal: &Goal<'_>) -> PyResult<String> {
        let (py, this) = (slf.py(), slf.get());
        loop {
            let (done, taken) = this.told(py, |driver| (driver.done(), driver.simulation().clock().step))?;
            if let Some(reason) = done {
                return Ok(reason);
            }
            match goal {
                Goal::Steps(steps) if taken >= *steps => return Ok(format!("steps: {taken} have been taken")),
                Goal::Function(function) if function.call1((slf,))?.is_truthy()? => {
                    return Ok("until: the function is true".into());
                }
                _ => {}
            }
            this.with(py, Driver::step)?;
            py.check_signals()?;
        }
    }
}

fn device_of(text: &str) -> PyResult<DeviceChoice> {
    text.parse().map_err(|problem: String| of_what_was_given(format!("device: {problem}")))
}

#[pymethods]
impl Simulation {
    /// Starts what the config at ``path`` describes.
    ///
    /// ``device`` is ``auto`` (the best hardware GPU, the CPU without one), ``cpu``, ``gpu`` or ``gpu:N``. Every other keyword is a key of
    /// the config with its value, as ``--set`` spells them: ``**{"kinetics.i0": "3 mA/cm^2"}``; a number, a truth value, a list and a
    /// mapping become TOML, and ``None`` takes the key away. What a person should hear about the config is a ``ConfigWarning``.
    ///
    /// Raises ``ConfigError`` with everything that is wrong with the config, and ``RunError`` if the device fails.
    #[staticmethod]
    #[pyo3(signature = (path, /, device = "auto", **changes))]
    fn from_toml(py: Python<'_>, path: PathBuf, device: &str, changes: Option<&Bound<'_, PyDict>>) -> PyResult<Self> {
        let (choice, overrides) = (device_of(device)?, overrides(changes)?);
        let read = py.detach(|| catch_unwind(|| config::read_to_run(&path, &overrides)));
        let read = read.map_err(|panic| Fault::Panic(said(&*panic)))?;
        let config = read.map_err(|error| of_config(&error))?;
        let warning = raised::ConfigWarning::type_object(py);
        for remark in &config.remarks {
            let remark = std::ffi::CString::new(remark.replace('\0', " ")).unwrap_or_default();
            PyErr::warn(py, &warning, &remark, 1)?;
        }
        Self::of(py, || Driver::new(config.setup, choice))
    }

    /// Goes on from what ``save``, or ``liplate run``, has left in ``directory``; the run there is only read.
    ///
    /// ``device`` is as in ``from_toml``. Raises ``RunError`` if there is nothing whole.
    #[staticmethod]
    #[pyo3(signature = (directory, /, device = "auto"))]
    fn load(py: Python<'_>, directory: PathBuf, device: &str) -> PyResult<Self> {
        let choice = device_of(device)?;
        Self::of(py, || Driver::load(&directory, choice))
    }

    /// Saves everything that ``load`` needs into ``directory``, which is made if it is not there; the state that was saved before is kept
    /// beside it.
    ///
    /// ``liplate run CONFIG --from directory`` begins from it, too. Raises ``ConfigError`` if the directory has the files of a run, and
    /// ``RunError`` if it cannot be written.
    #[pyo3(signature = (directory, /))]
    fn save(&self, py: Python<'_>, directory: PathBuf) -> PyResult<()> {
        let words: Vec<String> = py.import("sys")?.getattr("orig_argv")?.extract()?;
        let command = liplate::io::provenance::quoted(words.into_iter().map(Into::into));
        self.with(py, |driver| driver.save(&directory, &command))
    }

    /// Takes one time step, as long as accuracy and stability allow, and says what it did.
    ///
    /// It goes on beyond the end that the config gives, but not beyond the last step of a protocol or the top of the box. Raises
    /// ``RunError`` if there is no step to take, none can be solved, the device fails, or the guard objects to the numbers.
    fn step(&self, py: Python<'_>) -> PyResult<Step> {
        self.with(py, |driver| {
            let step = driver.step()?;
            let (setup, clock) = (driver.simulation().setup(), driver.simulation().clock());
            Ok(Step {
                number: clock.step,
                time: clock.time,
                dt: step.report.dt,
                current: clock.current,
                potential: clock.potential,
                cell_voltage: clock.voltage(setup),
                nuclei: step.report.nuclei.len(),
                iterations: step.report.iterations,
                rejected: step.report.rejected,
                ended: step.ended.map(|limit| limit.to_string()),
            })
        })
    }

    /// Steps until the end that the config gives, or until what ``until`` says, whichever comes first; returns the reason.
    ///
    /// ``until`` is a text with a charge per area, a time, a height or a number of steps, all counted from the start of the simulation
    /// (``"0.4 mAh/cm^2"``, ``"10 s"``, ``"5 um"``, ``"100 steps"``), a mapping of keys of ``[end]`` (``{"potential_below": "-0.3 V"}``), or
    /// a function of the simulation that is called before each step. A charge, time, height or key takes the place of that of the config
    /// for this call, as ``--set end.charge=…`` does, and the last step ends at it. Where the simulation is there already, nothing is
    /// computed.
    ///
    /// Ctrl-C ends it after the step that is being computed with ``KeyboardInterrupt``; it can go on from there. Raises ``ConfigError`` if
    /// ``until`` is wrong, and ``RunError`` as ``step`` does.
    #[pyo3(signature = (until = None))]
    fn run(slf: &Bound<'_, Self>, until: Option<&Bound<'_, PyAny>>) -> PyResult<String> {
        let (py, this) = (slf.py(), slf.get());
        let goal = this.goal(py, until)?;
        let Goal::End(end) = &goal else { return Self::steps(slf, &goal) };
        let own = this.told(py, |driver| driver.simulation().setup().end.clone())?;
        this.with(py, |driver| {
            driver.set_end(end.clone());
            Ok(())
        })?;
        let reason = Self::steps(slf, &goal);
        let restored = this.with(py, |driver| {
            driver.set_end(own);
            Ok(())
        });
        let reason = reason?;
        restored.map(|()| reason)
    }

    /// Time [s].
    #[getter]
    fn time(&self, py: Python<'_>) -> PyResult<f64> {
        self.told(py, |driver| driver.simulation().time())
    }

    /// Length of the last time step [s]; 0 before the first.
    #[getter]
    fn dt(&self, py: Python<'_>) -> PyResult<f64> {
        self.told(py, |driver| driver.simulation().clock().last)
    }

    /// Number of time steps taken.
    #[getter]
    fn steps_taken(&self, py: Python<'_>) -> PyResult<u64> {
        self.told(py, |driver| driver.simulation().clock().step)
    }

    /// Charge per area that has been plated less that stripped [mAh/cm²].
    #[getter]
    fn charge(&self, py: Python<'_>) -> PyResult<f64> {
        self.told(py, |driver| driver.simulation().clock().charge(driver.simulation().setup()) / MILLIAMPERE_HOUR)
    }

    /// Electrode potential against Li/Li⁺ [V].
    #[getter]
    fn potential(&self, py: Python<'_>) -> PyResult<f64> {
        self.told(py, |driver| driver.simulation().clock().potential)
    }

    /// Current density in the last time step, plating positive [A/m²].
    #[getter]
    fn current(&self, py: Python<'_>) -> PyResult<f64> {
        self.told(py, |driver| driver.simulation().clock().current)
    }

    /// Why the simulation is at the end that its config gives; None before.
    #[getter]
    fn done(&self, py: Python<'_>) -> PyResult<Option<String>> {
        self.told(py, Driver::done)
    }

    /// The resolved config: every number in SI, as ``run.json`` has it under ``setup``.
    #[getter]
    fn config<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        let text = self.told(py, |driver| serde_json::to_string(driver.simulation().setup()))?;
        let text = text.map_err(|error| Fault::Panic(error.to_string()))?;
        py.import("json")?.call_method1("loads", (text,))
    }

    /// Names of the fields that ``field`` takes, each with its unit.
    #[getter]
    fn fields<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyDict>> {
        let fields = PyDict::new(py);
        for field in self.told(py, fields_of)? {
            fields.set_item(field.name(), field.unit())?;
        }
        Ok(fields)
    }

    /// A field now, in SI: a new array of float32 and of shape (nz, ny, nx), as in the files of a run.
    ///
    /// Raises ``KeyError`` if the simulation has no such field, and ``RunError`` if the device fails.
    #[pyo3(signature = (name, /))]
    fn field<'py>(&self, py: Python<'py>, name: &str) -> PyResult<Bound<'py, PyArray3<f32>>> {
        let there = self.told(py, fields_of)?;
        let Some(field) = there.iter().copied().find(|field| field.name() == name) else {
            let names: Vec<&str> = there.iter().map(|field| field.name()).collect();
            return Err(PyKeyError::new_err(format!("no field {name:?}; there are {}", names.join(", "))));
        };
        let cells = self.with(py, |driver| Ok(driver.simulation_mut().field(field)?))?;
        Ok(cells.into_pyarray(py))
    }

    /// Measures the deposit: a row of ``metrics.csv`` as it would be where a snapshot is taken, name by name, with ``units``.
    ///
    /// NaN is what the file leaves empty. At the start and after ``load``, ``dt`` and ``newton_iterations`` are NaN as well. Raises
    /// ``RunError`` if the device fails.
    fn metrics<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        let values = self.with(py, |driver| Ok(driver.metrics()?))?;
        let class = py.import("liplate._tables")?.getattr("Metrics")?;
        class.call_method1("of_row", (Driver::headings(), values))
    }

    fn __repr__(&self, py: Python<'_>) -> PyResult<String> {
        let (name, time, steps) = self.told(py, |driver| {
            let simulation = driver.simulation();
            (simulation.setup().name.clone(), simulation.time(), simulation.clock().step)
        })?;
        let (nx, ny, nz) = self.grid.cells;
        Ok(format!("<liplate.Simulation {name:?}: {nx} × {ny} × {nz} cells, t = {time:.6} s after {steps} steps>"))
    }
}

/// The fields that a simulation has: those of mechanisms only if they are switched on.
fn fields_of(driver: &Driver) -> Vec<Stored> {
    let on = driver.simulation().setup().mechanisms.fields();
    let is_there = |field: &Stored| {
        mechanisms::field(field.name()).is_none() || on.iter().any(|riding| riding.name == field.name())
    };
    Stored::ALL.iter().copied().filter(is_there).collect()
}

//! The command line: words in, sentences and an exit code out.
//!
//! Exit codes: 0 done, 1 failed, 2 bad usage or config, 3 stopped by the guard with the state saved, 130 interrupted with
//! the state saved. An answer that cannot be written to standard output is a failure; a reader that has gone away is not.

mod bench;
mod cell;
mod manual;
mod output;
mod study;

use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Duration;

use clap::{Args, Parser, Subcommand};

use crate::bench::BenchError;
use crate::check;
use crate::config::{self, Changes, Config, ConfigError, quantity};
use crate::converge::{self, ConvergeError, Study};
use crate::io::snapshot;
use crate::io::surface::Format;
use crate::io::{IoError, provenance};
use crate::metrics::{Column, Metrics};
use crate::report::{self, ReportError};
use crate::run::surface::Wanted;
use crate::run::{self, Ending, Outcome, Request, Resume, RunError, Voice};
use crate::sim::device::DeviceChoice;
use crate::study::StudyError;
use crate::verify::{self, Lab, VerifyError};
use output::print;

#[derive(Parser)]
#[command(
    name = "liplate",
    version,
    about = "Phase-field solver for lithium plating and stripping on copper",
    after_help = "Exit codes: 0 done, 1 failed, 2 bad usage or config, 3 stopped by the guard (state saved), \
                  130 interrupted (state saved)"
)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Run a config from the start
    Run {
        #[command(flatten)]
        config: ConfigArgs,
        /// Directory for the run's files [default: runs/NAME, NAME being that of the config file]
        #[arg(long, value_name = "DIR")]
        out: Option<PathBuf>,
        /// Go on where the directory holds this very run already, begun or done
        #[arg(long)]
        or_resume: bool,
        /// Begin from the state that another run of the same box has come to: its copper, its deposit, its salt
        #[arg(long, value_name = "DIR", conflicts_with = "or_resume")]
        from: Option<PathBuf>,
        #[command(flatten)]
        how: HowArgs,
    },
    /// Go on with a run from its last checkpoint
    Resume {
        /// Directory of the run
        #[arg(value_name = "DIR")]
        directory: PathBuf,
        /// Go on although rows of metrics.csv, events.jsonl or cycles.csv are lost
        #[arg(long)]
        accept_loss: bool,
        /// Change what is still to come, of a finished run too: another end, --set end.charge="2 mAh/cm^2"; keys of output and
        /// time_step; another protocol from here on, --set 'protocol=[{steps=["Rest for 1 h"]}]' (may be given again)
        #[arg(long = "set", value_name = "KEY=VALUE")]
        overrides: Vec<String>,
        #[command(flatten)]
        how: HowArgs,
    },
    /// Show what a config means: SI values, resolution, first time step, memory and cost
    Check {
        #[command(flatten)]
        config: ConfigArgs,
        /// Device to estimate for: auto, cpu, gpu or gpu:N
        #[arg(long, default_value = "auto", value_name = "DEVICE")]
        device: DeviceChoice,
    },
    /// Measure the deposit in a stored snapshot again
    Measure {
        /// A fields.vtkhdf, or the directory that holds it
        #[arg(value_name = "FILE")]
        file: PathBuf,
        /// Which snapshot, from 0 [default: the last]
        #[arg(long, value_name = "K")]
        frame: Option<usize>,
        /// Every snapshot, as CSV
        #[arg(long, conflicts_with = "frame")]
        all: bool,
    },
    /// Write the surface of the lithium at a stored snapshot as triangles
    Surface {
        /// Directory of a run, or its fields.vtkhdf
        #[arg(value_name = "DIR")]
        run: PathBuf,
        /// Number of the snapshot, from 0 [default: the last]
        #[arg(long, value_name = "N")]
        frame: Option<usize>,
        /// vtp (ParaView: metres, with height, current and curvature), stl (printing: micrometres, a closed body) or ply (Blender,
        /// MeshLab: micrometres, with the values) [default: that of --out, else vtp]
        #[arg(long, value_name = "FORMAT")]
        format: Option<Format>,
        /// Where to write it [default: surface-NNNN.FORMAT beside the fields]
        #[arg(long, value_name = "FILE")]
        out: Option<PathBuf>,
        /// Replace a file of that name
        #[arg(long)]
        overwrite: bool,
    },
    /// Make one HTML page of a run, finished or not: curves, tables and pictures, to be read without a network
    Report {
        /// Directory of the run
        #[arg(value_name = "DIR")]
        directory: PathBuf,
        /// Where to write the page [default: DIR/report.html]
        #[arg(long, value_name = "FILE")]
        out: Option<PathBuf>,
        /// Write its pictures (PNG) and curves (SVG) into this directory too
        #[arg(long, value_name = "DIR")]
        png: Option<PathBuf>,
        /// Draw what a cycler has recorded beside it: a table with time or charge, and potential, voltage, cell_voltage or current
        #[arg(long, value_name = "CSV")]
        with: Option<PathBuf>,
    },
    /// Tell what a cell is: energy, range and life, by its design and by what a run has measured, beside one with graphite
    Cell {
        #[command(flatten)]
        arguments: cell::Arguments,
    },
    /// Run a config on several grids, or with several interface lengths or time steps, and extrapolate its metrics
    Converge {
        #[command(flatten)]
        config: ConfigArgs,
        /// What to refine: grid (dx, ell and time step together), interface (ell alone, on the finest grid), time (the
        /// time step alone, on the coarsest grid); may be given again [default: grid and time]
        #[arg(long = "study", value_name = "STUDY")]
        studies: Vec<Study>,
        /// Number of levels
        #[arg(long, default_value_t = 3, value_name = "N", value_parser = clap::value_parser!(u8).range(3..=8))]
        levels: u8,
        /// dx of a level over that of the next finer one; the cells that fit best are taken
        #[arg(long, default_value_t = 2.0, value_name = "RATIO", value_parser = ratio)]
        ratio: f64,
        /// The config is the finest level, not the coarsest
        #[arg(long)]
        coarsen: bool,
        /// Only say what would be run and what it would cost
        #[arg(long)]
        plan: bool,
        /// Directory for the runs and the results [default: runs/NAME-converge]
        #[arg(long, value_name = "DIR")]
        out: Option<PathBuf>,
        #[command(flatten)]
        how: HowArgs,
    },
    /// Plan, compute and compare many runs of one config: other values of its keys, other seeds
    Study {
        #[command(subcommand)]
        command: study::Command,
    },
    /// Hold the solver against exact results: the cases of configs/verification
    Verify {
        /// Only this case (may be given again) [default: all]
        #[arg(long = "case", value_name = "NAME")]
        cases: Vec<String>,
        /// Device: auto, cpu, gpu or gpu:N
        #[arg(long, default_value = "auto", value_name = "DEVICE")]
        device: DeviceChoice,
        /// Only the checks that take seconds
        #[arg(long)]
        quick: bool,
        /// Write the results here too, as JSON
        #[arg(long, value_name = "FILE")]
        json: Option<PathBuf>,
        /// Put the results into the table of this Markdown file, as in docs/verification.md; cases that were not run keep
        /// their rows
        #[arg(long, value_name = "FILE", conflicts_with = "quick")]
        markdown: Option<PathBuf>,
        /// Put a summary of that table into this Markdown file, as in docs/accuracy.md
        #[arg(long, value_name = "FILE", requires = "markdown")]
        summary: Option<PathBuf>,
        /// List the cases and run none
        #[arg(long)]
        list: bool,
    },
    /// Measure how fast the program is on this machine, in copies: times of 8 bytes a cell at the machine's copy rate
    Bench {
        #[command(flatten)]
        arguments: bench::Arguments,
    },
    /// List the devices, the largest grid each holds, and which one `auto` takes
    Devices,
    /// Say what the keys of a config mean, what they take, and what holds without them
    Keys {
        /// A section or a key, as in kinetics, i0 or kinetics.i0 [default: all, as docs/config.md has them]
        #[arg(value_name = "NAME")]
        name: Option<String>,
    },
    /// Print the JSON schema of a config, with which editors complete and check one
    Schema,
    /// Write a config in which every key stands with its meaning
    Init {
        /// Name of the run; the config is NAME.toml
        #[arg(value_name = "NAME")]
        name: String,
        /// Shipped config whose values it has
        #[arg(long, default_value = "quickstart", value_name = "CONFIG")]
        from: String,
    },
    /// Print completions for a shell, to be sourced or put where it looks for them
    Completions {
        /// Shell
        #[arg(value_name = "SHELL")]
        shell: clap_complete::Shell,
    },
    /// Print the manual page, or with --out write one for every command
    Man {
        /// Directory for the pages
        #[arg(long, value_name = "DIR")]
        out: Option<PathBuf>,
    },
}

#[derive(Args)]
struct ConfigArgs {
    /// Config file, TOML
    #[arg(value_name = "CONFIG")]
    config: PathBuf,
    /// Override a key: --set kinetics.i0="3 mA/cm^2" (may be given again)
    #[arg(long = "set", value_name = "KEY=VALUE")]
    set: Vec<String>,
    /// Take a key away, as if the file did not have it: --unset top.current (may be given again)
    #[arg(long = "unset", value_name = "KEY")]
    unset: Vec<String>,
}

impl ConfigArgs {
    /// What is changed: keys are taken away before others are set.
    fn overrides(&self) -> Vec<String> {
        let unset = self.unset.iter().map(|key| format!("{}{}", config::UNSET, key.trim()));
        unset.chain(self.set.iter().cloned()).collect()
    }
}

#[derive(Args)]
struct HowArgs {
    /// Device: auto, cpu, gpu or gpu:N, N being the number in `liplate devices`
    #[arg(long, default_value = "auto", value_name = "DEVICE")]
    device: DeviceChoice,
    /// Stop after this wall time with a checkpoint, as in 2h, 90min or 02:00:00 (hours:minutes:seconds)
    #[arg(long, value_name = "TIME", value_parser = wall_time)]
    max_wall: Option<Duration>,
    /// Say nothing while it runs
    #[arg(long)]
    quiet: bool,
}

impl HowArgs {
    fn voice(&self) -> Voice {
        if self.quiet { Voice::Nobody } else { Voice::People }
    }
}

/// What went wrong, and the exit code it means.
#[derive(Debug, thiserror::Error)]
enum CliError {
    #[error(transparent)]
    Config(#[from] ConfigError),
    #[error("{} is a file; --out takes a directory", .0.display())]
    File(PathBuf),
    #[error(transparent)]
    Run(#[from] RunError),
    #[error(transparent)]
    Io(#[from] IoError),
    #[error(transparent)]
    Verify(#[from] VerifyError),
    #[error(transparent)]
    Converge(#[from] ConvergeError),
    #[error(transparent)]
    Bench(#[from] BenchError),
    #[error(transparent)]
    Report(#[from] ReportError),
    #[error(transparent)]
    Study(#[from] StudyError),
    #[error("no thread could be started: {0}")]
    Threads(String),
    #[error("{0}")]
    Words(String),
}

impl CliError {
    fn code(&self) -> u8 {
        match self {
            Self::Config(_)
            | Self::File(_)
            | Self::Words(_)
            | Self::Run(RunError::Taken { .. } | RunError::Device(_) | RunError::Copper(_)) => 2,
            Self::Run(RunError::NothingToResume { .. } | RunError::End(_) | RunError::NoState { .. }) => 2,
            Self::Run(RunError::Busy { .. } | RunError::Lost { .. } | RunError::Other { .. }) => 2,
            Self::Verify(VerifyError::UnknownCase { .. } | VerifyError::Run(RunError::Device(_))) => 2,
            #[cfg(feature = "gpu")]
            Self::Bench(BenchError::ModelSide(_)) => 2,
            Self::Bench(BenchError::Side(_) | BenchError::PeersOnGpu | BenchError::Run(RunError::Device(_))) => 2,
            Self::Study(StudyError::Run(
                RunError::Taken { .. }
                | RunError::Device(_)
                | RunError::Copper(_)
                | RunError::Busy { .. }
                | RunError::Other { .. },
            )) => 2,
            Self::Study(StudyError::Run(_) | StudyError::Report(_) | StudyError::Io(_) | StudyError::Slurm(_)) => 1,
            Self::Study(_) | Self::Report(ReportError::Measured(_)) => 2,
            Self::Converge(ConvergeError::Run {
                error: RunError::Taken { .. } | RunError::Device(_) | RunError::Copper(_),
                ..
            }) => 2,
            Self::Converge(
                ConvergeError::Config(_)
                | ConvergeError::Cells { .. }
                | ConvergeError::Level { .. }
                | ConvergeError::Other { .. },
            ) => 2,
            _ => 1,
        }
    }
}

/// Parses the command line, does what it says, and returns the exit code.
pub fn main() -> ExitCode {
    quiet_device_layer();
    run::outlive_full_files();
    let code = match Cli::try_parse() {
        Ok(cli) => enough_threads().and_then(|()| dispatch(cli.command)).unwrap_or_else(|error| {
            tell(&format!("error: {error}"));
            error.code()
        }),
        // help and the version are answers, on standard output; what is wrong with the words goes to standard error
        Err(answer) if !answer.use_stderr() => {
            output::print(&answer.render().to_string());
            0
        }
        Err(usage) => {
            let _ = usage.print();
            usage.exit_code() as u8
        }
    };
    match output::lost() {
        Some(reason) => {
            tell(&format!("error: standard output: {reason}; what was to be said is lost"));
            ExitCode::from(code.max(1))
        }
        None => ExitCode::from(code),
    }
}

/// Starts the threads that the CPU computes with. Where the system has not so many, as under a limit of processes, there are fewer; results
/// do not depend on how many.
fn enough_threads() -> Result<(), CliError> {
    let asked = std::env::var("RAYON_NUM_THREADS").ok().and_then(|text| text.parse().ok()).filter(|&count| count > 0);
    let wanted: usize = asked.unwrap_or_else(|| std::thread::available_parallelism().map_or(1, |count| count.get()));
    // one less than could be had at once: a device driver may want one as well
    let count = match threads_at_once(wanted) {
        had if had < wanted => had.saturating_sub(1),
        had => had,
    };
    if count < wanted {
        tell(&format!(
            "note: the system starts no more than {count} of {wanted} threads; it takes longer with {}",
            count.max(1)
        ));
    }
    let pool = rayon::ThreadPoolBuilder::new().num_threads(count.max(1));
    let pool = if count == 0 { pool.use_current_thread() } else { pool };
    pool.build_global().map_err(|reason| CliError::Threads(reason.to_string()))
}

/// How many threads, up to `wanted`, the system lets run at the same time.
fn threads_at_once(wanted: usize) -> usize {
    let gate = std::sync::Arc::new(std::sync::RwLock::new(()));
    let shut = gate.write();
    let start = |_| {
        let gate = gate.clone();
        // until the gate opens
        std::thread::Builder::new().spawn(move || drop(gate.read())).ok()
    };
    let threads: Vec<_> = (0..wanted).map_while(start).collect();
    drop(shut);
    let count = threads.len();
    threads.into_iter().for_each(|thread| drop(thread.join()));
    count
}

/// Mesa's Vulkan layer that picks a desktop's default device complains on standard error where there is no desktop. The
/// choice is made here by the kind of device, so the layer is not needed.
#[allow(unsafe_code)]
fn quiet_device_layer() {
    if std::env::var_os("NODEVICE_SELECT").is_none() {
        // SAFETY: the first thing that the program does, before there is a second thread that could read the environment
        unsafe { std::env::set_var("NODEVICE_SELECT", "1") };
    }
}

fn dispatch(command: Command) -> Result<u8, CliError> {
    match command {
        Command::Run { config, out, or_resume, from, how } => {
            let Config { setup, remarks, .. } = match from {
                // what its steps meet depends on a state that the config does not tell
                Some(_) => config::read(&config.config, &config.overrides())?,
                None => config::read_to_run(&config.config, &config.overrides())?,
            };
            if !how.quiet {
                remarks.iter().for_each(|remark| tell(&format!("note: {remark}")));
            }
            let directory = out.unwrap_or_else(|| default_directory(&config.config));
            if directory.is_file() {
                return Err(CliError::File(directory));
            }
            let kept = config::kept::keep(&config.config, &config.overrides())?;
            let request = Request {
                kept: Some(kept),
                setup,
                from,
                directory,
                device: how.device,
                max_wall: how.max_wall,
                voice: how.voice(),
                command: command_line(),
            };
            let outcome = if or_resume { run::run_or_resume(&request) } else { run::run(&request) };
            Ok(tell_ending(outcome?, how.quiet))
        }
        Command::Resume { directory, accept_loss, overrides, how } => {
            resume(directory, Changes::read(&overrides)?, accept_loss, &how)
        }
        Command::Check { config, device } => {
            print(&check::check(&config::read_to_run(&config.config, &config.overrides())?, device)?);
            Ok(0)
        }
        Command::Measure { file, frame, all } => {
            let file = if file.is_dir() { file.join(snapshot::FILE) } else { file };
            print(&if all { measure_all(&file)? } else { measure(&file, frame)? });
            Ok(0)
        }
        Command::Surface { run, frame, format, out, overwrite } => {
            let made = run::surface::write(&Wanted { run: &run, frame, format, out: out.as_deref(), overwrite })?;
            print(&made.to_string());
            Ok(0)
        }
        Command::Report { directory, out, png, with } => {
            let out = out.unwrap_or_else(|| directory.join(report::FILE));
            let bytes = report::write(&directory, &out, with.as_deref())?;
            print(&format!("{}: {:.1} MB\n", out.display(), bytes as f64 / 1e6));
            if let Some(png) = png {
                for (name, what) in report::write_pictures(&directory, &png, with.as_deref())? {
                    print(&format!("{}: {what}\n", png.join(name).display()));
                }
            }
            Ok(0)
        }
        Command::Converge { config, studies, levels, ratio, coarsen, plan, out, how } => {
            let Config { setup, .. } = config::read_to_run(&config.config, &config.overrides())?;
            let studies = if studies.is_empty() { vec![Study::Grid, Study::Time] } else { studies };
            let beside = || {
                let mut directory = default_directory(&config.config).into_os_string();
                directory.push("-converge");
                PathBuf::from(directory)
            };
            let request = converge::Request {
                setup,
                studies,
                levels: usize::from(levels),
                ratio,
                coarsen,
                directory: out.unwrap_or_else(beside),
                device: how.device,
                max_wall: how.max_wall,
                quiet: how.quiet,
                plan_only: plan,
                command: command_line(),
            };
            Ok(match converge::run(&request, tell, print)? {
                converge::Outcome::Found(_) => {
                    print(&format!("files in {}\n", request.directory.display()));
                    0
                }
                converge::Outcome::Planned => 0,
                converge::Outcome::Stopped { code, reason } => {
                    tell(&format!("stopped; {reason}. Levels that are done are kept: the same command goes on"));
                    code
                }
            })
        }
        Command::Cell { arguments } => cell::cell(&arguments).map(|()| 0),
        Command::Study { command } => study::dispatch(command),
        Command::Verify { list: true, .. } => {
            print(&verify::report::list());
            Ok(0)
        }
        Command::Verify { cases, device, quick, json, markdown, summary, list: false } => {
            json.iter().try_for_each(|path| verify::writable(path))?;
            let summarise = || match (&markdown, &summary) {
                (Some(table), Some(path)) => verify::write_summary(path, table),
                _ => Ok(()),
            };
            // both pages are there, before half an hour is spent on what they shall hold
            markdown.iter().try_for_each(|path| verify::write_table(path, &[]))?;
            summarise()?;
            let checks = verify::run(&Lab { device, quick }, &cases, print)?;
            if let Some(path) = &json {
                verify::write_json(path, &checks)?;
            }
            if let Some(path) = &markdown {
                verify::write_table(path, &checks)?;
            }
            summarise()?;
            Ok(verify::exit_code(&checks))
        }
        Command::Bench { arguments } => bench::bench(arguments).map(|()| 0),
        Command::Devices => {
            print(&check::devices());
            Ok(0)
        }
        Command::Keys { name } => manual::keys(name.as_deref()).map(|()| 0),
        Command::Schema => {
            manual::schema();
            Ok(0)
        }
        Command::Init { name, from } => manual::init(&name, &from).map(|()| 0),
        Command::Completions { shell } => {
            manual::completions(shell);
            Ok(0)
        }
        Command::Man { out } => manual::man(out.as_deref()).map(|()| 0),
    }
}

fn resume(directory: PathBuf, changes: Changes, accept_loss: bool, how: &HowArgs) -> Result<u8, CliError> {
    let request = Resume {
        directory,
        changes,
        device: how.device,
        max_wall: how.max_wall,
        voice: how.voice(),
        accept_loss,
        command: command_line(),
    };
    Ok(tell_ending(run::resume(&request)?, how.quiet))
}

/// Prints a line to standard error.
fn tell(text: &str) {
    use std::io::Write;
    let _ = writeln!(std::io::stderr(), "{text}");
}

fn ratio(text: &str) -> Result<f64, String> {
    match text.parse() {
        Ok(ratio) if (1.1..=4.0).contains(&ratio) => Ok(ratio),
        _ => Err(format!("{text:?} is not a number from 1.1 to 4")),
    }
}

fn wall_time(text: &str) -> Result<Duration, String> {
    let seconds = quantity::wall_time(text)?;
    Duration::try_from_secs_f64(seconds).map_err(|_| format!("{text:?} is longer than any run"))
}

/// `runs/NAME` for `…/NAME.toml`.
fn default_directory(config: &Path) -> PathBuf {
    Path::new("runs").join(config.file_stem().unwrap_or_default())
}

fn command_line() -> String {
    provenance::quoted(std::env::args_os())
}

/// Says how a run ended; returns the exit code.
fn tell_ending(outcome: Outcome, quiet: bool) -> u8 {
    let Outcome { ending, directory, steps, wall_seconds, clock } = &outcome;
    if !quiet {
        let what = match ending {
            Ending::Done(reason) => format!("done: {reason}"),
            Ending::Guard(reason) => format!("stopped by the guard: {reason}"),
            Ending::Interrupted(reason) => format!("interrupted by {reason}"),
        };
        print(&format!(
            "{what}\n  {steps} steps, {:.1} s of simulated time, {wall_seconds:.1} s of wall time\n  \
             potential {:.2} mV, {} nuclei; ledgers: charge {:.1e}, lithium {:.1e}, salt {:.1e}\n  files in {}\n",
            clock.time,
            clock.potential * 1e3,
            clock.nuclei,
            clock.ledger.charge_error(),
            clock.ledger.lithium_error(),
            clock.ledger.salt_error(),
            directory.display()
        ));
    }
    match ending {
        Ending::Done(_) => {}
        Ending::Guard(reason) => {
            // even a quiet run says why it left work undone
            if quiet {
                tell(&format!("stopped by the guard: {reason}"));
            }
            tell(&format!(
                "the state is saved; liplate resume {} tries again from it, a run with other limits ([time_step], [end]) or \
                 a finer grid is more likely to help",
                directory.display()
            ));
        }
        Ending::Interrupted(_) => {
            tell(&format!("the state was saved; go on with: liplate resume {}", directory.display()));
        }
    }
    ending.code()
}

fn measure(file: &Path, frame: Option<usize>) -> Result<String, CliError> {
    let stored = snapshot::frames(file)?;
    if stored == 0 {
        return Err(IoError::content(file, "holds no snapshots").into());
    }
    let frame = frame.unwrap_or(stored - 1);
    let measured = run::measure_frame(file, frame)?;
    let time = quantity::digits(measured.time);
    let mut text = format!("{}: snapshot {frame} of 0…{}, t = {time} s\n", file.display(), stored - 1);
    let line = |name: &str, value: f64, si: &str, meaning: &str| {
        let shown = if value.is_nan() { "-".into() } else { for_people(value, si) };
        let (number, unit) = shown.split_once(' ').unwrap_or((&shown, ""));
        format!("{}\n", format!("{name:>20}  {number:>10} {unit:<9} {meaning}").trim_end())
    };
    for (name, value) in &measured.values {
        text += &line(name, *value, unit_of(name), "");
    }
    for (column, value) in Metrics::COLUMNS.iter().zip(measured.metrics.to_array()) {
        text += &line(column.name, value, column.unit, column.meaning);
    }
    Ok(text)
}

/// SI unit of a value of a snapshot.
fn unit_of(value: &str) -> &'static str {
    match value {
        "charge" => "C/m^2",
        "potential" => "V",
        "current_density" => "A/m^2",
        "dt" => "s",
        _ => "1",
    }
}

/// Four digits of a value, lengths in micrometres and what a cycler gives in a cycler's units; others in the unit that they have.
fn for_people(value: f64, unit: &str) -> String {
    match unit {
        "m" | "V" | "A/m^2" | "C/m^2" => quantity::for_people(value, unit, None),
        "m/s" => quantity::for_people(value, unit, Some("nm/s")),
        _ => format!("{} {}", quantity::digits(value), if unit == "1" { "" } else { unit }),
    }
}

fn measure_all(file: &Path) -> Result<String, CliError> {
    let names = Metrics::COLUMNS.iter().map(Column::heading);
    let mut text = format!(
        "# liplate {}: {}\ntime [s],{}\n",
        provenance::VERSION,
        file.display(),
        names.collect::<Vec<_>>().join(",")
    );
    for frame in 0..snapshot::frames(file)? {
        let measured = run::measure_frame(file, frame)?;
        text += &crate::io::table::row(std::iter::once(measured.time).chain(measured.metrics.to_array()));
        text.push('\n');
    }
    Ok(text)
}

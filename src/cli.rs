//! The command line: words in, sentences and an exit code out.
//!
//! Exit codes: 0 done, 1 failed, 2 bad usage or config, 3 stopped by the guard with the state saved, 130 interrupted with
//! the state saved.

use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Duration;

use clap::{Args, Parser, Subcommand};

use crate::bench::{self, BenchError};
use crate::check;
use crate::config::{self, Config, ConfigError};
use crate::converge::{self, ConvergeError, Study};
use crate::io::snapshot;
use crate::io::surface::Format;
use crate::io::{IoError, provenance};
use crate::metrics::{Column, Metrics};
use crate::report::{self, ReportError};
use crate::run::device::DeviceChoice;
use crate::run::surface::Wanted;
use crate::run::{self, Ending, Outcome, Request, Resume, RunError};
use crate::verify::{self, Lab, VerifyError};

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
        #[command(flatten)]
        how: HowArgs,
    },
    /// Go on with a run from its last checkpoint
    Resume {
        /// Directory of the run
        #[arg(value_name = "DIR")]
        directory: PathBuf,
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
        /// Put a summary of that table into this Markdown file, as in README.md
        #[arg(long, value_name = "FILE", requires = "markdown")]
        summary: Option<PathBuf>,
        /// List the cases and run none
        #[arg(long)]
        list: bool,
    },
    /// Measure how fast the program is on this machine, in copies: times of 8 bytes a cell at the machine's copy rate
    Bench {
        /// Device: auto, cpu, gpu or gpu:N
        #[arg(long, default_value = "auto", value_name = "DEVICE")]
        device: DeviceChoice,
        /// Cells along each side of the cube [default: 64 and 128 on the CPU; 128, 256, 512 and the largest that fits on a GPU]
        #[arg(long, value_name = "N")]
        cells: Option<usize>,
        /// Write the results here too, as JSON: an object with --cells, a list of objects without
        #[arg(long, value_name = "FILE")]
        json: Option<PathBuf>,
        /// Instead, solve linear problems on the CPU and write them, their fields and the times into DIR/N, for
        /// scripts/bench_peers
        #[arg(long, value_name = "DIR", requires = "cells", conflicts_with = "json")]
        peers: Option<PathBuf>,
    },
    /// List the devices, the largest grid each holds, and which one `auto` takes
    Devices,
}

#[derive(Args)]
struct ConfigArgs {
    /// Config file, TOML
    #[arg(value_name = "CONFIG")]
    config: PathBuf,
    /// Override a key: --set kinetics.i0="3 mA/cm^2" (may be given again)
    #[arg(long = "set", value_name = "KEY=VALUE")]
    overrides: Vec<String>,
}

#[derive(Args)]
struct HowArgs {
    /// Device: auto, cpu, gpu or gpu:N, N being the number in `liplate devices`
    #[arg(long, default_value = "auto", value_name = "DEVICE")]
    device: DeviceChoice,
    /// Stop after this wall time with a checkpoint, as in 2h or 90m
    #[arg(long, value_name = "TIME", value_parser = humantime::parse_duration)]
    max_wall: Option<Duration>,
    /// Say nothing while it runs
    #[arg(long)]
    quiet: bool,
}

/// What went wrong, and the exit code it means.
#[derive(Debug, thiserror::Error)]
enum CliError {
    #[error(transparent)]
    Config(#[from] ConfigError),
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
}

impl CliError {
    fn code(&self) -> u8 {
        match self {
            Self::Config(_) | Self::Run(RunError::Taken { .. } | RunError::Device(_) | RunError::Copper(_)) => 2,
            Self::Run(RunError::NothingToResume { .. }) => 2,
            Self::Verify(VerifyError::UnknownCase { .. } | VerifyError::Run(RunError::Device(_))) => 2,
            Self::Bench(BenchError::Side(_) | BenchError::PeersOnGpu | BenchError::Run(RunError::Device(_))) => 2,
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
    let cli = Cli::parse();
    match dispatch(cli.command) {
        Ok(code) => ExitCode::from(code),
        Err(error) => {
            tell(&format!("error: {error}"));
            ExitCode::from(error.code())
        }
    }
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
        Command::Run { config, out, how } => {
            let Config { setup, remarks } = config::read(&config.config, &config.overrides)?;
            if !how.quiet {
                remarks.iter().for_each(|remark| tell(&format!("note: {remark}")));
            }
            let kept = config::kept::keep(&config.config, &config.overrides)?;
            let request = Request {
                kept: Some(kept),
                setup,
                directory: out.unwrap_or_else(|| default_directory(&config.config)),
                device: how.device,
                max_wall: how.max_wall,
                quiet: how.quiet,
                command: command_line(),
            };
            Ok(tell_ending(run::run(&request)?, how.quiet))
        }
        Command::Resume { directory, how } => {
            let request = Resume {
                directory,
                device: how.device,
                max_wall: how.max_wall,
                quiet: how.quiet,
                command: command_line(),
            };
            Ok(tell_ending(run::resume(&request)?, how.quiet))
        }
        Command::Check { config, device } => {
            let Config { setup, remarks } = config::read(&config.config, &config.overrides)?;
            print(&check::check(&setup, &remarks, device)?);
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
        Command::Report { directory, out } => {
            let out = out.unwrap_or_else(|| directory.join(report::FILE));
            let bytes = report::write(&directory, &out)?;
            print(&format!("{}: {:.1} MB\n", out.display(), bytes as f64 / 1e6));
            Ok(0)
        }
        Command::Converge { config, studies, levels, ratio, coarsen, plan, out, how } => {
            let Config { setup, .. } = config::read(&config.config, &config.overrides)?;
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
        Command::Bench { device, cells: Some(side), json: _, peers: Some(directory) } => {
            bench::peers(device, side, &directory, tell)?;
            Ok(0)
        }
        Command::Bench { device, cells, json, peers: _ } => {
            json.iter().try_for_each(|path| verify::writable(path))?;
            bench::run(&bench::Request { device, side: cells, json }, tell, print)?;
            Ok(0)
        }
        Command::Devices => {
            print(&check::devices());
            Ok(0)
        }
    }
}

/// Prints to standard output; a reader that has gone away, as `head` does, is no error.
fn print(text: &str) {
    use std::io::Write;
    let _ = std::io::stdout().write_all(text.as_bytes());
}

/// The same to standard error.
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
    let mut text = format!("{}: snapshot {frame} of 0…{}, t = {} s\n", file.display(), stored - 1, measured.time);
    for (name, value) in &measured.values {
        text += &format!("{name:>20}  {value:.6e}\n");
    }
    for (column, value) in Metrics::COLUMNS.iter().zip(measured.metrics.to_array()) {
        let value = if value.is_nan() { "-".into() } else { format!("{value:.6e}") };
        let unit = if column.unit == "1" { "" } else { column.unit };
        text += &format!("{:>20}  {value:>13} {unit:<8}  {}\n", column.name, column.meaning);
    }
    Ok(text)
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

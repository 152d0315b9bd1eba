//! `liplate study`: its commands.

use std::path::{Path, PathBuf};
use std::time::Duration;

use clap::{Args, Subcommand};

use super::output::print;
use super::{CliError, command_line, tell, tell_ending, wall_time};
use crate::run::{self, RunError, Voice};
use crate::sim::device::DeviceChoice;
use crate::study::{self, Pool, StudyError, Submission, Task};

#[derive(Subcommand)]
pub enum Command {
    /// List every run with the keys that it changes, and what all will cost in time and disk; nothing is started
    Plan {
        /// File of the study, TOML
        #[arg(value_name = "STUDY")]
        study: PathBuf,
        /// Device to estimate for: auto, cpu, gpu or gpu:N
        #[arg(long, default_value = "auto", value_name = "DEVICE")]
        device: DeviceChoice,
    },
    /// Compute all runs that are not over here, and compare them
    Run {
        #[command(flatten)]
        place: Place,
        /// Runs at a time on each device [default: small ones a processor core each or four on a GPU, large ones one by one]
        #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=1024))]
        jobs: Option<u16>,
        /// Devices to compute on: cpu, gpu:0,gpu:1 … [default: auto]
        #[arg(long, default_value = "auto", value_name = "DEVICES", value_delimiter = ',')]
        devices: Vec<DeviceChoice>,
        /// Try runs again that failed
        #[arg(long)]
        again: bool,
        /// Stop after this wall time; runs save their states
        #[arg(long, value_name = "TIME", value_parser = wall_time)]
        max_wall: Option<Duration>,
        /// Say nothing while it runs
        #[arg(long)]
        quiet: bool,
    },
    /// Hand all runs that are not over to Slurm as one array job
    Submit {
        #[command(flatten)]
        place: Place,
        /// The batch system
        #[arg(long, required = true)]
        slurm: bool,
        /// Most runs at a time [default: as Slurm has it]
        #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
        array_limit: Option<u32>,
        /// Options for sbatch, as in --sbatch "--partition=gpu --gres=gpu:1 --time=4:00:00"
        #[arg(long, default_value = "", value_name = "OPTIONS", allow_hyphen_values = true)]
        sbatch: String,
        /// Device of every run: auto, cpu, gpu or gpu:N; with auto or gpu it is the GPU that Slurm gave the run
        #[arg(long, default_value = "auto", value_name = "DEVICE")]
        device: DeviceChoice,
        /// Try runs again that failed
        #[arg(long)]
        again: bool,
        /// Only write the script
        #[arg(long)]
        dry_run: bool,
    },
    /// Say how many runs are done, running, waiting or failed, with reasons, and how long the rest takes
    Status {
        /// Directory of the study
        #[arg(value_name = "DIR")]
        directory: PathBuf,
    },
    /// Write results.csv, results.parquet and report.html of the runs that are over
    Gather {
        /// Directory of the study
        #[arg(value_name = "DIR")]
        directory: PathBuf,
    },
    /// Begin one run of a study or go on with it, as `study run` and Slurm do
    RunOne {
        /// Directory of the study
        #[arg(value_name = "DIR")]
        directory: PathBuf,
        /// Name of the run, or its number from 0
        #[arg(value_name = "RUN")]
        run: String,
        /// Device: auto, cpu, gpu or gpu:N
        #[arg(long, default_value = "auto", value_name = "DEVICE")]
        device: DeviceChoice,
        /// Stop after this wall time with a checkpoint
        #[arg(long, value_name = "TIME", value_parser = wall_time)]
        max_wall: Option<Duration>,
        /// Tell progress to the program that started it, and end with it
        #[arg(long, hide = true)]
        tied: bool,
        /// Take the GPU that Slurm gave, and be requeued if it is not over
        #[arg(long, hide = true)]
        slurm: bool,
    },
}

#[derive(Args)]
pub struct Place {
    /// File of the study, TOML
    #[arg(value_name = "STUDY")]
    study: PathBuf,
    /// Directory for the study's files [default: runs/NAME, NAME being that of the file]
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
}

impl Place {
    /// The study's file and its directory; of a directory the study in it.
    fn resolved(self) -> (PathBuf, PathBuf) {
        let file = if self.study.is_dir() { self.study.join(study::STUDY) } else { self.study };
        let directory = self.out.unwrap_or_else(|| study::default_directory(&file));
        (file, directory)
    }
}

/// Does what a command says; returns the exit code.
pub fn dispatch(command: Command) -> Result<u8, CliError> {
    match command {
        Command::Plan { study, device } => {
            print(&study::describe(&study, device)?);
            Ok(0)
        }
        Command::Run { place, jobs, devices, again, max_wall, quiet } => {
            let (file, directory) = place.resolved();
            let pool = Pool { file, directory, devices, jobs: jobs.map(usize::from), again, max_wall, quiet };
            let ended = study::run(&pool)?;
            if !quiet {
                print(&study::status(&pool.directory)?);
            }
            gather(&pool.directory, quiet)?;
            if let Some(reason) = &ended.interrupted {
                tell(&format!("interrupted by {reason}; the states were saved, the same command goes on"));
            }
            Ok(ended.code())
        }
        Command::Submit { place, slurm: _, array_limit, sbatch, device, again, dry_run } => {
            let (file, directory) = place.resolved();
            let submission = Submission { file, directory, array_limit, sbatch, device, again, dry_run };
            print(&study::submit(&submission)?);
            Ok(0)
        }
        Command::Status { directory } => {
            print(&study::status(&directory)?);
            Ok(0)
        }
        Command::Gather { directory } => gather(&directory, false).map(|()| 0),
        Command::RunOne { directory, run, device, max_wall, tied, slurm } => {
            if tied {
                run::end_with_parent();
            }
            let voice = if tied { Voice::Program } else { Voice::People };
            let task = Task { study: directory, run, device, max_wall, voice, command: command_line() };
            if slurm {
                return Ok(study::run_in_slurm(&task, tell)?);
            }
            match study::run_one(&task) {
                Ok(outcome) => Ok(tell_ending(outcome, voice != Voice::People)),
                Err(error @ StudyError::Run(RunError::Busy { .. })) => {
                    tell(&format!("error: {error}"));
                    Ok(study::BUSY)
                }
                Err(error) => Err(error.into()),
            }
        }
    }
}

fn gather(directory: &Path, quiet: bool) -> Result<(), CliError> {
    let gathered = study::gather(directory)?;
    let [over, all] = gathered.over;
    let names: Vec<String> = gathered.files.iter().map(|file| file.display().to_string()).collect();
    if !quiet {
        print(&format!("{over} of {all} runs are over: {}\n", names.join(", ")));
    }
    Ok(())
}

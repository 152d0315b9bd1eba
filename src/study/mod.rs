//! `liplate study`: many runs of one config, planned, run, looked after and compared.
//!
//! A study lives in one directory: the file that it was made from, the config that its runs share, the plan, and a directory for each run
//! that is one like any other. Whoever computes a run, here or on another machine that sees the directory, holds its lock; nothing else
//! has to be agreed upon.

mod design;
mod file;
mod gather;
mod keep;
mod measure;
mod page;
mod plan;
mod pool;
mod slurm;
mod state;
pub(crate) mod statistics;
mod task;

use std::path::PathBuf;

pub use file::File;
pub use gather::{Gathered, gather};
pub use keep::{STUDY, default_directory, keep};
pub use plan::{Plan, Run, describe};
pub use pool::{Pool, run};
pub use slurm::{Submission, run_in_slurm, submit};
pub use state::{State, status};
pub use task::{BUSY, Task, run_one};

use crate::config::ConfigError;
use crate::io::IoError;
use crate::report::ReportError;
use crate::run::RunError;

/// Folder for the directories of the runs.
pub const RUNS: &str = "runs";
/// Folder for what runs said on standard error, a file each.
pub const LOGS: &str = "logs";

/// Why a study cannot be.
#[derive(Debug, thiserror::Error)]
pub enum StudyError {
    /// The file could not be read.
    #[error("{}: {reason}", path.display())]
    Unreadable {
        /// the file
        path: PathBuf,
        /// what the system said
        reason: std::io::Error,
    },
    /// The file is wrong.
    #[error("{}: {}:\n  {}", path.display(), problems_of(problems), problems.join("\n  "))]
    File {
        /// the file
        path: PathBuf,
        /// everything that is wrong with it, the key first
        problems: Vec<String>,
    },
    /// Runs are wrong.
    #[error("no run has begun; {}:\n  {}", problems_of(problems), problems.join("\n  "))]
    Runs {
        /// everything that is wrong with them
        problems: Vec<String>,
    },
    /// The directory holds no study.
    #[error("{} holds no study; `liplate study run STUDY.toml --out {0}` begins one there", directory.display())]
    NoStudy {
        /// the directory
        directory: PathBuf,
    },
    /// The directory holds another study.
    #[error("{}: {reason}; give another --out", directory.display())]
    Other {
        /// the directory
        directory: PathBuf,
        /// what differs
        reason: String,
    },
    /// There is no such run.
    #[error("{0}")]
    NoRun(String),
    /// Slurm is not there or refuses.
    #[error("{0}")]
    Slurm(String),
    /// The kept config.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// A run.
    #[error(transparent)]
    Run(#[from] RunError),
    /// A page or a picture.
    #[error(transparent)]
    Report(#[from] ReportError),
    /// A file.
    #[error(transparent)]
    Io(#[from] IoError),
}

fn problems_of(problems: &[String]) -> String {
    if problems.len() == 1 { "1 problem".into() } else { format!("{} problems", problems.len()) }
}

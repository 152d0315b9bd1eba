//! `liplate report`: one HTML page of a run, with its curves, tables and pictures in it. It needs no network and no script, and it
//! can be made while the run goes on: the run's files are only read.

pub(crate) mod chart;
pub(crate) mod curve;
mod electro;
mod energy;
pub(crate) mod events;
mod files;
mod ledgers;
pub(crate) mod moments;
mod morphology;
pub(crate) mod numbers;
pub(crate) mod page;
pub(crate) mod picture;
mod provenance;
pub(crate) mod record;
mod sections;
mod summary;
pub(crate) mod table;
mod timeline;

use std::path::{Path, PathBuf};

use crate::io::{IoError, write_whole};

/// Name of the page in a run's directory.
pub const FILE: &str = "report.html";

/// Why there is no page.
#[derive(Debug, thiserror::Error)]
pub enum ReportError {
    /// The directory holds no run.
    #[error("{} holds no run to report on: {reason}", directory.display())]
    NoRun {
        /// the directory
        directory: PathBuf,
        /// what is missing or wrong
        reason: String,
    },
    /// A chart could not be drawn.
    #[error("the chart \"{title}\" cannot be drawn: {reason}")]
    Chart {
        /// its title
        title: String,
        /// what plotters said
        reason: String,
    },
    /// The stored fields could not be drawn.
    #[error("{}: the stored fields cannot be drawn: {reason}", directory.display())]
    Picture {
        /// the directory
        directory: PathBuf,
        /// why
        reason: String,
    },
    /// A cycler's file.
    #[error("--with: {0}")]
    Measured(String),
    /// A file.
    #[error(transparent)]
    Io(#[from] IoError),
}

/// Makes the page of the run in `directory` and writes it to `out`, whole or not at all, with the curves of a cycler's file `measured` beside
/// those of the run. Returns its size \[bytes\].
///
/// # Errors
/// If there is no run in `directory`, or the system fails. Fields that cannot be read are no error: the page says so.
pub fn write(directory: &Path, out: &Path, measured: Option<&Path>) -> Result<usize, ReportError> {
    let record = read(directory, measured)?;
    let page = page::page(&record)?.into_string();
    write_whole(out, page.as_bytes())?;
    Ok(page.len())
}

/// Writes the pictures of the page as PNG and its curves as SVG into `out`, which is made if it is not there. Returns their names with what
/// each shows.
///
/// # Errors
/// If there is no run in `directory`, its fields cannot be read or drawn, or the system fails.
pub fn write_pictures(
    directory: &Path,
    out: &Path,
    measured: Option<&Path>,
) -> Result<Vec<(String, String)>, ReportError> {
    files::write(&read(directory, measured)?, out)
}

fn read(directory: &Path, measured: Option<&Path>) -> Result<record::Record, ReportError> {
    let measured = measured.map(crate::config::recorded).transpose().map_err(ReportError::Measured)?;
    Ok(record::Record { measured, ..record::Record::read(directory)? })
}

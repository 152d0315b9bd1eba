//! Commands that tell about the program itself: keys, schema, a config to begin with, completions, manual pages.

use std::fs::File;
use std::io::{ErrorKind, Write};
use std::path::{Path, PathBuf};

use clap::CommandFactory;

use super::output::print;
use super::{Cli, CliError};
use crate::config::guide;
use crate::io::IoError;

/// `liplate keys`.
pub fn keys(name: Option<&str>) -> Result<(), CliError> {
    print(&name.map_or_else(|| Ok(guide::page()), guide::about).map_err(CliError::Words)?);
    Ok(())
}

/// `liplate schema`.
pub fn schema() {
    print(&format!("{:#}\n", guide::schema()));
}

/// `liplate init`: writes NAME.toml, which must not be there.
pub fn init(name: &str, from: &str) -> Result<(), CliError> {
    let path = PathBuf::from(format!("{}.toml", name.strip_suffix(".toml").unwrap_or(name)));
    let stem = path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
    let text = guide::template(&stem, from).map_err(CliError::Words)?;
    let mut file = File::options().write(true).create_new(true).open(&path).map_err(|error| match error.kind() {
        ErrorKind::AlreadyExists => CliError::Words(format!("{} is there already; give another name", path.display())),
        _ => IoError::system(&path)(error).into(),
    })?;
    file.write_all(text.as_bytes()).map_err(IoError::system(&path))?;
    let path = path.display();
    print(&format!(
        "{path}: the values of {from}. Look at it with `liplate check {path}`, run it with `liplate run {path}`.\n"
    ));
    Ok(())
}

/// `liplate completions`.
pub fn completions(shell: clap_complete::Shell) {
    let mut text = Vec::new();
    clap_complete::generate(shell, &mut Cli::command(), "liplate", &mut text);
    print(&String::from_utf8_lossy(&text));
}

/// `liplate man`: the page of the program, or a page of each command in a directory.
pub fn man(out: Option<&Path>) -> Result<(), CliError> {
    let Some(directory) = out else {
        let mut text = Vec::new();
        clap_mangen::Man::new(Cli::command())
            .render(&mut text)
            .map_err(IoError::system(Path::new("standard output")))?;
        print(&String::from_utf8_lossy(&text));
        return Ok(());
    };
    std::fs::create_dir_all(directory).map_err(IoError::system(directory))?;
    clap_mangen::generate_to(Cli::command(), directory).map_err(IoError::system(directory))?;
    print(&format!("{}: the pages are written; `man -l {0}/liplate.1` shows the first\n", directory.display()));
    Ok(())
}

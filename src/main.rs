//! The program: everything is in `liplate::cli`.

use std::process::ExitCode;

fn main() -> ExitCode {
    liplate::cli::main()
}

//! The program: everything is in `liplate::cli`.

use std::process::ExitCode;

/// Where memory runs out the program ends with a sentence.
#[global_allocator]
static MEMORY: liplate::memory::Allocator = liplate::memory::Allocator;

fn main() -> ExitCode {
    liplate::cli::main()
}

//! Tells the program the commit that it is built from, as `LIPLATE_COMMIT`.
//!
//! A tarball has no history, a machine may have no git, and a folder above may be a repository of something else: then it is `unknown`.
//! A variable of that name in the environment says it instead. The script runs again when the commit or a source changes, and then only.

use std::path::Path;
use std::process::Command;

/// What the program is made of: a change since the commit is told.
const SOURCES: [&str; 5] = ["src", "shaders", "Cargo.toml", "Cargo.lock", "build.rs"];

fn main() {
    println!("cargo:rerun-if-env-changed=LIPLATE_COMMIT");
    SOURCES.iter().filter(|name| Path::new(name).exists()).for_each(|name| println!("cargo:rerun-if-changed={name}"));
    let told = std::env::var("LIPLATE_COMMIT").ok().filter(|commit| !commit.trim().is_empty());
    println!("cargo:rustc-env=LIPLATE_COMMIT={}", told.or_else(commit).unwrap_or_else(|| "unknown".into()));
}

/// The commit of the repository whose top is this folder, with `-dirty` if a source has changed since.
fn commit() -> Option<String> {
    let top = git(&["rev-parse", "--show-toplevel"])?;
    let here = std::env::var_os("CARGO_MANIFEST_DIR")?;
    if Path::new(&top).canonicalize().ok()? != Path::new(&here).canonicalize().ok()? {
        return None;
    }
    let reference = git(&["symbolic-ref", "--quiet", "HEAD"]);
    for name in ["HEAD", "packed-refs"].into_iter().chain(reference.as_deref()) {
        // a file that is not there would make the script run every time
        if let Some(path) = git(&["rev-parse", "--git-path", name]).filter(|path| Path::new(path).exists()) {
            println!("cargo:rerun-if-changed={path}");
        }
    }
    let commit = git(&["rev-parse", "--short=12", "HEAD"])?;
    let status = git(&[&["--no-optional-locks", "status", "--porcelain", "--"], &SOURCES[..]].concat());
    Some(if status.is_some_and(|changes| !changes.is_empty()) { commit + "-dirty" } else { commit })
}

/// What git prints, none if it fails.
fn git(arguments: &[&str]) -> Option<String> {
    let output = Command::new("git").args(arguments).output().ok().filter(|output| output.status.success())?;
    Some(String::from_utf8(output.stdout).ok()?.trim().to_string())
}

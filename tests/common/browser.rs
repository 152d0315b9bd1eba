//! A page as a headless browser shows it.

use std::path::Path;
use std::process::Command;

use super::program::Called;

/// The browser, or none if the environment says that there is none.
pub fn browser() -> Option<String> {
    if std::env::var_os("LIPLATE_TEST_NO_BROWSER").is_some() {
        println!("NOT RUN: LIPLATE_TEST_NO_BROWSER is set");
        return None;
    }
    Some(std::env::var("LIPLATE_BROWSER").unwrap_or_else(|_| "chromium".into()))
}

/// The document as the browser has built it from a file, and its complaints.
pub fn shown(browser: &str, file: &Path) -> (String, Vec<String>) {
    let profile = tempfile::tempdir().unwrap();
    let mut command = Command::new(browser);
    command.args(["--headless", "--no-sandbox", "--disable-gpu", "--enable-logging=stderr", "--window-size=1280,900"]);
    command.args(["--host-resolver-rules=MAP * ~NOTFOUND", "--virtual-time-budget=10000", "--dump-dom"]);
    command.arg(format!("--user-data-dir={}", profile.path().display()));
    let output = command.arg(format!("file://{}", file.display())).output();
    let output =
        output.unwrap_or_else(|e| panic!("{browser}: {e}; ./scripts/test installs one, LIPLATE_BROWSER names another"));
    let called = Called::from(output);
    assert_eq!(called.code, 0, "{}", called.err);
    let complaints = called.err.lines().filter(|line| line.contains("CONSOLE")).map(str::to_string).collect();
    (called.out, complaints)
}

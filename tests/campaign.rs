//! A short campaign on the real binary: kills, power cuts, failing writes, flipped bits and nonsense. The long one is `scripts/campaign`.

mod common;

use common::program::Called;

#[test]
#[cfg(target_os = "linux")]
fn what_harms_a_run_is_survived_or_said() {
    let python = std::env::var("LIPLATE_PYTHON")
        .unwrap_or_else(|_| concat!(env!("CARGO_MANIFEST_DIR"), "/.venv/bin/python").into());
    let campaign = concat!(env!("CARGO_MANIFEST_DIR"), "/scripts/reliability/campaign.py");
    let arguments = [campaign, "--short", "--binary", env!("CARGO_BIN_EXE_liplate")];
    // more threads than two: outputs are made behind the steps; other tests have them between
    let output = std::process::Command::new(&python).args(arguments).env("RAYON_NUM_THREADS", "3").output();
    let called = Called::from(output.unwrap_or_else(|e| panic!("{python}: {e}; ./scripts/test prepares it")));
    println!("{}", called.out);
    assert_eq!(called.code, 0, "{}\n{}", called.out, called.err);
}

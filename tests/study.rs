//! Many runs of one config: planned, computed, killed, compared.

mod common;

use std::time::{Duration, Instant};

use common::browser::{browser, shown};
use common::program::{Place, SMALL};

const STUDY: &str = r#"
name = "currents & seeds"
base = "config.toml"
seeds = 2
[set]
"end.charge" = "0.012 mAh/cm^2"
[vary]
top.current = { from = "2 mA/cm^2", to = "8 mA/cm^2", count = 2, scale = "log" }
"kinetics.i0" = ["0.3 mA/cm^2", "1 mA/cm^2", "3 mA/cm^2"]
[measure]
cover = "covered at 0.01 mAh/cm^2"
dip = "least potential"
nuclei = "number of nucleus"
[spec]
cover = "> 0.001"
dip = "-190 mV to 0 V"
"#;

fn place(study: &str) -> Place {
    let place = Place::new(SMALL);
    std::fs::write(place.path("study.toml"), study).unwrap();
    place
}

const RUN: [&str; 5] = ["study", "run", "study.toml", "--devices", "cpu"];

fn runs(place: &Place, directory: &str) -> Vec<String> {
    let plan: serde_json::Value = serde_json::from_str(&place.text(&format!("{directory}/plan.json"))).unwrap();
    plan["runs"].as_array().unwrap().iter().map(|run| run["name"].as_str().unwrap().to_string()).collect()
}

/// `results.csv` without the column that no two studies share.
fn results(place: &Place, directory: &str) -> String {
    let text = place.text(&format!("{directory}/results.csv"));
    let cut = |line: &str| line.rsplit_once(',').map_or(line.to_string(), |(rest, _)| rest.to_string());
    text.lines().map(cut).collect::<Vec<_>>().join("\n")
}

/// Waits until something holds.
fn until(what: &str, mut holds: impl FnMut() -> bool) {
    let began = Instant::now();
    while !holds() {
        assert!(began.elapsed() < Duration::from_secs(60), "{what}: not within a minute");
        std::thread::sleep(Duration::from_millis(5));
    }
}

/// The process that computes a run of the study in `directory` just now, by its lock.
fn computing(place: &Place, directory: &str) -> Option<String> {
    let text = place.call(&["study", "status", directory]).out;
    let line = text.lines().find(|line| line.starts_with("running: "))?;
    line.split("process ").nth(1)?.split(' ').next().map(String::from)
}

#[cfg(unix)]
fn kill(process: &str) {
    assert!(std::process::Command::new("kill").args(["-9", process]).status().unwrap().success());
}

#[test]
#[cfg(unix)]
fn a_study_and_its_runs_are_killed_and_end_like_those_that_were_not() {
    let place = place(STUDY);
    let called = place.call(&[&RUN[..], &["--out", "whole", "--jobs", "2"]].concat());
    assert_eq!(called.code, 0, "{called:?}");
    assert!(called.out.contains("12 done"), "{called:?}");
    let names = runs(&place, "whole");
    assert_eq!((names.len(), names[0].as_str()), (12, "current=2mA_cm2,i0=0.3mA_cm2,seed=1"));

    // the study itself, as soon as a run has rows; what it has started ends with it
    let arguments = [&RUN[..], &["--out", "killed", "--jobs", "2", "--quiet"]].concat();
    let begun = || names.iter().filter(|name| place.path(&format!("killed/runs/{name}/metrics.csv")).is_file()).count();
    for more in [1, 4] {
        let mut study = place.command(&arguments).spawn().unwrap();
        until("runs begin", || begun() >= more);
        study.kill().unwrap();
        study.wait().unwrap();
        if more == 1 {
            until("runs end with their study", || computing(&place, "killed").is_none());
        } // the other time the next study finds them on their way
    }
    // a run: the study goes on with it
    let mut study = place.command(&arguments).spawn().unwrap();
    let mut process = None;
    until("a run computes", || {
        process = computing(&place, "killed");
        process.is_some() || study.try_wait().unwrap().is_some()
    });
    process.iter().for_each(|process| kill(process));
    let code = study.wait().unwrap().code();
    assert_eq!(code, Some(0), "{}", place.call(&["study", "status", "killed"]).out);

    assert_eq!(results(&place, "whole"), results(&place, "killed"));
    for name in &names {
        for file in ["metrics.csv", "events.jsonl"] {
            let text = |directory: &str| place.text(&format!("{directory}/runs/{name}/{file}"));
            assert!(text("whole") == text("killed"), "{name}: {file}");
        }
    }
    // all is done: nothing is computed a second time
    let again = place.call(&[&RUN[..], &["--out", "whole"]].concat());
    assert!(again.code == 0 && !again.err.contains(": done"), "{again:?}");

    // a run of the study is the run that its keys say
    let plan: serde_json::Value = serde_json::from_str(&place.text("whole/plan.json")).unwrap();
    let set = plan["runs"][3]["set"].as_array().unwrap().iter().flat_map(|key| ["--set", key.as_str().unwrap()]);
    let run = [&["run", "config.toml", "--out", "alone", "--device", "cpu", "--quiet"][..], &set.collect::<Vec<_>>()]
        .concat();
    assert_eq!(place.call(&run).code, 0);
    assert!(place.text("alone/metrics.csv") == place.text(&format!("whole/runs/{}/metrics.csv", names[3])));

    the_page_works(&place);
    pictures_are_kept(&place);
}

/// A script that uses the page of a study as a person would.
const PROBE: &str = r##"<pre id="probe"></pre><script>
window.addEventListener("load", () => {
  const box = e => e.getBoundingClientRect();
  const table = document.querySelector("table.sortable");
  const column = name => [...table.tHead.rows[0].cells].findIndex(cell => cell.textContent === name);
  const values = name => [...table.tBodies[0].rows].map(row => row.cells[column(name)].textContent);
  const click = name => table.tHead.rows[0].cells[column(name)].click();
  const y = document.getElementById("along-y");
  const first = document.querySelector("#curves-chart svg").outerHTML;
  click("dip [V]");
  const up = values("dip [V]");
  click("dip [V]");
  const down = values("dip [V]");
  y.value = [...y.options].find(option => option.text === "covered").value;
  y.dispatchEvent(new Event("change"));
  document.getElementById("probe").textContent = JSON.stringify({
    sections: [...document.querySelectorAll("section")].filter(s => box(s).height > 20).map(s => s.id),
    up, down,
    curves: document.querySelectorAll("#curves-chart .curve").length,
    changed: document.querySelector("#curves-chart svg").outerHTML !== first,
    legend: document.querySelectorAll("#curves-legend li").length,
    differing: [...document.querySelectorAll("#differing td:first-child")].map(cell => cell.textContent),
    images: [...document.querySelectorAll(".wall img")].length,
    fetched: performance.getEntriesByType("resource").filter(r => !r.name.startsWith("data:")).length,
    wide: document.documentElement.scrollWidth > window.innerWidth,
  });
});
</script></body>"##;

/// Pictures of runs that are over are drawn for the first page, and kept for those after it.
fn pictures_are_kept(place: &Place) {
    let kept: Vec<_> =
        std::fs::read_dir(place.path("whole/pictures")).unwrap().map(|entry| entry.unwrap().path()).collect();
    assert_eq!(kept.len(), 12);
    let drawn = std::fs::read(&kept[0]).unwrap();
    assert!(drawn.starts_with(b"\x89PNG"));
    std::fs::write(&kept[0], b"kept").unwrap();
    assert_eq!(place.call(&["study", "gather", "whole"]).code, 0);
    assert!(place.text("whole/report.html").contains("data:image/png;base64,a2VwdA=="));
    std::fs::write(&kept[0], drawn).unwrap();
}

fn the_page_works(place: &Place) {
    let Some(browser) = browser() else { return };
    let page = place.text("whole/report.html");
    assert!(page.contains("currents &amp; seeds"));
    std::fs::write(place.path("whole/probe.html"), page.replace("</body>", PROBE)).unwrap();
    let (document, complaints) = shown(&browser, &place.path("whole/probe.html"));
    assert!(complaints.is_empty(), "{complaints:?}");
    let told = document.split("<pre id=\"probe\">").nth(1).and_then(|rest| rest.split("</pre>").next()).unwrap();
    let told: serde_json::Value = serde_json::from_str(told).unwrap_or_else(|e| panic!("{e}: {told}"));
    let sections = ["summary", "measures", "explained", "runs", "curves", "deposits", "differences"];
    assert_eq!(told["sections"], serde_json::json!(sections));
    let numbers = |key: &str| -> Vec<f64> {
        let texts = told[key].as_array().unwrap().iter().map(|text| text.as_str().unwrap().replace('−', "-"));
        texts.map(|text| text.parse().unwrap()).collect()
    };
    assert!(numbers("up").is_sorted() && numbers("down").iter().rev().is_sorted() && numbers("up").len() == 12);
    assert_eq!((&told["curves"], &told["changed"], &told["legend"]), (&12.into(), &true.into(), &2.into()));
    assert_eq!(told["images"], 12);
    let differing = ["collector.shape.seed", "kinetics.i0", "nucleation.seed", "top.control.value"];
    assert_eq!(told["differing"], serde_json::json!(differing));
    assert_eq!((&told["fetched"], &told["wide"]), (&0.into(), &false.into()));
}

#[test]
fn what_is_wrong_is_said_before_anything_begins() {
    let study = |changes: &[(&str, &str)]| {
        changes.iter().fold(STUDY.to_string(), |text, (from, to)| {
            assert!(text.contains(from), "{from}");
            text.replace(from, to)
        })
    };
    for (text, part) in [
        (study(&[("base = \"config.toml\"", "base = \"nothing.toml\"")]), "base: there is no file"),
        (study(&[("base = \"config.toml\"\n", "")]), "base: is missing"),
        (study(&[("seeds = 2", "seed = 2")]), "did you mean \"seeds\""),
        (study(&[("kinetics.i0", "kinetics.i00")]), "did you mean \"i0\""),
        (study(&[("\"1 mA/cm^2\"", "\"1 mA\"")]), "a current density is expected"),
        (study(&[("\"1 mA/cm^2\"", "\"3 mA/cm^2\"")]), "a value stands twice"),
        (study(&[("count = 2", "count = 100000")]), "600000 runs, 100000 are the most"),
        (study(&[("count = 2, ", "")]), "vary.top.current: count is missing"),
        (study(&[("to = \"8 mA/cm^2\"", "to = \"8 A/m^2\"")]), "write both ends in one unit"),
        (study(&[("scale = \"log\"", "scale = \"logarithmic\"")]), "scale is \"linear\" or \"log\""),
        (study(&[("seeds = 2", "seeds = 2\ndesign = \"zip\"")]), "top.current has 2, kinetics.i0 has 3"),
        (study(&[("seeds = 2", "seeds = 2\ndesign = \"sobol\"")]), "runs: is missing"),
        (study(&[("seeds = 2", "seeds = 2\ndesign = \"Sobol\"")]), "did you mean \"sobol\""),
        (study(&[("dip = \"-190", "dipp = \"-190")]), "[measure] has no \"dipp\"; did you mean \"dip\""),
        (study(&[("> 0.001", "> 3 V")]), "has a unit; the measure has none"),
        (study(&[("least potential", "least potental")]), "did you mean \"potential\""),
        (
            study(&[("[set]", "[set]\n\"nucleation.seed\" = 7")]),
            "nucleation.seed is set by the study and drawn by seeds",
        ),
        (
            study(&[("[set]", "[set]\n\"kinetics.i0\" = \"2 mA/cm^2\"")]),
            "kinetics.i0: kinetics.i0 and [set] both set it",
        ),
        (study(&[("[set]", "[set]\nname = \"mine\"")]), "each run has the name"),
        (study(&[("seeds = 2", "seeds = [3, 3]")]), "seeds: one stands twice"),
        (
            study(&[("seeds = 2", "seeds = 2\ndesign = \"saltelli\"\nruns = 8"), ("count = 2, ", "")]),
            "a list is for a grid",
        ),
        (study(&[("seeds = 2", "seeds = 2\ndesign = \"sobol\"\nruns = 8")]), "count means nothing"),
        (study(&[("nuclei = \"number", "steps = \"number")]), "results.csv has a column of that name"),
        (
            format!("{STUDY}\n[[vary.\"../x\"]]\nlabel = \"a\"\n")
                .replace("[measure]", "[mesure]")
                .replace("[spec]", "[sepc]"),
            "letters, digits",
        ),
        (study(&[("\"0.012 mAh/cm^2\"", "\"0.012\"")]), "has no unit"),
    ] {
        let place = place(&text);
        let called = place.call(&RUN);
        assert!(called.code == 2 && called.err.contains(part), "{part}: {called:?}");
        assert!(!place.path("runs/study/runs").exists(), "{part}");
        assert!(called.err.lines().count() < 20, "{part}: {called:?}");
    }
    // one mistake in many runs is told once, with the line in the base or the key that the study sets
    let two = study(&[("\"1 mA/cm^2\"", "\"1 mA\""), ("to = \"8 mA/cm^2\"", "to = \"8000 kA/cm^2\"")]);
    let called = place(&two).call(&["study", "plan", "study.toml"]);
    assert!(called.code == 2, "{called:?}");
    let no_chance = SMALL
        .replace("shape = \"rough\"", "")
        .replace("rms = \"0.1 um\"", "")
        .replace("correlation_length = \"1 um\"\nseed = 7", "");
    let place = place(STUDY);
    let begin = no_chance.find("[nucleation]").unwrap();
    let end = no_chance.find("[top]").unwrap();
    let layer = "[deposit]\nkind = \"layer\"\nthickness = \"1 um\"\n";
    std::fs::write(place.path("config.toml"), format!("{}{layer}{}", &no_chance[..begin], &no_chance[end..])).unwrap();
    let called = place.call(&RUN);
    assert!(called.code == 2 && called.err.contains("seeds: nothing in"), "{called:?}");
    for (arguments, part) in [
        (&["study", "status", "."][..], "holds no study"),
        (&["study", "gather", "nowhere"], "holds no study"),
        (&["study", "run-one", ".", "x"], "holds no study"),
        (&["study", "run", "nothing.toml"], "nothing.toml"),
        (&["study", "submit", "study.toml"], "--slurm"),
    ] {
        let called = place.call(arguments);
        assert!(called.code == 2 && called.err.contains(part), "{arguments:?}: {called:?}");
    }
}

#[test]
fn a_run_that_fails_keeps_its_reason_and_does_not_stop_the_others() {
    let text = STUDY
        .replace(
            "\"kinetics.i0\" = [\"0.3 mA/cm^2\", \"1 mA/cm^2\", \"3 mA/cm^2\"]",
            "grid.cells = [[20, 16, 32], [4000, 4000, 200]]",
        )
        .replace("0.012", "0.004");
    let place = place(&text);
    let called = place.call(&[&RUN[..], &["--out", "study"]].concat());
    assert_eq!(called.code, 1, "{called:?}");
    for part in
        ["4 done", "4 failed", "failed: current=2mA_cm2,cells=4000_4000_200,seed=1: grid.cells: ", "GiB of main memory"]
    {
        assert!(called.out.contains(part), "{part}: {called:?}");
    }
    let table = place.text("study/results.csv");
    assert_eq!(table.matches(",done,").count(), 4, "{table}");
    assert_eq!(table.matches(",failed,").count(), 4, "{table}");
    assert!(place.text("study/report.html").contains("4 failed"));
    // they are left alone unless that is asked for
    let logs = || place.text("study/logs/current=2mA_cm2,cells=4000_4000_200,seed=1.txt").len();
    let before = logs();
    assert_eq!(place.call(&[&RUN[..], &["--out", "study", "--quiet"]].concat()).code, 1);
    assert_eq!(logs(), before);
    assert_eq!(place.call(&[&RUN[..], &["--out", "study", "--quiet", "--again"]].concat()).code, 1);
    assert!(logs() > before);
}

#[test]
fn a_study_grows_but_what_has_begun_stays_what_it_is() {
    let small = STUDY
        .replace("[\"0.3 mA/cm^2\", \"1 mA/cm^2\", \"3 mA/cm^2\"]", "[\"1 mA/cm^2\"]")
        .replace("seeds = 2", "seeds = [5]")
        .replace("0.012", "0.004");
    let place = place(&small);
    assert_eq!(place.call(&[&RUN[..], &["--out", "study", "--quiet"]].concat()).code, 0);
    let name = "current=2mA_cm2,i0=1mA_cm2,seed=5";
    let stamp =
        |name: &str| std::fs::metadata(place.path(&format!("study/runs/{name}/run.json"))).unwrap().modified().unwrap();
    let before = stamp(name);
    // another seed joins
    std::fs::write(place.path("study.toml"), small.replace("[5]", "[5, 6]")).unwrap();
    let called = place.call(&[&RUN[..], &["--out", "study"]].concat());
    assert!(called.code == 0 && called.out.contains("4 done"), "{called:?}");
    assert_eq!(stamp(name), before);
    // what has begun cannot leave
    std::fs::write(place.path("study.toml"), small.replace("[5]", "[6]")).unwrap();
    let called = place.call(&[&RUN[..], &["--out", "study"]].concat());
    assert!(
        called.code == 2 && called.err.contains("and 1 more has begun there and is no longer in the study"),
        "{called:?}"
    );
    std::fs::write(place.path("study.toml"), small.replace("[5]", "[5, 6]").replace("currents & seeds", "another"))
        .unwrap();
    let called = place.call(&[&RUN[..], &["--out", "study"]].concat());
    assert!(called.code == 2 && called.err.contains("it holds the study \"currents & seeds\""), "{called:?}");
    std::fs::write(place.path("study.toml"), small.replace("[5]", "[5, 6]")).unwrap();
    // files of somebody else are not replaced
    let called = place.call(&[&RUN[..], &["--out", "."]].concat());
    assert!(called.code == 2 && called.err.contains("it holds study.toml and no study"), "{called:?}");
    let called = place.call(&[&RUN[..], &["--out", "config.toml"]].concat());
    assert!(called.code == 2 && called.err.contains("it is a file"), "{called:?}");
    // several at once do not harm each other
    let start = || place.command(&[&RUN[..], &["--out", "study", "--quiet"]].concat()).spawn().unwrap();
    for mut study in [start(), start(), start()] {
        assert_eq!(study.wait().unwrap().code(), Some(0));
    }
    // another base is another study
    std::fs::write(place.path("config.toml"), SMALL.replace("film = \"10 ohm", "film = \"20 ohm")).unwrap();
    let called = place.call(&[&RUN[..], &["--out", "study"]].concat());
    assert!(called.code == 2 && called.err.contains("has begun with another kinetics.film"), "{called:?}");
    std::fs::write(place.path("config.toml"), SMALL).unwrap();
    // the directory stands by itself: elsewhere, without the files that it was made of
    std::fs::rename(place.path("study"), place.path("moved")).unwrap();
    std::fs::remove_file(place.path("config.toml")).unwrap();
    std::fs::remove_dir_all(place.path(&format!("moved/runs/{name}"))).unwrap();
    let called = place.call(&["study", "run", "moved", "--devices", "cpu"]);
    assert!(called.code == 0 && called.out.contains("4 done"), "{called:?}");
    assert!(place.path(&format!("moved/runs/{name}/run.json")).is_file());
}

#[test]
fn files_that_levels_name_go_with_the_study() {
    let table = |factor: f64| {
        format!(
            "c [mol/m^3],T [K],kappa [S/m],diffusivity [m^2/s],transference,thermodynamic_factor\n0,298.15,{0},1e-10,0.3,1\n2000,298.15,{0},1e-10,0.3,1\n",
            factor
        )
    };
    let study = "base = \"config.toml\"\n[set]\nelectrolyte.c0 = \"1 mol/L\"\nend.charge = \"0.001 mAh/cm^2\"\n[vary]\nelectrolyte.file = [\"tables/a.csv\", \"tables/b.csv\"]\n[measure]\nu = \"potential\"\n";
    let place = place(study);
    std::fs::create_dir(place.path("tables")).unwrap();
    std::fs::write(place.path("tables/a.csv"), table(1.0)).unwrap();
    std::fs::write(place.path("tables/b.csv"), table(2.0)).unwrap();
    let config =
        SMALL.replace("kind = \"landesfeind\"\nsolvent = \"EC:EMC\"", "kind = \"table\"\nfile = \"tables/a.csv\"");
    std::fs::write(place.path("config.toml"), config).unwrap();
    let called = place.call(&[&RUN[..], &["--out", "study", "--quiet"]].concat());
    assert_eq!(called.code, 0, "{called:?}");
    assert!(place.path("study/inputs/b.csv").is_file());
    std::fs::remove_dir_all(place.path("tables")).unwrap();
    std::fs::remove_dir_all(place.path("study/runs")).unwrap();
    let called = place.call(&["study", "run", "study", "--devices", "cpu"]);
    assert!(called.code == 0 && called.out.contains("2 done"), "{called:?}");
}

#[test]
fn slurm_gets_what_is_left() {
    let place = place(STUDY);
    let submit = ["study", "submit", "study.toml", "--slurm", "--out", "a study", "--array-limit", "3"];
    let called = place.command(&submit).env("PATH", "").output().unwrap();
    let called = common::program::Called::from(called);
    assert!(called.code == 1 && called.err.contains("there is no sbatch on this machine"), "{called:?}");
    let script = place.text("a study/submit.sbatch");
    assert!(script.contains("#SBATCH --array=1-12%3") && script.contains("/a study'"), "{script}");
    let run = place.call(&["study", "run-one", "a study", "4", "--device", "cpu"]);
    assert!(run.code == 0, "{run:?}");
    let called = place.call(&[&submit[..], &["--dry-run"]].concat());
    let script = place.text("a study/submit.sbatch");
    assert!(called.code == 0 && script.contains("--array=1-11%3"), "{called:?}");
    // the list is that of this submission, without the run that is done
    let list = script.split("p\" '").nth(1).and_then(|rest| rest.split('\'').next()).unwrap();
    let names = std::fs::read_to_string(list).unwrap();
    let all = runs(&place, "a study");
    assert!(
        names.lines().count() == 11
            && names.lines().nth(4) == Some(&all[5])
            && !names.contains(&format!("{}\n", all[4]))
    );
    let called = place.call(&["study", "run-one", "a study", "12", "--device", "cpu"]);
    assert!(called.code == 2 && called.err.contains("has no run 12"), "{called:?}");
}

//! The page of `liplate report`: does it say what the tables say, is it whole, and does a browser show it without a network?

mod common;

use std::collections::BTreeSet;
use std::sync::LazyLock;

use common::browser::{browser, shown};
use common::program::{Place, SMALL, column};

/// A name that would break a page that does not escape it.
const NAME: &str = "a <b>run</b> & \"more\" <script>alert(1)</script>";

const CYCLES: &str = r#"
[[protocol]]
repeat = 2
steps = ["Charge at 1C until 0.05 mAh/cm^2", "Rest for 30 s", "Strip at 0.5 mA/cm^2 until 0.3 V vs Li"]
[[protocol]]
step = "Charge at 1C until 0.01 mAh/cm^2"
"#;

/// A small run of two cycles and a half, made once.
static RUN: LazyLock<Place> = LazyLock::new(|| {
    let config = SMALL
        .replace("name = \"small\"", &format!("name = '{NAME}'"))
        .replace("current = \"3 mA/cm^2\"\n", "areal_capacity = \"3 mAh/cm^2\"\n")
        .replace("barrier = \"300 mV\"", "barrier = \"450 mV\"")
        .replace("[end]\ncharge = \"0.02 mAh/cm^2\"\n", CYCLES);
    let place = Place::new(&config);
    place.run("run");
    place
});

#[test]
fn the_pictures_and_curves_of_the_page_are_written_as_files() {
    let called = RUN.call(&["report", "run", "--out", "p.html", "--png", "pictures"]);
    assert_eq!(called.code, 0, "{called:?}");
    let names: BTreeSet<String> = std::fs::read_dir(RUN.path("pictures"))
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    let told: BTreeSet<String> = called
        .out
        .lines()
        .skip(1)
        .map(|line| line.split_once(": ").unwrap().0.strip_prefix("pictures/").unwrap().to_string())
        .collect();
    assert_eq!(names, told, "every file is told once, and none is written over");
    for name in
        ["deposit.png", "deposit-1.png", "section-2.png", "curves.svg", "coulombic-efficiency-against-cycle.svg"]
    {
        assert!(names.contains(name), "{name}: {names:?}");
    }
    let size = |name: &str| {
        let bytes = std::fs::read(RUN.path(&format!("pictures/{name}"))).unwrap();
        assert_eq!(bytes[1..4], *b"PNG", "{name}");
        [16, 20].map(|at| u32::from_be_bytes(bytes[at..at + 4].try_into().unwrap()))
    };
    let ([strip, _], [alone, _]) = (size("deposit.png"), size("deposit-1.png"));
    assert!(strip == 4 * 480 && alone == 1000, "{strip} {alone}");
    // a picture by itself brings its colours along and loads nothing
    let svg = RUN.text("pictures/curves.svg");
    assert!(
        svg.starts_with("<svg xmlns") && !svg.contains("var(--") && !svg.contains("href") && !svg.contains("<script")
    );
    assert!(svg.matches("<polyline").count() > 10 && svg.matches("<svg").count() == svg.matches("</svg>").count());
}

/// The page of the run in `directory`.
fn page(place: &Place, directory: &str) -> String {
    let out = format!("{directory}.html");
    let called = place.call(&["report", directory, "--out", &out]);
    assert_eq!(called.code, 0, "{called:?}");
    place.text(&out)
}

/// A copy of the run that a test may damage.
fn copy(name: &str) -> Place {
    let place = Place::new("");
    std::fs::create_dir(place.path(name)).unwrap();
    for entry in std::fs::read_dir(RUN.path("run")).unwrap() {
        let entry = entry.unwrap();
        std::fs::copy(entry.path(), place.path(name).join(entry.file_name())).unwrap();
    }
    place
}

/// Text between the first `from` and the next `to`.
fn between<'a>(text: &'a str, from: &str, to: &str) -> &'a str {
    let start = text.find(from).unwrap_or_else(|| panic!("no {from:?}")) + from.len();
    let length = text[start..].find(to).unwrap_or_else(|| panic!("no {to:?} after {from:?}"));
    &text[start..start + length]
}

/// Every value between `from` and `to`.
fn all<'a>(text: &'a str, from: &str, to: &str) -> Vec<&'a str> {
    text.split(from).skip(1).map(|rest| rest.split(to).next().unwrap_or_default()).collect()
}

/// The section of that name.
fn section<'a>(page: &'a str, name: &str) -> &'a str {
    between(page, &format!("<section id=\"{name}\">"), "</section>")
}

/// The number that stands under a headline, to the last digit.
fn headline(page: &str, what: &str) -> f64 {
    let rest = between(page, &format!("<dt>{what}</dt>"), "</dd>");
    between(rest, "value=\"", "\"").parse().unwrap()
}

/// Every element is closed, in order.
fn assert_well_formed(page: &str) {
    let mut open: Vec<&str> = Vec::new();
    let mut rest = page.strip_prefix("<!DOCTYPE html>").expect("a doctype");
    while let Some(start) = rest.find('<') {
        rest = &rest[start + 1..];
        let end = rest.find('>').expect("the end of a tag");
        let tag = &rest[..end];
        rest = &rest[end + 1..];
        let name = tag.trim_start_matches('/').split([' ', '/', '\n']).next().unwrap();
        if tag.starts_with('/') {
            assert_eq!(open.pop(), Some(name), "</{name}> closes something else");
        } else if name == "style" {
            rest = &rest[rest.find("</style>").expect("the end of the style") + "</style>".len()..];
        } else if !tag.ends_with('/') && !["meta", "img", "br"].contains(&name) {
            open.push(name);
        }
    }
    assert!(open.is_empty(), "{open:?}");
}

#[test]
fn the_page_says_what_the_tables_say() {
    let page = page(&RUN, "run");
    assert_well_formed(&page);
    assert!(!page.contains("<script") && !page.contains("<b>") && page.contains("&lt;b&gt;run"), "the name is escaped");
    for attribute in [" src=\"", " href=\""] {
        for target in all(&page, attribute, "\"") {
            assert!(target.starts_with('#') || target.starts_with("data:image/png;base64,"), "{attribute}{target}");
        }
    }
    assert!(all(&page, "url(", ")").iter().all(|target| target.starts_with('#')));

    let (metrics, cycles) = (RUN.text("run/metrics.csv"), RUN.text("run/cycles.csv"));
    let (current, dt, number) =
        (column(&metrics, "current [A/m2]"), column(&metrics, "dt [s]"), column(&metrics, "cycle"));
    let plated: f64 = current.iter().zip(&dt).map(|(i, dt)| (i * dt / 36_000.0).max(0.0)).sum();
    assert!((headline(&page, "Charge plated") - plated).abs() < 1e-12 * plated);
    let last = |name: &str| column(&metrics, name).into_iter().rfind(|v| v.is_finite()).unwrap();
    assert_eq!(headline(&page, "End potential"), last("potential [V]"));
    assert_eq!(headline(&page, "Lithium left"), last("lithium_charge [mAh/cm2]"));
    assert_eq!(headline(&page, "Isolated lithium"), last("isolated_lithium [mAh/cm2]"));
    assert_eq!(headline(&page, "Nuclei"), last("nuclei"));
    assert_eq!(headline(&page, "Tip radius × k_kin"), last("tip_over_kinetic"));
    assert_eq!(headline(&page, "Salt at the tip"), last("tip_c"));
    assert_eq!(headline(&page, "Time over Sand's"), last("time_over_sand"));
    assert!(between(&page, "<dt>Regime</dt>", "</dd>").contains(">compact<"));

    // without a cathode: what drives the current to the electrode
    let potential = column(&metrics, "potential [V]");
    let spent: f64 = (0..dt.len()).map(|row| -potential[row] * current[row] * dt[row] / 36_000.0).sum();
    assert!((headline(&page, "Energy spent") - spent).abs() < 1e-12 * spent && spent > 0.0);

    // the third cycle has not stripped
    let efficiency = column(&cycles, "coulombic_efficiency");
    assert_eq!(efficiency.len(), 3);
    assert_eq!(headline(&page, "Coulombic efficiency, first"), efficiency[0]);
    assert_eq!(headline(&page, "Coulombic efficiency, last"), efficiency[1]);
    assert_eq!(headline(&page, "Coulombic efficiency, mean"), (efficiency[0] + efficiency[1]) / 2.0);
    let points: Vec<f64> =
        all(section(&page, "cycles"), "data-value=\"", "\"").iter().map(|v| v.parse().unwrap()).collect();
    let charges = ["charge_in [mAh/cm2]", "charge_out [mAh/cm2]"].map(|name| column(&cycles, name)).concat();
    assert_eq!(points[..2], [efficiency[0] * 100.0, efficiency[1] * 100.0]);
    assert_eq!(points[2..], charges);

    let ways: BTreeSet<(u64, bool)> =
        current.iter().zip(&number).filter(|(i, _)| **i != 0.0).map(|(i, n)| (*n as u64, *i > 0.0)).collect();
    assert_eq!(ways.len(), 5);
    let charts = section(&page, "electrochemistry");
    for (cycle, plates) in &ways {
        let title =
            format!("<title>cycle {cycle}, {}</title></polyline>", if *plates { "plating" } else { "stripping" });
        assert!(charts.contains(&title), "{title}");
    }
    // against charge, against time, the current, heat at the lithium and in the electrolyte; the plateau may be drawn again
    let curves = charts.matches("<polyline class=\"curve").count();
    assert!([ways.len() + 4, 2 * ways.len() + 4].contains(&curves), "{curves} curves");

    let bars: Vec<f64> =
        all(section(&page, "lost"), "data-value=\"", "\"").iter().map(|v| v.parse().unwrap()).collect();
    let left: f64 = column(&cycles, "lithium_left [mAh/cm2]").iter().sum();
    // isolated, joined, and in the SEI, of which this run has none
    assert_eq!(bars.len(), 3 * efficiency.len());
    assert!((bars.iter().sum::<f64>() - left).abs() < 1e-12 * left);

    for (place, name) in ["charge_error", "lithium_error", "salt_error"].into_iter().enumerate() {
        let value: f64 = all(section(&page, "ledgers"), "<data value=\"", "\"")[place].parse().unwrap();
        assert_eq!(value, last(name), "{name}");
    }
    let steps = section(&page, "events");
    assert!(steps.contains("Strip at 0.5 mA/cm^2 until 0.3 V vs Li"));
    let nuclei = RUN.text("run/events.jsonl").matches("\"event\":\"nucleus\"").count();
    assert!(steps.contains(&format!("<td>Nuclei</td><td class=\"n\"><data value=\"{nuclei}\">")));
    assert!(section(&page, "configuration").contains("kinetics.i0"));
    // start, and the ends of plating and stripping of the first, the middle and the last cycle, without its stripping
    for what in ["Surface of the lithium", "Section", "Salt", "Potential"] {
        assert_eq!(page.matches(&format!("alt=\"{what}, ")).count(), 6, "{what}");
    }
    println!("{} bytes", page.len());
}

#[test]
fn lithium_in_the_sei_is_stacked_on_top_where_it_was_counted() {
    let place = copy("run");
    let table = place.text("run/cycles.csv");
    let names: Vec<&str> = table.lines().nth(1).unwrap().split(',').collect();
    let sei = names.iter().position(|name| *name == "sei_lithium [mAh/cm2]").unwrap();
    let lines = table.lines().enumerate().map(|(i, line)| {
        let mut cells: Vec<String> = line.split(',').map(String::from).collect();
        if i > 1 {
            cells[sei] = format!("0.00{i}");
        }
        cells.join(",")
    });
    std::fs::write(place.path("run/cycles.csv"), lines.collect::<Vec<_>>().join("\n") + "\n").unwrap();
    let page = page(&place, "run");
    let lost = section(&page, "lost");
    assert_eq!(lost.matches("<rect class=\"bar").count(), 9);
    let bars: Vec<f64> = all(lost, "data-value=\"", "\"").iter().map(|v| v.parse().unwrap()).collect();
    for value in [0.002, 0.003, 0.004] {
        assert!(bars.iter().any(|bar| (bar - value).abs() < 1e-12), "{value}: {bars:?}");
    }
    assert_eq!(lost.matches("<title>lithium in the SEI (Li⁺), ").count(), 3, "{lost}");
}

#[test]
fn a_run_that_was_killed_has_a_page_and_keeps_its_files() {
    let place = copy("run");
    let append = |name: &str, text: &str| {
        let whole = place.text(name) + text;
        std::fs::write(place.path(name), whole).unwrap();
    };
    let before = headline(&page(&place, "run"), "End potential");
    append("run/metrics.csv", "999999,1e9,1.0,0.5,30.0,7.");
    append("run/events.jsonl", "{\"event\":\"short\",\"time\":1");
    append("run/cycles.csv", "4,1");
    let files = || -> Vec<(std::ffi::OsString, Vec<u8>)> {
        let entries = std::fs::read_dir(place.path("run")).unwrap().map(|entry| entry.unwrap());
        let mut files: Vec<_> = entries.map(|e| (e.file_name(), std::fs::read(e.path()).unwrap())).collect();
        files.sort();
        files
    };
    let untouched = files();
    let text = page(&place, "run");
    assert!(untouched == files(), "the run's files are only read");
    assert_eq!(headline(&text, "End potential"), before);
    assert!(!text.contains("<dt>Short</dt>"));

    std::fs::write(place.path("run/fields.vtkhdf"), b"half a file").unwrap();
    let text = page(&place, "run");
    assert!(section(&text, "deposit").contains("The stored fields cannot be read: "));
    assert!(section(&text, "morphology").contains("<polyline class=\"curve"));
    std::fs::remove_file(place.path("run/fields.vtkhdf")).unwrap();
    assert!(section(&page(&place, "run"), "deposit").contains("There is no snapshot yet"));
    for name in ["metrics.csv", "events.jsonl", "cycles.csv"] {
        std::fs::remove_file(place.path("run").join(name)).unwrap();
    }
    let text = page(&place, "run");
    assert_well_formed(&text);
    assert!(text.contains("No time step was recorded"));
}

#[test]
fn a_directory_without_a_run_is_one_clear_error() {
    let place = Place::new("");
    std::fs::create_dir(place.path("empty")).unwrap();
    std::fs::create_dir(place.path("broken")).unwrap();
    std::fs::write(place.path("broken/run.json"), "{\"name\": ").unwrap();
    for (directory, reason) in
        [("empty", "it has no run.json"), ("missing", "there is no such directory"), ("broken", "EOF while parsing")]
    {
        let called = place.call(&["report", directory]);
        assert_eq!(called.code, 1, "{called:?}");
        assert_eq!(called.err.lines().count(), 1, "{called:?}");
        assert!(called.err.contains(&format!("error: {directory} holds no run to report on: ")), "{called:?}");
        assert!(called.err.contains(reason), "{called:?}");
        assert!(!place.path(directory).join("report.html").exists());
    }
}

#[test]
fn a_run_of_two_dimensions_has_sections_and_no_view() {
    let place = Place::new(&SMALL.replace("[20, 16, 32]", "[40, 1, 32]"));
    place.run("run");
    let called = place.call(&["report", "run"]);
    assert_eq!(called.code, 0, "{called:?}");
    let page = place.text("run/report.html");
    assert_well_formed(&page);
    let deposit = section(&page, "deposit");
    assert!(deposit.contains("alt=\"Section, ") && !deposit.contains("alt=\"Surface"));
    // what the run cannot have is not there, in the contents neither
    for name in ["cycles", "lost"] {
        assert!(
            !page.contains(&format!("<section id=\"{name}\">")) && !page.contains(&format!("href=\"#{name}\"")),
            "{name}"
        );
    }
    assert!(page.contains("href=\"#morphology\""));
}

#[test]
fn the_current_jumps_where_it_is_switched() {
    let page = page(&RUN, "run");
    let charts = section(&page, "electrochemistry");
    let chart = charts.split("<p class=\"title\">Current density").nth(1).expect("a chart of the current");
    let points = between(between(chart, "<polyline class=\"curve", ">"), "points=\"", "\"");
    let points: Vec<(f64, f64)> = points
        .split_whitespace()
        .map(|point| point.split_once(',').map(|(x, y)| (x.parse().unwrap(), y.parse().unwrap())).unwrap())
        .collect();
    let jumps: Vec<_> = points.windows(2).filter(|pair| (pair[0].1 - pair[1].1).abs() > 20.0).collect();
    assert!(jumps.len() >= 5, "{jumps:?}");
    // within a column of pixels
    assert!(jumps.iter().all(|pair| pair[1].0 - pair[0].0 < 1.0), "{jumps:?}");
}

#[test]
fn numbers_beyond_all_measure_are_left_out_and_told() {
    let wild = ["1e308", "-1e308", "1e-320", "NaN", "inf", "1e19", "-1e99", "1e99", "0"];
    for name in ["run/metrics.csv", "run/cycles.csv"] {
        let columns = RUN.text(name).lines().nth(1).unwrap().split(',').count();
        for shift in 0..2 {
            let place = copy("run");
            let lines = place.text(name);
            let lines = lines.lines().enumerate().map(|(row, line)| match row {
                0 | 1 => line.to_string(),
                _ => (0..columns).map(|i| wild[(row + i * (1 + shift)) % wild.len()]).collect::<Vec<_>>().join(","),
            });
            std::fs::write(place.path(name), lines.collect::<Vec<_>>().join("\n") + "\n").unwrap();
            let page = page(&place, "run");
            assert_well_formed(&page);
            assert!(page.contains(" beyond 1e100 and left out"), "{name}");
        }
    }
}

/// What the page in a browser says about itself.
const PROBE: &str = r#"<pre id="probe"></pre><script>
window.addEventListener("load", () => {
  const box = e => e.getBoundingClientRect();
  document.getElementById("probe").textContent = JSON.stringify({
    sections: [...document.querySelectorAll("section")].filter(s => box(s).height > 20).map(s => s.id),
    images: [...document.images].map(i => i.complete ? i.naturalWidth * i.naturalHeight : 0),
    charts: [...document.querySelectorAll(".chart svg")].map(s => Math.min(box(s).width, box(s).height)),
    curves: [...document.querySelectorAll(".curve")].filter(c => c.getTotalLength() > 0).length,
    links: [...document.links].every(l => document.querySelector(l.getAttribute("href"))),
    fetched: performance.getEntriesByType("resource").filter(r => !r.name.startsWith("data:")).length,
    wide: document.documentElement.scrollWidth > window.innerWidth,
  });
});
</script></body>"#;

#[test]
fn what_a_cycler_has_recorded_is_drawn_beside_it() {
    let place = copy("run");
    let write = |text: &str| std::fs::write(place.path("measured.csv"), text).unwrap();
    let report = || place.call(&["report", "run", "--with", "measured.csv", "--out", "with.html"]);
    write("time [h],voltage [mV],current [mA/cm2]\n0,-50,1\n0.01,-20,1\n0.02,-15,-1\n");
    let called = report();
    assert_eq!(called.code, 0, "{called:?}");
    let page = place.text("with.html");
    assert_eq!(page.matches("<title>measured: measured.csv</title>").count(), 2, "potential and current against time");
    assert_well_formed(&page);
    for (text, part) in [
        ("a,b\n1,2\n", "needed are time or charge"),
        ("time [s],voltage [A]\n1,2\n", "the unit \"A\" does not fit"),
        ("time [s],voltage [V]\n1,x\n", "line 2, column voltage"),
        ("time [s],voltage [V]\n1,300\n", "line 2, column voltage"),
    ] {
        write(text);
        let called = report();
        assert!(called.code == 2 && called.err.contains(part) && called.err.contains("measured.csv"), "{called:?}");
    }
}

#[test]
fn a_browser_shows_all_of_it_without_a_network() {
    let Some(browser) = browser() else { return };
    let place = copy("run");
    let page = page(&place, "run");
    let (document, complaints) = shown(&browser, &place.path("run.html"));
    assert!(complaints.is_empty(), "{complaints:?}");
    assert!(document.contains("&lt;script&gt;alert(1)"));

    // the page forbids scripts; that of the test is let in
    let probe = page.replace("default-src 'none'", "default-src 'none'; script-src 'unsafe-inline'");
    let probe = probe.replace("&#39;", "'").replace("</body>", PROBE);
    assert!(probe.contains("script-src"));
    std::fs::write(place.path("probe.html"), probe).unwrap();
    let (document, complaints) = shown(&browser, &place.path("probe.html"));
    assert!(complaints.is_empty(), "{complaints:?}");
    let told = between(&document, "<pre id=\"probe\">", "</pre>");
    let told: serde_json::Value = serde_json::from_str(told).unwrap_or_else(|e| panic!("{e}: {told}"));
    let sections = all(&page, "<section id=\"", "\"");
    assert_eq!(told["sections"], serde_json::json!(sections));
    assert_eq!(sections.len(), 10);
    let images = told["images"].as_array().unwrap();
    assert_eq!(images.len(), page.matches("<img ").count());
    assert!(images.iter().all(|size| size.as_f64() > Some(10_000.0)), "{images:?}");
    let charts = told["charts"].as_array().unwrap();
    assert!(charts.len() > 10 && charts.iter().all(|size| size.as_f64() > Some(100.0)), "{charts:?}");
    assert_eq!(told["curves"], page.matches("<polyline class=\"curve").count());
    assert_eq!((&told["links"], &told["fetched"], &told["wide"]), (&true.into(), &0.into(), &false.into()));
    println!("{} images, {} charts, {} curves", images.len(), charts.len(), told["curves"]);
}

//! What the program says of its keys: the page, the schema, a config to begin with, completions and manual pages.

mod common;

use std::path::Path;

use common::program::{Place, SMALL};
use serde_json::Value;

#[test]
fn the_page_of_the_keys_is_what_the_program_prints() {
    let called = Place::new("").call(&["keys"]);
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/config.md");
    let page = std::fs::read_to_string(path).unwrap();
    assert!(called.code == 0 && called.out == page, "docs/config.md is old: liplate keys > docs/config.md");
    for key in ["`i0`", "`short_resistance`", "`heterogeneity.correlation_length`", "`nuclei[].time`", "`column`"] {
        assert!(page.contains(&format!("| {key} |")), "{key}");
    }
}

/// What of a TOML value the schema does not allow.
fn objections(schema: &Value, value: &toml::Value, path: &str, found: &mut Vec<String>) {
    let of_type = |name: &str| match &schema["type"] {
        Value::String(only) => only == name,
        Value::Array(several) => several.iter().any(|one| one == name),
        _ => false,
    };
    if let Some(names) = schema["enum"].as_array() {
        if !names.iter().any(|name| name.as_str() == value.as_str()) {
            found.push(format!("{path}: {value} is not one of {names:?}"));
        }
        return;
    }
    let fits = match value {
        toml::Value::String(_) => of_type("string"),
        toml::Value::Integer(_) => of_type("integer") || of_type("number"),
        toml::Value::Float(_) => of_type("number"),
        toml::Value::Boolean(_) => of_type("boolean"),
        toml::Value::Array(_) => of_type("array"),
        toml::Value::Table(_) => of_type("object"),
        toml::Value::Datetime(_) => false,
    };
    if !fits {
        found.push(format!("{path}: {value} is no {}", schema["type"]));
    }
    match value {
        toml::Value::Array(list) => {
            list.iter().for_each(|item| objections(&schema["items"], item, &format!("{path}[]"), found));
        }
        toml::Value::Table(table) => {
            let missing = |rule: &Value, found: &mut Vec<String>| {
                let needed = rule["required"].as_array().cloned().unwrap_or_default();
                let names = needed.iter().filter_map(Value::as_str).filter(|name| !table.contains_key(*name));
                found.extend(names.map(|name| format!("{path}.{name} is missing")));
            };
            missing(schema, found);
            for rule in schema["allOf"].as_array().into_iter().flatten() {
                let holds = |(sort, wanted): (&String, &Value)| {
                    table.get(sort).and_then(toml::Value::as_str) == wanted["const"].as_str()
                };
                if rule["if"]["properties"].as_object().unwrap().iter().all(holds) {
                    missing(&rule["then"], found);
                }
            }
            for (key, inner) in table {
                match schema["properties"].get(key) {
                    Some(of_key) => objections(of_key, inner, &format!("{path}.{key}"), found),
                    None => found.push(format!("{path}.{key} is unknown")),
                }
            }
        }
        _ => {}
    }
}

#[test]
fn the_schema_takes_every_config_of_the_house_and_no_other_key() {
    let called = Place::new("").call(&["schema"]);
    let schema: Value = serde_json::from_str(&called.out).unwrap();
    let judge = |text: &str| {
        let mut found = Vec::new();
        objections(&schema, &toml::Value::Table(text.parse().unwrap()), "", &mut found);
        found
    };
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("configs");
    let mut count = 0;
    for folder in [folder.clone(), folder.join("verification")] {
        for path in std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()) {
            if path.extension().is_some_and(|ending| ending == "toml") {
                let found = judge(&std::fs::read_to_string(&path).unwrap());
                assert!(found.is_empty(), "{}: {found:?}", path.display());
                count += 1;
            }
        }
    }
    assert!(count > 30, "{count}");
    // a cell in a file of its own is that section
    for path in std::fs::read_dir(folder.join("cells")).unwrap().map(|entry| entry.unwrap().path()) {
        let file: toml::Table = std::fs::read_to_string(&path).unwrap().parse().unwrap();
        let mut found = Vec::new();
        objections(&schema["properties"]["cell"], &file["cell"], "cell", &mut found);
        assert!(found.is_empty(), "{}: {found:?}", path.display());
    }
    assert_eq!(judge(&SMALL.replace("i0 =", "io =")).len(), 2, "unknown, and missing");
    assert_eq!(judge(&SMALL.replace("[grid]", "[grids]")).len(), 2);
    assert_eq!(judge(&SMALL.replace("rate =", "# rate =")), [".nucleation.rate is missing"]);
    // every key says what it is
    fn described(schema: &Value, path: &str) {
        for (key, of_key) in schema["properties"].as_object().into_iter().flatten() {
            let path = format!("{path}.{key}");
            assert!(of_key["description"].as_str().is_some_and(|text| text.len() > 3), "{path}");
            described(of_key, &path);
            described(&of_key["items"], &path);
        }
    }
    described(&schema, "");
}

#[test]
fn init_writes_a_config_that_runs_and_overwrites_nothing() {
    let place = Place::new("");
    for (name, from) in [("mine", "quickstart"), ("other", "cycling")] {
        let called = place.call(&["init", name, "--from", from]);
        assert_eq!(called.code, 0, "{called:?}");
        let called = place.call(&["check", &format!("{name}.toml"), "--device", "cpu"]);
        assert!(
            called.code == 0 && called.out.contains(&format!("name                               {name}")),
            "{called:?}"
        );
    }
    let before = place.text("mine.toml");
    let called = place.call(&["init", "mine"]);
    assert!(
        called.code == 2 && called.err.contains("is there already") && place.text("mine.toml") == before,
        "{called:?}"
    );
    let called = place.call(&["init", "third", "--from", "quickstrat"]);
    assert!(called.code == 2 && called.err.contains("there are quickstart"), "{called:?}");
    assert!(!place.path("third.toml").exists());
}

#[test]
fn completions_and_manual_pages_know_the_commands() {
    let place = Place::new("");
    for shell in ["bash", "zsh", "fish", "elvish", "powershell"] {
        let called = place.call(&["completions", shell]);
        assert!(called.code == 0 && called.out.contains("resume"), "{shell}");
    }
    let called = place.call(&["man"]);
    assert!(called.code == 0 && called.out.contains(".TH liplate"), "{called:?}");
    let called = place.call(&["man", "--out", "pages"]);
    assert!(called.code == 0 && place.text("pages/liplate-run.1").contains("max"), "{called:?}");
}

/// Links of the pages lead to files that are there, and no page is a wall.
#[test]
fn the_pages_link_to_what_is_there() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let folder = |name: &str| std::fs::read_dir(root.join(name)).unwrap().map(|entry| entry.unwrap().path());
    let pages = folder("").chain(folder("docs")).chain(folder("docs/studies"));
    let mut count = 0;
    for page in pages.filter(|path| path.extension().is_some_and(|ending| ending == "md")) {
        let text = std::fs::read_to_string(&page).unwrap();
        for link in text.split("](").skip(1).filter_map(|rest| rest.split([')', '#']).next()) {
            if !link.is_empty() && !link.contains("://") {
                assert!(page.parent().unwrap().join(link).exists(), "{}: {link}", page.display());
                count += 1;
            }
        }
    }
    assert!(count > 30, "{count}");
    let readme = std::fs::read_to_string(root.join("README.md")).unwrap();
    assert!(readme.lines().count() <= 150, "{} lines of README.md", readme.lines().count());
}

/// Every field that a config may ask for stands on the page of the outputs.
#[test]
fn the_stored_fields_stand_on_their_page() {
    use liplate::model::stored::Stored;
    let page = std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/output.md")).unwrap();
    for name in Stored::NAMES {
        assert!(page.contains(&format!("| `{name}` |")), "{name}");
        assert_eq!(Stored::named(name).unwrap().name(), *name);
    }
    assert!(Stored::named("nonsense").is_none());
}

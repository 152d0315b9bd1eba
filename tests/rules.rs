//! The rules of the house that a compiler does not know: headers, twins, names.

#![cfg(feature = "gpu")]

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use liplate::gpu::fields::{LOWER_CELLS, names};
use liplate::gpu::layout::check;
use liplate::gpu::shader::{Kernel, LIBRARY, Shader};

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn stems(folder: &str, extension: &str) -> BTreeSet<String> {
    let files = fs::read_dir(root().join(folder)).unwrap().map(|entry| entry.unwrap().path());
    files.filter(|p| p.extension().is_some_and(|e| e == extension)).map(|p| stem(&p)).collect()
}

/// What scripts import: packages that they say they need, the language's own modules, and files beside them.
#[test]
fn scripts_import_what_there_is() {
    const PACKAGES: [&str; 5] = ["numpy", "h5py", "matplotlib", "scipy", "pandas"];
    const OWN: [&str; 17] = [
        "argparse",
        "csv",
        "ctypes",
        "functools",
        "json",
        "math",
        "os",
        "pathlib",
        "re",
        "shutil",
        "signal",
        "subprocess",
        "sys",
        "tempfile",
        "textwrap",
        "time",
        "uuid",
    ];
    let beside = stems("scripts", "py");
    let mut seen = 0;
    for script in &beside {
        let text = fs::read_to_string(root().join("scripts").join(format!("{script}.py"))).unwrap();
        let imports = text.lines().filter_map(|line| {
            let rest = line.strip_prefix("import ").or_else(|| line.strip_prefix("from "))?;
            rest.split([' ', '.', ',']).next()
        });
        for module in imports {
            let is_there = PACKAGES.contains(&module) || OWN.contains(&module) || beside.contains(module);
            assert!(is_there, "scripts/{script}.py imports {module}");
            seen += 1;
        }
    }
    assert!(seen > 10, "{seen}");
}

fn stem(path: &Path) -> String {
    path.file_stem().unwrap().to_string_lossy().into_owned()
}

/// A line of a shader's header: "// reads   xi, q" → "xi, q".
fn header<'a>(text: &'a str, what: &str) -> &'a str {
    let lines = text.lines().take_while(|line| line.starts_with("//"));
    lines
        .map(|line| line.trim_start_matches('/').trim())
        .find_map(|line| line.strip_prefix(what).filter(|rest| rest.starts_with(' ')))
        .unwrap_or_else(|| panic!("no `{what}` in the header of\n{text}"))
        .trim()
}

/// The files of the CPU backend that do what a kernel does.
fn twins(kernel: Kernel) -> Vec<PathBuf> {
    header(kernel.text(), "twin").split(", ").map(|path| root().join(path)).collect()
}

#[test]
fn every_shader_file_is_a_kernel_and_every_library_file_is_known() {
    let kernels: BTreeSet<String> = Kernel::ALL.iter().map(|k| k.name().to_string()).collect();
    assert_eq!(stems("shaders", "wgsl"), kernels);
    let library: BTreeSet<String> = LIBRARY.iter().map(|(name, _)| name.to_string()).collect();
    assert_eq!(stems("shaders/lib", "wgsl"), library);
}

/// One entry point of the file's name, known fields, and constants that lie where Rust puts them.
#[test]
fn bindings_and_constants_are_those_of_rust() {
    for &kernel in Kernel::ALL {
        let shader = Shader::new(kernel).unwrap_or_else(|e| panic!("{e}"));
        check(&shader, &names()).unwrap_or_else(|e| panic!("{e}"));
    }
}

#[test]
fn headers_tell_what_is_read_and_written() {
    for &kernel in Kernel::ALL {
        let shader = Shader::new(kernel).unwrap();
        let listed = |what| header(kernel.text(), what).split(", ").map(str::to_string).collect::<BTreeSet<String>>();
        let used = |names: Vec<&str>| names.into_iter().map(str::to_string).collect::<BTreeSet<String>>();
        assert_eq!(listed("reads"), used(shader.reads()), "{} reads", kernel.name());
        assert_eq!(listed("writes"), used(shader.writes()), "{} writes", kernel.name());
        let title = kernel.text().lines().next().unwrap();
        assert!(title.starts_with(&format!("// {} - ", kernel.name())), "{title}");
        assert!(header(kernel.text(), "units").contains("scaled"));
    }
}

#[test]
fn every_kernel_has_a_twin_and_every_operator_a_kernel() {
    let all: Vec<(Kernel, PathBuf)> =
        Kernel::ALL.iter().flat_map(|&kernel| twins(kernel).into_iter().map(move |twin| (kernel, twin))).collect();
    for (kernel, twin) in &all {
        assert!(twin.is_file(), "the twin of {} is missing: {twin:?}", kernel.name());
    }
    let twins: BTreeSet<String> = all.iter().map(|(_, twin)| stem(twin)).collect();
    let not_operators =
        BTreeSet::from(["mod", "shape", "elementary", "normals", "potential", "mechanism"].map(str::to_string));
    let operators = stems("src/cpu", "rs");
    let operators: BTreeSet<String> = operators.difference(&not_operators).cloned().collect();
    let without: Vec<&String> = operators.difference(&twins).collect();
    assert!(without.is_empty(), "operators without a shader: {without:?}");
}

/// Fields of the CPU backend, and the buffers in which a GPU has what they hold. The CPU keeps probes as a list and both bits of `pocket`
/// apart, and needs no second float.
const COUNTERPARTS: &[(&str, &[&str])] = &[
    ("rate", &["current", "slopes"]),
    ("coefficients", &["conduction", "diffusion", "reaction_phi", "reaction_c"]),
    ("hierarchy", &["level_transport", "level_reaction", "x", "direction"]),
    ("transference", &["diffusion"]),
    ("transport_by_c", &["conduction_by_c", "diffusivity_by_c"]),
    ("probes", &["probe_way", "probe_depth", "front_curvature", "current", "delta"]),
    ("closed", &["pocket"]),
    ("copper_area", &["copper_area", "copper"]),
    ("trapped", &["pocket", "labels"]),
    ("isolated", &["piece", "pieces", "piece_response", "piece_sums"]),
    ("xi_next", &["xi_next", "xi_mid"]),
    ("xi", &["xi", "xi_mid"]),
    (
        "directions",
        &["direction", "direction_0", "direction_1", "direction_2", "direction_3", "direction_4", "direction_5"],
    ),
    (
        "images",
        &[
            "image",
            "a",
            "test_0",
            "test_1",
            "test_2",
            "test_3",
            "older_image_0",
            "older_image_1",
            "older_image_2",
            "older_image_3",
        ],
    ),
    ("along", &["along", "product"]),
    ("damping", &["need"]),
    ("balance", &["partial"]),
    ("step", &[]),
    ("physics", &[]),
    ("shape", &[]),
    ("grid", &[]),
    // what only the CPU adds, for chosen solutions
    ("forcing", &[]),
];

/// Buffers that hold nothing of which the CPU has a field of its own: second floats, sums on their way, lists that are handed over.
const OF_THE_GPU: &[&str] =
    &["u_low", "partial", "caps", "fired", "labels", "pieces", "piece_sums", "piece_response", "piece", "product"];

/// What an operator reads and writes on one device it does on the other: the fields of the CPU that a twin touches are those that its
/// shaders' headers name, and the other way round.
#[test]
fn twins_touch_the_fields_that_the_headers_name() {
    let counterparts = |field: &str| -> Vec<String> {
        let known = COUNTERPARTS.iter().find(|(name, _)| *name == field).map(|(_, buffers)| *buffers);
        known.map_or(vec![field.to_string()], |buffers| buffers.iter().map(|b| b.to_string()).collect())
    };
    let mut named_by = std::collections::BTreeMap::<Vec<PathBuf>, BTreeSet<String>>::new();
    for &kernel in Kernel::ALL {
        let names = ["reads", "writes"].into_iter().flat_map(|what| header(kernel.text(), what).split(", "));
        named_by.entry(twins(kernel)).or_default().extend(names.map(str::to_string));
    }
    // the drive of cells with isolated lithium is a pass of kinetics.wgsl
    let of_kinetics = named_by[&twins(Kernel::Kinetics)].clone();
    named_by.get_mut(&twins(Kernel::IsolatedSolve)).unwrap().extend(of_kinetics);
    let code = |path: &Path| fs::read_to_string(path).unwrap().split("#[cfg(test)]").next().unwrap().to_string();
    let modules = stems("src/cpu", "rs");
    let file = |module: &String| root().join("src/cpu").join(format!("{module}.rs"));
    let mut checked = 0;
    for (paths, named) in named_by {
        // operators over a level are handed that level, mechanisms the surface
        let touched: BTreeSet<String> = paths.iter().flat_map(|path| members(&code(path), "cpu.")).collect();
        if touched.is_empty() || paths.iter().any(|path| path.ends_with("cpu/mod.rs")) {
            continue;
        }
        for field in &touched {
            let there = counterparts(field);
            assert!(
                there.is_empty() || there.iter().any(|buffer| named.contains(buffer)),
                "{paths:?} touches `{field}`, of which no header of its shaders knows: {named:?}",
            );
        }
        // what it calls in other files of the backend belongs to it
        let (mut reached, mut waiting) = (BTreeSet::new(), paths.clone());
        while let Some(next) = waiting.pop() {
            if reached.insert(next.clone()) {
                let text = code(&next);
                let calls = |module: &&String| {
                    text.contains(&format!("super::{module}")) || text.contains(&format!("{module}::"))
                };
                waiting.extend(modules.iter().filter(|module| *module != "mod").filter(calls).map(file));
            }
        }
        let all: BTreeSet<String> = reached
            .iter()
            .flat_map(|path| [members(&code(path), "cpu."), members(&code(path), "self.")])
            .flatten()
            .flat_map(|field| counterparts(&field))
            .collect();
        // the directions of the linear solver reach isolated lithium through apply.rs
        let elsewhere =
            |buffer: &&String| paths[0].ends_with("isolated.rs") && ["direction", "image"].contains(&buffer.as_str());
        for buffer in
            named.iter().filter(|buffer| !elsewhere(buffer)).filter(|buffer| !OF_THE_GPU.contains(&buffer.as_str()))
        {
            assert!(all.contains(buffer), "{paths:?} touches nothing of `{buffer}`: {all:?}");
        }
        checked += paths.len();
    }
    assert!(checked >= 12, "{checked}");
}

/// Names of the members that are taken of `what`, as in `cpu.xi`; a call is none.
fn members(code: &str, what: &str) -> BTreeSet<String> {
    let is_word = |c: char| c.is_alphanumeric() || c == '_';
    let found = code.match_indices(what).filter(|(at, _)| !code[..*at].ends_with(is_word));
    let rests = found.map(|(at, _)| &code[at + what.len()..]);
    let names = rests.filter_map(|rest| {
        let end = rest.find(|c| !is_word(c))?;
        (!rest[end..].starts_with('(') && end > 0).then(|| rest[..end].to_string())
    });
    names.collect()
}

/// Every constant of a shader stands in the table of numerics, with its value, or is one that single precision asks for. Whole numbers
/// with a `u` lay out buffers: one name has one value everywhere.
#[test]
fn constants_of_shaders_are_those_of_the_table() {
    use liplate::model::{kinetics, numerics, scales};
    let single = [
        ("FILM_ITERATIONS", kinetics::FILM_ITERATIONS as f64),
        ("DEPLETION_ITERATIONS", 8.0),
        ("SETTLED", 3e-6),
        ("HALF_UNIT", f64::from(f32::EPSILON) / 2.0),
        ("NO_REACTION", -1.0),
    ];
    let known = |name: &str| {
        let of_table = numerics::ALL.iter().find(|(known, ..)| *known == name).map(|(_, value, ..)| *value);
        of_table.or(single.iter().find(|(known, _)| *known == name).map(|(_, value)| *value))
    };
    let texts = Kernel::ALL.iter().map(|kernel| (kernel.name(), kernel.text()));
    let library = LIBRARY.iter().map(|(name, text)| (*name, *text));
    let (mut seen, mut whole) = (BTreeSet::new(), std::collections::BTreeMap::from([("TABLE_ENTRIES", 1024)]));
    assert_eq!(scales::TABLE_ENTRIES, 1024);
    for (file, text) in texts.chain(library) {
        for line in text.lines().filter_map(|line| line.strip_prefix("const ")) {
            let (name, value) = line.split_once(" = ").unwrap_or_else(|| panic!("{file}: const {line}"));
            let value = value.split(';').next().unwrap();
            if let Some(digits) = value.strip_suffix('u') {
                let value =
                    digits.strip_prefix("0x").map_or(digits.parse(), |hex| u64::from_str_radix(hex, 16)).unwrap();
                assert_eq!(*whole.entry(name).or_insert(value), value, "{file}: {name}");
                continue;
            }
            let expected = known(name).unwrap_or_else(|| panic!("{file}: {name} is not in src/model/numerics.rs"));
            let value: f64 = value.parse().unwrap();
            assert!((value - expected).abs() <= 1e-7 * expected.abs(), "{file}: {name} = {value}, not {expected}");
            seen.insert(name);
        }
    }
    for (name, ..) in numerics::ALL {
        assert!(seen.contains(name), "no shader knows {name}: it belongs to the code that does");
    }
}

/// What Rust lays out for the lower levels has room in their workgroup.
#[test]
fn lower_levels_fit_their_workgroup() {
    assert!(Kernel::CycleLower.text().contains(&format!("const CELLS = {LOWER_CELLS}u;")));
    assert!(Shader::new(Kernel::CycleLower).unwrap().shared <= 16 << 10, "WebGPU promises no more");
}

/// Adds the files of an extension below a folder.
fn files(folder: &Path, extension: &str, found: &mut Vec<PathBuf>) {
    for path in fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()) {
        if path.is_dir() {
            files(&path, extension, found);
        } else if path.extension().is_some_and(|e| e == extension) {
            found.push(path);
        }
    }
}

/// A doc comment is read alone, in the hover of an editor: it does not lean on the one above it.
#[test]
fn doc_comments_stand_alone() {
    let mut found = Vec::new();
    files(&root().join("src"), "rs", &mut found);
    assert!(found.len() > 200);
    for path in found {
        let text = fs::read_to_string(&path).unwrap();
        let mut before = "";
        for line in text.lines().map(str::trim) {
            let begins = !before.starts_with("///");
            assert!(!(begins && line.starts_with("/// The same")), "{}: {line}", path.display());
            before = line;
        }
    }
}

/// Where the code may name a mechanism: its folder, the tables, and the cases that verify it.
fn may_name(mechanism: &str, path: &Path) -> bool {
    let tables = ["src/mechanisms/mod.rs", "src/model/stored.rs", "src/model/numerics.rs", "src/gpu/shader.rs"];
    let path = path.strip_prefix(root()).unwrap().to_string_lossy().into_owned();
    path.starts_with(&format!("src/mechanisms/{mechanism}/"))
        || path.starts_with(&format!("shaders/{mechanism}_"))
        || path.starts_with("src/verify/")
        || tables.into_iter().any(|table| path == table)
}

/// A mechanism is a folder: the rest of the program goes through the table and knows none by name.
#[test]
fn mechanisms_are_named_in_their_folders_and_the_tables_alone() {
    let mut found = Vec::new();
    files(&root().join("src"), "rs", &mut found);
    files(&root().join("shaders"), "wgsl", &mut found);
    for (name, ..) in liplate::mechanisms::ALL {
        let folder = root().join("src/mechanisms").join(name);
        for file in ["mod.rs", "cpu.rs", "gpu.rs"] {
            assert!(folder.join(file).is_file(), "{name} has no {file}");
        }
        for path in found.iter().filter(|path| !may_name(name, path)) {
            let text = fs::read_to_string(path).unwrap();
            let code = text.split("#[cfg(test)]").next().unwrap().lines().filter(|line| !line.trim().starts_with("//"));
            for line in code {
                let words = line.split(|c: char| !c.is_alphanumeric()).filter(|word| word.eq_ignore_ascii_case(name));
                // sentences for people aside
                let in_words = line.contains('"') && !line.contains(&format!("\"{name}"));
                assert!(in_words || words.count() == 0, "{} names {name}: {line}", path.display());
            }
        }
    }
}

/// Laws and stencils know no field.
#[test]
fn the_library_binds_nothing() {
    for (name, text) in LIBRARY {
        assert!(!text.contains("@binding"), "{name}");
    }
}

/// A GPU that is asked for but not there is an error, not a panic; so is a grid that is too large.
#[test]
fn what_cannot_be_opened_is_an_error() {
    use liplate::gpu::{Choice, Gpu, GpuError, adapters};
    if std::env::var_os("LIPLATE_TEST_NO_GPU").is_some() {
        println!("NOT RUN: LIPLATE_TEST_NO_GPU is set");
        return;
    }
    let s = common::setup(4, 4, 8, 1e-6);
    let heights = liplate::model::collector::heights(&s.grid, &s.collector);
    let statics = liplate::model::collector::Statics::new(&s, &heights);
    let count = adapters().len();
    let error = Gpu::open(Choice::Index(count), &s, &statics).err();
    assert!(matches!(error, Some(GpuError::NoSuchAdapter { .. })), "{error:?}");
    let mut large = s.clone();
    large.grid.nx = 1 << 20;
    large.grid.ny = 1 << 12;
    let error = Gpu::open(Choice::Any, &large, &statics).err();
    let Some(GpuError::TooLarge { largest, limit, .. }) = &error else { panic!("{error:?}") };
    let cells = |n: usize| 8 * (n * n * n) as u64;
    assert!(cells(*largest) <= *limit && cells(largest + 1) > *limit);
    println!("{}", error.unwrap());
}

mod common;

//! Every kernel on every interface that wgpu speaks: its text, as the program gives it to the device, is valid without any optional feature,
//! translates to SPIR-V, HLSL and MSL with the options that wgpu translates it with, and stays within the limits that are asked for.

#![cfg(feature = "gpu")]

use std::io::Write;
use std::path::Path;
use std::process::{Command, Stdio};

use liplate::gpu::device::Need;
use liplate::gpu::layout::Constants;
use liplate::gpu::shader::{Kernel, Kind, Shader};
use naga::ResourceBinding;
use naga::back::{hlsl, msl, spv};
use naga::proc::{BoundsCheckPolicies, BoundsCheckPolicy};
use naga::valid::{Capabilities, ModuleInfo, ValidationFlags, Validator};

/// What the program asks for beyond WebGPU's default of 8: Direct3D 12 promises as many where it has the resources of tier 2, Metal 29, and every
/// desktop's Vulkan more.
const FIELDS_PER_KERNEL: u32 = 16;
/// What WebGPU promises by default, and the program asks for no more of.
const SHARED: u32 = 16 << 10;
const THREADS: u32 = 256;
const THREADS_ALONG: [u32; 3] = [256, 256, 64];
const UNIFORMS_PER_KERNEL: usize = 12;
const UNIFORMS_IN_SLOTS: usize = 8;
const BINDINGS: u32 = 1000;
/// Buffers of a kernel in Metal, the one with the lengths of the others among them.
const METAL_BUFFERS: usize = 31;

/// SPIR-V as Vulkan 1.0 and 1.3 take it, what wgpu writes for the oldest and for the newest devices.
const VULKAN: [((u8, u8), &str); 2] = [((1, 0), "vulkan1.0"), ((1, 6), "vulkan1.3")];
/// Metal since macOS 10.13.
const METAL: (u8, u8) = (2, 0);

const UNCHECKED: BoundsCheckPolicies = BoundsCheckPolicies {
    index: BoundsCheckPolicy::Unchecked,
    buffer: BoundsCheckPolicy::Unchecked,
    image_load: BoundsCheckPolicy::Unchecked,
    binding_array: BoundsCheckPolicy::Unchecked,
};

/// A kernel that wgpu's first stage has taken.
struct Valid<'a> {
    shader: &'a Shader,
    module: naga::Module,
    info: ModuleInfo,
}

impl<'a> Valid<'a> {
    fn new(shader: &'a Shader) -> Result<Self, String> {
        let module = naga::front::wgsl::parse_str(&shader.text).map_err(|e| e.emit_to_string(&shader.text))?;
        let mut validator = Validator::new(ValidationFlags::all(), Capabilities::empty());
        let info = validator.validate(&module).map_err(|e| e.emit_to_string(&shader.text))?;
        Ok(Self { shader, module, info })
    }

    /// The places of its bindings; `at` makes the target out of the number among them, and whether it is written.
    fn map<T>(
        &self,
        at: impl Fn(u32, &liplate::gpu::shader::Variable) -> T,
    ) -> impl Iterator<Item = (ResourceBinding, T)> {
        let numbered = self.shader.variables.iter().zip(0u32..);
        numbered.map(move |(variable, number)| {
            (ResourceBinding { group: 0, binding: variable.binding }, at(number, variable))
        })
    }

    fn spirv(&self, lang_version: (u8, u8), is_checked: bool) -> Result<Vec<u8>, String> {
        let target = |number, _: &_| spv::BindingInfo { descriptor_set: 0, binding: number, binding_array_size: None };
        let options = spv::Options {
            lang_version,
            flags: spv::WriterFlags::empty(),
            fake_missing_bindings: false,
            binding_map: self.map(target).collect(),
            // what every device with Vulkan has
            capabilities: Some([spv::Capability::Shader].into_iter().collect()),
            bounds_check_policies: if is_checked { BoundsCheckPolicies::default() } else { UNCHECKED },
            zero_initialize_workgroup_memory: spv::ZeroInitializeWorkgroupMemoryMode::None,
            force_loop_bounding: is_checked,
            emit_int_div_checks: is_checked,
            ..Default::default()
        };
        let entry = spv::PipelineOptions {
            shader_stage: naga::ShaderStage::Compute,
            entry_point: self.shader.kernel.name().into(),
        };
        let words = spv::write_vec(&self.module, &self.info, &options, Some(&entry)).map_err(|e| e.to_string())?;
        Ok(words.into_iter().flat_map(u32::to_le_bytes).collect())
    }

    /// Its text, and the name of its entry point, which is not its own where HLSL has a function of that name.
    fn hlsl(&self, shader_model: hlsl::ShaderModel) -> Result<(String, String), String> {
        let target = |register, _: &_| hlsl::BindTarget { space: 0, register, ..Default::default() };
        let options = hlsl::Options {
            shader_model,
            binding_map: self.map(target).collect(),
            fake_missing_bindings: false,
            zero_initialize_workgroup_memory: false,
            restrict_indexing: false,
            force_loop_bounding: false,
            special_constants_binding: Some(hlsl::BindTarget { space: 1, ..Default::default() }),
            ..Default::default()
        };
        let entry =
            hlsl::PipelineOptions { entry_point: Some((naga::ShaderStage::Compute, self.shader.kernel.name().into())) };
        let mut text = String::new();
        let mut writer = hlsl::Writer::new(&mut text, &options, &entry);
        let written = writer.write(&self.module, &self.info, None).map_err(|e| e.to_string())?;
        let names: Vec<String> =
            written.entry_point_names.into_iter().collect::<Result<_, _>>().map_err(|e| e.to_string())?;
        Ok((text, names.into_iter().next().ok_or("no entry point")?))
    }

    fn msl(&self) -> Result<String, String> {
        let target = |number: u32, variable: &liplate::gpu::shader::Variable| msl::BindTarget {
            buffer: Some(number as u8),
            mutable: variable.kind == Kind::Write,
            ..Default::default()
        };
        let resources = msl::EntryPointResources {
            resources: self.map(target).collect(),
            immediates_buffer: None,
            sizes_buffer: Some(self.shader.variables.len() as u8),
        };
        let name = self.shader.kernel.name();
        let options = msl::Options {
            lang_version: METAL,
            per_entry_point_map: [(name.to_string(), resources)].into_iter().collect(),
            fake_missing_bindings: false,
            bounds_check_policies: UNCHECKED,
            zero_initialize_workgroup_memory: false,
            force_loop_bounding: false,
            ..Default::default()
        };
        let entry =
            msl::PipelineOptions { entry_point: Some((naga::ShaderStage::Compute, name.into())), ..Default::default() };
        let (text, written) =
            msl::write_string(&self.module, &self.info, &options, &entry).map_err(|e| e.to_string())?;
        written.entry_point_names.into_iter().try_for_each(|name| name.map(drop).map_err(|e| e.to_string()))?;
        Ok(text)
    }
}

/// What of a shader goes beyond what the program asks a device for.
fn beyond_limits(shader: &Shader) -> Vec<String> {
    let Need { fields_per_kernel, shared, threads, .. } = Need::of(std::slice::from_ref(shader), 1);
    let count = |is: fn(Constants) -> bool| {
        shader.variables.iter().filter(|variable| Constants::named(&variable.name).is_some_and(is)).count()
    };
    let mut found = Vec::new();
    let mut hold = |what: &str, is: u64, most: u64| {
        if is > most {
            found.push(format!("{what}: {is}, at most {most} are promised"));
        }
    };
    hold("fields", fields_per_kernel.into(), FIELDS_PER_KERNEL.into());
    hold("bytes that a workgroup shares", shared.into(), SHARED.into());
    hold("threads of a workgroup", threads.into(), THREADS.into());
    for (along, most) in shader.workgroup.into_iter().zip(THREADS_ALONG) {
        hold("threads of a workgroup along an axis", along.into(), most.into());
    }
    hold("constants", count(|_| true) as u64, UNIFORMS_PER_KERNEL as u64);
    hold("constants in slots", count(Constants::in_slot) as u64, UNIFORMS_IN_SLOTS as u64);
    hold("buffers in Metal", shader.variables.len() as u64 + 1, METAL_BUFFERS as u64);
    for variable in &shader.variables {
        hold("number of a binding", variable.binding.into(), u64::from(BINDINGS) - 1);
    }
    found
}

/// Everything that some device would refuse a shader for; SPIR-V goes to the validator if there is one.
fn problems(shader: &Shader, with_validator: bool) -> Vec<String> {
    let valid = match Valid::new(shader) {
        Ok(valid) => valid,
        Err(reason) => return vec![reason],
    };
    let mut found = beyond_limits(shader);
    let mut note = |what: String, problem: Result<(), String>| {
        found.extend(problem.err().map(|reason| format!("{what}: {reason}")));
    };
    for (version, environment) in VULKAN {
        for is_checked in [false, true] {
            let validated = valid.spirv(version, is_checked).and_then(|binary| match with_validator {
                true => spirv_val(&binary, environment),
                false => Ok(()),
            });
            note(format!("SPIR-V {version:?}"), validated);
        }
    }
    for model in [hlsl::ShaderModel::V5_1, hlsl::ShaderModel::V6_0] {
        note(format!("HLSL {model:?}"), valid.hlsl(model).map(drop));
    }
    note("MSL".into(), valid.msl().map(drop));
    found
}

/// Lets the validator of Khronos read a module.
fn spirv_val(binary: &[u8], environment: &str) -> Result<(), String> {
    let started = Command::new("spirv-val")
        .args(["--target-env", environment, "-"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn();
    let mut validator = started.unwrap_or_else(|e| {
        panic!("spirv-val: {e}; ./scripts/test installs it (spirv-tools), LIPLATE_TEST_NO_SPIRV_VAL=1 does without")
    });
    // a validator that stops reading says why
    let _ = validator.stdin.take().unwrap().write_all(binary);
    let said = validator.wait_with_output().unwrap();
    match said.status.success() {
        true => Ok(()),
        false => Err(String::from_utf8_lossy(&[said.stdout, said.stderr].concat()).trim().to_string()),
    }
}

fn has_validator() -> bool {
    let without = std::env::var_os("LIPLATE_TEST_NO_SPIRV_VAL").is_some();
    if without {
        println!("NOT RUN, spirv-val: LIPLATE_TEST_NO_SPIRV_VAL is set");
    }
    !without
}

#[test]
fn every_kernel_is_right_for_every_interface() {
    let validator = has_validator();
    for &kernel in Kernel::ALL {
        let shader = Shader::new(kernel).unwrap_or_else(|e| panic!("{e}"));
        let found = problems(&shader, validator);
        assert!(found.is_empty(), "{}.wgsl: {found:#?}", kernel.name());
    }
    println!("{} kernels", Kernel::ALL.len());
}

/// Microsoft's compiler takes every kernel as wgpu writes it for Direct3D 12, and refuses one that is wrong.
#[test]
fn dxc_takes_every_kernel() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let library = root.join(".venv/dxc/libdxcompiler.so");
    if !library.is_file() {
        println!("NOT RUN: there is no {}; ./scripts/test fetches it", library.display());
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    for &kernel in Kernel::ALL {
        let shader = Shader::new(kernel).unwrap();
        let (text, entry) = Valid::new(&shader).and_then(|valid| valid.hlsl(hlsl::ShaderModel::V6_0)).unwrap();
        std::fs::write(folder.path().join(format!("{entry}.hlsl")), text).unwrap();
    }
    let python = std::env::var_os("LIPLATE_PYTHON").unwrap_or_else(|| root.join(".venv/bin/python").into());
    let answer = || {
        let mut command = Command::new(&python);
        let output = command.arg(root.join("scripts/dxc.py")).arg(&library).arg(folder.path()).output().unwrap();
        (output.status.success(), String::from_utf8_lossy(&[output.stdout, output.stderr].concat()).into_owned())
    };
    let (taken, told) = answer();
    assert!(taken && told.contains(&format!("{} shaders, 0 refused", Kernel::ALL.len())), "{told}");
    std::fs::write(folder.path().join("wrong.hlsl"), "[numthreads(1, 1, 1)] void wrong() { unknown(); }").unwrap();
    let (taken, told) = answer();
    assert!(!taken && told.contains("wrong: ") && told.contains(", 1 refused"), "{told}");
}

/// What the documentation says that the program asks for is what it asks for: no kernel leaves room, none goes beyond.
#[test]
fn what_is_asked_of_a_device_is_what_the_documentation_says() {
    let shaders: Vec<Shader> = Kernel::ALL.iter().map(|&kernel| Shader::new(kernel).unwrap()).collect();
    let need = Need::of(&shaders, 645 * 645 * 645);
    println!("{need:?}");
    assert_eq!((need.fields_per_kernel, need.threads), (FIELDS_PER_KERNEL, THREADS));
    assert!(need.shared <= SHARED && need.largest_field <= 1 << 31);
    let page = include_str!("../docs/limits.md");
    let line = format!(
        "{FIELDS_PER_KERNEL} storage buffers in a kernel, {THREADS} threads and {} bytes of shared memory in a workgroup",
        need.shared
    );
    assert!(page.contains(&line), "docs/limits.md does not say: {line}");
}

/// A kernel that some device would refuse is found, whatever is wrong with it.
#[test]
fn what_is_wrong_is_found() {
    let validator = has_validator();
    let changed = |kernel: Kernel, from: &str, to: &str| {
        let text = Shader::new(kernel).unwrap().text;
        assert!(text.contains(from), "{} has no {from}", kernel.name());
        Shader::of_text(kernel, text.replacen(from, to, 1)).map(|shader| problems(&shader, validator))
    };
    let found = |kernel: Kernel, from: &str, to: &str, part: &str| {
        let problems = changed(kernel, from, to).unwrap_or_else(|e| vec![e.to_string()]);
        assert!(problems.iter().any(|problem| problem.contains(part)), "{from} → {to}: {problems:#?}");
    };
    found(Kernel::Deposit, "@binding(0)", "@binding(1000)", "number of a binding: 1000");
    found(Kernel::CycleLower, "const CELLS = 640u;", "const CELLS = 700u;", "shares");
    found(Kernel::Deposit, "@workgroup_size(", "@workgroup_size(8 * ", "threads of a workgroup");
    found(Kernel::Deposit, "f32", "f64", "wrong");
    // valid, and without a place for one of its fields
    let mut shader = Shader::new(Kernel::Deposit).unwrap();
    shader.variables.pop();
    let problems = problems(&shader, validator);
    for interface in ["SPIR-V", "HLSL", "MSL"] {
        assert!(problems.iter().any(|problem| problem.starts_with(interface)), "{interface}: {problems:#?}");
    }
    if validator {
        let shader = Shader::new(Kernel::Deposit).unwrap();
        let mut binary = Valid::new(&shader).unwrap().spirv((1, 0), false).unwrap();
        binary.truncate(binary.len() - 8);
        assert!(spirv_val(&binary, "vulkan1.0").is_err());
    }
}

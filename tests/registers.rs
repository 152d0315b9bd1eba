//! What a compiler for real cards makes of every kernel: registers, spills, waves at a time. Mesa's for AMD needs no card.
//!
//! `scripts/registers` prints the table.

#![cfg(feature = "gpu")]

use std::collections::BTreeMap;
use std::fmt::Write;
use std::path::Path;
use std::process::Command;

use ash::vk;
use liplate::gpu::shader::{Kernel, Kind, Shader};
use naga::back::spv;
use naga::proc::{BoundsCheckPolicies, BoundsCheckPolicy};
use naga::valid::{Capabilities, ValidationFlags, Validator};

type Failure = Box<dyn std::error::Error>;

/// Families of cards, as Mesa of this or that year calls them, and what they are.
const FAMILIES: [(&[&str], &str); 3] =
    [(&["vega10"], "GCN 5"), (&["navi21"], "RDNA 2"), (&["navi31", "gfx1100"], "RDNA 3")];
/// Variable that tells the family to compile for: the driver reads it when it is loaded, so that each family has a process of its own.
const FAMILY: &str = "RADV_FORCE_FAMILY";
/// Where Debian and others put what leads the loader to Mesa's driver for AMD.
const DRIVER: &str = "/usr/share/vulkan/icd.d/radeon_icd.x86_64.json";
/// Variable that tells a process to print what the driver's compiler says, and no more.
const ASKED: &str = "LIPLATE_PRINT_STATISTICS";
/// Registers, what does not fit into them, and waves of a kernel, as the driver names them.
const REGISTERS: &str = "VGPRs";
const SPILLED: [&str; 3] = ["Spilled VGPRs", "Spilled SGPRs", "Scratch size"];
const WAVES: &str = "Subgroups per SIMD";

/// Every kernel, for three families of AMD's cards, keeps what it computes with in registers. What spills goes to memory and back.
#[test]
fn no_kernel_spills_registers() -> Result<(), Failure> {
    if std::env::var_os(ASKED).is_some() {
        return print();
    }
    if !Path::new(DRIVER).exists() {
        println!("NOT RUN: there is no {DRIVER} (Debian: mesa-vulkan-drivers)");
        return Ok(());
    }
    let answers: Vec<Table> = FAMILIES.iter().map(|(names, _)| ask_by(names)).collect::<Result<_, _>>()?;
    let mut page = String::from("| kernel | threads |");
    FAMILIES.iter().try_for_each(|(_, name)| write!(page, " {name} |"))?;
    writeln!(page, "\n|---|---|{}", "---|".repeat(FAMILIES.len()))?;
    let mut spilling = Vec::new();
    for (kernel, threads) in Kernel::ALL.iter().map(|kernel| (kernel.name(), "threads")) {
        write!(page, "| {kernel} | {} |", answers[0][kernel][threads])?;
        for (answer, (_, family)) in answers.iter().zip(FAMILIES) {
            let of = &answer[kernel];
            write!(page, " {}, {} |", of[REGISTERS], of[WAVES])?;
            let spilled: Vec<String> =
                SPILLED.iter().filter(|name| of[**name] != "0").map(|name| format!("{} {name}", of[*name])).collect();
            if !spilled.is_empty() {
                spilling.push(format!("{kernel} on {family}: {}", spilled.join(", ")));
            }
        }
        writeln!(page)?;
    }
    println!("{page}");
    assert!(spilling.is_empty(), "{}", spilling.join("; "));
    Ok(())
}

/// Of every kernel, what the compiler tells.
type Table = BTreeMap<String, BTreeMap<String, String>>;

/// What the compiler for a family tells, by the first of its names that the driver knows.
fn ask_by(names: &[&str]) -> Result<Table, Failure> {
    let mut answers = names.iter().map(|name| ask(name));
    let first = answers.next().unwrap_or_else(|| Err("a family has no name".into()));
    answers.fold(first, |found, next| found.or(next))
}

/// What the compiler for a family tells, in a process of its own.
fn ask(family: &str) -> Result<Table, Failure> {
    let mut command = Command::new(std::env::current_exe()?);
    command.args(["--exact", "no_kernel_spills_registers", "--nocapture"]);
    command.env(ASKED, "1").env(FAMILY, family).env("VK_ICD_FILENAMES", DRIVER).env("VK_DRIVER_FILES", DRIVER);
    let output = command.output()?;
    if !output.status.success() {
        return Err(format!("{family}: {}: {}", output.status, String::from_utf8_lossy(&output.stderr)).into());
    }
    let told = String::from_utf8(output.stdout)?;
    let mut lines = told.lines().filter_map(|line| line.split_once(MARK)).map(|(_, line)| line.split(',').collect());
    let names: Vec<&str> =
        lines.next().ok_or_else(|| format!("{family}: {told}{}", String::from_utf8_lossy(&output.stderr)))?;
    let row = |values: Vec<&str>| {
        let named = names.iter().zip(&values).skip(1).map(|(name, value)| (name.to_string(), value.to_string()));
        (values[0].to_string(), named.collect())
    };
    Ok(lines.map(row).collect())
}

/// What a line of the table begins with.
const MARK: &str = "statistics: ";

/// Prints the statistics of every kernel on the first device that tells them.
fn print() -> Result<(), Failure> {
    let shaders: Vec<Shader> = Kernel::ALL.iter().map(|&kernel| Shader::new(kernel)).collect::<Result<_, _>>()?;
    let modules: Vec<Vec<u32>> = shaders.iter().map(words).collect::<Result<_, _>>()?;
    // SAFETY: handles are used while the instance and the device that made them live; nothing runs on the device
    #[allow(unsafe_code)]
    unsafe {
        let entry = ash::Entry::load()?;
        let application = vk::ApplicationInfo::default().api_version(vk::API_VERSION_1_2);
        let instance =
            entry.create_instance(&vk::InstanceCreateInfo::default().application_info(&application), None)?;
        let tells = |physical: &vk::PhysicalDevice| {
            let offered = instance.enumerate_device_extension_properties(*physical).unwrap_or_default();
            let name = ash::khr::pipeline_executable_properties::NAME;
            offered.iter().any(|extension| extension.extension_name_as_c_str() == Ok(name))
        };
        let physical = instance.enumerate_physical_devices()?.into_iter().find(tells);
        report(&instance, physical.ok_or("no device tells of its compiler")?, &shaders, &modules)?;
        instance.destroy_instance(None);
    }
    Ok(())
}

/// SPIR-V of a kernel as wgpu makes it for a device with robust access to buffers.
fn words(shader: &Shader) -> Result<Vec<u32>, Failure> {
    let module = naga::front::wgsl::parse_str(&shader.text)?;
    let info = Validator::new(ValidationFlags::all(), Capabilities::empty()).validate(&module)?;
    let unchecked = BoundsCheckPolicy::Unchecked;
    let options = spv::Options {
        lang_version: (1, 3),
        flags: spv::WriterFlags::empty(),
        bounds_check_policies: BoundsCheckPolicies { buffer: unchecked, ..Default::default() },
        zero_initialize_workgroup_memory: spv::ZeroInitializeWorkgroupMemoryMode::None,
        ..Default::default()
    };
    let entry =
        spv::PipelineOptions { shader_stage: naga::ShaderStage::Compute, entry_point: shader.kernel.name().into() };
    Ok(spv::write_vec(&module, &info, &options, Some(&entry))?)
}

/// Prints the table of a device.
///
/// # Safety
/// `physical` must be one of `instance`.
#[allow(unsafe_code)]
unsafe fn report(
    instance: &ash::Instance,
    physical: vk::PhysicalDevice,
    shaders: &[Shader],
    modules: &[Vec<u32>],
) -> Result<(), Failure> {
    // SAFETY: as promised; what is made here is destroyed with the device
    unsafe {
        let queues = [vk::DeviceQueueCreateInfo::default().queue_family_index(0).queue_priorities(&[1.0])];
        let extensions = [ash::khr::pipeline_executable_properties::NAME.as_ptr()];
        let mut feature =
            vk::PhysicalDevicePipelineExecutablePropertiesFeaturesKHR::default().pipeline_executable_info(true);
        let features = vk::PhysicalDeviceFeatures::default().robust_buffer_access(true);
        let create = vk::DeviceCreateInfo::default()
            .queue_create_infos(&queues)
            .enabled_extension_names(&extensions)
            .enabled_features(&features)
            .push_next(&mut feature);
        let device = instance.create_device(physical, &create, None)?;
        let told = ash::khr::pipeline_executable_properties::Device::new(instance, &device);
        let mut header = false;
        for (shader, words) in shaders.iter().zip(modules) {
            let pipeline = pipeline(&device, shader, words)?;
            let info = vk::PipelineExecutableInfoKHR::default().pipeline(pipeline);
            let statistics: BTreeMap<String, String> = told
                .get_pipeline_executable_statistics(&info)?
                .iter()
                .map(|statistic| Ok((statistic.name_as_c_str()?.to_string_lossy().into_owned(), value(statistic))))
                .collect::<Result<_, Failure>>()?;
            if !header {
                let names: Vec<&str> = statistics.keys().map(String::as_str).collect();
                println!("{MARK}kernel,threads,{}", names.join(","));
                header = true;
            }
            let values: Vec<&str> = statistics.values().map(String::as_str).collect();
            println!(
                "{MARK}{},{},{}",
                shader.kernel.name(),
                shader.workgroup.iter().product::<u32>(),
                values.join(",")
            );
            device.destroy_pipeline(pipeline, None);
        }
        device.destroy_device(None);
        Ok(())
    }
}

/// The number of a statistic.
fn value(statistic: &vk::PipelineExecutableStatisticKHR) -> String {
    // SAFETY: the format says which member of the union was written
    #[allow(unsafe_code)]
    unsafe {
        match statistic.format {
            vk::PipelineExecutableStatisticFormatKHR::BOOL32 => (statistic.value.b32 != 0).to_string(),
            vk::PipelineExecutableStatisticFormatKHR::INT64 => statistic.value.i64.to_string(),
            vk::PipelineExecutableStatisticFormatKHR::UINT64 => statistic.value.u64.to_string(),
            _ => statistic.value.f64.to_string(),
        }
    }
}

/// Compiles a kernel.
///
/// # Safety
/// `words` must be valid SPIR-V of the shader.
#[allow(unsafe_code)]
unsafe fn pipeline(device: &ash::Device, shader: &Shader, words: &[u32]) -> Result<vk::Pipeline, Failure> {
    // SAFETY: as promised; a pipeline outlives the module and the layouts that it is made of
    unsafe {
        let bindings: Vec<vk::DescriptorSetLayoutBinding> = shader
            .variables
            .iter()
            .map(|variable| {
                let kind = match variable.kind {
                    Kind::Uniform => vk::DescriptorType::UNIFORM_BUFFER,
                    _ => vk::DescriptorType::STORAGE_BUFFER,
                };
                vk::DescriptorSetLayoutBinding::default()
                    .binding(variable.binding)
                    .descriptor_type(kind)
                    .descriptor_count(1)
                    .stage_flags(vk::ShaderStageFlags::COMPUTE)
            })
            .collect();
        let sets = [device
            .create_descriptor_set_layout(&vk::DescriptorSetLayoutCreateInfo::default().bindings(&bindings), None)?];
        let layout =
            device.create_pipeline_layout(&vk::PipelineLayoutCreateInfo::default().set_layouts(&sets), None)?;
        let module = device.create_shader_module(&vk::ShaderModuleCreateInfo::default().code(words), None)?;
        let name = std::ffi::CString::new(shader.kernel.name())?;
        let stage = vk::PipelineShaderStageCreateInfo::default()
            .stage(vk::ShaderStageFlags::COMPUTE)
            .module(module)
            .name(&name);
        let create = vk::ComputePipelineCreateInfo::default()
            .flags(vk::PipelineCreateFlags::CAPTURE_STATISTICS_KHR)
            .stage(stage)
            .layout(layout);
        let made = device.create_compute_pipelines(vk::PipelineCache::null(), &[create], None);
        device.destroy_shader_module(module, None);
        device.destroy_pipeline_layout(layout, None);
        sets.into_iter().for_each(|set| device.destroy_descriptor_set_layout(set, None));
        let pipelines = made.map_err(|(_, code)| format!("{}: {code}", shader.kernel.name()))?;
        pipelines.into_iter().next().ok_or_else(|| "no pipeline".into())
    }
}

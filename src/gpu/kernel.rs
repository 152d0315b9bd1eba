//! Kernels as the device runs them.

use super::device::Device;
use super::error::GpuError;
use super::fields::Named;
use super::layout::{Constants, Role};
use super::shader::{Kind, Shader, Variable};

/// A compiled kernel.
pub struct Pipeline {
    /// what runs
    pub pipeline: wgpu::ComputePipeline,
    /// layout of its bind group
    pub layout: wgpu::BindGroupLayout,
    /// what it binds, in the order of the layout
    pub bindings: Vec<Binding>,
    /// threads of a workgroup
    pub workgroup: [u32; 3],
}

/// Most variables of a kernel.
pub const MOST_BINDINGS: usize = 20;

/// A variable of a kernel, with everything about it that a dispatch does not change.
pub struct Binding {
    /// its number in the shader
    pub number: u32,
    /// where its buffer comes from
    pub source: Source,
    /// whether its field is read; constants move nothing that counts
    pub reads: bool,
    /// whether its field is written
    pub writes: bool,
}

/// Where the buffer of a variable comes from.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Source {
    /// constants
    Constants(Constants),
    /// what the dispatch gives to the role, or else the field
    Field(Option<Role>, Option<Named>),
}

impl Binding {
    fn of(variable: &Variable) -> Self {
        let name = variable.name.as_str();
        let of_fields = || Source::Field(Role::named(name), Named::find(name));
        Self {
            number: variable.binding,
            source: Constants::named(name).map_or_else(of_fields, Source::Constants),
            reads: variable.kind == Kind::Read || variable.kind == Kind::Write && variable.read,
            writes: variable.kind == Kind::Write,
        }
    }
}

impl Pipeline {
    /// Whether a dispatch may give it a field for the role.
    pub fn binds(&self, role: Role) -> bool {
        self.bindings.iter().any(|binding| matches!(binding.source, Source::Field(Some(of), _) if of == role))
    }
}

/// A kernel without the checks that are meant for text from elsewhere: they would bound every index and every loop again.
#[allow(unsafe_code)]
fn trusted_module(device: &Device, descriptor: wgpu::ShaderModuleDescriptor) -> wgpu::ShaderModule {
    // SAFETY: the kernels are those of this program. Each leaves at once outside the grid that its buffers are made for, wraps or
    // clamps the elements of neighbours and corners into it, compares with `arrayLength` before it writes into a list, and every loop
    // counts to a bound that does not change, or goes on to ever smaller labels, larger fractions or coarser levels, of which there is
    // an end.
    // Without the optional features of rays and meshes the other checks guard nothing.
    unsafe { device.device.create_shader_module_trusted(descriptor, wgpu::ShaderRuntimeChecks::unchecked()) }
}

/// Compiles a shader, its bindings as reflection found them.
///
/// # Errors
/// If the device refuses it.
pub fn pipeline(device: &Device, shader: &Shader) -> Result<Pipeline, GpuError> {
    let name = shader.kernel.name();
    if shader.variables.len() > MOST_BINDINGS {
        let reason = format!("it binds {} variables, more than {MOST_BINDINGS}", shader.variables.len());
        return Err(GpuError::Shader { name, reason });
    }
    let scope = device.device.push_error_scope(wgpu::ErrorFilter::Validation);
    let module = trusted_module(
        device,
        wgpu::ShaderModuleDescriptor {
            label: Some(name),
            source: wgpu::ShaderSource::Wgsl(shader.text.as_str().into()),
        },
    );
    let entries: Vec<wgpu::BindGroupLayoutEntry> = shader
        .variables
        .iter()
        .map(|variable| wgpu::BindGroupLayoutEntry {
            binding: variable.binding,
            visibility: wgpu::ShaderStages::COMPUTE,
            ty: wgpu::BindingType::Buffer {
                ty: match variable.kind {
                    Kind::Uniform => wgpu::BufferBindingType::Uniform,
                    Kind::Read => wgpu::BufferBindingType::Storage { read_only: true },
                    Kind::Write => wgpu::BufferBindingType::Storage { read_only: false },
                },
                has_dynamic_offset: Constants::named(&variable.name).is_some_and(Constants::in_slot),
                min_binding_size: None,
            },
            count: None,
        })
        .collect();
    let descriptor = wgpu::BindGroupLayoutDescriptor { label: Some(name), entries: &entries };
    let layout = device.device.create_bind_group_layout(&descriptor);
    let pipeline_layout = device.device.create_pipeline_layout(&wgpu::PipelineLayoutDescriptor {
        label: Some(name),
        bind_group_layouts: &[Some(&layout)],
        ..Default::default()
    });
    let pipeline = device.device.create_compute_pipeline(&wgpu::ComputePipelineDescriptor {
        label: Some(name),
        layout: Some(&pipeline_layout),
        module: &module,
        entry_point: Some(name),
        compilation_options: wgpu::PipelineCompilationOptions {
            zero_initialize_workgroup_memory: false,
            ..Default::default()
        },
        cache: None,
    });
    match pollster::block_on(scope.pop()) {
        None => {
            let bindings = shader.variables.iter().map(Binding::of).collect();
            Ok(Pipeline { pipeline, layout, bindings, workgroup: shader.workgroup })
        }
        Some(error) => {
            Err(GpuError::Device { device: device.name.clone(), reason: format!("it refuses {name}.wgsl: {error}") })
        }
    }
}

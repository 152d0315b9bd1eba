//! The kernels' texts, and what reflection tells about them.
//!
//! A shader is the kernel's text followed by the library's: WGSL does not care about order, so the line numbers of an
//! error in the kernel are its own.

use wgpu::naga;
use wgpu::naga::valid::{Capabilities, GlobalUse, ModuleInfo, ValidationFlags, Validator};

use super::error::GpuError;

/// The library: laws and stencils, functions only.
pub const LIBRARY: &[(&str, &str)] = &[
    ("uniforms", include_str!("../../shaders/lib/uniforms.wgsl")),
    ("grid", include_str!("../../shaders/lib/grid.wgsl")),
    ("precision", include_str!("../../shaders/lib/precision.wgsl")),
    ("sum", include_str!("../../shaders/lib/sum.wgsl")),
    ("logarithm", include_str!("../../shaders/lib/logarithm.wgsl")),
    ("cubic", include_str!("../../shaders/lib/cubic.wgsl")),
    ("distance", include_str!("../../shaders/lib/distance.wgsl")),
    ("normals", include_str!("../../shaders/lib/normals.wgsl")),
    ("electrolyte", include_str!("../../shaders/lib/electrolyte.wgsl")),
    ("kinetics", include_str!("../../shaders/lib/kinetics.wgsl")),
    ("hierarchy", include_str!("../../shaders/lib/hierarchy.wgsl")),
    ("isolated", include_str!("../../shaders/lib/isolated.wgsl")),
    ("children", include_str!("../../shaders/lib/children.wgsl")),
    ("along", include_str!("../../shaders/lib/along.wgsl")),
    ("caps", include_str!("../../shaders/lib/caps.wgsl")),
    ("partial", include_str!("../../shaders/lib/partial.wgsl")),
    ("probe", include_str!("../../shaders/lib/probe.wgsl")),
    ("random", include_str!("../../shaders/lib/random.wgsl")),
    ("stencil", include_str!("../../shaders/lib/stencil.wgsl")),
    ("sweep", include_str!("../../shaders/lib/sweep.wgsl")),
    ("voids", include_str!("../../shaders/lib/voids.wgsl")),
];

macro_rules! kernels {
    ($($kernel:ident = $name:literal, $libraries:expr, $parameters:expr;)*) => {
        /// The operators, each one shader of the same name.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub enum Kernel {
            $(#[doc = concat!("shaders/", $name, ".wgsl")] $kernel,)*
        }
        impl Kernel {
            /// All of them.
            pub const ALL: &'static [Kernel] = &[$(Kernel::$kernel),*];
            /// Name of the file and of its entry point.
            pub fn name(self) -> &'static str {
                match self { $(Kernel::$kernel => $name,)* }
            }
            /// Text of the file, without the library.
            pub fn text(self) -> &'static str {
                match self { $(Kernel::$kernel => include_str!(concat!("../../shaders/", $name, ".wgsl")),)* }
            }
            /// Files of the library that it needs.
            pub fn libraries(self) -> &'static [&'static str] {
                match self { $(Kernel::$kernel => $libraries,)* }
            }
            /// Members of its `parameters`, 32-bit scalars, in the order in which a dispatch gives them.
            pub fn parameters(self) -> &'static [&'static str] {
                match self { $(Kernel::$kernel => $parameters,)* }
            }
        }
    };
}

const POINT: &[&str] = &["uniforms", "grid"];
const DISTANCE: &[&str] = &["uniforms", "grid", "precision", "distance"];
const NUCLEI: &[&str] = &["uniforms", "grid", "precision", "caps"];
const CRYSTAL: &[&str] = &["uniforms", "grid", "precision", "distance", "cubic"];
const LEVELS: &[&str] = &["uniforms", "grid", "hierarchy"];
const STENCIL_LEVELS: &[&str] = &["uniforms", "grid", "precision", "stencil", "hierarchy", "sweep"];
const CHILDREN: &[&str] = &["uniforms", "grid", "hierarchy", "children"];
const LABELS: &[&str] = &["uniforms", "grid", "isolated"];
const LOCAL: &[&str] = &["uniforms", "grid", "electrolyte"];
const ALONG: &[&str] = &["uniforms", "grid", "along"];
const ALONG_SUM: &[&str] = &["uniforms", "grid", "along", "precision", "sum", "partial"];
const SUM: &[&str] = &["uniforms", "grid", "precision", "sum", "partial", "electrolyte"];
const STENCIL_SUM: &[&str] = &["uniforms", "grid", "precision", "sum", "partial", "electrolyte", "stencil"];

kernels! {
    Apply = "apply", &["uniforms", "grid", "precision", "probe", "stencil"], &[];
    ApplyUniform = "apply_uniform", POINT, &[];
    BeginStep = "begin_step", POINT, &["ahead", "keep"];
    Bare = "bare", LOCAL, &[];
    Close = "close", LOCAL, &[];
    Coarsen = "coarsen", CHILDREN, &[];
    CoarsenLower = "coarsen_lower", CHILDREN, &[];
    CrystalCurvature = "crystal_curvature", CRYSTAL, &["e1", "e2", "orientations"];
    CrystalEnd = "crystal_end", DISTANCE, &[];
    CrystalPlace = "crystal_place", NUCLEI, &["count", "first", "last"];
    CrystalStart = "crystal_start", &["uniforms", "grid", "precision", "distance", "cubic", "probe"],
        &["e1", "e2", "strength", "sharpness", "orientations"];
    CycleLower = "cycle_lower", STENCIL_LEVELS, &["sweeps", "weight_0", "weight_1", "weight_2"];
    Damp = "damp", &["uniforms", "grid", "precision", "sum", "partial", "probe"], &["planes", "potential"];
    Deposit = "deposit", POINT, &["factor"];
    Distance = "distance", &["uniforms", "grid", "logarithm"], &[];
    Equations = "equations", STENCIL_SUM, &["planes"];
    GoAlong = "go_along", ALONG, &["slot"];
    InterfaceShape = "interface_shape", &["uniforms", "grid", "precision", "distance", "normals", "electrolyte", "stencil"], &[];
    Inventory = "inventory", SUM, &["planes"];
    IsolatedBalance = "isolated_balance", POINT, &[];
    IsolatedImage = "isolated_image", POINT, &[];
    IsolatedSolve = "isolated_solve", &["isolated"], &["count", "what"];
    IsolatedSums = "isolated_sums", &["uniforms", "grid", "isolated", "probe"], &["what"];
    Kinetics = "kinetics", &["uniforms", "grid", "precision", "logarithm", "electrolyte", "kinetics", "probe"], &["what"];
    LabelAssign = "label_assign", LABELS, &["before"];
    LabelCount = "label_count", LABELS, &[];
    LabelJoin = "label_join", LABELS, &["phase"];
    LabelNumber = "label_number", LABELS, &[];
    LabelStart = "label_start", LABELS, &["phase"];
    Nucleate = "nucleate", &["uniforms", "grid", "electrolyte", "random"], &["seed", "number", "dt"];
    Orthogonalise = "orthogonalise", ALONG_SUM, &["planes", "slot", "first", "older"];
    Pack = "pack", LEVELS, &[];
    Place = "place", NUCLEI, &["count"];
    Predict = "predict", DISTANCE, &["half_advance"];
    Probe = "probe", &["uniforms", "grid", "precision", "distance", "electrolyte", "probe"], &[];
    Project = "project", SUM, &["planes", "tests", "is_uniform"];
    Prolong = "prolong", STENCIL_LEVELS, &["weight"];
    RestoreProfile = "restore_profile", &["uniforms", "grid", "precision", "distance", "normals", "stencil"], &["strength"];
    RestrictDefect = "restrict_defect", STENCIL_LEVELS, &["weight"];
    SeiEnd = "sei_end", POINT, &["movement", "dt", "cracks"];
    SeiPlace = "sei_place", NUCLEI, &["count"];
    SeiStart = "sei_start", &["uniforms", "grid", "precision", "distance", "sum", "partial", "logarithm", "electrolyte", "kinetics", "probe"], &["planes", "dt", "fresh", "time", "growth", "resistance"];
    Shift = "shift", POINT, &["by"];
    ShotNoiseStart = "shot_noise_start", &["uniforms", "grid", "precision", "distance", "electrolyte", "probe", "random"],
        &["seed", "number", "ions", "amplitude"];
    SmoothNext = "smooth_next", STENCIL_LEVELS, &["weight"];
    SmoothFirst = "smooth_first", STENCIL_LEVELS, &["weight"];
    Spent = "spent", &["uniforms", "grid", "electrolyte", "isolated"], &[];
    SumUp = "sum_up", ALONG, &["directions"];
    Total = "total", &["uniforms", "precision", "sum"], &["count", "maxima"];
    VoidsEnd = "voids_end", &["uniforms", "grid", "voids"], &["dt", "critical", "per_charge", "refilled", "movement"];
    VoidsPlace = "voids_place", NUCLEI, &["count"];
    VoidsStart = "voids_start", &["uniforms", "grid", "precision", "distance", "voids"],
        &["dt", "critical", "per_charge", "refilled", "constriction"];
    Transport = "transport", LOCAL, &[];
    Trapped = "trapped", &["uniforms", "grid", "electrolyte", "isolated"], &[];
    Update = "update", &["uniforms", "grid", "precision", "electrolyte"], &["keep"];
}

/// What a kernel binds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// constants
    Uniform,
    /// a field that is read
    Read,
    /// a field that is written, and perhaps read
    Write,
}

/// A variable of a kernel.
#[derive(Clone, Debug, PartialEq)]
pub struct Variable {
    /// its name: that of the field
    pub name: String,
    /// its binding number
    pub binding: u32,
    /// what it is
    pub kind: Kind,
    /// whether the kernel reads it
    pub read: bool,
    /// names and offsets of the members, if it is a uniform
    pub members: Vec<(String, u32)>,
}

/// A kernel's text and what it binds.
#[derive(Clone, Debug)]
pub struct Shader {
    /// the operator
    pub kernel: Kernel,
    /// kernel and library
    pub text: String,
    /// entry points of the text
    pub entry_points: Vec<String>,
    /// threads of a workgroup along x, y and z
    pub workgroup: [u32; 3],
    /// bytes of memory that a workgroup shares
    pub shared: u32,
    /// variables, by rising binding number
    pub variables: Vec<Variable>,
}

impl Shader {
    /// Puts a kernel's text together and reflects on it.
    ///
    /// # Errors
    /// If the text is not valid WGSL.
    pub fn new(kernel: Kernel) -> Result<Self, GpuError> {
        let mut text = kernel.text().to_string();
        for (name, library) in LIBRARY {
            if kernel.libraries().contains(name) {
                text.push('\n');
                text.push_str(library);
            }
        }
        Self::of_text(kernel, text)
    }

    /// Reflects on a whole text, given as that of a kernel with its library.
    ///
    /// # Errors
    /// If the text is not valid WGSL.
    pub fn of_text(kernel: Kernel, text: String) -> Result<Self, GpuError> {
        let error = |reason: String| GpuError::Shader { name: kernel.name(), reason };
        let module = naga::front::wgsl::parse_str(&text).map_err(|e| error(e.emit_to_string(&text)))?;
        let info = Validator::new(ValidationFlags::all(), Capabilities::empty())
            .validate(&module)
            .map_err(|e| error(e.emit_to_string(&text)))?;
        let entry = module.entry_points.first().ok_or_else(|| error("no entry point".into()))?;
        let entry_points = module.entry_points.iter().map(|e| e.name.clone()).collect();
        let (workgroup, shared) = (entry.workgroup_size, shared_bytes(&module));
        Ok(Self { kernel, variables: variables(&module, &info), entry_points, workgroup, shared, text })
    }

    /// Names of the fields that it reads, without the constants.
    pub fn reads(&self) -> Vec<&str> {
        self.variables.iter().filter(|v| v.read && v.kind != Kind::Uniform).map(|v| v.name.as_str()).collect()
    }

    /// Names of the fields that it writes.
    pub fn writes(&self) -> Vec<&str> {
        self.variables.iter().filter(|v| v.kind == Kind::Write).map(|v| v.name.as_str()).collect()
    }
}

fn shared_bytes(module: &naga::Module) -> u32 {
    let shared = module.global_variables.iter().filter(|(_, v)| v.space == naga::AddressSpace::WorkGroup);
    shared.map(|(_, v)| module.types[v.ty].inner.size(module.to_ctx())).sum()
}

fn variables(module: &naga::Module, info: &ModuleInfo) -> Vec<Variable> {
    let entry = info.get_entry_point(0);
    let mut variables: Vec<Variable> = module
        .global_variables
        .iter()
        .filter_map(|(handle, variable)| {
            let binding = variable.binding?.binding;
            let kind = match variable.space {
                naga::AddressSpace::Uniform => Kind::Uniform,
                naga::AddressSpace::Storage { access } if access.contains(naga::StorageAccess::STORE) => Kind::Write,
                _ => Kind::Read,
            };
            let members = match &module.types[variable.ty].inner {
                naga::TypeInner::Struct { members, .. } => {
                    members.iter().map(|m| (m.name.clone().unwrap_or_default(), m.offset)).collect()
                }
                _ => Vec::new(),
            };
            let name = variable.name.clone().unwrap_or_default();
            Some(Variable { name, binding, kind, read: entry[handle].contains(GlobalUse::READ), members })
        })
        .collect();
    variables.sort_by_key(|v| v.binding);
    variables
}

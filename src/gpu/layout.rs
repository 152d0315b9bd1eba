//! Bindings by name: what a kernel may bind, and the check of its constants against Rust's.

use super::error::GpuError;
use super::fields::LevelUniforms;
use super::shader::{Kind, Shader, Variable};
use crate::model::uniforms::{Physics, StepUniforms, Uniform};

/// Constants that a kernel may bind.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Constants {
    /// `physics`: the run's, set once
    Physics,
    /// `level`: one level's of the hierarchy
    Level,
    /// `step`: the step's; a slot of the queue
    Step,
    /// `parameters`: the dispatch's; a slot of the queue
    Parameters,
}

impl Constants {
    /// The constants of that name.
    pub fn named(name: &str) -> Option<Self> {
        match name {
            "physics" => Some(Self::Physics),
            "level" => Some(Self::Level),
            "step" => Some(Self::Step),
            "parameters" => Some(Self::Parameters),
            _ => None,
        }
    }

    /// Whether the values lie in a slot of the queue, found by a dynamic offset.
    pub fn in_slot(self) -> bool {
        matches!(self, Self::Step | Self::Parameters)
    }
}

/// Makes the roles: one row for each, with the name that the shaders know it by.
macro_rules! roles {
    ($($variant:ident $name:literal;)*) => {
        /// What a kernel binds and a dispatch chooses: the lithium in the middle of the step, vectors, levels, totals; of some, a field of that
        /// name is taken where the dispatch says nothing.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub enum Role { $(#[doc = concat!("`", $name, "`")] $variant,)* }

        impl Role {
            /// The role of that name.
            pub fn named(name: &str) -> Option<Self> {
                match name { $($name => Some(Self::$variant),)* _ => None }
            }

            /// The name that the shaders know it by.
            pub fn name(self) -> &'static str {
                match self { $(Self::$variant => $name,)* }
            }
        }
    };
}

roles! {
    Xi "xi";
    XiMid "xi_mid";
    Labels "labels";
    A "a";
    Test0 "test_0";
    Test1 "test_1";
    Test2 "test_2";
    Test3 "test_3";
    Direction "direction";
    Direction0 "direction_0";
    Direction1 "direction_1";
    Direction2 "direction_2";
    Direction3 "direction_3";
    Direction4 "direction_4";
    Direction5 "direction_5";
    Image "image";
    OlderImage0 "older_image_0";
    OlderImage1 "older_image_1";
    OlderImage2 "older_image_2";
    OlderImage3 "older_image_3";
    LevelTransport "level_transport";
    LevelReaction "level_reaction";
    X "x";
    XNext "x_next";
    Right "right";
    CoarseX "coarse_x";
    CoarseRight "coarse_right";
    CoarseTransport "coarse_transport";
    CoarseReaction "coarse_reaction";
    Totals "totals";
}

/// Checks that every variable of a shader is a known field, role or set of constants, and that the constants lie where
/// Rust puts them.
///
/// # Errors
/// Naming the variable that is unknown, or the constants that differ.
pub fn check(shader: &Shader, fields: &[&str]) -> Result<(), GpuError> {
    let name = shader.kernel.name();
    let error = |reason: String| Err(GpuError::Shader { name, reason });
    if shader.entry_points != [name] {
        return error(format!("its only entry point must be `{name}`, not {:?}", shader.entry_points));
    }
    for variable in &shader.variables {
        if variable.kind != Kind::Uniform {
            if !fields.contains(&variable.name.as_str()) && Role::named(&variable.name).is_none() {
                return error(format!("there is no field `{}`", variable.name));
            }
            continue;
        }
        let expected = match Constants::named(&variable.name) {
            Some(Constants::Physics) => Physics::MEMBERS,
            Some(Constants::Level) => LevelUniforms::MEMBERS,
            Some(Constants::Step) => StepUniforms::MEMBERS,
            Some(Constants::Parameters) => shader.kernel.parameters(),
            None => return error(format!("there are no constants `{}`", variable.name)),
        };
        if !same(variable, expected) {
            return error(format!("`{}` is {:?}, but should be {expected:?}", variable.name, variable.members));
        }
    }
    Ok(())
}

/// Whether the members are `expected`, four bytes each.
fn same(variable: &Variable, expected: &[&str]) -> bool {
    variable.members.len() == expected.len()
        && variable.members.iter().zip(expected).enumerate().all(|(i, ((name, offset), expected))| {
            name == expected && *offset as usize == 4 * i // every member is a 32-bit scalar
        })
}

//! Constants of the kernels, in scaled units: scalars only, under the names that they have in WGSL; layouts are compared when a GPU is opened,
//! and by a test.
//! The CPU backend reads the same structs, so that both backends solve the same problem to the last bit of it.

/// A uniform struct whose members are 32-bit scalars, listed for the check against the shaders.
pub trait Uniform: Copy {
    /// Names of the members in order, four bytes each.
    const MEMBERS: &'static [&'static str];
}

/// Declares a [`Uniform`] struct.
macro_rules! uniform {
    ($(#[$meta:meta])* $name:ident { $($(#[$doc:meta])* $member:ident: $kind:ty,)* }) => {
        $(#[$meta])*
        #[repr(C)]
        #[derive(Clone, Copy, Debug, Default, PartialEq)]
        #[cfg_attr(feature = "gpu", derive(bytemuck::Pod, bytemuck::Zeroable))]
        pub struct $name { $($(#[$doc])* pub $member: $kind,)* }
        impl $crate::model::uniforms::Uniform for $name {
            const MEMBERS: &'static [&'static str] = &[$(stringify!($member)),*];
        }
    };
}

#[cfg(feature = "gpu")]
pub(crate) use uniform;

uniform! {
    /// The run's constants.
    Physics {
        /// cells along x
        nx: u32,
        /// cells along y
        ny: u32,
        /// cells along z
        nz: u32,
        /// 1 if there is a salt equation
        salt: u32,
        /// 1 if c is held at the top
        reservoir: u32,
        /// interface length ℓ \[dx\]
        ell: f32,
        /// exchange current density at c0 \[current scale\]
        i0: f32,
        /// cathodic transfer coefficient
        alpha: f32,
        /// film resistance \[potential scale per current scale\]
        film: f32,
        /// γ V_m/F \[potential scale · dx\]
        capillary: f32,
        /// p V_m/F \[potential scale\]
        stress: f32,
        /// cosine of the contact angle
        contact: f32,
        /// lower face of the separator \[dx\]
        separator_bottom: f32,
        /// upper face of the separator \[dx\]
        separator_top: f32,
        /// porosity of the separator
        porosity: f32,
        /// one over the MacMullin number
        inverse_macmullin: f32,
        /// weight of the salt equation against the charge equation in the linear solver's scalar products: 1/D²
        salt_weight: f32,
        /// nucleation rate J0 \[1/s per cell face\]
        nucleation_rate: f32,
        /// nucleation barrier η_b \[potential scale\]
        nucleation_barrier: f32,
        /// factor of the nucleation rate inside the pattern
        pattern_inside: f32,
        /// factor of the nucleation rate outside
        pattern_outside: f32,
        /// cosine of the contact angle inside
        pattern_contact: f32,
        /// area resistance that is added inside \[potential scale per current scale\]
        pattern_film: f32,
        /// cells of the smallest piece of lithium that can be isolated
        smallest_piece: u32,
        /// 1 if mechanisms ride on the surface: they have a say in the reaction
        mechanisms: u32,
        /// 1 if the distance to the interface is that of the beginning of a step
        distance_before: u32,
    }
}

uniform! {
    /// The step's constants.
    StepUniforms {
        /// 1 if φ is held at the top
        potentiostatic: u32,
        /// reference that the field `phi` is counted from \[potential scale\]
        phi_reference: f32,
        /// how far `phi_reference` has risen since the old values were kept \[potential scale\]
        reference_rise: f32,
        /// salt storage coefficient, `Scales::salt_time` over dt
        storage: f32,
        /// double-layer conductance, `Scales::double_layer_time` over dt
        double_layer: f32,
        /// current density entering at the top (galvanostatic)
        top_current: f32,
        /// potential at the far end of what lies above the box, less `phi_reference` and its diffusion potential (potentiostatic)
        top_potential: f32,
        /// c/c0 − 1 that what lies above the box would have at the top if no salt passed; that of the reservoir
        c_top: f32,
        /// how far c/c0 falls there with the flux of salt that passes \[1 per current scale\]; 0 of a reservoir
        salt_resistance: f32,
        /// how far the potential at the far end, above that at the top of the box, rises with c/c0 there \[potential scale\]
        potential_by_c: f32,
        /// resistance of what lies above the box \[potential scale per current scale\]
        resistance: f32,
    }
}

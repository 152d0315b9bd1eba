//! Fields that a run stores and a simulation hands out: name, unit and meaning of each, once.

/// Makes the enum of the fields and what is known of each: variant, name, unit as UDUNITS spells it, meaning. Those before the line may be
/// asked for in `output.fields`.
macro_rules! fields {
    ($($variant:ident $name:literal [$unit:literal] $meaning:literal;)* -- $($fixed:ident $of_fixed:literal [$its_unit:literal] $what:literal;)*) => {
        /// A field of one value a cell, in SI.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub enum Stored {
            $(#[doc = concat!($meaning, " \\[", $unit, "\\]")] $variant,)*
            $(#[doc = concat!($what, " \\[", $its_unit, "\\]")] $fixed,)*
        }

        impl Stored {
            /// All of them.
            pub const ALL: &[Self] = &[$(Self::$variant,)* $(Self::$fixed),*];

            /// Names of those that `output.fields` may ask for.
            pub const NAMES: &[&str] = &[$($name),*];

            /// Name, in configs, files and the program.
            pub fn name(self) -> &'static str {
                match self { $(Self::$variant => $name,)* $(Self::$fixed => $of_fixed,)* }
            }

            /// Unit, as UDUNITS spells it.
            pub fn unit(self) -> &'static str {
                match self { $(Self::$variant => $unit,)* $(Self::$fixed => $its_unit,)* }
            }

            /// What it is.
            pub fn meaning(self) -> &'static str {
                match self { $(Self::$variant => $meaning,)* $(Self::$fixed => $what,)* }
            }
        }
    };
}

fields! {
    Lithium "lithium" ["1"] "volume fraction of lithium";
    Xi "xi" ["1"] "lithium fraction of the space outside the copper";
    C "c" ["mol m-3"] "salt concentration";
    Phi "phi" ["V"] "potential of the electrolyte";
    Current "current" ["A m-2"] "current density through the surface of the lithium, plating positive";
    Curvature "curvature" ["m-1"] "sum of the principal curvatures of the surface, positive where the lithium bulges";
    Isolated "isolated" ["1"] "volume fraction of lithium without a way to the copper";
    Sei "sei" ["C m-2"] "charge of the solid electrolyte interphase per area";
    Contact "contact" ["1"] "share of the surface of the lithium that is in contact with the electrolyte, the rest lies above voids; 0 away from it, and 1 everywhere at the start";
    Grain "grain" ["1"] "number of the grain: that of the nucleus that began it, 0 of lithium that was there from the start, and without lithium";
    --
    Delta "delta" ["m-1"] "area of the surface of the lithium per volume";
    Accessible "accessible" ["1"] "volume fraction outside the copper";
}

impl Stored {
    /// Whether its values number something: they are stored as they are, whatever precision is asked for.
    pub fn is_number(self) -> bool {
        self == Self::Grain
    }

    /// The field of a name, if there is one.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|field| field.name() == name)
    }
}

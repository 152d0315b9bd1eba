//! Constants of the numerics that kernels of both devices know: a table. The shaders carry the same names and values; a test compares
//! every constant of every shader with it.

/// Makes the constants and the table of them.
macro_rules! numerics {
    ($($name:ident = $value:literal [$unit:literal] $meaning:literal;)*) => {
        $(#[doc = concat!($meaning, " \\[", $unit, "\\]")] pub const $name: f64 = $value;)*
        /// Name, value, unit and meaning of every constant.
        pub const ALL: &[(&str, f64, &str, &str)] = &[$((stringify!($name), $value, $unit, $meaning)),*];
    };
}

numerics! {
    // the interface
    PROFILE_CLIP = 1e-6 ["1"] "bound on ξ and 1−ξ inside the logarithm of q = ℓ ln(ξ/(1−ξ))";
    LARGEST_GRADIENT = 3.0 ["1"] "bound on |∇q|: nuclei that touch make it larger than 1";
    LEAST_GRADIENT = 0.5 ["1"] "least |∇q| that points anywhere: where fronts meet, q has a ridge";
    LARGEST_CURVATURE = 1.0 ["1/dx"] "bound on the curvature";
    LARGEST_ADVANCE = 1.0 ["ell"] "bound on the movement in half a step by which the front of mid-step is predicted";
    REACTION_BAND = 12.0 ["ell"] "cells farther from the interface do not react: 6e-6 of them is filled, or not yet";
    REACTING_AREA = 0.01 ["1/dx"] "least reaction area per volume of a cell whose potential is held back: farther out next to nothing reacts";
    IN_INTERFACE = 0.01 ["1"] "ξ(1−ξ) above which a cell counts for the largest current and the largest slope";
    LEVEL_DIFFERENCE = 0.01 ["ell"] "differences of q below this are too small to divide by where the profile is restored";
    LARGEST_SLOPE_RATIO = 3.0 ["1"] "most that the slope at a face exceeds that in both cells, where the profile is restored: an empty cell gives nothing, a full one takes nothing";
    // where a cell of the interface reads the electrolyte
    PROBE_DISTANCE = 1.5 ["ell"] "how far outside the interface the electrolyte is read";
    LEAST_LAYER = 0.75 ["ell"] "least thickness of the layer up to the interface: with it the reaction is never stiffer than conduction, also where a cell has no way out of a narrow gap";
    LOOSE_DISTANCE = 3.0 ["ell"] "cells farther from the interface ask whether q leads to one; one ℓ farther off they must";
    DEEP_DISTANCE = 6.0 ["ell"] "lithium farther from the interface, 0.25 % of the reaction area, asks whether its probe leads there";
    REMAINING_SHARE = 0.5 ["1"] "part of its distance that such lithium may have left where its probe ends: with more q leads to no surface";
    // the electrolyte
    PSI_FLOOR = 1e-6 ["1"] "smallest electrolyte fraction in the coefficients";
    DILUTE = 1e-3 ["c0"] "smallest concentration at which properties are looked up, and below which what plates vanishes with c";
    CONTINUED_FLOOR = 0.1 ["c0"] "smallest concentration in the coefficients of the lithium, where it goes on falling as it did outside, below zero where the salt is nearly used up; nothing but the continuation of the outer fields depends on it";
    SCARCE = 0.2 ["c0"] "concentration below which what plates in a trapped cell falls in proportion to c";
    SPENT = 0.05 ["c0"] "concentration below which the salt of a trapped cell is spent";
    IN_ELECTROLYTE = 0.05 ["1"] "ψ above which a cell counts for the change of concentration";
    TABLE_RANGE = 4.0 ["c0"] "largest tabulated concentration";
    // kinetics
    EXPONENT_BOUND = 30.0 ["1"] "exponents beyond this are continued as straight lines, so that Newton's method never meets an infinity";
    LEAST_LOGARITHM = -30.0 ["1"] "logarithm of the least share of a layer's concentration that is left";
    MAX_PIECE_CORRECTION = 4.0 ["RT/F"] "largest correction of the potential of an isolated piece: where the kinetics is exponential, more is thrown back";
    // what is not finite
    NOT_FINITE = 3e38 ["1"] "what a maximum tells where a cell holds no finite number: a GPU's compiler may take for granted that there are none";
    // the crystal
    CRYSTAL_BAND = 3.0 ["dx"] "distance from the interface within which the curvature of Cahn and Hoffman's vector is computed: it is read at the surface, between cells that are nearer";
    NO_GRAIN = -1.0 ["1"] "what stands for the number of the grain in a cell that belongs to none";
    GRAIN_SHARE = 1e-3 ["1"] "lithium fraction from which on a cell belongs to a grain";
    // the shot noise
    FEWEST_IONS = 16.0 ["1"] "fewest ions that cross dx² of a surface in a step, as the noise counts them: with fewer there are no current densities";
    OFF_SURFACE = 0.33333333 ["dx"] "how far from the surface its noise is read, on either side";
    // the SEI
    SEI_BAND = 6.0 ["ell"] "SEI of cells farther from the interface takes nothing: 0.5 % of the area; it is a resistance like that of the rest";
    OWN_LAYER = 3.0 ["ell"] "cells farther from the interface have the layer of the surface that is closest to them, not one of their own: what a cell in the tails of the profile knows of curvature is noise";
    FRESH_SHARE = 0.05 ["1"] "fraction of a nucleus in a cell from which on its surface is a fresh one";
    LEAST_STRETCH = 0.5 ["1"] "least stretching of the surface that one step does to the layer: it must not pile up in a cell";
    LARGEST_STRETCH = 2.0 ["1"] "largest stretching of the surface that one step does to the layer: it must not vanish";
    // the voids
    LEAST_CONTACT = 1e-3 ["1"] "least share of a surface that stays in contact: a current that is forced through so little needs volts, and no more void is counted";
}

//! The operators and the bytes that none of them can do without: each field that it needs read once, each field that it
//! makes written once, four bytes a number. Counted before anything was tuned, from what a verb of the trait is given and
//! what the verbs after it need, not from how a backend stores or divides it: the table is the same for both backends. What
//! a backend moves beyond that (numbers of eight bytes, fields read twice, intermediate fields) counts against it. Coefficients of the
//! preconditioner have two bytes a number and are counted with four. Both backends make the sums of `balance` in `linearise`.

use crate::solver::backend::{Backend, BackendError};

/// Bytes of a number.
const BYTES: f64 = 4.0;

/// Which cells have a field.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Level {
    /// those of the grid
    Finest,
    /// those of the next coarser level, an eighth of them
    Next,
    /// those of all coarser levels together, a seventh of them
    Coarser,
}

impl Level {
    /// Cells of the level for each cell of the grid, in a large cube.
    pub fn share(self) -> f64 {
        match self {
            Self::Finest => 1.0,
            Self::Next => 1.0 / 8.0,
            Self::Coarser => 1.0 / 7.0,
        }
    }
}

/// A field that an operator reads or writes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Traffic {
    /// name of the field, or of what belongs together
    pub field: &'static str,
    /// numbers that it has in a cell
    pub numbers: usize,
    /// which cells have it
    pub level: Level,
}

const fn finest(field: &'static str, numbers: usize) -> Traffic {
    Traffic { field, numbers, level: Level::Finest }
}

const XI: Traffic = finest("xi", 1);
/// ξ in the middle of the step
const XI_MID: Traffic = finest("xi_mid", 1);
const ACCESSIBLE: Traffic = finest("accessible", 1);
const COPPER_AREA: Traffic = finest("copper_area", 1);
const HETEROGENEITY: Traffic = finest("heterogeneity", 1);
const PHI: Traffic = finest("phi", 1);
const C: Traffic = finest("c", 1);
const PHI_OLD: Traffic = finest("phi_old", 1);
const C_OLD: Traffic = finest("c_old", 1);
const CURRENT: Traffic = finest("current", 1);
const CURRENT_OLD: Traffic = finest("current_old", 1);
const DISTANCE: Traffic = finest("q", 1);
const DELTA: Traffic = finest("delta", 1);
const CURVATURE: Traffic = finest("curvature", 1);
/// way to where the electrolyte is read
const WAY: Traffic = finest("probe_way", 3);
/// thickness of the electrolyte between there and the interface, and the curvature at the interface
const DEPTH: Traffic = finest("probe_depth", 2);
const KAPPA: Traffic = finest("kappa", 1);
const KAPPA_D: Traffic = finest("kappa_d", 1);
const DIFFUSIVITY: Traffic = finest("diffusivity", 1);
const TRANSFERENCE: Traffic = finest("transference", 1);
/// derivatives of κ, κ_D and D with respect to c
const TRANSPORT_BY_C: Traffic = finest("transport_by_c", 3);
/// derivatives of the current with respect to φ and c
const SLOPES: Traffic = finest("slopes", 2);
/// derivatives of the local terms of both equations with respect to φ and c
const LOCAL: Traffic = finest("local", 4);
const RESIDUAL: Traffic = finest("residual", 2);
const CORRECTION: Traffic = finest("correction", 2);
const RIGHT: Traffic = finest("right", 2);
const X: Traffic = finest("x", 2);
const NEXT_RIGHT: Traffic = Traffic { field: "coarse_right", numbers: 2, level: Level::Next };
const NEXT_X: Traffic = Traffic { field: "coarse_x", numbers: 2, level: Level::Next };
/// κ, κ_D, D and the local derivatives of the next coarser level
const NEXT_COEFFICIENTS: Traffic = Traffic { field: "next_coefficients", numbers: 7, level: Level::Next };
/// κ, κ_D, D and the local derivatives of every coarser level
const COARSER: Traffic = Traffic { field: "coarse_coefficients", numbers: 7, level: Level::Coarser };

/// Numbers that an operator is called with, so that it does what it does in a step.
#[derive(Clone, Copy, Debug)]
pub struct Call {
    /// movement of the front in half a step, for a current of 1 \[dx per current scale\]
    pub half_advance: f64,
}

/// One verb of the trait that is a kernel.
pub struct Operator {
    /// its name in the trait, with the level if it works on one
    pub name: &'static str,
    /// what it reads
    pub reads: &'static [Traffic],
    /// what it writes
    pub writes: &'static [Traffic],
    /// says it, waiting for the device only if it returns a value
    pub say: fn(&mut dyn Backend, &Call) -> Result<(), BackendError>,
}

impl Operator {
    /// Bytes for each cell of the grid that it cannot do without.
    pub fn bytes_per_cell(&self) -> f64 {
        self.reads.iter().chain(self.writes).map(|t| BYTES * t.numbers as f64 * t.level.share()).sum()
    }
}

macro_rules! operator {
    ($name:literal, [$($read:expr),*], [$($write:expr),*], $say:expr) => {
        Operator { name: $name, reads: &[$($read),*], writes: &[$($write),*], say: $say }
    };
}

/// Weight of a sweep: like those of the solver.
const WEIGHT: f32 = 0.8;
/// Strength of a sub-step of the restoration, as the largest of a run.
const STRENGTH: f64 = 0.1;
/// Movement in a repeated deposit: next to nothing, so that the fields stay what they are.
const MOVEMENT: f64 = 1e-9;

/// All operators, in the order in which a step first says them; those that change what the others read come last.
pub const OPERATORS: &[Operator] = &[
    operator!(
        "interface",
        [XI, ACCESSIBLE, CURRENT_OLD],
        [XI_MID, DISTANCE, CURVATURE, DELTA, WAY, DEPTH],
        |b, call| {
            b.interface(call.half_advance);
            Ok(())
        }
    ),
    // both equations as they stand, and the sums over them
    operator!(
        "linearise",
        [PHI, C, PHI_OLD, C_OLD, XI, XI_MID, ACCESSIBLE, COPPER_AREA, HETEROGENEITY, DELTA, WAY, DEPTH],
        [KAPPA, KAPPA_D, DIFFUSIVITY, TRANSFERENCE, TRANSPORT_BY_C, CURRENT, SLOPES, LOCAL, RESIDUAL],
        |b, _| {
            b.linearise();
            b.balance().map(drop)
        }
    ),
    operator!("coarsen", [KAPPA, KAPPA_D, DIFFUSIVITY, LOCAL], [COARSER], |b, _| {
        b.coarsen();
        Ok(())
    }),
    operator!("smooth_first(0)", [RESIDUAL, KAPPA, KAPPA_D, DIFFUSIVITY, LOCAL], [X], |b, _| {
        b.smooth_first(0, WEIGHT);
        Ok(())
    }),
    operator!("smooth(0)", [X, RIGHT, KAPPA, KAPPA_D, DIFFUSIVITY, LOCAL], [X], |b, _| {
        b.smooth(0, WEIGHT);
        Ok(())
    }),
    operator!(
        "restrict(0)",
        [X, RIGHT, KAPPA, KAPPA_D, DIFFUSIVITY, LOCAL, NEXT_COEFFICIENTS],
        [NEXT_RIGHT, NEXT_X],
        |b, _| {
            b.restrict(0, Some(WEIGHT));
            Ok(())
        }
    ),
    operator!("prolong(0)", [X, NEXT_X, RIGHT, KAPPA, KAPPA_D, DIFFUSIVITY, LOCAL], [X], |b, _| {
        b.prolong(0, WEIGHT);
        Ok(())
    }),
    operator!("go_along", [RESIDUAL, finest("images", 6)], [finest("image", 2), RESIDUAL], |b, _| {
        b.go_along(2);
        Ok(())
    }),
    operator!("sum_up", [finest("directions", 6)], [CORRECTION], |b, _| {
        b.sum_up(3);
        Ok(())
    }),
    operator!(
        "apply",
        [X, PHI, C, KAPPA, KAPPA_D, DIFFUSIVITY, TRANSFERENCE, TRANSPORT_BY_C, LOCAL, SLOPES, DELTA, WAY],
        [finest("direction", 2), finest("image", 2)],
        |b, _| {
            b.apply(0);
            Ok(())
        }
    ),
    operator!("start_uniform", [finest("local_by_phi", 2), RESIDUAL], [finest("image", 2), RESIDUAL], |b, _| {
        b.start_uniform();
        Ok(())
    }),
    operator!("damp", [finest("correction_phi", 1), DELTA, WAY], [], |b, _| {
        b.damp(4.0);
        Ok(())
    }),
    operator!("update", [PHI, C, CORRECTION, XI_MID], [PHI, C], |b, _| {
        b.update(0.1);
        Ok(())
    }),
    operator!("deposit", [XI, CURRENT, DELTA, ACCESSIBLE], [XI], |b, _| {
        b.deposit(MOVEMENT);
        Ok(())
    }),
    operator!("restore_profile", [XI, ACCESSIBLE], [XI], |b, _| {
        b.restore_profile(STRENGTH);
        Ok(())
    }),
    operator!("inventory", [XI, ACCESSIBLE, C, DELTA], [], |b, _| b.inventory().map(drop)),
    operator!("label", [XI, ACCESSIBLE, C], [finest("piece", 1)], |b, _| b.label().map(drop)),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_are_those_of_the_lists() {
        let bytes = |name: &str| {
            let found = OPERATORS.iter().find(|operator| operator.name == name);
            found.map(Operator::bytes_per_cell).unwrap_or(f64::NAN)
        };
        assert_eq!(bytes("go_along"), 48.0);
        assert_eq!(bytes("sum_up"), 32.0);
        assert_eq!(bytes("smooth(0)"), 52.0);
        assert_eq!(bytes("prolong(0)"), 53.0);
        assert_eq!(bytes("coarsen"), 32.0);
        assert_eq!(bytes("restore_profile"), 12.0);
        assert_eq!(bytes("linearise"), 4.0 * (15.0 + 16.0));
    }

    #[test]
    fn no_list_names_a_field_twice() {
        for operator in OPERATORS {
            for list in [operator.reads, operator.writes] {
                let mut names: Vec<_> = list.iter().map(|traffic| traffic.field).collect();
                names.sort_unstable();
                names.dedup();
                assert_eq!(names.len(), list.len(), "{}", operator.name);
            }
        }
    }
}

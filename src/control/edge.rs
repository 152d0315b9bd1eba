//! Where a step ends: at a time, at a limit of potential, current or voltage, with a cell voltage that is held.

use crate::model::protocol::Limit;

/// Where a step must end, and what it must not run past.
#[derive(Clone, Copy)]
pub struct Edge<'a> {
    /// time \[s\]
    pub time: f64,
    /// limits of potential and current that the end of a step may pass by little only: see [`PAST_POTENTIAL`]
    pub limits: &'a [Limit],
    /// whether the run is asked to stop, if anything can ask: attempts at a step that fail one after the other end then
    pub asked: Option<&'a (dyn Fn() -> bool + Sync)>,
}

/// Electrode potential \[V\], cell voltage \[V\], if there is a cathode, and the current density that the cell is given from outside
/// \[A/m²\], at one moment.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Electrical {
    /// electrode potential against Li/Li⁺ \[V\]
    pub potential: f64,
    /// cell voltage, if there is a cathode \[V\]
    pub voltage: Option<f64>,
    /// current density from outside \[A/m²\]
    pub external: f64,
}

impl Electrical {
    /// How far it is from a limit, on this side positive, and how far past it is near enough; none of a limit of something else.
    fn to(&self, limit: Limit) -> Option<(f64, f64)> {
        let voltage = self.voltage.unwrap_or(f64::NAN);
        Some(match limit {
            Limit::PotentialBelow(limit) => (self.potential - limit, PAST_POTENTIAL),
            Limit::PotentialAbove(limit) => (limit - self.potential, PAST_POTENTIAL),
            Limit::VoltageBelow(limit) => (voltage - limit, PAST_POTENTIAL),
            Limit::VoltageAbove(limit) => (limit - voltage, PAST_POTENTIAL),
            Limit::CurrentBelow(limit) => (self.external.abs() - limit, PAST_CURRENT * limit),
            _ => return None,
        })
    }
}

impl From<f64> for Edge<'_> {
    fn from(time: f64) -> Self {
        Self { time, limits: &[], asked: None }
    }
}

/// How far beyond its limit the electrode potential may be when a step ends there \[V\].
pub const PAST_POTENTIAL: f64 = 5e-4;
/// How far beyond its limit the current may be when a step ends there, over the limit.
pub const PAST_CURRENT: f64 = 1e-3;
/// Attempts to end a step at such a limit: one that the movement of the front before it has passed is passed.
pub const ATTEMPTS: usize = 16;
/// Share of what is left to a limit of the potential that a step may take: the front, too, moves the potential, from one step to the next.
const APPROACH: f64 = 0.5;

/// How far from a cell voltage that is held a step may end: small enough that the current knows its limit \[V\].
pub const HELD: f64 = 1e-6;
/// Solutions for it in a step. Two to four are usual.
pub const ADJUSTMENTS: usize = 8;

/// Length of the next step \[s\], if it must be shorter than is `proposed` because the potential, the voltage or the current comes to a limit:
/// no more than a share of what is left may be taken at once. `taken` is what potential and voltage have risen and the current has fallen
/// by in the last step of `dt` \[s\].
pub fn approach(
    limits: &[Limit],
    now: Electrical,
    taken: Electrical,
    dt: f64,
    proposed: f64,
    smallest: f64,
) -> Option<f64> {
    let mut next = None;
    for &limit in limits {
        let Some((left, near)) = now.to(limit) else { continue };
        let voltage = taken.voltage.unwrap_or(0.0);
        let taken = match limit {
            Limit::PotentialBelow(_) => -taken.potential,
            Limit::PotentialAbove(_) => taken.potential,
            Limit::VoltageBelow(_) => -voltage,
            Limit::VoltageAbove(_) => voltage,
            _ => taken.external,
        };
        // the front has already made the first part of the next change: what is to be shared is what that leaves
        let allowed = (APPROACH * (left - taken)).max(0.5 * near);
        if left > 0.0 && next.unwrap_or(proposed) * taken > allowed * dt {
            next = Some((allowed / taken * dt).max(smallest));
        }
    }
    next
}

/// Share of a step that would have ended at the first limit which its end, `now`, is too far past and its beginning, `before`, had not
/// reached.
pub fn share_to_limit(limits: &[Limit], before: Electrical, now: Electrical) -> Option<f64> {
    let share = |limit: &Limit| {
        let ((left, allowed), (beyond, _)) = before.to(*limit).zip(now.to(*limit))?;
        (left > 0.0 && -beyond > allowed).then(|| (left + 0.5 * allowed) / (left - beyond))
    };
    limits.iter().filter_map(share).reduce(f64::min)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(potential: f64) -> Electrical {
        Electrical { potential, voltage: Some(3.7 - potential), external: 10.0 }
    }

    #[test]
    fn a_step_takes_half_of_what_the_front_leaves_to_a_limit() {
        let limits = [Limit::PotentialBelow(-0.1)];
        // 40 mV left, 20 mV in the last step: 10 mV, half of what another such change would leave
        let taken = Electrical { potential: -0.02, ..Electrical::default() };
        let next = approach(&limits, at(-0.06), taken, 1.0, 2.0, 1e-9).unwrap();
        assert!((next - 0.5).abs() < 1e-12, "{next}");
        // far away, going away from it, or past it
        assert_eq!(approach(&limits, at(5.0), taken, 1.0, 2.0, 1e-9), None);
        assert_eq!(approach(&limits, at(-0.06), Electrical { potential: 0.02, ..taken }, 1.0, 2.0, 1e-9), None);
        assert_eq!(approach(&limits, at(-0.11), taken, 1.0, 2.0, 1e-9), None);
        // never shorter than the smallest, and by the strictest of all limits
        assert_eq!(approach(&limits, at(-0.06), taken, 1.0, 2.0, 0.75), Some(0.75));
        let both = [Limit::PotentialBelow(-0.1), Limit::PotentialBelow(-0.0805)];
        let strict = approach(&both, at(-0.06), taken, 1.0, 2.0, 1e-9).unwrap();
        assert!(strict < next, "{strict}");
    }

    #[test]
    fn each_limit_is_of_its_own_quantity() {
        let taken = Electrical { potential: 0.5, voltage: Some(0.5), external: 5.0 };
        let now = Electrical { potential: 0.9, voltage: Some(3.9), external: -6.0 };
        let shortened = |limit: Limit| approach(&[limit], now, taken, 1.0, 1.0, 1e-9).is_some();
        assert!(shortened(Limit::PotentialAbove(1.0)) && shortened(Limit::VoltageAbove(4.0)));
        assert!(shortened(Limit::CurrentBelow(5.0)));
        assert!(!shortened(Limit::PotentialBelow(0.8)) && !shortened(Limit::VoltageBelow(3.8)));
        assert!(!shortened(Limit::Time(1.0)));
        // without a cathode there is no voltage that could come to a limit
        let without = Electrical { voltage: None, ..now };
        assert_eq!(approach(&[Limit::VoltageAbove(4.0)], without, taken, 1.0, 1.0, 1e-9), None);
    }

    #[test]
    fn a_step_that_went_past_a_limit_ends_just_past_it() {
        let limits = [Limit::VoltageAbove(4.2)];
        let of = |voltage: f64| Electrical { voltage: Some(voltage), ..Electrical::default() };
        let share = share_to_limit(&limits, of(4.1), of(4.3)).unwrap();
        assert!((share - (0.1 + 0.5 * PAST_POTENTIAL) / 0.2).abs() < 1e-12, "{share}");
        // near enough, not there yet, and past it before
        assert_eq!(share_to_limit(&limits, of(4.1), of(4.2 + 0.9 * PAST_POTENTIAL)), None);
        assert_eq!(share_to_limit(&limits, of(4.1), of(4.15)), None);
        assert_eq!(share_to_limit(&limits, of(4.21), of(4.3)), None);
        // currents count by their size
        let falls = |from: f64, to: f64| {
            let of = |external: f64| Electrical { external, ..Electrical::default() };
            share_to_limit(&[Limit::CurrentBelow(1.0)], of(from), of(to))
        };
        assert_eq!(falls(-2.0, -1.5), None);
        assert!((falls(-2.0, -0.5).unwrap() - 1.0005 / 1.5).abs() < 1e-12);
    }
}

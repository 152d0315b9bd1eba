//! The compliance: the electrode potential down to which a given plating current is kept up, as an instrument has one.
//!
//! A step is solved at the given current. Where its potential passes the compliance, or where no solution is found because the salt
//! at the lithium is used up, the step is solved again at the potential of the compliance, which must carry less then. The run stays at
//! that potential until it would carry 1 % more than the given current.

/// Share of the given current by which the current at the compliance must exceed it before the given one is tried again.
const RELEASE: f64 = 0.01;

/// What a step has tried so far.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Tries {
    /// potential at which the compliance held the electrode in the step before \[V\]
    began: Option<f64>,
    /// length of a step at the given current, while a longer one is tried at the compliance \[s\]
    leap: Option<f64>,
    /// the given current has no solution at this length
    unsolved: bool,
    /// the compliance carries more than the given current at this length
    refused: bool,
}

/// How an attempt ended: without a solution, or with a potential \[V\] and a current density \[A/m²\].
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Outcome {
    /// without a solution
    Unsolved,
    /// with one
    Solved {
        /// electrode potential \[V\]
        potential: f64,
        /// current density that enters at the top \[A/m²\]
        current: f64,
    },
}

/// What comes after an attempt.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Verdict {
    /// its solution stands, as far as the compliance is concerned
    Stand,
    /// the same step at the compliance
    Limit,
    /// the same step at the given current
    Give,
    /// a shorter step
    Shorten,
}

impl Tries {
    /// Tries of a step that begins at the potential of the compliance, or at what is given \[V\]. A step that jumps onto the compliance
    /// knows the length that it would have at what is given, `leap` \[s\].
    pub fn new(began: Option<f64>, leap: Option<f64>) -> Self {
        Self { began, leap, ..Self::default() }
    }

    /// Whether the electrode was held at the compliance in the step before.
    pub fn was_limited(&self) -> bool {
        self.began.is_some()
    }

    /// Whether the step begins with a jump onto the compliance.
    pub fn jumps(&self) -> bool {
        self.leap.is_some()
    }

    /// Whether a given current that has no solution may be tried at the compliance, if the salt is used up.
    pub fn asks_for_salt(&self, limited: bool) -> bool {
        !limited && !self.refused
    }

    /// Length of the step at the given current that a jump onto the compliance, which has come too early, gives way to \[s\].
    pub fn end_leap(&mut self) -> Option<f64> {
        self.leap.take()
    }

    /// Length of the step after one of `dt` \[s\] that was thrown away \[s\], and the potential at which the compliance limits in it, where
    /// it `limited` before \[V\].
    pub fn shorten(&mut self, dt: f64, limited: Option<f64>) -> (f64, Option<f64>) {
        let (shorter, leap) = (0.5 * dt, self.leap.take());
        *self = Self::new(self.began, leap.filter(|&given| given < shorter));
        let limited = if self.leap.is_none() { self.began } else { limited };
        (leap.filter(|&given| given >= shorter).unwrap_or(shorter), limited)
    }

    /// What comes after an attempt, at the compliance if it is `limited`, where `given` is the given current density \[A/m²\] and
    /// `compliance` the compliance \[V\]. Without salt at the lithium, `depleted`, a given current may have no solution.
    pub fn verdict(&mut self, limited: bool, given: f64, compliance: f64, outcome: Outcome, depleted: bool) -> Verdict {
        match outcome {
            Outcome::Unsolved if !limited && depleted && !self.refused => {
                self.unsolved = true;
                Verdict::Limit
            }
            Outcome::Unsolved => Verdict::Stand,
            Outcome::Solved { potential, .. } if !limited => match potential < compliance && !self.refused {
                true => Verdict::Limit,
                false => Verdict::Stand,
            },
            Outcome::Solved { current, .. } => {
                // what comes to the compliance carries less there; only what has been there waits for a little more
                let release = if self.was_limited() { RELEASE } else { 0.0 };
                match (current > given * (1.0 + release), self.unsolved) {
                    (false, _) => Verdict::Stand,
                    (true, true) => Verdict::Shorten,
                    (true, false) => {
                        // at the shorter length that the given current then takes the compliance may still be needed
                        self.refused = self.leap.is_none();
                        Verdict::Give
                    }
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const GIVEN: f64 = 100.0;
    const COMPLIANCE: f64 = -0.5;

    fn solved(potential: f64, current: f64) -> Outcome {
        Outcome::Solved { potential, current }
    }

    impl Tries {
        fn given(&mut self, outcome: Outcome, depleted: bool) -> Verdict {
            self.verdict(false, GIVEN, COMPLIANCE, outcome, depleted)
        }

        fn at_compliance(&mut self, current: f64) -> Verdict {
            self.verdict(true, GIVEN, COMPLIANCE, solved(COMPLIANCE, current), false)
        }
    }

    #[test]
    fn a_given_current_stands_until_its_potential_passes_the_compliance() {
        let mut tries = Tries::default();
        assert_eq!(tries.given(solved(-0.499, GIVEN), true), Verdict::Stand);
        assert_eq!(tries.given(solved(-0.501, GIVEN), false), Verdict::Limit);
        assert_eq!(tries.at_compliance(99.0), Verdict::Stand);
        assert_eq!(tries, Tries::default());
    }

    #[test]
    fn a_given_current_without_a_solution_is_limited_only_where_the_salt_is_used_up() {
        assert_eq!(Tries::default().given(Outcome::Unsolved, false), Verdict::Stand);
        let mut tries = Tries::default();
        assert_eq!(tries.given(Outcome::Unsolved, true), Verdict::Limit);
        assert_eq!(tries.at_compliance(99.0), Verdict::Stand);
        // it could carry more, and yet the given current was not found: a shorter step
        assert_eq!(tries.at_compliance(100.1), Verdict::Shorten);
    }

    #[test]
    fn the_given_current_is_back_when_the_compliance_carries_one_per_cent_more() {
        let limited = Tries { began: Some(COMPLIANCE), ..Tries::default() };
        let mut tries = limited;
        assert_eq!(tries.at_compliance(100.9), Verdict::Stand);
        assert_eq!(tries.at_compliance(101.1), Verdict::Give);
        assert_eq!(tries.given(solved(-0.4, GIVEN), false), Verdict::Stand);
        // and not to and fro in one step, whatever the tolerances of two solutions make of it
        assert_eq!(tries.given(solved(-0.501, GIVEN), false), Verdict::Stand);
        assert_eq!(tries.given(Outcome::Unsolved, true), Verdict::Stand);
        assert_eq!(Tries { began: None, ..limited }.at_compliance(100.9), Verdict::Give);
    }

    #[test]
    fn a_leap_that_comes_too_early_leaves_the_way_to_the_compliance_open() {
        let mut tries = Tries { leap: Some(1e-3), ..Tries::default() };
        assert_eq!(tries.at_compliance(100.1), Verdict::Give);
        tries.leap = None;
        assert_eq!(tries.given(Outcome::Unsolved, true), Verdict::Limit);
        assert_eq!(Tries { leap: Some(1e-3), ..Tries::default() }.at_compliance(99.9), Verdict::Stand);
    }
}

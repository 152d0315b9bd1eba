//! Judges the attempts at a step: which stands, and what is tried after one that does not.
//!
//! An attempt is solved at some length under some rule: a given current or potential, or the potential of the compliance. It may have no
//! solution, or one that passes a limit; the voltage that is to be held may not be there yet; the compliance may have something against it. The
//! controller is told numbers and answers with the length and the rule of the next attempt.

use super::compliance::{Outcome, Tries, Verdict as Compliance};
use super::edge::{ADJUSTMENTS, ATTEMPTS, Electrical, HELD, share_to_limit};
use super::time_step::{LimitedBy, Observed, objection};
use crate::model::parameters::TimeStep;
use crate::model::protocol::{Control, Limit};

/// A step shorter than this part of what front and salt allow follows the potential alone.
const HURRIED: f64 = 0.25;

/// What rules an attempt, and what the next step is to be told of it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Rule {
    /// what is given: a current, or a potential that is adjusted to a cell voltage
    pub control: Control,
    /// potential that the compliance imposes instead, while it limits \[V\]
    pub limited: Option<f64>,
    /// length that the step was meant to have \[s\]
    pub proposed: f64,
    /// what limits that
    pub limited_by: LimitedBy,
}

impl Rule {
    /// What rules the top: what is given, or the compliance.
    pub fn imposed(&self) -> Control {
        self.limited.map_or(self.control, Control::Potential)
    }
}

/// A compliance that may limit the current that is given.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Compliant {
    /// current density that is given \[A/m²\]
    pub given: f64,
    /// the compliance \[V\]
    pub compliance: f64,
    /// potential that it imposes where it limits: itself, or just beyond a limit that the run comes to before \[V\]
    pub bound: f64,
}

/// What is the same for all attempts at a step.
#[derive(Clone, Copy, Debug)]
pub struct Step<'a> {
    /// limits of its length
    pub limits: &'a TimeStep,
    /// limits of potential, voltage and current at its end
    pub edges: &'a [Limit],
    /// what there is at its beginning
    pub before: Electrical,
    /// cell voltage that a given potential is adjusted to \[V\]
    pub held: Option<f64>,
    /// the compliance, if it may limit
    pub compliant: Option<Compliant>,
}

/// An attempt that was solved.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Reached {
    /// what there is at its end
    pub now: Electrical,
    /// current density that enters at the top \[A/m²\]
    pub current: f64,
    /// what it did
    pub seen: Observed,
}

/// What follows an attempt.
#[derive(Clone, Debug, PartialEq)]
pub enum Verdict {
    /// It stands.
    Stands,
    /// Another attempt, with the length and the rule that the controller has now.
    Again,
    /// It is thrown away; another attempt, with the length and the rule that the controller has now.
    Rejected,
    /// It is thrown away for this reason, and no shorter step is allowed.
    TooSmall(String),
}

/// The state of a step between its attempts.
#[derive(Clone, Debug)]
pub struct Controller<'a> {
    step: Step<'a>,
    rule: Rule,
    /// what was given at first
    given: Control,
    dt: f64,
    tries: Tries,
    /// attempts that were shortened to end at a limit
    shortened: usize,
    /// potentials given in this length of the step, and by how much the voltage was too high
    adjusted: Vec<[f64; 2]>,
    rejected: Vec<(f64, String)>,
}

impl<'a> Controller<'a> {
    /// Begins a step that the given current would have `dt` \[s\] long, where front and salt alone would allow `unhurried` \[s\]. Where only the
    /// potential asks for short steps and the salt at the lithium is used up, as `depleted` tells if it is asked, the compliance is tried
    /// at once, at that longer length, cut to end after what `remains`.
    ///
    /// # Errors
    /// Those of `depleted`.
    pub fn begin<E>(
        step: Step<'a>,
        mut rule: Rule,
        dt: f64,
        [unhurried, remains]: [f64; 2],
        depleted: impl FnOnce() -> Result<bool, E>,
    ) -> Result<Self, E> {
        let bound = step.compliant.map(|compliant| compliant.bound);
        // at a cell voltage the potential changes from step to step
        rule.limited = rule.limited.and(bound);
        let runs_away =
            rule.limited.is_none() && rule.limited_by != LimitedBy::Change && rule.proposed < HURRIED * unhurried;
        let leaps = match bound {
            Some(bound) if runs_away && depleted()? => Some(bound),
            _ => None,
        };
        let tries = Tries::new(rule.limited, leaps.map(|_| dt));
        rule.limited = leaps.or(rule.limited);
        let dt = if leaps.is_some() { super::time_step::even(unhurried.max(dt), remains) } else { dt };
        let (adjusted, rejected) = (Vec::new(), Vec::new());
        Ok(Self { given: rule.control, step, rule, dt, tries, shortened: 0, adjusted, rejected })
    }

    /// Length of the next attempt, or of the one that stands \[s\].
    pub fn dt(&self) -> f64 {
        self.dt
    }

    /// What rules the next attempt, or the one that stands.
    pub fn rule(&self) -> Rule {
        self.rule
    }

    /// Whether the step begins with a jump onto the compliance.
    pub fn jumps(&self) -> bool {
        self.tries.jumps()
    }

    /// Whether the electrode was held at the compliance in the step before.
    pub fn was_limited(&self) -> bool {
        self.tries.was_limited()
    }

    /// Attempts that were thrown away: their length \[s\] and the reason.
    pub fn rejected(&self) -> &[(f64, String)] {
        &self.rejected
    }

    /// Attempts that were thrown away, at the end.
    pub fn into_rejected(self) -> Vec<(f64, String)> {
        self.rejected
    }

    /// Whether [`Self::judge`] has to be told, of an attempt without a solution, if the salt at the lithium is used up.
    pub fn asks_for_salt(&self) -> bool {
        self.step.compliant.is_some() && self.tries.asks_for_salt(self.rule.limited.is_some())
    }

    /// Judges an attempt: what it reached, or why there is no solution. `depleted`: whether the salt at the lithium is used up.
    pub fn judge(&mut self, attempt: Result<Reached, String>, depleted: bool) -> Verdict {
        match self.compliance(attempt.as_ref().ok(), depleted) {
            Some(Ok(())) => return Verdict::Again,
            Some(Err(reason)) => return self.reject(reason),
            None => {}
        }
        let reached = match attempt {
            Ok(reached) => reached,
            Err(reason) => return self.reject(reason),
        };
        if let Some(potential) = self.adjust(reached.now.voltage) {
            self.rule.control = Control::Potential(potential);
            return Verdict::Again;
        }
        if let Some(reason) = objection(self.step.limits, &reached.seen) {
            return self.reject(reason);
        }
        match self.to_limit(reached.now) {
            Some(shorter) if self.shortened < ATTEMPTS && shorter >= self.step.limits.smallest => {
                self.shortened += 1;
                self.dt = shorter;
                self.rule.proposed = shorter;
                self.adjusted.clear();
                Verdict::Again
            }
            _ => Verdict::Stands,
        }
    }

    /// What the compliance says to an attempt: nothing, another one, or why it is to be thrown away.
    fn compliance(&mut self, reached: Option<&Reached>, depleted: bool) -> Option<Result<(), String>> {
        let Compliant { given, compliance, bound } = self.step.compliant?;
        let outcome = reached.map_or(Outcome::Unsolved, |reached| Outcome::Solved {
            potential: reached.now.potential,
            current: reached.current,
        });
        match self.tries.verdict(self.rule.limited.is_some(), given, compliance, outcome, depleted) {
            Compliance::Stand => None,
            Compliance::Shorten => Some(Err(format!(
                "at {given} A/m² it is not solved, and at {bound} V it would carry more than 1.01 times as much"
            ))),
            Compliance::Limit => {
                self.rule.limited = Some(bound);
                Some(Ok(()))
            }
            Compliance::Give => {
                self.rule.limited = None;
                self.dt = self.tries.end_leap().unwrap_or(self.dt);
                Some(Ok(()))
            }
        }
    }

    /// The potential that should have been given for the voltage that is held; none if that is there, or not found.
    fn adjust(&mut self, voltage: Option<f64>) -> Option<f64> {
        let (Some(held), Control::Potential(given)) = (self.step.held, self.rule.control) else { return None };
        let excess = voltage? - held;
        if excess.abs() < HELD || self.adjusted.len() == ADJUSTMENTS {
            return None;
        }
        // the voltage falls as the potential rises, at least one to one: the current falls as well
        let slope = match self.adjusted.last() {
            Some([before, then]) if *before != given => (excess - then) / (given - before),
            _ => -1.0,
        };
        self.adjusted.push([given, excess]);
        Some(given - excess / slope.min(-1.0))
    }

    /// Length that the attempt should have had, if its end is too far past a limit. What a change at its beginning has passed, no shorter step
    /// would have reached.
    fn to_limit(&self, now: Electrical) -> Option<f64> {
        let changed = self.rule.limited_by == LimitedBy::Change;
        let share = || share_to_limit(self.step.edges, self.step.before, now);
        (!changed).then(share).flatten().map(|share| share * self.dt)
    }

    fn reject(&mut self, reason: String) -> Verdict {
        self.rejected.push((self.dt, reason.clone()));
        (self.dt, self.rule.limited) = self.tries.shorten(self.dt, self.rule.limited);
        self.rule = Rule { control: self.given, proposed: self.dt, limited_by: LimitedBy::Rejected, ..self.rule };
        self.adjusted.clear();
        if self.dt < self.step.limits.smallest { Verdict::TooSmall(reason) } else { Verdict::Rejected }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::mechanisms::PerMechanism;

    const LIMITS: TimeStep =
        TimeStep { cfl: 0.25, concentration: 0.05, potential: 0.01, first: 1e-4, smallest: 0.2, largest: 100.0 };
    const BEFORE: Electrical = Electrical { potential: -0.1, voltage: Some(3.8), external: 10.0 };

    fn step() -> Step<'static> {
        Step { limits: &LIMITS, edges: &[], before: BEFORE, held: None, compliant: None }
    }

    fn rule(control: Control) -> Rule {
        Rule { control, limited: None, proposed: 1.0, limited_by: LimitedBy::Growth }
    }

    fn begin(step: Step<'static>, rule: Rule) -> Controller<'static> {
        Controller::begin(step, rule, 1.0, [1.0, 100.0], || Err("not asked")).unwrap()
    }

    fn reached(now: Electrical) -> Reached {
        let seen = Observed {
            taken: PerMechanism::default(),
            dt: 1.0,
            speed: 0.1,
            concentration_change: 0.0,
            relaxation: 0.0,
            potential_change: 0.0,
            potential_noise: 0.0,
            nucleation_rate: 0.0,
            nuclei: 0.0,
        };
        Reached { now, current: 10.0, seen }
    }

    #[test]
    fn a_solution_within_its_limits_stands() {
        let mut controller = begin(step(), rule(Control::Current(10.0)));
        assert_eq!(controller.judge(Ok(reached(BEFORE)), false), Verdict::Stands);
        assert_eq!((controller.dt(), controller.rule()), (1.0, rule(Control::Current(10.0))));
        assert!(controller.into_rejected().is_empty());
    }

    #[test]
    fn what_is_not_solved_is_tried_at_half_the_length_until_that_is_too_small() {
        let mut controller = begin(step(), rule(Control::Current(10.0)));
        assert!(!controller.asks_for_salt());
        for dt in [0.5, 0.25] {
            assert_eq!(controller.judge(Err("no".into()), false), Verdict::Rejected);
            assert_eq!((controller.dt(), controller.rule().proposed), (dt, dt));
            assert_eq!(controller.rule().limited_by, LimitedBy::Rejected);
        }
        assert_eq!(controller.judge(Err("never".into()), false), Verdict::TooSmall("never".into()));
        let lengths: Vec<f64> = controller.rejected().iter().map(|(dt, _)| *dt).collect();
        assert_eq!(lengths, [1.0, 0.5, 0.25]);
    }

    #[test]
    fn a_front_that_moves_too_far_is_thrown_back() {
        let mut controller = begin(step(), rule(Control::Current(10.0)));
        let fast = Observed { speed: 0.6, ..reached(BEFORE).seen };
        assert_eq!(controller.judge(Ok(Reached { seen: fast, ..reached(BEFORE) }), false), Verdict::Rejected);
        assert!(controller.rejected()[0].1.contains("0.60 cells"), "{:?}", controller.rejected());
    }

    #[test]
    fn a_voltage_that_is_held_is_found_by_the_secant() {
        let held = Step { held: Some(3.9), ..step() };
        let mut controller = begin(held, rule(Control::Potential(-0.1)));
        // a cell whose voltage falls by 1.5 V for each volt of the electrode's potential
        let voltage = |potential: f64| 3.8 - 1.5 * (potential + 0.1);
        for expected in [-0.2, -0.1 - 0.1 / 1.5] {
            let Control::Potential(given) = controller.rule().control else { panic!() };
            let now = Electrical { voltage: Some(voltage(given)), ..BEFORE };
            assert_eq!(controller.judge(Ok(reached(now)), false), Verdict::Again);
            let Control::Potential(next) = controller.rule().control else { panic!() };
            assert!((next - expected).abs() < 1e-12, "{next}");
        }
        let now = Electrical { voltage: Some(3.9), ..BEFORE };
        assert_eq!(controller.judge(Ok(reached(now)), false), Verdict::Stands);
        assert_eq!(controller.dt(), 1.0);
        // a step that is thrown away begins with what was given at first
        assert_eq!(controller.judge(Err("no".into()), false), Verdict::Rejected);
        assert_eq!(controller.rule().control, Control::Potential(-0.1));
    }

    #[test]
    fn a_voltage_that_is_not_found_is_let_go() {
        let mut controller = begin(Step { held: Some(3.9), ..step() }, rule(Control::Potential(-0.1)));
        let tried = (0..100).take_while(|_| controller.judge(Ok(reached(BEFORE)), false) == Verdict::Again).count();
        assert_eq!(tried, ADJUSTMENTS);
    }

    #[test]
    fn a_step_past_a_limit_is_shortened_to_end_there() {
        const EDGES: [Limit; 1] = [Limit::PotentialBelow(-0.15)];
        let mut controller = begin(Step { edges: &EDGES, ..step() }, rule(Control::Current(10.0)));
        let past = Electrical { potential: -0.2, ..BEFORE };
        assert_eq!(controller.judge(Ok(reached(past)), false), Verdict::Again);
        assert!((controller.dt() - 0.5025).abs() < 1e-12 && controller.rule().proposed == controller.dt());
        assert!(controller.rejected().is_empty());
        // not below the smallest step: then it stands
        let far = Electrical { potential: -10.0, ..BEFORE };
        assert_eq!(controller.judge(Ok(reached(far)), false), Verdict::Stands);
        // what a change has passed at once stands
        let changed = Rule { limited_by: LimitedBy::Change, ..rule(Control::Current(10.0)) };
        let mut controller = begin(Step { edges: &EDGES, ..step() }, changed);
        assert_eq!(controller.judge(Ok(reached(past)), false), Verdict::Stands);
    }

    #[test]
    fn attempts_to_end_at_a_limit_are_counted() {
        const EDGES: [Limit; 1] = [Limit::PotentialBelow(-0.15)];
        let mut controller = begin(Step { edges: &EDGES, ..step() }, rule(Control::Current(10.0)));
        // whatever its length it ends a millivolt past
        let past = Electrical { potential: -0.151, ..BEFORE };
        let tried = (0..100).take_while(|_| controller.judge(Ok(reached(past)), false) == Verdict::Again).count();
        assert_eq!(tried, ATTEMPTS);
    }

    const COMPLIANT: Option<Compliant> = Some(Compliant { given: 10.0, compliance: -0.5, bound: -0.5 });

    #[test]
    fn the_compliance_takes_over_and_gives_back() {
        let mut controller = begin(Step { compliant: COMPLIANT, ..step() }, rule(Control::Current(10.0)));
        let beyond = Reached { now: Electrical { potential: -0.6, ..BEFORE }, ..reached(BEFORE) };
        assert_eq!(controller.judge(Ok(beyond), false), Verdict::Again);
        assert_eq!(controller.rule().imposed(), Control::Potential(-0.5));
        let at = |current: f64| Reached { current, now: Electrical { potential: -0.5, ..BEFORE }, ..reached(BEFORE) };
        assert_eq!(controller.judge(Ok(at(9.0)), false), Verdict::Stands);
        // in the next step it would carry more
        let limited = Rule { limited: Some(-0.5), ..rule(Control::Current(10.0)) };
        let mut controller = begin(Step { compliant: COMPLIANT, ..step() }, limited);
        assert!(controller.was_limited() && !controller.jumps());
        assert_eq!(controller.judge(Ok(at(10.2)), false), Verdict::Again);
        assert_eq!(controller.rule().imposed(), Control::Current(10.0));
        // without a solution there, and thrown away, the shorter step begins at the compliance as this one did
        assert_eq!(controller.judge(Err("no".into()), false), Verdict::Rejected);
        assert_eq!(controller.rule().limited, Some(-0.5));
    }

    #[test]
    fn a_current_without_a_solution_goes_to_the_compliance_where_the_salt_is_used_up() {
        let mut controller = begin(Step { compliant: COMPLIANT, ..step() }, rule(Control::Current(10.0)));
        assert!(controller.asks_for_salt());
        assert_eq!(controller.judge(Err("no".into()), true), Verdict::Again);
        assert_eq!(controller.rule().limited, Some(-0.5));
        assert!(!controller.asks_for_salt());
        // where the compliance would carry more the step is shortened, with the reason
        assert_eq!(controller.judge(Ok(Reached { current: 11.0, ..reached(BEFORE) }), false), Verdict::Rejected);
        assert!(controller.rejected()[0].1.contains("1.01 times"));
    }

    #[test]
    fn a_step_that_only_the_potential_hurries_leaps_to_the_compliance() {
        let hurried = Rule { proposed: 0.1, ..rule(Control::Current(10.0)) };
        let limited = Step { compliant: COMPLIANT, ..step() };
        let leap = |depleted: bool| Controller::begin(limited, hurried, 0.1, [2.0, 100.0], || Ok::<_, ()>(depleted));
        assert!(!leap(false).unwrap().jumps());
        let mut controller = leap(true).unwrap();
        assert!(controller.jumps() && controller.dt() == 2.0 && controller.rule().limited == Some(-0.5));
        // too early: the given current at its own length
        assert_eq!(controller.judge(Ok(Reached { current: 10.1, ..reached(BEFORE) }), false), Verdict::Again);
        assert_eq!((controller.dt(), controller.rule().limited), (0.1, None));
        // nobody is asked about the salt where nothing is hurried, or where something else has just been imposed
        let calm = Controller::begin(limited, hurried, 0.1, [0.3, 100.0], || Err("asked"));
        assert!(calm.is_ok_and(|controller| !controller.jumps()));
        let changed = Rule { limited_by: LimitedBy::Change, ..hurried };
        assert!(Controller::begin(limited, changed, 0.1, [2.0, 100.0], || Err("asked")).is_ok());
        // and a limit of the length is passed on to the leap that is thrown away
        let mut controller = leap(true).unwrap();
        assert_eq!(controller.judge(Err("no".into()), false), Verdict::Rejected);
        assert_eq!(controller.dt(), 1.0);
    }
}

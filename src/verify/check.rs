//! One comparison with an exact value.

use serde::Serialize;

/// One comparison. Its fields are the keys of the JSON report; a number that is not finite is `null` there.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Check {
    /// name of the case
    pub case: String,
    /// what is compared, with its unit; no two checks of a case have the same
    pub quantity: String,
    /// what the solver says
    pub computed: f64,
    /// what is exact
    pub exact: f64,
    /// |computed − exact|, over |exact| where the check is relative
    pub error: f64,
    /// largest error allowed
    pub tolerance: f64,
    /// observed order of convergence, where grids were compared
    pub order: Option<f64>,
    /// whether error and order are good enough
    pub pass: bool,
    /// not run for want of something that not every machine has, which `quantity` says: neither passed nor failed; in
    /// the JSON only where it is so
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub skipped: bool,
}

impl Check {
    /// A check of |computed/exact − 1|.
    pub fn relative(quantity: impl Into<String>, computed: f64, exact: f64, tolerance: f64) -> Self {
        Self::new(quantity, computed, exact, (computed / exact - 1.0).abs(), tolerance)
    }

    /// A check of |computed − exact|, in the unit of both.
    pub fn absolute(quantity: impl Into<String>, computed: f64, exact: f64, tolerance: f64) -> Self {
        Self::new(quantity, computed, exact, (computed - exact).abs(), tolerance)
    }

    /// A check that two things are equal to the bit: `different` of them are not.
    pub fn identical(quantity: impl Into<String>, different: usize) -> Self {
        Self::new(quantity, different as f64, 0.0, different as f64, 0.0)
    }

    /// A check that failed because there is nothing to compare: why stands in place of the quantity.
    pub fn not_run(reason: impl std::fmt::Display) -> Self {
        let reason = reason.to_string().split_whitespace().collect::<Vec<_>>().join(" ");
        Self::new(format!("could not be run: {reason}"), f64::NAN, f64::NAN, f64::NAN, f64::NAN)
    }

    /// A check that this machine cannot make, and why.
    pub fn skipped(reason: impl std::fmt::Display) -> Self {
        let nothing = Self::new(format!("not run: {reason}"), f64::NAN, f64::NAN, f64::NAN, f64::NAN);
        Self { skipped: true, ..nothing }
    }

    /// Whether it was made, or had to be, and is not good enough.
    pub fn failed(&self) -> bool {
        !self.pass && !self.skipped
    }

    fn new(quantity: impl Into<String>, computed: f64, exact: f64, error: f64, tolerance: f64) -> Self {
        Self {
            case: String::new(),
            quantity: quantity.into(),
            computed,
            exact,
            error,
            tolerance,
            order: None,
            // a NaN passes nothing
            pass: error <= tolerance,
            skipped: false,
        }
    }

    /// The check with an observed order that must reach `least`.
    pub fn with_order(mut self, order: f64, least: f64) -> Self {
        self.order = Some(order);
        self.pass &= order >= least;
        self
    }
}

/// Observed order between two errors on grids whose cells differ by `ratio`.
pub fn order(coarse: f64, fine: f64, ratio: f64) -> f64 {
    (coarse / fine).abs().ln() / ratio.ln()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_check_passes_only_within_its_tolerance_and_order() {
        assert!(Check::relative("a", 1.009, 1.0, 0.01).pass);
        assert!(!Check::relative("a", -1.0, 1.0, 0.01).pass);
        assert!(Check::absolute("a", 0.009, 0.0, 0.01).pass);
        assert!(!Check::absolute("a", f64::NAN, 0.0, 0.01).pass);
        assert!(Check::identical("a", 0).pass && !Check::identical("a", 1).pass);
        assert!(!Check::not_run("no\n  reason").pass && Check::not_run("no").failed());
        assert!(!Check::skipped("no adapter").pass && !Check::skipped("no adapter").failed());
        assert_eq!(Check::not_run("no\n  reason").quantity, "could not be run: no reason");
        let ordered = Check::absolute("a", 0.0, 0.0, 0.01).with_order(order(4.0, 1.0, 2.0), 1.9);
        assert!(ordered.pass && ordered.order == Some(2.0));
        assert!(!Check::absolute("a", 0.0, 0.0, 0.01).with_order(f64::NAN, 1.0).pass);
    }
}

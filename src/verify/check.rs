//! One comparison with an exact value.

use serde::Serialize;

/// One comparison.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Check {
    /// name of the case
    pub case: String,
    /// what is compared, with its unit
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
        }
    }

    /// The check with an observed order that must reach `least`.
    pub fn with_order(mut self, order: f64, least: f64) -> Self {
        self.order = Some(order);
        self.pass &= order >= least;
        self
    }

    /// A line of the report.
    pub fn line(&self) -> String {
        let order = self.order.map_or("-".into(), |order| format!("{order:.2}"));
        let verdict = if self.pass { "pass" } else { "FAIL" };
        format!(
            "{:24}{:52}{:>13.6e} {:>13.6e} {:>9.1e} {:>9.1e} {order:>6}  {verdict}\n",
            self.case, self.quantity, self.computed, self.exact, self.error, self.tolerance
        )
    }
}

/// Headings of the report.
pub fn heading() -> String {
    format!(
        "{:24}{:52}{:>13} {:>13} {:>9} {:>9} {:>6}\n",
        "case", "quantity", "computed", "exact", "error", "allowed", "order"
    )
}

/// Observed order between two errors on grids whose cells differ by `ratio`.
pub fn order(coarse: f64, fine: f64, ratio: f64) -> f64 {
    (coarse / fine).abs().ln() / ratio.ln()
}

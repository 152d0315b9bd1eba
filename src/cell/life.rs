//! Capacity against cycles where lithium is what runs out.
//!
//! Each cycle loses the part 1 − CE of the lithium that it moves. While there is a reserve R, in units of the capacity of the cathode, every
//! cycle moves all of it, and the reserve pays; then the capacity falls by the factor CE a cycle.

/// Efficiency from which on nothing is lost: sums of a run's charges are no better than that.
pub const LOSSLESS: f64 = 1.0 - 1e-9;

/// Cycles to the capacity `end` with the Coulombic `efficiency` and a `reserve` of lithium, in units of the capacity; infinite if nothing
/// is lost. No whole number: the closed form, continuous in the cycles.
pub fn cycles_to(end: f64, efficiency: f64, reserve: f64) -> f64 {
    if efficiency >= LOSSLESS {
        return f64::INFINITY;
    }
    reserve / (1.0 - efficiency) + end.ln() / efficiency.ln()
}

/// Lithium that moves or can: 1 is the capacity of the cathode, more is a reserve.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Lithium(f64);

impl Lithium {
    /// The capacity that it gives.
    fn capacity(self) -> f64 {
        self.0.min(1.0)
    }

    /// What is left after a cycle.
    fn after(self, efficiency: f64) -> Self {
        Self(self.0 - self.capacity() * (1.0 - efficiency))
    }

    /// What is left after any number of cycles, continuous in the cycles.
    fn after_cycles(self, cycles: f64, efficiency: f64) -> Self {
        let loss = 1.0 - efficiency;
        let full = if self.0 > 1.0 && loss > 0.0 { (self.0 - 1.0) / loss } else { 0.0 };
        match cycles <= full {
            true => Self(self.0 - cycles * loss),
            false => Self(self.0.min(1.0) * efficiency.powf(cycles - full)),
        }
    }
}

/// What a run has shown of a life.
#[derive(Clone, Debug, PartialEq)]
pub struct Measured {
    /// efficiencies of its cycles after formation
    pub efficiencies: Vec<f64>,
    /// charge out of all of them over charge in
    pub mean: f64,
    /// efficiencies of the cycles of formation, multiplied
    pub formation: f64,
}

/// What the charges \[in, out\] of cycles, in any unit, show beyond the first `formation` ones; none if there are no more.
pub fn measured(cycles: &[[f64; 2]], formation: usize) -> Option<Measured> {
    let (first, later) = cycles.split_at_checked(formation)?;
    let sum = |place: usize| later.iter().map(|cycle| cycle[place]).sum::<f64>();
    let efficiency = |[charge_in, charge_out]: &[f64; 2]| charge_out / charge_in;
    (!later.is_empty()).then(|| Measured {
        efficiencies: later.iter().map(efficiency).collect(),
        mean: sum(1) / sum(0),
        formation: first.iter().map(efficiency).product(),
    })
}

impl Measured {
    /// What formation leaves of a `reserve`: it pays for what formation loses, as far as it can.
    pub fn left_of(&self, reserve: f64) -> f64 {
        (reserve - (1.0 - self.formation.min(1.0))).max(0.0)
    }

    /// Capacity after `cycles`, over that after formation: with the efficiencies measured as far as they go, then with their mean. The
    /// `reserve` is that before formation. The capacity is that of the charge before, so that after no cycle it is 1.
    pub fn capacity(&self, cycles: u32, reserve: f64) -> f64 {
        let known = (cycles as usize).min(self.efficiencies.len());
        let left =
            self.efficiencies[..known].iter().fold(Lithium(1.0 + self.left_of(reserve)), |left, ce| left.after(*ce));
        left.after_cycles(f64::from(cycles) - known as f64, self.mean.min(1.0)).capacity()
    }

    /// Cycles to the capacity `end`, as [`Self::capacity`] counts; infinite if the mean loses nothing.
    pub fn cycles_to(&self, end: f64, reserve: f64) -> f64 {
        let mut left = Lithium(1.0 + self.left_of(reserve));
        for (i, efficiency) in self.efficiencies.iter().enumerate() {
            let next = left.after(*efficiency);
            if next.capacity() < end {
                // linear within a cycle
                return i as f64 + (left.capacity() - end) / (left.capacity() - next.capacity());
            }
            left = next;
        }
        let known = self.efficiencies.len() as f64;
        match left.0 > 1.0 {
            true => known + cycles_to(end, self.mean, left.0 - 1.0),
            false => known + cycles_to(end / left.0, self.mean, 0.0),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn close(a: f64, b: f64) {
        assert!((a - b).abs() <= 1e-9 * b.abs().max(1.0), "{a} is not {b}");
    }

    /// ln 0.8 / ln CE, the numbers that are told of cells without a reserve.
    #[test]
    fn the_closed_form_gives_the_numbers_that_are_told() {
        for (efficiency, cycles) in [(0.995, 45.0), (0.999, 223.0), (0.9999, 2231.0)] {
            assert_eq!(cycles_to(0.8, efficiency, 0.0).round(), cycles, "{efficiency}");
        }
        assert_eq!(cycles_to(0.8, 1.0, 0.0), f64::INFINITY);
        // the last digits of a charge are no loss
        assert_eq!(cycles_to(0.8, 1.0 - 2e-15, 1.0), f64::INFINITY);
        // a reserve of one capacity at 1 % a cycle: a hundred cycles more
        close(cycles_to(0.8, 0.99, 1.0) - cycles_to(0.8, 0.99, 0.0), 100.0);
    }

    #[test]
    fn measured_cycles_come_first_and_their_mean_goes_on() {
        let cycles = [[1.0, 0.9], [1.0, 0.98], [1.0, 1.0]];
        let found = measured(&cycles, 1).unwrap();
        assert_eq!(found.efficiencies, [0.98, 1.0]);
        close(found.mean, 0.99);
        close(found.formation, 0.9);
        close(found.capacity(0, 0.0), 1.0);
        close(found.capacity(1, 0.0), 0.98);
        close(found.capacity(2, 0.0), 0.98);
        close(found.capacity(4, 0.0), 0.98 * 0.99 * 0.99);
        // a reserve of 0.13 pays 0.1 for formation, then 0.02, and one more cycle of 0.01
        close(found.left_of(0.13), 0.03);
        close(found.capacity(3, 0.13), 1.0);
        close(found.capacity(4, 0.13), 0.99);
        close(found.capacity(4, 0.05), found.capacity(4, 0.0));
        // to 0.98 · 0.99² it takes those four
        close(found.cycles_to(0.98 * 0.99 * 0.99, 0.0), 4.0);
        close(found.cycles_to(0.99, 0.13), 4.0);
        close(found.cycles_to(0.99, 0.0), 0.5);
        assert_eq!(measured(&cycles, 3), None);
        assert_eq!(measured(&cycles, 4), None);
    }

    #[test]
    fn a_life_of_equal_cycles_is_that_of_the_closed_form() {
        let found = measured(&[[1.0, 0.995]; 5], 0).unwrap();
        for reserve in [0.0, 0.5] {
            close(found.cycles_to(0.8, reserve), cycles_to(0.8, 0.995, reserve));
        }
        let without_loss = measured(&[[1.0, 1.01]; 2], 0).unwrap();
        assert_eq!((without_loss.cycles_to(0.8, 0.0), without_loss.capacity(100, 0.0)), (f64::INFINITY, 1.0));
    }
}

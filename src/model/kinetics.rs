//! Charge transfer between lithium and electrolyte, in scaled units (potentials in RT/F).

/// A rate and its derivative with respect to the driving potential.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Rate {
    /// the current density
    pub value: f64,
    /// its derivative
    pub slope: f64,
}

/// Exponents beyond this are continued as straight lines, so that Newton's method never meets an infinity.
pub const EXPONENT_BOUND: f64 = 30.0;

/// Newton iterations on the film's voltage drop; started from a bound, six reach f64 round-off (see the test).
pub const FILM_ITERATIONS: usize = 6;

fn bounded_exp(x: f64) -> Rate {
    if x > EXPONENT_BOUND {
        let edge = EXPONENT_BOUND.exp();
        Rate { value: edge * (1.0 + x - EXPONENT_BOUND), slope: edge }
    } else {
        let value = x.exp();
        Rate { value, slope: value }
    }
}

/// exp(α f) − exp(−(1−α) f) and its slope. A series near f = 0 keeps the relative precision there.
pub fn butler_volmer(f: f64, alpha: f64) -> Rate {
    let cathodic = bounded_exp(alpha * f);
    let anodic = bounded_exp(-(1.0 - alpha) * f);
    let slope = alpha * cathodic.slope + (1.0 - alpha) * anodic.slope;
    if f.abs() < 0.5 {
        let x = 0.5 * f;
        let s = x * x;
        let sinh = x * (1.0 + s / 6.0 * (1.0 + s / 20.0 * (1.0 + s / 42.0)));
        return Rate { value: 2.0 * ((alpha - 0.5) * f).exp() * sinh, slope };
    }
    Rate { value: cathodic.value - anodic.value, slope }
}

/// Butler-Volmer current density behind a film of resistance `film`: i = i0 bv(drive − i film).
///
/// Solved for f = drive − i film, which lies between 0 and drive; Newton's method starts from the upper bound
/// |f| ≤ ln(1 + |drive|/(film i0))/α (1 − α for stripping) and falls monotonically.
pub fn butler_volmer_with_film(drive: f64, i0: f64, alpha: f64, film: f64) -> Rate {
    let resistance = film * i0;
    let mut f = drive;
    if resistance > 0.0 {
        let branch = if drive > 0.0 { alpha } else { 1.0 - alpha };
        let bound = (1.0 + drive.abs() / resistance).ln() / branch.max(0.01);
        f = drive.min(bound).max(-bound); // clamp would panic on NaN
        for _ in 0..FILM_ITERATIONS {
            let rate = butler_volmer(f, alpha);
            f -= (f + resistance * rate.value - drive) / (1.0 + resistance * rate.slope);
        }
    }
    let rate = butler_volmer(f, alpha);
    Rate { value: i0 * rate.value, slope: i0 * rate.slope / (1.0 + resistance * rate.slope) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn film_equation_holds_over_the_documented_range() {
        for drive in [-20.0, -3.0, -0.1, 1e-4, 0.3, 2.0, 8.0, 40.0] {
            for i0 in [1e-6, 1e-4, 1e-2] {
                for film in [1.0, 1e2, 1e4, 1e6] {
                    let i = butler_volmer_with_film(drive, i0, 0.5, film).value;
                    let f = drive - i * film;
                    let expected = i0 * butler_volmer(f, 0.5).value;
                    // the drop i·film carries the round-off of drive
                    let noise = 1e-12 * (i.abs() + i0 * butler_volmer(f, 0.5).slope * drive.abs());
                    assert!((i - expected).abs() <= 1e-9 * i.abs() + noise, "{drive} {i0} {film}: {i} {expected}");
                }
            }
        }
    }

    #[test]
    fn series_meets_the_exponentials() {
        for alpha in [0.3, 0.5, 0.7] {
            let f: f64 = 0.499_999;
            let exact = (alpha * f).exp() - (-(1.0 - alpha) * f).exp();
            assert!((butler_volmer(f, alpha).value / exact - 1.0).abs() < 1e-9);
        }
    }
}

//! Charge transfer between lithium and electrolyte, in scaled units (potentials in RT/F).

use crate::model::numerics::{EXPONENT_BOUND, LEAST_LOGARITHM};

/// A rate and its derivative with respect to the driving potential.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Rate {
    /// the current density
    pub value: f64,
    /// its derivative
    pub slope: f64,
}

/// Newton iterations on the film's voltage drop; started from a bound, six reach f64 round-off (see the test).
pub const FILM_ITERATIONS: usize = 6;

/// A Newton correction this small, relative, is the last: the next would be of the order of its square. Behind a film that takes
/// nearly all of the drive the square counts 10⁵ times.
pub const SETTLED: f64 = 1e-9;

/// x^α.
fn power(x: f64, alpha: f64) -> f64 {
    if alpha == 0.5 { x.sqrt() } else { x.powf(alpha) }
}

/// exp(x) − 1 and the derivative of exp.
fn bounded_exp_m1(x: f64) -> Rate {
    if x > EXPONENT_BOUND {
        let edge = EXPONENT_BOUND.exp();
        Rate { value: edge * (1.0 + x - EXPONENT_BOUND) - 1.0, slope: edge }
    } else {
        let value = x.exp_m1();
        Rate { value, slope: 1.0 + value }
    }
}

/// exp(α f) − exp(−(1−α) f) and its slope. Less 1, the exponentials have opposite signs: no precision is lost near f = 0.
pub fn butler_volmer(f: f64, alpha: f64) -> Rate {
    if alpha == 0.5 {
        // both exponentials from one
        let large = bounded_exp_m1(0.5 * f.abs());
        let small = 1.0 / (1.0 + large.value);
        return Rate { value: (large.value * (1.0 + small)).copysign(f), slope: 0.5 * (large.slope + small) };
    }
    let cathodic = bounded_exp_m1(alpha * f);
    let anodic = bounded_exp_m1(-(1.0 - alpha) * f);
    Rate { value: cathodic.value - anodic.value, slope: alpha * cathodic.slope + (1.0 - alpha) * anodic.slope }
}

/// The bound on f = drive − i film from which Newton's method falls monotonically.
pub fn film_start(drive: f64, i0: f64, alpha: f64, film: f64) -> f64 {
    let resistance = film * i0;
    if resistance > 0.0 {
        let branch = if drive > 0.0 { alpha } else { 1.0 - alpha };
        let bound = (1.0 + drive.abs() / resistance).ln() / branch.max(0.01);
        drive.min(bound).max(-bound) // clamp would panic on NaN
    } else {
        drive
    }
}

/// Butler-Volmer current density behind a film of resistance `film`: i = i0 bv(drive − i film).
///
/// Solved for f = drive − i film, which lies between 0 and drive; Newton's method starts from the upper bound
/// |f| ≤ ln(1 + |drive|/(film i0))/α (1 − α for stripping) and falls monotonically.
pub fn butler_volmer_with_film(drive: f64, i0: f64, alpha: f64, film: f64) -> Rate {
    let resistance = film * i0;
    let mut f = film_start(drive, i0, alpha, film);
    if resistance > 0.0 {
        for _ in 0..FILM_ITERATIONS {
            let rate = butler_volmer(f, alpha);
            let change = (f + resistance * rate.value - drive) / (1.0 + resistance * rate.slope);
            f -= change;
            if change.abs() <= SETTLED * f.abs() {
                break;
            }
        }
    }
    let rate = butler_volmer(f, alpha);
    Rate { value: i0 * rate.value, slope: i0 * rate.slope / (1.0 + resistance * rate.slope) }
}

/// The electrolyte between the place where it is read and the interface, with the film: what the current itself loses on
/// its way. Flux is constant across the layer, so that c falls along a straight line, and κ is taken to do so too.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Layer {
    /// potential lost per current in the film
    pub film: f64,
    /// potential lost per current in electrolyte that conducts as on the far side everywhere, s/κ
    pub resistance: f64,
    /// concentration lost per current, (1−t₊) s/D
    pub depletion: f64,
    /// potential per change of ln c, κ_D/κ
    pub diffusion_potential: f64,
    /// derivative of the resistance with respect to c: salt that is used up no longer conducts
    pub resistance_by_c: f64,
    /// part of the conductivity that goes with all of the salt, 0…1
    pub conductivity_of_salt: f64,
}

/// Part of a conductivity `kappa` that goes with all of the salt, where half of the salt leaves `half` of it.
///
/// From two values and not from a slope: that of a table jumps from entry to entry, and what jumps Newton's method cannot solve for.
pub fn conductivity_of_salt(kappa: f64, half: f64) -> f64 {
    (2.0 - 2.0 * half / kappa).clamp(0.0, 1.0)
}

impl Layer {
    /// Potential lost per current if no salt is used up.
    fn undepleted(&self) -> f64 {
        self.film + self.resistance
    }
}

/// Conductivity at the interface over that on the far side of a layer, where e^y of the salt is left and all of it makes `share` of κ; and
/// the layer's resistance over that of one that conducts like its far side.
fn conduction(y: f64, share: f64) -> [f64; 2] {
    let lost = -share * y.exp_m1();
    let left = (1.0 - share) + share * y.exp();
    [
        left,
        if lost.abs() < 1e-3 {
            LAYER_SERIES.iter().fold(0.0, |sum, term| sum * lost + term)
        } else {
            -left.ln() / lost
        },
    ]
}

/// −ln(1 − z)/z around 0, from the highest power of z down.
pub const LAYER_SERIES: [f64; 6] = [1.0 / 6.0, 1.0 / 5.0, 1.0 / 4.0, 1.0 / 3.0, 1.0 / 2.0, 1.0];

/// A current density and its derivatives.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Response {
    /// the current density
    pub current: f64,
    /// its derivative with respect to the drive at the far side of the layer
    pub by_drive: f64,
    /// its derivative with respect to the concentration there
    pub by_c: f64,
}

/// Most Newton iterations on the depletion of the layer, in the logarithm of the concentration that is left. Two or three are usual; from
/// nearly nothing to nearly all of the concentration, and up to kinetics so fast that the layer takes all of the drive, six were enough.
pub const DEPLETION_ITERATIONS: usize = 12;
/// Logarithm of the share below which the layer and not the kinetics tells the current.
pub const USED_UP: f64 = -0.5;

/// Butler-Volmer current density through a layer, driven by `drive` and `c` on its far side:
///
/// ```text
/// i = i0 c_f^α bv(f),   c_f = c − depletion i,   f = drive − (film + resistance (−ln(1−z)/z)) i + diffusion_potential ln(c_f/c)
/// ```
///
/// z is the part of κ that is lost on the way: across a layer in which κ falls linearly with c to 1 − z the resistance is as given.
pub fn through_layer(drive: f64, c: f64, i0: f64, alpha: f64, layer: &Layer) -> Response {
    through_layer_with(drive, c, i0 * power(c, alpha), alpha, layer)
}

/// Computes [`through_layer`] from `i0`, the exchange current density at `c` instead of that at the reference concentration.
pub fn through_layer_with(drive: f64, c: f64, i0: f64, alpha: f64, layer: &Layer) -> Response {
    let Layer { depletion, diffusion_potential, .. } = *layer;
    // behind a film that takes nearly all of the drive a start that is only roughly right would leave one of the wrong sign
    let start = butler_volmer_with_film(drive, i0, alpha, layer.undepleted());
    if depletion == 0.0 {
        let resistance = layer.undepleted();
        // at fixed drive a resistance leaves (1 + resistance g)⁻¹ of the effect of c, as of that of the drive
        let free_slope = start.slope / (1.0 - resistance * start.slope).max(1e-12);
        let by_c = start.value * (alpha / c - free_slope * layer.resistance_by_c) / (1.0 + resistance * free_slope);
        return Response { current: start.value, by_drive: start.slope, by_c };
    }
    let mut y = layer_start_from(start, c, alpha, layer);
    for _ in 0..DEPLETION_ITERATIONS {
        let Front { rate, front, resistance, .. } = at_front(y, drive, c, i0, alpha, layer);
        let through = -c * y.exp_m1() / depletion;
        // Newton's method on the arsinh of half of either current over the exchange current: that of the kinetics is straight in f, from
        // a drive that the layer takes nearly all of, where f is next to nothing, to one that the kinetics take
        let exchange = (i0 * power(front / c, alpha)).max(f64::MIN_POSITIVE);
        let [by_kinetics, by_layer] = [rate.value, through].map(|current| 0.5 * current / exchange);
        let rise = rate.slope / exchange * (diffusion_potential + resistance * front / depletion);
        let fall = (front / depletion + alpha * through) / exchange;
        let slope = 0.5 * (rise / 1f64.hypot(by_kinetics) + fall / 1f64.hypot(by_layer));
        let new = y - (by_kinetics.asinh() - by_layer.asinh()) / slope;
        let new = if y < 0.0 { new.min(0.5 * y).max(LEAST_LOGARITHM) } else { new.max(0.5 * y) };
        let settled = (new - y).abs() <= SETTLED * y.abs();
        y = new;
        if settled {
            break;
        }
    }
    let Front { rate, front, resistance, resistance_by_c } = at_front(y, drive, c, i0, alpha, layer);
    let by_front = (alpha * rate.value + rate.slope * diffusion_potential) / front;
    let stiffness = 1.0 + rate.slope * resistance + by_front * depletion;
    Response {
        // where most is used up, what passes is known better than what the kinetics ask for
        current: if y < USED_UP { -c * y.exp_m1() / depletion } else { rate.value },
        by_drive: rate.slope / stiffness,
        by_c: (by_front - rate.slope * (diffusion_potential / c + resistance_by_c * rate.value)) / stiffness,
    }
}

/// Where Newton's method on the depletion of a layer starts: ln(c_f/c), from the current of an undepleted layer and what its depletion
/// changes that current by in first order; `i0` is that at c.
pub fn layer_start(drive: f64, c: f64, i0: f64, alpha: f64, layer: &Layer) -> f64 {
    layer_start_from(butler_volmer_with_film(drive, i0, alpha, layer.undepleted()), c, alpha, layer)
}

/// Computes [`layer_start`] from the rate that the undepleted layer would have.
fn layer_start_from(start: Rate, c: f64, alpha: f64, layer: &Layer) -> f64 {
    let Layer { depletion, diffusion_potential, .. } = *layer;
    let own = (1.0 - layer.undepleted() * start.slope).max(0.0);
    let by_front = alpha * start.value * own + start.slope * diffusion_potential;
    let first = start.value / (1.0 + (by_front * depletion / c).max(0.0));
    // stripping enriches the layer
    (-depletion * first / c).max(-0.9).ln_1p()
}

/// What the interface sees at the near side of a layer.
struct Front {
    /// kinetics and their slope
    rate: Rate,
    /// concentration
    front: f64,
    /// potential lost per current that is added
    resistance: f64,
    /// derivative of the layer's resistance with respect to c on the far side, where the current is given
    resistance_by_c: f64,
}

/// Where c e^y of the concentration is left; `i0` is that at c.
fn at_front(y: f64, drive: f64, c: f64, i0: f64, alpha: f64, layer: &Layer) -> Front {
    let lost = y.exp_m1();
    // close to nothing the difference from all has no digits left
    let front = c * if y > -1.0 { 1.0 + lost } else { y.exp() };
    let through = -c * lost / layer.depletion;
    let share = layer.conductivity_of_salt;
    let [conductivity, factor] = conduction(y, share);
    let lost = (layer.film + layer.resistance * factor) * through;
    let rate = butler_volmer(drive - lost + layer.diffusion_potential * y, alpha);
    let exchange = i0 * power(front / c, alpha);
    let rate = Rate { value: exchange * rate.value, slope: exchange * rate.slope };
    let resistance = layer.film + layer.resistance / conductivity;
    let resistance_by_c = layer.resistance_by_c * factor - layer.resistance * share / c * (1.0 / conductivity - factor);
    Front { rate, front, resistance, resistance_by_c }
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

    /// i = i0 c_f^α bv(f) and the derivatives, from layers that take nothing to layers that take nearly all of the salt.
    #[test]
    fn a_layer_carries_what_its_kinetics_ask_for() {
        let (i0, alpha) = (1e-3, 0.5);
        for drive in [-8.0, -1.0, -1e-3, 1e-3, 0.3, 3.0, 10.0, 20.0] {
            for c in [1e-3, 0.1, 1.0] {
                for depletion in [1e-4, 1e-2, 0.7, 3.0, 30.0] {
                    for resistance in [0.0, 1.0, 300.0] {
                        let film = 0.3 * resistance;
                        let conducting = Layer { film, resistance, ..Layer::default() };
                        let layer = Layer { depletion, diffusion_potential: 1.5, ..conducting };
                        let at = |drive: f64, c: f64| through_layer(drive, c, i0, alpha, &layer);
                        let r = at(drive, c);
                        let front = c - depletion * r.current;
                        assert!(front > 0.0, "{drive} {c} {layer:?}: {r:?}");
                        let f = drive - (film + resistance) * r.current + 1.5 * (front / c).ln();
                        let expected = i0 * front.powf(alpha) * butler_volmer(f, alpha).value;
                        // what is left is a difference: its error counts against the concentration
                        let noise = 1e-8 * r.current.abs().max(1e-3 * c / depletion * (front / c).min(1.0));
                        let steep = 1.0 + r.current.abs() * depletion / front;
                        assert!(
                            (r.current - expected).abs() <= noise * steep * 10.0,
                            "{drive} {c} {layer:?}: {r:?} {expected}"
                        );
                        let step = 1e-6;
                        let by_drive = (at(drive + step, c).current - at(drive - step, c).current) / (2.0 * step);
                        let by_c = (at(drive, c * (1.0 + step)).current - at(drive, c * (1.0 - step)).current)
                            / (2.0 * step * c);
                        assert!(
                            (r.by_drive - by_drive).abs() <= 1e-4 * by_drive.abs() + 1e-10,
                            "{drive} {c} {layer:?}: {r:?} {by_drive}"
                        );
                        assert!(
                            (r.by_c - by_c).abs() <= 1e-4 * by_c.abs() + 1e-9,
                            "{drive} {c} {layer:?}: {r:?} {by_c}"
                        );
                    }
                }
            }
        }
    }

    #[test]
    fn the_layer_s_equation_and_slopes_hold_up_to_its_limit() {
        for c in [1.0, 0.1, 1e-2, 1e-3] {
            for drive in [-5.0, 0.5, 5.0, 15.0, 25.0, 40.0, 60.0] {
                for i0 in [1e-4, 1e-2] {
                    let layer = |c: f64| Layer {
                        film: 0.2,
                        resistance: 1.5 / c,
                        depletion: 1.0,
                        diffusion_potential: 2.0,
                        resistance_by_c: -1.5 / (c * c),
                        conductivity_of_salt: 1.0,
                    };
                    let at = |drive: f64, c: f64| through_layer(drive, c, i0, 0.5, &layer(c));
                    let response = at(drive, c);
                    let (h, e) = (1e-4, 1e-4 * c);
                    let by_drive = (at(drive + h, c).current - at(drive - h, c).current) / (2.0 * h);
                    let by_c = (at(drive, c + e).current - at(drive, c - e).current) / (2.0 * e);
                    // differences of a current known to 1e-12 over 1e-4
                    let noise = 1e-7 * response.current.abs();
                    let near = |a: f64, b: f64, noise: f64| (a - b).abs() < 1e-3 * b.abs() + noise;
                    assert!(near(response.by_drive, by_drive, noise), "{c} {drive} {i0}: {response:?} {by_drive}");
                    assert!(near(response.by_c, by_c, noise / c), "{c} {drive} {i0}: {response:?} {by_c}");
                }
            }
        }
    }

    /// The integral of 1/κ across a layer whose κ falls from 1 to what is left, from nothing lost to nearly all.
    #[test]
    fn a_layer_conducts_as_its_salt_does() {
        for share in [0.0, 1e-6, 1e-3, 0.4, 1.0] {
            for y in [2.0, 0.1, 1e-3, -1e-6, -9e-4, -1.1e-3, -0.3, -2.0, -4.0] {
                let [left, factor] = conduction(y, share);
                let end: f64 = 1.0 - y.exp();
                let steps = 200_000;
                let middle = |k: i32| 1.0 / (1.0 - share * end * (f64::from(k) + 0.5) / f64::from(steps));
                let mean = (0..steps).map(middle).sum::<f64>() / f64::from(steps);
                assert!(
                    (left - (1.0 - share * end)).abs() < 1e-15 && (factor / mean - 1.0).abs() < 1e-8,
                    "{share} {y}"
                );
            }
        }
    }

    #[test]
    fn a_small_drive_loses_no_digits() {
        for alpha in [0.3, 0.5, 0.7] {
            for f in [1e-12, -1e-9, 1e-6] {
                let expected = f * (1.0 + (alpha - 0.5) * f);
                assert!((butler_volmer(f, alpha).value / expected - 1.0).abs() < 1e-12);
            }
            let f: f64 = 0.499_999;
            let exact = (alpha * f).exp() - (-(1.0 - alpha) * f).exp();
            assert!((butler_volmer(f, alpha).value / exact - 1.0).abs() < 1e-14);
        }
    }
}

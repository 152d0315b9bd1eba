// Charge transfer between lithium and electrolyte, in scaled units; the twin is src/model/kinetics.rs.

const EXPONENT_BOUND = 30.0;
const FILM_ITERATIONS = 6;

// A current density, its slope in the driving potential, and that slope without the film.
struct Rate {
    value: f32,
    slope: f32,
    free_slope: f32,
}

// exp(x), continued as a straight line beyond the bound: value and slope.
fn bounded_exp(x: f32) -> vec2<f32> {
    let edge = exp(clamp(x, -80.0, EXPONENT_BOUND));
    return vec2<f32>(edge * (1.0 + max(x - EXPONENT_BOUND, 0.0)), edge);
}

// exp(alpha f) - exp(-(1 - alpha) f) and its slope; a series near f = 0 keeps the relative precision there.
fn butler_volmer(f: f32) -> vec2<f32> {
    let alpha = physics.alpha;
    let cathodic = bounded_exp(alpha * f);
    let anodic = bounded_exp(-(1.0 - alpha) * f);
    let slope = alpha * cathodic.y + (1.0 - alpha) * anodic.y;
    if abs(f) < 0.5 {
        let x = 0.5 * f;
        let s = x * x;
        let sinh_x = x * (1.0 + s / 6.0 * (1.0 + s / 20.0 * (1.0 + s / 42.0)));
        return vec2<f32>(2.0 * exp((alpha - 0.5) * f) * sinh_x, slope);
    }
    return vec2<f32>(cathodic.x - anodic.x, slope);
}

// i = i0 bv(f), f = drive - i film: Newton's method from the upper bound of |f|, falling monotonically.
fn butler_volmer_with_film(drive: f32, i0: f32, film: f32) -> Rate {
    let resistance = film * i0;
    var f = drive;
    if resistance > 0.0 {
        let branch = select(1.0 - physics.alpha, physics.alpha, drive > 0.0);
        let bound = log(1.0 + min(abs(drive) / resistance, 1e30)) / max(branch, 0.01);
        f = clamp(drive, -bound, bound);
        for (var k = 0; k < FILM_ITERATIONS; k++) {
            let rate = butler_volmer(f);
            f -= (f + resistance * rate.x - drive) / (1.0 + resistance * rate.y);
        }
    }
    let rate = butler_volmer(f);
    return Rate(i0 * rate.x, i0 * rate.y / (1.0 + resistance * rate.y), i0 * rate.y);
}

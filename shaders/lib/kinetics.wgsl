// Charge transfer between lithium and electrolyte, in scaled units; the twin is src/model/kinetics.rs, whose
// equations src/cpu/kinetics.rs solves a row at a time.

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

// The electrolyte between the place where it is read and the interface, with the film.
struct Layer {
    resistance: f32,
    depletion: f32,
    diffusion_potential: f32,
    resistance_by_c: f32,
}

// A current density and its derivatives with respect to drive and concentration at the far side of the layer.
struct Response {
    current: f32,
    by_drive: f32,
    by_c: f32,
}

const DEPLETION_ITERATIONS = 6;
// Logarithm of the least share of the layer's concentration that is left.
const LEAST = -30.0;
// Logarithm of the share below which the layer and not the kinetics tells the current.
const USED_UP = -0.5;

// exp(y) - 1, with the relative precision of y where y is small.
fn exp_m1(y: f32) -> f32 {
    if abs(y) < 0.1 {
        return y * (1.0 + y / 2.0 * (1.0 + y / 3.0 * (1.0 + y / 4.0 * (1.0 + y / 5.0))));
    }
    return exp(y) - 1.0;
}

// ln(1 + x), with the relative precision of x where x is small.
fn ln_1p(x: f32) -> f32 {
    if abs(x) < 0.05 {
        return x * (1.0 - x * (0.5 - x * (1.0 / 3.0 - x * (0.25 - x * (0.2 - x / 6.0)))));
    }
    return log(1.0 + x);
}

// Kinetics at the interface, where c e^y of the concentration is left: current density and its slope in f.
fn at_front(y: f32, drive: f32, c: f32, i0: f32, layer: Layer) -> vec2<f32> {
    let through = -c * exp_m1(y) / layer.depletion;
    let f = drive - layer.resistance * through + layer.diffusion_potential * y;
    return i0 * pow(c * exp(y), physics.alpha) * butler_volmer(f);
}

// i = i0 c_f^alpha bv(f), c_f = c - depletion i, f = drive - resistance i + diffusion_potential ln(c_f/c): Newton's method
// in y = ln(c_f/c), from the current of an undepleted layer.
fn through_layer(drive: f32, c: f32, i0: f32, layer: Layer) -> Response {
    let alpha = physics.alpha;
    let start = butler_volmer_with_film(drive, i0 * pow(c, alpha), layer.resistance);
    if layer.depletion == 0.0 {
        return Response(start.value, start.slope, alpha * start.value / c / (1.0 + layer.resistance * start.free_slope));
    }
    var y = ln_1p(max(-layer.depletion * start.value / c, -0.9));
    for (var k = 0; k < DEPLETION_ITERATIONS; k++) {
        let rate = at_front(y, drive, c, i0, layer);
        let through = -c * exp_m1(y) / layer.depletion;
        if rate.x * through <= 0.0 {
            y *= 0.5;
            continue;
        }
        let front = c * exp(y);
        let slope = alpha + rate.y / rate.x * (layer.diffusion_potential + layer.resistance * front / layer.depletion)
            + front / (layer.depletion * through);
        let next = y - log(rate.x / through) / slope;
        y = select(max(next, 0.5 * y), clamp(next, LEAST, 0.5 * y), y < 0.0);
    }
    let rate = at_front(y, drive, c, i0, layer);
    let front = c * exp(y);
    let by_front = (alpha * rate.x + rate.y * layer.diffusion_potential) / front;
    let stiffness = 1.0 + rate.y * layer.resistance + by_front * layer.depletion;
    let by_c = by_front - rate.y * (layer.diffusion_potential / c + layer.resistance_by_c * rate.x);
    // where most is used up, what passes is known better than what the kinetics ask for
    let current = select(rate.x, -c * exp_m1(y) / layer.depletion, y < USED_UP);
    return Response(current, rate.y / stiffness, by_c / stiffness);
}

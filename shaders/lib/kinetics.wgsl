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
    if abs(f) < 2.0 {
        let x = 0.5 * f;
        let s = x * x;
        let sinh_x = x * (1.0 + s * (1.0 / 6.0 + s * (1.0 / 120.0 + s * (1.0 / 5040.0 + s * (1.0 / 362880.0 + s / 39916800.0)))));
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
    film: f32,
    resistance: f32, // of electrolyte that conducts like the far side
    depletion: f32,
    diffusion_potential: f32,
    resistance_by_c: f32,
    conductivity_of_salt: f32,
}

// A current density and its derivatives with respect to drive and concentration at the far side of the layer.
struct Response {
    current: f32,
    by_drive: f32,
    by_c: f32,
}

// Most of Newton's corrections; two or three are usual, six the most that was seen.
const DEPLETION_ITERATIONS = 8;
// A correction this small, relative, is the last: the next would be of the order of its square.
const SETTLED = 3e-6;
// Logarithm of the least share of the layer's concentration that is left.
const LEAST_LOGARITHM = -30.0;

// exp(y) - 1, with the relative precision of y where y is small.
fn exp_m1(y: f32) -> f32 {
    if abs(y) < 0.7 {
        let last = 1.0 / 720.0 + y * (1.0 / 5040.0 + y * (1.0 / 40320.0 + y / 362880.0));
        return y * (1.0 + y * (1.0 / 2.0 + y * (1.0 / 6.0 + y * (1.0 / 24.0 + y * (1.0 / 120.0 + y * last)))));
    }
    return exp(y) - 1.0;
}

// arsinh(x), with the relative precision of x where x is small, and its derivative.
fn arsinh(x: f32) -> vec2<f32> {
    let size = abs(x);
    let root = sqrt(1.0 + size * size);
    let value = ln_1p(size + size * (size / (1.0 + root)));
    return vec2<f32>(select(value, -value, x < 0.0), 1.0 / root);
}

// -ln(1 - z)/z, `left` being 1 - z: resistance of a layer across which z of the conductivity is lost, over that of one that loses none.
fn layer_factor(z: f32, left: f32) -> f32 {
    if abs(z) < 0.5 {
        // ln of 1 - z as -2 artanh(z/(2 - z))
        let s = z / (2.0 - z);
        return 2.0 / (2.0 - z) * artanh_over(s * s);
    }
    return -log(left) / z;
}

// What passes at y: exchange current density, kinetics and slope over it, the current through the layer, the concentration at the front,
// the potential lost per current that is added, and the derivative of the resistance with respect to c where the current is given.
struct AtFront {
    exchange: f32,
    rate: vec2<f32>,
    through: f32,
    front: f32,
    resistance: f32,
    resistance_by_c: f32,
}

// Where c e^y of the concentration is left.
fn at_front(y: f32, drive: f32, c: f32, i0: f32, layer: Layer) -> AtFront {
    let share = layer.conductivity_of_salt;
    let lost = exp_m1(y);
    let through = -c * lost / layer.depletion;
    let left = exp(y);
    let conductivity = (1.0 - share) + share * left;
    let factor = layer_factor(-share * lost, conductivity);
    let ohmic = (layer.film + layer.resistance * factor) * through;
    let f = drive - ohmic + layer.diffusion_potential * y;
    let exchange = max(i0 * pow(c * left, physics.alpha), 1e-20);
    let by_c = layer.resistance_by_c * factor - layer.resistance * share / c * (1.0 / conductivity - factor);
    return AtFront(exchange, butler_volmer(f), through, c * left, layer.film + layer.resistance / conductivity, by_c);
}

// i = i0 c_f^alpha bv(f), c_f = c - depletion i, f = drive - (film + resistance (-ln(1 - z)/z)) i + diffusion_potential ln(c_f/c), z the
// part of the conductivity that is lost across the layer: Newton's method in y = ln(c_f/c), from the current of an undepleted layer and
// what its depletion changes that current by in first order.
//
// It is the arsinh of half of either current over the exchange current that must be equal: that of the kinetics is straight in f, from
// a drive that the layer takes nearly all of, where f is next to nothing, to one that the kinetics take.
fn through_layer(drive: f32, c: f32, i0: f32, layer: Layer) -> Response {
    let alpha = physics.alpha;
    let undepleted = layer.film + layer.resistance;
    let start = butler_volmer_with_film(drive, i0 * pow(c, alpha), undepleted);
    if layer.depletion == 0.0 {
        let by_c = start.value * (alpha / c - start.free_slope * layer.resistance_by_c);
        return Response(start.value, start.slope, by_c / (1.0 + undepleted * start.free_slope));
    }
    let start_by_front = alpha * start.value * max(1.0 - undepleted * start.slope, 0.0) + start.slope * layer.diffusion_potential;
    let first = start.value / (1.0 + max(start_by_front * layer.depletion / c, 0.0));
    // stripping enriches the layer
    var y = ln_1p(max(-layer.depletion * first / c, -0.9));
    for (var k = 0; k < DEPLETION_ITERATIONS; k++) {
        let now = at_front(y, drive, c, i0, layer);
        let by_kinetics = arsinh(0.5 * now.rate.x);
        let by_layer = arsinh(0.5 * now.through / now.exchange);
        let rise = now.rate.y * (layer.diffusion_potential + now.resistance * now.front / layer.depletion) * by_kinetics.y;
        let fall = (now.front / layer.depletion + alpha * now.through) / now.exchange * by_layer.y;
        let next = y - 2.0 * (by_kinetics.x - by_layer.x) / (rise + fall);
        // not across zero, and not more than all of the salt
        let bounded = select(max(next, 0.5 * y), clamp(next, LEAST_LOGARITHM, 0.5 * y), y < 0.0);
        let settled = abs(bounded - y) <= SETTLED * abs(y);
        y = bounded;
        if settled { break; }
    }
    let now = at_front(y, drive, c, i0, layer);
    // what passes through the layer is known as well as y; what the kinetics ask for only where they take their part of the drive
    let slope = now.exchange * now.rate.y;
    let by_front = (alpha * now.through + slope * layer.diffusion_potential) / now.front;
    let stiffness = 1.0 + slope * now.resistance + by_front * layer.depletion;
    // c - front is what the current takes: of the diffusion potential no difference of two large terms is left
    let potential_by_c = layer.diffusion_potential * layer.depletion / (now.front * c) - now.resistance_by_c;
    let by_c = now.through * (alpha / now.front + slope * potential_by_c);
    return Response(now.through, slope / stiffness, by_c / stiffness);
}

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

const DEPLETION_ITERATIONS = 12;
// Share of the layer's concentration that is left at least.
const LEFT = 1e-6;

// i = i0 c_f^alpha bv(f), c_f = c - depletion i, f = drive - resistance i + diffusion_potential ln(c_f/c): Newton's method
// from the current of an undepleted layer.
fn through_layer(drive: f32, c: f32, i0: f32, layer: Layer) -> Response {
    let alpha = physics.alpha;
    let start = butler_volmer_with_film(drive, i0 * pow(c, alpha), layer.resistance);
    if layer.depletion == 0.0 {
        return Response(start.value, start.slope, alpha * start.value / c / (1.0 + layer.resistance * start.free_slope));
    }
    let most = (1.0 - LEFT) * c / layer.depletion;
    var response = Response(min(start.value, 0.9 * c / layer.depletion), 0.0, 0.0);
    for (var k = 0; k < DEPLETION_ITERATIONS; k++) {
        let i = response.current;
        let front = max(c - layer.depletion * i, LEFT * c);
        let f = drive - layer.resistance * i + layer.diffusion_potential * log(front / c);
        let rate = i0 * pow(front, alpha) * butler_volmer(f);
        let potential_slope = rate.y * layer.diffusion_potential;
        let by_front = (alpha * rate.x + potential_slope) / front;
        let stiffness = 1.0 + rate.y * layer.resistance + by_front * layer.depletion;
        response = Response(
            min(i - (i - rate.x) / stiffness, most),
            rate.y / stiffness,
            (by_front - potential_slope / c - rate.y * layer.resistance_by_c * i) / stiffness,
        );
    }
    return response;
}

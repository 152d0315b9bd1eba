// Logarithms as precise as their arguments: near 1 WGSL promises no more of `log` than an error of 2^-21, however small the result.

// artanh(s)/s, of q = s^2, for |s| up to 1/3.
fn artanh_over(q: f32) -> f32 {
    return 1.0 + q * (1.0 / 3.0 + q * (1.0 / 5.0 + q * (1.0 / 7.0 + q * (1.0 / 9.0 + q * (1.0 / 11.0 + q * (1.0 / 13.0 + q / 15.0))))));
}

// ln(a/b) of positive numbers.
fn log_ratio(a: f32, b: f32) -> f32 {
    if a < 2.0 * b && b < 2.0 * a {
        let s = (a - b) / (a + b);
        return 2.0 * s * artanh_over(s * s);
    }
    return log(a / b);
}

// ln(1 + x).
fn ln_1p(x: f32) -> f32 {
    if abs(x) < 0.5 || (x > 0.0 && x < 1.0) {
        let s = x / (2.0 + x);
        return 2.0 * s * artanh_over(s * s);
    }
    return log(1.0 + x);
}

//! Counter-based random numbers: an integer hash of (seed, step, cell), the same on every device and after a restart.

/// One round of the PCG-RXS-M-XS permutation on 32 bits.
fn permute(value: u32) -> u32 {
    let state = value.wrapping_mul(747_796_405).wrapping_add(2_891_336_453);
    let word = ((state >> ((state >> 28) + 4)) ^ state).wrapping_mul(277_803_737);
    (word >> 22) ^ word
}

/// A 32-bit hash of three counters; the WGSL twin is `hash` in shaders/lib/random.wgsl.
pub fn hash(seed: u32, step: u32, cell: u32) -> u32 {
    permute(cell.wrapping_add(permute(step.wrapping_add(permute(seed)))))
}

/// Uniform in (0, 1).
pub fn uniform(seed: u32, step: u32, cell: u32) -> f64 {
    (f64::from(hash(seed, step, cell)) + 0.5) / 4_294_967_296.0
}

/// Standard normal (Box-Muller on two hashes).
pub fn normal(seed: u32, step: u32, cell: u32) -> f64 {
    let radius = (-2.0 * uniform(seed, step, cell).ln()).sqrt();
    radius * (std::f64::consts::TAU * uniform(seed ^ 0x9e37_79b9, step, cell)).cos()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn moments_of_the_normal() {
        let n = 200_000u32;
        let (sum, square) = (0..n).map(|i| normal(7, 1, i)).fold((0.0, 0.0), |(s, q), x| (s + x, q + x * x));
        // standard errors: 1/sqrt(n) = 0.0022 of the mean, sqrt(2/n) = 0.0032 of the variance; four of each
        assert!((sum / f64::from(n)).abs() < 0.009);
        assert!((square / f64::from(n) - 1.0).abs() < 0.013);
    }
}

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

/// Bits set among 32, less 16: nearly normal, of mean 0, variance 8 and kurtosis 3 − 1/16. The WGSL twin is `bits_above_half` in
/// shaders/lib/random.wgsl.
pub fn bits_above_half(seed: u32, step: u32, cell: u32) -> i32 {
    hash(seed, step, cell).count_ones() as i32 - 16
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn moments_of_the_normal() {
        let n = 200_000u32;
        let bits = |seed, step, cell| f64::from(bits_above_half(seed, step, cell)) / 8f64.sqrt();
        for (draw, kurtosis) in [(&normal as &dyn Fn(u32, u32, u32) -> f64, 3.0), (&bits, 3.0 - 1.0 / 16.0)] {
            // along the cells of a step, and along the steps of a cell
            for along in [|i| [1, i], |i| [i, 1]] {
                let numbers = (0..=n).map(|i| draw(7, along(i)[0], along(i)[1])).collect::<Vec<f64>>();
                let mean = |of: &dyn Fn(&[f64]) -> f64| numbers.windows(2).map(of).sum::<f64>() / f64::from(n);
                // standard errors: 1/√n = 0.0022 of the mean and of the correlation, √(2/n) = 0.0032 of the variance, √(96/n) = 0.022
                // of the kurtosis; four of each
                assert!(mean(&|x| x[0]).abs() < 0.009);
                assert!((mean(&|x| x[0] * x[0]) - 1.0).abs() < 0.013);
                assert!(mean(&|x| x[0] * x[1]).abs() < 0.009);
                assert!((mean(&|x| x[0].powi(4)) - kurtosis).abs() < 0.088);
            }
        }
    }
}

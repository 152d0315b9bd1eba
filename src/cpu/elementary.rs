//! Exponential and logarithm without branches or calls, so that loops over them become vectors. The same digits on every
//! machine; within 2 units of the last place of the exact value, see the tests.

/// ln 2 in two parts; the first has 32 digits, so that its product with an exponent is exact.
const LN_2: [f64; 2] = [6.931_471_803_691_238e-1, 1.908_214_929_270_587_7e-10];
/// A number whose last digit is 1, large enough that adding it rounds to a whole number.
const ROUNDING: f64 = 6_755_399_441_055_744.0;
/// Largest size of an exponent.
const LARGEST: f64 = 700.0;
/// Bits of an exponent of 0.
const ONE: u64 = 1023 << 52;

/// exp(x) and exp(x) − 1, neither losing digits, for x of −700 to 700; beyond that the value at the end.
#[inline(always)]
pub fn exponentials(x: f64) -> [f64; 2] {
    let x = if x > LARGEST { LARGEST } else { x };
    let x = if x < -LARGEST { -LARGEST } else { x };
    // x = k ln 2 + r, |r| ≤ ½ ln 2
    let shifted = x * std::f64::consts::LOG2_E + ROUNDING;
    let k = shifted - ROUNDING;
    let r = (x - k * LN_2[0]) - k * LN_2[1];
    // exp(r) − 1 by its series: the term of r¹⁴ is 4e-18 of r
    const SERIES: [f64; 12] = [
        1.0 / 6_227_020_800.0,
        1.0 / 479_001_600.0,
        1.0 / 39_916_800.0,
        1.0 / 3_628_800.0,
        1.0 / 362_880.0,
        1.0 / 40_320.0,
        1.0 / 5_040.0,
        1.0 / 720.0,
        1.0 / 120.0,
        1.0 / 24.0,
        1.0 / 6.0,
        1.0 / 2.0,
    ];
    let mut sum = SERIES[0];
    for term in &SERIES[1..] {
        sum = sum * r + term;
    }
    let less_one = r + r * r * sum;
    let scale = f64::from_bits((shifted.to_bits() << 52).wrapping_add(ONE));
    [scale + scale * less_one, scale * less_one + (scale - 1.0)]
}

/// ln x of a positive normal number.
#[inline(always)]
pub fn logarithm(x: f64) -> f64 {
    // x = 2^k m, m from √½ to √2
    const LEAST: u64 = 0x3FE6_A09E_667F_3BCD;
    let bits = x.to_bits();
    let exponent = bits.wrapping_add(ONE - LEAST) >> 52;
    let m = f64::from_bits(bits.wrapping_sub(exponent << 52).wrapping_add(ONE));
    let k = f64::from_bits(exponent | 0x4330_0000_0000_0000) - (4_503_599_627_370_496.0 + 1023.0);
    // ln m = 2 artanh s, s² ≤ 0.0295: the term of s²¹ is 2e-17 of s
    const SERIES: [f64; 10] = [
        2.0 / 21.0,
        2.0 / 19.0,
        2.0 / 17.0,
        2.0 / 15.0,
        2.0 / 13.0,
        2.0 / 11.0,
        2.0 / 9.0,
        2.0 / 7.0,
        2.0 / 5.0,
        2.0 / 3.0,
    ];
    let s = (m - 1.0) / (m + 1.0);
    let square = s * s;
    let mut sum = SERIES[0];
    for term in &SERIES[1..] {
        sum = sum * square + term;
    }
    k * LN_2[0] + (2.0 * s + (s * square * sum + k * LN_2[1]))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Distance in units of the last place of `expected`.
    fn units(value: f64, expected: f64) -> f64 {
        (value - expected).abs() / (expected.abs() * f64::EPSILON)
    }

    #[test]
    fn exponentials_are_those_of_the_library() {
        for i in -40_000..40_000 {
            for x in [i as f64 * 1e-3, i as f64 * 0.0137, i as f64 * 1e-9] {
                let [exp, less_one] = exponentials(x);
                assert!(units(exp, x.exp()) <= 2.0, "{x}: {exp}");
                assert!(x == 0.0 || units(less_one, x.exp_m1()) <= 2.5, "{x}: {less_one}");
            }
        }
        assert_eq!(exponentials(0.0), [1.0, 0.0]);
        assert_eq!(exponentials(1e4), exponentials(700.0));
        assert_eq!(exponentials(-1e4), exponentials(-700.0));
        assert!(exponentials(f64::NAN)[0].is_nan());
    }

    #[test]
    fn logarithms_are_those_of_the_library() {
        for i in 1..40_000 {
            for x in [i as f64 * 1e-3, 1.0 + i as f64 * 1e-7, 1.0 - i as f64 * 1e-7, (0.01 * i as f64).exp()] {
                assert!(x == 1.0 || units(logarithm(x), x.ln()) <= 2.0, "{x}: {}", logarithm(x));
            }
        }
        assert_eq!(logarithm(1.0), 0.0);
    }
}

// Sums that a compiler may not rearrange.
//
// `rounded` is the identity, through an exclusive or with a zero that no compiler can know (`salt` is 0 or 1). What has
// passed it is rounded to f32 and stays so: it is not contracted into a fused multiply-add, which would break the mirror
// symmetry of paired sums, and its error is not simplified away, which would break the two-float sums.

fn fence() -> u32 {
    return physics.salt >> 1u;
}

fn rounded(v: f32) -> f32 {
    return bitcast<f32>(bitcast<u32>(v) ^ fence());
}

fn rounded2(v: vec2<f32>) -> vec2<f32> {
    return bitcast<vec2<f32>>(bitcast<vec2<u32>>(v) ^ vec2<u32>(fence()));
}

fn rounded3(v: vec3<f32>) -> vec3<f32> {
    return bitcast<vec3<f32>>(bitcast<vec3<u32>>(v) ^ vec3<u32>(fence()));
}

fn rounded4(v: vec4<f32>) -> vec4<f32> {
    return bitcast<vec4<f32>>(bitcast<vec4<u32>>(v) ^ vec4<u32>(fence()));
}

// Bits that are all set in what is no finite number.
const EXPONENT_BITS = 0x7f800000u;
// What a maximum tells where a cell holds no finite number.
const NOT_FINITE = 3e38;

// Whether a stored number is finite, by its bits: a compiler may take for granted that numbers are, and drop comparisons that ask.
fn is_finite(v: f32) -> bool {
    return (bitcast<u32>(v) & EXPONENT_BITS) != EXPONENT_BITS;
}

// Four numbers, each the unevaluated sum of two floats.
struct Sum {
    high: vec4<f32>,
    low: vec4<f32>,
}

// a + b; commutative to the bit.
fn add(a: Sum, b: Sum) -> Sum {
    let s = rounded4(a.high + b.high);
    let b_part = rounded4(s - a.high);
    let a_part = rounded4(s - b_part);
    let error = rounded4(a.high - a_part) + rounded4(b.high - b_part);
    let low = rounded4(rounded4(error) + rounded4(a.low + b.low));
    let high = rounded4(s + low);
    return Sum(high, rounded4(low - rounded4(high - s)));
}

fn single(value: vec4<f32>) -> Sum {
    return Sum(value, vec4<f32>(0.0));
}

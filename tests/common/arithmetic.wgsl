// Arithmetic as bad as WGSL allows, for TYPE, a number or a vector of SIZE of them: what tests/common/arithmetic.rs puts in place of
// operators and functions. BITS and BOOLS are the vectors of as many words and answers.
//
// `place` says where in the text an operation stands. Errors are counted in units in the last place (ULP) of the result.

// Whether the result of an operation comes out too large, in size. CHOICE: by its place and the bits of its operand, but for the sign,
// or always, or never.
fn larger_SIZE(operand: TYPE, place: u32) -> BOOLS {
    var hash = (bitcast<BITS>(operand) & BITS(0x7fffffffu)) ^ BITS(place * 0x9e3779b9u);
    hash = (hash ^ (hash >> BITS(15u))) * BITS(0x85ebca6bu);
    hash = (hash ^ (hash >> BITS(13u))) * BITS(0xc2b2ae35u);
    return (CHOICE) != BITS(0u);
}

// So many units in the last place farther from zero, or nearer to it; numbers that are not normal stay.
fn moved_SIZE(result: TYPE, steps: BITS, up: BOOLS) -> TYPE {
    let bits = bitcast<BITS>(result);
    let size = bits & BITS(0x7fffffffu);
    let changed = select(size - min(steps, size), size + steps, up) | (bits & BITS(0x80000000u));
    let normal = (size >= BITS(0x01000000u)) & (size < BITS(0x7f000000u));
    return bitcast<TYPE>(select(bits, changed, normal));
}

// a/b: 2.5 ULP, half of one of which is the rounding's.
fn quotient_SIZE(a: TYPE, b: TYPE, place: u32) -> TYPE {
    return moved_SIZE(a / b, BITS(2u), larger_SIZE(a, place));
}

// e^x: 3 + 2|x| ULP.
fn exponential_SIZE(x: TYPE, place: u32) -> TYPE {
    return moved_SIZE(exp(x), BITS(3.0 + 2.0 * abs(x)), larger_SIZE(x, place));
}

fn exponential_of_two_SIZE(x: TYPE, place: u32) -> TYPE {
    return moved_SIZE(exp2(x), BITS(3.0 + 2.0 * abs(x)), larger_SIZE(x, place));
}

// What is off by 2^-21 where x is in [0.5, 2], elsewhere by 3 ULP.
fn as_a_logarithm_SIZE(result: TYPE, x: TYPE, place: u32) -> TYPE {
    let up = larger_SIZE(x, place);
    let near_one = (x >= TYPE(0.5)) & (x <= TYPE(2.0));
    return select(moved_SIZE(result, BITS(3u), up), result + select(TYPE(-4.7683716e-7), TYPE(4.7683716e-7), up), near_one);
}

fn logarithm_SIZE(x: TYPE, place: u32) -> TYPE {
    return as_a_logarithm_SIZE(log(x), x, place);
}

fn logarithm_of_two_SIZE(x: TYPE, place: u32) -> TYPE {
    return as_a_logarithm_SIZE(log2(x), x, place);
}

// The root as 1/(1/sqrt(x)): 2 ULP of the reciprocal root, one of which its two roundings may have, and 2.5 of the division.
fn root_SIZE(x: TYPE, place: u32) -> TYPE {
    let up = larger_SIZE(x, place);
    let reciprocal = moved_SIZE(TYPE(1.0) / sqrt(x), BITS(1u), !up);
    return select(moved_SIZE(TYPE(1.0) / reciprocal, BITS(2u), up), TYPE(0.0), x == TYPE(0.0));
}

// x^y as 2^(y log2 x).
fn power_SIZE(x: TYPE, y: TYPE, place: u32) -> TYPE {
    return exponential_of_two_SIZE(y * logarithm_of_two_SIZE(x, place), place + 1u);
}

// A result below the smallest normal number as zero.
fn flushed_SIZE(v: TYPE) -> TYPE {
    let bits = bitcast<BITS>(v);
    return bitcast<TYPE>(select(bits, bits & BITS(0x80000000u), (bits & BITS(0x7f800000u)) == BITS(0u)));
}

// A result that is no finite number as 1.
fn definite_SIZE(v: TYPE) -> TYPE {
    let bits = bitcast<BITS>(v);
    return bitcast<TYPE>(select(bits, BITS(0x3f800000u), (bits & BITS(0x7f800000u)) == BITS(0x7f800000u)));
}

// a b in two parts: as f32 rounds it, and what that has left.
fn parts_SIZE(a: TYPE, b: TYPE) -> array<TYPE, 2> {
    let product = kept_SIZE(a * b);
    let a_high = bitcast<TYPE>(bitcast<BITS>(a) & BITS(0xfffff000u));
    let b_high = bitcast<TYPE>(bitcast<BITS>(b) & BITS(0xfffff000u));
    let a_low = kept_SIZE(a - a_high);
    let b_low = kept_SIZE(b - b_high);
    let first = kept_SIZE(kept_SIZE(a_high * b_high) - product);
    let second = kept_SIZE(first + kept_SIZE(a_high * b_low));
    let third = kept_SIZE(second + kept_SIZE(a_low * b_high));
    return array<TYPE, 2>(product, kept_SIZE(third + kept_SIZE(a_low * b_low)));
}

// What rounding leaves of a + b, of which f32 makes `sum`.
fn left_of_SIZE(a: TYPE, b: TYPE, sum: TYPE) -> TYPE {
    let b_part = kept_SIZE(sum - a);
    let a_part = kept_SIZE(sum - b_part);
    return kept_SIZE(kept_SIZE(a - a_part) + kept_SIZE(b - b_part));
}

// a b + c with one rounding, but for the last bit where that is a near thing.
fn fused_SIZE(a: TYPE, b: TYPE, c: TYPE) -> TYPE {
    let product = parts_SIZE(a, b);
    let sum = kept_SIZE(product[0] + c);
    return kept_SIZE(sum + kept_SIZE(left_of_SIZE(product[0], c, sum) + product[1]));
}

// A sum or a product that rounding took to `rounded` and that has `left` left over: that, or the other of the two numbers beside it.
fn either_SIZE(rounded: TYPE, left: TYPE, place: u32) -> TYPE {
    let other = moved_SIZE(rounded, BITS(1u), (rounded > TYPE(0.0)) == (left > TYPE(0.0)));
    return select(rounded, other, larger_SIZE(rounded, place) & (left != TYPE(0.0)));
}

fn sum_SIZE(a: TYPE, b: TYPE, place: u32) -> TYPE {
    let sum = kept_SIZE(a + b);
    return either_SIZE(sum, left_of_SIZE(a, b, sum), place);
}

fn product_SIZE(a: TYPE, b: TYPE, place: u32) -> TYPE {
    let product = parts_SIZE(a, b);
    return either_SIZE(product[0], product[1], place);
}

// The identity, which no compiler can know: see shaders/lib/precision.wgsl.
fn kept_SIZE(v: TYPE) -> TYPE {
    return bitcast<TYPE>(bitcast<BITS>(v) ^ BITS(hidden_zero()));
}

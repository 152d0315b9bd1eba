// Counter-based random numbers; the twin is src/model/random.rs, to the bit.

// One round of the PCG-RXS-M-XS permutation.
fn permute(value: u32) -> u32 {
    let state = value * 747796405u + 2891336453u;
    let word = ((state >> ((state >> 28u) + 4u)) ^ state) * 277803737u;
    return (word >> 22u) ^ word;
}

// A hash of three counters.
fn hash(seed: u32, number: u32, cell: u32) -> u32 {
    return permute(cell + permute(number + permute(seed)));
}

// Nearly a normal number of variance 8: bits set among 32, less 16.
fn bits_above_half(seed: u32, number: u32, cell: u32) -> i32 {
    return i32(countOneBits(hash(seed, number, cell))) - 16;
}

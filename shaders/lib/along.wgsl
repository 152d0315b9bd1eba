// Where `along` has what the linear solver does along its directions: for each slot the shares of older images in its own, how far the
// residual went along it, and its square.

// Directions that are kept, as in src/solver/backend.rs, and the slot of the uniform potential.
const DIRECTIONS = 6u;
const UNIFORM = 6u;
// Numbers of a slot.
const PER_SLOT = 8u;

fn share_of(slot: u32, older: u32) -> u32 {
    return PER_SLOT * slot + older;
}

fn far_of(slot: u32) -> u32 {
    return PER_SLOT * slot + DIRECTIONS;
}

fn square_of(slot: u32) -> u32 {
    return PER_SLOT * slot + DIRECTIONS + 1u;
}

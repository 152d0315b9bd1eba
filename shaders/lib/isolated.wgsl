// Pieces of lithium that are not joined to the copper, and of electrolyte that are not joined to the top of the box: their labels; and
// sums whose terms may come in any order.

// Phases whose pieces are looked for.
const LITHIUM = 0u;
const ELECTROLYTE = 1u;
// Label of a cell of another phase; 0 is that of the copper or of the top, and of all that is joined to it, others are 1 + the first
// cell.
const OTHER_PHASE = 0xffffffffu;
// The words before the rows of the table: how many pieces there are, and whether the salt of some cell is spent.
const TABLE_HEAD = 4u;
const COUNT = 0u;
const ANY_SPENT = 1u;
// What the row of a piece holds.
const TABLE_ROW = 8u;
const FIRST = 0u; // its first cell
const WAS = 1u; // 1 + the row of the piece that this cell reacted with before, or 0
const ASKED = 2u; // the first cell of the piece that had this row before
const FATE = 3u; // the label's row, 1 + it, of that cell now; or one of the two below
const VOLUME = 4u; // three words
const FATE_JOINED = 0u;
const FATE_GONE = 0xffffffffu;

fn is_lithium(w: f32, xi: f32) -> bool {
    return w > 0.5 && xi > 0.5;
}

fn is_of(phase: u32, w: f32, xi: f32) -> bool {
    return w > 0.5 && (xi > 0.5) == (phase == LITHIUM);
}

fn row_of(piece: u32) -> u32 {
    return TABLE_HEAD + TABLE_ROW * piece;
}

// v in whole multiples of 2^-64, as a two's complement of three words, the lowest first; |v| < 2^31. Every operation is exact but the
// last floor.
fn fixed_point(v: f32) -> vec3<u32> {
    let size = abs(v);
    let whole = floor(size);
    let middle = (size - whole) * 4294967296.0;
    let low = (middle - floor(middle)) * 4294967296.0;
    let words = vec3<u32>(u32(floor(low)), u32(floor(middle)), u32(whole));
    return select(words, negative(words), v < 0.0);
}

fn negative(words: vec3<u32>) -> vec3<u32> {
    let inverted = ~words;
    let low = inverted.x + 1u;
    let middle = inverted.y + select(0u, 1u, low == 0u);
    return vec3<u32>(low, middle, inverted.z + select(0u, 1u, low == 0u && middle == 0u));
}

fn floating_point(words: vec3<u32>) -> f32 {
    let is_negative = (words.z & 0x80000000u) != 0u;
    let size = select(words, negative(words), is_negative);
    let value = f32(size.z) + (f32(size.y) * 2.3283064e-10 + f32(size.x) * 5.421011e-20);
    return select(value, -value, is_negative);
}

// 1 if `old` + `added` did not fit into a word.
fn carry(old: u32, added: u32) -> u32 {
    return select(0u, 1u, old + added < old);
}

//! Sums that do not depend on the order of their terms.
//!
//! A term is cut at fixed powers of two into pieces that are whole multiples of a bin's quantum, by the rounding of
//! (v + M) − M with M = 1.5 · 2⁵² quanta. A block of pieces is added in f64 without rounding, blocks in integers: the bins
//! of a sum are a function of the set of its terms. Turned, mirrored, shifted, on any number of threads, it is the same.
//!
//! Exact for terms of at most 2¹⁶¹ ≈ 3e48 that are multiples of 2⁻¹⁵⁸ ≈ 3e-48; smaller parts of a term are rounded off,
//! each term for itself, so that the order does not matter there either. A larger term counts as infinite. The result is
//! the exact sum of the bins, rounded to f64 up to one unit in its last place.

use rayon::prelude::*;
use wide::f64x4;

use super::shape::{Cell, Shape};

/// Binary digits from one quantum to the next.
const WIDTH: i32 = 40;
/// Bins of a sum.
const BINS: usize = 8;
/// Exponent of the quantum of the highest bin; a bin takes pieces of up to 2³⁹ quanta.
const HIGHEST: i32 = 122;
/// Terms that are cut at once: 2⁸ pieces of 2³⁹ quanta fit into the 53 digits of a f64.
const BLOCK: usize = 256;
/// Terms side by side in a loop.
const LANES: usize = 4;

/// 2^`exponent`, for exponents of normal numbers.
const fn power(exponent: i32) -> f64 {
    f64::from_bits(((1023 + exponent) as u64) << 52)
}

/// Exponent of a bin's quantum, the highest first.
const fn quantum(bin: usize) -> i32 {
    HIGHEST - WIDTH * bin as i32
}

/// The bins of one sum.
#[derive(Clone, Copy)]
struct Bins {
    /// in quanta of each bin
    pieces: [i128; BINS],
    /// 0, or what is left of terms that no bin can hold: an infinity, or not a number
    beyond: f64,
}

impl Bins {
    const EMPTY: Self = Self { pieces: [0; BINS], beyond: 0.0 };

    /// Adds the terms of a block, which are lost.
    fn add(&mut self, terms: &mut [f64; BLOCK]) {
        let (mut largest, mut sum) = (f64x4::ZERO, f64x4::ZERO);
        for terms in terms.as_chunks::<LANES>().0 {
            let terms = f64x4::from(*terms);
            largest = largest.fast_max(terms.abs());
            sum += terms;
        }
        let largest = largest.to_array().into_iter().fold(0.0f64, f64::max);
        let sum: f64 = sum.to_array().iter().sum();
        if sum.is_nan() || largest > power(HIGHEST + WIDTH - 1) {
            let infinite = |v: &f64| if v.abs() > power(HIGHEST + WIDTH - 1) { v * f64::INFINITY } else { v * 0.0 };
            self.beyond += terms.iter().map(infinite).sum::<f64>();
            return;
        }
        if largest == 0.0 {
            return;
        }
        // the highest bins would take nothing of these terms
        let first = (1..BINS).find(|&bin| largest > power(quantum(bin) + WIDTH - 1)).map_or(BINS, |bin| bin) - 1;
        for bin in first..BINS {
            let (pieces, rest) = cut(terms, 1.5 * power(quantum(bin) + 52));
            // a whole number of quanta, below 2⁴⁷
            self.pieces[bin] += i128::from((pieces * power(-quantum(bin))) as i64);
            if !rest {
                return;
            }
        }
    }

    fn merged(mut self, other: &Self) -> Self {
        self.pieces.iter_mut().zip(other.pieces).for_each(|(a, b)| *a += b);
        self.beyond += other.beyond;
        self
    }

    /// The sum.
    fn value(mut self) -> f64 {
        // carries from the low to the high bins: what stays in a bin is at most half a quantum of the next
        for bin in (1..BINS).rev() {
            let carry = (self.pieces[bin] + (1 << (WIDTH - 1))) >> WIDTH;
            self.pieces[bin] -= carry << WIDTH;
            self.pieces[bin - 1] += carry;
        }
        let low_to_high = (0..BINS).rev().map(|bin| self.pieces[bin] as f64 * power(quantum(bin)));
        low_to_high.fold(0.0, |sum, part| sum + part) + self.beyond
    }
}

/// Takes from each term its multiple of `magic`'s last digit; their exact sum, and whether anything is left.
#[inline(always)]
fn cut(terms: &mut [f64; BLOCK], magic: f64) -> (f64, bool) {
    let (mut sum, mut left, magic) = (f64x4::ZERO, f64x4::ZERO, f64x4::splat(magic));
    for terms in terms.as_chunks_mut::<LANES>().0 {
        let whole = f64x4::from(*terms);
        let piece = (whole + magic) - magic;
        let rest = whole - piece;
        sum += piece;
        left |= rest;
        *terms = rest.to_array();
    }
    // a zero may have a sign
    (sum.to_array().iter().sum(), left.to_array().iter().fold(0, |all, rest| all | rest.to_bits()) << 1 != 0)
}

/// N sums or maxima that are being made, with the terms that wait to be cut.
struct Totals<const N: usize> {
    bins: [Bins; N],
    largest: [f64; N],
    waiting: [[f64; BLOCK]; N],
    count: usize,
}

impl<const N: usize> Totals<N> {
    fn new() -> Self {
        Self { bins: [Bins::EMPTY; N], largest: [f64::NEG_INFINITY; N], waiting: [[0.0; BLOCK]; N], count: 0 }
    }

    #[inline(always)]
    fn push(&mut self, maxima: usize, terms: [f64; N]) {
        for (k, term) in terms.into_iter().enumerate() {
            if k < maxima {
                self.waiting[k][self.count] = term;
            } else {
                self.largest[k] = self.largest[k].max(term);
            }
        }
        self.count += 1;
        if self.count == BLOCK {
            self.empty(maxima);
        }
    }

    fn empty(&mut self, maxima: usize) {
        for (bins, waiting) in self.bins.iter_mut().zip(&mut self.waiting).take(maxima) {
            waiting[self.count..].fill(0.0);
            bins.add(waiting);
        }
        self.count = 0;
    }
}

/// What a task hands on.
type Partial<const N: usize> = ([Bins; N], [f64; N]);

fn merged<const N: usize>(a: Partial<N>, b: Partial<N>) -> Partial<N> {
    (std::array::from_fn(|k| a.0[k].merged(&b.0[k])), std::array::from_fn(|k| a.1[k].max(b.1[k])))
}

impl Shape {
    /// Sums, and maxima from member `maxima` on, of `value(x, y, z, cell)` over all cells, the same for any order of the
    /// cells.
    pub fn sum<const N: usize>(
        &self,
        maxima: usize,
        value: impl Fn(usize, usize, usize, Cell) -> [f64; N] + Sync,
    ) -> [f64; N] {
        let over = |rows: std::ops::Range<usize>| -> Partial<N> {
            let mut totals = Totals::new();
            for index in rows {
                let (y, z) = (index % self.ny, index / self.ny);
                let row = self.row(y, z);
                for x in 0..self.nx {
                    totals.push(maxima, value(x, y, z, row.cell(x)));
                }
            }
            totals.empty(maxima);
            (totals.bins, totals.largest)
        };
        let (rows, at_once) = (self.ny * self.nz, self.rows_at_once());
        let (bins, largest) = if self.is_small() {
            over(0..rows)
        } else {
            let tasks = (0..rows.div_ceil(at_once)).into_par_iter();
            tasks
                .map(|task| over(task * at_once..((task + 1) * at_once).min(rows)))
                .reduce(|| ([Bins::EMPTY; N], [f64::NEG_INFINITY; N]), merged)
        };
        std::array::from_fn(|k| if k < maxima { bins[k].value() } else { largest[k] })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::random::uniform;

    fn sum(terms: &[f64]) -> f64 {
        let shape = Shape { nx: terms.len(), ny: 1, nz: 1 };
        shape.sum(1, |x, _, _, _| [terms[x]])[0]
    }

    /// Terms over fifty orders of magnitude, of both signs.
    fn terms(count: u32) -> Vec<f64> {
        (0..count).map(|i| (uniform(1, 0, i) - 0.5) * 10f64.powf(40.0 * uniform(1, 1, i) - 30.0)).collect()
    }

    #[test]
    fn any_order_gives_the_same_bits() {
        let mut terms = terms(20_000);
        let before = sum(&terms);
        for round in 0..5 {
            let key = |i: usize| crate::model::random::hash(2, round, i as u32);
            let mut order: Vec<usize> = (0..terms.len()).collect();
            order.sort_by_key(|&i| key(i));
            terms = order.into_iter().map(|i| terms[i]).collect();
            assert_eq!(sum(&terms).to_bits(), before.to_bits());
        }
        let negative: Vec<f64> = terms.iter().map(|t| -t).collect();
        assert_eq!(sum(&negative).to_bits(), (-before).to_bits());
    }

    #[test]
    fn what_cancels_leaves_the_rest_exactly() {
        let large = terms(3000);
        let small = 1e-25 * 3.0;
        let all: Vec<f64> = large.iter().chain(&[small]).copied().chain(large.iter().map(|t| -t)).collect();
        assert_eq!(sum(&all), small);
        assert_eq!(sum(&[1e40, 1.0, -1e40, 2f64.powi(-158)]), 1.0 + 2f64.powi(-158));
    }

    #[test]
    fn outside_the_bins() {
        assert_eq!(sum(&[2f64.powi(-160), 1.0]), 1.0);
        assert_eq!(sum(&[1e49, 1.0]), f64::INFINITY);
        assert_eq!(sum(&[-f64::INFINITY, 1.0]), f64::NEG_INFINITY);
        assert!(sum(&[1e300, -1e300, 1.0]).is_nan());
        assert!(sum(&[0.0, f64::NAN, 0.0]).is_nan());
        assert_eq!(sum(&[0.0, -0.0]), 0.0);
    }

    #[test]
    fn maxima_and_sums_side_by_side() {
        let shape = Shape { nx: 37, ny: 21, nz: 19 };
        let [sum, largest] = shape.sum(1, |x, y, z, _| [x as f64, (x * y * z) as f64]);
        assert_eq!((sum, largest), ((36 * 37 / 2 * 21 * 19) as f64, (36 * 20 * 18) as f64));
    }
}

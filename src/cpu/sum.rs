//! Sums that do not depend on the order of their terms.
//!
//! A term is cut at fixed powers of two into pieces that are whole multiples of a bin's quantum, by the rounding of
//! (v + M) − M with M = 1.5 · 2⁵² quanta. A block of pieces is added in f64 without rounding, blocks in integers: the bins
//! of a sum are a function of the set of its terms. Turned, mirrored, shifted, on any number of threads, it is the same.
//!
//! Exact for terms of at most 2¹⁶¹ ≈ 3e48 that are multiples of 2⁻¹⁵⁸ ≈ 3e-48; smaller parts of a term are rounded off,
//! each term for itself, so that the order does not matter there either. A larger term counts as infinite. The result is
//! the exact sum of the bins, rounded to f64 up to one unit in its last place.

use std::ops::Range;

use multiversion::multiversion;
use rayon::prelude::*;

use super::shape::{Cell, Fields, Shape, Strip};

/// Binary digits from one quantum to the next.
const WIDTH: i32 = 40;
/// Bins of a sum.
const BINS: usize = 8;
/// Exponent of the quantum of the highest bin; a bin takes pieces of up to 2³⁹ quanta.
const HIGHEST: i32 = 122;
/// Terms that are cut at once: 2⁸ pieces of 2³⁹ quanta fit into the 53 digits of a f64.
const BLOCK: usize = 256;
/// Terms side by side in a loop: an addition waits for the one before in its lane, so there are more lanes than a vector has.
const LANES: usize = 16;

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

    /// Adds at most [`BLOCK`] terms, which are lost.
    fn add(&mut self, terms: &mut [f64]) {
        let (largest, sum) = survey(terms);
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
        // three bins at a time: below the highest, which may hold a digit alone, two hold the rest of most terms; what a bin below the last
        // would hold is rounded off
        for high in (first..BINS).step_by(3) {
            let bins = [high, high + 1, high + 2];
            let (pieces, left) = cut(terms, bins.map(|bin| 1.5 * power(quantum(bin) + 52)));
            for (own, (bin, pieces)) in self.pieces[high..].iter_mut().zip(bins.into_iter().zip(pieces)) {
                // a whole number of quanta, below 2⁴⁷
                *own += i128::from((pieces * power(-quantum(bin))) as i64);
            }
            if !left {
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

/// The largest size of the terms, and a sum that is not a number if one of them is none.
#[multiversion(targets = "simd")]
fn survey(terms: &[f64]) -> (f64, f64) {
    let (mut largest, mut sum) = ([0.0f64; LANES], [0.0; LANES]);
    let (lanes, rest) = terms.as_chunks::<LANES>();
    for terms in lanes {
        for k in 0..LANES {
            let size = terms[k].abs();
            largest[k] = if size > largest[k] { size } else { largest[k] };
            sum[k] += terms[k];
        }
    }
    (
        rest.iter()
            .fold(0.0, |largest: f64, term| largest.max(term.abs()))
            .max(largest.into_iter().fold(0.0, f64::max)),
        rest.iter().sum::<f64>() + sum.iter().sum::<f64>(),
    )
}

/// The largest of the terms that are numbers.
#[multiversion(targets = "simd")]
fn largest(terms: &[f64]) -> f64 {
    let mut largest = [f64::NEG_INFINITY; LANES];
    let (lanes, rest) = terms.as_chunks::<LANES>();
    for terms in lanes {
        for k in 0..LANES {
            largest[k] = if terms[k] > largest[k] { terms[k] } else { largest[k] };
        }
    }
    rest.iter().chain(&largest).copied().fold(f64::NEG_INFINITY, f64::max)
}

/// Takes from each term its multiple of the last digit of the first `magic`, then of the second and the third; their exact sums, and
/// whether anything is left.
#[multiversion(targets = "simd")]
fn cut(terms: &mut [f64], magic: [f64; 3]) -> ([f64; 3], bool) {
    let (mut sums, mut left) = ([[0.0f64; LANES]; 3], [0u64; LANES]);
    let (lanes, end) = terms.as_chunks_mut::<LANES>();
    for terms in lanes {
        for k in 0..LANES {
            let mut rest = terms[k];
            for bin in 0..3 {
                let piece = (rest + magic[bin]) - magic[bin];
                sums[bin][k] += piece;
                rest -= piece;
            }
            left[k] |= rest.to_bits();
            terms[k] = rest;
        }
    }
    for term in end {
        for bin in 0..3 {
            let piece = (*term + magic[bin]) - magic[bin];
            sums[bin][0] += piece;
            *term -= piece;
        }
        left[0] |= term.to_bits();
    }
    // a zero may have a sign
    (sums.map(|sum| sum.iter().sum()), left.iter().fold(0, |all, rest| all | rest) << 1 != 0)
}

/// N sums or maxima that are being made, with room for the terms of a strip.
struct Totals<const N: usize> {
    bins: [Bins; N],
    largest: [f64; N],
    terms: [Vec<f64>; N],
}

impl<const N: usize> Totals<N> {
    fn new(strip: usize) -> Self {
        let terms = std::array::from_fn(|_| vec![0.0; strip]);
        Self { bins: [Bins::EMPTY; N], largest: [f64::NEG_INFINITY; N], terms }
    }

    /// Room for `count` terms.
    #[inline]
    fn room(&mut self, count: usize) -> [&mut [f64]; N] {
        self.terms.each_mut().map(|terms| &mut terms[..count])
    }

    /// Adds them, which are lost.
    fn add(&mut self, count: usize, maxima: usize) {
        for (k, terms) in self.terms.iter_mut().enumerate() {
            let terms = &mut terms[..count];
            if k < maxima {
                terms.chunks_mut(BLOCK).for_each(|terms| self.bins[k].add(terms));
            } else {
                self.largest[k] = self.largest[k].max(largest(terms));
            }
        }
    }
}

/// What a task hands on.
type Partial<const N: usize> = ([Bins; N], [f64; N]);

fn merged<const N: usize>(a: Partial<N>, b: Partial<N>) -> Partial<N> {
    (std::array::from_fn(|k| a.0[k].merged(&b.0[k])), std::array::from_fn(|k| a.1[k].max(b.1[k])))
}

impl Shape {
    /// Sums, and maxima from member `maxima` on, over all cells, the same for any order of the cells; `terms(scratch, strip, out)`
    /// writes the terms of a strip.
    pub fn sum_strips<S: Send, const N: usize>(
        &self,
        maxima: usize,
        scratch: impl Fn() -> S + Sync,
        terms: impl Fn(&mut S, Strip, [&mut [f64]; N]) + Sync,
    ) -> [f64; N] {
        self.strips_and_sums((), maxima, scratch, |scratch, strip, (), out| terms(scratch, strip, out))
    }

    /// Sums, whatever the order, the terms that `fill(scratch, strip, out, terms)` computes beside the strips of the fields `out`.
    pub fn strips_and_sums<F: Fields, S: Send, const N: usize>(
        &self,
        out: F,
        maxima: usize,
        scratch: impl Fn() -> S + Sync,
        fill: impl Fn(&mut S, Strip, F, [&mut [f64]; N]) + Sync,
    ) -> [f64; N] {
        let begin = || (scratch(), Totals::new(self.strip_cells()));
        let over = |(mut scratch, mut totals): (S, Totals<N>), (rows, mut out): (Range<usize>, F)| {
            for strip in self.strips_of(rows) {
                fill(&mut scratch, strip, out.split(strip.len()), totals.room(strip.len()));
                totals.add(strip.len(), maxima);
            }
            (scratch, totals)
        };
        let partial = |(_, totals): (S, Totals<N>)| -> Partial<N> { (totals.bins, totals.largest) };
        let (bins, largest) = if self.is_small() {
            partial(over(begin(), (0..self.ny * self.nz, out)))
        } else {
            let none = || ([Bins::EMPTY; N], [f64::NEG_INFINITY; N]);
            self.shares(out).into_par_iter().fold(begin, over).map(partial).reduce(none, merged)
        };
        std::array::from_fn(|k| if k < maxima { bins[k].value() } else { largest[k] })
    }

    /// Sums `value(x, y, z, cell)` over all cells, whatever their order.
    pub fn sum<const N: usize>(
        &self,
        maxima: usize,
        value: impl Fn(usize, usize, usize, Cell) -> [f64; N] + Sync,
    ) -> [f64; N] {
        self.sum_strips(
            maxima,
            || (),
            |(), strip, mut out| {
                for (start, row) in (0..).step_by(self.nx).zip(strip.rows()) {
                    for x in 0..self.nx {
                        let terms: [f64; N] = value(x, row.y, row.z, row.cell(x));
                        out.iter_mut().zip(terms).for_each(|(out, term)| out[start + x] = term);
                    }
                }
            },
        )
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

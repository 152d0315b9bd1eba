//! One or eight numbers at a time: the preconditioner's rows are written once for both.

use std::ops::{Add, Div, Mul, Sub};

use wide::f32x8;

/// One `f32`, or eight neighbours along x.
pub trait Lanes: Copy + Add<Output = Self> + Sub<Output = Self> + Mul<Output = Self> + Div<Output = Self> {
    /// how many
    const COUNT: usize;
    /// the same number in all
    fn splat(v: f32) -> Self;
    /// those from element `at` on
    fn load(from: &[f32], at: usize) -> Self;
    /// writes them from element `at` on
    fn store(self, to: &mut [f32], at: usize);
    /// the larger of each pair
    fn larger(self, other: Self) -> Self;
}

impl Lanes for f32 {
    const COUNT: usize = 1;
    #[inline(always)]
    fn splat(v: f32) -> Self {
        v
    }
    #[inline(always)]
    fn load(from: &[f32], at: usize) -> Self {
        from[at]
    }
    #[inline(always)]
    fn store(self, to: &mut [f32], at: usize) {
        to[at] = self;
    }
    #[inline(always)]
    fn larger(self, other: Self) -> Self {
        self.max(other)
    }
}

impl Lanes for f32x8 {
    const COUNT: usize = 8;
    #[inline(always)]
    fn splat(v: f32) -> Self {
        f32x8::splat(v)
    }
    #[inline(always)]
    fn load(from: &[f32], at: usize) -> Self {
        let mut lanes = [0.0; 8];
        lanes.copy_from_slice(&from[at..at + 8]);
        f32x8::new(lanes)
    }
    #[inline(always)]
    fn store(self, to: &mut [f32], at: usize) {
        to[at..at + 8].copy_from_slice(&self.to_array());
    }
    #[inline(always)]
    fn larger(self, other: Self) -> Self {
        self.max(other)
    }
}

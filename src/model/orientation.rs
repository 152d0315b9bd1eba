//! Orientations of crystals in the box, and those that the grains of a deposit have.
//!
//! Grains are numbered: the nucleus that appears as the k-th of a run begins grain k, and lithium that was there from the start is grain 0.

use std::f64::consts::{FRAC_PI_2, TAU};

use super::random::{normal, uniform};

/// Rows of the rotation that takes directions of the box to those of a crystal.
pub type Rotation = [[f64; 3]; 3];

/// Orientations that are drawn: those of as many nuclei, then they come again.
pub const DRAWN: u32 = 4096;

/// Largest number of a grain, exact in single precision; nuclei beyond begin anew from 1.
pub const LARGEST_NUMBER: u64 = 1 << 24;

/// Number of the grain that a nucleus begins before which so many have appeared.
pub fn grain_of_nucleus(before: u64) -> u32 {
    (before % LARGEST_NUMBER) as u32 + 1
}

/// Rotation of a crystal whose Bunge Euler angles are φ₁, Φ, φ₂ \[rad\].
pub fn rotation([phi_1, phi, phi_2]: [f64; 3]) -> Rotation {
    let ([s1, c1], [s, c], [s2, c2]) = (sin_cos(phi_1), sin_cos(phi), sin_cos(phi_2));
    [
        [c1 * c2 - s1 * s2 * c, s1 * c2 + c1 * s2 * c, s2 * s],
        [-c1 * s2 - s1 * c2 * c, -s1 * s2 + c1 * c2 * c, c2 * s],
        [s1 * s, -c1 * s, c],
    ]
}

/// Bunge's Euler angles φ₁, Φ, φ₂ of a rotation, φ₁ and φ₂ from 0 to 2π \[rad\].
pub fn angles(r: &Rotation) -> [f64; 3] {
    let phi = r[2][2].clamp(-1.0, 1.0).acos();
    let full = |y: f64, x: f64| {
        let angle = y.atan2(x).rem_euclid(TAU);
        // a remainder that rounds up to the whole
        if angle < TAU { angle } else { 0.0 }
    };
    match r[2][0].hypot(r[2][1]) > 1e-9 {
        true => [full(r[2][0], -r[2][1]), phi, full(r[0][2], r[1][2])],
        // about z alone: only the sum or the difference of the other two is known
        false => [full(r[0][1], r[0][0]), phi, 0.0],
    }
}

/// Sine and cosine, exact at multiples of 90°.
fn sin_cos(angle: f64) -> [f64; 2] {
    let quarters = angle / FRAC_PI_2;
    if (quarters - quarters.round()).abs() < 1e-12 {
        return [[0.0, 1.0], [1.0, 0.0], [0.0, -1.0], [-1.0, 0.0]][quarters.round().rem_euclid(4.0) as usize];
    }
    [angle.sin(), angle.cos()]
}

/// A direction of the box in the frame of a crystal.
pub fn into_frame(rotation: &Rotation, n: [f64; 3]) -> [f64; 3] {
    rotation.map(|row| dot(row, n))
}

/// Component along an axis of the box of a vector in the frame of a crystal.
pub fn along_axis(rotation: &Rotation, vector: [f64; 3], axis: usize) -> f64 {
    dot(rotation.map(|row| row[axis]), vector)
}

/// Scalar product; sums run so that exchanging the first two axes changes no bit.
pub fn dot(a: [f64; 3], b: [f64; 3]) -> f64 {
    (a[0] * b[0] + a[1] * b[1]) + a[2] * b[2]
}

/// Vector product.
pub fn cross(a: [f64; 3], b: [f64; 3]) -> [f64; 3] {
    [a[1] * b[2] - a[2] * b[1], a[2] * b[0] - a[0] * b[2], a[0] * b[1] - a[1] * b[0]]
}

/// Vector of length 1 along another.
pub fn unit(v: [f64; 3]) -> [f64; 3] {
    let length = dot(v, v).sqrt();
    v.map(|v| v / length)
}

/// The `number`-th rotation of a sequence in which all are as likely (Shoemake's uniform quaternions).
pub fn uniform_rotation(seed: u32, number: u32) -> Rotation {
    let [a, b, c] = [0, 1, 2].map(|which| uniform(seed ^ OF_GRAINS, which, number));
    let ([s1, c1], [s2, c2]) = ([(TAU * b).sin(), (TAU * b).cos()], [(TAU * c).sin(), (TAU * c).cos()]);
    let (r1, r2) = ((1.0 - a).sqrt(), a.sqrt());
    let [x, y, z, w] = [r1 * s1, r1 * c1, r2 * s2, r2 * c2];
    [
        [1.0 - 2.0 * (y * y + z * z), 2.0 * (x * y - z * w), 2.0 * (x * z + y * w)],
        [2.0 * (x * y + z * w), 1.0 - 2.0 * (x * x + z * z), 2.0 * (y * z - x * w)],
        [2.0 * (x * z - y * w), 2.0 * (y * z + x * w), 1.0 - 2.0 * (x * x + y * y)],
    ]
}

/// The `number`-th rotation of a sequence with the crystal's direction `axis` along z, but for angles about x and about y with the standard
/// deviation `spread` \[rad\]; about the axis all are as likely.
pub fn fibre_rotation(axis: [f64; 3], spread: f64, seed: u32, number: u32) -> Rotation {
    let seed = seed ^ OF_GRAINS;
    let [x, y] = [3, 4].map(|which| spread * normal(seed, which, number));
    let tilt = x.hypot(y);
    // where the axis points in the box
    let direction = match tilt > 0.0 {
        true => [x / tilt * tilt.sin(), y / tilt * tilt.sin(), tilt.cos()],
        false => [0.0, 0.0, 1.0],
    };
    let (own, of_box) = (frame(unit(axis)), frame(direction));
    let turn = TAU * uniform(seed, 5, number);
    let (sine, cosine) = turn.sin_cos();
    let turned = [
        std::array::from_fn(|i| cosine * own[0][i] + sine * own[1][i]),
        std::array::from_fn(|i| cosine * own[1][i] - sine * own[0][i]),
        own[2],
    ];
    std::array::from_fn(|i| std::array::from_fn(|j| (0..3).map(|k| turned[k][i] * of_box[k][j]).sum()))
}

/// Keeps the draws of orientations apart from those of nucleation with the same seed.
const OF_GRAINS: u32 = 0x6b43_a9b5;

/// Right-handed axes of which the third is `n`.
pub fn frame(n: [f64; 3]) -> [[f64; 3]; 3] {
    let least = (0..3).min_by(|&a, &b| n[a].abs().total_cmp(&n[b].abs())).unwrap_or(0);
    let mut axis = [0.0; 3];
    axis[least] = 1.0;
    let first = unit(cross(axis, n));
    [first, cross(n, first), n]
}

/// Orientations of all grains.
#[derive(Clone, Debug, PartialEq)]
pub struct Orientations {
    /// that of grain 0, then those of the others, which come again
    rotations: Vec<Rotation>,
}

impl Orientations {
    /// Of lithium that was there from the start, and of nuclei in the order in which they appear, again from the first after the last.
    pub fn new(start: Rotation, of_nuclei: impl IntoIterator<Item = Rotation>) -> Self {
        Self { rotations: std::iter::once(start).chain(of_nuclei).collect() }
    }

    /// That of a grain.
    pub fn of(&self, grain: u32) -> &Rotation {
        let others = (self.rotations.len() - 1) as u32;
        &self.rotations[if grain == 0 || others == 0 { 0 } else { (1 + (grain - 1) % others) as usize }]
    }

    /// That of grain 0, then those of the others before they come again.
    pub fn rotations(&self) -> &[Rotation] {
        &self.rotations
    }
}

/// Families of directions that a texture is told of, with the directions of each up to the sign.
pub const FAMILIES: [&[[f64; 3]]; 3] = [
    &[[1.0, 0.0, 0.0], [0.0, 1.0, 0.0], [0.0, 0.0, 1.0]],
    &[[1.0, 1.0, 0.0], [1.0, -1.0, 0.0], [1.0, 0.0, 1.0], [1.0, 0.0, -1.0], [0.0, 1.0, 1.0], [0.0, 1.0, -1.0]],
    &[[1.0, 1.0, 1.0], [1.0, 1.0, -1.0], [1.0, -1.0, 1.0], [-1.0, 1.0, 1.0]],
];

/// Half angle of the cone around the vertical that counts for a texture \[rad\].
pub const CONE: f64 = 15.0 * TAU / 360.0;

/// Whether a direction of each of [`FAMILIES`] lies in the [`CONE`] around the vertical.
pub fn near_vertical(rotation: &Rotation) -> [bool; 3] {
    let vertical = into_frame(rotation, [0.0, 0.0, 1.0]);
    FAMILIES.map(|family| family.iter().any(|&direction| dot(unit(direction), vertical).abs() > CONE.cos()))
}

/// Chance of [`near_vertical`] where all orientations are as likely: the cones of a family don't overlap.
pub fn chance_near_vertical() -> [f64; 3] {
    FAMILIES.map(|family| family.len() as f64 * (1.0 - CONE.cos()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn is_rotation(r: &Rotation) {
        for (i, a) in r.iter().enumerate() {
            for (j, b) in r.iter().enumerate() {
                assert!((dot(*a, *b) - f64::from(u8::from(i == j))).abs() < 1e-14, "{r:?}");
            }
        }
        assert!((dot(cross(r[0], r[1]), r[2]) - 1.0).abs() < 1e-14, "{r:?}");
    }

    #[test]
    fn angles_turn_the_crystal() {
        assert_eq!(rotation([0.0; 3]), [[1.0, 0.0, 0.0], [0.0, 1.0, 0.0], [0.0, 0.0, 1.0]]);
        // a quarter about z: the crystal's first axis lies along y
        assert_eq!(into_frame(&rotation([FRAC_PI_2, 0.0, 0.0]), [0.0, 1.0, 0.0]), [1.0, 0.0, 0.0]);
        let r = rotation([0.3, 0.8, -1.1]);
        is_rotation(&r);
        let n = unit([0.2, -0.7, 0.4]);
        let back: [f64; 3] = std::array::from_fn(|axis| along_axis(&r, into_frame(&r, n), axis));
        assert!(back.iter().zip(n).all(|(a, b)| (a - b).abs() < 1e-14));
    }

    #[test]
    fn angles_come_back() {
        for given in [[0.3, 0.8, 1.1], [4.0, 2.9, 6.2], [1.0, 0.0, 0.0], [0.0; 3], [2.0, FRAC_PI_2, 0.0]] {
            let found = angles(&rotation(given));
            assert!(found.iter().zip(given).all(|(a, b)| (a - b).abs() < 1e-9), "{given:?}: {found:?}");
        }
    }

    /// χ² of counts against equal chances, over its degrees of freedom: 1 ± √(2/f).
    fn chi_squared(counts: &[u32]) -> f64 {
        let mean = f64::from(counts.iter().sum::<u32>()) / counts.len() as f64;
        counts.iter().map(|&n| (f64::from(n) - mean).powi(2) / mean).sum::<f64>() / (counts.len() - 1) as f64
    }

    /// Where every axis of the crystal points and how it is turned about it: equally often everywhere, for the 500 nuclei of a run and for all.
    /// The bounds are those that chance exceeds once in a hundred: χ²(0.99; f)/f.
    #[test]
    fn uniform_rotations_are_uniform() {
        const MOST: f64 = 36.19 / 19.0;
        for (seed, count) in [(0, 500), (7, 500), (1, DRAWN)] {
            // twenty classes each: f = 19
            let (mut heights, mut azimuths, mut turns) = ([0; 20], [0; 20], [0; 20]);
            for number in 0..count {
                let r = uniform_rotation(seed, number);
                is_rotation(&r);
                let [x, y, z] = r[0];
                heights[((z + 1.0) * 10.0).clamp(0.0, 19.0) as usize] += 1;
                azimuths[(y.atan2(x).rem_euclid(TAU) / TAU * 20.0).min(19.0) as usize] += 1;
                let turn = r[1][2].atan2(r[2][2]).rem_euclid(TAU) / TAU;
                turns[(turn * 20.0).min(19.0) as usize] += 1;
            }
            let [a, b, c] = [&heights, &azimuths, &turns].map(|counts| chi_squared(&counts[..]));
            assert!(a < MOST && b < MOST && c < MOST, "seed {seed}, {count}: {a} {b} {c}");
        }
    }

    #[test]
    fn a_random_texture_has_the_chances_of_its_cones() {
        let mut met = [0.0; 3];
        for number in 0..20_000 {
            let near = near_vertical(&uniform_rotation(3, number));
            met.iter_mut().zip(near).for_each(|(met, near)| *met += f64::from(u8::from(near)) / 20_000.0);
        }
        for (met, chance) in met.into_iter().zip(chance_near_vertical()) {
            // four standard errors
            let error = (chance * (1.0 - chance) / 20_000.0f64).sqrt();
            assert!((met - chance).abs() < 4.0 * error, "{met}, not {chance}");
        }
    }

    #[test]
    fn fibres_hold_their_axis_and_spread() {
        let axis = [1.0, 1.0, 0.0];
        for number in 0..50 {
            let exact = fibre_rotation(axis, 0.0, 2, number);
            is_rotation(&exact);
            let along = into_frame(&exact, [0.0, 0.0, 1.0]);
            assert!(dot(along, unit(axis)) > 1.0 - 1e-14, "{along:?}");
            assert!(near_vertical(&exact)[1]);
        }
        // ⟨tilt²⟩ = 2 spread², of 4000: ± 1/√4000
        let tilt = |number| {
            let r = fibre_rotation(axis, 0.1, 2, number);
            is_rotation(&r);
            dot(into_frame(&r, [0.0, 0.0, 1.0]), unit(axis)).acos().powi(2)
        };
        let mean = (0..4000).map(tilt).sum::<f64>() / 4000.0;
        assert!((mean / 0.02 - 1.0).abs() < 4.0 / 4000.0f64.sqrt(), "{mean}");
    }

    #[test]
    fn orientations_come_again() {
        let all = Orientations::new(rotation([0.0; 3]), (0..3).map(|k| uniform_rotation(0, k)));
        assert_eq!(all.of(0), &rotation([0.0; 3]));
        assert_eq!([all.of(1), all.of(3), all.of(4)], [0, 2, 0].map(|k| &all.rotations()[k + 1]));
        let one = Orientations::new(rotation([0.1; 3]), []);
        assert_eq!(one.of(17), one.of(0));
        assert_eq!((grain_of_nucleus(0), grain_of_nucleus((1 << 24) - 1), grain_of_nucleus(1 << 24)), (1, 1 << 24, 1));
    }
}

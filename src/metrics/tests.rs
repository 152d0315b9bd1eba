//! Shapes whose morphology is known, as tanh profiles with ℓ = dx, lengths in cells of 0.25 µm.

use crate::model::keys::defaults;
use std::f64::consts::{PI, SQRT_2, TAU};

use super::*;
use crate::model::electrolyte::{Electrolyte, Solvent};
use crate::model::parameters::Kinetics;
use crate::model::random::normal;

const DX: f64 = 0.25e-6;
const EC_EMC: Electrolyte = Electrolyte::Landesfeind { solvent: Solvent::EcEmc };

struct Shape {
    grid: Grid,
    copper: Vec<f64>,
    accessible: Vec<f32>,
    xi: Vec<f32>,
    delta: Vec<f32>,
    curvature: Vec<f32>,
    current: Vec<f32>,
    copper_area: Vec<f32>,
    c: Option<Vec<f32>>,
    kinetics: Kinetics,
}

fn profile(distance: f64) -> f64 {
    0.5 * (1.0 + (0.5 * distance).tanh())
}

impl Shape {
    /// Flat copper of height `copper` under the lithium whose signed distance (> 0 inside) is `distance`(centre of a
    /// cell), everything in cells; the current density is 10 A/m².
    fn new(cells: [usize; 3], copper: f64, distance: impl Fn([f64; 3]) -> f64) -> Self {
        let grid = Grid { nx: cells[0], ny: cells[1], nz: cells[2], dx: DX };
        let centre = |i: usize| {
            let (x, y, z) = (i % grid.nx, i / grid.nx % grid.ny, i / (grid.nx * grid.ny));
            [x as f64 + 0.5, y as f64 + 0.5, z as f64 + 0.5]
        };
        let w = |i: usize| profile(centre(i)[2] - copper);
        let xi = |i: usize| profile(distance(centre(i)));
        // |∇q| = 1 for a distance; the shapes that are none are not asked for their area
        let delta = |i: usize| w(i) * xi(i) * (1.0 - xi(i)) / DX;
        let field = |value: &dyn Fn(usize) -> f64| (0..grid.cells()).map(|i| value(i) as f32).collect::<Vec<f32>>();
        Self {
            copper: vec![copper * DX; grid.nx * grid.ny],
            accessible: field(&w),
            xi: field(&xi),
            delta: field(&delta),
            curvature: field(&|_| 0.0),
            current: field(&|_| 10.0),
            copper_area: field(&|i| w(i) * (1.0 - w(i)) / DX),
            c: None,
            kinetics: Kinetics { i0: 10.0, gamma: 0.5, ..defaults() },
            grid,
        }
    }

    fn deposit(&self) -> Deposit<'_> {
        Deposit {
            grid: &self.grid,
            ell: DX,
            copper: &self.copper,
            accessible: &self.accessible,
            xi: &self.xi,
            delta: &self.delta,
            curvature: &self.curvature,
            current: &self.current,
            copper_area: &self.copper_area,
            c: self.c.as_deref(),
            film: None,
            grains: None,
            contact: None,
            medium: Medium { electrolyte: &EC_EMC, kinetics: &self.kinetics, c0: 1000.0, temperature: 298.15 },
            smallest_piece: 33,
        }
    }

    fn measure(&self) -> Metrics {
        measure(&self.deposit())
    }
}

/// Signed distance to a ball in a box that is periodic in x and y.
fn ball(cells: [usize; 3], centre: [f64; 3], radius: f64) -> impl Fn([f64; 3]) -> f64 {
    move |p| {
        let gap = |axis: usize| {
            let d = (p[axis] - centre[axis]).abs();
            if axis == 2 { d } else { d.min(cells[axis] as f64 - d) }
        };
        radius - (gap(0).powi(2) + gap(1).powi(2) + gap(2).powi(2)).sqrt()
    }
}

fn close(value: f64, exact: f64, tolerance: f64) {
    assert!((value - exact).abs() <= tolerance * exact.abs(), "{value} is not {exact} within {tolerance}");
}

#[test]
fn flat_layer() {
    let m = Shape::new([24, 20, 48], 6.0, |p| 26.3 - p[2]).measure();
    // the midpoint rule on tanh profiles with ℓ = dx is good to 1e-6; ln(1 + e⁻⁶) = 0.0025 cells of the profile lie below
    // the box; interpolating tanh linearly moves a surface by at most 0.01 cell
    close(m.thickness, 20.3 * DX, 1.3e-4);
    close(m.mean_height, 20.3 * DX, 0.01 / 20.3);
    assert!(m.porosity.abs() < 0.01 / 20.3 && m.void_fraction == 0.0);
    close(m.lithium_charge, 20.3 * DX / 4.850e-6, 1e-3);
    close(m.developed_area, 1.0, 1e-5);
    close(m.specific_surface, 1.0 / (20.3 * DX), 1.4e-4);
    close(m.covered, 1.0, 1e-5);
    close(m.tip_height, m.max_height, 1e-12);
    close(m.tip_ratio, 1.0, 1e-5);
    close(m.tip_speed, 1.347e-9, 1e-3);
    assert!(m.s_q < 1e-12 && m.current_variation < 1e-6 && (m.current_peak - 1.0).abs() < 1e-6);
    assert!(m.skewness.is_nan() && m.dominant_wavelength.is_nan() && m.correlation_length.is_nan());
    assert!(m.tip_radius.is_nan() && m.nucleus_distance.is_nan());
    assert_eq!([m.pieces, m.joined_pieces, m.dead_fraction, m.trapped], [1.0, 1.0, 0.0, 0.0]);
    assert!(m.dead_fraction.is_sign_positive());
    close(m.nuclei * 24.0 * 20.0 * DX * DX, 1.0, 1e-12);
}

#[test]
fn bare_copper_has_no_numbers_that_it_should_not_have() {
    let m = Shape::new([16, 1, 16], 4.0, |_| f64::NEG_INFINITY).measure();
    let zeros = [m.thickness, m.lithium_charge, m.mean_height, m.max_height, m.height_99, m.s_q, m.s_a, m.s_z];
    assert_eq!(zeros, [0.0; 8]);
    assert_eq!([m.developed_area, m.covered, m.nuclei, m.pieces, m.joined_pieces, m.trapped], [0.0; 6]);
    let undefined = [
        m.porosity,
        m.void_fraction,
        m.specific_surface,
        m.nucleus_radius,
        m.nucleus_distance,
        m.tip_height,
        m.tip_radius,
    ];
    assert!(undefined.iter().all(|value| value.is_nan()));
    let undefined = [m.tip_speed, m.tip_ratio, m.current_variation, m.current_peak, m.dead_fraction];
    assert!(undefined.iter().all(|value| value.is_nan()));
}

#[test]
fn hemispherical_caps() {
    let cells = [64, 64, 32];
    let (r, copper) = (10.0, 4.0);
    let places = [[2.0, 20.0], [34.0, 20.0], [2.0, 52.0], [34.0, 52.0]];
    let balls: Vec<_> = places.iter().map(|p| ball(cells, [p[0], p[1], copper], r)).collect();
    let mut shape = Shape::new(cells, copper, |p| balls.iter().map(|ball| ball(p)).fold(f64::MIN, f64::max));
    // level sets are concentric: K = 2/distance from the nearest centre
    let nearest = |p: [f64; 3]| r - balls.iter().map(|ball| ball(p)).fold(f64::MIN, f64::max);
    shape.curvature = (0..shape.grid.cells())
        .map(|i| (2.0 / nearest([(i % 64) as f64 + 0.5, (i / 64 % 64) as f64 + 0.5, (i / 4096) as f64 + 0.5])) as f32)
        .map(|k| k / DX as f32)
        .collect();
    let m = shape.measure();
    let box_area = 64.0 * 64.0;
    // a diffuse ball holds R³(1 + π²(ℓ/R)²) of lithium: 10 % more at R = 10 ℓ
    let diffuse = 1.0 + PI * PI / (r * r);
    close(m.thickness, 4.0 * TAU / 3.0 * r.powi(3) * diffuse / box_area * DX, 0.01);
    // and R²(1 + π²/3 (ℓ/R)²) of area
    close(m.developed_area, 4.0 * TAU * r * r * (1.0 + PI * PI / (3.0 * r * r)) / box_area, 0.01);
    close(m.covered, 4.0 * PI * r * r * (1.0 + PI * PI / (3.0 * r * r)) / box_area, 0.05);
    // the four cells around the axis lie 0.7 cells beside it: 0.7²/2R = 0.025 cells lower
    close(m.max_height, r * DX, 0.005);
    close(m.tip_height, r * DX, 0.005);
    close(m.tip_radius, r * DX, 0.01);
    close(m.nuclei, 4.0 / (box_area * DX * DX), 1e-12);
    // 316 columns have their centre within 10 cells of a corner of cells; the circle has 314.2
    close(m.nucleus_radius, r * DX, 0.02);
    close(m.nucleus_distance, 32.0 * DX, 1e-9);
    assert_eq!([m.pieces, m.joined_pieces, m.dead_fraction, m.trapped], [4.0, 4.0, 0.0, 0.0]);
    assert_eq!(topology::topology(&shape.deposit()).pieces.len(), 4);
}

#[test]
fn smallest_nucleus_is_seen() {
    // 2.5 ℓ, the smallest that is placed: w ξ barely passes ½ in it, ξ does
    let cells = [16, 16, 16];
    let m = Shape::new(cells, 4.0, ball(cells, [8.5, 8.5, 4.0], 2.5)).measure();
    assert_eq!([m.pieces, m.joined_pieces], [1.0, 1.0]);
    close(m.nuclei, 1.0 / (256.0 * DX * DX), 1e-12);
    close(m.max_height, 2.5 * DX, 0.01);
}

#[test]
fn sinusoidal_layer() {
    for ny in [1, 40] {
        // 3 waves of amplitude 2 along 96 cells; not quite a distance, but ξ = ½ lies where it should
        let m = Shape::new([96, ny, 48], 6.0, |p| 26.0 + 2.0 * (TAU * p[0] / 32.0).sin() - p[2]).measure();
        // interpolation places a surface within 0.01 cell: 0.5 % of the amplitude
        close(m.s_q, 2.0 / SQRT_2 * DX, 0.005);
        close(m.s_a, 4.0 / PI * DX, 0.005);
        // the crest falls between two cell centres: cos(π/32) = 0.995
        close(m.s_z, 4.0 * DX, 0.01);
        close(m.mean_height, 20.0 * DX, 0.001);
        close(m.kurtosis, 1.5, 0.01);
        assert!(m.skewness.abs() < 0.01 && m.porosity.abs() < 0.001);
        // interpolation errors put 1e-5 of the power elsewhere
        close(m.dominant_wavelength, 32.0 * DX, 1e-3);
        if ny == 1 {
            // cos(2πr/λ) = 1/e; a cosine interpolated linearly over a cell of λ/32 is off by at most (2π/32)²/8 = 0.5 %
            close(m.correlation_length, (-1.0f64).exp().acos() / TAU * 32.0 * DX, 0.01);
        }
    }
}

#[test]
fn floating_ball_is_dead() {
    let cells = [32, 32, 48];
    let floating = ball(cells, [1.0, 31.0, 30.0], 7.0);
    let shape = Shape::new(cells, 6.0, |p| floating(p).max(12.0 - p[2]));
    let m = shape.measure();
    assert_eq!([m.pieces, m.joined_pieces, m.trapped], [2.0, 1.0, 0.0]);
    // counting the cells of a ball of radius 7 is good to 2 %
    let volume = 2.0 * TAU / 3.0 * 343.0;
    close(m.dead_fraction, volume / (volume + 6.0 * 1024.0), 0.02);
    let pieces = topology::topology(&shape.deposit()).pieces;
    close(pieces[0].volume, 6.0 * 1024.0 * DX.powi(3), 1e-12);
    close(m.tip_height, 31.0 * DX, 0.005);
}

#[test]
fn closed_void_is_trapped() {
    let cells = [32, 32, 48];
    let void = ball(cells, [0.5, 0.5, 18.0], 6.0);
    let m = Shape::new(cells, 6.0, |p| (30.0 - p[2]).min(-void(p))).measure();
    let volume = 2.0 * TAU / 3.0 * 216.0;
    // counting cells, as above
    close(m.trapped, volume / (volume + 18.0 * 1024.0), 0.03);
    assert_eq!([m.pieces, m.joined_pieces], [1.0, 1.0]);
    // a diffuse ball is larger by 1 + π²(ℓ/R)²; the layer's height is good to 0.01 cell of 24, against 1.15 of void
    close(m.void_fraction, volume / (24.0 * 1024.0), 0.03);
    close(m.porosity, volume * (1.0 + PI * PI / 36.0) / (24.0 * 1024.0), 0.012);
}

#[test]
fn a_piece_across_both_sides_of_the_box_is_one() {
    let cells = [24, 20, 32];
    let m = Shape::new(cells, 4.0, ball(cells, [0.0, 0.0, 4.0], 6.0)).measure();
    assert_eq!([m.pieces, m.joined_pieces], [1.0, 1.0]);
    close(m.nuclei * 24.0 * 20.0 * DX * DX, 1.0, 1e-12);
    // a rod across the box in x, floating, joined with itself through the side
    let rod = |p: [f64; 3]| 4.0 - ((p[1] - 10.0).powi(2) + (p[2] - 16.0).powi(2)).sqrt();
    let m = Shape::new(cells, 4.0, rod).measure();
    assert_eq!([m.pieces, m.joined_pieces, m.dead_fraction, m.nuclei], [1.0, 0.0, 1.0, 0.0]);
}

#[test]
fn two_dimensional_caps() {
    let m = Shape::new([64, 1, 32], 4.0, |p| {
        let d = (p[0] - 20.0).hypot(p[2] - 4.0).min((p[0] - 44.0).hypot(p[2] - 4.0));
        8.0 - d
    })
    .measure();
    close(m.nuclei, 2.0 / (64.0 * DX * DX), 1e-12);
    // a width of whole cells: half a cell either way
    close(m.nucleus_radius, 8.0 * DX, 0.07);
    // nearest through the box, 24 cells, not through its side, 40
    close(m.nucleus_distance, 24.0 * DX, 1e-9);
    // two half circles with centres on the copper: 2 · πR/64; the profiles' tails are cut where they meet and below
    close(m.developed_area, TAU * 8.0 / 64.0, 0.02);
    assert_eq!([m.pieces, m.dead_fraction], [2.0, 0.0]);
}

#[test]
fn spectrum_of_white_noise_is_flat() {
    let grid = Grid { nx: 256, ny: 256, nz: 1, dx: DX };
    let heights: Vec<f64> = (0..256 * 256).map(|i| normal(11, 0, i) * 1e-7).collect();
    let rings = spectrum::radial(&grid, &heights);
    // a ring of m modes has m/2 independent ones, each exponentially distributed: relative error √(2/m), four of them
    for (k, ring) in rings.iter().enumerate().skip(20).take(100) {
        let tolerance = 4.0 * (2.0 / (TAU * (k + 1) as f64)).sqrt();
        close(ring.density, 1e-14 * DX * DX, tolerance);
    }
    let variance: f64 = rings.iter().map(|ring| ring.variance).sum();
    close(variance, roughness::roughness(&grid, &heights).s_q.powi(2), 1e-9);
    // neighbours know nothing of each other: the correlation falls from 1 to 0 over the first cell
    assert!(spectrum::scales(&grid, &heights).correlation_length < DX);
}

#[test]
fn percentile_and_moments_of_a_ramp() {
    let grid = Grid { nx: 1000, ny: 1, nz: 1, dx: DX };
    let heights: Vec<f64> = (1..=1000).map(|i| f64::from(i) * DX).collect();
    let r = roughness::roughness(&grid, &heights);
    close(r.percentile_99, 990.0 * DX, 1e-12);
    close(r.s_q, 1000.0 / 12f64.sqrt() * DX, 1e-6);
    close(r.kurtosis, 1.8, 1e-5);
}

#[test]
fn uneven_current() {
    // half of the area at 5 A/m², half at 15: mean 10, standard deviation 5
    let mut shape = Shape::new([32, 4, 32], 4.0, |p| 16.0 - p[2]);
    for (i, current) in shape.current.iter_mut().enumerate() {
        *current = if i % 32 < 16 { 5.0 } else { 15.0 };
    }
    let m = shape.measure();
    close(m.current_variation, 0.5, 1e-6);
    close(m.current_peak, 1.5, 1e-6);
    shape.current.iter_mut().for_each(|current| *current = -*current);
    let stripping = shape.measure();
    close(stripping.current_variation, 0.5, 1e-6);
    close(stripping.current_peak, 1.5, 1e-6);
    // area that does not react is no surface
    shape.current.iter_mut().skip(3).step_by(7).for_each(|current| *current = 0.0);
    let scarred = shape.measure();
    close(scarred.current_variation, 0.5, 2e-2);
    close(scarred.current_peak, 1.5, 2e-2);
}

#[test]
fn the_salt_at_the_lithium_and_what_kinetics_level() {
    let cells = [24, 24, 32];
    let height = 12.0;
    let mut shape = Shape::new(cells, 4.0, |p| height - p[2]);
    assert!(shape.measure().front_kinetic_length.is_nan(), "the salt is not known");
    // rising from a tenth of c0 at the front, less below it; a cell inside the metal has none
    let plane = 24 * 24;
    let c = |i: usize| 0.1 + 0.02 * ((i / plane) as f64 + 0.5 - height);
    shape.c = Some((0..shape.grid.cells()).map(|i| c(i) as f32).collect());
    let m = shape.measure();
    close(m.tip_c, 0.1, 0.01);
    // the last cell with ξ < 0.8 lies half a cell below the front: 0.622
    close(m.lowest_c, 0.09, 1e-5);
    let medium = shape.deposit().medium;
    close(m.tip_kinetic_length, 1.0 / medium.wave_number(m.tip_c, 10.0, 0.0), 1e-9);
    // cells in front of it weigh as much as those behind, but for those with ξ > 0.8
    assert!(m.front_kinetic_length > m.tip_kinetic_length && m.front_kinetic_length < 1.3 * m.tip_kinetic_length);
    close(m.tip_over_mean, 1.0, 1e-6);
    assert!(m.tip_over_kinetic.is_nan() && m.relief_over_kinetic.is_nan());
    shape.curvature.fill(1e6);
    let sharp = shape.measure();
    close(sharp.tip_over_kinetic, 2e-6 / m.tip_kinetic_length, 1e-9);
    shape.current.fill(-10.0);
    let stripping = shape.measure();
    assert!(stripping.tip_kinetic_length.is_nan() && stripping.front_kinetic_length.is_nan());
    assert_eq!(stripping.tip_c, m.tip_c);
}

#[test]
fn area_fraction_along_z() {
    let shape = Shape::new([8, 8, 32], 4.0, |p| 16.0 - p[2]);
    let fraction = deposit::area_fraction(&shape.deposit());
    assert_eq!(fraction.len(), 32);
    close(fraction[10], 1.0, 0.01);
    // ln(1 + e⁻⁴) = 0.018 cells lie below the box
    close(fraction.iter().sum::<f64>(), 12.0, 1.6e-3);
}

#[test]
fn columns_name_every_member() {
    let m = Shape::new([8, 8, 16], 4.0, |p| 10.0 - p[2]).measure();
    assert_eq!(Metrics::COLUMNS.len(), m.to_array().len());
    assert_eq!((Metrics::COLUMNS[0].name, Metrics::COLUMNS[0].unit), ("thickness", "m"));
    assert_eq!(m.to_array()[0], m.thickness);
    let json = serde_json::to_value(m).expect("a flat struct");
    assert!(json["thickness"].is_number() && json["skewness"].is_null());
}

#[test]
fn numbers_do_not_depend_on_threads() {
    let cells = [48, 40, 32];
    let one = ball(cells, [10.3, 7.7, 4.0], 7.3);
    let shape = Shape::new(cells, 4.0, |p| one(p).max(6.0 + (0.3 * p[0]).sin() - p[2]));
    let on = |threads: usize| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().expect("a thread pool");
        pool.install(|| shape.measure()).to_array().map(f64::to_bits)
    };
    assert_eq!(on(1), on(2));
    assert_eq!(on(1), on(5));
}

/// Signed distance to a parabola or a paraboloid of the tip radius `radius` that points along `axis`, by Newton's method on its closest
/// point; lengths in cells.
fn paraboloid(tip: [f64; 3], axis: [f64; 3], radius: f64) -> impl Fn([f64; 3]) -> f64 {
    move |p| {
        let from: [f64; 3] = std::array::from_fn(|k| p[k] - tip[k]);
        let along = (0..3).map(|k| from[k] * axis[k]).sum::<f64>();
        let across = (0..3).map(|k| (from[k] - along * axis[k]).powi(2)).sum::<f64>().sqrt();
        // the curve is h = −u²/2r: the foot u of a point solves u + u³/2r² + u h/r − d = 0
        let mut foot = across.min(radius);
        for _ in 0..100 {
            let value = foot + foot.powi(3) / (2.0 * radius * radius) + foot * along / radius - across;
            let slope = 1.0 + 1.5 * (foot / radius).powi(2) + along / radius;
            foot = (foot - value / slope.max(0.3)).max(0.0);
        }
        let height = -foot * foot / (2.0 * radius);
        let distance = (across - foot).hypot(along - height);
        if along < -across * across / (2.0 * radius) { distance } else { -distance }
    }
}

/// The tip of the only arm.
fn only_tip(shape: &Shape) -> tips::ArmTip {
    let deposit = shape.deposit();
    let found = arms::arms(&deposit, 4.0);
    assert_eq!((found.all.len(), found.branches), (1, 0), "{found:?}");
    tips::tips(&deposit, &found.all)[0]
}

/// The surface is known to a hundredth of a cell, of which the sharper tip has fewer.
#[test]
fn a_tip_has_its_radius_at_any_angle() {
    let boxes =
        [([96, 1, 96], 10.0, 0.01), ([96, 1, 96], 5.0, 0.04), ([64, 64, 64], 10.0, 0.02), ([48, 48, 48], 5.0, 0.04)];
    for (cells, radius, most) in boxes {
        let is_plane = cells[1] == 1;
        for angle in [0.0f64, 17.0, 45.0] {
            let (sine, cosine) = angle.to_radians().sin_cos();
            let axis = if is_plane { [sine, 0.0, cosine] } else { [sine * 0.6, -sine * 0.8, cosine] };
            let vertex = [0.5 * cells[0] as f64 + 0.3, 0.5 * cells[1] as f64, 0.62 * cells[2] as f64 + 0.2];
            let tip = only_tip(&Shape::new(cells, 4.0, paraboloid(vertex, axis, radius)));
            let turned = tip.direction.iter().zip(axis).map(|(a, b)| a * b).sum::<f64>().acos().to_degrees();
            let off = tip.place.iter().zip(vertex).map(|(a, b)| (a / DX - b).powi(2)).sum::<f64>().sqrt();
            println!("{cells:?}, {angle}°: {:.3} of {radius} dx, off by {off:.2} dx and {turned:.2}°", tip.radius / DX);
            close(tip.radius, radius * DX, most);
            assert!(off < 0.5 && turned < 3.0, "{off} {turned}");
            close(tip.current, 10.0, 1e-6);
        }
    }
}

#[test]
fn a_ball_on_a_stalk_has_a_tip_of_its_radius() {
    let ball = ball([64, 64, 64], [32.2, 31.7, 40.0], 9.0);
    let stalk = |p: [f64; 3]| 4.0 - (p[0] - 32.2).hypot(p[1] - 31.7);
    let shape = Shape::new([64, 64, 64], 4.0, |p| if p[2] < 40.0 { ball(p).max(stalk(p)) } else { ball(p) });
    let tip = only_tip(&shape);
    close(tip.radius, 9.0 * DX, 0.02);
    assert!(tip.direction[2] > 0.9, "{tip:?}");
}

/// A wall of a quarter of the box, 12 cells high, on copper of 4: a quarter of each plane is full, and the salt is that of the rest.
#[test]
fn planes_are_filled_as_far_as_the_lithium_goes() {
    let mut wall = Shape::new([32, 4, 30], 4.0, |[x, _, z]| (4.0 - (x - 16.0).abs()).min(16.0 - z));
    wall.c = Some(wall.xi.iter().map(|xi| if *xi > 0.5 { 7.0 } else { 0.4 }).collect());
    let planes = filling::filling(&wall.deposit());
    assert!((planes[0].z / (4.5 * DX) - 1.0).abs() < 1e-12 && planes.len() == 26, "{planes:?}");
    for plane in planes {
        let cells = plane.z / DX;
        if (6.0..12.0).contains(&cells) {
            assert!((plane.filled - 0.25).abs() < 0.01, "{plane:?}");
        } else if cells > 24.0 {
            assert!(plane.filled < 1e-3 && (plane.c - 0.4).abs() < 0.01, "{plane:?}");
        }
    }
}

//! Does the GPU compute what the page says? Every operator against its f64 twin, on smooth, random and cruel fields.
//!
//! The inputs are f32 numbers, the same for both. A tolerance is relative to the largest value of the field and holds for any arithmetic that
//! WGSL allows (docs/arithmetic.md): 1 ULP is up to 1.2e-7 of a value, half of it the rounding's; a division errs by 2.5 ULP or 3e-7, a root by 3.5 or
//! 4.2e-7, `exp` by 3 + 2|x|, `log` by 3 or, in [0.5, 2], by 4.8e-7, and q, which is not made of that there, by 2.5 of the division.

#![cfg(feature = "gpu")]

mod common;

use common::arithmetic::{self, Arithmetic};
use common::{cpu, everything, gpu, setup};
use liplate::cpu::Cpu;
use liplate::gpu::Gpu;
use liplate::model::electrolyte::Electrolyte;
use liplate::model::nucleation::Cap;
use liplate::model::parameters::*;
use liplate::model::profile::fraction;
use liplate::model::random::uniform;
use liplate::model::scales::{Above, Scales};
use liplate::solver::backend::{Backend, DIRECTIONS, Field, Firing, State, Vector};
use liplate::solver::multigrid::{Levels, SWEEPS, v_cycle, v_cycle_with, weights};
use liplate::solver::step::Problem;
use liplate::verify::devices::{LITHIUM, SALT};

/// The fields of a test.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Kind {
    /// a wavy deposit, potential and salt
    Smooth,
    /// every cell at random
    Random,
    /// blocks of exactly 0 and 1 with sharp walls, salt nearly gone, jumps of the potential
    Cruel,
}

/// Of the cases, those that are tried with other arithmetic: small ones, one of each kind of fields.
const FEW: [usize; 3] = [3, 5, 6];

/// Grids, physics and fields that are tried: whole and odd sizes, a plane, a column; every kind of top.
fn cases() -> Vec<(String, Setup, Kind)> {
    let sized = |nx, ny, nz| {
        let mut s = everything(16);
        (s.grid.nx, s.grid.ny, s.grid.nz) = (nx, ny, nz);
        s
    };
    let cathode = |mut s: Setup| {
        s.top.salt = Salt::Cathode;
        s
    };
    let potentiostatic = |mut s: Setup| {
        s.top.control = Control::Potential(-0.05);
        s
    };
    let under_column = |mut s: Setup| {
        s.top.column = Some(1e-4);
        s
    };
    let separated = |mut s: Setup| {
        s.separator = Some(Separator { bottom: 2e-6, thickness: 0.75e-6, porosity: 0.4, macmullin: 8.0 });
        s.kinetics.heterogeneity = Some(Heterogeneity { spread: 0.5, correlation_length: 1e-6, seed: 5 });
        s
    };
    let solid = |mut s: Setup| {
        s.electrolyte = Electrolyte::SingleIon { kappa: 0.05 };
        s
    };
    [
        ("16 x 16 x 16", sized(16, 16, 16), Kind::Smooth),
        ("20 x 18 x 16, cathode", cathode(sized(20, 18, 16)), Kind::Random),
        ("13 x 7 x 9, separator", separated(sized(13, 7, 9)), Kind::Smooth),
        ("13 x 7 x 9, potentiostatic", potentiostatic(sized(13, 7, 9)), Kind::Cruel),
        ("24 x 1 x 17, cathode, potentiostatic", potentiostatic(cathode(sized(24, 1, 17))), Kind::Random),
        ("13 x 7 x 9, column", under_column(cathode(sized(13, 7, 9))), Kind::Smooth),
        ("13 x 7 x 9, column, potentiostatic", under_column(potentiostatic(sized(13, 7, 9))), Kind::Random),
        ("1 x 5 x 33, solid", solid(sized(1, 5, 33)), Kind::Smooth),
        ("16 x 16 x 16, cruel", sized(16, 16, 16), Kind::Cruel),
        ("1 x 1 x 40", sized(1, 1, 40), Kind::Smooth),
    ]
    .into_iter()
    .enumerate()
    .filter(|(k, _)| !arithmetic::is_other() || FEW.contains(k))
    .map(|(_, (name, setup, kind))| (format!("{name}, {kind:?}"), setup, kind))
    .collect()
}

/// Fields of a kind, rounded to f32.
fn fields(s: &Setup, kind: Kind, seed: u32) -> State {
    let grid = &s.grid;
    let single = |v: f64| f64::from(v as f32);
    let mut state = State::at_rest(vec![], vec![], vec![], vec![]);
    for z in 0..grid.nz {
        for y in 0..grid.ny {
            for x in 0..grid.nx {
                let i = grid.index(x, y, z) as u32;
                let random = |k: u32| uniform(seed, k, i);
                let turn = |cell: usize, n: usize| std::f64::consts::TAU * (cell as f64 + 0.5) / n as f64;
                let wave = (turn(x, grid.nx).sin() + turn(y, grid.ny).cos()) / 2.0;
                let (xi, phi, c) = match kind {
                    Kind::Smooth => {
                        let distance = 8.0 + 1.5 * wave - (z as f64 + 0.5);
                        let height = z as f64 / grid.nz as f64;
                        (1.0 / (1.0 + (-distance).exp()), 0.1 * wave + 0.05 * height, 0.3 * (height - 0.5) + 0.1 * wave)
                    }
                    Kind::Random => (random(0), random(1) - 0.5, 1.5 * random(2) - 0.8),
                    Kind::Cruel => {
                        let block = (x / 3 + y / 2 + z / 4) % 3;
                        let xi = [0.0, 1.0, if random(0) < 0.5 { 1e-7 } else { 0.5 }][block];
                        (xi, 4.0 * (random(1) - 0.5).signum(), if block == 0 { -1.0 + 4e-3 * random(2) } else { 1.0 })
                    }
                };
                state.xi.push(single(xi));
                state.phi.push(single(phi));
                // without a salt equation c is at rest
                state.c.push(if s.electrolyte.has_salt() { single(c) } else { 0.0 });
                state.current.push(single(1e-4 * (random(3) - 0.3)));
            }
        }
    }
    State::at_rest(state.xi, state.phi, state.c, state.current)
}

/// Both backends, with old and new fields of a kind and the constants of a step of 0.1 s around 50 mV.
fn both(s: &Setup, kind: Kind) -> Option<(Gpu, Cpu)> {
    let mut gpu = gpu(s)?;
    let (mut cpu, _) = cpu(s);
    let (old, new) = (fields(s, kind, 1), fields(s, kind, 2));
    let scales = Scales::new(s);
    let step = scales.step(s, s.top.control, 0.1, 0.05, 0.01);
    // as resistant as some cells, which no kernel may leave out
    let above =
        Above { concentration: 900.0, salt_resistance: 3e3, potential: 0.01, potential_by_c: -1e-4, resistance: 2e-6 };
    let step = if s.top.column.is_some() { scales.step_under(&above, step) } else { step };
    prepare(&mut gpu, &old, &new, &step);
    prepare(&mut cpu, &old, &new, &step);
    Some((gpu, cpu))
}

fn prepare<B: Backend>(b: &mut B, old: &State, new: &State, step: &liplate::model::uniforms::StepUniforms) {
    b.load(old).unwrap();
    b.begin_step(0.0);
    b.load(&State { phi_before: old.phi.clone(), c_before: old.c.clone(), ..new.clone() }).unwrap();
    b.set_step(step);
    b.interface(0.0);
}

/// Largest difference over the largest value.
fn distance(gpu: &[f64], cpu: &[f64]) -> f64 {
    over(gpu, cpu, largest(cpu))
}

fn largest(v: &[f64]) -> f64 {
    v.iter().fold(0.0f64, |m, v| m.max(v.abs()))
}

/// Largest difference over a scale.
fn over(gpu: &[f64], cpu: &[f64], scale: f64) -> f64 {
    assert_eq!(gpu.len(), cpu.len());
    assert!(gpu.iter().all(|v| v.is_finite()), "not finite");
    let difference = gpu.iter().zip(cpu).fold(0.0f64, |m, (a, b)| m.max((a - b).abs()));
    if scale > 0.0 { difference / scale } else { difference }
}

fn close(case: &str, what: &str, gpu: &[f64], cpu: &[f64], tolerance: f64) {
    within(case, what, distance(gpu, cpu), tolerance);
}

fn within(case: &str, what: &str, distance: f64, tolerance: f64) {
    println!("{what:<20} {distance:8.1e} of {tolerance:.0e}   {case}");
    assert!(distance <= tolerance, "{what}, {case}: {distance:e} > {tolerance:e}");
}

fn field<B: Backend + ?Sized>(b: &mut B, field: Field) -> Vec<f64> {
    b.field(field).unwrap().into_iter().map(f64::from).collect()
}

fn close_field(case: &str, gpu: &mut Gpu, cpu: &mut Cpu, which: Field, tolerance: f64) {
    close(case, &format!("{which:?}"), &field(gpu, which), &field(cpu, which), tolerance);
}

fn close_vector(case: &str, what: &str, gpu: &mut Gpu, cpu: &mut Cpu, which: Vector, tolerance: f64) {
    let (gpu, cpu) = (gpu.vector(which).unwrap(), cpu.vector(which).unwrap());
    for (k, name) in ["charge", "salt"].into_iter().enumerate() {
        close(case, &format!("{what} {name}"), &part(&gpu, k), &part(&cpu, k), tolerance);
    }
}

/// The charge or the salt component.
fn part(v: &[[f64; 2]], k: usize) -> Vec<f64> {
    v.iter().map(|pair| pair[k]).collect()
}

/// distance, interface_shape.
#[test]
fn interface() {
    for (case, s, kind) in cases() {
        let Some((mut gpu, mut cpu)) = both(&s, kind) else { return };
        // a logarithm that is 8 to 13.8 at most: 3 ULP of 9.5e-7, the quotient's 3e-7, a rounding of 4.8e-7, over 8
        close_field(&case, &mut gpu, &mut cpu, Field::Distance, 5e-7);
        // two logarithms of up to 2 where the area is large, each off by 3 ULP of 1.2e-7 and the quotient's 3e-7, half of it over |grad q| of 1/2
        // and more: 1.3e-6. A root, 4.2e-7, and a division, 3e-7
        close_field(&case, &mut gpu, &mut cpu, Field::Delta, 2e-6);
        // where the area vanishes the curvature has no meaning: compared as it is used, times the area. Normals amplify the
        // logarithms' error of 7e-7 by 1/|grad q|, which random fields make small somewhere: 0.1 on two of six faces
        let weighted = |b: &mut dyn FnMut(Field) -> Vec<f64>| {
            let (curvature, delta) = (b(Field::Curvature), b(Field::Delta));
            curvature.iter().zip(&delta).map(|(c, d)| c * d).collect::<Vec<f64>>()
        };
        let of_gpu = weighted(&mut |f| field(&mut gpu, f));
        let of_cpu = weighted(&mut |f| field(&mut cpu, f));
        close(&case, "Curvature x Delta", &of_gpu, &of_cpu, 2e-5);
    }
}

/// predict, distance and interface_shape of a front that moves, by up to the bound on it, and transport around it.
#[test]
fn interface_in_the_middle_of_a_step() {
    for (case, s, kind) in cases() {
        let Some((mut gpu, mut cpu)) = both(&s, kind) else { return };
        // currents of up to 7e-5 before, |grad q|/ell of 1 to 3
        gpu.interface(5e3);
        cpu.interface(5e3);
        let ell = f64::from(Scales::new(&s).physics(&s).ell);
        let lithium = |q: Vec<f64>| q.into_iter().map(|q| fraction(q, ell)).collect::<Vec<f64>>();
        let (of_gpu, of_cpu) = (lithium(field(&mut gpu, Field::Distance)), lithium(field(&mut cpu, Field::Distance)));
        // an exponential good to 3 + 2 ULP, 6e-7, and three roundings, 1.8e-7, times xi_mid(1 - xi_mid), 1/4 at most; a division of 2.5 ULP, times
        // xi_mid, below 1, where an ULP is 6e-8 to 1.2e-7; a logarithm and back
        close(&case, "xi_mid", &of_gpu, &of_cpu, 7e-7);
        // an error of xi_mid is one of q over xi_mid(1 - xi_mid), as small as it is next door: what is left of the area's own factor
        let profile: Vec<f64> = of_cpu.iter().map(|xi| xi * (1.0 - xi)).collect();
        let contrast = contrast(&s, &profile);
        let weighted = |b: &mut dyn FnMut(Field) -> Vec<f64>| {
            let (curvature, delta) = (b(Field::Curvature), b(Field::Delta));
            let area: Vec<f64> = delta.iter().zip(&contrast).map(|(d, contrast)| d / contrast).collect();
            let bent: Vec<f64> = curvature.iter().zip(&area).map(|(c, area)| c * area).collect();
            [area, bent]
        };
        let [area, bent] = weighted(&mut |f| field(&mut gpu, f));
        let [area_cpu, bent_cpu] = weighted(&mut |f| field(&mut cpu, f));
        // 7e-7 of q as above and 1.1e-6 of xi_mid, half of both over |grad q|, twice; the root and the division
        close(&case, "Delta / contrast", &area, &area_cpu, 5e-6);
        close(&case, "Curvature x Delta / contrast", &bent, &bent_cpu, 2e-5);
        gpu.linearise();
        cpu.linearise();
        // as good as xi_mid
        for property in [Field::Kappa, Field::KappaD, Field::Diffusivity] {
            close_field(&case, &mut gpu, &mut cpu, property, 1e-6);
        }
    }
}

/// Largest ratio of a field in each cell to that of a cell around it, whose q its curvature looks at.
fn contrast(s: &Setup, profile: &[f64]) -> Vec<f64> {
    let n = [s.grid.nx, s.grid.ny, s.grid.nz];
    let near = |at: usize, n: usize| [(at + n - 1) % n, at, (at + 1) % n];
    let cells = (0..n[2]).flat_map(|z| (0..n[1]).flat_map(move |y| (0..n[0]).map(move |x| [x, y, z])));
    let around = |[x, y, z]: [usize; 3]| {
        let heights = [z.saturating_sub(1), z, (z + 1).min(n[2] - 1)];
        let rows = heights.into_iter().flat_map(|z| near(y, n[1]).map(|y| (y, z)));
        rows.flat_map(|(y, z)| near(x, n[0]).map(|x| profile[s.grid.index(x, y, z)])).fold(f64::MAX, f64::min)
    };
    cells.zip(profile).map(|(cell, own)| own / around(cell)).collect()
}

/// Current and slopes.
///
/// Of exponents to about 10 and of ratios c to the 1/1000, `exp` is off by 20 ULP, 2.4e-6, and the power by 13 and 5e-7 of its logarithm, 2e-6.
/// The probe is as well placed as q/|∇q|: where reactions are large, |q| is 3 or less and |∇q| about 1, by 2e-6 cells, over which random
/// potentials change by as much, twice, and the kinetics by half of it in its exponent. Together 7e-6. The slope in c divides once more by what the
/// layer leaves of c. Of cruel fields the probe is up to 28 cells away, with |∇q| down to ½: 28 times 7e-6 of |∇q|, times jumps of the potential of 4, of which
/// a half stands in the exponent.
fn close_rates(case: &str, kind: Kind, gpu: &mut Gpu, cpu: &mut Cpu) {
    for (rate, bound) in [(Field::Current, 1e-5), (Field::SlopePhi, 1e-5), (Field::SlopeC, 2e-5)] {
        close_field(case, gpu, cpu, rate, if kind == Kind::Cruel { 5e-4 } else { bound });
    }
}

/// bare, transport, kinetics, equations.
#[test]
fn linearise() {
    for (case, s, kind) in cases() {
        let Some((mut gpu, mut cpu)) = both(&s, kind) else { return };
        gpu.linearise();
        cpu.linearise();
        // the place in a table of 1023 intervals is good to 1e-4 of one, over which a property changes by 1e-2 at most
        for property in [Field::Kappa, Field::KappaD, Field::Diffusivity, Field::Transference] {
            close_field(&case, &mut gpu, &mut cpu, property, 1e-6);
        }
        close_rates(&case, kind, &mut gpu, &mut cpu);
        // terms of conduction and storage, good to a few roundings, and the reaction's, which are small beside them; their largest sets the scale
        let worse = if kind == Kind::Cruel { 50.0 } else { 1.0 };
        close_vector(&case, "Residual", &mut gpu, &mut cpu, Vector::Residual, 3e-6 * worse);
    }
}

/// pack: both devices have the same coefficients of the preconditioner, but where a number stands between two of 16 bits, and from here
/// on the CPU those of the GPU.
///
/// A number of 16 bits is 2⁻⁸ to 2⁻⁷ from the next. Numbers that agree to 1e-5, as the slopes do, stand on two sides of a boundary in 1e-5/2⁻⁸ of all cases:
/// with seven numbers in a cell in 2 % of the cells. Of cruel fields, which agree to 5e-4, it may be any.
fn agree_on_coefficients(case: &str, kind: Kind, gpu: &mut Gpu, cpu: &mut Cpu) {
    gpu.linearise();
    cpu.linearise();
    gpu.coarsen();
    cpu.coarsen();
    let [of_gpu, of_cpu] = [gpu.preconditioner_bits().unwrap(), cpu.preconditioner_bits()];
    let value = |bits: u16| f64::from(f32::from_bits(u32::from(bits) << 16));
    let mut other = 0;
    for k in 0..7 {
        let scale = of_cpu.iter().map(|bits| value(bits[k]).abs()).fold(0.0, f64::max);
        // of a single ion the CPU keeps the potential's alone
        if scale == 0.0 {
            continue;
        }
        for (gpu, cpu) in of_gpu.iter().zip(&of_cpu) {
            let (gpu, cpu) = (value(gpu[k]), value(cpu[k]));
            other += usize::from(gpu != cpu);
            let bound = cpu.abs() / 128.0 + if kind == Kind::Cruel { 5e-4 } else { 1e-5 } * scale;
            assert!((gpu - cpu).abs() <= bound, "coefficient {k}, {case}: {gpu} {cpu} of {scale}");
        }
    }
    let share = other as f64 / of_gpu.len() as f64;
    within(case, "cells with others", share, if kind == Kind::Cruel { 1.0 } else { 0.02 });
    cpu.take_preconditioner_bits(&of_gpu);
}

/// equations, smooth_first: fast stripping where there is hardly any salt, which falls as c rises by more than diffusion in a cell brings.
#[test]
fn stripping_into_salt() {
    let mut s = everything(8);
    (s.kinetics.i0, s.kinetics.film) = (300.0, 0.0);
    let Some((mut gpu, mut cpu)) = both(&s, Kind::Random) else { return };
    let random = fields(&s, Kind::Random, 2);
    let c = random.c.iter().map(|c| f64::from((2e-3 * (1.0 + 0.1 * c) - 1.0) as f32)).collect();
    let state = State { phi: vec![-10.0; random.c.len()], c, ..random };
    fn swept<B: Backend>(b: &mut B) {
        b.smooth_first(0, 1.0);
        b.apply(0);
    }
    gpu.load(&state).unwrap();
    cpu.load(&state).unwrap();
    let case = "8 x 8 x 8, stripping";
    agree_on_coefficients(case, Kind::Cruel, &mut gpu, &mut cpu);
    swept(&mut gpu);
    swept(&mut cpu);
    let [by_c, delta, diffusivity, transference] =
        [Field::SlopeC, Field::Delta, Field::Diffusivity, Field::Transference].map(|which| field(&mut cpu, which));
    let share = |i: usize| (1.0 - transference[i]) * by_c[i] * delta[i] / diffusivity[i];
    assert!((0..delta.len()).filter(|&i| share(i) < -1.1).count() > 20);
    // what is read at the probe is a mean of numbers near -1, rounded by 6e-8 twice: 6e-5 of what it is above -1
    close_field(case, &mut gpu, &mut cpu, Field::Current, 6e-5);
    close_field(case, &mut gpu, &mut cpu, Field::SlopeC, 6e-5);
    // the residual, so good, over a diagonal of which the bounded term leaves two thirds; coupled to the charge by kappa_d
    close_vector(case, "a sweep", &mut gpu, &mut cpu, Vector::Direction(0), 3e-4);
}

/// equations, total: each sum against the sum of magnitudes that it is made of.
#[test]
fn balance() {
    for (case, s, kind) in cases() {
        let Some((mut gpu, mut cpu)) = both(&s, kind) else { return };
        gpu.linearise();
        cpu.linearise();
        let (g, c) = (gpu.balance().unwrap(), cpu.balance().unwrap());
        let cells = s.grid.cells() as f64;
        // sums of terms good to 5e-6 of the largest residual (see above); squares double that. The rate of nucleation is exp(-b^2), where b is a
        // quotient: 2(3e-7) b^2 of its argument and 3 + 2 b^2 ULP, b^2 up to 30 where it counts
        let charge = (cells * c.residual_phi).sqrt();
        for (name, gpu, cpu, scale) in [
            ("residual_phi", g.residual_phi, c.residual_phi, c.residual_phi),
            ("residual_c", g.residual_c, c.residual_c, c.residual_c),
            ("scale_phi", g.scale_phi, c.scale_phi, c.scale_phi),
            ("scale_c", g.scale_c, c.scale_c, c.scale_c),
            ("imbalance", g.imbalance, c.imbalance, charge),
            ("reaction", g.reaction, c.reaction, c.reaction.abs().max((cells * c.scale_phi).sqrt())),
            ("double_layer", g.double_layer, c.double_layer, c.double_layer.abs().max(charge)),
            ("top_current", g.top_current, c.top_current, c.top_current.abs()),
            ("top_salt", g.top_salt, c.top_salt, c.top_salt.abs()),
            ("salt_sink", g.salt_sink, c.salt_sink, c.salt_sink.abs().max((cells * c.scale_phi).sqrt())),
            ("salt", g.salt, c.salt, c.salt),
            ("top_weight", g.top_weight, c.top_weight, c.top_weight),
            ("top_potential", g.top_potential, c.top_potential, c.top_weight),
            ("nucleation_rate", g.nucleation_rate, c.nucleation_rate, c.nucleation_rate),
            ("largest_current", g.largest_current, c.largest_current, c.largest_current),
            ("concentration_change", g.concentration_change, c.concentration_change, c.concentration_change),
            ("largest_slope", g.largest_slope, c.largest_slope, c.largest_slope),
        ] {
            let scale = if scale > 0.0 { scale } else { 1.0 };
            let bound = if name == "nucleation_rate" { 3e-5 } else { 1e-5 };
            close(&case, name, &[1.0 + gpu / scale], &[1.0 + cpu / scale], bound);
        }
    }
}

/// pack, coarsen, smooth_first, smooth_next, restrict_defect, prolong, apply, on the finest level and as a cycle; with that coarsen_lower and
/// cycle_lower, to which the GPU leaves the lower levels.
#[test]
fn hierarchy() {
    for (case, s, kind) in cases() {
        let Some((mut gpu, mut cpu)) = both(&s, kind) else { return };
        assert!(1 < gpu.levels() && gpu.levels() < cpu.levels());
        agree_on_coefficients(&case, kind, &mut gpu, &mut cpu);
        fn relaxed<B: Backend>(b: &mut B) {
            b.smooth_first(0, weights::<SWEEPS>()[0]);
            b.smooth(0, weights::<SWEEPS>()[1]);
            b.apply(0);
        }
        relaxed(&mut gpu);
        relaxed(&mut cpu);
        // f32 on both: the residual's error, through blocks whose determinants nearly cancel where there is hardly any salt;
        // the image is a difference of neighbours that agree to a tenth after two sweeps of smooth fields, and of the cell
        // and its probe, which do not agree better: twice a tenth. The slopes are part of the blocks, good to 1e-5
        let worse = if kind == Kind::Cruel { 50.0 } else { 1.0 };
        close_vector(
            &case,
            "two sweeps",
            &mut gpu,
            &mut cpu,
            Vector::Direction(0),
            if worse > 1.0 { 5e-4 } else { 2e-5 },
        );
        close_vector(&case, "image", &mut gpu, &mut cpu, Vector::Image(0), 2e-4 * worse);
        for sweeps in [&weights::<1>()[..], &weights::<2>(), &weights::<SWEEPS>()] {
            v_cycle_with(&mut gpu, sweeps);
            v_cycle_with(&mut cpu, sweeps);
            gpu.apply(1);
            cpu.apply(1);
            // up to six sweeps on each level; the coarsest divides the sum of the residual, which nearly cancels, by the sum of
            // the slopes: what rounding leaves of the sum goes to the constant
            let name = format!("V-cycle of {} sweeps", sweeps.len());
            close_vector(&case, &name, &mut gpu, &mut cpu, Vector::Direction(1), 1e-3 * worse);
        }
        gpu.start_uniform();
        cpu.start_uniform();
        // local derivatives: the slopes, good to 1e-5, and the area, to 2e-6
        let bound = if worse > 1.0 { 5e-4 } else { 2e-5 };
        close_vector(&case, "image of the uniform potential", &mut gpu, &mut cpu, Vector::Image(0), bound);
    }
}

/// project, go_along, sum_up, damp, update, shift, begin_step.
#[test]
fn vectors() {
    for (case, s, kind) in cases() {
        let Some((mut gpu, mut cpu)) = both(&s, kind) else { return };
        agree_on_coefficients(&case, kind, &mut gpu, &mut cpu);
        fn solved<B: Backend>(b: &mut B) -> Vec<[f64; 2]> {
            let before = b.vector(Vector::Residual).unwrap();
            b.smooth_first(0, 1.0);
            b.apply(0);
            b.go_along(0);
            b.sum_up(1);
            b.damp(0.5);
            b.update(0.9); // so much that it holds c back
            b.shift_reference(0.25);
            b.begin_step(0.5);
            before
        }
        solved(&mut gpu);
        let before = solved(&mut cpu);
        // a sweep (see `hierarchy`) times a quotient of sums; the residual that it leaves is a difference from the image and
        // counts against what it was before, as good as the image. In cruel fields the derivative of κ_D/c divides twice by
        // c, as small as 1e-3 and rounded by 6e-8: 1.2e-4
        let worse = if kind == Kind::Cruel { 50.0 } else { 1.0 };
        close_vector(
            &case,
            "Correction",
            &mut gpu,
            &mut cpu,
            Vector::Correction,
            if worse > 1.0 { 5e-4 } else { 2e-5 },
        );
        let left = [gpu.vector(Vector::Residual).unwrap(), cpu.vector(Vector::Residual).unwrap()];
        for (k, name) in ["charge left", "salt left"].into_iter().enumerate() {
            let distance = over(&part(&left[0], k), &part(&left[1], k), largest(&part(&before, k)));
            within(&case, name, distance, 2e-4);
        }
        // a fifth of the largest is correction
        close_field(&case, &mut gpu, &mut cpu, Field::Phi, if worse > 1.0 { 1e-4 } else { 4e-6 });
        close_field(&case, &mut gpu, &mut cpu, Field::C, if worse > 1.0 { 1e-4 } else { 4e-6 });
    }
}

/// project, orthogonalise, go_along, sum_up: what as many linear iterations as there may be leave, from the directions and their images. On rough fields their V-cycles agree to 1e-3 only, and so little of the residual is then left that they can't
/// be compared.
#[test]
fn linear_iterations() {
    fn check<B: Backend>(case: &str, weight: f64, at_once: usize, b: &mut B) {
        b.linearise();
        b.coarsen();
        b.start_uniform();
        b.sum_up(0);
        let (uniform, before) = (b.vector(Vector::Correction).unwrap(), b.vector(Vector::Residual).unwrap());
        let product = |a: &[[f64; 2]], b: &[[f64; 2]]| -> f64 {
            a.iter().zip(b).map(|(a, b)| a[0] * b[0] + weight * a[1] * b[1]).sum()
        };
        let (mut sizes, mut raw) = ([0.0; DIRECTIONS], Vec::new());
        for (new, size) in sizes.iter_mut().enumerate() {
            v_cycle(b);
            b.apply(new);
            let image = b.vector(Vector::Image(new)).unwrap();
            *size = product(&image, &image).sqrt();
            raw.push(image);
            b.go_along(new);
        }
        b.sum_up(DIRECTIONS);
        let slots: [usize; DIRECTIONS] = std::array::from_fn(|slot| slot);
        let directions = slots.map(|slot| b.vector(Vector::Direction(slot)).unwrap());
        let images = slots.map(|slot| b.vector(Vector::Image(slot)).unwrap());
        // images are f32: the errors of their numbers, 6e-8 of what they were before the shares of older ones went, which is nearly all
        // where the V-cycle comes back to the same direction. What that leaves between older ones goes into the newer
        let norms = images.each_ref().map(|image| product(image, image).sqrt());
        let cosine = |older: usize, new: usize, size: f64| -> f64 {
            (product(&images[older], &images[new]) / (norms[older] * size).max(f64::MIN_POSITIVE)).abs()
        };
        let mut left_between = 0.0;
        for new in slots {
            for older in 0..new {
                within(case, "cosine of two images", cosine(older, new, sizes[new]), 1e-6 + left_between);
            }
            left_between += (0..new).map(|older| cosine(older, new, norms[new])).sum::<f64>();
        }
        // an image is that of its direction less its shares in older ones, so that what goes along it goes back along their directions
        let (mut correction, mut left) = (uniform, before.clone());
        let add = |to: &mut [[f64; 2]], factor: f64, of: &[[f64; 2]]| {
            to.iter_mut().zip(of).for_each(|(to, of)| *to = [to[0] + factor * of[0], to[1] + factor * of[1]]);
        };
        let mut orthogonal: Vec<Vec<[f64; 2]>> = Vec::new();
        // what is added for each direction and for the correction, where nothing cancels
        let (mut added, mut of_all): (Vec<[f64; 2]>, [f64; 2]) = (Vec::new(), [0.0; 2]);
        for (new, (mut direction, mut image)) in directions.into_iter().zip(raw).enumerate() {
            let mut terms = [0, 1].map(|k| largest(&part(&direction, k)));
            for first in (0..new).step_by(at_once) {
                let older = first..new.min(first + at_once);
                let square = |older: usize| product(&images[older], &images[older]);
                let shares = older.clone().map(|older| product(&image, &images[older]) / square(older));
                for (older, share) in older.zip(shares.collect::<Vec<f64>>()) {
                    terms = [0, 1].map(|k| terms[k] + share.abs() * added[older][k]);
                    add(&mut direction, -share, &orthogonal[older]);
                    add(&mut image, -share, &images[older]);
                }
            }
            let far = product(&left, &images[new]) / product(&images[new], &images[new]);
            add(&mut correction, far, &direction);
            add(&mut left, -far, &images[new]);
            of_all = [0, 1].map(|k| of_all[k] + far.abs() * terms[k]);
            orthogonal.push(direction);
            added.push(terms);
        }
        // sums in f32, against the largest that was there
        let (made, found) = (b.vector(Vector::Correction).unwrap(), b.vector(Vector::Residual).unwrap());
        for k in [0, 1] {
            let scale = largest(&part(&correction, k)).max(f64::MIN_POSITIVE);
            // shares and how far are rounded to 6e-8, and so are images of which shares are; where much cancels no more is asked than that Newton's
            // next look finds little left
            let bound = (1e-6 + 2e-7 * of_all[k] / scale).min(1e-2);
            within(case, "correction made", over(&part(&made, k), &part(&correction, k), scale), bound);
            let scale = largest(&part(&before, k)).max(f64::MIN_POSITIVE);
            within(case, "residual left", over(&part(&found, k), &part(&left, k), scale), 1e-5);
        }
    }
    for (case, s, kind) in cases() {
        let Some((mut gpu, mut cpu)) = both(&s, kind) else { return };
        let weight = f64::from(Scales::new(&s).physics(&s).salt_weight);
        check(&format!("{case}, GPU"), weight, 4, &mut gpu);
        check(&format!("{case}, CPU"), weight, DIRECTIONS, &mut cpu);
    }
}

/// apply_uniform, project, go_along, sum_up: the change of the potential that balances the total charge.
#[test]
fn totals() {
    for (case, s, kind) in cases() {
        let Some((mut gpu, mut cpu)) = both(&s, kind) else { return };
        fn balanced<B: Backend>(b: &mut B) -> (f64, Vec<f64>) {
            b.linearise();
            let residual = part(&b.vector(Vector::Residual).unwrap(), 0);
            b.start_uniform();
            b.sum_up(0);
            (b.vector(Vector::Correction).unwrap()[0][0], residual)
        }
        let ((on_gpu, _), (rise, residual)) = (balanced(&mut gpu), balanced(&mut cpu));
        let image: f64 = part(&cpu.vector(Vector::Image(0)).unwrap(), 0).iter().sum();
        // the total of the residual may cancel: its error counts against that of its sizes, as in `linearise`
        let size: f64 = residual.iter().map(|r| r.abs()).sum();
        within(&case, "total charge", (on_gpu - rise).abs() * image / size, 1e-5);
        let exact = residual.iter().sum::<f64>() / image;
        within(&case, "rise", (rise - exact).abs() / exact.abs(), 1e-9);
    }
}

/// Lithium with hollows in it: a pocket on the copper and one higher up, a groove, and a scar where the walls of another have met.
struct Hollows {
    setup: Setup,
    xi: Vec<f64>,
}

/// Where the salt of [`Hollows`] is spent.
#[derive(Clone, Copy)]
enum Spent {
    Nowhere,
    /// everywhere below the top of the lithium but in the higher pocket
    Below,
}

impl Hollows {
    fn new() -> Self {
        let mut setup = setup(32, 6, 36, 0.25e-6);
        setup.electrolyte = Electrolyte::Landesfeind { solvent: liplate::model::electrolyte::Solvent::EcEmc };
        setup.kinetics.film = 1e-3;
        setup.nucleation = Nucleation::Poisson { rate: 1e17, barrier: 0.05, radius: 0.75e-6, seed: 1 };
        setup.top.control = Control::Potential(-0.3);
        let ball = |x: f64, z: f64, radius: f64| radius - x.hypot(z);
        let lithium = |[x, _, z]: [f64; 3]| {
            let low = ball(x - 6.5, z - 7.5, 3.2);
            let high = ball(x - 6.5, z - 19.5, 3.2);
            let groove = (2.2 - (x - 17.3).abs()).min(z - 12.0);
            let scar = (-0.3 - 0.02 * (28.0 - z) - (x - 26.5).abs()).min(z - 14.0);
            fraction((28.0 - z).min(-low.max(high).max(groove).max(scar)), 1.0)
        };
        let grid = setup.grid;
        let place = |i: usize| grid.centre(i).map(|x| x / grid.dx);
        let xi = (0..grid.cells()).map(|i| f64::from(lithium(place(i)) as f32)).collect();
        Self { setup, xi }
    }

    fn state(&self, spent: Spent) -> State {
        let grid = &self.setup.grid;
        let c = |i: usize| {
            let [x, _, z] = grid.centre(i).map(|x| x / grid.dx);
            let higher = (x - 6.5).hypot(z - 19.5) < 6.0;
            match spent {
                Spent::Below if z < 29.0 && !higher => -0.96 - 1e-3 * x,
                // trapped and scarce: what plates there fades
                Spent::Below if higher => -0.88,
                Spent::Below => -0.3,
                Spent::Nowhere => -0.94 + 1e-3 * x,
            }
        };
        let (n, phi) = (grid.cells(), |i: usize| 0.02 * uniform(3, 1, i as u32) + 0.1);
        let singles = |f: &dyn Fn(usize) -> f64| (0..n).map(|i| f64::from(f(i) as f32)).collect::<Vec<f64>>();
        State::at_rest(self.xi.clone(), singles(&phi), singles(&c), vec![0.0; n])
    }

    /// What a step on this state begins with.
    fn begin(&self, b: &mut dyn Backend, spent: Spent, label: bool) {
        let (s, state) = (&self.setup, self.state(spent));
        b.load(&state).unwrap();
        if label {
            b.label().unwrap();
        }
        b.begin_step(0.0);
        b.set_step(&Scales::new(s).step(s, s.top.control, 0.1, 0.3, 0.01));
        b.interface(0.0);
        b.linearise();
    }

    fn cell(&self, x: usize, z: usize) -> usize {
        self.setup.grid.index(x, 3, z)
    }
}

/// spent, trapped, close, and what closed cells are to interface_shape, transport, kinetics, balance and nucleate.
#[test]
fn closed_cells() {
    let hollows = Hollows::new();
    let s = &hollows.setup;
    let Some(mut gpu) = gpu(s) else { return };
    let (mut cpu, _) = cpu(s);
    let compare = |case: &str, gpu: &mut Gpu, cpu: &mut Cpu| {
        let (of_gpu, of_cpu) = (field(gpu, Field::Delta), field(cpu, Field::Delta));
        let closed = |delta: &[f64]| delta.iter().map(|delta| *delta == 0.0).collect::<Vec<bool>>();
        assert!(closed(&of_gpu) == closed(&of_cpu), "{case}");
        // as in `interface` and `linearise`
        close(case, "Delta", &of_gpu, &of_cpu, 2e-6);
        for which in [Field::Kappa, Field::KappaD, Field::Diffusivity, Field::Transference] {
            close_field(case, gpu, cpu, which, 1e-6);
        }
        close_rates(case, Kind::Smooth, gpu, cpu);
        // coefficients of walls are small: each against its own size
        let [walls_gpu, walls_cpu] = [field(gpu, Field::Kappa), field(cpu, Field::Kappa)];
        for (a, b) in walls_gpu.iter().zip(&walls_cpu) {
            assert!((a / b - 1.0).abs() < 1e-4, "{case}: {a} {b}");
        }
        let rates = [gpu.balance().unwrap().nucleation_rate, cpu.balance().unwrap().nucleation_rate];
        close(case, "nucleation rate", &rates[..1], &rates[1..], 1e-5);
        let firing = Firing { seed: 7, step: 1, dt: 1.0 };
        let fired = [gpu.nucleate(firing).unwrap(), cpu.nucleate(firing).unwrap()];
        assert_eq!(fired[0], fired[1], "{case}");
        (of_cpu, walls_cpu, rates[1], fired[1].len())
    };
    let mut at = |case: &str, spent: Spent, label: bool| {
        hollows.begin(&mut gpu, spent, label);
        hollows.begin(&mut cpu, spent, label);
        compare(case, &mut gpu, &mut cpu)
    };
    let (low, high, groove, scar) = ([6, 10], [6, 16], [17, 12], [26, 20]);
    let cell = |[x, z]: [usize; 2]| hollows.cell(x, z);
    let (delta, kappa, rate, nuclei) = at("before the first label", Spent::Below, false);
    let open = |delta: &[f64]| [low, high, groove, scar].map(|place| delta[cell(place)] > 0.0);
    assert_eq!(open(&delta), [true; 4]);
    assert!(kappa[cell([6, 8])] > 1e-4 * kappa[cell([17, 20])] && rate > 0.0 && nuclei > 10);
    let (delta, kappa, rate, nuclei) = at("spent", Spent::Below, true);
    assert_eq!(open(&delta), [false, true, true, true]);
    assert!(kappa[cell([6, 8])] < 1e-4 * kappa[cell([17, 20])]);
    // all that is bare lies in the pocket on the copper, but for what a tail leaves
    println!("nucleation rate {rate:e}, {nuclei} nuclei");
    let (calm, kappa_calm, rate_calm, _) = at("no salt is spent", Spent::Nowhere, true);
    assert_eq!(open(&calm), [true; 4]);
    assert!(
        kappa_calm[cell([6, 8])] > 1e-4 * kappa_calm[cell([17, 20])] && rate < 0.1 * rate_calm,
        "{rate} {rate_calm}"
    );
    // and again, so that it is not the first time
    let (again, ..) = at("spent again", Spent::Below, true);
    assert!(again == delta);
}

/// probe and kinetics: lithium far from every surface, whose probe ends in lithium, does not react.
#[test]
fn lithium_far_inside() {
    let hollows = Hollows::new();
    let s = &hollows.setup;
    let Some(mut gpu) = gpu(s) else { return };
    let (mut cpu, _) = cpu(s);
    hollows.begin(&mut gpu, Spent::Nowhere, true);
    hollows.begin(&mut cpu, Spent::Nowhere, true);
    let resting = |b: &mut dyn Backend| {
        let [delta, current] = [Field::Delta, Field::Current].map(|which| b.field(which).unwrap());
        let [by_phi, by_c] = [Field::SlopePhi, Field::SlopeC].map(|which| b.field(which).unwrap());
        let rests = |&i: &usize| delta[i] > 0.0 && current[i] == 0.0 && by_phi[i] == 0.0 && by_c[i] == 0.0;
        (0..delta.len()).filter(rests).collect::<Vec<usize>>()
    };
    let (of_gpu, of_cpu) = (resting(&mut gpu), resting(&mut cpu));
    let q = field(&mut cpu, Field::Distance);
    assert!(of_cpu.len() > 20 && of_cpu.iter().all(|&i| q[i] > 6.0), "{}", of_cpu.len());
    assert_eq!(of_gpu, of_cpu);
}

/// deposit, restore_profile, place, inventory.
#[test]
fn front() {
    for (case, s, kind) in cases() {
        let Some((mut gpu, mut cpu)) = both(&s, kind) else { return };
        // f32 rounds ξ to 6e-8; increments are good to 2e-6 of at most 1 … /w, 20 in the copper's tail
        gpu.deposit(500.0);
        cpu.deposit(500.0);
        close_field(&case, &mut gpu, &mut cpu, Field::Xi, 1e-6);
        gpu.restore_profile(0.1);
        cpu.restore_profile(0.1);
        close_field(&case, &mut gpu, &mut cpu, Field::Xi, 3e-6);
        let n = s.grid;
        let caps = [
            Cap { centre: [0.5, 0.5, 6.0], radius: 3.0 },
            Cap { centre: [n.nx as f64 - 0.5, n.ny as f64 / 2.0, 5.0], radius: 2.5 },
        ];
        gpu.place(&caps, 0);
        cpu.place(&caps, 0);
        close_field(&case, &mut gpu, &mut cpu, Field::Xi, 3e-6);
        gpu.interface(0.0);
        cpu.interface(0.0);
        let (g, c) = (gpu.inventory().unwrap(), cpu.inventory().unwrap());
        for (name, gpu, cpu) in [
            ("lithium", g.lithium, c.lithium),
            ("salt", g.salt, c.salt),
            ("area", g.area, c.area),
            ("height", g.height, c.height),
        ] {
            close(&case, name, &[gpu], &[cpu], 1e-5);
        }
        close(&case, "overshoot", &[1.0 + g.overshoot], &[1.0 + c.overshoot], 5e-6);
    }
}

/// A pattern on the copper: both devices nucleate in its stripes or dots alone, at the rate that both expect; lithium wets it and is coated
/// alike.
#[test]
fn nucleation_in_a_pattern() {
    let patterns = [
        Pattern::Stripes {
            period: 2e-6,
            width: 0.7e-6,
            inside: 2.0,
            outside: 0.0,
            contact_angle: Some(0.5),
            film: 0.0,
        },
        Pattern::Dots { period: 2e-6, width: 1.3e-6, inside: 0.5, outside: 0.1, contact_angle: None, film: 1e-2 },
        Pattern::map(
            Patch { inside: 0.5, outside: 3.0, contact_angle: Some(2.0), film: 1e-3 },
            (0..=255).collect(),
            [16, 16],
            [4e-6, 4e-6],
        ),
    ];
    for pattern in patterns {
        let mut s = common::everything(16);
        s.collector.pattern = Some(pattern.clone());
        let Some((mut gpu, mut cpu)) = both(&s, Kind::Smooth) else { return };
        // what a film and the angle of its foot do to lithium that plates
        let lithium = |b: &mut dyn Backend| {
            b.set_step(&Scales::new(&s).step(&s, s.top.control, 0.1, 0.2, 0.01));
            b.interface(0.0);
            b.linearise();
            let [curvature, current, delta] =
                [Field::Curvature, Field::Current, Field::Delta].map(|which| field(b, which));
            [curvature.iter().zip(&delta).map(|(curvature, delta)| curvature * delta).collect(), current]
        };
        let (of_gpu, of_cpu): ([Vec<f64>; 2], _) = (lithium(&mut gpu), lithium(&mut cpu));
        // as in `interface` and `linearise`
        for (name, (g, c)) in ["curvature x delta", "current"].into_iter().zip(of_gpu.iter().zip(&of_cpu)) {
            close("pattern", name, g, c, 2e-5);
        }
        let mut plain = s.clone();
        plain.collector.pattern = None;
        let without = lithium(&mut both(&plain, Kind::Smooth).unwrap().1);
        let differs =
            |k: usize| of_cpu[k].iter().zip(&without[k]).any(|(a, b)| (a - b).abs() > 1e-3 * b.abs().max(1e-4));
        assert_eq!(differs(0), pattern.patch().contact_angle.is_some(), "curvature of {pattern:?}");
        assert!(differs(1) || pattern.patch().film == 0.0, "current of {pattern:?}");
        let step = Scales::new(&s).step(&s, s.top.control, 0.1, 14.0, 0.01);
        gpu.set_step(&step);
        cpu.set_step(&step);
        gpu.interface(0.0);
        cpu.interface(0.0);
        gpu.linearise();
        cpu.linearise();
        let (g, c) = (gpu.balance().unwrap().nucleation_rate, cpu.balance().unwrap().nucleation_rate);
        assert!(c > 0.0 && (g / c - 1.0).abs() < 1e-4, "{pattern:?}: {g}, not {c}");
        let firing = Firing { seed: 7, step: 1, dt: 1e3 };
        let (g, c) = (gpu.nucleate(firing).unwrap(), cpu.nucleate(firing).unwrap());
        println!("{} nuclei: {pattern:?}", c.len());
        assert!(g == c && !c.is_empty());
        if let Pattern::Stripes { period, width, .. } = pattern {
            let inside = |&cell: &u32| ((cell % 16) as f64 + 0.5) * s.grid.dx % period < width;
            assert!(c.iter().all(inside), "{c:?}");
        }
    }
}

/// nucleate: the same integers, so the same cells, also when there are more of them than the list has room for.
#[test]
fn nucleation() {
    for (case, s, kind) in cases() {
        let Some((mut gpu, mut cpu)) = both(&s, kind) else { return };
        let step = Scales::new(&s).step(&s, s.top.control, 0.1, 0.2, 0.01);
        gpu.set_step(&step);
        cpu.set_step(&step);
        for (number, dt) in [(0, 1e-3), (1, 0.1), (2, 1e3)] {
            let firing = Firing { seed: 7, step: number, dt };
            let (g, c) = (gpu.nucleate(firing).unwrap(), cpu.nucleate(firing).unwrap());
            println!("{} nuclei in {dt} s   {case}", c.len());
            assert!(g.is_sorted());
            // chances differ by 1e-6 of themselves: a different cell would be bad luck once in a thousand runs
            assert_eq!(g, c, "{case}, {dt} s");
        }
    }
    let mut s = setup(40, 40, 40, 0.25e-6);
    s.deposit = InitialDeposit::None;
    s.nucleation = Nucleation::Poisson { rate: 1e20, barrier: 0.0, radius: 1e-6, seed: 1 };
    let Some((mut gpu, mut cpu)) = both(&s, Kind::Random) else { return };
    let firing = Firing { seed: 1, step: 1, dt: 1e3 };
    let (g, c) = (gpu.nucleate(firing).unwrap(), cpu.nucleate(firing).unwrap());
    assert!(c.len() > 4000, "{}", c.len());
    assert_eq!(g, c);

    // and more caps than their list has room for
    let (_, s, _) = cases().swap_remove(2);
    let Some((mut gpu, mut cpu)) = both(&s, Kind::Random) else { return };
    let place = |k: u32| 9.0 * uniform(1, 0, k);
    let caps: Vec<Cap> =
        (0..1500).map(|k| Cap { centre: [place(k), 2.0, 4.0], radius: place(k + 5000) / 4.0 }).collect();
    gpu.place(&caps[..3], 0);
    gpu.place(&caps, 0);
    cpu.place(&caps, 0);
    close_field("many caps", &mut gpu, &mut cpu, Field::Xi, 3e-6);
}

/// Whole steps on it at a fixed potential: one pocket is closed, the other has its salt, the groove is fed.
#[test]
fn steps_that_close_cells() {
    let mut hollows = Hollows::new();
    hollows.setup.nucleation = Nucleation::None;
    hollows.setup.top.initial_potential = -0.3;
    hollows.setup.time_step.first = 1e-3;
    let s = &hollows.setup;
    let heights = liplate::model::collector::heights(&s.grid, &s.collector);
    let problem = Problem::new(s, &heights);
    let at = |x, z| hollows.cell(x, z);
    let run = |b: &mut dyn Backend| {
        let n = s.grid.cells();
        let low = |i: usize| s.grid.centre(i)[2] < 13.0 * s.grid.dx;
        let c = (0..n).map(|i| f64::from(if low(i) { -0.99f32 } else { 0.0 })).collect();
        b.load(&State::at_rest(hollows.xi.clone(), vec![0.0; n], c, vec![0.0; n])).unwrap();
        let mut clock = problem.start(b).unwrap();
        let mut closed = Vec::new();
        for _ in 0..15 {
            problem.advance(b, &mut clock, 1e9).unwrap_or_else(|e| panic!("{e}"));
            let delta = field(b, Field::Delta);
            closed.push([at(6, 10), at(6, 16), at(17, 12), at(26, 20)].map(|cell| delta[cell] == 0.0));
        }
        let fields = [Field::Xi, Field::C, Field::Delta, Field::Current].map(|which| field(b, which));
        (clock, fields, closed)
    };
    let Some(mut gpu) = gpu(s) else { return };
    let (mut cpu, _) = cpu(s);
    let (clock_gpu, of_gpu, closed_gpu) = run(&mut gpu);
    let (clock_cpu, of_cpu, closed_cpu) = run(&mut cpu);
    assert!(closed_cpu.iter().all(|closed| *closed == [true, false, false, false]));
    assert_eq!(closed_gpu, closed_cpu);
    assert_eq!((clock_gpu.step, clock_gpu.rejected), (clock_cpu.step, clock_cpu.rejected));
    // bounds as those of fifty steps, see src/verify/devices.rs. Salt in each cell: where there is lithium c is only a continuation
    let w = field(&mut cpu, Field::Accessible);
    let per_cell = |of: &[Vec<f64>; 4]| -> [Vec<f64>; 2] {
        let cells = of[0].iter().zip(&w).zip(&of[1]);
        cells.map(|((xi, w), c)| (w * xi, w * (1.0 - xi) * c)).unzip().into()
    };
    let ([lithium_gpu, salt_gpu], [lithium_cpu, salt_cpu]) = (per_cell(&of_gpu), per_cell(&of_cpu));
    within("steps", "w xi", over(&lithium_gpu, &lithium_cpu, 1.0), LITHIUM);
    within("steps", "w (1 - xi) c", over(&salt_gpu, &salt_cpu, 1.0), SALT);
    within("steps", "time", (clock_gpu.time / clock_cpu.time - 1.0).abs(), LITHIUM);
    // at a fixed potential plating and stripping nearly cancel: the net current is as good as the last Newton iteration, 5e-4, with or
    // without closed cells, and to 1e-6 where both backends take as many
    println!("t {} s, current {} and {} A/m2", clock_cpu.time, clock_gpu.current, clock_cpu.current);
}

/// kinetics: so fast that the layer up to the interface takes nearly all of the drive.
#[test]
fn fast_kinetics() {
    for (case, mut s, kind) in cases() {
        s.kinetics.i0 = 1e4;
        for film in [0.0, s.kinetics.film] {
            s.kinetics.film = film;
            let Some((mut gpu, mut cpu)) = both(&s, kind) else { return };
            gpu.linearise();
            cpu.linearise();
            close_rates(&case, kind, &mut gpu, &mut cpu);
        }
    }
}

/// The tests of kernels with operations that WGSL leaves room for, under other arithmetic; what is whole numbers, or tested by whole steps, aside.
fn under(arithmetic: Arithmetic) {
    let tests: [fn(); 11] = [
        interface,
        interface_in_the_middle_of_a_step,
        linearise,
        stripping_into_salt,
        balance,
        hierarchy,
        vectors,
        closed_cells,
        front,
        nucleation_in_a_pattern,
        fast_kinetics,
    ];
    arithmetic.with(|| tests.iter().for_each(|test| test()));
}

#[test]
fn under_scattered_errors() {
    under(Arithmetic::Scattered(1));
}

#[test]
fn under_errors_away_from_zero() {
    under(Arithmetic::Larger);
}

#[test]
fn under_errors_towards_zero() {
    under(Arithmetic::Smaller);
}

#[test]
fn under_fused_products() {
    under(Arithmetic::Fused);
}

#[test]
fn under_rearranged_sums() {
    under(Arithmetic::Reassociated);
}

#[test]
fn under_flushed_results() {
    Arithmetic::Flushed.with(linearise);
}

#[test]
fn under_sums_rounded_either_way() {
    Arithmetic::Rounded(1).with(interface);
}

/// What is not finite is told by its bits, in whatever cell, and also where arithmetic makes a number of it.
#[test]
fn what_is_not_finite_is_told() {
    let (_, s, kind) = cases().swap_remove(0);
    let told = |arithmetic: Arithmetic| {
        arithmetic.with(|| {
            let Some((mut gpu, _)) = both(&s, kind) else { return };
            let healthy = fields(&s, kind, 2);
            for wrong in [f64::NAN, f64::INFINITY, f64::NEG_INFINITY] {
                for cell in [0, 777, healthy.xi.len() - 1] {
                    let with = |change: fn(&mut State) -> &mut Vec<f64>| {
                        let mut state = healthy.clone();
                        change(&mut state)[cell] = wrong;
                        state
                    };
                    gpu.load(&healthy).unwrap();
                    gpu.linearise();
                    assert!(gpu.balance().unwrap().is_finite() && gpu.inventory().unwrap().is_finite());
                    gpu.load(&with(|state| &mut state.phi)).unwrap();
                    gpu.linearise();
                    let balance = gpu.balance().unwrap();
                    assert!(!balance.residual_phi.is_finite(), "{arithmetic:?}: {wrong} in cell {cell}");
                    assert!(!gpu.inventory().unwrap().is_finite());
                    gpu.load(&with(|state| &mut state.c)).unwrap();
                    gpu.linearise();
                    let balance = gpu.balance().unwrap();
                    assert!(!balance.residual_c.is_finite(), "{arithmetic:?}: {wrong} in cell {cell}");
                    gpu.load(&with(|state| &mut state.xi)).unwrap();
                    assert!(!gpu.inventory().unwrap().is_finite(), "{arithmetic:?}: {wrong} in cell {cell}");
                }
            }
        });
    };
    told(Arithmetic::Definite);
    told(Arithmetic::Flushed);
}

/// The errors are those of WGSL: of q = ℓ ln(a/b) a division's 2.5 ULP and 3 ULP of the logarithm, nearly all of them somewhere, and no more; where a/b is
/// near 1 q is as good as the quotient that its series is made of.
#[test]
fn arithmetic_errs_as_far_as_it_may() {
    let (_, s, _) = cases().swap_remove(0);
    let ell = f64::from(Scales::new(&s).physics(&s).ell);
    let distances = |arithmetic: Arithmetic| {
        arithmetic.with(|| both(&s, Kind::Random).map(|(mut gpu, _)| field(&mut gpu, Field::Distance)))
    };
    let Some(larger) = distances(Arithmetic::Larger) else { return };
    let smaller = distances(Arithmetic::Smaller).unwrap();
    let exact = fields(&s, Kind::Random, 2).xi.iter().map(|xi| ell * (xi / (1.0 - xi)).ln()).collect::<Vec<f64>>();
    let mut most = [0.0f64; 2];
    for (k, q) in exact.iter().enumerate() {
        let ratio = (q / ell).exp();
        let ulp = f64::from(f32::EPSILON);
        let near_one = (0.5..2.0).contains(&ratio);
        let of_function = if near_one { 2.5 * ulp * (q / ell).abs() } else { 2.5 * ulp + 3.0 * ulp * (q / ell).abs() };
        // the denominator, the series and the product are rounded
        let allowed = ell * (of_function + 0.5 * ulp) + 2.0 * ulp * q.abs();
        for of_gpu in [&larger, &smaller] {
            most[usize::from(near_one)] = most[usize::from(near_one)].max((of_gpu[k] - q).abs() / allowed);
        }
    }
    println!("{most:.2?} of what is allowed");
    assert!(most[0] > 0.5 && most.iter().all(|most| *most < 1.0), "{most:?}");
}

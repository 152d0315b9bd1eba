//! The electrolyte above the box as a column of plane averages: against exact diffusion, against the same as a whole box, and its books.

mod common;

use std::f64::consts::PI;
use std::path::Path;

use common::program::{Place, SMALL, column, datasets};
use common::{everything, run, setup};
use liplate::config;
use liplate::model::constants::{FARADAY, LITHIUM_MOLAR_VOLUME};
use liplate::model::electrolyte::{Electrolyte, Solvent, Transport};
use liplate::model::parameters::*;
use liplate::sim::device::DeviceChoice;
use liplate::verify::Lab;

const LAB: Lab = Lab { device: DeviceChoice::Cpu, quick: true };

/// EC:EMC 3:7 with 1 M LiPF6 at 25 °C: with 10 mA/cm² Sand's time is 348.4 s.
const CARBONATE: Transport =
    Transport { kappa: 0.913, diffusivity: 2.892e-10, transference: 0.2209, thermodynamic_factor: 2.182 };

/// A layer of lithium below `cells` of electrolyte that go on as a column, up to `gap` \[m\] above the lithium.
fn layer(cells: usize, dx: f64, gap: Option<f64>) -> Setup {
    let mut s = setup(1, 1, cells + 16, dx); // copper at 6 dx, lithium up to 16 dx
    s.top.column = gap.map(|gap| gap + 10.0 * dx);
    s.top.control = Control::Current(100.0);
    s.kinetics.i0 = 100.0;
    s.electrolyte = Electrolyte::Constant(CARBONATE);
    s.time_step = TimeStep { concentration: 0.01, potential: 0.02, first: 1e-2, ..s.time_step };
    s
}

/// Time, c/c0 on the front and potential at a list of times.
fn course(s: &Setup, times: &[f64]) -> Vec<[f64; 3]> {
    let mut seen = Vec::new();
    LAB.with(s, |specimen| {
        for &time in times {
            specimen.advance_to(time)?;
            seen.push([specimen.sim.clock().time, specimen.front()?.concentration, specimen.sim.clock().potential]);
        }
        let ledger = &specimen.sim.clock().ledger;
        println!("{} steps, salt {:.1e}", specimen.sim.clock().step, ledger.salt_error());
        assert!(ledger.salt_error().abs() < 1e-6, "{ledger:?}");
        Ok(())
    })
    .unwrap();
    seen
}

/// Where the straight line of least squares through the points reaches 1.
fn reaches_one(points: &[[f64; 2]]) -> f64 {
    let mean = |f: &dyn Fn(&[f64; 2]) -> f64| points.iter().map(f).sum::<f64>() / points.len() as f64;
    let (x, y) = (mean(&|p| p[0]), mean(&|p| p[1]));
    let slope = mean(&|p| (p[0] - x) * (p[1] - y)) / mean(&|p| (p[0] - x).powi(2));
    x + (1.0 - y) / slope
}

/// c/c0 on a front that moves at v: 1 − √τ + d τ, τ = t/t_S, d = (1−t₊) i v t_S/(2 F D c0), as in the program's own case "sand".
#[test]
fn a_box_of_24_um_takes_sands_time() {
    let s = layer(24, 1e-6, Some(4e-3));
    let flux = (1.0 - CARBONATE.transference) * 100.0 / FARADAY;
    let sand = PI * CARBONATE.diffusivity * (s.top.c0 / (2.0 * flux)).powi(2);
    assert!((sand - 348.4).abs() < 0.1, "{sand}");
    let drift = flux * 100.0 * LITHIUM_MOLAR_VOLUME / FARADAY * sand / (2.0 * CARBONATE.diffusivity * s.top.c0);
    let times: Vec<f64> = (1..=18).map(|i| 0.05 * f64::from(i) * sand).collect();
    let seen = course(&s, &times);
    let exact = |time: f64| 1.0 - (time / sand).sqrt() + drift * time / sand;
    let worst = seen.iter().map(|[time, c, _]| (c - exact(*time)).abs()).fold(0.0, f64::max);
    let late: Vec<_> = seen[9..].iter().map(|[time, c, _]| [*time, (1.0 - c).powi(2)]).collect();
    let root = 2.0 / (1.0 + (1.0 - 4.0 * drift).sqrt());
    let (depleted, expected) = (reaches_one(&late), sand * root * root);
    println!("t_S {sand:.1} s; depleted at {depleted:.1} s, exact {expected:.1} s; worst c/c0 {worst:.1e}");
    assert!((depleted / expected - 1.0).abs() < 0.01 && worst < 5e-3, "{depleted} {expected} {worst}");
}

/// The same 1 mm of electrolyte, as 40 µm and a column and as a box that holds all of it.
#[test]
fn a_column_is_what_a_taller_box_is() {
    let landesfeind = Electrolyte::Landesfeind { solvent: Solvent::EcEmc };
    let cases = [
        ("constant, reservoir", Electrolyte::Constant(CARBONATE), Salt::Reservoir, 1e-3, 1e-3),
        ("EC:EMC, cathode", landesfeind, Salt::Cathode, 2e-3, 2e-3),
    ];
    for (name, electrolyte, salt, allowed, volts) in cases {
        let with = |mut s: Setup| {
            s.electrolyte = electrolyte.clone();
            s.top.salt = salt;
            s
        };
        let times: Vec<f64> = (1..=12).map(|i| 15.0 * f64::from(i)).collect();
        let part = course(&with(layer(20, 2e-6, Some(1e-3))), &times);
        let whole = course(&with(layer(500, 2e-6, None)), &times);
        let worst = |k: usize| part.iter().zip(&whole).map(|(a, b)| (a[k] - b[k]).abs()).fold(0.0, f64::max);
        let [c, potential] = [worst(1), worst(2)];
        println!("{name}: c/c0 {c:.1e}, potential {:.2} mV of {:.3} V", potential * 1e3, whole[11][2]);
        assert!(c < allowed && potential < volts, "{name}: {part:?}\n{whole:?}");
    }
}

/// After a step of potential that empties the surface, I = F c0 √(D/πt)/(1−t₊), times exp(−λ²)/erfc λ for a front that moves with it;
/// λ√π exp(λ²) erfc λ = V_m c0/(1−t₊), here 1.4e-4 on the current. c0 is so low that the resistance of the gap, 20 Ω cm², lets the
/// surface be empty after some hundredths of a second. Charges over stretches of time are compared: a step much shorter than the
/// one before it, after one that was thrown away, has a current of its own.
#[test]
fn after_a_step_of_potential_the_current_is_cottrells() {
    let mut s = layer(24, 1e-6, Some(4e-3));
    let p = Transport { kappa: 2.0, thermodynamic_factor: 1.0, ..CARBONATE };
    s.electrolyte = Electrolyte::Constant(p);
    s.kinetics.i0 = 1e3;
    s.top.c0 = 10.0;
    s.kinetics.c_ref = 10.0;
    s.top.control = Control::Potential(-0.5);
    s.top.initial_potential = -0.5;
    s.time_step = TimeStep { concentration: 0.004, first: 2e-5, ..s.time_step };
    let anions = 1.0 - p.transference;
    let lambda = LITHIUM_MOLAR_VOLUME * s.top.c0 / anions / PI.sqrt();
    let moving = 1.0 + 2.0 * lambda / PI.sqrt();
    // Cottrell's charge up to a time
    let exact = |time: f64| moving * FARADAY * s.top.c0 / anions * 2.0 * (p.diffusivity * time / PI).sqrt();
    LAB.with(&s, |specimen| {
        let (mut worst, mut off) = (0.0_f64, 0.0_f64);
        let mut before = (0.0, 0.0);
        for time in (0..=20).map(|k| 2.0 * 100.0_f64.powf(f64::from(k) / 20.0)) {
            while specimen.sim.clock().time < time {
                specimen.step(time)?;
                off = off.max((specimen.sim.clock().potential + 0.5).abs());
            }
            let charge = specimen.sim.clock().charge(&s);
            if before.0 > 0.0 {
                let error = (charge - before.1) / (exact(time) - exact(before.0)) - 1.0;
                println!("{:6.2} to {time:6.2} s: current {error:+.1e}", before.0);
                worst = worst.max(error.abs());
            }
            before = (time, charge);
        }
        let clock = &specimen.sim.clock();
        println!(
            "{} steps, {} rejected, worst {worst:.1e}, {off:.1e} V off, salt {:.1e}",
            clock.step,
            clock.rejected,
            clock.ledger.salt_error()
        );
        assert!(worst < 0.01 && off < 1e-5, "{worst} {off}");
        assert!(clock.ledger.salt_error().abs() < 1e-6, "{:?}", clock.ledger);
        Ok(())
    })
    .unwrap();
}

/// Salt of box and column together, whatever rules the top; a cathode and lithium exchange no anions on the way through both.
#[test]
fn salt_is_neither_made_nor_lost_between_box_and_column() {
    for salt in [Salt::Reservoir, Salt::Cathode] {
        for control in [Control::Current(100.0), Control::Potential(-0.2)] {
            let mut s = everything(12);
            s.nucleation = Nucleation::None;
            s.deposit = InitialDeposit::Layer { thickness: 0.6e-6 };
            s.collector.height = 1e-6;
            s.kinetics.double_layer = 0.0;
            s.top.salt = salt;
            s.top.control = control;
            s.top.column = Some(30e-6);
            let clock = run(&s, 40);
            let ledger = &clock.ledger;
            println!(
                "{salt:?} {control:?}: t = {:.1} s, {:.1} A/m², salt {:.1e}, in over taken − 1 {:.1e}",
                clock.time,
                clock.current,
                ledger.salt_error(),
                ledger.salt_in / ledger.salt_sink - 1.0
            );
            assert!(ledger.salt_error().abs() < 1e-6, "{ledger:?}");
            let allowed = if matches!(control, Control::Current(_)) { 1e-4 } else { 1e-3 };
            assert!(salt == Salt::Reservoir || (ledger.salt_in / ledger.salt_sink - 1.0).abs() < allowed, "{ledger:?}");
        }
    }
}

#[test]
fn a_resumed_run_has_the_bits_of_one_that_was_not_stopped() {
    let steps = r#"
[[protocol]]
steps = [
    "Charge at 3 mA/cm^2 for 4 s",
    "Hold at -100 mV vs Li for 4 s",
    "Charge at 3 mA/cm^2 at 40 degC for 4 s",
]
"#;
    let config = SMALL
        .replace("current = \"3 mA/cm^2\"\n", "column = \"0.5 mm\"\n")
        .replace("[end]\ncharge = \"0.02 mAh/cm^2\"\n", steps);
    let place = Place::new(&config);
    place.run("whole");
    assert!(place.run_in_stretches("50ms", "200ms") > 2);
    for file in ["metrics.csv", "events.jsonl"] {
        assert_eq!(place.text(&format!("whole/{file}")), place.text(&format!("run/{file}")), "{file}");
    }
    assert!(datasets(&place.path("whole/checkpoint.h5")) == datasets(&place.path("run/checkpoint.h5")));
    let table = place.text("whole/metrics.csv");
    assert!(column(&table, "salt_error").iter().all(|error| error.abs() < 1e-6));
    let (step, potential) = (column(&table, "protocol_step"), column(&table, "potential [V]"));
    let held = step.iter().zip(&potential).filter(|(step, _)| **step == 2.0);
    assert!(held.clone().count() > 3 && held.clone().all(|(_, v)| (v + 0.1).abs() < 1e-5), "{potential:?}");
}

#[test]
fn a_column_that_cannot_be_is_one_clear_error() {
    let separator = "separator={bottom=\"5 um\",thickness=\"10 um\",porosity=0.4,macmullin=8.0}";
    let solid = ["electrolyte={kind=\"single_ion\",kappa=\"1 S/m\"}", "top.column=1 mm"];
    let cases: [(&[&str], &str); 3] = [
        (&["top.column=6 um"], "must lie a cell or more above the box, whose top is at 6.000 µm"),
        (&["top.column=1 mm", separator], "the separator ends at 15.000 µm, above the box of 8.000 µm"),
        (&solid, "a single-ion conductor has no salt"),
    ];
    for (overrides, message) in cases {
        let overrides: Vec<String> = overrides.iter().map(|text| text.to_string()).collect();
        let error = config::from_text(SMALL, Path::new("config.toml"), &overrides).unwrap_err().to_string();
        assert!(error.contains("top.column") && error.contains(message), "{error}");
    }
    let place = Place::new(&SMALL.replace("[end]", "column = \"4 mm\"\n[end]"));
    let called = place.call(&["check", "config.toml", "--device", "cpu"]);
    for part in ["column above the box", "limiting current with the column", "Sand's time"] {
        assert!(called.out.contains(part), "{called:?}");
    }
    print!("{}", called.out);
}

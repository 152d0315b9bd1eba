//! A front that comes out of a separator.

mod common;

use common::{cpu, setup};
use liplate::model::electrolyte::{Electrolyte, Solvent};
use liplate::model::parameters::*;
use liplate::solver::backend::{Backend, Field};
use liplate::solver::step::Problem;

/// All cells on a normal react with the current that crosses the interface, whichever side of the separator's edge they lie on: kinetics
/// are so fast that the layer of electrolyte between probe and interface takes most of the drive, and that layer is the same for all.
#[test]
fn the_tails_of_a_front_carry_its_current_on_both_sides_of_an_edge() {
    for electrolyte in [Electrolyte::SingleIon { kappa: 1.0 }, Electrolyte::Landesfeind { solvent: Solvent::EcEmc }] {
        // the front lies at 16 dx
        for edge in [12.5, 14.0, 15.5, 17.0, 18.5, 20.0] {
            let mut s = setup(1, 1, 64, 0.25e-6);
            s.electrolyte = electrolyte.clone();
            s.kinetics.i0 = 1e4;
            s.top.control = Control::Current(100.0);
            s.separator = Some(Separator { bottom: 0.0, thickness: edge * 0.25e-6, porosity: 0.4, macmullin: 10.0 });
            let (mut b, heights) = cpu(&s);
            let problem = Problem::new(&s, &heights);
            let mut clock = problem.start(&mut b).unwrap();
            for _ in 0..5 {
                problem.advance(&mut b, &mut clock, f64::INFINITY).unwrap();
            }
            let scale = problem.scales.current;
            let (xi, current) = (b.field(Field::Xi).unwrap(), b.field(Field::Current).unwrap());
            let tails: Vec<f64> = (0..64)
                .filter(|&cell| (1e-3..1.0 - 1e-3).contains(&xi[cell]))
                .map(|cell| f64::from(current[cell]) * scale)
                .collect();
            assert!(tails.len() > 10, "{xi:?}");
            let worst = tails.iter().map(|current| (current / 100.0 - 1.0).abs()).fold(0.0, f64::max);
            assert!(worst < 0.02, "edge at {edge} dx: {tails:.1?}");
        }
    }
}

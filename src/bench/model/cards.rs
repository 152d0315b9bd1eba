//! What a step should take on a card, from counts and from what the card is: pure numbers, every one of them a prediction.

use serde::Serialize;

use super::super::solver::MeanCounts;

/// A card, by its vendor's figures.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Card {
    /// its name
    pub name: &'static str,
    /// bandwidth of its memory \[B/s\]
    pub bandwidth: f64,
    /// its memory \[B\], where it is known
    pub memory: Option<f64>,
}

const fn card(name: &'static str, bandwidth: f64, memory: f64) -> Card {
    Card { name, bandwidth, memory: Some(memory) }
}

/// Cards that people have. NVIDIA's data sheets: H200 and H100 with SXM5, GeForce RTX 4090; the laptop is an assumption, a GPU with 128 bits of
/// GDDR6.
pub const CARDS: [Card; 4] = [
    card("H200", 4.8e12, 141e9),
    card("H100", 3.35e12, 80e9),
    card("RTX 4090", 1.008e12, 24e9),
    card("laptop, 0.25 TB/s", 0.25e12, 8e9),
];

/// What work costs beside its bytes.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Costs {
    /// of a kernel or copy on the device, however small \[s\]
    pub launch: f64,
    /// of recording and submitting a kernel or copy, on the host \[s\]
    pub record: f64,
    /// of a wait for values, from the end of the work to the host's next command \[s\]
    pub readback: f64,
}

/// What was counted on a cube.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Counted {
    /// cells along a side
    pub side: usize,
    /// levels of the hierarchy that are visited one by one
    pub levels: usize,
    /// a step, mean of several
    pub step: MeanCounts,
    /// Newton iterations of a step
    pub newton: f64,
    /// kernels of a V-cycle
    pub of_v_cycle: f64,
    /// kernels that make the coefficients of the coarser levels, once in a Newton iteration
    pub of_coarsening: f64,
    /// a step where it was counted, median by the wall clock \[s\]
    pub seconds: f64,
}

/// What a step on a grid hands over.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Work {
    /// kernels and copies
    pub launches: f64,
    /// waits for values
    pub read_backs: f64,
    /// bytes that they move
    pub bytes: f64,
}

impl Work {
    /// Of a step on a cube of `side` cells with `levels` levels, from what was counted on two smaller ones, the larger second: as many
    /// iterations, for every further level as many more kernels as the larger has for its own, and as many bytes a cell.
    pub fn of_step([half, whole]: &[Counted; 2], side: usize, levels: usize) -> Self {
        let base = if side >= whole.side { whole } else { half };
        let further = levels as f64 - base.levels as f64;
        let of_level = |of: fn(&Counted) -> f64| (of(whole) - of(half)) / (whole.levels as f64 - half.levels as f64);
        let v_cycles = base.step.v_cycles * of_level(|counted| counted.of_v_cycle);
        let coarsenings = base.newton * of_level(|counted| counted.of_coarsening);
        Self {
            launches: base.step.launches + further * (v_cycles + coarsenings),
            read_backs: base.step.read_backs,
            bytes: base.step.bytes_moved * (side as f64 / base.side as f64).powi(3),
        }
    }

    /// Seconds that it should take at least, where the host records while the device works, and at most, where one waits for the other. Each byte is
    /// moved once, at the bandwidth.
    pub fn seconds(&self, bandwidth: f64, costs: &Costs) -> [f64; 2] {
        let device = self.bytes / bandwidth + self.launches * costs.launch;
        let host = self.launches * costs.record;
        [device.max(host), device + host].map(|working| working + self.read_backs * costs.readback)
    }
}

/// Steps of the reference run, counted on the CPU at 64³ and 128³ (docs/performance.md); larger boxes of the same cells are taken to need as many as the
/// latter.
pub fn reference_steps(side: usize) -> f64 {
    if side <= 64 { 209.0 } else { 216.0 }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn counted(side: usize, levels: usize, launches: f64, of_v_cycle: f64, of_coarsening: f64) -> Counted {
        let cells = (side as f64).powi(3);
        let step = MeanCounts {
            launches,
            submissions: 8.0,
            read_backs: 6.0,
            bytes_read: 660.0,
            bytes_moved: 1000.0 * cells,
            v_cycles: 5.0,
        };
        Counted { side, levels, step, newton: 2.0, of_v_cycle, of_coarsening, seconds: 1.0 }
    }

    #[test]
    fn a_step_grows_with_its_cells_and_its_levels() {
        let two = [counted(32, 3, 180.0, 17.0, 3.0), counted(64, 4, 222.0, 25.0, 4.0)];
        assert_eq!(
            Work::of_step(&two, 32, 3),
            Work { launches: 180.0, read_backs: 6.0, bytes: 1000.0 * 32f64.powi(3) }
        );
        let large = Work::of_step(&two, 256, 6);
        // two levels: 5 V-cycles of 8 and 2 coarsenings of 1 for each
        assert_eq!(large, Work { launches: 222.0 + 2.0 * 42.0, read_backs: 6.0, bytes: 1000.0 * 256f64.powi(3) });
    }

    #[test]
    fn a_prediction_lies_between_all_at_once_and_one_after_the_other() {
        let work = Work { launches: 100.0, read_backs: 5.0, bytes: 1e9 };
        let costs = Costs { launch: 1e-6, record: 3e-6, readback: 10e-6 };
        let [least, most] = work.seconds(1e13, &costs);
        assert!((least - (300e-6 + 50e-6)).abs() < 1e-12 && (most - (200e-6 + 300e-6 + 50e-6)).abs() < 1e-12);
        let [least, _] = work.seconds(1e12, &costs);
        assert!((least - (1100e-6 + 50e-6)).abs() < 1e-12);
    }
}

//! What the model tells, as tables of Markdown for people.

use std::fmt::Write;

use super::super::markdown::three;
use super::{Report, Row};

impl Report {
    /// The predictions as Markdown: what they rest on, a table of cards, the model beside a measurement.
    pub fn markdown(&self) -> String {
        let mut text = String::new();
        // writing to a String cannot fail
        let _ = self.head(&mut text).and_then(|()| self.table(&mut text)).and_then(|()| self.beside(&mut text));
        text
    }

    fn head(&self, text: &mut String) -> std::fmt::Result {
        let [half, whole] = &self.counted;
        let micro = |seconds: f64| three(1e6 * seconds);
        let costs = &self.costs;
        writeln!(
            text,
            "**Predicted, not measured.** Counted on {}, on the deposit of `liplate bench`: at {}³ {} kernels and \
             copies, {} waits, {} Newton iterations, {} V-cycles a step, at {}³ {}, {}, {} and {}; a level more is {} kernels more in a V-cycle and {} in what \
             coarsens. Bytes are those of all buffers that kernels and copies are given, once if read, once if written: more than what cells away from the \
             lithium ask for, at the bandwidth of the vendor's data sheet, which no kernel quite reaches. A launch costs {} µs on the device, {} µs on the host; a wait {} µs. Least: the host records while \
             the device works; most: one waits for the other. In brackets the solver's part of the reference run, {} and from 128³ up {} steps.\n",
            self.stamp,
            half.side,
            half.step.launches.round(),
            half.step.read_backs.round(),
            three(half.newton),
            three(half.step.v_cycles),
            whole.side,
            whole.step.launches.round(),
            whole.step.read_backs.round(),
            three(whole.newton),
            three(whole.step.v_cycles),
            whole.of_v_cycle - half.of_v_cycle,
            whole.of_coarsening - half.of_coarsening,
            micro(costs.launch),
            micro(costs.record),
            micro(costs.readback),
            super::reference_steps(64),
            super::reference_steps(128),
        )
    }

    fn table(&self, text: &mut String) -> std::fmt::Result {
        let names: Vec<String> = self.cards.iter().map(|card| card.name.to_string()).collect();
        let ways = "|---".repeat(names.len());
        writeln!(
            text,
            "| predicted: ms a step (s a run) | kernels and copies | waits | bytes a cell | memory [GB] | {} |\n|---|---|---|---|---{ways}|",
            names.join(" | ")
        )?;
        for row in &self.rows {
            let Row { side, work, memory, predicted } = row;
            let cells = (*side as f64).powi(3);
            let of_cards: Vec<String> = predicted
                .iter()
                .map(|of_card| match (of_card.step, of_card.reference_run) {
                    (Some([least, most]), Some([short, long])) => {
                        format!("{}…{} ({}…{})", three(1e3 * least), three(1e3 * most), three(short), three(long))
                    }
                    _ => "does not fit".into(),
                })
                .collect();
            writeln!(
                text,
                "| {side}³ | {} | {} | {} | {} | {} |",
                work.launches.round(),
                work.read_backs.round(),
                (work.bytes / cells).round(),
                three(*memory as f64 * 1e-9),
                of_cards.join(" | ")
            )?;
        }
        writeln!(text)
    }

    fn beside(&self, text: &mut String) -> std::fmt::Result {
        let (here, whole) = (&self.here, &self.counted[1]);
        let [least, most] = here.predicted.map(|seconds| three(1e3 * seconds));
        let micro = |seconds: f64| three(1e6 * seconds);
        let wait = match here.costs.readback {
            0.0 => "a wait no more than the kernels before it".into(),
            seconds => format!("a wait {} µs", micro(seconds)),
        };
        writeln!(
            text,
            "Measured where it was counted: a copy ran at {} GB/s, a launch cost {} µs (by {}), its recording {} µs, {wait}, on 16³ cells. With these \
             the model says {least}…{most} ms for the step at {}³, which took {} ms.{}",
            three(1e-9 * here.copy_bytes_per_second),
            micro(here.costs.launch),
            here.clock,
            micro(here.costs.record),
            whole.side,
            three(1e3 * here.measured),
            match here.is_hardware {
                true => "",
                false =>
                    " This is no GPU but a program that plays one: it computes where a GPU waits for memory, and the model is not of it.",
            },
        )
    }
}

//! The cell as one body that heat warms and its surroundings cool, per area of its electrodes. Its temperature is told, and may end a step; the
//! physics in the box keeps that of the step, which is that of the surroundings.

use super::heat::Heat;
use crate::cell::energy;
use crate::model::parameters::Setup;
use crate::solver::step::Clock;

/// How near to its limit the temperature ends a step \[K\].
pub const NEAR: f64 = 1e-3;

/// A cell as one body, per area of electrode.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Body {
    /// heat capacity \[J/m²/K\]
    pub capacity: f64,
    /// heat that it gives away per kelvin above its surroundings \[W/m²/K\]
    pub cooling: f64,
}

impl Body {
    /// The body of the cell that a run is a part of; none if the config does not tell how that is cooled.
    pub fn of(setup: &Setup) -> Option<Self> {
        let design = setup.cell.as_deref()?;
        // first, as a run asks after every step
        let cooling = design.asked.cooling? / energy::electrode_area(&design.cell);
        Some(Self { capacity: energy::heat_capacity_per_area(design), cooling })
    }

    /// The temperature \[K\] after a `time` \[s\] in which a steady `heat` \[W/m²\] is made among surroundings of a temperature \[K\].
    ///
    /// The exact solution of C dT/dt = q − h (T − T₀): T goes to T₀ + q/h with the time constant C/h, or rises by q t/C where nothing cools.
    pub fn after(self, temperature: f64, surroundings: f64, heat: f64, time: f64) -> f64 {
        let turns = self.cooling * time / self.capacity;
        // (1 − e^−x)/x, 1 where nothing cools
        let share = if turns == 0.0 { 1.0 } else { -(-turns).exp_m1() / turns };
        temperature + (heat - self.cooling * (temperature - surroundings)) * time / self.capacity * share
    }

    /// How long it takes to a temperature `limit` \[K\], if it comes there \[s\].
    pub fn time_to(self, limit: f64, temperature: f64, surroundings: f64, heat: f64) -> Option<f64> {
        let rate = (heat - self.cooling * (temperature - surroundings)) / self.capacity;
        let straight = (limit - temperature) / rate;
        // the part of the way to where it would come to rest
        let share = straight * self.cooling / self.capacity;
        let time = if share == 0.0 { straight } else { -straight * (-share).ln_1p() / share };
        (straight > 0.0 && time.is_finite()).then_some(time)
    }
}

/// Counts the heat of the last step of a run that stands at `clock`, and what it has done to the temperature of the cell.
pub fn take(setup: &Setup, clock: &mut Clock) {
    let (heat, time) = (Heat::of(setup, clock).total(), clock.last);
    clock.heat += heat * time;
    let body = Body::of(setup);
    // it has that of its surroundings when it is first asked for
    let before = clock.cell_temperature.unwrap_or(clock.temperature);
    clock.cell_temperature = body.map(|body| body.after(before, clock.temperature, heat, time));
}

/// When the cell will have a temperature `limit` \[K\], if the heat of the last step goes on \[s\]. An estimate: it closes in step by step.
pub fn time_of(setup: &Setup, clock: &Clock, limit: f64) -> Option<f64> {
    let (body, now) = Body::of(setup).zip(clock.cell_temperature)?;
    let left = body.time_to(limit, now, clock.temperature, Heat::of(setup, clock).total())?;
    Some(clock.time + left.max(setup.time_step.smallest))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// 10 kJ/m²/K, and a time constant of 1000 s.
    const COOLED: Body = Body { capacity: 1e4, cooling: 10.0 };
    const ALONE: Body = Body { cooling: 0.0, ..COOLED };

    #[test]
    fn a_cell_goes_to_where_it_gives_away_what_it_makes() {
        // 200 W/m² in all: 20 K more in the end, 1 − 1/e of it after a time constant
        let after = COOLED.after(300.0, 300.0, 200.0, 1000.0);
        assert!((after - (300.0 + 20.0 * (1.0 - (-1.0_f64).exp()))).abs() < 1e-9, "{after}");
        assert!((COOLED.after(300.0, 300.0, 200.0, 1e6) - 320.0).abs() < 1e-9);
        // in two steps as in one, and without heat back to its surroundings
        let halves = COOLED.after(COOLED.after(310.0, 300.0, 50.0, 400.0), 300.0, 50.0, 600.0);
        assert!((halves - COOLED.after(310.0, 300.0, 50.0, 1000.0)).abs() < 1e-9);
        assert!((COOLED.after(330.0, 290.0, 0.0, 1e5) - 290.0).abs() < 1e-9);
        assert_eq!(ALONE.after(300.0, 250.0, 200.0, 500.0), 310.0);
    }

    #[test]
    fn the_time_to_a_temperature_brings_it_there() {
        for (body, from, surroundings, heat, limit) in [
            (COOLED, 300.0, 300.0, 200.0, 315.0),
            (COOLED, 340.0, 300.0, 0.0, 301.0),
            (ALONE, 300.0, 280.0, 7.0, 333.0),
        ] {
            let time = body.time_to(limit, from, surroundings, heat).unwrap();
            assert!((body.after(from, surroundings, heat, time) - limit).abs() < 1e-9, "{time}");
        }
        // where it never comes, or is going away from
        assert_eq!(COOLED.time_to(320.0, 300.0, 300.0, 200.0), None);
        assert_eq!(COOLED.time_to(325.0, 300.0, 300.0, 200.0), None);
        assert_eq!(COOLED.time_to(299.0, 300.0, 300.0, 200.0), None);
        assert_eq!(ALONE.time_to(310.0, 300.0, 300.0, 0.0), None);
    }
}

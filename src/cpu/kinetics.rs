//! Current density of lithium plating (i > 0) and stripping in each interface cell.
//!
//! What `model::kinetics` solves cell by cell, by the same iteration, is solved here for the cells of a strip side by side, each from
//! the current that it had before: near the solution one or two corrections are enough.

use crate::model::numerics::{DILUTE, EXPONENT_BOUND, LEAST_LOGARITHM, SCARCE};
use multiversion::multiversion;

use super::Cpu;
use super::elementary::{exponentials, logarithm};
use super::probe::Probe;
use super::shape::{fields, fill, rows_of};
use super::transport::Table;
use crate::model::kinetics::{
    LAYER_SERIES, Layer, SETTLED, USED_UP, conductivity_of_salt, film_start, layer_start, through_layer_with,
};

/// Corrections after which a strip has started too far off. One or two are usual.
const CORRECTIONS: usize = 8;
/// A correction by less than this is the last: the next would be of the order of its square. Between kinetics and layer it is the logarithm of
/// their currents' ratio, which is half its square after the correction; behind a film the change of the drive that is left, relative to
/// it where it is below 1: that of the current is then an eighth of its square.
const LAST: f64 = 3e-5;
/// Smallest depletion that the unknown is solved for.
const LEAST_DEPLETION: f64 = 1e-30;
/// Largest share of the layer's salt that the current before is taken to use up: it may have been more than there is now.
const USED_BEFORE: f64 = 0.999;

/// What a cell reads or had before, in the order of [`Cells::read`].
#[derive(Clone, Copy)]
enum Read {
    Phi,
    C,
    Thickness,
    Curvature,
    Heterogeneity,
    /// the current before
    Before,
    Kappa,
    KappaD,
    Diffusivity,
    Transference,
    /// derivative of κ with respect to c
    KappaByC,
    /// part of κ that goes with all of the salt
    OfSalt,
    /// resistance that mechanisms and a coating add to the film
    Layers,
}

/// Members of [`Read`].
const READ: usize = 13;

/// The cells of a strip that react. The columns are as long as the most cells of a strip so far; the first `count` values are theirs.
#[derive(Default)]
struct Cells<'a> {
    count: usize,
    /// their probes
    probes: Vec<&'a Probe>,
    read: [Vec<f64>; READ],
    /// drive, concentration c/c0 and exchange current density at c, where the electrolyte is read; then the layer, member by
    /// member
    known: [Vec<f64>; 9],
    /// the unknown: ln of the share of c that is left at the interface; without salt what the film leaves of the drive
    unknown: Vec<f64>,
    /// 1 until the unknown has settled, 0 then: what a cell comes to must not depend on the others of its strip
    open: Vec<u64>,
    /// current, its slopes with respect to the drive and to c
    rate: [Vec<f64>; 3],
}

/// The cells that are looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Pass {
    /// all
    Full,
    /// those that react with isolated lithium
    IsolatedOnly,
}

/// The constants of a strip.
struct Constants {
    salt: bool,
    alpha: f64,
    film: f64,
    i0: f64,
    reference: f64,
    capillary: f64,
    stress: f64,
}

/// u at the probe less the lithium's potential, delta, heterogeneity → current = i0 (c_f/c0)^α a(x) {exp\[α f\] − exp\[−(1−α) f\]} and
/// its slopes with respect to φ and c at the probe, through film and the layer between probe and interface.
pub fn kinetics(cpu: &mut Cpu, pass: Pass) {
    let (p, shape) = (cpu.physics, cpu.shape);
    let reference = f64::from(cpu.step.phi_reference);
    let (u, heterogeneity, pattern_share) = (&cpu.u, &cpu.heterogeneity, &cpu.pattern_share);
    let ([side_current, layer_resistance], [drive_lost, exchange]) = (&cpu.side, &cpu.law);
    let (probes, table, isolated, trapped) = (&cpu.probes, &cpu.table, &cpu.isolated, &cpu.trapped);
    shape.strips(fields(&mut cpu.rate), Cells::default, |cells, strip, mut out| {
        let has_isolated = isolated.in_rows(strip.numbers());
        if pass == Pass::IsolatedOnly && !has_isolated {
            return;
        }
        let constants = Constants {
            salt: p.salt == 1,
            alpha: p.alpha.into(),
            film: p.film.into(),
            i0: p.i0.into(),
            reference,
            capillary: p.capillary.into(),
            stress: p.stress.into(),
        };
        let all = probes.of(strip);
        let mut probes = std::mem::take(&mut cells.probes);
        let is_looked_at = |probe: &&Probe| pass == Pass::Full || isolated.has(probe.cell as usize);
        probes.clear();
        probes.extend(all.iter().filter(|probe| probe.reacts && is_looked_at(probe)));
        cells.make_room(probes.len());
        let mut columns = cells.read.each_mut().map(|column| &mut column[..]);
        read_strip(&probes, u.each_ref().map(|field| &field[..]), table, heterogeneity, &mut columns);
        for (k, probe) in probes.iter().enumerate() {
            let cell = probe.cell as usize;
            columns[Read::Before as usize][k] = out[0][cell - strip.here];
            if has_isolated {
                columns[Read::Phi as usize][k] -= isolated.potential(cell);
            }
            if p.pattern_film > 0.0 {
                let column = cell % pattern_share.len();
                columns[Read::Layers as usize][k] = f64::from(p.pattern_film) * pattern_share[column];
            } else {
                columns[Read::Layers as usize][k] = 0.0;
            }
            if p.mechanisms == 1 {
                columns[Read::Before as usize][k] -= side_current[cell];
                columns[Read::Layers as usize][k] += layer_resistance[cell];
                columns[Read::Phi as usize][k] -= drive_lost[cell];
                columns[Read::Heterogeneity as usize][k] *= exchange[cell];
            }
        }
        cells.prepare(&constants);
        cells.solve(&constants);
        cells.fade(&constants, &probes, trapped);
        let resting = all.iter().filter(|probe| !probe.reacts).filter(is_looked_at);
        for (out, rate) in out.iter_mut().zip(&cells.rate) {
            match pass {
                Pass::Full => out.fill(0.0),
                Pass::IsolatedOnly => resting.clone().for_each(|probe| out[probe.cell as usize - strip.here] = 0.0),
            }
            probes.iter().zip(rate).for_each(|(probe, &rate)| out[probe.cell as usize - strip.here] = rate);
        }
        if p.mechanisms == 1 {
            let taking = all.iter().filter(is_looked_at).map(|probe| probe.cell as usize);
            taking.for_each(|cell| out[0][cell - strip.here] += side_current[cell]);
        }
        cells.probes = probes;
    });
}

/// What the cells of a strip read: all of [`Read`] but the current before and what mechanisms add.
#[multiversion(targets = "simd")]
fn read_strip(
    probes: &[&Probe],
    u: [&[f64]; 2],
    table: &Table,
    heterogeneity: &[f64],
    columns: &mut [&mut [f64]; READ],
) {
    let n = probes.len();
    for column in columns.iter_mut() {
        // of a length that the compiler can follow
        *column = &mut std::mem::take(column)[..n];
    }
    for k in 0..n {
        let probe = probes[k];
        let (phi, c) = (probe.reading.read(u[0]), probe.reading.read(u[1]));
        let (properties, slopes) = table.at(c.max(DILUTE - 1.0));
        columns[Read::Phi as usize][k] = phi;
        columns[Read::C as usize][k] = c;
        columns[Read::Thickness as usize][k] = probe.thickness;
        columns[Read::Curvature as usize][k] = probe.curvature;
        columns[Read::Heterogeneity as usize][k] = heterogeneity[probe.cell as usize];
        columns[Read::Kappa as usize][k] = properties[0];
        columns[Read::KappaD as usize][k] = properties[1];
        columns[Read::Diffusivity as usize][k] = properties[2];
        columns[Read::Transference as usize][k] = properties[3];
        columns[Read::KappaByC as usize][k] = slopes[0];
        let (half, _) = table.at(0.5 * (1.0 + c).max(DILUTE) - 1.0);
        columns[Read::OfSalt as usize][k] = conductivity_of_salt(properties[0], half[0]);
    }
}

/// What is known of the cells of a strip.
#[derive(Clone, Copy)]
struct Known<'a> {
    drive: &'a [f64],
    c: &'a [f64],
    exchange: &'a [f64],
    film: &'a [f64],
    resistance: &'a [f64],
    depletion: &'a [f64],
    diffusion_potential: &'a [f64],
    resistance_by_c: &'a [f64],
    /// part of κ that goes with all of the salt
    conductivity_of_salt: &'a [f64],
}

impl<'a> Known<'a> {
    /// Member by member.
    fn new(known: &'a [Vec<f64>; 9]) -> Self {
        let [
            drive,
            c,
            exchange,
            film,
            resistance,
            depletion,
            diffusion_potential,
            resistance_by_c,
            conductivity_of_salt,
        ] = known;
        Self {
            drive,
            c,
            exchange,
            film,
            resistance,
            depletion,
            diffusion_potential,
            resistance_by_c,
            conductivity_of_salt,
        }
    }

    /// The layer of a cell.
    fn layer(&self, x: usize) -> Layer {
        Layer {
            film: self.film[x],
            resistance: self.resistance[x],
            depletion: self.depletion[x],
            diffusion_potential: self.diffusion_potential[x],
            resistance_by_c: self.resistance_by_c[x],
            conductivity_of_salt: self.conductivity_of_salt[x],
        }
    }
}

impl Known<'_> {
    /// Cuts every slice to `n` cells, so that the compiler knows their length and leaves out the checks of bounds.
    #[inline(always)]
    fn of(&self, n: usize) -> Self {
        Self {
            drive: &self.drive[..n],
            c: &self.c[..n],
            exchange: &self.exchange[..n],
            film: &self.film[..n],
            resistance: &self.resistance[..n],
            depletion: &self.depletion[..n],
            diffusion_potential: &self.diffusion_potential[..n],
            resistance_by_c: &self.resistance_by_c[..n],
            conductivity_of_salt: &self.conductivity_of_salt[..n],
        }
    }
}

impl Cells<'_> {
    /// Makes room for `n` cells.
    fn make_room(&mut self, n: usize) {
        self.count = n;
        if self.unknown.len() < n {
            self.open.resize(n, 1);
            let columns = self.read.iter_mut().chain(&mut self.known).chain([&mut self.unknown]).chain(&mut self.rate);
            columns.for_each(|column| column.resize(n, 0.0));
        }
        self.open[..n].fill(1);
    }

    /// What is known, and where the unknown starts.
    fn prepare(&mut self, constants: &Constants) {
        let read = self.read.each_ref().map(|column| &column[..]);
        let known = self.known.each_mut().map(|column| &mut column[..]);
        prepare_strip(constants, read, known, &mut self.unknown[..self.count]);
        let &Constants { salt, alpha, .. } = constants;
        let known = Known::new(&self.known);
        for x in 0..self.count {
            let (drive, c, exchange) = (known.drive[x], known.c[x], known.exchange[x]);
            let before = self.read[Read::Before as usize][x];
            let same_way = before * drive > 0.0;
            if !salt {
                let resistance = known.film[x] + known.resistance[x];
                let (bound, left) = (film_start(drive, exchange, alpha, resistance), drive - resistance * before);
                let near = same_way && left * bound > 0.0 && left.abs() < bound.abs();
                self.unknown[x] = if near { left } else { bound };
            } else if !same_way {
                // of the wrong sign, or a cell that is new to the interface
                self.unknown[x] = layer_start(drive, c, exchange, alpha, &known.layer(x));
            }
        }
    }

    /// Finds the unknown and what follows from it.
    fn solve(&mut self, &Constants { alpha, salt, .. }: &Constants) {
        let known = Known::new(&self.known);
        let (unknown, open) = (&mut self.unknown[..self.count], &mut self.open[..self.count]);
        let half = alpha == 0.5;
        let correct = match (salt, half) {
            (true, true) => correct_layer::<true>,
            (true, false) => correct_layer::<false>,
            (false, true) => correct_film::<true>,
            (false, false) => correct_film::<false>,
        };
        let settled = (0..CORRECTIONS).any(|_| !correct(&known, alpha, unknown, open));
        let [current, by_drive, by_c] = self.rate.each_mut().map(|rate| &mut rate[..]);
        match (salt, half) {
            (true, true) => respond_through_layer::<true>(&known, alpha, unknown, current, by_drive, by_c),
            (true, false) => respond_through_layer::<false>(&known, alpha, unknown, current, by_drive, by_c),
            (false, true) => respond_behind_film::<true>(&known, alpha, unknown, current, by_drive),
            (false, false) => respond_behind_film::<false>(&known, alpha, unknown, current, by_drive),
        }
        if !settled {
            // starts that were too far off
            for x in (0..open.len()).filter(|&x| open[x] == 1) {
                let layer = known.layer(x);
                let layer = if salt { layer } else { Layer { depletion: 0.0, ..layer } };
                let response = through_layer_with(known.drive[x], known.c[x], known.exchange[x], alpha, &layer);
                (current[x], by_drive[x], by_c[x]) = (response.current, response.by_drive, response.by_c);
            }
        }
        if !salt {
            by_c.fill(0.0);
        }
    }

    /// Plating needs salt: below [`DILUTE`], below [`SCARCE`] in a trapped cell, its current falls in proportion to the concentration,
    /// down to none where there is none.
    fn fade(&mut self, constants: &Constants, probes: &[&Probe], trapped: &[bool]) {
        if !constants.salt {
            return;
        }
        let [current, by_drive, by_c] = &mut self.rate;
        for (x, c) in self.read[Read::C as usize][..self.count].iter().enumerate() {
            let c = 1.0 + c;
            let enough = if trapped.get(probes[x].cell as usize) == Some(&true) { SCARCE } else { DILUTE };
            if c >= enough {
                continue;
            }
            // at a smaller concentration than this the layer is solved for this one
            let full = if c >= DILUTE { by_c[x] } else { 0.0 };
            by_c[x] = full;
            if current[x] > 0.0 {
                let share = (c / enough).max(0.0);
                by_c[x] = if c > 0.0 { full * share + current[x] / enough } else { 0.0 };
                current[x] *= share;
                by_drive[x] *= share;
            }
        }
    }
}

/// What is known of the cells of a strip, and from the current before where ln(c_f/c) starts.
#[multiversion(targets = "simd")]
fn prepare_strip(constants: &Constants, read: [&[f64]; READ], known: [&mut [f64]; 9], unknown: &mut [f64]) {
    let n = unknown.len();
    let read = rows_of(read, n);
    let &Constants { salt, alpha, film, i0, reference, capillary, stress } = constants;
    let of = |what: Read, x: usize| read[what as usize][x];
    let [drive, c, exchange, film_there, resistance, depletion, diffusion_potential, by_c, of_salt] = known;
    fill(&mut drive[..n], |x| (reference + of(Read::Phi, x)) - (capillary * of(Read::Curvature, x) + stress));
    fill(&mut c[..n], |x| if salt { (1.0 + of(Read::C, x)).max(DILUTE) } else { 1.0 });
    let c = &c[..n];
    let strength = |x: usize| i0 * of(Read::Heterogeneity, x);
    if alpha == 0.5 {
        fill(&mut exchange[..n], |x| strength(x) * c[x].sqrt());
    } else {
        fill(&mut exchange[..n], |x| strength(x) * exponentials(alpha * logarithm(c[x]))[0]);
    }
    let through = |x: usize| of(Read::Thickness, x);
    fill(&mut film_there[..n], |x| film + of(Read::Layers, x));
    fill(&mut resistance[..n], |x| through(x) / of(Read::Kappa, x));
    fill(&mut depletion[..n], |x| {
        let depletion = through(x) * (1.0 - of(Read::Transference, x)) / of(Read::Diffusivity, x);
        // a layer that takes no salt is solved as one that takes next to none
        if depletion.abs() < LEAST_DEPLETION { LEAST_DEPLETION } else { depletion }
    });
    let depletion = &depletion[..n];
    fill(&mut diffusion_potential[..n], |x| of(Read::KappaD, x) / of(Read::Kappa, x));
    fill(&mut by_c[..n], |x| -through(x) * of(Read::KappaByC, x) / (of(Read::Kappa, x) * of(Read::Kappa, x)));
    of_salt[..n].copy_from_slice(read[Read::OfSalt as usize]);
    fill(&mut unknown[..n], |x| {
        let used = of(Read::Before, x) * depletion[x] / c[x];
        let used = if used > USED_BEFORE { USED_BEFORE } else { used };
        // the logarithm of what is nearly 1 would have no digits
        if used.abs() < 1e-4 { -used * (1.0 + 0.5 * used) } else { logarithm(1.0 - used) }
    });
}

/// exp(α f) − exp(−(1−α) f) and its slope, as in `model::kinetics::butler_volmer`. `HALF`: α = ½.
#[inline(always)]
fn butler_volmer<const HALF: bool>(f: f64, alpha: f64) -> [f64; 2] {
    if HALF {
        let [large, slope] = bounded_exp_m1(0.5 * f.abs());
        let small = 1.0 / (1.0 + large);
        [(large * (1.0 + small)).copysign(f), 0.5 * (slope + small)]
    } else {
        let ([cathodic, up], [anodic, down]) = (bounded_exp_m1(alpha * f), bounded_exp_m1(-(1.0 - alpha) * f));
        [cathodic - anodic, alpha * up + (1.0 - alpha) * down]
    }
}

/// exp(x) − 1, beyond the bound continued as a straight line, and its slope.
#[inline(always)]
fn bounded_exp_m1(x: f64) -> [f64; 2] {
    let bounded = if x > EXPONENT_BOUND { EXPONENT_BOUND } else { x };
    let [exp, less_one] = exponentials(bounded);
    [less_one + exp * (x - bounded), exp]
}

/// What the interface sees at the near side of a layer.
struct Front {
    /// current that the kinetics ask for, and its slope
    rate: [f64; 2],
    /// concentration
    front: f64,
    /// current through the layer
    through: f64,
    /// potential lost per current that is added
    resistance: f64,
    /// derivative of the layer's resistance with respect to c on the far side, where the current is given
    resistance_by_c: f64,
}

/// Where c e^y is left.
#[inline(always)]
fn at_front<const HALF: bool>(known: &Known, x: usize, y: f64, alpha: f64) -> Front {
    let [left, less_one] = exponentials(y);
    let through = -known.c[x] * less_one / known.depletion[x];
    let share = known.conductivity_of_salt[x];
    let conductivity = (1.0 - share) + share * left;
    let factor = layer_factor(-share * less_one, conductivity);
    let lost = (known.film[x] + known.resistance[x] * factor) * through;
    let f = known.drive[x] - lost + known.diffusion_potential[x] * y;
    let [value, slope] = butler_volmer::<HALF>(f, alpha);
    let exchange = known.exchange[x] * if HALF { left.sqrt() } else { exponentials(alpha * y)[0] };
    Front {
        rate: [exchange * value, exchange * slope],
        front: known.c[x] * left,
        through,
        resistance: known.film[x] + known.resistance[x] / conductivity,
        resistance_by_c: known.resistance_by_c[x] * factor
            - known.resistance[x] * share / known.c[x] * (1.0 / conductivity - factor),
    }
}

/// −ln(1 − z)/z, `left` being 1 − z: resistance of a layer across which z of the conductivity is lost, over that of one that loses none.
#[inline(always)]
fn layer_factor(z: f64, left: f64) -> f64 {
    let mut near = 0.0;
    for term in LAYER_SERIES {
        near = near * z + term;
    }
    let far = -logarithm(left) / z;
    if z.abs() < 1e-3 { near } else { far }
}

/// A correction of Newton's method on ln(i of the kinetics/i through the layer), which is nearly straight in y = ln(c_f/c) at
/// either end. Returns whether a cell has not settled.
#[multiversion(targets = "simd")]
fn correct_layer<const HALF: bool>(known: &Known, alpha: f64, unknown: &mut [f64], open: &mut [u64]) -> bool {
    let n = unknown.len();
    let known = known.of(n);
    let (unknown, open) = (&mut unknown[..n], &mut open[..n]);
    let mut any = 0;
    for x in 0..n {
        let y = unknown[x];
        let Front { rate: [value, slope], front, through, resistance, .. } = at_front::<HALF>(&known, x, y, alpha);
        let depletion = known.depletion[x];
        let stiffness = alpha
            + slope / value * (known.diffusion_potential[x] + resistance * front / depletion)
            + front / (depletion * through);
        let same_way = value * through > 0.0;
        let ratio = if same_way { value / through } else { 1.0 };
        let apart = logarithm(ratio);
        let new = y - apart / stiffness;
        // not across zero, and not more than all of the salt
        let half = 0.5 * y;
        let bounded = if (y < 0.0) == (new > half) { half } else { new };
        let bounded = if bounded < LEAST_LOGARITHM { LEAST_LOGARITHM } else { bounded };
        let last = same_way && new == bounded && apart.abs() <= LAST;
        let new = if same_way { bounded } else { half };
        let settled = last || (new - y).abs() <= SETTLED * y.abs();
        unknown[x] = if open[x] == 1 { new } else { y };
        open[x] &= u64::from(!settled);
        any |= open[x];
    }
    any != 0
}

/// Current and slopes through the layer.
#[multiversion(targets = "simd")]
fn respond_through_layer<const HALF: bool>(
    known: &Known,
    alpha: f64,
    unknown: &[f64],
    current: &mut [f64],
    by_drive: &mut [f64],
    by_c: &mut [f64],
) {
    let n = unknown.len();
    let (known, unknown) = (known.of(n), &unknown[..n]);
    let (current, by_drive, by_c) = (&mut current[..n], &mut by_drive[..n], &mut by_c[..n]);
    for x in 0..n {
        let y = unknown[x];
        let Front { rate: [value, slope], front, through, resistance, resistance_by_c } =
            at_front::<HALF>(&known, x, y, alpha);
        let by_front = (alpha * value + slope * known.diffusion_potential[x]) / front;
        let stiffness = 1.0 + slope * resistance + by_front * known.depletion[x];
        let potential_by_c = known.diffusion_potential[x] / known.c[x] + resistance_by_c * value;
        // where most is used up, what passes is known better than what the kinetics ask for
        current[x] = if y < USED_UP { through } else { value };
        by_drive[x] = slope / stiffness;
        by_c[x] = (by_front - slope * potential_by_c) / stiffness;
    }
}

/// A correction of Newton's method on f = drive − resistance i0 bv(f). Returns whether a cell has not settled.
#[multiversion(targets = "simd")]
fn correct_film<const HALF: bool>(known: &Known, alpha: f64, unknown: &mut [f64], open: &mut [u64]) -> bool {
    let n = unknown.len();
    let known = known.of(n);
    let (unknown, open) = (&mut unknown[..n], &mut open[..n]);
    let mut any = 0;
    for x in 0..n {
        let f = unknown[x];
        let [value, slope] = butler_volmer::<HALF>(f, alpha);
        let resistance = (known.film[x] + known.resistance[x]) * known.exchange[x];
        let change = (f + resistance * value - known.drive[x]) / (1.0 + resistance * slope);
        let new = f - change;
        let settled = change.abs() <= LAST * if new.abs() < 1.0 { new.abs() } else { 1.0 };
        unknown[x] = if open[x] == 1 { new } else { f };
        open[x] &= u64::from(!settled);
        any |= open[x];
    }
    any != 0
}

/// Current and slope behind film and layer where there is no salt.
#[multiversion(targets = "simd")]
fn respond_behind_film<const HALF: bool>(
    known: &Known,
    alpha: f64,
    unknown: &[f64],
    current: &mut [f64],
    by_drive: &mut [f64],
) {
    let n = unknown.len();
    let (known, unknown) = (known.of(n), &unknown[..n]);
    let (current, by_drive) = (&mut current[..n], &mut by_drive[..n]);
    for x in 0..n {
        let f = unknown[x];
        let [value, slope] = butler_volmer::<HALF>(f, alpha);
        let slope = known.exchange[x] * slope;
        current[x] = known.exchange[x] * value;
        by_drive[x] = slope / (1.0 + (known.film[x] + known.resistance[x]) * slope);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::kinetics::through_layer;

    /// From any current before, of either sign and any size: what `through_layer` finds cell by cell.
    #[test]
    fn a_row_of_cells_carries_what_each_of_them_would() {
        let mut cells = Cells::default();
        for alpha in [0.5, 0.3] {
            for salt in [true, false] {
                let constants =
                    Constants { salt, alpha, film: 0.0, i0: 1.0, reference: 0.0, capillary: 0.0, stress: 0.0 };
                let (mut read, mut expected) = (Vec::new(), Vec::new());
                for drive in [-8.0, -1.0, -1e-6, 0.0, 1e-3, 0.3, 3.0, 15.0, 40.0] {
                    for (c, i0) in [(1e-3f64, 1e-3), (0.1, 1e-5), (1.0, 1e-2)] {
                        for depletion in [0.0, 1e-4, 0.7, 30.0] {
                            for resistance in [1e-9, 1.0, 300.0, 1e6] {
                                for before in [0.0, 1e-9, 1e-4, -1e-2, 1.0] {
                                    let kappa = 1.0 / resistance;
                                    let c = if salt { c } else { 1.0 };
                                    read.push([
                                        drive,
                                        c - 1.0,
                                        1.0,
                                        0.0,
                                        i0,
                                        before,
                                        kappa,
                                        1.5 * kappa,
                                        1.0,
                                        1.0 - depletion,
                                        0.1 * kappa,
                                        0.7,
                                    ]);
                                    let layer = Layer {
                                        film: 0.0,
                                        resistance,
                                        depletion: if salt { depletion } else { 0.0 },
                                        diffusion_potential: 1.5,
                                        resistance_by_c: -0.1 * resistance,
                                        conductivity_of_salt: 0.7,
                                    };
                                    expected.push((
                                        through_layer(drive, c, i0, alpha, &layer),
                                        drive,
                                        c,
                                        layer,
                                        before,
                                    ));
                                }
                            }
                        }
                    }
                }
                cells.make_room(read.len());
                for (k, read) in read.iter().enumerate() {
                    cells.read.iter_mut().zip(read).for_each(|(column, value)| column[k] = *value);
                }
                cells.prepare(&constants);
                cells.solve(&constants);
                // by itself a cell comes to the same bits
                let mut alone = Cells::default();
                for (k, read) in read.iter().enumerate().step_by(7) {
                    alone.make_room(1);
                    alone.read.iter_mut().zip(read).for_each(|(column, value)| column[0] = *value);
                    alone.prepare(&constants);
                    alone.solve(&constants);
                    let same = |k: usize| [0, 1, 2].map(|rate| cells.rate[rate][k].to_bits());
                    assert_eq!([0, 1, 2].map(|rate| alone.rate[rate][0].to_bits()), same(k), "{read:?}");
                }
                for (i, (expected, drive, c, layer, before)) in expected.iter().enumerate() {
                    let near = |a: f64, b: f64, noise: f64| (a - b).abs() <= 1e-8 * b.abs() + noise;
                    let [current, by_drive, by_c] = [0, 1, 2].map(|k| cells.rate[k][i]);
                    assert!(
                        near(current, expected.current, 1e-20)
                            && near(by_drive, expected.by_drive, 0.0)
                            // of the diffusion potential it has a difference of two terms
                            && (!salt || near(by_c, expected.by_c, 1e-15 * by_drive * 1.5 / c)),
                        "{alpha} {drive} {c} {layer:?} {before}: {current} {by_drive} {by_c}, not {expected:?}"
                    );
                }
            }
        }
    }
}

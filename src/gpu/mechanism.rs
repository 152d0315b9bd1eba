//! The seam between the GPU backend and the mechanisms on the surface.

use super::Gpu;
use super::fields::{Buffer, RidingBuffer};
use super::shader::Kernel;
use crate::mechanisms::{self, PerMechanism, Riding, StepStart};
use crate::model::scales::Scales;
use crate::solver::backend::BackendError;

/// A mechanism on this backend. Its fields are in buffers of the device, [`GpuMechanism::buffers`].
pub trait GpuMechanism: Send {
    /// Buffers that the mechanism needs.
    fn buffers(&self) -> &'static [RidingBuffer];
    /// Goes over to the scaled units of another temperature.
    fn scale(&mut self, scales: &Scales);
    /// Where the fields of the mechanism lie: the name of each, its buffer, and which float of that.
    fn fields(&self) -> &'static [(&'static str, &'static str, usize)];
    /// Replaces the fields of the mechanism; those that are not given become those of a fresh surface.
    fn load(&self, gpu: &mut Gpu, given: &Riding);
    /// Looks at the surface before the solution of a step, and adds to `side` and `law`. Returns Σ of the current that it takes
    /// times δ.
    ///
    /// # Errors
    /// If the device fails.
    fn start(&self, gpu: &mut Gpu, step: StepStart) -> Result<f64, BackendError>;
    /// Follows the surface at the end of a step of `dt` \[s\]: the front moves by `movement` for a current of 1 \[dx per current scale\].
    fn end(&self, gpu: &mut Gpu, movement: f64, dt: f64);
    /// Takes note of `count` nuclei in `caps` before their lithium is there; as many as `before` says have appeared before these.
    fn place(&self, gpu: &mut Gpu, count: u32, before: u64);
}

/// What mechanisms do with the device.
impl Gpu {
    /// Runs an operator over the whole grid.
    pub(crate) fn run_over_grid(&mut self, kernel: Kernel, parameters: &[u32]) {
        self.run(kernel, &[], parameters);
    }

    /// Runs an operator that sums one number; its first parameter is that of the sum.
    ///
    /// # Errors
    /// If the device fails.
    pub(crate) fn run_with_sum(&mut self, kernel: Kernel, parameters: &[u32]) -> Result<f64, BackendError> {
        self.reduce(kernel, &[], parameters, Buffer::Sums, 1, 0);
        Ok(self.totals(1)?[0])
    }

    /// Writes a buffer of a mechanism.
    pub(crate) fn write_riding(&mut self, name: &str, values: &[f32]) {
        match self.fields.named(name) {
            Some(id) => self.queue.write(&self.device, self.fields.buffer(id), bytemuck::cast_slice(values)),
            None => self.device.note(format!("there is no buffer `{name}`")),
        }
    }

    /// Exchanges two buffers of mechanisms: what one holds the other does from then on.
    pub(crate) fn swap_riding(&mut self, names: [&'static str; 2]) {
        self.fields.swap_riding(names);
    }

    /// Fills a buffer of a mechanism with zeros.
    pub(crate) fn clear_riding(&mut self, name: &str) {
        if let Some(id) = self.fields.named(name) {
            self.queue.clear(&self.device, self.fields.buffer(id));
        }
    }

    /// A field of a mechanism; none if the mechanism is switched off.
    pub(super) fn riding_field(&mut self, name: &str) -> Result<Vec<f32>, BackendError> {
        let all = self.mechanisms.iter().flatten();
        let found =
            all.flat_map(|on| on.fields().iter().map(|field| (on.buffers(), field))).find(|(_, field)| field.0 == name);
        let Some((buffers, &(_, buffer, which))) = found else { return Ok(Vec::new()) };
        let floats = buffers.iter().find(|own| own.name == buffer).map_or(1, |own| own.extent.floats(1) as usize);
        let Some(id) = self.fields.named(buffer) else { return Ok(Vec::new()) };
        Ok(self.read_id(id)?.into_iter().skip(which).step_by(floats).collect())
    }

    /// Fields of all mechanisms that are switched on.
    pub(super) fn riding(&mut self) -> Result<Riding, BackendError> {
        let names: Vec<&'static str> =
            self.mechanisms.iter().flatten().flat_map(|on| on.fields().iter().map(|field| field.0)).collect();
        let wide = |values: Vec<f32>| values.into_iter().map(f64::from).collect();
        names.into_iter().map(|name| Ok((name, wide(self.riding_field(name)?)))).collect()
    }

    /// Hands the device to each mechanism that is switched on, with its place in the table.
    pub(super) fn with_mechanisms(&mut self, mut hand: impl FnMut(usize, &dyn GpuMechanism, &mut Self)) {
        let all = std::mem::take(&mut self.mechanisms);
        for (place, on) in all.iter().enumerate() {
            if let Some(on) = on {
                hand(place, on.as_ref(), self);
            }
        }
        self.mechanisms = all;
    }

    /// Whether any mechanism is switched on.
    pub(super) fn has_mechanisms(&self) -> bool {
        self.mechanisms.iter().any(Option::is_some)
    }

    /// Lets every mechanism look at the surface before a step. Returns what each takes, from now on part of the current.
    pub(super) fn start_all(&mut self, step: StepStart) -> Result<PerMechanism, BackendError> {
        if !self.has_mechanisms() {
            return Ok(PerMechanism::default());
        }
        let mut taken = [0.0; mechanisms::COUNT];
        self.clear(Buffer::Side);
        self.clear(Buffer::Law);
        let mut result = Ok(());
        self.with_mechanisms(|place, on, gpu| match on.start(gpu, step) {
            Ok(sum) => taken[place] = sum,
            Err(error) => result = Err(error),
        });
        result.map(|()| PerMechanism::from_array(taken))
    }
}

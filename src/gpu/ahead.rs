//! What a step wants to know after the movement of the front, found in one wait: inventory, nuclei, isolated lithium.

use super::Gpu;
use super::fields::Buffer;
use super::isolated;
use super::reduce;
use crate::solver::backend::{BackendError, Firing};

/// Numbers of the inventory's totals, a high and a low part of each.
const TOTALS: usize = 16;
/// Words of the list of cells that have fired which are read before their number is known: the number, and as many cells as a step makes
/// nuclei in at most as a rule.
const FIRED: u64 = 16;

/// What was found and has not been asked for yet. Whatever changes ξ makes it void.
#[derive(Default)]
pub(super) struct Found {
    /// members of the inventory
    pub inventory: Option<Vec<f64>>,
    /// in which firing, and the first words of the list
    pub fired: Option<(Firing, Vec<u32>)>,
    /// the head of the table of pieces
    pub pieces: Option<Vec<u32>>,
}

impl Gpu {
    /// Queues the inventory, the nucleation of a step if there is one and the search for isolated lithium if it is asked for, and waits
    /// once for what they find.
    pub(super) fn find_ahead(&mut self, firing: Option<Firing>, pieces: bool) -> Result<(), BackendError> {
        self.found = Found::default();
        self.sum_inventory();
        if let Some(firing) = firing {
            self.fire(firing);
        }
        if pieces {
            let before = self.isolated.clone();
            self.number_pieces(&before);
        }
        let fired = if firing.is_some() { self.first_fired() } else { 0 };
        let sizes = [4 * TOTALS, fired, if pieces { 4 * isolated::HEAD } else { 0 }].map(|size| size as u64);
        let buffers =
            [Buffer::Sums, Buffer::Fired, Buffer::Pieces].map(|buffer| self.fields.buffer(self.fields.id(buffer)));
        let heads = std::array::from_fn(|k| (buffers[k], sizes[k]));
        let [totals, fired, head] = self.queue.read_heads::<3>(&self.device, heads)?;
        self.found = Found {
            inventory: Some(reduce::members(&bytemuck::pod_collect_to_vec::<u8, f32>(&totals))),
            fired: firing.map(|firing| (firing, bytemuck::pod_collect_to_vec(&fired))),
            pieces: pieces.then(|| bytemuck::pod_collect_to_vec(&head)),
        };
        Ok(())
    }

    /// Bytes of the list of cells that have fired which are read before their number is known.
    pub(super) fn first_fired(&self) -> usize {
        self.fields.buffer(self.fields.id(Buffer::Fired)).size().min(4 * FIRED) as usize
    }
}

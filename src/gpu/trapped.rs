//! Electrolyte that has lost the top of the box: which kernels find it.

use super::Gpu;
use super::fields::Buffer;
use super::shader::Kernel;

/// Phases whose pieces are looked for; the same in shaders/lib/isolated.wgsl.
#[derive(Clone, Copy)]
#[repr(u32)]
pub enum Phase {
    /// its pieces may be joined to the copper
    Lithium = 0,
    /// its pieces may be joined to the top
    Electrolyte = 1,
}

impl Gpu {
    /// xi → whether each cell is trapped; nowhere as long as no salt is spent. Needs the labels' room.
    pub(super) fn find_trapped(&mut self, any_spent: bool) {
        if any_spent {
            self.label_phase(Phase::Electrolyte);
            self.run(Kernel::Trapped, &self.labels(), &[]);
        } else if self.trapped {
            self.clear(Buffer::Pocket);
        }
        self.trapped = any_spent;
    }

    /// c before the step → the trapped cells whose salt is spent.
    pub(super) fn close_trapped(&mut self) {
        if self.trapped {
            self.run(Kernel::Close, &[], &[]);
        }
    }
}

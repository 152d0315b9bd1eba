//! Why a run cannot start on the GPU.

/// Why a run cannot start on the GPU.
#[derive(Debug, thiserror::Error)]
pub enum GpuError {
    /// No adapter that may be used.
    #[error("no GPU was found{0}")]
    NoAdapter(String),
    /// No adapter of that index.
    #[error("there is no adapter {index}: `liplate devices` lists {count}")]
    NoSuchAdapter {
        /// asked for
        index: usize,
        /// how many there are
        count: usize,
    },
    /// The adapter lacks what the kernels need.
    #[error("{device} offers {limit} = {offered}, but {needed} are needed")]
    Limit {
        /// the adapter
        device: String,
        /// the limit
        limit: &'static str,
        /// what it offers
        offered: u64,
        /// what is needed
        needed: u64,
    },
    /// The grid is too large for the adapter.
    #[error(
        "the grid needs fields of {needed} bytes, but {device} takes {limit} at most; \
         its largest cubic grid is {largest} × {largest} × {largest}"
    )]
    TooLarge {
        /// the adapter
        device: String,
        /// bytes of the largest field
        needed: u64,
        /// bytes of the largest field that fits
        limit: u64,
        /// cells along each side of the largest cube that fits
        largest: usize,
    },
    /// Memory ran out while the fields were made.
    #[error("{device} has no room for the {needed} bytes that the fields need: {reason}")]
    OutOfMemory {
        /// the adapter
        device: String,
        /// bytes of all fields
        needed: u64,
        /// what it reported
        reason: String,
    },
    /// The device could not be opened, or refused a kernel.
    #[error("{device} cannot be used: {reason}")]
    Device {
        /// the adapter
        device: String,
        /// what it reported
        reason: String,
    },
    /// A shader is wrong.
    #[error("the shader {name}.wgsl is wrong: {reason}")]
    Shader {
        /// its name
        name: &'static str,
        /// what is wrong
        reason: String,
    },
}

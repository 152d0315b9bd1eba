//! The buffers: one for each field, by name, and those of the hierarchy's levels.
//!
//! No field has more than two floats a cell, so that the largest is below 2³¹ bytes at 512³.

use std::collections::HashMap;

use super::device::{Device, GpuError};
use super::reduce::Groups;
use crate::model::scales::TABLE_ENTRIES;
use crate::model::uniforms::uniform;
use crate::solver::backend::DIRECTIONS;

uniform! {
    /// One level of the hierarchy.
    LevelUniforms {
        /// cells along x
        nx: u32,
        /// cells along y
        ny: u32,
        /// cells along z
        nz: u32,
        /// cells of the next coarser level along x
        coarse_nx: u32,
        /// cells of the next coarser level along y
        coarse_ny: u32,
        /// cells of the next coarser level along z
        coarse_nz: u32,
        /// area over distance of the faces across x, in units of the finest level
        face_x: f32,
        /// area over distance of the faces across y
        face_y: f32,
        /// area over distance of the faces across z
        face_z: f32,
    }
}

/// A buffer.
pub type Id = usize;

/// Fields of every cell, and how many floats each has.
const CELLS: &[(&str, u64)] = &[
    ("xi", 1),
    ("xi_next", 1), // from `interface` on xi in the middle of the step, from `restore_profile` on room
    ("accessible", 1),
    ("copper_area", 1),
    ("heterogeneity", 1),
    ("u", 2),
    ("u_low", 2),
    ("u_old", 2),
    ("q", 1),
    ("delta", 1),
    ("curvature", 1),
    ("front_curvature", 1),
    ("probe_way", 2),
    ("probe_depth", 2),
    ("conduction", 2),
    ("diffusion", 2),
    ("conduction_by_c", 2),
    ("diffusivity_by_c", 1),
    ("current", 1),
    ("current_old", 1),
    ("slopes", 2),
    ("source", 2),
    ("reaction_phi", 2),
    ("reaction_c", 2),
    ("residual", 2),
    ("correction", 2),
    ("x", 2),
    ("x_next", 2),
    ("piece", 1),
    ("pocket", 1),
];

/// Fields of every cell that only an SEI needs.
const OF_SEI: &[(&str, u64)] = &[("sei", 2), ("sei_now", 2), ("sei_current", 1)];

/// Buffers of another size: table of transport properties, nuclei, the two stages of sums, and isolated pieces of lithium.
const OTHERS: &[&str] =
    &["table", "fired", "caps", "partial", "sums", "product", "need", "pieces", "piece_sums", "piece_response"];

/// Floats of the longest sums: two each for five times four numbers, those of the balance.
const MOST_NUMBERS: u64 = 2 * 4 * 5;

/// Cells of all lower levels of the hierarchy together, at most: what cycle_lower.wgsl has room for in a workgroup, 15 of the 16 KiB that
/// every device has.
pub const LOWER_CELLS: u64 = 640;

/// Nuclei that the lists have room for at first; they grow.
const FIRST_NUCLEI: u64 = 1024;
/// The same of isolated pieces of lithium.
const FIRST_PIECES: u64 = 1024;

/// Bytes that the tables of isolated pieces need for `pieces` of them.
pub fn piece_tables(pieces: u64) -> [(&'static str, u64); 3] {
    [("pieces", 4 * (4 + 8 * pieces)), ("piece_sums", 4 * 6 * pieces), ("piece_response", 16 * pieces)]
}

/// Names of all fields.
pub fn names() -> Vec<&'static str> {
    CELLS.iter().chain(OF_SEI).map(|(name, _)| *name).chain(OTHERS.iter().copied()).collect()
}

/// Bytes of all fields of every cell, with or without an SEI, and of the coarser levels.
pub fn bytes(cells: u64, sei: bool) -> u64 {
    let of_sei = if sei { OF_SEI } else { &[] };
    let floats: u64 = CELLS.iter().chain(of_sei).map(|(_, floats)| floats).sum();
    // directions and images; 1/8 + 1/64 + … of seven pairs on the coarser levels
    4 * cells * (floats + 4 * DIRECTIONS as u64) + 8 * cells
}

/// One level of the hierarchy; the finest shares its coefficients with the equations. The coarsest that is listed is the first of the
/// lower levels: in its coefficients those of the coarser ones follow, down to a single cell.
#[derive(Clone, Copy, Debug)]
pub struct Level {
    /// cells along each axis
    pub shape: [u32; 3],
    /// its `LevelUniforms`
    pub uniforms: Id,
    /// ψκ, ψκ_D/c
    pub conduction: Id,
    /// ψD
    pub diffusion: Id,
    /// derivatives of the local charge terms
    pub reaction_phi: Id,
    /// derivatives of the local salt terms
    pub reaction_c: Id,
    /// right-hand side
    pub right: Id,
    /// correction
    pub x: Id,
    /// the correction being computed
    pub x_next: Id,
}

/// All buffers of a run.
pub struct Fields {
    buffers: Vec<wgpu::Buffer>,
    names: HashMap<&'static str, Id>,
    /// the hierarchy down to the first of the lower levels, finest first
    pub levels: Vec<Level>,
    /// search directions
    pub directions: [Id; DIRECTIONS],
    /// the operator times each of them
    pub images: [Id; DIRECTIONS],
}

impl Fields {
    /// Makes the buffers of a grid, all zero.
    ///
    /// # Errors
    /// If the device has no room.
    pub fn new(device: &Device, shape: [u32; 3], sei: bool) -> Result<Self, GpuError> {
        let scope = device.device.push_error_scope(wgpu::ErrorFilter::OutOfMemory);
        let cells = cells_of(shape);
        let mut fields = Self {
            buffers: Vec::new(),
            names: HashMap::new(),
            levels: Vec::new(),
            directions: [0; DIRECTIONS],
            images: [0; DIRECTIONS],
        };
        for &(name, floats) in CELLS {
            let id = fields.add(device, name, 4 * floats * cells);
            fields.names.insert(name, id);
        }
        for &(name, floats) in OF_SEI {
            let id = fields.add(device, name, if sei { 4 * floats * cells } else { 0 });
            fields.names.insert(name, id);
        }
        let partial = Groups::new(shape).count() * 4 * MOST_NUMBERS;
        let sizes = [16 * TABLE_ENTRIES as u64, 4 * FIRST_NUCLEI, 16 * FIRST_NUCLEI, partial, 4 * MOST_NUMBERS, 32, 32];
        let sizes = sizes.into_iter().chain(piece_tables(FIRST_PIECES).map(|(_, size)| size));
        for (&name, size) in OTHERS.iter().zip(sizes) {
            let id = fields.add(device, name, size);
            fields.names.insert(name, id);
        }
        fields.directions = std::array::from_fn(|_| fields.add(device, "direction", 8 * cells));
        fields.images = std::array::from_fn(|_| fields.add(device, "image", 8 * cells));
        fields.add_levels(device, shape);
        match pollster::block_on(scope.pop()) {
            None => Ok(fields),
            Some(error) => Err(GpuError::OutOfMemory {
                device: device.name.clone(),
                needed: bytes(cells, sei),
                reason: error.to_string(),
            }),
        }
    }

    fn add(&mut self, device: &Device, label: &str, size: u64) -> Id {
        self.buffers.push(storage(device, label, size));
        self.buffers.len() - 1
    }

    fn add_constants(&mut self, device: &Device, constants: &LevelUniforms) -> Id {
        let bytes = bytemuck::bytes_of(constants);
        let buffer = device.device.create_buffer(&wgpu::BufferDescriptor {
            label: Some("level"),
            size: bytes.len() as u64,
            usage: wgpu::BufferUsages::UNIFORM | wgpu::BufferUsages::COPY_DST,
            mapped_at_creation: false,
        });
        device.queue.write_buffer(&buffer, 0, bytes);
        self.buffers.push(buffer);
        self.buffers.len() - 1
    }

    /// The levels: halves, rounded up, of every axis that has more than one cell, down to the first below the finest with which and
    /// all below it [`LOWER_CELLS`] have room for.
    fn add_levels(&mut self, device: &Device, finest: [u32; 3]) {
        let (mut shape, mut width) = (finest, [1.0f32; 3]);
        loop {
            let coarse = coarser(shape);
            let lower = cells_down_from(shape);
            let is_lower = !self.levels.is_empty() && lower <= LOWER_CELLS;
            let [hx, hy, hz] = width;
            let uniforms = LevelUniforms {
                nx: shape[0],
                ny: shape[1],
                nz: shape[2],
                coarse_nx: coarse[0],
                coarse_ny: coarse[1],
                coarse_nz: coarse[2],
                face_x: hy * hz / hx,
                face_y: hx * hz / hy,
                face_z: hx * hy / hz,
            };
            let uniforms = self.add_constants(device, &uniforms);
            let level = if self.levels.is_empty() {
                Level {
                    shape,
                    uniforms,
                    conduction: self.names["conduction"],
                    diffusion: self.names["diffusion"],
                    reaction_phi: self.names["reaction_phi"],
                    reaction_c: self.names["reaction_c"],
                    right: self.names["residual"],
                    x: self.names["x"],
                    x_next: self.names["x_next"],
                }
            } else {
                let cells = cells_of(shape);
                let mut pair = |label, cells| self.add(device, label, 8 * cells);
                let with_lower = if is_lower { lower } else { cells };
                Level {
                    shape,
                    uniforms,
                    conduction: pair("conduction of a level", with_lower),
                    diffusion: pair("diffusion of a level", with_lower),
                    reaction_phi: pair("reaction_phi of a level", with_lower),
                    reaction_c: pair("reaction_c of a level", with_lower),
                    right: pair("right of a level", cells),
                    x: pair("x of a level", cells),
                    x_next: pair("x_next of a level", cells),
                }
            };
            self.levels.push(level);
            if shape == [1; 3] || is_lower {
                return;
            }
            for (width, halved) in width.iter_mut().zip([0, 1, 2].map(|axis| coarse[axis] < shape[axis])) {
                if halved {
                    *width *= 2.0;
                }
            }
            shape = coarse;
        }
    }

    /// The buffer of a name.
    pub fn id(&self, name: &str) -> Option<Id> {
        self.names.get(name).copied()
    }

    /// A buffer.
    pub fn buffer(&self, id: Id) -> &wgpu::Buffer {
        &self.buffers[id]
    }

    /// Exchanges the buffers of two names.
    pub fn swap(&mut self, a: &'static str, b: &'static str) {
        if let (Some(first), Some(second)) = (self.id(a), self.id(b)) {
            self.names.insert(a, second);
            self.names.insert(b, first);
        }
    }

    /// Replaces the buffer of a name by one of `size` bytes at least, if it is smaller; whether it was.
    pub fn grow(&mut self, device: &Device, name: &str, size: u64) -> bool {
        match self.id(name) {
            Some(id) if self.buffers[id].size() < size => {
                self.buffers[id] = storage(device, name, size.next_power_of_two());
                true
            }
            _ => false,
        }
    }
}

fn cells_of(shape: [u32; 3]) -> u64 {
    shape.iter().map(|&n| u64::from(n)).product()
}

/// Cells along each axis of the next coarser level.
fn coarser(shape: [u32; 3]) -> [u32; 3] {
    shape.map(|n| n.div_ceil(2))
}

/// Cells of a level and of all coarser ones.
fn cells_down_from(shape: [u32; 3]) -> u64 {
    std::iter::successors(Some(shape), |&shape| (shape != [1; 3]).then(|| coarser(shape))).map(cells_of).sum()
}

fn storage(device: &Device, label: &str, size: u64) -> wgpu::Buffer {
    device.device.create_buffer(&wgpu::BufferDescriptor {
        label: Some(label),
        size: size.max(16),
        usage: wgpu::BufferUsages::STORAGE | wgpu::BufferUsages::COPY_SRC | wgpu::BufferUsages::COPY_DST,
        mapped_at_creation: false,
    })
}

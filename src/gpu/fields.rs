//! The buffers: one for each field, by name, and those of the hierarchy's levels.
//!
//! No field has more than two floats a cell, so that the largest is below 2³¹ bytes at 512³.

use super::device::Device;
use super::error::GpuError;
use super::layout::Role;
use super::reduce::Groups;
use crate::mechanisms::devices;
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
pub type Id = u16;

/// How large a buffer is.
#[derive(Clone, Copy)]
enum Size {
    /// so many floats a cell
    Cells(u64),
    /// so many floats a cell if mechanisms ride on the surface, none without
    CellsWithMechanisms(u64),
    /// so many floats a column
    Columns(u64),
    /// so many bytes a workgroup of the first stage of a sum
    OfGroups(u64),
    /// so many bytes, at first
    Bytes(u64),
}

/// Makes the names of the buffers: one row for each, with the name that the shaders know it by, its size and what it holds.
macro_rules! buffers {
    ($($variant:ident $name:literal $size:expr, $meaning:literal;)*) => {
        /// A buffer that shaders bind by name.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub enum Buffer { $(#[doc = $meaning] $variant,)* }

        impl Buffer {
            /// All of them.
            pub const ALL: &[Self] = &[$(Self::$variant),*];

            /// The name that the shaders know it by.
            pub fn name(self) -> &'static str {
                match self { $(Self::$variant => $name,)* }
            }

            /// The buffer that the shaders know by a name.
            pub fn named(name: &str) -> Option<Self> {
                match name { $($name => Some(Self::$variant),)* _ => None }
            }

            fn size(self) -> Size {
                use Size::{Bytes, Cells, CellsWithMechanisms, Columns, OfGroups};
                match self { $(Self::$variant => $size,)* }
            }
        }
    };
}

buffers! {
    Xi "xi" Cells(1), "lithium fraction ξ";
    XiNext "xi_next" Cells(1), "ξ in the middle of the step from `interface` on; from `restore_profile` on, room";
    Accessible "accessible" Cells(1), "w, the share that is not copper";
    CopperArea "copper_area" Cells(1), "area of the copper's surface per volume";
    Heterogeneity "heterogeneity" Cells(1), "what multiplies the exchange current";
    PatternShare "pattern_share" Columns(1), "how far a column is inside the pattern on the copper, 0 to 1";
    U "u" Cells(2), "φ less the reference, and c/c0 − 1";
    ULow "u_low" Cells(2), "what of `u` single precision has no room for";
    UOld "u_old" Cells(2), "`u` at the beginning of the step";
    Q "q" Cells(1), "signed distance to the interface";
    Delta "delta" Cells(1), "reaction area per volume";
    Curvature "curvature" Cells(1), "curvature of the level through the cell";
    FrontCurvature "front_curvature" Cells(1), "curvature of the front, as a cell of the interface reads it";
    ProbeWay "probe_way" Cells(2), "where a cell reads the electrolyte";
    ProbeDepth "probe_depth" Cells(2), "height at which a cell reads the electrolyte, and the thickness of its layer";
    Conduction "conduction" Cells(2), "ψκ, and ψκ_D/c";
    Diffusion "diffusion" Cells(2), "ψD, and t₊";
    ConductionByC "conduction_by_c" Cells(2), "derivatives of ψκ and ψκ_D/c with respect to c";
    DiffusivityByC "diffusivity_by_c" Cells(1), "derivative of ψD with respect to c";
    Current "current" Cells(1), "reaction current density";
    CurrentOld "current_old" Cells(1), "reaction current density at the beginning of the step";
    Slopes "slopes" Cells(2), "derivatives of the current with respect to φ and c";
    Copper "copper" Cells(2), "bare copper per volume, and of it what nuclei may form on, times the factor of the pattern";
    ReactionPhi "reaction_phi" Cells(2), "derivatives of the charge equation's local terms";
    ReactionC "reaction_c" Cells(2), "derivatives of the salt equation's local terms";
    LevelTransport "level_transport" Cells(2), "ψκ, ψκ_D/c and ψD of the finest level of the preconditioner, 16 bits each";
    LevelReaction "level_reaction" Cells(2), "derivatives of the local terms there, 16 bits each";
    Residual "residual" Cells(2), "residual of both equations";
    Correction "correction" Cells(2), "correction of φ and c";
    X "x" Cells(2), "correction of the V-cycle on the finest level, before the first of a solve";
    XNext "x_next" Cells(2), "that correction as it is computed, before the first of a solve";
    Piece "piece" Cells(1), "row of the isolated piece that a cell reacts with";
    Pocket "pocket" Cells(1), "whether a cell is trapped, and its salt spent";
    Side "side" CellsWithMechanisms(2), "current that mechanisms on the surface take, and resistance that they add to the film";
    Law "law" CellsWithMechanisms(2), "what the drive loses beside capillarity and stress, and the factor of the exchange current less 1";
    Table "table" Bytes(16 * TABLE_ENTRIES as u64), "transport properties against c";
    Fired "fired" Bytes(4 * FIRST_NUCLEI), "cells in which a nucleus appears, after their number; grows";
    Caps "caps" Bytes(16 * FIRST_NUCLEI), "nuclei to be placed; grows";
    Partial "partial" OfGroups(4 * MOST_NUMBERS), "sums of each workgroup";
    Sums "sums" Bytes(4 * 2 * 4 * 2), "sums of all, but those of the balance";
    BalanceSums "balance_sums" Bytes(4 * MOST_NUMBERS), "sums over the linearised equations";
    Product "product" Bytes(32), "scalar products";
    Along "along" Bytes(4 * 8 * (DIRECTIONS as u64 + 1)), "what the linear solver does along its directions";
    NeedOfDamping "need" Bytes(32), "how much a correction must be damped";
    Pieces "pieces" Bytes(4 * (4 + 8 * FIRST_PIECES)), "isolated pieces; grows";
    PieceSums "piece_sums" Bytes(4 * 6 * FIRST_PIECES), "sums over isolated pieces; grows";
    PieceResponse "piece_response" Bytes(16 * FIRST_PIECES), "potentials of isolated pieces and what they follow; grows";
}

/// Floats of the longest sums: two each for five times four numbers, those of the balance.
const MOST_NUMBERS: u64 = 2 * 4 * 5;

/// Cells of all lower levels of the hierarchy together, at most: what cycle_lower.wgsl has room for in a workgroup, 15 of the 16 KiB that
/// every device has.
pub const LOWER_CELLS: u64 = 640;

/// Nuclei that the lists have room for at first; they grow.
const FIRST_NUCLEI: u64 = 1024;
/// Isolated pieces of lithium that the tables have room for at first; they grow.
const FIRST_PIECES: u64 = 1024;

/// Bytes that the tables of isolated pieces need for `pieces` of them.
pub fn piece_tables(pieces: u64) -> [(Buffer, u64); 3] {
    [(Buffer::Pieces, 4 * (4 + 8 * pieces)), (Buffer::PieceSums, 4 * 6 * pieces), (Buffer::PieceResponse, 16 * pieces)]
}

/// A buffer of a mechanism.
#[derive(Clone, Copy, Debug)]
pub struct RidingBuffer {
    /// the name that shaders know it by
    pub name: &'static str,
    /// how large it is
    pub extent: Extent,
}

/// Size of a buffer of a mechanism.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Extent {
    /// so many floats a cell
    Cells(u64),
    /// so many floats
    Floats(u64),
}

impl Extent {
    /// Floats in a box of so many cells.
    pub fn floats(self, cells: u64) -> u64 {
        match self {
            Self::Cells(floats) => floats * cells,
            Self::Floats(floats) => floats,
        }
    }
}

/// A field that has a name: a buffer of the backend or, by its place in the table, one of a mechanism.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Named {
    /// of the backend
    Own(Buffer),
    /// of a mechanism
    Riding(usize),
}

impl Named {
    /// The field that the shaders know by a name.
    pub fn find(name: &str) -> Option<Self> {
        let riding = || devices::buffers().iter().position(|buffer| buffer.name == name).map(Self::Riding);
        Buffer::named(name).map(Self::Own).or_else(riding)
    }
}

/// Names of all buffers, those of mechanisms among them.
pub fn names() -> Vec<&'static str> {
    let of_mechanisms = devices::buffers().into_iter().map(|buffer| buffer.name);
    Buffer::ALL.iter().map(|buffer| buffer.name()).chain(of_mechanisms).collect()
}

/// Bytes of all fields of every cell, those of the mechanisms that are switched on among them, and of the coarser levels.
pub fn bytes(cells: u64, of_mechanisms: Option<&[RidingBuffer]>) -> u64 {
    let floats = |buffer: &Buffer| match buffer.size() {
        Size::Cells(floats) => floats,
        Size::CellsWithMechanisms(floats) if of_mechanisms.is_some() => floats,
        _ => 0,
    };
    let riding: u64 = of_mechanisms.unwrap_or_default().iter().map(|buffer| buffer.extent.floats(cells)).sum();
    let floats: u64 = Buffer::ALL.iter().map(floats).sum();
    // directions and images; 1/8 + 1/64 + … of five pairs on the coarser levels
    4 * cells * (floats + 4 * DIRECTIONS as u64) + 4 * riding + 5 * 8 * cells / 7
}

/// One level of the hierarchy. The coarsest that is listed is the first of the
/// lower levels: in its coefficients those of the coarser ones follow, down to a single cell.
#[derive(Clone, Copy, Debug)]
pub struct Level {
    /// cells along each axis
    pub shape: [u32; 3],
    /// its `LevelUniforms`
    pub uniforms: Id,
    /// ψκ, ψκ_D/c and ψD, 16 bits each
    pub transport: Id,
    /// derivatives of the local terms, 16 bits each
    pub reaction: Id,
    /// right-hand side
    pub right: Id,
    /// correction
    pub x: Id,
    /// the correction being computed
    pub x_next: Id,
}

impl Level {
    /// The field of the level that has a role in the kernels of the hierarchy.
    pub fn field(&self, role: Role) -> Option<Id> {
        match role {
            Role::LevelTransport => Some(self.transport),
            Role::LevelReaction => Some(self.reaction),
            Role::Right => Some(self.right),
            Role::X => Some(self.x),
            Role::XNext => Some(self.x_next),
            _ => None,
        }
    }
}

/// All buffers of a run.
pub struct Fields {
    buffers: Vec<wgpu::Buffer>,
    /// the buffer of each name, in the order of [`Buffer::ALL`]
    ids: Vec<Id>,
    /// the buffers of mechanisms, in the order of their table, none where one is switched off
    riding: Vec<Option<Id>>,
    /// the hierarchy down to the first of the lower levels, finest first
    pub levels: Vec<Level>,
    /// search directions
    pub directions: [Id; DIRECTIONS],
    first_directions: [Id; DIRECTIONS],
    /// the operator times each of them
    pub images: [Id; DIRECTIONS],
}

impl Fields {
    /// Makes the buffers of a grid and of the mechanisms, if any is switched on, all zero.
    ///
    /// # Errors
    /// If the device has no room.
    pub fn new(device: &Device, shape: [u32; 3], of_mechanisms: Option<&[RidingBuffer]>) -> Result<Self, GpuError> {
        let scope = device.device.push_error_scope(wgpu::ErrorFilter::OutOfMemory);
        let cells = cells_of(shape);
        let mut fields = Self {
            buffers: Vec::new(),
            ids: Vec::new(),
            riding: vec![None; devices::buffers().len()],
            levels: Vec::new(),
            directions: [0; DIRECTIONS],
            first_directions: [0; DIRECTIONS],
            images: [0; DIRECTIONS],
        };
        let groups = Groups::new(shape).count();
        for buffer in Buffer::ALL {
            let size = match buffer.size() {
                Size::Cells(floats) => 4 * floats * cells,
                Size::CellsWithMechanisms(_) if of_mechanisms.is_none() => 0,
                Size::CellsWithMechanisms(floats) => 4 * floats * cells,
                Size::Columns(floats) => 4 * floats * cells / u64::from(shape[2]),
                Size::OfGroups(bytes) => bytes * groups,
                Size::Bytes(bytes) => bytes,
            };
            let id = fields.add(device, buffer.name(), size);
            fields.ids.push(id);
        }
        for &RidingBuffer { name, extent } in of_mechanisms.unwrap_or_default() {
            let id = fields.add(device, name, 4 * extent.floats(cells));
            if let Some(Named::Riding(place)) = Named::find(name) {
                fields.riding[place] = Some(id);
            }
        }
        fields.directions = std::array::from_fn(|_| fields.add(device, "direction", 8 * cells));
        fields.first_directions = fields.directions;
        fields.images = std::array::from_fn(|_| fields.add(device, "image", 8 * cells));
        fields.add_levels(device, shape);
        match pollster::block_on(scope.pop()) {
            None => Ok(fields),
            Some(error) => Err(GpuError::OutOfMemory {
                device: device.name.clone(),
                needed: bytes(cells, of_mechanisms),
                reason: error.to_string(),
            }),
        }
    }

    fn add(&mut self, device: &Device, label: &str, size: u64) -> Id {
        self.push(storage(device, label, size))
    }

    fn push(&mut self, buffer: wgpu::Buffer) -> Id {
        self.buffers.push(buffer);
        (self.buffers.len() - 1) as Id
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
        self.push(buffer)
    }

    /// Makes the levels of [`level_shapes`], those below the last in its buffers.
    fn add_levels(&mut self, device: &Device, finest: [u32; 3]) {
        let mut width = [1.0f32; 3];
        for shape in level_shapes(finest) {
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
                    transport: self.id(Buffer::LevelTransport),
                    reaction: self.id(Buffer::LevelReaction),
                    right: self.id(Buffer::Residual),
                    x: self.id(Buffer::X),
                    x_next: self.id(Buffer::XNext),
                }
            } else {
                let cells = cells_of(shape);
                let mut pair = |label, cells| self.add(device, label, 8 * cells);
                let with_lower = if is_lower { lower } else { cells };
                Level {
                    shape,
                    uniforms,
                    transport: pair("transport of a level", with_lower),
                    reaction: pair("reaction of a level", with_lower),
                    right: pair("right of a level", cells),
                    x: pair("x of a level", cells),
                    x_next: pair("x_next of a level", cells),
                }
            };
            self.levels.push(level);
            for (width, halved) in width.iter_mut().zip([0, 1, 2].map(|axis| coarse[axis] < shape[axis])) {
                if halved {
                    *width *= 2.0;
                }
            }
        }
    }

    /// A named buffer.
    pub fn id(&self, buffer: Buffer) -> Id {
        self.ids[buffer as usize]
    }

    /// The buffer of a field, none if its mechanism is switched off.
    pub fn of(&self, field: Named) -> Option<Id> {
        match field {
            Named::Own(buffer) => Some(self.id(buffer)),
            Named::Riding(place) => self.riding[place],
        }
    }

    /// The buffer that a shader knows by a name.
    pub fn named(&self, name: &str) -> Option<Id> {
        self.of(Named::find(name)?)
    }

    /// A buffer.
    pub fn buffer(&self, id: Id) -> &wgpu::Buffer {
        &self.buffers[usize::from(id)]
    }

    /// Gives the vectors of the linear solver the buffers that they began with: a solve exchanges some, and each order of them would need bind
    /// groups of its own.
    pub fn reset_vectors(&mut self) {
        (self.levels[0].x, self.levels[0].x_next) = (self.id(Buffer::X), self.id(Buffer::XNext));
        self.directions = self.first_directions;
    }

    /// Exchanges two named buffers.
    pub fn swap(&mut self, a: Buffer, b: Buffer) {
        self.ids.swap(a as usize, b as usize);
    }

    /// Exchanges two buffers of mechanisms.
    pub fn swap_riding(&mut self, [a, b]: [&'static str; 2]) {
        if let (Some(Named::Riding(a)), Some(Named::Riding(b))) = (Named::find(a), Named::find(b)) {
            self.riding.swap(a, b);
        }
    }

    /// Replaces a named buffer by one of `size` bytes at least, if it is smaller; whether it was.
    pub fn grow(&mut self, device: &Device, buffer: Buffer, size: u64) -> bool {
        let id = usize::from(self.id(buffer));
        let is_smaller = self.buffers[id].size() < size;
        if is_smaller {
            self.buffers[id] = storage(device, buffer.name(), size.next_power_of_two());
        }
        is_smaller
    }
}

fn cells_of(shape: [u32; 3]) -> u64 {
    shape.iter().map(|&n| u64::from(n)).product()
}

/// Cells along each axis of the next coarser level.
fn coarser(shape: [u32; 3]) -> [u32; 3] {
    shape.map(|n| n.div_ceil(2))
}

/// Cells along each axis of the levels that are visited one by one, finest first: halves, rounded up, of every axis that has more than
/// one cell, down to the first below the finest that has room with all below it in [`LOWER_CELLS`].
pub fn level_shapes(finest: [u32; 3]) -> Vec<[u32; 3]> {
    let is_last = |&shape: &[u32; 3]| shape == [1; 3] || (shape != finest && cells_down_from(shape) <= LOWER_CELLS);
    let mut shapes = vec![finest];
    while let Some(&shape) = shapes.last().filter(|shape| !is_last(shape)) {
        shapes.push(coarser(shape));
    }
    shapes
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

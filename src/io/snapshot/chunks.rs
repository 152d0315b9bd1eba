//! Compressed chunks of a dataset, made by all cores at once and handed to HDF5 as they are: shuffle and deflate as
//! HDF5's own filters would, several times faster. Chunks are also copied from file to file as they are, and read back to see that
//! the file holds what was handed over.

use hdf5::Dataset;
use hdf5_sys::h5d::{H5Dget_chunk_info_by_coord, H5Dread_chunk1, H5Dwrite_chunk};
use hdf5_sys::h5p::H5P_DEFAULT;
use libdeflater::{CompressionLvl, Compressor};
use rayon::prelude::*;

/// Longest side of a chunk in cells.
const SIDE: usize = 64;
/// Deflate level: 1 costs a third of 6 and gives files a few per cent larger.
pub const LEVEL: u8 = 1;

/// Sides of the chunks of a field of `shape` (nz, ny, nx).
pub fn sides(shape: [usize; 3]) -> [usize; 3] {
    shape.map(|n| n.min(SIDE))
}

/// Checksums (CRC-32) of the chunks of a frame as they were handed to HDF5.
pub type Sums = Vec<u32>;

/// First cells of the chunks of a field of `shape` (nz, ny, nx).
fn places(shape: [usize; 3]) -> impl IndexedParallelIterator<Item = [usize; 3]> {
    let sides = sides(shape);
    let counts: [usize; 3] = std::array::from_fn(|axis| shape[axis].div_ceil(sides[axis]));
    (0..counts[0] * counts[1] * counts[2]).into_par_iter().map(move |chunk| {
        let place = [chunk / (counts[1] * counts[2]), chunk / counts[2] % counts[1], chunk % counts[2]];
        std::array::from_fn(|axis| place[axis] * sides[axis])
    })
}

/// Place of a chunk in a dataset of frames.
fn offset(frame: usize, from: [usize; 3]) -> [u64; 4] {
    [frame as u64, from[0] as u64, from[1] as u64, from[2] as u64]
}

/// Writes `field` of `shape` (nz, ny, nx) as frame `frame` of `dataset`, whose chunks are (1, `sides`).
///
/// # Errors
/// What the compressor or HDF5 says.
pub fn write_frame(dataset: &Dataset, frame: usize, shape: [usize; 3], field: &[f32]) -> Result<Sums, String> {
    let packed: Vec<([usize; 3], Vec<u8>)> = places(shape)
        .map(|from| pack(&shuffled(field, shape, from, sides(shape))).map(|bytes| (from, bytes)))
        .collect::<Result<_, String>>()?;
    let mut sums = Vec::with_capacity(packed.len());
    for (from, bytes) in packed {
        write_chunk(dataset, offset(frame, from), &bytes)?;
        sums.push(crc32fast::hash(&bytes));
    }
    Ok(sums)
}

/// Copies frame `from` of `source` to frame `to` of `target`, both of `shape` (nz, ny, nx), without unpacking it.
///
/// # Errors
/// What HDF5 says.
pub fn copy_frame(
    source: &Dataset,
    from: usize,
    target: &Dataset,
    to: usize,
    shape: [usize; 3],
) -> Result<Sums, String> {
    let places: Vec<[usize; 3]> = places(shape).collect();
    let mut sums = Vec::with_capacity(places.len());
    for place in places {
        let bytes = read_chunk(source, offset(from, place))?;
        write_chunk(target, offset(to, place), &bytes)?;
        sums.push(crc32fast::hash(&bytes));
    }
    Ok(sums)
}

/// Whether frame `frame` of `dataset`, of `shape` (nz, ny, nx), holds the chunks that were handed over.
///
/// # Errors
/// What HDF5 says.
pub fn holds(dataset: &Dataset, frame: usize, shape: [usize; 3], sums: &[u32]) -> Result<bool, String> {
    let places: Vec<[usize; 3]> = places(shape).collect();
    for (place, sum) in places.iter().zip(sums) {
        if crc32fast::hash(&read_chunk(dataset, offset(frame, *place))?) != *sum {
            return Ok(false);
        }
    }
    Ok(places.len() == sums.len())
}

/// One chunk, padded with zeros at the far sides, its bytes reordered: all first bytes, all second bytes, …
fn shuffled(field: &[f32], shape: [usize; 3], from: [usize; 3], sides: [usize; 3]) -> Vec<u8> {
    let n = sides[0] * sides[1] * sides[2];
    let mut bytes = vec![0; 4 * n];
    let within = |axis: usize| sides[axis].min(shape[axis] - from[axis]);
    for z in 0..within(0) {
        for y in 0..within(1) {
            let row = ((from[0] + z) * shape[1] + from[1] + y) * shape[2] + from[2];
            let out = (z * sides[1] + y) * sides[2];
            for x in 0..within(2) {
                for (byte, value) in field[row + x].to_le_bytes().into_iter().enumerate() {
                    bytes[byte * n + out + x] = value;
                }
            }
        }
    }
    bytes
}

fn pack(bytes: &[u8]) -> Result<Vec<u8>, String> {
    let level = CompressionLvl::new(i32::from(LEVEL)).map_err(|e| format!("{e:?}"))?;
    let mut compressor = Compressor::new(level);
    let mut packed = vec![0; compressor.zlib_compress_bound(bytes.len())];
    let length = compressor.zlib_compress(bytes, &mut packed).map_err(|e| e.to_string())?;
    packed.truncate(length);
    Ok(packed)
}

/// The bytes of a chunk as they are stored.
#[allow(unsafe_code)]
fn read_chunk(dataset: &Dataset, offset: [u64; 4]) -> Result<Vec<u8>, String> {
    let (mut mask, mut address, mut size) = (0, 0, 0);
    // SAFETY: the dataset is open for as long as it is borrowed, its rank is four (`part` looks), and the pointers are those of
    // variables that outlive the call; `sync` holds the library's lock.
    let status = hdf5::sync::sync(|| unsafe {
        H5Dget_chunk_info_by_coord(dataset.id(), offset.as_ptr(), &mut mask, &mut address, &mut size)
    });
    let length = usize::try_from(size).unwrap_or(usize::MAX);
    // what deflate can make of a chunk at most: anything longer is damage
    let most = dataset.chunk().map_or(0, |sides| 8 * sides.iter().product::<usize>() + 1024);
    if status < 0 || length == 0 || length > most {
        return Err("holds no such chunk".into());
    }
    let mut bytes = vec![0; length];
    // SAFETY: as above, and HDF5 writes the `size` bytes of the chunk that it has just told.
    let status = hdf5::sync::sync(|| unsafe {
        H5Dread_chunk1(dataset.id(), H5P_DEFAULT, offset.as_ptr(), &mut mask, bytes.as_mut_ptr().cast())
    });
    if status < 0 || mask != 0 { Err("a chunk cannot be read".into()) } else { Ok(bytes) }
}

/// Stores a chunk as it is.
#[allow(unsafe_code)]
fn write_chunk(dataset: &Dataset, offset: [u64; 4], bytes: &[u8]) -> Result<(), String> {
    // SAFETY: the dataset is open for as long as it is borrowed, its rank is four (it was made by `snapshot`), and HDF5
    // reads `bytes.len()` bytes before it returns; `sync` holds the library's lock.
    let status = hdf5::sync::sync(|| unsafe {
        H5Dwrite_chunk(dataset.id(), H5P_DEFAULT, 0, offset.as_ptr(), bytes.len(), bytes.as_ptr().cast())
    });
    if status < 0 { Err("a chunk could not be written; is the disk full?".into()) } else { Ok(()) }
}

/// Rounds to `bits` mantissa bits, to nearest: the zeros that this leaves compress well.
pub fn round_mantissa(field: &mut [f32], bits: u32) {
    let drop = 23 - bits.min(23);
    if drop == 0 {
        return;
    }
    let (half, mask) = (1u32 << (drop - 1), !((1u32 << drop) - 1));
    for v in field.iter_mut().filter(|v| v.is_finite()) {
        *v = f32::from_bits((v.to_bits() + half) & mask);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rounding_keeps_the_bits_asked_for() {
        let mut field = vec![std::f32::consts::PI, -0.1, 0.0, 1.0];
        let exact = field.clone();
        round_mantissa(&mut field, 12);
        for (a, b) in field.iter().zip(exact) {
            // half a unit of the last of twelve bits
            assert!((a - b).abs() <= b.abs() * 2.0_f32.powi(-13) * 1.001 && a.to_bits() & 0x7ff == 0);
        }
    }
}

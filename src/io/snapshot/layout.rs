//! What VTK, h5py and xarray must find in a file of frames beside the cells: attributes, times, offsets, units, axes.

use hdf5::types::{FixedAscii, VarLenArray, VarLenUnicode};
use hdf5::{Dataset, File, Group, H5Type, ObjectReference, ObjectReference1};

use super::chunks::LEVEL;
use crate::model::grid::Grid;
use crate::model::stored::Stored;

/// Group of the fields, one dataset each: frame, z, y, x.
pub const CELLS: &str = "VTKHDF/CellData";
/// Group of the values, one dataset each: one number a frame.
pub const VALUES: &str = "VTKHDF/FieldData";
/// Dataset of the times of the frames \[s\].
pub const TIMES: &str = "VTKHDF/Steps/Values";

/// Length of a series from which on it is stored compressed, in chunks of this length.
const LONG: usize = 1024;

/// Unit in the spelling of UDUNITS and meaning of every array beside the fields, as the attributes `units` and `long_name` say them.
const MEANINGS: [(&str, &str, &str); 6] = [
    ("charge", "C m-2", "charge per area of the box, stripping negative"),
    ("potential", "V", "electrode potential against lithium"),
    ("current_density", "A m-2", "current per area of the box, plating positive"),
    ("dt", "s", "length of the time step"),
    ("time", "s", "time"),
    ("axis", "m", "position of the centre of the cell from the corner of the box"),
];

/// A series of the frames: its name and a number for each.
pub type Series = (String, Vec<f64>);

/// Lays out the group `VTKHDF` for frames at `times` \[s\] with `values`, without the cells. `offsets` names the fields and says of each
/// whether it changes: one that does not is stored once.
///
/// # Errors
/// What HDF5 says.
pub fn lay_out(
    file: &File,
    grid: &Grid,
    times: &[f64],
    values: &[Series],
    offsets: &[(&str, bool)],
) -> Result<Group, hdf5::Error> {
    let root = file.create_group("VTKHDF")?;
    root.new_attr::<FixedAscii<9>>().create("Type")?.write_scalar(&ascii::<9>("ImageData"))?;
    attribute(&root, "Version", &[2_i64, 2])?;
    let [nx, ny, nz] = [grid.nx, grid.ny, grid.nz].map(|n| n as i64);
    attribute(&root, "WholeExtent", &[0, nx, 0, ny, 0, nz])?;
    attribute(&root, "Origin", &[0.0; 3])?;
    attribute(&root, "Spacing", &[grid.dx; 3])?;
    attribute(&root, "Direction", &[1.0, 0.0, 0.0, 0.0, 1.0, 0.0, 0.0, 0.0, 1.0])?;
    for group in ["CellData", "PointData", "FieldData"] {
        root.create_group(group)?;
    }
    let steps = root.create_group("Steps")?;
    steps.new_attr::<i64>().create("NSteps")?.write_scalar(&(times.len() as i64))?;
    describe(&series(&steps, "Values", times)?, "time")?;
    let numbers: Vec<i64> = (0..times.len() as i64).collect();
    for group in ["CellDataOffsets", "PointDataOffsets", "FieldDataOffsets"] {
        steps.create_group(group)?;
    }
    for (name, changes) in offsets {
        let offsets = if *changes { &numbers } else { &vec![0; times.len()] };
        series(&steps, &format!("CellDataOffsets/{name}"), offsets)?;
    }
    for (name, values) in values {
        describe(&series(&root, &format!("FieldData/{name}"), values)?, name)?;
        series(&steps, &format!("FieldDataOffsets/{name}"), &numbers)?;
    }
    Ok(root)
}

/// Says in `root`, of `frames` frames, that the field `name` does not change.
///
/// # Errors
/// What HDF5 says.
pub fn add_constant(root: &Group, name: &str, frames: usize) -> Result<(), hdf5::Error> {
    series(root, &format!("Steps/CellDataOffsets/{name}"), &vec![0_i64; frames]).map(|_| ())
}

/// Gives the fields in `root` their axes, as xarray looks for them: `time`, `z`, `y` and `x` are dimension scales.
///
/// # Errors
/// What HDF5 says.
pub fn name_axes(root: &Group, grid: &Grid, fields: &[(&str, bool)]) -> Result<(), hdf5::Error> {
    root.link_hard("Steps/Values", "time")?;
    let axes = [("z", grid.nz), ("y", grid.ny), ("x", grid.nx)];
    for (name, cells) in axes {
        let centres: Vec<f64> = (0..cells).map(|i| (i as f64 + 0.5) * grid.dx).collect();
        describe(&series(root, name, &centres)?, "axis")?;
    }
    root.new_dataset_builder().with_data(&[0.0]).create("once")?;
    for name in ["time", "z", "y", "x", "once"] {
        let scale = root.dataset(name)?;
        scale.new_attr::<FixedAscii<16>>().create("CLASS")?.write_scalar(&ascii::<16>("DIMENSION_SCALE"))?;
        scale.new_attr::<FixedAscii<8>>().create("NAME")?.write_scalar(&ascii::<8>(name))?;
    }
    for (field, changes) in fields {
        let axes = [if *changes { "time" } else { "once" }, "z", "y", "x"];
        let references = axes.map(|axis| ObjectReference1::create(root, axis));
        let lists: Vec<VarLenArray<ObjectReference1>> = references
            .into_iter()
            .map(|reference| reference.map(|reference| VarLenArray::from_slice(&[reference])))
            .collect::<Result<_, hdf5::Error>>()?;
        let dataset = root.dataset(&format!("CellData/{field}"))?;
        dataset.new_attr::<VarLenArray<ObjectReference1>>().shape(4).create("DIMENSION_LIST")?.write_raw(&lists)?;
    }
    Ok(())
}

/// Gives a dataset the attributes `units` and `long_name` of the array `name`, if it is one that the program knows.
///
/// # Errors
/// What HDF5 says.
pub fn describe(dataset: &Dataset, name: &str) -> Result<(), hdf5::Error> {
    let of_field = Stored::named(name).map(|field| (field.unit(), field.meaning()));
    let other = || MEANINGS.iter().find(|(known, ..)| *known == name).map(|&(_, unit, meaning)| (unit, meaning));
    let Some((units, meaning)) = of_field.or_else(other) else { return Ok(()) };
    for (attribute, text) in [("units", units), ("long_name", meaning)] {
        dataset.new_attr::<VarLenUnicode>().create(attribute)?.write_scalar(&unicode(text))?;
    }
    Ok(())
}

/// `text`, which holds no zeros, for HDF5.
fn unicode(text: &str) -> VarLenUnicode {
    text.parse().unwrap_or_default()
}

/// `text`, which is ASCII and no longer than `N`, for HDF5.
fn ascii<const N: usize>(text: &str) -> FixedAscii<N> {
    FixedAscii::from_ascii(text.as_bytes()).unwrap_or_default()
}

fn attribute<T: H5Type>(group: &Group, name: &str, values: &[T]) -> Result<(), hdf5::Error> {
    group.new_attr::<T>().shape(values.len()).create(name)?.write_raw(values)
}

fn series<T: H5Type>(group: &Group, name: &str, values: &[T]) -> Result<Dataset, hdf5::Error> {
    let builder = group.new_dataset_builder();
    if values.len() < LONG {
        return builder.with_data(values).create(name);
    }
    builder.chunk(LONG).shuffle().deflate(LEVEL).with_data(values).create(name)
}

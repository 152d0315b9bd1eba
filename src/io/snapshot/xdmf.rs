//! The sidecar that lets older readers find the frames in the same datasets.

use std::fmt::Write;

use crate::model::grid::Grid;

/// XDMF 2 text for `fields` at `times` in the HDF5 file `name` beside it; a field that does not change is stored once.
pub fn sidecar(name: &str, grid: &Grid, fields: &[(&str, bool)], times: &[f64]) -> String {
    let Grid { nx, ny, nz, dx } = *grid;
    let frames = times.len();
    let mut text = String::from(
        "<?xml version=\"1.0\"?>\n<Xdmf Version=\"2.0\">\n<Domain>\n<Grid Name=\"run\" GridType=\"Collection\" \
         CollectionType=\"Temporal\">\n",
    );
    for (frame, time) in times.iter().enumerate() {
        // writing to a String cannot fail
        let _ = write!(
            text,
            "<Grid Name=\"box\" GridType=\"Uniform\">\n<Time Value=\"{time:?}\"/>\n\
             <Topology TopologyType=\"3DCoRectMesh\" Dimensions=\"{} {} {}\"/>\n<Geometry GeometryType=\"ORIGIN_DXDYDZ\">\n\
             <DataItem Dimensions=\"3\" Format=\"XML\">0 0 0</DataItem>\n\
             <DataItem Dimensions=\"3\" Format=\"XML\">{dx:e} {dx:e} {dx:e}</DataItem>\n</Geometry>\n",
            nz + 1,
            ny + 1,
            nx + 1
        );
        for (field, changes) in fields {
            let (frame, frames) = if *changes { (frame, frames) } else { (0, 1) };
            let _ = write!(
                text,
                "<Attribute Name=\"{field}\" AttributeType=\"Scalar\" Center=\"Cell\">\n\
                 <DataItem ItemType=\"HyperSlab\" Dimensions=\"{nz} {ny} {nx}\" Type=\"HyperSlab\">\n\
                 <DataItem Dimensions=\"3 4\" Format=\"XML\">{frame} 0 0 0  1 1 1 1  1 {nz} {ny} {nx}</DataItem>\n\
                 <DataItem Dimensions=\"{frames} {nz} {ny} {nx}\" NumberType=\"Float\" Precision=\"4\" Format=\"HDF\">\
                 {name}:/VTKHDF/CellData/{field}</DataItem>\n</DataItem>\n</Attribute>\n"
            );
        }
        text.push_str("</Grid>\n");
    }
    text.push_str("</Grid>\n</Domain>\n</Xdmf>\n");
    text
}

//! What a height map is like, and the copper that it gives.

use super::line;
use crate::io::height_map::{Spread, Summary};
use crate::model::parameters::Setup;

/// Less than this share of a map's rms is left where cells hide most of its relief.
const HIDDEN: f64 = 0.7;

/// Adds lines about the map and its copper, and returns remarks.
pub fn lines(text: &mut String, setup: &Setup, map: &Summary) -> Vec<String> {
    let um = 1e6;
    let grid = &setup.grid;
    let spread = |s: &Spread| format!("range {:.4} µm, rms {:.4} µm", s.range * um, s.rms * um);
    let size = map
        .size
        .map_or("its size is taken to be that of the box".into(), |[x, y]| format!("{:.3} × {:.3} µm", x * um, y * um));
    line(text, "  the map", format!("{} × {} pixels, {size}; {}", map.pixels[0], map.pixels[1], spread(&map.map)));
    line(text, "  the copper", format!("{} × {} cells; {}", grid.nx, grid.ny, spread(&map.copper)));
    let mut remarks = Vec::new();
    if map.copper.rms < HIDDEN * map.map.rms {
        remarks.push(format!(
            "the copper keeps {:.0} % of the rms of its map: the rest is finer than cells of {:.4} µm",
            100.0 * map.copper.rms / map.map.rms,
            grid.dx * um
        ));
    }
    for (axis, steps) in ["x", "y"].into_iter().zip(map.steps) {
        if let Some(steps) = steps.filter(|steps| steps.jumps()) {
            remarks.push(format!(
                "the map does not join itself: across the edge of the periodic box along {axis} the copper steps by {:.4} µm (rms), \
                 inside from cell to cell by {:.4} µm; level the map, or take a part that repeats or is mirrored",
                steps.edge * um,
                steps.inside * um
            ));
        }
    }
    remarks
}

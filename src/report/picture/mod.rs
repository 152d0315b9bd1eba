//! Pictures of a run at chosen moments: the deposit in perspective, and sections through its highest point.

mod body;
pub mod palette;
mod raster;
mod section;

use self::palette::Colour;
use self::raster::{Camera, Facet, Picture};
use self::section::{Section, Sections};
use super::moments::Moment;
use super::record::Record;
use crate::io::snapshot;
use crate::metrics::deposit::phases_of;
use crate::model::grid::Grid;
use crate::model::orientation::{Orientations, into_frame};
use crate::model::pieces::{Joined, Phase, pieces, smallest};
use crate::sim::setup_from_json;

/// Width of a picture in perspective on the page \[pixel\].
pub const ON_PAGE: usize = 640;
/// Width of a section \[pixel\].
const SECTION: usize = 560;

/// Difference of potential below which there is nothing to see \[V\].
const LEAST_DROP: f32 = 1e-6;

/// Pictures of one moment, as PNG.
pub struct Shot {
    /// the moment
    pub moment: Moment,
    /// highest lithium above the bottom of the box \[m\]; none without lithium
    pub top: Option<f64>,
    /// the deposit in perspective; none in a box of fewer than three dimensions
    pub view: Option<Vec<u8>>,
    /// copper, lithium and electrolyte in a section; none in a box of one dimension
    pub phases: Option<Vec<u8>>,
    /// salt in the same section, if it was stored
    pub salt: Option<Vec<u8>>,
    /// potential of the electrolyte in the same section, if it was stored
    pub potential: Option<Vec<u8>>,
}

/// The pictures of all moments.
pub struct Gallery {
    /// one a moment
    pub shots: Vec<Shot>,
    /// ends of the colours of the salt \[mol/m³\], if there are any to show
    pub salt: Option<(f32, f32)>,
    /// ends of the colours of the potential \[V\], if there are any to show
    pub potential: Option<(f32, f32)>,
    /// height that the sections of the phases show \[m\]
    pub shown: f64,
    /// whether the colours of the surface tell the grains
    pub grains: bool,
}

/// A moment before it is drawn.
struct Scene {
    moment: Moment,
    top: Option<usize>,
    facets: Vec<Facet>,
    sections: Option<Sections>,
    grains: bool,
}

/// Draws the moments, all from the same place and with the same colours; those in perspective `wide` pixels wide.
///
/// # Errors
/// A sentence, if the fields cannot be read or do not fit.
pub fn gallery(record: &Record, moments: &[Moment], wide: usize) -> Result<Gallery, String> {
    let grid = record.grid.ok_or("run.json does not tell the grid")?;
    let scenes: Vec<Scene> = moments.iter().map(|moment| scene(record, &grid, moment)).collect::<Result<_, _>>()?;
    let top = scenes.iter().filter_map(|scene| scene.top).max().unwrap_or(grid.nz / 4);
    let across = if grid.nx > 1 { grid.nx } else { grid.ny };
    let rows = (top + top / 3 + 4).max(across / 4).min(grid.nz);
    let range = |values: fn(&Sections) -> Option<&Section>| {
        let ranges = scenes.iter().filter_map(|scene| {
            let sections = scene.sections.as_ref()?;
            sections.range(values(sections)?)
        });
        ranges.reduce(|(a, b), (c, d)| (a.min(c), b.max(d)))
    };
    let salt = range(|sections| sections.salt.as_ref()).filter(|(low, high)| high - low > 1e-3 * high.abs());
    let potential = range(|sections| sections.potential.as_ref()).filter(|(low, high)| high - low > LEAST_DROP);
    let camera = Camera::new([grid.nx as f32, grid.ny as f32, (top + 1) as f32], wide);
    let grains = scenes.iter().any(|scene| scene.grains);
    let mut shots = Vec::with_capacity(scenes.len());
    for scene in scenes {
        let view = (!scene.facets.is_empty()).then(|| raster::draw(&camera, &scene.facets));
        let sections = scene.sections.as_ref();
        let coloured = |values: fn(&Sections) -> Option<&Section>, ends: Option<(f32, f32)>| {
            let sections = sections?;
            Some(sections.coloured(values(sections)?, ends?, SECTION))
        };
        let salt = coloured(|sections| sections.salt.as_ref(), salt);
        let potential = coloured(|sections| sections.potential.as_ref(), potential);
        shots.push(Shot {
            moment: scene.moment,
            top: scene.top.map(|cells| (cells + 1) as f64 * grid.dx),
            view: view.map(|picture| png(&picture)).transpose()?,
            phases: sections.map(|sections| png(&sections.phases(rows, SECTION))).transpose()?,
            salt: salt.map(|picture| png(&picture)).transpose()?,
            potential: potential.map(|picture| png(&picture)).transpose()?,
        });
    }
    Ok(Gallery { shots, salt, potential, shown: rows as f64 * grid.dx, grains })
}

fn scene(record: &Record, grid: &Grid, moment: &Moment) -> Result<Scene, String> {
    let path = record.fields();
    let read = |name: &str| match snapshot::field(&path, moment.frame, name) {
        Ok(Some(field)) if field.len() != grid.cells() => Err(format!("{name} does not fit the grid of run.json")),
        Ok(field) => Ok(field),
        Err(error) => Err(error.to_string()),
    };
    let accessible = read("accessible")?.ok_or("it holds no field accessible")?;
    let (lithium, xi) = match (read("lithium")?, read("xi")?) {
        (Some(lithium), Some(xi)) => (lithium, xi),
        (None, Some(xi)) => (xi.iter().zip(&accessible).map(|(xi, w)| xi * w).collect(), xi),
        (Some(lithium), None) => {
            let xi = lithium.iter().zip(&accessible).map(|(l, &w)| if w > 0.0 { l / w } else { 0.0 }).collect();
            (lithium, xi)
        }
        (None, None) => return Err("it holds neither lithium nor xi (output.fields)".into()),
    };
    let plane = grid.nx * grid.ny;
    let highest = lithium.iter().rposition(|&l| l > 0.5);
    let isolated = isolated(record, grid, &accessible, &xi);
    let copper: Vec<f32> = accessible.iter().map(|w| 1.0 - w).collect();
    let grains = grains(record, read("grain")?);
    let mut facets = Vec::new();
    if grid.nx > 1 && grid.ny > 1 {
        let metal = |place: [f32; 3], cut: bool| lithium_colour(grid, &isolated, grains.as_ref(), place, cut);
        let of_copper = |_, cut| if cut { palette::COPPER_CUT } else { palette::COPPER };
        for body in [body::facets(grid, &copper, of_copper), body::facets(grid, &lithium, metal)] {
            facets.extend(body.map_err(|error| error.to_string())?);
        }
    }
    let sections = (grid.nx > 1 || grid.ny > 1).then(|| -> Result<Sections, String> {
        let tip = highest.map(|cell| [cell % grid.nx, cell / grid.nx % grid.ny]).unwrap_or([grid.nx / 2, grid.ny / 2]);
        let isolated: Vec<f32> = isolated.iter().map(|&i| f32::from(i)).collect();
        Ok(Sections {
            accessible: cut(grid, &accessible, tip),
            lithium: cut(grid, &lithium, tip),
            isolated: cut(grid, &isolated, tip),
            salt: read("c")?.map(|c| cut(grid, &c, tip)),
            potential: read("phi")?.map(|mut phi| {
                let top = grid.cells() - plane;
                let mean = phi[top..].iter().map(|&v| f64::from(v)).sum::<f64>() / plane as f64;
                phi.iter_mut().for_each(|v| *v = (f64::from(*v) - mean) as f32);
                cut(grid, &phi, tip)
            }),
        })
    });
    let (top, grains) = (highest.map(|cell| cell / plane), grains.is_some());
    Ok(Scene { moment: moment.clone(), top, facets, sections: sections.transpose()?, grains })
}

/// The section through a column: along x, or along y if there is nothing along x.
fn cut(grid: &Grid, field: &[f32], [x, y]: [usize; 2]) -> Section {
    let columns = if grid.nx > 1 { grid.nx } else { grid.ny };
    let place = |i: usize| if grid.nx > 1 { (i, y) } else { (x, i) };
    let cells = (0..grid.nz).flat_map(|z| (0..columns).map(move |i| (i, z)));
    let values = cells.map(|(i, z)| field[grid.index(place(i).0, place(i).1, z)]).collect();
    Section { columns, values }
}

/// Cells of lithium in pieces that do not touch the copper and are large enough for that to mean something.
fn isolated(record: &Record, grid: &Grid, accessible: &[f32], xi: &[f32]) -> Vec<bool> {
    let ell = record.run.setup["ell"].as_f64().unwrap_or(grid.dx);
    let found = pieces(grid.nx, grid.ny, grid.nz, &phases_of(accessible, xi));
    let joined = Joined::new(&found, grid.ny);
    let mut cells = vec![0; found.count];
    found.runs.iter().for_each(|run| cells[run.piece] += run.end - run.start);
    let smallest = smallest(grid, ell) as usize;
    let mut isolated = vec![false; grid.cells()];
    for run in &found.runs {
        if run.phase == Phase::Lithium && !joined.is(run.piece) && cells[run.piece] >= smallest {
            isolated[run.row * grid.nx + run.start..run.row * grid.nx + run.end].fill(true);
        }
    }
    isolated
}

/// The grain of each cell and the orientations of all, if both are known.
fn grains(record: &Record, numbers: Option<Vec<f32>>) -> Option<(Vec<f32>, Orientations)> {
    let setup = setup_from_json(&record.run.setup.to_string()).ok()?;
    Some((numbers?, setup.mechanisms.grains()?.1))
}

/// Colour of the lithium just inside its surface.
fn lithium_colour(
    grid: &Grid,
    isolated: &[bool],
    grains: Option<&(Vec<f32>, Orientations)>,
    place: [f32; 3],
    cut: bool,
) -> Colour {
    let cell = |v: f32, n: usize| (v.floor().max(0.0) as usize).min(n - 1);
    let at = grid.index(cell(place[0], grid.nx), cell(place[1], grid.ny), cell(place[2], grid.nz));
    if let Some((numbers, orientations)) = grains.filter(|_| !isolated[at]) {
        let rotation = orientations.of(numbers[at].max(0.0) as u32);
        let colour = palette::upright(into_frame(rotation, [0.0, 0.0, 1.0]));
        return if cut { palette::darker(colour) } else { colour };
    }
    match (isolated[at], cut) {
        (false, false) => palette::METAL,
        (false, true) => palette::METAL_CUT,
        (true, false) => palette::ISOLATED,
        (true, true) => palette::ISOLATED_CUT,
    }
}

/// The pictures in perspective of some moments side by side on white, each `wide` pixels wide, as PNG; none if there is none.
///
/// # Errors
/// A sentence, if the fields cannot be read or do not fit.
pub fn strip(record: &Record, moments: &[Moment], wide: usize) -> Result<Option<Vec<u8>>, String> {
    let grid = record.grid.ok_or("run.json does not tell the grid")?;
    let scenes: Vec<Scene> = moments.iter().map(|moment| scene(record, &grid, moment)).collect::<Result<_, _>>()?;
    let top = scenes.iter().filter_map(|scene| scene.top).max().unwrap_or(grid.nz / 4);
    let camera = Camera::new([grid.nx as f32, grid.ny as f32, (top + 1) as f32], wide);
    let drawn = scenes.iter().filter(|scene| !scene.facets.is_empty());
    let pictures: Vec<Picture> = drawn.map(|scene| raster::draw(&camera, &scene.facets)).collect();
    let Some(height) = pictures.first().map(|picture| picture.height) else { return Ok(None) };
    let width = pictures.iter().map(|picture| picture.width).sum();
    let mut bytes = Vec::with_capacity(4 * width * height);
    for row in 0..height {
        for picture in &pictures {
            for pixel in picture.bytes[4 * row * picture.width..][..4 * picture.width].chunks_exact(4) {
                let opacity = f32::from(pixel[3]) / 255.0;
                let on_white = |v: u8| (f32::from(v) * opacity + 255.0 * (1.0 - opacity)).round() as u8;
                bytes.extend([on_white(pixel[0]), on_white(pixel[1]), on_white(pixel[2]), 255]);
            }
        }
    }
    png(&Picture { width, height, bytes }).map(Some)
}

/// The picture as a PNG.
fn png(picture: &Picture) -> Result<Vec<u8>, String> {
    let failed = |error: png::EncodingError| format!("a picture could not be encoded: {error}");
    let mut bytes = Vec::new();
    let mut encoder = png::Encoder::new(&mut bytes, picture.width as u32, picture.height as u32);
    encoder.set_color(png::ColorType::Rgba);
    encoder.set_depth(png::BitDepth::Eight);
    encoder.set_compression(png::Compression::High);
    let mut writer = encoder.write_header().map_err(failed)?;
    writer.write_image_data(&picture.bytes).map_err(failed)?;
    writer.finish().map_err(failed)?;
    Ok(bytes)
}

//! Maps in every format as a person would expect them over the box, and hostile ones refused.

use std::f64::consts::TAU;
use std::path::PathBuf;

use super::*;

const RANGE: Option<f64> = Some(4e-7);

fn grid(nx: usize, ny: usize) -> Grid {
    Grid { nx, ny, nz: 8, dx: 1e-6 }
}

fn file(name: &str, bytes: &[u8]) -> (tempfile::TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join(name);
    std::fs::write(&path, bytes).unwrap();
    (folder, path)
}

fn over(bytes: &[u8], height_range: Option<f64>, grid: &Grid) -> Result<(Vec<f64>, Summary), String> {
    let (_folder, path) = file("map", bytes);
    heights(&path, Reading { height_range, ..Reading::default() }, grid).map_err(|e| e.to_string())
}

fn png(columns: u32, rows: u32, colour: png::ColorType, depth: png::BitDepth, palette: &[u8], data: &[u8]) -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut encoder = png::Encoder::new(&mut bytes, columns, rows);
    encoder.set_color(colour);
    encoder.set_depth(depth);
    if !palette.is_empty() {
        encoder.set_palette(palette.to_vec());
    }
    let mut writer = encoder.write_header().unwrap();
    writer.write_image_data(data).unwrap();
    writer.finish().unwrap();
    bytes
}

/// A PNG of 16 bits from shades between 0 and 1, rows from the top.
fn grey(columns: u32, rows: u32, shade: impl Fn(u32, u32) -> f64) -> Vec<u8> {
    let pixel = |i: u32| ((shade(i % columns, i / columns) * 65_535.0).round() as u16).to_be_bytes();
    let data: Vec<u8> = (0..columns * rows).flat_map(pixel).collect();
    png(columns, rows, png::ColorType::Grayscale, png::BitDepth::Sixteen, &[], &data)
}

fn assert_close(a: &[f64], b: &[f64]) {
    assert!(a.len() == b.len() && a.iter().zip(b).all(|(a, b)| (a - b).abs() < 1e-13), "{a:?}\n{b:?}");
}

#[test]
fn a_picture_is_white_at_its_height_range_and_its_first_row_is_far() {
    let bytes = grey(2, 2, |x, y| if (x, y) == (0, 0) { 1.0 } else { 0.0 });
    assert_close(&over(&bytes, RANGE, &grid(2, 2)).unwrap().0, &[-1e-7, -1e-7, 3e-7, -1e-7]);
    assert!(over(&bytes, None, &grid(2, 2)).unwrap_err().contains("height_range is missing"));
    assert!(over(b"no picture", RANGE, &grid(2, 2)).unwrap_err().contains("is no picture"));
    assert!(over(b"no picture", None, &grid(2, 2)).unwrap_err().contains("heights come from"));
    assert!(over(&bytes[..60], RANGE, &grid(2, 2)).unwrap_err().contains("not a readable PNG"));
}

/// Waves that cells cannot show vanish instead of coming back as others; waves that they can show keep their means.
#[test]
fn cells_hold_the_means_of_the_pixels_under_them() {
    let wave = |n: f64| grey(480, 480, move |x, _| 0.5 + 0.5 * (TAU * n * (f64::from(x) + 0.5) / 480.0).cos());
    let (copper, summary) = over(&wave(30.0), RANGE, &grid(32, 32)).unwrap();
    let amplitude = (30.0 / 32.0 * std::f64::consts::PI).sin() / (30.0 / 32.0 * std::f64::consts::PI);
    assert!((summary.map.rms / (2e-7 / 2f64.sqrt()) - 1.0).abs() < 1e-3, "{summary:?}");
    assert!((summary.copper.rms / (summary.map.rms * amplitude) - 1.0).abs() < 0.01, "{summary:?} {amplitude}");
    assert!(copper.chunks(32).all(|row| (row[0] - copper[0]).abs() < 1e-15));
    // 7 cells on 480 pixels: fractions of pixels count
    let (copper, _) = over(&wave(1.0), RANGE, &grid(7, 7)).unwrap();
    let mean = |x: f64| {
        let [low, high] = [TAU * x / 7.0, TAU * (x + 1.0) / 7.0];
        2e-7 * (high.sin() - low.sin()) / (high - low)
    };
    assert!((0..7).all(|x| (copper[x] - mean(x as f64)).abs() < 1e-11), "{copper:?}");
}

#[test]
fn a_coarse_map_is_interpolated_and_a_fitting_one_left_alone() {
    let map = Map { columns: 8, rows: 8, values: (0..64).map(|i| f64::from(i % 8)).collect(), size: None };
    assert_eq!(over_grid::means(&map, None, &grid(8, 8)), map.values);
    let fine = over_grid::means(&map, None, &grid(32, 32));
    // cell centres lie at eighths of pixels: between pixels 3 and 4, and over the edge between 7 and 0
    assert!((fine[13] - 2.875).abs() < 1e-12 && (fine[0] - 2.625).abs() < 1e-12, "{fine:?}");
    let mean = fine.iter().sum::<f64>() / fine.len() as f64;
    assert!((mean - 3.5).abs() < 1e-12);
}

#[test]
fn a_box_of_one_cell_along_y_is_a_section_through_the_middle() {
    // rows 3 and 4 of 8 are the middle; a cell is two pixels wide
    let map = |value: fn(usize, usize) -> f64| Map {
        columns: 8,
        rows: 8,
        values: (0..64).map(|i| value(i % 8, i / 8)).collect(),
        size: None,
    };
    let ridge = map(|x, y| if y == 3 || y == 4 { x as f64 } else { 100.0 });
    assert_eq!(over_grid::means(&ridge, None, &grid(4, 1)), [0.5, 2.5, 4.5, 6.5]);
    assert_eq!(
        over_grid::means(&map(|x, y| if y == 4 { x as f64 } else { 0.0 }), Some([8e-6; 2]), &grid(8, 1))[7],
        3.5
    );
    assert!(over_grid::fits([8, 8], None, &grid(4, 1)).is_ok());
}

#[test]
fn false_colours_and_transparency_are_refused_and_grey_is_not() {
    use png::{BitDepth::Eight, ColorType::*};
    let cold_hot = [0, 0, 128, 255, 0, 0, 0, 255, 0, 255, 255, 0];
    let shades = [0, 0, 0, 255, 255, 255, 51, 51, 51, 102, 102, 102];
    let ramp = grey(2, 2, |x, y| [0.0, 1.0, 0.2, 0.4][(2 * y + x) as usize]);
    let expected = over(&ramp, RANGE, &grid(2, 2)).unwrap().0;
    for bytes in [
        png(2, 2, Rgb, Eight, &[], &shades),
        png(2, 2, Indexed, Eight, &shades, &[0, 1, 2, 3]),
        png(2, 2, Grayscale, Eight, &[], &[0, 255, 51, 102]),
        png(2, 2, GrayscaleAlpha, Eight, &[], &[0, 255, 255, 255, 51, 255, 102, 255]),
    ] {
        assert_close(&over(&bytes, RANGE, &grid(2, 2)).unwrap().0, &expected);
    }
    for bytes in [png(2, 2, Rgb, Eight, &[], &cold_hot), png(2, 2, Indexed, Eight, &cold_hot, &[0, 1, 2, 3])] {
        let message = over(&bytes, RANGE, &grid(2, 2)).unwrap_err();
        assert!(message.contains("is coloured") && message.contains("16 bits"), "{message}");
    }
    let clear = png(2, 2, GrayscaleAlpha, Eight, &[], &[0, 255, 255, 255, 51, 255, 102, 254]);
    assert!(over(&clear, RANGE, &grid(2, 2)).unwrap_err().contains("transparent at pixel (1, 1)"));
    let jpeg = over(include_bytes!("samples/ramp.jpg"), RANGE, &grid(8, 8)).unwrap();
    assert!((jpeg.1.map.range / (4e-7 * 210.0 / 255.0) - 1.0).abs() < 0.05, "{:?}", jpeg.1);
    assert!(over(include_bytes!("samples/coloured.jpg"), RANGE, &grid(8, 8)).unwrap_err().contains("is coloured"));
}

fn tiff_of(columns: u32, rows: u32, data: &[u16]) -> Vec<u8> {
    let mut bytes = std::io::Cursor::new(Vec::new());
    let mut encoder = ::tiff::encoder::TiffEncoder::new(&mut bytes).unwrap();
    encoder.write_image::<::tiff::encoder::colortype::Gray16>(columns, rows, data).unwrap();
    bytes.into_inner()
}

/// Profilers export heights as numbers, in a unit that the config tells.
#[test]
fn a_tiff_of_numbers_has_the_unit_that_is_given() {
    let nanometres = [0.0, 400.0, 80.0, -160.0, 240.0, 320.0];
    type Encoder<'a> = ::tiff::encoder::TiffEncoder<&'a mut std::io::Cursor<Vec<u8>>>;
    let tiff = |write: &dyn Fn(&mut Encoder)| {
        let mut bytes = std::io::Cursor::new(Vec::new());
        write(&mut ::tiff::encoder::TiffEncoder::new(&mut bytes).unwrap());
        bytes.into_inner()
    };
    use ::tiff::encoder::colortype::{Gray32Float, Gray64Float, GrayI16};
    let (singles, words) = (nanometres.map(|h| h as f32), nanometres.map(|h| h as i16));
    let files = [
        tiff(&|encoder| encoder.write_image::<Gray32Float>(3, 2, &singles).unwrap()),
        tiff(&|encoder| encoder.write_image::<Gray64Float>(3, 2, &nanometres).unwrap()),
        tiff(&|encoder| encoder.write_image::<GrayI16>(3, 2, &words).unwrap()),
    ];
    // the first row of the picture is at the far end
    let mean = nanometres.iter().sum::<f64>() / 6.0;
    let expected = [3, 4, 5, 0, 1, 2].map(|i| (nanometres[i] - mean) * 1e-9);
    let read = |bytes: &[u8], height_range, height_unit| {
        let (_folder, path) = file("map.tif", bytes);
        let reading = Reading { height_range, height_unit, ..Reading::default() };
        heights(&path, reading, &grid(3, 2)).map(|(heights, _)| heights).map_err(|error| error.to_string())
    };
    for bytes in &files {
        assert_close(&read(bytes, None, Some(1e-9)).unwrap(), &expected);
        assert!(read(bytes, None, None).unwrap_err().contains("height_unit is missing"));
        assert!(read(bytes, RANGE, None).unwrap_err().contains("no black and white"));
    }
    let shades = tiff_of(3, 2, &[0, 1, 2, 3, 4, 5]);
    assert!(read(&shades, None, Some(1e-9)).unwrap_err().contains("picture of shades"));
    assert!(read(b"0 0 0\n", None, Some(1e-9)).unwrap_err().contains("height_unit is for"));
    let missing = tiff(&|encoder| encoder.write_image::<Gray32Float>(3, 2, &[f32::NAN; 6]).unwrap());
    assert!(read(&missing, None, Some(1e-9)).unwrap_err().contains("not finite"));
}

#[test]
fn the_same_map_in_every_format() {
    let shades = [0.0, 1.0, 0.2, 0.4, 0.6, 0.8];
    let expected = over(&grey(3, 2, |x, y| shades[(3 * y + x) as usize]), RANGE, &grid(3, 2)).unwrap().0;
    let words: Vec<u16> = shades.iter().map(|shade| (shade * 65_535.0f64).round() as u16).collect();
    assert_close(&over(&tiff_of(3, 2, &words), RANGE, &grid(3, 2)).unwrap().0, &expected);
    let metres = shades.map(|shade| 4e-7 * shade);
    let [top, bottom] =
        [&metres[..3], &metres[3..]].map(|row| row.iter().map(|h| format!("{h:e}")).collect::<Vec<_>>());
    let esri = format!(
        "ncols 3\nnrows 2\nxllcorner 0\nyllcorner 0\nCELLSIZE 1e-6\nNODATA_value -9999\n{}\n{}\n",
        top.join(" "),
        bottom.join(" ")
    );
    let nanometres = |row: &[f64]| row.iter().map(|h| format!("{}", h * 1e9)).collect::<Vec<_>>().join("\t");
    let gwyddion = format!(
        "# Channel: Height\n# Width: 3.0 µm\n# Height: 2.0 µm\n# Value units: nm\n{}\n{}\n",
        nanometres(&metres[..3]),
        nanometres(&metres[3..])
    );
    let places = [(0, 1), (1, 1), (2, 1), (0, 0), (1, 0), (2, 0)];
    let points: Vec<String> =
        places.iter().zip(metres).rev().map(|((x, y), h)| format!("{}e-6,{}.5e-6,{h:e}", x, y)).collect();
    let points = format!("x,y,z\n{}\n", points.join("\n"));
    for text in [&esri, &gwyddion, &points] {
        let (heights, summary) = over(text.as_bytes(), None, &grid(3, 2)).unwrap_or_else(|e| panic!("{e}\n{text}"));
        assert_close(&heights, &expected);
        assert!(summary.size.unwrap().iter().zip([3e-6, 2e-6]).all(|(a, b)| (a / b - 1.0f64).abs() < 1e-9));
        assert!(over(text.as_bytes(), None, &grid(6, 4)).unwrap_err().contains("set grid.cells to [3, 2, 8]"));
    }
    for (text, part) in [
        (esri.replace("NODATA_value -9999", "NODATA_value 0"), "a height is missing"),
        (esri.replace("ncols 3", "ncols 4"), "only 6 heights where 4 × 2"),
        (esri.replace("ncols 3", "ncols 60000000"), "cannot hold"),
        (esri.replace("nrows 2", "nrows 1e99"), "whole number nrows"),
        (esri.replace("CELLSIZE 1e-6", "CELLSIZE 0"), "positive cellsize"),
        (gwyddion.replace("nm", "V"), "no length"),
        (points.replace("2e-6", "3e-6"), "not evenly spaced"),
        (points.replacen("2e-6", "1e-6", 1), "twice"),
    ] {
        let message = over(text.as_bytes(), None, &grid(3, 2)).unwrap_err();
        assert!(message.contains(part), "{part}: {message}\n{text}");
    }
}

#[test]
fn a_dataset_in_metres_comes_back_around_its_mean() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("map.h5");
    let file = hdf5::File::create(&path).unwrap();
    let ramp: Vec<f32> = (0..16).map(|i| (i % 4) as f32 * 1e-7).collect();
    let ramp = ndarray::Array2::from_shape_vec((4, 4), ramp).unwrap();
    file.new_dataset_builder().with_data(&ramp).create("h").unwrap();
    file.new_dataset::<f64>().shape([70_000, 70_000]).create("huge").unwrap();
    file.new_dataset::<f64>().shape([4, 4]).create("unwritten").unwrap();
    file.new_dataset::<f64>().shape([4, 4]).external("/dev/zero", 0, 128).create("elsewhere").unwrap();
    file.close().unwrap();
    let read = |dataset: &str, height_range| {
        let reading =
            Reading { dataset: Some(dataset), height_range, height_unit: None, map_size: None, is_share: false };
        heights(&path, reading, &grid(4, 4)).map_err(|e| e.to_string())
    };
    let copper = read("h", None).unwrap().0;
    assert!((copper[1] + 0.5e-7).abs() < 1e-13 && (copper[15] - 1.5e-7).abs() < 1e-13);
    for (dataset, height_range, part) in [
        ("x", None, "no dataset"),
        ("huge", None, "cannot hold"),
        ("unwritten", None, "is damaged"),
        ("elsewhere", None, "lies in other files"),
        ("h", RANGE, "height_range means nothing"),
    ] {
        let message = read(dataset, height_range).unwrap_err();
        assert!(message.contains(part), "{dataset}: {message}");
    }
}

#[test]
fn a_map_of_another_shape_or_size_is_refused_with_what_to_do() {
    let map = grey(32, 64, |x, _| f64::from(x) / 32.0);
    let message = over(&map, RANGE, &grid(16, 16)).unwrap_err();
    assert!(
        message.contains("32 × 64 pixels") && message.contains("stretched by 0.5") && message.contains("map_size"),
        "{message}"
    );
    assert!(over(&map, RANGE, &grid(16, 32)).is_ok());
    // a pixel more or less, or 2 %
    assert!(over(&grey(16, 17, |x, _| f64::from(x) / 16.0), RANGE, &grid(16, 16)).is_ok());
    assert!(over(&grey(16, 18, |x, _| f64::from(x) / 16.0), RANGE, &grid(16, 16)).is_err());
    let (_folder, path) = file("map.png", &map);
    let sized = |size| {
        heights(&path, Reading { map_size: Some(size), height_range: RANGE, ..Reading::default() }, &grid(16, 16))
    };
    assert!(sized([16e-6, 16e-6]).is_ok(), "pixels that are no squares");
    let message = sized([20e-6, 20e-6]).unwrap_err().to_string();
    assert!(message.contains("20.0000 × 20.0000 µm") && message.contains("[20, 20, 8]"), "{message}");
}

#[test]
fn a_jump_at_the_edge_of_the_box_is_seen() {
    let (_, tilted) = over(&grey(64, 64, |x, _| f64::from(x) / 63.0), RANGE, &grid(32, 32)).unwrap();
    let [along_x, along_y] = tilted.steps.map(Option::unwrap);
    assert!(along_x.jumps() && (along_x.edge / along_x.inside - 31.0).abs() < 1e-6 && !along_y.jumps(), "{tilted:?}");
    let (_, wave) =
        over(&grey(64, 64, |x, y| 0.5 + 0.4 * (TAU * f64::from(x + y) / 64.0).sin()), RANGE, &grid(32, 32)).unwrap();
    assert!(wave.steps.iter().all(|steps| !steps.unwrap().jumps()), "{wave:?}");
}

/// Hostile files: cut short, with flipped bytes, with sizes that they cannot hold. Each is a map or an error; none asks for more memory
/// than its bytes can fill.
#[test]
fn hostile_files_are_maps_or_errors() {
    let mut state = 0x9e37_79b9_7f4a_7c15_u64;
    let mut draw = |n: usize| {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        (state % n as u64) as usize
    };
    let words: Vec<u16> = (0..256).map(|i| i * 255).collect();
    let esri = format!("ncols 16\nnrows 16\ncellsize 1e-6\n{}", "1e-7 ".repeat(256));
    let points: String = (0..256).map(|i| format!("{}e-6 {}e-6 1e-7\n", i % 16, i / 16)).collect();
    let shades: [u8; 768] = std::array::from_fn(|i| (i / 3) as u8);
    let sound = [
        grey(16, 16, |x, y| f64::from(x + y) / 32.0),
        png(16, 16, png::ColorType::Rgb, png::BitDepth::Eight, &[], &shades),
        tiff_of(16, 16, &words),
        include_bytes!("samples/ramp.jpg").to_vec(),
        esri.into_bytes(),
        format!("# Width: 16 um\n# Height: 16 um\n{}", "1\t2\t3\t4\n".repeat(4)).into_bytes(),
        points.into_bytes(),
    ];
    let huge: [&[u8]; 6] = [&[0xff; 4], &[0x7f, 0xff, 0xff, 0xff], &[0; 4], b"9999999999", b"1e300", b"-1"];
    let (mut maps, mut errors) = (0, 0);
    for round in 0..3500 {
        let mut bytes = sound[round % sound.len()].clone();
        for _ in 0..1 + draw(4) {
            let place = draw(bytes.len());
            match draw(4) {
                0 => bytes.truncate(place.max(1)),
                1 => bytes[place] ^= 1 << draw(8),
                2 => bytes[place] = draw(256) as u8,
                _ => {
                    let piece = huge[draw(huge.len())];
                    let end = (place + piece.len()).min(bytes.len());
                    bytes.splice(place..end, piece.iter().copied());
                }
            }
        }
        repair_checksum(&mut bytes);
        let picture = !matches!(round % sound.len(), 4..);
        match over(&bytes, if picture { RANGE } else { None }, &grid(16, 16)) {
            Ok((heights, _)) => {
                assert!(heights.len() == 256 && heights.iter().all(|h| h.is_finite()));
                maps += 1;
            }
            Err(_) => errors += 1,
        }
    }
    assert!(maps > 100 && errors > 1000, "{maps} maps, {errors} errors");
}

/// The checksum of a PNG's header, so that its wrong sizes are believed.
fn repair_checksum(bytes: &mut [u8]) {
    if bytes.len() < 33 || bytes[..4] != [0x89, b'P', b'N', b'G'] {
        return;
    }
    let mut crc = u32::MAX;
    for &byte in &bytes[12..29] {
        crc ^= u32::from(byte);
        for _ in 0..8 {
            crc = if crc & 1 == 1 { crc >> 1 ^ 0xedb8_8320 } else { crc >> 1 };
        }
    }
    bytes[29..33].copy_from_slice(&(!crc).to_be_bytes());
}

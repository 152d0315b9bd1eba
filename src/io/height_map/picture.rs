//! Shades of grey from pictures.

use std::io::Cursor;

use tiff::decoder::{Decoder, DecodingResult, Limits};
use zune_jpeg::JpegDecoder;
use zune_jpeg::zune_core::options::DecoderOptions;

use super::{MOST_PIXELS, Map, PIXELS_PER_BYTE, pixels};

/// A decoded picture, rows from the top.
pub struct Picture {
    columns: usize,
    rows: usize,
    /// samples of a pixel: grey, grey and alpha, RGB, or RGB and alpha
    channels: usize,
    samples: Samples,
    /// how far the colours of a grey pixel may lie apart
    tolerance: u16,
}

enum Samples {
    Bytes(Vec<u8>),
    Words(Vec<u16>),
}

impl Samples {
    fn len(&self) -> usize {
        match self {
            Self::Bytes(samples) => samples.len(),
            Self::Words(samples) => samples.len(),
        }
    }

    fn at(&self, i: usize) -> u16 {
        match self {
            Self::Bytes(samples) => samples[i].into(),
            Self::Words(samples) => samples[i],
        }
    }

    fn white(&self) -> u16 {
        match self {
            Self::Bytes(_) => 255,
            Self::Words(_) => u16::MAX,
        }
    }
}

impl Picture {
    /// A map of shades from 0, black, to 1, white; the first row of the picture is at the far end of y.
    ///
    /// # Errors
    /// A sentence about the first pixel that is coloured or not opaque.
    pub fn shades(self) -> Result<Map, String> {
        let Self { columns, rows, channels, ref samples, tolerance } = self;
        if samples.len() != columns * rows * channels {
            return Err(format!("is damaged: {} samples for {columns} × {rows} pixels", samples.len()));
        }
        let (colours, white) = (if channels < 3 { 1 } else { 3 }, samples.white());
        let mut values = Vec::with_capacity(columns * rows);
        for row in (0..rows).rev() {
            for column in 0..columns {
                let at = |channel: usize| samples.at((row * columns + column) * channels + channel);
                let [least, most] =
                    [(0..colours).map(at).min(), (0..colours).map(at).max()].map(Option::unwrap_or_default);
                if most - least > tolerance {
                    return Err(format!(
                        "is coloured: pixel ({column}, {row}) is {}, {}, {} (red, green, blue). Heights are shades of grey: export the \
                         map in grey with 16 bits, not in false colours",
                        at(0),
                        at(1),
                        at(2)
                    ));
                }
                if channels > colours && at(colours) != white {
                    return Err(format!("is transparent at pixel ({column}, {row}); save it without alpha"));
                }
                values.push(f64::from(at(0)) / f64::from(white));
            }
        }
        Ok(Map { columns, rows, values, size: None })
    }
}

/// Largest buffer for the pixels of a file of `bytes` \[bytes\]: eight for each pixel that the file can hold.
fn buffer(bytes: usize) -> usize {
    bytes.saturating_mul(PIXELS_PER_BYTE).min(MOST_PIXELS) * 8
}

/// A PNG, whichever way its shades are stored.
///
/// # Errors
/// A sentence.
pub fn png(bytes: &[u8]) -> Result<Picture, String> {
    let bad = |e: png::DecodingError| format!("not a readable PNG: {e}");
    let mut decoder = png::Decoder::new_with_limits(Cursor::new(bytes), png::Limits { bytes: buffer(bytes.len()) });
    decoder.set_transformations(png::Transformations::EXPAND);
    decoder.set_ignore_text_chunk(true);
    decoder.set_ignore_iccp_chunk(true);
    let mut reader = decoder.read_info().map_err(bad)?;
    let (columns, rows) = (reader.info().width as usize, reader.info().height as usize);
    pixels(columns, rows, bytes.len())?;
    let size = reader.output_buffer_size().ok_or("the picture is too large")?;
    let mut samples = vec![0; size];
    let info = reader.next_frame(&mut samples).map_err(bad)?;
    samples.truncate(info.buffer_size());
    let samples = match info.bit_depth {
        png::BitDepth::Sixteen => {
            Samples::Words(samples.chunks_exact(2).map(|pair| u16::from_be_bytes([pair[0], pair[1]])).collect())
        }
        _ => Samples::Bytes(samples),
    };
    let [columns, rows] = [info.width, info.height].map(|n| n as usize);
    Ok(Picture { columns, rows, channels: info.color_type.samples(), samples, tolerance: 0 })
}

/// A TIFF with shades of 8 or 16 bits; of several pictures the first.
///
/// # Errors
/// A sentence.
pub fn tiff(bytes: &[u8]) -> Result<Picture, String> {
    let bad = |e: tiff::TiffError| format!("not a readable TIFF: {e}");
    let mut limits = Limits::default();
    limits.decoding_buffer_size = buffer(bytes.len());
    limits.intermediate_buffer_size = buffer(bytes.len());
    let mut decoder = Decoder::new(Cursor::new(bytes)).map_err(bad)?.with_limits(limits);
    let (columns, rows) = decoder.dimensions().map_err(bad)?;
    let [columns, rows] = [columns, rows].map(|n| n as usize);
    pixels(columns, rows, bytes.len())?;
    let kind = decoder.colortype().map_err(bad)?;
    let channels = match kind {
        tiff::ColorType::Gray(8 | 16) => 1,
        tiff::ColorType::GrayA(8 | 16) => 2,
        tiff::ColorType::RGB(8 | 16) => 3,
        tiff::ColorType::RGBA(8 | 16) => 4,
        other => return Err(format!("is a TIFF of {other:?}; heights are shades of grey with 8 or 16 bits")),
    };
    let samples = match decoder.read_image().map_err(bad)? {
        DecodingResult::U8(samples) => Samples::Bytes(samples),
        DecodingResult::U16(samples) => Samples::Words(samples),
        _ => {
            return Err(
                "is a TIFF of signed or floating numbers, whose unit is not known; save shades of 16 bits and give \
                        height_range, or metres in HDF5 or as x y z"
                    .into(),
            );
        }
    };
    Ok(Picture { columns, rows, channels, samples, tolerance: 0 })
}

/// A JPEG. Its colours are blurred by the format, so that grey is what lies within two shades.
///
/// # Errors
/// A sentence.
pub fn jpeg(bytes: &[u8]) -> Result<Picture, String> {
    let bad = |e: zune_jpeg::errors::DecodeErrors| format!("not a readable JPEG: {e:?}");
    // one that is cut short would come back with grey at its end
    let strict = DecoderOptions::default().set_strict_mode(true);
    let mut decoder = JpegDecoder::new_with_options(Cursor::new(bytes), strict);
    decoder.decode_headers().map_err(bad)?;
    let (columns, rows) = decoder.dimensions().ok_or("not a readable JPEG: it has no size")?;
    let n = pixels(columns, rows, bytes.len())?;
    let samples = decoder.decode().map_err(bad)?;
    let channels = samples.len() / n;
    if !matches!(channels, 1 | 3) {
        return Err(format!("is a JPEG with {channels} channels; heights are shades of grey"));
    }
    Ok(Picture { columns, rows, channels, samples: Samples::Bytes(samples), tolerance: 2 })
}

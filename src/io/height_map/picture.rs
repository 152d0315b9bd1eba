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
    tolerance: f64,
}

enum Samples {
    Bytes(Vec<u8>),
    Words(Vec<u16>),
    /// heights themselves, in a unit that the file does not tell
    Numbers(Vec<f64>),
}

impl Samples {
    fn len(&self) -> usize {
        match self {
            Self::Bytes(samples) => samples.len(),
            Self::Words(samples) => samples.len(),
            Self::Numbers(samples) => samples.len(),
        }
    }

    fn at(&self, i: usize) -> f64 {
        match self {
            Self::Bytes(samples) => samples[i].into(),
            Self::Words(samples) => samples[i].into(),
            Self::Numbers(samples) => samples[i],
        }
    }

    /// White; 1 of what are no shades.
    fn white(&self) -> f64 {
        match self {
            Self::Bytes(_) => 255.0,
            Self::Words(_) => u16::MAX.into(),
            Self::Numbers(_) => 1.0,
        }
    }
}

impl Picture {
    /// Whether it holds heights in a unit that it does not tell, instead of shades.
    pub fn is_of_numbers(&self) -> bool {
        matches!(self.samples, Samples::Numbers(_))
    }

    /// A map of its numbers, or of shades from 0, black, to 1, white; the first row of the picture is at the far end of y.
    ///
    /// # Errors
    /// A sentence about the first pixel that is coloured or not opaque.
    pub fn map(self) -> Result<Map, String> {
        let Self { columns, rows, channels, ref samples, tolerance } = self;
        if samples.len() != columns * rows * channels {
            return Err(format!("is damaged: {} samples for {columns} × {rows} pixels", samples.len()));
        }
        let (colours, white) = (if channels < 3 { 1 } else { 3 }, samples.white());
        let mut values = Vec::with_capacity(columns * rows);
        for row in (0..rows).rev() {
            for column in 0..columns {
                let at = |channel: usize| samples.at((row * columns + column) * channels + channel);
                let least = (0..colours).map(at).fold(f64::INFINITY, f64::min);
                let most = (0..colours).map(at).fold(f64::NEG_INFINITY, f64::max);
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
                values.push(at(0) / white);
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
    Ok(Picture { columns, rows, channels: info.color_type.samples(), samples, tolerance: 0.0 })
}

/// A TIFF with shades of 8 or 16 bits, or with one signed or floating number for each pixel; of several pictures the first.
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
        tiff::ColorType::Gray(8 | 16 | 32 | 64) => 1,
        tiff::ColorType::GrayA(8 | 16) => 2,
        tiff::ColorType::RGB(8 | 16) => 3,
        tiff::ColorType::RGBA(8 | 16) => 4,
        other => {
            return Err(format!("is a TIFF of {other:?}; heights are shades of grey with 8 or 16 bits, or numbers"));
        }
    };
    let samples = match decoder.read_image().map_err(bad)? {
        DecodingResult::U8(samples) => Samples::Bytes(samples),
        DecodingResult::U16(samples) => Samples::Words(samples),
        numbers if channels > 1 => {
            return Err(format!(
                "is a TIFF with {channels} numbers of a pixel ({}); a height is one",
                kind_of(&numbers)
            ));
        }
        DecodingResult::F32(samples) => Samples::Numbers(samples.into_iter().map(f64::from).collect()),
        DecodingResult::F64(samples) => Samples::Numbers(samples),
        DecodingResult::I8(samples) => Samples::Numbers(samples.into_iter().map(f64::from).collect()),
        DecodingResult::I16(samples) => Samples::Numbers(samples.into_iter().map(f64::from).collect()),
        DecodingResult::I32(samples) => Samples::Numbers(samples.into_iter().map(f64::from).collect()),
        DecodingResult::U32(samples) => Samples::Numbers(samples.into_iter().map(f64::from).collect()),
        other => {
            return Err(format!("is a TIFF of {}; heights are numbers of at most 32 bits, or f64", kind_of(&other)));
        }
    };
    Ok(Picture { columns, rows, channels, samples, tolerance: 0.0 })
}

/// What the numbers of a TIFF are called.
fn kind_of(numbers: &DecodingResult) -> &'static str {
    match numbers {
        DecodingResult::U8(_) => "u8",
        DecodingResult::U16(_) => "u16",
        DecodingResult::U32(_) => "u32",
        DecodingResult::U64(_) => "u64",
        DecodingResult::F16(_) => "f16",
        DecodingResult::F32(_) => "f32",
        DecodingResult::F64(_) => "f64",
        DecodingResult::I8(_) => "i8",
        DecodingResult::I16(_) => "i16",
        DecodingResult::I32(_) => "i32",
        DecodingResult::I64(_) => "i64",
    }
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
    Ok(Picture { columns, rows, channels, samples: Samples::Bytes(samples), tolerance: 2.0 })
}

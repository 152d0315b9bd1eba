//! Sections through the box as pictures: what is copper, lithium and electrolyte, and how much salt there is.

use super::palette::{self, Colour};
use super::raster::Picture;

/// Values on a section, `columns` along a row, the lowest row first.
#[derive(Clone, Debug, PartialEq)]
pub struct Section {
    /// cells along a row
    pub columns: usize,
    /// one value a cell
    pub values: Vec<f32>,
}

impl Section {
    /// Rows.
    pub fn rows(&self) -> usize {
        self.values.len() / self.columns.max(1)
    }

    /// The value between the centres of cells, constant beyond the outermost.
    fn at(&self, x: f32, z: f32) -> f32 {
        let place = |v: f32, n: usize| {
            let v = v.clamp(0.0, (n - 1) as f32);
            (v as usize, (v as usize + 1).min(n - 1), v.fract())
        };
        let ((x0, x1, share_x), (z0, z1, share_z)) = (place(x, self.columns), place(z, self.rows()));
        let value = |x: usize, z: usize| self.values[z * self.columns + x];
        let along = |z: usize| value(x0, z) + share_x * (value(x1, z) - value(x0, z));
        along(z0) + share_z * (along(z1) - along(z0))
    }
}

/// The sections that go together.
pub struct Sections {
    /// w, the share that is not copper
    pub accessible: Section,
    /// w ξ
    pub lithium: Section,
    /// whether a cell's lithium is isolated, 1 or 0
    pub isolated: Section,
    /// concentration of salt \[mol/m³\], if it was stored
    pub salt: Option<Section>,
    /// potential of the electrolyte less its mean over the top of the box \[V\], if it was stored
    pub potential: Option<Section>,
}

impl Sections {
    /// The lowest `rows` rows as copper, lithium and electrolyte, about `width` pixels wide.
    pub fn phases(&self, rows: usize, width: usize) -> Picture {
        picture(&self.lithium, rows, width, |x, z| {
            let w = self.accessible.at(x, z);
            let xi = self.lithium.at(x, z) / w.max(0.05); // beside the copper too, where w has not reached 1
            let isolated = self.isolated.at(x, z) > 0.5;
            let metal = if isolated { palette::ISOLATED } else { palette::LITHIUM };
            let share = |v: f32| ((v - 0.5) * 7.0 + 0.5).clamp(0.0, 1.0); // an interface as narrow as the eye expects
            palette::mix(palette::mix(palette::ELECTROLYTE, metal, share(xi)), palette::COPPER, share(1.0 - w))
        })
    }

    /// One of the values in the electrolyte, its colours between `low` and `high`, with the metals as in the section of the phases; about
    /// `width` pixels wide.
    pub fn coloured(&self, values: &Section, (low, high): (f32, f32), width: usize) -> Picture {
        picture(values, values.rows(), width, |x, z| {
            let (w, lithium) = (self.accessible.at(x, z), self.lithium.at(x, z));
            if w < 0.5 {
                palette::COPPER
            } else if lithium > 0.5 * w {
                palette::LITHIUM
            } else {
                palette::viridis((values.at(x, z) - low) / (high - low))
            }
        })
    }

    /// Lowest and highest of the values in the electrolyte; none without electrolyte.
    pub fn range(&self, values: &Section) -> Option<(f32, f32)> {
        let cells = self.accessible.values.iter().zip(&self.lithium.values).zip(&values.values);
        let liquid = cells.filter(|((w, lithium), c)| **w - **lithium > 0.9 && c.is_finite()).map(|(_, c)| *c);
        liquid.fold(None, |range, c| match range {
            None => Some((c, c)),
            Some((low, high)) => Some((c.min(low), c.max(high))),
        })
    }
}

/// A picture of the lowest `rows` rows, the highest of them on top.
fn picture(like: &Section, rows: usize, width: usize, colour: impl Fn(f32, f32) -> Colour) -> Picture {
    let rows = rows.clamp(1, like.rows().max(1));
    let scale = (width as f32 / like.columns as f32).max(1.0);
    let (width, height) = ((like.columns as f32 * scale) as usize, (rows as f32 * scale) as usize);
    let mut bytes = Vec::with_capacity(4 * width * height);
    for y in 0..height {
        let z = rows as f32 - (y as f32 + 0.5) / scale - 0.5;
        for x in 0..width {
            bytes.extend(palette::bytes(colour((x as f32 + 0.5) / scale - 0.5, z)));
            bytes.push(255);
        }
    }
    Picture { width, height, bytes }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_top_of_a_picture_is_the_top_of_the_box() {
        let section = |values: &[f32]| Section { columns: 2, values: values.to_vec() };
        let sections = Sections {
            accessible: section(&[0.0, 0.0, 1.0, 1.0, 1.0, 1.0]),
            lithium: section(&[0.0, 0.0, 1.0, 1.0, 0.0, 0.0]),
            isolated: section(&[0.0; 6]),
            salt: Some(section(&[0.0, 0.0, 0.0, 0.0, 900.0, 1100.0])),
            potential: None,
        };
        let picture = sections.phases(3, 8);
        assert_eq!((picture.width, picture.height), (8, 12));
        assert_eq!(picture.bytes[..3], palette::bytes(palette::ELECTROLYTE));
        assert_eq!(picture.bytes[picture.bytes.len() - 4..][..3], palette::bytes(palette::COPPER));
        assert_eq!(sections.phases(2, 8).bytes[..3], palette::bytes(palette::LITHIUM));
        let salt = sections.salt.as_ref().unwrap();
        assert_eq!(sections.range(salt), Some((900.0, 1100.0)));
        assert_eq!(sections.coloured(salt, (900.0, 1100.0), 8).bytes[..3], palette::bytes(palette::viridis(0.0)));
    }
}

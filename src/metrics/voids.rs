//! Voids below a solid electrolyte: how much of the surface is in contact, and their volume.

use rayon::prelude::*;

use super::Deposit;

/// What is known of the voids.
#[derive(Clone, Copy, Debug)]
pub struct Contact<'a> {
    /// share of the surface in contact, one value a cell; 0 away from the surface, NaN where it is not known
    pub share: &'a [f32],
    /// height of the voids \[m\]
    pub height: f64,
}

/// Voids of a whole surface.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Voids {
    /// share of the surface in contact, weighted by area; NaN without a surface
    pub contact: f64,
    /// volume of the voids \[m³\]
    pub volume: f64,
}

/// Sums over the surface: row by row, then the rows in order, whoever made them.
pub fn voids(deposit: &Deposit, contact: Contact) -> Voids {
    let nx = deposit.grid.nx;
    let rows: Vec<[f64; 3]> = (deposit.delta.par_chunks(nx), contact.share.par_chunks(nx))
        .into_par_iter()
        .with_min_len((8192 / nx).max(1))
        .map(|(delta, share)| {
            delta.iter().zip(share).fold([0.0; 3], |[all, known, joined], (&delta, &share)| {
                let (delta, share) = (f64::from(delta), f64::from(share));
                // what is not known makes the sums NaN
                let known = if share == 0.0 { known } else { known + delta };
                [all + delta, known, joined + delta * share]
            })
        })
        .collect();
    let [all, known, joined] = rows.into_iter().fold([0.0; 3], |sum, row| std::array::from_fn(|k| sum[k] + row[k]));
    // cells in the tails of the profile have no contact of their own
    let share = joined / known;
    Voids { contact: share, volume: contact.height * (1.0 - share) * all * deposit.grid.cell_volume() }
}

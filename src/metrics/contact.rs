//! Contact with a solid electrolyte: how much of the surface has it, and the volume of the voids below the rest.

use rayon::prelude::*;

use super::Deposit;

/// What is known of the contact.
#[derive(Clone, Copy, Debug)]
pub struct Known<'a> {
    /// share of the surface in contact, one value a cell; 0 away from the surface, NaN where it is not known
    pub share: &'a [f32],
    /// height of the voids \[m\]
    pub height: f64,
}

/// Contact of a whole surface.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Contact {
    /// share of the surface in contact, weighted by area; NaN without a surface
    pub share: f64,
    /// volume of the voids \[m³\]
    pub volume: f64,
}

/// Sums over the surface: row by row, then the rows in order, whoever made them.
pub fn contact(deposit: &Deposit, known: Known) -> Contact {
    let nx = deposit.grid.nx;
    let rows: Vec<[f64; 3]> = (deposit.delta.par_chunks(nx), known.share.par_chunks(nx))
        .into_par_iter()
        .with_min_len((8192 / nx).max(1))
        .map(|(delta, share)| {
            delta.iter().zip(share).fold([0.0; 3], |[all, told, joined], (&delta, &share)| {
                let (delta, share) = (f64::from(delta), f64::from(share));
                // what is not known makes the sums NaN
                let told = if share == 0.0 { told } else { told + delta };
                [all + delta, told, joined + delta * share]
            })
        })
        .collect();
    let [all, told, joined] = rows.into_iter().fold([0.0; 3], |sum, row| std::array::from_fn(|k| sum[k] + row[k]));
    // cells in the tails of the profile have no contact of their own
    let share = joined / told;
    Contact { share, volume: known.height * (1.0 - share) * all * deposit.grid.cell_volume() }
}

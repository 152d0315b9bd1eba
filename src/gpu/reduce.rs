//! Sums in two stages on a fixed tree: the same run gives the same bits.

/// How the first stage divides the grid: workgroups of 16 × 16 columns, each over some planes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Groups {
    /// workgroups along each axis
    pub along: [u32; 3],
    /// planes of each
    pub planes: u32,
}

/// Threads of a workgroup of the first stage along x and y.
const SIDE: u32 = 16;
/// Fewest planes of a workgroup: its tree costs as much as a few cells of each thread.
const FEWEST_PLANES: u32 = 4;
/// Workgroups that one workgroup of the second stage sums quickly.
const MOST_GROUPS: u32 = 4096;

impl Groups {
    /// For a grid.
    pub fn new([nx, ny, nz]: [u32; 3]) -> Self {
        let (x, y) = (nx.div_ceil(SIDE), ny.div_ceil(SIDE));
        let planes = (x * y * nz).div_ceil(MOST_GROUPS).clamp(FEWEST_PLANES, nz.max(FEWEST_PLANES));
        Self { along: [x, y, nz.div_ceil(planes)], planes }
    }

    /// Number of workgroups: partial sums.
    pub fn count(&self) -> u64 {
        self.along.iter().map(|&n| u64::from(n)).product()
    }
}

/// Members of a sum from totals: for every four numbers four high parts, then four low parts, added in f64.
pub fn members(totals: &[f32]) -> Vec<f64> {
    let whole = |four: &[f32]| (0..4).map(|i| f64::from(four[i]) + f64::from(four[4 + i])).collect::<Vec<f64>>();
    totals.chunks_exact(8).flat_map(whole).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn groups_cover_the_grid() {
        for shape in [[1, 1, 1], [13, 7, 9], [64, 64, 64], [512, 512, 512], [2048, 1, 4096]] {
            let groups = Groups::new(shape);
            assert!(groups.along[2] * groups.planes >= shape[2] && groups.count() <= 5000, "{shape:?} {groups:?}");
        }
    }
}

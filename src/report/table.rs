//! A table that a run wrote, read back by the names of its columns.

use std::path::Path;

use crate::io::IoError;

/// Size of a number beyond which it is no measurement: sums and spans of such numbers overflow.
const MOST: f64 = 1e100;

/// Columns of numbers; what was not measured is NaN.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Table {
    names: Vec<String>,
    columns: Vec<Vec<f64>>,
    beyond: usize,
}

impl Table {
    /// Reads the table at `path`; none if there is no such file.
    ///
    /// # Errors
    /// If the system fails.
    pub fn read(path: &Path) -> Result<Option<Self>, IoError> {
        if !path.is_file() {
            return Ok(None);
        }
        let bytes = std::fs::read(path).map_err(IoError::system(path))?;
        Ok(Some(Self::parse(&bytes)))
    }

    /// Parses the whole lines of a table with a row of headings; lines that begin with # are comments. A last line without its end is
    /// being written, or was when the run was killed: it is left out. A cell that is no number was not measured, and neither was one
    /// beyond 1e100.
    pub fn parse(bytes: &[u8]) -> Self {
        let mut reader = csv::ReaderBuilder::new()
            .has_headers(false)
            .comment(Some(b'#'))
            .flexible(true)
            .quoting(false)
            .from_reader(whole_lines(bytes));
        let mut table = Self::default();
        // what is not UTF-8 is no number either
        for record in reader.byte_records().flatten() {
            let cells: Vec<_> = record.iter().map(String::from_utf8_lossy).collect();
            if table.names.is_empty() {
                table.names = cells.iter().map(|name| name.trim().to_string()).collect();
                table.columns = vec![Vec::new(); cells.len()];
                continue;
            }
            for (place, column) in table.columns.iter_mut().enumerate() {
                let value = cells.get(place).and_then(|cell| cell.trim().parse().ok()).unwrap_or(f64::NAN);
                let beyond = value.abs() > MOST;
                table.beyond += usize::from(beyond);
                column.push(if beyond { f64::NAN } else { value });
            }
        }
        table
    }

    /// Number of rows.
    pub fn rows(&self) -> usize {
        self.columns.first().map_or(0, Vec::len)
    }

    /// Numbers that were left out because they are beyond 1e100.
    pub fn beyond(&self) -> usize {
        self.beyond
    }

    /// The column of that heading, if there is one with a number in it.
    pub fn column(&self, name: &str) -> Option<&[f64]> {
        let place = self.names.iter().position(|n| n == name)?;
        let column = &self.columns[place];
        column.iter().any(|value| value.is_finite()).then_some(column)
    }

    /// The last number of a column.
    pub fn last(&self, name: &str) -> Option<f64> {
        self.column(name)?.iter().rev().copied().find(|value| value.is_finite())
    }
}

/// The part of a growing file that ends with its last end of line.
pub fn whole_lines(bytes: &[u8]) -> &[u8] {
    let end = bytes.iter().rposition(|&byte| byte == b'\n').map_or(0, |place| place + 1);
    &bytes[..end]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_are_found_by_name_and_a_half_written_line_is_left_out() {
        let table = Table::parse(b"# a, title\nstep,time [s],covered\n1,0.5,\n2,1.0,0.25\n3,1.5");
        assert_eq!(table.rows(), 2);
        assert_eq!(table.column("time [s]"), Some(&[0.5, 1.0][..]));
        assert!(table.column("covered").is_some_and(|c| c[0].is_nan() && c[1] == 0.25));
        assert_eq!(table.last("covered"), Some(0.25));
        assert_eq!(table.column("potential [V]"), None);
    }

    #[test]
    fn what_was_never_measured_is_no_column() {
        let table = Table::parse(b"a,b\n1,\n2,\n");
        assert_eq!((table.column("b"), table.last("b")), (None, None));
        assert_eq!(Table::parse(b"").rows(), 0);
        assert_eq!(Table::parse(b"a,b\xff\n1,\xff\n").rows(), 1);
        let wild = Table::parse(b"a,b\n1e308,1\n-1e308,inf\n2,3\n");
        assert_eq!((wild.beyond(), wild.last("a"), wild.last("b")), (3, Some(2.0), Some(3.0)));
    }
}

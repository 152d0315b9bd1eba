//! `events.jsonl`, read back.

use std::path::Path;

use serde_json::Value;

use super::table::whole_lines;
use crate::io::IoError;

/// The events of a run in order.
#[derive(Clone, Debug, Default)]
pub struct Events(Vec<Value>);

impl Events {
    /// Reads the list at `path`; an empty one if there is no such file.
    ///
    /// # Errors
    /// If the system fails.
    pub fn read(path: &Path) -> Result<Self, IoError> {
        if !path.is_file() {
            return Ok(Self::default());
        }
        Ok(Self::parse(&std::fs::read(path).map_err(IoError::system(path))?))
    }

    /// Parses the whole lines of a list; a line that is no event is left out.
    pub fn parse(bytes: &[u8]) -> Self {
        let lines = whole_lines(bytes).split(|&byte| byte == b'\n');
        Self(lines.filter_map(|line| serde_json::from_slice(line).ok()).collect())
    }

    /// Those of one kind.
    pub fn of<'a>(&'a self, kind: &'a str) -> impl Iterator<Item = &'a Value> {
        self.0.iter().filter(move |event| event["event"] == kind)
    }
}

/// A number of an event, NaN if it has none of that name.
pub fn number(event: &Value, key: &str) -> f64 {
    event[key].as_f64().unwrap_or(f64::NAN)
}

/// A text of an event, empty if it has none of that name.
pub fn text<'a>(event: &'a Value, key: &str) -> &'a str {
    event[key].as_str().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_half_written_event_is_left_out() {
        let events = Events::parse(b"{\"event\":\"short\",\"time\":2.5}\nnothing\n{\"event\":\"short\",\"ti");
        let shorts: Vec<_> = events.of("short").collect();
        assert_eq!(shorts.len(), 1);
        assert_eq!(number(shorts[0], "time"), 2.5);
        assert!(number(shorts[0], "charge").is_nan() && text(shorts[0], "reason").is_empty());
    }
}

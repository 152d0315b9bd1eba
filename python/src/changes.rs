//! Values of Python as `--set` spells them.

use pyo3::prelude::*;
use pyo3::types::{PyBool, PyDict, PyList, PyMapping, PyString, PyTuple};

use crate::errors::of_what_was_given;

/// Overrides of a config, each `key=value`; of `None` the key is taken away, as by `--unset`. Those come first, as on the command line.
pub fn overrides(changes: Option<&Bound<'_, PyDict>>) -> PyResult<Vec<String>> {
    let (mut away, mut set) = (Vec::new(), Vec::new());
    for (key, value) in changes.into_iter().flat_map(|changes| changes.iter()) {
        let key: String = key.extract()?;
        if value.is_none() {
            away.push(format!("{}{}", liplate::config::UNSET, key.trim()));
        } else {
            set.push(format!("{key}={}", of_value(&key, &value)?));
        }
    }
    Ok(away.into_iter().chain(set).collect())
}

/// The value of `key`: a text is what would stand after the `=` of `--set`, everything else becomes TOML.
pub fn of_value(key: &str, value: &Bound<'_, PyAny>) -> PyResult<String> {
    match value.cast::<PyString>() {
        Ok(text) => Ok(text.to_str()?.into()),
        Err(_) => toml(key, value),
    }
}

/// A value as TOML.
fn toml(key: &str, value: &Bound<'_, PyAny>) -> PyResult<String> {
    if let Ok(text) = value.cast::<PyString>() {
        return Ok(quoted(text.to_str()?));
    }
    if let Ok(truth) = value.cast::<PyBool>() {
        return Ok(truth.is_true().to_string());
    }
    if value.is_instance_of::<PyList>() || value.is_instance_of::<PyTuple>() {
        let items = value.try_iter()?.map(|item| toml(key, &item?)).collect::<PyResult<Vec<_>>>()?;
        return Ok(format!("[{}]", items.join(", ")));
    }
    if let Ok(table) = value.cast::<PyMapping>() {
        let item = |pair: Bound<'_, PyAny>| -> PyResult<String> {
            let (name, value): (String, Bound<'_, PyAny>) = pair.extract()?;
            Ok(format!("{} = {}", quoted(&name), toml(key, &value)?))
        };
        let items = table.items()?.iter().map(item).collect::<PyResult<Vec<_>>>()?;
        return Ok(format!("{{{}}}", items.join(", ")));
    }
    // a whole number of NumPy is one, too: it has __index__; a number with a fraction has none
    if let Ok(whole) = value.extract::<i64>() {
        return Ok(whole.to_string());
    }
    match value.extract::<f64>() {
        Ok(number) => Ok(format!("{number:?}")),
        Err(_) => {
            let kind = value.get_type().name()?;
            Err(of_what_was_given(format!(
                "{key}: a text with a unit, a number, a truth value, a list, a mapping or None is expected, not {kind}"
            )))
        }
    }
}

/// A text as a string of TOML.
fn quoted(text: &str) -> String {
    let escaped = text.chars().map(|c| match c {
        '"' | '\\' => format!("\\{c}"),
        c if c.is_control() => format!("\\u{:04X}", u32::from(c)),
        c => c.to_string(),
    });
    format!("\"{}\"", escaped.collect::<String>())
}

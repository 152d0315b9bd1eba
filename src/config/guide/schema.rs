//! The JSON schema of a config, for editors that complete and check TOML by one.

use serde_json::{Map, Value, json};

use super::{takes, without};
use crate::config::quantity;
use crate::config::sections::described;
use crate::model::keys::{Key, Range, Table, Takes, Without};

/// The schema, draft 07.
pub fn schema() -> Value {
    let mut properties = Map::new();
    let mut required = Vec::new();
    for section in described() {
        if section.name.is_empty() {
            properties.extend(section.table.keys.iter().map(|key| (key.name.to_string(), of_key(key, ""))));
            continue;
        }
        let mut object = of_table(&section.table);
        if section.many {
            object = json!({"type": "array", "items": object});
        }
        object["description"] = section.about.into();
        properties.insert(section.name.into(), object);
        if section.required {
            required.push(section.name);
        }
    }
    json!({
        "$schema": "http://json-schema.org/draft-07/schema#",
        "title": "Config of liplate",
        "type": "object",
        "properties": properties,
        "required": required,
        "additionalProperties": false,
    })
}

/// A section.
fn of_table(table: &Table) -> Value {
    let mut properties: Map<String, Value> =
        table.keys.iter().map(|key| (key.name.to_string(), of_key(key, ""))).collect();
    let required: Vec<&str> = required(&table.keys);
    let mut by_kind = Vec::new();
    let mut must = required.clone();
    if let Some((sort, default)) = table.sort {
        let names: Vec<&str> = table.kinds.iter().map(|kind| kind.name).collect();
        let lines = table.kinds.iter().map(|kind| format!("{:?}: {}", kind.name, kind.meaning));
        let mut choice = json!({"enum": names, "description": lines.collect::<Vec<_>>().join("\n\n")});
        match default {
            Some(default) => choice["default"] = default.into(),
            None => must.push(sort),
        }
        properties.insert(sort.into(), choice);
        for kind in &table.kinds {
            for key in &kind.keys {
                let of = format!("({sort} = {:?}) ", kind.name);
                // kinds may have keys of one name: the description tells of all
                match properties.get_mut(key.name) {
                    Some(there) => {
                        let before = there["description"].as_str().unwrap_or_default();
                        there["description"] = format!("{before}\n\n{of}{}", key.meaning).into();
                    }
                    None => drop(properties.insert(key.name.into(), of_key(key, &of))),
                }
            }
            let needs = self::required(&kind.keys);
            if !needs.is_empty() {
                let condition = json!({"properties": {sort: {"const": kind.name}}, "required": [sort]});
                by_kind.push(json!({"if": condition, "then": {"required": needs}}));
            }
        }
    }
    let mut object = json!({"type": "object", "properties": properties, "additionalProperties": false});
    if !must.is_empty() {
        object["required"] = must.into();
    }
    if !by_kind.is_empty() {
        object["allOf"] = by_kind.into();
    }
    object
}

fn required(keys: &[Key]) -> Vec<&'static str> {
    keys.iter().filter(|key| key.without == Without::Wrong).map(|key| key.name).collect()
}

/// A key; `of` comes before its meaning.
fn of_key(key: &Key, of: &str) -> Value {
    let mut value = match &key.takes {
        Takes::Quantity { unit: "1", range } => {
            let mut number = json!({"type": ["number", "string"]});
            match range {
                Range::Any => {}
                Range::Positive => number["exclusiveMinimum"] = 0.into(),
                Range::NotNegative => number["minimum"] = 0.into(),
                Range::Within(range) => {
                    number["minimum"] = (*range.start()).into();
                    number["maximum"] = (*range.end()).into();
                }
            }
            number
        }
        Takes::Quantity { unit, .. } => json!({"type": "string", "examples": [quantity::example(unit)]}),
        Takes::Quantities { count, unit, .. } => {
            let types = if *unit == "1" { json!(["number", "string"]) } else { "string".into() };
            json!({"type": "array", "items": {"type": types}, "minItems": count, "maxItems": count})
        }
        Takes::Whole(range) => json!({"type": "integer", "minimum": range.start(), "maximum": range.end()}),
        Takes::Wholes(range) => {
            let one = json!({"type": "integer", "minimum": range.start(), "maximum": range.end()});
            json!({"type": "array", "items": one, "minItems": 3, "maxItems": 3})
        }
        Takes::Flag => json!({"type": "boolean"}),
        Takes::Choice(names) => json!({"enum": names.iter().map(|(name, _)| *name).collect::<Vec<_>>()}),
        Takes::Text => json!({"type": "string"}),
        Takes::Texts(names) if names.is_empty() => json!({"type": "array", "items": {"type": "string"}}),
        Takes::Texts(names) => json!({"type": "array", "items": {"enum": names}, "uniqueItems": true}),
        Takes::Section { table, many: true } => json!({"type": "array", "items": of_table(table)}),
        Takes::Section { table, many: false } => of_table(table),
    };
    let plain = |text: String| text.replace("**", "").replace('`', "");
    let (what, without) = (plain(takes(key)), plain(without(key)));
    value["description"] = format!("{of}{}\n\nTakes {what}. Without it: {without}.", key.meaning).into();
    if let Without::Value(text) = &key.without
        && let Ok(default) = serde_json::from_str::<Value>(text)
    {
        value["default"] = default;
    }
    value
}

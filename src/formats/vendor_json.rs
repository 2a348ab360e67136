//! JSON of vendors: an array of rows somewhere in it, read by a dialect map.

use std::collections::HashMap;

use serde_json::Value;

use super::map::Map;
use super::table::{Headings, Reading};
use super::{Format, Notes, ReadOptions};
use crate::error::{Error, Result};
use crate::ttal::json::Reader;
use crate::ttal::model::Script;
use crate::ttal::source::{Decoding, Source};

/// JSON of any vendor, with a map.
pub const FORMAT: Format = Format {
    name: "json",
    title: "JSON by a dialect map",
    extensions: &[],
    // Nothing says that a JSON file is a script but the map that the user names.
    probe: |_| false,
    decoding: Decoding::Strict,
    read: Some(read),
    write: None,
};

/// How deep the keys of a row are followed.
const MAX_PATH: u32 = 8;

fn read(source: &Source, options: &ReadOptions, notes: &mut Notes) -> Result<Script> {
    let Some((name, text)) = &options.map else {
        return Err(
            Error::usage("JSON other than TTAL needs a dialect map: give --map").in_file(source.name())
        );
    };
    let map = Map::parse(name, text)?;
    let mut reader = Reader::new(source.text().as_bytes());
    let value = reader.any().and_then(|value| reader.finish().map(|()| value));
    let problems = reader.into_problems();
    let Ok(value) = value else {
        let problem = problems.into_iter().next_back();
        let (message, offset) = problem.map_or(("not JSON".into(), 0), |p| (p.message, p.offset));
        return Err(source.locate(Error::format(message), offset));
    };
    for problem in problems {
        notes.add(problem.offset, problem.message);
    }
    let rows = rows(&value, &map.table.rows).map_err(|error| error.in_file(source.name()))?;
    let mut headings: Vec<String> = Vec::new();
    let mut index: HashMap<String, usize> = HashMap::new();
    let mut table: Vec<Vec<(usize, String)>> = Vec::with_capacity(rows.len());
    for (at, row) in rows.iter().enumerate() {
        if !row.is_object() {
            let message = "not an object";
            return Err(Error::format(message).within(place(&map, at)).in_file(source.name()));
        }
        let mut cells = Vec::new();
        flatten(row, &mut String::new(), 0, &mut |path, value| {
            let column = *index.entry(path.to_string()).or_insert_with(|| {
                headings.push(path.to_string());
                headings.len() - 1
            });
            cells.push((column, value));
        });
        cells.sort_by_key(|(column, _)| *column);
        table.push(cells);
    }
    let names: Vec<&str> = headings.iter().map(String::as_str).collect();
    let found = if table.is_empty() {
        Headings::none(&map)
    } else {
        Headings::find(&map, &names, 0, notes).map_err(|error| error.in_file(source.name()))?
    };
    let mut reading = Reading::new(found, options)?;
    for (at, cells) in table.iter().enumerate() {
        let cell = |wanted: usize| {
            let found = cells.binary_search_by_key(&wanted, |(column, _)| *column);
            found.map_or("", |at| cells[at].1.as_str())
        };
        reading.row(0, &cell, notes).map_err(|error| error.within(place(&map, at)).in_file(source.name()))?;
    }
    Ok(reading.finish(options, notes))
}

fn place(map: &Map, at: usize) -> String {
    let path: String =
        map.table.rows.split('.').filter(|key| !key.is_empty()).map(|key| format!("/{key}")).collect();
    format!("{path}/{at}")
}

/// The array at a path of keys.
fn rows<'v>(value: &'v Value, path: &str) -> Result<&'v Vec<Value>> {
    let mut value = value;
    for key in path.split('.').filter(|key| !key.is_empty()) {
        value = value.get(key).ok_or_else(|| {
            let keys: Vec<&str> =
                value.as_object().map_or(Vec::new(), |o| o.keys().map(String::as_str).collect());
            let near = crate::nearest::nearest(key, keys.iter().copied());
            let hint = near.map_or(String::new(), |near| format!("; nearest is `{near}`"));
            Error::format(format!("no key `{key}` on the map's path `{path}` to the rows{hint}"))
        })?;
    }
    value.as_array().ok_or_else(|| {
        let at = if path.is_empty() { "the document".to_string() } else { format!("`{path}`") };
        Error::format(format!("{at} is no array of rows: the map's `table.rows` must lead to one"))
    })
}

/// Hands out the values of a row with the paths of their keys. Arrays of plain values are one value of several lines.
fn flatten(value: &Value, path: &mut String, depth: u32, out: &mut dyn FnMut(&str, String)) {
    match value {
        Value::Object(object) if depth < MAX_PATH => {
            for (key, value) in object {
                let length = path.len();
                if !path.is_empty() {
                    path.push('.');
                }
                path.push_str(key);
                flatten(value, path, depth + 1, out);
                path.truncate(length);
            }
        }
        Value::Null => {}
        Value::String(text) => out(path, text.clone()),
        Value::Array(all) if all.iter().all(|value| !value.is_object() && !value.is_array()) => {
            let all: Vec<String> = all.iter().map(plain).collect();
            out(path, all.join("\n"));
        }
        other => out(path, plain(other)),
    }
}

fn plain(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}

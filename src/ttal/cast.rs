//! Cast files: who is in the programme and who speaks them, from outside of the script.
//!
//! A cast comes as a table (CSV), as a list in JSON or TOML, or as the characters of another script. It is matched
//! with a script by names: case and spaces make no difference, aliases count as names.

use std::collections::{HashMap, HashSet};

use csv::{ReaderBuilder, StringRecord};
use serde::Deserialize;
use serde_json::Value;

use super::ids::Ids;
use super::json::Reader;
use super::model::object::Data;
use super::model::{Character, CharacterRole, Id, List, Script, Str, Talent};
use super::source::Source;
use crate::error::{Error, Result};
use crate::formats::csv::find_delimiter;

/// People of a programme.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Cast {
    /// The characters. Their identifiers may be empty, and their talents are identifiers of [`Cast::talents`].
    pub characters: Vec<Character>,
    /// The talents.
    pub talents: Vec<Talent>,
}

/// How a cast and a script went together.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct CastReport {
    /// Names of characters that the script has and the cast does not, in the script's order.
    pub unmatched: Vec<String>,
    /// Names of characters of the cast that no event of the script uses, in the cast's order.
    pub unused: Vec<String>,
    /// How many characters of the script took over data of the cast.
    pub matched: usize,
}

/// The headings of a cast table: the field, and names for it without case, spaces, hyphens.
const HEADINGS: &[(&str, &[&str])] = &[
    ("name", &["character", "name", "charactername", "source", "speaker", "characters"]),
    ("id", &["id", "characterid"]),
    (
        "talent",
        &["talent", "actor", "voice", "voiceactor", "artist", "voicetalent", "castmember", "dubbingactor"],
    ),
    ("gender", &["gender", "sex"]),
    ("age", &["age", "agerange"]),
    ("role", &["role", "part", "importance", "weight"]),
    ("aliases", &["aliases", "alias", "aka", "othernames"]),
    ("voiceNotes", &["notes", "voicenotes", "note", "comments", "description", "voicedescription"]),
    ("pronunciation", &["pronunciation", "pronounced"]),
    ("color", &["color", "colour"]),
];

/// A name for comparing: lower case, single spaces.
fn folded(name: &str) -> String {
    name.split_whitespace().map(str::to_lowercase).collect::<Vec<_>>().join(" ")
}

impl Cast {
    /// The people of a script.
    pub fn of_script(script: &Script) -> Self {
        Cast { characters: script.characters.to_vec(), talents: script.talents.to_vec() }
    }

    /// Reads a cast file that is no script: JSON, TOML or a table, by its looks.
    ///
    /// JSON and TOML hold `characters` (in JSON a list alone will do), with the keys of a script's characters, where
    /// `talent` is a talent's name or the identifier of one of `talents`.
    ///
    /// # Errors
    /// `Format` with line and column.
    pub fn read(source: &Source) -> Result<Self> {
        let text = source.text().trim_start();
        let is_toml =
            || toml::from_str::<toml::Table>(text).is_ok_and(|table| table.contains_key("characters"));
        let first_line = text.lines().next().unwrap_or("");
        let cast = if first_line.starts_with("[[") || first_line.contains(" = ") || is_toml() {
            from_toml(source)?
        } else if text.starts_with(['{', '[']) {
            json(source)?
        } else {
            table(source)?
        };
        if cast.characters.is_empty() && cast.talents.is_empty() {
            return Err(Error::format("a cast without characters").in_file(source.name()));
        }
        Ok(cast)
    }

    /// Puts the cast into a script. Characters of the script that have a name or alias of the cast take over what
    /// they lack; those of the cast that the script does not have are added. Identifiers of the script stay, those of
    /// the cast are kept where they are free.
    pub fn merge_into(&self, script: &mut Script) -> CastReport {
        let mut report = CastReport::default();
        let mut ids = Ids::of(script);
        let talents = self.merge_talents(script, &mut ids);
        let mut by_name: HashMap<String, usize> = HashMap::new();
        let names = |c: &Character| {
            std::iter::once(folded(&c.name)).chain(c.aliases.iter().map(|a| folded(a))).collect::<Vec<_>>()
        };
        // Names go before aliases, whoever comes first.
        for (at, character) in self.characters.iter().enumerate() {
            by_name.entry(folded(&character.name)).or_insert(at);
        }
        for (at, character) in self.characters.iter().enumerate() {
            for alias in &character.aliases {
                by_name.entry(folded(alias)).or_insert(at);
            }
        }
        let spoken: HashSet<Id> =
            script.events.iter().flat_map(|event| event.characters.iter().cloned()).collect();
        let mut home: Vec<Option<Id>> = vec![None; self.characters.len()];
        let mut renamed: HashMap<Id, Id> = HashMap::new();
        let mut used = vec![false; self.characters.len()];
        let mut kept: List<Character> = List::with_capacity(script.characters.len());
        for mut own in std::mem::take(&mut script.characters) {
            let found = names(&own).iter().find_map(|name| by_name.get(name).copied());
            let Some(found) = found else {
                report.unmatched.push(own.name.to_string());
                kept.push(own);
                continue;
            };
            used[found] |= spoken.contains(&own.id);
            report.matched += 1;
            if let Some(first) = &home[found] {
                // The same person under another name: one character.
                if let Some(first) = kept.iter_mut().find(|c| c.id == *first) {
                    renamed.insert(own.id.clone(), first.id.clone());
                    add_alias(first, &own.name);
                }
                continue;
            }
            home[found] = Some(own.id.clone());
            fill(&mut own, &self.characters[found], &talents);
            kept.push(own);
        }
        for (at, character) in self.characters.iter().enumerate() {
            if !used[at] {
                report.unused.push(character.name.to_string());
            }
            if home[at].is_none() {
                let id = match ids.take(&character.id) {
                    true => character.id.clone(),
                    false => ids.make(&character.name),
                };
                let mut added = Character { id, name: character.name.clone(), ..Character::default() };
                fill(&mut added, character, &talents);
                kept.push(added);
            }
        }
        script.characters = kept;
        if !renamed.is_empty() {
            rename(script, &renamed);
        }
        report
    }

    /// Adds talents that the script does not have; gives the identifier in the script for each of the cast.
    fn merge_talents(&self, script: &mut Script, ids: &mut Ids) -> HashMap<Id, Id> {
        let mut by_name: HashMap<String, Id> =
            script.talents.iter().map(|talent| (folded(&talent.name), talent.id.clone())).collect();
        let mut merged = HashMap::new();
        for talent in &self.talents {
            let id = by_name.entry(folded(&talent.name)).or_insert_with(|| {
                let id = if ids.take(&talent.id) { talent.id.clone() } else { ids.make(&talent.name) };
                script.talents.push(Talent { id: id.clone(), ..talent.clone() });
                id
            });
            merged.insert(talent.id.clone(), id.clone());
        }
        merged
    }
}

/// Names in events, groups and the body after two characters have become one.
fn rename(script: &mut Script, renamed: &HashMap<Id, Id>) {
    let lists = script.events.iter_mut().map(|event| &mut event.characters);
    let lists = lists.chain(script.groups.iter_mut().map(|group| &mut group.characters));
    for list in lists.chain(script.body.iter_mut().map(|body| &mut body.characters)) {
        let mut seen = HashSet::new();
        for id in list.iter_mut() {
            if let Some(new) = renamed.get(id) {
                *id = new.clone();
            }
        }
        list.retain(|id| seen.insert(id.clone()));
    }
}

fn add_alias(character: &mut Character, alias: &str) {
    let known = folded(&character.name) == folded(alias)
        || character.aliases.iter().any(|a| folded(a) == folded(alias));
    if !known && !alias.is_empty() {
        character.aliases.push(alias.into());
    }
}

/// Takes over what a character lacks.
fn fill(own: &mut Character, cast: &Character, talents: &HashMap<Id, Id>) {
    add_alias(own, &cast.name);
    for alias in &cast.aliases {
        add_alias(own, alias);
    }
    fn or<T: Clone>(own: &mut Option<T>, cast: &Option<T>) {
        if own.is_none() {
            own.clone_from(cast);
        }
    }
    if own.talent.is_none() {
        own.talent = cast.talent.as_ref().and_then(|talent| talents.get(talent)).cloned();
    }
    or(&mut own.role, &cast.role);
    or(&mut own.gender, &cast.gender);
    or(&mut own.age, &cast.age);
    or(&mut own.voice_notes, &cast.voice_notes);
    or(&mut own.pronunciation, &cast.pronunciation);
    or(&mut own.color, &cast.color);
    for (key, value) in cast.extensions.iter() {
        if own.extensions.get(key).is_none() {
            own.extensions.set(key, value.clone());
        }
    }
}

/// Finds or adds a talent by name; gives its identifier in the cast.
fn talent_of(name: &str, talents: &mut Vec<Talent>, known: &mut HashMap<String, Id>, ids: &mut Ids) -> Id {
    known
        .entry(folded(name))
        .or_insert_with(|| {
            let id = ids.make(name);
            talents.push(Talent { id: id.clone(), name: name.into(), ..Talent::default() });
            id
        })
        .clone()
}

fn role(word: &str) -> CharacterRole {
    let lower = word.to_lowercase();
    CharacterRole::from(match lower.as_str() {
        "lead" | "main" | "principal" => "principal",
        "walla" | "crowd" => "crowd",
        known if CharacterRole::WORDS.contains(&known) => known,
        _ => word,
    })
}

fn table(source: &Source) -> Result<Cast> {
    let text = source.text();
    let mut reader = ReaderBuilder::new()
        .has_headers(false)
        .flexible(true)
        .delimiter(find_delimiter(text))
        .from_reader(text.as_bytes());
    let mut record = StringRecord::new();
    let failed = |error: csv::Error| Error::format(error.to_string()).in_file(source.name());
    let mut columns: Vec<Option<&str>> = Vec::new();
    let mut cast = Cast::default();
    let mut ids = Ids::default();
    let mut known = HashMap::new();
    loop {
        let offset = usize::try_from(reader.position().byte()).unwrap_or(usize::MAX).min(text.len());
        let offset =
            offset + text.as_bytes()[offset..].iter().take_while(|b| matches!(b, b'\r' | b'\n')).count();
        if !reader.read_record(&mut record).map_err(failed)? {
            break;
        }
        if columns.is_empty() {
            columns = record.iter().map(heading).collect();
            if !columns.contains(&Some("name")) {
                let given: Vec<String> = record.iter().map(|h| format!("`{h}`")).collect();
                let message = format!(
                    "no column for characters: the headings are {}; one must be `Character` or `Name`",
                    given.join(", ")
                );
                return Err(source.locate(Error::format(message), offset));
            }
            continue;
        }
        let mut character = Character::default();
        for (field, cell) in columns.iter().zip(&record) {
            let cell = crate::formats::unguarded(cell).trim();
            let Some(field) = field.filter(|_| !cell.is_empty()) else { continue };
            let value = || Some(Str::from(cell));
            match field {
                "name" => character.name = cell.into(),
                "id" => character.id = cell.into(),
                "talent" => character.talent = Some(talent_of(cell, &mut cast.talents, &mut known, &mut ids)),
                "gender" => character.gender = value(),
                "age" => character.age = value(),
                "role" => character.role = Some(role(cell)),
                "aliases" => {
                    let parts = cell.split([';', '/', '|', ',', '\n']).map(str::trim);
                    character.aliases = parts.filter(|part| !part.is_empty()).map(Str::from).collect();
                }
                "voiceNotes" => character.voice_notes = value(),
                "pronunciation" => character.pronunciation = value(),
                _ => character.color = value(),
            }
        }
        if character.name.is_empty() {
            if record.iter().all(|cell| cell.trim().is_empty()) {
                continue;
            }
            return Err(source.locate(Error::format("a row without the name of a character"), offset));
        }
        cast.characters.push(character);
    }
    Ok(cast)
}

fn heading(heading: &str) -> Option<&'static str> {
    let plain: String =
        heading.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect();
    HEADINGS.iter().find(|(_, names)| names.contains(&plain.as_str())).map(|(field, _)| *field)
}

/// Reads characters and talents out of one JSON text.
fn json(source: &Source) -> Result<Cast> {
    let mut reader = Reader::new(source.text().as_bytes());
    let value = reader.any().and_then(|value| reader.finish().map(|()| value));
    let problems = reader.into_problems();
    let Ok(value) = value else {
        let problem = problems.into_iter().next_back();
        let (message, offset) = problem.map_or(("not JSON".into(), 0), |p| (p.message, p.offset));
        return Err(source.locate(Error::format(message), offset));
    };
    of_value(value).map_err(|error| error.in_file(source.name()))
}

fn from_toml(source: &Source) -> Result<Cast> {
    let table: toml::Table = toml::from_str(source.text()).map_err(|error| {
        let message = error.message().lines().collect::<Vec<_>>().join(" ");
        source.locate(Error::format(message), error.span().map_or(0, |span| span.start))
    })?;
    let value =
        Value::deserialize(toml::Value::Table(table)).map_err(|error| Error::format(error.to_string()))?;
    of_value(value).map_err(|error| error.in_file(source.name()))
}

/// A list of characters, or an object with `characters` and `talents`.
fn of_value(value: Value) -> Result<Cast> {
    let (characters, talents) = match value {
        Value::Array(characters) => (characters, Vec::new()),
        Value::Object(mut object) => {
            let mut take = |key: &str| match object.remove(key) {
                Some(Value::Array(list)) => Ok(list),
                None => Ok(Vec::new()),
                Some(_) => Err(Error::format(format!("`{key}` is no list"))),
            };
            (take("characters")?, take("talents")?)
        }
        _ => return Err(Error::format("no list of characters")),
    };
    let mut cast = Cast::default();
    let mut ids = Ids::default();
    let mut known = HashMap::new();
    for (at, talent) in talents.iter().enumerate() {
        let mut talent: Talent = part(talent, &format!("/talents/{at}"))?;
        if talent.id.is_empty() || !ids.take(&talent.id) {
            talent.id = ids.make(&talent.name);
        }
        known.insert(folded(&talent.name), talent.id.clone());
        cast.talents.push(talent);
    }
    for (at, character) in characters.into_iter().enumerate() {
        let character = match character {
            // A name alone will do.
            Value::String(name) => Character { name: name.into(), ..Character::default() },
            object => part(&object, &format!("/characters/{at}"))?,
        };
        if character.name.is_empty() {
            return Err(Error::format("a character without a name").within(format!("/characters/{at}")));
        }
        cast.characters.push(character);
    }
    for character in &mut cast.characters {
        let Some(talent) = character.talent.take() else { continue };
        let is_id = cast.talents.iter().any(|t| t.id == talent);
        character.talent =
            Some(if is_id { talent } else { talent_of(&talent, &mut cast.talents, &mut known, &mut ids) });
    }
    Ok(cast)
}

/// An object of the model; identifiers may be left out.
fn part<T: Data>(value: &Value, place: &str) -> Result<T> {
    let text = value.to_string();
    let mut reader = Reader::new(text.as_bytes());
    let read = T::read(&mut reader).ok().flatten();
    let problem = reader.into_problems().into_iter().find(|p| !p.message.starts_with("`id` is missing"));
    match (read, problem) {
        (Some(read), None) => Ok(read),
        (_, problem) => {
            let message = problem.map_or("not what was expected here".into(), |p| match p.nearest {
                Some(near) => format!("{}; nearest is `{near}`", p.message),
                None => p.message,
            });
            Err(Error::format(message).within(place))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ttal::model::Event;

    fn cast(text: &str) -> Result<Cast> {
        Cast::read(&Source::from_text("cast.csv", text))
    }

    fn script() -> Script {
        let character =
            |id: &str, name: &str| Character { id: id.into(), name: name.into(), ..Character::default() };
        let event = |id: &str, people: &[&str]| Event {
            id: id.into(),
            characters: people.iter().map(|p| Id::from(*p)).collect(),
            ..Event::default()
        };
        Script {
            characters: [character("léa", "LÉA"), character("young-lea", "YOUNG  LEA"), character("x", "X")]
                .into_iter()
                .collect(),
            events: [event("e1", &["léa"]), event("e2", &["young-lea", "léa"]), event("t", &["x"])]
                .into_iter()
                .collect(),
            ..Script::default()
        }
    }

    #[test]
    fn a_table_goes_into_a_script() {
        let cast = cast(
            "Character;Talent;Gender;Age;Role;Aliases;Notes;Colour\n\
             Léa;A. Martin;female;30s;lead;Young Lea / Lea;dry;#33AAFF\n\
             Tom;T;;;bit;;;\nBoss;a. martin;;;;;;\n",
        )
        .unwrap();
        assert_eq!(cast.talents.len(), 2);
        let mut script = script();
        let report = cast.merge_into(&mut script);
        assert_eq!(report.unmatched, ["X"]);
        assert_eq!(report.unused, ["Tom", "Boss"]);
        assert_eq!(report.matched, 2);
        let names: Vec<_> = script.characters.iter().map(|c| (&*c.id.0, &*c.name)).collect();
        assert_eq!(names, [("léa", "LÉA"), ("x", "X"), ("tom", "Tom"), ("boss", "Boss")]);
        let lea = &script.characters[0];
        assert_eq!(lea.role, Some(CharacterRole::Principal));
        assert_eq!(lea.aliases.iter().map(|a| &**a).collect::<Vec<_>>(), ["Young Lea", "Lea"]);
        assert_eq!(lea.talent.as_deref(), Some("a-martin"));
        // `t` is an event's.
        assert_eq!(script.characters[2].talent.as_deref(), Some("t-2"));
        assert_eq!(script.events[1].characters.iter().map(|id| &*id.0).collect::<Vec<_>>(), ["léa"]);
        // Once more changes nothing.
        let before = script.clone();
        cast.merge_into(&mut script);
        assert_eq!(script, before);
    }

    #[test]
    fn lists_in_json_and_toml_say_the_same() {
        let json =
            cast(r#"{"characters": [{"name": "LÉA", "talent": "A. Martin", "gender": "female"}, "TOM"]}"#)
                .unwrap();
        let toml = cast(
            "[[characters]]\nname = \"LÉA\"\ntalent = \"A. Martin\"\ngender = \"female\"\n[[characters]]\nname = \"TOM\"\n",
        )
        .unwrap();
        assert_eq!(json, toml);
        assert_eq!((json.characters.len(), json.talents.len()), (2, 1));
    }

    #[test]
    fn errors_say_where() {
        let error = |text: &str| cast(text).unwrap_err().to_string();
        assert_eq!(
            error("Charakter,Actor\nA,B\n"),
            "cast.csv: line 1, column 1: no column for characters: the headings are `Charakter`, `Actor`; one must be `Character` or `Name`"
        );
        assert_eq!(
            error("Name,Talent\n,B\n"),
            "cast.csv: line 2, column 1: a row without the name of a character"
        );
        assert_eq!(
            error(r#"[{"name": "A", "gendre": "f"}]"#),
            "cast.csv: /characters/0: unknown key `gendre`; nearest is `gender`"
        );
        assert_eq!(error("[]"), "cast.csv: a cast without characters");
        assert_eq!(error("[{]"), "cast.csv: line 1, column 3: not JSON: key must be a string");
    }
}

//! Reading TTAL JSON: every object with its place, every misfit noted, unknown keys kept.

use std::collections::{HashMap, HashSet};

use jiter::{Jiter, JiterErrorType, JsonErrorType, Peek};
use serde_json::{Map, Value};
use thin_vec::ThinVec;

use super::model::object::Data;
use super::model::{Str, Unknown};
use super::place::Place;

/// How deep arrays and objects may nest.
const MAX_DEPTH: u32 = 128;

/// Arrays and objects in one text: as many as half a million events have. Each may need a hundred times its text.
const MAX_CONTAINERS: u32 = 5_000_000;

/// Misfits after which reading on is no use.
const MAX_PROBLEMS: usize = 200_000;

/// A number of more digits than this says nothing that a script needs.
const MAX_DIGITS: usize = 1000;

/// The text is no JSON from a certain place on; nothing behind it can be read. The reader holds what was wrong.
#[derive(Debug)]
pub struct Broken;

/// What kind of misfit it is; each belongs to one rule.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ProblemKind {
    /// Not JSON (rule S-01).
    Syntax,
    /// The same key twice in an object (rule S-01).
    DuplicateKey,
    /// An escape that stands for half a character (rule S-10).
    LoneSurrogate,
    /// Another type than the model wants, or a required key is missing (rule S-06).
    Shape,
    /// A key that the model does not know (rule S-08).
    UnknownKey,
}

/// One misfit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// What kind.
    pub kind: ProblemKind,
    /// Byte offset in the source.
    pub offset: usize,
    /// What is wrong, one lower-case line.
    pub message: String,
    /// The nearest key or value that would be right.
    pub nearest: Option<String>,
    /// The key that is missing in the object at the offset, or not known there.
    pub key: Option<Str>,
}

/// What [`Reader::object`] found beside the known keys.
#[derive(Debug)]
pub struct ObjectRead {
    /// Where the object starts.
    pub place: Place,
    /// Keys that are not known, with their values.
    pub unknown: Unknown,
    keys: &'static [&'static str],
    seen: u64,
}

impl ObjectRead {
    /// Whether the key was there.
    pub fn has(&self, key: &str) -> bool {
        self.keys.iter().position(|k| *k == key).is_some_and(|i| self.seen >> i & 1 == 1)
    }
}

/// Reads JSON text value by value.
#[derive(Debug)]
pub struct Reader<'a> {
    jiter: Jiter<'a>,
    depth: u32,
    entered: u32,
    placeless: bool,
    problems: Vec<Problem>,
    /// For unknown keys met: the list they were looked for in, and the key in it that is nearest.
    near: HashMap<Str, (usize, usize, Option<&'static str>)>,
}

/// What [`Reader::object`] calls for each known key, and once more with `None` before the first.
type OnKey<'f, 'a> = &'f mut dyn FnMut(&mut Reader<'a>, Place, Option<&'static str>) -> Result<(), Broken>;

impl<'a> Reader<'a> {
    /// A reader of one value and nothing behind it.
    pub fn new(text: &'a [u8]) -> Self {
        Reader {
            jiter: Jiter::new(text),
            depth: 0,
            entered: 0,
            placeless: false,
            problems: Vec::new(),
            near: HashMap::new(),
        }
    }

    /// Reads one value that must fit without any misfit.
    pub fn value<T: Data>(text: &'a [u8]) -> Option<T> {
        Reader::new(text).only_value().filter(|(_, problems)| *problems == 0).map(|(value, _)| value)
    }

    /// Reads a value out of text that is no part of the script's source, so that its objects have no place there;
    /// tells how many misfits there were.
    pub(crate) fn placeless<T: Data>(text: &'a [u8]) -> Option<(T, usize)> {
        Reader { placeless: true, ..Reader::new(text) }.only_value()
    }

    fn only_value<T: Data>(mut self) -> Option<(T, usize)> {
        let value = T::read(&mut self).ok()??;
        self.finish().ok()?;
        let problems = self.problems.iter().filter(|p| p.kind != ProblemKind::UnknownKey).count();
        Some((value, problems))
    }

    /// What did not fit, in the order met.
    pub fn into_problems(self) -> Vec<Problem> {
        self.problems
    }

    /// Checks that nothing but white space is left.
    ///
    /// # Errors
    /// Where there is more.
    pub fn finish(&mut self) -> Result<(), Broken> {
        let result = self.jiter.finish();
        self.check(result)
    }

    /// Notes a misfit.
    pub fn problem(&mut self, kind: ProblemKind, offset: usize, message: impl Into<String>) {
        self.problems.push(Problem { kind, offset, message: message.into(), nearest: None, key: None });
    }

    fn check<T>(&mut self, result: Result<T, jiter::JiterError>) -> Result<T, Broken> {
        result.map_err(|error| {
            let (kind, message) = match error.error_type {
                JiterErrorType::JsonError(
                    JsonErrorType::LoneLeadingSurrogateInHexEscape
                    | JsonErrorType::UnexpectedEndOfHexEscape
                    | JsonErrorType::InvalidUnicodeCodePoint,
                ) => (
                    ProblemKind::LoneSurrogate,
                    "an escape stands for half a character (unpaired surrogate)".into(),
                ),
                JiterErrorType::JsonError(JsonErrorType::RecursionLimitExceeded) => {
                    (ProblemKind::Syntax, format!("arrays and objects are nested more than {MAX_DEPTH} deep"))
                }
                JiterErrorType::JsonError(error) => {
                    (ProblemKind::Syntax, format!("not JSON: {error}").replace("EOF", "the end of the file"))
                }
                JiterErrorType::WrongType { expected, actual } => {
                    (ProblemKind::Syntax, format!("not JSON here: {actual} where {expected} was expected"))
                }
            };
            self.problem(kind, error.index, message);
            Broken
        })
    }

    fn peek(&mut self) -> Result<Peek, Broken> {
        if self.problems.len() > MAX_PROBLEMS {
            let offset = self.jiter.current_index();
            self.problem(ProblemKind::Syntax, offset, format!("more than {MAX_PROBLEMS} misfits until here"));
            return Err(Broken);
        }
        let result = self.jiter.peek();
        self.check(result)
    }

    fn enter(&mut self) -> Result<(), Broken> {
        self.depth += 1;
        self.entered += 1;
        if self.entered > MAX_CONTAINERS {
            let offset = self.jiter.current_index();
            let message = format!("more than {MAX_CONTAINERS} arrays and objects");
            self.problem(ProblemKind::Syntax, offset, message);
            return Err(Broken);
        }
        if self.depth > MAX_DEPTH {
            let offset = self.jiter.current_index();
            self.problem(
                ProblemKind::Syntax,
                offset,
                format!("arrays and objects are nested more than {MAX_DEPTH} deep"),
            );
            return Err(Broken);
        }
        Ok(())
    }

    /// Notes that the next value has the wrong type, and skips it.
    fn misfit<T>(&mut self, found: Peek, expected: &str) -> Result<Option<T>, Broken> {
        let offset = self.jiter.current_index();
        self.any()?;
        self.problem(ProblemKind::Shape, offset, format!("{} where {expected} was expected", name(found)));
        Ok(None)
    }

    /// Reads a string; `expected` names it in messages.
    ///
    /// # Errors
    /// Where the text is no JSON.
    pub fn string(&mut self, expected: &str) -> Result<Option<Str>, Broken> {
        match self.peek()? {
            Peek::String => {
                let result = self.jiter.known_str().map(Str::from);
                self.check(result).map(Some)
            }
            other => self.misfit(other, expected),
        }
    }

    /// Reads `true` or `false`.
    ///
    /// # Errors
    /// Where the text is no JSON.
    pub fn bool(&mut self) -> Result<Option<bool>, Broken> {
        match self.peek()? {
            peek @ (Peek::True | Peek::False) => {
                let result = self.jiter.known_bool(peek);
                self.check(result).map(Some)
            }
            other => self.misfit(other, "true or false"),
        }
    }

    /// Reads a whole number from 0 to 2³²-1.
    ///
    /// # Errors
    /// Where the text is no JSON.
    pub fn integer(&mut self) -> Result<Option<u32>, Broken> {
        let offset = self.next_offset()?;
        let Some(number) = self.number("a whole number")? else { return Ok(None) };
        match number.parse() {
            Ok(value) => Ok(Some(value)),
            Err(_) => {
                self.problem(
                    ProblemKind::Shape,
                    offset,
                    format!("{number} where a whole number from 0 to {} was expected", u32::MAX),
                );
                Ok(None)
            }
        }
    }

    /// Reads a number as it is spelt.
    ///
    /// # Errors
    /// Where the text is no JSON, or the number has more digits than anyone can want.
    pub fn number(&mut self, expected: &str) -> Result<Option<Str>, Broken> {
        let peek = self.peek()?;
        if !peek.is_num() {
            return self.misfit(peek, expected);
        }
        self.digits(peek).map(Some)
    }

    fn digits(&mut self, peek: Peek) -> Result<Str, Broken> {
        let offset = self.jiter.current_index();
        let result = self
            .jiter
            .known_number_bytes(peek)
            .map(|digits| (digits.len() <= MAX_DIGITS).then(|| Str::from(String::from_utf8_lossy(digits))));
        match self.check(result)? {
            Some(digits) => Ok(digits),
            None => {
                self.problem(
                    ProblemKind::Syntax,
                    offset,
                    format!("a number of more than {MAX_DIGITS} digits"),
                );
                Err(Broken)
            }
        }
    }

    /// The byte offset of the value that comes next.
    ///
    /// # Errors
    /// Where there is none.
    pub fn next_offset(&mut self) -> Result<usize, Broken> {
        self.peek()?;
        Ok(self.jiter.current_index())
    }

    /// What kind of value comes next.
    ///
    /// # Errors
    /// Where there is none.
    pub fn next_kind(&mut self) -> Result<Peek, Broken> {
        self.peek()
    }

    /// Reads an array, each element with `element`; those that don't fit are left out.
    ///
    /// # Errors
    /// Where the text is no JSON.
    pub fn array<T>(
        &mut self,
        mut element: impl FnMut(&mut Self) -> Result<Option<T>, Broken>,
    ) -> Result<Option<ThinVec<T>>, Broken> {
        match self.peek()? {
            Peek::Array => {}
            other => return self.misfit(other, "an array"),
        }
        self.enter()?;
        let mut elements = ThinVec::new();
        let result = self.jiter.known_array();
        let mut next = self.check(result)?;
        while next.is_some() {
            elements.extend(element(self)?);
            let result = self.jiter.array_step();
            next = self.check(result)?;
        }
        self.depth -= 1;
        elements.shrink_to_fit();
        Ok(Some(elements))
    }

    /// Reads an object, its known keys with `on_key`, which reads the value; other keys are kept.
    ///
    /// # Errors
    /// Where the text is no JSON.
    pub fn object(
        &mut self,
        keys: &'static [&'static str],
        on_key: OnKey<'_, 'a>,
    ) -> Result<Option<ObjectRead>, Broken> {
        match self.peek()? {
            Peek::Object => {}
            other => return self.misfit(other, "an object"),
        }
        self.enter()?;
        let place = if self.placeless { Place::default() } else { Place::at(self.jiter.current_index()) };
        on_key(self, place, None)?;
        let mut read = ObjectRead { place, unknown: Unknown::new(), keys, seen: 0 };
        let mut unknown_keys = HashSet::new();
        let mut first = true;
        loop {
            let result = if first { self.jiter.known_object() } else { self.jiter.next_key() };
            first = false;
            let key = result
                .map(|key| key.map(|key| keys.iter().position(|k| *k == key).ok_or_else(|| Str::from(key))));
            let Some(key) = self.check(key)? else { break };
            let offset = self.jiter.current_index();
            match key {
                Ok(known) if read.seen >> known & 1 == 1 => self.duplicate(offset, keys[known])?,
                Ok(known) => {
                    read.seen |= 1 << known;
                    on_key(self, place, Some(keys[known]))?;
                }
                Err(unknown) if !unknown_keys.insert(unknown.clone()) => self.duplicate(offset, &unknown)?,
                Err(unknown) => {
                    let nearest = self.nearest(&unknown, keys);
                    self.problems.push(Problem {
                        kind: ProblemKind::UnknownKey,
                        offset,
                        message: format!("unknown key `{unknown}`"),
                        nearest: nearest.map(str::to_string),
                        key: Some(unknown.clone()),
                    });
                    let value = self.any()?;
                    read.unknown.push((unknown, value));
                }
            }
        }
        self.depth -= 1;
        Ok(Some(read))
    }

    fn duplicate(&mut self, offset: usize, key: &str) -> Result<(), Broken> {
        self.problem(ProblemKind::DuplicateKey, offset, format!("the key `{key}` is there twice"));
        self.any().map(drop)
    }

    /// Notes that a required key is missing in the object at `place`.
    pub fn missing(&mut self, place: Place, key: &str, object: &str) {
        let offset = place.offset().unwrap_or(0);
        self.problem(
            ProblemKind::Shape,
            offset,
            format!("`{key}` is missing in this {}", object.to_lowercase()),
        );
        if let Some(problem) = self.problems.last_mut() {
            problem.key = Some(key.into());
        }
    }

    /// The known key that an unknown one is nearest to. Many objects have the same unknown keys.
    fn nearest(&mut self, unknown: &str, keys: &'static [&'static str]) -> Option<&'static str> {
        const REMEMBERED: usize = 1000;
        let list = keys.as_ptr() as usize;
        if let Some((_, _, near)) =
            self.near.get(unknown).filter(|(of, length, _)| (*of, *length) == (list, keys.len()))
        {
            return *near;
        }
        let near = crate::nearest::nearest(unknown, keys.iter().copied());
        if self.near.len() < REMEMBERED {
            self.near.insert(unknown.into(), (list, keys.len(), near));
        }
        near
    }

    /// Reads an object with any keys.
    ///
    /// # Errors
    /// Where the text is no JSON.
    pub fn map(&mut self) -> Result<Option<Map<String, Value>>, Broken> {
        match self.peek()? {
            Peek::Object => self.any_object().map(Some),
            other => self.misfit(other, "an object"),
        }
    }

    /// Reads any value.
    ///
    /// # Errors
    /// Where the text is no JSON, nests too deep, or has a number of absurd length.
    pub fn any(&mut self) -> Result<Value, Broken> {
        Ok(match self.peek()? {
            Peek::Null => {
                let result = self.jiter.known_null();
                self.check(result)?;
                Value::Null
            }
            peek @ (Peek::True | Peek::False) => {
                let result = self.jiter.known_bool(peek);
                Value::Bool(self.check(result)?)
            }
            Peek::String => {
                let result = self.jiter.known_str().map(str::to_string);
                Value::String(self.check(result)?)
            }
            Peek::Array => Value::Array(
                self.array(|reader| reader.any().map(Some))?.unwrap_or_default().into_iter().collect(),
            ),
            Peek::Object => Value::Object(self.any_object()?),
            peek => {
                let digits = self.digits(peek)?;
                // Spelt as it came, whatever its size.
                digits.parse().map_or(Value::Null, Value::Number)
            }
        })
    }

    fn any_object(&mut self) -> Result<Map<String, Value>, Broken> {
        self.enter()?;
        let mut map = Map::new();
        let mut first = true;
        loop {
            let result = if first { self.jiter.known_object() } else { self.jiter.next_key() };
            first = false;
            let key = result.map(|key| key.map(str::to_string));
            let Some(key) = self.check(key)? else { break };
            let offset = self.jiter.current_index();
            let value = self.any()?;
            if map.contains_key(&key) {
                self.problem(ProblemKind::DuplicateKey, offset, format!("the key `{key}` is there twice"));
            } else {
                map.insert(key, value);
            }
        }
        self.depth -= 1;
        Ok(map)
    }
}

fn name(peek: Peek) -> &'static str {
    match peek {
        Peek::Null => "null",
        Peek::True | Peek::False => "true or false",
        Peek::String => "a string",
        Peek::Array => "an array",
        Peek::Object => "an object",
        _ => "a number",
    }
}

//! D-19 to D-23 and T-14: recordings, where they are, and how long they are.

use std::collections::HashMap;

use super::context::{Ctx, Part};
use super::media::{self, Decoded};
use super::table::{D_19, D_20, D_21, D_22, D_23, T_14};
use super::{Remark, Remarks, Syntax};
use crate::findings::Severity;
use crate::ttal::language;
use crate::ttal::model::{List, Recording, Resource, ResourceKind, Source, Str};
use crate::ttal::place::Place;
use crate::ttal::time::MediaTime;

/// Resources by identifier.
type Resources<'s> = HashMap<&'s str, &'s Resource>;

pub(super) fn check(ctx: &Ctx<'_>, out: &mut Remarks) {
    let resources: Resources<'_> = ctx.script.resources.iter().map(|r| (&*r.id, r)).collect();
    for part in &ctx.parts {
        for recording in part.element.audio() {
            check_language(ctx, &resources, part, recording, out);
            check_clip(ctx, part, recording, out);
            if recording.sources.is_empty() {
                out.push(
                    Remark::new(&D_21, recording.at.key("sources"), "the recording has no source")
                        .in_event(part.event_id()),
                );
            }
            for source in &recording.sources {
                check_source(source, part.event_id(), out);
            }
        }
    }
    for resource in &ctx.script.resources {
        let data = Data {
            at: resource.at,
            event: None,
            data: resource.data.as_deref(),
            chunks: &resource.chunks,
            media_type: resource.media_type.as_deref(),
            encoding: resource.encoding.as_deref(),
            length: resource.length.as_deref(),
        };
        let embedded = data.check(out);
        let bare = !embedded && resource.uri.is_none() && resource.sources.is_empty();
        // What `data` holds in XML is its reader's matter.
        if ctx.syntax == Syntax::Json && resource.kind == ResourceKind::Data && !resource.sources.is_empty() {
            let message = "a resource of kind data can't have sources";
            out.push(Remark::new(&D_20, resource.at.key("sources"), message));
        } else if bare && (ctx.syntax == Syntax::Json || resource.kind != ResourceKind::Data) {
            out.push(Remark::new(&D_21, resource.at.whole(), "the resource has nothing to play"));
        }
        if resource.media_type.is_none() && (embedded || resource.uri.is_some()) {
            out.push(no_type(resource.at, None));
        }
        for source in &resource.sources {
            check_source(source, None, out);
        }
    }
}

fn no_type(at: Place, event: Option<&str>) -> Remark {
    Remark::new(&D_23, at.key("type"), "the audio has no media type")
        .in_event(event)
        .fix("give `type`, as \"audio/wave\"")
}

/// The language of a recording, and of what it plays.
fn check_language(
    ctx: &Ctx<'_>,
    resources: &Resources<'_>,
    part: &Part<'_>,
    recording: &Recording,
    out: &mut Remarks,
) {
    let wanted = part.computed.language;
    let mut remark = |at: Place, key: bool, found: &str, what: &str| {
        let spot = if key { at.key("language") } else { at.key("resource") };
        out.push(
            Remark::new(&D_19, spot, format!("the {what} is in \"{found}\", its text in \"{wanted}\""))
                .in_event(part.event_id())
                .found(found)
                .expected(wanted),
        );
    };
    if let Some(own) = recording.language.as_deref()
        && !language::same(own, wanted)
    {
        remark(recording.at, true, own, "recording");
        return;
    }
    for source in &recording.sources {
        if let Some(own) = source.language.as_deref()
            && !language::same(own, wanted)
        {
            remark(source.at, true, own, "source");
        }
        let Some(named) = source.resource.as_deref().and_then(|id| resources.get(id)) else { continue };
        // A resource that says nothing inherits the language of the script.
        let own = named.language.as_deref().unwrap_or(ctx.context.root().language);
        if !language::same(own, wanted) {
            remark(source.at, false, own, "resource");
        }
    }
}

fn check_source(source: &Source, event: Option<&str>, out: &mut Remarks) {
    let data = Data {
        at: source.at,
        event,
        data: source.data.as_deref(),
        chunks: &source.chunks,
        media_type: source.media_type.as_deref(),
        encoding: source.encoding.as_deref(),
        length: source.length.as_deref(),
    };
    let embedded = data.check(out);
    let forms = [
        ("uri", source.uri.is_some()),
        ("resource", source.resource.is_some()),
        ("data", source.data.is_some()),
        ("chunks", !source.chunks.is_empty()),
    ];
    let given: Vec<&str> = forms.iter().filter(|(_, given)| *given).map(|(name, _)| *name).collect();
    let remark = |message: String| {
        Remark::new(&D_21, source.at.whole(), message)
            .in_event(event)
            .expected("exactly one of uri, resource, data and chunks")
    };
    match given.as_slice() {
        [_] => {}
        [] => out.push(remark("the source says nowhere what to play".into())),
        many => out.push(remark(format!("the source has several forms at once: {}", many.join(", ")))),
    }
    if source.media_type.is_none() && (embedded || source.uri.is_some()) {
        out.push(no_type(source.at, event));
    }
}

/// Bytes written as text.
struct Data<'a> {
    at: Place,
    event: Option<&'a str>,
    data: Option<&'a str>,
    chunks: &'a List<Str>,
    media_type: Option<&'a str>,
    encoding: Option<&'a str>,
    length: Option<&'a str>,
}

impl Data<'_> {
    /// Judges the bytes; `false` where there are none.
    fn check(&self, out: &mut Remarks) -> bool {
        let pieces: Vec<&str> = match self.data {
            Some(data) => vec![data],
            None => self.chunks.iter().map(|chunk| &**chunk).collect(),
        };
        if pieces.is_empty() {
            return false;
        }
        let key = if self.data.is_some() { "data" } else { "chunks" };
        let remark =
            |key, message: String| Remark::new(&D_22, self.at.key(key), message).in_event(self.event);
        // Base64 is what TTML2 has where nothing is said.
        let encoding = self.encoding.unwrap_or("base64");
        let mut total = Decoded::default();
        for piece in pieces {
            match media::decode(encoding, piece) {
                Ok(decoded) => total.append(decoded),
                Err(media::DecodeError::Encoding) => {
                    out.push(
                        remark("encoding", format!("\"{encoding}\" is no encoding of bytes"))
                            .found(encoding)
                            .expected(super::one_of(media::ENCODINGS))
                            .maybe_fix(super::did_you_mean(encoding, media::ENCODINGS.iter().copied())),
                    );
                    return true;
                }
                Err(media::DecodeError::Text(why)) => {
                    out.push(remark(key, format!("the data is no {encoding}: {why}")));
                    return true;
                }
            }
        }
        if let Some(length) = self.length
            && length.trim().parse() != Ok(total.length)
        {
            out.push(
                remark("length", format!("the data has {} bytes, `length` says {length}", total.length))
                    .found(length)
                    .expected(total.length.to_string()),
            );
        }
        if let (Some(declared), Some(seen)) = (self.media_type, media::looks_like(&total.start))
            && media::contradicts(declared, seen)
        {
            out.push(
                remark("type", format!("the data begins like {seen}, `type` says {declared}"))
                    .severity(Severity::Warning)
                    .found(declared)
                    .expected(seen),
            );
        }
        true
    }
}

/// The clip that is played, against the time that there is for it.
fn check_clip(ctx: &Ctx<'_>, part: &Part<'_>, recording: &Recording, out: &mut Remarks) {
    let clock = ctx.context.clock();
    let seconds = |time: &crate::ttal::model::Time| time.seconds(clock).ok();
    let Some(clip_end) = recording.clip_end.as_ref().and_then(seconds) else { return };
    let clip_begin = match &recording.clip_begin {
        Some(begin) => match seconds(begin) {
            Some(begin) => begin,
            None => return,
        },
        None => MediaTime::ZERO,
    };
    let remark =
        |message: String| Remark::new(&T_14, recording.at.key("clipEnd"), message).in_event(part.event_id());
    if clip_end <= clip_begin {
        out.push(
            remark(format!("the clip ends at {clip_end}, but begins at {clip_begin}"))
                .severity(Severity::Error),
        );
        return;
    }
    let (begin, end) = ctx.context.interval(
        &part.computed,
        recording.begin.as_ref(),
        recording.end.as_ref(),
        recording.dur.as_ref(),
    );
    let Some(end) = end.filter(|end| *end > begin) else { return };
    let (clip, room) = (clip_end - clip_begin, end - begin);
    let millisecond = MediaTime::from_milliseconds(1);
    if clip > room + millisecond {
        out.push(remark(format!("the clip lasts {clip}, its interval {room}: the rest is cut off")));
    } else if clip.ratio() * 10 < room.ratio() * 9 {
        out.push(
            remark(format!("the clip lasts {clip}, its interval {room}: silence follows"))
                .severity(Severity::Advice),
        );
    }
}

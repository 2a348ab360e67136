//! Going through everything in a script that has an identifier, or is a time.

use super::context::{Ctx, Kind};
use crate::ttal::model::{Animation, Id, Mix, Node, Recording, Script, Time};
use crate::ttal::place::{Place, Spot};

/// What takes an identifier: what it names, where, and the identifier of the event around it.
type OnId<'f, 's> = &'f mut dyn FnMut(&'s Id, Kind, Place, Option<&'s str>);

/// Hands out all identifiers that things have, in document order.
pub(super) fn identifiers<'s>(script: &'s Script, found: OnId<'_, 's>) {
    for talent in &script.talents {
        found(&talent.id, Kind::Talent, talent.at, None);
    }
    for character in &script.characters {
        found(&character.id, Kind::Character, character.at, None);
    }
    for style in &script.styles {
        style.id.iter().for_each(|id| found(id, Kind::Style, style.at, None));
    }
    for region in &script.regions {
        found(&region.id, Kind::Region, region.at, None);
    }
    for resource in &script.resources {
        found(&resource.id, Kind::Resource, resource.at, None);
    }
    for scene in &script.scenes {
        found(&scene.id, Kind::Scene, scene.at, None);
    }
    for entry in &script.loops {
        found(&entry.id, Kind::Loop, entry.at, None);
    }
    if let Some(body) = script.body.as_deref() {
        body.id.iter().for_each(|id| found(id, Kind::Body, body.at, None));
    }
    for group in &script.groups {
        group.id.iter().for_each(|id| found(id, Kind::Group, group.at, None));
    }
    for event in &script.events {
        let around = Some(&*event.id);
        found(&event.id, Kind::Event, event.at, around);
        for description in &event.descriptions {
            description.id.iter().for_each(|id| found(id, Kind::Description, description.at, around));
        }
        for text in &event.texts {
            text.id.iter().for_each(|id| found(id, Kind::Text, text.at, around));
            recordings(&text.audio, around, found);
            inline(&text.content.0, around, found);
        }
    }
}

fn recordings<'s>(recordings: &'s [Recording], around: Option<&'s str>, found: OnId<'_, 's>) {
    for recording in recordings {
        recording.id.iter().for_each(|id| found(id, Kind::Recording, recording.at, around));
    }
}

fn inline<'s>(nodes: &'s [Node], around: Option<&'s str>, found: OnId<'_, 's>) {
    for node in nodes {
        match node {
            Node::Span(span) => {
                span.id.iter().for_each(|id| found(id, Kind::Span, span.at, around));
                recordings(&span.audio, around, found);
                inline(&span.content, around, found);
            }
            Node::Ruby(node) => {
                inline(&node.ruby.base, around, found);
                inline(&node.ruby.text, around, found);
            }
            Node::Break(Some(node)) => node.id.iter().for_each(|id| found(id, Kind::Break, node.at, around)),
            Node::Run(_) | Node::Break(None) | Node::Cue(_) => {}
        }
    }
}

/// What takes a time: where it is, the identifier of the event around it, and whether it is one of DAPT's own
/// attributes.
type OnTime<'f, 's> = &'f mut dyn FnMut(&'s Time, Spot, Option<&'s str>, bool);

/// Hands out all times of a script.
pub(super) fn times<'s>(ctx: &Ctx<'s>, found: OnTime<'_, 's>) {
    let script = ctx.script;
    if let Some(programme) = script.programme.as_deref() {
        programme.duration.iter().for_each(|time| found(time, programme.at.key("duration"), None, false));
    }
    for region in &script.regions {
        interval([&region.begin, &region.end, &region.dur], region.at, None, found);
        animations(&region.animations, None, found);
    }
    for scene in &script.scenes {
        scene.begin.iter().for_each(|time| found(time, scene.at.key("begin"), None, false));
        scene.end.iter().for_each(|time| found(time, scene.at.key("end"), None, false));
    }
    for entry in &script.loops {
        entry.begin.iter().for_each(|time| found(time, entry.at.key("begin"), None, false));
        entry.end.iter().for_each(|time| found(time, entry.at.key("end"), None, false));
    }
    for shot in &script.shots {
        found(&shot.time, shot.at.key("at"), None, false);
    }
    for part in &ctx.parts {
        let (element, around) = (part.element, part.event_id());
        let at = element.at();
        for (time, key) in [(element.begin(), "begin"), (element.end(), "end"), (element.dur(), "dur")] {
            time.iter().for_each(|time| found(time, at.key(key), around, true));
        }
        animations(element.animations(), around, found);
        element.mix().iter().for_each(|mix| mixing(mix, around, found));
        for recording in element.audio() {
            interval([&recording.begin, &recording.end, &recording.dur], recording.at, around, found);
            recording
                .clip_begin
                .iter()
                .for_each(|time| found(time, recording.at.key("clipBegin"), around, true));
            recording.clip_end.iter().for_each(|time| found(time, recording.at.key("clipEnd"), around, true));
            recording.mix.iter().for_each(|mix| mixing(mix, around, found));
        }
        if let Some(sync) = part.text().and_then(|text| text.lip_sync.as_deref()) {
            for anchor in &sync.anchors {
                found(&anchor.time, anchor.at.key("at"), around, false);
            }
            for detection in &sync.detections {
                found(&detection.time, detection.at.key("at"), around, false);
            }
        }
    }
}

fn interval<'s>(times: [&'s Option<Time>; 3], at: Place, around: Option<&'s str>, found: OnTime<'_, 's>) {
    for (time, key) in times.into_iter().zip(["begin", "end", "dur"]) {
        time.iter().for_each(|time| found(time, at.key(key), around, true));
    }
}

fn animations<'s>(animations: &'s [Animation], around: Option<&'s str>, found: OnTime<'_, 's>) {
    for animation in animations {
        interval([&animation.begin, &animation.end, &animation.dur], animation.at, around, found);
    }
}

fn mixing<'s>(mix: &'s Mix, around: Option<&'s str>, found: OnTime<'_, 's>) {
    for animation in &mix.animate {
        interval([&animation.begin, &animation.end, &animation.dur], animation.at, around, found);
    }
}

//! Script events: a span of the programme, and what is said, shown or described there.

use super::object::object;
use super::{
    Animation, Attributes, ContentDescriptor, DerivationOp, DescriptionType, Extensions, Foreign, Id,
    Language, List, Mix, OnScreen, Status, Str, Text, Time, Timecode,
};

object! {
    /// A script event: dialogue, text in the picture, or a description, over a span of time.
    Event {
        /// Unique in the document.
        id: Id => "id" [required] eg "e1";
        /// When it begins, relative to its group, or in media time.
        begin: Option<Time> => "begin" [] eg "240f";
        /// When it ends.
        end: Option<Time> => "end" [] eg "312f";
        /// How long it lasts at most.
        dur: Option<Time> => "dur" [] eg "72f";
        /// The begin as a timecode, for people; times are read from begin.
        timecode_in: Option<Timecode> => "timecodeIn" [tx] eg "01:00:10:00";
        /// The end as a timecode, for people; times are read from end.
        timecode_out: Option<Timecode> => "timecodeOut" [tx] eg "01:00:13:00";
        /// What the event stands for; inherited where it is left out.
        represents: Option<ContentDescriptor> => "represents" [] eg "audio.dialogue";
        /// Who speaks, by identifier; several speak the same words together.
        characters: List<Id> => "characters" [] eg ["c1"];
        /// Where the subject is; on screen where it is left out.
        on_screen: Option<OnScreen> => "onScreen" [] eg "ON_OFF";
        /// The language of texts and descriptions below.
        language: Option<Language> => "language" [] eg "en";
        /// The source language of texts below; empty: not determined.
        language_source: Option<Language> => "languageSource" [] eg "fr";
        /// The words, in one or more languages; none marks an opportunity.
        texts: List<Text> => "texts" [] eg [{ "language": "fr", "content": "Et c'est grâce à ça ?" }];
        /// Notes about the event.
        descriptions: List<Description> => "descriptions" [] eg [{ "type": "scene", "text": "12" }];
        /// How the programme's audio is mixed during the event.
        mix: Option<Box<Mix>> => "mix" [] eg { "gain": 0.39 };
        /// Whether it is a forced narrative, shown whatever the viewer chose.
        forced: Option<bool> => "forced" [tx] eg true;
        /// The scene, by identifier.
        scene: Option<Id> => "scene" [tx] eg "sc12";
        /// The recording loop, by identifier.
        recording_loop: Option<Id> => "loop" [tx] eg "loop7";
        /// Free labels.
        tags: List<Str> => "tags" [tx] eg ["song"];
        /// How far the work is.
        status: Option<Status> => "status" [tx] eg "approved";
        /// The events it came from.
        derived_from: List<EventDerivation> => "derivedFrom" [tx] eg [{ "event": "e1", "op": "split" }];
        /// The region.
        region: Option<Id> => "region" [] eg "bottom";
        /// Styles, by identifier.
        style: List<Id> => "style" [] eg ["s1"];
        /// Style attributes.
        styling: Attributes => "styling" [] eg { "tts:color": "yellow" };
        /// Changes of style over time.
        animations: List<Animation> => "animations" [] eg [];
        /// The group that it sits in: its identifier, or # and its number in the list of groups.
        group: Option<Str> => "group" [] eg "g1";
        /// Vendor data.
        extensions: Extensions => "extensions" [] eg { "com.example.lineNumber": 12 };
        /// XML that the model does not know.
        foreign: List<Foreign> => "foreign" [] eg [];
    }
}

object! {
    /// A note for people about an event.
    Description {
        /// Unique in the document.
        id: Option<Id> => "id" [] eg "d1";
        /// What the note is for.
        kind: Option<DescriptionType> => "type" [] eg "scene";
        /// Its language; that of the event where it is left out.
        language: Option<Language> => "language" [] eg "en";
        /// The words.
        text: Str => "text" [required] eg "Sarcastic; refers to ep. 1.";
    }
}

object! {
    /// The event that an event came from.
    EventDerivation {
        /// Its identifier, in this document or its parent.
        event: Id => "event" [required] eg "e1";
        /// How it came.
        op: DerivationOp => "op" [required] eg "split";
    }
}

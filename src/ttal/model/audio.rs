//! Recordings, synthesized speech, and how they are mixed.

use super::object::object;
use super::{Decimal, Extensions, Fill, Foreign, Id, Language, List, ResourceKind, SpeakRate, Str, Time};

object! {
    /// A recorded rendering of a text: one or more alternative sources.
    Recording {
        /// Unique in the document.
        id: Option<Id> => "id" [] eg "a1";
        /// When it begins, relative to the text.
        begin: Option<Time> => "begin" [] eg "0.5s";
        /// When it ends, relative to the text.
        end: Option<Time> => "end" [] eg "2s";
        /// How long it plays at most.
        dur: Option<Time> => "dur" [] eg "1.5s";
        /// Where in the source it begins.
        clip_begin: Option<Time> => "clipBegin" [] eg "10s";
        /// Where in the source it ends.
        clip_end: Option<Time> => "clipEnd" [] eg "11.5s";
        /// Its language, which must be that of the text.
        language: Option<Language> => "language" [] eg "fr";
        /// The alternatives; a player takes one.
        sources: List<Source> => "sources" [required] eg [{ "uri": "take3.wav", "type": "audio/wave" }];
        /// How it is mixed.
        mix: Option<Box<Mix>> => "mix" [] eg { "gain": 0.5 };
        /// Vendor data.
        extensions: Extensions => "extensions" [] eg { "com.example.take": 3 };
        /// XML that the model does not know.
        foreign: List<Foreign> => "foreign" [] eg [];
    }
}

object! {
    /// One form of a recording: exactly one of uri, resource and data (or chunks).
    Source {
        /// A file or address outside of the script.
        uri: Option<Str> => "uri" [] eg "take3.wav";
        /// The identifier of a resource of the document.
        resource: Option<Id> => "resource" [] eg "audio1";
        /// The bytes themselves, in base64 unless encoding says otherwise.
        data: Option<Str> => "data" [] eg "UklGRg==";
        /// The bytes in several pieces.
        chunks: List<Str> => "chunks" [] eg ["UklG", "Rg=="];
        /// The media type.
        media_type: Option<Str> => "type" [] eg "audio/wave";
        /// More about the format.
        format: Option<Str> => "format" [] eg "BWF";
        /// How the bytes are written as text.
        encoding: Option<Str> => "encoding" [] eg "base64";
        /// The number of bytes.
        length: Option<Str> => "length" [] eg "44";
        /// Its language, where it is said.
        language: Option<Language> => "language" [] eg "fr";
    }
}

object! {
    /// Audio or data that several recordings can refer to.
    Resource {
        /// Unique in the document.
        id: Id => "id" [required] eg "audio1";
        /// What it is: audio that recordings use, or data that sources use.
        kind: ResourceKind => "kind" [required] eg "data";
        /// The media type.
        media_type: Option<Str> => "type" [] eg "audio/wave";
        /// More about the format.
        format: Option<Str> => "format" [] eg "BWF";
        /// How the bytes are written as text.
        encoding: Option<Str> => "encoding" [] eg "base64";
        /// The number of bytes.
        length: Option<Str> => "length" [] eg "44";
        /// Its language.
        language: Option<Language> => "language" [] eg "fr";
        /// A file or address outside of the script.
        uri: Option<Str> => "uri" [] eg "take3.wav";
        /// For audio: the alternatives.
        sources: List<Source> => "sources" [] eg [{ "data": "UklGRg==", "type": "audio/wave" }];
        /// For data: the bytes, in base64 unless encoding says otherwise.
        data: Option<Str> => "data" [] eg "UklGRg==";
        /// For data: the bytes in several pieces.
        chunks: List<Str> => "chunks" [] eg ["UklG", "Rg=="];
    }
}

object! {
    /// Speech that a machine makes of a text.
    Speak {
        /// How fast.
        rate: SpeakRate => "rate" [required] eg "normal";
        /// How high, as TTML2's tta:pitch has it.
        pitch: Option<Str> => "pitch" [] eg "+10%";
    }
}

object! {
    /// A mixing instruction: on the programme's audio during an event or a text, or on a recording.
    Mix {
        /// A factor on the level, 0 or more.
        gain: Option<Decimal> => "gain" [] eg 0.39;
        /// The place between left (-1) and right (1).
        pan: Option<Decimal> => "pan" [] eg 0;
        /// Changes over time.
        animate: List<MixAnimation> => "animate" [] eg [{ "end": "0.3s", "gain": [1, 0.39], "fill": "freeze" }];
    }
}

object! {
    /// A change of level or place over time.
    MixAnimation {
        /// When it begins, relative to what it applies to.
        begin: Option<Time> => "begin" [] eg "0s";
        /// When it ends.
        end: Option<Time> => "end" [] eg "0.3s";
        /// How long it takes.
        dur: Option<Time> => "dur" [] eg "0.3s";
        /// What stays when it is over.
        fill: Option<Fill> => "fill" [] eg "freeze";
        /// The levels, in order.
        gain: List<Decimal> => "gain" [] eg [1, 0.39];
        /// The places, in order.
        pan: List<Decimal> => "pan" [] eg [-1, 1];
        /// How values between are found: linear, discrete, paced, spline.
        calc_mode: Option<Str> => "calcMode" [] eg "linear";
        /// When each value is reached, from 0 to 1, separated by semicolons.
        key_times: Option<Str> => "keyTimes" [] eg "0;1";
        /// The pace between values, as TTML2's keySplines has it.
        key_splines: Option<Str> => "keySplines" [] eg "0 0 1 1";
        /// How often it repeats: a number or indefinite.
        repeat_count: Option<Str> => "repeatCount" [] eg "2";
    }
}

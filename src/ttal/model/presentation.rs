//! Styling, layout and structure that come with a script from TTML.

use super::object::object;
use super::{Attributes, ContentDescriptor, Fill, Id, Language, List, Mix, Slot, Str, Time};

object! {
    /// A style that elements refer to, or initial values of styles.
    Style {
        /// Unique in the document; initial values have none.
        id: Option<Id> => "id" [] eg "s1";
        /// Whether these are the initial values of the document.
        initial: Option<bool> => "initial" [] eg true;
        /// The styles it builds upon.
        style: List<Id> => "style" [] eg ["s0"];
        /// The style attributes.
        styling: Attributes => "styling" [] eg { "tts:color": "yellow" };
        /// XML that the model does not know.
        foreign: List<Foreign> => "foreign" [] eg [];
    }
}

object! {
    /// A region of the screen.
    Region {
        /// Unique in the document.
        id: Id => "id" [required] eg "bottom";
        /// When it is there, if not always.
        begin: Option<Time> => "begin" [] eg "0s";
        /// When it goes.
        end: Option<Time> => "end" [] eg "10s";
        /// How long it is there.
        dur: Option<Time> => "dur" [] eg "10s";
        /// The styles it builds upon.
        style: List<Id> => "style" [] eg ["s0"];
        /// The style attributes, those of style elements in the region included.
        styling: Attributes => "styling" [] eg { "tts:origin": "10% 80%", "tts:extent": "80% 10%" };
        /// Changes over time.
        animations: List<Animation> => "animations" [] eg [{ "kind": "set", "begin": "1s", "styling": { "tts:color": "red" } }];
        /// XML that the model does not know.
        foreign: List<Foreign> => "foreign" [] eg [];
    }
}

object! {
    /// A change of style over time: TTML's set and animate.
    Animation {
        /// The element: set or animate.
        kind: Str => "kind" [required] eg "set";
        /// When it begins, relative to what it applies to.
        begin: Option<Time> => "begin" [] eg "1s";
        /// When it ends.
        end: Option<Time> => "end" [] eg "2s";
        /// How long it takes.
        dur: Option<Time> => "dur" [] eg "1s";
        /// What stays when it is over.
        fill: Option<Fill> => "fill" [] eg "freeze";
        /// The style attributes; for animate, lists of values.
        styling: Attributes => "styling" [] eg { "tts:color": "red" };
        /// How values between are found.
        calc_mode: Option<Str> => "calcMode" [] eg "linear";
        /// When each value is reached.
        key_times: Option<Str> => "keyTimes" [] eg "0;1";
        /// The pace between values.
        key_splines: Option<Str> => "keySplines" [] eg "0 0 1 1";
        /// How often it repeats.
        repeat_count: Option<Str> => "repeatCount" [] eg "2";
    }
}

object! {
    /// What is authored on the body of a document, and applies to all events.
    Body {
        /// Unique in the document.
        id: Option<Id> => "id" [] eg "b1";
        /// When it begins.
        begin: Option<Time> => "begin" [] eg "0s";
        /// When it ends.
        end: Option<Time> => "end" [] eg "3600s";
        /// How long it lasts.
        dur: Option<Time> => "dur" [] eg "3600s";
        /// The language of what is below.
        language: Option<Language> => "language" [] eg "en";
        /// The source language of what is below; empty: not determined.
        language_source: Option<Language> => "languageSource" [] eg "fr";
        /// What events below stand for.
        represents: Option<ContentDescriptor> => "represents" [] eg "audio.dialogue";
        /// Characters, by identifier.
        characters: List<Id> => "characters" [] eg ["c1"];
        /// The region.
        region: Option<Id> => "region" [] eg "bottom";
        /// Styles, by identifier.
        style: List<Id> => "style" [] eg ["s1"];
        /// Style attributes.
        styling: Attributes => "styling" [] eg { "tts:color": "yellow" };
        /// Changes over time.
        animations: List<Animation> => "animations" [] eg [];
        /// How the programme's audio is mixed.
        mix: Option<Box<Mix>> => "mix" [] eg { "gain": 0.5 };
        /// XML that the model does not know.
        foreign: List<Foreign> => "foreign" [] eg [];
    }
}

object! {
    /// A wrapper around events: a div that is no event. Events and groups name the group they sit in.
    Group {
        /// Unique in the document. A group without one is named by # and its number in the list, from 0.
        id: Option<Id> => "id" [] eg "g1";
        /// The group that this one sits in.
        parent: Option<Str> => "parent" [] eg "g0";
        /// How many groups and events come before this one in the same parent.
        index: u32 => "index" [required] eg 0;
        /// When it begins.
        begin: Option<Time> => "begin" [] eg "10s";
        /// When it ends.
        end: Option<Time> => "end" [] eg "20s";
        /// How long it lasts.
        dur: Option<Time> => "dur" [] eg "10s";
        /// The language of what is below.
        language: Option<Language> => "language" [] eg "en";
        /// The source language of what is below; empty: not determined.
        language_source: Option<Language> => "languageSource" [] eg "fr";
        /// What events below stand for.
        represents: Option<ContentDescriptor> => "represents" [] eg "audio.dialogue";
        /// Characters, by identifier.
        characters: List<Id> => "characters" [] eg ["c1"];
        /// The region.
        region: Option<Id> => "region" [] eg "bottom";
        /// Styles, by identifier.
        style: List<Id> => "style" [] eg ["s1"];
        /// Style attributes.
        styling: Attributes => "styling" [] eg { "tts:color": "yellow" };
        /// Changes over time.
        animations: List<Animation> => "animations" [] eg [];
        /// How the programme's audio is mixed.
        mix: Option<Box<Mix>> => "mix" [] eg { "gain": 0.5 };
        /// XML that the model does not know.
        foreign: List<Foreign> => "foreign" [] eg [];
    }
}

object! {
    /// XML that the model does not know, kept where it stood.
    Foreign {
        /// The element, or the attribute as name="value", with its namespaces declared.
        xml: Str => "xml" [required] eg "<v:programType xmlns:v='urn:example'>Episode</v:programType>";
        /// Where it stood: in a metadata child, as a child, as an attribute.
        slot: Slot => "slot" [required] eg "metadata";
        /// In a metadata child: which one, from 0. As a child: how many elements stood before it.
        index: u32 => "index" [required] eg 0;
    }
}

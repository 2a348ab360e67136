//! The script as a whole.

use jiter::Peek;
use serde::{Serialize, Serializer};
use serde_json::{Value, json};

use super::object::{Data, Definitions, object};
use super::{
    Attributes, Audience, Body, Character, ContentDescriptor, Event, Extensions, Foreign, Group, Id,
    Language, List, Loop, Purpose, Region, Resource, Scene, ScriptType, Shot, Stage, Str, Style, Talent,
    Time, Timecode, TimecodeFormat,
};
use crate::ttal::json::{Broken, Reader};

object! {
    /// A script: a transcript or script of a programme, in one of its stages.
    Script {
        /// A hint for editors: where the schema of this document is.
        schema: Option<Str> => "$schema" [] eg "ttal-1.0.schema.json";
        /// The version of this model, 1.MINOR.
        version: Str => "ttalVersion" [required] eg "1.0";
        /// Names the document, the same over all its revisions.
        document_id: Option<Str> => "documentId" [tx] eg "urn:uuid:5f0c2f5e-7f0c-4a53-9a0a-2c1f0f6d1a11";
        /// The stage of its making.
        script_type: Option<ScriptType> => "scriptType" [required] eg "preRecording";
        /// What parts of the programme the script stands for; at least one.
        script_represents: List<ContentDescriptor> => "scriptRepresents" [required] eg ["audio.dialogue", "visual.text"];
        /// What events stand for that don't say it themselves.
        represents: Option<ContentDescriptor> => "represents" [] eg "audio.dialogue";
        /// The default language.
        language: Option<Language> => "language" [required] eg "en";
        /// The default source language; empty or left out: not determined; zxx: no inherent language.
        language_source: Option<Language> => "languageSource" [] eg "fr";
        /// What the script is made for.
        purpose: Option<Purpose> => "purpose" [tx] eg "dubbing";
        /// The programme.
        programme: Option<Box<Programme>> => "programme" [] eg { "title": "The Harbour" };
        /// Frame rate and timecodes.
        timing: Option<Box<Timing>> => "timing" [] eg { "frameRate": { "base": 25 } };
        /// Who is in the programme.
        characters: List<Character> => "characters" [] eg [{ "id": "c1", "name": "LÉA" }];
        /// Who speaks them.
        talents: List<Talent> => "talents" [] eg [{ "id": "t1", "name": "A. Martin" }];
        /// Styles that others refer to.
        styles: List<Style> => "styles" [] eg [{ "id": "s1", "styling": { "tts:color": "yellow" } }];
        /// Regions of the screen.
        regions: List<Region> => "regions" [] eg [{ "id": "bottom", "styling": { "tts:displayAlign": "after" } }];
        /// Embedded audio that several recordings share.
        resources: List<Resource> => "resources" [] eg [{ "id": "a1", "kind": "data", "type": "audio/wave", "data": "UklGRg==" }];
        /// The scenes of the picture.
        scenes: List<Scene> => "scenes" [tx] eg [{ "id": "sc12", "label": "12" }];
        /// The shot changes of the picture, in order.
        shots: List<Shot> => "shots" [tx] eg [{ "at": "246f", "kind": "cut" }];
        /// The loops of the recording sessions.
        loops: List<Loop> => "loops" [tx] eg [{ "id": "loop7", "label": "7" }];
        /// Presentation parameters of the root of a TTML document.
        root: Attributes => "root" [] eg { "ttp:cellResolution": "32 15" };
        /// What is authored on the body.
        body: Option<Box<Body>> => "body" [] eg { "language": "en" };
        /// Wrappers around events.
        groups: List<Group> => "groups" [] eg [{ "id": "g1", "index": 0 }];
        /// The events, in document order.
        events: List<Event> => "events" [required] eg [{ "id": "e1", "begin": "240f", "end": "312f" }];
        /// How the script came to be, oldest first.
        lineage: List<LineageStep> => "lineage" [tx] eg [{ "id": "l1", "stage": "transcribed" }];
        /// Content profiles beside DAPT's own.
        content_profiles: List<Str> => "contentProfiles" [] eg ["http://www.w3.org/ns/ttml/profile/imsc1.1/text"];
        /// Processor profiles beside DAPT's own.
        processor_profiles: List<Str> => "processorProfiles" [] eg ["http://www.w3.org/ns/ttml/profile/dapt1.0/processor"];
        /// Vendor data.
        extensions: Extensions => "extensions" [] eg { "com.example.jobId": 4711 };
        /// XML that the model does not know.
        foreign: List<Foreign> => "foreign" [] eg [];
    }
}

impl Script {
    /// Appends an event, without the room that its lists hold for more elements: of a script's memory that is a
    /// third.
    pub fn add_event(&mut self, mut event: Event) {
        event.characters.shrink_to_fit();
        event.descriptions.shrink_to_fit();
        for text in event.texts.iter_mut() {
            text.content.0.shrink_to_fit();
        }
        event.texts.shrink_to_fit();
        self.events.push(event);
    }
}

object! {
    /// The programme that the script belongs to.
    Programme {
        /// Its title.
        title: Option<Str> => "title" [] eg "The Harbour";
        /// Its title in translation.
        translated_title: Option<Str> => "translatedTitle" [] eg "Le Port";
        /// The title of the series.
        series_title: Option<Str> => "seriesTitle" [tx] eg "Coast Stories";
        /// The number of the season.
        season: Option<u32> => "season" [tx] eg 1;
        /// The number of the episode.
        episode: Option<Episode> => "episode" [tx] eg 3;
        /// The title of the episode.
        episode_title: Option<Str> => "episodeTitle" [] eg "The Lamp";
        /// The title of the episode in translation.
        translated_episode_title: Option<Str> => "translatedEpisodeTitle" [] eg "La Lampe";
        /// The project, as the client calls it.
        project_id: Option<Str> => "projectId" [tx] eg "HBR-103";
        /// The asset, as the client calls it.
        asset_id: Option<Str> => "assetId" [tx] eg "A-77";
        /// Who produced it.
        production_company: Option<Str> => "productionCompany" [tx] eg "Quay Films";
        /// Who publishes it.
        publisher: Option<Str> => "publisher" [] eg "Quay";
        /// Where it was made, by ISO 3166 code.
        country_of_origin: Option<Str> => "countryOfOrigin" [] eg "FR";
        /// Whose it is.
        copyright: Option<Str> => "copyright" [] eg "© 2026 Quay Films";
        /// What it is about.
        description: Option<Str> => "description" [] eg "A keeper and his daughter.";
        /// Which cut of the picture.
        picture_version: Option<Str> => "pictureVersion" [tx] eg "locked";
        /// Which reel.
        reel: Option<Str> => "reel" [tx] eg "1";
        /// How long it is.
        duration: Option<Time> => "duration" [tx] eg "2700s";
        /// The media it was made from.
        source_media: List<Str> => "sourceMedia" [] eg ["urn:example:media:1"];
        /// Whom it is for; sets reading speeds.
        rating_audience: Option<Audience> => "ratingAudience" [tx] eg "adult";
    }
}

/// The number of an episode, or what stands for it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Episode {
    /// A number.
    Number(u32),
    /// Something else.
    Text(Str),
}

impl Serialize for Episode {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Episode::Number(number) => serializer.serialize_u32(*number),
            Episode::Text(text) => serializer.serialize_str(text),
        }
    }
}

impl Data for Episode {
    fn read(reader: &mut Reader<'_>) -> Result<Option<Self>, Broken> {
        if reader.next_kind()? == Peek::String {
            return Ok(reader.string("an episode")?.map(Episode::Text));
        }
        Ok(reader.integer()?.map(Episode::Number))
    }

    fn schema(_: &mut Definitions) -> Value {
        json!({ "type": ["integer", "string"] })
    }
}

object! {
    /// How times are counted.
    Timing {
        /// The frame rate.
        frame_rate: Option<FrameRateValue> => "frameRate" [] eg { "base": 24, "multiplier": [1000, 1001] };
        /// Ticks in a second.
        tick_rate: Option<u32> => "tickRate" [] eg 10000000;
        /// How timecodes are counted.
        timecode: Option<TimecodeSettings> => "timecode" [tx] eg { "format": "NDF" };
        /// The timecode of media time 0.
        origin_timecode: Option<Timecode> => "originTimecode" [] eg "01:00:00:00";
        /// The timecode at which the programme starts.
        start_of_programme_timecode: Option<Timecode> => "startOfProgrammeTimecode" [] eg "01:00:00:00";
        /// The timecode of the first frame of action.
        first_frame_of_action_timecode: Option<Timecode> => "firstFrameOfActionTimecode" [tx] eg "01:00:10:00";
    }
}

object! {
    /// A frame rate: base frames in a second, times the multiplier.
    FrameRateValue {
        /// Whole frames in a second.
        base: u32 => "base" [required] eg 24;
        /// Numerator and denominator.
        multiplier: List<u32> => "multiplier" [] eg [1000, 1001];
    }
}

object! {
    /// How SMPTE timecodes are counted.
    TimecodeSettings {
        /// Drop-frame or not.
        format: TimecodeFormat => "format" [required] eg "NDF";
    }
}

object! {
    /// A step in the making of the script.
    LineageStep {
        /// Unique in the document.
        id: Id => "id" [required] eg "l1";
        /// What was done.
        stage: Stage => "stage" [required] eg "transcribed";
        /// The type of the script after it.
        script_type: Option<ScriptType> => "scriptType" [] eg "originalTranscript";
        /// The language that was worked on.
        language: Option<Language> => "language" [] eg "fr";
        /// Who did it.
        agent: Option<Agent> => "agent" [] eg { "name": "Studio A" };
        /// With what.
        tool: Option<Tool> => "tool" [] eg { "name": "ttal", "version": "0.1.0" };
        /// When, by RFC 3339 with zone.
        time: Option<Str> => "at" [] eg "2026-03-01T09:00:00Z";
        /// Anything else.
        note: Option<Str> => "note" [] eg "from the combined continuity";
        /// What it was made from.
        inputs: List<LineageInput> => "inputs" [] eg [{ "format": "srt", "sha256": "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855", "of": "bytes" }];
        /// With which settings.
        parameters: Extensions => "parameters" [] eg { "offset": "10s" };
        /// What was lost.
        losses: List<LineageLoss> => "losses" [] eg [{ "code": "C-STYLE", "count": 3 }];
    }
}

object! {
    /// Who did a step.
    Agent {
        /// A name.
        name: Option<Str> => "name" [] eg "Studio A";
        /// An organization.
        organization: Option<Str> => "organization" [] eg "Studio A";
        /// In which role.
        role: Option<Str> => "role" [] eg "translator";
    }
}

object! {
    /// The tool that did a step.
    Tool {
        /// Its name.
        name: Str => "name" [required] eg "ttal";
        /// Its version.
        version: Option<Str> => "version" [] eg "0.1.0";
    }
}

object! {
    /// What a step was made from.
    LineageInput {
        /// The document's name.
        document_id: Option<Str> => "documentId" [] eg "urn:uuid:0c55a6c1-6d43-4e3c-8c7f-0a55e2f0a111";
        /// SHA-256 in hexadecimal.
        sha256: Option<Str> => "sha256" [] eg "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
        /// What the hash is over: the bytes of the file; left out: the canonical form of the script.
        of: Option<Str> => "of" [] eg "bytes";
        /// Where it was.
        uri: Option<Str> => "uri" [] eg "harbour.srt";
        /// Its format.
        format: Option<Str> => "format" [] eg "srt";
    }
}

object! {
    /// What a step lost.
    LineageLoss {
        /// The code of the loss.
        code: Str => "code" [required] eg "C-STYLE";
        /// How often.
        count: u32 => "count" [required] eg 3;
    }
}

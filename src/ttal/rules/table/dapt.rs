//! D: conformance to DAPT.

use super::rules;

rules! {
    D_01 "D-01" Error "`ttp:contentProfiles` names the DAPT content profile"
        why "The profile is how a processor knows a DAPT document from other TTML. Without it the document is not \
             one, whatever it holds."
        source "DAPT, ttp:contentProfiles"
        bad r#"<tt ttp:contentProfiles="http://www.w3.org/ns/ttml/profile/imsc1.1/text" …>"#
        good r#"<tt ttp:contentProfiles="http://www.w3.org/ns/ttml/profile/dapt1.0/content" …>"#;

    D_02 "D-02" Error "There is no `ttp:profile` attribute"
        why "It is the profile attribute of the first TTML, which DAPT forbids: it says something about processors \
             that contradicts the attributes that are used now."
        source "DAPT, ttp:profile"
        bad r#"<tt ttp:profile="http://www.w3.org/ns/ttml/profile/dapt1.0" …>"#
        good r#"<tt ttp:contentProfiles="http://www.w3.org/ns/ttml/profile/dapt1.0/content" …>"#;

    D_03 "D-03" Error "`ttp:processorProfiles`, if present, names the DAPT processor profile"
        why "A list without it tells a processor that it may read the document without knowing anything of DAPT."
        source "DAPT, ttp:processorProfiles"
        bad r#"<tt ttp:processorProfiles="http://www.w3.org/ns/ttml/profile/imsc1.1/text" …>"#
        good r#"<tt ttp:processorProfiles="http://www.w3.org/ns/ttml/profile/dapt1.0/processor" …>"#;

    D_04 "D-04" Error "The script type is given, and one of four"
        why "It says which stage the script is in, and with that which texts and recordings can be expected. An \
             unfinished script can't be told from a finished one without it."
        source "DAPT, Script Type"
        bad r#"{"scriptType": "dubbingScript"}"#
        good r#"{"scriptType": "preRecording"}"#;

    D_05 "D-05" Error "`scriptRepresents` is given, with at least one value"
        why "It tells which parts of the programme the script covers, so that a gap can be told from something that \
             was never meant to be there. In XML the values are separated by spaces."
        source "DAPT, Script Represents"
        bad r#"<tt daptm:scriptRepresents="audio.dialogue, visual.text" …>"#
        good r#"<tt daptm:scriptRepresents="audio.dialogue visual.text" …>"#;

    D_06 "D-06" Error "Content descriptors are registered, or marked as one's own by `x-`"
        why "Others can act only on values that they know. A value that is not registered needs a part beginning \
             with `x-`, alone or behind a registered value, so that it never clashes with a later one."
        source "DAPT, content-descriptor registry"
        bad r#"{"represents": "audio.dialogue.song"}"#
        good r#"{"represents": "audio.dialogue.x-song"}"#;

    D_07 "D-07" Error "Every event and text says what it represents, itself or by inheritance"
        why "A reader can't tell dialogue from a sign or a description otherwise, and picks the wrong lines to \
             record or to show."
        source "DAPT, Represents"
        bad r#"{"scriptRepresents": ["audio.dialogue"], "events": [{"id": "e1"}]}"#
        good r#"{"scriptRepresents": ["audio.dialogue"], "represents": "audio.dialogue", "events": [{"id": "e1"}]}"#;

    D_08 "D-08" Error "What an event represents is part of what the script represents"
        why "The script would hold something that it says it does not cover. Values are compared by whole parts: \
             `visual.text.title` is within `visual.text`, but not the other way round."
        source "DAPT, Represents"
        bad r#"{"scriptRepresents": ["audio.dialogue"], "events": [{"id": "e1", "represents": "visual.text"}]}"#
        good r#"{"scriptRepresents": ["audio", "visual.text"], "events": [{"id": "e1", "represents": "visual.text"}]}"#;

    D_09 "D-09" Error "`represents` holds one value"
        why "Only `scriptRepresents` is a list. A list here is read as one unknown value."
        source "DAPT, Represents"
        bad r#"<div xml:id="e1" daptm:represents="audio.dialogue visual.text">"#
        good r#"<div xml:id="e1" daptm:represents="audio.dialogue">"#;

    D_10 "D-10" Error "`onScreen` is ON, OFF, ON_OFF or OFF_ON"
        why "Adaptation and mixing depend on whether a mouth is seen. Another word is taken for the default, ON. \
             The property is one of events: elsewhere it says nothing (a warning)."
        source "DAPT, On Screen"
        bad r#"{"id": "e1", "onScreen": "MAYBE"}"#
        good r#"{"id": "e1", "onScreen": "ON_OFF"}"#;

    D_11 "D-11" Error "The type of a description is registered, or begins with `x-`; there is at most one"
        why "Tools sort notes by their type, and drop those whose type they can't know."
        source "DAPT, Script Event Description; descType registry"
        bad r#"{"descriptions": [{"type": "localizationNote", "text": "Sarcastic."}]}"#
        good r#"{"descriptions": [{"type": "x-localizationNote", "text": "Sarcastic."}]}"#;

    D_12 "D-12" Warning "A description has words"
        why "An empty note was either lost or never written; who reads the script can't know which."
        source "DAPT, Script Event Description"
        bad r#"{"descriptions": [{"type": "scene", "text": ""}]}"#
        good r#"{"descriptions": [{"type": "scene", "text": "12"}]}"#;

    D_13 "D-13" Error "An agent has an identifier"
        why "Events name their characters by identifier; an agent without one can't be named."
        source "DAPT, Character"
        bad r#"<ttm:agent type="character"><ttm:name type="alias">LÉA</ttm:name></ttm:agent>"#
        good r#"<ttm:agent type="character" xml:id="c1"><ttm:name type="alias">LÉA</ttm:name></ttm:agent>"#;

    D_14 "D-14" Error "A character or talent has a name"
        why "The name is what people cast, print and search by. In XML it stands in `ttm:name`: of type `alias` for \
             a character, `full` for a person."
        source "DAPT, Character; Talent Name"
        bad r#"{"characters": [{"id": "c1", "name": ""}]}"#
        good r#"{"characters": [{"id": "c1", "name": "LÉA"}]}"#;

    D_15 "D-15" Error "The talent of a character is a declared person"
        why "The link from a role to its voice leads nowhere, or to another role, and casting lists come out wrong."
        source "DAPT, Character; Talent"
        bad r#"{"characters": [{"id": "c1", "name": "LÉA", "talent": "c1"}]}"#
        good r#"{"talents": [{"id": "t1", "name": "A. Martin"}], "characters": [{"id": "c1", "name": "LÉA", "talent": "t1"}]}"#;

    D_16 "D-16" Warning "Persons come before the characters they speak, all in one place, each once"
        why "A reader that goes through the document once can resolve every name, and a person who speaks several \
             roles is seen to be one person."
        source "DAPT, Talent"
        bad r#"{"talents": [{"id": "t1", "name": "A. Martin"}, {"id": "t2", "name": "A. Martin"}]}"#
        good r#"{"talents": [{"id": "t1", "name": "A. Martin"}]}"#;

    D_17 "D-17" Error "The origin timecode is one valid timecode at a declared frame rate"
        why "It ties media time to the timecode of the picture. With a wrong form, a frame number that the rate \
             does not reach, or no rate at all, every timecode made from it is wrong."
        source "DAPT, DAPT Origin Timecode"
        bad r#"{"timing": {"originTimecode": "01:00:00:00"}}"#
        good r#"{"timing": {"frameRate": {"base": 25}, "originTimecode": "01:00:00:00"}}"#;

    D_18 "D-18" Error "The start of programme timecode is one valid timecode at a declared frame rate"
        why "It tells where in the picture the programme starts; the demands are those of the origin timecode, for \
             the same reason."
        source "DAPT, Start of Programme Timecode"
        bad r#"{"timing": {"frameRate": {"base": 25}, "startOfProgrammeTimecode": "10:00:00:25"}}"#
        good r#"{"timing": {"frameRate": {"base": 25}, "startOfProgrammeTimecode": "10:00:00:00"}}"#;

    D_19 "D-19" Error "A recording has the language of its text, and its sources have too"
        why "A recording is the text, spoken. If the languages differ, one of them is wrong, and a player picks the \
             wrong track."
        source "DAPT, Audio Recording; #xmlLang-audio-nonMatching"
        bad r#"{"language": "fr", "content": "Bonsoir.", "audio": [{"language": "en", "sources": [{"uri": "a.wav", "type": "audio/wave"}]}]}"#
        good r#"{"language": "fr", "content": "Bonsoir.", "audio": [{"sources": [{"uri": "a.wav", "type": "audio/wave"}]}]}"#;

    D_20 "D-20" Error "`data` holds text or chunks, never sources"
        why "Embedded data is the bytes themselves. Data that refers to something else is forbidden, because a \
             reader could follow it without end."
        source "DAPT, #source-data"
        bad r#"<data type="audio/wave"><source src="a.wav"/></data>"#
        good r#"<data type="audio/wave" encoding="base64">UklGRg==</data>"#;

    D_21 "D-21" Error "Each source of a recording has exactly one form"
        why "A source is a file, embedded data, or a reference to a resource. With none there is nothing to play; \
             with two, nobody knows which is meant."
        source "DAPT, Audio Recording"
        bad r#"{"sources": [{"uri": "a.wav", "type": "audio/wave", "data": "UklGRg=="}]}"#
        good r#"{"sources": [{"uri": "a.wav", "type": "audio/wave"}, {"data": "UklGRg==", "type": "audio/wave"}]}"#;

    D_22 "D-22" Error "Embedded data decodes, has its declared length, and is what its type says"
        why "Damaged data plays as noise or not at all, and is noticed at the mix. Data that begins like another \
             format than its type says is a warning."
        source "TTML2, data"
        bad r#"{"data": "UklGRg==", "type": "audio/wave", "length": "5"}"#
        good r#"{"data": "UklGRg==", "type": "audio/wave", "length": "4"}"#;

    D_23 "D-23" Error "External and embedded audio has a type"
        why "A player decides by the media type whether it can play a source, before it loads it."
        source "DAPT, Audio Recording"
        bad r#"{"sources": [{"uri": "a.wav"}]}"#
        good r#"{"sources": [{"uri": "a.wav", "type": "audio/wave"}]}"#;

    D_24 "D-24" Error "`timeContainer` is left out, or `par`"
        why "With `seq`, times count from the end of the sibling before; DAPT does not use it. `par` is the default \
             and best left out (a warning)."
        source "DAPT, timeContainer"
        bad r#"<div xml:id="e1" timeContainer="seq">"#
        good r#"<div xml:id="e1">"#;

    D_25 "D-25" Error "Times are media times: no other time base, no timecode parameters"
        why "All times count from the begin of the media. SMPTE and clock time bases, and the attributes that go \
             with them, are forbidden, because readers of them disagree about dropped frames."
        source "DAPT, profile of TTML2, prohibited features"
        bad r#"<tt ttp:timeBase="smpte" ttp:dropMode="dropNTSC" …>"#
        good r#"<tt ttp:frameRate="30" ttp:frameRateMultiplier="1000 1001" …>"#;

    D_26 "D-26" Error "Animations stand inside what they change"
        why "Animations that are declared in the head and referred to are not part of DAPT; processors skip them, \
             and the mix stays as it is."
        source "DAPT, profile of TTML2"
        bad r#"<head><animation><animate xml:id="a1" tta:gain="1;0.39"/></animation></head>"#
        good r#"<div xml:id="e1"><animate begin="0s" end="0.3s" fill="freeze" tta:gain="1;0.39"/></div>"#;

    D_27 "D-27" Warning "A pitch is given only where the text is spoken by a machine"
        why "With a speaking rate of `none` nothing is spoken, and the pitch has no effect: one of the two is a \
             mistake."
        source "DAPT, Synthesized Audio"
        bad r#"{"speak": {"rate": "none", "pitch": "+10%"}}"#
        good r#"{"speak": {"rate": "normal", "pitch": "+10%"}}"#;

    D_28 "D-28" Error "Mixing instructions have values that can be carried out"
        why "A gain is 0 or more, a pan from -1 to 1, and an animation has as many key times as values. What is \
             outside is clipped or ignored, and the mix is not the one that was meant."
        source "DAPT, Mixing Instruction; TTML2, animate"
        bad r#"{"mix": {"pan": 2, "animate": [{"gain": [1, 0.39], "keyTimes": "0;0.5;1"}]}}"#
        good r#"{"mix": {"pan": 1, "animate": [{"gain": [1, 0.39], "keyTimes": "0;1"}]}}"#;

    D_30 "D-30" Warning "An original transcript has original texts, and no translations"
        why "It records what is said and shown. A translation in it was added later, and the script type was not \
             changed; an event without a text is not transcribed yet."
        source "DAPT, Script Type: Original Language Transcript"
        bad r#"{"scriptType": "originalTranscript", "events": [{"id": "e1", "texts": [{"language": "en", "languageSource": "fr", "content": "Good evening."}]}]}"#
        good r#"{"scriptType": "originalTranscript", "events": [{"id": "e1", "texts": [{"language": "fr", "languageSource": "fr", "content": "Bonsoir."}]}]}"#;

    D_31 "D-31" Warning "A translated transcript has a translation of every event"
        why "An event with the original words only was overlooked by the translator."
        source "DAPT, Script Type: Translated Transcript"
        bad r#"{"scriptType": "translatedTranscript", "events": [{"id": "e1", "texts": [{"language": "fr", "languageSource": "fr", "content": "Bonsoir."}]}]}"#
        good r#"{"scriptType": "translatedTranscript", "events": [{"id": "e1", "texts": [{"language": "en", "languageSource": "fr", "content": "Good evening."}]}]}"#;

    D_32 "D-32" Warning "A pre-recording script has text in the language of the recording, and no recordings"
        why "What is to be recorded must be there, in the language of the script; once it is recorded, the script is \
             an as-recorded one."
        source "DAPT, Script Type: Pre-recording Script"
        bad r#"{"scriptType": "preRecording", "language": "en", "events": [{"id": "e1", "texts": [{"language": "fr", "content": "Bonsoir."}]}]}"#
        good r#"{"scriptType": "preRecording", "language": "en", "events": [{"id": "e1", "texts": [{"languageSource": "fr", "content": "Good evening."}]}]}"#;

    D_33 "D-33" Warning "An as-recorded script has the recorded words and their recordings, none made by a machine"
        why "It is the record of what was spoken. Words without a recording, or with synthesized speech only, are \
             from an earlier stage."
        source "DAPT, Script Type: As-recorded Script"
        bad r#"{"scriptType": "asRecorded", "language": "en", "events": [{"id": "e1", "texts": [{"content": "Good evening.", "speak": {"rate": "normal"}}]}]}"#
        good r#"{"scriptType": "asRecorded", "language": "en", "events": [{"id": "e1", "texts": [{"content": "Good evening.", "audio": [{"sources": [{"uri": "e1.wav", "type": "audio/wave"}]}]}]}]}"#;

    D_34 "D-34" Warning "Every `div` and `p` is, or is inside, a script event"
        why "A `div` is an event only if it holds no other `div` and has a valid `xml:id`, and a `p` is a text only \
             inside one. Words elsewhere reach no script."
        source "DAPT, Handling div and p elements"
        bad "<div><p>Hello.</p></div>"
        good r#"<div xml:id="e1"><p>Hello.</p></div>"#;

    D_50 "D-50" Advice "Foreign vocabulary stands inside `metadata`"
        why "A processor must prune elements and attributes that it does not know, unless they are inside \
             `metadata`; what is outside is lost at the next step."
        source "DAPT, Unrecognised vocabulary"
        bad r#"<div xml:id="e1" v:take="3" xmlns:v="urn:example:v">"#
        good r#"<div xml:id="e1"><metadata v:take="3" xmlns:v="urn:example:v"/>"#;
}

//! R: references and identifiers.

use super::rules;

rules! {
    R_01 "R-01" Error "Identifiers are XML names"
        why "A letter or underscore first, then letters, digits, `.`, `-` and `_`; no spaces and no colon. Others \
             can't become an `xml:id`."
        source "DAPT, Unique identifiers; xml:id"
        bad r#"{"id": "1st line"}"#
        good r#"{"id": "line-1"}"#;

    R_02 "R-02" Error "Identifiers are unique in the whole document"
        why "All kinds of things share one set of identifiers. If two have the same, a reference to it means either."
        source "DAPT, Unique identifiers; xml:id"
        bad r#"{"characters": [{"id": "a", "name": "LÉA"}], "events": [{"id": "a"}]}"#
        good r#"{"characters": [{"id": "c1", "name": "LÉA"}], "events": [{"id": "e1"}]}"#;

    R_03 "R-03" Error "The characters of an event are declared"
        why "The line belongs to nobody otherwise, and is missing from the character's lines. A talent is no \
             character: say who is played (a warning)."
        source "DAPT, Script Event"
        bad r#"{"characters": [{"id": "c1", "name": "LÉA"}], "events": [{"id": "e1", "characters": ["c2"]}]}"#
        good r#"{"characters": [{"id": "c1", "name": "LÉA"}], "events": [{"id": "e1", "characters": ["c1"]}]}"#;

    R_04 "R-04" Error "References lead somewhere, and not in circles"
        why "A style, region, resource, scene, loop, group, event or text that is named must be there, and be of \
             that kind. Styles and groups that contain themselves have no end."
        source "TTML2, referential styling; TTAL model, sections 6 and 7"
        bad r#"{"styles": [{"id": "s1", "style": ["s1"]}], "events": [{"id": "e1", "region": "bottom"}]}"#
        good r#"{"regions": [{"id": "bottom"}], "events": [{"id": "e1", "region": "bottom"}]}"#;

    R_05 "R-05" Warning "What is declared is used"
        why "A character without a line, or a style that nothing has, is left over, or the reference to it got lost."
        source "practice"
        bad r#"{"characters": [{"id": "c1", "name": "LÉA"}], "events": [{"id": "e1"}]}"#
        good r#"{"characters": [{"id": "c1", "name": "LÉA"}], "events": [{"id": "e1", "characters": ["c1"]}]}"#;

    R_06 "R-06" Warning "Each character has a name of its own"
        why "Two entries for one character split the lines between two casting rows. Names that differ by one letter \
             are often one name, misspelt."
        source "practice: names are consistent"
        bad r#"{"characters": [{"id": "c1", "name": "MARTINE"}, {"id": "c2", "name": "Martin e"}]}"#
        good r#"{"characters": [{"id": "c1", "name": "MARTINE"}]}"#;

    R_07 "R-07" Warning "Audio files are where the script says"
        why "A missing take is found out at the mix otherwise. Only local files are looked for, on request; nothing \
             is fetched from a network."
        source "practice; DAPT does not demand it"
        bad r#"{"sources": [{"uri": "takes/e1-take3.wav", "type": "audio/wave"}]}"#
        good r#"{"sources": [{"uri": "takes/e1-take2.wav", "type": "audio/wave"}]}"#;
}

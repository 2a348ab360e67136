//! LN: lineage.

use super::rules;

rules! {
    LN_01 "LN-01" Error "Steps of the lineage have identifiers of their own, and times in order, with a zone"
        why "The lineage is appended to and never changed. Steps that go back in time, or share an identifier, were \
             edited or merged by hand, and prove nothing."
        source "TTAL model, section 10"
        bad r#"[{"id": "l1", "stage": "transcribed", "at": "2026-03-09T09:00:00Z"}, {"id": "l2", "stage": "adapted", "at": "2026-03-01T09:00:00"}]"#
        good r#"[{"id": "l1", "stage": "transcribed", "at": "2026-03-01T09:00:00Z"}, {"id": "l2", "stage": "adapted", "at": "2026-03-09T09:00:00+01:00"}]"#;

    LN_02 "LN-02" Error "Stages come in an order that can be, and end at the type of the script"
        why "A translation comes from a transcription or an input, a recording from an adaptation or a translation. \
             If the last step made another type of script, a step is missing."
        source "TTAL model, section 10"
        bad r#"[{"id": "l1", "stage": "recorded", "scriptType": "asRecorded"}]"#
        good r#"[{"id": "l1", "stage": "transcribed"}, {"id": "l2", "stage": "adapted"}, {"id": "l3", "stage": "recorded", "scriptType": "asRecorded"}]"#;

    LN_03 "LN-03" Warning "The hash of an input is that of the parent"
        why "If the parent's contents have another hash, the script was made from another version of it."
        source "TTAL model, section 10"
        bad r#"{"id": "l2", "stage": "adapted", "inputs": [{"sha256": "e3b0…", "format": "ttal"}]}"#
        good r#"{"id": "l2", "stage": "adapted", "inputs": [{"sha256": "9f86…", "format": "ttal"}]}"#;

    LN_04 "LN-04" Warning "A translation has its original, in the document or by `derivedFrom`"
        why "Without the original nobody can check the translation."
        source "practice"
        bad r#"{"texts": [{"language": "en", "languageSource": "fr", "content": "Good evening."}]}"#
        good r#"{"texts": [{"id": "e1-fr", "language": "fr", "languageSource": "fr", "content": "Bonsoir."}, {"language": "en", "languageSource": "fr", "derivedFrom": [{"text": "e1-fr", "op": "edit"}], "content": "Good evening."}]}"#;

    LN_05 "LN-05" Warning "Recorded words that differ from the script say so"
        why "Words that changed in the studio must find their way back to the subtitles and to the client; an `edit` \
             mark shows which."
        source "practice"
        bad r#"{"derivedFrom": [{"text": "e1-en", "op": "copy"}], "content": "Evening, then."}"#
        good r#"{"derivedFrom": [{"text": "e1-en", "op": "edit"}], "content": "Evening, then."}"#;

    LN_06 "LN-06" Advice "A text in a new language has a new source language"
        why "A text that came from one in another language, and still has that one's source language, claims to be \
             translated from the first original directly, or is mislabelled."
        source "practice"
        bad r#"[{"id": "a", "language": "en", "languageSource": "fr"}, {"language": "de", "languageSource": "fr", "derivedFrom": [{"text": "a", "op": "edit"}]}]"#
        good r#"[{"id": "a", "language": "en", "languageSource": "fr"}, {"language": "de", "languageSource": "en", "derivedFrom": [{"text": "a", "op": "edit"}]}]"#;
}

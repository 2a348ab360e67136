//! L: language.

use super::rules;

rules! {
    L_01 "L-01" Error "The script has a language"
        why "Fonts, voices, spelling and line breaking follow from it, and all texts that say nothing else inherit \
             it."
        source "DAPT, Default Language"
        bad r#"{"ttalVersion": "1.0", "scriptType": "originalTranscript"}"#
        good r#"{"ttalVersion": "1.0", "scriptType": "originalTranscript", "language": "fr"}"#;

    L_02 "L-02" Error "The language of the script is not empty"
        why "An empty value says that nothing is known about the language, which is no use as a default."
        source "DAPT, Default Language"
        bad r#"{"language": ""}"#
        good r#"{"language": "fr"}"#;

    L_03 "L-03" Error "Language tags are well-formed"
        why "Software compares tags part by part. A name, or an underscore for the hyphen, matches nothing. A source \
             language may be empty: not determined."
        source "BCP 47, section 2.1"
        bad r#"{"language": "pt_BR"}"#
        good r#"{"language": "pt-BR"}"#;

    L_04 "L-04" Warning "Language tags have registered, current subtags"
        why "A tag that nobody has registered matches no voice and no font; a deprecated one is written in two ways \
             by two tools. The canonical tag is suggested."
        source "BCP 47, section 2.2.9; IANA Language Subtag Registry"
        bad r#"{"language": "iw"}"#
        good r#"{"language": "he"}"#;

    L_05 "L-05" Warning "The source language of a text is determined"
        why "Without it nobody can tell an original from a translation. Use the language itself for an original, and \
             `zxx` where the source has no language, as a described picture."
        source "DAPT, Text Language Source"
        bad r#"{"language": "en", "languageSource": "", "content": "Good evening."}"#
        good r#"{"language": "en", "languageSource": "fr", "content": "Good evening."}"#;

    L_06 "L-06" Advice "A translation is into another language, not another region or script"
        why "`pt` and `pt-BR` are different tags, so a text that has one as its language and the other as its source \
             counts as a translation. Often that was not meant."
        source "practice; DAPT, Text Language Source"
        bad r#"{"language": "pt-BR", "languageSource": "pt", "content": "Boa noite."}"#
        good r#"{"language": "pt-BR", "languageSource": "pt-BR", "content": "Boa noite."}"#;

    L_07 "L-07" Warning "The letters of a text are those of its language"
        why "Russian in Latin letters, or Latin letters marked as Russian, is nearly always a wrong tag or a text in \
             the wrong column."
        source "practice"
        bad r#"{"language": "ru", "content": "Good evening, my friend."}"#
        good r#"{"language": "ru", "content": "Добрый вечер, мой друг."}"#;

    L_08 "L-08" Warning "The texts of an event differ in language or in what they represent"
        why "Two texts of the same language and kind can't be told apart: which of them is to be spoken?"
        source "practice"
        bad r#"{"texts": [{"language": "en", "content": "Hello."}, {"language": "en", "content": "Hi."}]}"#
        good r#"{"texts": [{"language": "fr", "content": "Salut."}, {"language": "en", "content": "Hi."}]}"#;
}

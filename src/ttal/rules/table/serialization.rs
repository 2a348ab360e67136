//! S: serialization and form.

use super::rules;

rules! {
    S_01 "S-01" Error "The file is well-formed JSON or XML"
        why "A reader that meets broken text must guess or give up, and two readers guess differently. A key that \
             stands twice in a JSON object is as bad: which of the two counts depends on the reader."
        source "DAPT, Document Encoding; RFC 8259; XML 1.0"
        bad r#"{"ttalVersion": "1.0", "language": "en", "language": "fr"}"#
        good r#"{"ttalVersion": "1.0", "language": "en", "languageSource": "fr"}"#;

    S_02 "S-02" Error "The file is encoded in UTF-8"
        why "Letters beyond ASCII turn into others where the encoding is not the agreed one. An XML declaration that \
             names another encoding is wrong even where all bytes happen to be ASCII: processors believe it."
        source "DAPT, Document Encoding"
        bad r#"<?xml version="1.0" encoding="ISO-8859-1"?>"#
        good r#"<?xml version="1.0" encoding="UTF-8"?>"#;

    S_03 "S-03" Error "There is no byte order mark"
        why "UTF-8 needs none, DAPT forbids it, and readers that do not expect it see an invisible character before \
             the first `<` or `{` and refuse the file. In TTAL JSON it is tolerated, with a warning."
        source "DAPT, Document Encoding; RFC 8259, section 8.1"
        bad "EF BB BF 3C 74 74 …"
        good "3C 74 74 …";

    S_04 "S-04" Error "XML has no document type declaration and no entities of its own"
        why "Entities can read other files and grow without bound, so they are never expanded: what they stand for \
             would be missing from the script. The five of XML itself and character references are fine."
        source "DAPT, Document Encoding"
        bad r#"<!DOCTYPE tt [<!ENTITY who "LÉA">]> … <ttm:name type="alias">&who;</ttm:name>"#
        good r#"<ttm:name type="alias">LÉA</ttm:name>"#;

    S_05 "S-05" Error "The root is `tt` of TTML, or a JSON object with `ttalVersion`"
        why "Nothing else says what kind of document it is, and every other rule depends on that."
        source "DAPT, DAPT Script; TTAL model, section 2"
        bad r#"{"version": "1.0", "events": []}"#
        good r#"{"ttalVersion": "1.0", "events": []}"#;

    S_06 "S-06" Error "TTAL JSON has the form that its schema asks for"
        why "A key with a value of the wrong type, or a word that is not in its list, is read differently by every \
             tool or not at all."
        source "TTAL JSON Schema 1.0 (ttal schema)"
        bad r#"{"id": "e1", "forced": "yes"}"#
        good r#"{"id": "e1", "forced": true}"#;

    S_07 "S-07" Error "The version of the document is one that is understood"
        why "Another major version may give the same keys another meaning. A newer minor version only adds keys: \
             they are kept, and a warning says that they were not checked."
        source "TTAL model, section 2"
        bad r#"{"ttalVersion": "2.0"}"#
        good r#"{"ttalVersion": "1.0"}"#;

    S_08 "S-08" Warning "Keys are known ones"
        why "An unknown key is kept, but nothing acts on it. Most are misspelt, and then the value is silently \
             missing where it was meant to be. Data of your own belongs in `extensions`."
        source "TTAL model, sections 1 and 8"
        bad r#"{"id": "e1", "onscreen": "OFF"}"#
        good r#"{"id": "e1", "onScreen": "OFF"}"#;

    S_09 "S-09" Error "Elements and attributes stand where TTML and DAPT allow them"
        why "A processor skips a known element in a place where it means nothing, and its words are lost, or it \
             refuses the whole document."
        source "DAPT, XML schemas; TTML2"
        bad "<body><p>Hello.</p></body>"
        good r#"<body><div xml:id="e1"><p>Hello.</p></div></body>"#;

    S_10 "S-10" Error "Text has only characters that XML can hold"
        why "A script must be able to become XML and come back. Control characters, U+FFFE, U+FFFF and half of a \
             surrogate pair have no form there at all; most come from a bad copy and paste."
        source "XML 1.0, section 2.2"
        bad r#"{"content": "Hello\u0007"}"#
        good r#"{"content": "Hello"}"#;
}

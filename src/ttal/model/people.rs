//! Characters of the programme, and the people who speak them.

use super::object::object;
use super::{CharacterRole, Extensions, Foreign, Id, List, Str};

object! {
    /// A character of the programme, or another voice that lines are given to.
    Character {
        /// The identifier by which events name the character.
        id: Id => "id" [required] eg "c1";
        /// The character's name in the programme.
        name: Str => "name" [required] eg "LÉA";
        /// The identifier of the talent who speaks the character.
        talent: Option<Id> => "talent" [] eg "t1";
        /// Other names for the same character.
        aliases: List<Str> => "aliases" [tx] eg ["LEA", "YOUNG LÉA"];
        /// The weight of the part.
        role: Option<CharacterRole> => "role" [tx] eg "principal";
        /// The character's gender, in any words.
        gender: Option<Str> => "gender" [tx] eg "female";
        /// The character's age, in any words.
        age: Option<Str> => "age" [tx] eg "30s";
        /// What the voice is like.
        voice_notes: Option<Str> => "voiceNotes" [tx] eg "dry, a little hoarse";
        /// How the name is pronounced.
        pronunciation: Option<Str> => "pronunciation" [tx] eg "lay-AH";
        /// The colour of the character's lines, as #RRGGBB.
        color: Option<Str> => "color" [tx] eg "#33AAFF";
        /// Styles for the character's lines.
        styles: List<Id> => "styles" [tx] eg ["s1"];
        /// Vendor data.
        extensions: Extensions => "extensions" [] eg { "com.example.castingId": 17 };
        /// XML that the model does not know.
        foreign: List<Foreign> => "foreign" [] eg [];
    }
}

object! {
    /// A person who speaks.
    Talent {
        /// The identifier by which characters name the talent.
        id: Id => "id" [required] eg "t1";
        /// The person's full name.
        name: Str => "name" [required] eg "A. Martin";
        /// Other names of the same person.
        aliases: List<Str> => "aliases" [tx] eg ["Ada Martin"];
        /// Vendor data.
        extensions: Extensions => "extensions" [] eg { "com.example.agency": "North" };
        /// XML that the model does not know.
        foreign: List<Foreign> => "foreign" [] eg [];
    }
}

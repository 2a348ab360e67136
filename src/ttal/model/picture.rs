//! What the picture is made of: scenes and shots; and the loops it is recorded in.

use super::object::object;
use super::{Id, ShotKind, Str, Time};

object! {
    /// A scene of the picture.
    Scene {
        /// The identifier by which events name the scene.
        id: Id => "id" [required] eg "sc12";
        /// What people call it.
        label: Option<Str> => "label" [] eg "12";
        /// When it begins.
        begin: Option<Time> => "begin" [] eg "240f";
        /// When it ends.
        end: Option<Time> => "end" [] eg "1200f";
        /// Where it plays.
        location: Option<Str> => "location" [] eg "Harbour, night";
    }
}

object! {
    /// A shot change.
    Shot {
        /// When the new shot begins.
        time: Time => "at" [required] eg "246f";
        /// How it begins.
        kind: Option<ShotKind> => "kind" [] eg "cut";
    }
}

object! {
    /// A loop, take or reel of a recording session.
    Loop {
        /// The identifier by which events name the loop.
        id: Id => "id" [required] eg "loop7";
        /// What people call it.
        label: Option<Str> => "label" [] eg "7";
        /// When it begins.
        begin: Option<Time> => "begin" [] eg "240f";
        /// When it ends.
        end: Option<Time> => "end" [] eg "1200f";
    }
}

//! Where subtitles stand: `{\an8}` and its likes as regions.

use crate::ttal::model::{Attributes, Region, Script};

/// A place on the screen, as on a numeric keypad from 1 (bottom left) to 9 (top right).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Alignment(u8);

impl Alignment {
    /// Where subtitles are when nothing is said: at the bottom, centred.
    const DEFAULT: Alignment = Alignment(2);

    /// `\anN`.
    pub(super) fn numpad(digit: u32) -> Option<Self> {
        u8::try_from(digit).ok().filter(|d| (1..=9).contains(d)).map(Alignment)
    }

    /// `\aN`, as SubStation Alpha numbers them: 1 to 3 below, 5 to 7 above, 9 to 11 in the middle.
    pub(super) fn legacy(number: u32) -> Option<Self> {
        let column = number & 3;
        let row = match number >> 2 {
            0 => 0,
            1 => 6,
            2 => 3,
            _ => return None,
        };
        (column > 0).then(|| column + row).and_then(Alignment::numpad)
    }

    /// The identifier of the region; none for where subtitles are anyway.
    pub(super) fn region_id(self) -> Option<&'static str> {
        const IDS: [&str; 9] = [
            "bottomLeft",
            "bottom",
            "bottomRight",
            "middleLeft",
            "middle",
            "middleRight",
            "topLeft",
            "top",
            "topRight",
        ];
        (self != Alignment::DEFAULT).then(|| IDS[usize::from(self.0 - 1) % 9])
    }

    /// The region, as `id`.
    fn region(self, id: &str) -> Region {
        let display_align = ["after", "center", "before"][usize::from((self.0 - 1) / 3) % 3];
        let text_align = ["left", "center", "right"][usize::from((self.0 - 1) % 3)];
        let styling = [
            ("tts:origin", "10% 10%"),
            ("tts:extent", "80% 80%"),
            ("tts:displayAlign", display_align),
            ("tts:textAlign", text_align),
        ];
        Region {
            id: id.into(),
            styling: Attributes(styling.into_iter().map(|(n, v)| (n.into(), v.into())).collect()),
            ..Region::default()
        }
    }

    /// Sees to it that the script has the region, and gives its identifier.
    pub(super) fn provide(self, script: &mut Script) -> Option<&'static str> {
        let id = self.region_id()?;
        if !script.regions.iter().any(|region| &*region.id == id) {
            script.regions.push(self.region(id));
        }
        Some(id)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_numberings_name_the_same_places() {
        let legacy = |n| Alignment::legacy(n).and_then(Alignment::region_id);
        assert_eq!(legacy(1), Some("bottomLeft"));
        assert_eq!(legacy(6), Some("top"));
        assert_eq!(legacy(10), Some("middle"));
        assert_eq!((legacy(2), legacy(4), legacy(12)), (None, None, None));
        assert_eq!(Alignment::numpad(8).and_then(Alignment::region_id), Some("top"));
        assert_eq!(Alignment::numpad(0), None);
    }
}

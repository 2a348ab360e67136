//! Init segments and media segments that are given as files of their own.

use crate::input::Input;
use crate::isobmff::top_level;

/// What the first boxes of an input make it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Part {
    /// `moov` and no media: an init segment.
    Init,
    /// Fragments and no `moov`: a media segment.
    Media,
    /// Anything else.
    Other,
}

/// Boxes that are looked at before an input counts as something else.
const LOOK_AT: usize = 64;

/// What an input is by its first boxes.
pub(crate) fn part(input: &Input) -> Part {
    let mut has_movie = false;
    for header in top_level(input).take(LOOK_AT) {
        let Ok(header) = header else { break };
        match &header.kind.0 {
            b"moov" => has_movie = true,
            b"moof" if has_movie => return Part::Other,
            b"moof" => return Part::Media,
            b"mdat" => return Part::Other,
            b"ftyp" | b"styp" | b"sidx" | b"free" | b"skip" | b"emsg" | b"prft" | b"pssh" | b"uuid"
            | b"meta" => {}
            _ => return Part::Other,
        }
    }
    if has_movie { Part::Init } else { Part::Other }
}

/// Puts each init segment together with the media segments behind it. Other inputs are groups of their own; so is what
/// can't be read: its error comes when it is opened.
pub fn init_groups(inputs: Vec<Input>) -> Vec<Vec<Input>> {
    let mut groups: Vec<(Part, Vec<Input>)> = Vec::new();
    for input in inputs {
        match (part(&input), groups.last_mut()) {
            (Part::Media, Some((Part::Init, group))) => group.push(input),
            (part, _) => groups.push((part, vec![input])),
        }
    }
    groups.into_iter().map(|(_, group)| group).collect()
}

/// Joins each init segment with the media segments behind it to one input, and gives each with the index of its first
/// part. Other inputs stay as they are.
pub fn join_segments(inputs: &[Input]) -> Vec<(usize, Input)> {
    let mut next = 0;
    let join = |mut group: Vec<Input>| {
        let first = next;
        next += group.len();
        (first, if group.len() == 1 { group.swap_remove(0) } else { Input::concat(group) })
    };
    init_groups(inputs.to_vec()).into_iter().map(join).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file(name: &str, kinds: &[&[u8; 4]]) -> Input {
        let bytes = kinds.iter().flat_map(|kind| [&[0, 0, 0, 8], kind.as_slice()].concat()).collect();
        Input::from_bytes(name, bytes)
    }

    #[test]
    fn media_segments_follow_their_init_segment() {
        let inputs = [
            file("a", &[b"ftyp", b"moov"]),
            file("a1", &[b"styp", b"moof", b"mdat"]),
            file("a2", &[b"styp", b"sidx", b"moof", b"mdat"]),
            file("whole", &[b"ftyp", b"moov", b"moof", b"mdat"]),
            file("b1", &[b"moof", b"mdat"]),
            Input::from_bytes("ivf", b"DKIF".to_vec()),
        ];
        let joined = join_segments(&inputs);
        let names: Vec<(usize, &str)> = joined.iter().map(|(first, input)| (*first, input.name())).collect();
        assert_eq!(names, [(0, "a"), (3, "whole"), (4, "b1"), (5, "ivf")]);
        assert_eq!(joined[0].1.len(), inputs[..3].iter().map(Input::len).sum::<u64>());
    }
}

//! Walking the OBUs of a packet by their headers, whatever the framing.

use std::ops::Range;

use super::obu::{ObuHeader, read_leb128};
use crate::demux::Form;
use crate::error::{Error, Result};
use crate::input::Window;

/// An OBU and where it lies.
#[derive(Debug, Clone)]
pub struct LocatedObu {
    /// Its header.
    pub header: ObuHeader,
    /// Offset of the header's first byte.
    pub offset: u64,
    /// The payload's bytes.
    pub payload: Range<u64>,
    /// Number of the OBU in the packet, from 0.
    pub index: u32,
}

/// Gives the OBUs of one packet, in order; payloads are not read. After an error there are no more.
#[derive(Debug)]
pub struct ObuWalk {
    form: Form,
    position: u64,
    end: u64,
    /// Where the current frame unit ends (Annex B only).
    frame_unit_end: u64,
    index: u32,
}

impl ObuWalk {
    /// Walks the packet at `range`.
    pub fn new(form: Form, range: Range<u64>) -> Self {
        ObuWalk { form, position: range.start, end: range.end, frame_unit_end: range.start, index: 0 }
    }

    /// The next OBU, none at the packet's end.
    ///
    /// # Errors
    /// `Format` at the offset where a header or a size is broken or runs out of its packet; `Io` where reading fails.
    pub fn next(&mut self, window: &mut Window) -> Result<Option<LocatedObu>> {
        if self.position >= self.end {
            return Ok(None);
        }
        let index = self.index;
        let found = self.locate(window).map_err(|e| e.at(self.position).within(format_args!("OBU {index}")));
        match &found {
            Ok(found) => {
                self.position = found.as_ref().map_or(self.end, |obu| obu.1);
                self.index += 1;
            }
            Err(_) => self.position = self.end,
        }
        Ok(found?.map(|(obu, _)| obu))
    }

    /// The next OBU and the offset behind it.
    fn locate(&mut self, window: &mut Window) -> Result<Option<(LocatedObu, u64)>> {
        let mut offset = self.position;
        let mut end = self.end;
        if self.form == Form::AnnexBTemporalUnit {
            while offset == self.frame_unit_end {
                if offset == self.end {
                    return Ok(None);
                }
                let (size, start) = length(window, offset, self.end, "frame_unit_size")?;
                self.frame_unit_end = start + size;
                offset = start;
            }
            let (size, start) = length(window, offset, self.frame_unit_end, "obu_length")?;
            offset = start;
            end = start + size;
        }
        let available = (end - offset).min(ObuHeader::MAX_LEN as u64) as usize;
        let header = ObuHeader::parse(window.at_most(offset, available)?).map_err(|e| e.at(offset))?;
        let start = offset + header.len() as u64;
        let left =
            end.checked_sub(start).ok_or_else(|| Error::format("the OBU header runs out of its packet"))?;
        let size = match header.payload_size {
            Some(size) if size > left => {
                return Err(Error::format(format!("obu_size is {size}, its packet has {left} bytes left"))
                    .at(offset)
                    .clause("AV1 § 5.3.1"));
            }
            Some(size) => size,
            None => left,
        };
        let next = if self.form == Form::AnnexBTemporalUnit { end } else { start + size };
        let obu = LocatedObu { header, offset, payload: start..start + size, index: self.index };
        Ok(Some((obu, next)))
    }
}

/// An Annex B length at `offset`, and the offset behind it; what it measures must end by `end`.
fn length(window: &mut Window, offset: u64, end: u64, name: &str) -> Result<(u64, u64)> {
    let bytes = window.at_most(offset, (end - offset).min(8) as usize)?;
    let (size, len) = read_leb128(bytes).map_err(|e| e.at(offset))?;
    let start = offset + len as u64;
    if size > end - start {
        return Err(Error::format(format!("{name} is {size}, {} bytes are left", end - start))
            .at(offset)
            .clause("AV1 Annex B"));
    }
    Ok((size, start))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::av1::ObuType;
    use crate::input::Input;

    fn walk(form: Form, bytes: &[u8]) -> Result<Vec<(ObuType, Range<u64>)>> {
        let mut window = Input::from_bytes("x", bytes.to_vec()).window();
        let mut walk = ObuWalk::new(form, 0..bytes.len() as u64);
        let mut found = Vec::new();
        while let Some(obu) = walk.next(&mut window)? {
            found.push((obu.header.kind, obu.payload));
        }
        assert!(walk.next(&mut window)?.is_none());
        Ok(found)
    }

    #[test]
    fn low_overhead_obus_have_sizes_but_the_last() {
        let found = walk(Form::LowOverhead, &[0x12, 0, 0x7a, 2, 1, 2, 0x78, 9, 9]).unwrap();
        assert_eq!(
            found,
            [(ObuType::TemporalDelimiter, 2..2), (ObuType::Padding, 4..6), (ObuType::Padding, 7..9)]
        );
        let error = walk(Form::LowOverhead, &[0x12, 0, 0x7a, 3, 1, 2]).unwrap_err();
        assert_eq!(error.offset(), Some(2));
    }

    #[test]
    fn annex_b_obus_are_unwrapped() {
        // Two frame units: a delimiter without size field and a padding OBU with one; an empty unit between them.
        let bytes = [2, 1, 0x10, 0, 5, 4, 0x7a, 2, 1, 2];
        let found = walk(Form::AnnexBTemporalUnit, &bytes).unwrap();
        assert_eq!(found, [(ObuType::TemporalDelimiter, 3..3), (ObuType::Padding, 8..10)]);
        assert!(walk(Form::AnnexBTemporalUnit, &[2, 3, 0x10]).is_err());
        assert!(walk(Form::AnnexBTemporalUnit, &[9, 1]).is_err());
    }
}

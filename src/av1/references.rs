//! The eight reference slots, and what headers derive from them.

use super::event::never_decoded;
use super::frame::FrameHeader;
use super::sequence::SequenceHeader;
use crate::error::Result;

/// `NUM_REF_FRAMES`.
pub(super) const NUM_REF_FRAMES: usize = 8;
/// `REFS_PER_FRAME`.
pub(super) const REFS_PER_FRAME: usize = 7;

const EMPTY: u8 = u8::MAX;

/// The state of AV1 § 7.20 that headers depend on.
///
/// Slots name frames of a pool, so that storing one frame in all slots copies nothing. The pool has one more entry
/// than there are slots: one is always free for the frame being decoded.
#[derive(Debug, Clone)]
pub(super) struct References {
    pool: [FrameHeader; NUM_REF_FRAMES + 1],
    /// The entry of the frame decoded last, or being decoded.
    current: u8,
    slots: [u8; NUM_REF_FRAMES],
    /// `RefOrderHint`. An empty slot may have one: error-resilient frames say which one they expect.
    order_hints: [u8; NUM_REF_FRAMES],
    /// The slots with an order hint.
    hinted: u8,
    /// `RefValid`.
    valid: u8,
}

impl References {
    pub(super) fn new() -> Self {
        References {
            pool: [FrameHeader::default(); NUM_REF_FRAMES + 1],
            current: 0,
            slots: [EMPTY; NUM_REF_FRAMES],
            order_hints: [0; NUM_REF_FRAMES],
            hinted: 0,
            valid: 0,
        }
    }

    /// The frame in a slot below 8.
    pub(super) fn frame(&self, slot: usize) -> Option<&FrameHeader> {
        self.pool.get(usize::from(self.slots[slot]))
    }

    /// The order hint of a slot below 8.
    pub(super) fn order_hint(&self, slot: usize) -> Option<u8> {
        (self.hinted >> slot & 1 != 0).then_some(self.order_hints[slot])
    }

    /// Whether a slot below 8 holds a frame that may be referred to.
    pub(super) fn is_valid(&self, slot: usize) -> bool {
        self.slots[slot] != EMPTY && self.valid >> slot & 1 != 0
    }

    /// The frame decoded last, or being decoded.
    pub(super) fn current(&self) -> &FrameHeader {
        &self.pool[usize::from(self.current)]
    }

    /// Makes `frame` the current one, in an entry that no slot names.
    pub(super) fn set_current(&mut self, frame: &FrameHeader) {
        let used =
            self.slots.iter().filter(|&&slot| slot != EMPTY).fold(0u16, |used, &slot| used | 1 << slot);
        self.current = used.trailing_ones() as u8;
        self.pool[usize::from(self.current)] = *frame;
    }

    /// Reference frame update process, AV1 § 7.20: stores the current frame.
    pub(super) fn update(&mut self, refresh_frame_flags: u8) {
        let order_hint = self.current().order_hint;
        for i in 0..NUM_REF_FRAMES {
            if refresh_frame_flags >> i & 1 != 0 {
                self.slots[i] = self.current;
                self.order_hints[i] = order_hint;
            }
        }
        self.hinted |= refresh_frame_flags;
        self.valid |= refresh_frame_flags;
    }

    /// Reference frame loading process, AV1 § 7.21, and the update of all slots that follows it where a key frame
    /// is shown.
    pub(super) fn show_key_frame(&mut self, slot: usize) {
        self.current = self.slots[slot];
        self.update(0xff);
    }

    /// Empties slots, slot i in bit i.
    pub(super) fn clear(&mut self, slots: u8) {
        for i in 0..NUM_REF_FRAMES {
            if slots >> i & 1 != 0 {
                self.slots[i] = EMPTY;
            }
        }
        self.hinted &= !slots;
        self.valid &= !slots;
    }

    /// What a frame says the order hint of a slot is. Where another frame is there, the right one was lost.
    pub(super) fn expect_order_hint(&mut self, slot: usize, ref_order_hint: u8) {
        if self.order_hint(slot) != Some(ref_order_hint) {
            self.clear(1 << slot);
            self.order_hints[slot] = ref_order_hint;
            self.hinted |= 1 << slot;
        }
    }

    /// `mark_ref_frames()`, AV1 § 5.9.4.
    pub(super) fn mark(&mut self, seq: &SequenceHeader, current_frame_id: u32) {
        let diff = 1u32 << (u32::from(seq.delta_frame_id_length_minus_2) + 2);
        let modulus = 1u32 << seq.id_len();
        for i in 0..NUM_REF_FRAMES {
            let Some(frame) = self.frame(i) else { continue };
            let id = frame.current_frame_id;
            let invalid = if current_frame_id > diff {
                id > current_frame_id || id < current_frame_id - diff
            } else {
                id > current_frame_id && id < modulus + current_frame_id - diff
            };
            if invalid {
                self.valid &= !(1 << i);
            }
        }
    }

    /// Set frame refs process, AV1 § 7.8: the seven references from two and the order hints.
    ///
    /// # Errors
    /// `Format` where a slot has no order hint: each of them decides.
    pub(super) fn set_frame_refs(
        &self,
        seq: &SequenceHeader,
        order_hint: u8,
        last_frame_idx: u8,
        gold_frame_idx: u8,
    ) -> Result<[u8; REFS_PER_FRAME]> {
        const LAST: usize = 0;
        const LAST2: usize = 1;
        const LAST3: usize = 2;
        const GOLDEN: usize = 3;
        const BWDREF: usize = 4;
        const ALTREF2: usize = 5;
        const ALTREF: usize = 6;

        // Distances from the current frame: the specification's shiftedOrderHints less curFrameHint.
        let mut distances = [0; NUM_REF_FRAMES];
        for (slot, distance) in distances.iter_mut().enumerate() {
            let hint = self.order_hint(slot).ok_or_else(|| never_decoded(slot))?;
            *distance = seq.relative_dist(hint, order_hint);
        }
        let mut refs = [None; REFS_PER_FRAME];
        refs[LAST] = Some(last_frame_idx);
        refs[GOLDEN] = Some(gold_frame_idx);
        let mut used = 1u8 << last_frame_idx | 1 << gold_frame_idx;
        let find = |used: u8, wanted: &dyn Fn(i32) -> bool, better: &dyn Fn(i32, i32) -> bool| {
            let mut found: Option<usize> = None;
            for (i, &distance) in distances.iter().enumerate() {
                if used >> i & 1 == 0
                    && wanted(distance)
                    && found.is_none_or(|f| better(distance, distances[f]))
                {
                    found = Some(i);
                }
            }
            found.map(|i| i as u8)
        };
        let backward = |distance: i32| distance >= 0;
        let forward = |distance: i32| distance < 0;
        let latest = |distance: i32, best: i32| distance >= best;
        let earliest = |distance: i32, best: i32| distance < best;

        refs[ALTREF] = find(used, &backward, &latest);
        used |= refs[ALTREF].map_or(0, |slot| 1 << slot);
        for name in [BWDREF, ALTREF2] {
            refs[name] = find(used, &backward, &earliest);
            used |= refs[name].map_or(0, |slot| 1 << slot);
        }
        for name in [LAST2, LAST3, BWDREF, ALTREF2, ALTREF] {
            if refs[name].is_none() {
                refs[name] = find(used, &forward, &latest);
                used |= refs[name].map_or(0, |slot| 1 << slot);
            }
        }
        let rest = find(0, &|_| true, &earliest).unwrap_or(0);
        Ok(refs.map(|slot| slot.unwrap_or(rest)))
    }

    /// `skipModeAllowed` of `skip_mode_params()`, AV1 § 5.9.22, for an inter frame with `reference_select` and
    /// order hints.
    ///
    /// # Errors
    /// `Format` where a reference has no order hint.
    pub(super) fn skip_mode_allowed(&self, seq: &SequenceHeader, frame: &FrameHeader) -> Result<bool> {
        let mut hints = [0; REFS_PER_FRAME];
        for (hint, slot) in hints.iter_mut().zip(frame.ref_frame_idx) {
            *hint = self.order_hint(slot.into()).ok_or_else(|| never_decoded(slot.into()))?;
        }
        let mut forward_hint: Option<u8> = None;
        let mut backward = false;
        for hint in hints {
            let distance = seq.relative_dist(hint, frame.order_hint);
            backward |= distance > 0;
            if distance < 0 && forward_hint.is_none_or(|best| seq.relative_dist(hint, best) > 0) {
                forward_hint = Some(hint);
            }
        }
        Ok(match forward_hint {
            None => false,
            Some(_) if backward => true,
            // A second forward reference before the closest one.
            Some(best) => hints.iter().any(|&hint| seq.relative_dist(hint, best) < 0),
        })
    }
}

//! Which frames the reference slots hold, and which of them come from earlier temporal units.

use crate::av1::FrameEvent;

/// The eight reference slots, by the decode ordinals of their frames.
#[derive(Debug, Default)]
pub(super) struct References {
    slots: [Option<u64>; 8],
    /// Ordinals below belong to earlier temporal units.
    unit_start: u64,
    next: u64,
}

impl References {
    /// A temporal unit begins.
    pub(super) fn start_unit(&mut self) {
        self.unit_start = self.next;
    }

    /// Whether a frame needs one of an earlier temporal unit: as a reference, for its contexts, or to show it.
    pub(super) fn reach_earlier_units(&self, frame: &FrameEvent) -> bool {
        if frame.show_existing_frame {
            return frame.serial < self.unit_start;
        }
        frame.references.iter().flatten().any(|&serial| serial < self.unit_start)
    }

    /// The reference update that the frame causes.
    pub(super) fn update(&mut self, frame: &FrameEvent) {
        if !frame.show_existing_frame {
            self.next = self.next.max(frame.serial.saturating_add(1));
        }
        for (slot, holder) in self.slots.iter_mut().enumerate() {
            if frame.refresh_frame_flags >> slot & 1 == 1 {
                *holder = Some(frame.serial);
            }
        }
    }

    /// Whether a slot still holds the frame.
    pub(super) fn hold(&self, serial: u64) -> bool {
        self.slots.contains(&Some(serial))
    }
}

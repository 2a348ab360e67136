//! Sample groups: which descriptions a sample has.

use std::sync::Arc;

use crate::inspect::sample::Membership;
use crate::isobmff::boxes::{GroupEntry, Sbgp, SbgpEntry, Sgpd};
use crate::isobmff::{FourCC, Reader, Table};

/// Boxes of one kind in one container beyond which more are left out.
const BOXES_LIMIT: usize = 64;

/// From here on an index names a description in the same track fragment.
const LOCAL: u32 = 0x10000;

/// The descriptions of one `sgpd`.
#[derive(Debug, Clone)]
pub(super) struct Descriptions {
    grouping_type: FourCC,
    default_index: Option<u32>,
    entries: Vec<Arc<GroupEntry>>,
}

/// Reads all `sgpd` of an `stbl` or `traf`. What is broken is left out: `--boxes` tells.
pub(super) fn descriptions(r: &Reader<'_>) -> Vec<Descriptions> {
    let found = r.boxes().map_while(Result::ok).filter(|child| child.kind() == b"sgpd");
    let read = found.filter_map(|child| child.parse::<Sgpd>().ok()).take(BOXES_LIMIT);
    read.map(|sgpd| Descriptions {
        grouping_type: sgpd.grouping_type,
        default_index: sgpd.default_group_description_index,
        entries: sgpd.entries.into_iter().map(Arc::new).collect(),
    })
    .collect()
}

/// The groups of the samples of an `stbl` or `traf`, in order.
#[derive(Debug)]
pub(super) struct Groups<'a> {
    movie: &'a [Descriptions],
    local: &'a [Descriptions],
    maps: Vec<Map<'a>>,
}

#[derive(Debug)]
struct Map<'a> {
    grouping_type: FourCC,
    parameter: Option<u32>,
    runs: Table<'a, SbgpEntry>,
    next: usize,
    left: u32,
    index: u32,
}

impl Map<'_> {
    fn next(&mut self) -> Option<u32> {
        while self.left == 0 {
            let run = self.runs.get(self.next)?;
            self.next += 1;
            (self.left, self.index) = (run.sample_count, run.group_description_index);
        }
        self.left -= 1;
        Some(self.index)
    }
}

impl<'a> Groups<'a> {
    /// Reads all `sbgp` of an `stbl` or `traf`, whose descriptions are given: those of the movie, and its own where
    /// it is a `traf`.
    pub fn read(r: &Reader<'a>, movie: &'a [Descriptions], local: &'a [Descriptions]) -> Self {
        let found = r.boxes().map_while(Result::ok).filter(|child| child.kind() == b"sbgp");
        let read = found.filter_map(|child| child.parse::<Sbgp<'a>>().ok()).take(BOXES_LIMIT);
        let maps = read
            .map(|sbgp| Map {
                grouping_type: sbgp.grouping_type,
                parameter: sbgp.grouping_type_parameter,
                runs: sbgp.entries,
                next: 0,
                left: 0,
                index: 0,
            })
            .collect();
        Groups { movie, local, maps }
    }

    /// The groups of the next sample.
    pub fn next(&mut self, out: &mut Vec<Membership>) {
        out.clear();
        for map in &mut self.maps {
            if let Some(index @ 1..) = map.next() {
                let list = if index > LOCAL { self.local } else { self.movie };
                out.push(Membership {
                    grouping_type: map.grouping_type,
                    parameter: map.parameter,
                    index,
                    entry: description(list, map.grouping_type, index & 0xffff),
                });
            }
        }
        for descriptions in self.local.iter().chain(self.movie) {
            let grouping_type = descriptions.grouping_type;
            if let Some(index @ 1..) = descriptions.default_index
                && self.maps.iter().all(|map| map.grouping_type != grouping_type)
            {
                let entry = descriptions.entries.get(index as usize - 1).cloned();
                out.push(Membership { grouping_type, parameter: None, index, entry });
            }
        }
    }
}

fn description(list: &[Descriptions], grouping_type: FourCC, index: u32) -> Option<Arc<GroupEntry>> {
    let found = list.iter().find(|d| d.grouping_type == grouping_type)?;
    found.entries.get((index as usize).checked_sub(1)?).cloned()
}

//! How a track is encrypted while it is written.

use std::sync::Arc;

use crate::cenc::{Iv, IvSequence, SampleCipher, Scheme, Tenc};
use crate::error::Result;

/// Everything that encrypting one track needs.
#[derive(Debug, Clone)]
pub struct Protection {
    /// The key, made ready.
    pub cipher: SampleCipher,
    /// The defaults of the track.
    pub tenc: Tenc,
    /// Where per-sample IVs come from; none where the IV is constant.
    pub ivs: Option<IvSequence>,
    /// `pssh` boxes, whole, for the header.
    pub pssh: Option<Vec<u8>>,
}

impl Protection {
    /// The scheme.
    pub fn scheme(&self) -> Scheme {
        self.cipher.scheme()
    }
}

/// The IVs of a chunk's samples.
#[derive(Debug, Clone)]
pub(super) enum ChunkIvs {
    Constant([u8; 16]),
    /// By sample of the chunk, from its first.
    PerSample(Arc<[Iv]>),
}

impl ChunkIvs {
    /// Takes the next IVs for samples with these numbers of protected bytes.
    pub(super) fn take(protection: &mut Protection, protected: impl Iterator<Item = u64>) -> Result<Self> {
        match (&mut protection.ivs, &protection.tenc.default_constant_iv) {
            (Some(sequence), _) => {
                let ivs = protected.map(|bytes| sequence.next_iv(bytes)).collect::<Result<Vec<_>>>()?;
                Ok(ChunkIvs::PerSample(ivs.into()))
            }
            (None, iv) => Ok(ChunkIvs::Constant(iv.map_or([0; 16], |iv| iv.block()))),
        }
    }

    /// What `senc` holds for the sample.
    pub(super) fn stored(&self, index: usize) -> &[u8] {
        match self {
            ChunkIvs::Constant(_) => &[],
            ChunkIvs::PerSample(ivs) => ivs[index].as_bytes(),
        }
    }

    /// What the cipher starts with for the sample.
    pub(super) fn block(&self, index: usize) -> [u8; 16] {
        match self {
            ChunkIvs::Constant(block) => *block,
            ChunkIvs::PerSample(ivs) => ivs[index].block(),
        }
    }
}

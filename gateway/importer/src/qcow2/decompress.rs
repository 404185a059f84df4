//! Compressed clusters.

use std::fmt;
use std::io::Read;

use miniz_oxide::inflate::TINFLStatus;
use miniz_oxide::inflate::core::{DecompressorOxide, decompress, inflate_flags};
use ruzstd::decoding::{FrameDecoder, StreamingDecoder};

use super::{Compression, Malformed};
use crate::{Fault, Source};

/// The largest window that a Zstandard frame may ask for, in bytes. QEMU compresses at the
/// default level, whose window is 2 MiB; no cluster has more.
const MOST_WINDOW: u64 = 8 << 20;

/// Decompresses one cluster after another.
pub struct Decompressor {
    compression: Compression,
    cluster_size: usize,
    /// Both are allocated when the first compressed cluster is found.
    compressed: Vec<u8>,
    cluster: Vec<u8>,
    deflate: Box<DecompressorOxide>,
    zstd: FrameDecoder,
}

impl fmt::Debug for Decompressor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Decompressor({:?})", self.compression)
    }
}

impl Decompressor {
    /// For clusters of 2 to the power of `cluster_bits` bytes, at most 21.
    #[must_use]
    pub fn new(compression: Compression, cluster_bits: u32) -> Self {
        let mut zstd = FrameDecoder::new();
        zstd.set_max_window_size(MOST_WINDOW);
        Self {
            compression,
            cluster_size: 1 << cluster_bits.min(21),
            compressed: Vec::new(),
            cluster: Vec::new(),
            deflate: Box::default(),
            zstd,
        }
    }

    /// The cluster that the bytes at `offset` of `source` decompress to. Fewer than `length` may
    /// be needed: the number is one of whole sectors.
    ///
    /// # Errors
    /// [`Malformed::Compressed`] if they are not a whole cluster; what reading says.
    pub fn cluster(
        &mut self,
        source: &impl Source,
        offset: u64,
        length: u64,
    ) -> Result<&[u8], Fault> {
        // An entry cannot say more than this.
        let most = self.cluster_size.saturating_mul(2);
        let length = usize::try_from(length).map_or(most, |length| length.min(most));
        self.compressed.resize(length, 0);
        self.cluster.resize(self.cluster_size, 0);
        let read = source.read(offset, &mut self.compressed);
        read.map_err(Fault::file("reading the image's data"))?;
        let whole = match self.compression {
            Compression::Deflate => self.inflate(),
            Compression::Zstd => self.unzstd(),
        };
        if whole {
            Ok(&self.cluster)
        } else {
            Err(Malformed::Compressed { offset }.into())
        }
    }

    /// "The compressed data is a raw deflate stream": whether it fills the cluster.
    fn inflate(&mut self) -> bool {
        self.deflate.init();
        let flags = inflate_flags::TINFL_FLAG_USING_NON_WRAPPING_OUTPUT_BUF;
        let (compressed, cluster) = (&self.compressed, &mut self.cluster);
        let (status, _, written) = decompress(&mut self.deflate, compressed, cluster, 0, flags);
        let ended = matches!(status, TINFLStatus::Done | TINFLStatus::HasMoreOutput);
        ended && written == self.cluster_size
    }

    /// Whether the frames fill the cluster. What comes behind is the rest of a sector.
    fn unzstd(&mut self) -> bool {
        let mut rest = self.compressed.as_slice();
        let mut filled = 0;
        while filled < self.cluster_size {
            let Ok(mut frame) = StreamingDecoder::new_with_decoder(&mut rest, &mut self.zstd)
            else {
                return false;
            };
            let before = filled;
            while let Some(room @ [_, ..]) = self.cluster.get_mut(filled..) {
                match frame.read(room) {
                    Ok(0) => break,
                    Ok(count) => filled = filled.saturating_add(count),
                    Err(_) => return false,
                }
            }
            if filled == before {
                // A frame with nothing in it could be followed by any number of them.
                return false;
            }
        }
        true
    }
}

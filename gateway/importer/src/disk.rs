//! From a qcow2 image to a disk.

use labelgate_control::ImportPhase;

use crate::qcow2::{Content, Piece, Pieces};
use crate::target::Target;
use crate::{Fault, Report, Source};

/// How much is copied at once: pieces that lie behind each other are copied together.
const RUN: usize = 1 << 20;

/// Writes the active state of a qcow2 image to a target and gives the disk's size.
///
/// # Errors
/// All of [`Fault`].
pub fn write_qcow2<S: Source>(
    source: S,
    target: &mut Target,
    report: &mut impl Report,
) -> Result<u64, Fault> {
    let mut pieces = Pieces::new(source)?;
    let size = pieces.header().size;
    target.check_size(size)?;
    let mut copy = Copy {
        room: vec![0; RUN].into_boxed_slice(),
        run: None,
    };
    while !pieces.is_done() {
        match pieces.step()? {
            None => {}
            Some(piece) => copy.piece(&mut pieces, piece, target)?,
        }
        report.progress(ImportPhase::Writing, pieces.done(), Some(size))?;
    }
    copy.flush(&pieces, target)?;
    Ok(size)
}

/// Copies plain pieces in runs.
struct Copy {
    room: Box<[u8]>,
    /// Pieces that lie behind each other on the disk and in the file: at, offset, length.
    run: Option<(u64, u64, u64)>,
}

impl Copy {
    fn piece<S: Source>(
        &mut self,
        pieces: &mut Pieces<S>,
        piece: Piece,
        target: &mut Target,
    ) -> Result<(), Fault> {
        match piece.content {
            Content::Plain(offset) => self.plain(pieces, piece, offset, target),
            Content::Compressed { offset, length } => {
                let cluster = pieces.decompress(offset, length)?;
                let length = usize::try_from(piece.length).unwrap_or(usize::MAX);
                let bytes = cluster.get(..length.min(cluster.len()));
                target.write(piece.at, bytes.unwrap_or_default())
            }
        }
    }

    fn plain<S: Source>(
        &mut self,
        pieces: &Pieces<S>,
        piece: Piece,
        offset: u64,
        target: &mut Target,
    ) -> Result<(), Fault> {
        if let Some((at, from, length)) = &mut self.run
            && at.saturating_add(*length) == piece.at
            && from.saturating_add(*length) == offset
            && *length < RUN as u64
        {
            *length = length.saturating_add(piece.length);
            return Ok(());
        }
        self.flush(pieces, target)?;
        self.run = Some((piece.at, offset, piece.length));
        Ok(())
    }

    /// Copies the run.
    fn flush<S: Source>(&mut self, pieces: &Pieces<S>, target: &mut Target) -> Result<(), Fault> {
        let Some((mut at, mut offset, mut left)) = self.run.take() else {
            return Ok(());
        };
        while left > 0 {
            let length = usize::try_from(left).map_or(RUN, |left| left.min(RUN));
            let room = self.room.get_mut(..length).unwrap_or_default();
            pieces.read(offset, room)?;
            target.write(at, room)?;
            let length = length as u64;
            (at, offset) = (at.saturating_add(length), offset.saturating_add(length));
            left = left.saturating_sub(length);
        }
        Ok(())
    }
}

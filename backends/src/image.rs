//! What every kind of image offers a worker.

use labelgate_engine::{Geometry, Operation};

use crate::{Held, Step};

/// An image of the worker's label, whatever its store.
///
/// Every operation that was started ends in exactly one [`Step::Done`]. Operations of one image
/// may overlap; nothing is promised about their order.
pub trait Image {
    /// What it asks others for, because it takes time.
    type Request;
    /// What comes of that.
    type Answer;

    /// Its shape now.
    fn geometry(&self) -> Geometry;

    /// Takes an operation as far as it goes without waiting.
    fn start(&mut self, operation: Operation) -> Step<Self::Request>;

    /// Takes a request back once it has been done, with what has come of it.
    fn resume(&mut self, request: Self::Request, answer: Self::Answer) -> Step<Self::Request>;

    /// Looks again at an operation that was put aside. To be called for each [`Held`] of this
    /// image, oldest first, after every [`Image::resume`] of this image.
    fn release(&mut self, held: Held) -> Step<Self::Request>;

    /// Whether a flush has failed: see
    /// [`ImageError::Poisoned`](labelgate_engine::ImageError::Poisoned).
    fn poisoned(&self) -> bool;
}

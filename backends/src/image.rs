//! What every kind of image offers a worker.

use std::io;

use labelgate_engine::{Geometry, ImageError, Operation};

use crate::{Held, Request, Step};

/// An image of the worker's label, whatever its store.
///
/// Every operation that was started ends in exactly one [`Step::Done`]. Operations of one image
/// may overlap; nothing is promised about their order.
pub trait Image {
    /// Its shape now.
    fn geometry(&self) -> Geometry;

    /// Takes an operation as far as it goes without waiting.
    fn start(&mut self, operation: Operation) -> Step;

    /// Takes a request back once its system call has ended, with what the call returned: a count
    /// of bytes (zero for calls that count nothing) or its error.
    fn resume(&mut self, request: Request, result: io::Result<usize>) -> Step;

    /// Looks again at an operation that was put aside. The driver calls it for each [`Held`] of
    /// this image, oldest first, after every [`Image::resume`] of this image.
    fn release(&mut self, held: Held) -> Step;

    /// Looks whether the size has changed on the store; the new shape if so.
    ///
    /// # Errors
    /// The store does not say, or the image may no longer be reached.
    fn refresh(&mut self) -> Result<Option<Geometry>, ImageError>;

    /// Whether a flush has failed: see [`ImageError::Poisoned`].
    fn poisoned(&self) -> bool;
}

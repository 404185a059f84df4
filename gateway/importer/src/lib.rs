//! labelgate-importer: fills one image, confined to the label of that image.
//!
//! labelgated starts it once for each import and gives it three descriptors: the file to fill,
//! the pipe or file that the image comes from, and a file to put a stream into that has to be read
//! at any place. It opens nothing itself, and its confinement forbids it to. What comes out of it
//! is believed for nothing: the supervisor looks at the file, and gives it a name.
//!
//! * [`qcow2`] reads that format; [`Stream`] tells formats apart and takes raw disks in;
//!   [`duplicate`] copies an image; [`write_qcow2`] unpacks one.
//! * [`Target`] is the file that is filled, [`Report`] is who is told how far it has come, and
//!   [`run`] is the process.
//!
//! Why the reader of qcow2 is our own: the crate imago takes no notice of the encryption of an
//! image and would take ciphertext for a disk, gives zeros for what is missing from a file that
//! was cut off, and knows neither zstd nor subclusters. Reading a disk once, forwards, needs none
//! of what makes up most of it (writing, caches, other files).

#![forbid(unsafe_code)]

mod disk;
mod duplicate;
mod fault;
pub mod qcow2;
mod report;
mod run;
mod source;
mod stream;
mod target;

pub use disk::write_qcow2;
pub use duplicate::duplicate;
pub use fault::Fault;
pub use report::{Report, ToSupervisor};
pub use run::run;
pub use source::{Source, SourceFile};
pub use stream::Stream;
pub use target::{GRAIN, Limits, Target};

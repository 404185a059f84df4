//! Images: what a worker's operations become on a store.
//!
//! An image never blocks the worker's thread for long. [`Image::start`] either answers at once,
//! because the kernel could ([`Step::Done`]), or asks the driver to run one system call
//! asynchronously ([`Step::System`]), or puts the operation aside until another one of the same
//! image has ended ([`Step::Held`]).
//!
//! A [`Tree`](tree::Tree) is a directory of the label's own, for clients that make files themselves.

#![forbid(unsafe_code)]

mod file;
mod image;
mod request;
pub mod tree;

pub use file::{FileImage, FileOptions, OpenError, ResizeError, Strategy, Way};
pub use image::Image;
pub use request::{Held, Request, Step, SystemCall};

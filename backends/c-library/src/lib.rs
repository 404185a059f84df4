//! How a library of C's is declared here: once, for the compiler, for the loader, and for the test
//! that compares it with the headers.
//!
//! Nothing is linked: a program that declares a library starts without it, and finds it with
//! [`open`] when it is asked for, or says what to install. [`drift`] writes the C program that
//! compiles if, and only if, all that is declared is what the installed headers say.

mod declare;
pub mod drift;
mod load;

pub use declare::{Callback, Constant, Field, Prototype, Structure};
pub use libloading::os::unix::Library;
pub use load::{Kin, LoadError, open, symbol};

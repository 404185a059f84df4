//! Images that are no files here: a backend keeps them, and keepers hold them for workers.
//!
//! A keeper is a process of one label and one store. It opens what anchors lead to, with keys that
//! let it at its label's images alone; a keysmith, of which each store has one, makes these keys and
//! takes them back. The supervisor holds no connection to any backend and is linked with no library
//! of one.

mod access;
mod anchor;
mod child;
mod counts;
mod forge;
mod keeper;
mod keysmith;
mod keysmith_snapshots;
mod keysmith_words;
mod keysmiths;
mod memory;
mod names;
mod relatives;
mod target;
mod traces;
mod withheld;

pub use access::{AccessError, Anchored, Gate, on_volume, place};
pub use anchor::Anchors;
pub use child::Start;
pub use counts::Counts;
pub use forge::Forge;
pub use keeper::{Keeper, News, What};
pub use keysmith::{Entity, Instance, Keysmith, KeysmithError};
pub use keysmiths::Keysmiths;
pub use memory::{bell, shared_memory};
pub use names::{Names, is_of_a_label};
pub use relatives::Kinship;
pub use traces::Traces;
pub use withheld::Withheld;

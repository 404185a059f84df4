//! Which label's worker serves a connection, and which label's images and trees a worker is given.
//!
//! Where SELinux enforces labels, none of it has to be believed: the kernel refuses a worker a
//! labelled connection, an image or a tree of another label, whoever hands it over. That can be
//! shown only with an assignment that is wrong.

use std::fmt::Debug;

use labelgate_mac::Label;

/// Who serves whom with what.
pub trait Assignment: Debug + Send + Sync {
    /// The label whose worker is handed the connections of clients of this label.
    fn worker_of(&self, label: &Label) -> Label;

    /// The label whose images this label's worker is handed.
    fn images_of(&self, label: &Label) -> Label;

    /// The label whose tree in a store this label's worker is handed.
    fn tree_of(&self, label: &Label, store: &str) -> Label;
}

/// Everybody has his own.
#[derive(Debug, Clone, Copy)]
pub struct Own;

impl Assignment for Own {
    fn worker_of(&self, label: &Label) -> Label {
        label.clone()
    }

    fn images_of(&self, label: &Label) -> Label {
        label.clone()
    }

    fn tree_of(&self, label: &Label, _: &str) -> Label {
        label.clone()
    }
}

//! What handles call the trees of a label.

/// What a handle calls the label's tree in the store of this name. It is the same for ever, and what
/// else a store of that name has, whoever adds one knows.
#[must_use]
pub fn tree_of_store(name: &str) -> u32 {
    let [a, b, c, d, ..] = *blake3::hash(name.as_bytes()).as_bytes();
    u32::from_be_bytes([a, b, c, d])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_store_keeps_its_number() {
        assert_eq!(tree_of_store("vms"), tree_of_store("vms"));
        assert_ne!(tree_of_store("vms"), tree_of_store("vms2"));
    }
}

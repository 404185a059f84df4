//! What a volume of Gluster's is found by.

use super::backend_text::{BackendNameError, Rule, backend_text};

/// The longest list of servers, in bytes.
const LONGEST_SERVERS: usize = 1024;

/// The longest name of a volume, or of a directory or a file in it, in bytes.
const LONGEST_NAME: usize = 96;

const SERVERS: Rule = Rule {
    what: "the list of servers",
    limit: LONGEST_SERVERS,
    punctuation: ".:,[]-_",
    allowed: "addresses or names, such as 10.0.0.1,10.0.0.2:24007 or [fd00::1]",
};

const VOLUME: Rule = Rule {
    what: "the volume's name",
    limit: LONGEST_NAME,
    punctuation: "-_",
    allowed: "letters, digits, dashes and underscores",
};

const PART: Rule = Rule {
    what: "the image's name on its volume",
    limit: LONGEST_NAME,
    punctuation: "-_.",
    allowed: "letters, digits, dashes, underscores and dots, with none of these first; write it as \
              IMAGE or DIRECTORY/IMAGE",
};

backend_text! {
    /// Where a volume's servers are: whichever is up tells where its bricks are.
    Servers, SERVERS, |text| text
}

backend_text! {
    /// The name of a volume.
    VolumeName, VOLUME, |text| text
}

backend_text! {
    /// A directory in the root of a volume, beneath which a store's images are.
    VolumeDirectory, Directory, |text| text.trim_matches('/')
}

/// What a directory is called.
struct Directory;

impl Directory {
    fn check(&self, text: &str) -> Result<(), BackendNameError> {
        check_part(text)
    }
}

/// Whether a text is where an image is beneath its store's directory: `IMAGE`, or `DIRECTORY/IMAGE`.
/// None of it begins with a dot: such names lead out of it, or are Gluster's own.
///
/// # Errors
/// Which part of it is no name.
pub fn check_on_volume(text: &str) -> Result<(), BackendNameError> {
    match text.split_once('/') {
        Some((directory, image)) => {
            check_part(directory)?;
            check_part(image)
        }
        None => check_part(text),
    }
}

fn check_part(text: &str) -> Result<(), BackendNameError> {
    PART.check(text)?;
    match text.strip_prefix('.') {
        None => Ok(()),
        Some(_) => Err(BackendNameError::Character {
            what: PART.what,
            character: '.',
            allowed: PART.allowed,
        }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn servers_are_addresses_and_names() {
        for right in ["10.0.0.1", "gluster-1,gluster-2:24008", "[fd00::1]:24007"] {
            assert!(right.parse::<Servers>().is_ok(), "{right}");
        }
        for wrong in ["", "a b", "a\nb", "a;b", "a/b", &"1".repeat(1025)] {
            assert!(wrong.parse::<Servers>().is_err(), "{wrong:?}");
        }
    }

    #[test]
    fn nothing_on_a_volume_leads_out_of_its_directory() {
        for right in ["web-1", "web-1.img", "vms/web-1", "a/b.c"] {
            assert!(check_on_volume(right).is_ok(), "{right}");
        }
        for wrong in [
            "",
            ".",
            "..",
            "../x",
            "a/..",
            "a/../b",
            "a/b/c",
            "/a",
            "a/",
            ".glusterfs/x",
            "a/.b",
            "a b",
        ] {
            assert!(check_on_volume(wrong).is_err(), "{wrong}");
        }
        assert_eq!("/vms/".parse::<VolumeDirectory>().unwrap().as_str(), "vms");
        for wrong in ["", "/", "..", "a/b", ".trash"] {
            assert!(wrong.parse::<VolumeDirectory>().is_err(), "{wrong}");
        }
    }
}

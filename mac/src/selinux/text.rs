//! Contexts as the kernel writes them.

use std::io;

use crate::{Context, MAX_CONTEXT_LENGTH, ParseError};

/// Why the context of something is not known.
#[derive(Debug, thiserror::Error)]
pub enum ContextError {
    /// The kernel did not say.
    #[error("its SELinux context cannot be read: {0}")]
    Read(#[from] io::Error),
    /// What the kernel said is no text.
    #[error("its SELinux context is no text")]
    Text,
    /// What the kernel said is no context, or none with a level.
    #[error("its SELinux context {text:?} is not understood: {error}")]
    Parse {
        /// What it said.
        text: Box<str>,
        /// What is wrong with it.
        error: ParseError,
    },
}

/// The longest value taken from the kernel: a context, and the NUL that some interfaces end it
/// with.
pub(super) const LONGEST: usize = MAX_CONTEXT_LENGTH + 1;

/// Parses what an interface of the kernel has given: a context, and perhaps a NUL.
pub(super) fn parse(bytes: &[u8]) -> Result<Context, ContextError> {
    let bytes = bytes.strip_suffix(b"\0").unwrap_or(bytes);
    let bytes = bytes.strip_suffix(b"\n").unwrap_or(bytes);
    let text = std::str::from_utf8(bytes).map_err(|_| ContextError::Text)?;
    text.parse().map_err(|error| ContextError::Parse {
        text: text.into(),
        error,
    })
}

/// A context as it is written to the kernel: with the NUL that libselinux writes, too.
pub(super) fn print(context: &Context) -> Vec<u8> {
    let mut bytes = context.to_string().into_bytes();
    bytes.push(0);
    bytes
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_context_is_understood_with_and_without_its_nul() {
        let text = "system_u:system_r:svirt_t:s0:c1,c2";
        for end in ["", "\0", "\n", "\n\0"] {
            let bytes = format!("{text}{end}");
            assert_eq!(parse(bytes.as_bytes()).unwrap().to_string(), text);
        }
        let context = parse(text.as_bytes()).unwrap();
        assert_eq!(print(&context), format!("{text}\0").as_bytes());
    }

    #[test]
    fn what_is_no_context_is_an_error_that_shows_it() {
        assert!(matches!(parse(b"\xff\xfe"), Err(ContextError::Text)));
        for text in ["unlabeled", "", "a:b:c", "kernel\0\0"] {
            let error = parse(text.as_bytes()).unwrap_err();
            assert!(matches!(error, ContextError::Parse { .. }), "{error}");
        }
    }
}

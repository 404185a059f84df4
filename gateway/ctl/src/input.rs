//! What an admin brings in a file or by a pipe.

use std::fmt::Display;
use std::fs::File;
use std::io::{self, IsTerminal, Read};
use std::path::Path;
use std::str::FromStr;

use zeroize::Zeroizing;

use crate::fault::Fault;

/// More than any secret with a line end has, in bytes.
const LONGEST_SECRET: u64 = 1024;

/// Whether a file is standard input.
pub(crate) fn is_standard(file: &Path) -> bool {
    file.as_os_str() == "-"
}

/// Opens a file, or takes standard input for `-`.
pub(crate) fn open(file: &Path) -> Result<Box<dyn Read + Send>, Fault> {
    match is_standard(file) {
        true => Ok(Box::new(io::stdin())),
        false => {
            let opened = File::open(file).and_then(refuse_directory);
            Ok(Box::new(opened.map_err(Fault::input(file))?))
        }
    }
}

fn refuse_directory(file: File) -> io::Result<File> {
    match file.metadata()?.is_dir() {
        true => Err(io::ErrorKind::IsADirectory.into()),
        false => Ok(file),
    }
}

/// Reads a secret, or a token, from the first line of a file, or of standard input for `-`. It is
/// never an argument: arguments are seen by every user of the machine.
pub(crate) fn secret<T: FromStr<Err: Display>>(file: &Path) -> Result<T, Fault> {
    let text = secret_text(file)?;
    let first = text.strip_suffix('\n').unwrap_or(&text);
    let first = first.strip_suffix('\r').unwrap_or(first);
    first.parse().map_err(|why| Fault::Content {
        what: "the secret that was brought",
        why: format!("{why}"),
    })
}

/// Reads what is secret in a file, or on standard input for `-`, and wipes it when it is dropped.
pub(crate) fn secret_text(file: &Path) -> Result<Zeroizing<String>, Fault> {
    if is_standard(file) && io::stdin().is_terminal() {
        return Err(Fault::Usage(
            "a secret is not typed at the terminal, which shows it; write it into a file of mode 0600, or pipe it in",
        ));
    }
    let room = usize::try_from(LONGEST_SECRET).unwrap_or_default();
    let mut text = Zeroizing::new(String::with_capacity(room));
    open(file)?
        .take(LONGEST_SECRET)
        .read_to_string(&mut text)
        .map_err(Fault::input(file))?;
    Ok(text)
}

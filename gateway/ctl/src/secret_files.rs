//! Where secrets come from and where they go.

use std::fmt::Display;
use std::path::{Path, PathBuf};
use std::str::FromStr;

use clap::Args;
use labelgate_api::{ChapSecrets, Identity, Token};

use crate::fault::Fault;
use crate::input;
use crate::output::Output;
use crate::private_file::PrivateFile;

/// Where secrets come from and go to.
#[derive(Debug, Args)]
pub(crate) struct Secrets {
    /// Take the secret, or the token, from the first line of this file, or of standard input for -,
    /// instead of having one made.
    #[arg(long, value_name = "FILE")]
    pub(crate) secret_file: Option<PathBuf>,
    /// Take the gateway's own secret from the first line of this file instead of having one made.
    #[arg(long, value_name = "FILE")]
    pub(crate) reverse_secret_file: Option<PathBuf>,
    /// Make secrets of 16 characters, the most that Microsoft's initiator takes.
    #[arg(long)]
    pub(crate) short: bool,
    /// Write the secret, or the token, to this new file, which only its owner can read, and do not
    /// show it. It has no line end, as QEMU and virsh want it. The gateway's own goes to
    /// FILE.reverse.
    #[arg(long, value_name = "FILE")]
    pub(crate) write_secret: Option<PathBuf>,
}

/// What an answer of the gateway holds, this once.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Told<'a> {
    Nothing,
    Chap(&'a ChapSecrets),
    Token(&'a Token),
}

impl<'a> Told<'a> {
    pub(crate) fn of(secrets: Option<&'a ChapSecrets>, token: Option<&'a Token>) -> Self {
        match (secrets, token) {
            (Some(secrets), _) => Self::Chap(secrets),
            (None, Some(token)) => Self::Token(token),
            (None, None) => Self::Nothing,
        }
    }

    fn text(&self) -> Option<&'a str> {
        match self {
            Self::Nothing => None,
            Self::Chap(secrets) => Some(secrets.secret.expose()),
            Self::Token(token) => Some(token.expose()),
        }
    }

    fn reverse(&self) -> Option<&'a str> {
        match self {
            Self::Chap(secrets) => secrets
                .reverse_secret
                .as_ref()
                .map(|reverse| reverse.expose()),
            _ => None,
        }
    }
}

/// The files that secrets shall be kept in. They are made before a secret is, so that none is
/// made that then cannot be kept; those that are not needed are removed again.
#[derive(Debug, Default)]
pub(crate) struct Keeper {
    files: Option<(PrivateFile, PrivateFile)>,
}

impl Keeper {
    pub(crate) fn prepare(secrets: &Secrets) -> Result<Self, Fault> {
        let Some(path) = &secrets.write_secret else {
            return Ok(Self::default());
        };
        let file = PrivateFile::create(path)?;
        let reverse = PrivateFile::create(&reverse_path(path))?;
        Ok(Self {
            files: Some((file, reverse)),
        })
    }

    /// Writes what was told, and says whether it did.
    pub(crate) fn keep(self, told: Told<'_>) -> Result<bool, Fault> {
        let (Some((mut file, mut reverse_file)), Some(text)) = (self.files, told.text()) else {
            return Ok(false);
        };
        file.write(text.as_bytes())?;
        file.keep()?;
        if let Some(reverse) = told.reverse() {
            reverse_file.write(reverse.as_bytes())?;
            reverse_file.keep()?;
        }
        Ok(true)
    }
}

/// Where the gateway's own secret goes.
fn reverse_path(path: &Path) -> PathBuf {
    let mut reverse = path.as_os_str().to_owned();
    reverse.push(".reverse");
    reverse.into()
}

/// The answer as it came, but for the secrets that went to a file.
pub(crate) fn without_secrets(identity: &Identity) -> Result<(), Fault> {
    let mut output = Output::new();
    let answer = serde_json::json!({ "identity": identity });
    output.line(answer)?;
    Ok(output.flush()?)
}

/// What an admin brings, if he does.
pub(crate) fn brought<T: FromStr<Err: Display>>(
    file: Option<&PathBuf>,
) -> Result<Option<T>, Fault> {
    file.map(|file| input::secret(file)).transpose()
}

pub(crate) fn show_told(
    output: &mut Output,
    told: Told<'_>,
    file: Option<&PathBuf>,
) -> std::io::Result<()> {
    let Some(text) = told.text() else {
        return Ok(());
    };
    let what = match told {
        Told::Token(_) => "token",
        _ => "secret",
    };
    if let Some(file) = file {
        output.line(format_args!("The {what} is in {}.", file.display()))?;
        if told.reverse().is_some() {
            let reverse = reverse_path(file);
            output.line(format_args!(
                "The gateway's own is in {}.",
                reverse.display()
            ))?;
        }
        return Ok(());
    }
    output.line(format_args!("The {what}, which is never shown again:"))?;
    output.line(format_args!("  {text}"))?;
    if let Some(reverse) = told.reverse() {
        output.line("The secret the gateway proves itself with:")?;
        output.line(format_args!("  {reverse}"))?;
    }
    Ok(())
}

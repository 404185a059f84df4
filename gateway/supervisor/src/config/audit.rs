//! `[audit]`: where the audit trail goes.

use std::path::PathBuf;

use serde::Deserialize;
use toml::Spanned;

use super::gateway::{absolute, within};
use super::problem::Collector;

/// Where the audit trail goes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AuditSection {
    /// The directory of its files, if it has any.
    pub dir: Option<PathBuf>,
    /// How long a file may be, in bytes.
    pub file_bytes: u64,
    /// How many full files are kept.
    pub files: u32,
    /// Whether it goes to standard output.
    pub stdout: bool,
    /// Whether it goes to systemd's journal, with a field for each member.
    pub journald: bool,
}

/// `[audit]`, as written.
#[derive(Debug, Deserialize, Default)]
#[serde(deny_unknown_fields)]
pub(super) struct RawAudit {
    dir: Option<Spanned<PathBuf>>,
    file_mib: Option<Spanned<u64>>,
    files: Option<Spanned<u64>>,
    stdout: Option<Spanned<bool>>,
    journald: Option<bool>,
}

impl RawAudit {
    pub(super) fn check(self, problems: &mut Collector<'_>) -> AuditSection {
        let dir = absolute("dir", self.dir, problems);
        let file_mib = within("file_mib", self.file_mib, (1, 65_536), 64, problems);
        let files = within("files", self.files, (1, 10_000), 32, problems);
        let journald = self.journald.unwrap_or(false);
        let elsewhere = dir.is_some() || journald;
        let stdout = match self.stdout {
            Some(stdout) => {
                if !*stdout.get_ref() && !elsewhere {
                    problems.at(
                        &stdout.span(),
                        "the audit trail goes nowhere; name a dir, or leave stdout = false out",
                    );
                }
                stdout.into_inner()
            }
            // Under systemd that is the journal.
            None => !elsewhere,
        };
        AuditSection {
            dir,
            file_bytes: file_mib << 20,
            files: u32::try_from(files).unwrap_or(u32::MAX),
            stdout,
            journald,
        }
    }
}

//! What a host proves itself with: made here, and never sent.

use std::fs::DirBuilder;
use std::io::{self, Read};
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};

use clap::Args;
use labelgate_api::{CertifiedHost, HostName};
use labelgate_certificates::{LONGEST_REQUEST, Request};
use zeroize::Zeroizing;

use crate::fault::Fault;
use crate::input;
use crate::private_file::PrivateFile;

/// Who makes the host's key.
#[derive(Debug, Args)]
#[group(required = true, multiple = false)]
pub(crate) struct Enrolment {
    /// Make the host's key here, and write it with its certificate and that of the gateway's
    /// authority into this directory: key.pem, certificate.pem and authority.pem, which only their
    /// owner can read. Nothing is overwritten.
    #[arg(long, value_name = "DIRECTORY")]
    write: Option<PathBuf>,
    /// Take what asks for a certificate (PKCS #10, in PEM) from this file, or from standard input
    /// for -, and print the certificate, and after it that of the gateway's authority.
    #[arg(long, value_name = "FILE")]
    request: Option<PathBuf>,
}

impl Enrolment {
    /// Where the credentials go, if they are made here.
    pub(crate) fn directory(&self) -> Option<&Path> {
        self.write.as_deref()
    }
}

/// What a host is about to have.
#[derive(Debug)]
pub(crate) struct HostCredentials {
    request: String,
    made: Option<Made>,
}

/// A key that was made here, and files for it and for what is issued. They are made before the
/// gateway is asked, so that no certificate is issued that then cannot be kept.
struct Made {
    key: Zeroizing<String>,
    files: [PrivateFile; 3],
}

impl std::fmt::Debug for Made {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Made").finish_non_exhaustive()
    }
}

impl HostCredentials {
    pub(crate) fn prepare(enrolment: &Enrolment, host: &HostName) -> Result<Self, Fault> {
        let Some(directory) = &enrolment.write else {
            let request = enrolment.request.as_deref().unwrap_or(Path::new("-"));
            return Ok(Self {
                request: read(request)?,
                made: None,
            });
        };
        make_directory(directory)?;
        let file = |name| PrivateFile::create(&directory.join(name));
        let files = [
            file("key.pem")?,
            file("certificate.pem")?,
            file("authority.pem")?,
        ];
        let made = Request::make(host.as_str()).map_err(|error| Fault::Content {
            what: "a key for the host",
            why: error.to_string(),
        })?;
        Ok(Self {
            request: made.pem,
            made: Some(Made {
                key: made.key,
                files,
            }),
        })
    }

    /// What asks for the certificate.
    pub(crate) fn request(&self) -> &str {
        &self.request
    }

    /// Keeps what was issued, if the key was made here.
    pub(crate) fn keep(self, certified: &CertifiedHost) -> Result<(), Fault> {
        let Some(Made { key, files }) = self.made else {
            return Ok(());
        };
        let texts = [
            key.as_str(),
            certified.certificate.as_str(),
            certified.authority.as_str(),
        ];
        for (mut file, text) in files.into_iter().zip(texts) {
            file.write(text.as_bytes())?;
            file.keep()?;
        }
        Ok(())
    }
}

fn make_directory(directory: &Path) -> Result<(), Fault> {
    match DirBuilder::new().mode(0o700).create(directory) {
        Err(error) if error.kind() != io::ErrorKind::AlreadyExists => Err(Fault::Create {
            file: directory.to_owned(),
            error,
        }),
        _ => Ok(()),
    }
}

fn read(file: &Path) -> Result<String, Fault> {
    let mut text = String::new();
    let longest = u64::try_from(LONGEST_REQUEST).unwrap_or(u64::MAX);
    input::open(file)?
        .take(longest + 1)
        .read_to_string(&mut text)
        .map_err(Fault::input(file))?;
    Ok(text)
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    fn enrolment(directory: &Path) -> Enrolment {
        Enrolment {
            write: Some(directory.to_owned()),
            request: None,
        }
    }

    fn certified() -> CertifiedHost {
        serde_json::from_str(
            r#"{"host":{"name":"kvm-1","role":"monitor","fingerprint":"00",
                "expires":"2028-11-30T12:00:00Z","since":"2026-11-30T12:00:00Z"},
                "certificate":"certificate","authority":"authority"}"#,
        )
        .unwrap()
    }

    #[test]
    fn a_key_stays_here_and_only_its_owner_reads_it() {
        let scratch = tempfile::tempdir().unwrap();
        let directory = scratch.path().join("kvm-1");
        let host = "kvm-1".parse().unwrap();
        let made = HostCredentials::prepare(&enrolment(&directory), &host).unwrap();
        let request = made.request().to_owned();
        made.keep(&certified()).unwrap();
        let key = std::fs::read_to_string(directory.join("key.pem")).unwrap();
        assert!(key.contains("PRIVATE KEY") && !request.contains("PRIVATE KEY"));
        let mode = |file: &Path| file.metadata().unwrap().permissions().mode() & 0o777;
        assert_eq!(mode(&directory), 0o700);
        assert_eq!(mode(&directory.join("key.pem")), 0o600);
        let certificate = std::fs::read(directory.join("certificate.pem")).unwrap();
        assert_eq!(certificate, b"certificate");
        // And nothing of it is overwritten.
        assert!(HostCredentials::prepare(&enrolment(&directory), &host).is_err());
        assert_eq!(
            std::fs::read_to_string(directory.join("key.pem")).unwrap(),
            key
        );
    }

    #[test]
    fn of_what_was_not_issued_nothing_is_left() {
        let scratch = tempfile::tempdir().unwrap();
        let host = "kvm-1".parse().unwrap();
        let made = HostCredentials::prepare(&enrolment(scratch.path()), &host).unwrap();
        drop(made);
        assert_eq!(std::fs::read_dir(scratch.path()).unwrap().count(), 0);
    }
}

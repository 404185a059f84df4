//! Where the gateway is, and how it is reached.

use std::fmt;
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use labelgate_certificates::{Credentials, ServerName, client_config};
use tokio::net::{TcpStream, UnixStream};
use tokio::time::timeout;
use tokio_rustls::TlsConnector;
use zeroize::Zeroizing;

use crate::ClientError;
use crate::patient_stream::{Io, PatientStream};

/// How long it may take until somebody accepts the connection, and until TLS is agreed upon.
const CONNECT: Duration = Duration::from_secs(5);
/// More than any certificate or key in PEM has, in bytes.
const LONGEST_PEM: u64 = 64 << 10;

/// The files of a host's credentials, in its directory: its key,
pub const KEY: &str = "key.pem";
/// its certificate,
pub const CERTIFICATE: &str = "certificate.pem";
/// and that of the gateway's authority.
pub const AUTHORITY: &str = "authority.pem";

/// Where the gateway is.
#[derive(Debug, Clone)]
pub enum Place {
    /// On this machine: its admin socket.
    Socket(PathBuf),
    /// Over the network.
    Remote(Remote),
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Socket(path) => path.display().fmt(f),
            Self::Remote(remote) => write!(f, "https://{}", remote.address),
        }
    }
}

/// A gateway over the network, and what this host proves itself with there.
#[derive(Clone)]
pub struct Remote {
    /// Host and port, as in a URL.
    address: String,
    name: ServerName<'static>,
    connector: TlsConnector,
}

impl fmt::Debug for Remote {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Remote")
            .field("address", &self.address)
            .finish_non_exhaustive()
    }
}

impl Remote {
    /// The gateway at `https://HOST:PORT`, with the credentials in a directory: [`KEY`],
    /// [`CERTIFICATE`] and [`AUTHORITY`], as `labelgate host add` writes them.
    ///
    /// # Errors
    /// That is no such address, or the credentials cannot be read or are of no use.
    pub fn new(url: &str, credentials: &Path) -> Result<Self, ClientError> {
        let (address, name) = split(url).ok_or_else(|| ClientError::Address(url.to_owned()))?;
        let read = |name: &str| read(&credentials.join(name));
        let (certificate, key) = (read(CERTIFICATE)?, read(KEY)?);
        let own = Credentials::from_pem(&certificate, &key)?;
        let config = client_config(&read(AUTHORITY)?, own)?;
        Ok(Self {
            address,
            name,
            connector: TlsConnector::from(Arc::new(config)),
        })
    }
}

/// Host and port of a URL, and the name that the gateway's certificate is to have.
fn split(url: &str) -> Option<(String, ServerName<'static>)> {
    let address = url.strip_prefix("https://")?;
    let address = address.strip_suffix('/').unwrap_or(address);
    let (host, port) = address.rsplit_once(':')?;
    port.parse::<u16>().ok().filter(|port| *port != 0)?;
    let bare = host
        .strip_prefix('[')
        .and_then(|host| host.strip_suffix(']'));
    let name = ServerName::try_from(bare.unwrap_or(host).to_owned()).ok()?;
    Some((address.to_owned(), name))
}

fn read(file: &Path) -> Result<Zeroizing<Vec<u8>>, ClientError> {
    let read = || -> io::Result<_> {
        let room = usize::try_from(LONGEST_PEM).unwrap_or_default();
        let mut bytes = Zeroizing::new(Vec::with_capacity(room));
        std::fs::File::open(file)?
            .take(LONGEST_PEM)
            .read_to_end(&mut bytes)?;
        Ok(bytes)
    };
    read().map_err(|error| ClientError::Credentials {
        file: file.to_owned(),
        error,
    })
}

impl Place {
    /// Connects.
    pub(crate) async fn connect(&self) -> Result<PatientStream, ClientError> {
        match self {
            Self::Socket(path) => {
                let stream = self.in_time(UnixStream::connect(path)).await?;
                Ok(PatientStream::new(stream))
            }
            Self::Remote(remote) => {
                let stream = self.in_time(TcpStream::connect(&remote.address)).await?;
                self.agree(remote, stream).await
            }
        }
    }

    async fn in_time<S: Io>(
        &self,
        connecting: impl Future<Output = io::Result<S>>,
    ) -> Result<S, ClientError> {
        let connected = timeout(CONNECT, connecting).await;
        let connected = connected.unwrap_or_else(|_| Err(io::ErrorKind::TimedOut.into()));
        connected.map_err(|error| ClientError::Unreachable {
            place: self.clone(),
            error,
        })
    }

    async fn agree(
        &self,
        remote: &Remote,
        stream: TcpStream,
    ) -> Result<PatientStream, ClientError> {
        // A small request is not to wait for more of it.
        let _ = stream.set_nodelay(true);
        let agreeing = remote.connector.connect(remote.name.clone(), stream);
        let agreed = timeout(CONNECT, agreeing).await;
        let agreed = agreed.unwrap_or_else(|_| Err(io::ErrorKind::TimedOut.into()));
        let stream = agreed.map_err(|error| ClientError::Tls {
            place: self.clone(),
            error,
        })?;
        Ok(PatientStream::new(stream))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_https_with_a_port() {
        for (right, address) in [
            ("https://gw.example:9261", "gw.example:9261"),
            ("https://10.0.0.1:9261/", "10.0.0.1:9261"),
            ("https://[::1]:9261", "[::1]:9261"),
        ] {
            assert_eq!(split(right).unwrap().0, address);
        }
        for wrong in [
            "",
            "http://gw:9261",
            "https://gw",
            "https://gw:0",
            "https://gw:x",
            "https://:9261",
            "https://a b:9261",
            "https://gw:9261/v1",
            "gw:9261",
        ] {
            assert!(split(wrong).is_none(), "{wrong}");
        }
    }

    #[test]
    fn what_is_missing_of_the_credentials_is_named() {
        let directory = tempfile::tempdir().unwrap();
        let said = Remote::new("https://gw:9261", directory.path()).unwrap_err();
        assert!(said.to_string().contains(CERTIFICATE), "{said}");
        for file in [KEY, CERTIFICATE, AUTHORITY] {
            std::fs::write(directory.path().join(file), "nothing").unwrap();
        }
        let said = Remote::new("https://gw:9261", directory.path()).unwrap_err();
        assert!(said.to_string().contains("none in PEM"), "{said}");
    }
}

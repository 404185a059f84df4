//! Who gets through a handshake, and who does not.

#![allow(
    clippy::unwrap_used,
    reason = "a panic in a helper is a failed test, as in the tests themselves"
)]

use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};
use labelgate_certificates::{
    Authority, Credentials, Request, ServerName, client_config, fingerprint, server_config,
};
use tokio::io::{AsyncReadExt, AsyncWriteExt, DuplexStream, duplex};
use tokio_rustls::{TlsAcceptor, TlsConnector};

fn authority(master: u8) -> Authority {
    Authority::of(&[master; 32]).unwrap()
}

fn name(text: &'static str) -> ServerName<'static> {
    text.try_into().unwrap()
}

/// What a host has that `by` has let in at this time.
fn enrolled(by: &Authority, at: Timestamp) -> Credentials {
    let request = Request::make("kvm-1").unwrap();
    let issued = by.issue(&request.pem, "kvm-1", at).unwrap();
    Credentials::from_pem(issued.pem.as_bytes(), request.key.as_bytes()).unwrap()
}

async fn serve(to: DuplexStream) -> std::io::Result<[u8; 32]> {
    let authority = authority(1);
    let names = [name("gateway.example"), name("10.0.0.1")];
    let config = server_config(&authority, authority.server(&names).unwrap()).unwrap();
    let mut stream = TlsAcceptor::from(Arc::new(config)).accept(to).await?;
    let certificates = stream.get_ref().1.peer_certificates();
    let certificate = certificates.and_then(<[_]>::first);
    let fingerprint = fingerprint(certificate.unwrap());
    stream.write_all(b"in").await?;
    stream.shutdown().await?;
    Ok(fingerprint)
}

/// Whom the gateway has let in, if both ends agree.
async fn connect(
    trusted: &Authority,
    own: Credentials,
    to: ServerName<'static>,
) -> std::io::Result<[u8; 32]> {
    let (ours, theirs) = duplex(1 << 16);
    let config = client_config(trusted.pem().as_bytes(), own).unwrap();
    let client = async {
        let connector = TlsConnector::from(Arc::new(config));
        let mut stream = connector.connect(to, ours).await?;
        let mut said = Vec::new();
        // In TLS 1.3 a client hears only now that its certificate was refused.
        stream.read_to_end(&mut said).await?;
        assert_eq!(said, b"in");
        Ok(())
    };
    let (served, done) = tokio::join!(serve(theirs), client);
    done.and(served)
}

#[tokio::test]
async fn a_host_that_was_enrolled_gets_in_under_each_name_and_is_told_by_its_certificate() {
    let gateway = authority(1);
    for to in ["gateway.example", "10.0.0.1"] {
        let request = Request::make("kvm-1").unwrap();
        let now = Timestamp::now();
        let issued = gateway.issue(&request.pem, "kvm-1", now).unwrap();
        let own = Credentials::from_pem(issued.pem.as_bytes(), request.key.as_bytes()).unwrap();
        let seen = connect(&gateway, own, name(to)).await.unwrap();
        assert_eq!(seen, issued.fingerprint);
    }
}

#[tokio::test]
async fn another_authoritys_host_does_not_get_in() {
    let own = enrolled(&authority(2), Timestamp::now());
    let refused = connect(&authority(1), own, name("10.0.0.1")).await;
    let said = refused.unwrap_err().to_string();
    assert!(
        said.contains("DecryptError") || said.contains("UnknownCA"),
        "{said}"
    );
}

#[tokio::test]
async fn a_certificate_whose_time_is_over_or_has_not_come_gets_nobody_in() {
    let gateway = authority(1);
    let days = |days: i64| SignedDuration::from_hours(24 * days);
    let now = Timestamp::now();
    for at in [now - days(731), now + days(1)] {
        let own = enrolled(&gateway, at);
        connect(&gateway, own, name("10.0.0.1")).await.unwrap_err();
    }
    let own = enrolled(&gateway, now - days(729));
    connect(&gateway, own, name("10.0.0.1")).await.unwrap();
}

#[tokio::test]
async fn the_gateways_own_certificate_gets_nobody_in() {
    let gateway = authority(1);
    let own = gateway.server(&[name("10.0.0.1")]).unwrap();
    connect(&gateway, own, name("10.0.0.1")).await.unwrap_err();
}

#[tokio::test]
async fn a_host_does_not_talk_to_another_gateway_nor_to_another_name() {
    let own = || enrolled(&authority(1), Timestamp::now());
    let other = connect(&authority(2), own(), name("10.0.0.1")).await;
    assert!(other.unwrap_err().to_string().contains("certificate"));
    for wrong in ["10.0.0.2", "other.example"] {
        let refused = connect(&authority(1), own(), name(wrong)).await;
        assert!(
            refused.unwrap_err().to_string().contains("certificate"),
            "{wrong}"
        );
    }
}

#[tokio::test]
async fn a_client_without_a_certificate_does_not_get_in() {
    let (ours, theirs) = duplex(1 << 16);
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let mut roots = rustls::RootCertStore::empty();
    roots.add(authority(1).der().clone()).unwrap();
    let config = rustls::ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_root_certificates(roots)
        .with_no_client_auth();
    let client = async {
        let connector = TlsConnector::from(Arc::new(config));
        let mut stream = connector.connect(name("10.0.0.1"), ours).await?;
        stream.read_to_end(&mut Vec::new()).await
    };
    let (served, done) = tokio::join!(serve(theirs), client);
    assert!(served.unwrap_err().to_string().contains("no certificates"));
    done.unwrap_err();
}

#[test]
fn a_key_does_not_go_with_another_certificate() {
    let gateway = authority(1);
    let (one, other) = (Request::make("a").unwrap(), Request::make("b").unwrap());
    let issued = gateway.issue(&one.pem, "a", Timestamp::now()).unwrap();
    let mixed = Credentials::from_pem(issued.pem.as_bytes(), other.key.as_bytes()).unwrap();
    let refused = client_config(gateway.pem().as_bytes(), mixed);
    assert!(refused.is_err());
    assert!(Credentials::from_pem(b"", one.key.as_bytes()).is_err());
    assert!(Credentials::from_pem(issued.pem.as_bytes(), b"").is_err());
}

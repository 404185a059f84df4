//! The gateway's own certificate authority.

use std::fmt;
use std::net::IpAddr;

use jiff::{SignedDuration, Timestamp};
use rcgen::{
    BasicConstraints, Certificate, CertificateParams, CertificateSigningRequestParams,
    DistinguishedName, DnType, ExtendedKeyUsagePurpose, IsCa, Issuer, KeyPair, KeyUsagePurpose,
    SanType, SerialNumber, date_time_ymd,
};
use rustls::pki_types::{CertificateDer, PrivatePkcs8KeyDer, ServerName};
use time::OffsetDateTime;
use zeroize::Zeroizing;

use crate::key::{Purpose, derived, key_pair};
use crate::{CertificateError, Credentials, fingerprint};

/// The longest request for a certificate that is looked at, in bytes. One with an RSA key of 8192
/// bits has half of it.
pub const LONGEST_REQUEST: usize = 8 << 10;

/// How long a host's certificate is good, unless the host is removed before.
const TERM: SignedDuration = SignedDuration::from_hours(24 * 730);
/// How far a host's clock may be behind the gateway's.
const SLACK: SignedDuration = SignedDuration::from_hours(1);

/// The gateway's own certificate authority.
pub struct Authority {
    issuer: Issuer<'static, KeyPair>,
    certificate: Certificate,
    server_key: Zeroizing<Vec<u8>>,
}

impl fmt::Debug for Authority {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Authority").finish_non_exhaustive()
    }
}

/// A certificate that was issued.
#[derive(Debug, Clone)]
pub struct Issued {
    /// The certificate, in PEM.
    pub pem: String,
    /// Its SHA-256 hash.
    pub fingerprint: [u8; 32],
    /// When it expires.
    pub expires: Timestamp,
}

impl Authority {
    /// The authority of the gateway that has this master key.
    ///
    /// # Errors
    /// Certificates cannot be made at all.
    pub fn of(master: &[u8; 32]) -> Result<Self, CertificateError> {
        let key = key_pair(&derived(master, Purpose::Authority)?)?;
        let params = authority_params();
        let certificate = params.self_signed(&key)?;
        Ok(Self {
            issuer: Issuer::new(params, key),
            certificate,
            server_key: derived(master, Purpose::Server)?,
        })
    }

    /// Its certificate, in DER.
    #[must_use]
    pub fn der(&self) -> &CertificateDer<'static> {
        self.certificate.der()
    }

    /// Its certificate, in PEM: what hosts verify the gateway with.
    #[must_use]
    pub fn pem(&self) -> String {
        self.certificate.pem()
    }

    /// What the gateway proves with that it is found under one of these names.
    ///
    /// # Errors
    /// A name is none that a certificate can have.
    pub fn server(&self, names: &[ServerName<'_>]) -> Result<Credentials, CertificateError> {
        let mut params = leaf_params("labelgate", ExtendedKeyUsagePurpose::ServerAuth);
        params.not_before = first_day();
        params.not_after = last_day();
        let alternatives = names.iter().filter_map(alternative);
        params.subject_alt_names = alternatives.collect::<Result<_, _>>()?;
        let key = key_pair(&self.server_key)?;
        let certificate = params.signed_by(&key, &self.issuer)?;
        Ok(Credentials {
            chain: vec![certificate.der().clone()],
            key: PrivatePkcs8KeyDer::from(self.server_key.to_vec()).into(),
        })
    }

    /// A certificate for a host of this name, for the public key of a request in PEM. Whatever
    /// else the request asks for is not looked at.
    ///
    /// # Errors
    /// The request is none, or was not signed by the key that it is for.
    pub fn issue(
        &self,
        request: &str,
        name: &str,
        now: Timestamp,
    ) -> Result<Issued, CertificateError> {
        if request.len() > LONGEST_REQUEST {
            return Err(CertificateError::TooLong(request.len()));
        }
        let asked = CertificateSigningRequestParams::from_pem(request);
        let asked = asked.map_err(CertificateError::Request)?;
        let mut params = leaf_params(name, ExtendedKeyUsagePurpose::ClientAuth);
        let expires = after(now, TERM)?;
        params.not_before = moment(after(now, -SLACK)?)?;
        params.not_after = moment(expires)?;
        params.serial_number = Some(random_serial()?);
        let certificate = params.signed_by(&asked.public_key, &self.issuer)?;
        Ok(Issued {
            pem: certificate.pem(),
            fingerprint: fingerprint(certificate.der()),
            expires,
        })
    }
}

fn authority_params() -> CertificateParams {
    let mut params = CertificateParams::default();
    params.distinguished_name = called("labelgate authority");
    params.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
    params.key_usages = vec![KeyUsagePurpose::KeyCertSign];
    params.not_before = first_day();
    params.not_after = last_day();
    params
}

fn leaf_params(name: &str, usage: ExtendedKeyUsagePurpose) -> CertificateParams {
    let mut params = CertificateParams::default();
    params.distinguished_name = called(name);
    params.is_ca = IsCa::ExplicitNoCa;
    params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
    params.extended_key_usages = vec![usage];
    params.use_authority_key_identifier_extension = true;
    params
}

fn called(name: &str) -> DistinguishedName {
    let mut called = DistinguishedName::new();
    called.push(DnType::CommonName, name);
    called
}

/// A name as a certificate has it; none of a kind that no certificate of ours has.
fn alternative(name: &ServerName<'_>) -> Option<Result<SanType, CertificateError>> {
    match name {
        ServerName::DnsName(name) => {
            let name = name.as_ref().try_into();
            Some(name.map(SanType::DnsName).map_err(CertificateError::from))
        }
        ServerName::IpAddress(address) => Some(Ok(SanType::IpAddress(IpAddr::from(*address)))),
        _ => None,
    }
}

fn first_day() -> OffsetDateTime {
    date_time_ymd(2026, 1, 1)
}

/// When the authority's certificate and the gateway's own end, in seconds since 1970.
///
/// > 99991231235959Z ... no well-defined expiration date (RFC 5280 4.1.2.5), but for the seconds.
///
/// What is derived from the master key is as good as that is.
pub const SERVER_EXPIRES: i64 = 253_402_214_400;

/// The same day.
fn last_day() -> OffsetDateTime {
    date_time_ymd(9999, 12, 31)
}

fn after(time: Timestamp, term: SignedDuration) -> Result<Timestamp, CertificateError> {
    let second = Timestamp::from_second(time.as_second()).map_err(|_| CertificateError::Time)?;
    second.checked_add(term).map_err(|_| CertificateError::Time)
}

fn moment(time: Timestamp) -> Result<OffsetDateTime, CertificateError> {
    OffsetDateTime::from_unix_timestamp(time.as_second()).map_err(|_| CertificateError::Time)
}

/// > positive integer ... not longer than 20 octets (RFC 5280 4.1.2.2)
fn random_serial() -> Result<SerialNumber, CertificateError> {
    let mut bytes = [0; 16];
    getrandom::fill(&mut bytes)?;
    if let Some(first) = bytes.first_mut() {
        *first = *first & 0x3f | 0x40;
    }
    Ok(SerialNumber::from_slice(&bytes))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Request;

    fn now() -> Timestamp {
        "2026-11-30T12:00:00Z".parse().unwrap()
    }

    #[test]
    fn the_authority_of_a_master_key_is_the_same_whenever_it_is_made() {
        let one = Authority::of(&[1; 32]).unwrap();
        assert_eq!(one.pem(), Authority::of(&[1; 32]).unwrap().pem());
        assert_ne!(one.pem(), Authority::of(&[2; 32]).unwrap().pem());
    }

    #[test]
    fn the_gateways_own_certificate_ends_when_it_is_said_to() {
        assert_eq!(last_day().unix_timestamp(), SERVER_EXPIRES);
    }

    #[test]
    fn two_certificates_for_one_key_are_two() {
        let authority = Authority::of(&[1; 32]).unwrap();
        let request = Request::make("kvm-1").unwrap();
        let first = authority.issue(&request.pem, "kvm-1", now()).unwrap();
        let second = authority.issue(&request.pem, "kvm-1", now()).unwrap();
        assert_ne!(first.fingerprint, second.fingerprint);
        assert_eq!(first.expires.to_string(), "2028-11-29T12:00:00Z");
    }

    #[test]
    fn what_is_no_request_is_refused() {
        let authority = Authority::of(&[1; 32]).unwrap();
        let request = Request::make("kvm-1").unwrap();
        let long = "x".repeat(LONGEST_REQUEST + 1);
        let lines: Vec<&str> = request.pem.lines().collect();
        // Another name in it, so that its signature is of something else.
        let der_changed = request.pem.replace(lines[1], &lines[1].replace('A', "B"));
        for wrong in ["", "hello", &long, &authority.pem(), &der_changed] {
            assert!(authority.issue(wrong, "kvm-1", now()).is_err(), "{wrong}");
        }
    }
}

//! The arithmetic of CHAP.
//!
//! > The Response Value is the one-way hash calculated over a stream of octets consisting of the
//! > Identifier, followed by (concatenated with) the "secret", followed by (concatenated with) the
//! > Challenge Value. (RFC 1994, 4.1)

use labelgate_control::ChapAlgorithm;
use md5::{Digest, Md5};
use sha1::Sha1;
use sha2::Sha256;
use sha3::Sha3_256;
use zeroize::Zeroizing;

/// The response to a challenge, as long as [`ChapAlgorithm::response_length`] says.
pub fn response(
    algorithm: ChapAlgorithm,
    identifier: u8,
    secret: &[u8],
    challenge: &[u8],
) -> Zeroizing<Vec<u8>> {
    fn hash<H: Digest>(parts: [&[u8]; 3]) -> Zeroizing<Vec<u8>> {
        let mut hash = H::new();
        for part in parts {
            hash.update(part);
        }
        Zeroizing::new(hash.finalize().to_vec())
    }
    let parts = [&[identifier], secret, challenge];
    match algorithm {
        ChapAlgorithm::Md5 => hash::<Md5>(parts),
        ChapAlgorithm::Sha1 => hash::<Sha1>(parts),
        ChapAlgorithm::Sha256 => hash::<Sha256>(parts),
        ChapAlgorithm::Sha3_256 => hash::<Sha3_256>(parts),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Made with `printf '\x17%s' 'sesame-sesame' | cat - challenge | openssl dgst`, the challenge
    /// being the bytes 00 to 1f.
    const KNOWN: [(ChapAlgorithm, &str); 4] = [
        (ChapAlgorithm::Md5, "aac63327d7ff6c28295b706bcbd4899e"),
        (
            ChapAlgorithm::Sha1,
            "2d2509f5a0e02de7570ca54a78a002d7e1704b69",
        ),
        (
            ChapAlgorithm::Sha256,
            "710d8b3ddbab463891ed039a8688ebc8643f3b4b5bc815df21f0efdd18b69fd5",
        ),
        (
            ChapAlgorithm::Sha3_256,
            "45f826562be09e739f0e5ba9fd90483c396f9f96e41b55e00aba4fa9d3570c00",
        ),
    ];

    #[test]
    fn responses_are_those_that_openssl_computes() {
        let challenge: Vec<u8> = (0..32).collect();
        for (algorithm, expected) in KNOWN {
            let response = response(algorithm, 0x17, b"sesame-sesame", &challenge);
            let hexadecimal: String = response.iter().map(|byte| format!("{byte:02x}")).collect();
            assert_eq!(hexadecimal, expected, "{algorithm:?}");
            assert_eq!(response.len(), algorithm.response_length());
        }
    }
}

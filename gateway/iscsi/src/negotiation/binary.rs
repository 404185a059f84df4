//! Binary values: hexadecimal after `0x`, base64 after `0b` (RFC 7143, 6.1).

/// The longest binary value, in bytes (RFC 7143, 12.1.3).
///
/// > "Their binary length (not the length of the character string that represents them in encoded
/// > form) MUST NOT exceed 1024 bytes."
pub(crate) const MAX_BINARY: usize = 1024;

/// The bytes that a value stands for; `None` for no such value, an empty one and one that is too
/// long.
pub(crate) fn binary(value: &str) -> Option<Vec<u8>> {
    let (prefix, digits) = value.split_at_checked(2)?;
    let bytes = match prefix {
        "0x" | "0X" => from_hexadecimal(digits.as_bytes())?,
        "0b" | "0B" => from_base64(digits.as_bytes())?,
        _ => return None,
    };
    (1..=MAX_BINARY).contains(&bytes.len()).then_some(bytes)
}

/// The value that stands for these bytes, as every initiator reads it.
pub(crate) fn hexadecimal(bytes: &[u8]) -> String {
    const DIGITS: [char; 16] = [
        '0', '1', '2', '3', '4', '5', '6', '7', '8', '9', 'a', 'b', 'c', 'd', 'e', 'f',
    ];
    let digit = |nibble: u8| DIGITS.get(usize::from(nibble)).copied().unwrap_or('0');
    let digits = bytes.iter().flat_map(|byte| [byte >> 4, byte & 15]);
    "0x".chars().chain(digits.map(digit)).collect()
}

/// With an odd number of digits the first stands for a byte of its own, as a number would have it.
fn from_hexadecimal(digits: &[u8]) -> Option<Vec<u8>> {
    if digits.len() > 2 * MAX_BINARY {
        return None;
    }
    let nibble = |digit: &u8| u8::try_from(char::from(*digit).to_digit(16)?).ok();
    let (first, pairs) = digits.split_at_checked(digits.len() % 2)?;
    let mut bytes = Vec::with_capacity(digits.len().div_ceil(2));
    for digit in first {
        bytes.push(nibble(digit)?);
    }
    for pair in pairs.chunks_exact(2) {
        let [high, low] = pair else { return None };
        bytes.push(nibble(high)? << 4 | nibble(low)?);
    }
    Some(bytes)
}

/// RFC 4648, section 4, padded, and with nothing in the bits that stand for no byte: a value has
/// one spelling.
fn from_base64(digits: &[u8]) -> Option<Vec<u8>> {
    if !digits.len().is_multiple_of(4) || digits.len() > MAX_BINARY.div_ceil(3) * 4 {
        return None;
    }
    let padding = digits
        .iter()
        .rev()
        .take_while(|&&byte| byte == b'=')
        .count();
    if padding > 2 {
        return None;
    }
    let (symbols, _) = digits.split_at_checked(digits.len() - padding)?;
    let mut bytes = Vec::with_capacity(digits.len() / 4 * 3);
    let (mut bits, mut held) = (0_u32, 0_u32);
    for &symbol in symbols {
        bits = bits << 6 | sextet(symbol)?;
        held += 6;
        if held >= 8 {
            held -= 8;
            bytes.push(u8::try_from(bits >> held & 0xff).ok()?);
            bits &= (1 << held) - 1;
        }
    }
    (bits == 0).then_some(bytes)
}

fn sextet(symbol: u8) -> Option<u32> {
    let value = match symbol {
        b'A'..=b'Z' => symbol - b'A',
        b'a'..=b'z' => symbol - b'a' + 26,
        b'0'..=b'9' => symbol - b'0' + 52,
        b'+' => 62,
        b'/' => 63,
        _ => return None,
    };
    Some(value.into())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fuzzing;
    use proptest::prelude::*;

    #[test]
    fn values_in_both_encodings() {
        for (value, bytes) in [
            ("0x00", &b"\0"[..]),
            ("0X0aFf", b"\x0a\xff"),
            ("0xabc", b"\x0a\xbc"),
            ("0bAA==", b"\0"),
            ("0bTWFu", b"Man"),
            ("0BTWE=", b"Ma"),
            ("0b+/+/", b"\xfb\xff\xbf"),
        ] {
            assert_eq!(binary(value).as_deref(), Some(bytes), "{value}");
        }
    }

    #[test]
    fn what_is_no_binary_value() {
        for value in [
            "", "0", "0x", "0b", "12", "ff", "0xg0", "0x 1", "0x+1", "0bTWE", "0bTW=E", "0bT===",
            "0b====", "0bTWF=", "0bTQ=!", "0b-_-_", "0xé", "é",
        ] {
            assert_eq!(binary(value), None, "{value}");
        }
    }

    #[test]
    fn values_are_bounded() {
        assert!(binary(&format!("0x{}", "00".repeat(MAX_BINARY))).is_some());
        assert_eq!(binary(&format!("0x0{}", "00".repeat(MAX_BINARY))), None);
        let longest = "AAAA".repeat(MAX_BINARY / 3);
        assert!(binary(&format!("0b{longest}AA==")).is_some());
        assert_eq!(binary(&format!("0b{longest}AAA=")), None);
    }

    proptest! {
        #[test]
        fn hexadecimal_is_read_back(bytes in prop::collection::vec(any::<u8>(), 1..100)) {
            prop_assert_eq!(binary(&hexadecimal(&bytes)), Some(bytes));
        }
    }

    #[test]
    fn fuzz_binary() {
        bolero::check!()
            .with_test_time(fuzzing::time())
            .with_type::<(bool, Vec<u8>)>()
            .for_each(|(base64, digits)| {
                let digits = String::from_utf8_lossy(digits);
                let prefix = if *base64 { "0b" } else { "0x" };
                if let Some(bytes) = binary(&format!("{prefix}{digits}")) {
                    assert!((1..=MAX_BINARY).contains(&bytes.len()));
                }
            });
    }
}

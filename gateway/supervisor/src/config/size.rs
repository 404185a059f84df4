//! Sizes as people write them.

/// Reads a size in bytes: a number with an optional `K`, `M`, `G` or `T` (powers of 1024).
pub(super) fn parse(text: &str) -> Result<u64, String> {
    let shift = match text.as_bytes().last() {
        Some(b'K') => 10,
        Some(b'M') => 20,
        Some(b'G') => 30,
        Some(b'T') => 40,
        _ => 0,
    };
    let digits = if shift == 0 {
        text
    } else {
        text.get(..text.len() - 1).unwrap_or_default()
    };
    let plain = !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit());
    let number: Option<u64> = plain.then(|| digits.parse().ok()).flatten();
    let size = number.and_then(|number| number.checked_mul(1 << shift));
    // off_t is signed: no file is larger.
    match size.filter(|&size| i64::try_from(size).is_ok()) {
        Some(0) => Err("a size of nothing".to_owned()),
        Some(size) => Ok(size),
        None => Err(format!(
            "{text:?} is no size; write a number of bytes, or one with K, M, G or T, such as \"20G\""
        )),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn suffixes_are_powers_of_1024() {
        assert_eq!(parse("512"), Ok(512));
        assert_eq!(parse("1K"), Ok(1024));
        assert_eq!(parse("20G"), Ok(20 << 30));
        assert_eq!(parse("4T"), Ok(4 << 40));
    }

    #[test]
    fn what_no_file_can_have_is_refused() {
        let refused = [
            "",
            "G",
            "-1",
            "+1",
            "1.5G",
            "20GB",
            "20g",
            "0",
            "8388608T",
            "9223372036854775808",
            "1é",
        ];
        for text in refused {
            assert!(parse(text).is_err(), "{text}");
        }
        assert_eq!(parse("9223372036854775807"), Ok(u64::MAX >> 1));
    }
}

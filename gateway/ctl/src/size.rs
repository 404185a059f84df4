//! Sizes as people write and read them.

/// Units, each 1024 of the one before.
const UNITS: [(char, u32); 4] = [('T', 40), ('G', 30), ('M', 20), ('K', 10)];

/// Reads a size in bytes: a number with an optional `K`, `M`, `G` or `T` (powers of 1024).
pub(crate) fn parse(text: &str) -> Result<u64, String> {
    let (digits, shift) = match text.strip_suffix(['K', 'M', 'G', 'T']) {
        None => (text, 0),
        Some(digits) => {
            let unit = UNITS.iter().find(|(unit, _)| text.ends_with(*unit));
            (digits, unit.map_or(0, |&(_, shift)| shift))
        }
    };
    let plain = !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit());
    let number: Option<u64> = plain.then(|| digits.parse().ok()).flatten();
    let size = number.and_then(|number| number.checked_mul(1 << shift));
    // off_t is signed: no file is larger.
    match size.filter(|&size| i64::try_from(size).is_ok()) {
        Some(0) => Err("a size of nothing".to_owned()),
        Some(size) => Ok(size),
        None => Err("write a number of bytes, or one with K, M, G or T, such as 20G".to_owned()),
    }
}

/// Shows a size: exactly where it is a whole number of units, else with one decimal.
pub(crate) fn show(bytes: u64) -> String {
    let unit = UNITS.iter().find(|&&(_, shift)| bytes >> shift > 0);
    let Some(&(unit, shift)) = unit else {
        return bytes.to_string();
    };
    let whole = bytes >> shift;
    let rest = bytes & ((1 << shift) - 1);
    match rest {
        0 => format!("{whole}{unit}"),
        rest => format!("{whole}.{}{unit}", (u128::from(rest) * 10) >> shift),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn what_no_file_can_have_is_refused() {
        for text in [
            "", "G", "-1", "+1", "1.5G", "20GB", "20g", "0", "8388608T", "1é",
        ] {
            assert!(parse(text).is_err(), "{text}");
        }
        assert_eq!(parse("9223372036854775807"), Ok(u64::MAX >> 1));
        assert_eq!(parse("20G"), Ok(20 << 30));
        assert_eq!(show(3 << 29), "1.5G");
    }

    proptest! {
        #[test]
        fn what_is_shown_whole_is_read_back(number in 1_u64..1024, unit in 0_usize..4) {
            let bytes = number << UNITS[unit].1;
            prop_assert_eq!(parse(&show(bytes)), Ok(bytes));
        }

        #[test]
        fn any_size_can_be_shown(bytes in any::<u64>()) {
            prop_assert!(show(bytes).len() <= 12);
        }

        #[test]
        fn any_text_is_a_size_or_refused(text in any::<String>()) {
            let _ = parse(&text);
        }
    }
}

//! Values (RFC 7143, 6.1). `None` stands for a value that is not what the key takes.

use std::ops::RangeInclusive;

/// "Yes" or "No".
pub(super) fn boolean(value: &str) -> Option<bool> {
    match value {
        "Yes" => Some(true),
        "No" => Some(false),
        _ => None,
    }
}

/// The value of a boolean.
pub(super) const fn yes_or_no(value: bool) -> &'static str {
    if value { "Yes" } else { "No" }
}

/// A decimal or hexadecimal number within `range`.
pub(crate) fn number(value: &str, range: RangeInclusive<u32>) -> Option<u32> {
    let (digits, radix) = match value.get(..2) {
        Some("0x" | "0X") => (value.get(2..)?, 16),
        _ => (value, 10),
    };
    // `from_str_radix` would take a sign.
    let number = digits
        .chars()
        .all(|digit| digit.is_digit(radix))
        .then(|| u32::from_str_radix(digits, radix).ok())??;
    range.contains(&number).then_some(number)
}

/// The first of a list, in the order of the initiator's preference, that `known` has a meaning for
/// (RFC 7143, 6.2.1).
pub(super) fn preferred<T>(value: &str, known: impl Fn(&str) -> Option<T>) -> Option<T> {
    value.split(',').find_map(known)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_decimal_or_hexadecimal_and_in_range() {
        let any = || 0..=u32::MAX;
        assert_eq!(number("0", any()), Some(0));
        assert_eq!(number("262144", any()), Some(262_144));
        assert_eq!(number("0x40000", any()), Some(262_144));
        assert_eq!(number("0XfF", any()), Some(255));
        assert_eq!(number("511", 512..=1024), None);
        assert_eq!(number("1025", 512..=1024), None);
    }

    #[test]
    fn what_is_no_number_is_none() {
        for value in [
            "",
            "0x",
            "-1",
            "+1",
            " 1",
            "1 ",
            "1.5",
            "4294967296",
            "0x+1",
            "Yes",
            "1~2",
            "é",
        ] {
            assert_eq!(number(value, 0..=u32::MAX), None, "{value}");
        }
    }

    #[test]
    fn booleans_are_case_sensitive() {
        assert_eq!(
            (boolean("Yes"), boolean("No"), boolean("yes")),
            (Some(true), Some(false), None)
        );
    }
}

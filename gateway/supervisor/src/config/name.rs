//! Names of stores, images and targets.
//!
//! A target name is `PREFIX:STORE.IMAGE` and must be an iSCSI name of type `iqn` in its normal
//! form, because initiators and we compare such names byte for byte:
//!
//! > the following characters are allowed: ASCII dash character ('-'), ASCII dot character ('.'),
//! > ASCII colon character (':'), ASCII lower-case characters ('a'..'z'), ASCII digit characters
//! > ('0'..'9') (RFC 3722 1.1, RFC 7143 4.2.7.1)

use labelgate_control::Text;

/// The longest name of a store or an image, in bytes.
const LONGEST: usize = 63;

/// Why a text cannot name a store.
pub(super) fn check_store(name: &str) -> Result<(), String> {
    // Without a dot in it, the first dot of a target's name ends the store.
    check(name, "-").map_err(|why| format!("store name {name:?} {why}"))
}

/// Why a text cannot name an image.
pub(super) fn check_image(name: &str) -> Result<(), String> {
    check(name, "-.").map_err(|why| format!("image name {name:?} {why}"))
}

fn check(name: &str, punctuation: &str) -> Result<(), String> {
    let allowed = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || punctuation.contains(c);
    if let Some(wrong) = name.chars().find(|&c| !allowed(c)) {
        let also = if punctuation.contains('.') {
            "dashes and dots"
        } else {
            "and dashes"
        };
        let comma = if punctuation.contains('.') { "," } else { "" };
        return Err(format!(
            "has the character {wrong:?}; use lower-case letters, digits{comma} {also}"
        ));
    }
    match name.len() {
        0 => Err("is empty".to_owned()),
        1..=LONGEST => Ok(()),
        length => Err(format!("has {length} characters; use at most {LONGEST}")),
    }
}

/// Why a text cannot begin a target's name.
pub(super) fn check_target_prefix(prefix: &str) -> Result<(), String> {
    let form = "write it as \"iqn.YYYY-MM.\" and a domain name turned around, such as \"iqn.2026-11.io.labelgate\"";
    let dated = prefix
        .strip_prefix("iqn.")
        .and_then(|rest| rest.split_once('.'));
    let (date, rest) =
        dated.ok_or_else(|| format!("target_prefix {prefix:?} is no iqn; {form}"))?;
    if !is_year_and_month(date) {
        return Err(format!("target_prefix {prefix:?} has no date; {form}"));
    }
    let allowed = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || "-.:".contains(c);
    if rest.is_empty() || !rest.chars().all(allowed) || prefix.len() > 90 {
        return Err(format!(
            "target_prefix {prefix:?} is not made of at most 90 lower-case letters, digits, dashes, dots and colons; {form}"
        ));
    }
    Ok(())
}

fn is_year_and_month(date: &str) -> bool {
    let digits = |text: &str, n| text.len() == n && text.bytes().all(|b| b.is_ascii_digit());
    date.split_once('-').is_some_and(|(year, month)| {
        digits(year, 4) && digits(month, 2) && ("01"..="12").contains(&month)
    })
}

/// The name of an image's target.
pub(super) fn target(prefix: &str, store: &str, image: &str) -> Result<Text<223>, String> {
    Text::new(&format!("{prefix}:{store}.{image}"))
        .map_err(|why| format!("the target's name would have {why}"))
}

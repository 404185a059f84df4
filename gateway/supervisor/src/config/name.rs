//! Names of stores, images and targets.

use labelgate_control::Text;
use labelgate_registry::{ImageName, StoreName};

/// Why a text cannot name a store.
pub(super) fn check_store(name: &str) -> Result<(), String> {
    let name = name.parse::<StoreName>();
    name.map(|_| ()).map_err(|why| why.to_string())
}

/// Why a text cannot name an image.
pub(super) fn check_image(name: &str) -> Result<(), String> {
    let name = name.parse::<ImageName>();
    name.map(|_| ()).map_err(|why| why.to_string())
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
pub(crate) fn target(prefix: &str, store: &str, image: &str) -> Result<Text<223>, String> {
    Text::new(&format!("{prefix}:{store}.{image}"))
        .map_err(|why| format!("the target's name would have {why}"))
}

//! Who ends when the machine has no memory left: a child, and not the supervisor.
//!
//! The supervisor's unit protects it (`OOMScoreAdjust=`), because with it every label's service
//! ends. What it starts inherits that, and has to be chosen before it.
//!
//! Source: proc(5), `/proc/pid/oom_score_adj`: anybody may raise his own.

use std::fs;
use std::io;

const OWN: &str = "/proc/self/oom_score_adj";

/// Gives up the protection that this process has inherited, if it has any. Returns whether it had.
pub(super) fn give_up_protection() -> io::Result<bool> {
    let inherited = fs::read_to_string(OWN)?;
    let is_protected = inherited.trim_start().starts_with('-');
    if is_protected {
        fs::write(OWN, "0")?;
    }
    Ok(is_protected)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whoever_is_not_protected_stays_as_he_is() {
        let before = fs::read_to_string(OWN).unwrap();
        assert!(
            !before.starts_with('-'),
            "the tests are protected: {before}"
        );
        assert!(!give_up_protection().unwrap());
        assert_eq!(fs::read_to_string(OWN).unwrap(), before);
    }
}

//! Whether SELinux is there, enforces, and has changed.

use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt;

use rustix::fs::statfs;

/// Where libselinux and systemd mount it.
const ROOT: &str = "/sys/fs/selinux";
/// `SELINUX_MAGIC` (linux/magic.h).
const MAGIC: u32 = 0xf97c_ff8c;

/// Why the kernel's SELinux cannot be relied on.
#[derive(Debug, thiserror::Error)]
pub enum Unavailable {
    /// The kernel runs without it, or selinuxfs is not mounted.
    #[error(
        "SELinux is disabled on this machine; boot with selinux among the lsm= of the kernel's \
         command line and SELINUX=enforcing in /etc/selinux/config"
    )]
    Disabled,
    /// It logs what it would refuse, and refuses nothing.
    #[error("SELinux is permissive, so the kernel refuses nothing; run: setenforce 1")]
    Permissive,
    /// The policy has no categories, or there is none.
    #[error("SELinux has no MLS/MCS policy loaded; install selinux-policy-default and reboot")]
    NoLevels,
    /// An interface is missing or says what is not understood.
    #[error("SELinux cannot be asked for its status ({what}): {error}")]
    Status {
        /// Which interface.
        what: &'static str,
        /// What is wrong with it.
        error: io::Error,
    },
}

/// The kernel's SELinux, with a policy that has levels.
#[derive(Debug)]
pub struct Kernel {
    status: File,
}

/// What SELinux was like at one moment.
///
/// A file's new label does not show here; a new policy, a boolean and setenforce do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Status {
    /// Whether it refuses what the policy does not allow.
    pub enforcing: bool,
    /// Grows with each policy that is loaded; a boolean that changes counts, too. Until the first
    /// that comes after somebody has looked, it is 0 whatever the policy's number is.
    pub policy_loads: u32,
    /// Grows with everything that changes here.
    pub sequence: u32,
}

impl Kernel {
    /// Finds it.
    ///
    /// # Errors
    /// [`Unavailable`], with what mends it.
    pub fn find() -> Result<Self, Unavailable> {
        let mounted = statfs(ROOT).map_err(|_| Unavailable::Disabled)?;
        #[allow(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "a magic number has 32 bits, in a field whose type differs by architecture"
        )]
        let magic = mounted.f_type as u32;
        if magic != MAGIC {
            return Err(Unavailable::Disabled);
        }
        let mls = std::fs::read_to_string("/sys/fs/selinux/mls");
        if mls.map_err(status("mls"))?.trim() != "1" {
            return Err(Unavailable::NoLevels);
        }
        let file = File::open("/sys/fs/selinux/status").map_err(status("status"))?;
        let kernel = Self { status: file };
        kernel.status()?;
        Ok(kernel)
    }

    /// What it is like now.
    ///
    /// # Errors
    /// [`Unavailable::Status`]
    pub fn status(&self) -> Result<Status, Unavailable> {
        // The kernel makes the sequence odd while it changes the rest.
        for _ in 0..1000 {
            let page = self.page().map_err(status("status"))?;
            let again = self.page().map_err(status("status"))?;
            if page == again
                && let Some(status) = parse(&page)
            {
                return Ok(status);
            }
            std::thread::yield_now();
        }
        Err(status("status")(io::ErrorKind::InvalidData.into()))
    }

    /// Whether it enforces now.
    ///
    /// # Errors
    /// [`Unavailable::Permissive`] if not, and [`Unavailable::Status`].
    pub fn check_enforcing(&self) -> Result<Status, Unavailable> {
        let status = self.status()?;
        match status.enforcing {
            true => Ok(status),
            false => Err(Unavailable::Permissive),
        }
    }

    fn page(&self) -> io::Result<[u8; 20]> {
        let mut page = [0; 20];
        self.status.read_exact_at(&mut page, 0)?;
        Ok(page)
    }
}

fn status(what: &'static str) -> impl FnOnce(io::Error) -> Unavailable {
    move |error| Unavailable::Status { what, error }
}

/// `struct selinux_kernel_status` (security/selinux/include/security.h): version, sequence,
/// enforcing, policyload, `deny_unknown`, each a u32.
fn parse(page: &[u8; 20]) -> Option<Status> {
    let (words, _) = page.as_chunks::<4>();
    let [version, sequence, enforcing, policy_loads, _] = words else {
        return None;
    };
    let number = |word: &[u8; 4]| u32::from_ne_bytes(*word);
    let sequence = number(sequence);
    (number(version) == 1 && sequence.is_multiple_of(2)).then(|| Status {
        enforcing: number(enforcing) != 0,
        policy_loads: number(policy_loads),
        sequence,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn page(words: [u32; 5]) -> [u8; 20] {
        let mut page = [0; 20];
        for (place, word) in page.chunks_exact_mut(4).zip(words) {
            place.copy_from_slice(&word.to_ne_bytes());
        }
        page
    }

    #[test]
    fn the_status_page_is_understood() {
        let expected = Status {
            enforcing: true,
            policy_loads: 7,
            sequence: 12,
        };
        assert_eq!(parse(&page([1, 12, 1, 7, 0])), Some(expected));
        assert_eq!(parse(&page([1, 13, 1, 7, 0])), None, "it is being changed");
        assert_eq!(parse(&page([2, 12, 1, 7, 0])), None, "another version");
        assert!(!parse(&page([1, 12, 0, 7, 0])).unwrap().enforcing);
    }

    #[test]
    fn the_errors_name_what_mends_them() {
        assert!(Unavailable::Permissive.to_string().contains("setenforce 1"));
        assert!(Unavailable::Disabled.to_string().contains("lsm="));
    }
}

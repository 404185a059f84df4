//! What a keeper of Gluster's needs besides what every keeper does.
//!
//! Its library asks whom it acts as at each operation. When it connects again it looks for a
//! privileged port, for names and for services, and when the volume was changed it wants to write a
//! file and to load code: all of that is turned away with an error, which it takes for what it is. A
//! changed volume is then served as it was, and a name that is not in a file is not found.

use seccompiler::{
    BackendError, BpfProgram, SeccompAction, SeccompCmpArgLen, SeccompCmpOp, SeccompCondition,
    SeccompFilter, SeccompRule,
};

use super::{ConfinementError, Rules, all, equals, keeper, masked};

/// With any arguments.
const ALWAYS: &[i64] = &[
    // Whom it acts as.
    libc::SYS_getgroups,
    libc::SYS_getppid,
];

/// What is turned away, whatever the arguments are.
const AWAY: &[i64] = &[
    // Ports of its own: it connects from any.
    libc::SYS_bind,
    // What a terminal is like that its log might go to.
    libc::SYS_ioctl,
    #[cfg(target_arch = "x86_64")]
    libc::SYS_mkdir,
    libc::SYS_mkdirat,
    #[cfg(target_arch = "x86_64")]
    libc::SYS_unlink,
    libc::SYS_unlinkat,
];

/// The rules by system call.
pub(super) fn rules(pid: u32) -> Result<Rules, BackendError> {
    let mut rules = keeper::rules(pid)?;
    for &call in ALWAYS.iter().chain(AWAY) {
        rules.insert(call, Vec::new());
    }
    // Turned away by the first filter, which a call has to pass as well.
    for (call, away) in away()? {
        rules.entry(call).or_default().extend(away);
    }
    Ok(rules)
}

/// Installs the filter that turns away what need not kill. It is in force beside the list, and
/// lets through all that it does not name.
pub(super) fn install_first() -> Result<(), ConfinementError> {
    let mut rules: Rules = AWAY.iter().map(|&call| (call, Vec::new())).collect();
    rules.extend(away()?);
    let architecture = std::env::consts::ARCH.try_into()?;
    let errno = SeccompAction::Errno(libc::EACCES.unsigned_abs());
    let filter = SeccompFilter::new(rules, SeccompAction::Allow, errno, architecture)?;
    let program: BpfProgram = filter.try_into()?;
    seccompiler::apply_filter_all_threads(&program)?;
    Ok(())
}

/// Calls that are turned away with some arguments.
fn away() -> Result<Vec<(i64, Vec<SeccompRule>)>, BackendError> {
    let family = |family: i32| all([equals(0, family.unsigned_abs().into())]);
    // The two flags that may come with the type do not matter.
    let kind = !(libc::SOCK_CLOEXEC | libc::SOCK_NONBLOCK);
    let datagram = |family: i32| {
        all([
            equals(0, family.unsigned_abs().into()),
            masked(1, kind.cast_unsigned(), libc::SOCK_DGRAM.unsigned_abs()),
        ])
    };
    let flags = |bits: i32, value: i32| all([masked(2, bits.unsigned_abs(), value.unsigned_abs())]);
    Ok(vec![
        (
            libc::SYS_socket,
            vec![
                family(libc::AF_UNIX)?,
                family(libc::AF_NETLINK)?,
                datagram(libc::AF_INET)?,
                datagram(libc::AF_INET6)?,
            ],
        ),
        (
            libc::SYS_openat,
            vec![
                flags(libc::O_ACCMODE, libc::O_WRONLY)?,
                flags(libc::O_ACCMODE, libc::O_RDWR)?,
                flags(libc::O_CREAT, libc::O_CREAT)?,
            ],
        ),
        // Code that it would load.
        (libc::SYS_mmap, vec![all([of_a_file()])?]),
    ])
}

/// The fourth argument, flags, lacks `MAP_ANONYMOUS`.
fn of_a_file() -> Result<SeccompCondition, BackendError> {
    let anonymous = libc::MAP_ANONYMOUS.unsigned_abs().into();
    SeccompCondition::new(
        3,
        SeccompCmpArgLen::Dword,
        SeccompCmpOp::MaskedEq(anonymous),
        0,
    )
}

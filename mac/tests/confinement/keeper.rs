//! A keeper: its library makes sockets, threads and events; it opens and starts nothing.

use std::io::{self, Write};
use std::net::TcpStream;
use std::thread;

use labelgate_mac::confinement::{
    self, ConfinementError, Identity, Profile, Reach, filesystem, syscalls,
};
use libtest_mimic::Trial;

use crate::arrange::Arranged;
use crate::layers::TRIES;
use crate::run::{End, Neighbour, UID, probe, probe_as};
use crate::syscalls::others_kill;
use crate::trial;

const KILLED: End = End::Killed(libc::SIGSYS);
const REFUSED: End = End::Refused(libc::EACCES);

/// What may pass, or is turned away without a kill, written down a second time.
#[rustfmt::skip]
#[allow(clippy::wildcard_imports, reason = "a table of one module's constants")]
const LISTED: &[i64] = {
    use libc::*;
    &[
        SYS_read, SYS_write, SYS_readv, SYS_writev, SYS_close, SYS_fstat, SYS_lseek, SYS_connect,
        SYS_recvmsg, SYS_sendmsg, SYS_recvfrom, SYS_sendto, SYS_shutdown, SYS_getsockname,
        SYS_getpeername, SYS_getsockopt, SYS_ppoll, SYS_epoll_create1, SYS_epoll_ctl,
        SYS_epoll_pwait, SYS_eventfd2, SYS_timerfd_create, SYS_timerfd_settime, SYS_pipe2,
        SYS_munmap, SYS_mremap, SYS_madvise, SYS_brk, SYS_clone3, SYS_futex, SYS_set_robust_list,
        SYS_rseq, SYS_sched_yield, SYS_sched_getaffinity, SYS_getcpu, SYS_clock_gettime,
        SYS_clock_getres, SYS_clock_nanosleep, SYS_nanosleep, SYS_gettimeofday,
        SYS_restart_syscall, SYS_getrandom, SYS_getpid, SYS_gettid, SYS_getuid, SYS_geteuid,
        SYS_getgid, SYS_getegid, SYS_getrusage, SYS_uname, SYS_sysinfo, SYS_rt_sigaction,
        SYS_rt_sigreturn, SYS_rt_sigprocmask, SYS_sigaltstack, SYS_exit, SYS_exit_group,
        SYS_statx, SYS_newfstatat, SYS_readlinkat, SYS_faccessat, SYS_faccessat2,
        // With some arguments; tried below.
        SYS_fcntl, SYS_socket, SYS_setsockopt, SYS_clone, SYS_prctl, SYS_prlimit64, SYS_openat,
        SYS_mmap, SYS_mprotect, SYS_tgkill,
    ]
};
#[rustfmt::skip]
#[cfg(target_arch = "x86_64")]
#[allow(clippy::wildcard_imports, reason = "a table of one module's constants")]
const OLD: &[i64] = {
    use libc::*;
    &[
        SYS_poll, SYS_epoll_create, SYS_epoll_wait, SYS_stat, SYS_lstat, SYS_readlink,
        SYS_access, SYS_open,
    ]
};
#[cfg(not(target_arch = "x86_64"))]
const OLD: &[i64] = &[];

/// What a keeper of Gluster's may do besides, or is turned away with.
#[rustfmt::skip]
#[allow(clippy::wildcard_imports, reason = "a table of one module's constants")]
const GLUSTER: &[i64] = {
    use libc::*;
    &[SYS_getgroups, SYS_getppid, SYS_bind, SYS_ioctl, SYS_mkdirat, SYS_unlinkat]
};
#[cfg(target_arch = "x86_64")]
const OLD_GLUSTER: &[i64] = &[libc::SYS_mkdir, libc::SYS_unlink];
#[cfg(not(target_arch = "x86_64"))]
const OLD_GLUSTER: &[i64] = &[];

pub fn trials() -> Vec<Trial> {
    vec![
        trial("keeper: what a worker must not, it must not either", tries),
        trial("keeper: every other system call kills", || {
            others_kill("keeper", &[LISTED, OLD])
        }),
        trial("keeper: another process", neighbour),
        trial("keeper: connects, and has threads and events", || {
            for layers in ["none", "seccomp-keeper", "filesystem-keeper", "keeper"] {
                assert_eq!(probe(layers, &["keep"]), End::Done, "{layers}");
            }
        }),
        trial("keeper: makes streams of TCP, and no other socket", sockets),
        trial("keeper: starts threads, and no process", processes),
        trial(
            "keeper: opens its anchors for reading, and nothing else",
            anchors,
        ),
        trial("keeper: limits are for itself to look at alone", || {
            let ask = |pid: &str, new: &str| {
                let number = libc::SYS_prlimit64.to_string();
                probe("keeper", &["system-call", &number, pid, "7", new, "0"])
            };
            assert_eq!(ask("0", "0"), End::Done);
            assert_eq!(ask("1", "0"), KILLED);
            assert_eq!(ask("0", "4096"), KILLED);
        }),
        trial("keeper: executable and file memory", memory),
        trial("gluster keeper: every other system call kills", || {
            others_kill("gluster-keeper", &[LISTED, OLD, GLUSTER, OLD_GLUSTER]);
        }),
        trial(
            "gluster keeper: what its library asks for is turned away",
            gluster,
        ),
        trial("keeper: abort is not an attack", || {
            assert_eq!(probe("keeper", &["abort"]), End::Killed(libc::SIGABRT));
            assert_eq!(probe("keeper", &["tgkill", "9"]), KILLED);
        }),
        trial("keeper: the report", report),
    ]
}

/// Confines the probe in one of these ways, if it is one.
pub fn confine(layers: &str, arranged: &Arranged) -> Option<Result<String, ConfinementError>> {
    let reading = Reach::Reading(&arranged.directory);
    let mut opens = Profile::keeper();
    opens.reach = reading;
    let role = confinement::Role::Keeper;
    Some(match layers {
        "keeper" => confinement::confine(&Profile::keeper()).map(|done| done.to_string()),
        "gluster-keeper" => {
            confinement::confine(&Profile::gluster_keeper()).map(|done| done.to_string())
        }
        "keeper-opens" => confinement::confine(&opens).map(|done| done.to_string()),
        "seccomp-keeper" => {
            syscalls::install(role, Reach::Nothing, Identity::Own).map(|done| done.to_string())
        }
        "seccomp-keeper-opens" => {
            syscalls::install(role, reading, Identity::Own).map(|done| done.to_string())
        }
        "filesystem-keeper" => enter(Reach::Nothing),
        "filesystem-keeper-opens" => enter(reading),
        _ => return None,
    })
}

fn enter(reach: Reach<'_>) -> Result<String, ConfinementError> {
    confinement::capabilities::set_no_new_privileges()?;
    filesystem::deny_all_but_connections(reach).map(|domain| domain.to_string())
}

fn tries() {
    for &(name, action, layer, error) in TRIES {
        let (filtered, whole) = match action {
            ["connect"] => (End::Done, End::Done),
            // By the old call, which is turned away whatever it is for.
            ["create"] => (REFUSED, REFUSED),
            // For reading: that is Landlock's to refuse. What a directory is must not be asked, too.
            ["open"] => (End::Done, REFUSED),
            ["list"] => (REFUSED, REFUSED),
            // Its limits are higher: a library's threads have large stacks.
            _ if layer == "limits" && error == libc::ENOMEM => (End::Done, End::Done),
            _ => (KILLED, KILLED),
        };
        assert_eq!(probe("seccomp-keeper", action), filtered, "{name}");
        assert_eq!(probe("keeper", action), whole, "{name}");
    }
    assert_eq!(probe("filesystem-keeper", &["bind"]), REFUSED);
    assert_eq!(probe("filesystem-keeper", &["open"]), REFUSED);
    assert_eq!(
        probe("keeper", &["reserve", "9000"]),
        End::Refused(libc::ENOMEM)
    );
    assert_eq!(
        probe("keeper", &["allocate", "2100"]),
        End::Refused(libc::ENOMEM)
    );
}

fn neighbour() {
    let neighbour = Neighbour::start();
    for action in ["signal", "ptrace", "read-neighbour"] {
        let action = [action, &neighbour.pid()];
        assert_eq!(probe("none", &action), End::Done);
        assert_eq!(probe("keeper", &action), KILLED);
    }
}

fn ends(call: i64, arguments: [i32; 3]) -> End {
    let call = call.to_string();
    let arguments = arguments.map(|argument| argument.to_string());
    let [one, two, three] = &arguments;
    probe("keeper", &["system-call", &call, one, two, three])
}

fn sockets() {
    let socket = |family, kind| ends(libc::SYS_socket, [family, kind, 0]);
    let flags = libc::SOCK_CLOEXEC | libc::SOCK_NONBLOCK;
    assert_eq!(socket(libc::AF_INET, libc::SOCK_STREAM | flags), End::Done);
    assert_eq!(socket(libc::AF_INET6, libc::SOCK_STREAM), End::Done);
    for (family, kind) in [
        (libc::AF_INET, libc::SOCK_DGRAM),
        (libc::AF_INET, libc::SOCK_RAW),
        (libc::AF_UNIX, libc::SOCK_STREAM),
        (libc::AF_PACKET, libc::SOCK_RAW),
        (libc::AF_ALG, libc::SOCK_SEQPACKET),
        (libc::AF_VSOCK, libc::SOCK_STREAM),
    ] {
        assert_eq!(socket(family, kind), KILLED, "{family} {kind}");
    }
    // The C library asks so which addresses there are, and can do without.
    let interfaces = socket(libc::AF_NETLINK, libc::SOCK_RAW | flags);
    assert_eq!(interfaces, End::Refused(libc::EACCES));
    for call in [libc::SYS_bind, libc::SYS_listen, libc::SYS_accept4] {
        assert_eq!(ends(call, [0, 0, 0]), KILLED);
    }
}

fn processes() {
    assert_eq!(ends(libc::SYS_clone, [libc::SIGCHLD, 0, 0]), KILLED);
    let vfork = libc::CLONE_VM | libc::CLONE_VFORK | libc::SIGCHLD;
    assert_eq!(ends(libc::SYS_clone, [vfork, 0, 0]), KILLED);
    // What it asks for cannot be seen: the C library then asks by clone.
    assert_eq!(
        ends(libc::SYS_clone3, [0, 0, 0]),
        End::Refused(libc::ENOSYS)
    );
    for call in [
        libc::SYS_execve,
        libc::SYS_execveat,
        libc::SYS_kill,
        libc::SYS_tkill,
        libc::SYS_pidfd_open,
        libc::SYS_pidfd_getfd,
        libc::SYS_unshare,
        libc::SYS_setns,
        libc::SYS_bpf,
        libc::SYS_perf_event_open,
        libc::SYS_io_uring_setup,
        libc::SYS_userfaultfd,
        libc::SYS_memfd_create,
        libc::SYS_seccomp,
        libc::SYS_keyctl,
        libc::SYS_mount,
    ] {
        assert_eq!(ends(call, [0, 0, 0]), KILLED, "system call {call}");
    }
}

fn anchors() {
    for layers in [
        "none",
        "seccomp-keeper-opens",
        "filesystem-keeper-opens",
        "keeper-opens",
    ] {
        assert_eq!(probe(layers, &["read-beneath"]), End::Done, "{layers}");
    }
    assert_eq!(probe("keeper", &["read-beneath"]), REFUSED);
    assert_eq!(probe("keeper-opens", &["open"]), REFUSED);
    assert_eq!(probe("keeper-opens", &["list"]), REFUSED);
    assert_eq!(probe("keeper-opens", &["create"]), REFUSED);
    for action in ["open-beneath", "empty", "unlock"] {
        assert_eq!(probe("keeper-opens", &[action]), KILLED, "{action}");
    }
    assert_eq!(probe("filesystem-keeper-opens", &["open-beneath"]), REFUSED);
}

fn gluster() {
    let socket = |family: i32, kind: i32| {
        let (family, kind) = (family.to_string(), kind.to_string());
        let call = libc::SYS_socket.to_string();
        probe(
            "gluster-keeper",
            &["system-call", &call, &family, &kind, "0"],
        )
    };
    assert_eq!(socket(libc::AF_INET, libc::SOCK_STREAM), End::Done);
    for (family, kind) in [
        (libc::AF_UNIX, libc::SOCK_STREAM),
        (libc::AF_NETLINK, libc::SOCK_RAW),
        (libc::AF_INET, libc::SOCK_DGRAM),
    ] {
        assert_eq!(socket(family, kind), REFUSED, "{family} {kind}");
    }
    for (family, kind) in [
        (libc::AF_INET, libc::SOCK_RAW),
        (libc::AF_PACKET, libc::SOCK_RAW),
        (libc::AF_VSOCK, libc::SOCK_STREAM),
    ] {
        assert_eq!(socket(family, kind), KILLED, "{family} {kind}");
    }
    // Files that it would make or write, and code that it would load.
    for action in ["create", "open", "bind"] {
        assert_eq!(probe("gluster-keeper", &[action]), REFUSED, "{action}");
    }
    let map = |protection: i32, of_file: &str| {
        probe("gluster-keeper", &["map", &protection.to_string(), of_file])
    };
    assert_eq!(map(libc::PROT_READ | libc::PROT_EXEC, "1"), REFUSED);
    assert_eq!(map(libc::PROT_READ, "1"), REFUSED);
    assert_eq!(map(libc::PROT_READ | libc::PROT_WRITE, "0"), End::Done);
    assert_eq!(map(libc::PROT_READ | libc::PROT_EXEC, "0"), KILLED);
    for call in [
        libc::SYS_listen,
        libc::SYS_accept4,
        libc::SYS_execve,
        libc::SYS_kill,
    ] {
        let call = call.to_string();
        assert_eq!(
            probe("gluster-keeper", &["system-call", &call, "0", "0", "0"]),
            KILLED
        );
    }
    assert_eq!(probe("gluster-keeper", &["keep"]), End::Done);
}

fn memory() {
    use libc::{PROT_EXEC, PROT_READ, PROT_WRITE};
    let map = |protection: i32, of_file: i32| {
        let (protection, of_file) = (protection.to_string(), of_file.to_string());
        probe("keeper", &["map", &protection, &of_file])
    };
    assert_eq!(map(PROT_READ | PROT_WRITE, 0), End::Done);
    assert_eq!(map(PROT_READ | PROT_EXEC, 0), KILLED);
    assert_eq!(map(PROT_READ, 1), KILLED);
    let protect = |protection: i32| probe("keeper", &["protect", &protection.to_string()]);
    assert_eq!(protect(PROT_READ | PROT_WRITE), End::Done);
    assert_eq!(protect(PROT_READ | PROT_EXEC), KILLED);
}

fn report() {
    let outcome = probe_as(UID, "keeper", &["nothing"]);
    assert_eq!(outcome.end, End::Done);
    let limits = "limits: address space 8192 MiB, data 2048 MiB, 1024 descriptors, no core, \
                  512 tasks, files of 0 MiB";
    assert!(outcome.report.contains(limits), "{}", outcome.report);
    assert!(
        outcome.report.contains("tcp to connect only"),
        "{}",
        outcome.report
    );
    let filter = outcome.report.split("; ").last().unwrap_or_default();
    assert!(filter.starts_with("seccomp: ") && filter.ends_with("(keeper), others kill"));
    let outcome = probe_as(UID, "keeper-opens", &["nothing"]);
    let files = "files beneath 1 directories, read only";
    assert!(outcome.report.contains(files), "{}", outcome.report);
}

/// What a keeper does, after the confinement: it connects, from a thread that it starts then.
pub fn keep(arranged: &Arranged) -> io::Result<()> {
    let address = arranged.listener.local_addr()?;
    let thread = thread::Builder::new().name("library".into());
    let connecting = thread.spawn(move || -> io::Result<()> {
        let mut stream = TcpStream::connect(address)?;
        stream.set_nodelay(true)?;
        stream.write_all(b"hello")
    })?;
    // SAFETY: takes no pointers.
    crate::arrange::known(unsafe { libc::epoll_create1(libc::EPOLL_CLOEXEC) }.into())?;
    // SAFETY: takes no pointers.
    crate::arrange::known(unsafe { libc::eventfd(0, libc::EFD_NONBLOCK) }.into())?;
    connecting.join().expect("no panic")?;
    rustix::io::write(&arranged.pair.0, b"x")?;
    rustix::io::read(&arranged.pair.1, &mut [0])?;
    Ok(())
}

/// Opens a file beneath the directory for reading, by its descriptor's way, as it does with anchors.
pub fn read_beneath(arranged: &Arranged) -> io::Result<()> {
    use std::os::fd::AsRawFd;
    let name = format!("/proc/self/fd/{}", arranged.beneath.as_raw_fd());
    let file = std::fs::File::open(name)?;
    let kind = rustix::fs::FlockOperation::NonBlockingLockShared;
    Ok(rustix::fs::flock(&file, kind)?)
}

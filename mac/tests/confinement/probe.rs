//! The probe: arrange, confine, try, say what came of it.

use std::ffi::{CStr, CString};
use std::io::{self, Write as _};
use std::os::fd::AsRawFd;
use std::process::ExitCode;

use labelgate_mac::confinement::{
    self, ConfinementError, DriverKind, Identity, Profile, Reach, Role, capabilities, filesystem,
    identity, limits, namespace, syscalls,
};

use crate::arrange::{Arranged, arrange, known};
use crate::work;

pub fn main(arguments: &[String]) -> ExitCode {
    let [layers, action, rest @ ..] = arguments else {
        return ExitCode::from(2);
    };
    let tree = rest.iter().find(|argument| argument.starts_with('/'));
    let arranged =
        arrange(tree.map(String::as_str)).expect("everything is allowed before the confinement");
    prepare(action);
    if layers.starts_with(crate::run::MAPPED) {
        become_mapped();
    }
    // What it says goes out by standard error, the only file that a greeter may write to.
    rustix::stdio::dup2_stderr(rustix::stdio::stdout()).expect("both are open");
    match confine(layers, &arranged) {
        Ok(report) if report.is_empty() => eprintln!("confined"),
        Ok(report) => eprintln!("confined {report}"),
        Err(error) => {
            eprintln!("unconfined {error}");
            return ExitCode::SUCCESS;
        }
    }
    let said = match act(action, rest, &arranged) {
        Ok(()) => "done\n".to_owned(),
        Err(error) => match error.raw_os_error() {
            Some(number) => format!("refused {number}\n"),
            None => format!("failed {error}\n"),
        },
    };
    let _ = io::stderr().write_all(said.as_bytes());
    // Not through main's return: a traced or limited process may not get that far.
    std::process::exit(0)
}

/// What must be wrong before the confinement starts.
fn prepare(action: &str) {
    match action {
        "with-thread" => {
            std::thread::spawn(std::thread::park);
        }
        "with-group" => {
            rustix::thread::set_thread_groups(&[rustix::process::Gid::from_raw(4)]).expect("root");
            let uid = rustix::process::Uid::from_raw(crate::run::UID);
            let gid = rustix::process::Gid::from_raw(crate::run::UID);
            rustix::thread::set_thread_res_gid(gid, gid, gid).expect("root");
            rustix::thread::set_thread_res_uid(uid, uid, uid).expect("root");
        }
        "with-effective-uid" => {
            let (root, uid) = (rustix::process::Uid::ROOT, crate::run::UID);
            let uid = rustix::process::Uid::from_raw(uid);
            rustix::thread::set_thread_res_uid(root, uid, root).expect("root");
        }
        _ => {}
    }
}

/// Takes a user namespace of its own, whose ids the test maps.
fn become_mapped() {
    namespace::leave().expect("the kernel has user namespaces");
    io::stdout().write_all(b"!").expect("the test listens");
    io::stdout().flush().expect("the test listens");
    io::copy(&mut io::stdin(), &mut io::sink()).expect("the test says when");
    namespace::become_root().expect("ids are mapped");
}

/// The limits under test, small enough to reach.
pub fn small() -> Profile<'static> {
    let mut profile = Profile::worker(DriverKind::Ring);
    profile.address_space = 512 << 20;
    profile.data = 64 << 20;
    profile.descriptors = 32;
    profile.tasks = 1;
    profile
}

fn opens<'a>(reach: Reach<'a>, mut profile: Profile<'a>) -> Profile<'a> {
    profile.reach = reach;
    profile
}

fn confine(layers: &str, arranged: &Arranged) -> Result<String, ConfinementError> {
    let shared = |mut profile: Profile<'static>| {
        profile.identity = Identity::Shared;
        profile
    };
    if let Some(confined) = crate::keeper::confine(layers, arranged) {
        return confined;
    }
    let reach = Reach::Beneath(&arranged.directory);
    Ok(match layers {
        "none" => String::new(),
        "ring" => confinement::confine(&Profile::worker(DriverKind::Ring))?.to_string(),
        "epoll" => confinement::confine(&Profile::worker(DriverKind::Epoll))?.to_string(),
        "greeter" => confinement::confine(&Profile::greeter())?.to_string(),
        "greeter-limits" => limits::apply(&Profile::greeter())?.to_string(),
        "portmap" => confinement::confine(&Profile::portmap())?.to_string(),
        "portmap-limits" => limits::apply(&Profile::portmap())?.to_string(),
        "importer" => confinement::confine(&crate::importer::profile())?.to_string(),
        "importer-limits" => limits::apply(&crate::importer::profile())?.to_string(),
        "shared" => confinement::confine(&shared(Profile::worker(DriverKind::Ring)))?.to_string(),
        "identity" => identity::check(Identity::Own)?.to_string(),
        "identity-mapped" | "mapped-identity" => identity::check(Identity::Mapped)?.to_string(),
        "mapped-capabilities" => capabilities::keep_those_for_files()?.to_owned(),
        "capabilities" => capabilities::drop_all()?.to_string(),
        "filesystem" => {
            capabilities::set_no_new_privileges()?;
            filesystem::deny_all()?.to_string()
        }
        "ring-opens" => {
            confinement::confine(&opens(reach, Profile::worker(DriverKind::Ring)))?.to_string()
        }
        "epoll-opens" => {
            confinement::confine(&opens(reach, Profile::worker(DriverKind::Epoll)))?.to_string()
        }
        "importer-opens" => {
            confinement::confine(&opens(reach, crate::importer::profile()))?.to_string()
        }
        "filesystem-opens" => {
            capabilities::set_no_new_privileges()?;
            filesystem::deny_all_but(reach)?.to_string()
        }
        "seccomp-opens" => filter(Role::Worker(DriverKind::Ring), reach)?,
        "limits" => limits::apply(&small())?.to_string(),
        "seccomp-ring" => filter(Role::Worker(DriverKind::Ring), Reach::Nothing)?,
        "seccomp-epoll" => filter(Role::Worker(DriverKind::Epoll), Reach::Nothing)?,
        "seccomp-importer" => filter(Role::Importer, Reach::Nothing)?,
        "seccomp-greeter" => filter(Role::Greeter, Reach::Nothing)?,
        "seccomp-portmap" => filter(Role::Portmap, Reach::Nothing)?,
        other => confine_with_tree(other, arranged)?,
    })
}

/// The filter alone, of a process with a UID of its own.
fn filter(role: Role, reach: Reach<'_>) -> Result<String, ConfinementError> {
    Ok(syscalls::install(role, reach, Identity::Own)?.to_string())
}

fn confine_with_tree(layers: &str, arranged: &Arranged) -> Result<String, ConfinementError> {
    let trees = Reach::Trees {
        files: &[],
        trees: &arranged.tree,
    };
    let both = Reach::Trees {
        files: &arranged.directory,
        trees: &arranged.tree,
    };
    Ok(match layers {
        "ring-tree" => {
            confinement::confine(&opens(trees, Profile::worker(DriverKind::Ring)))?.to_string()
        }
        "epoll-tree" => {
            confinement::confine(&opens(trees, Profile::worker(DriverKind::Epoll)))?.to_string()
        }
        "mapped-ring-tree" => {
            let mut profile = Profile::worker(DriverKind::Ring);
            profile.identity = Identity::Mapped;
            confinement::confine(&opens(trees, profile))?.to_string()
        }
        "ring-both" => {
            confinement::confine(&opens(both, Profile::worker(DriverKind::Ring)))?.to_string()
        }
        "filesystem-tree" => {
            capabilities::set_no_new_privileges()?;
            filesystem::deny_all_but(trees)?.to_string()
        }
        "seccomp-tree" => filter(Role::Worker(DriverKind::Ring), trees)?,
        other => panic!("no such layers: {other}"),
    })
}

fn act(action: &str, arguments: &[String], arranged: &Arranged) -> io::Result<()> {
    let number = |index: usize| -> i64 {
        arguments
            .get(index)
            .and_then(|text| text.parse().ok())
            .expect("a number")
    };
    match action {
        "nothing" | "with-thread" | "with-group" | "with-effective-uid" => Ok(()),
        "neighbour" => neighbour(),
        "open" => std::fs::File::open("/etc/passwd").map(drop),
        "create" => work::nameless_file().map(drop),
        "list" => std::fs::read_dir("/").map(drop),
        "connect" => connect(arranged),
        "bind" => bind(arranged),
        "abstract" => abstract_socket(&number(0).to_string()),
        "exec" => Err(execute()),
        "fork" => fork(),
        "signal" => call(libc::SYS_kill, [number(0), libc::SIGCONT.into(), 0, 0, 0]),
        "ptrace" => call(
            libc::SYS_ptrace,
            [libc::PTRACE_SEIZE.into(), number(0), 0, 0, 0],
        ),
        "read-neighbour" => read_neighbour(number(0)),
        "map" => map(number(0), number(1), arranged),
        "protect" => protect(number(0)),
        "allocate" => allocate(number(0), libc::PROT_READ | libc::PROT_WRITE),
        "reserve" => allocate(number(0), libc::PROT_NONE),
        "descriptors" => descriptors(number(0), arranged),
        "become" => call(libc::SYS_setresuid, [number(0), number(0), number(0), 0, 0]),
        "system-call" => {
            let argument = |index| arguments.get(index).map_or(0, |_| number(index));
            call(number(0), [1, 2, 3, 4, 5].map(argument))
        }
        "tgkill" => {
            let (pid, tid) = (std::process::id().into(), rustix::thread::gettid());
            call(
                libc::SYS_tgkill,
                [pid, tid.as_raw_nonzero().get().into(), number(0), 0, 0],
            )
        }
        "abort" => std::process::abort(),
        other => work::act(other, arranged),
    }
}

/// A raw system call, for what no library offers as it is.
pub fn call(number: i64, [a, b, c, d, e]: [i64; 5]) -> io::Result<()> {
    // SAFETY: this process does nothing else, and every call it makes either takes no pointers
    // or gets null ones, which the kernel turns away.
    known(unsafe { libc::syscall(number, a, b, c, d, e, 0_i64) }).map(drop)
}

fn neighbour() -> io::Result<()> {
    // Where Yama restricts tracing to parents, this neighbour permits it to all.
    // SAFETY: takes no pointers.
    unsafe { libc::prctl(libc::PR_SET_PTRACER, libc::PR_SET_PTRACER_ANY) };
    io::copy(&mut io::stdin(), &mut io::sink()).map(drop)
}

fn address(port: u16) -> libc::sockaddr_in {
    libc::sockaddr_in {
        sin_family: libc::sa_family_t::try_from(libc::AF_INET).expect("small"),
        sin_port: port.to_be(),
        sin_addr: libc::in_addr {
            s_addr: u32::from_be_bytes([127, 0, 0, 1]).to_be(),
        },
        sin_zero: [0; 8],
    }
}

const ADDRESS_LENGTH: libc::socklen_t = 16;

fn connect(arranged: &Arranged) -> io::Result<()> {
    let address = address(arranged.listener.local_addr()?.port());
    let socket = arranged.socket.as_raw_fd();
    // SAFETY: the address lives through the call and has this length.
    known(unsafe { libc::connect(socket, (&raw const address).cast(), ADDRESS_LENGTH) }.into())
        .map(drop)
}

fn bind(arranged: &Arranged) -> io::Result<()> {
    let address = address(0);
    let socket = arranged.socket.as_raw_fd();
    // SAFETY: the address lives through the call and has this length.
    known(unsafe { libc::bind(socket, (&raw const address).cast(), ADDRESS_LENGTH) }.into())
        .map(drop)
}

fn abstract_socket(name: &str) -> io::Result<()> {
    use std::os::linux::net::SocketAddrExt;
    use std::os::unix::net::{SocketAddr, UnixStream};
    UnixStream::connect_addr(&SocketAddr::from_abstract_name(name)?).map(drop)
}

fn execute() -> io::Error {
    let path = CString::new("/bin/true").expect("no NUL");
    let arguments = [path.as_ptr(), std::ptr::null()];
    // SAFETY: the path and the null-ended array live through the call.
    unsafe { libc::execv(path.as_ptr(), arguments.as_ptr()) };
    io::Error::last_os_error()
}

/// Executes a file of a directory.
pub fn execute_at(directory: &impl AsRawFd, name: &CStr) -> io::Error {
    let arguments = [name.as_ptr(), std::ptr::null()];
    let directory = directory.as_raw_fd();
    let environment = std::ptr::null::<*const libc::c_char>();
    // SAFETY: the name and the null-ended array live through the call.
    unsafe {
        libc::syscall(
            libc::SYS_execveat,
            directory,
            name.as_ptr(),
            arguments.as_ptr(),
            environment,
            0,
        )
    };
    io::Error::last_os_error()
}

fn fork() -> io::Result<()> {
    // SAFETY: the child does nothing but end.
    match known(unsafe { libc::fork() }.into())? {
        // SAFETY: ends this process at once, running nothing.
        0 => unsafe { libc::_exit(0) },
        child => {
            // SAFETY: waits for our own child, with no place for its status.
            known(unsafe { libc::waitpid(child, std::ptr::null_mut(), 0) }.into()).map(drop)
        }
    }
}

/// Reads a byte of the neighbour that this process has at the same address: the program's own
/// code may lie elsewhere, but an address that is not mapped there would be EFAULT, which shows
/// as well that the access was permitted.
fn read_neighbour(pid: i64) -> io::Result<()> {
    let mut byte = 0_u8;
    let local = libc::iovec {
        iov_base: (&raw mut byte).cast(),
        iov_len: 1,
    };
    let remote = libc::iovec {
        iov_base: std::ptr::without_provenance_mut(8),
        iov_len: 1,
    };
    let pid = libc::pid_t::try_from(pid).expect("a pid");
    // SAFETY: one local byte that lives through the call; the remote address is not ours.
    let result =
        unsafe { libc::process_vm_readv(pid, &raw const local, 1, &raw const remote, 1, 0) };
    match known(i64::try_from(result).unwrap_or(0)) {
        Err(error) if error.raw_os_error() == Some(libc::EFAULT) => Ok(()),
        result => result.map(drop),
    }
}

fn map(protection: i64, of_file: i64, arranged: &Arranged) -> io::Result<()> {
    let protection = i32::try_from(protection).expect("small");
    let (flags, file) = match of_file {
        0 => (libc::MAP_PRIVATE | libc::MAP_ANONYMOUS, -1),
        _ => (libc::MAP_SHARED, arranged.image.as_raw_fd()),
    };
    // SAFETY: a new mapping at an address of the kernel's choice, never touched.
    let place = unsafe { libc::mmap(std::ptr::null_mut(), 4096, protection, flags, file, 0) };
    if place == libc::MAP_FAILED {
        Err(io::Error::last_os_error())
    } else {
        Ok(())
    }
}

fn protect(protection: i64) -> io::Result<()> {
    let flags = libc::MAP_PRIVATE | libc::MAP_ANONYMOUS;
    // SAFETY: a new mapping at an address of the kernel's choice.
    let place = unsafe { libc::mmap(std::ptr::null_mut(), 4096, libc::PROT_READ, flags, -1, 0) };
    let protection = i32::try_from(protection).expect("small");
    // SAFETY: that mapping, which nothing else uses.
    known(unsafe { libc::mprotect(place, 4096, protection) }.into()).map(drop)
}

/// Takes this many MiB: of memory, or, with no access to it, of address space alone.
fn allocate(mebibytes: i64, protection: i32) -> io::Result<()> {
    let length = usize::try_from(mebibytes << 20).expect("positive");
    let flags = libc::MAP_PRIVATE | libc::MAP_ANONYMOUS;
    // SAFETY: a new mapping at an address of the kernel's choice, never touched.
    let place = unsafe { libc::mmap(std::ptr::null_mut(), length, protection, flags, -1, 0) };
    if place == libc::MAP_FAILED {
        Err(io::Error::last_os_error())
    } else {
        Ok(())
    }
}

fn descriptors(count: i64, arranged: &Arranged) -> io::Result<()> {
    let held: io::Result<Vec<_>> = (0..count).map(|_| arranged.image.try_clone()).collect();
    held.map(drop)
}

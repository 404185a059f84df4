//! How a process is to be confined.

use std::os::fd::OwnedFd;

/// How a worker moves bytes, which decides the system calls it needs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum DriverKind {
    /// One io_uring ring, made and restricted before the confinement.
    Ring,
    /// epoll, with helper threads started between [`super::restrict`] and
    /// [`super::Restricted::seal`].
    Epoll,
}

/// What a process is for, which decides the system calls it needs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Role {
    /// It serves one label's images.
    Worker(DriverKind),
    /// It speaks with one connection whose identity is not known yet: on two sockets that it is
    /// given, and to nothing else.
    Greeter,
    /// It stays, and answers datagrams on sockets that it is given; or it has programs entered with
    /// another port mapper, on a connection that it is given.
    Portmap,
    /// It fills one image from a stream or from another file, all of which it is given before it
    /// is confined.
    Importer,
    /// It holds a label's images on a backend that it reaches by TCP, through a library that starts
    /// threads.
    Keeper,
    /// The same, through Gluster's library, which can do nothing once it may no longer open files: it
    /// connects between [`super::restrict`] and [`super::Restricted::seal`].
    GlusterKeeper,
    /// It makes and revokes the keys of one store, through the same library; no label's images.
    Keysmith,
}

/// Whose UID a process runs under.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Identity {
    /// A UID and GID that the supervisor gave to this label, or to greeters, alone. Root, a privileged group and
    /// supplementary groups are refused.
    Own,
    /// Root's, in a user namespace of its own, outside of which that is nobody's: see
    /// [`super::namespace`]. It has the capabilities that it takes to act as others.
    Mapped,
    /// The supervisor's own, whatever it is, because a supervisor without privileges cannot give
    /// out others. One process may then reach another through what the UID owns, and no limit on
    /// tasks can be set, since it would count all of the user's.
    Shared,
}

/// Which files a process may open.
#[derive(Debug, Clone, Copy)]
pub enum Reach<'a> {
    /// None, ever: it is given open ones.
    Nothing,
    /// Regular files that are there, beneath these directories, for reading and writing: those
    /// that SELinux lets it open, of which it is handed the way. For a worker or an importer.
    Beneath(&'a [OwnedFd]),
    /// Regular files that are there, beneath these directories, for reading alone. For a keeper.
    Reading(&'a [OwnedFd]),
    /// As [`Reach::Reading`], and what a library needs that connects before seccomp is in force. For a
    /// keeper.
    Connecting {
        /// What regular files may be opened beneath for reading, or such files themselves.
        read: &'a [OwnedFd],
        /// Where new files may be made, which seccomp forbids later.
        scratch: &'a [OwnedFd],
    },
    /// As [`Reach::Beneath`], and trees, whose names a file server works with. For a worker.
    Trees {
        /// What regular files may be opened beneath.
        files: &'a [OwnedFd],
        /// What anything may be made, found, read, written, moved and removed beneath, but devices.
        trees: &'a [OwnedFd],
    },
}

impl<'a> Reach<'a> {
    /// Whether there is anything that may be opened by its path.
    #[must_use]
    pub const fn opens(&self) -> bool {
        !self.files().is_empty() || !self.read().is_empty()
    }

    /// Whether there are trees.
    #[must_use]
    pub const fn serves_trees(&self) -> bool {
        !self.trees().is_empty()
    }

    /// What regular files may be opened beneath.
    #[must_use]
    pub const fn files(&self) -> &'a [OwnedFd] {
        match self {
            Self::Nothing | Self::Reading(_) | Self::Connecting { .. } => &[],
            Self::Beneath(files) | Self::Trees { files, .. } => files,
        }
    }

    /// What regular files may be opened beneath for reading alone.
    #[must_use]
    pub const fn read(&self) -> &'a [OwnedFd] {
        match self {
            Self::Reading(files) | Self::Connecting { read: files, .. } => files,
            Self::Nothing | Self::Beneath(_) | Self::Trees { .. } => &[],
        }
    }

    /// Where new files may be made before seccomp is in force.
    #[must_use]
    pub const fn scratch(&self) -> &'a [OwnedFd] {
        match self {
            Self::Connecting { scratch, .. } => scratch,
            _ => &[],
        }
    }

    /// The trees.
    #[must_use]
    pub const fn trees(&self) -> &'a [OwnedFd] {
        match self {
            Self::Nothing | Self::Beneath(_) | Self::Reading(_) | Self::Connecting { .. } => &[],
            Self::Trees { trees, .. } => trees,
        }
    }
}

/// How a process is to be confined. Start from [`Profile::worker`], [`Profile::greeter`],
/// [`Profile::portmap`], [`Profile::importer`], [`Profile::keeper`] or [`Profile::keysmith`] and change what differs.
#[derive(Debug, Clone, Copy)]
#[non_exhaustive]
pub struct Profile<'a> {
    /// What it is for.
    pub role: Role,
    /// Whose UID it runs under.
    pub identity: Identity,
    /// The most address space, in bytes (`RLIMIT_AS`): everything mapped, so the whole arena of
    /// buffers, touched or not, counts, and the stack of each helper thread.
    pub address_space: u64,
    /// The most private writable memory, in bytes (`RLIMIT_DATA`): heap and stacks, not the
    /// shared arena.
    pub data: u64,
    /// The most open descriptors (`RLIMIT_NOFILE`): connections, images and a handful.
    pub descriptors: u64,
    /// The most tasks of this UID (`RLIMIT_NPROC`), not set for [`Identity::Shared`].
    ///
    /// For a worker never below what io_uring needs: the kernel starts its own io-wq threads in the worker's
    /// name for every flush and for writes that would block, and counts them here. No thread
    /// that the worker might want to start passes the seccomp filter anyway.
    pub tasks: u64,
    /// The largest file that it may write, in bytes (`RLIMIT_FSIZE`), if that is not for the
    /// supervisor to say. Beyond it there is SIGXFSZ.
    pub file_size: Option<u64>,
    /// What it may open.
    pub reach: Reach<'a>,
}

impl Profile<'_> {
    /// The profile of a worker with this driver and a UID of its own: 4 GiB of address space,
    /// 512 MiB of data, 1024 descriptors, 64 tasks.
    #[must_use]
    pub const fn worker(driver: DriverKind) -> Self {
        Self {
            role: Role::Worker(driver),
            identity: Identity::Own,
            address_space: 4 << 30,
            data: 512 << 20,
            descriptors: 1024,
            tasks: 64,
            file_size: None,
            reach: Reach::Nothing,
        }
    }

    /// The profile of a greeter with a UID of its own: 32 MiB of address space, most of which is
    /// the program and its libraries, 4 MiB of data, 8 descriptors, no further task.
    #[must_use]
    pub const fn greeter() -> Self {
        Self {
            role: Role::Greeter,
            identity: Identity::Own,
            address_space: 32 << 20,
            data: 4 << 20,
            descriptors: 8,
            tasks: 0,
            file_size: None,
            reach: Reach::Nothing,
        }
    }

    /// The profile of a port mapper with a UID of its own: that of a greeter, but for 24 descriptors,
    /// of which one is a socket for each address.
    #[must_use]
    pub const fn portmap() -> Self {
        Self {
            role: Role::Portmap,
            descriptors: 24,
            ..Self::greeter()
        }
    }

    /// The profile of an importer with a UID of its label, which a worker may have too, for files
    /// of this size in bytes: 512 MiB of address space, 96 MiB of data, 16 descriptors, no further
    /// task.
    #[must_use]
    pub const fn importer(file_size: u64) -> Self {
        Self {
            role: Role::Importer,
            identity: Identity::Own,
            address_space: 512 << 20,
            data: 96 << 20,
            descriptors: 16,
            tasks: 0,
            file_size: Some(file_size),
            reach: Reach::Nothing,
        }
    }

    /// The profile of a keeper with a UID of its own: 8 GiB of address space, most of which are
    /// stacks that its library's threads never use, 2 GiB of data, for the same reason, 1024
    /// descriptors, 512 tasks.
    #[must_use]
    pub const fn keeper() -> Self {
        Self {
            role: Role::Keeper,
            identity: Identity::Own,
            address_space: 8 << 30,
            data: 2 << 30,
            descriptors: 1024,
            tasks: 512,
            // It writes no file.
            file_size: Some(0),
            reach: Reach::Nothing,
        }
    }

    /// The profile of a keeper of Gluster's: a keeper's.
    #[must_use]
    pub const fn gluster_keeper() -> Self {
        Self {
            role: Role::GlusterKeeper,
            ..Self::keeper()
        }
    }

    /// The profile of a keysmith with a UID of its own: a keeper's, but for 256 descriptors and 128
    /// tasks, since it has one connection and no image's memory.
    #[must_use]
    pub const fn keysmith() -> Self {
        Self {
            role: Role::Keysmith,
            address_space: 4 << 30,
            data: 1 << 30,
            descriptors: 256,
            tasks: 128,
            ..Self::keeper()
        }
    }
}

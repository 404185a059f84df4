//! Results as a client reads them.

use labelgate_nfs::xdr::Decoder;

pub struct Results {
    bytes: Vec<u8>,
    at: usize,
}

/// What fattr3 says that tests look at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Attributes {
    pub file_type: u32,
    pub mode: u32,
    pub nlink: u32,
    pub owner: (u32, u32),
    pub size: u64,
    pub used: u64,
    pub fsid: u64,
    pub fileid: u64,
    pub atime: (u32, u32),
    pub mtime: (u32, u32),
    pub ctime: (u32, u32),
}

/// What wcc_attr says of an object before a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Before {
    pub size: u64,
    pub mtime: (u32, u32),
    pub ctime: (u32, u32),
}

impl Attributes {
    /// What a call that comes next should say it was before.
    pub const fn before(&self) -> Before {
        Before {
            size: self.size,
            mtime: self.mtime,
            ctime: self.ctime,
        }
    }
}

/// An entry of READDIR or READDIRPLUS.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Listed {
    pub fileid: u64,
    pub name: String,
    pub cookie: u64,
    pub attributes: Option<Attributes>,
    pub handle: Option<Vec<u8>>,
}

impl Results {
    pub const fn new(bytes: Vec<u8>) -> Self {
        Self { bytes, at: 0 }
    }

    fn take<T>(&mut self, read: impl FnOnce(&mut Decoder<'_>) -> T) -> T {
        let mut decoder = Decoder::new(&self.bytes[self.at..]);
        let taken = read(&mut decoder);
        self.at = self.bytes.len() - decoder.remaining();
        taken
    }

    pub fn len(&self) -> usize {
        self.bytes.len()
    }

    pub fn u32(&mut self) -> u32 {
        self.take(|d| d.u32().unwrap())
    }

    pub fn u64(&mut self) -> u64 {
        self.take(|d| d.u64().unwrap())
    }

    pub fn bool(&mut self) -> bool {
        self.take(|d| d.bool().unwrap())
    }

    pub fn opaque(&mut self) -> Vec<u8> {
        self.take(|d| d.opaque(1 << 20).unwrap().to_vec())
    }

    pub fn verifier(&mut self) -> [u8; 8] {
        self.take(|d| d.fixed().unwrap())
    }

    /// Nothing is behind what was read.
    pub fn end(self) {
        assert_eq!(self.at, self.bytes.len());
    }

    pub fn time(&mut self) -> (u32, u32) {
        (self.u32(), self.u32())
    }

    pub fn attributes(&mut self) -> Attributes {
        let (file_type, mode) = (self.u32(), self.u32());
        let (nlink, owner) = (self.u32(), (self.u32(), self.u32()));
        let (size, used) = (self.u64(), self.u64());
        let [_rdev, fsid] = [self.u64(), self.u64()];
        let fileid = self.u64();
        let [atime, mtime, ctime] = [self.time(), self.time(), self.time()];
        Attributes {
            file_type,
            mode,
            nlink,
            owner,
            size,
            used,
            fsid,
            fileid,
            atime,
            mtime,
            ctime,
        }
    }

    /// post_op_attr.
    pub fn some_attributes(&mut self) -> Option<Attributes> {
        self.bool().then(|| self.attributes())
    }

    /// wcc_data, without what was before: the attributes after.
    pub fn wcc(&mut self) -> Option<Attributes> {
        assert!(!self.bool(), "nothing is known of before");
        self.some_attributes()
    }

    /// wcc_data: what was before and what is afterwards.
    pub fn weak(&mut self) -> (Option<Before>, Option<Attributes>) {
        let before = self.bool().then(|| Before {
            size: self.u64(),
            mtime: self.time(),
            ctime: self.time(),
        });
        (before, self.some_attributes())
    }

    /// What CREATE, MKDIR, SYMLINK and MKNOD have made: its handle and its attributes.
    pub fn made(&mut self) -> (Vec<u8>, Attributes) {
        assert!(self.bool(), "a handle of what was made");
        let handle = self.opaque();
        (handle, self.some_attributes().unwrap())
    }

    /// The entries of READDIR, and whether that is all.
    pub fn entries(&mut self, plus: bool) -> (Vec<Listed>, bool) {
        let mut entries = Vec::new();
        while self.bool() {
            let fileid = self.u64();
            let name = String::from_utf8_lossy(&self.opaque()).into_owned();
            let cookie = self.u64();
            let (attributes, handle) = match plus {
                true => (self.some_attributes(), self.bool().then(|| self.opaque())),
                false => (None, None),
            };
            entries.push(Listed {
                fileid,
                name,
                cookie,
                attributes,
                handle,
            });
        }
        (entries, self.bool())
    }
}

//! A directory's regular files, as `nfsserve` wants a file system.

use std::{
    fs::{self, File, Metadata, OpenOptions},
    io,
    os::unix::fs::FileExt,
    path::Path,
    sync::Arc,
};

use async_trait::async_trait;
use nfsserve::{
    fs_util::metadata_to_fattr3,
    nfs::{fattr3, fileid3, filename3, nfspath3, nfsstat3, sattr3, set_size3},
    vfs::{DirEntry, NFSFileSystem, ReadDirResult, VFSCapabilities},
};

/// The directory's own number.
const ROOT: fileid3 = 1;
/// The first file's.
const FIRST: fileid3 = 2;

/// The files that the directory had when it was opened. None is made, renamed or removed.
#[derive(Debug)]
pub struct Directory {
    root: Metadata,
    files: Vec<(Vec<u8>, Arc<File>)>,
}

impl Directory {
    /// Opens all its files.
    pub fn open(path: &Path) -> io::Result<Self> {
        let mut files = Vec::new();
        for entry in fs::read_dir(path)? {
            let entry = entry?;
            if entry.file_type()?.is_file() {
                let file = OpenOptions::new()
                    .read(true)
                    .write(true)
                    .open(entry.path())?;
                files.push((entry.file_name().into_encoded_bytes(), Arc::new(file)));
            }
        }
        files.sort_by(|(one, _), (other, _)| one.cmp(other));
        Ok(Self {
            root: fs::metadata(path)?,
            files,
        })
    }

    fn file(&self, id: fileid3) -> Result<&File, nfsstat3> {
        let place = id.checked_sub(FIRST).ok_or(nfsstat3::NFS3ERR_ISDIR)?;
        let place = usize::try_from(place).map_err(|_| nfsstat3::NFS3ERR_STALE)?;
        let found = self.files.get(place).map(|(_, file)| file.as_ref());
        found.ok_or(nfsstat3::NFS3ERR_STALE)
    }

    fn attributes(&self, id: fileid3) -> Result<fattr3, nfsstat3> {
        if id == ROOT {
            return Ok(metadata_to_fattr3(ROOT, &self.root));
        }
        let metadata = self.file(id)?.metadata().map_err(refused)?;
        Ok(metadata_to_fattr3(id, &metadata))
    }
}

fn refused(error: io::Error) -> nfsstat3 {
    match error.kind() {
        io::ErrorKind::StorageFull => nfsstat3::NFS3ERR_NOSPC,
        io::ErrorKind::FileTooLarge => nfsstat3::NFS3ERR_FBIG,
        _ => nfsstat3::NFS3ERR_IO,
    }
}

#[async_trait]
impl NFSFileSystem for Directory {
    fn capabilities(&self) -> VFSCapabilities {
        VFSCapabilities::ReadWrite
    }

    fn root_dir(&self) -> fileid3 {
        ROOT
    }

    async fn lookup(&self, dirid: fileid3, filename: &filename3) -> Result<fileid3, nfsstat3> {
        if dirid != ROOT {
            return Err(nfsstat3::NFS3ERR_NOTDIR);
        }
        let mut numbered = self.files.iter().zip(FIRST..);
        let found = numbered.find(|((name, _), _)| name[..] == filename[..]);
        found.map(|(_, id)| id).ok_or(nfsstat3::NFS3ERR_NOENT)
    }

    async fn getattr(&self, id: fileid3) -> Result<fattr3, nfsstat3> {
        self.attributes(id)
    }

    async fn setattr(&self, id: fileid3, setattr: sattr3) -> Result<fattr3, nfsstat3> {
        if let set_size3::size(size) = setattr.size {
            self.file(id)?.set_len(size).map_err(refused)?;
        }
        self.attributes(id)
    }

    async fn read(
        &self,
        id: fileid3,
        offset: u64,
        count: u32,
    ) -> Result<(Vec<u8>, bool), nfsstat3> {
        let file = self.file(id)?;
        let mut data = vec![0; usize::try_from(count).unwrap_or(0)];
        let mut filled = 0;
        // One turn, unless the file ends before.
        while let Some(room) = data.get_mut(filled..).filter(|room| !room.is_empty()) {
            match file
                .read_at(room, offset + filled as u64)
                .map_err(refused)?
            {
                0 => break,
                count => filled += count,
            }
        }
        let ended = filled < data.len();
        data.truncate(filled);
        Ok((data, ended))
    }

    async fn write(&self, id: fileid3, offset: u64, data: &[u8]) -> Result<fattr3, nfsstat3> {
        self.file(id)?.write_all_at(data, offset).map_err(refused)?;
        self.attributes(id)
    }

    async fn create(
        &self,
        _: fileid3,
        _: &filename3,
        _: sattr3,
    ) -> Result<(fileid3, fattr3), nfsstat3> {
        Err(nfsstat3::NFS3ERR_ROFS)
    }

    async fn create_exclusive(&self, _: fileid3, _: &filename3) -> Result<fileid3, nfsstat3> {
        Err(nfsstat3::NFS3ERR_ROFS)
    }

    async fn mkdir(&self, _: fileid3, _: &filename3) -> Result<(fileid3, fattr3), nfsstat3> {
        Err(nfsstat3::NFS3ERR_ROFS)
    }

    async fn remove(&self, _: fileid3, _: &filename3) -> Result<(), nfsstat3> {
        Err(nfsstat3::NFS3ERR_ROFS)
    }

    async fn rename(
        &self,
        _: fileid3,
        _: &filename3,
        _: fileid3,
        _: &filename3,
    ) -> Result<(), nfsstat3> {
        Err(nfsstat3::NFS3ERR_ROFS)
    }

    async fn readdir(
        &self,
        dirid: fileid3,
        start_after: fileid3,
        max_entries: usize,
    ) -> Result<ReadDirResult, nfsstat3> {
        if dirid != ROOT {
            return Err(nfsstat3::NFS3ERR_NOTDIR);
        }
        let numbered = self.files.iter().zip(FIRST..);
        let rest: Vec<_> = numbered.filter(|&(_, id)| id > start_after).collect();
        let mut entries = Vec::new();
        for ((name, _), fileid) in rest.iter().take(max_entries) {
            entries.push(DirEntry {
                fileid: *fileid,
                name: name.as_slice().into(),
                attr: self.attributes(*fileid)?,
            });
        }
        let end = entries.len() == rest.len();
        Ok(ReadDirResult { entries, end })
    }

    async fn symlink(
        &self,
        _: fileid3,
        _: &filename3,
        _: &nfspath3,
        _: &sattr3,
    ) -> Result<(fileid3, fattr3), nfsstat3> {
        Err(nfsstat3::NFS3ERR_ROFS)
    }

    async fn readlink(&self, _: fileid3) -> Result<nfspath3, nfsstat3> {
        Err(nfsstat3::NFS3ERR_INVAL)
    }
}

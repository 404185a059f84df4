//! Where images lie: mounts and loop devices that go away with their guards.

use std::fs::{self, File, OpenOptions};
use std::os::fd::OwnedFd;
use std::path::{Path, PathBuf};
use std::process::{self, Command};
use std::sync::atomic::{AtomicU32, Ordering};

use labelgate_backends::{FileImage, FileOptions};

/// A mounted file system.
#[derive(Debug)]
pub struct Place {
    path: PathBuf,
    /// What holds the backing file of a loop device; unmounted after this.
    _below: Option<Box<Place>>,
    backing: Option<PathBuf>,
}

impl Place {
    pub fn tmpfs(size: &str) -> Self {
        let path = directory();
        command(
            "mount",
            &[
                "-t",
                "tmpfs",
                "-o",
                &format!("size={size}"),
                "labelgate-test",
            ],
            &path,
        );
        Self {
            path,
            _below: None,
            backing: None,
        }
    }

    /// An ext4 on a loop device in a sparse file of this many bytes.
    pub fn ext4(size: u64) -> Self {
        Self::ext4_on(None, size)
    }

    /// An ext4 without a journal whose device can take much less than it says.
    pub fn ext4_on_thin_ice(size: u64, room: &str) -> Self {
        Self::ext4_on(Some(Box::new(Self::tmpfs(room))), size)
    }

    fn ext4_on(below: Option<Box<Self>>, size: u64) -> Self {
        let path = directory();
        let backing = match &below {
            Some(below) => below.path.join("backing"),
            None => path.with_extension("ext4"),
        };
        File::create(&backing).unwrap().set_len(size).unwrap();
        let journal = if below.is_some() {
            "^has_journal"
        } else {
            "has_journal"
        };
        command("mkfs.ext4", &["-q", "-m", "0", "-O", journal], &backing);
        command("mount", &["-o", "loop", backing.to_str().unwrap()], &path);
        Self {
            path,
            _below: below,
            backing: Some(backing),
        }
    }

    /// Gives the tmpfs below more room.
    pub fn thicken(&self, room: &str) {
        let below = self._below.as_ref().expect("a place on thin ice");
        command(
            "mount",
            &["-o", &format!("remount,size={room}")],
            &below.path,
        );
    }

    /// A new file of this many bytes, all of them a hole.
    pub fn file(&self, name: &str, size: u64) -> OwnedFd {
        let file = OpenOptions::new()
            .read(true)
            .write(true)
            .create(true)
            .truncate(true)
            .open(self.path.join(name))
            .unwrap();
        file.set_len(size).unwrap();
        file.into()
    }

    pub fn image(&self, name: &str, size: u64, options: &FileOptions) -> FileImage {
        FileImage::open(self.file(name, size), options).unwrap()
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.path.join(name)
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        // A test that fails still holds its images, unless it is unwinding: take it away lazily.
        let _ = Command::new("umount").arg("-l").arg(&self.path).status();
        let _ = fs::remove_dir(&self.path);
        if let Some(backing) = &self.backing {
            let _ = fs::remove_file(backing);
        }
    }
}

/// A bare loop device.
#[derive(Debug)]
pub struct Device {
    pub path: PathBuf,
    backing: PathBuf,
}

impl Device {
    pub fn new(size: u64) -> Self {
        let backing = directory().with_extension("loop");
        fs::remove_dir(backing.with_extension("")).unwrap();
        File::create(&backing).unwrap().set_len(size).unwrap();
        let output = Command::new("losetup")
            .args(["--find", "--show"])
            .arg(&backing)
            .output()
            .unwrap();
        let name = String::from_utf8(output.stdout).unwrap();
        assert!(
            output.status.success(),
            "losetup needs root and a loop device"
        );
        Self {
            path: name.trim().into(),
            backing,
        }
    }

    pub fn open(&self) -> OwnedFd {
        let mut options = OpenOptions::new();
        options
            .read(true)
            .write(true)
            .open(&self.path)
            .unwrap()
            .into()
    }
}

impl Drop for Device {
    fn drop(&mut self) {
        let _ = Command::new("losetup").arg("-d").arg(&self.path).status();
        let _ = fs::remove_file(&self.backing);
    }
}

fn directory() -> PathBuf {
    static NEXT: AtomicU32 = AtomicU32::new(0);
    let name = format!(
        "file-{}-{}",
        process::id(),
        NEXT.fetch_add(1, Ordering::Relaxed)
    );
    let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
    fs::create_dir_all(&path).unwrap();
    path
}

fn command(program: &str, arguments: &[&str], path: &Path) {
    let status = Command::new(program).args(arguments).arg(path).status();
    assert!(
        status.is_ok_and(|status| status.success()),
        "{program} {arguments:?} {} failed: these tests need root",
        path.display()
    );
}

//! What is not served, and to whom.

use std::os::unix::fs::{PermissionsExt, chown, symlink};
use std::time::Duration;

use labelgate_fixtures::process::{command, run};
use labelgate_fixtures::scratch::Scratch;
use labelgate_fixtures::thin::ThinStore;
use labelgate_nfs_client::{Kind, Options, Order, Owner};

use crate::{Bench, Disk, LIMIT, kind, with};

fn opened(options: &Options) -> Kind {
    kind(Bench::open(options.clone()).map(drop))
}

#[test]
fn what_is_no_file_for_this_user_is_refused() {
    with(1 << 20, |disk| {
        let directory = disk.file.parent().unwrap();
        std::fs::create_dir(directory.join("directory")).unwrap();
        symlink("disk.raw", directory.join("link")).unwrap();
        symlink(".", directory.join("around")).unwrap();
        let at = |path: &str| {
            let mut options = disk.options();
            options.address.path = path.to_owned();
            options
        };
        assert_eq!(opened(&at("missing")), Kind::NotFound);
        assert_eq!(opened(&at("directory/missing")), Kind::NotFound);
        assert_eq!(opened(&at("directory")), Kind::Unfit);
        assert_eq!(opened(&at("link")), Kind::Unfit);
        assert_eq!(opened(&at("around/disk.raw")), Kind::NotFound);
        assert_eq!(opened(&at("disk.raw/x")), Kind::NotFound);
        assert_eq!(opened(&at("../disk.raw")), Kind::Unfit);
        let mut options = disk.options();
        options.address.export = "/elsewhere".to_owned();
        let refused = opened(&options);
        assert!(
            matches!(refused, Kind::NotFound | Kind::Permission),
            "{refused:?}"
        );
        whose_it_is(disk);
        exported_for_reading(disk);
    });
}

/// The files are new: a server may remember for a minute who owned one that it has looked at.
fn whose_it_is(disk: &Disk) {
    let by = |name: &str, mode, uid, gid| {
        let file = disk.file.with_file_name(name);
        if !file.exists() {
            std::fs::write(&file, [0; 4096]).unwrap();
            chown(&file, Some(4711), Some(4712)).unwrap();
            let permissions = std::fs::Permissions::from_mode(mode);
            std::fs::set_permissions(&file, permissions).unwrap();
        }
        let mut options = disk.options();
        options.address.path = name.to_owned();
        options.owner = Owner { uid, gid };
        options
    };
    assert_eq!(opened(&by("his", 0o600, 107, 107)), Kind::Permission);
    assert_eq!(opened(&by("theirs", 0o640, 107, 4712)), Kind::ReadOnly);
    let mut reader = by("theirs", 0, 107, 4712);
    reader.read_only = true;
    let mut reader = Bench::open(reader).unwrap();
    assert!(reader.file().read_only);
    assert_eq!(reader.read(0, 512), Ok(vec![0; 512]));
    let write = reader.order(0, &[1; 512], false);
    assert_eq!(kind(reader.begin(write)), Kind::ReadOnly);
    let mut owner = Bench::open(by("his", 0, 4711, 107)).unwrap();
    owner.write(0, &[1; 512]).unwrap();
}

fn exported_for_reading(disk: &Disk) {
    let mut options = disk.options();
    options.address.export = disk.ganesha.read_only_export().to_owned();
    assert_eq!(opened(&options), Kind::ReadOnly);
    options.read_only = true;
    let mut reader = Bench::open(options).unwrap();
    assert_eq!(reader.read(0, 512), Ok(vec![0; 512]));
    assert_eq!(
        kind(reader.begin(Order::Resize { size: 2 << 20 })),
        Kind::ReadOnly
    );
    // Nobody answers there.
    let mut options = disk.options();
    options.connect = Duration::from_secs(1);
    options.address.mount_port = 9;
    assert_eq!(opened(&options), Kind::NotReady);
}

/// A file system that is full says so, and goes on when there is room.
#[test]
fn a_full_file_system_is_told_as_such() {
    let scratch = Scratch::new("full").unwrap();
    let small = Small::mount(&scratch);
    let mut disk = Disk::on(scratch.path(), 16 << 20);
    disk.enter(|disk| {
        let mut bench = Bench::start(disk);
        bench.write(0, &[1; 1 << 20]).unwrap();
        let refused = bench.write(1 << 20, &[2; 8 << 20]);
        assert_eq!(kind(refused), Kind::NoSpace);
        assert_eq!(bench.read(0, 1 << 20), Ok(vec![1; 1 << 20]));
        small.grow();
        bench.write(1 << 20, &[3; 8 << 20]).unwrap();
        bench.run(Order::Flush).unwrap();
        assert!(disk.bytes()[1 << 20..9 << 20] == [3; 8 << 20]);
    });
}

/// A tmpfs of 4 MiB.
struct Small(std::path::PathBuf);

impl Small {
    fn mount(scratch: &Scratch) -> Self {
        let options = ["-t", "tmpfs", "-o", "size=4m", "labelgate-test"];
        let path = scratch.path().to_owned();
        let mounted = run(command("mount").args(options).arg(&path), LIMIT);
        mounted.unwrap().succeeded().unwrap();
        Self(path)
    }

    fn grow(&self) {
        let options = ["-o", "remount,size=64m"];
        let mounted = run(command("mount").args(options).arg(&self.0), LIMIT);
        mounted.unwrap().succeeded().unwrap();
    }
}

impl Drop for Small {
    fn drop(&mut self) {
        let _ = run(command("umount").arg("--lazy").arg(&self.0), LIMIT);
    }
}

/// What the server has in its memory does not reach its disk: the flush says so, and nothing goes well
/// afterwards, even when there is room again.
#[test]
fn a_flush_that_fails_is_the_last_thing_that_is_heard() {
    let store = ThinStore::new().unwrap();
    let mut disk = Disk::on(store.path(), 16 << 20);
    disk.enter(|disk| {
        let mut options = disk.options();
        options.write_through = false;
        let mut bench = Bench::open(options.clone()).unwrap();
        bench.write(0, &[1; 1 << 20]).unwrap();
        bench.run(Order::Flush).unwrap();
        store.leave_no_room().unwrap();
        // One that is written through fails for itself alone.
        let mut through = Bench::start(disk);
        let refused = kind(through.write(12 << 20, &[9; 4 << 20]));
        assert!(
            matches!(refused, Kind::NoSpace | Kind::Medium),
            "{refused:?}"
        );
        assert_eq!(through.read(0, 512), Ok(vec![1; 512]));
        bench.write(4 << 20, &[2; 4 << 20]).unwrap();
        assert_eq!(kind(bench.run(Order::Flush)), Kind::Medium);
        store.make_room().unwrap();
        assert_eq!(kind(bench.run(Order::Flush)), Kind::Medium);
        assert_eq!(kind(bench.read(0, 512)), Kind::Medium);
        assert_eq!(kind(bench.write(0, &[3; 512])), Kind::Medium);
        bench.close();
        let mut bench = Bench::open(options).unwrap();
        bench.write(4 << 20, &[2; 4 << 20]).unwrap();
        bench.run(Order::Flush).unwrap();
    });
}

//! The label that the volume has of an image.

use labelgate_fixtures::process::{command, run};
use labelgate_gluster::{Error, Kind, OpenOptions};

use crate::{Bench, LABEL, LIMIT, kind};

/// The label as the brick keeps it.
fn on_brick(bench: &Bench, name: &str) -> Option<String> {
    let mut ask = command("getfattr");
    ask.args([
        "--only-values",
        "--absolute-names",
        "-n",
        "trusted.glusterfs.selinux",
    ]);
    let asked = run(ask.arg(bench.on_brick(name)), LIMIT).unwrap();
    let text = asked.stdout.trim_end_matches('\0').to_owned();
    (asked.status.success() && !text.is_empty()).then_some(text)
}

#[test]
fn a_new_image_has_its_label_on_the_volume_and_another_label_is_refused() {
    let mut bench = Bench::start();
    let image = bench.image("disk", 1 << 20);
    assert_eq!(on_brick(&bench, "disk").as_deref(), Some(LABEL));
    bench.close(image);
    let other = OpenOptions {
        label: "system_u:object_r:labelgate_image_t:s0:c1,c3",
        ..Bench::options()
    };
    let refused = bench.open_by(&bench.volume, "disk", other).unwrap_err();
    let said = refused.to_string();
    assert!(said.contains(LABEL) && said.contains("c1,c3"), "{said}");
    assert!(matches!(refused, Error::Label { .. }), "{refused}");
    // It was not touched, and is free again.
    let again = bench
        .open_by(&bench.volume, "disk", Bench::options())
        .unwrap();
    bench.close(again);
}

#[test]
fn a_file_without_a_label_gets_it_unless_it_is_only_read() {
    let mut bench = Bench::start();
    let mut make = command("qemu-img");
    make.args(["create", "-f", "raw", &bench.gluster.qemu_name("old"), "1M"]);
    run(&mut make, LIMIT).unwrap().succeeded().unwrap();
    assert_eq!(on_brick(&bench, "old"), None);
    let read = OpenOptions {
        read_only: true,
        ..Bench::options()
    };
    let image = bench.open_by(&bench.volume, "old", read).unwrap();
    assert_eq!(image.size(), 1 << 20);
    assert_eq!(
        kind(image.write(1, 0, bench.place(0, 512), false)),
        Kind::ReadOnly
    );
    assert_eq!(
        kind(bench.ask(|tag| image.resize(tag, 2 << 20))),
        Kind::ReadOnly
    );
    bench.close(image);
    assert_eq!(on_brick(&bench, "old"), None);
    let image = bench
        .open_by(&bench.volume, "old", Bench::options())
        .unwrap();
    bench.close(image);
    assert_eq!(on_brick(&bench, "old").as_deref(), Some(LABEL));
}

#[test]
fn what_is_no_file_or_has_two_names_is_no_image() {
    let bench = Bench::start();
    drop(bench.image("directory/disk", 1 << 20));
    let open = |name: &str| bench.open_by(&bench.volume, name, Bench::options());
    assert!(open("directory").is_err());
    assert_eq!(kind(open("none")), Kind::NotFound);
    assert_eq!(kind(open("none/none")), Kind::NotFound);
    assert_eq!(kind(open("a\0b")), Kind::Invalid);
}

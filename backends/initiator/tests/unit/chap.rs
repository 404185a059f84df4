//! Who is let in, and by whom.

use labelgate_initiator::{Chap, Credentials, Kind};

use crate::{Bench, Disk, kind};

fn chap(name: &str, secret: &str) -> Option<Chap> {
    let (name, secret) = (name.to_owned(), secret.to_owned());
    Some(Chap { name, secret })
}

#[test]
fn both_sides_prove_themselves() {
    let disk = Disk::new(8 << 20);
    disk.tgt
        .require_chap("user", "secret-of-user", "secret-of-tgt")
        .unwrap();
    let with = |chap, target_chap| {
        let mut options = disk.options();
        let initiator = options.credentials.initiator;
        options.credentials = Credentials {
            initiator,
            chap,
            target_chap,
        };
        Bench::open(options)
    };
    let user = || chap("user", "secret-of-user");
    let mut bench = with(user(), None).unwrap();
    bench.write(0, &[1; 512]).unwrap();
    bench.close();
    let mut bench = with(user(), chap("tgt-itself", "secret-of-tgt")).unwrap();
    assert_eq!(bench.read(0, 512), Ok(vec![1; 512]));
    bench.close();
    let refused = |chap, target_chap| kind(with(chap, target_chap).map(drop));
    assert_eq!(refused(None, None), Kind::Permission);
    assert_eq!(refused(chap("user", "wrong"), None), Kind::Permission);
    assert_eq!(
        refused(chap("nobody", "secret-of-user"), None),
        Kind::Permission
    );
    assert_eq!(refused(user(), chap("tgt-itself", "wrong")), Kind::Impostor);
    assert_eq!(
        refused(user(), chap("another", "secret-of-tgt")),
        Kind::Impostor
    );
}

#[test]
fn what_is_not_there_is_said_to_be_not_there() {
    let disk = Disk::new(8 << 20);
    let mut options = disk.options();
    options.address.unit = 5;
    assert_eq!(kind(Bench::open(options.clone()).map(drop)), Kind::NotFound);
    options.address.unit = 0;
    let refused = kind(Bench::open(options.clone()).map(drop));
    assert_eq!(refused, Kind::Unfit, "tgt's unit 0 is no disk");
    options.address.target.push_str(":other");
    assert_eq!(kind(Bench::open(options).map(drop)), Kind::NotFound);
}

#[test]
fn nobody_there_is_said_after_a_while() {
    let mut disk = Disk::new(8 << 20);
    let mut options = disk.options();
    options.connect = std::time::Duration::from_secs(1);
    disk.tgt.kill();
    assert_eq!(kind(Bench::open(options).map(drop)), Kind::NotReady);
}

//! Whatever the bytes, decoding them does not panic and leaves nothing that cannot be; and every
//! answer is as long as its structure.

use bolero::TypeGenerator;
use proptest::collection::vec;
use proptest::prelude::*;

use super::write::{Head, Staged};
use super::*;
use crate::fuzzing;
use crate::xdr::{Decode, Decoder, Encode, Malformed, padding};

/// Bytes of a call: as they come, or behind a handle, so that more of them are looked at.
#[derive(Debug, TypeGenerator)]
struct Input {
    #[generator(0..22_u32)]
    procedure: u32,
    handle: Option<[u8; 48]>,
    bytes: Vec<u8>,
}

impl Input {
    fn arguments(&self) -> Vec<u8> {
        let mut arguments = Vec::new();
        if let Some(handle) = &self.handle {
            arguments = FileHandle::new(handle).unwrap().to_bytes();
        }
        arguments.extend_from_slice(&self.bytes);
        arguments
    }
}

/// The handles and names of a call.
fn parts<'a>(call: &Call<'a>) -> (Vec<FileHandle<'a>>, Vec<Result<Name<'a>, BadName>>) {
    let one = |handle| (vec![handle], Vec::new());
    let place = |place: DirOpArgs<'a>| (vec![place.dir], vec![place.name]);
    match call {
        Call::Null => (Vec::new(), Vec::new()),
        Call::GetAttr(args) => one(args.object),
        Call::SetAttr(args) => one(args.object),
        Call::Lookup(args) => place(args.what),
        Call::Access(args) => one(args.object),
        Call::ReadLink(args) => one(args.symlink),
        Call::Read(args) => one(args.file),
        Call::Write(head) => one(head.file),
        Call::Create(args) => place(args.location),
        Call::MkDir(args) => place(args.location),
        Call::SymLink(args) => place(args.location),
        Call::MkNod(args) => place(args.location),
        Call::Remove(args) => place(args.object),
        Call::RmDir(args) => place(args.object),
        Call::Rename(args) => (
            vec![args.from.dir, args.to.dir],
            vec![args.from.name, args.to.name],
        ),
        Call::Link(args) => (vec![args.file, args.link.dir], vec![args.link.name]),
        Call::ReadDir(args) => one(args.dir),
        Call::ReadDirPlus(args) => one(args.dir),
        Call::FsStat(args) => one(args.fsroot),
        Call::FsInfo(args) => one(args.fsroot),
        Call::PathConf(args) => one(args.object),
        Call::Commit(args) => one(args.file),
    }
}

fn check_name(name: Name<'_>) {
    let bytes = name.as_bytes();
    assert!((1..=MAX_NAME).contains(&bytes.len()));
    assert!(!bytes.contains(&b'/') && !bytes.contains(&0));
    if let Name::Component(component) = name {
        assert!(![&b"."[..], b".."].contains(&component.as_bytes()));
    }
}

fn check_call(procedure: Procedure, bytes: &[u8]) {
    let mut decoder = Decoder::new(bytes);
    let Ok(call) = decode_call(procedure, &mut decoder) else {
        return;
    };
    let (handles, names) = parts(&call);
    assert_eq!(handles.is_empty(), procedure == Procedure::Null);
    assert!(handles.iter().all(|h| h.as_bytes().len() <= MAX_HANDLE));
    names.into_iter().flatten().for_each(check_name);
    let taken = bytes.len() - decoder.remaining();
    assert_eq!(taken % 4, 0);
}

/// What is read in stages is what is read at once, and no stage asks for too much.
fn check_head(bytes: &[u8]) {
    let mut decoder = Decoder::new(bytes);
    let at_once = Head::decode(&mut decoder);
    match Head::parse(bytes) {
        Ok(Staged::Parsed { head, length }) => {
            assert_eq!(at_once, Ok(head));
            assert_eq!(length, bytes.len() - decoder.remaining());
            assert!(length <= Head::MAX_LENGTH);
        }
        Ok(Staged::Need(more)) => {
            assert_eq!(at_once, Err(Malformed::Truncated));
            assert!((1..=Head::MAX_LENGTH - bytes.len()).contains(&more));
        }
        Err(malformed) => assert_eq!(at_once, Err(malformed)),
    }
}

#[test]
fn fuzz_v3_calls() {
    bolero::check!()
        .with_test_time(fuzzing::time())
        .with_type::<Input>()
        .for_each(|input| {
            let procedure = Procedure::from_number(input.procedure).unwrap();
            check_call(procedure, &input.arguments());
        });
}

#[test]
fn fuzz_v3_write_head() {
    bolero::check!()
        .with_test_time(fuzzing::time())
        .with_type::<Input>()
        .for_each(|input| check_head(&input.arguments()));
}

prop_compose! {
    fn any_time()(seconds: u32, nanoseconds in 0..1_000_000_000_u32) -> Time {
        Time::new(seconds, nanoseconds).unwrap()
    }
}

prop_compose! {
    fn any_attributes()(mode: u32, numbers: [u32; 5], sizes: [u64; 4], time in any_time())
        -> Attributes {
        let [nlink, uid, gid, major, minor] = numbers;
        let [size, used, fsid, fileid] = sizes;
        Attributes {
            file_type: FileType::Directory,
            mode: Mode::new(mode),
            nlink, uid, gid, size, used,
            rdev: DeviceNumber { major, minor },
            fsid, fileid,
            atime: time, mtime: time, ctime: time,
        }
    }
}

fn any_wcc() -> impl Strategy<Value = WccData> {
    let attributes = || prop::option::of(any_attributes());
    (attributes(), attributes()).prop_map(|(before, after)| WccData {
        before: before.as_ref().map(WccAttributes::from),
        after,
    })
}

fn any_name() -> impl Strategy<Value = Vec<u8>> {
    vec(prop_oneof![1..=b'.', b'0'..=255], 1..=MAX_NAME)
}

/// How long a post_op_attr is.
fn post_op_attr(attributes: Option<Attributes>) -> usize {
    4 + attributes.map_or(0, |_| 84)
}

/// How long a wcc_data is.
fn wcc_data(wcc: &WccData) -> usize {
    4 + wcc.before.map_or(0, |_| 24) + post_op_attr(wcc.after)
}

/// How long opaque data is.
fn opaque(bytes: &[u8]) -> usize {
    4 + bytes.len() + padding(bytes.len())
}

proptest! {
    #[test]
    fn no_call_makes_the_decoder_panic(
        procedure in prop::sample::select(&Procedure::ALL[..]),
        bytes in vec(any::<u8>(), 0..512),
    ) {
        check_call(procedure, &bytes);
    }

    #[test]
    fn a_write_head_is_the_same_in_stages_and_at_once(
        handle in vec(any::<u8>(), 0..=MAX_HANDLE),
        offset: u64,
        count: u32,
        stable in 0..3_u32,
        data in vec(any::<u8>(), 0..16),
    ) {
        let mut bytes = FileHandle::new(&handle).unwrap().to_bytes();
        bytes.extend(offset.to_bytes());
        bytes.extend([count, stable, count].iter().flat_map(Encode::to_bytes));
        let length = bytes.len();
        bytes.extend(data);

        for end in 0..=bytes.len() {
            check_head(&bytes[..end]);
        }
        let parsed = Head::parse(&bytes).unwrap();
        let Staged::Parsed { head, length: taken } = parsed else {
            panic!("it is there whole")
        };
        prop_assert_eq!(taken, length);
        prop_assert_eq!(head.file.as_bytes(), handle);
        prop_assert_eq!((head.offset, head.count), (offset, count));
        prop_assert_eq!(head.follows() % 4, 0);
    }

    #[test]
    fn a_head_that_gets_what_it_asks_for_is_parsed_in_three_stages(
        handle in vec(any::<u8>(), 0..=MAX_HANDLE),
        first in 0..=24_usize,
    ) {
        let mut bytes = FileHandle::new(&handle).unwrap().to_bytes();
        bytes.resize(bytes.len() + 20, 0);

        let mut have = first;
        for _ in 0..2 {
            if let Staged::Need(more) = Head::parse(&bytes[..have]).unwrap() {
                have += more;
            }
        }

        let whole = matches!(Head::parse(&bytes[..have]), Ok(Staged::Parsed { .. }));
        prop_assert!(whole);
        prop_assert_eq!(have, bytes.len());
    }

    #[test]
    fn an_answer_is_as_long_as_its_structure(
        attributes in prop::option::of(any_attributes()),
        wcc in any_wcc(),
        other in any_wcc(),
        handle in vec(any::<u8>(), 0..=MAX_HANDLE),
        count: u32,
        eof: bool,
    ) {
        let object = FileHandle::new(&handle).unwrap();

        let found = lookup::Success { object, attributes, dir: wcc.after };
        let looked_up: lookup::Reply<'_> = Ok(found);
        prop_assert_eq!(
            looked_up.to_bytes().len(),
            4 + opaque(&handle) + post_op_attr(attributes) + post_op_attr(wcc.after)
        );
        let created: create::Reply<'_> = Ok(Created { object: Some(object), attributes, dir: wcc });
        prop_assert_eq!(
            created.to_bytes().len(),
            4 + 4 + opaque(&handle) + post_op_attr(attributes) + wcc_data(&wcc)
        );
        let read: read::Reply = Ok(read::OkHead { attributes, count, eof });
        prop_assert_eq!(read.to_bytes().len(), 4 + post_op_attr(attributes) + 12);
        let written: write::Reply = Ok(write::Success {
            file: wcc,
            count,
            committed: write::Stability::FileSync,
            verifier: WriteVerifier([0; 8]),
        });
        prop_assert_eq!(written.to_bytes().len(), 4 + wcc_data(&wcc) + 16);
        let renamed: rename::Reply = Err(Failure {
            status: Status::XDev,
            detail: rename::Directories { from: wcc, to: other },
        });
        prop_assert_eq!(renamed.to_bytes().len(), 4 + wcc_data(&wcc) + wcc_data(&other));
    }

    #[test]
    fn a_readdir_never_says_more_than_the_client_allows(
        names in vec(any_name(), 0..40),
        count in 0..4096_u32,
        attributes in prop::option::of(any_attributes()),
    ) {
        let mut listing = readdir::Listing::new(count);
        let mut taken = 0;
        for name in &names {
            let name = Name::new(name).unwrap();
            if listing.push(&readdir::Entry { fileid: 1, name, cookie: 2 }).is_err() {
                break;
            }
            taken += 1;
        }

        let finished = listing.finish(attributes, CookieVerifier::default(), true);
        let size = |names: &[Vec<u8>]| {
            104 + names.iter().map(|name| 20 + opaque(name)).sum::<usize>()
        };
        let allowed = usize::try_from(count).unwrap();
        if let Ok(success) = finished {
            let bytes = success.to_bytes();
            let absent = 88 - post_op_attr(attributes);
            prop_assert_eq!(bytes.len() + absent, size(&names[..taken]));
            prop_assert!(size(&names[..taken]) <= allowed);
            prop_assert_eq!(bytes.last() == Some(&1), taken == names.len());
        } else {
            prop_assert_eq!(finished, Err(Status::TooSmall));
            prop_assert_eq!(taken, 0);
        }
        if let Some(next) = names.get(..=taken) {
            prop_assert!(size(next) > allowed);
        }
    }

    #[test]
    fn a_readdirplus_keeps_to_both_bounds(
        names in vec(any_name(), 0..40),
        dircount in 0..2048_u32,
        maxcount in 0..8192_u32,
        handle in vec(any::<u8>(), 0..=MAX_HANDLE),
        attributes in prop::option::of(any_attributes()),
    ) {
        let handle = FileHandle::new(&handle).unwrap();
        let mut listing = readdirplus::Listing::new(dircount, maxcount);
        let mut taken = 0;
        for name in &names {
            let name = Name::new(name).unwrap();
            let entry = readdir::Entry { fileid: 1, name, cookie: 2 };
            let plus = readdirplus::EntryPlus { entry, attributes, handle: Some(handle) };
            if listing.push(&plus).is_err() {
                break;
            }
            taken += 1;
        }

        let information = |names: &[Vec<u8>]| {
            names.iter().map(|name| 16 + opaque(name)).sum::<usize>()
        };
        let size = |names: &[Vec<u8>]| {
            let more = 8 + post_op_attr(attributes) + opaque(handle.as_bytes());
            104 + information(names) + names.len() * more
        };
        let within = |names: &[Vec<u8>]| {
            information(names) <= usize::try_from(dircount).unwrap()
                && size(names) <= usize::try_from(maxcount).unwrap()
        };
        let finished = listing.finish(None, CookieVerifier::default(), false);
        match finished {
            Ok(success) => {
                prop_assert_eq!(success.to_bytes().len() + 84, size(&names[..taken]));
                prop_assert!(within(&names[..taken]));
            }
            Err(status) => {
                prop_assert_eq!(status, Status::TooSmall);
                prop_assert_eq!(taken, 0);
            }
        }
        if let Some(next) = names.get(..=taken) {
            prop_assert!(!within(next));
        }
    }
}

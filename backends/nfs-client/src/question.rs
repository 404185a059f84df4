//! What is asked before there is anything to be asked of NFS: the port mapper for ports (RFC 1833,
//! version 2), and MOUNT for the handle of an exported directory (RFC 1813 5.2.1). Of an answer, all
//! that has a length is bounded.

use labelgate_wire::{NoRoom, Reader, Truncated, Writer};

use crate::address::{Handle, MAX_HANDLE, Owner};
use crate::rpc::{self, AUTH_SYS, LAST, Procedure, Taken};
use crate::{Error, Kind};

/// The longest answer in bytes.
pub(crate) const MAX_ANSWER: usize = 4096;
/// The most bytes that a question takes: a path.
const MAX_QUESTION: usize = 1040;
/// The most flavours that make sense.
const MAX_FLAVOURS: u32 = 64;
const TCP: u32 = 6;

const PORT_MAPPER: Procedure = [100_000, 2, 3];
const MOUNT: Procedure = [100_005, 3, 1];

/// A program of the server's whose port is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Program {
    Nfs,
    Mount,
}

impl Program {
    const fn number(self) -> u32 {
        match self {
            Self::Nfs => 100_003,
            Self::Mount => MOUNT[0],
        }
    }
}

/// What is asked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Question {
    /// Where version 3 of it is.
    Port(Program),
    /// The handle of this directory.
    Mount(String),
}

/// What is answered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Told {
    Port(Program, u16),
    Root(Handle),
}

impl Question {
    pub(crate) const fn doing(&self) -> &'static str {
        match self {
            Self::Port(_) => "asking for a port",
            Self::Mount(_) => "mounting",
        }
    }

    /// The record to be sent.
    pub(crate) fn record(&self, number: u32, owner: Owner) -> Result<Vec<u8>, NoRoom> {
        let procedure = match self {
            Self::Port(_) => PORT_MAPPER,
            Self::Mount(_) => MOUNT,
        };
        let arguments = |writer: &mut Writer<'_>| match self {
            Self::Port(program) => {
                for word in [program.number(), 3, TCP, 0] {
                    writer.u32(word)?;
                }
                Ok(())
            }
            Self::Mount(path) => rpc::put_bytes(writer, path.as_bytes()),
        };
        let record = rpc::begin(number, procedure, owner, MAX_QUESTION, arguments)?;
        rpc::seal(record).ok_or(NoRoom)
    }

    /// What has come so far: nothing as long as there must be more.
    pub(crate) fn answer(&self, number: u32, bytes: &[u8]) -> Result<Option<Told>, Error> {
        let nonsense = || Error::of(self.doing(), Kind::Unfit).with("the answer makes no sense");
        let Some((mark, rest)) = bytes.split_first_chunk() else {
            return Ok(None);
        };
        let mark = u32::from_be_bytes(*mark);
        let length = usize::try_from(mark & !LAST).unwrap_or(usize::MAX);
        // An answer in pieces would be as short.
        if mark & LAST == 0 || length > MAX_ANSWER - 4 {
            return Err(nonsense());
        }
        let Some(record) = rest.get(..length) else {
            return Ok(None);
        };
        match self.parse(number, record) {
            Ok(result) => result.map(Some),
            Err(Truncated) => Err(nonsense()),
        }
    }

    fn parse(&self, number: u32, record: &[u8]) -> Result<Result<Told, Error>, Truncated> {
        let mut reader = Reader::new(record);
        let fail = |kind, said: &str| Ok(Err(Error::of(self.doing(), kind).with(said)));
        match rpc::head(&mut reader)? {
            (other, _) if other != number => return Err(Truncated),
            (_, Taken::Denied) => {
                return fail(
                    Kind::Permission,
                    "the server wants to know more of who asks",
                );
            }
            (_, Taken::Unknown) => return fail(Kind::NotReady, "the server does not offer it"),
            (_, Taken::Well) => {}
        }
        match self {
            Self::Port(program) => match u16::try_from(reader.u32()?) {
                Ok(port @ 1..) => Ok(Ok(Told::Port(*program, port))),
                // Its programs may be starting.
                _ => fail(Kind::NotReady, "its port mapper knows none"),
            },
            Self::Mount(_) => match reader.u32()? {
                0 => mounted(&mut reader),
                1 | 13 => fail(Kind::Permission, "its exports are for others"),
                2 | 20 | 22 | 63 => fail(Kind::NotFound, "it exports no such directory"),
                status => fail(Kind::NotReady, &format!("status {status}")),
            },
        }
    }
}

fn mounted(reader: &mut Reader<'_>) -> Result<Result<Told, Error>, Truncated> {
    let handle = Handle::new(rpc::take_bytes(reader, MAX_HANDLE)?).ok_or(Truncated)?;
    let flavours = reader.u32()?;
    if flavours > MAX_FLAVOURS {
        return Err(Truncated);
    }
    let mut known = flavours == 0;
    for _ in 0..flavours {
        known |= reader.u32()? == AUTH_SYS;
    }
    let refused = Error::of("mounting", Kind::Permission).with("it does not take AUTH_SYS");
    Ok(match known {
        true => Ok(Told::Root(handle)),
        false => Err(refused),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const OWNER: Owner = Owner { uid: 107, gid: 64 };

    fn record(words: &[u32]) -> Vec<u8> {
        let mark = LAST | u32::try_from(words.len() * 4).unwrap();
        let words = [mark].into_iter().chain(words.iter().copied());
        words.flat_map(u32::to_be_bytes).collect()
    }

    fn kind(question: &Question, words: &[u32]) -> Kind {
        question.answer(7, &record(words)).unwrap_err().kind()
    }

    #[test]
    fn a_question_is_what_the_standards_say() {
        let port = Question::Port(Program::Nfs).record(7, OWNER).unwrap();
        let words = [
            7, 0, 2, 100_000, 2, 3, 1, 20, 0, 0, 107, 64, 0, 0, 0, 100_003, 3, 6, 0,
        ];
        assert_eq!(port, record(&words));
        let mount = Question::Mount("/disks".into()).record(7, OWNER).unwrap();
        assert_eq!(mount[mount.len() - 12..], *b"\0\0\0\x06/disks\0\0");
        let long = Question::Mount("x".repeat(1024)).record(7, OWNER).unwrap();
        assert_eq!(long.len(), 4 + 60 + 4 + 1024);
        assert!(Question::Mount("x".repeat(2000)).record(7, OWNER).is_err());
    }

    #[test]
    fn an_answer_is_believed_as_far_as_it_makes_sense() {
        let port = Question::Port(Program::Nfs);
        let whole = record(&[7, 1, 0, 0, 0, 0, 2049]);
        let told = Told::Port(Program::Nfs, 2049);
        assert_eq!(port.answer(7, &whole), Ok(Some(told)));
        for cut in 0..whole.len() {
            assert_eq!(port.answer(7, &whole[..cut]), Ok(None));
        }
        assert_eq!(kind(&port, &[7, 1, 0, 0, 0, 0, 0]), Kind::NotReady);
        assert_eq!(kind(&port, &[7, 1, 0, 0, 0, 0, 65536]), Kind::NotReady);
        assert_eq!(kind(&port, &[7, 1, 0, 0, 0, 1]), Kind::NotReady);
        assert_eq!(kind(&port, &[7, 1, 1, 1, 5]), Kind::Permission);
        for nonsense in [
            &[8, 1, 0, 0, 0, 0, 2049][..],
            &[7, 0, 0, 0, 0, 0, 2049],
            &[7, 1, 0, 0, u32::MAX, 0, 2049],
            &[7, 1, 0, 0, 0, 0],
        ] {
            assert_eq!(kind(&port, nonsense), Kind::Unfit);
        }
    }

    /// The answer that libnfs 4.0 writes behind the end of its memory for is among them.
    #[test]
    fn a_handle_comes_with_flavours() {
        let mount = Question::Mount("/disks".into());
        let accepted = |rest: &[u32]| [&[7, 1, 0, 0, 0, 0][..], rest].concat();
        let told = mount.answer(7, &record(&accepted(&[0, 4, 0x0102_0304, 2, 390_003, 1])));
        let handle = Handle::new(&[1, 2, 3, 4]).unwrap();
        assert_eq!(told, Ok(Some(Told::Root(handle))));
        let asked = |rest: &[u32]| kind(&mount, &accepted(rest));
        assert_eq!(asked(&[0, 4, 1, 1, 390_003]), Kind::Permission);
        assert_eq!(asked(&[0, 4, 1, 0x4000_0001, 1, 1]), Kind::Unfit);
        assert_eq!(asked(&[0, 68, 1, 0]), Kind::Unfit);
        assert_eq!(asked(&[0, 0, 0]), Kind::Unfit);
        assert_eq!(asked(&[13]), Kind::Permission);
        assert_eq!(asked(&[2]), Kind::NotFound);
        assert_eq!(asked(&[10006]), Kind::NotReady);
    }

    #[test]
    fn fuzz_answers() {
        bolero::check!()
            .with_type::<(bool, Vec<u8>)>()
            .for_each(|(mount, bytes)| {
                let question = match mount {
                    true => Question::Mount("/".into()),
                    false => Question::Port(Program::Mount),
                };
                let _ = question.answer(7, bytes);
                let words: Vec<u32> = bytes.iter().map(|byte| u32::from(*byte % 5)).collect();
                let head = [7, 1, 0, 0, 0, 0];
                let _ = question.answer(7, &record(&[&head[..], &words].concat()));
            });
    }
}

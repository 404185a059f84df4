//! What becomes of a datagram.

use std::net::{IpAddr, SocketAddr};
use std::time::{Instant, SystemTime, UNIX_EPOCH};

use labelgate_control::Questions;
use labelgate_nfs::portmap::{self, Transport};

use super::sources::Sources;

/// A datagram that has come.
#[derive(Debug, Clone, Copy)]
pub(super) struct Datagram<'a> {
    /// As much of it as there was room for.
    pub(super) bytes: &'a [u8],
    /// Whether that is all of it.
    pub(super) is_whole: bool,
    /// Where it says it is from.
    pub(super) source: SocketAddr,
    /// The address of this machine that it was sent to; `None` if it was sent to many, or nobody
    /// knows where.
    pub(super) destination: Option<IpAddr>,
}

/// What becomes of a datagram.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Verdict {
    /// It is answered with this, which is no longer than it.
    Answer(Vec<u8>),
    /// Nothing is answered.
    Silence,
    /// Nothing, because its source was answered often enough.
    Limited,
}

/// Judges a datagram: the whole of what is made of a stranger's bytes.
pub(super) fn judge(
    datagram: Datagram<'_>,
    questions: &Questions,
    sources: &mut Sources,
    now: Instant,
) -> Verdict {
    let Datagram {
        bytes,
        is_whole,
        source,
        destination,
    } = datagram;
    let Some(local) = destination.filter(|_| is_whole && may_be_answered(source)) else {
        return Verdict::Silence;
    };
    let services = portmap::Services {
        nfs_port: questions.services.nfs_port,
        mount_port: questions.services.mount_port,
        portmap_port: questions.local.port(),
        local,
        udp: true,
        time: seconds(),
    };
    let answer = portmap::answer_message(bytes, &services, Transport::Udp);
    match answer {
        None => Verdict::Silence,
        // What gets no answer takes none from who asks from there.
        Some(_) if !sources.take(source.ip(), now) => Verdict::Limited,
        Some(answer) => Verdict::Answer(answer),
    }
}

/// Whether an answer could go back to where it came from, and to nobody else.
fn may_be_answered(source: SocketAddr) -> bool {
    let ip = source.ip().to_canonical();
    let is_one = match ip {
        IpAddr::V4(address) => !address.is_broadcast(),
        IpAddr::V6(_) => true,
    };
    source.port() != 0 && is_one && !ip.is_multicast() && !ip.is_unspecified()
}

/// Since 1970 began.
fn seconds() -> u32 {
    let time = SystemTime::now().duration_since(UNIX_EPOCH);
    time.map_or(0, |time| u32::try_from(time.as_secs()).unwrap_or(u32::MAX))
}

#[cfg(test)]
pub(super) mod tests {
    use labelgate_control::Services;
    use labelgate_nfs::rpc::{Accepted, CallHeader, Credential, Reply};
    use labelgate_nfs::xdr::Encode;

    use super::*;

    pub(in crate::portmap) const QUESTIONS: Questions = Questions {
        services: Services {
            nfs_port: 2049,
            mount_port: 20_048,
        },
        local: SocketAddr::new(IpAddr::V4(std::net::Ipv4Addr::UNSPECIFIED), 111),
    };

    /// A call of the port mapper's program.
    pub(in crate::portmap) fn call(version: u32, procedure: u32, arguments: &[u8]) -> Vec<u8> {
        let header = CallHeader {
            xid: 7,
            program: portmap::PROGRAM,
            version,
            procedure,
            credential: Credential::None,
        };
        [&header.to_bytes(), arguments].concat()
    }

    /// GETPORT of NFS version 3 over TCP.
    fn get_port() -> Vec<u8> {
        let numbers = [100_003_u32, 3, 6, 0].map(u32::to_be_bytes);
        call(2, 3, numbers.as_flattened())
    }

    fn asked(bytes: &[u8]) -> Datagram<'_> {
        Datagram {
            bytes,
            is_whole: true,
            source: "192.0.2.7:800".parse().unwrap(),
            destination: Some("192.0.2.1".parse().unwrap()),
        }
    }

    fn judged(datagram: Datagram<'_>) -> Verdict {
        let now = Instant::now();
        judge(datagram, &QUESTIONS, &mut Sources::new(now), now)
    }

    #[test]
    fn a_question_is_answered() {
        let port = Reply::success(7, &2049_u32);
        assert_eq!(judged(asked(&get_port())), Verdict::Answer(port));
    }

    #[test]
    fn what_is_no_whole_question_is_met_with_silence() {
        let question = get_port();
        for length in 0..LEAST {
            let verdict = judged(asked(&question[..length]));
            assert_eq!(verdict, Verdict::Silence, "{length} bytes");
        }
        let is_whole = false;
        let cut = Datagram {
            is_whole,
            ..asked(&question)
        };
        assert_eq!(judged(cut), Verdict::Silence);
        let mut reply = question.clone();
        reply[7] = 1;
        assert_eq!(judged(asked(&reply)), Verdict::Silence);
        assert_eq!(judged(asked(b"GET / HTTP/1.1\r\n\r\n")), Verdict::Silence);
        assert_eq!(judged(asked(&[0xff; 2048])), Verdict::Silence);
    }

    /// The header of a call without credentials.
    const LEAST: usize = labelgate_nfs::rpc::LEAST;

    #[test]
    fn arguments_that_are_none_are_an_error_that_is_not_longer() {
        let garbage = Reply::accepted(7, Accepted::GarbageArgs).to_bytes();
        let cut = &get_port()[..LEAST + 3];
        assert_eq!(judged(asked(cut)), Verdict::Answer(garbage));
    }

    #[test]
    fn what_was_sent_to_many_is_met_with_silence() {
        let question = get_port();
        let datagram = Datagram {
            destination: None,
            ..asked(&question)
        };
        assert_eq!(judged(datagram), Verdict::Silence);
    }

    #[test]
    fn nobody_is_answered_who_cannot_have_asked() {
        let question = get_port();
        for source in [
            "192.0.2.7:0",
            "0.0.0.0:800",
            "255.255.255.255:800",
            "224.0.0.1:800",
            "[ff02::1]:800",
            "[::]:800",
        ] {
            let source = source.parse().unwrap();
            let datagram = Datagram {
                source,
                ..asked(&question)
            };
            assert_eq!(judged(datagram), Verdict::Silence, "{source}");
        }
    }

    #[test]
    fn who_asks_too_often_is_answered_no_more_for_a_while() {
        let (now, question) = (Instant::now(), get_port());
        let mut sources = Sources::new(now);
        let mut ask = |now| judge(asked(&question), &QUESTIONS, &mut sources, now);
        let verdicts: Vec<_> = (0..200).map(|_| ask(now)).collect();
        assert!(matches!(verdicts[0], Verdict::Answer(_)));
        assert_eq!(verdicts[199], Verdict::Limited);
        assert!(matches!(ask(now + Sources::REST), Verdict::Answer(_)));
    }
}

//! SendTargets (RFC 7143, appendix C).

use std::net::SocketAddr;

use crate::name::IscsiName;
use crate::pdu::SegmentLength;
use crate::session_type::SessionType;
use crate::text::TextWriter;

/// Our one portal group: every address reaches every target (RFC 7143, 4.2.2, 13.9).
pub const PORTAL_GROUP_TAG: u16 = 1;

/// The longest answer, in bytes. Targets beyond it are left out whole.
const MAX_ANSWER: usize = 1024 * 1024;

/// A target and where to find it.
#[derive(Debug, Clone, Copy)]
pub struct AdvertisedTarget<'a> {
    /// Its name, normalised.
    pub name: &'a str,
    /// Its portals.
    pub addresses: &'a [SocketAddr],
}

/// A SendTargets value that this kind of session does not take.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Unanswerable;

/// Writes the answer to `SendTargets=value`.
///
/// A name that is unknown, forbidden or no name at all gets the same answer: no target.
///
/// # Errors
/// The value is not for this kind of session; nothing was written.
pub fn send_targets<'a>(
    value: &str,
    session: &SessionType,
    targets: impl Iterator<Item = AdvertisedTarget<'a>>,
    writer: &mut TextWriter,
) -> Result<(), Unanswerable> {
    let wanted = match (value, session) {
        // > All: "This value MUST be supported on a discovery session, and MUST NOT be supported on
        // > an operational session."
        ("All", SessionType::Discovery) => None,
        ("All", SessionType::Normal { .. }) | ("", SessionType::Discovery) => {
            return Err(Unanswerable);
        }
        // > Nothing: "The session should only respond with addresses for the target to which the
        // > session is logged in."
        ("", SessionType::Normal { target }) => Some(target.clone()),
        (name, _) => match IscsiName::parse(name) {
            Ok(name) => Some(name),
            Err(_) => return Ok(()),
        },
    };
    let is_wanted = |target: &AdvertisedTarget<'_>| {
        let wanted = wanted.as_ref();
        wanted.is_none_or(|wanted| wanted.as_str() == target.name)
    };
    for target in targets.filter(is_wanted) {
        if writer.length() + record_length(&target) > MAX_ANSWER {
            break;
        }
        writer.pair("TargetName", target.name);
        for address in target.addresses {
            writer.pair("TargetAddress", &format!("{address},{PORTAL_GROUP_TAG}"));
        }
    }
    Ok(())
}

/// An upper bound of what a target takes in an answer, in bytes.
const fn record_length(target: &AdvertisedTarget<'_>) -> usize {
    /// `TargetAddress=[…]:65535,1` with the longest IPv6 address and scope.
    const ADDRESS: usize = 96;
    "TargetName=\0".len() + target.name.len() + target.addresses.len() * ADDRESS
}

/// A part of an answer, for one text response.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Page<'a> {
    /// What to send.
    pub text: &'a [u8],
    /// Nothing follows: F=1, C=0, no target transfer tag. Otherwise F=0, C=1 and a tag.
    pub is_last: bool,
}

/// An answer that is sent page by page.
///
/// The initiator asks for each further page with an empty text request that carries the target
/// transfer tag of the page before (RFC 7143, 11.10.4, 11.11.2).
#[derive(Debug)]
pub struct PagedText {
    text: Vec<u8>,
    sent: usize,
}

impl PagedText {
    /// An answer none of which has been sent.
    #[must_use]
    pub const fn new(text: Vec<u8>) -> Self {
        Self { text, sent: 0 }
    }

    /// The next page, of at most `limit` bytes: whole pairs as long as one fits.
    pub fn next_page(&mut self, limit: SegmentLength) -> Page<'_> {
        let rest = self.text.get(self.sent..).unwrap_or_default();
        let page = rest.get(..limit.get()).map_or(rest, |most| {
            let pairs = most.iter().rposition(|&byte| byte == 0);
            most.get(..=pairs.unwrap_or(most.len() - 1)).unwrap_or(most)
        });
        self.sent += page.len();
        Page {
            text: page,
            is_last: page.len() == rest.len(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fuzzing;
    use crate::negotiation::answer;
    use crate::text::pairs;

    const DISK: &str = "iqn.2026-11.io.labelgate:disks.web";
    const CD: &str = "iqn.2026-11.io.labelgate:isos.installer";

    fn addresses() -> [SocketAddr; 2] {
        ["192.0.2.1:3260", "[2001:db8::1]:3260"].map(|address| address.parse().unwrap())
    }

    fn ask(text: &str, session: &SessionType) -> String {
        let addresses = addresses();
        let targets = [DISK, CD].into_iter().map(|name| AdvertisedTarget {
            name,
            addresses: &addresses,
        });
        let answer = answer(text.as_bytes(), session, targets).unwrap();
        String::from_utf8(answer.text).unwrap().replace('\0', " ")
    }

    fn record(name: &str) -> String {
        format!(
            "TargetName={name} TargetAddress=192.0.2.1:3260,1 TargetAddress=[2001:db8::1]:3260,1 "
        )
    }

    #[test]
    fn a_discovery_session_learns_of_all_targets_or_of_one() {
        let session = SessionType::Discovery;
        let both = [record(DISK), record(CD)].concat();
        assert_eq!(ask("SendTargets=All\0", &session), both);
        let one = format!("SendTargets={}\0", CD.to_uppercase().replace("IQN", "iqn"));
        assert_eq!(ask(&one, &session), record(CD));
        assert_eq!(ask("SendTargets=\0", &session), "SendTargets=Reject ");
    }

    #[test]
    fn a_normal_session_learns_of_its_own_target() {
        let target = IscsiName::parse(DISK).unwrap();
        let session = SessionType::Normal { target };
        assert_eq!(ask("SendTargets=\0", &session), record(DISK));
        assert_eq!(ask("SendTargets=All\0", &session), "SendTargets=Reject ");
    }

    #[test]
    fn an_unknown_name_and_no_name_at_all_have_no_target() {
        let session = SessionType::Discovery;
        assert_eq!(
            ask(
                "SendTargets=iqn.2026-11.io.labelgate:disks.other\0",
                &session
            ),
            ""
        );
        assert_eq!(ask("SendTargets=../../etc/passwd\0", &session), "");
    }

    #[test]
    fn other_keys_in_the_full_feature_phase() {
        let session = SessionType::Discovery;
        let text = "X-com.example.hello=1\0MaxBurstLength=512\0InitiatorAlias=me\0";
        let expected = "X-com.example.hello=NotUnderstood MaxBurstLength=Reject ";
        assert_eq!(ask(text, &session), expected);
        let text = b"MaxRecvDataSegmentLength=65536\0";
        let answer = answer(text, &session, std::iter::empty()).unwrap();
        assert_eq!(answer.text, b"");
        let declared = answer.initiator_max_recv_data_segment_length;
        assert_eq!(declared.map(SegmentLength::get), Some(65_536));
    }

    #[test]
    fn asking_over_and_over_in_one_text_is_answered_once() {
        let answer = ask(&"SendTargets=All\0".repeat(3), &SessionType::Discovery);
        assert_eq!(answer.matches(DISK).count(), 1);
        assert_eq!(answer.matches("SendTargets=Reject").count(), 2);
    }

    #[test]
    fn a_long_answer_is_sent_in_pages_of_whole_pairs() {
        let names: Vec<_> = (0..200).map(|n| format!("{DISK}{n}")).collect();
        let addresses = addresses();
        let targets = names.iter().map(|name| AdvertisedTarget {
            name,
            addresses: &addresses,
        });
        let text = answer(b"SendTargets=All\0", &SessionType::Discovery, targets)
            .unwrap()
            .text;
        let mut paged = PagedText::new(text.clone());
        let mut sent = Vec::new();
        loop {
            let page = paged.next_page(SegmentLength::from(512));
            assert!(page.text.len() <= 512 && pairs(page.text).is_ok());
            sent.extend_from_slice(page.text);
            if page.is_last {
                break;
            }
            assert!(page.text.len() > 400, "pages are filled");
        }
        assert_eq!(sent, text);
    }

    #[test]
    fn an_answer_that_fits_exactly_and_an_empty_one_are_one_page() {
        let mut exact = PagedText::new(b"A=123456789\0".repeat(2));
        let page = exact.next_page(SegmentLength::from(24));
        assert!(page.is_last && page.text.len() == 24);
        let empty = Page {
            text: b"",
            is_last: true,
        };
        assert_eq!(
            PagedText::new(Vec::new()).next_page(SegmentLength::from(512)),
            empty
        );
    }

    #[test]
    fn fuzz_text_request() {
        bolero::check!()
            .with_test_time(fuzzing::time())
            .with_type()
            .for_each(|(asked, limit): &(Vec<u8>, u16)| {
                let addresses = addresses();
                let target = AdvertisedTarget {
                    name: DISK,
                    addresses: &addresses,
                };
                let question = [b"SendTargets=All\0", &asked[..], b"\0"].concat();
                let targets = std::iter::once(target);
                let Ok(answer) = answer(&question, &SessionType::Discovery, targets) else {
                    return;
                };
                assert_eq!(answer.text.last(), Some(&0));
                let mut paged = PagedText::new(answer.text.clone());
                let mut sent = Vec::new();
                loop {
                    let page = paged.next_page(SegmentLength::from((*limit).max(512)));
                    sent.extend_from_slice(page.text);
                    if page.is_last {
                        break;
                    }
                    assert!(!page.text.is_empty() && page.text.ends_with(b"\0"));
                }
                assert_eq!(sent, answer.text);
            });
    }

    #[test]
    fn the_answer_is_bounded() {
        let names: Vec<_> = (0..30_000).map(|n| format!("{DISK}{n}")).collect();
        let targets = names.iter().map(|name| AdvertisedTarget {
            name,
            addresses: &[],
        });
        let text = answer(b"SendTargets=All\0", &SessionType::Discovery, targets)
            .unwrap()
            .text;
        assert!(text.len() <= MAX_ANSWER && text.len() > MAX_ANSWER - 200);
        assert_eq!(text.last(), Some(&0));
    }
}

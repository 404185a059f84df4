//! Arbitrary requests: whatever they are, the gateway stays up, and none is its own fault.

use std::io::{Read, Write};
use std::os::unix::net::UnixStream;
use std::sync::Mutex;
use std::time::Duration;

use bolero::check;

use super::{House, house_with_store};

fn seconds() -> Duration {
    let seconds = std::env::var("LABELGATE_FUZZ_SECONDS").ok();
    let seconds = seconds.and_then(|seconds| seconds.parse().ok());
    Duration::from_secs(seconds.unwrap_or(2))
}

/// Sends bytes and reads whatever comes back, until the gateway closes.
fn send(house: &House, request: &[u8]) -> String {
    let mut stream = UnixStream::connect(house.socket()).unwrap();
    stream
        .set_read_timeout(Some(Duration::from_secs(30)))
        .unwrap();
    // It may have heard enough.
    let _ = stream.write_all(request);
    let _ = stream.shutdown(std::net::Shutdown::Write);
    let mut answer = Vec::new();
    let _ = stream.read_to_end(&mut answer);
    String::from_utf8_lossy(&answer).into_owned()
}

fn is_no_fault(answer: &str, request: &[u8]) {
    let status = answer
        .strip_prefix("HTTP/1.1 ")
        .and_then(|rest| rest.get(..3));
    let fault = status.is_some_and(|status| status.starts_with('5'));
    assert!(!fault, "{}\n{answer}", String::from_utf8_lossy(request));
}

#[test]
fn fuzz_any_bytes() {
    let house = Mutex::new(house_with_store());
    check!()
        .with_max_len(4096)
        .with_test_time(seconds())
        .for_each(|request: &[u8]| {
            let mut house = house.lock().unwrap();
            is_no_fault(&send(&house, request), request);
            assert!(house.is_up());
        });
}

/// Bodies of JSON with values that are right, wrong in kind, or too large, under names that are
/// known.
fn body(shape: &[u8]) -> String {
    let names = [
        "name",
        "store",
        "label",
        "size",
        "path",
        "proof",
        "kind",
        "network",
        "secret",
        "token",
        "vm",
        "host",
        "for_whom",
        "lowest",
        "highest",
        "file",
        "block_size",
        "mutual",
        "ends",
        "image_was_checked",
        "address",
    ];
    let values = [
        "\"a\"",
        "\"vms\"",
        "\"auto\"",
        "\"content\"",
        "\"s0:c1,c2\"",
        "4096",
        "0",
        "-1",
        "18446744073709551615",
        "1e400",
        "null",
        "true",
        "[]",
        "{}",
        "\"../x\"",
        "\"\\u0000\"",
        "{\"kind\":\"chap\"}",
        "{\"kind\":\"token\"}",
        "{\"kind\":\"address\",\"network\":\"10.0.0.0/8\"}",
        "512",
        "\"00000000-0000-4000-8000-000000000001\"",
        "\"2100-01-01T00:00:00Z\"",
        "\"chap\"",
    ];
    let fields = shape.chunks_exact(2).map(|pair| {
        let name = names[usize::from(pair[0]) % names.len()];
        let value = values[usize::from(pair[1]) % values.len()];
        format!("\"{name}\":{value}")
    });
    format!("{{{}}}", fields.collect::<Vec<_>>().join(","))
}

#[test]
fn fuzz_requests_that_are_nearly_right() {
    let house = Mutex::new(house_with_store());
    let endpoints = labelgate_api::endpoints::all();
    let fillings = [
        "a",
        "vms",
        "s0:c1,c2",
        "%00",
        "%2e%2e",
        "00000000-0000-4000-8000-000000000001",
    ];
    check!()
        .with_type::<(u8, [u8; 2], Vec<u8>)>()
        .with_max_len(64)
        .with_test_time(seconds())
        .for_each(|(which, filling, shape)| {
            let endpoint = endpoints[usize::from(*which) % endpoints.len()];
            let mut path = String::new();
            for (number, part) in endpoint.path.split(['{', '}']).enumerate() {
                let filling = usize::from(filling[number / 2 % 2]);
                path += if number % 2 == 0 { part } else { fillings[filling % fillings.len()] };
            }
            let body = body(shape);
            let request = format!(
                "{} {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: {}\r\n\r\n{body}",
                endpoint.method.as_str(),
                body.len()
            );
            let mut house = house.lock().unwrap();
            is_no_fault(&send(&house, request.as_bytes()), request.as_bytes());
            assert!(house.is_up());
        });
}

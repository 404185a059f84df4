//! What is refused, where, and with which words.

use labelgate_mac::{Context, Label, Level, ParseError, Range};

#[test]
fn errors_say_what_and_where() {
    let cases: &[(&str, usize, &str)] = &[
        ("", 0, "expected a sensitivity, s0 to s15"),
        ("s16", 0, "expected a sensitivity, s0 to s15"),
        ("s00", 0, "expected a sensitivity, s0 to s15"),
        ("s+1", 0, "expected a sensitivity, s0 to s15"),
        ("s0:", 3, "expected a category, c0 to c1023"),
        ("s0:c1,", 6, "expected a category, c0 to c1023"),
        ("s0:c1,c1024", 6, "expected a category, c0 to c1023"),
        ("s0:c1.c65537", 6, "expected a category, c0 to c1023"),
        ("s0:c01", 3, "expected a category, c0 to c1023"),
        ("s0:c1.c2.c3", 6, "expected a category, c0 to c1023"),
        ("s0:c1,c5.c1", 6, "the run c5.c1 does not go up"),
        ("s0:c5.c5", 3, "the run c5.c5 does not go up"),
        (
            "s0:c1-s0:c2",
            6,
            "the high level does not dominate the low level",
        ),
        ("s1-s0", 3, "the high level does not dominate the low level"),
        ("s0-s0-s0", 3, "expected a sensitivity, s0 to s15"),
        ("s0:\u{e9}", 3, "expected a category, c0 to c1023"),
    ];
    for &(text, position, words) in cases {
        let error = text.parse::<Range>().expect_err(text);
        assert_eq!(
            (error.position(), error.problem().to_string().as_str()),
            (position, words)
        );
    }
}

#[test]
fn contexts_name_the_missing_part() {
    let words = |text: &str| text.parse::<Context>().unwrap_err().to_string();
    assert_eq!(
        words("u"),
        "at byte 1: expected user:role:type:range, the role is missing"
    );
    assert_eq!(
        words("u:r:t"),
        "at byte 5: expected user:role:type:range, the range is missing"
    );
    assert!(words("u:r:t ype:s0").starts_with("at byte 4: the type must begin with a letter"));
    assert!(words("u:r..r:t:s0").starts_with("at byte 2: the role must"));
    assert!(words("u:r:t:s0:x").starts_with("at byte 9: expected a category"));
}

#[test]
fn a_level_is_not_a_range() {
    assert_eq!(
        "s0:c1-s0:c1,c2".parse::<Level>().unwrap_err().to_string(),
        "at byte 5: a single level is asked for, this is a range"
    );
}

#[test]
fn labels_have_some_categories_and_not_all() {
    let words = |text: &str| text.parse::<Label>().unwrap_err().to_string();
    assert!(words("s0").contains("no category"));
    assert!(words("s15").contains("no category"));
    assert!(words("s0:c0.c1023").contains("all 1024"));
    assert!(words("s0:c0.c511,c512.c1023").contains("all 1024"));
    assert!(words("s0-s0:c0.c1023").contains("a range"));
    assert!(words("s0:c1-s0:c1,c2").contains("a range"));
    assert!(words("s0:c1,x").contains("at byte 6"));
    assert!("s0:c0.c1022".parse::<Label>().is_ok());
    // A range whose ends are equal is that level, however it is written.
    let same: Label = "s0:c2,c1-s0:c1,c2".parse().unwrap();
    assert_eq!(same, "s0:c1,c2".parse().unwrap());
}

/// A text beyond the bound is refused unread: no error about what it holds.
#[test]
fn length_is_bounded_first() {
    let fits = format!("s0:{}", "c0,".repeat(1364) + "c");
    assert_eq!(fits.len(), 4096);
    assert_eq!(fits.parse::<Range>().unwrap_err().position(), 4095);
    let over = format!("{fits},");
    let expected = "at byte 4096: 4097 bytes are more than the 4096 allowed";
    let checks: [Option<ParseError>; 3] = [
        over.parse::<Range>().err(),
        over.parse::<Level>().err(),
        over.parse::<Context>().err(),
    ];
    for error in checks {
        assert_eq!(error.unwrap().to_string(), expected);
    }
    assert_eq!(
        over.parse::<Label>().unwrap_err().to_string(),
        format!("not a label: {expected}")
    );
}

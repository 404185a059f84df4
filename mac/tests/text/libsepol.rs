//! The same texts, judged by libsepol, whose MLS code is the kernel's.
//!
//! `checkpolicy -d` (Debian package `checkpolicy`) loads a policy and answers questions on its
//! standard input: which SID has this context, which context has this SID, what may one SID do
//! to another. No SELinux kernel is needed.

use std::collections::HashMap;
use std::fmt::Write as _;
use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use labelgate_mac::{Category, Context, Level, Range};
use proptest::strategy::{Strategy, ValueTree};
use proptest::test_runner::TestRunner;

use crate::strategy::range_text;

/// checkpolicy reads its answers into 80 bytes.
const LONGEST: usize = 72;

/// All sensitivities and categories, and three permissions that stand for three comparisons.
fn policy() -> String {
    let mut text = String::from("class process\nsid kernel\nclass process { upper lower same }\n");
    for number in 0..16 {
        writeln!(text, "sensitivity s{number};").unwrap();
    }
    let names: Vec<String> = (0..16).map(|number| format!("s{number}")).collect();
    writeln!(text, "dominance {{ {} }}", names.join(" ")).unwrap();
    for number in 0..1024 {
        writeln!(text, "category c{number};").unwrap();
    }
    for name in names {
        writeln!(text, "level {name}:c0.c1023;").unwrap();
    }
    text.push_str(
        "mlsconstrain process upper ( h1 dom h2 );\n\
         mlsconstrain process lower ( l1 dom l2 );\n\
         mlsconstrain process same ( h1 eq h2 );\n\
         type t; role r; role r types t; allow t t:process { upper lower same };\n\
         user u roles { r } level s0 range s0 - s15:c0.c1023;\n\
         sid kernel u:r:t:s0\n",
    );
    text
}

/// A compiled policy in a directory that goes when it does.
struct Oracle(PathBuf);

impl Oracle {
    fn new() -> Self {
        let name = format!("libsepol-{}", std::process::id());
        let directory = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
        fs::create_dir(&directory).unwrap();
        let oracle = Self(directory);
        fs::write(oracle.0.join("policy.conf"), policy()).unwrap();
        let status = Command::new("checkpolicy")
            .args(["-M", "-o"])
            .args([oracle.0.join("policy"), oracle.0.join("policy.conf")])
            .status()
            .expect("checkpolicy, of the Debian package of that name, is installed");
        assert!(status.success());
        oracle
    }

    /// The answers to a script of questions, one for each.
    fn ask(&self, script: &str) -> Vec<String> {
        let script_path = self.0.join("script");
        let mut file = fs::File::create(&script_path).unwrap();
        file.write_all(script.as_bytes()).unwrap();
        let output = Command::new("checkpolicy")
            .args(["-d", "-b", "-M"])
            .arg(self.0.join("policy"))
            .stdin(fs::File::open(script_path).unwrap())
            .stderr(Stdio::null())
            .output()
            .unwrap();
        let text = String::from_utf8(output.stdout).unwrap();
        let answers = text.split("\nChoose:  ").skip(1).map(|answer| {
            let answer = answer.rsplit("?  ").next().unwrap_or_default();
            answer.trim().to_owned()
        });
        answers.collect()
    }
}

impl Drop for Oracle {
    fn drop(&mut self) {
        fs::remove_dir_all(&self.0).unwrap();
    }
}

fn texts(count: usize) -> Vec<String> {
    let mut runner = TestRunner::deterministic();
    let strategy = range_text().prop_filter("fits", |text| text.len() <= LONGEST);
    let mut next = || strategy.new_tree(&mut runner).unwrap().current();
    (0..count).map(|_| next()).collect()
}

#[test]
fn libsepol_agrees() {
    let oracle = Oracle::new();
    let mut texts = texts(6000);
    // Our own canonical texts too: their SIDs must be those of the texts they came from.
    let canonical = texts.iter().filter_map(|text| text.parse::<Range>().ok());
    let canonical = canonical
        .map(|range| range.to_string())
        .filter(|text| text.len() <= LONGEST);
    texts.extend(canonical.collect::<Vec<_>>());
    let mut script = String::new();
    for text in &texts {
        writeln!(script, "2\nu:r:t:{text}").unwrap();
    }
    let answers = oracle.ask(&format!("{script}q\n"));
    assert_eq!(answers.len(), texts.len() + 1);
    let known = accepted_alike(&texts, &answers);

    let mut ranges: Vec<_> = known.iter().collect();
    ranges.sort_by_key(|(sid, _)| **sid);
    canonical_alike(&oracle, &script, texts.len(), &ranges);
    compared_alike(&oracle, &script, texts.len(), &ranges);
}

/// Both take the same texts, and two texts have one SID exactly when their ranges are equal.
fn accepted_alike(texts: &[String], answers: &[String]) -> HashMap<u32, Range> {
    let mut known = HashMap::new();
    let mut sids = HashMap::new();
    for (text, answer) in texts.iter().zip(answers) {
        let theirs = answer
            .strip_prefix("sid ")
            .map(|sid| sid.parse::<u32>().unwrap());
        let ours = format!("u:r:t:{text}").parse::<Context>();
        assert_eq!(
            ours.is_ok(),
            theirs.is_some(),
            "{text:?}: {ours:?}, libsepol: {answer:?}"
        );
        if let (Ok(ours), Some(sid)) = (ours, theirs) {
            let range = known.entry(sid).or_insert_with(|| ours.range().clone());
            assert_eq!(range, ours.range(), "{text:?}");
            assert_eq!(
                *sids.entry(ours.range().clone()).or_insert(sid),
                sid,
                "{text:?}"
            );
        }
    }
    let refused = answers
        .iter()
        .filter(|answer| !answer.starts_with("sid "))
        .count();
    println!(
        "{} accepted as {} ranges, {refused} refused",
        texts.len() - refused,
        known.len()
    );
    assert!(
        known.len() > 1000 && refused > 1000,
        "the texts try too little"
    );
    known
}

/// Both print the same canonical text.
fn canonical_alike(oracle: &Oracle, script: &str, skip: usize, ranges: &[(&u32, &Range)]) {
    let mut script = script.to_owned();
    for (sid, _) in ranges {
        writeln!(script, "1\n{sid}").unwrap();
    }
    let answers = oracle.ask(&format!("{script}q\n"));
    for ((_, range), answer) in ranges.iter().zip(answers.iter().skip(skip)) {
        if misprinted(range.low()) || misprinted(range.high()) {
            continue;
        }
        assert_eq!(*answer, format!("scontext u:r:t:{range}"));
    }
}

/// libsepol writes the wrong end of a run that ends at the end of a 64-bit word when the next word
/// is empty and another follows (seen with 3.4): `c62,c319,c366` for `c62,c63,c366`. It reads the
/// right text as the right categories.
fn misprinted(level: &Level) -> bool {
    let holds = |number: u16| Category::new(number).is_some_and(|c| level.categories().contains(c));
    (1..15).map(|word| word * 64).any(|next| {
        let empty = !(next..next + 64).any(holds);
        holds(next - 2) && holds(next - 1) && empty && (next + 64..Category::COUNT).any(holds)
    })
}

/// Both find the same dominance and equality of levels.
fn compared_alike(oracle: &Oracle, script: &str, skip: usize, ranges: &[(&u32, &Range)]) {
    let pairs = ranges
        .iter()
        .flat_map(|a| ranges.iter().map(move |b| (*a, *b)));
    // A step prime to the number of ranges: pairs of all distances, each once.
    let pairs: Vec<_> = pairs.step_by(397).collect();
    let mut script = script.to_owned();
    for ((a, _), (b, _)) in &pairs {
        writeln!(script, "0\n{a}\n{b}\nprocess").unwrap();
    }
    let answers = oracle.ask(&format!("{script}q\n"));
    let mut dominated = 0;
    for (((_, a), (_, b)), answer) in pairs.iter().zip(answers.iter().skip(skip)) {
        let allowed = |permission: &str| answer.split(' ').any(|word| word == permission);
        assert!(answer.starts_with("allowed {"), "{answer:?}");
        assert_eq!(
            allowed("upper"),
            a.high().dominates(b.high()),
            "{a} and {b}: {answer}"
        );
        assert_eq!(
            allowed("lower"),
            a.low().dominates(b.low()),
            "{a} and {b}: {answer}"
        );
        assert_eq!(
            allowed("same"),
            a.high() == b.high(),
            "{a} and {b}: {answer}"
        );
        dominated += usize::from(allowed("upper"));
    }
    println!("{} pairs compared, {dominated} dominate", pairs.len());
    assert!(dominated > 100, "the pairs try too little");
}

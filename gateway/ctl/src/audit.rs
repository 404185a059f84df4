//! `labelgate audit`.

use clap::Subcommand;
use labelgate_api::endpoints::{GetAudit, GetAuditReport};
use labelgate_api::{AuditQuery, AuditReport, Nothing};
use serde_json::{Map, Value};

use crate::ask::{Ask, decode};
use crate::fault::Fault;
use crate::output::{Output, or_dash, yes};

/// What stands at the beginning of a line, in this order.
const FIRST: [&str; 3] = ["time", "event", "decision"];

/// What is for the chain and not for people.
const CHAIN: [&str; 2] = ["seq", "previous"];

/// The audit trail.
#[derive(Debug, Subcommand)]
pub(crate) enum AuditCommand {
    /// Show the last records.
    Tail {
        /// How many.
        #[arg(short = 'n', long, default_value_t = 10, value_name = "COUNT",
              value_parser = clap::value_parser!(u32).range(0..=100_000))]
        lines: u32,
        /// Those after the record with this number instead.
        #[arg(long, value_name = "SEQ", conflicts_with = "lines")]
        after: Option<u64>,
        /// Go on with those that are to come, until ^C.
        #[arg(short, long)]
        follow: bool,
    },
    /// Check the hash chain of the trail. A broken one gives exit status 65.
    Verify,
}

impl AuditCommand {
    pub(crate) async fn run(self, ask: &Ask) -> Result<(), Fault> {
        match self {
            Self::Tail {
                lines,
                after,
                follow,
            } => {
                let query = AuditQuery {
                    last: after.is_none().then_some(lines),
                    after,
                    follow,
                };
                tail(ask, &query).await
            }
            Self::Verify => verify(ask).await,
        }
    }
}

async fn tail(ask: &Ask, query: &AuditQuery) -> Result<(), Fault> {
    let nothing = Nothing {};
    let mut answers = ask
        .client
        .stream::<GetAudit>(&nothing, query, &nothing)
        .await?;
    while let Some(line) = answers.line().await? {
        let mut output = Output::new();
        match ask.json {
            true => output
                .bytes(line.as_bytes())
                .and_then(|()| output.bytes(b"\n"))?,
            false => output.line(people(&decode(line.as_bytes())?))?,
        }
        output.flush()?;
    }
    Ok(())
}

/// A record in one line: when, what, how it was decided, and then each field with its name.
fn people(record: &Map<String, Value>) -> String {
    let mut parts: Vec<String> = FIRST
        .iter()
        .filter_map(|name| record.get(*name).map(text))
        .collect();
    for (name, value) in record {
        let shown = !FIRST.contains(&name.as_str()) && !CHAIN.contains(&name.as_str());
        if shown && !value.is_null() {
            parts.push(format!("{name}={}", text(value)));
        }
    }
    parts.join("  ").replace('\n', " ")
}

fn text(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}

async fn verify(ask: &Ask) -> Result<(), Fault> {
    let nothing = Nothing {};
    let answer = ask
        .client
        .call::<GetAuditReport>(&nothing, &nothing, &nothing)
        .await?;
    ask.present(&answer, report)?;
    let report: AuditReport = decode(&answer)?;
    match (report.sound, report.broken) {
        (true, None) => Ok(()),
        (_, Some(broken)) => Err(Fault::BrokenTrail(format!(
            "{} line {}: {}",
            broken.file, broken.line, broken.reason
        ))),
        (false, None) => Err(Fault::BrokenTrail(
            "the gateway does not say where".to_owned(),
        )),
    }
}

fn report(output: &mut Output, report: AuditReport) -> std::io::Result<()> {
    output.fields(&[
        ("sound", yes(report.sound)),
        ("files", report.files.to_string()),
        ("records", report.records.to_string()),
        ("first", or_dash(report.first)),
        ("last", or_dash(report.last)),
        ("hash of the last", or_dash(report.tail)),
    ])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_record_is_one_line_without_what_is_for_the_chain() {
        let record = r#"{"seq":7,"previous":"ab","time":"T","event":"connection",
            "decision":"deny","label":null,"peer":"10.0.0.1:5","reason":"a\nb"}"#;
        let record = serde_json::from_str(record).unwrap();
        assert_eq!(
            people(&record),
            "T  connection  deny  peer=10.0.0.1:5  reason=a b"
        );
    }
}

//! What is shown on standard output.

use std::fmt::Display;
use std::io::{self, BufWriter, StdoutLock, Write};

use jiff::Timestamp;
use labelgate_api::Revocation;

use crate::table::Table;

/// Standard output.
#[derive(Debug)]
pub(crate) struct Output(BufWriter<StdoutLock<'static>>);

impl Output {
    pub(crate) fn new() -> Self {
        Self(BufWriter::new(io::stdout().lock()))
    }

    /// A line for people.
    pub(crate) fn line(&mut self, text: impl Display) -> io::Result<()> {
        writeln!(self.0, "{}", clean(&text.to_string()))
    }

    /// Several lines for people, of texts that were cleaned already.
    pub(crate) fn text(&mut self, text: &str) -> io::Result<()> {
        self.0.write_all(text.as_bytes())
    }

    /// Names with their values, one per line.
    pub(crate) fn fields(&mut self, fields: &[(&str, String)]) -> io::Result<()> {
        let width = fields.iter().map(|(name, _)| name.len()).max().unwrap_or(0);
        for (name, value) in fields {
            writeln!(self.0, "{name:width$}  {}", clean(value))?;
        }
        Ok(())
    }

    /// A table, or what to say where there is nothing in it.
    pub(crate) fn table(&mut self, table: &Table, empty: &str) -> io::Result<()> {
        match table.is_empty() {
            true => self.line(empty),
            false => self.text(&table.to_string()),
        }
    }

    /// What ended, and how long it took.
    pub(crate) fn revocation(&mut self, what: &str, ended: &Revocation) -> io::Result<()> {
        let Revocation {
            sessions_ended,
            workers_killed,
            milliseconds,
        } = ended;
        if (*sessions_ended, *workers_killed) == (0, 0) {
            return self.line(format_args!("{what}. No session had to end."));
        }
        self.line(format_args!(
            "{what}. Sessions ended: {sessions_ended}. Workers killed: {workers_killed}. \
             The last I/O was possible {milliseconds} ms after the command."
        ))
    }

    /// Bytes as they are.
    pub(crate) fn bytes(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.0.write_all(bytes)
    }

    /// Everything that was said reaches the reader.
    pub(crate) fn flush(&mut self) -> io::Result<()> {
        self.0.flush()
    }
}

/// A text without what could drive a terminal or turn around what is read.
pub(crate) fn clean(text: &str) -> String {
    let shown = |character: char| match character {
        '\n' | '\t' => character,
        character if character.is_control() => char::REPLACEMENT_CHARACTER,
        '\u{061C}'
        | '\u{200E}'
        | '\u{200F}'
        | '\u{2028}'..='\u{202E}'
        | '\u{2066}'..='\u{2069}' => char::REPLACEMENT_CHARACTER,
        character => character,
    };
    text.chars().map(shown).collect()
}

/// `yes` or `no`.
pub(crate) fn yes(is: bool) -> String {
    if is { "yes" } else { "no" }.to_owned()
}

/// A time as people need it: to the second.
pub(crate) fn time(time: Timestamp) -> String {
    time.strftime("%Y-%m-%dT%H:%M:%SZ").to_string()
}

/// What is known, or a dash.
pub(crate) fn or_dash<T: Display>(value: Option<T>) -> String {
    value.map_or_else(|| "-".to_owned(), |value| value.to_string())
}

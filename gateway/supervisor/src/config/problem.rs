//! What is wrong with a configuration, and where.

use std::fmt;
use std::ops::Range;
use std::path::{Path, PathBuf};

/// One thing wrong with a configuration.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// The line it is on, counted from 1, if it is on one.
    pub line: Option<usize>,
    /// What is wrong and what to do.
    pub what: String,
}

/// Everything wrong with a configuration, in the order of its lines.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problems {
    file: PathBuf,
    problems: Vec<Problem>,
}

impl Problems {
    /// A single problem with the file itself.
    #[must_use]
    pub fn with_file(file: &Path, what: String) -> Self {
        let problems = vec![Problem { line: None, what }];
        Self {
            file: file.to_owned(),
            problems,
        }
    }

    /// The problems, in the order of their lines.
    #[must_use]
    pub fn problems(&self) -> &[Problem] {
        &self.problems
    }
}

impl fmt::Display for Problems {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (number, Problem { line, what }) in self.problems.iter().enumerate() {
            if number > 0 {
                f.write_str("\n")?;
            }
            match line {
                Some(line) => write!(f, "{}:{line}: {what}", self.file.display())?,
                None => write!(f, "{}: {what}", self.file.display())?,
            }
        }
        Ok(())
    }
}

impl std::error::Error for Problems {}

/// Collects problems while a configuration is checked, so that one run shows them all.
#[derive(Debug)]
pub(super) struct Collector<'a> {
    file: &'a Path,
    /// Where every line but the first begins.
    lines: Vec<usize>,
    problems: Vec<Problem>,
}

impl<'a> Collector<'a> {
    pub(super) fn new(file: &'a Path, text: &str) -> Self {
        let ends = text.bytes().enumerate().filter(|&(_, byte)| byte == b'\n');
        Self {
            file,
            lines: ends.map(|(end, _)| end + 1).collect(),
            problems: Vec::new(),
        }
    }

    /// The line of the byte a span begins at, counted from 1.
    pub(super) fn line(&self, span: &Range<usize>) -> usize {
        self.lines.partition_point(|&begin| begin <= span.start) + 1
    }

    /// Notes a problem with what stands at `span`.
    pub(super) fn at(&mut self, span: &Range<usize>, what: impl fmt::Display) {
        let line = Some(self.line(span));
        let what = what.to_string();
        self.problems.push(Problem { line, what });
    }

    /// Notes what the TOML parser says.
    pub(super) fn toml(&mut self, error: &toml::de::Error) {
        let line = error.span().map(|span| self.line(&span));
        let what = error.message().trim_end().replace('\n', " ");
        self.problems.push(Problem { line, what });
    }

    /// The value if nothing was wrong with the whole of it.
    pub(super) fn finish<T>(mut self, value: Option<T>) -> Result<T, Problems> {
        match value {
            Some(value) if self.problems.is_empty() => Ok(value),
            _ => {
                self.problems.sort_by_key(|problem| problem.line);
                Err(Problems {
                    file: self.file.to_owned(),
                    problems: self.problems,
                })
            }
        }
    }
}

//! What must be there only once.

use std::collections::HashMap;
use std::ops::Range;

use super::problem::Collector;

/// What has been seen, and where first.
#[derive(Default)]
pub(super) struct Seen(HashMap<String, Range<usize>>);

impl Seen {
    /// Notes a problem if it was there already.
    pub(super) fn check(
        &mut self,
        kind: &str,
        what: &str,
        span: &Range<usize>,
        problems: &mut Collector<'_>,
    ) {
        if let Some(first) = self.0.get(what) {
            let line = problems.line(first);
            let what = format_args!("{kind} {what:?} is there already, on line {line}; remove one");
            problems.at(span, what);
        } else {
            self.0.insert(what.to_owned(), span.clone());
        }
    }
}

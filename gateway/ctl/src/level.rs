//! `labelgate level`.

use clap::Subcommand;
use labelgate_api::endpoints::{DeleteLevel, ListLevels, PostLevel};
use labelgate_api::{AllocateLevel, Label, LevelPath, Levels, Note, Nothing};

use crate::ask::Ask;
use crate::fault::Fault;
use crate::output::{Output, time};
use crate::table::Table;

/// Levels: labels that were given to somebody.
#[derive(Debug, Subcommand)]
pub(crate) enum LevelCommand {
    /// Allocate a level that no other has: two categories.
    Allocate {
        /// Whose it shall be: a VM's name, for example.
        #[arg(long = "for", value_name = "WHOM")]
        for_whom: Note,
        /// Take the categories from this range, such as 0-511.
        #[arg(long, value_parser = range, value_name = "LOWEST-HIGHEST")]
        categories: Option<(u16, u16)>,
    },
    /// List levels that are allocated.
    List,
    /// Release a level that nothing uses.
    Release {
        /// The level.
        label: Label,
    },
}

/// Reads a range of categories.
fn range(text: &str) -> Result<(u16, u16), &'static str> {
    let wrong = "write a range of categories from 0 to 1023, such as 0-511";
    let number = |text: &str| -> Option<u16> {
        let digits = text.bytes().all(|byte| byte.is_ascii_digit());
        text.parse().ok().filter(|&number| digits && number < 1024)
    };
    let (lowest, highest) = text.split_once('-').ok_or(wrong)?;
    match (number(lowest), number(highest)) {
        (Some(lowest), Some(highest)) if lowest < highest => Ok((lowest, highest)),
        _ => Err(wrong),
    }
}

impl LevelCommand {
    pub(crate) async fn run(self, ask: &Ask) -> Result<(), Fault> {
        let nothing = Nothing {};
        match self {
            Self::Allocate {
                for_whom,
                categories,
            } => {
                let body = AllocateLevel {
                    for_whom,
                    lowest: categories.map(|(lowest, _)| lowest),
                    highest: categories.map(|(_, highest)| highest),
                };
                // The label alone, so that a script can take it as it is.
                ask.show::<PostLevel>(&nothing, &nothing, &body, |output, level| {
                    output.line(level.label)
                })
                .await
            }
            Self::List => {
                ask.show::<ListLevels>(&nothing, &nothing, &nothing, list)
                    .await
            }
            Self::Release { label } => {
                ask.confirm(&format!("Release {label}?")).await?;
                let path = LevelPath { label };
                ask.show::<DeleteLevel>(&path, &nothing, &nothing, |output, _| {
                    output.line("Released.")
                })
                .await
            }
        }
    }
}

fn list(output: &mut Output, levels: Levels) -> std::io::Result<()> {
    let mut table = Table::new(&["LABEL", "SINCE", "FOR"]);
    for level in levels.levels {
        table.row([
            level.label.to_string(),
            time(level.since),
            level.for_whom.to_string(),
        ]);
    }
    output.table(&table, "No level is allocated.")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_range_has_two_categories_at_least() {
        assert_eq!(range("0-511"), Ok((0, 511)));
        for wrong in ["", "5", "5-5", "9-5", "0-1024", "-1-5", "0-+5", "a-b", "1-"] {
            assert!(range(wrong).is_err(), "{wrong}");
        }
    }
}

//! Man pages and completions, made of the arguments.

use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};

use clap::{Command, CommandFactory, Subcommand};
use clap_complete::Shell;
use clap_mangen::Man;

use crate::cli::{Cli, EXAMPLES, EXIT_STATUS};
use crate::fault::Fault;

/// The shells that completions are shipped for.
const SHELLS: [Shell; 3] = [Shell::Bash, Shell::Zsh, Shell::Fish];

/// Write man pages or completions, for packages.
#[derive(Debug, Subcommand)]
pub(crate) enum Generate {
    /// Write a man page for each command into a directory.
    Man {
        /// The directory.
        directory: PathBuf,
    },
    /// Write completions for bash, zsh and fish into a directory.
    Completions {
        /// The directory.
        directory: PathBuf,
    },
}

impl Generate {
    pub(crate) fn run(self) -> Result<(), Fault> {
        let (directory, made) = match self {
            Self::Man { directory } => {
                let made = all_pages(&directory);
                (directory, made)
            }
            Self::Completions { directory } => {
                let made = all_completions(&directory);
                (directory, made)
            }
        };
        made.map_err(Fault::write(&directory))
    }
}

/// The arguments as they are on every machine: nothing from this one's environment.
fn command() -> Command {
    let arguments = ["socket", "remote", "credentials"];
    arguments.into_iter().fold(Cli::command(), |command, name| {
        command.mut_arg(name, |argument| argument.hide_env_values(true))
    })
}

/// What the foot and the head of each page say.
const SOURCE: &str = concat!("labelgate ", env!("CARGO_PKG_VERSION"));

fn all_pages(directory: &Path) -> io::Result<()> {
    let mut root = command().disable_help_subcommand(true);
    root.build();
    pages(&root, directory)
}

/// A page for a command, and one for each below it.
fn pages(command: &Command, directory: &Path) -> io::Result<()> {
    for below in command
        .get_subcommands()
        .filter(|below| !below.is_hide_set())
    {
        pages(below, directory)?;
    }
    let page = Man::new(command.clone()).source(SOURCE).manual("labelgate");
    let mut file = BufWriter::new(File::create(directory.join(page.get_filename()))?);
    page.render_title(&mut file)?;
    page.render_name_section(&mut file)?;
    page.render_synopsis_section(&mut file)?;
    page.render_description_section(&mut file)?;
    page.render_options_section(&mut file)?;
    if command.has_subcommands() {
        page.render_subcommands_section(&mut file)?;
    }
    if command.get_after_long_help().is_some() {
        verbatim(&mut file, "EXIT STATUS", EXIT_STATUS)?;
        verbatim(&mut file, "EXAMPLES", EXAMPLES)?;
    }
    file.flush()
}

/// A section whose lines stay as they are.
fn verbatim(file: &mut impl Write, heading: &str, text: &str) -> io::Result<()> {
    let text = text.replace('-', "\\-").replace('\'', "\\(aq");
    write!(file, ".SH \"{heading}\"\n.nf\n{text}\n.fi\n")
}

fn all_completions(directory: &Path) -> io::Result<()> {
    for shell in SHELLS {
        clap_complete::generate_to(shell, &mut command(), "labelgate", directory)?;
    }
    Ok(())
}

/// Prints the completions for a shell.
pub(crate) fn completions(shell: Shell) -> Result<(), Fault> {
    let mut text = Vec::new();
    clap_complete::generate(shell, &mut command(), "labelgate", &mut text);
    let mut output = crate::output::Output::new();
    output.bytes(&text)?;
    Ok(output.flush()?)
}

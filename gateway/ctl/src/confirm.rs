//! Asking back.

use std::io::{self, BufRead, IsTerminal, Write};
use std::thread;

use tokio::sync::oneshot;

use crate::fault::Fault;

/// Asks on the terminal. Without one nobody is asked: a script means what it says.
pub(crate) async fn ask(question: &str) -> Result<(), Fault> {
    if !(io::stdin().is_terminal() && io::stderr().is_terminal()) {
        return Ok(());
    }
    let mut error = io::stderr().lock();
    write!(error, "{question} [y/N] ")?;
    error.flush()?;
    drop(error);
    // A thread of its own: ^C must be heard while nothing is typed.
    let (sender, receiver) = oneshot::channel();
    thread::spawn(move || {
        let mut answer = String::new();
        let read = io::stdin().lock().read_line(&mut answer);
        // Nobody waits any more if ^C was pressed.
        let _ = sender.send(read.map(|_| answer));
    });
    let answer = receiver.await.map_err(|_| Fault::Declined)??;
    match answer.trim() {
        "y" | "Y" | "yes" => Ok(()),
        _ => Err(Fault::Declined),
    }
}

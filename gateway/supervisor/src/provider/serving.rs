//! Whether the gateway may serve now.

use std::sync::Arc;

use tokio::sync::watch;

/// Whether the gateway may serve now: the one place to ask.
///
/// It may, until what enforces labels fails; then everything that serves ends, and nothing is let
/// in. Who has something that must end then follows it with [`Halts`]: a halt that is over before
/// anyone looks is noticed all the same, because the kernel refused nothing meanwhile.
#[derive(Debug)]
pub struct MayServe(watch::Sender<Standing>);

#[derive(Debug, Clone)]
struct Standing {
    serves: bool,
    /// How often it was halted.
    halts: u64,
    /// Why it was halted last.
    why: Arc<str>,
}

/// The gateway serves nobody.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the gateway serves nobody: {0}")]
pub struct Halted(Arc<str>);

impl Default for MayServe {
    fn default() -> Self {
        Self(watch::Sender::new(Standing {
            serves: true,
            halts: 0,
            why: "".into(),
        }))
    }
}

impl MayServe {
    /// Whether anything may be handed over or started.
    ///
    /// # Errors
    /// [`Halted`]: nothing may.
    pub fn check(&self) -> Result<(), Halted> {
        let standing = self.0.borrow();
        match standing.serves {
            true => Ok(()),
            false => Err(Halted(Arc::clone(&standing.why))),
        }
    }

    /// Ends everything, and lets nothing in from now on. Answers whether it served before.
    pub fn halt(&self, why: &str) -> bool {
        let mut served = false;
        self.0.send_modify(|standing| {
            served = standing.serves;
            standing.serves = false;
            standing.why = why.into();
            standing.halts = standing.halts.wrapping_add(u64::from(served));
        });
        served
    }

    /// Lets in again. Answers whether it was halted before.
    pub fn resume(&self) -> bool {
        self.0.send_if_modified(|standing| {
            let halted = !standing.serves;
            standing.serves = true;
            halted
        })
    }

    /// The halts from now on; one that lasts counts.
    #[must_use]
    pub fn halts(&self) -> Halts {
        let receiver = self.0.subscribe();
        let standing = receiver.borrow();
        let seen = standing.halts.wrapping_sub(u64::from(!standing.serves));
        drop(standing);
        Halts { receiver, seen }
    }
}

/// Follows the halts, for something that each of them ends.
#[derive(Debug)]
pub struct Halts {
    receiver: watch::Receiver<Standing>,
    seen: u64,
}

impl Halts {
    /// Why everything has to end that was there before: once for each time that there is a reason.
    pub fn news(&mut self) -> Option<Halted> {
        let standing = self.receiver.borrow_and_update();
        let new = standing.halts != self.seen;
        self.seen = standing.halts;
        new.then(|| Halted(Arc::clone(&standing.why)))
    }

    /// Waits until something changes. Nothing is lost when this is dropped while it waits.
    pub async fn changed(&mut self) {
        if self.receiver.changed().await.is_err() {
            // Nobody is left who could halt it.
            std::future::pending().await
        }
    }

    /// Waits for a halt.
    pub async fn halted(&mut self) -> Halted {
        loop {
            if let Some(halted) = self.news() {
                return halted;
            }
            self.changed().await;
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use tokio::time::timeout;

    use super::*;

    #[test]
    fn it_serves_until_it_is_halted_and_again_when_it_is_resumed() {
        let serving = MayServe::default();
        serving.check().unwrap();
        assert!(!serving.resume());

        assert!(serving.halt("SELinux is permissive"));
        assert!(!serving.halt("and the module is gone"), "it was halted");
        let halted = serving.check().unwrap_err().to_string();
        assert_eq!(halted, "the gateway serves nobody: and the module is gone");
        assert!(serving.resume());
        serving.check().unwrap();
    }

    #[tokio::test]
    async fn a_halt_that_is_over_already_ends_what_was_there_before() {
        let serving = MayServe::default();
        let mut before = serving.halts();
        assert_eq!(before.news(), None);
        serving.halt("a moment");
        serving.resume();

        before.changed().await;
        assert_eq!(before.halted().await, Halted("a moment".into()));
        assert_eq!(before.news(), None, "once");
        let mut after = serving.halts();
        let nothing = timeout(Duration::from_millis(20), after.halted()).await;
        assert!(nothing.is_err(), "what came later is not concerned");
    }

    #[tokio::test]
    async fn who_comes_during_a_halt_hears_of_it() {
        let serving = MayServe::default();
        serving.halt("first");
        serving.resume();
        serving.halt("second");
        assert_eq!(serving.halts().news(), Some(Halted("second".into())));
    }
}

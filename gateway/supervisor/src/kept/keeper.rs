//! One keeper: it holds one label's images of one store, for the label's worker.

use std::io;
use std::os::fd::OwnedFd;
use std::time::{Duration, Instant};

use labelgate_control::{FromKeeper, ToKeeper};

use tokio::sync::mpsc;
use tokio::time::sleep_until;

use super::child::{Child, Did, Start};
use super::memory;
use crate::worker::Death;

/// How long one that was asked to leave may take.
const LEAVE_PATIENCE: Duration = Duration::from_secs(5);

/// A keeper that runs, or is not reaped yet. It is killed when this is dropped.
#[derive(Debug)]
pub struct Keeper {
    orders: mpsc::UnboundedSender<Order>,
    pid: u32,
    number: u64,
    bell: OwnedFd,
}

/// What the task of a keeper is to do.
#[derive(Debug)]
enum Order {
    Tell(ToKeeper),
    Leave,
    Kill(String),
}

/// What has happened to a keeper.
#[derive(Debug)]
pub struct News {
    /// Which, by the number it was started under.
    pub number: u64,
    /// What.
    pub what: What,
}

/// What has happened to a keeper.
#[derive(Debug)]
pub enum What {
    /// It said something.
    Said(FromKeeper),
    /// It is reaped: nothing of it is left here.
    Ended {
        /// What it died of.
        death: Death,
        /// How long it lived.
        lived: Duration,
    },
}

impl Keeper {
    /// Starts one and tells it who it is. What happens to it is news.
    ///
    /// # Errors
    /// It cannot be started.
    pub fn start(
        number: u64,
        start: Start<'_>,
        introduction: Vec<ToKeeper>,
        anchors: Option<OwnedFd>,
        news: mpsc::Sender<News>,
    ) -> io::Result<Self> {
        let bell = memory::bell()?;
        let own = bell.try_clone()?;
        let mut child = Child::start(start)?;
        let pid = child.pid();
        for message in introduction {
            child.tell(message);
        }
        child.tell(ToKeeper::OwnBell(own));
        if let Some(anchors) = anchors {
            child.tell(ToKeeper::Anchors(anchors));
        }
        let (orders, to_do) = mpsc::unbounded_channel();
        tokio::spawn(watch(number, child, to_do, news));
        Ok(Self {
            orders,
            pid,
            number,
            bell,
        })
    }

    /// Its process number.
    #[must_use]
    pub const fn pid(&self) -> u32 {
        self.pid
    }

    /// What it is called in news. No two have the same.
    #[must_use]
    pub const fn number(&self) -> u64 {
        self.number
    }

    /// What its worker rings.
    ///
    /// # Errors
    /// There are too many descriptors.
    pub fn bell(&self) -> io::Result<OwnedFd> {
        self.bell.try_clone()
    }

    /// Tells it something. One that is gone is told nothing.
    pub fn tell(&self, message: ToKeeper) {
        let _ = self.orders.send(Order::Tell(message));
    }

    /// Asks it to end; it is killed if it takes long.
    pub fn leave(&self) {
        let _ = self.orders.send(Order::Leave);
    }

    /// Kills it. That it is gone will be news.
    pub fn kill(&self, why: &str) {
        let _ = self.orders.send(Order::Kill(why.to_owned()));
    }
}

/// Does what is ordered and reports what happens, until the process is reaped.
async fn watch(
    number: u64,
    mut child: Child<ToKeeper>,
    mut orders: mpsc::UnboundedReceiver<Order>,
    news: mpsc::Sender<News>,
) {
    let mut until = None;
    let mut confirmed = false;
    let mut ordered = true;
    let status = loop {
        let far = Instant::now() + Duration::from_secs(86_400);
        let deadline = tokio::time::Instant::from_std(until.unwrap_or(far));
        tokio::select! {
            order = orders.recv(), if ordered => match order {
                Some(Order::Tell(message)) => child.tell(message),
                Some(Order::Leave) => {
                    until = Some(Instant::now() + LEAVE_PATIENCE);
                    child.ask_to_end(ToKeeper::Leave);
                }
                Some(Order::Kill(why)) => child.kill(why),
                None => {
                    ordered = false;
                    child.kill("it is not needed any more");
                }
            },
            did = child.did() => match did {
                Did::Said(said) => {
                    if !confirmed && let Err(wrong) = child.check_context() {
                        child.kill(wrong.to_string());
                        continue;
                    }
                    confirmed = true;
                    let what = What::Said(said);
                    let _ = news.send(News { number, what }).await;
                }
                Did::Violation(violation) => child.kill(violation.to_string()),
                Did::Closed if child.is_ending() => {}
                Did::Closed => child.kill("it closed its control socket"),
                Did::Deaf => child.kill("it does not read its control socket"),
                Did::Exited(status) => break status,
            },
            () = sleep_until(deadline), if until.is_some() => {
                until = None;
                child.kill("it did not leave in time");
            }
        }
    };
    let lived = child.age();
    let death = child.reaped(status);
    let what = What::Ended { death, lived };
    let _ = news.send(News { number, what }).await;
}

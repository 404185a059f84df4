//! The keysmith of a store: the process that alone has the key with which keys are made.
//!
//! It is started when there is something to ask, and ends when there has been nothing for a while.
//! What it is asked can be asked again: one that died in between has done it, or has not. An image that is
//! rolled back holds some of both then; so that is asked once.

use std::collections::HashMap;
use std::time::{Duration, Instant};

use labelgate_control::{
    FromKeysmith, KeptRelative, KeyScope, KeysmithAnswer, KeysmithTask, List, MAX_INSTANCES,
    MAX_KEY, MAX_KEYSMITH_REQUESTS, Secret, Text, ToKeysmith,
};
use labelgate_registry::InPool;
use tokio::sync::{mpsc, oneshot};
use tokio::time::{sleep_until, timeout};

use super::child::{Child, Did};
use super::keysmith_words as words;
use super::keysmiths::Setup;
use super::names::Scope;

/// Who a keeper is to its backend.
pub type Entity = String;

/// What a backend calls one connection.
pub type Instance = Text<512>;

/// Requests that wait for a keysmith.
const REQUESTS: usize = 1024;
/// How long one request may take: a cluster that answers no more is given up.
const PATIENCE: Duration = Duration::from_secs(60);
/// How long a snapshot may take, which a keeper makes, before another try.
const SNAPSHOT_PATIENCE: Duration = Duration::from_secs(15);
/// How long one may take that goes through all objects of an image.
const LONG_PATIENCE: Duration = Duration::from_secs(6 * 60 * 60);
/// It is connected, or known not to be, after this long.
const START_PATIENCE: Duration = Duration::from_secs(30);
/// One that was asked nothing for so long ends.
const IDLE: Duration = Duration::from_secs(120);

/// Why one is ended that does not answer.
const LATE: &str = "it did not answer in time";

/// Why a keysmith has not done what it was asked.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum KeysmithError {
    /// It cannot be started, or is gone.
    #[error("the keysmith of store {store}: {why}")]
    Gone {
        /// Whose it is.
        store: String,
        /// Why.
        why: String,
    },
    /// The cluster, or whoever it has had to ask, did not answer in time. It may be done later.
    #[error("the keysmith of store {store}: it did not answer in time")]
    Late {
        /// Whose it is.
        store: String,
    },
    /// Whoever has an image's lock does not do what only that one can.
    #[error(
        "whoever has the lock of {image}, most likely its keeper, does not answer; try again, or end it: \
         labelgate worker kill LABEL"
    )]
    Silent {
        /// The image, as in its pool.
        image: String,
    },
    /// The cluster does not let it in, or cannot be reached.
    #[error("store {store}: {why}")]
    Cluster {
        /// Whose it is.
        store: String,
        /// Why.
        why: String,
    },
    /// A name is longer than any that it is told.
    #[error("a name is too long for it: {0}")]
    Long(String),
    /// There is such an image already.
    #[error("there is such an image in the pool already")]
    Exists,
    /// There is no such image.
    #[error("there is no such image in the pool")]
    Missing,
    /// Somebody uses it, or something depends on it.
    #[error("{0}")]
    Busy(String),
}

/// Who waits for an answer.
type Answering = oneshot::Sender<Result<KeysmithAnswer, KeysmithError>>;

#[derive(Debug)]
struct Asked {
    task: KeysmithTask,
    answer: Answering,
}

/// A store's keysmith, to be asked. It ends when the last of these is gone.
#[derive(Debug, Clone)]
pub struct Keysmith {
    store: String,
    asks: mpsc::Sender<Asked>,
}

impl Keysmith {
    /// One that is started when it is first asked.
    pub(super) fn new(setup: Setup) -> Self {
        let (asks, asked) = mpsc::channel(REQUESTS);
        let store = setup.store.clone();
        tokio::spawn(serve(setup, asked));
        Self { store, asks }
    }

    /// Asks, and asks the next one if this one is gone: it has done it, or has not.
    pub(super) async fn ask(&self, task: KeysmithTask) -> Result<KeysmithAnswer, KeysmithError> {
        match self.ask_one(task.clone()).await {
            Err(KeysmithError::Gone { .. }) => self.ask_one(task).await,
            answer => answer,
        }
    }

    /// Asks once. Who is late is not asked again: it would be late again, and others wait.
    pub(super) async fn ask_one(
        &self,
        task: KeysmithTask,
    ) -> Result<KeysmithAnswer, KeysmithError> {
        let gone = || self.gone("it has ended with the gateway");
        let (answer, told) = oneshot::channel();
        let asked = Asked { task, answer };
        self.asks.send(asked).await.map_err(|_| gone())?;
        told.await.unwrap_or_else(|_| Err(gone()))
    }

    fn gone(&self, why: &str) -> KeysmithError {
        KeysmithError::Gone {
            store: self.store.clone(),
            why: why.to_owned(),
        }
    }

    pub(super) fn nonsense(&self) -> KeysmithError {
        self.gone("it answered something else than what it was asked")
    }

    pub(super) async fn done(&self, task: KeysmithTask) -> Result<(), KeysmithError> {
        self.is_done(self.ask(task).await?)
    }

    /// The same of what is not asked again.
    pub(super) async fn done_once(&self, task: KeysmithTask) -> Result<(), KeysmithError> {
        self.is_done(self.ask_one(task).await?)
    }

    fn is_done(&self, answer: KeysmithAnswer) -> Result<(), KeysmithError> {
        match answer {
            KeysmithAnswer::Done => Ok(()),
            _ => Err(self.nonsense()),
        }
    }

    /// Whether the cluster lets it in, and has its pool.
    ///
    /// # Errors
    /// [`KeysmithError`]
    pub async fn greet(&self) -> Result<(), KeysmithError> {
        let task = KeysmithTask::ListImages {
            namespace: Text::default(),
            after: Text::default(),
        };
        self.ask(task).await.map(drop)
    }

    /// A key for an entity, the same as long as it is not taken back. That of an image lets it read what
    /// the image is a clone of, if that is just these.
    ///
    /// # Errors
    /// [`KeysmithError`]
    pub async fn let_in(
        &self,
        entity: &str,
        scope: &Scope,
        read_only: bool,
        parents: &[KeptRelative],
    ) -> Result<Secret<MAX_KEY>, KeysmithError> {
        let scope = match scope {
            Scope::Namespace(namespace) => KeyScope::Namespace(words::text(namespace)?),
            Scope::Image { namespace, image } => KeyScope::Image {
                name: words::name(namespace, image)?,
                read_only,
                parents: words::identifiers(parents)?,
            },
        };
        let entity = words::text(entity)?;
        let task = KeysmithTask::MakeKey { entity, scope };
        match self.ask(task).await? {
            KeysmithAnswer::Key(key) => Ok(key),
            _ => Err(self.nonsense()),
        }
    }

    /// Takes a key back. When this returns, nobody who has it, or had it, gets anywhere with it, and
    /// neither do these connections; the locks of the images that it was for are free.
    ///
    /// # Errors
    /// [`KeysmithError`]: then that is not certain.
    pub async fn revoke(&self, entity: &str, instances: &[Instance]) -> Result<(), KeysmithError> {
        // The locks go with the first request: what they are of, the key alone says.
        let (first, more) = instances.split_at(instances.len().min(MAX_INSTANCES));
        for instances in std::iter::once(first).chain(more.chunks(MAX_INSTANCES)) {
            let task = KeysmithTask::Revoke {
                entity: words::text(entity)?,
                instances: List::try_from(instances.to_vec()).unwrap_or_default(),
            };
            match self.ask(task).await? {
                KeysmithAnswer::Excluded { .. } => {}
                _ => return Err(self.nonsense()),
            }
        }
        Ok(())
    }

    /// How many bytes an image has; `None` if there is none.
    ///
    /// # Errors
    /// [`KeysmithError`]
    pub async fn look(&self, place: InPool<'_>) -> Result<Option<u64>, KeysmithError> {
        Ok(self.describe(place).await?.map(|image| image.size))
    }

    /// Makes an image, and its namespace if there is none.
    ///
    /// # Errors
    /// [`KeysmithError::Exists`] or another.
    pub async fn create(&self, place: InPool<'_>, size: u64) -> Result<(), KeysmithError> {
        let name = words::name(place.namespace, place.image)?;
        let task = KeysmithTask::CreateImage {
            name,
            size,
            object_size: None,
        };
        self.done(task).await
    }

    /// Makes an image of this size, which is to be no smaller than what it has.
    ///
    /// # Errors
    /// [`KeysmithError`]
    pub async fn grow(&self, place: InPool<'_>, size: u64) -> Result<(), KeysmithError> {
        let name = words::name(place.namespace, place.image)?;
        let task = KeysmithTask::ResizeImage {
            name,
            size,
            shrink: false,
        };
        self.done(task).await
    }

    /// Deletes an image. One that is gone already is what was wanted.
    ///
    /// # Errors
    /// [`KeysmithError`]
    pub async fn remove(&self, place: InPool<'_>) -> Result<(), KeysmithError> {
        let name = words::name(place.namespace, place.image)?;
        self.done(KeysmithTask::RemoveImage { name }).await
    }
}

/// Answers what is asked, with a process that is started when there is something.
async fn serve(setup: Setup, mut asked: mpsc::Receiver<Asked>) {
    while let Some(first) = asked.recv().await {
        match start(&setup).await {
            Ok(running) => running.serve(&setup, first, &mut asked).await,
            Err(error) => {
                // Whoever asked may have given up.
                let _ = first.answer.send(Err(error));
            }
        }
    }
}

/// Somebody who waits for an answer.
struct Waiting {
    until: Instant,
    /// None when it has been given up.
    answer: Option<Answering>,
    /// It must not be broken off: an image would hold some of both.
    is_rollback: bool,
}

/// A process that is confined and has its key.
struct Running {
    child: Child<ToKeysmith>,
    /// Who waits for what.
    pending: HashMap<u64, Waiting>,
    next: u64,
    idle_since: Instant,
    /// What no other process has while this one lives.
    _uid: Option<crate::uid::GreeterUid>,
}

async fn start(setup: &Setup) -> Result<Running, KeysmithError> {
    let started = start_one(setup).await;
    let noted = started.as_ref().map(|running| running.child.pid());
    let noted = noted.map_err(ToString::to_string);
    setup.forge.note_start(&setup.store, noted);
    started
}

async fn start_one(setup: &Setup) -> Result<Running, KeysmithError> {
    setup.check_reach()?;
    let key = setup.key().await.map_err(|why| setup.gone(&why))?;
    let (mut child, uid) = setup
        .forge
        .spawn(&setup.store)
        .map_err(|e| setup.gone(&e.to_string()))?;
    child.tell(words::configure(setup, &key)?);
    let ready = async {
        loop {
            match child.did().await {
                Did::Said(said) => return setup.is_ready(&child, said),
                Did::Violation(violation) => return Err(setup.gone(&violation.to_string())),
                Did::Closed | Did::Deaf => child.kill("it closed its control socket"),
                Did::Exited(Ok(status)) => {
                    return Err(setup.gone(&format!("it ended early: {status}")));
                }
                Did::Exited(Err(error)) => return Err(setup.gone(&error.to_string())),
            }
        }
    };
    let late = || Err(setup.gone("it was not ready in time"));
    let ready = timeout(START_PATIENCE, ready).await;
    ready.unwrap_or_else(|_| late())?;
    Ok(Running {
        child,
        pending: HashMap::new(),
        next: 0,
        idle_since: Instant::now(),
        _uid: uid,
    })
}

impl Running {
    /// Answers until the process is reaped, or has been asked nothing for a while.
    async fn serve(mut self, setup: &Setup, first: Asked, asked: &mut mpsc::Receiver<Asked>) {
        self.pass_on(first);
        let status = loop {
            let deadline = tokio::time::Instant::from_std(self.deadline());
            tokio::select! {
                next = asked.recv(), if self.has_room() => match next {
                    Some(next) => self.pass_on(next),
                    None => self.child.kill("it is not needed any more"),
                },
                did = self.child.did() => match did {
                    Did::Said(said) => self.said(setup, said),
                    Did::Violation(violation) => self.child.kill(violation.to_string()),
                    Did::Closed => self.child.kill("it closed its control socket"),
                    Did::Deaf => self.child.kill("it does not read its control socket"),
                    Did::Exited(status) => break status,
                },
                () = sleep_until(deadline), if !self.child.is_ending() => {
                    match self.pending.is_empty() {
                        true => self.child.kill("it was asked nothing for a while"),
                        false => self.give_up(setup),
                    }
                }
            }
        };
        let pid = self.child.pid();
        let death = self.child.reaped(status);
        setup.forge.note_end(&setup.store, pid, &death);
        for answer in self.pending.into_values().filter_map(|one| one.answer) {
            let _ = answer.send(Err(setup.gone(&death.to_string())));
        }
    }

    fn deadline(&self) -> Instant {
        let first = self.pending.values().map(|one| one.until).min();
        first.unwrap_or(self.idle_since + IDLE)
    }

    /// Whether it may be asked something more.
    fn has_room(&self) -> bool {
        !self.child.is_ending() && self.pending.len() < MAX_KEYSMITH_REQUESTS
    }

    fn pass_on(&mut self, Asked { task, answer }: Asked) {
        let request = self.next;
        self.next += 1;
        let waiting = Waiting {
            until: Instant::now() + patience(&task),
            answer: Some(answer),
            is_rollback: matches!(task, KeysmithTask::RollBack { .. }),
        };
        self.child.tell(ToKeysmith::Request { request, task });
        self.pending.insert(request, waiting);
    }

    /// Answers whoever has waited for too long, and ends the process as soon as it rolls nothing back: a
    /// keeper that is asked for a snapshot, and does not answer, must not break that off for another label.
    fn give_up(&mut self, setup: &Setup) {
        let now = Instant::now();
        for late in self.pending.values_mut().filter(|one| one.until <= now) {
            late.until = now + LONG_PATIENCE;
            if let Some(answer) = late.answer.take() {
                let store = setup.store.clone();
                let _ = answer.send(Err(KeysmithError::Late { store }));
            }
        }
        self.end_if_late();
    }

    fn end_if_late(&mut self) {
        let mut all = self.pending.values();
        let rolling = all.any(|one| one.is_rollback && one.answer.is_some());
        if !rolling && self.pending.values().any(|one| one.answer.is_none()) {
            self.child.kill(LATE);
        }
    }

    fn said(&mut self, setup: &Setup, said: FromKeysmith) {
        let FromKeysmith::Answer { request, result } = said else {
            return self.child.kill("it broke the control protocol");
        };
        match self.pending.remove(&request) {
            Some(waiting) => {
                self.idle_since = Instant::now();
                let result = result.map_err(|(why, said)| setup.refused(why, &said));
                if let Some(answer) = waiting.answer {
                    // Whoever asked may have given up.
                    let _ = answer.send(result);
                }
                self.end_if_late();
            }
            None => self.child.kill("it broke the control protocol"),
        }
    }
}

/// How long it is waited for. What a keeper does for it, which may be a hostile one, is waited for no longer
/// than the cluster: images are made larger, and snapshots removed, without going through all objects.
const fn patience(task: &KeysmithTask) -> Duration {
    match task {
        KeysmithTask::RemoveImage { .. } | KeysmithTask::RollBack { .. } => LONG_PATIENCE,
        KeysmithTask::CreateSnapshot { .. } => SNAPSHOT_PATIENCE,
        _ => PATIENCE,
    }
}

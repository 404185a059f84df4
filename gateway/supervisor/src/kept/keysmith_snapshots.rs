//! What a keysmith is asked about snapshots and clones.

use labelgate_control::{
    KeptImage, KeptName, KeptRelative, KeptSnapshot, KeysmithAnswer, KeysmithTask,
};
use labelgate_registry::InPool;

use super::keysmith::{Keysmith, KeysmithError};
use super::keysmith_words as words;

/// The most answers that one list is put together of.
const PAGES: usize = 1024;
/// How often a snapshot is tried.
const TRIES: usize = 3;

impl Keysmith {
    /// What an image is like; `None` if there is none.
    ///
    /// # Errors
    /// [`KeysmithError`]
    pub async fn describe(&self, place: InPool<'_>) -> Result<Option<KeptImage>, KeysmithError> {
        let name = in_pool(place)?;
        match self.ask(KeysmithTask::DescribeImage { name }).await {
            Ok(KeysmithAnswer::Image(image)) => Ok(Some(image)),
            Err(KeysmithError::Missing) => Ok(None),
            Ok(_) => Err(self.nonsense()),
            Err(error) => Err(error),
        }
    }

    /// What an image is a clone of, what that is one of, and so on: the nearest first.
    ///
    /// # Errors
    /// [`KeysmithError`], also when they cannot be believed.
    pub async fn parents(&self, place: InPool<'_>) -> Result<Vec<KeptRelative>, KeysmithError> {
        let name = in_pool(place)?;
        let (all, _) = self.relatives(KeysmithTask::ListParents { name }).await?;
        Ok(all)
    }

    /// All that is a clone of an image, of one of its clones, and so on.
    ///
    /// # Errors
    /// [`KeysmithError`]
    pub async fn clones(&self, place: InPool<'_>) -> Result<Vec<KeptRelative>, KeysmithError> {
        let mut clones = Vec::new();
        for _ in 0..PAGES {
            let name = in_pool(place)?;
            let skip = u32::try_from(clones.len()).unwrap_or(u32::MAX);
            let task = KeysmithTask::ListClones { name, skip };
            let (all, more) = self.relatives(task).await?;
            clones.extend(all);
            if !more {
                return Ok(clones);
            }
        }
        Err(self.nonsense())
    }

    async fn relatives(
        &self,
        task: KeysmithTask,
    ) -> Result<(Vec<KeptRelative>, bool), KeysmithError> {
        match self.ask(task).await? {
            KeysmithAnswer::Relatives { all, more } => Ok((all.iter().cloned().collect(), more)),
            _ => Err(self.nonsense()),
        }
    }

    /// Makes an image that is a clone of a snapshot of another.
    ///
    /// # Errors
    /// [`KeysmithError::Exists`], [`KeysmithError::Missing`] if there is no such snapshot, or another.
    pub async fn clone_image(
        &self,
        place: InPool<'_>,
        of: InPool<'_>,
        snapshot: &str,
    ) -> Result<(), KeysmithError> {
        let task = KeysmithTask::CloneImage {
            name: in_pool(place)?,
            of: in_pool(of)?,
            snapshot: words::text(snapshot)?,
        };
        self.done(task).await
    }

    /// The snapshots of an image, in the order in which they were made.
    ///
    /// # Errors
    /// [`KeysmithError`]
    pub async fn snapshots(&self, place: InPool<'_>) -> Result<Vec<KeptSnapshot>, KeysmithError> {
        let mut snapshots: Vec<KeptSnapshot> = Vec::new();
        for _ in 0..PAGES {
            let name = in_pool(place)?;
            let after = snapshots.last().map_or(0, |last| last.number);
            let task = KeysmithTask::ListSnapshots { name, after };
            match self.ask(task).await? {
                KeysmithAnswer::Snapshots { all, more } => {
                    snapshots.extend(all.iter().cloned());
                    if !more {
                        return Ok(snapshots);
                    }
                }
                _ => return Err(self.nonsense()),
            }
        }
        Err(self.nonsense())
    }

    /// Makes a snapshot of an image, whoever has it open. A keeper that could not make it once says the same
    /// for ever to whoever asks again by the same number: so it is not waited for long, and asked anew.
    ///
    /// # Errors
    /// [`KeysmithError::Silent`] if whoever has the image's lock does not make it; others.
    pub async fn snap(&self, place: InPool<'_>, snapshot: &str) -> Result<(), KeysmithError> {
        let task = KeysmithTask::CreateSnapshot {
            name: in_pool(place)?,
            snapshot: words::text(snapshot)?,
        };
        for _ in 0..TRIES {
            match self.done(task.clone()).await {
                Err(KeysmithError::Late { .. }) => {}
                done => return done,
            }
            let there = self.snapshots(place).await?;
            if there.iter().any(|one| one.name.as_str() == snapshot) {
                return Ok(());
            }
        }
        let image = match place.namespace {
            "" => place.image.to_owned(),
            namespace => format!("{namespace}/{}", place.image),
        };
        Err(KeysmithError::Silent { image })
    }

    /// Removes a snapshot that nothing is a clone of.
    ///
    /// # Errors
    /// [`KeysmithError`]
    pub async fn remove_snapshot(
        &self,
        place: InPool<'_>,
        snapshot: &str,
    ) -> Result<(), KeysmithError> {
        let (name, snapshot) = (in_pool(place)?, words::text(snapshot)?);
        self.done(KeysmithTask::RemoveSnapshot { name, snapshot })
            .await
    }

    /// Gives an image what it had when a snapshot was made. That is asked once: a second keysmith would say of
    /// what the first has left that another client has it, or that nothing is there.
    ///
    /// # Errors
    /// [`KeysmithError::Busy`] and [`KeysmithError::Missing`] when nothing was changed; otherwise some of it
    /// may have been.
    pub async fn roll_back(&self, place: InPool<'_>, snapshot: &str) -> Result<(), KeysmithError> {
        let (name, snapshot) = (in_pool(place)?, words::text(snapshot)?);
        self.done_once(KeysmithTask::RollBack { name, snapshot })
            .await
    }
}

fn in_pool(place: InPool<'_>) -> Result<KeptName, KeysmithError> {
    words::name(place.namespace, place.image)
}

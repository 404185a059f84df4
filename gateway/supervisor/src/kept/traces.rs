//! How keepers are known to their backends, written down: a gateway that is killed together with its
//! keepers is followed by one that can shut them out at once.

use std::fs::{self, DirBuilder, OpenOptions};
use std::io::{self, Read, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use labelgate_control::Text;

use super::keysmith::Instance;

/// The directory of all of them, in the state directory.
const DIRECTORY: &str = "keepers";
/// No more than this is read of one, in bytes.
const LONGEST: u64 = 64 << 10;

/// Where traces of keepers are: one file for each entity, with a line for each connection.
#[derive(Debug, Clone)]
pub struct Traces {
    directory: PathBuf,
}

impl Traces {
    /// In this state directory.
    #[must_use]
    pub fn new(state_dir: &Path) -> Self {
        let directory = state_dir.join(DIRECTORY);
        Self { directory }
    }

    fn path_of(&self, entity: &str) -> PathBuf {
        self.directory.join(entity)
    }

    /// Writes down that somebody has come in as an entity.
    ///
    /// # Errors
    /// It cannot be written.
    pub fn note(&self, entity: &str, instance: &Instance) -> io::Result<()> {
        let mut directory = DirBuilder::new();
        directory
            .recursive(true)
            .mode(0o700)
            .create(&self.directory)?;
        let mut open = OpenOptions::new();
        let open = open.append(true).create(true).mode(0o600);
        let mut file = open.open(self.path_of(entity))?;
        file.write_all(format!("{instance}\n").as_bytes())
    }

    /// Who has come in as an entity and was not shut out yet, as far as that was written down.
    #[must_use]
    pub fn of(&self, entity: &str) -> Vec<Instance> {
        let mut text = String::new();
        if let Ok(file) = fs::File::open(self.path_of(entity)) {
            // What cannot be read is not known.
            let _ = file.take(LONGEST).read_to_string(&mut text);
        }
        let lines = text.lines().filter(|line| !line.is_empty());
        lines.filter_map(|line| Text::new(line).ok()).collect()
    }

    /// Whoever came in as an entity is shut out.
    pub fn forget(&self, entity: &str) {
        let path = self.path_of(entity);
        if let Err(error) = fs::remove_file(&path)
            && error.kind() != io::ErrorKind::NotFound
        {
            tracing::warn!("{}: cannot be removed: {error}", path.display());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_has_come_in_is_known_to_the_next_gateway_until_he_is_shut_out() {
        let state = tempfile::tempdir().unwrap();
        let instance = |text: &str| Text::new(text).unwrap();
        let traces = Traces::new(state.path());
        assert_eq!(traces.of("labelgate.x"), []);
        for text in ["v2:10.0.0.1:0/7", "v2:10.0.0.1:0/8"] {
            traces.note("labelgate.x", &instance(text)).unwrap();
        }
        let next = Traces::new(state.path());
        let both = ["v2:10.0.0.1:0/7", "v2:10.0.0.1:0/8"].map(instance);
        assert_eq!(next.of("labelgate.x"), both);
        assert_eq!(next.of("labelgate.y"), []);
        next.forget("labelgate.x");
        assert_eq!(traces.of("labelgate.x"), []);
    }
}

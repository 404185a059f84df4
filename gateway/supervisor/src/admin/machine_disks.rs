//! Whether the disks of a machine are the machine's.
//!
//! A disk that leads to nothing and one that leads to somebody else's are answered alike: who
//! guesses learns nothing.

use labelgate_api::{Disk, DiskSource, ErrorCode};
use labelgate_mac::Label;
use labelgate_registry::{Identity, Proof};
use uuid::Uuid;

use super::failure::Denied;
use crate::config::Image;
use crate::state::InForce;
use crate::worker::file_name;

/// What the root of what an NFS client is shown may be called as well.
const EXPORT: &str = "images";

/// A machine, as its identities make it one, or the images that follow it.
#[derive(Debug)]
pub(super) struct Machine<'a> {
    in_force: &'a InForce,
    vm: Uuid,
    identities: Vec<&'a Identity>,
    label: &'a Label,
}

impl<'a> Machine<'a> {
    pub(super) fn of(in_force: &'a InForce, vm: Uuid) -> Result<Self, Denied> {
        let all = in_force.snapshot.identities.values();
        let identities: Vec<&Identity> = all.filter(|identity| identity.vm == Some(vm)).collect();
        let Some(first) = identities.first() else {
            if let Some(label) = label_of_followers(in_force, vm) {
                return Ok(Self {
                    in_force,
                    vm,
                    identities,
                    label,
                });
            }
            let message = format_args!("no identity is machine {vm}'s");
            return Err(Denied::new(ErrorCode::NotFound, message).hint(format_args!(
                "give it one: labelgate identity add NAME --label auto --vm {vm} --needs-lease; or, if the \
                 network tells it by its level, its images: labelgate image follow STORE/IMAGE {vm}"
            )));
        };
        // All of them have one label: the registry sees to that.
        let label = &first.label;
        Ok(Self {
            in_force,
            vm,
            identities,
            label,
        })
    }

    /// Refuses a label that is not the machine's.
    pub(super) fn check_label(&self, label: &Label) -> Result<(), Denied> {
        if label == self.label {
            return Ok(());
        }
        let message = format_args!("{label} is not the label of machine {}", self.vm);
        Err(Denied::new(ErrorCode::Forbidden, message)
            .hint("a hypervisor says where machines run, and gives them no label"))
    }

    /// The label that it has, wherever it runs; of one that images follow, what these have now.
    pub(super) const fn label(&self) -> &Label {
        self.label
    }

    /// Whether it is told by its level, which images follow.
    pub(super) const fn is_followed(&self) -> bool {
        self.identities.is_empty()
    }

    /// Whether a disk that points at this gateway is one that the machine may open as it would.
    pub(super) fn check(&self, disk: &Disk) -> Result<(), Denied> {
        match &disk.source {
            DiskSource::Iscsi { target, lun, user } => {
                let user = user.as_ref().map(labelgate_api::Note::as_str);
                let who = self.initiator(disk, user)?;
                self.check_unit(disk, target.as_str(), *lun, &who)
            }
            DiskSource::Nfs { path } => self.check_file(disk, path.as_str()),
        }
    }

    /// As whom an initiator would log in: under its name, or by its address.
    fn initiator(&self, disk: &Disk, user: Option<&str>) -> Result<Vec<&'a Identity>, Denied> {
        let is_meant = |identity: &&Identity| match (user, identity.proof) {
            (Some(user), Proof::Chap) => identity.name.as_str() == user,
            (None, Proof::Address(_)) => true,
            _ => false,
        };
        let meant = self.identities.iter().copied().filter(is_meant);
        let meant: Vec<&Identity> = meant.collect();
        match (meant.is_empty(), user) {
            (false, _) => Ok(meant),
            (true, None) if self.is_followed() => Ok(meant),
            (true, Some(user)) if self.is_followed() => Err(refuse(
                disk,
                format_args!(
                    "user {user} is named, and the network tells machine {}",
                    self.vm
                ),
                "leave <auth> out, and connect to the labelled listener; or give the image a label of its own, and \
                 the machine an identity",
            )),
            (true, Some(user)) => Err(refuse(
                disk,
                format_args!("user {user} is no identity of machine {}", self.vm),
                "name the machine's own in <auth username=...>; labelgate identity list has them",
            )),
            (true, None) => Err(refuse(
                disk,
                format_args!("no user is named, and no address is machine {}'s", self.vm),
                "name the machine's identity: <auth username=...> in the disk's <source>",
            )),
        }
    }

    fn check_unit(
        &self,
        disk: &Disk,
        target: &str,
        lun: u64,
        who: &[&Identity],
    ) -> Result<(), Denied> {
        let mut images = self.in_force.images.all().iter();
        let image = images.find(|image| image.target.as_str() == target);
        let opens = |image: &Image| match image.audience.label() {
            None => true,
            Some(label) => {
                let may = |identity: &&&Identity| self.in_force.snapshot.may_open(identity, label);
                let follows = self.is_followed() && label == self.label;
                follows || who.iter().any(|identity| may(&identity))
            }
        };
        // A target has one unit.
        match image.filter(|image| lun == 0 && opens(image)) {
            Some(_) => Ok(()),
            None => {
                let what = format!("unit {lun} of {target}");
                Err(self.not_its_own(disk, &what))
            }
        }
    }

    /// A path begins with the token of an identity, unless the machine is known by its address.
    fn check_file(&self, disk: &Disk, path: &str) -> Result<(), Denied> {
        let parts: Vec<&str> = path.split('/').filter(|part| !part.is_empty()).collect();
        let identities = &self.in_force.identities;
        let owner = parts.split_first().and_then(|(first, rest)| {
            let digest = identities.digest(first.as_bytes())?;
            let owner = identities.of_token(&digest)?;
            (owner.vm == Some(self.vm)).then_some(rest)
        });
        if let Some(rest) = owner {
            return self.check_name(disk, rest, &format!("/TOKEN/{}", rest.join("/")));
        }
        let by_address = |identity: &&Identity| matches!(identity.proof, Proof::Address(_));
        if self.is_followed() || self.identities.iter().any(by_address) {
            let rest = parts.strip_prefix(&[EXPORT]).unwrap_or(&parts);
            // What stands first may be a token all the same: of another machine, or mistyped.
            let shown = format!("the last of {} parts of its path", parts.len());
            return self.check_name(disk, rest, &shown);
        }
        // What stands there may be somebody's token, and is not repeated.
        Err(refuse(
            disk,
            format_args!(
                "its path does not begin with a token of machine {}",
                self.vm
            ),
            "write /TOKEN/IMAGE with the token of the machine's identity; labelgate identity \
             rotate makes a new one",
        ))
    }

    /// Whether there is such a file for the machine's label: an image, or anything in its tree of a
    /// store, which its worker alone knows.
    fn check_name(&self, disk: &Disk, parts: &[&str], shown: &str) -> Result<(), Denied> {
        let images = &self.in_force.images;
        let all = || images.of(self.label).map(AsRef::as_ref);
        let trees = || images.trees().iter().map(|store| store.name.as_str());
        let is_there = match parts {
            [name] => all().any(|image| file_name(image, all(), trees()).as_str() == *name),
            [first, rest @ ..] if !rest.is_empty() => {
                let plain = |part: &str| !matches!(part, "." | "..");
                // What is in a level's tree stays there for whoever has that level next.
                let has_trees = self.label.pair_index().is_some() && !self.is_followed();
                has_trees
                    && trees().any(|tree| tree == *first)
                    && rest.iter().all(|part| plain(part))
            }
            _ => false,
        };
        match is_there {
            true => Ok(()),
            false => Err(self.not_its_own(disk, shown)),
        }
    }

    fn not_its_own(&self, disk: &Disk, what: &str) -> Denied {
        refuse(
            disk,
            format_args!("{what} is no image of machine {}", self.vm),
            "labelgate image list shows whose images are; labelgate image label, or labelgate group grant, gives it one",
        )
    }
}

/// What images have that follow a machine.
fn label_of_followers(in_force: &InForce, vm: Uuid) -> Option<&Label> {
    let followed = in_force.snapshot.followed(vm)?;
    let first = followed.images().next()?;
    let (image, _) = in_force.image(first.store.as_str(), first.name.as_str())?;
    image.audience.label()
}

fn refuse(disk: &Disk, why: std::fmt::Arguments<'_>, hint: &str) -> Denied {
    let message = format_args!("disk {}: {why}", disk.device);
    Denied::new(ErrorCode::Forbidden, message).hint(hint)
}

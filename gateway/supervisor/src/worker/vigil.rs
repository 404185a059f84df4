//! Looking at what lets keepers serve, while they do: the labels of their anchors, and the policy.
//!
//! The kernel asks for both when a keeper opens an anchor and when it connects. What it has from then
//! on is a key and a connection, which no label is on. So it is the supervisor that looks, and takes
//! both away when the kernel would not give them again.

use std::sync::Arc;
use std::time::{Duration, Instant};

use labelgate_mac::Context;

use super::service::Service;
use crate::config::Image;

/// How often: one look at each anchor of a label that has keepers.
const PERIOD: Duration = Duration::from_secs(1);

/// When it is looked next, and under which policy it was looked last.
#[derive(Debug, Default)]
pub(super) struct Vigil {
    next: Option<Instant>,
    policy: Option<u32>,
}

impl Vigil {
    /// When something is due, while there are keepers.
    pub(super) const fn deadline(&self) -> Option<Instant> {
        self.next
    }
}

impl Service {
    /// Takes their access from keepers that would not get it again.
    pub(super) fn keep_vigil(&mut self, now: Instant) {
        let Some(selinux) = self.shared.provider.selinux() else {
            return;
        };
        if self.slots.keepers() == 0 {
            self.vigil = Vigil::default();
            return;
        }
        if self.vigil.next.is_some_and(|at| at > now) {
            return;
        }
        self.vigil.next = now.checked_add(PERIOD);
        // A status that cannot be read halts the gateway, for which others look.
        let policy = selinux.status().ok().map(|status| status.policy_loads);
        let changed = self.vigil.policy != policy;
        self.vigil.policy = policy;
        let count = u32::try_from(self.slots.all.len()).unwrap_or(u32::MAX);
        for number in 0..count {
            let serves = |slot: &mut super::slots::Slot| slot.keeper.is_some() && !slot.revoke;
            if !self.slots.get(number).is_some_and(serves) {
                continue;
            }
            let refused = if changed { self.refusal(number) } else { None };
            let objection = refused.or_else(|| self.relabelled(number));
            if let Some(why) = objection {
                tracing::error!(label = %self.label, "a keeper is ended: {why}");
                self.retire(number, &why);
            }
        }
    }

    /// Why the policy does not let this label's keepers reach a slot's backend, if it does not.
    fn refusal(&mut self, number: u32) -> Option<String> {
        let store = Arc::clone(&self.slots.get(number)?.store);
        let context = self.shared.provider.keeper(&self.label);
        let reach = self.check_reach(&store, context.as_ref());
        reach.err().map(|why| why.to_string())
    }

    /// An anchor of a slot that has not the label any more that it was given.
    fn relabelled(&self, number: u32) -> Option<String> {
        let mut exposed = self.images.exposed(number);
        exposed.find_map(|image| {
            let expected = self.anchor_context(image)?;
            let checked = self.shared.anchors.check(image, &expected);
            checked.err().map(|why| format!("image {image}: {why}"))
        })
    }

    /// What the anchor of an image is labelled, where labels are enforced.
    fn anchor_context(&self, image: &Image) -> Option<Context> {
        let label = image.audience.label().unwrap_or(&self.label);
        Some(self.shared.provider.selinux()?.domains().anchor(label))
    }

    /// Removes an image's anchor, unless somebody has relabelled it.
    pub(super) fn remove_anchor(&self, image: &Image) {
        let expected = self.anchor_context(image);
        self.shared.anchors.remove(image, expected.as_ref());
    }
}

//! Whether the label that the network tells of a client is believed.

use std::sync::Arc;

use labelgate_control::{MAX_LABEL, Text};
use labelgate_mac::selinux::ContextError;
use labelgate_mac::{Context, Label, LabelError};

use crate::config::{Admission, Identity, NetlabelKind, NetlabelSource, Proof};

/// More of a context than this is not repeated in a message, in bytes.
const LONGEST_SHOWN: usize = 256;

/// Why the label that the network tells of a client is not believed, or why it tells none.
#[derive(Debug, thiserror::Error)]
pub enum NetlabelRefusal {
    /// The kernel knows nothing of it.
    #[error(
        "this peer's connection carries no label (no CIPSO or CALIPSO option, no labelled IPsec, \
         no static label of NetLabel); set labelling up for its address on both sides, see \
         docs/NETWORK-LABELS.md, or let it use the login listener"
    )]
    Unlabelled,
    /// The kernel's word is not understood.
    #[error("the label of this peer's connection is not believed: {0}")]
    Unreadable(#[from] ContextError),
    /// No source has its address.
    #[error(
        "no [[netlabel]] source has this address, so its label, {context}, is not believed; add a \
         section for its hypervisor"
    )]
    UnknownSource {
        /// Its context.
        context: Text<LONGEST_SHOWN>,
    },
    /// It is of a type that its source's clients do not have.
    #[error(
        "the context {context} is of no type that is believed of source {network} ({kind}: \
         {types}); {advice}"
    )]
    Type {
        /// Its context.
        context: Text<LONGEST_SHOWN>,
        /// Its source.
        network: String,
        /// How its label should have come.
        kind: &'static str,
        /// What is believed.
        types: String,
        /// What to do.
        advice: &'static str,
    },
    /// Its range is no label.
    #[error(
        "the context {context}: {why}; a client must run at a single level with categories of its \
         own, as libvirt's dynamic labels are"
    )]
    NoLabel {
        /// Its context.
        context: Text<LONGEST_SHOWN>,
        /// What it is instead.
        why: LabelError,
    },
    /// Its level has categories, or a sensitivity, that its source's clients do not have.
    #[error(
        "the context {context}: its level is outside of what source {network} may have, \
         s0:{categories}; correct the range of that hypervisor or of its [[netlabel]] section"
    )]
    OutOfRange {
        /// Its context.
        context: Text<LONGEST_SHOWN>,
        /// Its source.
        network: String,
        /// The source's categories.
        categories: Text<LONGEST_SHOWN>,
    },
    /// Its level has more categories, written one by one, than a label may.
    #[error(
        "the context {context}: its level has {length} characters; at most {MAX_LABEL} are served"
    )]
    TooLong {
        /// Its context.
        context: Text<LONGEST_SHOWN>,
        /// How long its level is.
        length: usize,
    },
}

/// The identity of a client on the labelled listener: what the kernel says of its connection,
/// judged by what is believed of where it comes from.
///
/// # Errors
/// [`NetlabelRefusal`]. Whatever is not as it should be is refused.
pub fn identify(
    peer: Result<Option<Context>, ContextError>,
    source: Option<&Arc<NetlabelSource>>,
) -> Result<Identity, NetlabelRefusal> {
    let context = peer?.ok_or(NetlabelRefusal::Unlabelled)?;
    let Some(source) = source else {
        let context = shown(&context);
        return Err(NetlabelRefusal::UnknownSource { context });
    };
    let label = label(&context, source)?;
    Ok(Identity {
        // A label is served by a worker of its own, so what is cut off keeps no two names apart.
        name: Text::clean(&format!("netlabel:{}:{label}", source.network)),
        proof: Proof::Netlabel(Arc::clone(source)),
        epoch: 0,
        label,
        grants: Vec::new(),
        vm: None,
        admission: Admission::Always,
    })
}

/// The label of a client of this source.
fn label(context: &Context, source: &NetlabelSource) -> Result<Label, NetlabelRefusal> {
    if !source.types.contains(context.type_name()) {
        return Err(foreign_type(context, source));
    }
    let label = Label::try_from(context).map_err(|why| NetlabelRefusal::NoLabel {
        context: shown(context),
        why,
    })?;
    if !source.may_have(&label) {
        return Err(NetlabelRefusal::OutOfRange {
            context: shown(context),
            network: source.network.to_string(),
            categories: Text::clean(&source.categories.to_string()),
        });
    }
    let length = label.to_string().len();
    if length > MAX_LABEL {
        let context = shown(context);
        return Err(NetlabelRefusal::TooLong { context, length });
    }
    Ok(label)
}

fn foreign_type(context: &Context, source: &NetlabelSource) -> NetlabelRefusal {
    let level_only = context.type_name() == NetlabelKind::LEVEL_ONLY;
    let advice = match (source.kind.tells_type(), level_only) {
        (true, true) => {
            "it came with CIPSO or CALIPSO, which tell no type; use that kind, or set up the \
             other for its address"
        }
        (true, false) => "correct the types of its section, or what runs there",
        (false, _) => "it did not come with CIPSO or CALIPSO; correct the kind of its section",
    };
    let types: Vec<&str> = source.types.iter().map(String::as_str).collect();
    NetlabelRefusal::Type {
        context: shown(context),
        network: source.network.to_string(),
        kind: source.kind.name(),
        types: types.join(", "),
        advice,
    }
}

fn shown(context: &Context) -> Text<LONGEST_SHOWN> {
    Text::clean(&context.to_string())
}

#[cfg(test)]
mod tests;

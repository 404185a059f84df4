//! Group labels: the labels of disks that several VMs share.

use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::{IdentityName, Label, LabelChoice};

/// A group label with its members.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Group {
    /// The label of the shared images.
    pub label: Label,
    /// The identities that may open its images, besides those of their own labels.
    pub members: Vec<IdentityName>,
}

/// All groups, by label.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Groups {
    /// The groups.
    pub groups: Vec<Group>,
}

/// A group to add.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct AddGroup {
    /// Its label.
    pub label: LabelChoice,
}

/// Which group.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, IntoParams)]
#[into_params(parameter_in = Path)]
pub struct GroupPath {
    /// The group's label.
    pub label: Label,
}

/// Which identity in which group.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, IntoParams)]
#[into_params(parameter_in = Path)]
pub struct MemberPath {
    /// The group's label.
    pub label: Label,
    /// The identity's name.
    pub identity: IdentityName,
}

//! `labelgate group`.

use clap::Subcommand;
use labelgate_api::endpoints::{DeleteGroup, DeleteMember, ListGroups, PostGroup, PutMember};
use labelgate_api::{
    AddGroup, Group, GroupPath, Groups, IdentityName, Label, LabelChoice, MemberPath, Nothing,
};

use crate::ask::Ask;
use crate::fault::Fault;
use crate::output::Output;
use crate::table::Table;

/// Group labels: the labels of disks that several VMs share.
#[derive(Debug, Subcommand)]
pub(crate) enum GroupCommand {
    /// Make a label a group label.
    Add {
        /// The label, or auto for a new one.
        label: LabelChoice,
    },
    /// Let an identity open the images of a group label, besides those of its own.
    Grant {
        /// The group label.
        label: Label,
        /// The identity.
        identity: IdentityName,
    },
    /// Take that away again. Its sessions on those images end first.
    Revoke {
        /// The group label.
        label: Label,
        /// The identity.
        identity: IdentityName,
    },
    /// List group labels with their members.
    List,
    /// Make a group label an ordinary one. Sessions of its members on its images end first.
    Rm {
        /// The group label.
        label: Label,
    },
}

impl GroupCommand {
    pub(crate) async fn run(self, ask: &Ask) -> Result<(), Fault> {
        let nothing = Nothing {};
        match self {
            Self::Add { label } => {
                let body = AddGroup { label };
                ask.show::<PostGroup>(&nothing, &nothing, &body, show).await
            }
            Self::Grant { label, identity } => {
                let path = MemberPath { label, identity };
                ask.show::<PutMember>(&path, &nothing, &nothing, show).await
            }
            Self::Revoke { label, identity } => {
                let question = format!("Take the images of {label} away from {identity}?");
                let path = MemberPath { label, identity };
                ask.revoke::<DeleteMember>(&question, &path, &nothing).await
            }
            Self::List => {
                ask.show::<ListGroups>(&nothing, &nothing, &nothing, list)
                    .await
            }
            Self::Rm { label } => {
                let question = format!("Take the images of {label} away from all its members?");
                let path = GroupPath { label };
                ask.revoke::<DeleteGroup>(&question, &path, &nothing).await
            }
        }
    }
}

fn members(group: &Group) -> String {
    let members: Vec<&str> = group.members.iter().map(IdentityName::as_str).collect();
    members.join(" ")
}

fn show(output: &mut Output, group: Group) -> std::io::Result<()> {
    output.fields(&[
        ("label", group.label.to_string()),
        ("members", members(&group)),
    ])
}

fn list(output: &mut Output, groups: Groups) -> std::io::Result<()> {
    let mut table = Table::new(&["LABEL", "MEMBERS"]);
    for group in groups.groups {
        table.row([group.label.to_string(), members(&group)]);
    }
    output.table(&table, "There is no group label.")
}

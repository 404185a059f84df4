//! What libvirt says of a machine, as far as it concerns the gateway.

use labelgate_api::{Disk, DiskSource, Note};
use roxmltree::{Document, Node, ParsingOptions};
use uuid::Uuid;

use crate::command_line;
use crate::settings::Settings;

/// The longest XML that is looked at, in bytes: the longest text that libvirt's own protocol has is
/// 4 MiB (`VIR_NET_MESSAGE_STRING_MAX`).
pub(crate) const LONGEST: usize = 4 << 20;

/// The most elements and attributes of it.
const MOST_NODES: u32 = 200_000;

/// A machine.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Domain {
    /// Its UUID.
    pub(crate) uuid: Uuid,
    /// The SELinux context of its process, if libvirt has chosen one by now.
    pub(crate) process_label: Option<Note>,
    /// Those of its disks that point at the gateway.
    pub(crate) disks: Vec<Disk>,
}

/// Why that is no machine.
#[derive(Debug, thiserror::Error)]
pub(crate) enum DomainError {
    /// It is no XML, or too much of it.
    #[error("the domain's XML is not understood: {0}")]
    Xml(#[from] roxmltree::Error),
    /// Something is missing in it, or is not what it should be.
    #[error("the domain's XML {0}")]
    Content(String),
}

impl Domain {
    /// Reads a domain's XML. Disks that do not point at the gateway are not looked at; one of which it
    /// cannot be told whether it does is refused.
    pub(crate) fn read(xml: &str, settings: &Settings) -> Result<Self, DomainError> {
        let document = parse(xml)?;
        let domain = document.root_element();
        let uuid = uuid_of(domain)?;
        command_line::check(domain, settings)?;
        let of = |name| child(domain, name).into_iter();
        let devices = of("devices").flat_map(|devices| devices.children());
        let firmware = of("os").flat_map(|os| os.children());
        let disks = devices.chain(firmware).filter(|node| is_storage(*node));
        let disks = disks.map(|device| disks_of(device, settings));
        let disks: Vec<Vec<Disk>> = disks.collect::<Result<_, _>>()?;
        Ok(Self {
            uuid,
            process_label: process_label(domain),
            disks: disks.concat(),
        })
    }

    /// Which machine it is, whatever else its XML says.
    pub(crate) fn uuid_in(xml: &str) -> Result<Uuid, DomainError> {
        uuid_of(parse(xml)?.root_element())
    }
}

fn parse(xml: &str) -> Result<Document<'_>, DomainError> {
    let options = ParsingOptions {
        // No entity can be declared, hence none expanded.
        allow_dtd: false,
        nodes_limit: MOST_NODES,
        ..ParsingOptions::default()
    };
    Ok(Document::parse_with_options(xml, options)?)
}

fn uuid_of(domain: Node<'_, '_>) -> Result<Uuid, DomainError> {
    if !domain.has_tag_name("domain") {
        return Err(wrong("is of no domain"));
    }
    let uuid = text_of(domain, "uuid").unwrap_or_default();
    uuid.parse().map_err(|_| wrong("has no UUID"))
}

pub(crate) fn wrong(what: impl Into<String>) -> DomainError {
    DomainError::Content(what.into())
}

pub(crate) fn child<'a, 'i>(of: Node<'a, 'i>, name: &str) -> Option<Node<'a, 'i>> {
    of.children().find(|child| child.has_tag_name(name))
}

fn text_of<'a>(of: Node<'a, '_>, name: &str) -> Option<&'a str> {
    child(of, name)?.text().map(str::trim)
}

/// The context of its process: what libvirt has chosen, or an admin has written.
fn process_label(domain: Node<'_, '_>) -> Option<Note> {
    let labels = domain
        .children()
        .filter(|child| child.has_tag_name("seclabel"));
    let mut selinux = labels.filter(|label| label.attribute("model") == Some("selinux"));
    text_of(selinux.next()?, "label")?.parse().ok()
}

/// A disk, what the firmware is or keeps its variables in, or a SCSI device that is passed through.
fn is_storage(device: Node<'_, '_>) -> bool {
    ["disk", "nvram", "loader"]
        .iter()
        .any(|name| device.has_tag_name(*name))
        || (device.has_tag_name("hostdev") && device.attribute("type") == Some("scsi"))
}

/// The sources of one device that point at the gateway: its own, and those that lie beneath it as
/// backing files.
fn disks_of(device: Node<'_, '_>, settings: &Settings) -> Result<Vec<Disk>, DomainError> {
    let name = child(device, "target").and_then(|target| target.attribute("dev"));
    let name = name.unwrap_or(match device.tag_name().name() {
        "hostdev" => "of type hostdev",
        other => other,
    });
    let sources = device
        .descendants()
        .filter(|node| node.has_tag_name("source"));
    let mut disks = Vec::new();
    for source in sources {
        if let Some(found) = read_source(device, source, settings)
            .map_err(|why| wrong(format!("has a disk {name} whose source {why}")))?
        {
            let device = name.parse();
            let device = device.map_err(|error| wrong(format!("has a disk: {error}")))?;
            let source = found;
            disks.push(Disk { device, source });
        }
    }
    Ok(disks)
}

/// Where a source points, if that is the gateway.
fn read_source(
    device: Node<'_, '_>,
    source: Node<'_, '_>,
    settings: &Settings,
) -> Result<Option<DiskSource>, String> {
    if let Some(pool) = source
        .attribute("pool")
        .filter(|pool| !settings.is_elsewhere(pool))
    {
        return Err(format!(
            "is in libvirt's pool {pool:?}, of which it cannot be told where that is: write it as <disk \
             type='network'>, or, if nothing of the gateway's is in that pool, name it in other_pools of the \
             hook's settings"
        ));
    }
    let name = source.attribute("name").unwrap_or_default();
    let hosts = || source.children().filter(|child| child.has_tag_name("host"));
    match source.attribute("protocol") {
        Some("iscsi") if hosts().any(|host| settings.is_portal(endpoint(host))) => {
            iscsi(device, source, name).map(Some)
        }
        Some("nfs") if hosts().any(|host| settings.is_export(endpoint(host))) => {
            let path = name
                .parse()
                .map_err(|error| format!("has no path: {error}"))?;
            Ok(Some(DiskSource::Nfs { path }))
        }
        _ => Ok(None),
    }
}

/// Name and port of a `<host>`.
fn endpoint<'a>(host: Node<'a, '_>) -> (&'a str, Option<&'a str>) {
    (
        host.attribute("name").unwrap_or_default(),
        host.attribute("port"),
    )
}

/// The name is that of a target, and behind a slash the number of a unit.
fn iscsi(device: Node<'_, '_>, source: Node<'_, '_>, name: &str) -> Result<DiskSource, String> {
    let (target, lun) = name.split_once('/').unwrap_or((name, "0"));
    let lun = lun.parse();
    let lun = lun.map_err(|_| format!("names no unit of a target: {name:?}"))?;
    let target = target.parse();
    let target = target.map_err(|error| format!("names no target: {error}"))?;
    // Up to libvirt 3.9 it stood in the disk.
    let auth = child(source, "auth").or_else(|| child(device, "auth"));
    let user = auth.and_then(|auth| auth.attribute("username"));
    let user = user.map(str::parse::<Note>).transpose();
    let user = user.map_err(|error| format!("has no user: {error}"))?;
    Ok(DiskSource::Iscsi { target, lun, user })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn settings() -> Settings {
        let text = "gateway = \"https://gw:9261\"\ncredentials = \"/etc/labelgate/host\"\n\
                    portals = [\"gw.example\", \"10.0.0.1:3262\"]\nexports = [\"gw.example\"]\n\
                    other_pools = [\"default\"]\n";
        Settings::parse(text).unwrap()
    }

    const XML: &str = include_str!("../tests/domain.xml");
    const UUID: &str = "4dea22b3-1d52-d8f3-2516-782e98ab3fa0";

    fn read(xml: &str) -> Result<Domain, DomainError> {
        Domain::read(xml, &settings())
    }

    #[test]
    fn of_a_domain_it_takes_what_points_at_the_gateway_and_nothing_else() {
        let domain = read(XML).unwrap();
        assert_eq!(domain.uuid.to_string(), UUID);
        let label = domain.process_label.unwrap();
        assert_eq!(label.as_str(), "system_u:system_r:svirt_t:s0:c107,c434");
        let said: Vec<String> = domain
            .disks
            .iter()
            .map(|disk| match &disk.source {
                DiskSource::Iscsi { target, lun, user } => {
                    let user = user.as_ref().map_or("-", Note::as_str);
                    format!("{} {target} {lun} {user}", disk.device)
                }
                DiskSource::Nfs { path } => format!("{} {path}", disk.device),
            })
            .collect();
        assert_eq!(
            said,
            [
                "vda iqn.2026-11.io.labelgate:vms.web 0 web",
                "vdb iqn.2026-11.io.labelgate:vms.data 2 web-data",
                "vdc /TOKEN/web.qcow2",
                "vdf iqn.2026-11.io.labelgate:vms.base 0 -",
                "of type hostdev iqn.2026-11.io.labelgate:vms.tape 1 web",
            ]
        );
    }

    #[test]
    fn what_is_no_domain_is_refused() {
        for (xml, words) in [
            ("", "not understood"),
            ("<domain>", "not understood"),
            ("<network/>", "is of no domain"),
            ("<domain/>", "has no UUID"),
            ("<domain><uuid>7</uuid></domain>", "has no UUID"),
            (
                "<!DOCTYPE d [<!ENTITY a \"aaaa\">]><domain><uuid>&a;</uuid></domain>",
                "not understood",
            ),
        ] {
            let said = read(xml).unwrap_err().to_string();
            assert!(said.contains(words), "{xml}: {said}");
        }
        let wrong = XML.replace("vms.data/2", "vms.data/two");
        let said = read(&wrong).unwrap_err().to_string();
        assert!(
            said.contains("disk vdb") && said.contains("names no unit"),
            "{said}"
        );
    }

    fn machine(within: &str) -> String {
        format!("<domain><uuid>{UUID}</uuid>{within}</domain>")
    }

    #[test]
    fn a_volume_of_a_pool_is_refused_unless_that_pool_is_known_to_be_elsewhere() {
        let of = |pool: &str| {
            machine(&format!(
                "<devices><disk type='volume'><source pool='{pool}' volume='web'/>\
                 <target dev='vda'/></disk></devices>"
            ))
        };
        let said = read(&of("gateway")).unwrap_err().to_string();
        assert!(
            said.contains("disk vda")
                && said.contains("pool \"gateway\"")
                && said.contains("other_pools"),
            "{said}"
        );
        assert!(read(&of("default")).unwrap().disks.is_empty());
        // One that lies beneath another as well.
        let overlay = of("gateway").replace(
            "<source pool",
            "<source file='/o'/><backingStore type='volume'><source pool",
        );
        let overlay = overlay.replace("<target", "</backingStore><target");
        assert!(read(&overlay).is_err());
        assert_eq!(Domain::uuid_in(&of("gateway")).unwrap().to_string(), UUID);
    }

    #[test]
    fn what_the_firmware_keeps_its_variables_in_is_a_disk() {
        let xml = machine(
            "<os><loader readonly='yes'>/usr/share/OVMF.fd</loader><nvram type='network'>\
             <source protocol='iscsi' name='iqn.2026-11.io.labelgate:vms.vars/0'>\
             <host name='gw.example'/><auth username='web'/></source></nvram></os>",
        );
        let domain = read(&xml).unwrap();
        let disk = domain.disks.first().unwrap();
        assert_eq!((domain.disks.len(), disk.device.as_str()), (1, "nvram"));
    }

    #[test]
    fn a_machine_without_such_disks_has_none_and_one_without_a_label_none() {
        let xml = format!("<domain><uuid>{UUID}</uuid></domain>");
        let domain = read(&xml).unwrap();
        assert!(domain.disks.is_empty() && domain.process_label.is_none());
    }

    #[test]
    fn fuzz_domains() {
        bolero::check!()
            .with_test_time(std::time::Duration::from_secs(2))
            .with_type::<(u16, u16, String)>()
            .for_each(|(at, length, text)| {
                let cut = |at: usize| {
                    let mut at = at % (XML.len() + 1);
                    while !XML.is_char_boundary(at) {
                        at -= 1;
                    }
                    at
                };
                let from = cut(usize::from(*at));
                let to = cut(from + usize::from(*length % 40)).max(from);
                let changed = [&XML[..from], text, &XML[to..]].concat();
                for xml in [&changed, text] {
                    let _ = read(xml);
                }
            });
    }
}

//! `<qemu:commandline>`: what libvirt passes to QEMU without looking at it.

use roxmltree::Node;

use crate::domain::{DomainError, child, wrong};
use crate::settings::Settings;

/// What QEMU calls its own clients of iSCSI and NFS.
const CLIENTS: [&str; 3] = ["iscsi", "iser", "nfs"];

/// Refuses arguments with which QEMU would be a client of the gateway's, or may be: what a disk there
/// leads to is not looked at, and would have no lease, or the lease of another disk.
pub(crate) fn check(domain: Node<'_, '_>, settings: &Settings) -> Result<(), DomainError> {
    let line = child(domain, "commandline").into_iter();
    let arguments = line.flat_map(|line| line.children());
    let arguments = arguments.filter(|node| node.has_tag_name("arg"));
    for (number, argument) in arguments.enumerate() {
        let value = argument.attribute("value").unwrap_or_default();
        if let Some(why) = doubt(value, settings) {
            // It may have a secret in it, and is not repeated.
            return Err(wrong(format!(
                "has a <qemu:commandline> whose argument {} {why}: write the disk as <disk type='network'>, \
                 so that it is looked at",
                number + 1
            )));
        }
    }
    Ok(())
}

/// Why an argument may make QEMU a client of the gateway's, if it may.
fn doubt(argument: &str, settings: &Settings) -> Option<&'static str> {
    let plain: String = argument
        .chars()
        .filter(|c| !c.is_whitespace() && !matches!(c, '"' | '\''))
        .map(|c| c.to_ascii_lowercase())
        .collect();
    let is_client = |name: &&str| {
        let written = [
            format!("{name}:"),
            format!("driver={name}"),
            format!("driver:{name}"),
        ];
        written.iter().any(|written| plain.contains(written))
    };
    match plain.as_str() {
        "-readconfig" | "--readconfig" => Some("has QEMU read its options from a file"),
        _ if plain.contains("\\u") => Some("has characters that are written by number"),
        _ if CLIENTS.iter().any(is_client) => Some("is of a disk over iSCSI or NFS"),
        _ if settings.is_named_in(argument) => Some("names the gateway"),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_argument_by_which_qemu_is_a_client_of_the_gateways_is_refused() {
        let text = "gateway = \"https://gw:9261\"\ncredentials = \"/c\"\nportals = [\"gw.example\", \
                    \"10.0.0.1:3262\", \"2001:db8::1\"]\n";
        let settings = Settings::parse(text).unwrap();
        for wrong in [
            "iscsi://gw.example/iqn.2026-11.io.labelgate:vms.web/0",
            "file=ISCSI://198.51.100.1/iqn.x/0,if=none",
            "nfs://elsewhere/TOKEN/web",
            "iser://elsewhere/x/0",
            "driver=iscsi,portal=elsewhere",
            "driver=raw,file.driver=nfs,file.server.host=elsewhere",
            "{ \"driver\" : \"iscsi\", \"portal\": \"elsewhere\" }",
            "json:{\"driver\":\"raw\",\"file\":{\"driver\":\"nfs\"}}",
            "{\"driver\":\"\\u0069scsi\"}",
            "socket,id=n,connect=10.0.0.1:3262",
            "GW.example",
            "a@[2001:db8::1]:3260",
            "-readconfig",
        ] {
            assert!(doubt(wrong, &settings).is_some(), "{wrong}");
        }
        for right in [
            "-device",
            "virtio-scsi-pci,id=scsi0",
            "local,path=/srv/nfs/share,security_model=none",
            "socket,id=n,connect=10.0.0.10:3262",
            "host=gw.example.com",
            "initiator-name=iqn.2008-11.org.linux-kvm:web",
        ] {
            assert_eq!(doubt(right, &settings), None, "{right}");
        }
    }

    #[test]
    fn the_argument_is_named_by_its_number_and_not_repeated() {
        let xml = "<domain xmlns:qemu='http://libvirt.org/schemas/domain/qemu/1.0'>\
                   <qemu:commandline><qemu:arg value='-drive'/>\
                   <qemu:arg value='file=nfs://elsewhere/TOKEN/web'/></qemu:commandline></domain>";
        let document = roxmltree::Document::parse(xml).unwrap();
        let text = "gateway = \"https://gw:9261\"\ncredentials = \"/c\"\nportals = [\"gw\"]\n";
        let settings = Settings::parse(text).unwrap();
        let said = check(document.root_element(), &settings)
            .unwrap_err()
            .to_string();
        assert!(
            said.contains("argument 2 is of a disk") && !said.contains("TOKEN"),
            "{said}"
        );
    }
}

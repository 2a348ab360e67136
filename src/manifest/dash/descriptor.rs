//! Descriptors: elements with a scheme and a value.

use std::io;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use quick_xml::events::BytesText;

use super::Xml;
use crate::cmaf::Channels;
use crate::demux::Nclx;
use crate::manifest::model::Encryption;

/// `<NAME schemeIdUri=".." value=".."/>`.
pub(super) fn write(xml: &mut Xml, name: &str, scheme: &str, value: &str) -> io::Result<()> {
    let element = xml.create_element(name).with_attribute(("schemeIdUri", scheme));
    element.with_attribute(("value", value)).write_empty()?;
    Ok(())
}

/// The channels of sound: by Dolby's mask, else by the layout's number, else by their count. Nothing where there is no
/// count, as in immersive audio.
pub(super) fn channels(channels: &Channels, xml: &mut Xml) -> io::Result<()> {
    let (scheme, value) = match *channels {
        Channels { dolby_mask: Some(mask), .. } => {
            ("tag:dolby.com,2014:dash:audio_channel_configuration:2011", format!("{mask:04X}"))
        }
        Channels { layout: Some(layout), .. } => {
            ("urn:mpeg:mpegB:cicp:ChannelConfiguration", layout.to_string())
        }
        Channels { count: 0, .. } => return Ok(()),
        Channels { count, .. } => {
            ("urn:mpeg:dash:23003:3:audio_channel_configuration:2011", count.to_string())
        }
    };
    write(xml, "AudioChannelConfiguration", scheme, &value)
}

/// That E-AC-3 holds objects. Dolby gives the two schemes for it.
pub(super) fn joint_objects(channels: &Channels, xml: &mut Xml) -> io::Result<()> {
    let Some(objects) = channels.joint_objects else { return Ok(()) };
    let scheme = "tag:dolby.com,2018:dash:EC3_ExtensionType:2018";
    write(xml, "SupplementalProperty", scheme, "JOC")?;
    let scheme = "tag:dolby.com,2018:dash:EC3_ExtensionComplexityIndex:2018";
    write(xml, "SupplementalProperty", scheme, &objects.to_string())
}

/// What colours mean: essential for PQ, which looks wrong where it is not known, supplemental for the rest, nothing for
/// BT.709. Rule MPD-10.
pub(super) fn colour(colour: &Nclx, xml: &mut Xml) -> io::Result<()> {
    const UNSPECIFIED: u16 = 2;
    let points = [
        ("ColourPrimaries", colour.colour_primaries),
        ("TransferCharacteristics", colour.transfer_characteristics),
        ("MatrixCoefficients", colour.matrix_coefficients),
    ];
    let name =
        if colour.transfer_characteristics == 16 { "EssentialProperty" } else { "SupplementalProperty" };
    if points.iter().any(|&(_, point)| point != 1) {
        for (scheme, point) in points.iter().filter(|&&(_, point)| point != UNSPECIFIED) {
            write(xml, name, &format!("urn:mpeg:mpegB:cicp:{scheme}"), &point.to_string())?;
        }
    }
    if colour.full_range {
        write(xml, "SupplementalProperty", "urn:mpeg:mpegB:cicp:VideoFullRangeFlag", "1")?;
    }
    Ok(())
}

/// The scheme and the key's ID, then each system with its `pssh`, byte for byte as in the header. Rules MPD-11, ENC-36.
pub(super) fn protection(encryption: &Encryption, xml: &mut Xml) -> io::Result<()> {
    xml.create_element("ContentProtection")
        .with_attribute(("schemeIdUri", "urn:mpeg:dash:mp4protection:2011"))
        .with_attribute(("value", encryption.scheme.to_string().as_str()))
        .with_attribute(("cenc:default_KID", uuid(encryption.kid.bytes()).as_str()))
        .write_empty()?;
    for (system, pssh) in &encryption.pssh {
        xml.create_element("ContentProtection")
            .with_attribute(("schemeIdUri", format!("urn:uuid:{}", uuid(system)).as_str()))
            .write_inner_content(|xml| {
                xml.create_element("cenc:pssh").write_text_content(BytesText::new(&STANDARD.encode(pssh)))?;
                Ok(())
            })?;
    }
    Ok(())
}

/// What a role means for people who see or hear less, in the scheme that DASH-IF wants for it.
pub(super) fn accessibility(role: &str, xml: &mut Xml) -> io::Result<()> {
    const AUDIO_PURPOSE: &str = "urn:tva:metadata:cs:AudioPurposeCS:2007";
    let (scheme, value) = match role {
        "description" => (AUDIO_PURPOSE, "1"),
        "caption" => (AUDIO_PURPOSE, "2"),
        "enhanced-audio-intelligibility" => (AUDIO_PURPOSE, "8"),
        "sign" | "easyreader" => (ROLE, role),
        _ => return Ok(()),
    };
    write(xml, "Accessibility", scheme, value)
}

/// The scheme of roles.
pub(super) const ROLE: &str = "urn:mpeg:dash:role:2011";

/// 16 bytes as a UUID in lower case.
pub(crate) fn uuid(bytes: &[u8; 16]) -> String {
    let mut text = String::with_capacity(36);
    for (index, byte) in bytes.iter().enumerate() {
        if matches!(index, 4 | 6 | 8 | 10) {
            text.push('-');
        }
        text.push_str(&format!("{byte:02x}"));
    }
    text
}

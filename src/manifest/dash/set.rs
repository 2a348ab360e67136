//! Adaptation sets and their representations.

use std::io;

use super::segments::Template;
use super::{Xml, address, allowed, descriptor, segments, text};
use crate::cmaf::Media;
use crate::cmaf::write::Layout;
use crate::manifest::bandwidth::{self, Part};
use crate::manifest::model::{Presentation, Rendition, SwitchingSet};
use crate::time::gcd;

/// What all renditions of a set have in common, and is said once.
struct Common<'a> {
    codec: Option<&'a str>,
    template: Option<Template<'a>>,
    has_one_colour: bool,
    has_one_protection: bool,
    has_one_channel_layout: bool,
}

impl Common<'_> {
    /// Whether the set has said all descriptors of a rendition.
    fn has_all_of(&self, rendition: &Rendition) -> bool {
        (self.has_one_colour || rendition.colour.is_none())
            && (self.has_one_protection || rendition.encryption.is_none())
            && (self.has_one_channel_layout || rendition.channels.is_none())
    }
}

/// One `AdaptationSet`.
pub(super) fn write(
    presentation: &Presentation,
    id: usize,
    set: &SwitchingSet,
    xml: &mut Xml,
) -> io::Result<()> {
    let templates: Vec<_> = set.renditions.iter().map(|r| Template::of(presentation, r)).collect();
    let has_one_template = templates.iter().all(|template| *template == templates[0]);
    let common = Common {
        codec: set.common(|r| r.codec.as_str()),
        template: templates.into_iter().next().flatten().filter(|_| has_one_template),
        has_one_colour: set.common(|r| r.colour).is_some(),
        has_one_protection: set.common(|r| r.encryption.as_ref()).is_some(),
        has_one_channel_layout: set.common(|r| r.channels).is_some(),
    };
    let first = &set.renditions[0];
    let mut attributes: Vec<(&str, String)> = vec![
        ("id", id.to_string()),
        ("contentType", set.media.name().into()),
        ("mimeType", mime_type(set.media).into()),
    ];
    if presentation.is_cmaf {
        attributes.push(("containerProfiles", "cmfc".into()));
    }
    attributes.extend(common.codec.map(|codec| ("codecs", allowed(codec))));
    attributes.extend(set.language.as_ref().map(|language| ("lang", allowed(language))));
    let (alignment, starts_with_sap) = match presentation.layout {
        Layout::Single => ("subsegmentAlignment", "subsegmentStartsWithSAP"),
        Layout::Segments => ("segmentAlignment", "startWithSAP"),
    };
    if set.is_aligned {
        attributes.push((alignment, "true".into()));
    }
    let sap = set.renditions.iter().map(Rendition::worst_sap).try_fold(0, |worst, sap| Some(worst.max(sap?)));
    // Types above 6 are none.
    attributes.extend(sap.filter(|sap| (1..=6).contains(sap)).map(|sap| (starts_with_sap, sap.to_string())));
    attributes.extend(set.common(picture_aspect).flatten().map(|(x, y)| ("par", format!("{x}:{y}"))));
    attributes.extend(largest(set));
    let is_choice = presentation.sets.iter().filter(|other| other.media == set.media).count() > 1;
    if set.is_default && is_choice {
        // Above 1, which is what the others have.
        attributes.push(("selectionPriority", "2".into()));
    }
    let attributes = attributes.iter().map(|(name, value)| (*name, value.as_str()));
    xml.create_element("AdaptationSet").with_attributes(attributes).write_inner_content(|xml| {
        properties(first, &common, true, xml)?;
        if !set.switches_with.is_empty() {
            let others: Vec<_> = set.switches_with.iter().map(usize::to_string).collect();
            let scheme = "urn:mpeg:dash:adaptation-set-switching:2016";
            descriptor::write(xml, "SupplementalProperty", scheme, &others.join(","))?;
        }
        if let Some(label) = &set.label {
            text(xml, "Label", label)?;
        }
        set.roles.iter().try_for_each(|role| descriptor::accessibility(role, xml))?;
        let mut roles = set.roles.iter();
        roles.try_for_each(|role| descriptor::write(xml, "Role", descriptor::ROLE, &allowed(role)))?;
        if let Some(template) = &common.template {
            template.write(xml)?;
        }
        set.renditions.iter().try_for_each(|rendition| representation(presentation, rendition, &common, xml))
    })?;
    Ok(())
}

/// The largest sizes and rate, where several renditions leave a choice.
fn largest(set: &SwitchingSet) -> Vec<(&'static str, String)> {
    if set.renditions.len() < 2 {
        return Vec::new();
    }
    let sizes = || set.renditions.iter().filter_map(|r| r.size);
    let rates = set.renditions.iter().filter_map(|r| r.frame_rate);
    let fastest = rates.max_by(|a, b| {
        let (a, b) = ((a.frames(), a.seconds()), (b.frames(), b.seconds()));
        (u128::from(a.0) * u128::from(b.1)).cmp(&(u128::from(b.0) * u128::from(a.1)))
    });
    let found = [
        sizes().map(|(width, _)| width).max().map(|width| ("maxWidth", width.to_string())),
        sizes().map(|(_, height)| height).max().map(|height| ("maxHeight", height.to_string())),
        fastest.map(|rate| ("maxFrameRate", rate.to_string())),
    ];
    found.into_iter().flatten().collect()
}

/// Width to height as shown, reduced.
fn picture_aspect(rendition: &Rendition) -> Option<(u64, u64)> {
    let (width, height) = rendition.size?;
    let (x, y) = rendition.pixel_aspect.unwrap_or((1, 1));
    let (width, height) = (u64::from(width) * u64::from(x), u64::from(height) * u64::from(y));
    let divisor = gcd(width, height);
    (width != 0 && height != 0).then(|| (width / divisor, height / divisor))
}

fn representation(
    presentation: &Presentation,
    rendition: &Rendition,
    common: &Common<'_>,
    xml: &mut Xml,
) -> io::Result<()> {
    // An address, because templates put it into one.
    let mut attributes: Vec<(&str, String)> = vec![("id", address::reference(&rendition.name))];
    attributes.push(("bandwidth", bandwidth(presentation, rendition).to_string()));
    if common.codec.is_none() {
        attributes.push(("codecs", allowed(&rendition.codec)));
    }
    if let Some((width, height)) = rendition.size {
        let (x, y) = rendition.pixel_aspect.unwrap_or((1, 1));
        attributes.extend([("width", width.to_string()), ("height", height.to_string())]);
        attributes.push(("sar", format!("{x}:{y}")));
    }
    attributes.extend(rendition.frame_rate.map(|rate| ("frameRate", rate.to_string())));
    attributes.extend(rendition.sample_rate.map(|rate| ("audioSamplingRate", rate.to_string())));
    let attributes = attributes.iter().map(|(name, value)| (*name, value.as_str()));
    let template = Template::of(presentation, rendition).filter(|_| common.template.is_none());
    let element = xml.create_element("Representation").with_attributes(attributes);
    let has_content =
        presentation.layout == Layout::Single || template.is_some() || !common.has_all_of(rendition);
    if !has_content {
        element.write_empty()?;
        return Ok(());
    }
    element.write_inner_content(|xml| {
        properties(rendition, common, false, xml)?;
        if let Some(template) = &template {
            template.write(xml)?;
        }
        segments::base(presentation, rendition, xml)
    })?;
    Ok(())
}

/// The descriptors that a set has where its renditions agree, and else each rendition, in the order of the schema.
fn properties(rendition: &Rendition, common: &Common<'_>, of_set: bool, xml: &mut Xml) -> io::Result<()> {
    if common.has_one_channel_layout == of_set
        && let Some(channels) = &rendition.channels
    {
        descriptor::channels(channels, xml)?;
    }
    if common.has_one_protection == of_set
        && let Some(encryption) = &rendition.encryption
    {
        descriptor::protection(encryption, xml)?;
    }
    if common.has_one_colour == of_set
        && let Some(colour) = &rendition.colour
    {
        descriptor::colour(colour, xml)?;
    }
    if common.has_one_channel_layout == of_set
        && let Some(channels) = &rendition.channels
    {
        descriptor::joint_objects(channels, xml)?;
    }
    Ok(())
}

/// Rule MPD-09, and no less than the mean, by which players choose: of what is shorter than the buffer, less would do. At
/// least 1, because players divide by it, and what the schema can hold.
fn bandwidth(presentation: &Presentation, rendition: &Rendition) -> u64 {
    let wholes: Vec<[Part; 1]> =
        rendition.segments.iter().map(|s| [Part { size: s.size, duration: s.duration }]).collect();
    let segments =
        rendition.segments.iter().zip(&wholes).map(|(segment, whole)| match segment.parts.as_slice() {
            [] => whole.as_slice(),
            parts => parts,
        });
    let mean = bandwidth::mean(wholes.as_flattened(), rendition.timescale);
    bandwidth::leaky_bucket(segments, rendition.timescale, presentation.min_buffer_time)
        .max(mean)
        .clamp(1, u32::MAX.into())
}

fn mime_type(media: Media) -> &'static str {
    match media {
        Media::Video => "video/mp4",
        Media::Audio => "audio/mp4",
        Media::Text => "application/mp4",
    }
}

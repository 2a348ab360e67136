//! Names of code points and identifiers, and numbers as people read them.

use std::fmt;

/// `ColourPrimaries` of ITU-T H.273.
pub(super) fn primaries(code: u16) -> Option<&'static str> {
    Some(match code {
        1 => "BT.709",
        4 => "BT.470 M",
        5 => "BT.601 625",
        6 => "BT.601 525",
        7 => "SMPTE 240",
        8 => "generic film",
        9 => "BT.2020",
        10 => "XYZ",
        11 => "DCI-P3",
        12 => "Display P3",
        22 => "EBU 3213",
        _ => return None,
    })
}

/// `TransferCharacteristics` of ITU-T H.273.
pub(super) fn transfer(code: u16) -> Option<&'static str> {
    Some(match code {
        1 => "BT.709",
        4 => "gamma 2.2",
        5 => "gamma 2.8",
        6 => "BT.601",
        7 => "SMPTE 240",
        8 => "linear",
        9 => "log 100:1",
        10 => "log 316:1",
        11 => "xvYCC",
        12 => "BT.1361",
        13 => "sRGB",
        14 => "BT.2020 10 bit",
        15 => "BT.2020 12 bit",
        16 => "PQ",
        17 => "SMPTE 428",
        18 => "HLG",
        _ => return None,
    })
}

/// `MatrixCoefficients` of ITU-T H.273.
pub(super) fn matrix(code: u16) -> Option<&'static str> {
    Some(match code {
        0 => "RGB",
        1 => "BT.709",
        4 => "FCC",
        5 => "BT.601 625",
        6 => "BT.601 525",
        7 => "SMPTE 240",
        8 => "YCgCo",
        9 => "BT.2020",
        10 => "BT.2020 constant luminance",
        11 => "SMPTE 2085",
        12 => "chroma-derived",
        13 => "chroma-derived constant luminance",
        14 => "ICtCp",
        _ => return None,
    })
}

/// Chromaticities that displays are named by: red, green, blue and white, x and y in 1/50000.
const DISPLAYS: &[(&str, [(u16, u16); 4])] = &[
    ("BT.709", [(32000, 16500), (15000, 30000), (7500, 3000), (15635, 16450)]),
    ("Display P3", [(34000, 16000), (13250, 34500), (7500, 3000), (15635, 16450)]),
    ("DCI-P3", [(34000, 16000), (13250, 34500), (7500, 3000), (15700, 17550)]),
    ("BT.2020", [(35400, 14600), (8500, 39850), (6550, 2300), (15635, 16450)]),
];

/// The name of a display with these primaries (red, green, blue) and this white point.
pub(super) fn display(primaries: [(u16, u16); 3], white: (u16, u16)) -> Option<&'static str> {
    let near = |a: u16, b: u16| a.abs_diff(b) <= 50;
    let ours = [primaries[0], primaries[1], primaries[2], white];
    let is_one =
        |theirs: &[(u16, u16); 4]| ours.iter().zip(theirs).all(|(a, b)| near(a.0, b.0) && near(a.1, b.1));
    DISPLAYS.iter().find(|(_, theirs)| is_one(theirs)).map(|(name, _)| *name)
}

/// Key systems by their SystemID, as DASH-IF registers them.
const SYSTEMS: &[(u128, &str)] = &[
    (0x1077efec_c0b2_4d02_ace3_3c1e52e2fb4b, "common"),
    (0xedef8ba9_79d6_4ace_a3c8_27dcd51d21ed, "Widevine"),
    (0x9a04f079_9840_4286_ab92_e65be0885f95, "PlayReady"),
    (0x94ce86fb_07ff_4f43_adb8_93d2fa968ca2, "FairPlay"),
    (0xe2719d58_a985_b3c9_781a_b030af78d30e, "ClearKey"),
    (0x3d5e6d35_9b9a_41e8_b843_dd3c6e72c42c, "ChinaDRM"),
    (0xf239e769_efa3_4850_9c16_a903c6932efb, "Primetime"),
    (0x5e629af5_38da_4063_8977_97ffbd9902d4, "Marlin"),
    (0x9a27dd82_fde2_4725_8cbc_4234aa06ec09, "Verimatrix"),
    (0xadb41c24_2dbf_4a6d_958b_4457c0d27b95, "Nagra"),
    (0x35bf197b_530e_42d7_8b65_1b4bf415070f, "DivX"),
    (0x80a6be7e_1448_4c37_9e70_d5aebe04c8d2, "Irdeto"),
];

/// The name of a key system.
pub(super) fn system(id: [u8; 16]) -> Option<&'static str> {
    let id = u128::from_be_bytes(id);
    SYSTEMS.iter().find(|(known, _)| *known == id).map(|(_, name)| *name)
}

/// Bytes as a UUID.
pub(super) struct Uuid(pub [u8; 16]);

impl fmt::Display for Uuid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, byte) in self.0.iter().enumerate() {
            let dash = if matches!(index, 4 | 6 | 8 | 10) { "-" } else { "" };
            write!(f, "{dash}{byte:02x}")?;
        }
        Ok(())
    }
}

/// Bytes as hexadecimal digits.
pub(super) struct Hex<'a>(pub &'a [u8]);

impl fmt::Display for Hex<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

/// ITU-T T.35 metadata that is known by the country and provider codes it starts with.
pub(super) fn t35(prefix: [u8; 3]) -> Option<&'static str> {
    match prefix {
        [0xb5, 0x00, 0x3c] => Some("HDR10+"),
        [0xb5, 0x00, 0x3b] => Some("Dolby Vision"),
        _ => None,
    }
}

/// A level index of a sequence header as people write levels; 31 is the one without limits.
pub(super) fn level(index: u8) -> String {
    match index {
        31 => "unbounded".to_owned(),
        _ => format!("{}.{}", 2 + (index >> 2), index & 3),
    }
}

/// Bytes in a unit that keeps the number short: `1.24 MB`.
pub(super) fn bytes(count: u64) -> String {
    if count < 1000 {
        return format!("{count} bytes");
    }
    scaled(count.into(), &["kB", "MB", "GB", "TB", "PB", "EB"])
}

/// Bits per second: `4.13 Mbit/s`.
pub(super) fn bit_rate(bits: u64) -> String {
    if bits < 1000 {
        return format!("{bits} bit/s");
    }
    scaled(bits.into(), &["kbit/s", "Mbit/s", "Gbit/s", "Tbit/s", "Pbit/s", "Ebit/s"])
}

/// Three significant digits in the first unit that takes them.
fn scaled(count: u128, units: &[&str]) -> String {
    let mut unit = 1000u128;
    for (index, name) in units.iter().enumerate() {
        let rounded = |parts: u128| (count * parts + unit / 2) / unit;
        let (whole, tenths, hundredths) = (rounded(1), rounded(10), rounded(100));
        if whole < 1000 || index + 1 == units.len() {
            return match () {
                () if hundredths < 1000 => format!("{}.{:02} {name}", hundredths / 100, hundredths % 100),
                () if tenths < 1000 => format!("{}.{} {name}", tenths / 10, tenths % 10),
                () => format!("{whole} {name}"),
            };
        }
        unit *= 1000;
    }
    String::new()
}

/// A number with its noun.
pub(super) fn plural(count: u64, one: &str, many: &str) -> String {
    format!("{count} {}", if count == 1 { one } else { many })
}

/// A range, or one number where both ends are the same.
pub(super) fn range(from: u64, to: u64) -> String {
    if from == to { from.to_string() } else { format!("{from} to {to}") }
}

/// A fraction in few digits: at most three decimals, no zeros behind them.
pub(super) fn decimal(numerator: u64, denominator: u64) -> String {
    let denominator = u128::from(denominator.max(1));
    let thousandths = (u128::from(numerator) * 1000 + denominator / 2) / denominator;
    let text = format!("{}.{:03}", thousandths / 1000, thousandths % 1000);
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

/// The number of a group's description: those of a fragment, from 0x10001 on, count from 1 with an `f` behind.
pub(super) fn group_index(index: u32) -> String {
    match index.checked_sub(0x10000) {
        Some(local @ 1..) => format!("{local}f"),
        _ => index.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers() {
        assert_eq!(bytes(999), "999 bytes");
        assert_eq!(bytes(1000), "1.00 kB");
        assert_eq!(bytes(12_345), "12.3 kB");
        assert_eq!(bytes(99_996), "100 kB");
        assert_eq!(bytes(9_996), "10.0 kB");
        assert_eq!(bytes(999_500), "1.00 MB");
        assert_eq!(bytes(999_499), "999 kB");
        assert_eq!(bytes(1_234_567_890), "1.23 GB");
        assert_eq!(bytes(u64::MAX), "18.4 EB");
        assert_eq!(bit_rate(4_126_000), "4.13 Mbit/s");
        assert_eq!(decimal(24000, 1001), "23.976");
        assert_eq!(decimal(25, 1), "25");
        assert_eq!(decimal(1, 3), "0.333");
        assert_eq!(level(8), "4.0");
        assert_eq!(level(13), "5.1");
    }

    #[test]
    fn displays() {
        let p3 = [(34000, 16000), (13250, 34500), (7500, 3000)];
        assert_eq!(display(p3, (15635, 16450)), Some("Display P3"));
        assert_eq!(display(p3, (0, 0)), None);
    }

    #[test]
    fn systems() {
        assert_eq!(system(crate::cenc::COMMON_SYSTEM_ID), Some("common"));
    }
}

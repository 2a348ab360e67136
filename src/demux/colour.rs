//! What containers say about colour, in the units of the MP4 boxes.

/// Code points of ITU-T H.273, as `colr` of type `nclx` holds them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Nclx {
    /// `colour_primaries`; 2 is unspecified.
    pub colour_primaries: u16,
    /// `transfer_characteristics`; 2 is unspecified.
    pub transfer_characteristics: u16,
    /// `matrix_coefficients`; 2 is unspecified.
    pub matrix_coefficients: u16,
    /// Whether samples use the full range.
    pub full_range: bool,
}

/// The mastering display, as `mdcv` holds it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Mastering {
    /// Chromaticity of green, blue and red (in that order), x and y in 1/50000.
    pub display_primaries: [(u16, u16); 3],
    /// Chromaticity of the white point, x and y in 1/50000.
    pub white_point: (u16, u16),
    /// In 1/10000 cd/m².
    pub max_luminance: u32,
    /// In 1/10000 cd/m².
    pub min_luminance: u32,
}

/// Content light level, as `clli` holds it, in cd/m².
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ContentLight {
    /// MaxCLL.
    pub max_content_light_level: u16,
    /// MaxFALL.
    pub max_pic_average_light_level: u16,
}

/// All that a container says about how pictures are to be shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Colour {
    /// Code points and range.
    pub nclx: Option<Nclx>,
    /// The mastering display.
    pub mastering: Option<Mastering>,
    /// Content light level.
    pub light: Option<ContentLight>,
    /// Horizontal and vertical spacing of pixels, as `pasp` holds them.
    pub pixel_aspect: Option<(u32, u32)>,
}

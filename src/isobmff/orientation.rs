//! How the matrix of a track turns its picture.

use std::fmt;

/// How a picture is shown that is not upright as it is coded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Orientation {
    /// How far it is turned clockwise, 0 to 359.
    pub degrees: u16,
    /// Whether left and right are exchanged, before it is turned.
    pub mirrored: bool,
}

impl Orientation {
    /// What a matrix of `tkhd` does to the picture beside moving and scaling it; `None` where it stays upright, or
    /// nothing of it would be seen.
    pub fn of(matrix: &[i32; 9]) -> Option<Self> {
        let [a, b, _, c, d, ..] = matrix.map(f64::from);
        let area = a * d - b * c;
        let mirrored = area < 0.0;
        let (x, y) = if mirrored { (-a, -b) } else { (a, b) };
        // An angle in degrees that is brought between 0 and 360 fits.
        let degrees = y.atan2(x).to_degrees().round().rem_euclid(360.0) as u16;
        (area != 0.0 && (mirrored || degrees != 0)).then_some(Orientation { degrees, mirrored })
    }
}

impl fmt::Display for Orientation {
    /// As in "the picture is shown …".
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.mirrored, self.degrees) {
            (true, 0) => f.write_str("mirrored"),
            (true, degrees) => write!(f, "mirrored and turned by {degrees} degrees"),
            (false, degrees) => write!(f, "turned by {degrees} degrees"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn matrices_turn_pictures() {
        let shown = |a: i32, b: i32, c: i32, d: i32| {
            let one = 0x1_0000;
            let matrix = [a * one, b * one, 0, c * one, d * one, 0, 320 * one, 0, 0x4000_0000];
            Orientation::of(&matrix).map(|orientation| orientation.to_string())
        };
        assert_eq!(shown(1, 0, 0, 1), None);
        assert_eq!(shown(2, 0, 0, 1), None, "wider, not turned");
        assert_eq!(shown(0, 0, 0, 0), None);
        assert_eq!(shown(0, 1, -1, 0).as_deref(), Some("turned by 90 degrees"));
        assert_eq!(shown(-1, 0, 0, -1).as_deref(), Some("turned by 180 degrees"));
        assert_eq!(shown(0, -1, 1, 0).as_deref(), Some("turned by 270 degrees"));
        assert_eq!(shown(-1, 0, 0, 1).as_deref(), Some("mirrored"));
        assert_eq!(shown(1, 0, 0, -1).as_deref(), Some("mirrored and turned by 180 degrees"));
    }
}

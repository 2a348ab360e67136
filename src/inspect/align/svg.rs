//! The grid as a drawing: a row for each rendition, with its random access points, the cuts, and the bit rate of each
//! segment.

use quick_xml::escape::escape;

use super::{Grid, shown};

/// Widths and heights in pixels.
const LEFT: f64 = 230.0;
const RIGHT: f64 = 30.0;
const TOP: f64 = 64.0;
const ROW: f64 = 96.0;
const BARS: f64 = 52.0;
const PER_SECOND: f64 = 24.0;
const WIDEST: f64 = 20_000.0;

const STYLE: &str = "\
text{font:12px sans-serif;fill:#222}\
.small{font-size:10px;fill:#555}\
.title{font-size:16px;font-weight:bold}\
.shared{stroke:#1f6f43;stroke-width:1.5}\
.lone{stroke:#b3261e;stroke-width:2.5}\
.missing{fill:none;stroke:#b3261e;stroke-width:1.5}\
.cut{stroke:#555;stroke-width:1;stroke-dasharray:4 3}\
.bar{fill:#4f83cc;fill-opacity:.75}\
.axis{stroke:#999;stroke-width:1}";

/// Draws the grid as a picture that needs nothing else.
pub fn write(grid: &Grid) -> String {
    let end =
        grid.renditions.iter().map(|r| r.end as f64 / f64::from(r.timescale.max(1))).fold(0.001, f64::max);
    let width = (end * PER_SECOND).clamp(600.0, WIDEST);
    let x = |time: f64| LEFT + time / end * width;
    let height = TOP + ROW * grid.renditions.len() as f64 + 50.0;
    let mut svg = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{:.0}\" height=\"{height:.0}\" viewBox=\"0 0 {:.0} \
         {height:.0}\" role=\"img\">\n<title>Random access points, cuts and bit rates of {} renditions</title>\n\
         <style>{STYLE}</style>\n<rect width=\"100%\" height=\"100%\" fill=\"#fff\"/>\n",
        LEFT + width + RIGHT,
        LEFT + width + RIGHT,
        grid.renditions.len()
    );
    svg.push_str(&format!("<text class=\"title\" x=\"12\" y=\"26\">{}</text>\n", escape(headline(grid))));
    svg.push_str(
        "<text class=\"small\" x=\"12\" y=\"44\">green: random access point of all renditions; red: of some only, a \
         red ring where one is missing; dashed: cut; blue: bit rate of the segment</text>\n",
    );
    cuts(grid, &x, height, &mut svg);
    for index in 0..grid.renditions.len() {
        row(grid, index, &x, &mut svg);
    }
    axis(end, &x, height - 34.0, &mut svg);
    svg.push_str("</svg>\n");
    svg
}

fn headline(grid: &Grid) -> String {
    match &grid.problem {
        Some(_) => "These renditions can't be cut together".to_string(),
        None => format!("{} segments, {} wanted for each", grid.segments.len(), shown(grid.target)),
    }
}

fn cuts(grid: &Grid, x: &impl Fn(f64) -> f64, height: f64, svg: &mut String) {
    for segment in &grid.segments {
        let at = x(segment.time);
        svg.push_str(&format!(
            "<line class=\"cut\" x1=\"{at:.1}\" y1=\"{:.1}\" x2=\"{at:.1}\" y2=\"{:.1}\"/>\n",
            TOP - 8.0,
            height - 34.0
        ));
    }
}

fn row(grid: &Grid, index: usize, x: &impl Fn(f64) -> f64, svg: &mut String) {
    let rendition = &grid.renditions[index];
    let top = TOP + ROW * index as f64;
    let base = top + BARS;
    let size = rendition.width.zip(rendition.height).map(|(w, h)| format!("{w}x{h}, ")).unwrap_or_default();
    let peak = grid.segments.iter().map(|s| s.bit_rates[index]).max().unwrap_or(0);
    let lines = [
        short(&rendition.name),
        format!("{size}{}", rendition.codec),
        format!("peak {} kbit/s", peak / 1000),
    ];
    for (number, line) in lines.iter().enumerate() {
        let class = if number == 0 { "" } else { " class=\"small\"" };
        let y = top + 16.0 + 15.0 * number as f64;
        svg.push_str(&format!("<text{class} x=\"12\" y=\"{y:.0}\">{}</text>\n", escape(line)));
    }
    for segment in &grid.segments {
        let height = segment.bit_rates[index] as f64 / peak.max(1) as f64 * (BARS - 6.0);
        let (from, to) = (x(segment.time), x(segment.time + segment.duration));
        svg.push_str(&format!(
            "<rect class=\"bar\" x=\"{:.1}\" y=\"{:.1}\" width=\"{:.1}\" height=\"{height:.1}\"><title>{}, {}: {} \
             kbit/s</title></rect>\n",
            from + 1.0,
            base - height,
            (to - from - 2.0).max(0.5),
            shown(segment.time),
            shown(segment.duration),
            segment.bit_rates[index] / 1000
        ));
    }
    for point in &grid.points {
        let at = x(point.time);
        let time = shown(point.time);
        if !point.present[index] {
            svg.push_str(&format!(
                "<circle class=\"missing\" cx=\"{at:.1}\" cy=\"{:.1}\" r=\"4\"><title>none at {time}</title></circle>\n",
                base + 14.0
            ));
            continue;
        }
        let class = if point.is_shared() { "shared" } else { "lone" };
        svg.push_str(&format!(
            "<line class=\"{class}\" x1=\"{at:.1}\" y1=\"{:.1}\" x2=\"{at:.1}\" y2=\"{:.1}\"><title>{time}</title></line>\n",
            base + 6.0,
            base + 22.0
        ));
    }
    svg.push_str(&format!(
        "<line class=\"axis\" x1=\"{LEFT:.1}\" y1=\"{base:.1}\" x2=\"{:.1}\" y2=\"{base:.1}\"/>\n",
        x(f64::from(
            u32::try_from(rendition.end / u64::from(rendition.timescale.max(1))).unwrap_or(u32::MAX)
        ))
    ));
}

/// Seconds under the rows, as many as there is room for.
fn axis(end: f64, x: &impl Fn(f64) -> f64, y: f64, svg: &mut String) {
    let room = (x(end) - x(0.0)) / 70.0;
    let step = [1.0, 2.0, 5.0, 10.0, 15.0, 30.0, 60.0, 120.0, 300.0, 600.0, 1800.0, 3600.0]
        .into_iter()
        .find(|step| end / step <= room)
        .unwrap_or(end / room.max(1.0));
    let mut time = 0.0;
    while time <= end {
        let at = x(time);
        svg.push_str(&format!(
            "<line class=\"axis\" x1=\"{at:.1}\" y1=\"{y:.1}\" x2=\"{at:.1}\" y2=\"{:.1}\"/><text class=\"small\" \
             text-anchor=\"middle\" x=\"{at:.1}\" y=\"{:.1}\">{}</text>\n",
            y + 5.0,
            y + 18.0,
            shown(time)
        ));
        time += step;
    }
}

/// The end of a long name, which tells more than its beginning.
fn short(name: &str) -> String {
    const MOST: usize = 32;
    let count = name.chars().count();
    if count <= MOST {
        return name.to_string();
    }
    format!("…{}", name.chars().skip(count - MOST + 1).collect::<String>())
}

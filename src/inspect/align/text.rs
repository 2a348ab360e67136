//! The grid as a table.

use super::{Grid, GridPoint, shown};

/// The most points in a row that are listed though nothing is to be said of them.
const QUIET: usize = 3;

/// The grid for people: the renditions, a row for each point that is cut at or not shared, and what follows from it.
pub fn write(grid: &Grid) -> String {
    let mut text = String::new();
    for (index, rendition) in grid.renditions.iter().enumerate() {
        let size =
            rendition.width.zip(rendition.height).map(|(w, h)| format!("  {w}x{h}")).unwrap_or_default();
        let lacking = match rendition.lacking {
            0 => String::new(),
            n => format!(", lacks {n} that others have"),
        };
        text.push_str(&format!(
            "{:>3}  {}  {}{size}  {} random access points{lacking}\n",
            index + 1,
            rendition.name,
            rendition.codec,
            rendition.random_access_points.len()
        ));
    }
    text.push('\n');
    table(grid, &mut text);
    let shared = grid.points.iter().filter(|point| point.is_shared()).count();
    text.push_str(&format!("\n{shared} of {} random access points are shared", grid.points.len()));
    let durations = || grid.segments.iter().map(|segment| segment.duration);
    match (durations().reduce(f64::min), durations().reduce(f64::max)) {
        (Some(shortest), Some(longest)) => text.push_str(&format!(
            "; {} segments of {} to {}, {} wanted\n",
            grid.segments.len(),
            shown(shortest),
            shown(longest),
            shown(grid.target)
        )),
        _ => text.push('\n'),
    }
    if let Some(problem) = &grid.problem {
        text.push_str(&format!("can't be cut together: {problem}\n"));
    }
    text
}

fn table(grid: &Grid, text: &mut String) {
    let heads: String = (1..=grid.renditions.len()).map(|n| format!(" {n:>2}")).collect();
    text.push_str(&format!("        time {heads}\n"));
    let speaks = |point: &GridPoint| point.is_cut || !point.is_shared();
    let mut skipped = 0;
    for (index, point) in grid.points.iter().enumerate() {
        let quiet_run = grid.points[index..].iter().take(QUIET + 1).all(|point| !speaks(point));
        if !speaks(point) && (skipped > 0 || quiet_run) {
            skipped += 1;
            continue;
        }
        end_skip(&mut skipped, text);
        let marks: String =
            point.present.iter().map(|present| if *present { "  +" } else { "  -" }).collect();
        let note = match (point.is_cut, point.is_shared()) {
            (true, _) => "   cut",
            (_, false) => "   not shared",
            _ => "",
        };
        text.push_str(&format!("{:>12} {marks}{note}\n", shown(point.time)));
    }
    end_skip(&mut skipped, text);
}

fn end_skip(skipped: &mut usize, text: &mut String) {
    if *skipped > 0 {
        text.push_str(&format!("         ... {skipped} shared, not cut at\n"));
        *skipped = 0;
    }
}

//! Pages that stand alone: no script, nothing from a network, light and dark, readable on paper and by screen readers.

mod chart;

use maud::{DOCTYPE, Markup, PreEscaped, html};

pub(crate) use chart::{Axis, number};

/// The style of all pages.
const STYLE: &str = include_str!("style.css");

/// A page with a title and a body.
pub(crate) fn page(title: &str, language: &str, body: &Markup) -> String {
    let page = html! {
        (DOCTYPE)
        html lang=(language) {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta name="color-scheme" content="light dark";
                title { (title) }
                style { (PreEscaped(STYLE)) }
            }
            body { (body) }
        }
    };
    page.into_string() + "\n"
}

//! An enrolment address as a QR picture, drawn with elements: one path, coloured by the stylesheet. The text is a
//! secret: it must never become an address that something could fetch, or leave the page in any other way.

use std::fmt::Write as _;

use maud::{Markup, html};
use qrcode::{Color, QrCode};

/// The quiet zone ISO/IEC 18004 asks for, in modules.
const MARGIN: usize = 4;

/// The picture, or nothing when the text is too long for one: the page shows the secret as text in any case.
pub(crate) fn picture(text: &str, description: &str) -> Markup {
    let Ok(code) = QrCode::new(text) else {
        return html! {};
    };
    let width = code.width();
    let side = width + 2 * MARGIN;
    let mut path = String::new();
    // One bar for each run of dark modules in a row: a third of the bytes of a square for each.
    for (row, modules) in code.into_colors().chunks(width).enumerate() {
        let mut column = 0;
        for run in modules.chunk_by(|one, next| one == next) {
            if run[0] == Color::Dark {
                // Writing to a string cannot fail.
                let (x, y, length) = (column + MARGIN, row + MARGIN, run.len());
                let _ = write!(path, "M{x} {y}h{length}v1h-{length}z");
            }
            column += run.len();
        }
    }
    html! {
        svg.qr viewBox={ "0 0 " (side) " " (side) } role="img" aria-label=(description) shape-rendering="crispEdges" {
            rect.light width=(side) height=(side) {}
            path.dark d=(path) {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_picture_is_inert_and_does_not_carry_its_text() {
        let svg = picture("otpauth://totp/a?secret=GEZDGNBVGY3TQOJQ", "QR").into_string();
        assert!(svg.contains("viewBox") && !svg.contains("GEZDGNBV") && !svg.contains("style="));
    }

    #[test]
    fn a_text_too_long_leaves_the_picture_out() {
        assert_eq!(picture(&"x".repeat(5_000), "QR").into_string(), "");
    }
}

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
    for (at, color) in code.into_colors().into_iter().enumerate() {
        if color == Color::Dark {
            // Writing to a string cannot fail.
            let _ = write!(path, "M{} {}h1v1h-1z", at % width + MARGIN, at / width + MARGIN);
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

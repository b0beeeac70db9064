//! What an operator may put in place of our mark: PNG, JPEG or WebP, known by its content and never by its name. SVG is
//! a document that can hold scripts, and would be one of our own origin: it is not taken. Nothing here decodes a pixel;
//! a picture that is broken further in shows as nothing.

use std::fmt;

/// The most a picture may weigh, in bytes: with everything else it loads, no page is heavier than 40 KiB.
pub const MOST_BYTES: usize = 8 * 1024;
/// The longest side, in pixels: a few bytes can claim to be a picture that takes a browser's memory.
const LONGEST_SIDE: u32 = 1024;

/// A picture as a browser will take it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Picture {
    pub(crate) kind: Kind,
    /// In pixels.
    pub(crate) width: u32,
    pub(crate) height: u32,
    pub(crate) bytes: Vec<u8>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Png,
    Jpeg,
    WebP,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NotTaken {
    TooHeavy,
    /// It holds markup: SVG, or a page.
    Markup,
    Unknown,
    /// Wider or higher than a logo is.
    TooLarge,
    /// It moves, and nothing on a login page does (WCAG 2.2, 2.2.2).
    Moving,
}

impl Picture {
    /// # Errors
    /// It is no picture that we would serve.
    pub fn read(bytes: Vec<u8>) -> Result<Self, NotTaken> {
        if bytes.len() > MOST_BYTES {
            return Err(NotTaken::TooHeavy);
        }
        let (kind, (width, height)) = if bytes.starts_with(b"\x89PNG\r\n\x1a\n") {
            if bytes.windows(4).any(|four| four == b"acTL") {
                return Err(NotTaken::Moving);
            }
            (Kind::Png, png(&bytes).ok_or(NotTaken::Unknown)?)
        } else if bytes.starts_with(&[0xff, 0xd8, 0xff]) {
            (Kind::Jpeg, jpeg(&bytes).ok_or(NotTaken::Unknown)?)
        } else if bytes.starts_with(b"RIFF") && bytes.get(8..12) == Some(b"WEBP") {
            if bytes.get(12..16) == Some(b"VP8X") && bytes.get(20).is_some_and(|flags| flags & 2 != 0) {
                return Err(NotTaken::Moving);
            }
            (Kind::WebP, webp(&bytes).ok_or(NotTaken::Unknown)?)
        } else {
            let text = bytes.strip_prefix("\u{feff}".as_bytes()).unwrap_or(&bytes);
            let markup = text.trim_ascii_start().starts_with(b"<");
            return Err(if markup { NotTaken::Markup } else { NotTaken::Unknown });
        };
        if width == 0 || height == 0 {
            return Err(NotTaken::Unknown);
        }
        if width > LONGEST_SIDE || height > LONGEST_SIDE {
            return Err(NotTaken::TooLarge);
        }
        Ok(Self { kind, width, height, bytes })
    }
}

impl Kind {
    pub(crate) fn content_type(self) -> &'static str {
        match self {
            Kind::Png => "image/png",
            Kind::Jpeg => "image/jpeg",
            Kind::WebP => "image/webp",
        }
    }
}

impl fmt::Display for NotTaken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::TooHeavy => write!(f, "is larger than {} KiB", MOST_BYTES / 1024),
            Self::Markup => f.write_str("is markup (SVG, perhaps), which can hold scripts"),
            Self::Unknown => f.write_str("is no picture that can be read"),
            Self::TooLarge => write!(f, "is more than {LONGEST_SIDE} pixels wide or high"),
            Self::Moving => f.write_str("moves"),
        }
    }
}

/// W3C PNG, 11.2.1: the first chunk is `IHDR`.
fn png(bytes: &[u8]) -> Option<(u32, u32)> {
    let side = |at: usize| Some(u32::from_be_bytes(bytes.get(at..at + 4)?.try_into().ok()?));
    (bytes.get(12..16)? == b"IHDR").then_some((side(16)?, side(20)?))
}

/// ITU-T T.81, B.2.2: segments until the one that begins a frame.
fn jpeg(bytes: &[u8]) -> Option<(u32, u32)> {
    let two = |at: usize| Some(u32::from(u16::from_be_bytes(bytes.get(at..at + 2)?.try_into().ok()?)));
    let mut at = 2;
    loop {
        let marker = two(at)?;
        match marker {
            // A frame, but not the tables that share the range.
            0xffc0..=0xffcf if !matches!(marker, 0xffc4 | 0xffc8 | 0xffcc) => {
                return Some((two(at + 7)?, two(at + 5)?));
            }
            0xffff => at += 1,
            0xff01..=0xffff => at += 2 + usize::try_from(two(at + 2)?.max(2)).ok()?,
            _ => return None,
        }
    }
}

/// RFC 9649, 2.5 to 2.7: lossy, lossless, or extended.
fn webp(bytes: &[u8]) -> Option<(u32, u32)> {
    let byte = |at: usize| bytes.get(at).map(|byte| u32::from(*byte));
    let two = |at: usize| Some(byte(at)? | byte(at + 1)? << 8);
    let three = |at: usize| Some(two(at)? | byte(at + 2)? << 16);
    match bytes.get(12..16)? {
        b"VP8 " => (bytes.get(23..26)? == b"\x9d\x01\x2a").then_some((two(26)? & 0x3fff, two(28)? & 0x3fff)),
        b"VP8L" if byte(20)? == 0x2f => {
            let bits = two(21)? | two(23)? << 16;
            Some(((bits & 0x3fff) + 1, ((bits >> 14) & 0x3fff) + 1))
        }
        b"VP8X" => Some((three(24)? + 1, three(27)? + 1)),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sized(bytes: &[u8]) -> Result<(Kind, u32, u32), NotTaken> {
        Picture::read(bytes.to_vec()).map(|picture| (picture.kind, picture.width, picture.height))
    }

    /// The head of a PNG of this size: enough to be taken.
    fn head(width: u32, height: u32) -> Vec<u8> {
        [b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR".as_slice(), &width.to_be_bytes(), &height.to_be_bytes(), &[8, 6, 0, 0, 0]]
            .concat()
    }

    #[test]
    fn a_picture_is_known_by_its_content() {
        assert_eq!(sized(include_bytes!("../examples/logo.png")), Ok((Kind::Png, 96, 96)));
        let jpeg = b"\xff\xd8\xff\xe0\0\x04ab\xff\xc4\0\x03x\xff\xc2\0\x11\x08\0\x20\0\x40\x03";
        assert_eq!(sized(jpeg), Ok((Kind::Jpeg, 64, 32)));
        let lossy = b"RIFF\0\0\0\0WEBPVP8 \0\0\0\0\0\0\0\x9d\x01\x2a\x40\0\x20\0";
        assert_eq!(sized(lossy), Ok((Kind::WebP, 64, 32)));
        let lossless = b"RIFF\0\0\0\0WEBPVP8L\0\0\0\0\x2f\x3f\xc0\x07\0";
        assert_eq!(sized(lossless), Ok((Kind::WebP, 64, 32)));
        let extended = b"RIFF\0\0\0\0WEBPVP8X\x0a\0\0\0\0\0\0\0\x3f\0\0\x1f\0\0";
        assert_eq!(sized(extended), Ok((Kind::WebP, 64, 32)));
    }

    #[test]
    fn whatever_else_it_is_is_refused() {
        for markup in ["<svg/>", "\u{feff}<?xml version='1.0'?><svg/>", " \n<!doctype html><script>"] {
            assert_eq!(sized(markup.as_bytes()), Err(NotTaken::Markup), "{markup}");
        }
        for bytes in [b"".as_slice(), b"GIF89a", b"not a picture", b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff", &head(0, 4)] {
            assert_eq!(sized(bytes), Err(NotTaken::Unknown), "{bytes:?}");
        }
        assert_eq!(sized(&head(1025, 4)), Err(NotTaken::TooLarge));
        assert_eq!(sized(&[head(4, 4), vec![0; MOST_BYTES]].concat()), Err(NotTaken::TooHeavy));
        assert_eq!(sized(&[head(4, 4), b"\0\0\0\x08acTL".to_vec()].concat()), Err(NotTaken::Moving));
        assert_eq!(sized(b"RIFF\0\0\0\0WEBPVP8X\x0a\0\0\0\x02\0\0\0\x3f\0\0\x1f\0\0"), Err(NotTaken::Moving));
    }

    #[test]
    fn a_picture_cut_anywhere_breaks_nothing() {
        for whole in [include_bytes!("../examples/logo.png").as_slice(), b"\xff\xd8\xff\xe0\0\0\xff\xff\xff\xff"] {
            for end in 0..whole.len().min(64) {
                let _ = Picture::read(whole[..end].to_vec());
            }
        }
    }
}

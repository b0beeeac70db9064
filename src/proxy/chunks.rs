//! The chunks of a body, as they arrive: one strict reading (RFC 9112 section 7.1) of every byte that frames them, before
//! a library takes them apart. Where two readers could see two ends of a body, the second could take what follows for a
//! request that nobody judged. Pure: bytes in, where the message ends or a refusal out; it holds nothing of what passes,
//! and must never repair, nor guess.

use thiserror::Error;

use super::head::{is_control, is_token};

/// The longest size, in digits. Honest zeros may stand before it, as many as make a number of 64 bits.
const MAX_DIGITS: u8 = 16;
/// The largest chunk, in bytes: as long as a length may be that is said in a head.
const MAX_SIZE: u64 = 1 << 60;
/// The longest extensions of one chunk, in bytes. Nobody here knows any, so they are passed over (section 7.1.1).
const MAX_EXTENSIONS: u16 = 256;
/// The most trailers, and all of them together in bytes. They are dropped: nobody has judged them.
const MAX_TRAILERS: u16 = 32;
const MAX_TRAILER_BYTES: u16 = 8 * 1024;

/// Why a body is refused, in words of ours.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("the chunks of the body are not one clear reading: {0}")]
pub struct ChunkError(&'static str);

/// The reader of one body. After a refusal it is of no use.
#[derive(Debug)]
pub struct Chunks {
    expected: Expected,
    trailers: u16,
    trailer_bytes: u16,
}

/// What comes next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Expected {
    /// A size, of which so much was read.
    Size {
        digits: u8,
        size: u64,
    },
    /// Extensions behind it, so many bytes so far.
    Extensions {
        length: u16,
        size: u64,
    },
    SizeLineFeed {
        size: u64,
    },
    /// So many bytes of the body; never none.
    Data(u64),
    DataReturn,
    DataLineFeed,
    /// A trailer or the end.
    Trailer,
    TrailerName,
    TrailerValue,
    TrailerLineFeed,
    LastLineFeed,
    Nothing,
}

impl Default for Chunks {
    fn default() -> Self {
        Self { expected: Expected::Size { digits: 0, size: 0 }, trailers: 0, trailer_bytes: 0 }
    }
}

impl Chunks {
    /// Reads on. Gives how many of these bytes belong to the message: all, unless it ends within them.
    ///
    /// # Errors
    /// There is no one reading; nothing of these bytes may be passed on.
    pub fn read(&mut self, bytes: &[u8]) -> Result<usize, ChunkError> {
        let mut rest = bytes;
        while !self.is_over()
            && let Some((byte, after)) = rest.split_first()
        {
            if let Expected::Data(left) = self.expected {
                let there = usize::try_from(left).unwrap_or(usize::MAX).min(rest.len());
                self.expected = match left - there as u64 {
                    0 => Expected::DataReturn,
                    left => Expected::Data(left),
                };
                rest = &rest[there..];
            } else {
                self.expected = self.behind(*byte)?;
                rest = after;
            }
        }
        Ok(bytes.len() - rest.len())
    }

    /// Whether the message has ended.
    pub fn is_over(&self) -> bool {
        self.expected == Expected::Nothing
    }

    /// What comes after this byte of framing.
    fn behind(&mut self, byte: u8) -> Result<Expected, ChunkError> {
        use Expected::{
            Data, DataLineFeed, DataReturn, Extensions, LastLineFeed, Nothing, Size, SizeLineFeed, Trailer,
            TrailerLineFeed, TrailerName, TrailerValue,
        };
        Ok(match (self.expected, byte) {
            (Size { digits, size }, b'0'..=b'9' | b'a'..=b'f' | b'A'..=b'F') => {
                let digit = char::from(byte).to_digit(16).map_or(0, u64::from);
                if digits == MAX_DIGITS || size >= MAX_SIZE >> 4 {
                    return Err(ChunkError("a size is too long"));
                }
                Size { digits: digits + 1, size: size << 4 | digit }
            }
            (Size { digits: 1.., size }, b';') => Extensions { length: 0, size },
            (Size { digits: 1.., size } | Extensions { length: 1.., size }, b'\r') => SizeLineFeed { size },
            (Size { .. }, _) => return Err(ChunkError("a size is no number")),
            (Extensions { length: MAX_EXTENSIONS.., .. }, _) => return Err(ChunkError("the extensions are too long")),
            (Extensions { length, size }, b'\t' | b' '..=b'~') => Extensions { length: length + 1, size },
            (Extensions { .. }, _) => return Err(ChunkError("an extension is none")),
            (SizeLineFeed { size: 0 }, b'\n') => Trailer,
            (SizeLineFeed { size }, b'\n') => Data(size),
            (DataReturn, b'\r') => DataLineFeed,
            (DataReturn, _) => return Err(ChunkError("a chunk is longer than its size")),
            (DataLineFeed, b'\n') => Size { digits: 0, size: 0 },
            (Trailer, b'\r') => LastLineFeed,
            (Trailer, _) if is_token(&byte) => {
                self.trailers += 1;
                if self.trailers > MAX_TRAILERS {
                    return Err(ChunkError("there are too many trailers"));
                }
                self.count_trailer_byte()?;
                TrailerName
            }
            (TrailerName, b':') => TrailerValue,
            (TrailerName, _) if is_token(&byte) => {
                self.count_trailer_byte()?;
                TrailerName
            }
            (Trailer | TrailerName, _) => return Err(ChunkError("a trailer's name is no name")),
            (TrailerValue, b'\r') => TrailerLineFeed,
            (TrailerValue, _) if is_control(byte) => {
                return Err(ChunkError("a trailer's value has control characters"));
            }
            (TrailerValue, _) => {
                self.count_trailer_byte()?;
                TrailerValue
            }
            (TrailerLineFeed, b'\n') => Trailer,
            (LastLineFeed, b'\n') => Nothing,
            (SizeLineFeed { .. } | DataLineFeed | TrailerLineFeed | LastLineFeed, _) => {
                return Err(ChunkError("a line does not end in CR LF"));
            }
            (Data(_) | Nothing, _) => return Err(ChunkError("nothing frames here")),
        })
    }

    fn count_trailer_byte(&mut self) -> Result<(), ChunkError> {
        self.trailer_bytes += 1;
        if self.trailer_bytes > MAX_TRAILER_BYTES { Err(ChunkError("the trailers are too long")) } else { Ok(()) }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Where the message ends; `None`: not yet.
    fn end(bytes: &[u8]) -> Result<Option<usize>, ChunkError> {
        let mut chunks = Chunks::default();
        let read = chunks.read(bytes)?;
        Ok(chunks.is_over().then_some(read))
    }

    /// The same, of bytes that come in pieces of these lengths, again and again.
    fn end_in_pieces(bytes: &[u8], lengths: &[usize]) -> Result<Option<usize>, ChunkError> {
        let (mut chunks, mut at) = (Chunks::default(), 0);
        for length in lengths.iter().cycle() {
            let piece = &bytes[at..bytes.len().min(at + length)];
            let read = chunks.read(piece)?;
            at += read;
            if chunks.is_over() {
                return Ok(Some(at));
            }
            assert_eq!(read, piece.len(), "all of it belongs to the message");
            if at == bytes.len() {
                break;
            }
        }
        Ok(None)
    }

    #[test]
    fn an_honest_body_ends_where_it_ends() {
        for body in [
            "0\r\n\r\n",
            "5\r\nhello\r\n0\r\n\r\n",
            "0005\r\nhello\r\n000\r\n\r\n",
            "A\r\n0123456789\r\n1\r\n\n\r\n0\r\n\r\n",
            "5;signature=\"a;b\" ;x\r\nhello\r\n0;last\r\n\r\n",
            "0\r\nX-Sum:\t12 \u{e4}\r\nEmpty:\r\n\r\n",
        ] {
            let followed = [body.as_bytes(), b"GET / HTTP/1.1\r\n"].concat();
            assert_eq!(end(&followed), Ok(Some(body.len())), "{body:?}");
            for short in 0..body.len() {
                assert_eq!(end(&followed[..short]), Ok(None), "{body:?} up to {short}");
            }
        }
    }

    /// D1-03: each of these is read in two ways by somebody.
    #[test]
    fn doubtful_framing_is_refused() {
        for body in [
            "\r\n",
            ";x\r\n",
            "x\r\n",
            " 5\r\n",
            "5 \r\n",
            "5\t;x\r\n",
            "+5\r\n",
            "-5\r\n",
            "0x5\r\n",
            "5_0\r\n",
            "5,5\r\n",
            "5\n",
            "5\rx",
            "5;\r\n",
            "5;a\nb\r\n",
            "5;\0\r\n",
            "5;\rx",
            "5;\u{e4}\r\n",
            "5;\x7f\r\n",
            "5\r\nhellox",
            "5\r\nhello\n",
            "5\r\nhello\rx",
            "5\r\nhello0",
            "5\r\nhello\r\n\r\n",
            "0\r\n\n",
            "0\n",
            "0\r\n\rx",
            "0\r\n folded\r\n",
            "0\r\nno colon\r\n",
            "0\r\nX : 1\r\n",
            "0\r\n: 1\r\n",
            "0\r\nX: 1\n",
            "0\r\nX: 1\r\n folded\r\n",
            "0\r\nX: a\0\r\n",
            "0\r\nX: 1\rY",
            "0\r\nX\r\n",
            "10000000000000000\r\n",
            "00000000000000005\r\n",
            "FFFFFFFFFFFFFFFF\r\n",
            "1000000000000000\r\n",
        ] {
            assert!(end(body.as_bytes()).is_err(), "{body:?}");
        }
        assert_eq!(end(b"0fffffffffffffff\r\nx"), Ok(None), "large, and yet a number");
    }

    #[test]
    fn what_is_passed_over_has_ceilings() {
        let extended = |length| end(format!("1;{}\r\n", "x".repeat(length)).as_bytes());
        assert_eq!(extended(usize::from(MAX_EXTENSIONS) - 1), Ok(None));
        assert!(extended(usize::from(MAX_EXTENSIONS) + 1).is_err());
        let trailers = |count, length| {
            let trailers = format!("X:{}\r\n", "x".repeat(length)).repeat(count);
            end(format!("0\r\n{trailers}\r\n").as_bytes()).map(|end| end.is_some())
        };
        assert_eq!(trailers(usize::from(MAX_TRAILERS), 100), Ok(true));
        assert!(trailers(usize::from(MAX_TRAILERS) + 1, 1).is_err());
        assert!(trailers(2, usize::from(MAX_TRAILER_BYTES) / 2).is_err());
    }

    fn body() -> impl Strategy<Value = Vec<u8>> {
        let chunk = (prop::collection::vec(any::<u8>(), 1..40), prop::option::of("[a-z][ -~\t]{0,20}"), 0usize..4)
            .prop_map(|(data, extension, zeros)| {
                let extension = extension.map(|extension| format!(";{extension}")).unwrap_or_default();
                let line = format!("{}{:x}{extension}\r\n", "0".repeat(zeros), data.len());
                [line.as_bytes(), &data, b"\r\n"].concat()
            });
        let trailers = prop::collection::vec("[A-Za-z-]{1,9}:[ -~\t]{0,20}\r\n", 0..4);
        (prop::collection::vec(chunk, 0..6), trailers)
            .prop_map(|(chunks, trailers)| [chunks.concat(), format!("0\r\n{}\r\n", trailers.concat()).into()].concat())
    }

    proptest! {
        /// The pieces in which bytes arrive never change what they mean, whatever they are, and none make it panic.
        #[test]
        fn pieces_do_not_matter(
            noise in prop::collection::vec(prop_oneof![any::<u8>(), prop::sample::select(&b"\r\n;:0159aF"[..])], 0..80),
            body in body(),
            honest in any::<bool>(),
            lengths in prop::collection::vec(1usize..30, 1..6),
        ) {
            let bytes = if honest { [body, noise].concat() } else { noise };
            prop_assert_eq!(end_in_pieces(&bytes, &lengths), end(&bytes));
        }

        /// Where one byte is not what it was, the end is either where it was, or another that is framed as well, or none:
        /// never behind what there is.
        #[test]
        fn one_wrong_byte_is_no_way_out(body in body(), at in any::<prop::sample::Index>(), byte in any::<u8>()) {
            prop_assert_eq!(end(&body), Ok(Some(body.len())));
            let mut other = body.clone();
            other[at.index(body.len())] = byte;
            if let Ok(Some(found)) = end(&other) {
                prop_assert!(found <= body.len() && other[..found].ends_with(b"\r\n\r\n"));
            }
        }
    }
}

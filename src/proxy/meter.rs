//! What a client makes of one HTTP/2 connection beside its requests: resets, pings, settings, window updates. Each costs
//! us work and the client almost nothing (rapid reset and its relatives), and the library counts only some of them. The
//! meter reads frame heads as they pass, and never what is in them; it must never hold a byte back.

use std::net::IpAddr;
use std::time::Duration;

use h2::Reason;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use crate::telemetry::ACCESS;

/// So many resets are forgiven, and besides one for every two requests: a browser that leaves a page takes its pictures
/// back, but nobody takes back most of what he asks for.
const RESETS: u32 = 100;
/// So many frames that ask for nothing may come at once.
const SPARE: u32 = 1000;
/// They are earned again by our answers, so many for each frame of one: a client tells what it has read.
const PER_ANSWER: u32 = 4;
/// And by waiting: one for each of these.
const PER_TIME: Duration = Duration::from_millis(100);

/// Frame kinds (RFC 9113 section 6).
const DATA: u8 = 0;
const HEADERS: u8 = 1;
const RST_STREAM: u8 = 3;
const GOAWAY: u8 = 7;
/// On DATA and HEADERS: the last of its stream.
const END_STREAM: u8 = 1;

/// The meter of one connection.
#[derive(Debug)]
pub struct Meter {
    client: IpAddr,
    /// Cancelled when the client has overdrawn.
    overdrawn: CancellationToken,
    incoming: Frames,
    outgoing: Frames,
    opened: u32,
    resets: u32,
    spare: u32,
    /// When waiting last earned something.
    earned: Instant,
}

impl Meter {
    /// `overdrawn` is cancelled when this client has cost more than it may.
    pub fn new(client: IpAddr, overdrawn: CancellationToken) -> Self {
        Self {
            client,
            overdrawn,
            incoming: Frames { skip: super::head::PREFACE.len(), ..Frames::default() },
            outgoing: Frames::default(),
            opened: 0,
            resets: 0,
            spare: SPARE,
            earned: Instant::now(),
        }
    }

    /// Whether it is over: nothing more should be read from this client.
    pub fn is_overdrawn(&self) -> bool {
        self.overdrawn.is_cancelled()
    }

    /// Counts what came.
    pub fn came(&mut self, bytes: &[u8]) {
        let Self { incoming, opened, resets, spare, earned, overdrawn, .. } = self;
        incoming.pass(bytes, |frame| {
            let enough = match frame.kind {
                DATA if frame.length > 0 || frame.flags & END_STREAM != 0 => true,
                HEADERS => {
                    *opened += 1;
                    true
                }
                RST_STREAM => {
                    *resets += 1;
                    *resets <= RESETS + *opened / 2
                }
                _ => {
                    if *spare == 0 {
                        let waited = earned.elapsed().as_millis() / PER_TIME.as_millis();
                        *spare = u32::try_from(waited).unwrap_or(SPARE).min(SPARE);
                        *earned = Instant::now();
                    }
                    let enough = *spare > 0;
                    *spare = spare.saturating_sub(1);
                    enough
                }
            };
            if !enough {
                overdrawn.cancel();
            }
        });
    }

    /// Counts what was sent, and tells what we refused: the library says it to the client alone.
    pub fn went(&mut self, bytes: &[u8]) {
        let Self { outgoing, spare, client, .. } = self;
        outgoing.pass(bytes, |frame| match (frame.kind, frame.code.map(Reason::from)) {
            (DATA | HEADERS, _) if frame.length > 0 => *spare = (*spare + PER_ANSWER).min(SPARE),
            // How streams end that were answered early, cut or timed out, which their own access lines tell.
            (RST_STREAM | GOAWAY, Some(Reason::NO_ERROR | Reason::CANCEL)) => {}
            (RST_STREAM | GOAWAY, Some(reason)) => {
                let refused = if frame.kind == GOAWAY { "connection" } else { "request" };
                tracing::info!(target: ACCESS, %client, refused, reason = %reason.description(), "HTTP/2");
            }
            _ => {}
        });
    }
}

/// The head of a frame.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Frame {
    kind: u8,
    flags: u8,
    /// Of the payload, in bytes.
    length: usize,
    /// Why, in RST_STREAM and GOAWAY.
    code: Option<u32>,
}

/// Finds frame heads in what passes in pieces.
#[derive(Debug, Default)]
struct Frames {
    /// Bytes to pass before the next head.
    skip: usize,
    /// The head, and the beginning of the payload where a code is in it.
    head: [u8; Self::MOST],
    have: usize,
}

impl Frames {
    const HEAD: usize = 9;
    const MOST: usize = Self::HEAD + 8;

    fn pass(&mut self, mut bytes: &[u8], mut each: impl FnMut(Frame)) {
        loop {
            let skipped = self.skip.min(bytes.len());
            self.skip -= skipped;
            bytes = &bytes[skipped..];
            let missing = self.wanted() - self.have;
            let taken = missing.min(bytes.len());
            self.head[self.have..self.have + taken].copy_from_slice(&bytes[..taken]);
            self.have += taken;
            bytes = &bytes[taken..];
            if self.have < self.wanted() {
                // Only now it may be known how much is wanted.
                if bytes.is_empty() {
                    return;
                }
                continue;
            }
            let frame = self.frame();
            self.skip = frame.length - (self.have - Self::HEAD);
            self.have = 0;
            each(frame);
        }
    }

    fn length(&self) -> usize {
        usize::from(self.head[0]) << 16 | usize::from(self.head[1]) << 8 | usize::from(self.head[2])
    }

    /// How many bytes tell all that is wanted of this frame, as far as they are known.
    fn wanted(&self) -> usize {
        if self.have < Self::HEAD {
            return Self::HEAD;
        }
        let payload = match self.head[3] {
            RST_STREAM => 4,
            GOAWAY => 8,
            _ => 0,
        };
        Self::HEAD + self.length().min(payload)
    }

    fn frame(&self) -> Frame {
        let code = match (self.head[3], self.have) {
            (RST_STREAM, 13) | (GOAWAY, 17) => self.head[..self.have].last_chunk().copied().map(u32::from_be_bytes),
            _ => None,
        };
        Frame { kind: self.head[3], flags: self.head[4], length: self.length(), code }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PING: u8 = 6;

    fn frame(kind: u8, flags: u8, payload: &[u8]) -> Vec<u8> {
        let mut bytes = (payload.len() as u32).to_be_bytes()[1..].to_vec();
        bytes.extend([kind, flags, 0, 0, 0, 1]);
        bytes.extend(payload);
        bytes
    }

    fn meter() -> Meter {
        let mut meter = Meter::new([192, 0, 2, 1].into(), CancellationToken::new());
        meter.came(super::super::head::PREFACE);
        meter
    }

    #[test]
    fn pieces_do_not_matter() {
        let code = [0, 0, 0, 11];
        let whole = [frame(HEADERS, 5, b"abc"), frame(GOAWAY, 0, &[0, 0, 0, 1, 0, 0, 0, 11]), frame(DATA, 1, b"")]
            .into_iter()
            .chain([frame(RST_STREAM, 0, &code), frame(RST_STREAM, 0, b"x"), frame(PING, 0, &[0; 8])])
            .collect::<Vec<_>>()
            .concat();
        for step in 1..whole.len() {
            let (mut frames, mut seen) = (Frames::default(), Vec::new());
            for piece in whole.chunks(step) {
                frames.pass(piece, |frame| seen.push((frame.kind, frame.length, frame.code)));
            }
            let calm = Some(11);
            let all =
                [(HEADERS, 3, None), (GOAWAY, 8, calm), (DATA, 0, None), (RST_STREAM, 4, calm), (RST_STREAM, 1, None)];
            assert_eq!(seen[..5], all, "{step}");
            assert_eq!(seen[5..], [(PING, 8, None)], "{step}");
        }
    }

    /// D2-01.
    #[tokio::test(start_paused = true)]
    async fn who_takes_back_what_he_asks_for_has_overdrawn() {
        let mut meter = meter();
        for _ in 0..150 {
            meter.came(&frame(HEADERS, 5, b"x"));
            meter.came(&frame(RST_STREAM, 0, &[0, 0, 0, 8]));
        }
        assert!(!meter.is_overdrawn(), "a page that was left");
        for _ in 0..100 {
            meter.came(&frame(HEADERS, 5, b"x"));
            meter.came(&frame(RST_STREAM, 0, &[0, 0, 0, 8]));
        }
        assert!(meter.is_overdrawn());
    }

    #[tokio::test(start_paused = true)]
    async fn what_asks_for_nothing_is_earned() {
        let mut meter = meter();
        for _ in 0..100 * SPARE {
            meter.went(&frame(DATA, 0, b"part"));
            meter.came(&frame(PING, 0, &[0; 8]));
            meter.came(&frame(8, 0, &[0; 4]));
        }
        assert!(!meter.is_overdrawn(), "as a client does that reads an answer");
        for _ in 0..3 {
            tokio::time::advance(PER_TIME * SPARE).await;
            (0..SPARE - 1).for_each(|_| meter.came(&frame(PING, 0, &[0; 8])));
            assert!(!meter.is_overdrawn(), "as a client does that looks whether we are there");
        }
        for _ in 0..SPARE + 2 {
            meter.came(&frame(PING, 0, &[0; 8]));
        }
        assert!(meter.is_overdrawn());
    }
}

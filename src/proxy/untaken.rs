//! Answers that nobody takes. Of an answer that waits for its reader up to 0.6 MiB are held, which Pingora has read ahead,
//! while one that waits for its application costs next to nothing. So only what waits for a reader is counted, for each
//! client, and where there is too much of it the answer that has stood still the longest is cut: a download that moves is
//! never that one. It must never count what waits for anything else.

use std::collections::{HashMap, VecDeque};
use std::net::IpAddr;
use std::sync::{Arc, Mutex, PoisonError};

use bytes::Bytes;
use tokio_util::sync::CancellationToken;

use crate::telemetry::ACCESS;
use crate::types::neighbourhood;

/// So many answers may wait for one client.
const MOST: usize = 64;

/// The answers that wait for their readers, of each client the one that moved last at the end.
#[derive(Debug, Default)]
pub struct Untaken(Mutex<HashMap<IpAddr, VecDeque<Waiting>>>);

#[derive(Debug)]
struct Waiting {
    token: CancellationToken,
    pieces: usize,
    answer: Arc<()>,
}

/// One answer.
#[derive(Debug)]
pub struct Reader {
    untaken: Arc<Untaken>,
    address: IpAddr,
    /// Ends the answer.
    token: CancellationToken,
    /// Which answer it is.
    answer: Arc<()>,
}

/// A piece of an answer waits for its reader, until this is dropped.
#[derive(Debug)]
pub struct Wait(Arc<Reader>);

/// A piece of an answer, until it is on its way: whoever writes it lets go of it then.
struct Piece {
    bytes: Bytes,
    _wait: Wait,
}

impl Untaken {
    /// The reader of one more answer, which `token` ends.
    pub fn reader(self: &Arc<Self>, address: IpAddr, token: CancellationToken) -> Arc<Reader> {
        let (untaken, address) = (self.clone(), neighbourhood(address));
        Arc::new(Reader { untaken, address, token, answer: Arc::default() })
    }
}

impl Reader {
    /// The same bytes, known to wait for this reader as long as they are there.
    pub fn give(self: &Arc<Self>, bytes: Bytes) -> Bytes {
        Bytes::from_owner(Piece { bytes, _wait: self.wait() })
    }

    /// Something begins to wait.
    pub fn wait(self: &Arc<Self>) -> Wait {
        let mut answers = self.untaken.0.lock().unwrap_or_else(PoisonError::into_inner);
        let answers = answers.entry(self.address).or_default();
        match self.find(answers) {
            Some(place) => answers[place].pieces += 1,
            None => {
                answers.push_back(Waiting { token: self.token.clone(), pieces: 1, answer: self.answer.clone() });
                if answers.len() > MOST
                    && let Some(longest) = answers.pop_front()
                {
                    tracing::info!(
                        target: ACCESS,
                        client = %self.address,
                        "too many answers that nobody takes: one was cut"
                    );
                    longest.token.cancel();
                }
            }
        }
        Wait(self.clone())
    }

    fn taken(&self) {
        let mut table = self.untaken.0.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(answers) = table.get_mut(&self.address) else { return };
        if let Some(mut waiting) = self.find(answers).and_then(|place| answers.remove(place)) {
            waiting.pieces -= 1;
            if waiting.pieces > 0 {
                answers.push_back(waiting);
            }
        }
        if answers.is_empty() {
            table.remove(&self.address);
        }
    }

    fn find(&self, answers: &VecDeque<Waiting>) -> Option<usize> {
        answers.iter().rposition(|waiting| Arc::ptr_eq(&waiting.answer, &self.answer))
    }
}

impl AsRef<[u8]> for Piece {
    fn as_ref(&self) -> &[u8] {
        &self.bytes
    }
}

impl Drop for Wait {
    fn drop(&mut self) {
        self.0.taken();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_too_many_the_one_that_stood_still_the_longest_is_cut() {
        let untaken = Arc::new(Untaken::default());
        let tokens: Vec<_> = (0..MOST + 1).map(|_| CancellationToken::new()).collect();
        let readers: Vec<_> = tokens.iter().map(|token| untaken.reader([192, 0, 2, 1].into(), token.clone())).collect();
        let mut held: Vec<_> =
            readers[..MOST].iter().map(|reader| [(); 2].map(|()| reader.give(Bytes::from_static(b"x")))).collect();
        let elsewhere = untaken.reader([192, 0, 2, 2].into(), CancellationToken::new());
        let _held = elsewhere.give(Bytes::from_static(b"x"));
        assert!(tokens.iter().all(|token| !token.is_cancelled()), "as many as there may be");
        held[0][0] = Bytes::new();
        let last = readers[MOST].give(Bytes::from_static(b"x"));
        assert!(!tokens[0].is_cancelled(), "it moved");
        assert!(tokens[1].is_cancelled() && !tokens[MOST].is_cancelled());
        drop((held, last));
        assert_eq!(untaken.0.lock().unwrap().len(), 1, "what was taken is forgotten");
    }
}

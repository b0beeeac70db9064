//! Requests that are under way, so that each can be ended from outside: when its session ends, and when the process
//! stops. It knows handles and tokens; it must never decide who is ended, and never hold its lock across an await.

use std::collections::{HashMap, HashSet, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio_util::sync::CancellationToken;

use crate::telemetry::{UnderWay, metrics};
use crate::types::Handle;

/// How many ended sessions are remembered, for requests that were judged just before the end and enter just after it.
const REMEMBERED: usize = 4096;

/// Which sessions have which requests under way.
#[derive(Debug, Default)]
pub struct Live {
    table: Mutex<Table>,
}

#[derive(Debug, Default)]
struct Table {
    requests: HashMap<Handle, Vec<(u64, CancellationToken)>>,
    next: u64,
    ended: HashSet<Handle>,
    /// The same, oldest first.
    order: VecDeque<Handle>,
}

impl Live {
    /// Enters a request under its session until the guard is dropped. If the session has ended meanwhile, the request
    /// ends at once.
    pub fn enter(self: &Arc<Self>, session: &Handle, token: CancellationToken) -> Entry {
        let mut table = self.table();
        if table.ended.contains(session) {
            token.cancel();
        }
        let id = table.next;
        table.next += 1;
        table.requests.entry(session.clone()).or_default().push((id, token));
        Entry { live: self.clone(), session: session.clone(), id, _counted: metrics().request() }
    }

    /// Ends all that is under way of a session. A handle is never used again, so it may be remembered as ended.
    pub fn cut(&self, session: &Handle) {
        let mut table = self.table();
        if table.ended.insert(session.clone()) {
            table.order.push_back(session.clone());
        }
        if table.order.len() > REMEMBERED
            && let Some(oldest) = table.order.pop_front()
        {
            table.ended.remove(&oldest);
        }
        for (_, token) in table.requests.remove(session).unwrap_or_default() {
            token.cancel();
        }
    }

    /// How many requests of sessions are under way.
    pub fn count(&self) -> usize {
        self.table().requests.values().map(Vec::len).sum()
    }

    fn table(&self) -> MutexGuard<'_, Table> {
        // Nothing under this lock can panic halfway through a change.
        self.table.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// One request in the table.
#[derive(Debug)]
pub struct Entry {
    live: Arc<Live>,
    session: Handle,
    id: u64,
    _counted: UnderWay,
}

impl Drop for Entry {
    fn drop(&mut self) {
        let mut table = self.live.table();
        if let Some(requests) = table.requests.get_mut(&self.session) {
            requests.retain(|(id, _)| *id != self.id);
            if requests.is_empty() {
                table.requests.remove(&self.session);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::secret::DerivedRandom;

    #[test]
    fn the_end_of_a_session_ends_its_requests_and_no_other() {
        let random = DerivedRandom::seeded(1);
        let (alice, bob) = (Handle::generate(&random), Handle::generate(&random));
        let live = Arc::new(Live::default());
        let tokens: Vec<_> = (0..3).map(|_| CancellationToken::new()).collect();
        let _first = live.enter(&alice, tokens[0].clone());
        let second = live.enter(&alice, tokens[1].clone());
        let _third = live.enter(&bob, tokens[2].clone());
        drop(second);
        live.cut(&alice);
        assert!(tokens[0].is_cancelled());
        assert!(!tokens[1].is_cancelled(), "it was over before");
        assert!(!tokens[2].is_cancelled());
        assert_eq!(live.count(), 1);
    }

    /// Judged before the end, entered after it: such a stream would stay open for ever.
    #[test]
    fn a_request_that_comes_late_ends_at_once() {
        let alice = Handle::generate(&DerivedRandom::seeded(1));
        let live = Arc::new(Live::default());
        live.cut(&alice);
        let token = CancellationToken::new();
        let _entry = live.enter(&alice, token.clone());
        assert!(token.is_cancelled());
    }
}

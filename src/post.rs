//! Mails to the owners of accounts: what changed there, and links they asked for. All of it happens off the way of any
//! answer and in bounded number, so that no answer waits for a mail server, tells by its time whether anybody was
//! written to, or fails because a mail did. How a message is sent and counted is in [`delivery`].

mod delivery;

use std::future::Future;
use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use arc_swap::ArcSwap;
use tokio::sync::Semaphore;
use vestibule_templates::mail::{self, Change};
use vestibule_templates::{Languages, Texts};

use crate::clock::Time;
use crate::gateway::Gateways;
use crate::telemetry::{Sent, metrics};
use crate::types::Recipient;

/// Pieces of work that wait at most; one more is dropped, which the log and the metrics tell.
const WAITING: usize = 256;
/// How many are done at once.
const AT_ONCE: usize = 4;

/// The post room. Clones share it, across configurations; one that was never told of a gateway writes to nobody.
#[derive(Clone)]
pub struct Post(Arc<Room>);

struct Room {
    /// What the configuration in force says.
    house: ArcSwap<House>,
    /// Two desks: whoever asks and asks for links must not keep owners from hearing of it.
    notices: Desk,
    links: Desk,
}

/// Work that waits and work that is done, each in bounded number.
struct Desk {
    waiting: Arc<Semaphore>,
    at_once: Arc<Semaphore>,
}

struct House {
    gateways: Gateways,
    languages: Languages,
    /// What people call this gate; from the configuration alone, because a mail must not repeat what a request said.
    name: String,
}

impl House {
    fn texts_for(&self, owner: Recipient<'_>) -> Texts {
        let own = owner.language.and_then(|tag| self.languages.named(tag));
        own.unwrap_or(self.languages.fallback()).clone()
    }
}

impl Default for Post {
    fn default() -> Self {
        let house = House { gateways: Gateways::default(), languages: Languages::all(), name: String::new() };
        Self(Arc::new(Room { house: ArcSwap::from_pointee(house), notices: Desk::new(), links: Desk::new() }))
    }
}

impl Post {
    /// From now on by these gateways, in the name of `name`, to each owner in his language if it is one of these.
    pub fn send_by(&self, gateways: Gateways, languages: Languages, name: String) {
        self.0.house.store(Arc::new(House { gateways, languages, name }));
    }

    /// Tells the owner that something about the account changed, where there is an address and a way to write to it.
    /// Best effort: the change is made, and the record has it.
    /// `from`: the address it was done from; none where an operator did it.
    pub fn tell(&self, owner: Recipient<'_>, change: &Change, from: Option<IpAddr>, at: Time) {
        if let Some(letter) = self.letter(owner, change, from, at) {
            self.0.notices.take(letter);
        }
    }

    /// As [`Post::tell`], where `may` comes to be true: of what somebody can do again and again, such as knocking at a
    /// closed lane. It is asked before the letter waits, so that knocking takes no place of another one's.
    pub fn tell_if(
        &self,
        may: impl Future<Output = bool> + Send + 'static,
        owner: Recipient<'_>,
        change: &Change,
        from: Option<IpAddr>,
        at: Time,
    ) {
        let Some(letter) = self.letter(owner, change, from, at) else { return };
        let room = self.0.clone();
        tokio::spawn(async move {
            if may.await {
                room.notices.take(letter);
            }
        });
    }

    /// The language of what is written to this owner.
    pub fn texts_for(&self, owner: Recipient<'_>) -> Texts {
        self.0.house.load().texts_for(owner)
    }

    /// The work of writing to an owner, where there is an address and a way to write to it.
    fn letter(
        &self,
        owner: Recipient<'_>,
        change: &Change,
        from: Option<IpAddr>,
        at: Time,
    ) -> Option<impl Future<Output = ()> + Send + use<>> {
        let house = self.0.house.load_full();
        let to = owner.email.filter(|_| house.gateways.email.is_some())?.to_owned();
        let from = from.map(|address| address.to_string());
        let at = u64::try_from(at.secs()).unwrap_or(0);
        let texts = house.texts_for(owner);
        let mail = mail::notice(change, owner.name.as_str(), &house.name, at, from.as_deref(), &texts);
        let name = owner.name.clone();
        Some(async move {
            if let Err(why) = house.gateways.mail(to, mail, &texts).await {
                tracing::warn!(user = %name, why, "the owner could not be told of a change");
            }
        })
    }

    /// Waits until nothing waits any more, or for so long: a program that ends takes what it still has with it.
    pub async fn finish(&self, within: Duration) {
        let all = async {
            for desk in [&self.0.links, &self.0.notices] {
                let _ = desk.waiting.acquire_many(WAITING as u32).await;
            }
        };
        if tokio::time::timeout(within, all).await.is_err() {
            tracing::warn!("mails that were still waiting are lost");
        }
    }

    /// Makes and sends a link in the background.
    pub fn later(&self, work: impl Future<Output = ()> + Send + 'static) {
        self.0.links.take(work);
    }
}

impl Desk {
    fn new() -> Self {
        Self { waiting: Arc::new(Semaphore::new(WAITING)), at_once: Arc::new(Semaphore::new(AT_ONCE)) }
    }

    /// Does it after what waits already; or not at all, where too much does.
    fn take(&self, work: impl Future<Output = ()> + Send + 'static) {
        let Ok(place) = self.waiting.clone().try_acquire_owned() else {
            tracing::warn!("too many mails wait: one was not sent");
            metrics().sent(Sent { gateway: "email", kind: "", outcome: "dropped", units: 1, cost: 0.0 });
            return;
        };
        let at_once = self.at_once.clone();
        tokio::spawn(async move {
            // It is never closed.
            if let Ok(_turn) = at_once.acquire().await {
                work.await;
            }
            drop(place);
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::gateway::{ConsoleGateway, Outbox};
    use crate::types::UserName;

    fn post(outbox: &Outbox) -> Post {
        let post = Post::default();
        let email: Arc<dyn crate::gateway::Gateway> = Arc::new(ConsoleGateway::new(outbox.clone()));
        let gateways = Gateways { email: Some(email), ..Gateways::default() };
        post.send_by(gateways, Languages::all(), "wiki.example.com".to_owned());
        post
    }

    fn owner<'a>(name: &'a UserName, email: Option<&'a str>) -> Recipient<'a> {
        Recipient { name, email, language: None }
    }

    async fn settled() {
        for _ in 0..2000 {
            tokio::task::yield_now().await;
        }
    }

    #[tokio::test]
    async fn an_owner_with_an_address_is_told_and_nobody_else() {
        let outbox = Outbox::default();
        let post = post(&outbox);
        let (alice, from) = (UserName::parse("alice").unwrap(), "192.0.2.7".parse().ok());
        post.tell(owner(&alice, None), &Change::PasswordChanged, from, Time(0));
        post.tell(owner(&alice, Some("alice@example.com")), &Change::PasswordChanged, from, Time(0));
        settled().await;
        let messages = outbox.messages();
        assert_eq!(messages.len(), 1);
        let text = messages[0].text.expose();
        assert!(text.contains("192.0.2.7") && text.contains("wiki.example.com"), "{text}");
        // A gate that can write to nobody stays silent.
        let silent = Post::default();
        silent.tell(owner(&alice, Some("alice@example.com")), &Change::PasswordChanged, from, Time(0));
        settled().await;
        assert_eq!(outbox.messages().len(), 1);
    }

    #[tokio::test(start_paused = true)]
    async fn the_end_waits_for_what_is_under_way_and_not_for_ever() {
        let outbox = Outbox::default();
        let post = post(&outbox);
        let alice = UserName::parse("alice").unwrap();
        let slow = post.clone();
        post.later(async move {
            tokio::time::sleep(Duration::from_secs(1)).await;
            slow.tell(owner(&alice, Some("alice@example.com")), &Change::Locked, None, Time(0));
        });
        post.finish(Duration::from_secs(2)).await;
        assert_eq!(outbox.messages().len(), 1);
        post.later(std::future::pending());
        post.finish(Duration::from_secs(2)).await;
    }

    #[tokio::test]
    async fn what_waits_is_bounded_and_what_is_done_at_once_is_less() {
        let post = post(&Outbox::default());
        let (gate, done) = (Arc::new(Semaphore::new(0)), Arc::new(Semaphore::new(0)));
        for _ in 0..WAITING + 50 {
            let (gate, done) = (gate.clone(), done.clone());
            post.later(async move {
                done.add_permits(1);
                let _ = gate.acquire().await;
            });
        }
        settled().await;
        assert_eq!(done.available_permits(), AT_ONCE);
        gate.close();
        settled().await;
        assert_eq!(done.available_permits(), WAITING, "the rest was dropped");
    }
}

//! A form that comes twice: a double click, or one press more while nothing seems to happen. A browser that sends the
//! second throws the answer to the first away, so the second is the one that gets it. An answer goes to one request and
//! never to two: whoever sends the same a hundred times at once has one winner, as without this.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use axum::Extension;
use axum::body::{Body, to_bytes};
use axum::extract::{Request, State};
use axum::http::Method;
use axum::http::header::COOKIE;
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use tokio::sync::oneshot::{self, Receiver, Sender};

use super::failure::Failure;
use super::form::MOST_BYTES;
use super::{Visit, Wizard};

/// A form to the byte, and who sent it.
type Form = [u8; 32];

/// The forms that are being answered, each with those who sent the same meanwhile, in their order. It holds no more of
/// them than there are requests.
#[derive(Default)]
pub struct UnderWay(Mutex<HashMap<Form, Vec<Sender<Response>>>>);

/// How a form comes in.
enum Came<'a> {
    First(First<'a>),
    /// The answer to the first, unless somebody else is given it.
    Again(Receiver<Response>),
}

/// Whose form is answered now. However that ends, nobody waits for it any longer.
struct First<'a> {
    table: &'a UnderWay,
    form: Option<Form>,
}

/// One after the other where the same form comes twice from one browser: same address, cookies and content.
pub async fn one_at_a_time(
    State(wizard): State<Arc<Wizard>>,
    Extension(visit): Extension<Arc<Visit>>,
    request: Request,
    next: Next,
) -> Response {
    if *request.method() != Method::POST {
        return next.run(request).await;
    }
    let (head, body) = request.into_parts();
    let Ok(body) = to_bytes(body, MOST_BYTES).await else { return Failure::TooLarge.into_response() };
    let client = visit.facts.client.to_string();
    let mut parts = vec![visit.facts.host.as_bytes(), visit.facts.target.as_bytes(), client.as_bytes()];
    parts.extend([visit.agent.as_bytes(), &body]);
    parts.extend(head.headers.get_all(COOKIE).iter().map(|cookies| cookies.as_bytes()));
    let form = wizard.derivation.derive("forms under way").mac(&parts);

    let read = || Request::from_parts(head.clone(), Body::from(body.clone()));
    match wizard.under_way.enter(form) {
        Came::First(first) => {
            let answer = next.clone().run(read()).await;
            // Who is not given it is answered as if the form had come after the one that was.
            match first.hand_over(answer) {
                Some(answer) => answer,
                None => next.run(read()).await,
            }
        }
        Came::Again(answer) => match answer.await {
            Ok(answer) => answer,
            Err(_) => next.run(read()).await,
        },
    }
}

impl UnderWay {
    fn enter(&self, form: Form) -> Came<'_> {
        let mut table = self.lock();
        if let Some(waiting) = table.get_mut(&form) {
            let (sender, answer) = oneshot::channel();
            waiting.push(sender);
            return Came::Again(answer);
        }
        table.insert(form, Vec::new());
        Came::First(First { table: self, form: Some(form) })
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<Form, Vec<Sender<Response>>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl First<'_> {
    /// Gives the answer to whoever sent the form last and still waits; back, where there is nobody.
    fn hand_over(mut self, answer: Response) -> Option<Response> {
        let waiting = self.leave();
        waiting.into_iter().rev().try_fold(answer, |answer, last| last.send(answer).err())
    }

    /// Those who sent the same meanwhile.
    fn leave(&mut self) -> Vec<Sender<Response>> {
        let form = self.form.take();
        form.and_then(|form| self.table.lock().remove(&form)).unwrap_or_default()
    }
}

impl Drop for First<'_> {
    fn drop(&mut self) {
        self.leave();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const FORM: Form = [1; 32];

    fn first(table: &UnderWay) -> First<'_> {
        match table.enter(FORM) {
            Came::First(first) => first,
            Came::Again(_) => panic!("nobody sent this one"),
        }
    }

    fn again(table: &UnderWay) -> Receiver<Response> {
        match table.enter(FORM) {
            Came::Again(answer) => answer,
            Came::First(_) => panic!("it is under way"),
        }
    }

    /// WZ-06: of a form that is sent three times, the last gets the answer, and nobody else does.
    #[tokio::test]
    async fn the_last_to_send_a_form_gets_its_one_answer() {
        let table = UnderWay::default();
        let opens = first(&table);
        let (second, third) = (again(&table), again(&table));
        assert!(matches!(table.enter([2; 32]), Came::First(_)), "another form waits for nobody");
        assert!(opens.hand_over(Response::new(Body::from("in"))).is_none());
        assert!(second.await.is_err(), "and is judged after it");
        let answer = to_bytes(third.await.expect("the answer").into_body(), 16).await.unwrap();
        assert_eq!(&answer[..], b"in");
        assert!(table.lock().is_empty());
    }

    #[tokio::test]
    async fn an_answer_that_nobody_waits_for_stays_with_the_first() {
        let table = UnderWay::default();
        assert!(first(&table).hand_over(Response::default()).is_some());
        let opens = first(&table);
        let waits = again(&table);
        drop(again(&table));
        assert!(opens.hand_over(Response::default()).is_none(), "who left is passed over");
        assert!(waits.await.is_ok());
        let opens = first(&table);
        drop(again(&table));
        assert!(opens.hand_over(Response::default()).is_some());
    }

    #[tokio::test]
    async fn a_first_that_is_cut_off_keeps_nobody_waiting() {
        let table = UnderWay::default();
        let opens = first(&table);
        let waits = again(&table);
        drop(opens);
        assert!(waits.await.is_err());
        drop(first(&table));
    }
}

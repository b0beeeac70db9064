//! Against a real server on loopback that speaks Twilio's REST API and checks who asks, and against its faults.

use std::os::unix::fs::PermissionsExt;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use tempfile::TempDir;

use super::*;
use crate::config::Span;
use crate::gateway::http_server::{Request, of, serve};

const ACCOUNT: &str = "AC0123456789abcdef0123456789abcdef";
const SERVICE: &str = "MG0123456789abcdef0123456789abcdef";
const TOKEN: &str = "0f1e2d3c4b5a69788796a5b4c3d2e1f0";
const NUMBER: &str = "+31612345678";

struct Desk {
    _folder: TempDir,
    written: GatewayKind,
}

impl Desk {
    fn new(url: &str) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let file = folder.path().join("token");
        std::fs::write(&file, format!("{TOKEN}\n")).expect("written");
        std::fs::set_permissions(&file, std::fs::Permissions::from_mode(0o600)).expect("set");
        let written = GatewayKind {
            kind: "twilio".to_owned(),
            url: url.to_owned(),
            account: ACCOUNT.to_owned(),
            token_file: file.display().to_string(),
            from: "+15005550006".to_owned(),
            timeout: Span::secs(20),
            ..GatewayKind::default()
        };
        Self { _folder: folder, written }
    }

    fn build(&self) -> Result<TwilioGateway, Vec<String>> {
        let mut problems = Problems::default();
        TwilioGateway::build("gateway.sms", &self.written, false, &mut problems)
            .ok_or_else(|| problems.iter().map(|problem| problem.key.clone()).collect())
    }

    fn build_calls(&self) -> Result<TwilioGateway, Vec<String>> {
        let mut problems = Problems::default();
        TwilioGateway::build("gateway.voice", &self.written, true, &mut problems)
            .ok_or_else(|| problems.iter().map(|problem| problem.key.clone()).collect())
    }

    async fn send(&self) -> Delivery {
        let message = Message::new(Receiver::Phone(NUMBER.to_owned()), "", "271828 is your code & more", "en");
        self.build().expect("built").send(&message).await
    }
}

/// What Twilio does: knows the account by its token, makes a message of three fields.
fn twilio(request: &Request) -> String {
    let credentials = data_encoding::BASE64.encode(format!("{ACCOUNT}:{TOKEN}").as_bytes());
    if request.header("authorization") != format!("Basic {credentials}") {
        return of("401 Unauthorized", r#"{"code":20003,"message":"Authenticate","status":401}"#);
    }
    let form: Vec<(String, String)> = serde_urlencoded::from_str(&request.body).expect("a form");
    let field = |name: &str| form.iter().find(|(known, _)| known == name).map_or("", |(_, value)| value);
    let sender = field("From") == "+15005550006" || field("MessagingServiceSid") == SERVICE;
    assert_eq!(request.line, format!("POST /2010-04-01/Accounts/{ACCOUNT}/Messages.json"));
    assert_eq!((field("To"), field("Body"), form.len()), (NUMBER, "271828 is your code & more", 3));
    match sender {
        true => of("201 Created", r#"{"sid":"SM1","status":"queued","error_code":null}"#),
        false => of("400 Bad Request", r#"{"code":21606,"message":"From +15005550007 is not yours","status":400}"#),
    }
}

async fn outcome(answer: String) -> Delivery {
    Desk::new(&format!("http://{}", serve(move |_| answer.clone()))).send().await
}

#[tokio::test]
async fn a_message_is_made_by_number_or_by_service() {
    let mut desk = Desk::new(&format!("http://{}", serve(twilio)));
    assert_eq!(desk.send().await, Delivery::Accepted);
    desk.written.from = String::new();
    desk.written.messaging_service = SERVICE.to_owned();
    assert_eq!(desk.send().await, Delivery::Accepted);
}

#[tokio::test]
async fn who_is_not_known_or_may_not_send_is_told_so() {
    let mut desk = Desk::new(&format!("http://{}", serve(twilio)));
    desk.written.from = "+15005550007".to_owned();
    assert_eq!(desk.send().await, Delivery::Refused("twilio answered 400, error 21606".to_owned()));
    std::fs::write(&desk.written.token_file, "ffffffffffffffffffffffffffffffff").expect("written");
    assert_eq!(desk.send().await, Delivery::Failed("twilio answered 401, error 20003".to_owned()));
}

#[tokio::test]
async fn each_answer_has_its_outcome_and_names_no_number() {
    for (status, body, refused) in [
        ("400 Bad Request", r#"{"code":21211,"message":"The number +31612345678 is not valid"}"#, true),
        ("400 Bad Request", "nonsense", true),
        ("201 Created", r#"{"sid":"SM1","status":"failed"}"#, true),
        ("201 Created", "nonsense", false),
        ("201 Created", r#"{"status":"queued"}"#, false),
        ("404 Not Found", "{}", false),
        ("429 Too Many Requests", r#"{"code":20429}"#, false),
        ("500 Internal Server Error", "", false),
        ("503 Service Unavailable", "[]", false),
    ] {
        let delivery = outcome(of(status, body)).await;
        assert_eq!(matches!(delivery, Delivery::Refused(_)), refused, "{status} {body}: {delivery:?}");
        assert!(delivery != Delivery::Accepted && !format!("{delivery:?}").contains("316123"), "{delivery:?}");
    }
    let long = outcome(of("201 Created", &" ".repeat(70_000))).await;
    assert_eq!(long, Delivery::Failed("the answer is too long".to_owned()));
}

#[tokio::test]
async fn a_redirect_is_not_followed_and_what_was_sent_is_not_sent_again() {
    let seen = Arc::new(AtomicUsize::new(0));
    let count = |answer: String| {
        let seen = seen.clone();
        serve(move |_| {
            seen.fetch_add(1, Ordering::SeqCst);
            answer.clone()
        })
    };
    let elsewhere = count(of("201 Created", r#"{"sid":"SM1","status":"queued"}"#));
    let away = format!("HTTP/1.1 307 Temporary Redirect\r\nlocation: http://{elsewhere}/\r\ncontent-length: 0\r\n\r\n");
    assert_eq!(outcome(away).await, Delivery::Failed("twilio answered 307".to_owned()));
    assert_eq!(seen.load(Ordering::SeqCst), 0);
    let broken = Desk::new(&format!("http://{}", count(String::new()))).send().await;
    assert!(matches!(broken, Delivery::Failed(_)));
    assert_eq!(seen.load(Ordering::SeqCst), 1);
}

#[tokio::test]
async fn a_slow_twilio_is_given_up_within_the_limit() {
    let slow = |_: &Request| {
        std::thread::sleep(Duration::from_secs(5));
        String::new()
    };
    let mut desk = Desk::new(&format!("http://{}", serve(slow)));
    desk.written.timeout = Span(Duration::from_millis(300));
    assert_eq!(desk.send().await, Delivery::Failed("no answer in time".to_owned()));
}

#[test]
fn what_is_unsafe_or_missing_is_a_problem() {
    let problem = |change: &dyn Fn(&mut GatewayKind)| {
        let mut desk = Desk::new("http://127.0.0.1:1");
        change(&mut desk.written);
        desk.build().err().unwrap_or_default()
    };
    assert!(problem(&|_| {}).is_empty());
    assert!(problem(&|written| written.from = "Wiki".to_owned()).is_empty());
    for account in ["", "AC", "SK0123456789abcdef0123456789abcdef", "AC0123456789abcdef0123456789abcd/.", TOKEN] {
        assert_eq!(problem(&|written| written.account = account.to_owned()), ["gateway.sms.account"], "{account}");
    }
    for from in ["", "+31", "+3161234567x", "A name that is too long", "Wiki\r\n"] {
        assert_eq!(problem(&|written| written.from = from.to_owned()), ["gateway.sms.from"], "{from:?}");
    }
    assert_eq!(problem(&|written| written.messaging_service = SERVICE.to_owned()), ["gateway.sms.from"]);
    let other = |written: &mut GatewayKind| (written.from, written.messaging_service) = Default::default();
    assert_eq!(problem(&other), ["gateway.sms.from"]);
    assert_eq!(problem(&|written| written.token_file.clear()), ["gateway.sms.token_file"]);
    assert_eq!(problem(&|written| written.url = "http://example.com".to_owned()), ["gateway.sms.url"]);
    assert_eq!(problem(&|written| written.timeout = Span(Duration::ZERO)), ["gateway.sms.timeout"]);
    let gateway = Desk::new("http://127.0.0.1:1").build().expect("built");
    assert!(!format!("{gateway:?}").contains(TOKEN));
}

#[tokio::test]
async fn a_call_is_ordered_with_the_address_to_ask_at_and_without_its_words() {
    const CALLBACK: &str = "https://wiki.example.com/.vestibule/call/opaque";
    let exchange = |request: &Request| {
        assert_eq!(request.line, format!("POST /2010-04-01/Accounts/{ACCOUNT}/Calls.json"));
        let form: Vec<(String, String)> = serde_urlencoded::from_str(&request.body).expect("a form");
        let form: Vec<_> = form.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        let from = ("From", "+15005550006");
        assert_eq!(form, [("To", NUMBER), from, ("Url", CALLBACK), ("Method", "POST"), ("Timeout", "30")]);
        of("201 Created", r#"{"sid":"CA1","status":"queued"}"#)
    };
    let gateway = Desk::new(&format!("http://{}", serve(exchange))).build_calls().expect("built");
    let mut call = Message::new(Receiver::Call(NUMBER.to_owned()), "", "your code is 2 7 1 8 2 8", "en");
    assert!(matches!(gateway.send(&call).await, Delivery::Refused(_)), "nobody could ask what to say");
    call.callback = Some(CALLBACK.to_owned().into());
    assert_eq!(gateway.send(&call).await, Delivery::Accepted);
    assert!(!format!("{call:?}").contains("opaque"));

    let problem = |change: &dyn Fn(&mut GatewayKind)| {
        let mut desk = Desk::new("http://127.0.0.1:1");
        change(&mut desk.written);
        desk.build_calls().err().unwrap_or_default()
    };
    assert_eq!(problem(&|written| written.from = "Wiki".to_owned()), ["gateway.voice.from"]);
    let service = |written: &mut GatewayKind| written.messaging_service = SERVICE.to_owned();
    assert_eq!(problem(&service), ["gateway.voice.messaging_service"]);
}

/// The examples of Twilio's documentation and of its libraries' tests.
#[test]
fn only_what_twilio_signed_is_vouched_for() {
    const URL: &str = "https://mycompany.com/myapp.php?foo=1&bar=2";
    const FORM: &str =
        "CallSid=CA1234567890ABCDE&Caller=%2B12349013030&Digits=1234&From=%2B12349013030&To=%2B18005551212";
    const SIGNED: &str = "0/KCTR6DLpKmkAf8muzZqo1nDgQ=";
    let desk = Desk::new("http://127.0.0.1:1");
    let gateway = TwilioGateway { token: Secret::new("12345".to_owned()), ..desk.build_calls().expect("built") };
    let vouched = |method: http::Method, url: &str, form: &str, signatures: &[&str]| {
        let mut headers = http::HeaderMap::new();
        for signature in signatures {
            headers.append(SIGNATURE, signature.parse().expect("a value"));
        }
        let url = Secret::new(url.to_owned());
        gateway.vouches(&Callback { method: &method, url, headers: &headers, body: form.as_bytes() })
    };
    let post = |url: &str, form: &str, signature: &str| vouched(http::Method::POST, url, form, &[signature]);
    assert!(post(URL, FORM, SIGNED));
    assert!(post(URL, &FORM.replace("12349013030", "14158675309"), "RSOYDt4T1cUTdK1PDd93/VVr8B8="));
    let mut turned: Vec<&str> = FORM.split('&').collect();
    turned.reverse();
    assert!(post(URL, &turned.join("&"), SIGNED), "in any order");
    assert!(post("https://mycompany.com:8443/myapp.php?foo=1&bar=2", FORM, SIGNED), "with its port or without");

    for url in ["http://mycompany.com/myapp.php?foo=1&bar=2", "https://mycompany.com/myapp.php?foo=1", "", "mycompany"]
    {
        assert!(!post(url, FORM, SIGNED), "{url}");
    }
    for form in [FORM.replace("1234&", "1235&"), format!("{FORM}&x=1"), FORM.replace("Digits=1234&", ""), String::new()]
    {
        assert!(!post(URL, &form, SIGNED), "{form}");
    }
    for signature in ["", "x", "AAAAAAAAAAAAAAAAAAAAAAAAAAA=", "0/KCTR6DLpKmkAf8muzZqo1nDgQ", "0/KCTR6DLpKm"] {
        assert!(!post(URL, FORM, signature), "{signature:?}");
    }
    assert!(!vouched(http::Method::POST, URL, FORM, &[]), "unsigned");
    assert!(!vouched(http::Method::POST, URL, FORM, &[SIGNED, SIGNED]), "signed twice");
    assert!(!vouched(http::Method::GET, URL, FORM, &[SIGNED]), "the body of a GET is nothing");
}

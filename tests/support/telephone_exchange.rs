//! A telephone exchange on loopback: speaks as much of Twilio's REST API as a gate needs, checks who orders a call, and
//! then does what Twilio does: asks the gate what to say, with its signature, and reads the answer as strictly as an XML
//! parser. It believes nothing that it was not told.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use data_encoding::BASE64;
use hmac::{Hmac, KeyInit, Mac};
use quick_xml::Reader;
use quick_xml::events::{BytesStart, Event};

use crate::http_server::{Request, of, serve};

pub const ACCOUNT: &str = "AC0123456789abcdef0123456789abcdef";
pub const TOKEN: &str = "0f1e2d3c4b5a69788796a5b4c3d2e1f0";
pub const NUMBER: &str = "+15005550006";

/// How it answers orders, where not as it should.
pub type Mood = dyn Fn(&Request) -> String + Send + Sync;

pub struct Exchange {
    pub address: SocketAddr,
    orders: Arc<Mutex<Vec<Order>>>,
    mood: Arc<Mutex<Option<Arc<Mood>>>>,
}

/// A call that was ordered.
#[derive(Clone, Debug)]
pub struct Order {
    pub to: String,
    /// Where to ask what to say.
    pub url: String,
    /// All that was posted.
    pub body: String,
}

/// What is asked of the gate about a call.
#[derive(Clone, Debug)]
pub struct Question {
    pub method: &'static str,
    pub url: String,
    /// `Host`, as somebody else may write it.
    pub host: String,
    pub form: Vec<(String, String)>,
    pub headers: Vec<(String, String)>,
}

/// What the gate answered.
#[derive(Clone, Debug)]
pub struct Said {
    pub status: u16,
    pub head: String,
    pub body: String,
}

/// An answer, as somebody hears it who holds the receiver.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Heard {
    /// Sentences and digits, in order.
    pub words: Vec<String>,
    /// Of what is said: the languages it is said in.
    pub languages: Vec<String>,
    /// Whether a key is waited for.
    pub waits: bool,
}

impl Exchange {
    pub fn start() -> Self {
        let orders = Arc::<Mutex<Vec<Order>>>::default();
        let mood = Arc::<Mutex<Option<Arc<Mood>>>>::default();
        let (kept, moody) = (orders.clone(), mood.clone());
        let address = serve(move |request| {
            let order = order(request);
            kept.lock().unwrap().extend(order.clone());
            // Not held while it answers: it may take its time.
            let mood = moody.lock().unwrap().clone();
            match (mood, order) {
                (Some(mood), _) => mood(request),
                (None, Some(_)) => of("201 Created", r#"{"sid":"CA1","status":"queued","direction":"outbound-api"}"#),
                (None, None) => of("401 Unauthorized", r#"{"code":20003,"message":"Authenticate","status":401}"#),
            }
        });
        Self { address, orders, mood }
    }

    /// From now on it answers orders so; `None`: as it should.
    pub fn be(&self, mood: Option<Arc<Mood>>) {
        *self.mood.lock().unwrap() = mood;
    }

    pub fn orders(&self) -> Vec<Order> {
        self.orders.lock().unwrap().clone()
    }

    #[track_caller]
    pub fn last(&self) -> Order {
        self.orders().pop().expect("a call was ordered")
    }
}

/// A well-formed order of the account's owner.
fn order(request: &Request) -> Option<Order> {
    let credentials = BASE64.encode(format!("{ACCOUNT}:{TOKEN}").as_bytes());
    let known = request.header("authorization") == format!("Basic {credentials}");
    let line = format!("POST /2010-04-01/Accounts/{ACCOUNT}/Calls.json");
    let form: Vec<(String, String)> = serde_urlencoded::from_str(&request.body).ok()?;
    let field = |name: &str| form.iter().find(|(known, _)| known == name).map(|(_, value)| value.clone());
    let ours = field("From")? == NUMBER && field("Method")? == "POST" && field("Timeout")?.parse::<u8>().is_ok();
    (known && request.line == line && ours).then_some(Order {
        to: field("To")?,
        url: field("Url")?,
        body: request.body.clone(),
    })
}

impl Order {
    /// What Twilio asks as soon as somebody takes the call, signed.
    pub fn taken(&self) -> Question {
        let form = [
            ("AccountSid", ACCOUNT),
            ("ApiVersion", "2010-04-01"),
            ("CallSid", "CA1"),
            ("CallStatus", "in-progress"),
            ("Called", &self.to),
            ("Caller", NUMBER),
            ("Direction", "outbound-api"),
            ("From", NUMBER),
            ("To", &self.to),
        ];
        let host = self.url.split('/').nth(2).expect("an address has a host").to_owned();
        let form = form.map(|(name, value)| (name.to_owned(), value.to_owned())).to_vec();
        Question { method: "POST", url: self.url.clone(), host, form, headers: Vec::new() }.signed()
    }

    /// The same once a key was pressed.
    pub fn pressed(&self, key: &str) -> Question {
        let mut question = self.taken();
        question.form.extend(
            [("Digits", key), ("FinishedOnKey", ""), ("msg", "Gather End")]
                .map(|(name, value)| (name.to_owned(), value.to_owned())),
        );
        question.signed()
    }

    /// Takes the call, presses a key, and hears the code.
    #[track_caller]
    pub fn code(&self) -> String {
        let asked = self.taken().ask().heard();
        assert!(asked.waits && asked.digits().is_empty(), "{asked:?}");
        self.pressed("5").ask().heard().code()
    }
}

impl Question {
    /// With the signature that Twilio gives this address and these fields.
    pub fn signed(self) -> Self {
        let signature = signature(TOKEN, &self.url, &self.form);
        self.with("X-Twilio-Signature", &signature)
    }

    /// With this header, in place of one of that name.
    pub fn with(mut self, name: &str, value: &str) -> Self {
        self.headers.retain(|(known, _)| known != name);
        self.headers.push((name.to_owned(), value.to_owned()));
        self
    }

    pub fn body(&self) -> String {
        serde_urlencoded::to_string(&self.form).expect("a form")
    }

    /// Sends it to where the address says.
    #[track_caller]
    pub fn ask(&self) -> Said {
        let url = url::Url::parse(&self.url).expect("an address");
        let gate = SocketAddr::from(([127, 0, 0, 1], url.port().expect("a port")));
        let target = &url[url::Position::BeforePath..];
        let mut text = format!("{} {target} HTTP/1.1\r\nHost: {}\r\nConnection: close\r\n", self.method, self.host);
        for (name, value) in &self.headers {
            text += &format!("{name}: {value}\r\n");
        }
        if self.method == "POST" {
            let body = self.body();
            let kind = "application/x-www-form-urlencoded; charset=UTF-8";
            text += &format!("Content-Type: {kind}\r\nContent-Length: {}\r\n\r\n{body}", body.len());
        } else {
            text += "\r\n";
        }
        let mut stream = TcpStream::connect(gate).expect("the gate listens");
        stream.set_read_timeout(Some(Duration::from_secs(120))).expect("a socket takes a time limit");
        stream.write_all(text.as_bytes()).expect("it reads");
        let mut answer = Vec::new();
        let _ = stream.read_to_end(&mut answer);
        let answer = String::from_utf8(answer).expect("text");
        let (head, body) = answer.split_once("\r\n\r\n").expect("an answer has a head");
        let status = head.get(9..12).and_then(|status| status.parse().ok()).expect("a status");
        Said { status, head: head.to_owned(), body: body.to_owned() }
    }
}

impl Said {
    /// Reads it as TwiML; anything that is not well-formed, or no TwiML, fails the test.
    #[track_caller]
    pub fn heard(&self) -> Heard {
        assert_eq!(self.status, 200, "{}", self.body);
        let head = self.head.to_ascii_lowercase();
        assert!(head.contains("content-type: text/xml") && !head.contains("set-cookie"), "{head}");
        assert!(self.body.starts_with("<?xml version=\"1.0\" encoding=\"UTF-8\"?>"), "{}", self.body);
        let (mut heard, mut open, mut ended) = (Heard::default(), Vec::<String>::new(), false);
        let mut reader = Reader::from_str(&self.body);
        loop {
            let event = reader.read_event().unwrap_or_else(|error| panic!("{error}: {}", self.body));
            match event {
                Event::Start(tag) => {
                    let name = name(&tag);
                    match (open.last().map(String::as_str), name.as_str()) {
                        (None, "Response") if !ended => {}
                        (Some("Response" | "Gather"), "Say") => heard.languages.push(attribute(&tag, "language")),
                        (Some("Response"), "Gather") => {
                            assert_eq!(
                                (attribute(&tag, "method").as_str(), attribute(&tag, "numDigits").as_str()),
                                ("POST", "1")
                            );
                            heard.waits = true;
                        }
                        (parent, name) => panic!("{name} in {parent:?}: {}", self.body),
                    }
                    open.push(name);
                }
                Event::Empty(tag) => assert!(matches!(name(&tag).as_str(), "Hangup" | "Pause"), "{}", self.body),
                Event::End(_) => ended = open.pop().as_deref() == Some("Response"),
                Event::Text(text) if open.last().is_some_and(|tag| tag == "Say") => {
                    heard.words.push(text.decode().expect("UTF-8").into_owned());
                }
                Event::GeneralRef(_) if open.last().is_some_and(|tag| tag == "Say") => {}
                Event::Text(text) => assert!(text.decode().expect("UTF-8").trim().is_empty(), "{}", self.body),
                Event::Decl(_) => {}
                Event::Eof => break,
                other => panic!("{other:?}: {}", self.body),
            }
        }
        assert!(ended && open.is_empty(), "{}", self.body);
        heard
    }
}

impl Heard {
    /// What was said digit by digit.
    pub fn digits(&self) -> String {
        self.words.iter().filter(|word| word.len() == 1 && word.as_bytes()[0].is_ascii_digit()).cloned().collect()
    }

    /// The code, which must be said twice, all in one language.
    #[track_caller]
    pub fn code(&self) -> String {
        let digits = self.digits();
        assert!(digits.len() == 12 && digits[..6] == digits[6..] && !self.waits, "{self:?}");
        assert!(self.languages.iter().all(|language| language == "en-US"), "{self:?}");
        digits[..6].to_owned()
    }
}

fn name(tag: &BytesStart<'_>) -> String {
    String::from_utf8(tag.name().as_ref().to_vec()).expect("UTF-8")
}

fn attribute(tag: &BytesStart<'_>, name: &str) -> String {
    let found = tag.try_get_attribute(name).expect("attributes are well-formed").expect("the attribute is there");
    String::from_utf8(found.value.to_vec()).expect("UTF-8")
}

/// <https://www.twilio.com/docs/usage/webhooks/webhooks-security>
pub fn signature(token: &str, url: &str, form: &[(String, String)]) -> String {
    let mut form = form.to_vec();
    form.sort();
    let mut mac = Hmac::<sha1::Sha1>::new_from_slice(token.as_bytes()).expect("a key of any length");
    mac.update(url.as_bytes());
    for (name, value) in form {
        mac.update(name.as_bytes());
        mac.update(value.as_bytes());
    }
    BASE64.encode(&mac.finalize().into_bytes())
}

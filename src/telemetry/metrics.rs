//! What is counted, for whoever watches over the gate (`listen.metrics`). There is one set of numbers in a process, as
//! there is one log. Labels are words of ours and of the configuration alone: never a visitor's byte, so that nobody can
//! make them many, or read here who was where. On a request's way a number is one atomic addition.

use std::borrow::Cow;
use std::sync::LazyLock;
use std::sync::atomic::AtomicU64;

use prometheus_client::encoding::text::encode;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::registry::Registry;

/// What the text is, for `Content-Type`.
pub const CONTENT_TYPE: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";

/// Status classes; 0 is a request that ended without an answer.
const CLASSES: [&str; 6] = ["none", "1xx", "2xx", "3xx", "4xx", "5xx"];

type Label = (&'static str, Cow<'static, str>);
type Counters<const N: usize> = Family<[Label; N], Counter>;

/// The numbers of this process.
pub fn metrics() -> &'static Metrics {
    static METRICS: LazyLock<Metrics> = LazyLock::new(Metrics::new);
    &METRICS
}

/// All numbers.
#[derive(Debug)]
pub struct Metrics {
    registry: Registry,
    passwords: Counters<1>,
    factors: Counters<2>,
    sessions_opened: Counters<1>,
    throttled: Counters<1>,
    messages: Counters<3>,
    units: Counters<3>,
    cost: Family<[Label; 1], Counter<f64, AtomicU64>>,
    requests: Counters<3>,
    questions: Counters<2>,
    upstream_failures: Counters<1>,
    under_way: Gauge,
    streams: Gauge,
    /// Sessions in memory: those that were used since the start, as far as they fit.
    pub sessions: Gauge,
    /// 1 where the store answers.
    pub store_ready: Gauge,
    certificates: Family<[Label; 1], Gauge>,
}

/// What became of a message, as it is counted.
#[derive(Clone, Copy, Debug)]
pub struct Sent {
    /// `sms`, `voice`, `email`.
    pub gateway: &'static str,
    /// `twilio`, `smtp`; empty where there is none.
    pub kind: &'static str,
    /// `accepted`, `refused`, `failed`, `dropped`.
    pub outcome: &'static str,
    /// How many the provider counts it as.
    pub units: u64,
    /// What those cost, in whatever currency the configuration has in mind.
    pub cost: f64,
}

/// The requests of one site, ready to be counted: by the application's answers and by ours, each by status class.
#[derive(Clone, Debug, Default)]
pub struct Requests {
    application: [Counter; CLASSES.len()],
    gate: [Counter; CLASSES.len()],
}

/// Something under way, counted until it is dropped.
#[derive(Debug)]
pub struct UnderWay(Gauge);

impl UnderWay {
    fn begin(gauge: &Gauge) -> Self {
        gauge.inc();
        Self(gauge.clone())
    }
}

impl Drop for UnderWay {
    fn drop(&mut self) {
        self.0.dec();
    }
}

impl Requests {
    /// Counts one that ended with this status, 0 for none.
    pub fn count(&self, by_application: bool, status: u16) {
        let counters = if by_application { &self.application } else { &self.gate };
        if let Some(counter) = counters.get(usize::from(status / 100)) {
            counter.inc();
        }
    }
}

impl Metrics {
    fn new() -> Self {
        let mut new = Self {
            registry: Registry::with_prefix("vestibule"),
            passwords: Family::default(),
            factors: Family::default(),
            sessions_opened: Family::default(),
            throttled: Family::default(),
            messages: Family::default(),
            units: Family::default(),
            cost: Family::default(),
            requests: Family::default(),
            questions: Family::default(),
            upstream_failures: Family::default(),
            under_way: Gauge::default(),
            streams: Gauge::default(),
            sessions: Gauge::default(),
            store_ready: Gauge::default(),
            certificates: Family::default(),
        };
        let to = &mut new.registry;
        to.register("passwords", "First factors tried, by what became of them", new.passwords.clone());
        to.register("second_factors", "Second factors tried, by method and what became of them", new.factors.clone());
        to.register(
            "sessions_opened",
            "Logins and step-ups that ended in a session, by level",
            new.sessions_opened.clone(),
        );
        to.register("throttled", "What had to wait, by what it waits for", new.throttled.clone());
        to.register("messages", "Messages, by gateway, its kind and the outcome", new.messages.clone());
        to.register(
            "message_units",
            "The same in units as providers count them: the segments of a text message, each mail",
            new.units.clone(),
        );
        to.register("message_cost", "What accepted messages cost, at the configured price", new.cost.clone());
        to.register(
            "requests",
            "Requests, by site, by who answered (application, gate) and by status class",
            new.requests.clone(),
        );
        to.register(
            "forward_auth",
            "Questions of servers in front, by dialect and by what they were told",
            new.questions.clone(),
        );
        to.register(
            "upstream_failures",
            "Applications that could not be reached or broke off, by site",
            new.upstream_failures.clone(),
        );
        to.register("requests_under_way", "Requests of sessions under way", new.under_way.clone());
        to.register("streams", "WebSockets and event streams under way", new.streams.clone());
        to.register("sessions_in_memory", "Sessions used since the start, as far as they fit", new.sessions.clone());
        to.register("store_ready", "1 where the store answers", new.store_ready.clone());
        to.register(
            "certificate_seconds_left",
            "How long each certificate is still in force, by its file",
            new.certificates.clone(),
        );
        new
    }

    /// A first factor: `right`, `wrong`, `waiting`, `closed`, `busy`, `failed`.
    pub fn password(&self, result: &'static str) {
        self.passwords.get_or_create(&[word("result", result)]).inc();
    }

    /// A second factor: `right`, `wrong`, `waiting`, `closed`, `gone`, `failed`.
    pub fn factor(&self, method: &'static str, result: &'static str) {
        self.factors.get_or_create(&[word("method", method), word("result", result)]).inc();
    }

    /// A session of this level.
    pub fn session_opened(&self, level: &'static str) {
        self.sessions_opened.get_or_create(&[word("level", level)]).inc();
    }

    /// Something that was not looked at or sent: `password`, `factor`, `source`, `budget`.
    pub fn throttled(&self, by: &'static str) {
        self.throttled.get_or_create(&[word("by", by)]).inc();
    }

    pub fn sent(&self, sent: Sent) {
        let gateway = word("gateway", sent.gateway);
        let labels = [gateway.clone(), word("kind", sent.kind), word("outcome", sent.outcome)];
        self.messages.get_or_create(&labels).inc();
        self.units.get_or_create(&labels).inc_by(sent.units);
        if sent.cost > 0.0 {
            self.cost.get_or_create(&[gateway]).inc_by(sent.cost);
        }
    }

    /// Where the requests of a site are counted; `site` as the configuration calls it.
    pub fn requests(&self, site: &str) -> Requests {
        let counter = |by: &'static str| {
            CLASSES.map(|class| {
                let labels = [("site", Cow::Owned(site.to_owned())), word("by", by), word("status", class)];
                self.requests.get_or_create(&labels).clone()
            })
        };
        Requests { application: counter("application"), gate: counter("gate") }
    }

    /// A question of a server in front: `allowed`, `asked` (a login is missing), `refused`, `unclear`, `failed`.
    pub fn question(&self, dialect: &'static str, told: &'static str) {
        self.questions.get_or_create(&[word("dialect", dialect), word("told", told)]).inc();
    }

    /// A request of a session that began.
    pub fn request(&self) -> UnderWay {
        UnderWay::begin(&self.under_way)
    }

    /// A WebSocket or an event stream that began.
    pub fn stream(&self) -> UnderWay {
        UnderWay::begin(&self.streams)
    }

    pub fn upstream_failed(&self, site: &str) {
        self.upstream_failures.get_or_create(&[("site", Cow::Owned(site.to_owned()))]).inc();
    }

    /// How long the certificate of this file is still in force, in seconds.
    pub fn certificate(&self, file: &str, left: i64) {
        self.certificates.get_or_create(&[("file", Cow::Owned(file.to_owned()))]).set(left);
    }

    /// All of it, in the text format that Prometheus reads (OpenMetrics 1.0).
    pub fn text(&self) -> String {
        let mut text = String::new();
        // Writing to a string does not fail.
        let _ = encode(&mut text, &self.registry);
        text
    }
}

fn word(name: &'static str, value: &'static str) -> Label {
    (name, Cow::Borrowed(value))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_counted_is_told() {
        let metrics = Metrics::new();
        metrics.password("wrong");
        metrics.factor("totp", "right");
        metrics.factor("totp", "right");
        metrics.sent(Sent { gateway: "sms", kind: "twilio", outcome: "accepted", units: 2, cost: 0.16 });
        metrics.sent(Sent { gateway: "sms", kind: "twilio", outcome: "failed", units: 1, cost: 0.0 });
        let site = metrics.requests("https://wiki.example.com");
        site.count(true, 204);
        site.count(false, 302);
        site.count(false, 999);
        let text = metrics.text();
        for line in [
            r#"vestibule_passwords_total{result="wrong"} 1"#,
            r#"vestibule_second_factors_total{method="totp",result="right"} 2"#,
            r#"vestibule_messages_total{gateway="sms",kind="twilio",outcome="accepted"} 1"#,
            r#"vestibule_message_units_total{gateway="sms",kind="twilio",outcome="accepted"} 2"#,
            r#"vestibule_message_cost_total{gateway="sms"} 0.16"#,
            r#"vestibule_requests_total{site="https://wiki.example.com",by="application",status="2xx"} 1"#,
            r#"vestibule_requests_total{site="https://wiki.example.com",by="gate",status="3xx"} 1"#,
            "vestibule_store_ready 0",
            "# EOF",
        ] {
            assert!(text.lines().any(|it| it == line), "{line} in {text}");
        }
    }
}

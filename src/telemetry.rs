//! Setting up the log: one line an event on standard error, as text or as JSON. Other crates never say more than
//! warnings, whatever is configured: at their finer levels they print request heads, cookies and keys. No value of a
//! field reaches a terminal or a log file raw, and none is longer than a line should be. Numbers are in [`metrics`].

mod metrics;
mod writer;

use std::borrow::Cow;
use std::fmt::{self, Write as _};
use std::io::Write;
use std::sync::{Arc, OnceLock};

use tracing::field::{Field, Visit};
use tracing::level_filters::LevelFilter;
use tracing::span::{Attributes, Id, Record};
use tracing::{Event, Level, Subscriber};
use tracing_subscriber::filter::Targets;
use tracing_subscriber::layer::{Context, Layer, SubscriberExt};
use tracing_subscriber::registry::{LookupSpan, Registry};
use tracing_subscriber::util::SubscriberInitExt;

use self::writer::Writer;
use crate::clock::Clock;
use crate::config::LogSection;
use crate::error::Problems;

pub use metrics::{CONTENT_TYPE, Requests, Sent, UnderWay, metrics};

/// The target of access lines, one a request: they may be written a moment late.
pub const ACCESS: &str = "vestibule::access";

/// What the log of this process is written with.
static WRITER: OnceLock<Arc<Writer>> = OnceLock::new();

/// The longest value of a field, in characters: enough for any path worth reading, and a megabyte of user agent is cut.
const LONGEST_VALUE: usize = 512;

/// Names of fields that are never printed. A net under the types that print redacted: whoever writes such a field by
/// mistake gets the name into the log, and no more.
const NEVER_PRINTED: [&str; 8] =
    ["password", "code", "token", "cookie", "secret", "assertion", "authorization", "csrf"];

/// Makes the log of this process; once, before anything is worth a line. `RUST_LOG` is not read.
///
/// # Errors
/// A level or a format that does not exist; a log that is set up already; no thread to be had for it.
pub fn start(log: &LogSection, clock: Arc<dyn Clock>) -> Result<(), Problems> {
    let failed = |error: &dyn fmt::Display| {
        let mut problems = Problems::default();
        problems.add("log", error.to_string(), "start the log once in a process");
        problems
    };
    let writer = Arc::new(Writer::new(Box::new(std::io::stderr())));
    writing(log, clock, writer.clone())?.try_init().map_err(|error| failed(&error))?;
    writer.attend().map_err(|error| failed(&error))?;
    let _ = WRITER.set(writer);
    Ok(())
}

/// Writes the lines that wait, for whoever is about to read them.
pub fn flush() {
    if let Some(writer) = WRITER.get() {
        writer.flush();
    }
}

/// The log as a value, writing each line to `out` at once.
///
/// # Errors
/// A level or a format that does not exist.
pub fn subscriber(
    log: &LogSection,
    clock: Arc<dyn Clock>,
    out: Box<dyn Write + Send>,
) -> Result<impl Subscriber + Send + Sync + use<>, Problems> {
    writing(log, clock, Arc::new(Writer::new(out)))
}

fn writing(
    log: &LogSection,
    clock: Arc<dyn Clock>,
    writer: Arc<Writer>,
) -> Result<impl Subscriber + Send + Sync + use<>, Problems> {
    let mut problems = Problems::default();
    let level = match log.level.as_str() {
        "error" => LevelFilter::ERROR,
        "warn" => LevelFilter::WARN,
        "info" => LevelFilter::INFO,
        "debug" => LevelFilter::DEBUG,
        "trace" => LevelFilter::TRACE,
        other => {
            problems.add("log.level", format!("{other:?} is no level"), "write error, warn, info, debug or trace");
            LevelFilter::INFO
        }
    };
    let json = match log.format.as_str() {
        "text" => false,
        "json" => true,
        other => {
            problems.add("log.format", format!("{other:?} is no format"), "write text or json");
            false
        }
    };
    if !problems.is_empty() {
        return Err(problems);
    }
    // Whatever is not ours is foreign, also a crate that nobody has thought of yet.
    let targets = Targets::new()
        .with_target("vestibule", level)
        .with_target("webauthn_rs_core", LevelFilter::OFF)
        // What goes wrong on a connection is told by us, with the request it happened to; here nobody knows which it was,
        // and some lines quote what was received.
        .with_target("pingora_core::connectors", LevelFilter::OFF)
        .with_target("pingora_core::protocols::http", LevelFilter::OFF)
        .with_target("pingora_proxy", LevelFilter::OFF)
        .with_default(level.min(LevelFilter::WARN));
    let lines = Lines { clock, json, writer };
    Ok(Registry::default().with(lines.with_filter(targets)))
}

/// Writes each event as one line.
struct Lines {
    clock: Arc<dyn Clock>,
    json: bool,
    writer: Arc<Writer>,
}

impl<S: Subscriber + for<'s> LookupSpan<'s>> Layer<S> for Lines {
    fn on_new_span(&self, attributes: &Attributes<'_>, id: &Id, context: Context<'_, S>) {
        if let Some(span) = context.span(id) {
            let mut fields = Fields::default();
            attributes.record(&mut fields);
            span.extensions_mut().insert(fields);
        }
    }

    fn on_record(&self, id: &Id, values: &Record<'_>, context: Context<'_, S>) {
        if let Some(span) = context.span(id)
            && let Some(fields) = span.extensions_mut().get_mut::<Fields>()
        {
            values.record(fields);
        }
    }

    fn on_event(&self, event: &Event<'_>, context: Context<'_, S>) {
        let mut fields = Fields::default();
        event.record(&mut fields);
        for span in context.event_scope(event).into_iter().flatten() {
            if let Some(of_span) = span.extensions().get::<Fields>() {
                fields.extend(of_span);
            }
        }
        let target = fields.bridged().unwrap_or_else(|| event.metadata().target());
        let (time, level) = (self.clock.wall().rfc3339(), event.metadata().level().as_str());
        let mut line =
            if self.json { fields.as_json(&time, level, target) } else { fields.as_text(&time, level, target) };
        line.push('\n');
        let metadata = event.metadata();
        if metadata.target() == ACCESS && *metadata.level() >= Level::INFO {
            self.writer.soon(&line);
        } else {
            self.writer.now(&line);
        }
    }
}

/// Fields in the order they were written, each cut to [`LONGEST_VALUE`]: one text after another.
struct Fields {
    /// Name, kind, and where the value ends.
    ends: Vec<(&'static str, Kind, usize)>,
    values: String,
}

#[derive(Clone, Copy)]
enum Kind {
    /// A number or a truth: nothing in it to escape.
    Plain,
    Text,
}

impl Default for Fields {
    /// With room for an access line: there is one for each request.
    fn default() -> Self {
        Self { ends: Vec::with_capacity(12), values: String::with_capacity(256) }
    }
}

impl Fields {
    fn push(&mut self, field: &Field, kind: Kind, value: impl FnOnce(&mut Cut<'_>) -> fmt::Result) {
        let name = field.name();
        let last_word = name.rsplit(['.', '_']).next().unwrap_or(name);
        if NEVER_PRINTED.contains(&last_word) {
            self.values.push_str("[redacted]");
            self.ends.push((name, Kind::Text, self.values.len()));
            return;
        }
        // The error is the end of the room: what did not fit is dropped.
        if value(&mut Cut { text: &mut self.values, room: LONGEST_VALUE }).is_err() {
            self.values.push('…');
        }
        self.ends.push((name, kind, self.values.len()));
    }

    fn iter(&self) -> impl Iterator<Item = (&'static str, Kind, &str)> {
        let starts = std::iter::once(0).chain(self.ends.iter().map(|(_, _, end)| *end));
        self.ends.iter().zip(starts).map(|((name, kind, end), start)| (*name, *kind, &self.values[start..*end]))
    }

    fn extend(&mut self, other: &Fields) {
        let before = self.values.len();
        self.values.push_str(&other.values);
        self.ends.extend(other.ends.iter().map(|(name, kind, end)| (*name, *kind, before + end)));
    }

    /// Crates that log by the other crate come over a bridge, which puts who speaks and where into fields: the name is
    /// taken from there, the rest is not shown.
    fn bridged(&self) -> Option<&str> {
        self.iter().find(|(name, ..)| *name == "log.target").map(|(.., value)| value)
    }

    fn shown(&self) -> impl Iterator<Item = (&'static str, Kind, &str)> {
        self.iter().filter(|(name, ..)| !name.starts_with("log."))
    }

    /// `2026-01-31T10:00:00Z INFO vestibule::app listening address=127.0.0.1:8080`
    fn as_text(&self, time: &str, level: &str, target: &str) -> String {
        let mut line = String::with_capacity(2 * self.values.len() + 128);
        line.extend([time, " ", level, " ", &escaped(target)]);
        for (name, kind, value) in self.shown() {
            line.push(' ');
            match kind {
                Kind::Text if name == "message" => line.push_str(&escaped(value)),
                Kind::Plain => line.extend([name, "=", value]),
                Kind::Text if value.is_empty() || value.contains([' ', '"', '=']) => {
                    line.extend([name, "=\"", &escaped(value).replace('"', "\\\""), "\""]);
                }
                Kind::Text => line.extend([name, "=", &escaped(value)]),
            }
        }
        line
    }

    /// One object; a field of the event hides one of the same name of a span, and none hides ours.
    fn as_json(&self, time: &str, level: &str, target: &str) -> String {
        let mut object = serde_json::Map::new();
        for (name, text) in [("time", time), ("level", level), ("target", target)] {
            object.insert(name.to_owned(), text.into());
        }
        for (name, kind, value) in self.shown() {
            let value = match kind {
                Kind::Plain => serde_json::from_str(value).unwrap_or_else(|_| value.into()),
                Kind::Text => escaped(value).into(),
            };
            object.entry(name).or_insert(value);
        }
        serde_json::Value::Object(object).to_string()
    }
}

impl Visit for Fields {
    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        self.push(field, Kind::Text, |text| write!(text, "{value:?}"));
    }

    fn record_str(&mut self, field: &Field, value: &str) {
        self.push(field, Kind::Text, |text| text.write_str(value));
    }

    fn record_bool(&mut self, field: &Field, value: bool) {
        self.push(field, Kind::Plain, |text| write!(text, "{value}"));
    }

    fn record_i64(&mut self, field: &Field, value: i64) {
        self.push(field, Kind::Plain, |text| write!(text, "{value}"));
    }

    fn record_u64(&mut self, field: &Field, value: u64) {
        self.push(field, Kind::Plain, |text| write!(text, "{value}"));
    }

    fn record_f64(&mut self, field: &Field, value: f64) {
        self.push(field, Kind::Plain, |text| write!(text, "{value}"));
    }
}

/// Takes the first characters and refuses the rest, so that a megabyte is never formatted in full.
struct Cut<'a> {
    text: &'a mut String,
    /// In characters.
    room: usize,
}

impl fmt::Write for Cut<'_> {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        // No text has more characters than bytes.
        let end = if text.len() <= self.room { None } else { text.char_indices().nth(self.room).map(|(end, _)| end) };
        let fitting = &text[..end.unwrap_or(text.len())];
        self.text.push_str(fitting);
        self.room -= fitting.chars().count();
        if end.is_some() { Err(fmt::Error) } else { Ok(()) }
    }
}

/// Every character that could end a line, steer a terminal or turn the reading direction, as `\u{…}`. Backslashes are
/// doubled, so that nobody can write what looks like an escape of ours.
fn escaped(text: &str) -> Cow<'_, str> {
    // Nearly all that is ever logged.
    if text.bytes().all(|byte| matches!(byte, b' '..=b'~') && byte != b'\\') {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len());
    for character in text.chars() {
        let turns = matches!(character,
            '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{61c}' | '\u{feff}');
        if character == '\\' {
            out.push_str("\\\\");
        } else if character.is_control() || turns {
            out.extend(character.escape_default());
        } else {
            out.push(character);
        }
    }
    Cow::Owned(out)
}

#[cfg(test)]
mod tests {
    use std::sync::Mutex;

    use tracing::{debug, error, info, info_span, trace, warn};

    use super::*;
    use crate::clock::Time;

    #[derive(Debug)]
    struct Noon;

    impl Clock for Noon {
        fn now(&self) -> Time {
            Time::from_secs(43_200)
        }
        fn wall(&self) -> Time {
            Time::from_secs(43_200)
        }
    }

    #[derive(Clone, Default)]
    struct Page(Arc<Mutex<Vec<u8>>>);

    impl Write for Page {
        fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
            self.0.lock().unwrap().write(bytes)
        }
        fn flush(&mut self) -> std::io::Result<()> {
            Ok(())
        }
    }

    fn logged(level: &str, format: &str, say: impl FnOnce()) -> String {
        let page = Page::default();
        let log = LogSection { level: level.to_owned(), format: format.to_owned() };
        let subscriber = subscriber(&log, Arc::new(Noon), Box::new(page.clone())).unwrap();
        tracing::subscriber::with_default(subscriber, say);
        String::from_utf8(page.0.lock().unwrap().clone()).unwrap()
    }

    #[test]
    fn a_line_says_when_how_grave_who_and_what() {
        let page = logged("info", "text", || {
            let _in = info_span!("request", request = "r1", status = tracing::field::Empty).entered();
            info!(status = 200, path = "/a b", ok = true, "served");
            debug!("not at this level");
        });
        assert_eq!(
            page,
            "1970-01-01T12:00:00Z INFO vestibule::telemetry::tests served status=200 path=\"/a b\" ok=true request=r1\n"
        );
    }

    #[test]
    fn json_is_one_object_a_line() {
        let page = logged("info", "json", || info!(status = 200, path = "/\"\n", level = "forged", "served"));
        let value: serde_json::Value = serde_json::from_str(page.trim_end()).unwrap();
        assert_eq!(page.matches('\n').count(), 1);
        assert_eq!(value["status"], 200);
        assert_eq!(value["path"], "/\"\\n");
        assert_eq!(value["level"], "INFO");
        assert_eq!(value["message"], "served");
    }

    #[test]
    fn st_13_what_a_stranger_sends_cannot_forge_a_line_or_steer_a_terminal() {
        let agent = "curl\r\n1970 INFO vestibule forged\u{1b}]0;owned\u{7}\u{9b}31m\u{202e}\\n";
        for format in ["text", "json"] {
            let page = logged("info", format, || info!(agent, shown = %agent, debugged = ?agent, "{agent}"));
            assert_eq!(page.matches('\n').count(), 1, "{page:?}");
            assert!(!page.contains(['\r', '\u{1b}', '\u{7}', '\u{9b}', '\u{202e}']), "{page:?}");
        }
        let page = logged("info", "text", || info!(name = "plain-ünï", "fine"));
        assert!(page.ends_with("fine name=plain-ünï\n"), "what is harmless stays as it is: {page}");
    }

    #[test]
    fn st_13_a_megabyte_is_cut() {
        let long = "x".repeat(1 << 20);
        for format in ["text", "json"] {
            let page = logged("info", format, || info!(one = long, two = %long, three = ?long, "{long}"));
            assert!(page.len() < 4 * (LONGEST_VALUE + 40) + 100, "{}", page.len());
        }
    }

    #[test]
    fn other_crates_never_say_more_than_warnings() {
        let page = logged("trace", "text", || {
            trace!("ours");
            trace!(target: "pingora_core::protocols", "a head with cookies");
            debug!(target: "sled::tree", "a key");
            info!(target: "h2", "frames");
            info!(target: "somebody_new", "who knows");
            warn!(target: "pingora_core::protocols::http::v1::body", "more than expected");
            error!(target: "pingora_core::connectors", "no connection to reuse");
            error!(target: "pingora_proxy::proxy_h1", "whose request was it");
            warn!(target: "hyper", "a warning");
            error!(target: "rustls", "an error");
        });
        let said: Vec<&str> = page.lines().map(|line| line.split_once(' ').unwrap().1).collect();
        assert_eq!(said, ["TRACE vestibule::telemetry::tests ours", "WARN hyper a warning", "ERROR rustls an error"]);
        assert_eq!(logged("error", "text", || warn!(target: "hyper", "a warning")), "");
    }

    #[test]
    fn fields_that_name_a_secret_are_never_printed() {
        let page =
            logged("trace", "text", || info!(password = "hunter2", session_token = ?"abc", code = 123_456, "posted"));
        assert!(page.ends_with("posted password=[redacted] session_token=[redacted] code=[redacted]\n"), "{page}");
    }

    #[test]
    fn a_level_or_format_that_does_not_exist_is_refused() {
        let log = LogSection { level: "loud".to_owned(), format: "xml".to_owned() };
        let problems = subscriber(&log, Arc::new(Noon), Box::new(std::io::sink())).err().unwrap();
        assert_eq!(problems.iter().map(|it| it.key.as_str()).collect::<Vec<_>>(), ["log.level", "log.format"]);
    }
}

//! What a browser without script reads off our pages: forms with their fields. Enough for well-formed markup of ours; it
//! is no general parser and must not repair anything.

/// A form of a page.
#[derive(Clone, Debug)]
pub struct Form {
    pub action: String,
    pub method: String,
    /// What is sent as it stands: inputs with their values, unticked boxes left out.
    pub fields: Vec<(String, String)>,
    /// Names of boxes that are not ticked.
    pub boxes: Vec<String>,
    /// Buttons that send something when they are used.
    pub buttons: Vec<(String, String)>,
}

impl Form {
    /// All forms of a page, in order.
    pub fn all(html: &str) -> Vec<Self> {
        let mut forms: Vec<Self> = Vec::new();
        let mut inside = false;
        for (name, attributes) in tags(html) {
            let get = |key: &str| attributes.iter().find(|(name, _)| name == key).map(|(_, value)| value.clone());
            match (name.as_str(), forms.last_mut()) {
                ("form", _) => {
                    inside = true;
                    forms.push(Self {
                        action: get("action").unwrap_or_default(),
                        method: get("method").unwrap_or_else(|| "get".to_owned()),
                        fields: Vec::new(),
                        boxes: Vec::new(),
                        buttons: Vec::new(),
                    });
                }
                ("/form", _) => inside = false,
                ("input", Some(form)) if inside => {
                    let (Some(name), value) = (get("name"), get("value").unwrap_or_default()) else { continue };
                    let tick = matches!(get("type").as_deref(), Some("checkbox" | "radio"));
                    if tick && get("checked").is_none() {
                        form.boxes.push(name)
                    } else {
                        form.fields.push((name, value))
                    }
                }
                ("button", Some(form)) if inside => {
                    if let Some(name) = get("name") {
                        form.buttons.push((name, get("value").unwrap_or_default()));
                    }
                }
                _ => {}
            }
        }
        forms
    }

    pub fn field(&self, name: &str) -> Option<&str> {
        self.fields.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }

    pub fn has(&self, name: &str) -> bool {
        self.field(name).is_some() || self.boxes.iter().any(|key| key == name)
    }

    /// The body of its post, with these fields filled in; one that the form does not have is added.
    pub fn filled(&self, values: &[(&str, &str)]) -> String {
        let mut all = self.fields.clone();
        for (name, value) in values {
            all.retain(|(key, _)| key != name);
            all.push(((*name).to_owned(), (*value).to_owned()));
        }
        encoded(&all)
    }
}

/// `application/x-www-form-urlencoded`.
pub fn encoded(fields: &[(String, String)]) -> String {
    url::form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish()
}

/// The value of an attribute of the first tag called `tag` for which `fits` says so.
pub fn attribute(html: &str, tag: &str, attribute: &str, fits: impl Fn(&str) -> bool) -> Option<String> {
    tags(html)
        .into_iter()
        .filter(|(name, _)| name == tag)
        .flat_map(|(_, attributes)| attributes)
        .find(|(name, value)| name == attribute && fits(value))
        .map(|(_, value)| value)
}

/// Tags with their attributes, in order; end tags with their slash.
pub fn tags(html: &str) -> Vec<(String, Vec<(String, String)>)> {
    let mut found = Vec::new();
    let mut rest = html;
    while let Some(at) = rest.find('<') {
        rest = &rest[at + 1..];
        if let Some(comment) = rest.strip_prefix("!--") {
            rest = comment.split_once("-->").map_or("", |(_, after)| after);
            continue;
        }
        let end = rest.find(|c: char| c.is_whitespace() || c == '>').unwrap_or(rest.len());
        let name = rest[..end].to_ascii_lowercase();
        rest = &rest[end..];
        let mut attributes = Vec::new();
        loop {
            rest = rest.trim_start_matches(|c: char| c.is_whitespace() || c == '/');
            if rest.is_empty() || rest.starts_with('>') {
                break;
            }
            let end = rest.find(|c: char| c.is_whitespace() || matches!(c, '=' | '>')).unwrap_or(rest.len());
            let key = rest[..end].to_ascii_lowercase();
            rest = &rest[end..];
            let mut value = "";
            if let Some(after) = rest.strip_prefix('=') {
                let quoted = after.strip_prefix('"').expect("our attributes stand in double quotes");
                let (inner, tail) = quoted.split_once('"').expect("a quote is closed");
                (value, rest) = (inner, tail);
            }
            attributes.push((key, unescaped(value)));
        }
        found.push((name, attributes));
    }
    found
}

/// Markup without its tags, entities read.
pub fn text(html: &str) -> String {
    let mut out = String::new();
    let mut rest = html;
    while let Some((before, after)) = rest.split_once('<') {
        out.push_str(before);
        out.push(' ');
        rest = after.split_once('>').map_or("", |(_, after)| after);
    }
    out.push_str(rest);
    unescaped(&out)
}

pub fn unescaped(text: &str) -> String {
    text.replace("&lt;", "<").replace("&gt;", ">").replace("&quot;", "\"").replace("&#39;", "'").replace("&amp;", "&")
}

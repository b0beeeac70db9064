//! What a telephone call says, and how a provider is told to say it (TwiML: the XML of Twilio and of those who speak like
//! it). A mailbox that takes the call must get nothing: whatever is said before a key was pressed holds no code.

use maud::html;

use crate::texts::Texts;

/// A call that tells a code, in the language of whoever is called.
pub struct Call {
    /// Language and region as speech needs them (BCP 47): `en-US`.
    language: String,
    asks: String,
    says: Vec<String>,
}

impl Call {
    /// Each digit is said by itself, so that no zero is lost and no two are read as one number; and all of it twice.
    pub fn code(site: &str, code: &str, texts: &Texts) -> Self {
        let named = |key| texts.plain_with(key, &[("site", site.into())]);
        let digits = || code.chars().map(String::from);
        let mut says = vec![named("voice-code")];
        says.extend(digits());
        says.push(texts.text("voice-again"));
        says.extend(digits());
        says.push(texts.text("voice-end"));
        Self { language: texts.text("voice-language"), asks: named("voice-ask"), says }
    }

    /// TwiML that asks for a key and, when none is pressed, hangs up. The key is posted to the address that this was
    /// fetched from.
    pub fn question(&self) -> String {
        // Without `finishOnKey=""` a hash would end the wait and be no key.
        let asks = self.said(&self.asks);
        document(&format!(
            "<Gather input=\"dtmf\" numDigits=\"1\" finishOnKey=\"\" timeout=\"10\" method=\"POST\">{asks}</Gather><Hangup/>"
        ))
    }

    /// TwiML that says the code.
    pub fn answer(&self) -> String {
        let says: Vec<String> = self.says.iter().map(|words| self.said(words)).collect();
        document(&format!("{}<Hangup/>", says.join("<Pause length=\"1\"/>")))
    }

    /// All of it for somebody who reads: where nobody is called.
    pub fn transcript(&self) -> String {
        format!("{}\n\n{}", self.asks, self.says.join(" "))
    }

    fn said(&self, words: &str) -> String {
        let escaped = |text: &str| html! { (text) }.into_string();
        format!("<Say language=\"{}\">{}</Say>", escaped(&self.language), escaped(words))
    }
}

fn document(verbs: &str) -> String {
    format!("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<Response>{verbs}</Response>\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_code_is_said_twice_digit_by_digit_and_only_when_asked_for() {
        let call = Call::code("Tom & <Jerry>", "007120", &Texts::english());
        let (question, answer) = (call.question(), call.answer());
        assert!(!question.contains("007") && !question.contains("<Say language=\"en-US\">0"), "{question}");
        assert!(question.contains("Tom &amp; &lt;Jerry&gt;") && question.ends_with("</Gather><Hangup/></Response>\n"));
        let said = |digit: &str| answer.matches(&format!("<Say language=\"en-US\">{digit}</Say>")).count();
        assert_eq!(["0", "7", "1", "2"].map(said), [6, 2, 2, 2], "{answer}");
        for texts in Texts::all() {
            let (call, language) = (Call::code("wiki", "007120", texts), texts.text("voice-language"));
            let answer = call.answer();
            assert_eq!(answer.matches(&format!("<Say language=\"{language}\">")).count(), 15, "{answer}");
            assert!(language.starts_with(&texts.lang()[..2]) && !call.question().contains("007"), "{language}");
        }
        assert!(!answer.contains("Gather") && call.transcript().contains(" 0 0 7 1 2 0 "), "{}", call.transcript());
    }
}

//! `verify`: an assertion, checked as an application should check it.

use std::io::Read;
use std::time::Duration;

use serde_json::json;

use super::print::{Told, as_json, print};
use super::{Ended, args};
use crate::app::{Failure, Machine};
use crate::assertion::verify as check;

/// The longest assertion and key set that are looked at, in bytes.
const MOST: u64 = 256 * 1024;

pub async fn verify(asked: args::Verify, json: bool) -> Result<(), Ended> {
    let mut token = String::new();
    std::io::stdin().lock().take(MOST).read_to_string(&mut token).map_err(|error| {
        Failure::new(format!("standard input cannot be read: {error}"), "pipe the assertion into this command")
    })?;
    let keys = if asked.jwks.starts_with("http://") || asked.jwks.starts_with("https://") {
        fetch(&asked.jwks).await?
    } else {
        std::fs::read_to_string(&asked.jwks).map_err(|error| {
            let what = format!("{} cannot be read: {error}", asked.jwks);
            Failure::new(what, "name a file, or the address of jwks.json")
        })?
    };
    let wall = Machine::start().clock.wall();
    match check(token.trim(), &keys, &asked.audience, &asked.issuer, wall) {
        Ok(verified) => print(|out| match json {
            true => as_json(out, &Told { outcome: "good", rest: json!({ "claims": verified.0 }) }),
            false => writeln!(out, "good\n{}", serde_json::to_string_pretty(&verified.0).unwrap_or_default()),
        }),
        Err(error) => {
            let remedy = "do not believe it; look at --audience and --issuer if you expected it to hold";
            Err(Failure::new(format!("the assertion does not hold: {error}"), remedy).into())
        }
    }
}

async fn fetch(url: &str) -> Result<String, Failure> {
    let failed = |error: reqwest::Error| {
        let what = format!("the key set cannot be fetched: {}", error.without_url());
        Failure::new(what, "look at the address: it ends in /.vestibule/jwks.json")
    };
    let client = reqwest::Client::builder()
        .timeout(Duration::from_secs(5))
        .redirect(reqwest::redirect::Policy::none())
        .no_proxy()
        .build()
        .map_err(failed)?;
    let mut response = client.get(url).send().await.and_then(reqwest::Response::error_for_status).map_err(failed)?;
    let mut body = Vec::new();
    while let Some(part) = response.chunk().await.map_err(failed)? {
        body.extend_from_slice(&part);
        if body.len() as u64 > MOST {
            return Err(Failure::new(
                "the key set is too long",
                "look at the address: it ends in /.vestibule/jwks.json",
            ));
        }
    }
    String::from_utf8(body).map_err(|_| Failure::new("the key set is no text", "look at the address"))
}

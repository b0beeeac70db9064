//! The decision, sites, rules and return addresses, as one table after another.

use std::collections::BTreeSet;
use std::time::Duration;

use proptest::prelude::*;
use serde_json::{Value, json};

use super::explain::{Question, explain};
use super::*;
use crate::account::{Enrolment, User};
use crate::config::Written;
use crate::error::Problems;
use crate::session::{At, Session};
use crate::types::{CertificateName, FactorId, Handle, MethodId, UserId};

const NOW: Time = Time::from_secs(1_800_000_000);

fn written(value: Value) -> Written {
    serde_json::from_value(value).unwrap()
}

fn sites(value: Value) -> Sites {
    let mut problems = Problems::default();
    let sites = Sites::build(&written(value), &mut problems);
    assert!(problems.is_empty(), "{problems}");
    sites
}

/// One site with these rules.
fn site(rules: Value) -> Arc<Site> {
    site_with(json!({ "rules": rules }))
}

fn site_with(more: Value) -> Arc<Site> {
    let mut section = json!({ "url": "https://app.test", "upstreams": ["http://127.0.0.1:3000"] });
    section.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    sites(json!({ "site": [section] })).sites[0].clone()
}

/// The keys that are refused.
fn refused(value: Value) -> Vec<String> {
    let mut problems = Problems::default();
    Sites::build(&written(value), &mut problems);
    problems.iter().map(|problem| problem.key.clone()).collect()
}

fn request(method: &str, target: &str, reading: Reading) -> Result<Facts, FactsError> {
    Facts::read(&Raw::new(method, target.as_bytes(), b"app.test", [10, 1, 2, 3].into()), reading, &[])
}

fn password(age: u64) -> Evidence {
    Evidence {
        factor: None,
        strength: Strength::Code,
        at: NOW - Duration::from_secs(age),
        amr: vec!["pwd".into()],
        by_owner: false,
    }
}

fn factor(method: &'static str, strength: Strength, age: u64) -> Evidence {
    Evidence {
        factor: Some((MethodId::new(method), FactorId::parse("aaaaaaaaaaaaaaaa").unwrap())),
        strength,
        at: NOW - Duration::from_secs(age),
        amr: vec!["otp".into()],
        by_owner: false,
    }
}

fn alice(evidence: Vec<Evidence>, level: Level) -> Visitor {
    let user = User {
        id: UserId(uuid::Uuid::nil()),
        name: UserName::parse("alice").unwrap(),
        display_name: None,
        email: None,
        groups: BTreeSet::from([GroupName::parse("staff").unwrap()]),
        disabled: false,
        generation: 0,
        created: NOW,
        enrolment: Enrolment::Enrolled,
        factors: Vec::new(),
        enrol_until: None,
        language: None,
        password_by_mail: false,
        since_invitations_ended: 0,
        removed: None,
    };
    let session = Session {
        handle: Handle::parse("bbbbbbbbbbbbbbbb").unwrap(),
        user: user.id,
        generation: 0,
        evidence: evidence.as_slice().into(),
        created: NOW,
        last_seen: NOW,
        ends: NOW,
        address: None,
        agent: String::new(),
        login: None,
        site: None,
    };
    let (session, evidence) = (Arc::new(session), evidence.into());
    Visitor::Live(Arc::new(Live { session, user: Arc::new(user), evidence, level, ends: NOW }))
}

fn known() -> Visitor {
    alice(vec![password(5)], Level::Known)
}

fn verified() -> Visitor {
    alice(vec![password(700), factor("totp", Strength::Code, 600)], Level::Verified)
}

/// The verdict in a word.
fn word(verdict: &Verdict) -> &'static str {
    match verdict {
        Verdict::Forward(_) => "forward",
        Verdict::Ask(Ask { step_up: true, .. }) => "step up",
        Verdict::Ask(_) => "ask",
        Verdict::Refuse(Refusal::Denied) => "denied",
        Verdict::Refuse(Refusal::NotAllowed) => "not allowed",
        Verdict::Refuse(Refusal::ForeignOrigin) => "foreign origin",
        Verdict::Refuse(Refusal::ServiceWorker) => "service worker",
        Verdict::Refuse(Refusal::NoCertificate) => "no certificate",
    }
}

fn get(site: &Arc<Site>, target: &str, visitor: &Visitor) -> &'static str {
    match request("GET", target, site.reading) {
        Ok(facts) => word(&decide(site, &facts, visitor, NOW)),
        Err(_) => "400",
    }
}

#[test]
fn ar_01_to_14_odd_paths_never_win_a_weaker_rule() {
    let rules = json!([
        { "path": "/public/**", "policy": "bypass" },
        { "path": "/admin/**", "policy": "two_factor" },
        { "policy": "deny" },
    ]);
    let strict = site(rules.clone());
    let lenient = site_with(json!({ "rules": rules, "paths": "lenient" }));
    for honest in ["/public/a", "/public", "/public/", "/public/a%20b", "/public/a?x=/admin"] {
        assert_eq!(get(&strict, honest, &Visitor::Stranger), "forward", "{honest}");
        assert_eq!(get(&lenient, honest, &Visitor::Stranger), "forward", "{honest}");
    }
    assert_eq!(get(&lenient, "/public//a", &Visitor::Stranger), "forward");
    for attack in [
        "/public/../admin",
        "/public/./../admin",
        "/public/%2e%2e/admin",
        "/public/.%2e/admin",
        "//admin",
        "/public//../admin",
        "/admin?x=/public/",
        "/admin?/public/a",
        "/admin#/public/x",
        "/public/..;/admin",
        "/admin;x=1",
        "/public;a=/../admin",
        r"/public\..\admin",
        "/public%5c..%5cadmin",
        "/%c0%ae",
        "/public/%zz",
        "/admin/",
        "/admin/.",
        "/admin%20",
        "/admin%09",
        "/admin.",
        "/%61dmin",
        "/ADMIN",
        "/%41dmin",
        "/publicx",
        "/public%2fx/..%2f..%2fadmin",
        "/secret/public",
        "/public/..%2fadmin",
        "/public/%2e%2e%2fadmin",
        "/",
    ] {
        for site in [&strict, &lenient] {
            assert_ne!(get(site, attack, &Visitor::Stranger), "forward", "{attack}");
        }
    }
    assert_eq!(get(&strict, "/admin;x=1", &verified()), "denied");
    assert_eq!(get(&strict, "/%61dmin", &verified()), "forward");
}

#[test]
fn an_encoded_slash_hides_no_segment_from_a_rule() {
    let rules = json!([
        { "path": "/admin/**", "policy": "deny" },
        { "path": "/api/*/secret", "policy": "deny" },
        { "path": "/**", "policy": "bypass" },
    ]);
    let lenient = site_with(json!({ "rules": rules, "paths": "lenient" }));
    assert_eq!(get(&lenient, "/api/a%2fb/%6fpen", &Visitor::Stranger), "forward");
    for attack in ["/api/a%2fb/secret", "/api/a%2fb/%73ecret", "/api/a%5cb/%73ecret"] {
        assert_eq!(get(&lenient, attack, &Visitor::Stranger), "denied", "{attack}");
    }
    for attack in ["/x%2fy/%2e%2e/admin/", "/x%2fy/../%61dmin/"] {
        assert_eq!(get(&lenient, attack, &Visitor::Stranger), "400", "{attack}");
    }
}

#[test]
fn ar_22_a_limit_by_method_lets_nothing_else_through() {
    let site = site(json!([{ "path": "/**", "http_methods": ["GET"], "policy": "bypass" }]));
    let verdict = |method| word(&decide(&site, &request(method, "/a", Reading::Strict).unwrap(), &known(), NOW));
    assert_eq!(verdict("GET"), "forward");
    for method in ["HEAD", "POST", "OPTIONS", "PROPFIND"] {
        assert_eq!(verdict(method), "denied", "{method}");
    }
}

#[test]
fn ar_23_globs_are_on_whole_segments_and_expressions_are_anchored() {
    let table: &[(&str, &[&str], &[&str])] = &[
        ("/", &["/"], &["/a"]),
        ("/a", &["/a", "/a/"], &["/", "/ab", "/a/b", "/b/a"]),
        ("/a/", &["/a", "/a/"], &["/a/b"]),
        ("/a/*", &["/a/b", "/a/b/"], &["/a", "/a/", "/a/b/c"]),
        ("/a/**", &["/a", "/a/", "/a/b", "/a/b/c"], &["/ab", "/b/a"]),
        ("/**", &["/", "/a", "/a/b"], &[]),
        ("/**/x", &["/x", "/a/x", "/a/b/x", "/x/x"], &["/", "/a", "/x/a"]),
        ("/a/**/x/*", &["/a/x/b", "/a/b/x/c", "/a/x/x/x"], &["/a/x", "/x/b"]),
        ("/a%20b", &["/a%20b"], &["/ab"]),
        ("/a$b", &["/a$b", "/a%24b"], &["/ab"]),
    ];
    for (pattern, hits, misses) in table {
        let site = site(json!([{ "path": pattern, "policy": "bypass" }]));
        for path in *hits {
            assert_eq!(get(&site, path, &Visitor::Stranger), "forward", "{pattern} {path}");
        }
        for path in *misses {
            assert_eq!(get(&site, path, &Visitor::Stranger), "denied", "{pattern} {path}");
        }
    }
    let site = site(json!([{ "path_regex": "/a|/b.", "policy": "bypass" }]));
    for (path, verdict) in
        [("/a", "forward"), ("/a/", "forward"), ("/bx", "forward"), ("/ax", "denied"), ("/x/a", "denied")]
    {
        assert_eq!(get(&site, path, &Visitor::Stranger), verdict, "{path}");
    }
}

#[test]
fn ar_25_the_first_rule_whose_where_fits_decides() {
    assert_eq!(get(&site(json!([])), "/", &verified()), "denied");
    let admins = json!({ "path": "/a", "groups": ["admins"], "policy": "two_factor" });
    let all = json!({ "policy": "one_factor" });
    assert_eq!(get(&site(json!([admins, all])), "/a", &verified()), "not allowed");
    assert_eq!(get(&site(json!([admins, all])), "/a", &Visitor::Stranger), "ask");
    assert_eq!(get(&site(json!([admins, all])), "/b", &known()), "forward");
    assert_eq!(get(&site(json!([all, admins])), "/a", &known()), "forward");
    let network = json!({ "networks": ["192.168.0.0/16"], "path": "/a", "policy": "bypass" });
    assert_eq!(get(&site(json!([network])), "/a", &verified()), "denied");
    let network = json!({ "networks": ["10.0.0.0/8"], "policy": "bypass" });
    assert_eq!(get(&site(json!([network])), "/a", &Visitor::Stranger), "forward");
}

#[test]
fn b_18_to_23_59_levels() {
    let plain = site(json!([{ "policy": "two_factor" }]));
    let one = site(json!([{ "policy": "one_factor" }]));
    let remembered = alice(vec![password(5), factor("remembered", Strength::Remembered, 9)], Level::Verified);
    let recovered = alice(vec![password(5), factor("recovery", Strength::Fallback, 3)], Level::Verified);
    let nobody = alice(Vec::new(), Level::Stranger);
    for (site, visitor, verdict) in [
        (&plain, &Visitor::Stranger, "ask"),
        (&plain, &nobody, "ask"),
        (&plain, &known(), "step up"),
        (&plain, &verified(), "forward"),
        (&plain, &remembered, "forward"),
        (&plain, &recovered, "forward"),
        (&one, &Visitor::Stranger, "ask"),
        (&one, &known(), "forward"),
        (&one, &verified(), "forward"),
    ] {
        assert_eq!(get(site, "/", visitor), verdict, "{visitor:?}");
    }
    // Evidence without the level it belongs to is not enough, nor a level without its evidence.
    assert_eq!(get(&plain, "/", &alice(vec![factor("totp", Strength::Code, 1)], Level::Known)), "step up");
    assert_eq!(get(&plain, "/", &alice(vec![password(1)], Level::Verified)), "step up");

    let users = site(json!([{ "users": ["Alice", "bob"], "groups": ["nobody"], "policy": "one_factor" }]));
    assert_eq!(get(&users, "/", &known()), "forward");
    let groups = site(json!([{ "users": ["bob"], "groups": ["staff"], "policy": "one_factor" }]));
    assert_eq!(get(&groups, "/", &known()), "forward");
    let others = site(json!([{ "users": ["bob"], "groups": ["admins"], "policy": "one_factor" }]));
    assert_eq!(get(&others, "/", &known()), "not allowed");
}

#[test]
fn b_60_61_step_up_takes_only_what_the_rule_accepts() {
    let fresh = site(json!([{ "policy": "two_factor", "max_age": "10m" }]));
    let named = site(json!([{ "policy": "two_factor", "factors": ["webauthn"], "max_age": "10m" }]));
    let real = site(json!([{ "policy": "two_factor", "trusted_browser": false }]));
    let first = site(json!([{ "policy": "one_factor", "max_age": "10m" }]));
    let with = |more: Vec<Evidence>| alice([vec![password(5)], more].concat(), Level::Verified);
    let totp = |age| with(vec![factor("totp", Strength::Code, age)]);
    let key = |age| with(vec![factor("webauthn", Strength::PhishingResistant, age)]);
    let remembered = with(vec![factor("remembered", Strength::Remembered, 5)]);
    let ahead = |seconds: u64| {
        let proof = Evidence { at: NOW + Duration::from_secs(seconds), ..factor("totp", Strength::Code, 0) };
        with(vec![proof])
    };
    for (site, visitor, verdict) in [
        (&fresh, &totp(600), "forward"),
        (&fresh, &totp(601), "step up"),
        (&fresh, &remembered, "step up"),
        (&fresh, &ahead(3600), "step up"),
        (&fresh, &ahead(5), "forward"),
        (&named, &totp(1), "step up"),
        (&named, &key(1), "forward"),
        (&named, &key(601), "step up"),
        (&named, &with(vec![factor("recovery", Strength::Fallback, 1)]), "step up"),
        (&real, &remembered, "step up"),
        (&real, &totp(9999), "forward"),
        (&first, &totp(9999), "forward"),
        (&first, &alice(vec![password(601)], Level::Known), "ask"),
        (&first, &alice(vec![password(601), factor("totp", Strength::Code, 1)], Level::Verified), "ask"),
    ] {
        assert_eq!(get(site, "/", visitor), verdict, "{:?} {visitor:?}", site.rules);
    }
}

#[test]
fn id_14_identity_is_what_was_proved_and_never_sent_where_nothing_was_asked() {
    let permit = |site: &Arc<Site>, visitor: &Visitor| match decide(
        site,
        &request("GET", "/a?b=1", Reading::Strict).unwrap(),
        visitor,
        NOW,
    ) {
        Verdict::Forward(permit) => permit,
        other => panic!("{other:?}"),
    };
    let plain = site(json!([{ "policy": "two_factor" }]));
    let given = permit(&plain, &verified());
    let identity = given.identity().unwrap();
    assert_eq!(identity.amr, ["pwd", "otp", "mfa"]);
    assert_eq!(identity.auth_time, NOW - Duration::from_secs(600));
    assert_eq!((identity.name, given.target(), given.private()), ("alice", "/a?b=1", true));

    let one = site(json!([{ "policy": "one_factor", "cache": "as_is" }]));
    let given = permit(&one, &known());
    assert_eq!(given.identity().unwrap().amr, ["pwd"]);
    assert!(!given.private());
    let remembered = alice(vec![password(5), factor("remembered", Strength::Remembered, 9)], Level::Verified);
    assert!(!permit(&plain, &remembered).identity().unwrap().amr.contains(&"mfa"));

    let open = site(json!([{ "path": "/**", "policy": "bypass" }]));
    assert!(permit(&open, &verified()).identity().is_none());
    assert!(!permit(&open, &verified()).private());
    let told = site(json!([{ "path": "/**", "policy": "bypass", "identity": true }]));
    assert!(permit(&told, &known()).identity().is_none());
    assert!(permit(&told, &Visitor::Stranger).identity().is_none());
    assert!(permit(&told, &verified()).identity().is_some() && permit(&told, &verified()).private());
}

#[test]
fn wb_17_19_foreign_pages_and_service_workers() {
    let rules = json!([{ "policy": "two_factor" }]);
    let verdict = |site: &Arc<Site>, origin: Option<&[u8]>, visitor: &Visitor| {
        let mut raw = Raw::new("GET", b"/ws", b"app.test", [10, 1, 2, 3].into());
        (raw.websocket, raw.origin) = (true, origin);
        word(&decide(site, &Facts::read(&raw, Reading::Strict, &[]).unwrap(), visitor, NOW))
    };
    let plain = site(rules.clone());
    assert_eq!(verdict(&plain, Some(b"https://app.test"), &verified()), "forward");
    assert_eq!(verdict(&plain, None, &verified()), "forward");
    assert_eq!(verdict(&plain, Some(b"https://app.test"), &Visitor::Stranger), "ask");
    for origin in ["https://evil.test", "http://app.test", "https://app.test:444", "null", "https://app.test.evil.test"]
    {
        assert_eq!(verdict(&plain, Some(origin.as_bytes()), &verified()), "foreign origin", "{origin}");
    }
    let more = site_with(json!({ "rules": rules, "websocket_origins": ["https://Other.test"] }));
    assert_eq!(verdict(&more, Some(b"https://other.test"), &verified()), "forward");

    let worker = |site: &Arc<Site>| {
        let mut raw = Raw::new("GET", b"/sw.js", b"app.test", [10, 1, 2, 3].into());
        raw.service_worker = Some(b"script");
        word(&decide(site, &Facts::read(&raw, Reading::Strict, &[]).unwrap(), &verified(), NOW))
    };
    assert_eq!(worker(&plain), "service worker");
    assert_eq!(worker(&site_with(json!({ "rules": rules, "service_worker": true }))), "forward");
}

/// Two sites on one host, an exact one below a wildcard, and one for everybody else.
fn town() -> Sites {
    let up = json!(["http://127.0.0.1:3000"]);
    let rules = json!([{ "policy": "two_factor" }]);
    sites(json!({ "site": [
        { "url": "https://app.test", "upstreams": up, "rules": rules },
        { "url": "https://app.test", "path": "/wiki", "upstreams": up,
          "rules": [{ "path": "/wiki/open", "policy": "bypass" }, { "policy": "one_factor" }] },
        { "url": "https://*.wild.test", "upstreams": up, "rules": rules },
        { "url": "https://one.wild.test:8443", "path": "/x", "upstreams": up, "rules": rules },
        { "host": "*", "audience": "all", "upstreams": up, "rules": rules },
    ] }))
}

#[test]
fn sites_are_found_by_the_most_particular_host_and_the_longest_prefix() {
    let town = town();
    let found = |host, path| match town.find(host, path) {
        Lookup::Site(site) => Some(site.index),
        _ => None,
    };
    for (host, path, index) in [
        ("app.test", "/", Some(0)),
        ("app.test", "/wiki", Some(1)),
        ("app.test", "/wiki/a", Some(1)),
        ("app.test", "/wikia", Some(0)),
        ("a.wild.test", "/", Some(2)),
        ("one.wild.test", "/x", Some(3)),
        ("one.wild.test", "/", None),
        ("a.b.wild.test", "/", Some(4)),
        ("elsewhere.test", "/", Some(4)),
    ] {
        assert_eq!(found(host, path), index, "{host}{path}");
    }
    assert_eq!(town.by_host("app.test").unwrap().index, 0);
    let alone = Sites { sites: vec![town.sites[0].clone()], ..Sites::default() };
    assert!(matches!(alone.find("evil.test", "/"), Lookup::NoHost));
    // By one reading the wiki's, by another the other site's: nobody's.
    assert!(matches!(town.locate(&request("GET", "/wiki;x/a", Reading::Strict).unwrap()), Lookup::NoPath));
    // Judged by a site that a reading leads out of: refused.
    let facts = request("GET", "/wiki;x/secret", Reading::Lenient).unwrap();
    assert_eq!(word(&decide(&town.sites[1], &facts, &known(), NOW)), "denied");
}

#[test]
fn or_01_to_11_return_addresses() {
    let town = town();
    let follow = |address: &str, from: usize, host: &str| {
        town.return_address(address, &town.sites[from], host).map(|to| (to.site.index, to.location))
    };
    for (address, from, host, site, location) in [
        ("/a?b=1", 0, "app.test", 0, "https://app.test/a?b=1"),
        ("/wiki/%61", 0, "app.test", 1, "https://app.test/wiki/a"),
        ("https://app.test", 0, "app.test", 0, "https://app.test/"),
        ("https://APP.test:443/a", 0, "app.test", 0, "https://app.test/a"),
        ("https://app.test/wiki", 2, "a.wild.test", 1, "https://app.test/wiki"),
        ("/a", 2, "a.wild.test", 2, "https://a.wild.test/a"),
        ("https://a.wild.test/a", 2, "a.wild.test", 2, "https://a.wild.test/a"),
        ("https://one.wild.test:8443/x/y", 2, "a.wild.test", 3, "https://one.wild.test:8443/x/y"),
        ("/a?b", 4, "elsewhere.test", 4, "/a?b"),
    ] {
        assert_eq!(follow(address, from, host), Some((site, location.to_owned())), "{address}");
    }
    for address in [
        "https://evil.test",
        "//evil.test",
        r"/\evil.test",
        r"\\evil.test",
        "/%5cevil.test",
        "/%2fevil.test",
        "https://app.test.evil.test/",
        "https://evilapp.test/",
        "https://sub.evil-app.test/",
        "https://appXtest/",
        "https://app.test@evil.test/",
        "https://evil.test@app.test/",
        "https://app.test:x@evil.test/",
        "https://a@b@app.test/",
        "javascript:alert(1)",
        "data:text/html,x",
        "http://app.test/",
        "https:app.test",
        "https:/app.test/",
        "https:///app.test/",
        "HTTPS://app.test/",
        "myapp://app.test/",
        "https://app.test:444/",
        "https://app.test?x",
        "https://app.test#/",
        "https://app.test\\@evil.test/",
        "/a#b",
        "/a\r\nSet-Cookie: x=1",
        "/\tevil",
        " /a",
        "",
        "a",
        "/a/../b",
        "/./a",
        "https://wild.test/",
        "https://b.wild.test/",
        "https://eviltest/",
        "https://.app.test/",
        "/.vestibule/logout",
        "/.vestibule/login",
        "/.VESTIBULE/account",
        "/%2evestibule/login",
        "https://app.test/.vestibule/account",
        "/.well-known/vestibule/x",
        "https://xn--app-.test/",
        "https://app.test%2eevil.test/",
    ] {
        assert_eq!(follow(address, 0, "app.test"), None, "{address}");
        assert_eq!(follow(address, 2, "a.wild.test"), None, "{address}");
        assert_eq!(follow(address, 4, "elsewhere.test"), None, "{address}");
    }
    assert_eq!(follow(&format!("/{}", "a".repeat(5000)), 0, "app.test"), None);
    assert_eq!(follow("https://elsewhere.test/a", 4, "elsewhere.test"), None);
}

#[test]
fn or_01_lenient_paths_do_not_open_a_way_out() {
    let up = json!(["http://127.0.0.1:3000"]);
    let sites = sites(json!({ "site": [{ "url": "https://app.test", "paths": "lenient", "upstreams": up }] }));
    let follow = |address| sites.return_address(address, &sites.sites[0], "app.test").map(|to| to.location);
    assert_eq!(follow("/a%2fb;c//d").as_deref(), Some("https://app.test/a%2fb;c//d"));
    for address in
        ["//evil.test", r"/\evil.test", "/%5cevil.test", "/%2fevil.test", "/a/..//evil.test", "/;//evil.test"]
    {
        assert_eq!(follow(address), None, "{address}");
    }
}

#[test]
fn a_need_is_what_the_live_decision_asks() {
    let town = town();
    let need_of = |path| need(&town.return_address(path, &town.sites[0], "app.test").unwrap(), [10, 0, 0, 1].into());
    assert_eq!(need_of("/wiki/a").policy, Policy::OneFactor);
    assert_eq!(need_of("/a").policy, Policy::TwoFactor);
    assert_eq!(need_of("/wiki/open").policy, Policy::Bypass);
    assert!(accepts(&need_of("/wiki/a"), &[password(1)], NOW));
    assert!(!accepts(&need_of("/a"), &[password(1)], NOW));
    assert!(accepts(&need_of("/a"), &[password(1), factor("totp", Strength::Code, 1)], NOW));
    let (name, groups) = (UserName::parse("alice").unwrap(), BTreeSet::new());
    let evidence = [password(1)];
    let person = Person { name: &name, groups: &groups, level: Level::Known, evidence: &evidence };
    let to = town.return_address("/a", &town.sites[0], "app.test").unwrap();
    let outcome = rehearse(&to, [10, 0, 0, 1].into(), Some(&person), NOW);
    assert!(matches!(outcome, Outcome::Ask(Ask { step_up: true, .. })));
}

#[test]
fn cf_configurations_that_cannot_be_meant_are_refused() {
    let site = |more: Value| {
        let mut section = json!({ "url": "https://app.test", "upstreams": ["http://127.0.0.1:3000"] });
        section.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        section
    };
    assert_eq!(refused(json!({ "site": [site(json!({}))] })), [""; 0]);
    for (more, key) in [
        (json!({ "url": "" }), "site[0].url"),
        (json!({ "url": "app.test" }), "site[0].url"),
        (json!({ "url": "", "host": "app.test", "audience": "a" }), "site[0].url"),
        (json!({ "url": "", "host": "*" }), "site[0].audience"),
        (json!({ "host": "a.*.test" }), "site[0].host"),
        (json!({ "path": "/.vestibule" }), "site[0].path"),
        (json!({ "path": "/.Vestibule/x" }), "site[0].path"),
        (json!({ "path": "a" }), "site[0].path"),
        (json!({ "path": "/a/../b" }), "site[0].path"),
        (json!({ "upstreams": [] }), "site[0].upstreams"),
        (json!({ "upstreams": ["http://a:1", "http://a:1"] }), "site[0].upstreams[1]"),
        (json!({ "upstreams": ["unix:app.sock"] }), "site[0].upstreams[0]"),
        (json!({ "upstreams": ["h2c://a/path"] }), "site[0].upstreams[0]"),
        (json!({ "upstreams": ["ftp://a"] }), "site[0].upstreams[0]"),
        (json!({ "upstreams": ["http://a/path"] }), "site[0].upstreams[0]"),
        (json!({ "upstream_host": "a b" }), "site[0].upstream_host"),
        (json!({ "upstream_ca_file": "ca.pem" }), "site[0].upstream_ca_file"),
        (json!({ "headers": { "user": "Host" } }), "site[0].headers.user"),
        (json!({ "headers": { "user": "X-Forwarded-User" } }), "site[0].headers.user"),
        (json!({ "headers": { "user": "a b" } }), "site[0].headers.user"),
        (json!({ "headers": { "user": "Vestibule-Assertion" } }), "site[0].headers.user"),
        (json!({ "headers": { "user": "X-A", "name": "x_a" } }), "site[0].headers.name"),
        (json!({ "paths": "loose" }), "site[0].paths"),
        (json!({ "logout_clears": ["all"] }), "site[0].logout_clears[0]"),
        (json!({ "websocket_origins": ["https://*.a.test"] }), "site[0].websocket_origins[0]"),
    ] {
        assert_eq!(refused(json!({ "site": [site(more.clone())] })), [key], "{more}");
    }
    let two = |more: Value| refused(json!({ "site": [site(json!({})), site(more)] }));
    assert_eq!(two(json!({ "path": "/a" })), [""; 0]);
    assert_eq!(two(json!({})), ["site[1].path"]);
    assert_eq!(two(json!({ "path": "/a", "paths": "lenient" })), ["site[1].paths"]);
    assert_eq!(two(json!({ "path": "/a", "url": "http://app.test" })), ["site[1].url"]);
    assert_eq!(
        refused(
            json!({ "identity": { "headers": { "user": "Cookie" } }, "site": [site(json!({})), site(json!({"path": "/a"}))] })
        ),
        ["identity.headers.user"]
    );
}

#[test]
fn cf_06_a_url_in_clear_is_said() {
    let up = json!(["http://127.0.0.1:3000"]);
    let warned = |url| sites(json!({ "site": [{ "url": url, "upstreams": up }] })).warnings.len();
    assert_eq!((warned("http://app.test"), warned("https://app.test"), warned("http://localhost:8080")), (1, 0, 0));
}

#[test]
fn cf_rules_that_mean_nothing_are_refused() {
    let rule = |rule: Value| {
        let up = json!(["http://127.0.0.1:3000"]);
        refused(json!({ "site": [{ "url": "https://app.test", "upstreams": up, "rules": [rule] }] }))
    };
    for (written, key) in [
        (json!({}), ".policy"),
        (json!({ "policy": "two-factor" }), ".policy"),
        (json!({ "policy": "bypass" }), ""),
        (json!({ "policy": "bypass", "path": "/a", "users": ["alice"] }), ""),
        (json!({ "policy": "deny", "groups": ["a"] }), ""),
        (json!({ "policy": "deny", "max_age": "1m" }), ".max_age"),
        (json!({ "policy": "one_factor", "factors": ["totp"] }), ".factors"),
        (json!({ "policy": "one_factor", "identity": true }), ".identity"),
        (json!({ "policy": "two_factor", "max_age": "0s" }), ".max_age"),
        (json!({ "policy": "two_factor", "factors": ["TOTP"] }), ".factors[0]"),
        (json!({ "policy": "two_factor", "users": ["a b"] }), ".users[0]"),
        (json!({ "policy": "two_factor", "groups": ["a b"] }), ".groups[0]"),
        (json!({ "policy": "two_factor", "cache": "public" }), ".cache"),
        (json!({ "policy": "deny", "path": "/a", "path_regex": "/a" }), ".path_regex"),
        (json!({ "policy": "deny", "path_regex": "(" }), ".path_regex"),
        (json!({ "policy": "deny", "path_regex": "a)|(b" }), ".path_regex"),
        (json!({ "policy": "deny", "path": "a" }), ".path"),
        (json!({ "policy": "deny", "path": "/a//b" }), ".path"),
        (json!({ "policy": "deny", "path": "/a/../b" }), ".path"),
        (json!({ "policy": "deny", "path": "/a*" }), ".path"),
        (json!({ "policy": "deny", "path": "/a?x=1" }), ".path"),
        (json!({ "policy": "deny", "path": "/.vestibule/**" }), ".path"),
        (json!({ "policy": "deny", "http_methods": ["get"] }), ".http_methods[0]"),
        (json!({ "policy": "deny", "http_methods": ["TRACE"] }), ".http_methods[0]"),
        (json!({ "policy": "deny", "networks": ["10.0.0.0/33"] }), ".networks[0]"),
    ] {
        assert_eq!(rule(written.clone()), [format!("site[0].rules[0]{key}")], "{written}");
    }
    assert_eq!(rule(json!({ "policy": "bypass", "networks": ["10.0.0.1"] })), [""; 0]);
}

#[test]
fn cf_12_lints() {
    let said = |rules: Value| {
        let up = json!(["http://127.0.0.1:3000"]);
        let sites = sites(json!({ "site": [{ "url": "https://app.test", "upstreams": up, "rules": rules }] }));
        lint(&sites)
            .iter()
            .map(ToString::to_string)
            .filter(|what| !what.contains("shares the login"))
            .collect::<Vec<_>>()
    };
    assert_eq!(said(json!([])).len(), 1);
    assert_eq!(said(json!([{ "path": "/a/**", "policy": "one_factor" }, { "policy": "two_factor" }])), [""; 0]);
    for (first, second, shadowed) in [
        (json!({ "path": "/a/**", "policy": "deny" }), json!({ "path": "/a/b", "policy": "deny" }), true),
        (json!({ "path": "/a/**", "policy": "deny" }), json!({ "path": "/a", "policy": "deny" }), true),
        (json!({ "path": "/*/b", "policy": "deny" }), json!({ "path": "/a/b", "policy": "deny" }), true),
        (json!({ "policy": "deny" }), json!({ "path_regex": "/a", "policy": "deny" }), true),
        (json!({ "path": "/a/*", "policy": "deny" }), json!({ "path": "/a/**", "policy": "deny" }), false),
        (
            json!({ "networks": ["10.0.0.0/8"], "policy": "deny" }),
            json!({ "networks": ["10.1.0.0/16"], "path": "/a", "policy": "deny" }),
            true,
        ),
        (json!({ "http_methods": ["GET"], "policy": "deny" }), json!({ "path": "/a", "policy": "deny" }), false),
    ] {
        let told = said(json!([first, second]));
        assert_eq!(told.iter().any(|what| what.contains("never decides")), shadowed, "{told:?}");
    }
    assert!(said(json!([{ "path": "/**", "policy": "bypass" }]))[0].contains("open to all"));
    let told = said(json!([
        { "path": "/admin/**", "http_methods": ["POST"], "policy": "two_factor" },
        { "path": "/**", "policy": "one_factor" },
    ]));
    assert!(told[0].starts_with("site[0].rules[0]") && told[0].contains("site[0].rules[1]"), "{told:?}");
}

#[test]
fn ar_25_explain_tells_what_the_live_decision_does() {
    let rules = json!([
        { "path": "/open/**", "policy": "bypass" },
        { "path": "/admin/**", "groups": ["admins"], "policy": "two_factor" },
        { "path": "/fresh", "policy": "two_factor", "max_age": "10m", "factors": ["webauthn"] },
        { "policy": "one_factor" },
    ]);
    let up = json!(["http://127.0.0.1:3000"]);
    let sites = sites(json!({ "site": [{ "url": "https://app.test", "upstreams": up, "rules": rules }] }));
    let question = |path: &str, level| Question {
        url: format!("https://app.test{path}"),
        http_method: "GET".to_owned(),
        address: [10, 1, 2, 3].into(),
        certificate: None,
        user: Some((UserName::parse("alice").unwrap(), BTreeSet::from([GroupName::parse("staff").unwrap()]))),
        level,
        factors: vec![(MethodId::new("totp"), Strength::Code)],
        age: Duration::from_secs(5),
        trusted: false,
    };
    for path in ["/open/a", "/admin", "/admin;x", "/fresh", "/", "/x"] {
        for (level, visitor) in [
            (Level::Stranger, Visitor::Stranger),
            (Level::Known, known()),
            (Level::Verified, alice(vec![password(5), factor("totp", Strength::Code, 5)], Level::Verified)),
        ] {
            let told = explain(&sites, &question(path, level), NOW);
            let live = get(&sites.sites[0], path, &visitor);
            let first = told.verdict.split([' ', ':']).next().unwrap();
            let expected = match live {
                "forward" => "forward",
                "ask" | "step up" => "ask",
                _ => "refuse",
            };
            assert_eq!(first, expected, "{path} {level:?} {live}");
        }
    }
    let told = explain(&sites, &question("/fresh", Level::Verified), NOW);
    assert_eq!(told.verdict, "ask for the second factor, one of: webauthn, at most 600 s old");
    assert_eq!(told.steps.iter().map(|step| step.matched).collect::<Vec<_>>(), [false, false, true]);
    let open = question("/open/a", Level::Stranger);
    assert!(explain(&sites, &open, NOW).verdict.starts_with("forward"));
    let in_clear = Question { url: "http://app.test/open/a".to_owned(), ..open };
    assert!(explain(&sites, &in_clear, NOW).verdict.starts_with("not by http: 308 to https://app.test,"));
    assert!(explain(&sites, &question("/a/../b", Level::Known), NOW).verdict.starts_with("400: "));
    assert!(explain(&sites, &question("/.vestibule/login", Level::Known), NOW).verdict.contains("own pages"));
}

/// What applications make of a path: nothing; decoded; decoded and tidied in two orders, down to lower case.
fn as_applications_read(target: &str) -> [String; 4] {
    let decode = |path: &str| {
        let mut bytes = Vec::new();
        let mut rest = path.as_bytes();
        while let Some((byte, tail)) = rest.split_first() {
            let digits = tail.get(..2).and_then(|digits| std::str::from_utf8(digits).ok());
            match digits.and_then(|digits| u8::from_str_radix(digits, 16).ok()).filter(|_| *byte == b'%') {
                Some(value) => {
                    bytes.push(value);
                    rest = &tail[2..];
                }
                None => {
                    bytes.push(*byte);
                    rest = tail;
                }
            }
        }
        String::from_utf8(bytes).unwrap()
    };
    let drop = |path: &str| path.split('/').map(|s| s.split(';').next().unwrap()).collect::<Vec<_>>().join("/");
    let tidy = |path: &str| {
        let mut kept = Vec::new();
        for segment in path.replace('\\', "/").to_lowercase().split('/') {
            match segment.trim_end_matches(' ') {
                "" | "." => {}
                ".." => {
                    kept.pop();
                }
                segment => kept.push(segment.trim_end_matches(['.', ' ']).to_owned()),
            }
        }
        format!("/{}", kept.join("/"))
    };
    let path = target.split('?').next().unwrap();
    [path.to_owned(), decode(path), tidy(&drop(&decode(path))), tidy(&decode(&drop(path)))]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(4000))]

    /// Whatever the spelling: what a bypass rule let through is public to every application behind it.
    #[test]
    fn ar_what_wins_a_bypass_means_it_to_every_application(
        target in r"(/public)?/?(/|public|admin|x|\.|\.\.|%2e|%2E|%2f|%5c|\\|;|;a=b|%3b|%20|%70ublic|PUBLIC|%25|\?a=/public/){1,10}",
    ) {
        thread_local! {
            static GATES: [Arc<Site>; 2] = ["strict", "lenient"].map(|paths| {
                site_with(json!({ "paths": paths, "rules": [{ "path": "/public/**", "policy": "bypass" }] }))
            });
        }
        for gate in GATES.with(Clone::clone) {
            let Ok(facts) = request("GET", &target, gate.reading) else { continue };
            let Verdict::Forward(permit) = decide(&gate, &facts, &Visitor::Stranger, NOW) else { continue };
            for path in as_applications_read(permit.target()) {
                prop_assert!(path == "/public" || path.starts_with("/public/"), "{} is {}", target, path);
            }
        }
    }
}

/// A certificate is asked for beside all else, and before any login; on a bypass it is the only lock.
#[test]
fn a_rule_may_ask_for_a_client_certificate() {
    let rules = json!([
        { "path": "/machines/**", "policy": "bypass", "client_certificates": ["dns:laptop.test"] },
        { "policy": "two_factor", "client_certificates": ["*"] },
    ]);
    let written = json!({
        "listen": { "https": ["127.0.0.1:8443"] },
        "site": [{
            "url": "https://app.test", "upstreams": ["http://127.0.0.1:3000"], "client_ca_file": "/ca.pem", "rules": rules,
        }],
    });
    let sites = sites(written);
    let told = |path: &str, names: Option<&[&str]>, visitor: &Visitor| {
        let names = names.map(|names| names.iter().map(|name| CertificateName::parse(name).unwrap()).collect());
        let certificate = names.map(|names| Arc::new(ClientCertificate { names, ends: NOW }));
        let raw = Raw {
            certificate: certificate.as_ref(),
            ..Raw::new("GET", path.as_bytes(), b"app.test", [10, 1, 2, 3].into())
        };
        let facts = Facts::read(&raw, Reading::Strict, &[]).unwrap();
        let proxied = Facts::read(&raw, Reading::Strict, &["10.0.0.0/8".parse().unwrap()]).unwrap();
        assert!(proxied.certificate.is_none(), "a proxy's certificate is not its client's");
        word(&decide(&sites.sites[0], &facts, visitor, NOW))
    };
    let laptop: &[&str] = &["cn:other", "dns:laptop.test"];
    assert_eq!(told("/machines/a", Some(laptop), &Visitor::Stranger), "forward");
    for names in [None, Some(&[][..]), Some(&["cn:laptop.test", "dns:other.test"][..])] {
        assert_eq!(told("/machines/a", names, &verified()), "no certificate", "{names:?}");
    }
    assert_eq!(told("/", None, &Visitor::Stranger), "no certificate", "and nobody is asked for a password");
    assert_eq!(told("/", None, &verified()), "no certificate");
    assert_eq!(told("/", Some(&[]), &Visitor::Stranger), "ask");
    assert_eq!(told("/", Some(&[]), &verified()), "forward");

    let refused = |listen: Value, site: Value, rule: Value| {
        let mut whole = json!({ "url": "https://app.test", "upstreams": ["http://127.0.0.1:3000"] });
        whole.as_object_mut().unwrap().extend(site.as_object().unwrap().clone());
        whole["rules"] = json!([rule]);
        let written = serde_json::from_value(json!({ "listen": listen, "site": [whole] })).unwrap();
        let mut problems = Problems::default();
        Sites::build(&written, &mut problems);
        problems.iter().map(|problem| problem.key.clone()).collect::<Vec<_>>().join(" ")
    };
    let (https, ca) = (json!({ "https": ["127.0.0.1:8443"] }), json!({ "client_ca_file": "/ca.pem" }));
    let rule = |policy: &str, names: &[&str]| json!({ "path": "/**", "policy": policy, "client_certificates": names });
    assert_eq!(refused(https.clone(), ca.clone(), rule("bypass", &["*"])), "");
    for (key, told) in [
        ("site[0].rules[0].client_certificates", refused(https.clone(), json!({}), rule("two_factor", &["*"]))),
        ("site[0].client_ca_file", refused(json!({}), ca.clone(), rule("two_factor", &["*"]))),
        ("site[0].rules[0].client_certificates", refused(https.clone(), ca.clone(), rule("deny", &["*"]))),
        ("site[0].rules[0].client_certificates[0]", refused(https.clone(), ca.clone(), rule("two_factor", &["alice"]))),
    ] {
        assert_eq!(told, key);
    }
    let literal = json!({ "client_ca_file": "/ca.pem", "url": "https://192.0.2.7" });
    assert_eq!(refused(https, literal, rule("two_factor", &[])), "site[0].client_ca_file");
}

#[test]
fn a_portal_is_no_site_and_sites_are_named_as_it_knows_them() {
    let up = json!(["http://127.0.0.1:3000"]);
    let rules = json!([{ "policy": "two_factor" }]);
    let sites = sites(json!({
        "portal": { "url": "https://login.test", "networks": ["10.0.0.0/8"] },
        "site": [
            { "url": "https://wiki.test", "upstreams": up, "rules": rules },
            { "url": "https://wiki.test", "path": "/old", "upstreams": up, "rules": rules },
            { "url": "https://*.test", "upstreams": up, "rules": rules },
            { "url": "https://shut.other", "upstreams": up, "rules": [{ "policy": "deny" }] },
        ],
    }));
    let portal = sites.portal.as_ref().unwrap();
    assert!(matches!(sites.find("login.test", "/"), Lookup::NoPath), "though a wildcard covers its name");
    let own = sites.by_host("login.test").unwrap();
    assert!(sites.is_portal(&own) && sites.portal_of(&own).is_none());
    assert_eq!(sites.own_url(), Some(&portal.url));
    assert!(portal.admits([10, 1, 2, 3].into()) && !portal.admits([192, 0, 2, 7].into()));
    let (wiki, team) = (sites.by_host("wiki.test").unwrap(), sites.by_host("team.test").unwrap());
    assert_eq!((wiki.issuer.as_str(), wiki.audience.as_str()), ("https://login.test", "https://wiki.test"));
    assert_eq!(sites.at(&own, "login.test"), At::OwnPages);
    assert_eq!(sites.at(&wiki, "wiki.test"), At::Site("https://wiki.test".into()));
    assert_eq!(sites.at(&team, "team.test"), At::Site("https://team.test".into()));

    let login = "https://login.test/.vestibule/login?rd=https%3A%2F%2Fwiki.test%2F";
    assert_eq!(sites.login_page(&wiki, "wiki.test", None), login);
    assert_eq!(sites.login_page(&wiki, "wiki.test", Some("/a?b")), format!("{login}a%3Fb"));
    assert_eq!(sites.login_page(&team, "team.test", Some("/a")), "https://team.test/.vestibule/login?rd=%2Fa");

    // Nothing of the portal is a return address; a name below a wildcard is one where it was kept, or asked for.
    let back = |address: &str, from: &Site, host| sites.return_address(address, from, host).map(|to| to.location);
    for address in ["https://login.test/", "https://login.test/x", "/", "/.vestibule/account"] {
        assert_eq!(back(address, &own, "login.test"), None, "{address}");
    }
    assert_eq!(back("https://team.test/x", &own, "login.test"), None);
    assert_eq!(back("https://team.test/x", &team, "team.test").as_deref(), Some("https://team.test/x"));
    let kept = |address: &str| sites.kept_address(address).map(|to| to.location);
    assert_eq!(kept("https://team.test/x").as_deref(), Some("https://team.test/x"));
    for address in ["https://login.test/", "https://a.b.test/", "http://team.test/", "/x", "https://team.test@evil/"] {
        assert_eq!(kept(address), None, "{address}");
    }

    let alice = UserName::parse("alice").unwrap();
    let (groups, evidence) = (BTreeSet::new(), [password(1)]);
    let person = Person { name: &alice, groups: &groups, level: Level::Known, evidence: &evidence };
    let list = sites.openable(&person, [10, 1, 2, 3].into(), NOW);
    let list: Vec<_> = list.iter().map(|site| (site.name.as_str(), site.url.as_str())).collect();
    assert_eq!(list, [("wiki.test", "https://wiki.test/"), ("wiki.test/old", "https://wiki.test/old")]);
}

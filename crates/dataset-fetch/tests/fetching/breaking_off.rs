//! Downloads that break off and go on.

use std::time::{Duration, Instant};

use dataset_fetch::{Error, Fetch};

use crate::server::{Answer, Server};
use crate::{Log, PATH, Place, content, known, sha256, unseen};

#[test]
fn a_download_goes_on_from_where_it_was_cut() {
    let server = Server::start(|index, request| match (index, request.range_start()) {
        (0, None) => Answer::whole(&content()).header("etag", "\"v1\"").cut_after(150_000),
        (1, Some(start)) => Answer::part(&content(), start),
        other => panic!("{other:?}"),
    });
    let place = Place::of(&server);
    let mut log = Log::default();
    place.fetch.fetch(&known(&content()), &mut log).unwrap();
    assert_eq!((place.read(), log.retries.len()), (content(), 1));
    let second = &server.requests()[1];
    assert!((1..=150_000).contains(&second.range_start().unwrap()));
    assert_eq!(second.header("if-range"), Some("\"v1\""));
    assert_eq!(log.last, (200_000, Some(200_000)));
    assert_eq!(place.names(), ["file.bin"]);
}

#[test]
fn the_next_fetch_goes_on_from_what_the_last_one_left() {
    let server = Server::start(|index, request| match (index, request.range_start()) {
        (0, None) => Answer::whole(&content()).header("etag", "\"v1\"").cut_after(100),
        (1..3, Some(100)) => Answer::part(&content(), 100).header("etag", "\"v1\"").cut_after(0),
        (_, Some(100)) => Answer::part(&content(), 100),
        other => panic!("{other:?}"),
    });
    let place = Place::of(&server);
    let error = place.fetch(&unseen()).unwrap_err();
    assert!(error.to_string().ends_with("the download broke off after 100 bytes, 3 times on end"), "{error}");
    assert_eq!(place.names(), ["file.bin.part", "file.bin.part.version"]);
    place.fetch(&unseen()).unwrap();
    assert_eq!(server.requests()[3].header("if-range"), Some("\"v1\""));
    assert_eq!((place.read(), place.names()), (content(), vec!["file.bin".into(), "file.bin.sha256".into()]));
}

#[test]
fn of_a_download_that_never_began_nothing_is_left() {
    let server = Server::start(|_, _| Answer::whole(&content()).cut_after(0));
    let place = Place::of(&server);
    assert!(place.message(&known(&content())).ends_with("broke off after 0 bytes, 3 times on end"));
    assert!(place.names().is_empty());
}

#[test]
fn a_server_that_knows_no_ranges_sends_the_whole_again() {
    let server = Server::start(|index, _| match index {
        0 => Answer::whole(&content()).header("etag", "\"v1\"").cut_after(150_000),
        _ => Answer::whole(&content()).header("etag", "\"v1\""),
    });
    let place = Place::of(&server);
    place.fetch(&known(&content())).unwrap();
    assert_eq!(place.read(), content());
    assert!(server.requests()[1].range_start().is_some());
}

#[test]
fn a_part_of_another_version_is_thrown_away() {
    // By the range: the server begins elsewhere than asked.
    let server = Server::start(|_, request| match request.range_start() {
        Some(start) => Answer::part(&content(), start + 1),
        None => Answer::whole(&content()),
    });
    let place = Place::of(&server);
    std::fs::create_dir_all(place.path("some")).unwrap();
    std::fs::write(place.path("some/file.bin.part"), "other").unwrap();
    place.fetch(&known(&content())).unwrap();
    assert_eq!((place.read(), server.requests().len()), (content(), 2));

    // By the checksum: what was there before does not belong to it.
    let server = Server::start(|_, request| match request.range_start() {
        Some(start) => Answer::part(&content(), start),
        None => Answer::whole(&content()),
    });
    let place = Place::of(&server);
    std::fs::create_dir_all(place.path("some")).unwrap();
    std::fs::write(place.path("some/file.bin.part"), "other").unwrap();
    place.fetch(&known(&content())).unwrap();
    assert_eq!((place.read(), server.requests().len()), (content(), 2));
}

#[test]
fn halves_of_two_versions_are_thrown_away_once() {
    let other = || content().iter().map(|byte| !byte).collect::<Vec<u8>>();
    let server = Server::start(move |index, request| match request.range_start() {
        None if index == 0 => Answer::whole(&other()).cut_after(150_000),
        Some(start) => Answer::part(&content(), start),
        None => Answer::whole(&content()),
    });
    let place = Place::of(&server);
    place.fetch(&known(&content())).unwrap();
    assert_eq!((place.read(), server.requests().len()), (content(), 3));

    // A server that gives nothing but halves that do not fit is left alone after the second time.
    let server = Server::start(move |_, request| match request.range_start() {
        None => Answer::whole(&other()).cut_after(150_000),
        Some(start) => Answer::part(&content(), start),
    });
    let place = Place::of(&server);
    let error = place.fetch(&known(&content())).unwrap_err();
    assert!(matches!(error, Error::Checksum { .. }), "{error}");
    assert_eq!((place.names().len(), server.requests().len()), (0, 4));
}

#[test]
fn without_a_checksum_and_a_version_nothing_is_pieced_together() {
    for (tag, ranges) in [(None, 0), (Some("W/\"v1\""), 0), (Some("\"v1\""), 1)] {
        let server = Server::start(move |index, request| {
            let answer = match (index, request.range_start()) {
                (0, _) => Answer::whole(&content()).cut_after(150_000),
                (_, Some(start)) => Answer::part(&content(), start),
                (_, None) => Answer::whole(&content()),
            };
            tag.into_iter().fold(answer, |answer, tag| answer.header("etag", tag))
        });
        let place = Place::of(&server);
        place.fetch(&unseen()).unwrap();
        let num_ranges = server.requests().iter().filter(|request| request.range_start().is_some()).count();
        assert_eq!((place.read(), num_ranges), (content(), ranges), "{tag:?}");
    }
}

#[test]
fn an_overloaded_server_is_asked_again() {
    let server = Server::start(|index, _| match index {
        0 => Answer::of(500, b"sorry"),
        1 => Answer::status(429),
        _ => Answer::whole(&content()),
    });
    let place = Place::of(&server);
    let mut log = Log::default();
    place.fetch.fetch(&known(&content()), &mut log).unwrap();
    assert_eq!(log.retries, ["the answer 500", "the answer 429"]);
    assert_eq!(place.read(), content());
}

#[test]
fn a_length_that_is_a_lie_is_found_out() {
    let more = Server::start(|_, _| Answer::whole(b"abc").announcing(4));
    let place = Place::of(&more);
    let error = place.fetch(&known(b"abcd")).unwrap_err();
    let Error::BrokenOff { num_attempts: 3, num_bytes: 3, .. } = error else { panic!("{error}") };
    assert!(!place.path(PATH).exists());

    let less = Server::start(|_, _| Answer::whole(b"abcd").announcing(3));
    let place = Place::of(&less);
    assert_eq!(
        place.message(&known(b"abcd")),
        format!("{}/{PATH}: expected the SHA-256 {}, found {}", less.url(), sha256(b"abcd"), sha256(b"abc"))
    );
    assert!(place.names().is_empty());
}

#[test]
fn silence_and_trickles_end_in_time() {
    for pause in [Duration::from_secs(600), Duration::from_millis(30)] {
        let server = Server::start(move |_, _| Answer::whole(&content()).trickling(pause));
        let place = Place::of(&server);
        let patience = Duration::from_millis(400);
        let fetch = Fetch { num_attempts: 1, patience, ..place.fetch.clone() };
        let started = Instant::now();
        let error = fetch.fetch(&known(&content()), &mut Log::default()).unwrap_err();
        let Error::BrokenOff { num_attempts: 1, .. } = error else { panic!("{error}") };
        assert!(started.elapsed() < Duration::from_secs(20), "{pause:?}: {:?}", started.elapsed());
        assert!(!place.path(PATH).exists());
    }
}

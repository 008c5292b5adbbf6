//! What ends a fetch at once.

use std::net::TcpListener;

use dataset_fetch::{Error, Fetch};

use crate::server::{Answer, Server};
use crate::{Log, PATH, Place, content, known, sha256, unseen};

#[test]
fn a_wrong_checksum() {
    let server = Server::start(|_, _| Answer::whole(b"wrong"));
    let place = Place::of(&server);
    let error = place.fetch(&known(b"right")).unwrap_err();
    let expected = format!(
        "{}/{PATH}: expected the SHA-256 {}, found {}",
        server.url(),
        sha256(b"right"),
        sha256(b"wrong")
    );
    assert_eq!((error.to_string(), error.is_of_the_network()), (expected, true));
    assert!(place.names().is_empty());
    assert_eq!(server.requests().len(), 1);
}

#[test]
fn a_file_that_the_server_does_not_have() {
    for status in [404, 403, 410, 501, 204] {
        let server = Server::start(move |_, _| Answer::status(status));
        let place = Place::of(&server);
        let expected = format!("{}/{PATH}: expected a file, found the answer {status}", server.url());
        assert_eq!((place.message(&known(b"a")), server.requests().len()), (expected, 1));
        assert!(!place.path(PATH).exists());
    }
}

#[test]
fn more_bytes_than_there_can_be() {
    let announced = Server::start(|_, _| Answer::whole(b"abcd"));
    let place = Place::of(&announced);
    let info = known(b"abc");
    assert_eq!(
        place.message(&info),
        format!("{}/{PATH}: expected at most 3 bytes, found 4", announced.url())
    );
    let huge = Server::start(|_, _| Answer::whole(b"abc").announcing(usize::MAX));
    let place = Place::of(&huge);
    let message = place.message(&unseen());
    assert!(message.contains("expected at most 1048576 bytes, found 18446744073709551615"), "{message}");
}

#[test]
fn redirects_are_followed_to_this_machine_and_no_further() {
    let target = Server::start(|_, _| Answer::whole(&content()));
    let url = target.url();
    let server = Server::start(move |_, request| match request.path.as_str() {
        "/some/file.bin" => Answer::redirect("/elsewhere"),
        _ => Answer::redirect(&format!("{url}/there")),
    });
    let place = Place::of(&server);
    place.fetch(&known(&content())).unwrap();
    assert_eq!((place.read(), target.requests()[0].path.as_str()), (content(), "/there"));

    let server = Server::start(|_, _| Answer::redirect("http://example.org/file"));
    assert_eq!(
        Place::of(&server).message(&known(b"a")),
        "http://example.org/file: expected an https:// address of a host"
    );
}

#[test]
fn redirects_without_end_or_to_nowhere() {
    let server = Server::start(|_, _| Answer::redirect("/some/file.bin"));
    let message = Place::of(&server).message(&known(b"a"));
    assert_eq!(message, format!("{}/{PATH}: expected at most 10 redirects", server.url()));
    assert_eq!(server.requests().len(), 11);

    let server = Server::start(|_, _| Answer::status(302));
    let message = Place::of(&server).message(&known(b"a"));
    assert_eq!(message, format!("{}/{PATH}: expected a file, found the answer 302", server.url()));
}

#[test]
fn a_host_that_is_not_there() {
    let unused = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let server = Server::start(|_, _| Answer::status(500));
    let place = Place::of(&server);
    let mut log = Log::default();
    let fetch = Fetch { mirror: Some(format!("http://{unused}")), ..place.fetch.clone() };
    let error = fetch.fetch(&known(b"a"), &mut log).unwrap_err();
    assert_eq!((error.to_string().as_str(), error.is_of_the_network()), ("cannot reach 127.0.0.1", true));
    assert!(std::error::Error::source(&error).unwrap().to_string().contains("refused"));
    // It is not asked again and again.
    assert!(log.retries.is_empty());

    let fetch = Fetch { mirror: Some("https://no-such-host.invalid/x/".into()), ..place.fetch };
    let error = fetch.fetch(&known(b"a"), &mut log).unwrap_err();
    assert_eq!(error.to_string(), "cannot reach no-such-host.invalid");
}

#[test]
fn mirrors_and_folders_that_are_none() {
    let server = Server::start(|_, _| Answer::status(500));
    let place = Place::of(&server);
    let fetch = Fetch { mirror: Some("http://example.org".into()), ..place.fetch };
    let error = fetch.fetch(&known(b"a"), &mut Log::default()).unwrap_err();
    assert_eq!(
        error.to_string(),
        format!("http://example.org/{PATH}: expected an https:// address of a host")
    );

    let place = Place::of(&server);
    std::fs::write(place.folder.path().join("data"), "").unwrap();
    let error = place.fetch(&known(b"a")).unwrap_err();
    let Error::Io { .. } = error else { panic!("{error}") };
    assert!(!error.is_of_the_network());
}

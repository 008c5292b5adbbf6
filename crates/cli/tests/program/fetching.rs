use std::io::{BufRead, BufReader, Write};
use std::net::TcpListener;
use std::path::PathBuf;

use crate::{g2r, json_lines, stderr_of, stdout_of, text};

/// The address of a server of what lies in a folder, or of nothing at all.
fn serve(folder: Option<PathBuf>) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    std::thread::spawn(move || {
        for mut stream in listener.incoming().map_while(Result::ok) {
            let mut lines = BufReader::new(&stream).lines().map_while(Result::ok);
            let request = lines.next().unwrap_or_default();
            lines.find(|line| line.is_empty());
            let path = request.split(' ').nth(1).unwrap_or_default().trim_start_matches('/');
            let content = folder.as_ref().and_then(|folder| std::fs::read(folder.join(path)).ok());
            let status = if content.is_some() { "200 OK" } else { "404 Not Found" };
            let content = content.unwrap_or_default();
            let head = format!(
                "HTTP/1.1 {status}\r\ncontent-length: {}\r\nconnection: close\r\n\r\n",
                content.len()
            );
            let _ = stream.write_all(head.as_bytes()).and_then(|()| stream.write_all(&content));
        }
    });
    url
}

/// What is said on stderr by a program that ends with exit code 1 and prints nothing else.
fn failed(args: &[&str]) -> String {
    let output = g2r(args).env("NO_PROXY", "127.0.0.1").output().unwrap();
    assert_eq!(output.status.code(), Some(1), "{args:?}: {}", stderr_of(&output));
    assert!(output.stdout.is_empty(), "{args:?}");
    stderr_of(&output)
}

#[test]
fn an_embedded_data_set_needs_no_download() {
    assert_eq!(stdout_of(&["data", "fetch", "Cora"]), "cora: in this program, nothing to fetch\n");
    let lines = json_lines(&stdout_of(&["data", "fetch", "karate", "--format", "json"]));
    assert_eq!((&lines[0]["type"], &lines[0]["files"]), (&"fetched".into(), &serde_json::json!([])));
}

#[test]
fn without_a_network_it_is_told_what_to_put_where_by_hand() {
    let unused = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let folder = tempfile::tempdir().unwrap();
    let dir = text(folder.path());
    let mirror = format!("http://{unused}");
    let message = failed(&["data", "fetch", "mutag", "--dir", dir, "--mirror", &mirror]);
    assert!(message.starts_with("error: cannot reach 127.0.0.1: "), "{message}");
    let by_hand = format!(
        "By hand, put\nhttps://github.com/muhanzhang/pytorch_DGCNN/raw/master/data/MUTAG/MUTAG.txt as \
         {dir}/tu/mutag/MUTAG.txt (SHA-256 5897dae243f6c773aab54ec99e86551c3b1e8601acef254714073042c632d30e)\n\
         or set GRAPH_IO_DATA to a folder that has the same files\n"
    );
    assert!(message.ends_with(&by_hand), "{message}");
}

#[test]
fn a_file_that_the_server_does_not_have() {
    let (url, folder) = (serve(None), tempfile::tempdir().unwrap());
    let args = ["data", "fetch", "dblp", "--dir", text(folder.path()), "--mirror", &url];
    let expected = format!("error: {url}/graph2gauss/dblp.npz: expected a file, found the answer 404\n");
    assert!(failed(&args).starts_with(&expected), "{}", failed(&args));
}

#[test]
fn what_is_fetched_is_there_the_next_time() {
    let Some(data) = std::env::var_os("GRAPH_IO_DATA").map(PathBuf::from) else {
        eprintln!("skipped: GRAPH_IO_DATA does not name a folder with the public files");
        return;
    };
    let (url, folder) = (serve(Some(data)), tempfile::tempdir().unwrap());
    let run = |args: &[&str]| {
        let mut command = g2r(args);
        let output =
            command.env("XDG_CACHE_HOME", folder.path()).env("NO_PROXY", "127.0.0.1").output().unwrap();
        assert!(output.status.success(), "{args:?}: {}", stderr_of(&output));
        json_lines(&String::from_utf8(output.stdout).unwrap())
    };
    for outcome in ["downloaded", "already_there"] {
        let lines = run(&["data", "fetch", "mutag", "amazon-photo", "--mirror", &url, "--format", "json"]);
        assert_eq!((lines.len(), &lines[1]["name"]), (2, &"amazon-photo".into()));
        assert!(lines.iter().all(|line| line["files"][0]["outcome"] == outcome), "{lines:?}");
    }
    let lines = run(&["inspect", "amazon-photo", "--format", "json"]);
    assert_eq!((&lines[0]["num_nodes"], &lines[0]["num_edges"]), (&7650.into(), &119_081.into()));
}

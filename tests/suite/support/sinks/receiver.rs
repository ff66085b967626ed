//! A receiver of events on this machine: notes what it is sent, and answers by script.

use std::sync::{Arc, Mutex, PoisonError};

use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;

/// A request as it came.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Received {
    pub method: String,
    /// With the query, if there is one.
    pub path: String,
    /// Names in lower case.
    pub headers: Vec<(String, String)>,
    pub body: String,
}

impl Received {
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }
}

/// What a request is answered.
#[derive(Debug, Clone)]
pub enum Answer {
    Status(u16),
    Headers(u16, Vec<(&'static str, String)>),
    Body(u16, String),
    /// Nothing: the connection stays open.
    Silence,
    /// Nothing: the connection is closed.
    HangUp,
}

/// The receiver; it stops when dropped.
#[derive(Debug)]
pub struct Receiver {
    /// `http://127.0.0.1:<port>`
    pub url: String,
    received: Arc<Mutex<Vec<Received>>>,
    listening: JoinHandle<()>,
}

impl Receiver {
    /// The first request gets the first answer, and so on; when there are no more, 200.
    pub async fn start(answers: impl IntoIterator<Item = Answer>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let received = Arc::new(Mutex::new(Vec::new()));
        let script = Script {
            answers: Arc::new(Mutex::new(answers.into_iter().collect::<Vec<_>>().into_iter())),
            received: received.clone(),
        };
        let listening = tokio::spawn(async move {
            while let Ok((connection, _)) = listener.accept().await {
                tokio::spawn(script.clone().serve(connection));
            }
        });
        Self { url, received, listening }
    }

    /// What came so far, in its order.
    pub fn received(&self) -> Vec<Received> {
        self.received.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

impl Drop for Receiver {
    fn drop(&mut self) {
        self.listening.abort();
    }
}

#[derive(Clone)]
struct Script {
    answers: Arc<Mutex<std::vec::IntoIter<Answer>>>,
    received: Arc<Mutex<Vec<Received>>>,
}

impl Script {
    async fn serve(self, connection: TcpStream) {
        let mut connection = BufReader::new(connection);
        while let Some(request) = read_request(&mut connection).await {
            // Noted and answered in one order, whichever connection it came by.
            let answer = {
                let mut received = self.received.lock().unwrap();
                received.push(request);
                self.answers.lock().unwrap().next().unwrap_or(Answer::Status(200))
            };
            let (status, headers, body) = match answer {
                Answer::Status(status) => (status, Vec::new(), String::new()),
                Answer::Headers(status, headers) => (status, headers, String::new()),
                Answer::Body(status, body) => (status, Vec::new(), body),
                Answer::Silence => return std::future::pending().await,
                Answer::HangUp => return,
            };
            let mut lines = vec![format!("HTTP/1.1 {status} Scripted")];
            lines.extend(headers.iter().map(|(name, value)| format!("{name}: {value}")));
            lines.push(format!("content-length: {}\r\n\r\n{body}", body.len()));
            if connection.write_all(lines.join("\r\n").as_bytes()).await.is_err() {
                return;
            }
        }
    }
}

/// None: the connection was closed.
async fn read_request(connection: &mut BufReader<TcpStream>) -> Option<Received> {
    let mut lines = Vec::new();
    loop {
        let mut line = String::new();
        connection.read_line(&mut line).await.ok().filter(|length| *length > 0)?;
        match line.trim_end() {
            "" => break,
            line => lines.push(line.to_owned()),
        }
    }
    let mut words = lines.first()?.split(' ').map(str::to_owned);
    let (method, path) = (words.next()?, words.next()?);
    let split = lines.iter().skip(1).filter_map(|line| line.split_once(':'));
    let headers: Vec<_> = split.map(|(name, value)| (name.to_lowercase(), value.trim().to_owned())).collect();
    let length = headers.iter().find(|(name, _)| name == "content-length").map_or("0", |(_, value)| value);
    let mut body = vec![0; length.parse().unwrap()];
    connection.read_exact(&mut body).await.ok()?;
    Some(Received { method, path, headers, body: String::from_utf8(body).unwrap() })
}

/// An address without a listener.
pub async fn nobody() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    format!("http://{}", listener.local_addr().unwrap())
}

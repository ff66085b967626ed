//! Requests for pages without a browser, also those that browsers would not send.

use std::sync::Once;

use reqwest::header::{COOKIE, HeaderMap, HeaderName, HeaderValue, LOCATION, ORIGIN, SET_COOKIE};
use reqwest::redirect::Policy;
use reqwest::{Client, StatusCode};
use url::form_urlencoded::Serializer;

/// Connections to this machine: without a proxy, without authorities, without redirects.
pub fn client() -> Client {
    static CHOSEN: Once = Once::new();
    CHOSEN.call_once(|| drop(rustls::crypto::ring::default_provider().install_default()));
    Client::builder().redirect(Policy::none()).no_proxy().tls_certs_only([]).build().unwrap()
}

/// With the cookie of a session, once there is one.
#[derive(Clone)]
pub struct ConsoleClient {
    client: Client,
    site: String,
    pub cookie: Option<String>,
}

/// What came back.
#[derive(Debug)]
pub struct Answer {
    pub status: StatusCode,
    pub headers: HeaderMap,
    pub text: String,
}

impl ConsoleClient {
    pub fn of(site: &str) -> Self {
        Self { client: client(), site: site.to_owned(), cookie: None }
    }

    /// Who has signed in with a key.
    pub async fn signed_in(site: &str, key: &str) -> Self {
        let mut visitor = Self::of(site);
        let answer = visitor.enter(key).await;
        assert_eq!(answer.status, StatusCode::SEE_OTHER, "{}", answer.text);
        visitor.cookie = Some(answer.ticket().unwrap());
        visitor
    }

    /// Sends the form of the page on which people sign in.
    pub async fn enter(&self, key: &str) -> Answer {
        self.post("/console/sign-in", &[("key", key)]).await
    }

    pub async fn get(&self, path: &str) -> Answer {
        self.get_with(path, &[]).await
    }

    pub async fn get_with(&self, path: &str, headers: &[(&str, &str)]) -> Answer {
        self.send(self.client.get(self.url(path)), headers).await
    }

    /// Sends a form as a page of the site does.
    pub async fn post(&self, path: &str, fields: &[(&str, &str)]) -> Answer {
        self.post_with(path, fields, &[(ORIGIN.as_str(), &self.site)]).await
    }

    /// Sends a form with headers of one's own.
    pub async fn post_with(&self, path: &str, fields: &[(&str, &str)], headers: &[(&str, &str)]) -> Answer {
        let form = Serializer::new(String::new()).extend_pairs(fields).finish();
        let request = self.client.post(self.url(path)).body(form);
        let request = request.header("content-type", "application/x-www-form-urlencoded");
        self.send(request, headers).await
    }

    /// The token that the forms of the session have.
    pub async fn token(&self) -> String {
        let page = self.get("/console/movements").await.text;
        let (_, rest) = page.split_once("name=\"token\" value=\"").unwrap();
        rest.split('"').next().unwrap().to_owned()
    }

    fn url(&self, path: &str) -> String {
        format!("{}{path}", self.site)
    }

    async fn send(&self, request: reqwest::RequestBuilder, headers: &[(&str, &str)]) -> Answer {
        let mut all = HeaderMap::new();
        if let Some(cookie) = &self.cookie {
            let mut cookie = HeaderValue::try_from(cookie).unwrap();
            cookie.set_sensitive(true);
            all.insert(COOKIE, cookie);
        }
        for (name, value) in headers {
            all.insert(HeaderName::try_from(*name).unwrap(), HeaderValue::try_from(*value).unwrap());
        }
        let answer = request.headers(all).send().await.unwrap();
        let (status, headers) = (answer.status(), answer.headers().clone());
        Answer { status, headers, text: answer.text().await.unwrap() }
    }
}

impl Answer {
    pub fn header(&self, name: impl TryInto<HeaderName, Error: std::fmt::Debug>) -> &str {
        self.headers.get(name.try_into().unwrap()).map(|value| value.to_str().unwrap()).unwrap_or_default()
    }

    /// Where it sends the visitor.
    pub fn location(&self) -> &str {
        self.header(LOCATION)
    }

    /// The cookie that it sets, as it is sent back.
    pub fn ticket(&self) -> Option<String> {
        let cookie = self.headers.get(SET_COOKIE)?.to_str().unwrap();
        Some(cookie.split(';').next().unwrap().to_owned())
    }
}

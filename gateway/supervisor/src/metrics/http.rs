//! `/metrics` over HTTP.

use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use hyper::server::conn::http1;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::service::TowerToHyperService;
use prometheus::TEXT_FORMAT;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Semaphore;
use tokio::time::{sleep, timeout};

use crate::worker::Shared;

/// Connections at a time; more wait in the kernel's queue.
const CONNECTIONS: usize = 16;
/// Scrapes that are rendered at a time; more are told to come again.
const SCRAPES: usize = 2;
/// How long a client may take to say what it wants.
const HEADER_PATIENCE: Duration = Duration::from_secs(2);
/// A connection ends after this long: one that stays open between scrapes is made anew.
const LONGEST: Duration = Duration::from_secs(120);
/// The longest request head, in bytes. hyper takes no less.
const HEAD: usize = 8192;
/// The system has no descriptor or memory for another connection.
const PAUSE: Duration = Duration::from_millis(100);

#[derive(Debug, Clone)]
struct Scrapes {
    shared: Arc<Shared>,
    running: Arc<Semaphore>,
}

/// Serves `/metrics` for ever.
pub(crate) async fn serve(listener: TcpListener, shared: Arc<Shared>) {
    let running = Arc::new(Semaphore::new(SCRAPES));
    let router = Router::new()
        .route("/metrics", get(scrape))
        .with_state(Scrapes { shared, running });
    let places = Arc::new(Semaphore::new(CONNECTIONS));
    loop {
        let Ok(place) = Arc::clone(&places).acquire_owned().await else {
            return;
        };
        match listener.accept().await {
            Ok((stream, _)) => {
                let router = router.clone();
                tokio::spawn(async move {
                    // What went wrong is the client's business.
                    let _ = timeout(LONGEST, converse(stream, router)).await;
                    drop(place);
                });
            }
            Err(_) => sleep(PAUSE).await,
        }
    }
}

async fn converse(stream: TcpStream, router: Router) -> Result<(), hyper::Error> {
    http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(HEADER_PATIENCE)
        .max_buf_size(HEAD)
        .serve_connection(TokioIo::new(stream), TowerToHyperService::new(router))
        .await
}

async fn scrape(State(scrapes): State<Scrapes>) -> Response {
    let Ok(_running) = scrapes.running.try_acquire() else {
        let later = "too many scrapes at a time\n";
        return (StatusCode::SERVICE_UNAVAILABLE, later).into_response();
    };
    let shared = scrapes.shared;
    // It reads /proc, for each worker.
    let rendered = tokio::task::spawn_blocking(move || shared.render_metrics()).await;
    match rendered {
        Ok(Ok(text)) => ([(header::CONTENT_TYPE, TEXT_FORMAT)], text).into_response(),
        Ok(Err(error)) => fault(&error.to_string()),
        Err(panic) => fault(&panic.to_string()),
    }
}

fn fault(why: &str) -> Response {
    tracing::error!("metrics cannot be rendered: {why}");
    StatusCode::INTERNAL_SERVER_ERROR.into_response()
}

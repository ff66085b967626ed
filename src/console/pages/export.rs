//! Exports, streamed while they are written.

use axum::body::Body;
use axum::extract::Path;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use futures_util::TryStreamExt;
use tonic::Streaming;

use crate::console::enum_params;
use crate::console::error_page::ErrorPage;
use crate::console::pages::movements::{filter, order};
use crate::console::pages::overview::conversion;
use crate::console::params::Params;
use crate::console::signed_in::SignedIn;
use crate::grpc::v1;

/// File formats by extension.
const FORMATS: [(&str, v1::ExportFormat, &str); 2] = [
    ("csv", v1::ExportFormat::Csv, "text/csv; charset=utf-8"),
    ("parquet", v1::ExportFormat::Parquet, "application/vnd.apache.parquet"),
];

pub(in crate::console) async fn download(session: SignedIn, Path(file): Path<String>, params: Params) -> Response {
    match pieces(&session, &file, &params).await {
        Ok((kind, pieces)) => {
            let named = format!("attachment; filename=\"{file}\"");
            let body = Body::from_stream(pieces.map_ok(|chunk| chunk.data));
            ([(header::CONTENT_TYPE, kind.to_owned()), (header::CONTENT_DISPOSITION, named)], body).into_response()
        }
        Err(problem) => problem.into_page(Some(&session)),
    }
}

async fn pieces(
    session: &SignedIn,
    file: &str,
    params: &Params,
) -> Result<(&'static str, Streaming<v1::ExportChunk>), ErrorPage> {
    let (what, ending) = file.split_once('.').ok_or_else(unknown_export)?;
    let found = FORMATS.into_iter().find(|(known, ..)| *known == ending);
    let (_, format, kind) = found.ok_or_else(unknown_export)?;
    let mut questions = session.movements();
    let pieces = match what {
        "movements" => {
            let request = v1::ExportMovementsRequest {
                filter: Some(filter(params)),
                order_by: order(params),
                format: format.into(),
                filter_expression: params.get("filter").to_owned(),
            };
            questions.export_movements(request).await?.into_inner()
        }
        "mrr" => {
            // MRR by customer is exported in the currencies of the lines only.
            let request = v1::ExportReportRequest { conversion: None, ..report(params, format) };
            questions.export_mrr(request).await?.into_inner()
        }
        "waterfall" => questions.export_waterfall(report(params, format)).await?.into_inner(),
        _ => return Err(unknown_export()),
    };
    Ok((kind, pieces))
}

fn report(params: &Params, format: v1::ExportFormat) -> v1::ExportReportRequest {
    let text = |name: &str| params.get(name).to_owned();
    v1::ExportReportRequest {
        from_month: text("from"),
        to_month: text("to"),
        level: enum_params::level(params.get("level")),
        currency: text("currency"),
        customer_id: text("customer"),
        view: enum_params::view(params.get("view")),
        format: format.into(),
        conversion: conversion(params),
        ..v1::ExportReportRequest::default()
    }
}

fn unknown_export() -> ErrorPage {
    ErrorPage::new(
        StatusCode::NOT_FOUND,
        "Unknown export. Available: movements, mrr and waterfall, each as .csv or .parquet.",
    )
}

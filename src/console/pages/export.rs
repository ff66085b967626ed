//! Files to take away, made while they are taken.

use axum::body::Body;
use axum::extract::Path;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use futures_util::TryStreamExt;
use tonic::Streaming;

use crate::console::enum_params;
use crate::console::error_page::Problem;
use crate::console::pages::movements::{filter, order};
use crate::console::pages::overview::conversion;
use crate::console::params::Fields;
use crate::console::signed_in::Visit;
use crate::grpc::v1;

/// The kinds of files, by their endings.
const KINDS: [(&str, v1::ExportFormat, &str); 2] = [
    ("csv", v1::ExportFormat::Csv, "text/csv; charset=utf-8"),
    ("parquet", v1::ExportFormat::Parquet, "application/vnd.apache.parquet"),
];

pub(in crate::console) async fn take(visit: Visit, Path(file): Path<String>, fields: Fields) -> Response {
    match pieces(&visit, &file, &fields).await {
        Ok((kind, pieces)) => {
            let named = format!("attachment; filename=\"{file}\"");
            let body = Body::from_stream(pieces.map_ok(|chunk| chunk.data));
            ([(header::CONTENT_TYPE, kind.to_owned()), (header::CONTENT_DISPOSITION, named)], body).into_response()
        }
        Err(problem) => problem.into_page(Some(&visit)),
    }
}

async fn pieces(
    visit: &Visit,
    file: &str,
    fields: &Fields,
) -> Result<(&'static str, Streaming<v1::ExportChunk>), Problem> {
    let (what, ending) = file.split_once('.').ok_or_else(no_file)?;
    let found = KINDS.into_iter().find(|(known, ..)| *known == ending);
    let (_, format, kind) = found.ok_or_else(no_file)?;
    let mut questions = visit.movements();
    let pieces = match what {
        "movements" => {
            let request = v1::ExportMovementsRequest {
                filter: Some(filter(fields)),
                order_by: order(fields),
                format: format.into(),
                filter_expression: fields.one("filter").to_owned(),
            };
            questions.export_movements(request).await?.into_inner()
        }
        "mrr" => {
            // In the currencies of the lines.
            let request = v1::ExportReportRequest { conversion: None, ..report(fields, format) };
            questions.export_mrr(request).await?.into_inner()
        }
        "waterfall" => questions.export_waterfall(report(fields, format)).await?.into_inner(),
        _ => return Err(no_file()),
    };
    Ok((kind, pieces))
}

fn report(fields: &Fields, format: v1::ExportFormat) -> v1::ExportReportRequest {
    let text = |name: &str| fields.one(name).to_owned();
    v1::ExportReportRequest {
        from_month: text("from"),
        to_month: text("to"),
        level: enum_params::level(fields.one("level")),
        currency: text("currency"),
        customer_id: text("customer"),
        view: enum_params::view(fields.one("view")),
        format: format.into(),
        conversion: conversion(fields),
        ..v1::ExportReportRequest::default()
    }
}

fn no_file() -> Problem {
    Problem::new(
        StatusCode::NOT_FOUND,
        "There is no such file. There are movements, mrr and waterfall, each as .csv and as .parquet.",
    )
}
